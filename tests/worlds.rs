//! The worlds and their engines: seeded bugs that must be found, and claims that must not be made.
#![cfg(feature = "cli")]

use std::sync::Arc as StdArc;

use drawloom::{
    engine::{Body, Counterexample, Engine, Fault, Remark, Report, Verdict, stress::Stress},
    session::{Event, OpKind},
};

fn body(body: impl Fn() + Send + Sync + 'static) -> Body {
    StdArc::new(body)
}

/// The counterexample that `engine` must find.
#[track_caller]
fn found(engine: &dyn Engine, run: fn()) -> Counterexample {
    match engine.explore(body(run)).verdict {
        Verdict::Violated(counterexample) => counterexample,
        verdict => panic!("{} found nothing: {verdict:?}", engine.name()),
    }
}

/// The report of a search that must find nothing.
#[track_caller]
fn harmless(engine: &dyn Engine, run: fn()) -> Report {
    let report = engine.explore(body(run));
    match &report.verdict {
        Verdict::Exhausted { .. } | Verdict::Searched { .. } | Verdict::Bounded { .. } => report,
        verdict => panic!("{}: {verdict:?}", engine.name()),
    }
}

/// Checks that a search under a checker's control came to each state; real threads need not.
#[track_caller]
fn reaches(report: &Report, labels: &[&str]) {
    let is_stress = report.seed == Some(stress().seed);
    for label in labels {
        assert!(is_stress || report.reached.contains(label), "{label} not in {:?}", report.reached);
    }
}

fn has(trace: &[Event], op: OpKind) -> bool {
    trace.iter().any(|event| event.op == op)
}

fn stress() -> Stress {
    Stress::default().seed(7).executions_max(5_000).watchdog(std::time::Duration::from_hours(1))
}

/// Bodies that mean the same in every instrumented world, and the tests that hold in each of them.
macro_rules! world {
    ($world:ident, $engine:expr) => {
        use super::*;
        use drawloom::$world::sync::{
            Arc, AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Condvar, Mutex,
            Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
            Plain, fence, global, local, refuse_spawn, sometimes, thread, zeroed,
        };
        use std::{cell::Cell, time::Duration};

        pub(super) fn lost_update() {
            let count = Arc::new(AtomicU64::new(0));
            let other = count.clone();
            let child = thread::spawn(move || other.store(other.load(SeqCst) + 1, SeqCst));
            count.store(count.load(SeqCst) + 1, SeqCst);
            child.join().unwrap();
            assert_eq!(count.load(SeqCst), 2, "an update is lost");
        }

        pub(super) fn abba() {
            let locks = Arc::new((Mutex::new(()), Mutex::new(())));
            let other = locks.clone();
            let child = thread::spawn(move || {
                let _first = other.0.lock().unwrap();
                let _second = other.1.lock().unwrap();
            });
            {
                let _second = locks.1.lock().unwrap();
                let _first = locks.0.lock().unwrap();
            }
            child.join().unwrap();
        }

        pub(super) fn publish_by_plain(set: super::Ordering, get: super::Ordering) {
            let cells = Arc::new((Plain::new(0), AtomicBool::new(false)));
            let other = cells.clone();
            let child = thread::spawn(move || {
                other.0.with_mut(|value| *value = 42);
                other.1.store(true, set);
            });
            if cells.1.load(get) {
                sometimes("published");
                assert_eq!(cells.0.with(|value| *value), 42);
            }
            child.join().unwrap();
        }

        pub(super) fn publish_relaxed() {
            publish_by_plain(Relaxed, Relaxed);
        }

        pub(super) fn publish() {
            publish_by_plain(Release, Acquire);
        }

        pub(super) fn stale_value() {
            let cells = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
            let other = cells.clone();
            let child = thread::spawn(move || {
                other.0.store(42, Relaxed);
                other.1.store(1, Relaxed);
            });
            if cells.1.load(Relaxed) == 1 {
                assert_eq!(cells.0.load(Relaxed), 42, "stale");
            }
            child.join().unwrap();
        }

        pub(super) fn lost_wakeup() {
            let state = Arc::new((Mutex::new(false), Condvar::new()));
            let other = state.clone();
            // The notification is missing.
            let child = thread::spawn(move || *other.0.lock().unwrap() = true);
            drop(state.1.wait_while(state.0.lock().unwrap(), |done| !*done).unwrap());
            child.join().unwrap();
        }

        pub(super) fn wakeup() {
            let state = Arc::new((Mutex::new(false), Condvar::new()));
            let other = state.clone();
            let child = thread::spawn(move || {
                *other.0.lock().unwrap() = true;
                other.1.notify_one();
            });
            drop(state.1.wait_while(state.0.lock().unwrap(), |done| !*done).unwrap());
            child.join().unwrap();
        }

        pub(super) fn timed_wait() {
            let state = Arc::new((Mutex::new(false), Condvar::new()));
            let other = state.clone();
            let child = thread::spawn(move || {
                *other.0.lock().unwrap() = true;
                other.1.notify_all();
            });
            let guard = state.0.lock().unwrap();
            let (done, result) = state
                .1
                .wait_timeout_while(guard, Duration::from_micros(100), |done| !*done)
                .unwrap();
            assert_eq!(*done, !result.timed_out());
            sometimes(if result.timed_out() { "late" } else { "in time" });
            drop(done);
            child.join().unwrap();
        }

        pub(super) fn plain_without_lock() {
            let cell = Arc::new(Plain::new(0));
            let other = cell.clone();
            let child = thread::spawn(move || other.with_mut(|value| *value += 1));
            cell.with_mut(|value| *value += 1);
            child.join().unwrap();
        }

        pub(super) fn plain_readers() {
            let cell = Arc::new(Plain::new(7));
            let other = cell.clone();
            let child = thread::spawn(move || other.with(|value| *value));
            assert_eq!(cell.with(|value| *value), 7);
            assert_eq!(child.join().unwrap(), 7);
        }

        pub(super) fn left_out_lock() {
            let data = Arc::new(Mutex::new(0));
            let other = data.clone();
            let child = thread::spawn(move || *other.lock_left_out().unwrap() += 1);
            *data.lock().unwrap() += 1;
            child.join().unwrap();
        }

        pub(super) fn locked_counts() {
            let data = Arc::new(Mutex::new(0));
            let other = data.clone();
            let child = thread::spawn(move || *other.lock().unwrap() += 1);
            *data.lock().unwrap() += 1;
            child.join().unwrap();
            assert_eq!(*data.lock().unwrap(), 2);
        }

        /// Bodies that read something which outlives their executions.
        #[allow(dead_code, reason = "real threads cannot tell")]
        fn not_repeatable<E: Engine>(engine: impl Fn() -> E) {
            use std::sync::atomic::AtomicU64 as Outliving;
            static RUNS: Outliving = Outliving::new(0);
            fn writes_what_outlives() {
                AtomicU64::new(0).store(RUNS.fetch_add(1, SeqCst), SeqCst);
            }
            fn fails_the_second_time() {
                let number = Arc::new(AtomicU64::new(0));
                let other = number.clone();
                let child = thread::spawn(move || other.fetch_add(1, SeqCst));
                number.fetch_add(1, SeqCst);
                child.join().unwrap();
                assert_ne!(RUNS.fetch_add(1, SeqCst), 1, "not every time");
            }
            for run in [writes_what_outlives, fails_the_second_time] {
                RUNS.store(0, SeqCst);
                let verdict = engine().explore(body(run)).verdict;
                let reason = drawloom::engine::Reason::NotRepeatable;
                assert_eq!(verdict, Verdict::Unsupported { reason });
            }
        }

        #[test]
        fn a_lost_update_is_found_and_its_trace_is_readable() {
            let counterexample = found(&$engine, lost_update);
            assert_eq!(counterexample.violation, Fault::Panic);
            assert!(counterexample.message.contains("an update is lost"));
            assert!(counterexample.location.unwrap().starts_with(file!()));
            let trace = &counterexample.trace;
            assert!(trace.iter().all(|event| event.location.file() == file!()), "{trace:#?}");
            let stores: Vec<_> = trace.iter().filter(|event| event.op == OpKind::Store).collect();
            assert_eq!(stores.len(), 2);
            assert!(stores.iter().all(|store| store.written == Some(1)));
            assert_ne!(stores[0].thread, stores[1].thread);
            assert!(trace.windows(2).all(|pair| pair[0].step < pair[1].step || !pair[1].is_done));
            let text = drawloom::report::render_event(stores[0]);
            assert!(
                text.contains("writes 1 to Atomic#") && text.contains(" (SeqCst) at"),
                "{text}"
            );
        }

        #[test]
        fn a_deadlock_is_found_and_names_who_waits_for_what() {
            let counterexample = found(&$engine, abba);
            assert_eq!(counterexample.violation, Fault::Deadlock, "{counterexample:?}");
            let message = counterexample.message;
            assert!(message.contains("thread 0 waits in Lock Mutex#"), "{message}");
            assert!(message.contains("thread 1 waits in Lock Mutex#"), "{message}");
            assert!(message.contains(file!()), "{message}");
            if counterexample.violation == Fault::Deadlock {
                assert!(message.contains(", which thread 1 has since "), "{message}");
                assert!(message.contains(", which thread 0 has since "), "{message}");
            }
            assert!(counterexample.trace.iter().any(|event| !event.is_done));
        }

        #[test]
        fn a_lost_wakeup_is_found() {
            let counterexample = found(&$engine, lost_wakeup);
            assert_eq!(counterexample.violation, Fault::Deadlock, "{counterexample:?}");
            let message = counterexample.message;
            assert!(message.contains("thread 0 waits in Wait Condvar#"), "{message}");
        }

        #[test]
        fn a_body_without_an_operation_of_its_world_is_told_that_nothing_was_checked() {
            fn past_the_world() {
                let flag = std::sync::atomic::AtomicBool::new(false);
                flag.store(true, SeqCst);
            }
            let report = harmless(&Bounds::small($engine), past_the_world);
            assert!(report.remarks.contains(&Remark::NoOperation), "{report:?}");
            let report = harmless(&Bounds::small($engine), locked_counts);
            assert!(!report.remarks.contains(&Remark::NoOperation));
        }

        #[test]
        fn a_wakeup_arrives() {
            harmless(&Bounds::small($engine), wakeup);
        }

        #[test]
        fn a_timed_wait_may_be_in_time_and_may_be_late() {
            let report = harmless(&Bounds::small($engine), timed_wait);
            reaches(&report, &["in time", "late"]);
        }

        #[test]
        fn a_plain_cell_without_a_lock_is_a_data_race_between_two_places() {
            let counterexample = found(&$engine, plain_without_lock);
            assert_eq!(counterexample.violation, Fault::DataRace);
            let message = counterexample.message;
            assert_eq!(message.matches(file!()).count(), 2, "{message}");
        }

        #[test]
        fn readers_of_a_plain_cell_do_not_race() {
            harmless(&Bounds::small($engine), plain_readers);
        }

        #[test]
        fn a_lock_left_out_is_a_data_race_between_two_places() {
            let counterexample = found(&$engine, left_out_lock);
            assert_eq!(counterexample.violation, Fault::DataRace);
            let message = counterexample.message;
            assert_eq!(message.matches(file!()).count(), 2, "{message}");
        }

        #[test]
        fn a_lock_taken_is_no_data_race() {
            harmless(&Bounds::small($engine), locked_counts);
        }

        #[test]
        fn an_acquire_of_a_release_publishes() {
            let report = harmless(&Bounds::small($engine), publish);
            reaches(&report, &["published"]);
        }

        #[test]
        fn a_spawn_can_be_refused_and_nothing_is_started() {
            fn refused() {
                refuse_spawn(2);
                let first = thread::Builder::new().name("first".to_owned()).spawn(|| 1).unwrap();
                let second = thread::Builder::new().spawn(|| unreachable!("it is refused"));
                assert_eq!(second.map(|_| ()).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
                let third = thread::Builder::new().stack_size(1 << 16).spawn(|| 3).unwrap();
                assert_eq!((first.join().unwrap(), third.join().unwrap()), (1, 3));
                sometimes("refused");
            }
            let report = harmless(&Bounds::small($engine), refused);
            assert!(report.reached.contains("refused"));
        }

        #[test]
        fn the_labels_of_all_executions_are_united() {
            fn either() {
                let flag = Arc::new(AtomicBool::new(false));
                let other = flag.clone();
                let child = thread::spawn(move || other.store(true, SeqCst));
                thread::yield_now();
                sometimes(if flag.load(SeqCst) { "set" } else { "unset" });
                child.join().unwrap();
            }
            let report = harmless(&Bounds::small($engine), either);
            reaches(&report, &["set", "unset"]);
            assert!(report.reached.iter().all(|label| ["set", "unset"].contains(label)));
        }

        global! {
            static COUNT: AtomicU32 = AtomicU32::new(5);
            static NAMES: Mutex<Vec<Arc<str>>> = Mutex::new(Vec::new());
        }

        #[test]
        fn a_global_is_fresh_in_every_execution_and_shared_by_its_threads() {
            fn use_globals() {
                assert_eq!(COUNT.fetch_add(1, AcqRel), 5);
                NAMES.lock().unwrap().push(Arc::from(Box::<str>::from("parent")));
                let child = thread::spawn(|| {
                    NAMES.lock().unwrap().push(Arc::from(Box::<str>::from("child")));
                    COUNT.fetch_add(1, AcqRel)
                });
                let ours = COUNT.fetch_add(1, AcqRel);
                assert_eq!(ours + child.join().unwrap(), 6 + 7);
                assert_eq!(NAMES.lock().unwrap().len(), 2);
            }
            let report = harmless(&Bounds::small($engine), use_globals);
            assert!(report.executions > 1);
        }

        local! {
            static DEPTH: Cell<u32> = Cell::new(3);
        }

        #[test]
        fn a_local_is_each_threads_own_and_fresh_in_every_execution() {
            fn use_locals() {
                assert_eq!(DEPTH.get(), 3);
                DEPTH.set(4);
                let child = thread::spawn(|| DEPTH.replace(9));
                assert_eq!(child.join().unwrap(), 3);
                assert_eq!(DEPTH.replace(5), 4);
                assert_eq!(DEPTH.with(Cell::get), 5);
            }
            harmless(&Bounds::small($engine), use_locals);
        }

        #[test]
        fn atomics_compute_as_those_of_std_do() {
            fn compute() {
                let number = AtomicU64::new(6);
                assert_eq!(number.swap(12, SeqCst), 6);
                assert_eq!(number.fetch_sub(2, Relaxed), 12);
                assert_eq!(number.fetch_and(0b0110, AcqRel), 10);
                assert_eq!(number.fetch_or(0b1000, Acquire), 2);
                assert_eq!(number.fetch_xor(0b0011, Release), 10);
                assert_eq!(number.fetch_min(4, SeqCst), 9);
                assert_eq!(number.fetch_max(8, SeqCst), 4);
                assert_eq!(number.compare_exchange(8, 1, AcqRel, Acquire), Ok(8));
                assert_eq!(number.compare_exchange_weak(8, 1, AcqRel, Relaxed), Err(1));
                assert_eq!(number.fetch_update(SeqCst, SeqCst, |old| Some(old + 1)), Ok(1));
                assert_eq!(number.fetch_update(SeqCst, SeqCst, |_| None), Err(2));
                fence(SeqCst);
                assert_eq!(number.load(Relaxed), 2);
                let flag = AtomicBool::new(true);
                assert!(flag.fetch_and(false, SeqCst) && !flag.fetch_or(true, SeqCst));
                assert!(flag.fetch_xor(true, SeqCst) && !flag.load(SeqCst));
                let zeros = zeroed(3);
                assert!(zeros.iter().all(|zero| zero.load(Relaxed) == 0) && zeros.len() == 3);
            }
            harmless(&Bounds::small($engine), compute);
        }

        #[test]
        fn a_violation_in_a_destructor_heavy_body_does_not_abort() {
            /// Touches everything while it is dropped.
            struct Restless(Arc<(AtomicU64, Mutex<u64>, Condvar)>);
            impl Drop for Restless {
                fn drop(&mut self) {
                    self.0.0.fetch_add(1, SeqCst);
                    DEPTH.set(DEPTH.get());
                    if std::thread::panicking() {
                        // After a deadlock the lock may be held for ever.
                        self.0.2.notify_all();
                    } else {
                        *self.0.1.lock().unwrap() += 1;
                    }
                    drop(Arc::new(self.0.0.load(SeqCst)));
                    drop(self.0.clone());
                }
            }
            fn dies(how: fn()) {
                let shared = Arc::new((AtomicU64::new(0), Mutex::new(0), Condvar::new()));
                let _restless = Restless(shared.clone());
                let other = Restless(shared);
                let child = thread::spawn(move || {
                    other.0.0.fetch_add(1, SeqCst);
                });
                how();
                child.join().unwrap();
            }
            let counterexample = found(&$engine, || dies(|| panic!("on purpose")));
            assert_eq!(counterexample.message, "on purpose");
            let counterexample = found(&$engine, || dies(lost_wakeup));
            assert_eq!(counterexample.violation, Fault::Deadlock, "{counterexample:?}");
        }

        #[test]
        fn a_panic_in_a_child_is_the_executions_failure() {
            fn child_panics() {
                thread::spawn(|| panic!("in the child")).join().ok();
            }
            let counterexample = found(&$engine, child_panics);
            assert_eq!(counterexample.message, "in the child");
            assert_eq!(counterexample.execution, 1);
            assert!(has(&counterexample.trace, OpKind::Spawn));
        }

        #[test]
        fn a_panic_whose_payload_is_no_text_is_a_violation() {
            let counterexample = found(&$engine, || std::panic::panic_any(42_u32));
            assert_eq!(counterexample.violation, Fault::Panic);
            assert_eq!(counterexample.message, "a panic without a message");
        }

        #[test]
        fn a_panic_whose_payload_panics_as_it_is_dropped_is_a_violation() {
            struct Bomb;
            impl Drop for Bomb {
                fn drop(&mut self) {
                    panic!("the second");
                }
            }
            for in_child in [false, true] {
                let counterexample = if in_child {
                    found(&$engine, || {
                        thread::spawn(|| std::panic::panic_any(Bomb)).join().unwrap()
                    })
                } else {
                    found(&$engine, || std::panic::panic_any(Bomb))
                };
                assert_eq!(counterexample.violation, Fault::Panic);
                assert_eq!(counterexample.message, "a panic without a message");
            }
        }

        #[test]
        fn a_panic_with_a_lock_in_hand_is_a_violation() {
            let counterexample = found(&$engine, || {
                let data = Arc::new(Mutex::new(0));
                let other = data.clone();
                let child = thread::spawn(move || drop(other.lock()));
                let _guard = data.lock().unwrap();
                child.join().ok();
                panic!("with the lock");
            });
            assert!(
                matches!(counterexample.violation, Fault::Panic | Fault::Deadlock),
                "{counterexample:?}"
            );
        }

        #[test]
        fn a_search_finds_what_it_finds_again() {
            // Whatever a violation leaves behind does not reach the next search on this thread.
            found(&$engine, abba);
            harmless(&Bounds::small($engine), locked_counts);
            found(&$engine, plain_without_lock);
            harmless(&Bounds::small($engine), locked_counts);
        }
    };
}

use std::sync::atomic::Ordering;

/// The same engine with a smaller budget, for bodies without a bug.
trait Bounds {
    fn small(self) -> Self;
}

impl Bounds for Stress {
    fn small(self) -> Self {
        self.executions_max(300)
    }
}

mod in_stress {
    world!(stress, stress());

    #[test]
    fn whether_a_body_repeats_itself_is_not_known() {
        let report = harmless(&stress().small(), locked_counts);
        assert!(report.remarks.contains(&Remark::RepetitionUnknown), "{report:?}");
    }

    #[test]
    fn a_poisoned_mutex_says_so() {
        poison();
    }

    fn poison() {
        harmless(&stress().small(), || {
            let data = Arc::new(Mutex::new(0));
            let other = data.clone();
            let child = thread::spawn(move || {
                let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    let _guard = other.lock().unwrap();
                    panic!("caught");
                }));
                assert!(caught.is_err());
            });
            child.join().unwrap();
            assert!(data.is_poisoned());
            let guard = data.lock().unwrap_err().into_inner();
            assert_eq!(*guard, 0);
            drop(guard);
            data.clear_poison();
            assert!(data.lock().is_ok());
        });
    }

    #[test]
    fn outside_a_search_the_primitives_work_all_the_same() {
        locked_counts();
        wakeup();
        assert!(!drawloom::stress::sync::Mutex::new(1).is_poisoned());
        publish_relaxed();
        stale_value();
    }

    /// A waiter here looks up every ten milliseconds, and must not miss what happens meanwhile.
    #[test]
    fn a_notification_while_a_waiter_looks_up_is_not_lost() {
        let engine = stress().small().executions_max(3);
        harmless(&engine, || {
            let state = Arc::new((Mutex::new(false), Condvar::new()));
            let other = state.clone();
            let guard = state.0.lock().unwrap();
            let child = thread::spawn(move || {
                let mut done = other.0.lock().unwrap();
                std::thread::sleep(Duration::from_millis(25));
                *done = true;
                other.1.notify_one();
            });
            drop(state.1.wait_while(guard, |done| !*done).unwrap());
            child.join().unwrap();
        });
    }

    #[test]
    fn an_execution_that_does_not_end_is_left_to_the_watchdog_and_is_no_finding() {
        let engine = stress().watchdog(Duration::from_millis(100));
        let report = harmless(&engine, || {
            let flag = AtomicBool::new(false);
            while !flag.load(Relaxed) {
                thread::yield_now();
            }
        });
        let stopped_by = drawloom::engine::Bound::Watchdog;
        assert_eq!(report.verdict, Verdict::Bounded { executions: 1, stopped_by });
    }

    #[test]
    fn a_thread_that_is_slow_is_not_taken_for_one_that_waits_for_ever() {
        let engine = stress().executions_max(20);
        harmless(&engine, || {
            let state = Arc::new((Mutex::new(false), Condvar::new()));
            let other = state.clone();
            let child = thread::spawn(move || {
                // Nothing of this is an operation that the session hears of.
                std::thread::sleep(Duration::from_millis(5));
                *other.0.lock().unwrap() = true;
                other.1.notify_one();
            });
            drop(state.1.wait_while(state.0.lock().unwrap(), |done| !*done).unwrap());
            child.join().unwrap();
        });
    }

    #[test]
    fn of_two_waiters_one_is_woken_by_one_notification() {
        let counterexample = found(&stress(), || {
            let state = Arc::new((Mutex::new(false), Condvar::new()));
            let waiters = [state.clone(), state.clone()].map(|state| {
                thread::spawn(move || {
                    drop(state.1.wait_while(state.0.lock().unwrap(), |done| !*done).unwrap());
                })
            });
            *state.0.lock().unwrap() = true;
            state.1.notify_one();
            for waiter in waiters {
                waiter.join().unwrap();
            }
        });
        assert_eq!(counterexample.violation, Fault::Deadlock);
    }
}

/// Not by macro: a location in an expansion is the place of its invocation.
#[test]
fn every_event_carries_the_line_it_came_from() {
    use drawloom::stress::sync::{AtomicU64, Condvar, Mutex, Ordering::SeqCst, Plain, thread};
    let first = line!() + 2;
    let counterexample = found(&stress(), || {
        let number = AtomicU64::new(0);
        let mutex = Mutex::new(());
        let plain = Plain::new(0);
        number.store(1, SeqCst);
        drop(mutex.lock().unwrap());
        plain.with_mut(|value| *value = number.fetch_add(4, SeqCst));
        Condvar::new().notify_all();
        thread::spawn(|| ()).join().unwrap();
        panic!("{}", number.load(SeqCst));
    });
    let steps: Vec<_> = counterexample
        .trace
        .iter()
        .filter(|event| event.op != OpKind::Exit)
        .map(|event| (event.op, event.location.line() - first))
        .collect();
    let expected = [
        (OpKind::Store, 3),
        (OpKind::Lock, 4),
        (OpKind::Unlock, 4),
        (OpKind::FetchAdd, 5),
        (OpKind::Write, 5),
        (OpKind::NotifyAll, 6),
        (OpKind::Spawn, 7),
        (OpKind::Join, 7),
        (OpKind::Load, 8),
    ];
    assert_eq!(steps, expected);
    let location = format!("{}:{}:", file!(), first + 8);
    assert!(counterexample.location.unwrap().starts_with(&location));
    assert_eq!(counterexample.message, "5");
}

#[cfg(feature = "heddle")]
mod in_heddle {
    use drawloom::engine::{
        Bound, Gap, HeddleSchedule, MemoryModel, Reason, WorldSchedule, heddle::Heddle,
    };
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::Ordering;

    impl super::Bounds for Heddle {
        fn small(self) -> Self {
            self
        }
    }

    world!(heddle, Heddle::default());

    #[track_caller]
    fn exhausted(engine: &Heddle, run: fn()) -> u64 {
        match engine.explore(body(run)).verdict {
            Verdict::Exhausted { executions } => executions,
            verdict => panic!("{verdict:?}"),
        }
    }

    #[track_caller]
    fn unsupported(engine: &dyn Engine, run: fn()) -> Reason {
        match engine.explore(body(run)).verdict {
            Verdict::Unsupported { reason } => reason,
            verdict => panic!("{verdict:?}"),
        }
    }

    // What is found, and what is claimed.

    #[test]
    fn a_relaxed_publication_is_found_by_its_value() {
        let counterexample = found(&Heddle::default(), stale_value);
        assert!(counterexample.message.contains("stale"));
    }

    #[test]
    fn a_relaxed_publication_is_found_by_its_missing_edge() {
        let counterexample = found(&Heddle::default(), publish_relaxed);
        assert_eq!(counterexample.violation, Fault::DataRace);
        assert!(counterexample.message.contains("Read of Plain#"), "{}", counterexample.message);
    }

    #[test]
    fn exhausted_means_that_nothing_was_cut_off() {
        let executions = exhausted(&Heddle::default(), locked_counts);
        assert_eq!(executions, 2, "one for each order of the two locks");
        // Exactly enough executions are enough, one less is not.
        exhausted(&Heddle::default().executions_max(executions), locked_counts);
        let fewer = Heddle::default().executions_max(executions - 1);
        assert_eq!(
            harmless(&fewer, locked_counts).verdict,
            Verdict::Bounded { executions: executions - 1, stopped_by: Bound::Executions }
        );
    }

    #[test]
    fn a_wait_may_end_without_a_cause_which_is_not_seen() {
        let report = harmless(&Heddle::default(), wakeup);
        let executions = report.executions;
        let not_seen = [Gap::UncausedWakeups].into();
        assert_eq!(report.verdict, Verdict::Searched { executions, not_seen });
    }

    #[test]
    fn a_bound_on_steps_bounds() {
        let report = harmless(&Heddle::default().steps_max(30), || {
            let number = Arc::new(AtomicU64::new(0));
            let other = number.clone();
            let child = thread::spawn(move || {
                for _ in 0..40 {
                    other.fetch_add(1, Relaxed);
                }
            });
            number.fetch_add(1, Relaxed);
            child.join().unwrap();
        });
        assert!(
            matches!(report.verdict, Verdict::Bounded { stopped_by: Bound::Steps, .. }),
            "{report:?}"
        );
    }

    fn store_buffering(order: super::Ordering) {
        let flags = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
        let other = flags.clone();
        let child = thread::spawn(move || {
            other.0.store(true, order);
            other.1.load(order)
        });
        flags.1.store(true, order);
        let mine = flags.0.load(order);
        assert!(mine | child.join().unwrap(), "both have passed");
    }

    #[test]
    fn seq_cst_accesses_have_one_order_and_weaker_ones_have_not() {
        fn strong() {
            store_buffering(SeqCst);
        }
        fn weak() {
            store_buffering(Relaxed);
        }
        for memory in MemoryModel::ALL {
            let engine = Heddle::default().memory(memory);
            assert_eq!(exhausted(&engine, strong), 3);
            if memory == MemoryModel::Sc {
                exhausted(&engine, weak);
            } else {
                assert!(found(&engine, weak).message.contains("both have passed"));
            }
        }
    }

    #[test]
    fn a_later_store_continues_a_release_sequence_in_rc11_and_not_in_c20() {
        fn publish() {
            let cells = Arc::new((Plain::new(0), AtomicU32::new(0)));
            let other = cells.clone();
            let child = thread::spawn(move || {
                other.0.with_mut(|it| *it = 1);
                other.1.store(1, Release);
                other.1.store(2, Relaxed);
            });
            if cells.1.load(Acquire) == 2 {
                cells.0.with(|it| assert_eq!(*it, 1));
            }
            child.join().unwrap();
        }
        exhausted(&Heddle::default().memory(MemoryModel::Rc11), publish);
        let found = found(&Heddle::default(), publish);
        assert_eq!(found.violation, Fault::DataRace);
    }

    /// A ring with one producer and one consumer. loom runs one execution of this, the one in which the
    /// consumer finds nothing.
    fn ring(release: super::Ordering) {
        struct Ring {
            slots: Vec<Plain<Option<i32>>>,
            head: AtomicUsize,
            tail: AtomicUsize,
        }
        impl Ring {
            fn push(&self, value: i32, release: Ordering) {
                let tail = self.tail.load(Relaxed);
                assert_ne!(tail - self.head.load(Acquire), self.slots.len(), "full");
                self.slots[tail % self.slots.len()].with_mut(|slot| *slot = Some(value));
                self.tail.store(tail + 1, release);
            }

            fn pop(&self) -> Option<i32> {
                let head = self.head.load(Relaxed);
                if head == self.tail.load(Acquire) {
                    return None;
                }
                let value = self.slots[head % self.slots.len()].with_mut(Option::take);
                self.head.store(head + 1, Release);
                value
            }
        }
        let slots = (0..2).map(|_| Plain::new(None)).collect();
        let ring = Arc::new(Ring { slots, head: AtomicUsize::new(0), tail: AtomicUsize::new(0) });
        let producer = ring.clone();
        let pushes = thread::spawn(move || {
            producer.push(1, release);
            producer.push(2, release);
        });
        let got: Vec<i32> = (0..2).filter_map(|_| ring.pop()).collect();
        assert!([vec![], vec![1], vec![1, 2]].contains(&got));
        sometimes(["none", "one", "both"][got.len()]);
        pushes.join().unwrap();
    }

    #[test]
    fn a_ring_is_seen_empty_half_full_and_full() {
        let report = harmless(&Heddle::default(), || ring(Release));
        assert!(matches!(report.verdict, Verdict::Exhausted { .. }), "{report:?}");
        reaches(&report, &["none", "one", "both"]);
    }

    #[test]
    fn a_ring_whose_producer_releases_nothing_is_found() {
        let counterexample = found(&Heddle::default(), || ring(Relaxed));
        assert_eq!(counterexample.violation, Fault::DataRace);
    }

    // Loops that wait.

    fn waits_for_a_flag_that_nobody_sets() {
        let flag = Arc::new(AtomicBool::new(false));
        let other = flag.clone();
        let child = thread::spawn(move || {
            while !other.load(SeqCst) {
                thread::yield_now();
            }
        });
        child.join().unwrap();
    }

    #[test]
    fn a_loop_that_waits_for_what_never_comes_is_a_livelock() {
        let counterexample = found(&Heddle::default(), waits_for_a_flag_that_nobody_sets);
        assert_eq!(counterexample.violation, Fault::Livelock);
        let message = counterexample.message;
        assert!(message.starts_with("livelock: thread 0 waits in Join thread 1 at "), "{message}");
    }

    #[test]
    fn a_loop_that_waits_for_what_comes_is_bounded_by_its_rounds() {
        let report = harmless(&Heddle::default(), || {
            let flag = Arc::new(AtomicBool::new(false));
            let other = flag.clone();
            let child = thread::spawn(move || other.store(true, SeqCst));
            while !flag.load(SeqCst) {
                thread::yield_now();
            }
            child.join().unwrap();
        });
        let stopped_by = Bound::Rounds;
        // The first look finds the flag set, or the second one does.
        assert_eq!(report.verdict, Verdict::Bounded { executions: 2, stopped_by });
    }

    // Schedules.

    #[test]
    fn a_schedule_replays_as_text_too() {
        for run in [
            lost_update,
            abba,
            lost_wakeup,
            plain_without_lock,
            stale_value,
            publish_relaxed,
            waits_for_a_flag_that_nobody_sets,
            || ring(Relaxed),
            || drop(thread::spawn(|| panic!("in the child")).join()),
        ] {
            for memory in [MemoryModel::C20, MemoryModel::Rc11] {
                let original = found(&Heddle::default().memory(memory), run);
                let text = original.schedule.as_ref().unwrap().to_string();
                assert!(text.starts_with(&format!("heddle 1 {} ", memory.name())), "{text}");
                let schedule: HeddleSchedule = text.parse().unwrap();
                // The memory model is that of the schedule.
                let report = Heddle::default().replay(&schedule, body(run));
                let Verdict::Violated(replayed) = report.verdict else { panic!("{report:?}") };
                assert_eq!(replayed.message, original.message);
                assert_eq!(replayed.location, original.location);
                assert_eq!(replayed.trace, original.trace);
                assert_eq!(replayed.schedule, original.schedule);
                assert_eq!(text.parse(), Ok(WorldSchedule::Heddle(schedule)));
            }
        }
    }

    #[test]
    fn the_same_search_finds_the_same() {
        for run in [lost_update, abba, publish_relaxed] {
            assert_eq!(found(&Heddle::default(), run), found(&Heddle::default(), run));
        }
    }

    #[test]
    fn a_schedule_of_another_body_is_unsupported() {
        let text = found(&Heddle::default(), lost_update).schedule.unwrap().to_string();
        let schedule: HeddleSchedule = text.parse().unwrap();
        let one_thread: fn() = || AtomicU64::new(0).store(1, SeqCst);
        let report = Heddle::default().replay(&schedule, body(one_thread));
        let reason = Reason::ForeignSchedule;
        assert_eq!(report.verdict, Verdict::Unsupported { reason });
    }

    // What cannot be checked.

    #[test]
    fn a_body_of_another_world_is_refused() {
        let of_stress: fn() = || drawloom::stress::sync::AtomicU32::new(0).store(1, SeqCst);
        assert_eq!(unsupported(&Heddle::default(), of_stress), Reason::ForeignWorld);
        let of_heddle: fn() = || AtomicU32::new(0).store(1, SeqCst);
        assert_eq!(unsupported(&stress().small(), of_heddle), Reason::ForeignWorld);
    }

    #[test]
    fn a_body_that_does_not_repeat_itself_is_told_so() {
        use std::sync::atomic::AtomicU64 as Outliving;
        static RUNS: Outliving = Outliving::new(0);
        fn does_something_else() {
            let number = AtomicU64::new(0);
            if RUNS.fetch_add(1, SeqCst).is_multiple_of(2) {
                number.store(1, SeqCst);
            } else {
                number.load(SeqCst);
            }
        }
        fn fails_the_second_time() {
            let number = Arc::new(AtomicU64::new(0));
            let other = number.clone();
            let child = thread::spawn(move || other.fetch_add(1, SeqCst));
            number.fetch_add(1, SeqCst);
            child.join().unwrap();
            assert_ne!(RUNS.fetch_add(1, SeqCst), 1, "not every time");
        }
        for run in [does_something_else, fails_the_second_time] {
            RUNS.store(0, SeqCst);
            assert_eq!(unsupported(&Heddle::default(), run), Reason::NotRepeatable);
        }
    }

    #[test]
    fn an_address_is_not_the_same_every_time_and_may_be_written() {
        exhausted(&Heddle::default(), || {
            let kept = Box::new([0_u8; 100]);
            let word = Arc::new(AtomicUsize::new(0));
            let other = word.clone();
            let address = std::ptr::from_ref(&*kept).addr();
            // Other memory lies there in the next execution.
            std::mem::forget(kept);
            let child = thread::spawn(move || other.store(address, SeqCst));
            let seen = word.load(SeqCst);
            assert!(seen == 0 || seen == address);
            child.join().unwrap();
        });
    }

    // Threads.

    #[test]
    fn thirty_two_threads_run_in_one_execution() {
        let report = harmless(&Heddle::default(), || {
            let cells: Arc<Vec<Mutex<u64>>> = Arc::new((0..31).map(|_| Mutex::new(0)).collect());
            let add = |index: usize| {
                let cells = cells.clone();
                thread::spawn(move || *cells[index].lock().unwrap() += 1)
            };
            let children: Vec<_> = (0..31).map(add).collect();
            for child in children {
                child.join().unwrap();
            }
            assert!(cells.iter().all(|it| *it.lock().unwrap() == 1));
        });
        assert_eq!(report.verdict, Verdict::Exhausted { executions: 1 });
        // They use the same locks as the first thread, so one execution may be all that there are.
        assert_eq!(report.remarks, [].into());
    }

    #[test]
    fn threads_that_share_nothing_of_this_world_are_remarked() {
        let report = harmless(&Heddle::default(), || {
            let child = thread::spawn(|| drop(Mutex::new(1).lock().unwrap()));
            drop(Mutex::new(2).lock().unwrap());
            child.join().unwrap();
        });
        assert_eq!(report.remarks, [Remark::OneExecution { threads: 2 }].into());
    }

    #[test]
    fn threads_that_threads_start_come_in_every_order() {
        let executions = exhausted(&Heddle::default(), || {
            let number = Arc::new(AtomicU64::new(0));
            let of_child = number.clone();
            let child = thread::spawn(move || {
                let of_grandchild = of_child.clone();
                let grandchild = thread::spawn(move || of_grandchild.fetch_add(1, Relaxed));
                of_child.fetch_add(1, Relaxed);
                grandchild.join().unwrap();
            });
            number.fetch_add(1, Relaxed);
            child.join().unwrap();
            assert_eq!(number.load(Relaxed), 3);
        });
        assert_eq!(executions, 6);
    }

    #[test]
    fn a_thread_that_nobody_joins_runs_to_its_end() {
        let counterexample = found(&Heddle::default(), || {
            let number = Arc::new(AtomicU64::new(0));
            thread::spawn(move || assert_eq!(number.load(SeqCst), 1, "after the body"));
        });
        assert!(counterexample.message.contains("after the body"));
    }

    #[test]
    fn what_is_thread_local_to_std_is_shared_by_all_threads() {
        std::thread_local! { static SHARED: Cell<u32> = const { Cell::new(0) }; }
        exhausted(&Heddle::default(), || {
            SHARED.set(1);
            thread::spawn(|| assert_eq!(SHARED.get(), 1)).join().unwrap();
        });
    }

    #[test]
    fn a_thread_has_a_stack_of_a_megabyte() {
        #[inline(never)]
        fn deep(depth: u32) -> u32 {
            let page = [depth; 256];
            // By its address, so that it is there once, whatever the compiler does.
            std::hint::black_box(&page);
            if depth == 0 { page[0] } else { page[1] + deep(depth - 1) }
        }
        exhausted(&Heddle::default(), || {
            let child = thread::spawn(|| deep(500));
            assert_eq!(child.join().unwrap(), (1..=500).sum::<u32>());
        });
    }

    // Owners, globals, locals.

    local! {
        static ID: Cell<u32> = Cell::new(0);
    }
    global! {
        static MAKER: AtomicU32 = AtomicU32::new(ID.get());
    }

    #[test]
    fn a_global_is_made_by_whoever_comes_first() {
        fn both_use_it() {
            let child = thread::spawn(|| {
                ID.set(1);
                MAKER.load(Relaxed)
            });
            let maker = MAKER.load(Relaxed);
            assert_eq!(child.join().unwrap(), maker);
            sometimes(if maker == 0 { "the body" } else { "the child" });
        }
        let report = harmless(&Heddle::default(), both_use_it);
        assert_eq!(report.verdict, Verdict::Exhausted { executions: 2 });
        reaches(&report, &["the body", "the child"]);
    }

    #[test]
    fn any_owner_may_be_the_last_and_sees_what_the_others_did() {
        /// Tells who drops it.
        struct Told(Plain<u32>, std::sync::Arc<AtomicU32>);
        impl Drop for Told {
            fn drop(&mut self) {
                assert_eq!(
                    self.0.with(|it| *it),
                    1,
                    "what the child did before it gave up its share"
                );
                assert_eq!(self.1.swap(ID.get() + 1, Relaxed), 0, "dropped once");
            }
        }
        let report = harmless(&Heddle::default(), || {
            let dropped_by = std::sync::Arc::new(AtomicU32::new(0));
            let shared = Arc::new(Told(Plain::new(0), dropped_by.clone()));
            let other = shared.clone();
            let child = thread::spawn(move || {
                ID.set(1);
                other.0.with_mut(|it| *it = 1);
                drop(other);
            });
            drop(shared);
            child.join().unwrap();
            let last = dropped_by.load(Relaxed);
            sometimes(["nobody", "the body", "the child"][last as usize]);
        });
        assert!(matches!(report.verdict, Verdict::Exhausted { .. }), "{report:?}");
        assert_eq!(report.reached, ["the body", "the child"].into());
    }

    #[test]
    fn the_number_of_owners_is_seen_if_somebody_asks() {
        let report = harmless(&Heddle::default(), || {
            let shared = Arc::new(0);
            let other = shared.clone();
            let child = thread::spawn(move || drop(other));
            sometimes(if Arc::strong_count(&shared) == 2 { "two" } else { "one" });
            child.join().unwrap();
            assert_eq!(Arc::strong_count(&shared), 1);
        });
        assert!(matches!(report.verdict, Verdict::Exhausted { .. }), "{report:?}");
        assert_eq!(report.reached, ["one", "two"].into());
    }

    #[test]
    fn locals_are_dropped_in_their_thread_before_it_ends_the_latest_first() {
        /// Writes its number behind those that are there.
        struct Digit(u64);
        impl Drop for Digit {
            fn drop(&mut self) {
                let append = |digits| Some(digits * 10 + self.0);
                DIGITS.fetch_update(SeqCst, SeqCst, append).unwrap();
            }
        }
        global! {
            static DIGITS: AtomicU64 = AtomicU64::new(0);
        }
        local! {
            static FIRST: Cell<Option<Digit>> = Cell::new(None);
            static SECOND: Cell<Option<Digit>> = Cell::new(None);
        }
        exhausted(&Heddle::default(), || {
            let child = thread::spawn(|| {
                FIRST.replace(Some(Digit(1)));
                SECOND.replace(Some(Digit(2)));
            });
            child.join().unwrap();
            assert_eq!(DIGITS.load(Relaxed), 21);
        });
    }

    // Panics, and the ends of executions.

    #[test]
    fn a_panic_that_is_caught_bounds_the_search_if_an_operation_then_has_to_wait() {
        /// Counts while it is dropped.
        struct Count(Arc<AtomicU64>);
        impl Drop for Count {
            fn drop(&mut self) {
                self.0.fetch_add(1, SeqCst);
            }
        }
        fn panics_and_catches(count: Arc<AtomicU64>) {
            let caught = catch_unwind(AssertUnwindSafe(|| {
                let _count = Count(count);
                panic!("caught");
            }));
            assert!(caught.is_err());
        }
        // The child always finds what it reads.
        let executions = exhausted(&Heddle::default(), || {
            let count = Arc::new(AtomicU64::new(0));
            let other = count.clone();
            let child = thread::spawn(move || panics_and_catches(other));
            count.fetch_add(1, SeqCst);
            child.join().unwrap();
            assert_eq!(count.load(SeqCst), 2);
        });
        assert_eq!(executions, 2);
        let report = harmless(&Heddle::default(), || {
            let count = Arc::new(AtomicU64::new(0));
            let other = count.clone();
            let child = thread::spawn(move || other.fetch_add(1, SeqCst));
            panics_and_catches(count.clone());
            child.join().unwrap();
            assert_eq!(count.load(SeqCst), 2);
        });
        assert!(
            matches!(report.verdict, Verdict::Bounded { stopped_by: Bound::Unwinding, .. }),
            "{report:?}"
        );
    }

    #[test]
    fn a_poisoned_mutex_says_so() {
        harmless(&Heddle::default(), || {
            let data = Arc::new(Mutex::new(0));
            let other = data.clone();
            let child = thread::spawn(move || {
                let caught = catch_unwind(AssertUnwindSafe(|| {
                    let _guard = other.lock().unwrap();
                    panic!("caught");
                }));
                assert!(caught.is_err());
            });
            child.join().unwrap();
            assert!(data.lock().is_err());
        });
    }

    /// An execution that turns out to be none is given up in the middle: its threads unwind. Their destructors
    /// lock, and expect that this goes well, as destructors do.
    #[test]
    fn destructors_that_lock_survive_the_end_of_an_execution() {
        /// Counts down while it is dropped.
        struct Counted(Arc<(Mutex<u32>, Condvar)>);
        impl Drop for Counted {
            fn drop(&mut self) {
                *self.0.0.lock().unwrap() -= 1;
                self.0.1.notify_all();
            }
        }
        fn timed_waits() {
            let shared = Arc::new((Mutex::new(2), Condvar::new()));
            let children = [shared.clone(), shared.clone()].map(|shared| {
                thread::spawn(move || {
                    let counted = Counted(shared.clone());
                    let guard = shared.0.lock().unwrap();
                    let time = Duration::from_millis(1);
                    drop(shared.1.wait_timeout_while(guard, time, |count| *count == 2).unwrap());
                    drop(counted);
                })
            });
            for child in children {
                child.join().unwrap();
            }
            assert_eq!(*shared.0.lock().unwrap(), 0);
        }
        harmless(&Heddle::default(), timed_waits);
        // The same when the execution has failed.
        let counterexample = found(&Heddle::default(), || {
            let shared = Arc::new((Mutex::new(2), Condvar::new()));
            let _mine = Counted(shared.clone());
            let counted = Counted(shared.clone());
            let child = thread::spawn(move || {
                let counted = counted;
                let guard = counted.0.0.lock().unwrap();
                drop(counted.0.1.wait_while(guard, |count| *count == 2).unwrap());
            });
            child.join().unwrap();
        });
        assert_eq!(counterexample.violation, Fault::Deadlock);
    }

    #[test]
    fn a_thread_that_catches_what_ends_it_ends_all_the_same() {
        let counterexample = found(&Heddle::default(), || {
            let state = Arc::new((Mutex::new(false), Condvar::new()));
            let other = state.clone();
            let child = thread::spawn(move || {
                for _ in 0..3 {
                    catch_unwind(AssertUnwindSafe(|| {
                        let guard =
                            other.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                        drop(other.1.wait_while(guard, |done| !*done));
                    }))
                    .ok();
                }
            });
            child.join().unwrap();
        });
        assert_eq!(counterexample.violation, Fault::Deadlock);
    }

    #[test]
    fn an_object_from_outside_of_the_body_is_refused() {
        let outside = StdArc::new(AtomicU64::new(0));
        let report = Heddle::default().explore(body(move || {
            let other = outside.clone();
            let child = thread::spawn(move || other.store(1, SeqCst));
            outside.load(SeqCst);
            child.join().unwrap();
        }));
        let reason = Reason::ForeignObject;
        assert_eq!(report.verdict, Verdict::Unsupported { reason });
        // The same for what an earlier execution has made.
        fn keeps() {
            static KEPT: std::sync::OnceLock<AtomicU64> = std::sync::OnceLock::new();
            let kept = KEPT.get_or_init(|| AtomicU64::new(0));
            kept.store(1, SeqCst);
        }
        assert_eq!(unsupported(&Heddle::default(), keeps), Reason::ForeignObject);
    }

    #[test]
    fn outside_a_search_the_primitives_work_alone() {
        let word = AtomicU64::new(1);
        assert_eq!(word.fetch_add(1, SeqCst), 1);
        assert_eq!(word.load(Relaxed), 2);
        let data = Mutex::new(1);
        *data.lock().unwrap() += 1;
        assert_eq!(*data.lock().unwrap(), 2);
        assert_eq!(ID.get(), 0);
    }

    #[test]
    fn searches_run_beside_each_other() {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(exhausted(&Heddle::default(), locked_counts), 2));
            }
        });
    }
}

#[cfg(feature = "loom")]
mod in_loom {
    use drawloom::engine::{Bound, Gap, loom::Loom};

    impl super::Bounds for Loom {
        fn small(self) -> Self {
            self
        }
    }

    world!(loom, Loom::default());

    #[test]
    fn a_body_that_does_not_repeat_itself_is_told_so() {
        not_repeatable(Loom::default);
    }

    #[test]
    fn a_relaxed_publication_is_found_by_its_value() {
        let counterexample = found(&Loom::default(), stale_value);
        assert!(counterexample.message.contains("stale"));
    }

    #[test]
    fn a_relaxed_publication_is_found_by_its_missing_edge() {
        let counterexample = found(&Loom::default(), publish_relaxed);
        assert_eq!(counterexample.violation, Fault::DataRace);
        assert!(counterexample.message.contains("Read of Plain#"), "{}", counterexample.message);
    }

    #[test]
    fn searched_means_that_nothing_was_cut_off_and_says_what_is_not_seen() {
        let report = harmless(&Loom::default(), locked_counts);
        let Verdict::Searched { executions, not_seen } = report.verdict else {
            panic!("{report:?}")
        };
        assert_eq!(executions, report.executions);
        assert_eq!(not_seen, [Gap::Reduction, Gap::OldStores].into());
        // Exactly enough executions are enough, one less is not.
        let all = Loom::default().executions_max(executions);
        let searched = Verdict::Searched { executions, not_seen };
        assert_eq!(harmless(&all, locked_counts).verdict, searched);
        let fewer = Loom::default().executions_max(executions - 1);
        assert_eq!(
            harmless(&fewer, locked_counts).verdict,
            Verdict::Bounded { executions: executions - 1, stopped_by: Bound::Executions }
        );
    }

    #[test]
    fn a_preemption_bound_bounds() {
        let engine = Loom::default().preemptions_max(2);
        let report = harmless(&engine, locked_counts);
        assert!(
            matches!(report.verdict, Verdict::Bounded { stopped_by: Bound::Preemptions, .. }),
            "{report:?}"
        );
    }

    #[test]
    fn a_bound_on_steps_bounds() {
        let engine = Loom::default().steps_max(30);
        let report = harmless(&engine, || {
            let number = Arc::new(AtomicU64::new(0));
            let other = number.clone();
            let child = thread::spawn(move || {
                for _ in 0..40 {
                    other.fetch_add(1, Relaxed);
                }
            });
            number.fetch_add(1, Relaxed);
            child.join().unwrap();
        });
        assert!(
            matches!(report.verdict, Verdict::Bounded { stopped_by: Bound::Steps, .. }),
            "{report:?}"
        );
    }

    #[test]
    fn a_sixth_thread_is_unsupported() {
        let report = Loom::default().explore(body(|| {
            for _ in 0..5 {
                thread::spawn(|| ()).join().unwrap();
            }
        }));
        assert!(matches!(report.verdict, Verdict::Unsupported { .. }), "{report:?}");
    }

    #[test]
    fn a_leak_is_found() {
        let counterexample = found(&Loom::default(), || std::mem::forget(Arc::new(1)));
        assert_eq!(counterexample.violation, Fault::Leak);
    }

    #[test]
    fn a_panic_that_is_caught_bounds_the_search() {
        let report = harmless(&Loom::default(), || {
            let count = Arc::new(AtomicU64::new(0));
            let other = count.clone();
            let child = thread::spawn(move || {
                /// Counts while it is dropped.
                struct Count(Arc<AtomicU64>);
                impl Drop for Count {
                    fn drop(&mut self) {
                        self.0.fetch_add(1, SeqCst);
                    }
                }
                let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    let _count = Count(other);
                    panic!("caught");
                }));
                assert!(caught.is_err());
            });
            count.fetch_add(1, SeqCst);
            child.join().unwrap();
            assert_eq!(count.load(SeqCst), 2);
        });
        assert!(
            matches!(report.verdict, Verdict::Bounded { stopped_by: Bound::Unwinding, .. }),
            "{report:?}"
        );
    }

    #[test]
    fn a_caught_panic_through_a_guard_is_unsupported() {
        let report = Loom::default().explore(body(|| {
            let data = Mutex::new(0);
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let _guard = data.lock().unwrap();
                panic!("caught");
            }));
            assert!(caught.is_err());
            assert!(data.is_poisoned());
            drop(data.lock());
        }));
        assert!(matches!(report.verdict, Verdict::Unsupported { .. }), "{report:?}");
    }
}

#[cfg(feature = "shuttle")]
mod in_shuttle {
    use drawloom::engine::{
        Bound, ShuttleSchedule,
        shuttle::{Shuttle, Strategy},
    };

    impl super::Bounds for Shuttle {
        fn small(self) -> Self {
            self.executions_max(300)
        }
    }

    fn random(seed: u64) -> Shuttle {
        Shuttle::new(Strategy::Random { seed }, 10_000)
    }

    world!(shuttle, random(3));

    #[test]
    fn every_strategy_finds_the_lost_update_and_the_deadlock() {
        for strategy in [
            Strategy::Pct { depth: 3, seed: 1 },
            Strategy::Urw { seed: 1 },
            Strategy::Dfs,
            Strategy::Random { seed: 2 },
        ] {
            let engine = Shuttle::new(strategy, 10_000);
            assert_eq!(found(&engine, lost_update).violation, Fault::Panic);
            assert_eq!(found(&engine, abba).violation, Fault::Deadlock);
            assert_eq!(found(&engine, lost_wakeup).violation, Fault::Deadlock);
        }
    }

    #[test]
    fn a_body_that_does_not_repeat_itself_is_told_so() {
        not_repeatable(|| random(3).small());
        not_repeatable(|| Shuttle::new(Strategy::Dfs, 10_000));
    }

    #[test]
    fn a_stale_value_is_not_seen() {
        harmless(&random(1), stale_value);
        harmless(&random(1), publish_relaxed);
    }

    #[test]
    fn the_same_seed_gives_the_same_counterexample() {
        let first = found(&random(5), lost_update);
        assert_eq!(found(&random(5), lost_update), first);
        let others: Vec<_> = (6..12).map(|seed| found(&random(seed), lost_update)).collect();
        assert!(others.iter().any(|other| other.trace != first.trace));
    }

    #[test]
    fn a_schedule_replays_as_text_too() {
        for run in [lost_update, abba, lost_wakeup, plain_without_lock] {
            for strategy in [Strategy::Random { seed: 4 }, Strategy::Pct { depth: 2, seed: 4 }] {
                let original = found(&Shuttle::new(strategy, 10_000), run);
                let text = original.schedule.as_ref().unwrap().to_string();
                let schedule: ShuttleSchedule = text.parse().unwrap();
                let report = Shuttle::replay(&schedule, body(run));
                let Verdict::Violated(replayed) = report.verdict else { panic!("{report:?}") };
                assert_eq!(replayed.message, original.message);
                assert_eq!(replayed.trace, original.trace);
                assert_eq!(replayed.schedule, original.schedule);
            }
        }
    }

    #[test]
    fn a_schedule_of_another_body_is_unsupported() {
        let text = found(&random(4), lost_update).schedule.unwrap().to_string();
        let report = Shuttle::replay(&text.parse().unwrap(), body(wakeup));
        assert!(matches!(report.verdict, Verdict::Unsupported { .. }), "{report:?}");
        assert!("shuttle 2 0 1".parse::<ShuttleSchedule>().is_err());
        assert!("shuttle 1 0 x".parse::<ShuttleSchedule>().is_err());
        assert!("".parse::<ShuttleSchedule>().is_err());
    }

    #[test]
    fn depth_first_exhausts_and_says_when_it_did_not() {
        let engine = Shuttle::new(Strategy::Dfs, 1_000_000);
        let report = harmless(&engine, locked_counts);
        let Verdict::Exhausted { executions } = report.verdict else { panic!("{report:?}") };
        let all = Shuttle::new(Strategy::Dfs, executions);
        assert_eq!(harmless(&all, locked_counts).verdict, Verdict::Exhausted { executions });
        let fewer = Shuttle::new(Strategy::Dfs, executions - 1);
        assert_eq!(
            harmless(&fewer, locked_counts).verdict,
            Verdict::Bounded { executions: executions - 1, stopped_by: Bound::Executions }
        );
        let report = harmless(&random(1).small(), locked_counts);
        assert!(matches!(report.verdict, Verdict::Bounded { stopped_by: Bound::Executions, .. }));
    }

    /// To shuttle every ordering is seq-cst: what only a weaker one allows does not show.
    #[test]
    fn depth_first_exhausts_no_body_with_an_ordering_weaker_than_seq_cst() {
        use std::sync::atomic::Ordering;

        fn store_buffering(write: Ordering, read: Ordering, between: Option<Ordering>) -> bool {
            let flags = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
            let other = flags.clone();
            let child = thread::spawn(move || {
                other.0.store(true, write);
                between.into_iter().for_each(fence);
                other.1.load(read)
            });
            flags.1.store(true, write);
            between.into_iter().for_each(fence);
            let one = flags.0.load(read);
            child.join().unwrap() || one
        }
        let engine = Shuttle::new(Strategy::Dfs, 1_000_000);
        let weak: [fn(); 4] = [
            || assert!(store_buffering(Release, Acquire, None)),
            || assert!(store_buffering(SeqCst, Relaxed, None)),
            || assert!(store_buffering(SeqCst, SeqCst, Some(Release))),
            || {
                let _ = AtomicBool::new(false).compare_exchange(true, false, SeqCst, Relaxed);
            },
        ];
        for run in weak {
            let report = harmless(&engine, run);
            let executions = report.executions;
            let stopped_by = Bound::Orderings;
            assert_eq!(report.verdict, Verdict::Bounded { executions, stopped_by });
        }
        let report = harmless(&engine, || assert!(store_buffering(SeqCst, SeqCst, Some(SeqCst))));
        let executions = report.executions;
        assert_eq!(report.verdict, Verdict::Exhausted { executions });
    }

    #[test]
    fn an_endless_execution_is_cut_off() {
        let engine = random(1).steps_max(500).executions_max(3);
        let report = harmless(&engine, || {
            let flag = AtomicBool::new(false);
            while !flag.load(Relaxed) {
                thread::yield_now();
            }
        });
        let verdict = Verdict::Bounded { executions: 3, stopped_by: Bound::Steps };
        assert_eq!(report.verdict, verdict);
    }

    #[test]
    fn a_poisoned_mutex_says_so() {
        let report = harmless(&random(1).small(), || {
            let data = Arc::new(Mutex::new(0));
            let other = data.clone();
            let child = thread::spawn(move || {
                let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    let _guard = other.lock().unwrap();
                    panic!("caught");
                }));
                assert!(caught.is_err());
            });
            child.join().unwrap();
            assert!(data.lock().is_err());
        });
        // Of several bounds the one that says most is named.
        let is_weakened = matches!(
            report.verdict,
            Verdict::Bounded { stopped_by: Bound::Unwinding | Bound::Executions, .. }
        );
        assert!(is_weakened);
    }

    #[test]
    fn many_threads_are_no_problem() {
        harmless(&random(1).small(), || {
            let count = Arc::new(AtomicU64::new(0));
            let children: Vec<_> = (0..20)
                .map(|_| {
                    let count = count.clone();
                    thread::spawn(move || count.fetch_add(1, Relaxed))
                })
                .collect();
            for child in children {
                child.join().unwrap();
            }
            assert_eq!(count.load(Relaxed), 20);
        });
    }
}

#[test]
fn the_native_primitives_are_those_of_std() {
    fn mutex(_: std::sync::Mutex<u8>) {}
    fn atomic(_: std::sync::atomic::AtomicU64) {}
    fn arc(_: std::sync::Arc<std::sync::Condvar>) {}
    mutex(drawloom::native::sync::Mutex::new(1));
    atomic(drawloom::native::sync::AtomicU64::new(1));
    arc(drawloom::native::sync::Arc::new(drawloom::native::sync::Condvar::new()));
    assert_eq!(drawloom::native::sync::zeroed(1 << 20).len(), 1 << 20);
}
