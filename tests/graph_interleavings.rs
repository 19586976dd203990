//! The search over execution graphs under sequential consistency, against the search over
//! traces of the reference: programs with monitors, waits, prints and starts.
#![cfg(feature = "cli")]

#[path = "common/entropy.rs"]
mod entropy;
#[path = "common/guest.rs"]
mod guest;
#[path = "common/monitor_program.rs"]
mod monitor_program;

use std::collections::BTreeSet;
use std::sync::Arc;

use drawloom::guest::explorer::{Explorer, Search, graph};
use drawloom::guest::{Control, GuestEngine, MemoryModel, Options, Tally};
use drawloom::lang::Language;
use drawloom::reference::{Subject, ViolationKind};
use monitor_program::MonitorProgram;

/// Numbers from a seed: splitmix64.
fn numbers(seed: u64) -> Vec<u32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 33) as u32
    };
    (0..100).map(|_| next()).collect()
}

fn agrees(with_timed_waits: bool, programs: u64) {
    let options = Options { keeps_going: true, executions_max: 20_000, ..Options::default() };
    let traces = Explorer { model: Some(MemoryModel::Sc), search: Search::Traces, options };
    let (mut stuck, mut raced, mut executions) = (0, 0, 0);
    for seed in 0..programs {
        let program = MonitorProgram::by_chance(&numbers(seed), with_timed_waits);
        let subject = Arc::new(Subject::new(guest::checked_code_of(Language::Il, &program.text)));
        let there = traces.check(&subject, &Control::default()).tally;
        if !there.bounds.is_empty() {
            continue;
        }
        let here = graph::search(&subject, MemoryModel::Sc, &options, &Control::default());
        if program.has_timed_waits {
            // The reference orders a wait and the end of another by the waiters; here they commute.
            assert!(
                here.outcomes.keys().eq(there.outcomes.keys()),
                "seed {seed}\n{}",
                program.text
            );
        } else {
            assert_eq!(here.outcomes, there.outcomes, "seed {seed}\n{}", program.text);
        }
        let kinds = |tally: &Tally| -> BTreeSet<ViolationKind> {
            tally.violations.iter().map(|it| it.violation.kind).collect()
        };
        assert_eq!(kinds(&here), kinds(&there), "seed {seed}\n{}", program.text);
        let is_stuck =
            |it: &ViolationKind| matches!(it, ViolationKind::Deadlock | ViolationKind::LostWakeup);
        stuck += u64::from(kinds(&here).iter().any(is_stuck));
        raced += u64::from(kinds(&here).contains(&ViolationKind::DataRace));
        executions += here.executions;
    }
    assert!(stuck > 10 && raced > 10 && executions > 1_000);
}

#[test]
fn outcomes_and_executions_are_those_of_the_search_over_traces() {
    agrees(false, 400);
}

#[test]
fn timed_waits_come_to_what_they_do_in_the_search_over_traces() {
    agrees(true, 400);
}
