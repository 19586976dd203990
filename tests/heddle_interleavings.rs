//! Rust code with locks, condition variables, starts and joins, statics and shared ownership under our own
//! engine, against all interleavings.
#![cfg(feature = "heddle")]

#[path = "common/drawn.rs"]
mod drawn;
#[path = "common/entropy.rs"]
mod entropy;
#[path = "common/threaded_program.rs"]
mod threaded_program;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::{Arc as StdArc, Mutex as StdMutex};
use std::time::Duration;

use drawloom::engine::heddle::Heddle;
use drawloom::engine::{Engine, Fault, MemoryModel, Probe, Report, Verdict};
use drawloom::heddle::sync::Ordering::SeqCst;
use drawloom::heddle::sync::{
    Arc, AtomicU64, Condvar, Mutex, MutexGuard, Plain, global, local, thread,
};
use drawn::strategies;
use threaded_program::{Ends, LOCKS, Mix, OWNED, Op, Outcome, ThreadedProgram, ends};

/// What the threads of an execution share. It is in a `std` `Arc`, whose owners are no part of the search.
struct Shared {
    program: ThreadedProgram,
    locks: [(Mutex<u64>, Condvar); LOCKS],
    atomics: StdArc<[AtomicU64; 2]>,
    records: StdMutex<Vec<Vec<u64>>>,
    destroyers: StdArc<StdMutex<[u64; OWNED]>>,
}

/// What several threads own.
struct Owned {
    number: usize,
    atomics: StdArc<[AtomicU64; 2]>,
    destroyers: StdArc<StdMutex<[u64; OWNED]>>,
}

impl Drop for Owned {
    fn drop(&mut self) {
        let me = ME.with(Cell::get);
        self.destroyers.lock().expect("no panic")[self.number] = me as u64 + 1;
        self.atomics[1].fetch_add(1000, SeqCst);
    }
}

local! {
    static ME: Cell<usize> = Cell::new(usize::MAX - 1);
}

/// The atomics of the execution that runs on this OS thread, for initialisers.
struct Present(StdMutex<Option<StdArc<[AtomicU64; 2]>>>);

thread_local! {
    static PRESENT: Present = const { Present(StdMutex::new(None)) };
}

fn made_now() -> u64 {
    let atomics = PRESENT.with(|it| it.0.lock().expect("no panic").clone());
    atomics.expect("an execution goes on")[0].fetch_add(100, SeqCst)
}

global! {
    static ONE: u64 = made_now();
    static OTHER: u64 = made_now();
}

fn run_thread(shared: &StdArc<Shared>, me: usize, mut owned: Vec<Option<Arc<Owned>>>) {
    ME.with(|it| it.set(me));
    let mut guards: [Option<MutexGuard<'_, u64>>; LOCKS] = Default::default();
    let mut children: Vec<(usize, thread::JoinHandle<()>)> = Vec::new();
    let record = |word: u64| shared.records.lock().expect("no panic")[me].push(word);
    const HELD: &str = "the lock is held";
    for &op in &shared.program.threads[me] {
        match op {
            Op::Lock(lock) => {
                let guard = shared.locks[lock].0.lock().expect("no panic");
                guards[lock] = Some(guard);
            }
            Op::Unlock(lock) => drop(guards[lock].take()),
            Op::Get(lock) => record(**guards[lock].as_ref().expect(HELD)),
            Op::Add(lock, word) => **guards[lock].as_mut().expect(HELD) += word,
            Op::Wait(lock) => {
                let guard = guards[lock].take().expect(HELD);
                guards[lock] = Some(shared.locks[lock].1.wait(guard).expect("no panic"));
            }
            Op::WaitWhile(lock) => {
                let guard = guards[lock].take().expect(HELD);
                let guard = shared.locks[lock].1.wait_while(guard, |it| *it == 0);
                guards[lock] = Some(guard.expect("no panic"));
            }
            Op::WaitTimeout(lock) => {
                let guard = guards[lock].take().expect(HELD);
                let time = Duration::from_secs(1);
                let waited = shared.locks[lock].1.wait_timeout_while(guard, time, |it| *it == 0);
                let (guard, result) = waited.expect("no panic");
                record(u64::from(result.timed_out()));
                guards[lock] = Some(guard);
            }
            Op::NotifyOne(lock) => shared.locks[lock].1.notify_one(),
            Op::NotifyAll(lock) => shared.locks[lock].1.notify_all(),
            Op::Load(at) => record(shared.atomics[at].load(SeqCst)),
            Op::Store(at, word) => shared.atomics[at].store(word, SeqCst),
            Op::FetchAdd(at, word) => record(shared.atomics[at].fetch_add(word, SeqCst)),
            Op::Spawn(child) => {
                let (shared, owned) = (shared.clone(), owned.clone());
                let handle = thread::spawn(move || run_thread(&shared, child, owned));
                children.push((child, handle));
            }
            Op::Join(child) => {
                let at = children.iter().position(|it| it.0 == child).expect("it is started");
                children.remove(at).1.join().expect("it ends well");
            }
            Op::Static(which) => record(if which == 0 { *ONE } else { *OTHER }),
            Op::Drop(which) => drop(owned.get_mut(which).and_then(Option::take)),
            Op::Count(which) => {
                if let Some(Some(owned)) = owned.get(which) {
                    record(Arc::strong_count(owned) as u64);
                }
            }
        }
    }
    for share in &mut owned {
        drop(share.take());
    }
    for (_, child) in children {
        child.join().expect("it ends well");
    }
}

fn run(program: &ThreadedProgram) -> Outcome {
    let atomics = StdArc::new([AtomicU64::new(0), AtomicU64::new(0)]);
    PRESENT.with(|it| *it.0.lock().expect("no panic") = Some(atomics.clone()));
    let destroyers = StdArc::default();
    let threads = program.threads.len();
    let shared = StdArc::new(Shared {
        program: program.clone(),
        locks: std::array::from_fn(|_| (Mutex::new(0), Condvar::new())),
        atomics,
        records: StdMutex::new(vec![Vec::new(); threads]),
        destroyers,
    });
    let owned = (0..program.owned).map(|number| {
        let (atomics, destroyers) = (shared.atomics.clone(), shared.destroyers.clone());
        Some(Arc::new(Owned { number, atomics, destroyers }))
    });
    let (theirs, owned) = (shared.clone(), owned.collect());
    let first = thread::spawn(move || run_thread(&theirs, 0, owned));
    first.join().expect("it ends well");
    let mut outcome = std::mem::take(&mut *shared.records.lock().expect("no panic"));
    let mut rest: Vec<u64> = shared.atomics.iter().map(|it| it.load(SeqCst)).collect();
    rest.extend(shared.locks.iter().map(|(lock, _)| *lock.lock().expect("no panic")));
    rest.extend(*shared.destroyers.lock().expect("no panic"));
    outcome.push(rest);
    outcome
}

/// Larger programs are not compared.
const STATES_MAX: usize = 200_000;
const EXECUTIONS_MAX: u64 = 20_000;

#[derive(Clone, Copy, Debug, Default)]
struct Compared {
    programs: u64,
    /// How many programs have executions that are begun and cannot be completed.
    with_blocked: u64,
    deadlocks: u64,
    executions: u64,
    outcomes: usize,
    blocked: u64,
}

/// What a search has come across.
#[derive(Default)]
struct Found {
    outcomes: BTreeSet<Outcome>,
    /// The graphs.
    fingerprints: BTreeSet<String>,
    /// Graphs that were there before.
    repeated: u64,
    begun: u64,
}

/// How often the body has been begun, and what each run that has come to its end has come to, with its graph.
type Runs = (u64, Vec<(Outcome, String)>);

fn searched(program: &ThreadedProgram, engine: Heddle) -> (Report, Found) {
    let runs: StdArc<StdMutex<Runs>> = StdArc::default();
    let (program, place) = (program.clone(), runs.clone());
    let body = move || {
        place.lock().expect("no panic").0 += 1;
        let outcome = run(&program);
        let fingerprint = drawloom::heddle::__fingerprint().expect("an execution goes on");
        place.lock().expect("no panic").1.push((outcome, fingerprint));
    };
    // The body counts how often it is run.
    let probe = Probe { trusts_body: true, ..Probe::default() };
    let report = engine.explore_with(StdArc::new(body), probe);
    let (begun, mut completed) = std::mem::take(&mut *runs.lock().expect("no panic"));
    let mut found = Found { begun, ..Found::default() };
    // A search that sees too little begins again: what came before that does not count.
    let counted = completed.len().saturating_sub(report.finished as usize);
    for (outcome, fingerprint) in completed.drain(counted..) {
        found.outcomes.insert(outcome);
        found.repeated += u64::from(!found.fingerprints.insert(fingerprint));
    }
    (report, found)
}

fn engine(memory: MemoryModel) -> Heddle {
    let mut engine = Heddle::default().memory(memory).executions_max(EXECUTIONS_MAX);
    engine.timeouts_max = 100;
    engine
}

/// What heddle finds, if it is what all interleavings lead to.
fn compared(program: &ThreadedProgram, memory: MemoryModel) -> Result<Compared, String> {
    let Some(Ends { outcomes, has_deadlock }) = ends(program, STATES_MAX) else {
        return Ok(Compared::default());
    };
    let (report, Found { outcomes: found, fingerprints, repeated, begun }) =
        searched(program, engine(memory));
    let executions = report.executions;
    let compared = Compared { programs: 1, executions, ..Compared::default() };
    match &report.verdict {
        Verdict::Violated(shown) if shown.violation == Fault::Deadlock => {
            if has_deadlock {
                Ok(Compared { deadlocks: 1, ..compared })
            } else {
                Err(format!("a deadlock that cannot be: {}", shown.message))
            }
        }
        Verdict::Bounded { stopped_by: drawloom::verdict::Bound::Executions, .. } => {
            Ok(Compared::default())
        }
        Verdict::Exhausted { .. } | Verdict::Searched { .. } => {
            if report.finished != executions {
                Err(format!("of {executions} executions, {} finish", report.finished))
            } else if repeated > 0 {
                Err(format!("{repeated} of {executions} executions are repeated"))
            } else if has_deadlock {
                Err("it misses a deadlock".to_owned())
            } else if found != outcomes {
                let missed: Vec<_> = outcomes.difference(&found).collect();
                let impossible: Vec<_> = found.difference(&outcomes).collect();
                Err(format!("it misses {missed:?}, and shows {impossible:?}, which cannot be"))
            } else {
                assert_eq!(fingerprints.len() as u64, executions, "each has a graph of its own");
                let (outcomes, blocked) = (outcomes.len(), begun - executions);
                let with_blocked = u64::from(blocked > 0);
                Ok(Compared { with_blocked, outcomes, blocked, ..compared })
            }
        }
        other => Err(format!("an odd verdict: {other:?}")),
    }
}

/// What heddle finds.
///
/// # Panics
/// It is not what all interleavings lead to. Operations are removed for as long as that is so.
fn check(seed: u64, program: &ThreadedProgram, memory: MemoryModel) -> Compared {
    let mut message = match compared(program, memory) {
        Ok(compared) => return compared,
        Err(message) => message,
    };
    let mut smallest = program.clone();
    'smaller: loop {
        for thread in 0..smallest.threads.len() {
            for index in 0..smallest.threads[thread].len() {
                let Some(smaller) = smallest.without(thread, index) else { continue };
                if let Err(other) = compared(&smaller, memory) {
                    (smallest, message) = (smaller, other);
                    continue 'smaller;
                }
            }
        }
        break;
    }
    panic!("seed {seed}, {memory:?}: {smallest:?}\n{message}");
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

fn agree(seeds: std::ops::Range<u64>, mix: Mix, models: &[MemoryModel]) -> Compared {
    let mut all = Compared::default();
    for seed in seeds {
        let program = ThreadedProgram::by_chance(&numbers(seed), mix);
        for &memory in models {
            let Compared { programs, with_blocked, deadlocks, executions, outcomes, blocked } =
                check(seed, &program, memory);
            all.programs += programs;
            all.with_blocked += with_blocked;
            all.deadlocks += deadlocks;
            all.executions += executions;
            all.outcomes += outcomes;
            all.blocked += blocked;
        }
    }
    println!("{mix:?}: {all:?}");
    all
}

const ALL: &[MemoryModel] = &MemoryModel::ALL;

#[test]
fn locks_lead_to_what_interleavings_lead_to() {
    agree(0..300, Mix { relocks: true, ..Mix::default() }, ALL);
}

#[test]
fn waits_lead_to_what_interleavings_lead_to() {
    agree(0..300, Mix { waits: true, ..Mix::default() }, ALL);
}

#[test]
fn timed_waits_lead_to_what_interleavings_lead_to() {
    agree(0..300, Mix { timed_waits: true, ..Mix::default() }, ALL);
}

#[test]
fn timed_and_other_waits_lead_to_what_interleavings_lead_to() {
    agree(0..300, Mix { waits: true, timed_waits: true, ..Mix::default() }, ALL);
}

#[test]
fn statics_lead_to_what_interleavings_lead_to() {
    agree(0..300, Mix { statics: true, ..Mix::default() }, ALL);
}

#[test]
fn last_owners_are_those_of_interleavings() {
    agree(0..300, Mix { owners: true, ..Mix::default() }, ALL);
}

/// A count is read, and changed by a new owner, without an ordering. So this is about sequential consistency.
#[test]
fn counts_of_owners_are_those_of_interleavings() {
    agree(0..300, Mix { owners: true, counts: true, ..Mix::default() }, &[MemoryModel::Sc]);
}

/// Each strategy draws every deadlock that there is, almost every outcome, and nothing else.
#[test]
fn what_is_drawn_is_what_interleavings_lead_to() {
    const DRAWN: u64 = 30;
    let (mut all_deadlocks, mut deadlocks) = (0, [0; 5]);
    let (mut all_outcomes, mut outcomes) = (0, [0; 5]);
    let mixes = [
        Mix { relocks: true, ..Mix::default() },
        Mix { waits: true, timed_waits: true, ..Mix::default() },
        Mix { statics: true, ..Mix::default() },
    ];
    for seed in 0..60 {
        let program = ThreadedProgram::by_chance(&numbers(seed), mixes[seed as usize % 3]);
        let memory = ALL[seed as usize / 3 % ALL.len()];
        let (report, every) = searched(&program, engine(memory));
        let has_deadlock = is_deadlock(&report);
        if !has_deadlock && !matches!(report.verdict, Verdict::Exhausted { .. }) {
            continue;
        }
        all_deadlocks += u64::from(has_deadlock);
        if !has_deadlock {
            all_outcomes += every.outcomes.len();
        }
        for (at, strategy) in strategies(seed).into_iter().enumerate() {
            let engine = engine(memory).strategy(strategy).executions_max(DRAWN);
            let (report, found) = searched(&program, engine);
            let what = format!("seed {seed}, {memory}, {strategy:?}: {program:?}");
            if is_deadlock(&report) {
                assert!(has_deadlock, "a deadlock that cannot be: {what}");
                deadlocks[at] += 1;
            } else {
                assert!(matches!(report.verdict, Verdict::Bounded { .. }), "{report:?}, {what}");
            }
            if !has_deadlock {
                assert!(found.outcomes.is_subset(&every.outcomes), "{what}");
                outcomes[at] += found.outcomes.len();
            }
        }
    }
    println!("{outcomes:?} of {all_outcomes} outcomes, {deadlocks:?} of {all_deadlocks} deadlocks");
    assert!(all_deadlocks > 3 && deadlocks == [all_deadlocks; 5]);
    assert!(all_outcomes > 80 && outcomes.iter().all(|it| it * 10 > all_outcomes * 9));
}

fn is_deadlock(report: &Report) -> bool {
    matches!(&report.verdict, Verdict::Violated(shown) if shown.violation == Fault::Deadlock)
}

/// A thread begins before its first operation: what happens before the start is ordered with that by
/// more than the start alone, as it is in C++.
#[test]
fn a_thread_whose_first_operation_is_seq_cst_begins_before_it() {
    let threads = vec![
        vec![Op::Spawn(1), Op::Store(1, 2), Op::Spawn(2)],
        vec![Op::Store(0, 1), Op::Store(1, 3)],
        vec![Op::Load(0)],
    ];
    for &memory in ALL {
        let program = ThreadedProgram { threads: threads.clone(), owned: 0 };
        assert_eq!(check(0, &program, memory).executions, 3);
    }
}

/// Two threads wait, one after the other. Each notifies the other one after its own wait.
#[test]
fn a_notification_wakes_any_of_those_who_wait() {
    let notifies = [Op::Lock(0), Op::NotifyOne(0), Op::Unlock(0)];
    let waits = |started: usize| {
        let waits = [Op::Wait(0), Op::FetchAdd(0, 10), Op::NotifyOne(0), Op::Unlock(0)];
        [vec![Op::Lock(0), Op::Spawn(started)], waits.to_vec()].concat()
    };
    let program =
        ThreadedProgram { threads: vec![waits(1), waits(2), notifies.to_vec()], owned: 0 };
    for &memory in ALL {
        assert_eq!(check(0, &program, memory).outcomes, 2);
    }
}

/// What a thread makes must be published by more than a relaxed flag.
#[test]
fn the_use_of_what_another_thread_may_still_be_making_is_a_race() {
    fn published(order: [drawloom::heddle::sync::Ordering; 2], is_cell: bool) -> Verdict {
        let body = move || {
            let flag = StdArc::new(AtomicU64::new(0));
            let place: StdArc<std::sync::OnceLock<(Plain<u64>, AtomicU64)>> = StdArc::default();
            let (their_flag, their_place) = (flag.clone(), place.clone());
            let maker = thread::spawn(move || {
                let _ = their_place.set((Plain::new(7), AtomicU64::new(7)));
                their_flag.store(1, order[0]);
            });
            if flag.load(order[1]) == 1 {
                let (cell, atomic) = place.get().expect("it is published");
                let word = if is_cell { cell.with(|it| *it) } else { atomic.load(SeqCst) };
                assert_eq!(word, 7);
            }
            maker.join().expect("it ends well");
        };
        Heddle::default().explore(StdArc::new(body)).verdict
    }
    use drawloom::heddle::sync::Ordering::{Acquire, Relaxed, Release};
    for is_cell in [false, true] {
        let verdict = published([Release, Acquire], is_cell);
        assert!(matches!(verdict, Verdict::Exhausted { executions: 2 }), "{verdict:?}");
        for orders in [[Relaxed, Acquire], [Release, Relaxed]] {
            match published(orders, is_cell) {
                Verdict::Violated(shown) => assert_eq!(shown.violation, Fault::DataRace),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
#[ignore = "the same on ten times as many programs takes a minute"]
fn all_of_it_leads_to_what_interleavings_lead_to_at_length() {
    let waits = Mix { waits: true, ..Mix::default() };
    let timed_waits = Mix { timed_waits: true, ..waits };
    let statics = Mix { statics: true, ..waits };
    let owners = Mix { owners: true, statics: true, ..Mix::default() };
    for mix in [Mix { relocks: true, ..Mix::default() }, waits, timed_waits, statics, owners] {
        agree(1_000..4_000, mix, ALL);
    }
    agree(1_000..4_000, Mix { counts: true, ..owners }, &[MemoryModel::Sc]);
}
