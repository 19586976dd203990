//! How much of the string memory a thread has used.
//!
//! Equal texts share a handle and are counted once, in the machine as here. Which strings a thread has
//! made matters only when it has nearly used up its limit. So they are merely listed, and a string that
//! the thread makes repeatedly is listed repeatedly.

use std::collections::BTreeSet;

use super::chain::Chain;
use super::subject::STRING_BYTES;

/// The strings that a thread has made.
///
/// It is not part of what distinguishes states: strings that a thread has made and forgotten decide only
/// when its limit is reached.
#[derive(Clone, Debug, Default)]
pub(super) struct Made {
    handles: Chain<(u64, u64)>,
    /// An upper bound on their cost; they cost less if some are the same.
    bytes: u64,
}

impl Made {
    /// Adds a string; returns whether all of them fit into this many bytes.
    pub(super) fn add(&mut self, handle: u64, text_bytes: usize, bytes_max: u64) -> bool {
        let bytes = text_bytes as u64 + STRING_BYTES;
        self.handles.push((handle, bytes));
        self.bytes += bytes;
        if self.bytes > bytes_max {
            self.forget_doubles();
        }
        self.bytes <= bytes_max
    }

    fn forget_doubles(&mut self) {
        let distinct: BTreeSet<(u64, u64)> = self.handles.iter().copied().collect();
        self.handles = Chain::new();
        self.bytes = distinct.iter().map(|(_, bytes)| bytes).sum();
        for made in distinct {
            self.handles.push(made);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_string_costs_once() {
        let mut made = Made::default();
        let max = 2 * (10 + STRING_BYTES);
        assert!((0..100).all(|_| made.add(7, 10, max)));
        assert!(made.add(8, 10, max));
        assert!(made.add(7, 10, max));
        assert!(!made.add(9, 10, max), "a third one does not fit");
    }
}
