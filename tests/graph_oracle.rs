//! The search over execution graphs, against the axioms written a second time.
#![cfg(feature = "cli")]

#[path = "common/axioms.rs"]
mod axioms;
#[path = "common/entropy.rs"]
mod entropy;
#[path = "common/guest.rs"]
mod guest;
#[path = "common/small_program.rs"]
mod small_program;

use std::collections::BTreeMap;

use std::sync::Arc;

use drawloom::guest::explorer::graph;
use drawloom::guest::{Control, MemoryModel, Options, Tally};
use drawloom::lang::Language;
use drawloom::reference::{Outcome, Subject, ViolationKind};
use small_program::SmallProgram;

fn searched(program: &SmallProgram, model: MemoryModel) -> Tally {
    let subject = Subject::new(guest::checked_code_of(Language::Il, &program.to_il()));
    let options = Options { keeps_going: true, ..Options::default() };
    graph::search(&Arc::new(subject), model, &options, &Control::default())
}

fn words(outcome: &Outcome) -> Vec<u64> {
    match outcome {
        Outcome::Finished { output, .. } => {
            output.lines().map(|line| line.parse::<i64>().expect("a number") as u64).collect()
        }
        Outcome::Stopped { reason, .. } => panic!("a small program ends: {reason}"),
    }
}

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

fn agrees_with_the_axioms(model: MemoryModel) {
    const PROGRAMS: usize = 1_000;
    const CANDIDATES_MAX: usize = 1_500;
    let programs = (0..).map(|seed| SmallProgram::by_chance(&numbers(seed)));
    let small = programs.filter(|program| axioms::candidates(program) <= CANDIDATES_MAX);
    let mut executions = 0;
    for program in small.take(PROGRAMS) {
        let allowed = axioms::allowed(&program, model);
        let tally = searched(&program, model);
        let counts: BTreeMap<Vec<u64>, u64> =
            tally.outcomes.iter().map(|(outcome, &count)| (words(outcome), count)).collect();
        assert_eq!(counts, allowed.outcomes, "{model:?}: {program:?}\n{}", program.to_il());
        assert_eq!((tally.blocked, tally.bounds.len()), (0, 0), "{program:?}");
        if model != MemoryModel::Sc {
            let is_race = |it: &drawloom::guest::GuestCounterexample| {
                it.violation.kind == ViolationKind::DataRace
            };
            assert_eq!(tally.violations.iter().any(is_race), allowed.has_race, "{program:?}");
        }
        executions += tally.executions;
    }
    assert!(executions > 5_000, "only {executions}: the programs are too small to tell");
}

#[test]
fn sequential_consistency_agrees_with_its_axiom() {
    agrees_with_the_axioms(MemoryModel::Sc);
}

#[test]
fn rc11_agrees_with_its_axioms() {
    agrees_with_the_axioms(MemoryModel::Rc11);
}

#[test]
fn c20_agrees_with_its_axioms() {
    agrees_with_the_axioms(MemoryModel::C20);
}
