//! Shared objects in execution graphs, against the search over traces, which has them as operations of states.
#![cfg(feature = "cli")]

#[path = "common/guest.rs"]
mod guest;
#[path = "common/random_program.rs"]
mod random_program;

use std::collections::BTreeSet;
use std::sync::Arc;

use drawloom::guest::explorer::{Explorer, Search, graph};
use drawloom::guest::{
    Control, GuestCounterexample, GuestEngine, MemoryModel, Options, Tally, replay,
};
use drawloom::lang::Language;
use drawloom::reference::{Subject, ViolationKind};
use random_program::random_program_with_objects;

fn options() -> Options {
    Options { keeps_going: true, executions_max: 20_000, ..Options::default() }
}

fn graphs(subject: &Arc<Subject>, model: MemoryModel) -> Tally {
    graph::search(subject, model, &options(), &Control::default())
}

fn traces(subject: &Arc<Subject>) -> Tally {
    let model = Some(MemoryModel::Sc);
    let explorer = Explorer { model, search: Search::Traces, options: options() };
    explorer.check(subject, &Control::default()).tally
}

fn kinds(tally: &Tally) -> BTreeSet<ViolationKind> {
    tally.violations.iter().map(|it| it.violation.kind).collect()
}

/// Repeats each counterexample by its own schedule. A schedule with a race may show another violation.
fn replays(subject: &Arc<Subject>, tally: &Tally, text: &str) {
    for found in &tally.violations {
        let schedule = found.schedule.as_ref().expect("the explorer replays");
        let again = replay(subject, schedule).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(again.violation.kind, found.violation.kind, "{text}");
        // Under sequential consistency it is the states that repeat a schedule.
        if schedule.model != MemoryModel::Sc {
            let acts = |it: &GuestCounterexample| -> Vec<_> {
                it.trace.iter().map(|step| (step.thread, step.act.clone())).collect()
            };
            assert_eq!(acts(&again), acts(found), "{text}");
        }
    }
}

#[test]
fn shared_objects_come_to_what_they_do_in_the_search_over_traces() {
    let (mut executions, mut blocked, mut stuck) = (0, 0, 0);
    for seed in 0..600 {
        let text = random_program_with_objects(seed);
        let subject = Arc::new(Subject::new(guest::checked_code_of(Language::Il, &text)));
        let there = traces(&subject);
        if !there.bounds.is_empty() {
            continue;
        }
        let here = graphs(&subject, MemoryModel::Sc);
        // The reference orders a wait and the end of another by the waiters; in graphs they commute.
        if text.contains("call @Viper.Threads.Monitor.WaitFor") {
            assert!(here.outcomes.keys().eq(there.outcomes.keys()), "seed {seed}\n{text}");
        } else {
            assert_eq!(here.outcomes, there.outcomes, "seed {seed}\n{text}");
        }
        assert_eq!(kinds(&here), kinds(&there), "seed {seed}\n{text}");
        for model in [MemoryModel::Rc11, MemoryModel::C20] {
            let weak = graphs(&subject, model);
            assert!(
                there.outcomes.keys().all(|it| weak.outcomes.contains_key(it)),
                "seed {seed}\n{text}"
            );
            if !kinds(&there).contains(&ViolationKind::DataRace) {
                replays(&subject, &weak, &text);
            }
        }
        stuck += u64::from(kinds(&here).contains(&ViolationKind::Deadlock));
        executions += here.executions;
        blocked += here.blocked;
    }
    println!("{executions} executions, {blocked} blocked, {stuck} programs stuck");
    assert!(executions > 1_000 && stuck > 20, "{executions} {stuck}");
}
