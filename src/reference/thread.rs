//! One guest thread, driven one visible operation at a time.
//!
//! The interpreter runs over a [`Host`] that has no shared world: when the guest wants something
//! that others could notice, the host keeps the wish as an [`Operation`] and pauses. Whoever drives
//! the thread carries the operation out, by whatever rules, and gives the [`Answer`]; the
//! interpreter then repeats the instruction, this time with an answer, and goes on to its next wish.
//! What only the thread itself can notice happens at once: its unfinished line, its allocations,
//! and how often it has a monitor.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::memory::{check, region_cell, region_position};
use super::{Answer, Ending, Operation, Subject};
use crate::il::{MemoryOrder, RmwOp};
use crate::interp::{
    Cell, Code, Guest, Host, Outcome, Place, Start, Stop, Text, ThreadId, Trap, TrapKind, refusal,
};

/// A guest thread that stands before its next visible operation.
///
/// # Invariants
/// *at rest*: `next` is what the guest asks for when it is run without an answer; only who drives
/// the thread replaces it, by a later part of the same operation.
#[derive(Clone, Debug)]
pub struct Thread {
    guest: Guest,
    local: Local,
    next: Operation,
    /// How it will end, once its last line is out.
    ending: Option<Ending>,
    captures_errors: bool,
    /// Which other threads can be exchanged for it: who started them, and where.
    kin: Option<Kin>,
}

/// Threads that nobody can tell apart: those of one starter, one function and one number.
pub(super) type Kin = (ThreadId, u32, u32);

/// What only the thread itself can notice.
#[derive(Clone, Debug, Default, Hash)]
struct Local {
    /// The line that it has not ended yet.
    line: String,
    /// Cells of its region that it has taken.
    taken: u64,
    /// Cells of its region, from the first, that have been part of its stack memory.
    cleared: u64,
    /// The monitors that it has, and how often it has entered each.
    held: Vec<(u64, u32)>,
    /// The answers so far to the instruction that it stands at.
    answers: Vec<Answer>,
    message: Option<String>,
}

impl Thread {
    /// A thread that has run up to its first operation.
    pub fn new(subject: &Subject, id: ThreadId, start: Start) -> Self {
        let arguments = start.argument.as_slice();
        let stack_words = subject.limits.stack_words;
        let mut thread = Thread {
            guest: Guest::new(&subject.code, id, start.function, arguments, stack_words),
            local: Local::default(),
            next: Operation::End(Ending::Returned(0)),
            ending: None,
            captures_errors: start.captures_errors,
            kin: None,
        };
        thread.run(subject);
        thread
    }

    /// The main thread.
    pub fn main(subject: &Subject) -> Self {
        let start = Start { function: subject.code.entry, argument: None, captures_errors: false };
        Thread::new(subject, ThreadId(0), start)
    }

    /// Which thread of its program it is.
    pub fn id(&self) -> ThreadId {
        self.guest.thread
    }

    /// What it is about to do.
    pub fn next(&self) -> &Operation {
        &self.next
    }

    /// The position in the program's code of the instruction that it stands at.
    pub fn instruction(&self) -> u32 {
        self.guest.position()
    }

    /// Where it stands in the program.
    pub fn place(&self) -> Place {
        if let Operation::Trapped(trap) = &self.next
            && let Some(place) = trap.backtrace.first()
        {
            return place.clone();
        }
        self.guest.place()
    }

    /// Of a thread that is about to start another: what kin that one will have.
    pub(super) fn kin_of_start(&self) -> Option<Kin> {
        let (function, number) = self.guest.kin()?;
        Some((self.id(), function, number))
    }

    /// Says which other threads can be exchanged for it.
    pub(super) fn with_kin(self, kin: Option<Kin>) -> Self {
        Thread { kin, ..self }
    }

    /// Its kin, if it can still be exchanged: its own cells have addresses that tell it apart.
    pub(super) fn kin(&self) -> Option<Kin> {
        self.kin.filter(|_| self.local.taken == 0)
    }

    /// How many instructions it has carried out.
    pub fn instructions(&self) -> u64 {
        self.guest.instructions()
    }

    /// Replaces the operation by its next part: a wait takes several.
    pub fn goes_on_with(&mut self, part: Operation) {
        self.next = part;
    }

    /// Takes the answer to the operation and runs to the next one.
    pub fn answer(&mut self, subject: &Subject, answer: Answer) {
        if let Some(ending) = &self.ending {
            // The last line is out; whether it could be written changes nothing any more.
            self.next = Operation::End(ending.clone());
            return;
        }
        self.local.answers.push(answer);
        self.run(subject);
    }

    fn run(&mut self, subject: &Subject) {
        let instruction = self.guest.instructions();
        let mut performer = Performer {
            subject,
            thread: self.guest.thread,
            local: &mut self.local,
            used: 0,
            wish: None,
            steps_left: subject.limits.local_steps,
        };
        let outcome = self.guest.run(&mut performer);
        let wish = performer.wish;
        if self.guest.instructions() != instruction {
            self.local.answers.clear();
        }
        self.next = match outcome {
            Outcome::Paused => wish.expect("a host pauses at a wish"),
            Outcome::Returned(word) => self.end(Ending::Returned(word)),
            Outcome::Trapped(trap) if self.captures_errors && trap.kind.is_catchable() => {
                let error = format!("{}: {}", trap.kind, trap.message);
                self.end(Ending::Captured(error.into()))
            }
            Outcome::Trapped(trap) => Operation::Trapped(Arc::from(trap)),
        };
    }

    /// Its last operation, or the one before, which prints the line that it has not ended.
    fn end(&mut self, ending: Ending) -> Operation {
        if self.local.line.is_empty() {
            return Operation::End(ending);
        }
        self.ending = Some(ending);
        Operation::Print { text: std::mem::take(&mut self.local.line).into() }
    }
}

/// Two threads are the same if they do the same from here on.
impl Hash for Thread {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.guest.hash_into(hasher);
        self.local.hash(hasher);
        self.next.hash(hasher);
        (&self.ending, self.captures_errors).hash(hasher);
    }
}

/// The host that asks instead of performing.
struct Performer<'a> {
    subject: &'a Subject,
    thread: ThreadId,
    local: &'a mut Local,
    /// How many of the answers the instruction has used.
    used: usize,
    wish: Option<Operation>,
    steps_left: u32,
}

impl Performer<'_> {
    /// The answer to an operation, or a pause until there is one.
    fn ask(&mut self, operation: Operation) -> Result<u64, Stop> {
        let Some(answer) = self.local.answers.get(self.used) else {
            self.wish = Some(operation);
            return Err(Stop::Pause);
        };
        self.used += 1;
        match answer {
            Answer::Word(word) => Ok(*word),
            Answer::Trap(kind, message) => {
                let (kind, message) = (*kind, message.to_string());
                Err(self.fail(kind, message))
            }
        }
    }

    fn ask_whether(&mut self, operation: Operation) -> Result<bool, Stop> {
        self.ask(operation).map(|word| word != 0)
    }

    fn access(&mut self, operation: Operation, cell: Cell) -> Result<u64, Stop> {
        let globals = self.subject.code.globals.len();
        check(cell, globals, self.subject.limits.memory_cells).map_err(Stop::Trap)?;
        self.ask(operation)
    }

    fn refuse<T>(&mut self, (kind, message): refusal::Refusal) -> Result<T, Stop> {
        Err(self.fail(kind, message))
    }

    /// How often the thread has the monitor.
    fn depth(&mut self, object: u64) -> Option<&mut u32> {
        self.local.held.iter_mut().find(|(held, _)| *held == object).map(|(_, depth)| depth)
    }

    fn take(&mut self, cells: u64) -> Result<Cell, Stop> {
        let position = self.local.taken;
        let end =
            position.checked_add(cells).filter(|&end| end <= self.subject.limits.memory_cells);
        self.local.taken = end.ok_or(Stop::Trap(TrapKind::OutOfMemory))?;
        Ok(region_cell(self.thread, position))
    }
}

impl Host for Performer<'_> {
    fn load(&mut self, cell: Cell) -> Result<u64, Stop> {
        self.access(Operation::Load { cell, order: None }, cell)
    }

    fn store(&mut self, cell: Cell, word: u64) -> Result<(), Stop> {
        self.access(Operation::Store { cell, word, order: None }, cell).map(drop)
    }

    fn atomic_load(&mut self, cell: Cell, order: MemoryOrder) -> Result<u64, Stop> {
        self.access(Operation::Load { cell, order: Some(order) }, cell)
    }

    fn atomic_store(&mut self, cell: Cell, word: u64, order: MemoryOrder) -> Result<(), Stop> {
        self.access(Operation::Store { cell, word, order: Some(order) }, cell).map(drop)
    }

    fn atomic_rmw(
        &mut self,
        cell: Cell,
        op: RmwOp,
        word: u64,
        order: MemoryOrder,
    ) -> Result<u64, Stop> {
        self.access(Operation::Rmw { cell, op, word, order }, cell)
    }

    fn atomic_cas(
        &mut self,
        cell: Cell,
        expected: u64,
        desired: u64,
        success: MemoryOrder,
        failure: MemoryOrder,
    ) -> Result<u64, Stop> {
        self.access(Operation::Cas { cell, expected, desired, success, failure }, cell)
    }

    fn fence(&mut self, order: MemoryOrder) -> Result<(), Stop> {
        self.ask(Operation::Fence { order }).map(drop)
    }

    fn allocate(&mut self, cells: u64) -> Result<Cell, Stop> {
        self.take(cells)
    }

    /// The wish comes before the change, because the instruction may be repeated after it.
    fn new_cell(&mut self, word: u64) -> Result<Cell, Stop> {
        let before = self.local.taken;
        let cell = self.take(1)?;
        let after = std::mem::replace(&mut self.local.taken, before);
        self.ask(Operation::Store { cell, word, order: Some(MemoryOrder::SeqCst) })?;
        self.local.taken = after;
        Ok(cell)
    }

    fn take_segment(&mut self, cells: u64) -> Result<Cell, Stop> {
        self.take(cells)
    }

    /// Fresh cells are zero already, and nobody else knows them; those that were stack memory
    /// before may be known to others, who could notice.
    fn clear(&mut self, first: Cell, cells: u64) -> Result<(), Stop> {
        let from = region_position(first);
        for cell in first.0..first.0 + self.local.cleared.saturating_sub(from).min(cells) {
            self.store(Cell(cell), 0)?;
        }
        self.local.cleared = self.local.cleared.max(from + cells);
        Ok(())
    }

    /// A region is its thread's for good.
    fn return_segment(&mut self, _first: Cell, _cells: u64) {}

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

    fn intern(&mut self, text: &str) -> Result<u64, Stop> {
        Ok(self.subject.intern(text))
    }

    fn print(&mut self, text: &str) -> Result<(), Stop> {
        let Some(end) = text.rfind('\n') else {
            self.local.line.push_str(text);
            return Ok(());
        };
        let (lines, rest) = text.split_at(end + 1);
        let whole = [&self.local.line, lines].concat();
        self.ask(Operation::Print { text: whole.into() })?;
        rest.clone_into(&mut self.local.line);
        Ok(())
    }

    fn read_line(&mut self) -> Result<String, Stop> {
        // What was asked for must be seen before the answer.
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

    fn code(&self) -> &Code {
        &self.subject.code
    }

    fn start(&mut self, start: Start) -> Result<ThreadId, Stop> {
        self.ask(Operation::Start(start)).map(|id| ThreadId(id as u32))
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
        if let Some(depth) = self.depth(object) {
            *depth += 1;
            return Ok(());
        }
        self.ask(Operation::Enter { object })?;
        self.local.held.push((object, 1));
        Ok(())
    }

    fn monitor_try_enter(&mut self, object: u64) -> Result<bool, Stop> {
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
        if self.depth(object).is_none() {
            return self.refuse(refusal::not_owner("Wait"));
        }
        self.ask(Operation::Wait { object, timed: false }).map(drop)
    }

    fn monitor_wait_for(&mut self, object: u64, _ms: u64) -> Result<bool, Stop> {
        if self.depth(object).is_none() {
            return self.refuse(refusal::not_owner("Wait"));
        }
        self.ask_whether(Operation::Wait { object, timed: true })
    }

    fn monitor_notify(&mut self, object: u64, all: bool) -> Result<(), Stop> {
        if self.depth(object).is_none() {
            return self.refuse(refusal::not_owner(if all { "PauseAll" } else { "Pause" }));
        }
        self.ask(Operation::Notify { object, all }).map(drop)
    }

    fn refill(&mut self) -> Result<u32, Stop> {
        const SLICE: u32 = 1 << 12;
        match self.steps_left.checked_sub(SLICE) {
            Some(left) => {
                self.steps_left = left;
                Ok(SLICE)
            }
            None => Err(Stop::Trap(TrapKind::StepLimit)),
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

/// The trap of a thread that was cut off, because it made too many steps without an operation.
pub(super) fn is_cut_off(trap: &Trap) -> bool {
    trap.kind == TrapKind::StepLimit
}
