//! The reference's guest memory: the globals, and a region of its own for each thread.
//!
//! The machine has one row of cells, so that addresses depend on who allocated first. Here they do
//! not: a thread's allocations are its own business, and two threads that allocate commute.

use std::collections::BTreeMap;

use crate::interp::{Cell, ThreadId, TrapKind};

/// The distance of two regions, in cells.
const REGION: u64 = 1 << 32;

/// The words of all cells.
///
/// # Invariants
/// *canonical*: a cell of a region that is zero has no entry, so that equal memories are equal data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Memory {
    globals: Vec<u64>,
    regions: BTreeMap<Cell, u64>,
}

impl Memory {
    /// The globals, and nothing else.
    pub fn new(globals: &[u64]) -> Self {
        Memory { globals: globals.to_vec(), regions: BTreeMap::new() }
    }

    /// Reads a cell.
    pub fn load(&self, cell: Cell) -> u64 {
        match self.globals.get(cell.0 as usize - 1) {
            Some(&word) => word,
            None => self.regions.get(&cell).copied().unwrap_or(0),
        }
    }

    /// Writes a cell.
    pub fn store(&mut self, cell: Cell, word: u64) {
        if let Some(global) = self.globals.get_mut(cell.0 as usize - 1) {
            *global = word;
        } else if word == 0 {
            self.regions.remove(&cell);
        } else {
            self.regions.insert(cell, word);
        }
    }
}

/// Whether a program with so many globals may access a cell, if each thread may allocate so many.
pub(super) fn check(cell: Cell, globals: usize, region_cells: u64) -> Result<(), TrapKind> {
    let is_global = cell.0 <= globals as u64;
    let is_allocated = cell.0 >= REGION && cell.0 % REGION < region_cells;
    if is_global || is_allocated { Ok(()) } else { Err(TrapKind::Bounds) }
}

/// The cell at this position of a thread's region.
pub(super) fn region_cell(thread: ThreadId, position: u64) -> Cell {
    Cell((u64::from(thread.0) + 1) * REGION + position)
}

/// The position of a cell in its region.
pub(super) fn region_position(cell: Cell) -> u64 {
    cell.0 % REGION
}

/// A name for a cell of a region.
pub(super) fn heap_name(cell: Cell) -> String {
    let owner = cell.0 / REGION;
    if owner == 0 {
        return format!("cell {}", cell.0);
    }
    format!("cell {} of thread {}", region_position(cell), owner - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_is_zero_again_leaves_no_trace() {
        let mut memory = Memory::new(&[7]);
        let before = memory.clone();
        let cell = region_cell(ThreadId(3), 5);
        memory.store(cell, 1);
        assert_eq!((memory.load(cell), memory.load(Cell(1))), (1, 7));
        assert_ne!(memory, before);
        memory.store(cell, 0);
        assert_eq!(memory, before);
    }

    #[test]
    fn only_globals_and_allocated_cells_can_be_accessed() {
        assert_eq!(check(Cell(2), 2, 4), Ok(()));
        assert_eq!(check(Cell(3), 2, 4), Err(TrapKind::Bounds));
        assert_eq!(check(region_cell(ThreadId(0), 3), 2, 4), Ok(()));
        assert_eq!(check(region_cell(ThreadId(0), 4), 2, 4), Err(TrapKind::Bounds));
    }
}
