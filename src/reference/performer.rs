//! The host of a thread that is driven one operation at a time: it asks for operations instead of
//! performing them.

use super::allocations::{cell_of, owner_of};
use super::local::Local;
use super::made::Made;
use super::patience::SLICE_COST;
use super::{Answer, Ends, Expected, Operation, Subject};
use crate::il::{MemoryOrder, RmwOp};
use crate::interp::allocation::{
    Address, Allocation, Pointer, Region, accessed, pointer, without_generation,
};
use crate::interp::{
    Cell, FunctionInfo, Host, Reply, Request, Shared, Start, Stop, Text, ThreadId, TrapKind,
    refusal,
};

/// A longer line is written in pieces, as in the machine.
const LINE_MAX: usize = 1 << 16;

/// The host that asks for operations instead of performing them.
pub(super) struct Performer<'a> {
    pub(super) subject: &'a Subject,
    pub(super) thread: ThreadId,
    pub(super) local: &'a mut Local,
    pub(super) made: &'a mut Made,
    /// The number of answers that the instruction has used.
    pub(super) used: usize,
    pub(super) wish: Option<Operation>,
    pub(super) steps_left: u32,
}

impl Performer<'_> {
    /// The answer to an operation that has one, or a pause until there is one.
    fn ask(&mut self, operation: Operation) -> Result<u64, Stop> {
        self.ask_for(operation)
            .map(|it| it.word().expect("only a request can come to another reply"))
    }

    /// The answer to an operation, or a pause until there is one.
    fn ask_for(&mut self, operation: Operation) -> Result<Reply, Stop> {
        let Some(answer) = self.local.answers.get(self.used) else {
            self.wish = Some(operation);
            return Err(Stop::Pause);
        };
        self.used += 1;
        match answer {
            Answer::Reply(reply) => Ok(reply.clone()),
            Answer::Trap(kind, message) => {
                let (kind, message) = (*kind, message.to_string());
                Err(self.fail(kind, message))
            }
        }
    }

    fn ask_whether(&mut self, operation: Operation) -> Result<bool, Stop> {
        self.ask(operation).map(|word| word != 0)
    }

    /// As [`ask`](Self::ask), with a word that other threads may come to know.
    fn ask_with(&mut self, word: u64, operation: Operation) -> Result<u64, Stop> {
        self.local.memory.publish(self.thread, word);
        self.ask(operation)
    }

    /// The number of cells of an allocation, as far as this thread can tell: other threads may free it.
    fn cells_of(&mut self, at: Address) -> Result<Option<u64>, Stop> {
        let is_own = owner_of(at.allocation) == Some(self.thread);
        let memory = &self.local.memory;
        let name = |this: &Self| this.subject.allocation_name(at.allocation);
        match at.allocation.region {
            Region::Globals => {
                let is_there = (at.allocation.number as usize) < self.subject.code.globals.len();
                Ok(Some(u64::from(is_there)))
            }
            Region::Stack if is_own => match memory.open_cells(at.allocation) {
                Some(cells) => Ok(Some(cells)),
                None => self.refuse(refusal::gone(&name(self))),
            },
            Region::Heap if is_own => match memory.cells_of(at.allocation) {
                Some(cells) => Ok(Some(cells)),
                None => self.refuse(refusal::no_allocation(at.word())),
            },
            Region::Heap | Region::Stack => Ok(None),
        }
    }

    /// Allocates cells from the heap: fresh ones, unless the program frees memory and some of it is
    /// free. The allocation is recorded last, because the instruction may be repeated.
    fn ask_for_cells(&mut self, cells: u64) -> Result<Allocation, Stop> {
        let limit = self.subject.region_cells();
        let fresh = self.local.memory.next_of_heap(self.thread, cells, limit);
        if !self.subject.code.frees() {
            return fresh.ok_or(Stop::Trap(TrapKind::OutOfMemory));
        }
        match pointer(self.ask(Operation::Allocate { fresh, cells })?) {
            Pointer::At(at) => Ok(at.allocation),
            other => unreachable!("an allocation is at an address, not {other:?}"),
        }
    }

    /// Records an allocation, if it is the next fresh one.
    fn take(&mut self, allocation: Allocation, cells: u64) {
        let fresh = self.local.memory.next_of_heap(self.thread, cells, u64::MAX);
        if fresh == Some(allocation) {
            self.local.memory.take(cells);
        }
    }

    fn refuse<T>(&mut self, (kind, message): refusal::Refusal) -> Result<T, Stop> {
        Err(self.fail(kind, message))
    }

    /// How often the thread has entered the monitor.
    fn depth(&mut self, object: u64) -> Option<&mut u32> {
        self.local.held.iter_mut().find(|(held, _)| *held == object).map(|(_, depth)| depth)
    }
}

impl Host for Performer<'_> {
    /// Only the shared world knows the allocations of other threads, and which have ended.
    fn locate(&mut self, address: u64) -> Result<Cell, Stop> {
        let at = match accessed(address) {
            Ok(at) => at,
            Err(TrapKind::OutOfAllocation) => {
                let name = self.pointer_name(address);
                return self.refuse((TrapKind::OutOfAllocation, format!("an access {name}")));
            }
            Err(TrapKind::AddressFromInteger) => {
                return self.refuse(refusal::no_allocation(address));
            }
            Err(kind) => return Err(Stop::Trap(kind)),
        };
        match self.cells_of(at)? {
            Some(cells) if at.cell_of(cells).is_none() => {
                self.refuse(refusal::outside(&self.subject.address_name(at), cells))
            }
            _ => Ok(cell_of(at)),
        }
    }

    fn load(&mut self, cell: Cell) -> Result<u64, Stop> {
        self.ask(Operation::Load { cell, order: None })
    }

    fn store(&mut self, cell: Cell, word: u64) -> Result<(), Stop> {
        self.ask_with(word, Operation::Store { cell, word, order: None }).map(drop)
    }

    fn atomic_load(&mut self, cell: Cell, order: MemoryOrder) -> Result<u64, Stop> {
        self.ask(Operation::Load { cell, order: Some(order) })
    }

    fn atomic_store(&mut self, cell: Cell, word: u64, order: MemoryOrder) -> Result<(), Stop> {
        self.ask_with(word, Operation::Store { cell, word, order: Some(order) }).map(drop)
    }

    fn atomic_rmw(
        &mut self,
        cell: Cell,
        op: RmwOp,
        word: u64,
        order: MemoryOrder,
    ) -> Result<u64, Stop> {
        self.ask_with(word, Operation::Rmw { cell, op, word, order })
    }

    fn atomic_cas(
        &mut self,
        cell: Cell,
        expected: u64,
        desired: u64,
        success: MemoryOrder,
        failure: MemoryOrder,
    ) -> Result<u64, Stop> {
        let expected = Expected::Word(expected);
        self.ask_with(desired, Operation::Cas { cell, expected, desired, success, failure })
    }

    fn atomic_cas_pointer(
        &mut self,
        cell: Cell,
        expected: u64,
        desired: u64,
        success: MemoryOrder,
        failure: MemoryOrder,
    ) -> Result<u64, Stop> {
        let expected = Expected::Pointer(expected);
        self.ask_with(desired, Operation::Cas { cell, expected, desired, success, failure })
    }

    fn may_fail(&mut self) -> Result<bool, Stop> {
        if !self.subject.is_spurious {
            return Ok(false);
        }
        self.ask_whether(Operation::MayFail)
    }

    fn fence(&mut self, order: MemoryOrder) -> Result<(), Stop> {
        self.ask(Operation::Fence { order }).map(drop)
    }

    fn allocate(&mut self, cells: u64) -> Result<u64, Stop> {
        let allocation = self.ask_for_cells(cells)?;
        self.take(allocation, cells);
        Ok(allocation.start())
    }

    /// The operation comes before the change, because the instruction may be repeated after it.
    fn new_cell(&mut self, word: u64) -> Result<u64, Stop> {
        let allocation = self.ask_for_cells(1)?;
        let cell = cell_of(Address { allocation, offset: 0 });
        self.ask(Operation::Store { cell, word, order: Some(MemoryOrder::SeqCst) })?;
        self.take(allocation, 1);
        Ok(allocation.start())
    }

    fn free(&mut self, address: u64) -> Result<(), Stop> {
        if address == 0 {
            return Ok(());
        }
        match pointer(address) {
            Pointer::At(Address { allocation, offset: 0 }) if allocation.region == Region::Heap => {
                self.ask(Operation::Free { allocation }).map(drop)
            }
            _ => {
                let name = self.pointer_name(address);
                self.refuse(refusal::not_of_heap(&name))
            }
        }
    }

    fn take_segment(&mut self, _cells: u64) -> Result<Cell, Stop> {
        unreachable!("checked code has slots")
    }

    fn return_segment(&mut self, _first: Cell, _cells: u64) {
        unreachable!("checked code has slots")
    }

    /// As in [`new_cell`](Host::new_cell), the change comes last. Fresh cells are zero already.
    fn open_slot(&mut self, cells: u64) -> Result<u64, Stop> {
        let limit = self.subject.region_cells();
        let next = self.local.memory.next_slot(self.thread, cells, limit);
        let (slot, used) = next.ok_or(Stop::Trap(TrapKind::OutOfMemory))?;
        let first = slot.start() >> 3;
        for cell in first..first + used {
            self.store(Cell(cell), 0)?;
        }
        self.local.memory.open(cells);
        Ok(slot.start())
    }

    fn slots(&self) -> u64 {
        self.local.memory.open_slots()
    }

    fn close_slots(&mut self, kept: u64) {
        self.local.memory.close(self.thread, kept);
    }

    fn hand_out(&mut self, word: u64) {
        self.local.memory.publish(self.thread, word);
    }

    fn pointer_name(&self, word: u64) -> String {
        self.subject.pointer_name(word).unwrap_or_else(|| format!("{word:#x}"))
    }

    fn call_extern(&mut self, index: u16, window: &mut [u64]) -> Result<(), Stop> {
        let info = &self.subject.code.externs[usize::from(index)];
        let Some(builtin) = info.builtin else {
            return self.refuse(refusal::not_registered(&info.name));
        };
        window[0] = builtin.perform(self, window)?;
        Ok(())
    }

    fn text(&mut self, handle: u64) -> Result<Text, Stop> {
        match self.subject.text(handle) {
            Some(text) => Ok(text),
            None => self.refuse(refusal::not_a_string(handle)),
        }
    }

    fn may_make(&mut self, bytes: usize) -> Result<(), Stop> {
        if self.subject.is_too_long(bytes) { Err(Stop::Trap(TrapKind::Interrupt)) } else { Ok(()) }
    }

    fn intern(&mut self, text: &str) -> Result<u64, Stop> {
        let handle = self.subject.intern(text);
        let is_made = handle > self.subject.code.strings.len() as u64;
        if is_made && !self.made.add(handle, text.len(), self.subject.limits.string_bytes) {
            return self.refuse(refusal::string_memory_full());
        }
        Ok(handle)
    }

    fn print(&mut self, text: &str) -> Result<(), Stop> {
        let line = self.local.line.len();
        let end = match text.rfind('\n') {
            Some(at) => at + 1,
            None if line + text.len() > LINE_MAX => text.len(),
            None => {
                self.local.line.push_str(text);
                return Ok(());
            }
        };
        let (lines, rest) = text.split_at(end);
        let whole = [&self.local.line, lines].concat();
        self.ask(Operation::Print { text: whole.into() })?;
        rest.clone_into(&mut self.local.line);
        Ok(())
    }

    fn read_line(&mut self) -> Result<String, Stop> {
        // A prompt must be visible before the input is read.
        if !self.local.line.is_empty() {
            self.ask(Operation::Print { text: self.local.line.as_str().into() })?;
        }
        let at = self.ask(Operation::ReadLine)?;
        self.local.line.clear();
        match self.subject.input.get(at as usize) {
            Some(line) => Ok(line.clone()),
            None => Err(Stop::Trap(TrapKind::Eof)),
        }
    }

    fn arguments(&self) -> &[String] {
        &self.subject.arguments
    }

    fn functions(&self) -> &[FunctionInfo] {
        &self.subject.code.functions
    }

    fn start(&mut self, start: Start) -> Result<ThreadId, Stop> {
        let argument = start.argument.unwrap_or(0);
        self.ask_with(argument, Operation::Start(start)).map(|id| ThreadId(id as u32))
    }

    fn join(&mut self, thread: ThreadId) -> Result<(), Stop> {
        if thread == self.thread {
            return self.refuse(refusal::joins_itself());
        }
        self.ask(Operation::Join { thread }).map(drop)
    }

    fn try_join(&mut self, thread: ThreadId) -> Result<bool, Stop> {
        self.ask_whether(Operation::HasEnded { thread })
    }

    fn join_for(&mut self, thread: ThreadId, _ms: u64) -> Result<bool, Stop> {
        if thread == self.thread {
            return self.refuse(refusal::joins_itself());
        }
        self.try_join(thread)
    }

    fn is_alive(&mut self, thread: ThreadId) -> Result<bool, Stop> {
        self.try_join(thread).map(|ended| !ended)
    }

    fn error_of(&mut self, thread: ThreadId) -> Result<Option<Text>, Stop> {
        let handle = self.ask(Operation::ErrorOf { thread })?;
        Ok(self.subject.text(handle))
    }

    /// Time orders nothing.
    fn sleep(&mut self, _ms: u64) -> Result<(), Stop> {
        Ok(())
    }

    fn yield_now(&mut self) -> Result<(), Stop> {
        Ok(())
    }

    fn monitor_enter(&mut self, object: u64) -> Result<(), Stop> {
        let object = without_generation(object);
        if let Some(depth) = self.depth(object) {
            *depth += 1;
            return Ok(());
        }
        self.ask(Operation::Enter { object })?;
        self.local.held.push((object, 1));
        Ok(())
    }

    fn monitor_try_enter(&mut self, object: u64) -> Result<bool, Stop> {
        let object = without_generation(object);
        if let Some(depth) = self.depth(object) {
            *depth += 1;
            return Ok(true);
        }
        let entered = self.ask_whether(Operation::TryEnter { object })?;
        if entered {
            self.local.held.push((object, 1));
        }
        Ok(entered)
    }

    fn monitor_enter_for(&mut self, object: u64, _ms: u64) -> Result<bool, Stop> {
        self.monitor_try_enter(object)
    }

    fn monitor_exit(&mut self, object: u64) -> Result<(), Stop> {
        let object = without_generation(object);
        match self.depth(object) {
            None => return self.refuse(refusal::double_unlock()),
            Some(depth) if *depth > 1 => {
                *depth -= 1;
                return Ok(());
            }
            Some(_) => {}
        }
        self.ask(Operation::Exit { object })?;
        self.local.held.retain(|(held, _)| *held != object);
        Ok(())
    }

    fn monitor_wait(&mut self, object: u64) -> Result<(), Stop> {
        let object = without_generation(object);
        if self.depth(object).is_none() {
            return self.refuse(refusal::not_owner("Wait"));
        }
        let is_spurious = self.subject.is_spurious;
        let ends = if is_spurious { Ends::Spuriously } else { Ends::Notified };
        self.ask(Operation::Wait { object, ends }).map(drop)
    }

    fn monitor_wait_for(&mut self, object: u64, _ms: u64) -> Result<bool, Stop> {
        let object = without_generation(object);
        if self.depth(object).is_none() {
            return self.refuse(refusal::not_owner("Wait"));
        }
        self.ask_whether(Operation::Wait { object, ends: Ends::InTime })
    }

    fn monitor_notify(&mut self, object: u64, all: bool) -> Result<(), Stop> {
        let object = without_generation(object);
        if self.depth(object).is_none() {
            return self.refuse(refusal::not_owner(if all { "PauseAll" } else { "Pause" }));
        }
        self.ask(Operation::Notify { object, all }).map(drop)
    }

    /// As in [`new_cell`](Host::new_cell), the operation comes before the change. Other operations of the same
    /// instruction may follow, for which this one is repeated: then the change has been made. An instruction makes
    /// one object at most.
    fn make_shared(&mut self, object: Shared) -> Result<u64, Stop> {
        let frees = self.subject.code.frees();
        let answer = self.used + usize::from(frees);
        let is_made = answer + 1 < self.local.answers.len();
        let allocation = if is_made && !frees {
            self.local.memory.latest_of_heap(self.thread)
        } else {
            self.ask_for_cells(1)?
        };
        let cell = cell_of(Address { allocation, offset: 0 });
        let request = Request::New(Box::new(object));
        self.ask(Operation::Use { cell, request, is_timed: false })?;
        if !is_made {
            self.take(allocation, 1);
        }
        Ok(allocation.start())
    }

    fn use_shared(
        &mut self,
        object: u64,
        request: Request,
        ms: Option<u64>,
    ) -> Result<Reply, Stop> {
        let cell = self.locate(object)?;
        for word in request.arguments() {
            self.local.memory.publish(self.thread, word);
        }
        self.ask_for(Operation::Use { cell, request, is_timed: ms.is_some() })
    }

    fn refill(&mut self) -> Result<u32, Stop> {
        const SLICE: u32 = 1 << 12;
        if self.subject.patience.is_over_after(SLICE_COST) {
            return Err(Stop::Trap(TrapKind::Interrupt));
        }
        match self.steps_left.min(SLICE) {
            0 => Err(Stop::Trap(TrapKind::StepLimit)),
            slice => {
                self.steps_left -= slice;
                Ok(slice)
            }
        }
    }

    fn fail(&mut self, kind: TrapKind, message: String) -> Stop {
        self.local.message = Some(message);
        Stop::Trap(kind)
    }

    fn take_message(&mut self) -> Option<String> {
        self.local.message.take()
    }
}
