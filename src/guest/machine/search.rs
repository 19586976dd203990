//! An engine's search of a program's executions, from the first execution to the findings.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::collector::{Collector, End};
use super::room;
use super::steps::Detail;
use super::world::{Stage, World};
use crate::engine::{self, Body, Engine, Probe, Remark, Report, Verdict, Watcher};
#[cfg(any(feature = "heddle", feature = "shuttle"))]
use crate::guest::ReplayError;
use crate::guest::findings::uncaused;
use crate::guest::{
    Bound, Control, EngineKind, Fact, Findings, GuestCounterexample, MemoryModel, Options, Tally,
};
use crate::reference::{Outcome, Subject, Violation, ViolationKind};
use crate::session;

/// Ends an execution when the search must end, so that no bound waits for the end of an execution.
#[derive(Debug)]
struct Budget {
    control: Control,
    memory_max: usize,
}

impl Watcher for Budget {
    fn stop(&self) -> Option<Bound> {
        self.control.bound()
    }

    /// The process's memory is measured too rarely for texts, which can be long and are printed fast, so
    /// they are counted. A text exists twice while it is made, and so does the whole output when it
    /// becomes an outcome; a third of the memory is therefore for texts.
    fn may_make(&self, bytes: usize, made: u64) -> bool {
        let needed = made.saturating_add(2 * bytes as u64);
        let may_make = needed <= self.memory_max as u64 / 3;
        if !may_make {
            self.control.memory_is_up();
        }
        may_make
    }
}

/// What a search by an engine of a world needs to know.
pub(super) struct Search<'s> {
    /// The kind of the engine.
    pub(super) kind: EngineKind,
    pub(super) world: fn() -> World,
    pub(super) subject: &'s Arc<Subject>,
    pub(super) control: &'s Control,
    pub(super) options: &'s Options,
    /// The limit on the guest's steps.
    pub(super) steps_max: Option<u64>,
    /// The bounds that weaken every claim of this engine about this program.
    pub(super) bounds: &'s [Bound],
    /// The memory model of the search, if it has a name.
    pub(super) model: Option<MemoryModel>,
}

impl Search<'_> {
    /// Searches with `engine`, and again with more memory for the program if that ran out.
    pub(super) fn run(&self, engine: &dyn Engine) -> Findings {
        let mut heap_cells = room::first(&self.subject.code);
        loop {
            let collector = Arc::new(self.collector(heap_cells));
            let probe = self.probe();
            let explored = explore(&collector, |body| engine.explore_with(body, probe));
            if collector.end() != Some(End::OutOfMemory) {
                return self.findings(&collector, explored);
            }
            match room::after(heap_cells) {
                Some(more) => heap_cells = more,
                None => return Findings::unsupported(self.kind, out_of_room()),
            }
        }
    }

    /// Runs the program once, under choices that a search has made for it.
    ///
    /// # Errors
    /// The violation does not occur again, or something cut the execution off.
    #[cfg(any(feature = "heddle", feature = "shuttle"))]
    pub(super) fn replay(
        &self,
        run: impl FnOnce(Body, Probe) -> Report,
    ) -> Result<GuestCounterexample, ReplayError> {
        let cannot = |reason: &str| Err(ReplayError::Engine(reason.into()));
        // The amount of memory does not change a schedule.
        let collector = Arc::new(self.collector(room::HEAP_MAX));
        let report = explore(&collector, |body| run(body, self.probe()));
        let report = report.map_err(ReplayError::Engine)?;
        match (collector.end(), report.verdict) {
            (Some(End::Found), _) => match collector.take().violations.into_iter().next() {
                Some(found) => Ok(found),
                None => cannot("the violation was not kept"),
            },
            (None, Verdict::Violated(shown)) => Ok(of_machine(&collector, shown)),
            (end, verdict) => match (self.control.bound(), end, verdict) {
                (Some(bound), ..) => Err(ReplayError::CutOff(bound)),
                (None, Some(End::OutOfMemory), _) => cannot(&out_of_room()),
                (None, Some(end), _) => {
                    cannot(&format!("the program did not come to its end: {end:?}"))
                }
                (None, None, Verdict::Unsupported { reason }) => cannot(&reason.to_string()),
                (None, None, _) => cannot("the program ends well under this schedule"),
            },
        }
    }

    /// The machine is repeatable, and the collector counts; the control may end the search.
    fn probe(&self) -> Probe {
        let budget = Budget { control: self.control.clone(), memory_max: self.options.memory_max };
        Probe { trusts_body: true, watcher: Some(Arc::new(budget)), ..Probe::default() }
    }

    fn collector(&self, heap_cells: usize) -> Collector {
        let stage = Stage { subject: self.subject.clone(), heap_cells, steps_max: self.steps_max };
        Collector::new((self.world)(), stage, self.control, self.options.keeps_going)
    }

    fn findings(&self, collector: &Collector, explored: Result<Report, String>) -> Findings {
        let mut tally = collector.take();
        let refuted = collector.refuted();
        match (collector.end(), explored) {
            (Some(End::CutOff(bound)), _) => _ = tally.bounds.insert(bound),
            (Some(_), _) => {}
            (None, Err(reason)) => return Findings::unsupported(self.kind, reason),
            (None, Ok(report)) => {
                let begun = report.executions.saturating_sub(refuted);
                tally.remarks.extend(self.of_guest_threads(report.remarks));
                match report.verdict {
                    Verdict::Exhausted { .. } => count_cut_off(&mut tally, begun),
                    Verdict::Searched { not_seen, .. } => {
                        tally.gaps = not_seen;
                        count_cut_off(&mut tally, begun);
                    }
                    Verdict::Bounded { .. } => {
                        tally.bounds.extend(report.bounds.into_iter().filter_map(of_guest));
                        count_cut_off(&mut tally, begun);
                    }
                    Verdict::Violated(shown) => {
                        let counterexample = of_machine(collector, shown);
                        tally.execution(Outcome::of_violation(&counterexample.violation));
                        tally.keep(counterexample);
                    }
                    Verdict::Unsupported { reason } => {
                        return Findings::unsupported(self.kind, reason);
                    }
                }
            }
        }
        if refuted > 0 {
            tally.remarks.insert(Remark::FalseAlarms { executions: refuted });
        }
        if self.subject.is_spurious {
            // In the machine, nothing ends or fails without a cause.
            tally.gaps.extend(uncaused(&self.subject.code));
        }
        tally.bounds.extend(self.bounds);
        Findings::new(self.kind, self.model, tally, self.control)
    }
}

impl Search<'_> {
    /// Remarks about a body, translated to the program: the world may have a thread that does not belong
    /// to the program.
    fn of_guest_threads(&self, remarks: BTreeSet<Remark>) -> BTreeSet<Remark> {
        let before = (self.world)().threads_before;
        let of_guest = |remark| match remark {
            Remark::OneExecution { threads } => {
                let threads = threads.saturating_sub(before);
                (threads > 1).then_some(Remark::OneExecution { threads })
            }
            other => Some(other),
        };
        remarks.into_iter().filter_map(of_guest).collect()
    }
}

/// Runs a collector's executions with an engine.
///
/// # Errors
/// Returns the message of a panic of the engine, which is a bug of the engine or ours.
fn explore(
    collector: &Arc<Collector>,
    explore: impl FnOnce(Body) -> Report,
) -> Result<Report, String> {
    let of_search = collector.clone();
    let body: Body = Arc::new(move || of_search.execute());
    catch_unwind(AssertUnwindSafe(|| explore(body)))
        .map_err(|payload| format!("the engine failed: {}", session::message_of(payload.as_ref())))
}

fn out_of_room() -> String {
    format!(
        "the program needs more than {} cells of guest memory besides its globals, each of which \
         is an object that the engine keeps",
        room::HEAP_MAX
    )
}

/// Translates a bound of the engine to the program: one operation of the program is many operations of
/// the machine. The machine has weak orderings of its own, whatever the program has; [`weak_orderings`]
/// reports those of the program.
fn of_guest(bound: Bound) -> Option<Bound> {
    match bound {
        Bound::Steps => Some(Bound::MachineSteps),
        Bound::Orderings => None,
        bound => Some(bound),
    }
}

/// Executions that were begun and not counted were cut off.
fn count_cut_off(tally: &mut Tally, begun: u64) {
    let cut_off = begun.saturating_sub(tally.executions);
    if cut_off > 0 {
        tally.facts.push(Fact::CutOff(cut_off));
    }
}

/// What the engine has seen go wrong below the guest: the machine finds its guests' deadlocks
/// itself and panics for none of them, so this is about the machine.
fn of_machine(collector: &Collector, shown: engine::Counterexample) -> GuestCounterexample {
    let (kind, what) = match shown.violation {
        session::Fault::Panic => (ViolationKind::Trap, "the machine panicked"),
        session::Fault::Deadlock => (ViolationKind::Deadlock, "in the machine"),
        session::Fault::Livelock => (ViolationKind::Livelock, "in the machine"),
        session::Fault::DataRace => (ViolationKind::DataRace, "in the machine"),
        session::Fault::Leak => (ViolationKind::Leak, "in the machine"),
        session::Fault::StackOverflow => (ViolationKind::Trap, "in the machine"),
        session::Fault::UseAfterFree => (ViolationKind::UseAfterFree, "in the machine"),
    };
    GuestCounterexample {
        subject: collector.subject().clone(),
        violation: Violation {
            kind,
            message: format!("{what}: {}", shown.message),
            places: Vec::new(),
        },
        trace: collector.steps(&shown.trace, Detail::Machine),
        circle_from: None,
        schedule: shown.schedule.map(|schedule| collector.schedule(schedule)),
        execution: shown.execution,
    }
}

/// The bound for orderings of the program that are weaker than what an engine without weak memory shows.
pub(super) fn weak_orderings(subject: &Subject) -> Option<Bound> {
    (subject.default_model() == MemoryModel::Rc11).then_some(Bound::Orderings)
}
