//! Futures, with the feature `futures`.
#![cfg(feature = "futures")]

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::Mutex;
use std::task::Poll;

use loom::future::{AtomicWaker, block_on};
use loom::sync::Arc;
use loom::sync::atomic::AtomicBool;
use loom::sync::atomic::Ordering::{Acquire, Release};
use loom::thread;

/// A flag that a task waits for.
#[derive(Default)]
struct Gate {
    is_open: AtomicBool,
    waits: AtomicWaker,
}

#[test]
fn a_future_is_woken_and_may_be_polled_once_without_that() {
    let polls = std::sync::Arc::new(Mutex::new(BTreeSet::new()));
    let seen = polls.clone();
    loom::model(move || {
        let gate = Arc::new(Gate::default());
        let other = gate.clone();
        let thread = thread::spawn(move || {
            other.is_open.store(true, Release);
            other.waits.wake();
        });
        let mut count = 0;
        block_on(poll_fn(|context| {
            count += 1;
            gate.waits.register_by_ref(context.waker());
            if gate.is_open.load(Acquire) { Poll::Ready(()) } else { Poll::Pending }
        }));
        seen.lock().unwrap().insert(count);
        thread.join().unwrap();
    });
    assert_eq!(*polls.lock().unwrap(), BTreeSet::from([1, 2, 3]));
}

#[test]
#[should_panic(expected = "deadlock: ")]
fn a_future_that_registers_too_late_waits_forever() {
    loom::model(|| {
        let gate = Arc::new(Gate::default());
        let other = gate.clone();
        let thread = thread::spawn(move || {
            other.is_open.store(true, Release);
            other.waits.wake();
        });
        block_on(poll_fn(|context| {
            if gate.is_open.load(Acquire) {
                return Poll::Ready(());
            }
            gate.waits.register(context.waker().clone());
            Poll::Pending
        }));
        thread.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "leak: ")]
fn a_waker_that_is_never_dropped_is_a_leak() {
    loom::model(|| {
        block_on(poll_fn(|context| {
            std::mem::forget(context.waker().clone());
            Poll::Ready(())
        }));
    });
}
