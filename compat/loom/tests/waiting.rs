//! Loops that wait for another thread, and change something in each round: they take a lock, for example.

use loom::sync::atomic::AtomicBool;
use loom::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use loom::sync::{Arc, Mutex, mpsc};
use loom::thread;

#[test]
fn a_round_may_take_a_lock() {
    loom::model(|| {
        let is_done = Arc::new(Mutex::new(false));
        let other = is_done.clone();
        let thread = thread::spawn(move || *other.lock().unwrap() = true);
        while !*is_done.lock().unwrap() {
            thread::yield_now();
        }
        thread.join().unwrap();
    });
}

#[test]
fn a_round_may_take_a_lock_of_flags() {
    loom::model(|| {
        let both = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
        let other = both.clone();
        let thread = thread::spawn(move || other.1.store(true, Release));
        let mut is_done = false;
        while !is_done {
            assert!(!both.0.swap(true, AcqRel));
            is_done = both.1.load(Acquire);
            both.0.store(false, Release);
            if !is_done {
                thread::yield_now();
            }
        }
        thread.join().unwrap();
    });
}

#[test]
fn a_round_may_ask_a_channel() {
    loom::model(|| {
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || sender.send(1).unwrap());
        let value = loop {
            match receiver.try_recv() {
                Ok(value) => break value,
                Err(_) => thread::yield_now(),
            }
        };
        assert_eq!(value, 1);
        thread.join().unwrap();
    });
}
