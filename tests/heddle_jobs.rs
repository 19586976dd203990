//! A search by several OS threads: it runs what one would run, and each execution once.
#![cfg(feature = "heddle")]

#[path = "common/last_owner.rs"]
mod last_owner;

use std::collections::HashSet;
use std::sync::atomic::AtomicU32 as StdAtomic;
use std::sync::{Arc as Shared, Mutex as SharedMutex};

use drawloom::engine::heddle::{Heddle, Strategy};
use drawloom::engine::{Body, Bound, Engine, Fault, Probe, Verdict, Watcher};
use drawloom::heddle::__fingerprint as fingerprint;
use drawloom::heddle::sync::{
    Arc, AtomicU32, Condvar, Mutex,
    Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
    Plain, thread,
};
use last_owner::last_owner;

drawloom::heddle::sync::global! {
    static MADE: AtomicU32 = AtomicU32::new(0);
}

fn join<T>(threads: Vec<thread::JoinHandle<T>>) -> Vec<T> {
    threads.into_iter().map(|it| it.join().unwrap()).collect()
}

fn locked() {
    let count = Arc::new(Mutex::new(0));
    let adders = (0..3).map(|_| {
        let count = count.clone();
        thread::spawn(move || (0..2).for_each(|_| *count.lock().unwrap() += 1))
    });
    join(adders.collect());
    assert_eq!(*count.lock().unwrap(), 6);
}

fn counted() {
    let count = Arc::new(AtomicU32::new(0));
    let adders = (0..3).map(|_| {
        let count = count.clone();
        thread::spawn(move || {
            let old = count.load(Relaxed);
            let _ = count.compare_exchange(old, old + 1, AcqRel, Relaxed);
            MADE.fetch_add(1, SeqCst);
        })
    });
    join(adders.collect());
    assert!((1..=3).contains(&count.load(Relaxed)));
}

/// Threads start threads and make objects, whose numbers must be the same for all workers.
fn nested() {
    let words: Arc<Vec<AtomicU32>> = Arc::new((0..2).map(AtomicU32::new).collect());
    let parents = (0..2_usize).map(|me| {
        let words = words.clone();
        thread::spawn(move || {
            let own = Arc::new(AtomicU32::new(7));
            let (theirs, words) = (own.clone(), words);
            let child = thread::spawn(move || {
                theirs.store(words[me].load(Acquire), Release);
                words[1 - me].store(5, Release);
            });
            let seen = own.load(Acquire);
            child.join().unwrap();
            seen
        })
    });
    assert!(join(parents.collect()).iter().all(|it| [0, 1, 5, 7].contains(it)));
}

fn handed_over() {
    let place = Arc::new((Mutex::new(None), Condvar::new()));
    let givers = (0..2).map(|number| {
        let place = place.clone();
        thread::spawn(move || {
            let mut slot = place.0.lock().unwrap();
            while slot.is_some() {
                slot = place.1.wait(slot).unwrap();
            }
            *slot = Some(number);
            place.1.notify_all();
        })
    });
    let givers: Vec<_> = givers.collect();
    let mut taken = vec![];
    for _ in 0..2 {
        let mut slot = place.0.lock().unwrap();
        while slot.is_none() {
            slot = place.1.wait(slot).unwrap();
        }
        taken.extend(slot.take());
        place.1.notify_all();
    }
    join(givers);
    taken.sort_unstable();
    assert_eq!(taken, [0, 1]);
}

#[test]
fn several_workers_run_what_one_runs_and_each_execution_once() {
    let bodies: [(&str, fn()); 5] = [
        ("locked", locked),
        ("counted", counted),
        ("nested", nested),
        ("last owner", last_owner),
        ("handed over", handed_over),
    ];
    for (name, run) in bodies {
        let alone = Heddle::default().explore(Shared::new(run));
        let is_all = matches!(alone.verdict, Verdict::Exhausted { .. } | Verdict::Searched { .. });
        assert!(is_all, "{name}: {alone:?}");
        for jobs in [2, 5] {
            let seen = Shared::new(SharedMutex::new(HashSet::new()));
            let all = seen.clone();
            let body: Body = Shared::new(move || {
                run();
                let is_new = all.lock().unwrap().insert(fingerprint().expect("it goes on"));
                assert!(is_new, "an execution of its own");
            });
            // Not repeated: the body counts.
            let probe = Probe { trusts_body: true, ..Probe::default() };
            let together = Heddle::default().jobs(jobs).explore_with(body, probe);
            assert_eq!(together.verdict, alone.verdict, "{name} by {jobs}");
            assert_eq!(together.executions, alone.executions, "{name} by {jobs}");
            assert_eq!(together.finished, alone.finished, "{name} by {jobs}");
            // Those before the search began again are other ones.
            let begins_again = name == "last owner";
            let seen = seen.lock().unwrap().len() as u64;
            assert!(seen == alone.executions || begins_again && seen > alone.executions);
        }
    }
}

#[test]
fn a_limit_holds_for_all_workers_together() {
    for jobs in [2, 5] {
        let options = Heddle::default().jobs(jobs);
        let report = options.executions_max(50).explore(Shared::new(locked));
        let stopped_by = Bound::Executions;
        assert_eq!(report.verdict, Verdict::Bounded { executions: 50, stopped_by });
        let drawn = options.strategy(Strategy::Random { seed: 3 }).executions_max(70);
        let report = drawn.explore(Shared::new(locked));
        assert!(matches!(report.verdict, Verdict::Bounded { executions: 70, .. }), "{report:?}");
    }
}

/// Races in one of the 24 orders of its threads.
fn unlocked() {
    let cell = Arc::new((Plain::new(0), AtomicU32::new(0)));
    let others = (0..4).map(|me| {
        let cell = cell.clone();
        thread::spawn(move || {
            let turn = cell.1.fetch_add(1, Relaxed);
            if turn == 3 - me && cell.1.load(Relaxed) == 4 {
                cell.0.with_mut(|it| *it += 1);
            }
        })
    });
    join(others.collect());
}

#[test]
fn what_several_workers_find_shows_itself_again() {
    for jobs in 1..4 {
        let report = Heddle::default().jobs(jobs).explore(Shared::new(unlocked));
        let Verdict::Violated(shown) = &report.verdict else { panic!("{report:?}") };
        assert_eq!(shown.violation, Fault::DataRace);
        let schedule = shown.schedule.as_ref().expect("a schedule");
        let again = Heddle::default().repeat(schedule, Shared::new(unlocked)).expect("ours");
        let Verdict::Violated(again) = again.verdict else { panic!("{again:?}") };
        assert_eq!((again.violation, &again.location), (shown.violation, &shown.location));
    }
}

/// Two threads may start a child each, whose numbers depend on who has started one in an earlier execution. The
/// children race, if there are two.
fn starting() {
    let shared = Arc::new((Plain::new(0), AtomicU32::new(0), AtomicU32::new(0)));
    let parents = (0..2).map(|_| {
        let shared = shared.clone();
        thread::spawn(move || {
            if shared.1.fetch_add(1, Relaxed) % 3 == 2 {
                let child = shared.clone();
                let child = thread::spawn(move || {
                    child.0.with_mut(|it| *it += 1);
                    child.2.fetch_add(1, Relaxed);
                });
                child.join().unwrap();
            }
        })
    });
    let parents: Vec<_> = parents.collect();
    for _ in 0..3 {
        shared.1.fetch_add(1, Relaxed);
    }
    join(parents);
}

/// The number of owners is asked for in one of the 24 orders of the threads, where the search begins again.
fn asking() {
    let shared = Arc::new(AtomicU32::new(0));
    let others = (0..4).map(|me| {
        let shared = shared.clone();
        thread::spawn(move || {
            let turn = shared.fetch_add(1, Relaxed);
            if turn == 3 - me && shared.load(Relaxed) == 4 {
                assert!(Arc::strong_count(&shared) > 2, "{me}");
            }
        })
    });
    join(others.collect());
}

#[test]
fn drawn_executions_are_the_same_for_any_number_of_workers() {
    for (name, run) in [("unlocked", unlocked as fn()), ("starting", starting), ("asking", asking)]
    {
        for seed in 0..4 {
            for strategy in [
                Strategy::Random { seed },
                Strategy::Pct { depth: 3, seed },
                Strategy::Urw { seed },
                Strategy::Pos { seed },
                Strategy::Surw { seed },
            ] {
                let drawn = |jobs| {
                    let options = Heddle::default().strategy(strategy).executions_max(2_000);
                    options.jobs(jobs).explore(Shared::new(run)).verdict
                };
                let alone = drawn(1);
                for jobs in [2, 4] {
                    assert_eq!(drawn(jobs), alone, "{name}: {strategy:?} by {jobs}");
                }
            }
        }
    }
}

#[derive(Debug)]
struct Panics;

impl Watcher for Panics {
    fn stop(&self) -> Option<Bound> {
        static ASKED: StdAtomic = StdAtomic::new(0);
        assert!(ASKED.fetch_add(1, Relaxed) != 40, "on purpose");
        None
    }

    fn may_make(&self, _: usize, _: u64) -> bool {
        true
    }
}

#[test]
fn a_worker_that_panics_ends_the_search() {
    let probe = Probe { watcher: Some(Shared::new(Panics)), ..Probe::default() };
    let search = || Heddle::default().jobs(3).explore_with(Shared::new(locked), probe);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(search)).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"on purpose"));
}

#[test]
fn a_deadlock_that_one_worker_finds_ends_the_others() {
    let report = Heddle::default().jobs(3).explore(Shared::new(|| {
        let locks = Arc::new((Mutex::new(()), Mutex::new(())));
        let theirs = locks.clone();
        let other = thread::spawn(move || {
            let _second = theirs.1.lock().unwrap();
            drop(theirs.0.lock().unwrap());
        });
        let first = locks.0.lock().unwrap();
        drop(locks.1.lock().unwrap());
        drop(first);
        other.join().unwrap();
    }));
    let Verdict::Violated(shown) = report.verdict else { panic!("{report:?}") };
    assert_eq!(shown.violation, Fault::Deadlock);
    assert!(shown.message.contains("waits in Lock"), "{}", shown.message);
}
