//! Accesses that are no operations of the search, and race all the same: by `&mut` to an atomic that somebody else may
//! reach, by a pointer that lasts too long, and to thread-local values that are gone. And the options for suites of loom.
#![cfg(feature = "heddle")]

use std::future::poll_fn;
use std::sync::Arc as Shared;
use std::sync::atomic::AtomicU64 as Count;
use std::task::Poll;

use drawloom::engine::heddle::Heddle;
use drawloom::engine::{Engine, Fault, Report, Verdict};
use drawloom::heddle::sync::cell::UnsafeCell;
use drawloom::heddle::sync::future::block_on;
use drawloom::heddle::sync::{
    Arc, AtomicU32, Notify,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    local, thread,
};

fn explored(engine: Heddle, run: impl Fn() + Send + Sync + 'static) -> Report {
    engine.explore(Shared::new(run))
}

/// The violation of a body, and its message.
fn violation(run: impl Fn() + Send + Sync + 'static) -> Option<(Fault, String)> {
    match explored(Heddle::default(), run).verdict {
        Verdict::Violated(shown) => Some((shown.violation, shown.message)),
        Verdict::Exhausted { .. } | Verdict::Searched { .. } => None,
        verdict => panic!("{verdict:?}"),
    }
}

fn races(run: impl Fn() + Send + Sync + 'static) -> bool {
    match violation(run) {
        Some((Fault::DataRace, message)) => {
            assert!(message.contains("plain_accesses.rs:"), "{message}");
            true
        }
        Some(other) => panic!("{other:?}"),
        None => false,
    }
}

/// One thread stores, and then tells the other one with this ordering, which loads plainly if it has been told.
fn told(order: drawloom::heddle::sync::Ordering) -> impl Fn() + Send + Sync {
    move || {
        let both = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let other = both.clone();
        let thread = thread::spawn(move || {
            other.0.store(1, Relaxed);
            other.1.store(1, order);
        });
        if both.1.load(Acquire) == 1 {
            assert_eq!(both.0.unsync_load(), 1);
        }
        thread.join().unwrap();
    }
}

#[test]
fn a_plain_load_needs_an_order_after_the_stores() {
    assert!(!races(told(Release)));
    assert!(races(told(Relaxed)));
}

/// A store that comes after the plain load in every execution, as far as the first thread can tell.
fn store_after(is_ordered: bool) -> impl Fn() + Send + Sync {
    move || {
        let both = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let other = both.clone();
        let thread = thread::spawn(move || {
            other.0.unsync_load();
            other.1.store(1, if is_ordered { Release } else { Relaxed });
        });
        if both.1.load(Acquire) == 1 {
            both.0.store(1, SeqCst);
        }
        thread.join().unwrap();
    }
}

#[test]
fn a_store_needs_an_order_after_plain_loads() {
    assert!(!races(store_after(true)));
    assert!(races(store_after(false)));
}

#[test]
fn plain_loads_do_not_race_with_loads() {
    assert!(!races(|| {
        let word = Arc::new(AtomicU32::new(1));
        let other = word.clone();
        let thread = thread::spawn(move || other.unsync_load() + other.load(Relaxed));
        assert_eq!(word.unsync_load() + word.load(Relaxed), 2);
        assert_eq!(thread.join().unwrap(), 2);
    }));
}

#[test]
fn exclusive_access_to_what_nobody_else_has_is_no_race() {
    assert!(!races(|| {
        let word = Arc::new(AtomicU32::new(0));
        let other = word.clone();
        let thread = thread::spawn(move || other.store(1, Relaxed));
        word.load(Relaxed);
        thread.join().unwrap();
        let mut word = Arc::try_unwrap(word).expect("the thread has ended");
        *word.get_mut() += 1;
        assert_eq!(word.into_inner(), 2);
    }));
}

/// The last owner of a word takes its value, whichever that is.
#[test]
fn the_last_owner_s_destructor_has_exclusive_access() {
    struct Ends(AtomicU32);
    impl Drop for Ends {
        fn drop(&mut self) {
            assert_eq!(*self.0.get_mut(), 2);
        }
    }
    assert!(!races(|| {
        let word = Arc::new(Ends(AtomicU32::new(0)));
        let other = word.clone();
        let thread = thread::spawn(move || other.0.fetch_add(1, Relaxed));
        word.0.fetch_add(1, Relaxed);
        drop(word);
        thread.join().unwrap();
    }));
}

/// compat/loom/tests/findings.rs has accesses by several threads, whose closures need not be `Send` there.
#[test]
fn an_access_ends_when_its_pointer_does() {
    assert!(races(|| {
        let cell = UnsafeCell::new(0);
        let pointer = cell.mut_ptr();
        cell.with(|_| ());
        drop(pointer);
    }));
    assert!(races(|| {
        let cell = UnsafeCell::new(0);
        let pointer = cell.const_ptr();
        cell.with_mut(|_| ());
        drop(pointer);
    }));
    assert!(!races(|| {
        let cell = UnsafeCell::new(0);
        drop(cell.mut_ptr());
        let (one, two) = (cell.const_ptr(), cell.const_ptr());
        cell.with(|_| ());
        drop((one, two));
        cell.with_mut(|_| ());
        // It may outlive its cell.
        let pointer = cell.mut_ptr();
        drop(cell);
        drop(pointer);
    }));
}

#[test]
fn a_thread_local_value_is_gone_while_it_is_dropped() {
    struct Looks;
    local! {
        static LOOKS: Looks = Looks;
        static LATER: Looks = Looks;
    }
    impl Drop for Looks {
        fn drop(&mut self) {
            // The latest one is dropped first. It may use what was made before it, and make another one.
            assert!(LATER.try_with(|_| ()).is_err());
        }
    }
    let report = explored(Heddle::default(), || {
        let word = Arc::new(AtomicU32::new(0));
        let other = word.clone();
        let thread = thread::spawn(move || {
            LOOKS.with(|_| ());
            LATER.with(|_| ());
            assert!(LOOKS.try_with(|_| ()).is_ok());
            other.store(1, Relaxed);
        });
        // Each execution has its own.
        LOOKS.with(|_| ());
        LATER.with(|_| ());
        word.load(Relaxed);
        thread.join().unwrap();
    });
    assert_eq!(report.verdict, Verdict::Exhausted { executions: 2 });
}

#[test]
fn a_waker_that_is_never_dropped_is_a_leak() {
    let found = violation(|| {
        block_on(poll_fn(|context| {
            std::mem::forget(context.waker().clone());
            Poll::Ready(())
        }));
    });
    let (fault, message) = found.expect("it leaks");
    assert_eq!(fault, Fault::Leak);
    assert!(message.contains("plain_accesses.rs:"), "{message}");
}

#[test]
fn a_future_is_polled_once_more_if_the_options_say_so() {
    let polls_max = |engine: Heddle| {
        let most = Shared::new(Count::new(0));
        let seen = most.clone();
        let report = explored(engine, move || {
            let gate = Arc::new(AtomicU32::new(0));
            let mut polls = 0;
            block_on(poll_fn(|context| {
                polls += 1;
                if polls == 1 {
                    let (gate, waker) = (gate.clone(), context.waker().clone());
                    thread::spawn(move || {
                        gate.store(1, Release);
                        waker.wake();
                    });
                }
                if gate.load(Acquire) == 1 { Poll::Ready(()) } else { Poll::Pending }
            }));
            // ORDER: Relaxed, no edge: one OS thread searches.
            seen.fetch_max(polls, std::sync::atomic::Ordering::Relaxed);
        });
        assert!(matches!(report.verdict, Verdict::Searched { .. }), "{report:?}");
        most.load(std::sync::atomic::Ordering::Relaxed)
    };
    assert_eq!(polls_max(Heddle::default()), 2);
    assert_eq!(polls_max(Heddle::default().polls_again(true)), 3);
}

#[test]
fn a_body_of_one_execution_is_run_twice_or_once() {
    let runs = |engine: Heddle| {
        let runs = Shared::new(Count::new(0));
        let counted = runs.clone();
        explored(engine, move || {
            AtomicU32::new(0).store(1, Relaxed);
            // ORDER: Relaxed, no edge: one OS thread searches.
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        });
        runs.load(std::sync::atomic::Ordering::Relaxed)
    };
    assert_eq!(runs(Heddle::default()), 2);
    assert_eq!(runs(Heddle::default().repeats_single(false)), 1);
}

#[test]
fn a_notification_is_taken_once() {
    let none = violation(|| {
        let notify = Arc::new(Notify::new());
        let other = notify.clone();
        let thread = thread::spawn(move || {
            other.notify();
            other.notify();
        });
        notify.wait();
        thread.join().unwrap();
    });
    assert_eq!(none, None);
    let found = violation(|| {
        let notify = Notify::new();
        notify.notify();
        notify.notify();
        notify.wait();
        notify.wait();
    });
    assert_eq!(found.expect("nobody gives it").0, Fault::Deadlock);
}
