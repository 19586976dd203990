//! One guest thread, driven one visible operation at a time.
//!
//! The interpreter runs over a [`Host`](crate::interp::Host) that has no shared world: when the guest wants something
//! that others could notice, the host keeps the wish as an [`Operation`] and pauses. Whoever drives
//! the thread carries the operation out, by whatever rules, and gives the [`Answer`]; the
//! interpreter then repeats the instruction, this time with an answer, and goes on to its next wish.
//! What only the thread itself can notice happens at once: its unfinished line, its allocations,
//! and how often it has a monitor.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::allocations::Allocations;
use super::local::Local;
use super::made::Made;
use super::performer::Performer;
use super::{Answer, Ending, Operation, Subject};
use crate::interp::{self, Guest, Outcome, Place, Start, ThreadId, Trap, TrapKind};

/// A guest thread that stands before its next visible operation.
///
/// # Invariants
/// *at rest*: `next` is what the guest asks for when it is run without an answer; only who drives
/// the thread replaces it, by a later part of the same operation.
#[derive(Clone, Debug)]
pub struct Thread {
    guest: Guest,
    local: Local,
    made: Made,
    next: Operation,
    /// What it is about to do once others know that stack slots of it have ended.
    after_leaving: Option<Box<Operation>>,
    /// How it will end, once its last line is out.
    ending: Option<Ending>,
    captures_errors: bool,
    /// Which other threads can be exchanged for it: who started them, and where.
    kin: Option<Kin>,
}

/// Threads that nobody can tell apart: those of one starter, one function and one number.
pub(super) type Kin = (ThreadId, u32, u32);

impl Thread {
    /// A thread that has run up to its first operation.
    pub fn new(subject: &Subject, id: ThreadId, start: Start) -> Self {
        let arguments = start.argument.as_slice();
        let stack_words = subject.limits.stack_words;
        let mut thread = Thread {
            guest: Guest::new(&subject.code, id, start.function, arguments, stack_words),
            local: Local::default(),
            made: Made::default(),
            next: Operation::End(Ending::Returned(0)),
            after_leaving: None,
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

    /// What it has allocated.
    pub fn allocations(&self) -> &Allocations {
        &self.local.memory
    }

    /// Its kin, if it can still be exchanged: its own cells have addresses that tell it apart.
    pub(super) fn kin(&self) -> Option<Kin> {
        self.kin.filter(|_| self.local.memory.is_untouched())
    }

    /// About how many bytes its frames and its line take.
    pub(super) fn own_bytes(&self) -> usize {
        self.guest.bytes() + self.local.line.len()
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
        if let Some(next) = self.after_leaving.take() {
            self.local.memory.told();
            self.next = *next;
            self.leave();
            return;
        }
        if let Some(ending) = &self.ending {
            self.next = match (answer, ending) {
                // The last line could not be written. What was captured already stays.
                (Answer::Trap(kind, message), Ending::Returned(_)) => {
                    let trap = Trap::outside(kind, message.to_string(), self.id().0);
                    Operation::Trapped(Arc::new(trap))
                }
                _ => Operation::End(ending.clone()),
            };
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
            made: &mut self.made,
            used: 0,
            wish: None,
            steps_left: subject.limits.local_steps,
        };
        let outcome = interp::run(&mut self.guest, &mut performer);
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
        self.leave();
    }

    /// Puts it before what it is about to do that a stack slot has ended, if others do not know that
    /// yet. Nobody can tell that it comes so late; and a thread that has been stopped says nothing.
    fn leave(&mut self) {
        if let Some(slot) = self.local.memory.untold()
            && !matches!(self.next, Operation::Trapped(_))
        {
            let next = std::mem::replace(&mut self.next, Operation::Leave { slot });
            self.after_leaving = Some(Box::new(next));
        }
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
        (&self.after_leaving, &self.ending, self.captures_errors).hash(hasher);
    }
}

/// Why a thread goes no further although the program would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutOff {
    /// It made too many steps without an operation.
    LocalSteps,
    /// Whoever drives it has no more patience or memory for it; they know why.
    Stopped,
}

impl CutOff {
    /// What a trap that stopped a thread says about that; `None` if it is the program's own.
    pub fn of_trap(trap: &Trap) -> Option<Self> {
        match trap.kind {
            TrapKind::StepLimit => Some(CutOff::LocalSteps),
            TrapKind::Interrupt => Some(CutOff::Stopped),
            _ => None,
        }
    }
}
