//! A body that tries to take a lock until it succeeds.

use drawloom::heddle::sync::{Arc, Mutex, thread};

/// Another thread has the lock for a moment.
pub(crate) fn tries_in_a_loop() {
    let lock = Arc::new(Mutex::new(()));
    let theirs = lock.clone();
    let thread = thread::spawn(move || drop(theirs.lock().unwrap()));
    while lock.try_lock().is_err() {
        thread::yield_now();
    }
    thread.join().unwrap();
}
