//! A guest thread's access to shared state: this world's [`Host`].

use std::io;
use std::ops::Range;

use super::active::VmId;
use super::blocking::blocking;
use super::output::{WriteError, has_panicked};
use super::own::{Answer, Own};
use super::registry::Cache;
use super::state::{MachineKind, ProgramState};
use super::sync::{Arc, thread};
use super::task::Task;
use super::threads::{Halt, Parking};
use super::trap::{has_raised, take_raised};
use super::workers::Batch;
use crate::il::{MemoryOrder, RmwOp};
use crate::interp::allocation::{Pointer, Region, are_equal, pointer};
use crate::interp::{
    Cell, FunctionInfo, Guest, Host, Reply, Request, Shared, Start, Stop, Text, ThreadId, TrapKind,
    Word, cell_at, refusal,
};

/// The function that the host thread of a newly started guest thread runs.
pub(super) type Child = fn(Arc<ProgramState>, Parking, Cache, Start);

#[derive(Debug)]
pub(super) struct ThreadHost {
    pub(super) program: Arc<ProgramState>,
    pub(super) own: Own,
    pub(super) cache: Cache,
    pub(super) child: Child,
    /// What it holds as a worker, besides the guest that it runs.
    pub(super) batch: Batch<Task>,
    /// Whether it must look before a call: it holds something as a worker, or its thread has paused in the call.
    pub(super) has_duties: bool,
    /// Numbers of threads whose end this thread of the host has seen: no lock is needed to join them.
    ended: Range<u32>,
    /// Steps that have been settled, and starts, which the program does not know of yet.
    pub(super) steps: u64,
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
        let own = Own::new(VmId::of(program.context, parking.id), parking);
        ThreadHost {
            program,
            own,
            cache,
            child,
            batch: Batch::new(),
            has_duties: false,
            ended: 0..0,
            steps: 0,
        }
    }

    /// Accounts for a guest that ends or comes to rest: the steps that it has made, and those that it leaves unused.
    pub(super) fn settle(&mut self, guest: &Guest) {
        self.steps += guest.steps();
        self.program.steps.give_back(guest.steps_left());
    }

    /// Tells the program of all steps that have been settled.
    pub(super) fn count_steps(&mut self) {
        self.program.steps.count(std::mem::take(&mut self.steps));
    }

    /// Prints what is left of the thread's last line.
    pub(super) fn end_line(&mut self) -> Result<(), Stop> {
        if self.own.kept.line.is_empty() {
            return Ok(());
        }
        let line = std::mem::take(&mut self.own.kept.line);
        self.write(&line)
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
        if self.own.kept.slots.memory.is_taken() {
            std::mem::take(&mut self.own.kept.slots.memory).return_to(self);
        }
    }

    /// In checked code: the address of cells that have been allocated.
    fn enter(&mut self, region: Region, nth: u64, first: Cell, cells: u64) -> Result<u64, Stop> {
        let Some(ledger) = &self.program.ledger else { return Ok(first.address()) };
        match ledger.enter(region, (self.own.parking.id, nth), first, cells) {
            Some(address) => Ok(address),
            None => {
                let message = "checked pointers cannot reach so far".to_owned();
                Err(self.fail(TrapKind::OutOfMemory, message))
            }
        }
    }

    /// Before code of the embedder runs, which may take long: gives up what it holds as a worker.
    pub(super) fn give_back(&mut self) {
        if !self.batch.is_empty() {
            self.program.threads.give_back(&mut self.batch);
        }
        self.has_duties = false;
    }

    /// Before a thread runs: looks whether it must look when it calls.
    pub(super) fn note_duties(&mut self) {
        self.has_duties = self.own.is_in_instruction() || !self.batch.is_empty();
    }

    /// The next line of the input, unless the program has been stopped while another thread was reading.
    fn next_line(&self) -> Option<io::Result<Option<String>>> {
        let Ok(mut input) = self.program.input.lock() else { return Some(Err(has_panicked())) };
        (!self.program.threads.is_stopping()).then(|| input.read_line())
    }

    /// Prints the line, and flushes everything that has been printed.
    fn show_line(&mut self) -> Result<(), Stop> {
        self.end_line()?;
        self.give_back();
        self.program.output.flush().map_err(|error| self.cannot_write(&error))
    }

    fn write(&mut self, lines: &str) -> Result<(), Stop> {
        self.give_back();
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
            Halt::Parked => Stop::Pause,
            Halt::Trap(kind, message) => self.fail(kind, message),
        }
    }

    fn ask(&mut self, object: u64, request: &Request, ms: Option<u64>) -> Result<Reply, Stop> {
        // A thread that has been parked in here has asked already.
        if !self.own.parking.is_back() {
            self.locate(object)?;
        }
        let at = self.monitor(object);
        let used = self.program.threads.use_shared(&mut self.own.parking, at, request, ms);
        self.or_halt(used)
    }

    pub(super) fn or_halt<T>(&mut self, result: Result<T, Halt>) -> Result<T, Stop> {
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
        if self.own.keeps_answers
            && let Some(Answer::Allocated(address)) = self.own.known_answer()
        {
            return Ok(address);
        }
        let first =
            self.program.data.memory.allocate(cells).ok_or(Stop::Trap(TrapKind::OutOfMemory))?;
        let nth = self.own.kept.allocated;
        if self.program.ledger.is_some() {
            self.own.kept.allocated += 1;
        }
        let address = self.enter(Region::Heap, nth, first, cells)?;
        if self.own.keeps_answers {
            self.own.keep_answer(Answer::Allocated(address));
        }
        Ok(address)
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
        let mut memory = std::mem::take(&mut self.own.kept.slots.memory);
        let mark = memory.mark();
        let first = memory.take(self, cells);
        self.own.kept.slots.memory = memory;
        let nth = self.own.kept.slots.open.len() as u64;
        let address = self.enter(Region::Stack, nth, first?, cells)?;
        self.own.kept.slots.open.push((address, mark));
        Ok(address)
    }

    fn slots(&self) -> u64 {
        self.own.kept.slots.open.len() as u64
    }

    fn close_slots(&mut self, kept: u64) {
        let Some(ledger) = &self.program.ledger else { return };
        while self.own.kept.slots.open.len() as u64 > kept {
            let (address, mark) = self.own.kept.slots.open.pop().expect("there are more");
            if let Pointer::At(at) = pointer(address) {
                ledger.end(at.allocation);
            }
            self.own.kept.slots.memory.release(mark);
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
        self.call(index, window)
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
        self.own.kept.line.push_str(text);
        let whole = match text.rfind('\n') {
            Some(at) => self.own.kept.line.len() - text.len() + at + 1,
            None if self.own.kept.line.len() > LINE_MAX => self.own.kept.line.len(),
            None => return Ok(()),
        };
        let rest = self.own.kept.line.split_off(whole);
        let lines = std::mem::replace(&mut self.own.kept.line, rest);
        self.write(&lines)
    }

    fn read_line(&mut self) -> Result<String, Stop> {
        // A prompt must be visible before the input is read; if it cannot be shown, no input is read.
        let shown = self.show_line();
        self.unless_raised(shown)?;
        let line = blocking(|| self.next_line());
        match line {
            None => Err(Stop::Trap(TrapKind::Interrupt)),
            Some(Ok(Some(line))) => Ok(line),
            Some(Ok(None)) => Err(Stop::Trap(TrapKind::Eof)),
            Some(Err(error)) => {
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
        if self.own.keeps_answers { self.start_once(start) } else { self.start_now(start) }
    }

    fn join(&mut self, thread: ThreadId) -> Result<(), Stop> {
        if self.ended.contains(&thread.0) && !self.own.parking.is_back() {
            // As every operation on the thread table, it is a safepoint.
            let is_stopping = self.program.threads.is_stopping();
            return if is_stopping { Err(Stop::Trap(TrapKind::Interrupt)) } else { Ok(()) };
        }
        let joined = self.program.threads.join(&mut self.own.parking, thread);
        self.ended = self.or_halt(joined)?;
        Ok(())
    }

    fn try_join(&mut self, thread: ThreadId) -> Result<bool, Stop> {
        let ended = self.program.threads.has_ended(thread);
        self.or_halt(ended)
    }

    fn join_for(&mut self, thread: ThreadId, ms: u64) -> Result<bool, Stop> {
        let joined = self.program.threads.join_for(&mut self.own.parking, thread, ms);
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
        let slept = self.program.threads.sleep(&mut self.own.parking, ms);
        self.or_halt(slept)
    }

    fn yield_now(&mut self) -> Result<(), Stop> {
        if self.own.parking.begin_yield() {
            return Err(Stop::Pause);
        }
        if !self.own.parking.is_light() {
            thread::yield_now();
        }
        Ok(())
    }

    fn monitor_enter(&mut self, object: u64) -> Result<(), Stop> {
        let at = self.monitor(object);
        let entered = self.program.threads.enter(&mut self.own.parking, at);
        self.or_halt(entered)
    }

    fn monitor_try_enter(&mut self, object: u64) -> Result<bool, Stop> {
        let entered = self.program.threads.try_enter(&self.own.parking, self.monitor(object));
        self.or_halt(entered)
    }

    fn monitor_enter_for(&mut self, object: u64, ms: u64) -> Result<bool, Stop> {
        let at = self.monitor(object);
        let entered = self.program.threads.enter_for(&mut self.own.parking, at, ms);
        self.or_halt(entered)
    }

    fn monitor_exit(&mut self, object: u64) -> Result<(), Stop> {
        let exited = self.program.threads.exit(&self.own.parking, self.monitor(object));
        self.or_halt(exited)
    }

    fn monitor_wait(&mut self, object: u64) -> Result<(), Stop> {
        let at = self.monitor(object);
        let waited = self.program.threads.wait(&mut self.own.parking, at);
        self.or_halt(waited)
    }

    fn monitor_wait_for(&mut self, object: u64, ms: u64) -> Result<bool, Stop> {
        let at = self.monitor(object);
        let waited = self.program.threads.wait_for(&mut self.own.parking, at, ms);
        self.or_halt(waited)
    }

    fn monitor_notify(&mut self, object: u64, all: bool) -> Result<(), Stop> {
        let notified = self.program.threads.notify(&self.own.parking, self.monitor(object), all);
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
        if !self.own.parking.is_light() {
            return self.ask(object, &request, ms);
        }
        if let Some(Answer::Reply(reply)) = self.own.known_answer() {
            return Ok(reply);
        }
        let reply = self.ask(object, &request, ms)?;
        self.own.keep_answer(Answer::Reply(reply.clone()));
        Ok(reply)
    }

    fn keep_answers(&mut self) {
        self.own.keeps_answers = self.own.parking.is_light();
    }

    fn refill(&mut self) -> Result<u32, Stop> {
        if self.program.threads.is_stopping() || super::sync::is_to_stop() {
            return Err(Stop::Trap(TrapKind::Interrupt));
        }
        self.program.steps.take().ok_or(Stop::Trap(TrapKind::StepLimit))
    }

    fn gives_way(&mut self) -> bool {
        self.own.parking.is_light()
            && (!self.batch.is_empty() || self.program.threads.should_give_way())
    }

    fn fail(&mut self, kind: TrapKind, message: String) -> Stop {
        self.own.message = Some(message);
        Stop::Trap(kind)
    }

    fn take_message(&mut self) -> Option<String> {
        self.own.message.take()
    }
}
