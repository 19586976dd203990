//! The allocations of a running program, for hosts that run checked code on real cells.
//!
//! An allocation's number is that of its first cell, so memory that is allocated again has the same
//! address, and another generation. The ledger has a lock of its own, which no world knows: checks are
//! not operations of the program.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::allocation::{
    Address, Allocation, CELLS_MAX, NUMBERS, Pointer, Region, accessed, pointer,
};
use super::refusal::{self, Refusal};
use super::{Cell, Code, ThreadId, TrapKind};

/// The allocations of a running program.
#[derive(Debug)]
pub struct Ledger {
    code: Code,
    entries: Mutex<BTreeMap<u32, Entry>>,
}

/// The latest allocation that begins at a cell.
#[derive(Clone, Copy, Debug)]
struct Entry {
    region: Region,
    generation: u8,
    cells: u64,
    is_live: bool,
    /// The thread that owns it, and its position among that thread's allocations.
    owner: ThreadId,
    nth: u64,
}

impl Ledger {
    /// A ledger with only the globals.
    pub fn new(code: Code) -> Self {
        Ledger { code, entries: Mutex::default() }
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<u32, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records cells as an allocation, the `nth` of a thread; returns its address. `None` if a pointer
    /// cannot represent it.
    pub fn enter(
        &self,
        region: Region,
        (owner, nth): (ThreadId, u64),
        first: Cell,
        cells: u64,
    ) -> Option<u64> {
        let number = u32::try_from(first.0).ok().filter(|&number| number < NUMBERS)?;
        if cells > CELLS_MAX {
            return None;
        }
        let mut entries = self.entries();
        let generation = match entries.get(&number) {
            Some(before) => before.allocation(number).next_life().generation,
            None => 0,
        };
        let entry = Entry { region, generation, cells, is_live: true, owner, nth };
        entries.insert(number, entry);
        Some(entry.allocation(number).start())
    }

    /// The cell at an address.
    ///
    /// # Errors
    /// The address may not be accessed.
    pub fn locate(&self, word: u64) -> Result<Cell, Refusal> {
        let at = accessed(word).map_err(|kind| match kind {
            TrapKind::AddressFromInteger => refusal::no_allocation(word),
            TrapKind::OutOfAllocation => (kind, format!("an access {}", self.name(word))),
            _ => (kind, kind.describe().to_owned()),
        })?;
        let Allocation { region, number, .. } = at.allocation;
        if region == Region::Globals {
            let is_there = (number as usize) < self.code.globals.len();
            return match at.cell_of(u64::from(is_there)) {
                Some(_) => Ok(Cell::of_global(number)),
                None => Err(refusal::outside(&self.name(word), 1)),
            };
        }
        let entry = self.entries().get(&number).copied();
        let entry = entry.ok_or_else(|| refusal::no_allocation(word))?;
        let is_lasting = region == Region::Heap && entry.allocation(number) == at.allocation;
        match at.cell_of(entry.cells) {
            Some(cell) if entry.is(at.allocation) => Ok(Cell(u64::from(number) + cell)),
            None if is_lasting || entry.is(at.allocation) => {
                Err(refusal::outside(&self.name(word), entry.cells))
            }
            _ => Err(match region {
                Region::Stack => refusal::gone(&self.name(at.allocation.start())),
                Region::Heap | Region::Globals => refusal::freed(&self.name(word)),
            }),
        }
    }

    /// Ends an allocation from the heap; returns its first cell.
    ///
    /// # Errors
    /// The word is not the start of such an allocation, or the allocation has ended.
    pub fn free(&self, word: u64) -> Result<Cell, Refusal> {
        let allocation = match pointer(word) {
            Pointer::At(Address { allocation, offset: 0 }) if allocation.region == Region::Heap => {
                allocation
            }
            _ => return Err(refusal::not_of_heap(&self.name(word))),
        };
        if !self.end(allocation) {
            return Err(refusal::freed_already(&self.name(word)));
        }
        Ok(Cell(u64::from(allocation.number)))
    }

    /// Ends an allocation; returns whether it was alive.
    pub fn end(&self, allocation: Allocation) -> bool {
        match self.entries().get_mut(&allocation.number) {
            Some(entry) if entry.is(allocation) => {
                entry.is_live = false;
                true
            }
            _ => false,
        }
    }

    /// The address that a pointer has on a machine without allocations; other words are returned unchanged.
    pub fn machine_address(&self, word: u64) -> u64 {
        match pointer(word) {
            Pointer::At(Address { allocation: Allocation { region, number, .. }, offset }) => {
                let first = match region {
                    Region::Globals => Cell::of_global(number),
                    Region::Heap | Region::Stack => Cell(u64::from(number)),
                };
                first.address().wrapping_add_signed(offset)
            }
            _ => word,
        }
    }

    /// The name of a pointer in messages.
    pub fn name(&self, word: u64) -> String {
        let (allocation, offset) = match pointer(word) {
            Pointer::At(Address { allocation, offset }) => (allocation, Some(offset)),
            Pointer::Wild { allocation, .. } => (allocation, None),
            Pointer::Forged | Pointer::Other => return format!("{word:#x}"),
        };
        let name = match (allocation.region, self.entries().get(&allocation.number)) {
            (Region::Globals, _) => {
                let name = self.code.global_names.get(allocation.number as usize);
                name.map_or("a global".into(), |name| format!("@{name}"))
            }
            (region, Some(entry)) if entry.region == region => entry.name(),
            (Region::Heap, _) => "memory of the heap".into(),
            (Region::Stack, _) => "a stack slot".into(),
        };
        super::allocation::named_place(&name, offset)
    }
}

impl Entry {
    fn allocation(self, number: u32) -> Allocation {
        Allocation { region: self.region, number, generation: self.generation }
    }

    /// Whether this entry is that allocation, and is alive.
    fn is(self, allocation: Allocation) -> bool {
        self.is_live && self.allocation(allocation.number) == allocation
    }

    fn name(self) -> String {
        let Entry { region, owner, nth, .. } = self;
        super::allocation::name_of(region, owner, nth)
    }
}
