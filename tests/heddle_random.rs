//! Small random programs as Rust code under our own engine, as guests of the explorer, and against the
//! axioms written a second time.
#![cfg(all(feature = "cli", feature = "heddle", feature = "shuttle"))]

#[path = "common/axioms.rs"]
mod axioms;
#[path = "common/entropy.rs"]
mod entropy;
#[path = "common/guest.rs"]
mod guest;
#[path = "common/rust_body.rs"]
mod rust_body;
#[path = "common/small_program.rs"]
mod small_program;

use std::sync::{Arc, Mutex};

use drawloom::engine::heddle::Heddle;
use drawloom::engine::shuttle::{Shuttle, Strategy};
use drawloom::engine::{Engine, Fault, MemoryModel, Probe, Report, Verdict};
use drawloom::guest::explorer::graph;
use drawloom::guest::{Control, GuestCounterexample, Options, Tally};
use drawloom::il::MemoryOrder;
use drawloom::lang::Language;
use drawloom::reference::{Outcome, Subject, ViolationKind};
use entropy::Entropy;
use rust_body::{Found, run_small_program, taken};
use small_program::{Access, SmallProgram};

run_small_program!(run_in_heddle in heddle);
run_small_program!(run_in_shuttle in shuttle);

/// The executions of larger programs than this are not searched in a test.
const EXECUTIONS_MAX: u64 = 20_000;
/// Larger programs than this are not given to the axioms.
const CANDIDATES_MAX: usize = 1_500;

fn in_heddle(program: &SmallProgram, memory: MemoryModel) -> (Report, Found) {
    let found: Arc<Mutex<Found>> = Arc::default();
    let (program, place) = (program.clone(), found.clone());
    let engine = Heddle::default().memory(memory).executions_max(EXECUTIONS_MAX);
    // The body counts how often it is run.
    let probe = Probe { trusts_body: true, ..Probe::default() };
    let report = engine.explore_with(Arc::new(move || run_in_heddle(&program, &place)), probe);
    let found = taken(&found);
    (report, found)
}

fn as_guest(program: &SmallProgram, memory: MemoryModel) -> Tally {
    let subject = Subject::new(guest::checked_code_of(Language::Il, &program.to_il()));
    let executions_max = EXECUTIONS_MAX;
    let options = Options { keeps_going: true, executions_max, ..Options::default() };
    graph::search(&Arc::new(subject), memory, &options, &Control::default())
}

fn words(outcome: &Outcome) -> Vec<u64> {
    match outcome {
        Outcome::Finished { output, .. } => {
            output.lines().map(|line| line.parse::<i64>().expect("a number") as u64).collect()
        }
        Outcome::Stopped { reason, .. } => panic!("a small program ends: {reason}"),
    }
}

/// What all say about a program.
enum Agreement {
    /// It has a data race.
    Race,
    /// It has none, and these executions.
    Executions(u64),
    /// It has too many executions, or nobody but heddle looks for its races.
    Nothing,
}

/// What all say about a program.
///
/// # Errors
/// How two searches disagree.
fn agreement(program: &SmallProgram, memory: MemoryModel) -> Result<Agreement, String> {
    let guest = as_guest(program, memory);
    if !guest.bounds.is_empty() {
        return Ok(Agreement::Nothing);
    }
    let (report, found) = in_heddle(program, memory);
    let is_small = axioms::candidates(program) <= CANDIDATES_MAX;
    let axioms = is_small.then(|| axioms::allowed(program, memory));
    let is_race = |it: &GuestCounterexample| it.violation.kind == ViolationKind::DataRace;
    // The explorer reports races under weak models alone: under SC there are the axioms.
    let has_race = match (&axioms, memory) {
        (Some(axioms), _) => axioms.has_race,
        (None, MemoryModel::Sc) => return Ok(Agreement::Nothing),
        (None, _) => guest.violations.iter().any(is_race),
    };
    let reports_race = match &report.verdict {
        Verdict::Violated(shown) if shown.violation == Fault::DataRace => true,
        Verdict::Exhausted { .. } => false,
        other => return Err(format!("an odd verdict: {other:?}")),
    };
    if has_race != reports_race {
        return Err(format!("a race is there: {has_race}, and reported: {reports_race}"));
    }
    if has_race {
        return Ok(Agreement::Race);
    }
    let counts: Found =
        guest.outcomes.iter().map(|(outcome, &count)| (words(outcome), count)).collect();
    if found != counts {
        return Err(format!("heddle finds\n{found:?}\nand the explorer\n{counts:?}"));
    }
    if let Some(axioms) = axioms
        && found != axioms.outcomes
    {
        return Err(format!("heddle finds\n{found:?}\nand the axioms\n{:?}", axioms.outcomes));
    }
    if report.executions != guest.executions {
        let (here, there) = (report.executions, guest.executions);
        return Err(format!("heddle counts {here} executions, and the explorer {there}"));
    }
    Ok(Agreement::Executions(report.executions))
}

/// What all say about a program.
///
/// # Panics
/// They disagree. Accesses are removed for as long as they do.
fn check(seed: u64, program: &SmallProgram, memory: MemoryModel) -> Agreement {
    let mut message = match agreement(program, memory) {
        Ok(agreement) => return agreement,
        Err(message) => message,
    };
    let mut smallest = program.clone();
    'smaller: loop {
        for thread in 0..smallest.threads.len() {
            for access in 0..smallest.threads[thread].len() {
                let mut smaller = smallest.clone();
                smaller.threads[thread].remove(access);
                if let Err(other) = agreement(&smaller, memory) {
                    (smallest, message) = (smaller, other);
                    continue 'smaller;
                }
            }
        }
        break;
    }
    panic!("seed {seed}, {memory:?}: {smallest:#?}\n{message}\n{}", smallest.to_il());
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
    (0..200).map(|_| next()).collect()
}

const LOAD_ORDERS: [MemoryOrder; 3] =
    [MemoryOrder::Relaxed, MemoryOrder::Acquire, MemoryOrder::SeqCst];
const STORE_ORDERS: [MemoryOrder; 3] =
    [MemoryOrder::Relaxed, MemoryOrder::Release, MemoryOrder::SeqCst];
const ORDERS: [MemoryOrder; 5] = [
    MemoryOrder::Relaxed,
    MemoryOrder::Acquire,
    MemoryOrder::Release,
    MemoryOrder::AcqRel,
    MemoryOrder::SeqCst,
];

/// Two or three threads with two to four accesses each, or four with one or two, over two atomics, and a cell
/// if that is wanted.
fn program(seed: u64, with_cell: bool) -> SmallProgram {
    let numbers = numbers(seed);
    let mut entropy = Entropy::new(&numbers);
    let threads = 2 + entropy.below(3);
    let longest = if threads == 4 { 2 } else { 4 };
    let shortest = if threads == 4 { 1 } else { 2 };
    let mut word = 0;
    let mut access = |entropy: &mut Entropy<'_>| {
        word += 1;
        if with_cell && entropy.once_in(3) {
            let (at, order) = (2, None);
            return match entropy.below(2) {
                0 => Access::Load { at, order },
                _ => Access::Store { at, word, order },
            };
        }
        let at = entropy.below(2);
        match entropy.below(12) {
            0..=3 => Access::Load { at, order: Some(*entropy.pick(&LOAD_ORDERS)) },
            4..=6 => Access::Store { at, word, order: Some(*entropy.pick(&STORE_ORDERS)) },
            7 => Access::Exchange { at, word, order: *entropy.pick(&ORDERS) },
            8 => Access::Add { at, word: 10, order: *entropy.pick(&ORDERS) },
            9 => Access::Cas {
                at,
                expected: entropy.below(3) as u64,
                desired: word,
                success: *entropy.pick(&ORDERS),
                failure: *entropy.pick(&LOAD_ORDERS),
            },
            _ => Access::Fence { order: *entropy.pick(&ORDERS[1..]) },
        }
    };
    let mut thread = |entropy: &mut Entropy<'_>| -> Vec<Access> {
        (0..shortest + entropy.below(longest - shortest + 1)).map(|_| access(entropy)).collect()
    };
    let threads = (0..threads).map(|_| thread(&mut entropy)).collect();
    SmallProgram { locations: 2 + usize::from(with_cell), threads }
}

/// What was compared.
#[derive(Clone, Copy, Debug, Default)]
struct Compared {
    executions: u64,
    with_race: u64,
    without_race: u64,
}

fn agree(seeds: std::ops::Range<u64>, with_cell: bool) -> Compared {
    let mut compared = Compared::default();
    for seed in seeds {
        let program = program(seed, with_cell);
        for memory in MemoryModel::ALL {
            match check(seed, &program, memory) {
                Agreement::Race => compared.with_race += 1,
                Agreement::Executions(executions) => {
                    compared.executions += executions;
                    compared.without_race += 1;
                }
                Agreement::Nothing => {}
            }
        }
    }
    compared
}

#[test]
fn atomics_have_the_executions_of_the_explorer_and_of_the_axioms() {
    let compared = agree(0..200, false);
    assert!(compared.executions > 5_000 && compared.with_race == 0, "{compared:?}");
}

fn load(at: usize, order: MemoryOrder) -> Access {
    Access::Load { at, order: Some(order) }
}

fn store(at: usize, word: u64, order: MemoryOrder) -> Access {
    Access::Store { at, word, order: Some(order) }
}

fn add(at: usize, order: MemoryOrder) -> Access {
    Access::Add { at, word: 10, order }
}

/// Shapes that chance seldom draws.
#[test]
fn chosen_programs_have_the_executions_of_the_explorer_and_of_the_axioms() {
    use MemoryOrder::{AcqRel, Acquire, Relaxed, Release, SeqCst};
    let fence = |order| Access::Fence { order };
    let chosen = [
        // A new write serves a read-modify-write, whose write then serves a read, before a third write.
        vec![
            vec![store(0, 1, Relaxed)],
            vec![load(0, Relaxed)],
            vec![add(0, Relaxed)],
            vec![store(0, 2, Relaxed)],
        ],
        // The same with two of them in a row.
        vec![
            vec![add(0, Relaxed)],
            vec![load(0, Relaxed)],
            vec![add(0, Relaxed)],
            vec![store(0, 2, Relaxed)],
        ],
        // A release sequence goes on through a relaxed read-modify-write.
        vec![
            vec![store(1, 1, Relaxed), store(0, 1, Release)],
            vec![add(0, Relaxed)],
            vec![load(0, Acquire), load(1, Relaxed)],
        ],
        // Fences order what is relaxed.
        vec![
            vec![store(1, 1, Relaxed), fence(Release), store(0, 1, Relaxed)],
            vec![load(0, Relaxed), fence(Acquire), load(1, Relaxed)],
        ],
        vec![
            vec![store(0, 1, Relaxed), fence(SeqCst), load(1, Relaxed)],
            vec![store(1, 1, Relaxed), fence(SeqCst), load(0, Relaxed)],
        ],
        // Seq-cst fences in readers alone.
        vec![
            vec![store(0, 1, Relaxed)],
            vec![store(1, 1, Relaxed)],
            vec![load(0, Acquire), fence(SeqCst), load(1, Acquire)],
            vec![load(1, Acquire), fence(SeqCst), load(0, Acquire)],
        ],
        // A compare-exchange that fails has the other ordering.
        vec![
            vec![store(1, 1, Relaxed), store(0, 5, Release)],
            vec![
                Access::Cas { at: 0, expected: 1, desired: 2, success: AcqRel, failure: Relaxed },
                load(1, Relaxed),
            ],
        ],
    ];
    for (seed, threads) in (0..).zip(chosen) {
        let program = SmallProgram { locations: 2, threads };
        for memory in MemoryModel::ALL {
            assert!(matches!(check(seed, &program, memory), Agreement::Executions(2..)));
        }
    }
}

#[test]
fn cells_race_where_the_explorer_and_the_axioms_say_so() {
    let compared = agree(0..200, true);
    assert!(compared.with_race > 50 && compared.without_race > 50, "{compared:?}");
}

#[test]
#[ignore = "the same on twenty times as many programs takes a minute"]
fn atomics_have_the_executions_of_the_explorer_and_of_the_axioms_at_length() {
    agree(1_000..5_000, false);
}

#[test]
#[ignore = "the same on twenty times as many programs takes a minute"]
fn cells_race_where_the_explorer_and_the_axioms_say_so_at_length() {
    agree(1_000..5_000, true);
}

#[test]
fn what_shuttle_shows_is_among_the_sequential_executions() {
    let mut shown = 0;
    for seed in 0..100 {
        let program = program(seed, false);
        let there: Arc<Mutex<Found>> = Arc::default();
        let (body, place) = (program.clone(), there.clone());
        let engine = Shuttle::new(Strategy::Random { seed }, 100);
        engine.explore(Arc::new(move || run_in_shuttle(&body, &place)));
        let (report, here) = in_heddle(&program, MemoryModel::Sc);
        assert!(matches!(report.verdict, Verdict::Exhausted { .. }), "{seed}: {report:?}");
        for outcome in taken(&there).keys() {
            assert!(here.contains_key(outcome), "seed {seed}: {outcome:?} of {program:?}");
            shown += 1;
        }
    }
    assert!(shown > 400, "only {shown} outcomes were compared");
}
