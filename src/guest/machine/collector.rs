//! One execution of a program in a world, and what it came to.
//!
//! # Invariants
//! *whole executions*: only an execution whose program has come to its end is counted; one that the
//! engine gives up half-way is not. *one end*: what ended the search first is what ended it.

use std::sync::{Arc, Mutex};

use super::steps::{self, Detail};
use super::world::{Screen, Stage, World};
use crate::engine::axioms::Judgement;
use crate::guest::{
    Bound, Choices, Control, GuestCounterexample, MemoryModel, Remark, Schedule, Step, Tally,
};
use crate::interp::TrapKind;
use crate::reference::{Outcome, Subject, Violation};
use crate::session;
use crate::session::locked;

/// Why a search ended before the engine had run out of executions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// It has what it was looking for.
    Found,
    /// Somebody stopped it.
    Stopped,
    /// The program needs more memory than it got.
    OutOfMemory,
    /// The program needs more than an engine gives.
    CutOff(Bound),
}

/// What the executions of one search share.
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
        if self.control.is_stopped() {
            self.end_with(End::Stopped);
        } else {
            let collector = self.clone();
            (self.world.aside)(Box::new(move || collector.run()));
        }
        // Here, where nothing of the program is left that unwinding could meet.
        if self.end().is_some() && !session::is_over() {
            session::end_search();
        }
    }

    fn run(&self) {
        let screen = Screen::default();
        let result = (self.world.run)(&self.stage, screen.clone());
        // Who is told to end in the middle of an execution has a result that means nothing.
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

    /// Counts an execution and what went wrong in it, unless the axioms of weak memory say that there is
    /// none like it. They are asked where something is new, because one execution that can be is enough.
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
    pub(super) fn schedule(&self, schedule: crate::engine::ShuttleSchedule) -> Schedule {
        Schedule {
            program: self.stage.subject.fingerprint,
            model: MemoryModel::Sc,
            choices: Choices::Shuttle(schedule),
        }
    }

    fn end_with(&self, end: End) {
        locked(&self.end).get_or_insert(end);
    }

    /// What ended the search, if the engine did not.
    pub(super) fn end(&self) -> Option<End> {
        *locked(&self.end)
    }

    /// How many executions there were that no machine has.
    pub(super) fn refuted(&self) -> u64 {
        *locked(&self.refuted)
    }

    /// What has been counted.
    pub(super) fn take(&self) -> Tally {
        std::mem::take(&mut locked(&self.tally))
    }
}
