//! What several test files use.
#![allow(dead_code)] // each test crate that includes this uses a part of it

use std::panic::{AssertUnwindSafe, catch_unwind};

use shuttle::sync::Arc;
use shuttle::sync::atomic::AtomicUsize;
use shuttle::sync::atomic::Ordering::Relaxed;
use shuttle::thread;

/// The message with which a check fails.
pub(crate) fn failure(check: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(check)).expect_err("it fails");
    payload.downcast_ref::<String>().expect("a message").clone()
}

/// Adds in two steps, so that an addition may be lost.
pub(crate) fn lost_update() {
    let count = Arc::new(AtomicUsize::new(0));
    let other = count.clone();
    let add = |count: &AtomicUsize| count.store(count.load(Relaxed) + 1, Relaxed);
    let adder = thread::spawn(move || add(&other));
    add(&count);
    adder.join().unwrap();
    assert_eq!(count.load(Relaxed), 2, "an addition is lost");
}
