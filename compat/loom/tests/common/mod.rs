//! Models that several test files run.

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

/// A wait in an `if`, which only a wakeup without a cause shows to be wrong.
pub(crate) fn wait_in_an_if() {
    let place = Arc::new((Mutex::new(false), Condvar::new()));
    let other = place.clone();
    let thread = thread::spawn(move || {
        *other.0.lock().unwrap() = true;
        other.1.notify_one();
    });
    let mut is_told = place.0.lock().unwrap();
    if !*is_told {
        is_told = place.1.wait(is_told).unwrap();
    }
    assert!(*is_told, "it has been told");
    drop(is_told);
    thread.join().unwrap();
}
