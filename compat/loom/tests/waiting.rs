//! Loops that wait for another thread, and change something in each round: they take a lock, for example.

use loom::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use loom::sync::atomic::{AtomicBool, AtomicU32};
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

/// What the other thread may see while this one goes round so many times.
fn seen_by_another(rounds: u32) -> Vec<u32> {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(std::collections::BTreeSet::new()));
    let noted = seen.clone();
    loom::model(move || {
        let count = Arc::new(Mutex::new(0));
        let (other, noted) = (count.clone(), noted.clone());
        let thread = thread::spawn(move || noted.lock().unwrap().insert(*other.lock().unwrap()));
        for _ in 0..rounds {
            *count.lock().unwrap() += 1;
            thread::yield_now();
        }
        thread.join().unwrap();
    });
    let seen = seen.lock().unwrap();
    seen.iter().copied().collect()
}

#[test]
fn a_loop_that_counts_under_a_lock_does_not_wait() {
    assert_eq!(seen_by_another(6), [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_round_may_change_what_a_lock_guards() {
    loom::model(|| {
        let state = Arc::new(Mutex::new((false, 0)));
        let other = state.clone();
        let thread = thread::spawn(move || other.lock().unwrap().0 = true);
        loop {
            let mut state = state.lock().unwrap();
            state.1 += 1;
            if state.0 {
                break;
            }
            drop(state);
            thread::yield_now();
        }
        thread.join().unwrap();
    });
}

#[test]
fn threads_that_take_turns_end() {
    loom::model(|| {
        let turn = Arc::new(Mutex::new(0_u32));
        let take_turns = |turn: &Mutex<u32>, parity| {
            for _ in 0..2 {
                while *turn.lock().unwrap() % 2 != parity {
                    thread::yield_now();
                }
                *turn.lock().unwrap() += 1;
                thread::yield_now();
            }
        };
        let other = turn.clone();
        let thread = thread::spawn(move || take_turns(&other, 1));
        take_turns(&turn, 0);
        thread.join().unwrap();
        assert_eq!(*turn.lock().unwrap(), 4);
    });
}

#[test]
fn a_long_loop_that_ends_is_no_livelock() {
    loom::model(|| {
        let (count, word) = (Mutex::new(0), AtomicU32::new(0));
        for _ in 0..128 {
            *count.lock().unwrap() += 1;
            thread::yield_now();
        }
        for _ in 0..128 {
            word.store(0, Relaxed);
            thread::yield_now();
        }
    });
}

#[test]
#[should_panic(expected = "panic: the second round")]
fn a_failure_in_a_later_round_is_found() {
    loom::model(|| {
        let is_done = Arc::new(Mutex::new(false));
        let other = is_done.clone();
        let thread = thread::spawn(move || *other.lock().unwrap() = true);
        let mut rounds = 0;
        while !*is_done.lock().unwrap() {
            rounds += 1;
            assert!(rounds < 2, "the second round");
            thread::yield_now();
        }
        thread.join().unwrap();
    });
}
