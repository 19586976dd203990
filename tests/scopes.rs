//! Threads that borrow: what a scope waits for, whatever way it is left.
#![cfg(all(feature = "heddle", feature = "loom", feature = "shuttle"))]

use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicUsize, Ordering};

use drawloom::engine::heddle::{Heddle, Strategy};
use drawloom::engine::loom::Loom;
use drawloom::engine::shuttle::{Shuttle, Strategy as Schedules};
use drawloom::engine::{Bound, Engine, Fault, MemoryModel, Reason, Verdict};

#[macro_use]
#[path = "common/in_worlds.rs"]
mod in_worlds;

use in_worlds::{executions, found, harmless, reaches, shuttle, stress, survivors};

/// A value in a frame from which threads borrow. When they are unwound, it must still be whole.
struct Borrowed(u64);

const WHOLE: u64 = 0x600d;

impl Borrowed {
    fn new() -> Self {
        Borrowed(WHOLE)
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        self.0 = 0xdead;
    }
}

/// Looks at a borrowed value when it is dropped. A panic in a destructor would end the process.
struct Looks<'frame>(&'frame Borrowed);

/// How often one of them has looked, and how often the value was not whole.
static LOOKS: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

impl Drop for Looks<'_> {
    fn drop(&mut self) {
        // It may lie in a frame that is gone.
        let found = std::hint::black_box(self.0).0;
        LOOKS[usize::from(found != WHOLE)].fetch_add(1, Ordering::Relaxed);
    }
}

macro_rules! bodies {
    ($world:ident) => {
        use super::{Borrowed, Looks};
        use drawloom::$world::sync::{
            Arc, AtomicBool, AtomicU32, Condvar, Mutex,
            Ordering::{Acquire, Relaxed, Release},
            mpsc, thread,
        };
        use std::panic::{AssertUnwindSafe, catch_unwind};

        pub(super) fn threads_borrow_and_have_ended_afterwards() {
            let (mut mine, shared) = (1, Mutex::new(0));
            thread::scope(|scope| {
                scope.spawn(|| *shared.lock().unwrap() += 1);
                scope.spawn(|| mine += 1);
                sometimes(if *shared.lock().unwrap() == 0 { "before" } else { "after" });
            });
            assert_eq!((mine, shared.into_inner().unwrap()), (2, 1));
        }

        pub(super) fn a_scope_orders_what_its_threads_did() {
            let number = AtomicU32::new(0);
            thread::scope(|scope| {
                scope.spawn(|| number.store(1, Relaxed));
            });
            assert_eq!(number.load(Relaxed), 1);
        }

        pub(super) fn inside_the_scope_nothing_is_ordered() {
            let number = AtomicU32::new(0);
            thread::scope(|scope| {
                scope.spawn(|| number.store(1, Relaxed));
                assert_eq!(number.load(Relaxed), 1, "too early");
            });
        }

        pub(super) fn a_result_may_borrow() {
            let words = ["one".to_owned(), "two".to_owned()];
            let longest = thread::scope(|scope| {
                let handles = words.each_ref().map(|word| scope.spawn(move || &word[1..]));
                handles.map(|handle| handle.join().unwrap())
            });
            assert_eq!(longest, ["ne", "wo"]);
        }

        pub(super) fn a_thread_starts_others_in_its_scope() {
            let number = AtomicU32::new(0);
            thread::scope(|scope| {
                scope.spawn(|| {
                    scope.spawn(|| number.fetch_add(1, Relaxed));
                    number.fetch_add(2, Relaxed);
                });
            });
            assert_eq!(number.load(Relaxed), 3);
        }

        pub(super) fn two_threads_start_others() {
            let number = AtomicU32::new(0);
            thread::scope(|scope| {
                let starts = || {
                    scope.spawn(|| number.fetch_add(1, Relaxed));
                };
                scope.spawn(starts);
                scope.spawn(starts);
            });
            assert_eq!(number.load(Relaxed), 2);
        }

        pub(super) fn a_scope_in_a_thread_of_a_scope() {
            let number = Mutex::new(0);
            thread::scope(|scope| {
                scope.spawn(|| {
                    let inner = AtomicU32::new(0);
                    thread::scope(|scope| {
                        scope.spawn(|| inner.fetch_add(1, Relaxed));
                    });
                    *number.lock().unwrap() += inner.load(Relaxed);
                });
            });
            assert_eq!(number.into_inner().unwrap(), 1);
        }

        pub(super) fn a_thread_waits_for_another_of_its_scope() {
            let number = AtomicU32::new(0);
            let sum = thread::scope(|scope| {
                let first = scope.spawn(|| number.store(1, Relaxed));
                let second = scope.spawn(|| {
                    first.join().unwrap();
                    number.load(Relaxed)
                });
                second.join().unwrap()
            });
            assert_eq!(sum, 1);
        }

        pub(super) fn threads_of_a_scope_are_finished_or_not() {
            thread::scope(|scope| {
                let named = thread::Builder::new().name("named".to_owned());
                let child = named.spawn_scoped(scope, || ()).unwrap();
                assert_eq!(child.thread().name(), Some("named"));
                sometimes(if child.is_finished() { "finished" } else { "running" });
            });
        }

        pub(super) fn a_panic_of_the_closure_comes_after_its_threads() {
            let number = AtomicU32::new(0);
            let result = catch_unwind(AssertUnwindSafe(|| {
                thread::scope(|scope| {
                    scope.spawn(|| number.store(1, Relaxed));
                    std::panic::resume_unwind(Box::new("caught"));
                });
            }));
            assert_eq!(result.unwrap_err().downcast_ref(), Some(&"caught"));
            assert_eq!(number.load(Relaxed), 1);
        }

        pub(super) fn nobody_ends_what_the_scope_waits_for() {
            let (sender, receiver) = mpsc::channel::<u32>();
            thread::scope(|scope| {
                scope.spawn(move || receiver.recv());
            });
            drop(sender);
        }

        /// The thread cannot begin to wait before it is known that there is nothing to wait for.
        pub(super) fn a_thread_waits_for_a_word_that_came_too_early() {
            let (lock, changed) = (Mutex::new(()), Condvar::new());
            thread::scope(|scope| {
                scope.spawn(|| drop(changed.wait(lock.lock().unwrap())));
                changed.notify_one();
            });
        }

        /// The child fails while the other threads wait, run, or have not begun.
        pub(super) fn a_thread_fails_beside_others() {
            let frame = Borrowed::new();
            let (flag, lock) = (AtomicBool::new(false), Mutex::new(()));
            thread::scope(|scope| {
                let _looks = Looks(&frame);
                scope.spawn(|| {
                    let _looks = Looks(&frame);
                    let _guard = lock.lock().unwrap();
                    assert!(!flag.load(Acquire), "too late");
                });
                scope.spawn(|| {
                    let _looks = Looks(&frame);
                    let _guard = lock.lock().unwrap();
                    flag.store(true, Release);
                    thread::yield_now();
                });
                let looks = Looks(&frame);
                scope.spawn(|| {
                    drop(lock.lock().unwrap());
                    drop(looks);
                });
            });
        }

        /// Its own thread fails while the others wait for it.
        pub(super) fn the_scopes_thread_fails_before_the_others() {
            let frame = Borrowed::new();
            let number = AtomicU32::new(0);
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        let _looks = Looks(&frame);
                        number.fetch_add(1, Relaxed);
                        thread::yield_now();
                        number.fetch_add(1, Relaxed);
                    });
                }
                assert_ne!(number.load(Relaxed), 2);
            });
        }

        /// Nobody can go on.
        pub(super) fn threads_of_scopes_wait_for_each_other() {
            let frame = Borrowed::new();
            let (one, other) = (Mutex::new(()), Mutex::new(()));
            thread::scope(|scope| {
                scope.spawn(|| {
                    let _looks = Looks(&frame);
                    thread::scope(|scope| {
                        scope.spawn(|| {
                            let _looks = Looks(&frame);
                            let _one = one.lock().unwrap();
                            let _other = other.lock().unwrap();
                        });
                    });
                });
                let _looks = Looks(&frame);
                let _other = other.lock().unwrap();
                let _one = one.lock().unwrap();
            });
        }

        /// The scope's thread may have to wait while it unwinds, before its child has begun.
        pub(super) fn the_scopes_thread_waits_while_it_unwinds() {
            struct Locks<'lock>(&'lock Mutex<()>);
            impl Drop for Locks<'_> {
                fn drop(&mut self) {
                    drop(self.0.lock());
                }
            }
            let lock = Arc::new(Mutex::new(()));
            let theirs = lock.clone();
            let holder = thread::spawn(move || {
                let _guard = theirs.lock().unwrap();
                thread::yield_now();
            });
            let frame = Borrowed::new();
            thread::scope(|scope| {
                let _locks = Locks(&lock);
                let looks = Looks(&frame);
                scope.spawn(move || drop(looks));
                assert!(holder.is_finished(), "too early");
            });
            holder.join().unwrap();
        }

        /// Executions are left in the middle although the body is right: those in which the loop finds nothing new.
        pub(super) fn a_thread_spins_for_another() {
            let frame = Borrowed::new();
            let flag = AtomicBool::new(false);
            thread::scope(|scope| {
                scope.spawn(|| {
                    let _looks = Looks(&frame);
                    while !flag.load(Acquire) {
                        thread::yield_now();
                    }
                });
                scope.spawn(|| {
                    let _looks = Looks(&frame);
                    flag.store(true, Release);
                });
            });
        }
    };
}

in_every_world!(bodies);

right!(threads_borrow_and_have_ended_afterwards in native stress heddle shuttle, 2, ["before", "after"]);
right!(a_scope_orders_what_its_threads_did in native stress heddle shuttle, 1, []);
wrong!(inside_the_scope_nothing_is_ordered in heddle shuttle, Panic);
right!(a_result_may_borrow in native stress heddle shuttle, 1, []);
right!(a_thread_starts_others_in_its_scope in native stress heddle shuttle, 2, []);
right!(two_threads_start_others in native stress heddle shuttle, 2, []);
right!(a_scope_in_a_thread_of_a_scope in native stress heddle shuttle, 1, []);
right!(a_thread_waits_for_another_of_its_scope in native stress heddle shuttle, 1, []);
right!(threads_of_a_scope_are_finished_or_not in native stress heddle shuttle, 2, ["finished", "running"]);
right!(a_panic_of_the_closure_comes_after_its_threads in native stress heddle shuttle, 1, []);
wrong!(nobody_ends_what_the_scope_waits_for in heddle shuttle, Deadlock);
wrong!(a_thread_waits_for_a_word_that_came_too_early in heddle shuttle, Deadlock);

#[test]
fn two_threads_write_what_both_borrow() {
    use drawloom::heddle::sync::{Plain, thread};
    fn body() {
        let number = Plain::new(0);
        thread::scope(|scope| {
            scope.spawn(|| number.with_mut(|it| *it += 1));
            number.with_mut(|it| *it += 1);
        });
    }
    assert_eq!(found(&Heddle::default(), body).violation, Fault::DataRace);
}

/// Whether every destructor that has looked so far has found what it borrows whole.
#[track_caller]
fn all_is_whole() {
    let [whole, broken] = LOOKS.each_ref().map(|it| it.load(Ordering::Relaxed));
    assert!(whole > 0 && broken == 0, "{whole} found it whole, {broken} broken");
}

#[test]
fn what_threads_borrow_is_there_when_an_execution_ends_before_them() {
    use in_heddle as heddle;
    let every = Heddle::default();
    for memory in [MemoryModel::Sc, MemoryModel::C20] {
        let every = every.memory(memory);
        for engine in [every, every.strategy(Strategy::Random { seed: 5 }).executions_max(500)] {
            let fault = |body| found(&engine, body).violation;
            assert_eq!(fault(heddle::a_thread_fails_beside_others), Fault::Panic);
            assert_eq!(fault(heddle::the_scopes_thread_fails_before_the_others), Fault::Panic);
            assert_eq!(fault(heddle::threads_of_scopes_wait_for_each_other), Fault::Deadlock);
            harmless(&engine, heddle::a_thread_spins_for_another);
            all_is_whole();
        }
    }
    let report = harmless(&every, heddle::a_thread_spins_for_another);
    let is_cut = matches!(report.verdict, Verdict::Bounded { stopped_by: Bound::Rounds, .. });
    assert!(is_cut, "no execution was left: {:?}", report.verdict);
}

#[test]
fn what_threads_borrow_is_there_under_shuttle_and_on_real_threads() {
    use in_shuttle as shuttled;
    let fault = |body| found(&shuttle(), body).violation;
    assert_eq!(fault(shuttled::a_thread_fails_beside_others), Fault::Panic);
    assert_eq!(fault(shuttled::the_scopes_thread_fails_before_the_others), Fault::Panic);
    assert_eq!(fault(shuttled::threads_of_scopes_wait_for_each_other), Fault::Deadlock);
    harmless(&shuttle(), shuttled::a_thread_spins_for_another);
    let mut waited = false;
    for seed in 0..200 {
        let engine = Shuttle::new(Schedules::Random { seed }, 1);
        for steps in [usize::MAX, 3, 5, 7, 9] {
            let body = StdArc::new(shuttled::the_scopes_thread_waits_while_it_unwinds);
            let verdict = engine.steps_max(steps).explore(body).verdict;
            let reason = Reason::WaitsWhileUnwinding;
            waited |= verdict == Verdict::Unsupported { reason };
        }
    }
    assert!(waited, "no execution ended while the scope's thread unwound");
    // Whether an error is found depends on the machine.
    stress().explore(StdArc::new(in_stress::a_thread_fails_beside_others));
    stress().explore(StdArc::new(in_stress::the_scopes_thread_fails_before_the_others));
    stress().explore(StdArc::new(in_stress::threads_of_scopes_wait_for_each_other));
    harmless(&stress(), in_stress::a_thread_spins_for_another);
    all_is_whole();
}

#[test]
fn a_search_that_is_cut_off_leaves_a_scope_as_it_should() {
    let shortened = |steps| Heddle::default().steps_max(steps);
    for steps in 1..20 {
        harmless(&shortened(steps), in_heddle::a_thread_spins_for_another);
        harmless(&shortened(steps), in_heddle::a_scope_in_a_thread_of_a_scope);
    }
    all_is_whole();
}

#[test]
fn loom_has_no_scoped_threads() {
    let body = in_loom::threads_borrow_and_have_ended_afterwards;
    let report = Loom::default().explore(StdArc::new(body));
    let Verdict::Unsupported { reason } = report.verdict else { panic!("{report:?}") };
    assert_eq!(reason, Reason::Other("loom has no scoped threads".to_owned()));
}

#[test]
fn the_wait_at_the_end_of_a_scope_is_no_join_that_can_be_left_out() {
    let none: [&str; 0] = [];
    assert_eq!(survivors(in_heddle::a_scope_orders_what_its_threads_did), none);
    // The thread that joins has a result that it needs.
    assert_eq!(survivors(in_heddle::a_thread_waits_for_another_of_its_scope), none);
}

/// A thread that panics outside of any execution, and a scope that tells of it.
#[test]
fn outside_of_an_execution_a_scope_tells_of_a_panic() {
    use drawloom::stress::sync::thread;
    let fails = || std::panic::resume_unwind(Box::new("gone"));
    let joined = thread::scope(|scope| scope.spawn(fails).join().is_err());
    assert!(joined);
    let left = std::panic::catch_unwind(|| {
        thread::scope(|scope| {
            scope.spawn(fails);
        });
    });
    assert_eq!(left.unwrap_err().downcast_ref(), Some(&"a scoped thread panicked"));
}

#[test]
fn a_trace_names_the_threads_for_which_a_scope_waits() {
    let shown = found(&Heddle::default(), in_heddle::nobody_ends_what_the_scope_waits_for);
    assert!(
        shown.message.contains("thread 0 waits in JoinScoped thread 1 at"),
        "{}",
        shown.message
    );
}
