//! A lock that spins, and its loom test.

#[cfg(loom)]
use loom::{
    hint::spin_loop,
    sync::atomic::{AtomicBool, Ordering},
};
#[cfg(not(loom))]
use std::{
    hint::spin_loop,
    sync::atomic::{AtomicBool, Ordering},
};

/// A lock that spins.
#[derive(Default)]
pub struct SpinLock(AtomicBool);

impl SpinLock {
    /// Calls `f` while no other thread is in such a call.
    pub fn with<R>(&self, f: impl FnOnce() -> R) -> R {
        while self.0.swap(true, Ordering::Acquire) {
            spin_loop();
        }
        let result = f();
        self.0.store(false, Ordering::Release);
        result
    }
}

#[cfg(all(test, loom))]
mod tests {
    use super::SpinLock;
    use loom::{cell::Cell, sync::Arc, thread};

    #[test]
    fn two_threads_count_to_two() {
        loom::model(|| {
            let count = Arc::new((SpinLock::default(), Cell::new(0)));
            let add = |it: &(SpinLock, Cell<u32>)| it.0.with(|| it.1.set(it.1.get() + 1));
            let other = count.clone();
            let adder = thread::spawn(move || add(&other));
            add(&count);
            adder.join().unwrap();
            assert_eq!(count.1.get(), 2);
        });
    }
}
