//! One guest thread, driven one visible operation at a time.
//!
//! The interpreter runs over a [`Host`](crate::interp::Host) without a shared world. When the guest
//! wants something that other threads could observe, the host keeps the request as an [`Operation`] and
//! pauses. The driver of the thread carries the operation out, by its own rules, and gives the
//! [`Answer`]. The interpreter then repeats the instruction, this time with an answer, and runs to its
//! next request. Effects that only the thread itself can observe happen at once: its unfinished line,
//! its allocations, and how often it has entered a monitor.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::allocations::Allocations;
use super::local::Local;
use super::made::Made;
use super::performer::Performer;
use super::{Answer, Ending, Operation, Subject};
use crate::interp::{self, Frame, Guest, Outcome, Place, Start, ThreadId, Trap, TrapKind};

/// A guest thread before its next visible operation.
///
/// # Invariants
/// *at rest*: `next` is the operation that the guest asks for when it is run without an answer. Only the
/// driver of the thread replaces it, by a later part of the same operation.
#[derive(Clone, Debug)]
pub struct Thread {
    guest: Guest,
    local: Local,
    made: Made,
    next: Operation,
    /// Its next operation, after other threads have been told that some of its stack slots have ended.
    after_leaving: Option<Box<Operation>>,
    /// How it will end, after its last line has been printed.
    ending: Option<Ending>,
    captures_errors: bool,
    /// Which other threads are interchangeable with it: the thread that started them, and where.
    kin: Option<Kin>,
}

/// Interchangeable threads: those with the same starter, function and number.
pub(super) type Kin = (ThreadId, u32, u32);

impl Thread {
    /// Creates a thread and runs it up to its first operation.
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

    /// Its number in the program.
    pub fn id(&self) -> ThreadId {
        self.guest.thread
    }

    /// Its next operation.
    pub fn next(&self) -> &Operation {
        &self.next
    }

    /// The position in the program's code of the instruction that it is at.
    pub fn instruction(&self) -> u32 {
        self.guest.position()
    }

    /// Its calls that have not returned, the innermost first.
    pub fn frames(&self) -> Vec<Frame> {
        self.guest.frames()
    }

    /// Its place in the program.
    pub fn place(&self) -> Place {
        if let Operation::Trapped(trap) = &self.next
            && let Some(place) = trap.backtrace.first()
        {
            return place.clone();
        }
        self.guest.place()
    }

    /// For a thread that is about to start another: the kin of the new thread.
    pub(super) fn kin_of_start(&self) -> Option<Kin> {
        let (function, number) = self.guest.kin()?;
        Some((self.id(), function, number))
    }

    /// Sets the threads that are interchangeable with it.
    pub(super) fn with_kin(self, kin: Option<Kin>) -> Self {
        Thread { kin, ..self }
    }

    /// Whether it has a monitor. A thread that waits for a notification, or has been notified, has given up
    /// the monitor that it waits on.
    pub(super) fn has_monitor(&self, monitor: u64) -> bool {
        let has_entered = self.local.held.iter().any(|&(held, _)| held == monitor);
        let has_given_up = match self.next {
            Operation::Await { object, .. } | Operation::Reacquire { object, .. } => {
                object == monitor
            }
            _ => false,
        };
        has_entered && !has_given_up
    }

    /// Its allocations.
    pub fn allocations(&self) -> &Allocations {
        &self.local.memory
    }

    /// Its kin, if it is still interchangeable: addresses of its own cells would distinguish it.
    pub(super) fn kin(&self) -> Option<Kin> {
        self.kin.filter(|_| self.local.memory.is_untouched())
    }

    /// The approximate number of bytes of its frames and its line.
    pub(super) fn own_bytes(&self) -> usize {
        self.guest.bytes() + self.local.line.len()
    }

    /// The number of instructions that it has carried out.
    pub fn instructions(&self) -> u64 {
        self.guest.instructions()
    }

    /// Replaces the operation by its next part: a wait has several.
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
                // The last line could not be written. A trap that was captured already is kept.
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

    /// If a stack slot has ended and other threads have not been told, makes that the next operation,
    /// before the one that follows. No thread can observe that it comes this late; and a stopped thread
    /// tells nothing.
    fn leave(&mut self) {
        if let Some(slot) = self.local.memory.untold()
            && !matches!(self.next, Operation::Trapped(_))
        {
            let next = std::mem::replace(&mut self.next, Operation::Leave { slot });
            self.after_leaving = Some(Box::new(next));
        }
    }

    /// Its last operation, or the one before it, which prints the unfinished line.
    fn end(&mut self, ending: Ending) -> Operation {
        if self.local.line.is_empty() {
            return Operation::End(ending);
        }
        self.ending = Some(ending);
        Operation::Print { text: std::mem::take(&mut self.local.line).into() }
    }
}

/// Two threads are the same if they do the same from now on.
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
    /// The thread made too many steps without an operation.
    LocalSteps,
    /// Its driver has no more patience or memory for it; the driver knows the reason.
    Stopped,
}

impl CutOff {
    /// The cut-off that a trap stands for; `None` if the trap is the program's own.
    pub fn of_trap(trap: &Trap) -> Option<Self> {
        match trap.kind {
            TrapKind::StepLimit => Some(CutOff::LocalSteps),
            TrapKind::Interrupt => Some(CutOff::Stopped),
            _ => None,
        }
    }
}
