//! Guest memory: one array of cells that all threads share.
//!
//! # Invariants
//! *whole cells*: every access reads or writes one cell in one step, so a race can yield an old or a new
//! word, but never a mixture. *null*: cell 0 is never allocated. *fresh*: cells of the heap are zero
//! when they are allocated, unless the guest writes to cells that it does not own (accesses are checked
//! only against the whole memory). `free` zeroes the cells before it returns them, so that the zeroes
//! travel with the cells, over edge free->allocate.

use std::collections::BTreeMap;

use super::sync::{AtomicU64, Mutex, Ordering, zeroed};
use crate::il::{MemoryOrder, RmwOp};
use crate::interp::{Cell, TrapKind, Word};

#[derive(Debug)]
pub(super) struct Memory {
    cells: Box<[AtomicU64]>,
    space: Mutex<Space>,
}

/// Which cells are in use.
#[derive(Debug)]
struct Space {
    /// The first cell that has never been allocated.
    next: u64,
    /// Segments that ended threads have returned, by size.
    segments: BTreeMap<u64, Vec<Cell>>,
    /// Heap allocations, in a program that frees memory: the first cell of each, and its number of cells.
    live: Option<BTreeMap<Cell, u64>>,
    /// Cells that were returned to the heap, by size: all zeroes.
    freed: BTreeMap<u64, Vec<Cell>>,
}

impl Memory {
    /// Zeroed memory whose first cells, after null, are the globals. Allocations are recorded only if
    /// the program `frees` memory.
    pub(super) fn new(cells: usize, globals: &[u64], frees: bool) -> Self {
        let cells = zeroed(cells.max(globals.len() + 1));
        for (cell, &word) in cells[1..].iter().zip(globals) {
            // ORDER: Relaxed. Nobody else has this memory yet; starting a thread publishes it.
            cell.store(word, Ordering::Relaxed);
        }
        let space = Space {
            next: globals.len() as u64 + 1,
            segments: BTreeMap::new(),
            live: frees.then(BTreeMap::new),
            freed: BTreeMap::new(),
        };
        Memory { cells, space: Mutex::new(space) }
    }

    /// All cells, in a world where plain accesses need not be visible.
    #[inline]
    pub(super) fn words(&self) -> &[Word] {
        super::sync::words(&self.cells)
    }

    #[inline]
    fn cell(&self, cell: Cell) -> Result<&AtomicU64, TrapKind> {
        self.cells.get(cell.0 as usize).ok_or(TrapKind::Bounds)
    }

    #[inline]
    pub(super) fn load(&self, cell: Cell) -> Result<u64, TrapKind> {
        // ORDER: Relaxed. A guest's plain load orders nothing.
        Ok(self.cell(cell)?.load(Ordering::Relaxed))
    }

    #[inline]
    pub(super) fn store(&self, cell: Cell, word: u64) -> Result<(), TrapKind> {
        // ORDER: Relaxed. A guest's plain store orders nothing.
        self.cell(cell)?.store(word, Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn atomic_load(&self, cell: Cell, order: MemoryOrder) -> Result<u64, TrapKind> {
        // ORDER: the guest's choice; the verifier refuses those that a load cannot have.
        Ok(self.cell(cell)?.load(order.into()))
    }

    pub(super) fn atomic_store(
        &self,
        cell: Cell,
        word: u64,
        order: MemoryOrder,
    ) -> Result<(), TrapKind> {
        // ORDER: the guest's choice; the verifier refuses those that a store cannot have.
        self.cell(cell)?.store(word, order.into());
        Ok(())
    }

    pub(super) fn atomic_rmw(
        &self,
        cell: Cell,
        op: RmwOp,
        word: u64,
        order: MemoryOrder,
    ) -> Result<u64, TrapKind> {
        let (cell, order) = (self.cell(cell)?, Ordering::from(order));
        Ok(match op {
            // ORDER: the guest's choice.
            RmwOp::Add => cell.fetch_add(word, order),
            // ORDER: the guest's choice.
            RmwOp::Sub => cell.fetch_sub(word, order),
            // ORDER: the guest's choice.
            RmwOp::And => cell.fetch_and(word, order),
            // ORDER: the guest's choice.
            RmwOp::Or => cell.fetch_or(word, order),
            // ORDER: the guest's choice.
            RmwOp::Xor => cell.fetch_xor(word, order),
            // ORDER: the guest's choice.
            RmwOp::Exchange => cell.swap(word, order),
            RmwOp::Min | RmwOp::Max => {
                let read = match order {
                    Ordering::AcqRel => Ordering::Acquire,
                    Ordering::Release => Ordering::Relaxed,
                    order => order,
                };
                // ORDER: the guest's choice; a failed try reads with the reading half of it.
                cell.fetch_update(order, read, |old| Some(op.apply(old, word)))
                    .unwrap_or_else(|_| unreachable!("every try has a new word"))
            }
        })
    }

    pub(super) fn atomic_cas(
        &self,
        cell: Cell,
        expected: u64,
        desired: u64,
        success: MemoryOrder,
        failure: MemoryOrder,
    ) -> Result<u64, TrapKind> {
        let cell = self.cell(cell)?;
        // ORDER: the guest's choice; the verifier refuses those that a failed one cannot have.
        let old = cell.compare_exchange(expected, desired, success.into(), failure.into());
        Ok(old.unwrap_or_else(|old| old))
    }

    /// Allocates zeroed cells; `None` if there are not enough.
    pub(super) fn allocate(&self, cells: u64) -> Option<Cell> {
        self.space.lock().unwrap().give(cells, self.cells.len() as u64)
    }

    /// Frees what [`allocate`](Self::allocate) returned; whether it was allocated.
    ///
    /// The zeroes are written here and not by the next owner. If the next owner wrote them after taking
    /// the lock, it could pass the address on to a third thread that does not see the zeroes, and so
    /// reads the old words of memory that is new to it.
    pub(super) fn free(&self, first: Cell) -> bool {
        let mut space = self.space.lock().unwrap();
        let Some(cells) = space.end(first) else { return false };
        for cell in &self.cells[first.0 as usize..(first.0 + cells) as usize] {
            // ORDER: Relaxed. Giving the lock back publishes it, edge free->allocate.
            cell.store(0, Ordering::Relaxed);
        }
        space.freed.entry(cells).or_default().push(first);
        true
    }

    /// Allocates cells that may have been used before; `None` if there are not enough.
    pub(super) fn take_segment(&self, cells: u64) -> Option<Cell> {
        let mut space = self.space.lock().unwrap();
        let used = space.segments.get_mut(&cells).and_then(Vec::pop);
        used.or_else(|| space.take(cells, self.cells.len() as u64))
    }

    /// Returns a segment.
    pub(super) fn return_segment(&self, first: Cell, cells: u64) {
        self.space.lock().unwrap().segments.entry(cells).or_default().push(first);
    }
}

impl Space {
    /// Allocates zeroed cells for the heap.
    fn give(&mut self, cells: u64, size: u64) -> Option<Cell> {
        let used = self.freed.get_mut(&cells).and_then(Vec::pop);
        let first = used.or_else(|| self.take(cells, size))?;
        if let Some(live) = &mut self.live {
            live.insert(first, cells);
        }
        Some(first)
    }

    /// Ends an allocation of [`give`](Self::give), if it is one; returns its number of cells.
    fn end(&mut self, first: Cell) -> Option<u64> {
        self.live.as_mut()?.remove(&first)
    }

    fn take(&mut self, cells: u64, size: u64) -> Option<Cell> {
        let end = self.next.checked_add(cells).filter(|&end| end <= size)?;
        let first = std::mem::replace(&mut self.next, end);
        Some(Cell(first))
    }
}
