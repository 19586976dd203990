//! A guest thread's access to shared state: this world's [`Host`].

use std::io;

use super::active::VmId;
use super::output::WriteError;
use super::registry::{Cache, Extern, ExternCall, Target, Unresolved};
use super::state::{MachineKind, ProgramState};
use super::sync::{Arc, thread};
use super::threads::{Halt, Parking};
use super::trap::{has_raised, take_raised};
use crate::il::{MemoryOrder, RmwOp};
use crate::interp::allocation::{Pointer, Region, are_equal, pointer};
use crate::interp::{
    Builtin, Cell, FunctionInfo, Host, Reply, Request, Shared, StackMemory, Start, Stop, Text,
    ThreadId, TrapKind, Word, cell_at, refusal,
};

/// The function that the host thread of a newly started guest thread runs.
pub(super) type Child = fn(Arc<ProgramState>, Parking, Cache, Start);

#[derive(Debug)]
pub(super) struct ThreadHost {
    pub(super) program: Arc<ProgramState>,
    pub(super) parking: Parking,
    pub(super) vm: VmId,
    cache: Cache,
    child: Child,
    /// The line that the thread has begun and not ended.
    line: String,
    message: Option<String>,
    /// In checked code: what the thread has allocated.
    slots: Slots,
    allocated: u64,
}

/// Stack slots of checked code: their addresses, and how much memory was in use before each of them.
#[derive(Debug, Default)]
struct Slots {
    memory: StackMemory,
    open: Vec<(u64, u64)>,
}

/// A longer line is written in pieces.
const LINE_MAX: usize = 1 << 16;

impl ThreadHost {
    pub(super) fn new(
        program: Arc<ProgramState>,
        parking: Parking,
        cache: Cache,
        child: Child,
    ) -> Self {
        ThreadHost {
            program,
            parking,
            vm: VmId::fresh(),
            cache,
            child,
            line: String::new(),
            message: None,
            slots: Slots::default(),
            allocated: 0,
        }
    }

    /// Prints what is left of the thread's last line.
    pub(super) fn end_line(&mut self) -> Result<(), Stop> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() { Ok(()) } else { self.write(&line) }
    }

    fn refuse<T>(&mut self, (kind, message): refusal::Refusal) -> Result<T, Stop> {
        Err(self.fail(kind, message))
    }

    /// The key by which the core knows a monitor.
    fn monitor(&self, object: u64) -> u64 {
        self.program.ledger.as_ref().map_or(object, |ledger| ledger.machine_address(object))
    }

    /// Returns the memory of checked code's slots, when the thread has ended.
    pub(super) fn return_slots(&mut self) {
        std::mem::take(&mut self.slots.memory).return_to(self);
    }

    /// In checked code: the address of cells that have been allocated.
    fn enter(&mut self, region: Region, nth: u64, first: Cell, cells: u64) -> Result<u64, Stop> {
        let Some(ledger) = &self.program.ledger else { return Ok(first.address()) };
        match ledger.enter(region, (self.parking.id, nth), first, cells) {
            Some(address) => Ok(address),
            None => {
                let message = "checked pointers cannot reach so far".to_owned();
                Err(self.fail(TrapKind::OutOfMemory, message))
            }
        }
    }

    /// Prints the line, and flushes everything that has been printed.
    fn show_line(&mut self) -> Result<(), Stop> {
        self.end_line()?;
        self.program.output.flush().map_err(|error| self.cannot_write(&error))
    }

    fn write(&mut self, lines: &str) -> Result<(), Stop> {
        match self.program.output.write(lines) {
            Ok(()) => Ok(()),
            Err(WriteError::Limit) => Err(Stop::Trap(TrapKind::OutputLimit)),
            Err(WriteError::Sink(error)) => Err(self.cannot_write(&error)),
        }
    }

    fn cannot_write(&mut self, error: &io::Error) -> Stop {
        self.fail(TrapKind::IoError, format!("cannot write the output: {error}"))
    }

    /// The result of code of the embedder, unless that code has raised a trap.
    #[inline]
    pub(super) fn unless_raised<T>(&mut self, result: Result<T, Stop>) -> Result<T, Stop> {
        if has_raised() { Err(self.raised()) } else { result }
    }

    #[cold]
    #[inline(never)]
    fn raised(&mut self) -> Stop {
        let (kind, message) = take_raised().expect("one has been raised");
        self.fail(kind, message)
    }

    fn halted(&mut self, halt: Halt) -> Stop {
        match halt {
            Halt::Stopping => Stop::Trap(TrapKind::Interrupt),
            Halt::Trap(kind, message) => self.fail(kind, message),
        }
    }

    /// Puts the result of a call where the guest expects it.
    #[inline]
    fn put_result(&mut self, window: &mut [u64], result: Result<u64, Stop>) -> Result<(), Stop> {
        window[0] = self.unless_raised(result)?;
        Ok(())
    }

    /// Not inlined: the registers it needs would have to be saved on the way to every registered function.
    #[inline(never)]
    fn call_builtin(&mut self, builtin: Builtin, window: &mut [u64]) -> Result<(), Stop> {
        let result = builtin.perform(self, window);
        self.put_result(window, result)
    }

    /// Resolves the target of an extern, and calls it.
    #[cold]
    #[inline(never)]
    fn find_extern(&mut self, index: u16, window: &mut [u64]) -> Result<(), Stop> {
        match self.cache.find(index, &self.program.code.externs[usize::from(index)]) {
            Ok(Target::Registered(function)) => {
                let word = call_registered(function, &self.program, window);
                self.put_result(window, Ok(word))
            }
            Ok(&Target::Builtin(builtin)) => self.call_builtin(builtin, window),
            Err(unresolved) => self.cannot_call(&unresolved),
        }
    }

    /// The look-up may have dropped the previous function, whose destructor may have raised a trap.
    #[cold]
    fn cannot_call(&mut self, unresolved: &Unresolved) -> Result<(), Stop> {
        let refused = self.fail(TrapKind::InvalidOperation, unresolved.to_string());
        self.unless_raised(Err(refused))
    }

    fn or_halt<T>(&mut self, result: Result<T, Halt>) -> Result<T, Stop> {
        result.map_err(|halt| self.halted(halt))
    }
}

impl Host for ThreadHost {
    #[inline]
    fn words(&self) -> &[Word] {
        match self.program.machine {
            MachineKind::Fast => self.program.data.memory.words(),
            MachineKind::Safe => &[],
        }
    }

    #[inline]
    fn locate(&mut self, address: u64) -> Result<Cell, Stop> {
        match &self.program.ledger {
            None => cell_at(address),
            Some(ledger) => match ledger.locate(address) {
                Ok(cell) => Ok(cell),
                Err(refusal) => self.refuse(refusal),
            },
        }
    }

    #[inline]
    fn load(&mut self, cell: Cell) -> Result<u64, Stop> {
        self.program.data.memory.load(cell).map_err(Stop::Trap)
    }

    #[inline]
    fn store(&mut self, cell: Cell, word: u64) -> Result<(), Stop> {
        self.program.data.memory.store(cell, word).map_err(Stop::Trap)
    }

    fn atomic_load(&mut self, cell: Cell, order: MemoryOrder) -> Result<u64, Stop> {
        self.program.data.memory.atomic_load(cell, order).map_err(Stop::Trap)
    }

    fn atomic_store(&mut self, cell: Cell, word: u64, order: MemoryOrder) -> Result<(), Stop> {
        self.program.data.memory.atomic_store(cell, word, order).map_err(Stop::Trap)
    }

    fn atomic_rmw(
        &mut self,
        cell: Cell,
        op: RmwOp,
        word: u64,
        order: MemoryOrder,
    ) -> Result<u64, Stop> {
        self.program.data.memory.atomic_rmw(cell, op, word, order).map_err(Stop::Trap)
    }

    fn atomic_cas(
        &mut self,
        cell: Cell,
        expected: u64,
        desired: u64,
        success: MemoryOrder,
        failure: MemoryOrder,
    ) -> Result<u64, Stop> {
        let memory = &self.program.data.memory;
        memory.atomic_cas(cell, expected, desired, success, failure).map_err(Stop::Trap)
    }

    /// If the address has been allocated again, trying reveals it.
    fn atomic_cas_pointer(
        &mut self,
        cell: Cell,
        mut expected: u64,
        desired: u64,
        success: MemoryOrder,
        failure: MemoryOrder,
    ) -> Result<u64, Stop> {
        loop {
            let old = self.atomic_cas(cell, expected, desired, success, failure)?;
            if old == expected || !are_equal(old, expected) {
                return Ok(old);
            }
            expected = old;
        }
    }

    fn fence(&mut self, order: MemoryOrder) -> Result<(), Stop> {
        // ORDER: the guest's choice; the verifier refuses a relaxed one.
        super::sync::fence(order.into());
        Ok(())
    }

    fn allocate(&mut self, cells: u64) -> Result<u64, Stop> {
        let first =
            self.program.data.memory.allocate(cells).ok_or(Stop::Trap(TrapKind::OutOfMemory))?;
        self.allocated += 1;
        self.enter(Region::Heap, self.allocated - 1, first, cells)
    }

    fn free(&mut self, address: u64) -> Result<(), Stop> {
        if address == 0 {
            return Ok(());
        }
        let first = match &self.program.ledger {
            None => cell_at(address)?,
            Some(ledger) => match ledger.free(address) {
                Ok(first) => first,
                Err(refusal) => return self.refuse(refusal),
            },
        };
        if self.program.data.memory.free(first) {
            return Ok(());
        }
        let name = self.pointer_name(address);
        self.refuse(refusal::not_of_heap(&name))
    }

    fn take_segment(&mut self, cells: u64) -> Result<Cell, Stop> {
        self.program.data.memory.take_segment(cells).ok_or(Stop::Trap(TrapKind::OutOfMemory))
    }

    fn return_segment(&mut self, first: Cell, cells: u64) {
        self.program.data.memory.return_segment(first, cells);
    }

    fn open_slot(&mut self, cells: u64) -> Result<u64, Stop> {
        let mut memory = std::mem::take(&mut self.slots.memory);
        let mark = memory.mark();
        let first = memory.take(self, cells);
        self.slots.memory = memory;
        let nth = self.slots.open.len() as u64;
        let address = self.enter(Region::Stack, nth, first?, cells)?;
        self.slots.open.push((address, mark));
        Ok(address)
    }

    fn slots(&self) -> u64 {
        self.slots.open.len() as u64
    }

    fn close_slots(&mut self, kept: u64) {
        let Some(ledger) = &self.program.ledger else { return };
        while self.slots.open.len() as u64 > kept {
            let (address, mark) = self.slots.open.pop().expect("there are more");
            if let Pointer::At(at) = pointer(address) {
                ledger.end(at.allocation);
            }
            self.slots.memory.release(mark);
        }
    }

    fn pointer_name(&self, word: u64) -> String {
        match &self.program.ledger {
            Some(ledger) => ledger.name(word),
            None => format!("{word:#x}"),
        }
    }

    #[inline]
    fn call_extern(&mut self, index: u16, window: &mut [u64]) -> Result<(), Stop> {
        match self.cache.known(index) {
            Some(Target::Registered(function)) => {
                let word = call_registered(function, &self.program, window);
                self.put_result(window, Ok(word))
            }
            Some(&Target::Builtin(builtin)) => self.call_builtin(builtin, window),
            None => self.find_extern(index, window),
        }
    }

    fn text(&mut self, handle: u64) -> Result<Text, Stop> {
        match self.program.data.strings.text(handle) {
            Some(text) => Ok(text),
            None => {
                let (kind, message) = refusal::not_a_string(handle);
                Err(self.fail(kind, message))
            }
        }
    }

    fn may_make(&mut self, bytes: usize) -> Result<(), Stop> {
        if super::sync::may_make(bytes) { Ok(()) } else { Err(Stop::Trap(TrapKind::Interrupt)) }
    }

    fn intern(&mut self, text: &str) -> Result<u64, Stop> {
        match self.program.data.strings.intern(text) {
            Some(handle) => Ok(handle),
            None => {
                let (kind, message) = refusal::string_memory_full();
                Err(self.fail(kind, message))
            }
        }
    }

    fn print(&mut self, text: &str) -> Result<(), Stop> {
        self.line.push_str(text);
        let whole = match text.rfind('\n') {
            Some(at) => self.line.len() - text.len() + at + 1,
            None if self.line.len() > LINE_MAX => self.line.len(),
            None => return Ok(()),
        };
        let rest = self.line.split_off(whole);
        let lines = std::mem::replace(&mut self.line, rest);
        self.write(&lines)
    }

    fn read_line(&mut self) -> Result<String, Stop> {
        // A prompt must be visible before the input is read; if it cannot be shown, no input is read.
        let shown = self.show_line();
        self.unless_raised(shown)?;
        let line = self.program.input.lock().unwrap().read_line();
        match line {
            Ok(Some(line)) => Ok(line),
            Ok(None) => Err(Stop::Trap(TrapKind::Eof)),
            Err(error) => {
                Err(self.fail(TrapKind::IoError, format!("cannot read the input: {error}")))
            }
        }
    }

    fn arguments(&self) -> &[String] {
        &self.program.arguments
    }

    fn functions(&self) -> &[FunctionInfo] {
        &self.program.code.functions
    }

    fn start(&mut self, start: Start) -> Result<ThreadId, Stop> {
        if super::sync::is_to_stop() {
            return Err(Stop::Trap(TrapKind::Interrupt));
        }
        // A start counts as a step: a chain of threads that each start the next one must not go on
        // forever unnoticed.
        if !self.program.steps.spend() {
            return Err(Stop::Trap(TrapKind::StepLimit));
        }
        let program = self.program.clone();
        let (cache, child) = (self.cache.inherited(), self.child);
        let started = self
            .program
            .threads
            .start(start.captures_errors, |place| move || child(program, place, cache, start));
        self.or_halt(started)
    }

    fn join(&mut self, thread: ThreadId) -> Result<(), Stop> {
        let joined = self.program.threads.join(&self.parking, thread);
        self.or_halt(joined)
    }

    fn try_join(&mut self, thread: ThreadId) -> Result<bool, Stop> {
        let ended = self.program.threads.has_ended(thread);
        self.or_halt(ended)
    }

    fn join_for(&mut self, thread: ThreadId, ms: u64) -> Result<bool, Stop> {
        let joined = self.program.threads.join_for(&self.parking, thread, ms);
        self.or_halt(joined)
    }

    fn is_alive(&mut self, thread: ThreadId) -> Result<bool, Stop> {
        self.try_join(thread).map(|ended| !ended)
    }

    fn error_of(&mut self, thread: ThreadId) -> Result<Option<Text>, Stop> {
        let error = self.program.threads.error_of(thread);
        self.or_halt(error)
    }

    fn sleep(&mut self, ms: u64) -> Result<(), Stop> {
        let slept = self.program.threads.sleep(&self.parking, ms);
        self.or_halt(slept)
    }

    fn yield_now(&mut self) -> Result<(), Stop> {
        thread::yield_now();
        Ok(())
    }

    fn monitor_enter(&mut self, object: u64) -> Result<(), Stop> {
        let entered = self.program.threads.enter(&self.parking, self.monitor(object));
        self.or_halt(entered)
    }

    fn monitor_try_enter(&mut self, object: u64) -> Result<bool, Stop> {
        let entered = self.program.threads.try_enter(&self.parking, self.monitor(object));
        self.or_halt(entered)
    }

    fn monitor_enter_for(&mut self, object: u64, ms: u64) -> Result<bool, Stop> {
        let entered = self.program.threads.enter_for(&self.parking, self.monitor(object), ms);
        self.or_halt(entered)
    }

    fn monitor_exit(&mut self, object: u64) -> Result<(), Stop> {
        let exited = self.program.threads.exit(&self.parking, self.monitor(object));
        self.or_halt(exited)
    }

    fn monitor_wait(&mut self, object: u64) -> Result<(), Stop> {
        let waited = self.program.threads.wait(&self.parking, self.monitor(object));
        self.or_halt(waited)
    }

    fn monitor_wait_for(&mut self, object: u64, ms: u64) -> Result<bool, Stop> {
        let waited = self.program.threads.wait_for(&self.parking, self.monitor(object), ms);
        self.or_halt(waited)
    }

    fn monitor_notify(&mut self, object: u64, all: bool) -> Result<(), Stop> {
        let notified = self.program.threads.notify(&self.parking, self.monitor(object), all);
        self.or_halt(notified)
    }

    fn make_shared(&mut self, object: Shared) -> Result<u64, Stop> {
        let address = self.allocate(1)?;
        self.use_shared(address, Request::New(Box::new(object)), None)?;
        Ok(address)
    }

    fn use_shared(
        &mut self,
        object: u64,
        request: Request,
        ms: Option<u64>,
    ) -> Result<Reply, Stop> {
        self.locate(object)?;
        let at = self.monitor(object);
        let used = self.program.threads.use_shared(&self.parking, at, &request, ms);
        self.or_halt(used)
    }

    fn refill(&mut self) -> Result<u32, Stop> {
        if self.program.threads.is_stopping() || super::sync::is_to_stop() {
            return Err(Stop::Trap(TrapKind::Interrupt));
        }
        self.program.steps.take().ok_or(Stop::Trap(TrapKind::StepLimit))
    }

    fn fail(&mut self, kind: TrapKind, message: String) -> Stop {
        self.message = Some(message);
        Stop::Trap(kind)
    }

    fn take_message(&mut self) -> Option<String> {
        self.message.take()
    }
}

/// Calls a function with the arguments in a window; returns the word for the window's first place.
#[inline]
fn call_registered(function: &Extern, program: &ProgramState, window: &[u64]) -> u64 {
    // Checked before the call, so that the length need not be kept across it.
    assert!(!window.is_empty(), "closed: arguments");
    let arguments = &window[..function.signature().params.len()];
    function.call(&ExternCall { arguments, data: &program.data })
}
