//! The search over execution graphs beside the search over traces, which is the older of the two, and the machine.

#![allow(dead_code)] // each test crate that includes this uses a part of it

use std::collections::BTreeSet;
use std::sync::Arc;

use drawloom::guest::explorer::{Explorer, Search, graph};
use drawloom::guest::{
    Control, GuestCounterexample, GuestEngine, MemoryModel, Options, Tally, replay,
};
use drawloom::interp::{Code, TrapKind};
use drawloom::lang::Language;
use drawloom::native::{Loading, ThreadModel};
use drawloom::reference::{Outcome, Subject, ViolationKind};

use super::guest;

fn options() -> Options {
    Options { keeps_going: true, executions_max: 20_000, ..Options::default() }
}

pub(crate) fn subject_of(text: &str) -> Arc<Subject> {
    Arc::new(Subject::new(guest::checked_code_of(Language::Il, text)))
}

pub(crate) fn graphs(subject: &Arc<Subject>, model: MemoryModel) -> Tally {
    graph::search(subject, model, &options(), &Control::default())
}

pub(crate) fn traces(subject: &Arc<Subject>) -> Tally {
    let model = Some(MemoryModel::Sc);
    let explorer = Explorer { model, search: Search::Traces, options: options() };
    explorer.check(subject, &Control::default()).tally
}

/// The outcome of one run of the machine; `None` for a deadlock.
pub(crate) fn run(code: &Code, threads: ThreadModel) -> Option<Outcome> {
    let printed = guest::Printed::default();
    let loading = Loading::new(code.clone()).limits(guest::small_limits()).threads(threads);
    match loading.output(printed.clone()).initialise().run().result {
        Ok(exit) => Some(Outcome::Finished { exit, output: printed.text().into() }),
        Err(trap) if trap.kind == TrapKind::Deadlock => None,
        Err(trap) => Some(Outcome::of_trap(&trap)),
    }
}

pub(crate) fn kinds(tally: &Tally) -> BTreeSet<ViolationKind> {
    tally.violations.iter().map(|it| it.violation.kind).collect()
}

/// Both searches have found the same: outcomes, how many executions have each, and kinds of violations. With timed
/// waits the numbers may differ: the reference orders a wait and the end of another by the waiters, and in graphs they
/// commute.
pub(crate) fn agree(here: &Tally, there: &Tally, has_timed_waits: bool, what: &str) {
    if has_timed_waits {
        assert!(here.outcomes.keys().eq(there.outcomes.keys()), "{what}");
    } else {
        assert_eq!(here.outcomes, there.outcomes, "{what}");
    }
    assert_eq!(kinds(here), kinds(there), "{what}");
}

/// Repeats each counterexample by its own schedule. A schedule may show several violations, of which a replay names one.
pub(crate) fn replays(subject: &Arc<Subject>, tally: &Tally, text: &str) {
    for found in &tally.violations {
        let schedule = found.schedule.as_ref().expect("the explorer replays");
        let again = replay(subject, schedule).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let shown = tally.violations.iter().filter(|it| it.schedule.as_ref() == Some(schedule));
        let kinds: BTreeSet<_> = shown.map(|it| it.violation.kind).collect();
        assert!(
            kinds.contains(&again.violation.kind),
            "{kinds:?}, not {}\n{text}",
            again.violation.kind.name()
        );
        // Under sequential consistency it is the states that repeat a schedule.
        let is_same = again.violation.kind == found.violation.kind;
        if schedule.model != MemoryModel::Sc && is_same {
            let acts = |it: &GuestCounterexample| -> Vec<_> {
                it.trace.iter().map(|step| (step.thread, step.act.clone())).collect()
            };
            assert_eq!(acts(&again), acts(found), "{text}");
        }
    }
}
