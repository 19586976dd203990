//! The first things that a user of loom does.

use std::collections::BTreeSet;
use std::sync::Mutex as StdMutex;

use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Mutex};
use loom::thread;

#[test]
fn a_model_runs_every_execution() {
    let all = std::sync::Arc::new(StdMutex::new(BTreeSet::new()));
    let outcomes = all.clone();
    loom::model(move || {
        let x = Arc::new(AtomicUsize::new(0));
        let other = x.clone();
        let writer = thread::spawn(move || other.store(1, Ordering::Relaxed));
        outcomes.lock().unwrap().insert(x.load(Ordering::Relaxed));
        writer.join().unwrap();
    });
    assert_eq!(*all.lock().unwrap(), BTreeSet::from([0, 1]));
}

#[test]
#[should_panic(expected = "the sum is 2")]
fn a_failure_has_the_message_of_its_panic() {
    loom::model(|| {
        let sum = Arc::new(AtomicUsize::new(0));
        let other = sum.clone();
        let add = |sum: &AtomicUsize| {
            let old = sum.load(Ordering::Relaxed);
            sum.store(old + 1, Ordering::Relaxed);
        };
        let adder = thread::spawn(move || add(&other));
        add(&sum);
        adder.join().unwrap();
        assert_eq!(sum.load(Ordering::Relaxed), 2, "the sum is 2");
    });
}

#[test]
#[should_panic(expected = "deadlock: ")]
fn a_deadlock_is_a_failure() {
    loom::model(|| {
        let locks = Arc::new((Mutex::new(1), Mutex::new(2)));
        let other = locks.clone();
        let thread = thread::spawn(move || {
            let first = other.0.lock().unwrap();
            *other.1.lock().unwrap() + *first
        });
        let second = locks.1.lock().unwrap();
        let sum = *locks.0.lock().unwrap() + *second;
        drop(second);
        assert_eq!(thread.join().unwrap(), sum);
    });
}
