//! The states that have been found, and how they were reached.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::reference::Turn;

/// How a state was first reached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit {
    pub(super) parent: u128,
    pub(super) turn: Turn,
    pub(super) level: u32,
}

/// The states that have been found, in shards so that cores do not wait for each other.
#[derive(Default)]
pub(super) struct Visited {
    shards: [Mutex<Shard>; SHARDS],
    /// The memory of the shards.
    bytes: AtomicUsize,
}

const SHARDS: usize = 32;
/// The size of an entry with its control byte; a table fills up to seven eighths of itself.
const ENTRY_BYTES: usize = (size_of::<(u128, Visit)>() + 1) * 8 / 7;

type Shard = HashMap<u128, Visit, BuildHasherDefault<Fingerprinted>>;

impl Visited {
    fn shard(&self, fingerprint: u128) -> MutexGuard<'_, Shard> {
        let shard = (fingerprint >> 64) as usize % SHARDS;
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a state; if it is known already, returns the level on which it was found.
    pub(super) fn insert(&self, fingerprint: u128, visit: Visit) -> Option<u32> {
        let mut shard = self.shard(fingerprint);
        let before = shard.capacity();
        let level = match shard.entry(fingerprint) {
            Entry::Occupied(known) => Some(known.get().level),
            Entry::Vacant(vacant) => {
                vacant.insert(visit);
                None
            }
        };
        let grown = shard.capacity() - before;
        if grown > 0 {
            // ORDER: Relaxed. A sum that is compared with a budget.
            self.bytes.fetch_add(grown * ENTRY_BYTES, Ordering::Relaxed);
        }
        level
    }

    /// The memory of the shards.
    pub(super) fn bytes(&self) -> usize {
        // ORDER: Relaxed. See `insert`.
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn len(&self) -> u64 {
        let len = |shard: &Mutex<Shard>| shard.lock().unwrap_or_else(PoisonError::into_inner).len();
        self.shards.iter().map(len).sum::<usize>() as u64
    }

    /// The steps by which a state was found.
    pub(super) fn way_to(&self, fingerprint: u128) -> Vec<Turn> {
        let mut way = Vec::new();
        let mut at = fingerprint;
        loop {
            let visit = self.shard(at)[&at];
            if visit.level == 0 {
                way.reverse();
                return way;
            }
            way.push(visit.turn);
            at = visit.parent;
        }
    }
}

/// A fingerprint serves as its own hash.
#[derive(Default)]
struct Fingerprinted(u64);

impl Hasher for Fingerprinted {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only fingerprints are looked up");
    }

    fn write_u128(&mut self, fingerprint: u128) {
        self.0 = fingerprint as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interp::ThreadId;

    #[test]
    fn the_way_to_a_state_is_the_way_it_was_found() {
        let visited = Visited::default();
        let visit = |parent, thread, level| Visit { parent, turn: ThreadId(thread).into(), level };
        assert_eq!(visited.insert(1, visit(1, 0, 0)), None);
        assert_eq!(visited.insert(2, visit(1, 7, 1)), None);
        assert_eq!(visited.insert(3, visit(2, 5, 2)), None);
        assert_eq!(visited.insert(2, visit(3, 1, 3)), Some(1));
        assert_eq!(visited.way_to(3), [ThreadId(7).into(), ThreadId(5).into()]);
        assert_eq!(visited.len(), 3);
    }
}
