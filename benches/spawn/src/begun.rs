//! How many threads of a job have begun: they count before they wait or sleep.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A count that threads share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Begun(Arc<AtomicU32>);

impl Begun {
    pub(crate) fn count_one(&self) {
        // ORDER: Relaxed, since main learns a number from it and reads nothing that the thread wrote.
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn is(&self, count: u32) -> bool {
        // ORDER: Relaxed, as above.
        self.0.load(Ordering::Relaxed) == count
    }
}
