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

/// Stores 1 to `x` and 3 to `y` in one thread, and 2 to `y` before `x` is read in another one.
fn read_after_store(threads: &str, main: &str) -> Tally {
    let text = format!(
        "il 0.3.0
extern @Viper.Terminal.SayInt(i64) -> void
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
global i64 @x = 0
global i64 @y = 0
global i64 @r = 0
func @writer() -> void {{
entry:
  %x = gaddr @x
  %y = gaddr @y
  atomic.store i64, %x, 1, seq_cst
  atomic.store i64, %y, 3, seq_cst
  ret
}}
func @other() -> void {{
entry:
  %x = gaddr @x
  %y = gaddr @y
  %r = gaddr @r
{threads}  ret
}}
func @main() -> i64 {{
entry:
  %x = gaddr @x
  %y = gaddr @y
  %r = gaddr @r
  %w = call @Viper.Threads.Thread.Start(@writer, null)
{main}  call @Viper.Threads.Thread.Join(%w)
  %read = load i64, %r
  call @Viper.Terminal.SayInt(%read)
  %last = load i64, %y
  call @Viper.Terminal.SayInt(%last)
  ret 0
}}
"
    );
    let subject = Subject::new(guest::checked_code_of(Language::Il, &text));
    let options = Options { keeps_going: true, ..Options::default() };
    graph::search(&Arc::new(subject), MemoryModel::Rc11, &options, &Control::default())
}

/// Beginnings and ends of threads are points in program order, as in C++, even if a thread's first or last
/// operation is beside them. So with seq-cst operations alone all is sequentially consistent.
#[test]
fn starts_and_joins_keep_the_order_of_seq_cst_operations() {
    const START: &str = "  %o = call @Viper.Threads.Thread.Start(@other, null)\n";
    const JOIN: &str = "  call @Viper.Threads.Thread.Join(%o)\n";
    const WRITE: &str = "  atomic.store i64, %y, 2, seq_cst\n";
    const READ: &str = "  %v = atomic.load i64, %x, seq_cst\n  store i64, %r, %v\n";
    for (threads, main) in
        [(READ, format!("{WRITE}{START}{JOIN}")), (WRITE, format!("{START}{JOIN}{READ}"))]
    {
        let tally = read_after_store(threads, &main);
        let outcomes: Vec<Vec<u64>> = tally.outcomes.keys().map(words).collect();
        assert_eq!(outcomes, [[0, 3], [1, 2], [1, 3]], "{main}");
    }
}
