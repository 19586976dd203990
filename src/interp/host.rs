//! The shared world, as a guest thread sees it.

use super::address::cell_at;
use super::{Cell, FunctionInfo, Stop, Text, ThreadId, TrapKind};
use crate::il::{MemoryOrder, RmwOp};

/// A cell of guest memory that the machine may read and write on its own.
pub type Word = std::sync::atomic::AtomicU64;

/// Everything that a guest thread can do to what it shares with others.
///
/// This list *is* what concurrency means here. Thread-local instructions never come this way, and
/// each method is one visible operation: a world carries it out at once on its own primitives, the
/// reference takes it as one step.
///
/// # Errors
/// Every method may answer [`Stop::Trap`], after [`fail`](Host::fail) has kept the message, and
/// [`Stop::Pause`], which means "not now": the machine then stands at the same instruction, and
/// carries it out anew when it is resumed. An instruction may need several operations; a host that
/// pauses at a later one gives the earlier ones the same answers again.
pub trait Host {
    /// All cells, cell 0 included, where plain loads and stores may go without asking the host:
    /// relaxed, whole words. None where every access is an operation of its own.
    fn words(&self) -> &[Word] {
        &[]
    }

    /// The cell at an address. Whether memory is that large may be for the access to say.
    fn locate(&mut self, address: u64) -> Result<Cell, Stop> {
        cell_at(address)
    }
    /// Reads a cell; defined but unordered when it races.
    fn load(&mut self, cell: Cell) -> Result<u64, Stop>;
    /// Writes a cell; defined but unordered when it races.
    fn store(&mut self, cell: Cell, word: u64) -> Result<(), Stop>;
    /// Reads a cell atomically.
    fn atomic_load(&mut self, cell: Cell, order: MemoryOrder) -> Result<u64, Stop>;
    /// Writes a cell atomically.
    fn atomic_store(&mut self, cell: Cell, word: u64, order: MemoryOrder) -> Result<(), Stop>;
    /// Replaces a cell's word by `op` of it and `word`; gives the old one.
    fn atomic_rmw(
        &mut self,
        cell: Cell,
        op: RmwOp,
        word: u64,
        order: MemoryOrder,
    ) -> Result<u64, Stop>;
    /// Replaces a cell's word if it equals `expected`; gives the old one.
    fn atomic_cas(
        &mut self,
        cell: Cell,
        expected: u64,
        desired: u64,
        success: MemoryOrder,
        failure: MemoryOrder,
    ) -> Result<u64, Stop>;
    /// As [`atomic_cas`](Host::atomic_cas) for pointers of checked code, which are equal if their
    /// addresses are.
    fn atomic_cas_pointer(
        &mut self,
        cell: Cell,
        expected: u64,
        desired: u64,
        success: MemoryOrder,
        failure: MemoryOrder,
    ) -> Result<u64, Stop> {
        self.atomic_cas(cell, expected, desired, success, failure)
    }
    /// Whether a weak compare-exchange fails here without a cause.
    fn may_fail(&mut self) -> Result<bool, Stop> {
        Ok(false)
    }
    /// Orders what stands before it and after it.
    fn fence(&mut self, order: MemoryOrder) -> Result<(), Stop>;
    /// Takes zeroed cells from the heap. The first one's address.
    fn allocate(&mut self, cells: u64) -> Result<u64, Stop>;
    /// Takes a cell from the heap and writes a word to it, atomically; its address.
    fn new_cell(&mut self, word: u64) -> Result<u64, Stop> {
        let address = self.allocate(1)?;
        let cell = self.locate(address)?;
        self.atomic_store(cell, word, MemoryOrder::SeqCst)?;
        Ok(address)
    }
    /// Gives back what [`allocate`](Host::allocate) gave; null is nothing to give back.
    fn free(&mut self, address: u64) -> Result<(), Stop>;
    /// Takes cells for a thread's stack memory, with whatever an ended thread left in them.
    fn take_segment(&mut self, cells: u64) -> Result<Cell, Stop>;
    /// Makes cells zero that the thread has taken for its stack memory.
    fn clear(&mut self, first: Cell, cells: u64) -> Result<(), Stop> {
        for cell in first.0..first.0 + cells {
            self.store(Cell(cell), 0)?;
        }
        Ok(())
    }
    /// Gives back what [`take_segment`](Host::take_segment) gave.
    fn return_segment(&mut self, first: Cell, cells: u64);

    /// In checked code: takes a slot of zeroed cells, the thread's next one; its address.
    fn open_slot(&mut self, cells: u64) -> Result<u64, Stop> {
        unreachable!("this host has no checked code, which would want a slot of {cells} cells")
    }
    /// In checked code: how many slots the thread has.
    fn slots(&self) -> u64 {
        0
    }
    /// In checked code: gives back all slots but the first so many.
    fn close_slots(&mut self, _kept: u64) {}
    /// In checked code: a function returns this word, which may be the address of a slot that it has
    /// just given back.
    fn hand_out(&mut self, _word: u64) {}
    /// What messages call a pointer.
    fn pointer_name(&self, word: u64) -> String {
        format!("{word:#x}")
    }

    /// Calls the extern with this index in the code's table. The arguments are the first words of
    /// the window; the result becomes its first.
    fn call_extern(&mut self, index: u16, window: &mut [u64]) -> Result<(), Stop>;
    /// The text of a string handle.
    fn text(&mut self, handle: u64) -> Result<Text, Stop>;
    /// Whether a text of so many bytes may be made at all; asked before it is.
    fn may_make(&mut self, _bytes: usize) -> Result<(), Stop> {
        Ok(())
    }
    /// A handle for a text; equal texts have equal handles.
    fn intern(&mut self, text: &str) -> Result<u64, Stop>;
    /// Adds to the thread's current line; a complete line goes out whole.
    fn print(&mut self, text: &str) -> Result<(), Stop>;
    /// The next line of the input, without its end; traps `eof` after the last one.
    fn read_line(&mut self) -> Result<String, Stop>;
    /// The program's arguments.
    fn arguments(&self) -> &[String];
    /// The program's functions, in the order of the module.
    fn functions(&self) -> &[FunctionInfo];

    /// Starts a guest thread at a function that takes one word or none.
    fn start(&mut self, start: Start) -> Result<ThreadId, Stop>;
    /// Waits until a thread has ended.
    fn join(&mut self, thread: ThreadId) -> Result<(), Stop>;
    /// Whether a thread has ended.
    fn try_join(&mut self, thread: ThreadId) -> Result<bool, Stop>;
    /// Waits until a thread has ended, for at most so long; whether it has.
    fn join_for(&mut self, thread: ThreadId, ms: u64) -> Result<bool, Stop>;
    /// Whether a thread has not ended yet.
    fn is_alive(&mut self, thread: ThreadId) -> Result<bool, Stop>;
    /// What stopped a thread that was started with its errors captured; `None` while it runs and
    /// when nothing did.
    fn error_of(&mut self, thread: ThreadId) -> Result<Option<Text>, Stop>;
    /// Does nothing for so long.
    fn sleep(&mut self, ms: u64) -> Result<(), Stop>;
    /// Lets others run.
    fn yield_now(&mut self) -> Result<(), Stop>;

    /// Waits for a monitor and takes it; counts when this thread has it already.
    fn monitor_enter(&mut self, object: u64) -> Result<(), Stop>;
    /// Takes a monitor if that needs no waiting; whether it did.
    fn monitor_try_enter(&mut self, object: u64) -> Result<bool, Stop>;
    /// Waits for a monitor for at most so long; whether it took it.
    fn monitor_enter_for(&mut self, object: u64, ms: u64) -> Result<bool, Stop>;
    /// Gives a monitor up once for one entry.
    fn monitor_exit(&mut self, object: u64) -> Result<(), Stop>;
    /// Gives a monitor up wholly, waits to be notified, and takes it back as often as it had it.
    fn monitor_wait(&mut self, object: u64) -> Result<(), Stop>;
    /// As [`monitor_wait`](Host::monitor_wait) for at most so long; whether it was notified.
    fn monitor_wait_for(&mut self, object: u64, ms: u64) -> Result<bool, Stop>;
    /// Notifies the longest-waiting thread, or all.
    fn monitor_notify(&mut self, object: u64, all: bool) -> Result<(), Stop>;

    /// Called when a slice of steps is used up: gives the next one, of at least one step. Here a
    /// thread learns that it has been interrupted.
    fn refill(&mut self) -> Result<u32, Stop>;

    /// Keeps the message of a trap until the machine collects it.
    fn fail(&mut self, kind: TrapKind, message: String) -> Stop;
    /// Collects the message of the newest [`fail`](Host::fail).
    fn take_message(&mut self) -> Option<String>;
}

/// What a new guest thread runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Start {
    /// The function's index in the code's table.
    pub function: u32,
    /// The argument, for a function that takes one.
    pub argument: Option<u64>,
    /// Whether an uncaught trap is kept for `Thread.Error` instead of stopping the program.
    pub captures_errors: bool,
}
