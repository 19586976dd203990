//! The allocations of one thread.
//!
//! A thread numbers its allocations itself, so that their names do not depend on the schedule, and two
//! threads that allocate commute. Other threads learn only the address of an allocation. Its end
//! concerns all threads: freeing memory of the heap is an operation, and so is the end of a stack slot
//! whose address another thread may know.
//!
//! A slot whose address no other thread can know leaves no trace: its number is used again with the same
//! generation, so that a loop that calls a function returns to the same state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Subject;
use crate::interp::allocation::{
    Address, Allocation, GENERATIONS, Pointer, Region, name_of, named_place, pointer,
};
use crate::interp::{Cell, ThreadId, refusal};

/// How many allocations a thread may number.
const NUMBERS_OF_THREAD: u32 = 1 << NTH_BITS;
const NTH_BITS: u32 = 18;

/// The allocations of one thread.
#[derive(Clone, Debug, Default, Hash)]
pub struct Allocations {
    /// The cells of each allocation from the heap.
    heap: Arc<Vec<u64>>,
    slots: Vec<Slot>,
    /// The number of open slots.
    open: usize,
    /// The number of cells of all allocations.
    cells: u64,
    /// Slots whose end other threads have not been told, with their cells; the latest first.
    ended: Vec<(Allocation, u64)>,
}

/// A numbered place for a stack slot.
#[derive(Clone, Copy, Debug, Default, Hash)]
struct Slot {
    cells: u64,
    generation: u8,
    /// Whether another thread may know the address of this generation.
    is_known: bool,
    /// The number of cells in which this generation may have left words.
    used: u64,
    /// The same for all generations: after the last one the first comes again.
    used_ever: u64,
}

/// The thread that owns the allocation; `None` for a global.
pub fn owner_of(allocation: Allocation) -> Option<ThreadId> {
    let owner = ThreadId(allocation.number >> NTH_BITS);
    (allocation.region != Region::Globals).then_some(owner)
}

fn nth(allocation: Allocation) -> usize {
    (allocation.number & (NUMBERS_OF_THREAD - 1)) as usize
}

/// The cell in the reference's memory that an address names.
pub(super) fn cell_of(at: Address) -> Cell {
    match at.allocation.region {
        Region::Globals => Cell::of_global(at.allocation.number),
        Region::Heap | Region::Stack => Cell(at.word() >> 3),
    }
}

/// The address of a cell of the reference's memory.
pub fn address_of(cell: Cell) -> Address {
    match pointer(cell.0 << 3) {
        Pointer::At(at) => at,
        _ => {
            let number = (cell.0 - 1) as u32;
            let allocation = Allocation { region: Region::Globals, number, generation: 0 };
            Address { allocation, offset: 0 }
        }
    }
}

impl Allocations {
    /// Whether it has never allocated anything.
    pub(super) fn is_untouched(&self) -> bool {
        self.heap.is_empty() && self.slots.is_empty()
    }

    /// Whether this many additional cells stay within a limit.
    fn has_room(&self, cells: u64, limit: u64) -> bool {
        self.cells.checked_add(cells).is_some_and(|all| all <= limit)
    }

    /// The next allocation of the thread; `None` if there is no room.
    pub(super) fn next_of_heap(&self, me: ThreadId, cells: u64, limit: u64) -> Option<Allocation> {
        let nth = self.heap.len() as u32;
        let has_room = nth < NUMBERS_OF_THREAD && self.has_room(cells, limit);
        has_room.then(|| numbered(Region::Heap, me, nth, 0))
    }

    /// The latest allocation of the thread, which has made one.
    pub(super) fn latest_of_heap(&self, me: ThreadId) -> Allocation {
        let nth = self.heap.len().checked_sub(1).expect("it has made one");
        numbered(Region::Heap, me, nth as u32, 0)
    }

    /// Makes that allocation.
    pub(super) fn take(&mut self, cells: u64) {
        Arc::make_mut(&mut self.heap).push(cells);
        self.cells += cells;
    }

    /// The slot that the thread would open next, and how many of its cells may be non-zero; `None` if
    /// there is no room.
    pub(super) fn next_slot(
        &self,
        me: ThreadId,
        cells: u64,
        limit: u64,
    ) -> Option<(Allocation, u64)> {
        let nth = self.open as u32;
        let slot = self.slots.get(self.open).copied().unwrap_or_default();
        let has_room = nth < NUMBERS_OF_THREAD && self.has_room(cells, limit);
        has_room.then(|| {
            let allocation = numbered(Region::Stack, me, nth, slot.generation);
            (allocation, slot.used.min(cells))
        })
    }

    /// Opens that slot.
    pub(super) fn open(&mut self, cells: u64) {
        if self.open == self.slots.len() {
            self.slots.push(Slot::default());
        }
        let slot = &mut self.slots[self.open];
        slot.cells = cells;
        slot.used = slot.used.max(cells);
        slot.used_ever = slot.used_ever.max(cells);
        self.open += 1;
        self.cells += cells;
    }

    /// The number of open slots.
    pub(super) fn open_slots(&self) -> u64 {
        self.open as u64
    }

    /// Closes all slots except the first `kept`.
    pub(super) fn close(&mut self, me: ThreadId, kept: u64) {
        while self.open as u64 > kept {
            self.open -= 1;
            let slot = &mut self.slots[self.open];
            let cells = std::mem::take(&mut slot.cells);
            self.cells -= cells;
            if slot.is_known {
                self.end_generation(me, self.open, cells);
            }
        }
    }

    fn end_generation(&mut self, me: ThreadId, nth: usize, cells: u64) {
        let slot = &mut self.slots[nth];
        let ended = numbered(Region::Stack, me, nth as u32, slot.generation);
        slot.generation = (slot.generation + 1) % GENERATIONS;
        slot.is_known = false;
        slot.used = if slot.generation == 0 { slot.used_ever } else { 0 };
        self.ended.insert(0, (ended, cells));
    }

    /// From now on, other threads may know this word.
    pub(super) fn publish(&mut self, me: ThreadId, word: u64) {
        let Some(allocation) = allocation_of(word) else { return };
        if allocation.region != Region::Stack || owner_of(allocation) != Some(me) {
            return;
        }
        let nth = nth(allocation);
        let Some(slot) = self.slots.get_mut(nth) else { return };
        if slot.generation != allocation.generation {
            return;
        }
        if nth < self.open {
            slot.is_known = true;
        } else {
            // Its function has returned, and the address has left it with the result.
            self.end_generation(me, nth, 0);
        }
    }

    /// A slot whose end other threads must still be told.
    pub(super) fn untold(&self) -> Option<Allocation> {
        self.ended.last().map(|it| it.0)
    }

    /// Records that they have been told.
    pub(super) fn told(&mut self) {
        self.ended.pop();
    }

    /// The number of cells of an allocation of this thread; `None` if it has ended, or never existed.
    pub(super) fn cells_of(&self, allocation: Allocation) -> Option<u64> {
        let nth = nth(allocation);
        if allocation.region == Region::Heap {
            return self.heap.get(nth).copied();
        }
        let untold = self.ended.iter().find(|it| it.0 == allocation).map(|it| it.1);
        untold.or_else(|| self.open_cells(allocation))
    }

    /// All allocations from the heap.
    fn heap_of(&self, me: ThreadId) -> impl Iterator<Item = Allocation> {
        (0..self.heap.len() as u32).map(move |nth| numbered(Region::Heap, me, nth, 0))
    }

    /// The number of cells of an open slot.
    pub(super) fn open_cells(&self, allocation: Allocation) -> Option<u64> {
        let slot = self.slots[..self.open].get(nth(allocation))?;
        (slot.generation == allocation.generation).then_some(slot.cells)
    }
}

/// The allocation that a word points into, or has pointed into.
fn allocation_of(word: u64) -> Option<Allocation> {
    match pointer(word) {
        Pointer::At(Address { allocation, .. }) | Pointer::Wild { allocation, .. } => {
            Some(allocation)
        }
        Pointer::Forged | Pointer::Other => None,
    }
}

fn numbered(region: Region, owner: ThreadId, nth: u32, generation: u8) -> Allocation {
    Allocation { region, number: owner.0 << NTH_BITS | nth, generation }
}

/// A world in which threads use each other's allocations.
pub trait SharedWorld {
    /// What a thread has allocated.
    fn allocations(&self, owner: ThreadId) -> Option<&Allocations>;

    /// The number of cells of an allocation; `None` for a global, and for an allocation that has ended
    /// and is forgotten.
    fn cells_of(&self, allocation: Allocation) -> Option<u64> {
        self.allocations(owner_of(allocation)?)?.cells_of(allocation)
    }

    /// The heap allocations that have not ended and that no global leads to, directly or through others.
    /// `words` are the words of all non-zero cells; `life` returns the current life of an allocation,
    /// given its first one, if it has not ended.
    fn lost(
        &self,
        threads: u32,
        words: &BTreeMap<Cell, u64>,
        life: impl Fn(Allocation) -> Option<Allocation>,
    ) -> Vec<Allocation> {
        let owners = (0..threads).map(ThreadId);
        let known = owners.filter_map(|owner| Some((owner, self.allocations(owner)?)));
        let mut lost: BTreeSet<Allocation> = known
            .flat_map(|(owner, allocations)| allocations.heap_of(owner))
            .filter_map(life)
            .collect();
        let mut words_of: BTreeMap<Option<Allocation>, Vec<u64>> = BTreeMap::new();
        for (&cell, &word) in words {
            let allocation = address_of(cell).allocation;
            let place = owner_of(allocation).map(|_| allocation);
            words_of.entry(place).or_default().push(word);
        }
        let mut reached = vec![None];
        while let Some(place) = reached.pop() {
            for &word in words_of.get(&place).into_iter().flatten() {
                if let Some(allocation) = allocation_of(word)
                    && lost.remove(&allocation)
                {
                    reached.push(Some(allocation));
                }
            }
        }
        lost.into_iter().collect()
    }

    /// Why a cell can never be accessed: it lies outside its allocation.
    fn refusal(&self, subject: &Subject, cell: Cell) -> Option<refusal::Refusal> {
        let at = address_of(cell);
        let cells = self.cells_of(at.allocation)?;
        at.cell_of(cells).is_none().then(|| refusal::outside(&subject.address_name(at), cells))
    }
}

impl Subject {
    /// The name of an allocation in messages.
    pub fn allocation_name(&self, allocation: Allocation) -> String {
        let nth = nth(allocation);
        match owner_of(allocation) {
            Some(owner) => name_of(allocation.region, owner, nth as u64),
            None => match self.code.global_names.get(allocation.number as usize) {
                Some(name) => format!("@{name}"),
                None => format!("global {}", allocation.number),
            },
        }
    }

    /// The name of an address in messages: its allocation, and the offset.
    pub fn address_name(&self, at: Address) -> String {
        named_place(&self.allocation_name(at.allocation), Some(at.offset))
    }

    /// Whether a cell belongs to a global. Other cells differ between the machine and the reference.
    pub fn is_global(&self, cell: Cell) -> bool {
        (1..=self.code.globals.len() as u64).contains(&cell.0)
    }

    /// The name of a cell in messages.
    pub fn cell_name(&self, cell: Cell) -> String {
        self.address_name(address_of(cell))
    }

    /// Whether a cell belongs to stack memory.
    pub fn is_slot(&self, cell: Cell) -> bool {
        address_of(cell).allocation.region == Region::Stack
    }

    /// The cell that a word points to, if that is the beginning of stack memory.
    pub fn slot_cell(&self, word: u64) -> Option<Cell> {
        match pointer(word) {
            Pointer::At(at) if at.allocation.region == Region::Stack && at.offset == 0 => {
                Some(cell_of(at))
            }
            _ => None,
        }
    }

    /// The name of a word that is a pointer; `None` if it is not one.
    pub fn pointer_name(&self, word: u64) -> Option<String> {
        match pointer(word) {
            Pointer::At(at) => Some(self.address_name(at)),
            Pointer::Wild { allocation, .. } => {
                Some(named_place(&self.allocation_name(allocation), None))
            }
            Pointer::Forged | Pointer::Other => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: ThreadId = ThreadId(3);

    #[test]
    fn a_slot_that_nobody_knows_leaves_no_trace() {
        let mut it = Allocations::default();
        it.open(2);
        it.close(ME, 0);
        let (again, used) = it.next_slot(ME, 4, 10).expect("there is room");
        assert_eq!((again.generation, used), (0, 2));
        assert_eq!(it.untold(), None);
    }

    #[test]
    fn a_slot_that_somebody_knows_ends_with_its_generation() {
        let mut it = Allocations::default();
        let (first, _) = it.next_slot(ME, 1, 10).expect("there is room");
        it.open(1);
        it.publish(ME, first.start());
        it.close(ME, 0);
        assert_eq!((it.untold(), it.cells_of(first)), (Some(first), Some(1)));
        it.told();
        assert_eq!((it.untold(), it.cells_of(first)), (None, None));
        let (second, used) = it.next_slot(ME, 1, 10).expect("there is room");
        assert_eq!((second, used), (first.next_life(), 0));
    }

    #[test]
    fn an_address_that_comes_out_with_the_result_ends_its_generation_too() {
        let mut it = Allocations::default();
        let (slot, _) = it.next_slot(ME, 1, 10).expect("there is room");
        it.open(1);
        it.close(ME, 0);
        it.publish(ME, slot.start());
        assert_eq!(it.untold(), Some(slot));
        assert_eq!(it.next_slot(ME, 1, 10).expect("there is room").0, slot.next_life());
    }

    #[test]
    fn all_memory_counts_and_stack_memory_comes_back() {
        let mut it = Allocations::default();
        it.take(6);
        it.open(3);
        assert_eq!(it.next_of_heap(ME, 2, 10), None);
        it.close(ME, 0);
        assert!(it.next_of_heap(ME, 2, 10).is_some());
    }

    #[test]
    fn a_cell_and_its_address_are_one_to_one() {
        let heap = numbered(Region::Heap, ME, 7, 0);
        for at in [Address { allocation: heap, offset: 16 }, address_of(Cell::of_global(5))] {
            assert_eq!(address_of(cell_of(at)), at);
        }
    }
}
