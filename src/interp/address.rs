//! Guest addresses: which words are addresses, and what else a `ptr` can be.
//!
//! Guest memory is one array of 8-byte cells, addressed in bytes. Cell 0 is never allocated, so 0 is
//! null. Every access takes one whole cell. High bits distinguish functions' addresses and thread
//! handles from addresses of cells; no memory is large enough to reach them. A forged `ptr` is therefore
//! at worst another valid one: wrong for the guest, harmless for the host.

use super::{Stop, TrapKind};

/// The position of a cell in guest memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell(pub u64);

impl Cell {
    /// The cell's address in bytes.
    pub fn address(self) -> u64 {
        self.0 << 3
    }

    /// The cell of the module global with this index. The globals follow null.
    pub fn of_global(index: u32) -> Self {
        Cell(u64::from(index) + 1)
    }
}

/// The number of a guest thread in its program, in the order of starts; 0 is the main thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub u32);

const FUNCTION: u64 = 1 << 62;
const THREAD: u64 = 1 << 61;
const TAGS: u64 = !0 << 61;

/// The address of the function with this index.
pub fn function_address(index: u32) -> u64 {
    FUNCTION | u64::from(index)
}

/// The function with this address, if it is one.
pub fn function_index(address: u64) -> Option<u32> {
    (address & TAGS == FUNCTION).then(|| u32::try_from(address & !TAGS).ok()).flatten()
}

/// The handle of a thread.
pub fn thread_handle(thread: ThreadId) -> u64 {
    THREAD | u64::from(thread.0)
}

/// The thread of a handle, if it is one.
pub fn thread_of_handle(handle: u64) -> Option<ThreadId> {
    (handle & TAGS == THREAD).then(|| u32::try_from(handle & !TAGS).ok().map(ThreadId)).flatten()
}

/// The cell at an address. The host decides whether memory is that large.
#[inline(always)]
pub fn cell_at(address: u64) -> Result<Cell, Stop> {
    if address.is_multiple_of(8) && address != 0 && address & TAGS == 0 {
        return Ok(Cell(address >> 3));
    }
    Err(Stop::Trap(why_not(address)))
}

#[cold]
fn why_not(address: u64) -> TrapKind {
    if address < 8 {
        TrapKind::NullPointer
    } else if address & TAGS == 0 {
        TrapKind::Misaligned
    } else if function_index(address).is_some() || thread_of_handle(address).is_some() {
        TrapKind::InvalidCast
    } else {
        TrapKind::Bounds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_it_is() {
        assert_eq!(cell_at(8), Ok(Cell(1)));
        assert_eq!(cell_at(0), Err(Stop::Trap(TrapKind::NullPointer)));
        assert_eq!(cell_at(4), Err(Stop::Trap(TrapKind::NullPointer)));
        assert_eq!(cell_at(12), Err(Stop::Trap(TrapKind::Misaligned)));
        assert_eq!(cell_at(function_address(3)), Err(Stop::Trap(TrapKind::InvalidCast)));
        assert_eq!(cell_at(thread_handle(ThreadId(1))), Err(Stop::Trap(TrapKind::InvalidCast)));
        assert_eq!(cell_at(1 << 63), Err(Stop::Trap(TrapKind::Bounds)));
    }

    #[test]
    fn a_handle_names_its_thread_and_nothing_else_does() {
        assert_eq!(thread_of_handle(thread_handle(ThreadId(7))), Some(ThreadId(7)));
        assert_eq!(thread_of_handle(function_address(7)), None);
        assert_eq!(function_index(function_address(7)), Some(7));
        assert_eq!(function_index(thread_handle(ThreadId(7))), None);
        assert_eq!(function_index(0), None);
    }
}
