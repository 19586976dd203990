//! The reference's guest memory: the words of all cells.

use std::collections::BTreeMap;

use super::allocations::cell_of;
use crate::interp::Cell;
use crate::interp::allocation::{Address, Allocation, CELLS_MAX};

/// The words of all cells.
///
/// # Invariants
/// *canonical*: a zero cell of an allocation has no entry, so that equal memories are equal data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Memory {
    globals: Vec<u64>,
    allocated: BTreeMap<Cell, u64>,
}

impl Memory {
    /// A memory with only the globals.
    pub fn new(globals: &[u64]) -> Self {
        Memory { globals: globals.to_vec(), allocated: BTreeMap::new() }
    }

    /// Its approximate size in bytes.
    pub(super) fn bytes(&self) -> usize {
        // The size of an entry in a tree that is filled as trees are on average.
        const ENTRY_BYTES: usize = 28;
        self.globals.len() * size_of::<u64>() + self.allocated.len() * ENTRY_BYTES
    }

    /// Reads a cell.
    pub fn load(&self, cell: Cell) -> u64 {
        match self.globals.get(cell.0 as usize - 1) {
            Some(&word) => word,
            None => self.allocated.get(&cell).copied().unwrap_or(0),
        }
    }

    /// Writes a cell.
    pub fn store(&mut self, cell: Cell, word: u64) {
        if let Some(global) = self.globals.get_mut(cell.0 as usize - 1) {
            *global = word;
        } else if word == 0 {
            self.allocated.remove(&cell);
        } else {
            self.allocated.insert(cell, word);
        }
    }

    /// The words of all cells that are not zero.
    pub fn words(&self) -> BTreeMap<Cell, u64> {
        let globals = (1..).map(Cell).zip(self.globals.iter().copied());
        let allocated = self.allocated.iter().map(|(&cell, &word)| (cell, word));
        globals.chain(allocated).filter(|&(_, word)| word != 0).collect()
    }

    /// Forgets the words of an allocation from the heap or the stack.
    pub fn forget(&mut self, allocation: Allocation) {
        let first = cell_of(Address { allocation, offset: 0 });
        let cells = first..Cell(first.0 + CELLS_MAX);
        let known: Vec<Cell> = self.allocated.range(cells).map(|(&cell, _)| cell).collect();
        for cell in known {
            self.allocated.remove(&cell);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interp::allocation::Region;

    #[test]
    fn a_cell_that_is_zero_again_leaves_no_trace() {
        let mut memory = Memory::new(&[7]);
        let before = memory.clone();
        let allocation = Allocation { region: Region::Heap, number: 5, generation: 0 };
        let cell = cell_of(Address { allocation, offset: 8 });
        memory.store(cell, 1);
        assert_eq!((memory.load(cell), memory.load(Cell(1))), (1, 7));
        assert_ne!(memory, before);
        memory.store(cell, 0);
        assert_eq!(memory, before);
        memory.store(cell, 1);
        memory.forget(allocation);
        assert_eq!(memory, before);
    }
}
