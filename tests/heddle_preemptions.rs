//! The limit on preemptions in a search by our own engine: what is run within it, what is left out, and that this is said.
#![cfg(feature = "heddle")]

use std::collections::BTreeSet;
use std::sync::{Arc as Shared, Mutex as Locked};
use std::time::Duration;

use drawloom::engine::heddle::{Heddle, Strategy};
use drawloom::engine::{Bound, Engine, Report, Verdict};
use drawloom::heddle::sync::{Arc, AtomicU32, Condvar, Mutex, Ordering::Relaxed, thread};

fn explored(engine: Heddle, run: impl Fn() + Send + Sync + 'static) -> Report {
    engine.explore(Shared::new(run))
}

fn within(preemptions: usize) -> Heddle {
    Heddle::default().preemptions_max(preemptions)
}

fn is_bounded_by_preemptions(report: &Report) -> bool {
    matches!(report.verdict, Verdict::Bounded { stopped_by: Bound::Preemptions, .. })
}

fn is_exhausted(report: &Report) -> bool {
    matches!(report.verdict, Verdict::Exhausted { .. })
}

/// The orders in which threads come to a word that each of them changes so often.
fn orders(engine: Heddle, threads: u32, times: u32) -> (Report, BTreeSet<Vec<u32>>) {
    let found: Shared<Locked<BTreeSet<Vec<u32>>>> = Shared::default();
    let place = found.clone();
    let report = explored(engine, move || {
        let word = Arc::new(AtomicU32::new(0));
        let changers = (0..threads).map(|number| {
            let word = word.clone();
            thread::spawn(move || {
                let turn = |_| (word.fetch_add(1, Relaxed), number);
                (0..times).map(turn).collect::<Vec<_>>()
            })
        });
        let changers: Vec<_> = changers.collect();
        let mut turns: Vec<_> = changers.into_iter().flat_map(|it| it.join().unwrap()).collect();
        turns.sort_unstable();
        place.lock().unwrap().insert(turns.into_iter().map(|(_, number)| number).collect());
    });
    let found = std::mem::take(&mut *found.lock().unwrap());
    (report, found)
}

/// How often an order leaves a thread that comes again.
fn preemptions(order: &[u32]) -> usize {
    let leaves =
        |at: &usize| order[*at] != order[*at - 1] && order[*at..].contains(&order[*at - 1]);
    (1..order.len()).filter(leaves).count()
}

#[test]
fn orders_with_few_preemptions_are_run_and_most_others_are_not() {
    for (threads, times) in [(2, 3), (2, 4), (3, 2)] {
        let (report, all) = orders(Heddle::default(), threads, times);
        assert!(is_exhausted(&report), "{report:?}");
        let most = all.iter().map(|it| preemptions(it)).max().expect("there are some");
        for limit in 0..=most {
            let (report, run) = orders(within(limit), threads, times);
            let within_limit = |it: &&Vec<u32>| preemptions(it) <= limit;
            let missing: Vec<_> = all.difference(&run).filter(within_limit).collect();
            assert!(missing.is_empty(), "{missing:?}");
            // One that has been begun is run to its end: two more for each way to get behind.
            let near = all.iter().filter(|it| preemptions(it) <= limit + 2).count();
            assert!(run.len() <= near, "{} of {near}", run.len());
            assert_eq!(is_exhausted(&report), run == all, "{report:?}");
            assert_eq!(is_bounded_by_preemptions(&report), run != all, "{report:?}");
            let (parallel, by_two) = orders(within(limit).jobs(2), threads, times);
            assert_eq!((parallel.executions, by_two), (report.executions, run));
            assert_eq!(parallel.verdict, report.verdict);
        }
    }
}

/// Fails only if another thread comes between two changes of the first.
fn is_interrupted() {
    let word = Arc::new(AtomicU32::new(0));
    let others = word.clone();
    let two = thread::spawn(move || word.fetch_add(1, Relaxed) + 1 == word.fetch_add(1, Relaxed));
    let one = thread::spawn(move || others.fetch_add(10, Relaxed));
    one.join().unwrap();
    assert!(two.join().unwrap());
}

#[test]
fn what_needs_a_preemption_is_found_with_one() {
    let report = explored(within(0), is_interrupted);
    assert!(is_bounded_by_preemptions(&report), "{report:?}");
    let report = explored(within(1), is_interrupted);
    assert!(matches!(report.verdict, Verdict::Violated(_)), "{report:?}");
}

#[test]
fn executions_that_are_drawn_have_any_number_of_preemptions() {
    let engine = within(0).strategy(Strategy::Random { seed: 1 }).executions_max(200);
    let report = explored(engine, is_interrupted);
    assert!(matches!(report.verdict, Verdict::Violated(_)), "{report:?}");
}

#[test]
fn an_estimate_is_one_of_the_search_with_the_limit() {
    let many = || {
        let word = Arc::new(AtomicU32::new(0));
        let changers = [(); 2].map(|()| {
            let word = word.clone();
            thread::spawn(move || (0..4).for_each(|_| _ = word.fetch_add(1, Relaxed)))
        });
        for changer in changers {
            changer.join().unwrap();
        }
    };
    let truth = explored(within(0), many).executions as f64;
    let estimate = within(0).estimate(Shared::new(many), 1, 300).expect("it repeats itself");
    assert!((estimate.executions - truth).abs() < truth / 2.0, "{estimate:?} of {truth}");
    assert!(truth < 10.0);
}

/// Many threads that have nothing to do with each other, and two that need two preemptions.
#[test]
fn many_threads_do_not_hold_the_search_up() {
    let report = explored(within(0).executions_max(100), || {
        let words = Arc::new([(); 2].map(|()| AtomicU32::new(0)));
        let idlers = (0..24).map(|_| thread::spawn(|| _ = AtomicU32::new(0).load(Relaxed)));
        let crossing = [(0, 1), (1, 0)].map(|(first, second)| {
            let words = words.clone();
            thread::spawn(move || {
                for word in [first, second, first, second] {
                    words[word].fetch_add(1, Relaxed);
                }
            })
        });
        let all = idlers.collect::<Vec<_>>().into_iter().chain(crossing);
        all.for_each(|it| it.join().unwrap());
    });
    assert!(report.finished > 1, "{report:?}");
}

/// How many executions a body has, and how many of them are run without a preemption.
fn all_and_few(run: fn()) -> (u64, u64) {
    let all = explored(Heddle::default(), run);
    assert!(all.executions > 1, "{all:?}");
    (all.executions, explored(within(0), run).executions)
}

#[test]
fn a_thread_that_waits_or_yields_is_not_preempted() {
    let locks = || {
        let count = Arc::new(Mutex::new(0));
        let adders = [(); 2].map(|()| {
            let count = count.clone();
            thread::spawn(move || *count.lock().unwrap() += 1)
        });
        for adder in adders {
            adder.join().unwrap();
        }
    };
    // As three threads, since a child that comes first preempts the one that has started it.
    let notifies = || {
        let state = Arc::new((Mutex::new(false), Condvar::new()));
        let others = state.clone();
        let sets = thread::spawn(move || {
            *others.0.lock().unwrap() = true;
            others.1.notify_one();
        });
        let waits = thread::spawn(move || {
            let mut is_set = state.0.lock().unwrap();
            while !*is_set {
                is_set = state.1.wait(is_set).unwrap();
            }
        });
        sets.join().unwrap();
        waits.join().unwrap();
    };
    let parks = || {
        let word = Arc::new(AtomicU32::new(0));
        let (others, main) = (word.clone(), thread::current());
        let unparks = thread::spawn(move || {
            main.unpark();
            others.fetch_add(1, Relaxed);
        });
        thread::park();
        word.fetch_add(1, Relaxed);
        unparks.join().unwrap();
    };
    let yields = || {
        let word = Arc::new(AtomicU32::new(0));
        let others = word.clone();
        let adds = thread::spawn(move || others.fetch_add(1, Relaxed));
        thread::yield_now();
        // What reads nothing of the others may come before what does.
        AtomicU32::new(0).load(Relaxed);
        word.fetch_add(1, Relaxed);
        adds.join().unwrap();
    };
    let times_out = || {
        let state = Arc::new((Mutex::new(0), Condvar::new()));
        let others = state.clone();
        let adds = thread::spawn(move || *others.0.lock().unwrap() += 1);
        let guard = state.0.lock().unwrap();
        drop(state.1.wait_timeout(guard, Duration::from_secs(1)).unwrap());
        adds.join().unwrap();
    };
    assert_eq!(all_and_few(locks), (2, 2));
    assert_eq!(all_and_few(notifies), (2, 2));
    assert_eq!(all_and_few(yields), (2, 2));
    assert_eq!(all_and_few(parks), (2, 2));
    // The child comes before the first lock, which preempts its parent, or during the wait, or after it.
    assert_eq!(all_and_few(times_out), (3, 2));
}

/// Three orders of two locks and a word, in which one thread waits for the lock twice.
#[test]
fn a_thread_that_finds_a_lock_held_twice_waits_for_it_twice() {
    let turns = || {
        let (lock, words) = (Mutex::new(()), [(); 2].map(|()| AtomicU32::new(0)));
        let shared = Arc::new((lock, words));
        let theirs = shared.clone();
        let holds = thread::spawn(move || {
            let guard = theirs.0.lock().unwrap();
            theirs.1[0].fetch_add(1, Relaxed);
            let has_come = theirs.1[1].fetch_add(1, Relaxed) > 0;
            drop(guard);
            drop(theirs.0.lock().unwrap());
            has_come
        });
        let mine = thread::spawn(move || {
            let is_late = shared.1[0].fetch_add(1, Relaxed) > 0;
            shared.1[1].fetch_add(1, Relaxed);
            drop(shared.0.lock().unwrap());
            is_late
        });
        (holds.join().unwrap(), mine.join().unwrap())
    };
    let found: Shared<Locked<BTreeSet<(bool, bool)>>> = Shared::default();
    let place = found.clone();
    let report = explored(within(1), move || _ = place.lock().unwrap().insert(turns()));
    assert!(is_bounded_by_preemptions(&report) || is_exhausted(&report), "{report:?}");
    assert!(found.lock().unwrap().contains(&(true, true)), "{found:?}");
}

/// Two threads that come to a word nine times each: 48,620 orders, of which two need no preemption.
fn takes_long() {
    let word = Arc::new(AtomicU32::new(0));
    let comers = [(); 2].map(|()| {
        let word = word.clone();
        thread::spawn(move || (0..9).for_each(|_| _ = word.fetch_add(1, Relaxed)))
    });
    for comer in comers {
        comer.join().unwrap();
    }
}

#[test]
fn a_long_search_looks_at_executions_with_few_preemptions_early() {
    let late = || {
        is_interrupted();
        takes_long();
    };
    let found_after = |engine: Heddle| {
        let report = explored(engine, late);
        let Verdict::Violated(shown) = &report.verdict else { panic!("{report:?}") };
        assert!(shown.execution <= report.executions, "{report:?}");
        shown.execution
    };
    assert!(found_after(Heddle::default().few_preemptions_early(false)) > 48_620);
    // There are not so many executions that those with few preemptions would be a small part of them.
    assert!(found_after(Heddle::default().executions_max(500_000)) > 48_620);
    for jobs in [1, 2] {
        let after = found_after(Heddle::default().jobs(jobs));
        assert!((20_000..20_100).contains(&after), "{after}");
    }
}

#[test]
fn executions_with_few_preemptions_count_once() {
    for jobs in [1, 2] {
        let report = explored(Heddle::default().jobs(jobs), takes_long);
        assert_eq!((report.executions, report.finished), (48_620, 48_620));
        assert!(is_exhausted(&report), "{report:?}");
        assert_eq!(report.bounds, BTreeSet::new());
    }
}
