//! A counter that threads share, written as for `std`.

use super::sync::Mutex;

pub(crate) struct Counter(Mutex<u32>);

impl Counter {
    pub(crate) fn new() -> Self {
        Counter(Mutex::new(0))
    }

    pub(crate) fn add(&self) -> u32 {
        let mut count = self.0.lock().unwrap();
        *count += 1;
        *count
    }

    /// Wrong: another thread may add between the two locks.
    pub(crate) fn add_wrongly(&self) -> u32 {
        let count = *self.0.lock().unwrap();
        *self.0.lock().unwrap() = count + 1;
        count + 1
    }
}
