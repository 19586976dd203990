//! The shared world, as a guest thread sees it.

use super::address::cell_at;
use super::{Cell, FunctionInfo, Reply, Request, Shared, Stop, Text, ThreadId, TrapKind};
use crate::il::{MemoryOrder, RmwOp};

/// A cell of guest memory that the machine may read and write directly.
pub type Word = std::sync::atomic::AtomicU64;

/// Everything that a guest thread can do to the state it shares with others.
///
/// This list *defines* concurrency here. Thread-local instructions never use it, and each method is one
/// visible operation: a world carries it out at once on its own primitives, and the reference takes it
/// as one step.
///
/// # Errors
/// Every method may answer [`Stop::Trap`], after [`fail`](Host::fail) has recorded the message, and
/// [`Stop::Pause`], which means "not now": the machine then stays at the same instruction, and carries
/// it out again when it is resumed. An instruction may need several operations; a host that pauses at a
/// later one gives the same answers to the earlier ones again.
pub trait Host {
    /// All cells, including cell 0, if plain loads and stores may be made without asking the host:
    /// relaxed, in whole words. Empty if every access is an operation of its own.
    fn words(&self) -> &[Word] {
        &[]
    }

    /// The cell at an address. Whether memory is that large may be checked only at the access.
    fn locate(&mut self, address: u64) -> Result<Cell, Stop> {
        cell_at(address)
    }
    /// Reads a cell; a racing read is defined but unordered.
    fn load(&mut self, cell: Cell) -> Result<u64, Stop>;
    /// Writes a cell; a racing write is defined but unordered.
    fn store(&mut self, cell: Cell, word: u64) -> Result<(), Stop>;
    /// Reads a cell atomically.
    fn atomic_load(&mut self, cell: Cell, order: MemoryOrder) -> Result<u64, Stop>;
    /// Writes a cell atomically.
    fn atomic_store(&mut self, cell: Cell, word: u64, order: MemoryOrder) -> Result<(), Stop>;
    /// Replaces a cell's word by the result of `op` on it and `word`; returns the old word.
    fn atomic_rmw(
        &mut self,
        cell: Cell,
        op: RmwOp,
        word: u64,
        order: MemoryOrder,
    ) -> Result<u64, Stop>;
    /// Replaces a cell's word if it equals `expected`; returns the old word.
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
    /// Orders the operations before it and after it.
    fn fence(&mut self, order: MemoryOrder) -> Result<(), Stop>;
    /// Allocates zeroed cells from the heap; returns the address of the first one.
    fn allocate(&mut self, cells: u64) -> Result<u64, Stop>;
    /// Allocates a cell from the heap and writes a word to it, atomically; returns its address.
    fn new_cell(&mut self, word: u64) -> Result<u64, Stop> {
        let address = self.allocate(1)?;
        let cell = self.locate(address)?;
        self.atomic_store(cell, word, MemoryOrder::SeqCst)?;
        Ok(address)
    }
    /// Frees what [`allocate`](Host::allocate) returned; does nothing for null.
    fn free(&mut self, address: u64) -> Result<(), Stop>;
    /// Takes cells for a thread's stack memory. They contain whatever an ended thread left in them.
    fn take_segment(&mut self, cells: u64) -> Result<Cell, Stop>;
    /// Zeroes cells that the thread has taken for its stack memory.
    fn clear(&mut self, first: Cell, cells: u64) -> Result<(), Stop> {
        for cell in first.0..first.0 + cells {
            self.store(Cell(cell), 0)?;
        }
        Ok(())
    }
    /// Returns what [`take_segment`](Host::take_segment) took.
    fn return_segment(&mut self, first: Cell, cells: u64);

    /// In checked code: takes a slot of zeroed cells, the thread's next one; returns its address.
    fn open_slot(&mut self, cells: u64) -> Result<u64, Stop> {
        unreachable!("this host has no checked code, which would want a slot of {cells} cells")
    }
    /// In checked code: the number of slots of the thread.
    fn slots(&self) -> u64 {
        0
    }
    /// In checked code: returns all slots except the first `kept`.
    fn close_slots(&mut self, _kept: u64) {}
    /// In checked code: told that a function returns this word, which may be the address of a slot that
    /// it has just returned.
    fn hand_out(&mut self, _word: u64) {}
    /// The name of a pointer in messages.
    fn pointer_name(&self, word: u64) -> String {
        format!("{word:#x}")
    }

    /// Calls the extern with this index in the code's table. The arguments are the first words of the
    /// window; the result replaces the first word.
    fn call_extern(&mut self, index: u16, window: &mut [u64]) -> Result<(), Stop>;
    /// The text of a string handle.
    fn text(&mut self, handle: u64) -> Result<Text, Stop>;
    /// Whether a text of this many bytes may be made; asked before it is made.
    fn may_make(&mut self, _bytes: usize) -> Result<(), Stop> {
        Ok(())
    }
    /// A handle for a text; equal texts have equal handles.
    fn intern(&mut self, text: &str) -> Result<u64, Stop>;
    /// Adds to the thread's current line; a complete line is written whole.
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
    /// Waits until a thread has ended, for a limited time; returns whether it has.
    fn join_for(&mut self, thread: ThreadId, ms: u64) -> Result<bool, Stop>;
    /// Whether a thread has not ended yet.
    fn is_alive(&mut self, thread: ThreadId) -> Result<bool, Stop>;
    /// The trap that stopped a thread that was started with its errors captured; `None` while it runs
    /// and if nothing stopped it.
    fn error_of(&mut self, thread: ThreadId) -> Result<Option<Text>, Stop>;
    /// Does nothing for this time.
    fn sleep(&mut self, ms: u64) -> Result<(), Stop>;
    /// Lets other threads run.
    fn yield_now(&mut self) -> Result<(), Stop>;

    /// Waits for a monitor and takes it; counts the entry if this thread owns it already.
    fn monitor_enter(&mut self, object: u64) -> Result<(), Stop>;
    /// Takes a monitor if no waiting is needed; returns whether it did.
    fn monitor_try_enter(&mut self, object: u64) -> Result<bool, Stop>;
    /// Waits for a monitor for a limited time; returns whether it took it.
    fn monitor_enter_for(&mut self, object: u64, ms: u64) -> Result<bool, Stop>;
    /// Leaves a monitor once.
    fn monitor_exit(&mut self, object: u64) -> Result<(), Stop>;
    /// Gives a monitor up completely, waits for a notification, and takes it back with the same number
    /// of entries.
    fn monitor_wait(&mut self, object: u64) -> Result<(), Stop>;
    /// As [`monitor_wait`](Host::monitor_wait), for a limited time; returns whether it was notified.
    fn monitor_wait_for(&mut self, object: u64, ms: u64) -> Result<bool, Stop>;
    /// Notifies the longest-waiting thread, or all.
    fn monitor_notify(&mut self, object: u64, all: bool) -> Result<(), Stop>;

    /// Makes a shared object, at the address of a new cell from the heap; returns that address.
    fn make_shared(&mut self, object: Shared) -> Result<u64, Stop>;
    /// Asks something of the shared object at an address, waiting for as long as it takes, or for at most this
    /// many milliseconds; 0 is to try. Nothing if there is nothing to answer, or the time was up. Traps what the
    /// object refuses, and `invalid-cast` if there is no object of the request's class.
    fn use_shared(&mut self, object: u64, request: Request, ms: Option<u64>)
    -> Result<Reply, Stop>;

    /// Told by an instruction that allocates or starts threads, and may wait after that: a host that pauses then gives the
    /// same answers to these again, too.
    fn keep_answers(&mut self) {}

    /// Called when a slice of steps is used up: returns the next one, of at least one step. Here a
    /// thread learns that it has been interrupted.
    fn refill(&mut self) -> Result<u32, Stop>;

    /// Asked after each slice but the first: whether the guest pauses, with its new slice, for the sake of others.
    fn gives_way(&mut self) -> bool {
        false
    }

    /// Records the message of a trap until the machine collects it.
    fn fail(&mut self, kind: TrapKind, message: String) -> Stop;
    /// Collects the message of the latest [`fail`](Host::fail).
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
