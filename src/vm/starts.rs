//! How a guest starts another one: as data, or on a thread of the host.

use super::host::ThreadHost;
use super::own::Answer;
use crate::interp::{Start, Stop, ThreadId, TrapKind};

impl ThreadHost {
    pub(super) fn start_now(&mut self, start: Start) -> Result<ThreadId, Stop> {
        if super::sync::is_to_stop() {
            return Err(Stop::Trap(TrapKind::Interrupt));
        }
        // A start counts as a step: a chain of threads that each start the next one must not go on
        // forever unnoticed.
        self.steps += 1;
        if !self.program.steps.spend() {
            return Err(Stop::Trap(TrapKind::StepLimit));
        }
        if !self.own.parking.is_light() {
            return self.start_host(start);
        }
        let Start { function, argument, captures_errors } = start;
        let argument = argument.unwrap_or_default();
        let started = self.program.threads.start_at_rest(captures_errors, function, argument);
        self.or_halt(started)
    }

    /// Starts a thread that is one of the host. Not inlined: a start as data needs little room on the stack.
    #[inline(never)]
    fn start_host(&mut self, start: Start) -> Result<ThreadId, Stop> {
        let program = self.program.clone();
        let (cache, child) = (self.cache.inherited(), self.child);
        let started = self
            .program
            .threads
            .start(start.captures_errors, |place| move || child(program, place, cache, start));
        self.or_halt(started)
    }

    /// Starts a thread in an instruction that may have started it already.
    #[inline(never)]
    pub(super) fn start_once(&mut self, start: Start) -> Result<ThreadId, Stop> {
        match self.own.known_answer() {
            Some(Answer::Started(thread)) => return Ok(thread),
            Some(Answer::NotStarted(kind, message)) => {
                self.own.message = message;
                return Err(Stop::Trap(kind));
            }
            _ => {}
        }
        let started = self.start_now(start);
        match started {
            Ok(thread) => self.own.keep_answer(Answer::Started(thread)),
            Err(Stop::Trap(kind)) => {
                let message = self.own.message.clone();
                self.own.keep_answer(Answer::NotStarted(kind, message));
            }
            Err(Stop::Pause) => {}
        }
        started
    }
}
