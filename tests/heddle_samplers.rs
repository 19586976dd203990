//! Executions of Rust code that are drawn by each strategy: that they find what is there, again, as likely as the
//! strategy promises, and claim nothing more.
#![cfg(feature = "heddle")]

#[path = "common/drawn.rs"]
mod drawn;
#[path = "common/last_owner.rs"]
mod last_owner;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc as Shared, Mutex as SharedMutex};

use drawloom::engine::heddle::{Heddle, Strategy};
use drawloom::engine::{Body, Bound, Counterexample, Engine, Fault, MemoryModel, Report, Verdict};
use drawloom::heddle::sync::{
    Arc, AtomicU32, Mutex,
    Ordering::{self, Acquire, Relaxed, Release, SeqCst},
    Plain, thread,
};
use drawn::strategies;
use last_owner::last_owner;

const SEED: u64 = 1;

fn body(run: impl Fn() + Send + Sync + 'static) -> Body {
    Shared::new(run)
}

fn drawn(strategy: Strategy, executions_max: u64, body: &Body) -> Report {
    Heddle::default().strategy(strategy).executions_max(executions_max).explore(body.clone())
}

fn shown(report: &Report) -> &Counterexample {
    match &report.verdict {
        Verdict::Violated(shown) => shown,
        other => panic!("nothing is found: {other:?}"),
    }
}

/// A flag that publishes a cell, if its store has the ordering for that.
fn message(order: Ordering) -> Body {
    body(move || {
        let shared = Arc::new((Plain::new(0), AtomicU32::new(0)));
        let writer = shared.clone();
        let writes = thread::spawn(move || {
            writer.0.with_mut(|it| *it = 42);
            writer.1.store(1, order);
        });
        if shared.1.load(Acquire) == 1 {
            shared.0.with(|it| assert_eq!(*it, 42));
        }
        writes.join().unwrap();
    })
}

/// Two threads that each write one word and read the other: both read the old one only under weak memory.
fn store_buffering(order: Ordering) -> Body {
    body(move || {
        let words = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let theirs = words.clone();
        let other = thread::spawn(move || {
            theirs.0.store(1, order);
            theirs.1.load(order)
        });
        words.1.store(1, order);
        let mine = words.0.load(order);
        assert!(other.join().unwrap() + mine > 0, "both read the old word");
    })
}

/// Two writers of two words, and two readers that disagree about which was first.
fn independent_reads() -> Body {
    body(|| {
        let words = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let read = |is_swapped: bool| {
            let words = words.clone();
            thread::spawn(move || {
                let (first, second) =
                    if is_swapped { (&words.1, &words.0) } else { (&words.0, &words.1) };
                (first.load(Acquire), second.load(Acquire))
            })
        };
        let readers = [read(false), read(true)];
        let (one, other) = (words.clone(), words.clone());
        let writers = [
            thread::spawn(move || one.0.store(1, Release)),
            thread::spawn(move || other.1.store(1, Release)),
        ];
        let disagree = readers.map(|it| it.join().unwrap() == (1, 0));
        for writer in writers {
            writer.join().unwrap();
        }
        assert_ne!(disagree, [true; 2], "the readers disagree");
    })
}

/// Two threads that take two locks, in opposite orders if one is wrong.
fn two_locks(is_wrong: bool) -> Body {
    body(move || {
        let locks = Arc::new((Mutex::new(0), Mutex::new(0)));
        let theirs = locks.clone();
        let other = thread::spawn(move || {
            let (first, second) =
                if is_wrong { (&theirs.1, &theirs.0) } else { (&theirs.0, &theirs.1) };
            let first = first.lock().unwrap();
            drop(second.lock().unwrap());
            drop(first);
        });
        let first = locks.0.lock().unwrap();
        drop(locks.1.lock().unwrap());
        drop(first);
        other.join().unwrap();
    })
}

#[test]
fn every_strategy_finds_what_is_wrong_and_its_schedule_shows_it_again() {
    for (wrong, fault) in [
        (message(Relaxed), Fault::DataRace),
        (store_buffering(Relaxed), Fault::Panic),
        (independent_reads(), Fault::Panic),
        (two_locks(true), Fault::Deadlock),
    ] {
        for strategy in strategies(SEED) {
            let report = drawn(strategy, 2_000, &wrong);
            let found = shown(&report);
            assert_eq!((found.violation, report.seed), (fault, Some(SEED)), "{strategy:?}");
            let schedule = found.schedule.as_ref().expect("it can be run again");
            let again = Heddle::default().repeat(schedule, wrong.clone()).expect("it is heddle's");
            let again = shown(&again);
            assert_eq!((&again.message, &again.trace), (&found.message, &found.trace));
        }
    }
}

#[test]
fn nothing_found_is_bounded_and_never_everything() {
    for right in [message(Release), store_buffering(SeqCst), two_locks(false)] {
        for strategy in strategies(SEED) {
            let report = drawn(strategy, 200, &right);
            let stopped_by = Bound::Executions;
            assert_eq!(report.verdict, Verdict::Bounded { executions: 200, stopped_by });
            assert_eq!((report.executions, report.finished), (200, 200), "{strategy:?}");
        }
    }
}

/// The orders in which three threads come, and how often, in executions drawn in turn.
fn orders(strategy: Strategy) -> Vec<Vec<u32>> {
    let seen: Shared<SharedMutex<Vec<Vec<u32>>>> = Shared::default();
    let place = seen.clone();
    let run = body(move || {
        let order = Arc::new(Mutex::new(Vec::new()));
        let comers = (0..3).map(|number| {
            let order = order.clone();
            thread::spawn(move || order.lock().unwrap().push(number))
        });
        for comer in comers.collect::<Vec<_>>() {
            comer.join().unwrap();
        }
        place.lock().unwrap().push(order.lock().unwrap().clone());
    });
    drawn(strategy, 100, &run);
    std::mem::take(&mut *seen.lock().unwrap())
}

#[test]
fn a_seed_draws_the_same_executions_and_another_seed_draws_others() {
    for (one, other) in strategies(1).into_iter().zip(strategies(2)) {
        assert_eq!(orders(one), orders(one), "{one:?}");
        assert_ne!(orders(one), orders(other), "{one:?}");
        let wrong = independent_reads();
        assert_eq!(drawn(one, 2_000, &wrong), drawn(one, 2_000, &wrong), "{one:?}");
    }
}

/// The walks of a survey are no executions: only what is drawn after them counts.
#[test]
fn as_many_executions_are_drawn_as_the_limit_allows() {
    for strategy in strategies(SEED) {
        let known = orders(strategy).len();
        assert_eq!(known, 100 + if has_survey(strategy) { 16 } else { 0 }, "{strategy:?}");
    }
}

/// Whether walks are made before the search.
fn has_survey(strategy: Strategy) -> bool {
    !matches!(strategy, Strategy::Random { .. } | Strategy::Pos { .. })
}

/// The first thread opens a door and closes it. The second works on its own for so many rounds and then finds
/// the door open, if the first has been kept waiting all that time. Locks leave no choice of what is read.
fn open_door(rounds: u32) -> Body {
    body(move || {
        let door = Shared::new((Mutex::new(false), Mutex::new(0)));
        let theirs = door.clone();
        let opener = thread::spawn(move || {
            *theirs.0.lock().unwrap() = true;
            *theirs.0.lock().unwrap() = false;
        });
        let guest = thread::spawn(move || {
            for _ in 0..rounds {
                *door.1.lock().unwrap() += 1;
            }
            assert!(!*door.0.lock().unwrap(), "the door is open");
        });
        opener.join().unwrap();
        guest.join().unwrap();
    })
}

/// Priorities keep a thread waiting for as long as it takes. By a random walk this is as unlikely as as many
/// tosses of a coin.
#[test]
fn pct_keeps_a_thread_waiting_for_long() {
    let deep = open_door(12);
    for seed in 0..3 {
        let pct = drawn(Strategy::Pct { depth: 2, seed }, 1_000, &deep);
        assert_eq!(shown(&pct).violation, Fault::Panic, "seed {seed}");
        let walk = drawn(Strategy::Random { seed }, 5_000, &deep);
        assert!(matches!(walk.verdict, Verdict::Bounded { .. }), "seed {seed}: {walk:?}");
    }
    // The same is easy to find where the wait is short.
    assert_eq!(
        shown(&drawn(Strategy::Random { seed: 0 }, 1_000, &open_door(1))).violation,
        Fault::Panic
    );
}

/// A depth of 1 changes no priority: a thread that opens the door also closes it before others go on.
#[test]
fn pct_of_depth_one_changes_no_priorities() {
    let report = drawn(Strategy::Pct { depth: 1, seed: SEED }, 500, &open_door(3));
    assert!(matches!(report.verdict, Verdict::Bounded { .. }), "{report:?}");
}

const LONG: u32 = 9;

/// How often one update of a thread came after so many of the `LONG` ones of another thread.
fn places(strategy: Strategy, executions: u64) -> BTreeMap<u32, u64> {
    let seen: Shared<SharedMutex<Vec<u32>>> = Shared::default();
    let place = seen.clone();
    let run = body(move || {
        let word = Shared::new(AtomicU32::new(0));
        let theirs = word.clone();
        let many = thread::spawn(move || {
            for _ in 0..LONG {
                theirs.fetch_add(1, Relaxed);
            }
        });
        let one = thread::spawn(move || word.fetch_add(100, Relaxed));
        let found = one.join().unwrap();
        many.join().unwrap();
        place.lock().unwrap().push(found);
    });
    drawn(strategy, executions, &run);
    let seen = seen.lock().unwrap();
    let last = &seen[seen.len() - executions as usize..];
    let mut counts: BTreeMap<u32, u64> = (0..=LONG).map(|it| (it, 0)).collect();
    for found in last {
        *counts.get_mut(found).expect("it is one of the places") += 1;
    }
    counts
}

/// URW has the uniform distribution as far as no thread waits, which the first one does here; SURW has it exactly.
#[test]
fn uniform_walks_draw_every_interleaving_about_as_often_and_a_random_walk_does_not() {
    const EXECUTIONS: u64 = 3_000;
    let counts = strategies(SEED).map(|it| places(it, EXECUTIONS));
    let uniform = EXECUTIONS / u64::from(LONG + 1);
    let rarest = |at: usize| counts[at].values().copied().min().expect("some");
    let (walk, urw, surw) = (rarest(0), rarest(2), rarest(4));
    assert!(walk * 5 < uniform, "{walk} of {uniform}");
    assert!(urw * 2 > uniform, "{urw} of {uniform}");
    assert!(surw * 10 > uniform * 8, "{surw} of {uniform}");
    // Under POS the start of a thread keeps its priority while others draw theirs anew, with which it has no conflict.
    let (walk, pos) = (counts[0][&LONG], counts[3][&LONG]);
    assert!(walk * 5 < uniform && pos * 2 > uniform, "{walk} and {pos} of {uniform}");
}

/// Four updates by two threads whose orders can all be told apart, and two loads that may be late.
fn small(found: &Shared<SharedMutex<BTreeSet<[u32; 6]>>>) -> Body {
    let found = found.clone();
    body(move || {
        let words = Shared::new((AtomicU32::new(0), AtomicU32::new(0)));
        let theirs = words.clone();
        let other = thread::spawn(move || {
            let first = theirs.0.fetch_add(1, Relaxed);
            let second = theirs.0.fetch_add(1, Relaxed);
            theirs.1.store(1, Relaxed);
            [first, second, theirs.1.load(Relaxed)]
        });
        let late = words.1.load(Relaxed);
        let first = words.0.fetch_add(10, Relaxed);
        let second = words.0.fetch_add(10, Relaxed);
        let [one, two, three] = other.join().unwrap();
        found.lock().unwrap().insert([one, two, three, late, first, second]);
    })
}

#[test]
fn enough_executions_draw_every_outcome_and_none_that_is_not_there() {
    for memory in MemoryModel::ALL {
        let outcomes = |engine: Heddle| {
            let found = Shared::default();
            let report = engine.memory(memory).explore(small(&found));
            let outcomes = std::mem::take(&mut *found.lock().unwrap());
            (report.verdict, outcomes)
        };
        let (verdict, all) = outcomes(Heddle::default());
        assert!(matches!(verdict, Verdict::Exhausted { .. }) && all.len() > 6, "{verdict:?}");
        for strategy in strategies(SEED) {
            let (_, drawn) = outcomes(Heddle::default().strategy(strategy).executions_max(1_000));
            assert_eq!(drawn, all, "{memory}, {strategy:?}");
        }
    }
}

/// The walks of a survey, too, may find out that it matters who is the last owner: then all begins again.
#[test]
fn executions_in_which_owners_matter_are_drawn_by_every_strategy() {
    let begun = Shared::new(std::sync::atomic::AtomicU64::new(0));
    let place = begun.clone();
    let run = body(move || {
        place.fetch_add(1, Relaxed);
        last_owner();
    });
    for strategy in strategies(SEED) {
        let report = drawn(strategy, 50, &run);
        let walks = begun.swap(0, Relaxed) - 50;
        // Sixteen walks, after at least one that saw too little.
        assert!(
            if has_survey(strategy) { walks > 16 } else { walks == 0 },
            "{strategy:?}: {walks}"
        );
        assert!((1..=50).contains(&report.executions), "{strategy:?}: {report:?}");
        assert!(matches!(report.verdict, Verdict::Bounded { .. }), "{strategy:?}: {report:?}");
    }
}

/// A sampler has no limit on threads.
#[test]
fn a_hundred_threads_are_drawn_by_every_strategy() {
    let run = body(|| {
        let count = Arc::new(AtomicU32::new(0));
        let adders = (0..100).map(|_| {
            let count = count.clone();
            thread::spawn(move || {
                count.fetch_add(1, Relaxed);
            })
        });
        for adder in adders.collect::<Vec<_>>() {
            adder.join().unwrap();
        }
        assert_eq!(count.load(Relaxed), 100);
    });
    for strategy in strategies(SEED) {
        let report = drawn(strategy, 3, &run);
        assert_eq!((report.executions, report.finished), (3, 3), "{strategy:?}: {report:?}");
    }
}
