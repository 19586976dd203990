//! Runs one execution of a program in a world, and records its result.
//!
//! # Invariants
//! *whole executions*: only an execution whose program has ended is counted; an execution that the
//! engine abandons is not. *one end*: the first reason that ended the search is kept.

use std::sync::{Arc, Mutex};

use super::steps::{self, Detail};
use super::world::{Screen, Stage, World};
use crate::engine::WorldSchedule;
use crate::engine::axioms::Judgement;
use crate::guest::{
    Bound, Choices, Control, GuestCounterexample, MemoryModel, Remark, Schedule, Step, Tally,
};
use crate::interp::TrapKind;
use crate::reference::{Outcome, Subject, Violation};
use crate::session;
use crate::session::locked;

/// Why a search ended before the engine had run all executions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// It found what it was looking for.
    Found,
    /// It was stopped.
    Stopped,
    /// The program needs more memory than it was given.
    OutOfMemory,
    /// The program needs more than the engine can give.
    CutOff(Bound),
}

/// The state that the executions of one search share.
pub(super) struct Collector {
    world: World,
    stage: Stage,
    control: Control,
    keeps_going: bool,
    tally: Mutex<Tally>,
    end: Mutex<Option<End>>,
    /// How many executions there were that no machine has.
    refuted: Mutex<u64>,
}

impl Collector {
    pub(super) fn new(world: World, stage: Stage, control: &Control, keeps_going: bool) -> Self {
        Collector {
            world,
            stage,
            control: control.clone(),
            keeps_going,
            tally: Mutex::default(),
            end: Mutex::default(),
            refuted: Mutex::default(),
        }
    }

    /// The engine's body.
    pub(super) fn execute(self: &Arc<Self>) {
        if session::session().is_some_and(|it| it.execution() == 1) {
            // The search has begun again, and sees more this time.
            *locked(&self.tally) = Tally::default();
        }
        if self.control.is_stopped() {
            self.end_with(End::Stopped);
        } else {
            let collector = self.clone();
            (self.world.aside)(Box::new(move || collector.run()));
        }
        // At this point nothing of the program is left that unwinding could reach.
        if self.end().is_some() && !session::is_over() {
            session::end_search();
        }
    }

    fn run(&self) {
        let screen = Screen::default();
        let result = (self.world.run)(&self.stage, screen.clone());
        // A thread that is told to end in the middle of an execution has a meaningless result.
        if session::is_over() {
            return;
        }
        if session::session().is_some_and(|session| session.was_told_to_stop()) {
            self.end_with(End::Stopped);
            return;
        }
        match result {
            Ok(exit) => {
                let outcome = Outcome::Finished { exit, output: screen.take().into() };
                let broken = self.stage.subject.broken_claim(&outcome);
                self.count(outcome, broken);
            }
            Err(trap) => match trap.kind {
                TrapKind::OutOfMemory => self.end_with(End::OutOfMemory),
                TrapKind::StepLimit => self.end_with(End::CutOff(Bound::MachineSteps)),
                TrapKind::ThreadLimit => self.end_with(End::CutOff(Bound::Threads)),
                _ => {
                    let violation = Violation::of_trap(&trap);
                    self.count(Outcome::of_trap(&trap), Some(violation));
                }
            },
        }
    }

    /// Counts an execution and its violation, unless the axioms of weak memory say that no such execution
    /// exists. The axioms are asked only if something is new: one possible execution that shows it is enough.
    fn count(&self, outcome: Outcome, violation: Option<Violation>) {
        self.control.add_executions(1);
        let is_new = {
            let tally = locked(&self.tally);
            let is_known = violation.as_ref().is_none_or(|it| tally.knows(it));
            !is_known || !tally.outcomes.contains_key(&outcome)
        };
        let session = session::session().filter(|_| is_new);
        match session.map_or(Judgement::Allowed, |session| (self.world.judge)(&session)) {
            Judgement::Allowed => {}
            Judgement::Forbidden => {
                *locked(&self.refuted) += 1;
                return;
            }
            Judgement::Unconfirmed(why) => {
                let remark = if violation.is_some() {
                    Remark::NotConfirmed(why)
                } else {
                    Remark::OutcomeNotConfirmed(why)
                };
                locked(&self.tally).remarks.insert(remark);
            }
        }
        locked(&self.tally).execution(outcome);
        if let Some(violation) = violation {
            self.found(violation);
        }
    }

    fn found(&self, violation: Violation) {
        if !locked(&self.tally).knows(&violation) {
            let session = session::session();
            let events = session.as_ref().map_or_else(Vec::new, |session| session.events());
            let counterexample = GuestCounterexample {
                subject: self.stage.subject.clone(),
                violation,
                trace: self.steps(&events, Detail::Program),
                circle_from: None,
                schedule: (self.world.schedule)().map(|schedule| self.schedule(schedule)),
                execution: session.map_or(0, |session| session.execution()),
            };
            locked(&self.tally).keep(counterexample);
        }
        if !self.keeps_going {
            self.end_with(End::Found);
        }
    }

    /// An execution's events as steps of the program.
    pub(super) fn steps(&self, events: &[session::Event], detail: Detail) -> Vec<Step> {
        steps::of_events(events, &self.stage.subject, self.world.threads_before, detail)
    }

    /// The program.
    pub(super) fn subject(&self) -> &Arc<Subject> {
        &self.stage.subject
    }

    /// A schedule of the tool as one of the program.
    pub(super) fn schedule(&self, schedule: WorldSchedule) -> Schedule {
        let (model, choices) = match schedule {
            WorldSchedule::Shuttle(schedule) => (MemoryModel::Sc, Choices::Shuttle(schedule)),
            #[cfg(feature = "heddle")]
            WorldSchedule::Heddle(schedule) => (schedule.memory(), Choices::Heddle(schedule)),
        };
        Schedule { program: self.stage.subject.fingerprint, model, choices }
    }

    fn end_with(&self, end: End) {
        locked(&self.end).get_or_insert(end);
    }

    /// The reason that ended the search, if it was not the engine.
    pub(super) fn end(&self) -> Option<End> {
        *locked(&self.end)
    }

    /// How many executions there were that no machine has.
    pub(super) fn refuted(&self) -> u64 {
        *locked(&self.refuted)
    }

    /// Takes the counts.
    pub(super) fn take(&self) -> Tally {
        std::mem::take(&mut locked(&self.tally))
    }
}
