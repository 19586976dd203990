//! Checked addresses: words that contain their allocation.
//!
//! In checked code a pointer carries its allocation wherever it goes, through arithmetic, memory, calls
//! and the starts of threads, because the allocation is part of the word.
//!
//! | bits | meaning |
//! |---|---|
//! | 63 | set: no other meaningful word of a guest has it |
//! | 61, 62 | the [`Region`], or that the address is [wild](Pointer::Wild) |
//! | 37 to 60 | the number of the allocation in its region |
//! | 31 to 36 | the generation: how often the number has been used before, modulo 64 |
//! | 0 to 30 | the bytes from the allocation's start, plus 2^30 |
//!
//! The host decides what a number means. Two generations of one number stand for one address at two
//! times: a comparison finds them equal, and only one of them can be used.
//!
//! Does not see: an integer that happens to be such a word; the 65th life of a number, if a pointer of
//! the first life still exists.

use std::cmp::Ordering;

use super::address::{function_index, thread_of_handle};
use super::{ThreadId, TrapKind};

/// A region of allocations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Region {
    /// From `Memory.Alloc` and the like, until it is freed.
    Heap,
    /// From `alloca`, until its function has returned.
    Stack,
    /// A global of the module.
    Globals,
}

/// One allocation, from its beginning to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Allocation {
    /// The region.
    pub region: Region,
    /// Its number in the region.
    pub number: u32,
    /// Its life of this number.
    pub generation: u8,
}

/// A place in an allocation, or near it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The allocation.
    pub allocation: Allocation,
    /// The offset from its start, in bytes.
    pub offset: i64,
}

/// The meaning of a word as a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// An address at a known distance from its allocation's start.
    At(Address),
    /// An address too far from its allocation for a word to represent.
    Wild {
        /// The allocation.
        allocation: Allocation,
        /// Whether the address is above it.
        is_above: bool,
    },
    /// A result of arithmetic on a non-address that falls into the words for addresses.
    Forged,
    /// Null, an integer, a function or a thread.
    Other,
}

const TAG: u64 = 1 << 63;
const OFFSET_BITS: u32 = 31;
const START: i64 = 1 << (OFFSET_BITS - 1);
const GENERATION_AT: u32 = OFFSET_BITS;
const GENERATION_BITS: u32 = 6;
const NUMBER_AT: u32 = GENERATION_AT + GENERATION_BITS;
const NUMBER_BITS: u32 = 24;
const REGION_AT: u32 = NUMBER_AT + NUMBER_BITS;
const WILD: u64 = 3;
const FORGED: u64 = TAG | WILD << REGION_AT | WILD;
const ABOVE: u64 = 1 << 2;

/// The number of generations of a number.
pub const GENERATIONS: u8 = 1 << GENERATION_BITS;
/// The number of numbers in a region.
pub const NUMBERS: u32 = 1 << NUMBER_BITS;
/// The largest allocation, in cells, for which every address can be represented.
pub const CELLS_MAX: u64 = (START as u64 - 1) / 8;

impl Region {
    const ALL: [Region; 3] = [Region::Heap, Region::Stack, Region::Globals];
}

impl Allocation {
    /// The address of its start.
    pub fn start(self) -> u64 {
        Address { allocation: self, offset: 0 }.word()
    }

    /// The next life of the same number.
    #[must_use]
    pub fn next_life(self) -> Self {
        Allocation { generation: (self.generation + 1) % GENERATIONS, ..self }
    }

    /// The previous life of the same number, if this is not the first.
    #[must_use]
    pub fn previous_life(self) -> Self {
        Allocation { generation: (self.generation + GENERATIONS - 1) % GENERATIONS, ..self }
    }

    fn fields(self) -> u64 {
        debug_assert!(self.number < NUMBERS && self.generation < GENERATIONS, "{self:?}");
        u64::from(self.number) << NUMBER_AT | u64::from(self.generation) << GENERATION_AT
    }

    fn of_fields(region: Region, word: u64) -> Self {
        let field = |at: u32, bits: u32| word >> at & ((1 << bits) - 1);
        let number = field(NUMBER_AT, NUMBER_BITS) as u32;
        Allocation { region, number, generation: field(GENERATION_AT, GENERATION_BITS) as u8 }
    }
}

impl Address {
    /// The address as a word.
    pub fn word(self) -> u64 {
        let Address { allocation, offset } = self;
        let biased = offset.wrapping_add(START) as u64;
        if biased >> OFFSET_BITS == 0 {
            return TAG | (allocation.region as u64) << REGION_AT | allocation.fields() | biased;
        }
        let above = if offset > 0 { ABOVE } else { 0 };
        TAG | WILD << REGION_AT | allocation.fields() | above | allocation.region as u64
    }

    /// The index of the cell in its allocation, if the allocation has this many cells.
    pub fn cell_of(self, cells: u64) -> Option<u64> {
        let cell = u64::try_from(self.offset).ok()? / 8;
        (cell < cells).then_some(cell)
    }
}

/// The meaning of a word as a pointer.
pub fn pointer(word: u64) -> Pointer {
    if word & TAG == 0 {
        return Pointer::Other;
    }
    let region = |bits: u64| Region::ALL.get(bits as usize & 3).copied();
    match (region(word >> REGION_AT), region(word)) {
        (Some(region), _) => {
            let biased = word & ((1 << OFFSET_BITS) - 1);
            let allocation = Allocation::of_fields(region, word);
            Pointer::At(Address { allocation, offset: biased as i64 - START })
        }
        (None, Some(region)) => Pointer::Wild {
            allocation: Allocation::of_fields(region, word),
            is_above: word & ABOVE != 0,
        },
        (None, None) => Pointer::Forged,
    }
}

/// The address this many bytes from another: `gep`.
pub fn offset(word: u64, bytes: i64) -> u64 {
    match pointer(word) {
        Pointer::At(at) => Address { offset: at.offset.saturating_add(bytes), ..at }.word(),
        // The distance is unknown, so no offset leads back.
        Pointer::Wild { .. } | Pointer::Forged => word,
        Pointer::Other => {
            let sum = word.wrapping_add_signed(bytes);
            if sum & TAG == 0 { sum } else { FORGED }
        }
    }
}

/// The same for all lives of a number. Comparisons and monitors use this.
pub fn without_generation(word: u64) -> u64 {
    if word & TAG == 0 { word } else { word & !(((1 << GENERATION_BITS) - 1) << GENERATION_AT) }
}

/// Whether two pointers are equal.
pub fn are_equal(one: u64, other: u64) -> bool {
    without_generation(one) == without_generation(other)
}

/// The order of two pointers; `None` if they are unrelated. Null comes before everything, and globals
/// are in the order of the module.
pub fn order(one: u64, other: u64) -> Option<Ordering> {
    if one == 0 || other == 0 {
        return Some(one.cmp(&other));
    }
    let place = |word: u64| match pointer(word) {
        Pointer::At(Address { allocation, offset }) => Some((allocation, offset)),
        Pointer::Wild { allocation, is_above: true } => Some((allocation, i64::MAX)),
        Pointer::Wild { allocation, is_above: false } => Some((allocation, i64::MIN)),
        Pointer::Forged | Pointer::Other => None,
    };
    match (place(one), place(other)) {
        (None, None) => Some(one.cmp(&other)),
        (Some((of, one)), Some((with, other))) => {
            let (of, with) = ((of.region, of.number), (with.region, with.number));
            let is_known = of == with || (of.0, with.0) == (Region::Globals, Region::Globals);
            is_known.then(|| (of, one).cmp(&(with, other)))
        }
        _ => None,
    }
}

/// The address of an access.
///
/// # Errors
/// The word is not an address, or is not aligned. The host decides whether its allocation exists and is
/// large enough.
pub fn accessed(word: u64) -> Result<Address, TrapKind> {
    match pointer(word) {
        Pointer::At(at) if at.offset % 8 == 0 => Ok(at),
        Pointer::At(_) => Err(TrapKind::Misaligned),
        Pointer::Wild { .. } => Err(TrapKind::OutOfAllocation),
        Pointer::Other if word < 8 => Err(TrapKind::NullPointer),
        Pointer::Other if function_index(word).is_some() || thread_of_handle(word).is_some() => {
            Err(TrapKind::InvalidCast)
        }
        Pointer::Other | Pointer::Forged => Err(TrapKind::AddressFromInteger),
    }
}

/// The name in messages of a thread's `nth` allocation in a region that belongs to threads.
pub fn name_of(region: Region, owner: ThreadId, nth: u64) -> String {
    let what = if region == Region::Stack { "stack slot" } else { "heap" };
    format!("{what} {nth} of thread {}", owner.0)
}

/// The name in messages of the place this many bytes from an allocation's start; `None` is far away.
pub fn named_place(name: &str, offset: Option<i64>) -> String {
    match offset {
        None => format!("far outside of {name}"),
        Some(0) => name.to_owned(),
        Some(below @ ..0) => format!("{name} - {}", below.unsigned_abs()),
        Some(above) => format!("{name} + {above}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::address::function_address;
    use super::*;

    fn heap(number: u32) -> Allocation {
        Allocation { region: Region::Heap, number, generation: 0 }
    }

    #[test]
    fn a_word_says_its_allocation_and_its_offset() {
        for region in Region::ALL {
            for (number, generation) in [(0, 0), (NUMBERS - 1, GENERATIONS - 1), (77, 5)] {
                let allocation = Allocation { region, number, generation };
                for bytes in [0, 8, -8, 3, START - 1, -START] {
                    let at = Address { allocation, offset: bytes };
                    assert_eq!(pointer(at.word()), Pointer::At(at));
                    assert_eq!(offset(allocation.start(), bytes), at.word());
                    assert_eq!(offset(at.word(), -bytes), allocation.start());
                }
            }
        }
    }

    #[test]
    fn an_address_far_outside_stays_outside() {
        let far = offset(heap(3).start(), 1 << 40);
        assert_eq!(pointer(far), Pointer::Wild { allocation: heap(3), is_above: true });
        assert_eq!(accessed(offset(far, -(1 << 40))), Err(TrapKind::OutOfAllocation));
        assert_eq!(order(heap(3).start(), far), Some(Ordering::Less));
        let below = offset(heap(3).start(), i64::MIN);
        assert_eq!(order(heap(3).start(), below), Some(Ordering::Greater));
    }

    #[test]
    fn what_is_no_address_cannot_be_used_as_one() {
        for (word, kind) in [
            (0, TrapKind::NullPointer),
            (4, TrapKind::NullPointer),
            (1024, TrapKind::AddressFromInteger),
            (u64::MAX, TrapKind::AddressFromInteger),
            (offset(0, i64::MIN), TrapKind::AddressFromInteger),
            (function_address(2), TrapKind::InvalidCast),
            (offset(heap(1).start(), 4), TrapKind::Misaligned),
        ] {
            assert_eq!(accessed(word), Err(kind), "{word:#x}");
        }
    }

    #[test]
    fn two_lives_of_a_number_are_one_address() {
        let again = heap(1).next_life();
        assert_ne!(again.start(), heap(1).start());
        assert!(are_equal(again.start(), heap(1).start()));
        assert!(!are_equal(heap(2).start(), heap(1).start()));
        let mut last = heap(1);
        (0..GENERATIONS).for_each(|_| last = last.next_life());
        assert_eq!(last, heap(1));
    }

    #[test]
    fn only_globals_and_pointers_into_one_allocation_are_ordered() {
        let at = |number, bytes| offset(heap(number).start(), bytes);
        assert_eq!(order(at(1, 0), at(1, 8)), Some(Ordering::Less));
        assert_eq!(order(at(1, 0), at(2, 0)), None);
        let global = |number| Allocation { region: Region::Globals, ..heap(number) }.start();
        assert_eq!(order(global(1), global(2)), Some(Ordering::Less));
        assert_eq!(order(global(1), at(1, 0)), None);
        assert_eq!(order(0, at(2, 0)), Some(Ordering::Less));
        assert_eq!(order(7, at(2, 0)), None);
        assert_eq!(order(7, 5), Some(Ordering::Greater));
    }
}
