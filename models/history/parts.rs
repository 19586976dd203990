//! What C has and Rust does not: the parts without which the wrong versions could not be built.
//!
//! Each is safe, and sees its own misuse: that is what makes a finding of it.

use super::sync::{Condvar, Mutex, Plain};

/// A lock that nothing ties to what it guards, and whose unlock nothing ties to a lock.
#[derive(Default)]
pub(super) struct BareLock {
    is_held: Mutex<bool>,
    given_back: Condvar,
}

impl BareLock {
    pub(super) fn lock(&self) {
        let is_held = self.is_held.lock().unwrap();
        *self.given_back.wait_while(is_held, |is_held| *is_held).unwrap() = true;
    }

    /// Whoever has it, and whether anyone has.
    pub(super) fn unlock(&self) {
        *self.is_held.lock().unwrap() = false;
        self.given_back.notify_one();
    }
}

/// Something that happens once and that threads wait for. What happened before it is visible after.
#[derive(Default)]
pub(super) struct Signal {
    has_come: Mutex<bool>,
    came: Condvar,
}

impl Signal {
    pub(super) fn set(&self) {
        *self.has_come.lock().unwrap() = true;
        self.came.notify_all();
    }

    pub(super) fn wait(&self) {
        drop(self.came.wait_while(self.has_come.lock().unwrap(), |has_come| !*has_come).unwrap());
    }
}

/// Memory that is freed by hand. Under loom a use and a free that no edge orders are a data race;
/// everywhere, a use that comes after the free is caught.
pub(super) struct Allocation(Plain<Option<u32>>);

impl Allocation {
    pub(super) fn new(value: u32) -> Self {
        Allocation(Plain::new(Some(value)))
    }

    pub(super) fn get(&self) -> u32 {
        self.0.with(|value| value.expect("used after it was freed"))
    }

    pub(super) fn free(&self) {
        self.0.with_mut(|value| value.take().expect("freed twice"));
    }
}
