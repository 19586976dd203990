//! What is claimed of the counter: each world runs these tests.

use super::check;
use super::counter::Counter;
use super::sync::{Arc, thread};

fn two_threads_get_different_numbers(add: fn(&Counter) -> u32) {
    let counter = Arc::new(Counter::new());
    let other = counter.clone();
    let adder = thread::spawn(move || add(&other));
    let mine = add(&counter);
    assert_ne!(mine, adder.join().unwrap());
}

#[test]
fn a_lock_held_over_the_whole_addition_is_enough() {
    let report = check(|| two_threads_get_different_numbers(Counter::add));
    assert!(report.executions > 1);
}

#[test]
fn an_addition_under_two_locks_is_found_out_with_the_place() {
    let wrong = || check(|| two_threads_get_different_numbers(Counter::add_wrongly));
    let payload = std::panic::catch_unwind(wrong).expect_err("it is wrong");
    let message = payload.downcast_ref::<String>().expect("the counterexample as a text");
    assert!(message.contains(": panic in execution "), "{message}");
    assert!(message.contains("locks Mutex#1") && message.contains("counter.rs:21"), "{message}");
    // The line of the source stands beside it.
    assert!(message.contains("*self.0.lock().unwrap() = count + 1;"), "{message}");
}
