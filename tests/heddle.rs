//! The options of the heddle engine: which executions it runs, where it stops, and what it says then.
#![cfg(feature = "heddle")]

#[path = "common/last_owner.rs"]
mod last_owner;
#[path = "common/tries_in_a_loop.rs"]
mod tries_in_a_loop;

use std::sync::Arc as Shared;
use std::time::{Duration, Instant};

use drawloom::engine::heddle::{Heddle, Strategy};
use drawloom::engine::{Body, Bound, Engine, Fault, MemoryModel, Reason, Report, Verdict};
use drawloom::heddle::sync::{
    Arc, AtomicU32, Condvar, Counter, Mutex,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    Plain, RwLock, Weak, fence, global, mpsc, sometimes, thread,
};
use last_owner::last_owner;
use tries_in_a_loop::tries_in_a_loop;

fn body(run: impl Fn() + Send + Sync + 'static) -> Body {
    Shared::new(run)
}

fn explored(engine: Heddle, run: impl Fn() + Send + Sync + 'static) -> Report {
    engine.explore(body(run))
}

/// Three threads that enter a lock twice each: 6! / (2! 2! 2!) orders.
fn locked() {
    let count = Arc::new(Mutex::new(0));
    let adders = (0..3).map(|_| {
        let count = count.clone();
        thread::spawn(move || (0..2).for_each(|_| *count.lock().unwrap() += 1))
    });
    for adder in adders.collect::<Vec<_>>() {
        adder.join().unwrap();
    }
    assert_eq!(*count.lock().unwrap(), 6);
}

fn message(order: drawloom::heddle::sync::Ordering) {
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
}

fn store_buffering() {
    let words = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
    let theirs = words.clone();
    let other = thread::spawn(move || {
        theirs.0.store(1, Relaxed);
        theirs.1.load(Relaxed)
    });
    words.1.store(1, Relaxed);
    let mine = words.0.load(Relaxed);
    if other.join().unwrap() == 0 && mine == 0 {
        sometimes("both see nothing");
    }
}

#[test]
fn every_order_of_a_lock_is_one_execution_and_no_more_are_begun() {
    let report = explored(Heddle::default(), locked);
    assert_eq!(report.verdict, Verdict::Exhausted { executions: 90 });
    assert_eq!((report.executions, report.finished), (90, 90));
}

#[test]
fn an_estimate_is_near_the_truth() {
    let estimate = Heddle::default().estimate(body(locked), 1, 2_000).expect("it repeats itself");
    assert!(estimate.error > 0.0 && estimate.error < 10.0, "{estimate}");
    assert!((estimate.executions - 90.0).abs() < 5.0 * estimate.error, "{estimate}");
    let one = Heddle::default().estimate(body(|| ()), 1, 10).expect("it repeats itself");
    assert!(one.to_string().starts_with("about 1 executions (standard error 0 of"), "{one}");
}

#[test]
fn there_is_no_estimate_for_a_body_that_does_not_repeat_itself() {
    let runs = std::sync::atomic::AtomicU32::new(0);
    let estimate = Heddle::default().estimate(
        body(move || {
            let word = Arc::new(AtomicU32::new(0));
            match runs.fetch_add(1, Relaxed) % 2 {
                0 => word.store(1, Relaxed),
                _ => assert_eq!(word.load(Relaxed), 0),
            }
            let theirs = word.clone();
            let other = thread::spawn(move || theirs.store(1, Relaxed));
            word.load(Relaxed);
            other.join().unwrap();
        }),
        1,
        10,
    );
    assert_eq!(estimate, None);
}

#[test]
fn a_limit_on_executions_is_a_bound_unless_there_are_no_more() {
    let report = explored(Heddle::default().executions_max(89), locked);
    let stopped_by = Bound::Executions;
    assert_eq!(report.verdict, Verdict::Bounded { executions: 89, stopped_by });
    let report = explored(Heddle::default().executions_max(90), locked);
    assert_eq!(report.verdict, Verdict::Exhausted { executions: 90 });
}

#[test]
fn weak_memory_is_an_option() {
    let label = "both see nothing";
    for (memory, executions) in
        [(MemoryModel::Sc, 3), (MemoryModel::Rc11, 4), (MemoryModel::C20, 4)]
    {
        let report = explored(Heddle::default().memory(memory), store_buffering);
        assert_eq!(report.verdict, Verdict::Exhausted { executions });
        assert_eq!(report.reached.contains(label), memory != MemoryModel::Sc, "{memory}");
    }
}

#[test]
fn random_executions_find_races_and_prove_nothing() {
    let random = |seed| Heddle::default().strategy(Strategy::Random { seed }).executions_max(100);
    for seed in 0..5 {
        let report = explored(random(seed), || message(Relaxed));
        let Verdict::Violated(shown) = &report.verdict else { panic!("{report:?}") };
        assert_eq!((shown.violation, report.seed), (Fault::DataRace, Some(seed)));
        assert_eq!(report, explored(random(seed), || message(Relaxed)), "the same again");
        let report = explored(random(seed), || message(Release));
        assert!(matches!(report.verdict, Verdict::Bounded { executions: 100, .. }), "{report:?}");
        assert!(explored(random(seed), store_buffering).reached.contains("both see nothing"));
    }
}

#[test]
fn random_executions_that_turn_out_to_be_none_are_drawn_once() {
    let report = explored(Heddle::default(), last_owner);
    assert_eq!(report.verdict, Verdict::Exhausted { executions: 4 });
    let random = Heddle::default().strategy(Strategy::Random { seed: 1 }).executions_max(50);
    let report = explored(random, last_owner);
    assert!(report.executions > 0 && report.executions <= 50, "{report:?}");
}

/// Accesses to cells are no events of the graph that is followed again.
#[test]
fn a_body_that_accesses_a_cell_once_more_the_next_time_is_told_so() {
    use std::sync::atomic::AtomicU32 as Outliving;
    static RUNS: Outliving = Outliving::new(0);
    let report = explored(Heddle::default(), || {
        let data = Plain::new(0);
        for _ in 0..=RUNS.fetch_add(1, Relaxed) % 2 {
            data.with_mut(|it| *it += 1);
        }
    });
    assert_eq!(report.verdict, Verdict::Unsupported { reason: Reason::NotRepeatable });
}

fn bounded_by_rounds(report: &Report) -> bool {
    matches!(report.verdict, Verdict::Bounded { stopped_by: Bound::Rounds, .. })
}

#[test]
fn a_loop_that_waits_under_a_lock_bounds_the_search() {
    let report = explored(Heddle::default(), || {
        let is_done = Arc::new(Mutex::new(false));
        let other = is_done.clone();
        let child = thread::spawn(move || *other.lock().unwrap() = true);
        while !*is_done.lock().unwrap() {
            thread::yield_now();
        }
        child.join().unwrap();
    });
    assert!(bounded_by_rounds(&report) && report.finished > 1, "{report:?}");
}

/// The other thread may read each of the stores.
#[test]
fn a_loop_that_stores_the_same_is_not_taken_for_searched() {
    let report = explored(Heddle::default(), || {
        let word = Arc::new(AtomicU32::new(0));
        let other = word.clone();
        let child = thread::spawn(move || other.load(Relaxed));
        for _ in 0..6 {
            word.store(1, Relaxed);
            thread::yield_now();
        }
        child.join().unwrap();
    });
    assert!(bounded_by_rounds(&report), "{report:?}");
}

/// Nobody waits for anybody, and no other thread is left out.
#[test]
fn a_loop_of_one_thread_that_ends_is_searched() {
    for rounds_max in [1, 120] {
        let report = explored(Heddle::default().rounds_max(rounds_max), || {
            let word = AtomicU32::new(0);
            for _ in 0..256 {
                word.store(0, Relaxed);
                thread::yield_now();
            }
        });
        assert_eq!(report.verdict, Verdict::Exhausted { executions: 1 });
    }
}

#[test]
fn an_execution_without_an_end_is_cut_off() {
    let report = explored(Heddle::default().steps_max(100), || {
        let word = AtomicU32::new(0);
        while word.load(Relaxed) == 0 {}
    });
    let stopped_by = Bound::Steps;
    assert_eq!(report.verdict, Verdict::Bounded { executions: 1, stopped_by });
    assert_eq!(report.finished, 0);
}

/// A yield alone makes no loop: two reads beside it may both find the old value.
#[test]
fn a_yield_between_two_reads_hides_no_execution() {
    let report = explored(Heddle::default(), || {
        let word = Arc::new(AtomicU32::new(0));
        let theirs = word.clone();
        let writes = thread::spawn(move || theirs.store(1, Relaxed));
        let first = word.load(Relaxed);
        thread::yield_now();
        let second = word.load(Relaxed);
        match (first, second) {
            (0, 0) => sometimes("both before"),
            (0, 1) => sometimes("one before"),
            (1, 1) => sometimes("both after"),
            other => panic!("{other:?}"),
        }
        writes.join().unwrap();
    });
    assert_eq!(report.verdict, Verdict::Exhausted { executions: 3 });
    assert_eq!(report.reached.len(), 3);
}

/// A loop that gives up does so in some execution, whether or not what it waits for comes.
#[test]
fn a_loop_that_gives_up_is_seen_to_give_up() {
    let run = |comes: bool| {
        move || {
            let word = Arc::new(AtomicU32::new(0));
            let theirs = word.clone();
            let writes = thread::spawn(move || theirs.store(u32::from(comes), Relaxed));
            let mut tries = 0;
            while word.load(Relaxed) == 0 && tries < 5 {
                thread::yield_now();
                tries += 1;
            }
            sometimes(if tries == 5 { "gave up" } else { "saw it" });
            writes.join().unwrap();
        }
    };
    let report = explored(Heddle::default(), run(false));
    assert!(report.reached.contains("gave up"), "{report:?}");
    assert!(!matches!(report.verdict, Verdict::Violated(_)), "{report:?}");
    let report = explored(Heddle::default(), run(true));
    let stopped_by = Bound::Rounds;
    assert!(matches!(report.verdict, Verdict::Bounded { stopped_by: it, .. } if it == stopped_by));
    let report = explored(Heddle::default().rounds_max(5), run(true));
    assert!(report.reached.contains("gave up") && report.reached.contains("saw it"));
    assert!(matches!(report.verdict, Verdict::Exhausted { .. }), "{report:?}");
}
/// A loop that exchanges a word for itself reads its own write in the next round, which is nothing new.
#[test]
fn a_spin_lock_of_exchanges_ends_and_one_that_is_never_given_back_is_a_livelock() {
    let run = |is_given_back: bool| {
        move || {
            let shared = Arc::new((AtomicU32::new(0), Plain::new(0)));
            let adders = (0..2).map(|_| {
                let shared = shared.clone();
                thread::spawn(move || {
                    while shared.0.swap(1, Acquire) == 1 {
                        thread::yield_now();
                    }
                    shared.1.with_mut(|it| *it += 1);
                    if is_given_back {
                        shared.0.store(0, Release);
                    }
                })
            });
            for adder in adders.collect::<Vec<_>>() {
                adder.join().unwrap();
            }
            shared.1.with(|it| assert_eq!(*it, 2));
        }
    };
    let report = explored(Heddle::default(), run(true));
    let Verdict::Bounded { executions, stopped_by } = report.verdict else { panic!("{report:?}") };
    assert!(executions >= 2 && stopped_by == Bound::Rounds, "{report:?}");
    let report = explored(Heddle::default(), run(false));
    let Verdict::Violated(shown) = &report.verdict else { panic!("{report:?}") };
    assert_eq!(shown.violation, Fault::Livelock);
}

/// An owner's operations are announced by no wrapper, and threads are switched in them all the same.
#[test]
fn a_failure_after_an_owners_operation_is_the_bodys_and_shows_itself_again() {
    let run = || {
        let owner = Arc::new(AtomicU32::new(0));
        let weak = Arc::downgrade(&owner);
        let child = thread::spawn(move || weak.upgrade().expect("it is alive").load(Relaxed));
        drop(owner);
        child.join().unwrap();
    };
    let Verdict::Violated(shown) = explored(Heddle::default(), run).verdict else { panic!() };
    assert_eq!((shown.violation, &*shown.message), (Fault::Panic, "it is alive"));
    let schedule = shown.schedule.expect("it can be run again").to_string();
    assert!(schedule.starts_with("heddle 1 c20 count:0.1 "), "{schedule}");
    let again = Heddle::default().replay(&schedule.parse().unwrap(), body(run));
    let Verdict::Violated(again) = again.verdict else { panic!("{again:?}") };
    assert_eq!((again.message, again.trace), (shown.message, shown.trace));
}

/// Each thread tries the lock that the other one has had.
fn tries() {
    let locks = Arc::new((Mutex::new(()), Mutex::new(())));
    let theirs = locks.clone();
    let other = thread::spawn(move || {
        drop(theirs.1.lock().unwrap());
        theirs.0.try_lock().is_err()
    });
    drop(locks.0.lock().unwrap());
    let mine = locks.1.try_lock().is_err();
    if other.join().unwrap() && mine {
        sometimes("both fail");
    }
}

#[test]
fn a_lock_that_has_been_given_back_is_found_free_under_sequential_consistency_alone() {
    for model in MemoryModel::ALL {
        let report = explored(Heddle::default().memory(model), tries);
        assert!(matches!(report.verdict, Verdict::Exhausted { .. }), "{report:?}");
        let both_fail = report.reached.contains("both fail");
        assert_eq!(both_fail, model != MemoryModel::Sc, "{model:?}");
    }
}

#[test]
fn a_reader_finds_a_lock_free_that_its_writer_has_given_back_whoever_else_has_read() {
    for model in MemoryModel::ALL {
        let report = explored(Heddle::default().memory(model), || {
            let shared = Arc::new((RwLock::new(0), AtomicU32::new(0)));
            let (writers, readers) = (shared.clone(), shared.clone());
            let writer = thread::spawn(move || {
                drop(writers.0.write().unwrap());
                writers.1.store(1, Relaxed);
            });
            let reader = thread::spawn(move || drop(readers.0.read().unwrap()));
            if shared.1.load(Relaxed) == 1 && shared.0.try_read().is_err() {
                sometimes("found held");
            }
            writer.join().unwrap();
            reader.join().unwrap();
        });
        assert!(matches!(report.verdict, Verdict::Exhausted { .. }), "{report:?}");
        let is_held = report.reached.contains("found held");
        assert_eq!(is_held, model != MemoryModel::Sc, "{model:?}");
    }
}

#[test]
fn a_try_that_fails_orders_nothing() {
    let report = explored(Heddle::default(), || {
        let shared = Arc::new((AtomicU32::new(0), Mutex::new(())));
        let theirs = shared.clone();
        let writer = thread::spawn(move || {
            theirs.0.store(1, Relaxed);
            fence(SeqCst);
            drop(theirs.1.lock().unwrap());
        });
        if shared.1.try_lock().is_err() {
            fence(SeqCst);
            if shared.0.load(Relaxed) == 0 {
                sometimes("the fences are not ordered");
            }
        }
        writer.join().unwrap();
    });
    assert!(matches!(report.verdict, Verdict::Exhausted { .. }), "{report:?}");
    assert!(report.reached.contains("the fences are not ordered"));
}

struct Bad(&'static str);

impl Drop for Bad {
    fn drop(&mut self) {
        panic!("{}", self.0);
    }
}

global! {
    static EARLIER: Bad = Bad("the earlier one");
}
global! {
    static LATER: Bad = Bad("the later one");
}

#[test]
fn statics_are_dropped_latest_first() {
    for _ in 0..8 {
        let report = explored(Heddle::default(), || {
            assert_ne!(EARLIER.0, LATER.0);
        });
        let Verdict::Violated(shown) = &report.verdict else { panic!("{report:?}") };
        assert_eq!(shown.message, "the later one");
    }
}

#[test]
fn a_loop_that_waits_and_counts_lets_others_go_on() {
    let report = explored(Heddle::default().steps_max(2_000).executions_max(3), || {
        let (done, rounds) = (Arc::new(AtomicU32::new(0)), AtomicU32::new(0));
        let other = done.clone();
        let worker = thread::spawn(move || other.store(1, Relaxed));
        while done.load(Relaxed) == 0 {
            rounds.fetch_add(1, Relaxed);
            thread::yield_now();
        }
        worker.join().unwrap();
    });
    assert!(report.finished > 0, "{:?}", report.verdict);
}

/// A value whose destructor shows something to others first, and then does what the destructor of its field relies on.
struct Outer(fn(&Outer), AtomicU32, Weak<AtomicU32>, Inner);
struct Inner(bool);

impl Drop for Outer {
    fn drop(&mut self) {
        self.0(self);
        self.3.0 = true;
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        assert!(self.0, "the outer destructor has not come to its end");
    }
}

/// The ways in which a destructor can ask for more than the search sees at first.
const DESTRUCTORS: [fn(&Outer); 4] = [
    |it| it.1.store(2, Relaxed),
    |it| _ = it.2.upgrade(),
    |it| _ = it.2.strong_count(),
    |_| _ = Arc::try_unwrap(Arc::new(0)),
];

fn dropped_by_the_last_owner(destructor: fn(&Outer)) {
    let known = Arc::new(AtomicU32::new(0));
    let (word, weak) = (AtomicU32::new(0), Arc::downgrade(&known));
    let shared = Arc::new(Outer(destructor, word, weak, Inner(false)));
    let other = shared.clone();
    let thread = thread::spawn(move || other.1.store(1, Relaxed));
    drop(shared);
    thread.join().unwrap();
}

#[test]
fn a_destructor_that_shows_who_is_the_last_owner_is_not_left() {
    let drawn = Heddle::default().executions_max(20);
    for destructor in DESTRUCTORS {
        for engine in [Heddle::default(), Heddle::default().jobs(2)] {
            let report = explored(engine, move || dropped_by_the_last_owner(destructor));
            assert!(matches!(report.verdict, Verdict::Exhausted { .. }), "{report:?}");
        }
        for strategy in [Strategy::Random { seed: 1 }, Strategy::Surw { seed: 1 }] {
            let report =
                explored(drawn.strategy(strategy), move || dropped_by_the_last_owner(destructor));
            // Those that have seen too little count for nothing, and are not drawn again.
            assert!((16..=20).contains(&report.finished), "{:?}", report.verdict);
        }
    }
}

/// Also of a value without owners, and while a panic unwinds.
#[test]
fn a_destructor_on_the_way_of_a_panic_is_not_left() {
    for destructor in DESTRUCTORS {
        let report = explored(Heddle::default(), move || {
            let known = Arc::new(AtomicU32::new(0));
            let (word, weak) = (AtomicU32::new(0), Arc::downgrade(&known));
            let outer = Outer(destructor, word, weak, Inner(false));
            let other = Arc::new(Outer(destructor, AtomicU32::new(0), Weak::new(), Inner(false)));
            let shared = other.clone();
            let _thread = thread::spawn(move || shared.1.store(1, Relaxed));
            drop(outer);
            panic!("so that {:p} is dropped", Arc::as_ptr(&other));
        });
        let Verdict::Violated(shown) = &report.verdict else { panic!("{report:?}") };
        assert!(shown.message.starts_with("so that"), "{shown:?}");
    }
}

/// What orders the accesses of the others before those of the last owner is not seen at first either.
#[test]
fn nothing_is_a_race_before_it_is_seen_who_is_the_last_owner() {
    struct Cell(Plain<u32>, AtomicU32, Inner);
    impl Drop for Cell {
        fn drop(&mut self) {
            assert_eq!((self.0.with(|it| *it), *self.1.get_mut()), (1, 1));
            self.2.0 = true;
        }
    }
    let report = explored(Heddle::default(), || {
        let shared = Arc::new(Cell(Plain::new(0), AtomicU32::new(0), Inner(false)));
        let other = shared.clone();
        let thread = thread::spawn(move || {
            other.0.with_mut(|it| *it = 1);
            other.1.store(1, Relaxed);
        });
        drop(shared);
        thread.join().unwrap();
    });
    assert!(matches!(report.verdict, Verdict::Exhausted { .. }), "{report:?}");
}

/// A lock that was found held has been given back, and the loop does not go on as if nothing had changed.
#[test]
fn a_loop_of_tries_waits_for_the_lock() {
    let report = explored(Heddle::default(), tries_in_a_loop);
    let is_rounds = matches!(report.verdict, Verdict::Bounded { stopped_by: Bound::Rounds, .. });
    assert!(is_rounds && report.finished < 10, "{report:?}");
}

struct Counts(Arc<Mutex<u32>>);

impl Drop for Counts {
    fn drop(&mut self) {
        *self.0.lock().unwrap() += 1;
    }
}

/// The thread that meets the end of the time unwinds at once, before the others are told.
#[test]
fn an_execution_that_is_left_poisons_no_lock() {
    let engine = Heddle::default().steps_max(usize::MAX).time_max(Duration::from_millis(20));
    let report = explored(engine, || {
        let (count, word) = (Arc::new(Mutex::new(0)), AtomicU32::new(0));
        let other = Counts(count.clone());
        // It is there when the execution is left, and dropped then.
        let _waits = thread::spawn(move || {
            let _other = other;
            thread::park();
        });
        let _guard = count.lock().unwrap();
        loop {
            word.store(1, Relaxed);
        }
    });
    let stopped = matches!(report.verdict, Verdict::Bounded { stopped_by: Bound::Time, .. });
    assert!(stopped, "{:?}", report.verdict);
}

/// A thread works for so long that the execution is left, while the other one holds a lock or wants it in a destructor.
fn left_with_a_lock(engine: Heddle, worker_holds: bool) -> Verdict {
    let report = explored(engine, move || {
        let count = Arc::new(Mutex::new(0));
        let (other, counts) = (count.clone(), Counts(count.clone()));
        let work = || {
            let word = AtomicU32::new(0);
            (0..u32::MAX).for_each(|round| word.store(round, Relaxed));
        };
        if worker_holds {
            let worker = thread::spawn(move || {
                let _guard = other.lock().unwrap();
                work();
            });
            worker.join().unwrap();
            drop(counts);
        } else {
            let _guard = other.lock().unwrap();
            let worker = thread::spawn(move || {
                let _counts = counts;
                work();
            });
            worker.join().unwrap();
        }
    });
    report.verdict
}

#[test]
fn threads_that_hold_locks_unwind_first_when_an_execution_is_left() {
    let limits = [
        (Heddle::default().steps_max(40), Bound::Steps),
        (Heddle::default().steps_max(usize::MAX).time_max(Duration::from_millis(20)), Bound::Time),
    ];
    for (engine, bound) in limits {
        for worker_holds in [false, true] {
            let verdict = left_with_a_lock(engine, worker_holds);
            let stopped =
                matches!(verdict, Verdict::Bounded { stopped_by, .. } if stopped_by == bound);
            assert!(stopped, "{verdict:?}");
        }
    }
}

#[test]
fn a_wait_in_a_destructor_that_a_panic_runs_ends() {
    struct Waits(Arc<(Mutex<bool>, Condvar)>);
    impl Drop for Waits {
        fn drop(&mut self) {
            let guard = self.0.0.lock().unwrap();
            drop(self.0.1.wait_while(guard, |is_told| !*is_told));
        }
    }
    let report = explored(Heddle::default(), || {
        let _waits = Waits(Arc::new((Mutex::new(false), Condvar::new())));
        panic!("on purpose");
    });
    let Verdict::Violated(shown) = &report.verdict else { panic!("{report:?}") };
    assert_eq!(shown.message, "on purpose");
}

/// Goes on for longer than anybody waits.
fn goes_on_and_on() {
    let word = AtomicU32::new(0);
    while word.fetch_add(1, Relaxed) < u32::MAX {}
}

#[test]
fn the_time_for_a_search_ends_one_long_execution() {
    let second = Duration::from_secs(1);
    let engine = Heddle::default().steps_max(usize::MAX).time_max(second / 20);
    let begin = Instant::now();
    let stopped_by = Bound::Time;
    for engine in [engine, engine.jobs(2), engine.strategy(Strategy::Random { seed: 1 })] {
        let report = explored(engine, goes_on_and_on);
        assert_eq!(report.verdict, Verdict::Bounded { executions: 1, stopped_by });
        assert_eq!(report.finished, 0);
    }
    // Plain accesses are no events, and end too.
    let report = explored(engine, || {
        let cell = Plain::new(0_u64);
        while cell.with(|it| *it) < u64::MAX {
            cell.with_mut(|it| *it += 1);
        }
    });
    assert_eq!(report.verdict, Verdict::Bounded { executions: 1, stopped_by });
    assert!(begin.elapsed() < 60 * second, "{:?}", begin.elapsed());
}

#[test]
fn the_time_for_a_search_ends_one_of_many_executions_and_none_that_is_done_in_time() {
    let second = Duration::from_secs(1);
    let many = || {
        let word = Arc::new(AtomicU32::new(0));
        let adders = (0..6).map(|_| {
            let word = word.clone();
            thread::spawn(move || (0..4).for_each(|_| _ = word.fetch_add(1, Relaxed)))
        });
        adders.collect::<Vec<_>>().into_iter().for_each(|it| it.join().unwrap());
    };
    for jobs in [1, 2] {
        let report = explored(Heddle::default().jobs(jobs).time_max(second / 20), many);
        let is_cut = matches!(report.verdict, Verdict::Bounded { stopped_by: Bound::Time, .. });
        assert!(is_cut && report.finished > 0, "{report:?}");
        let report = explored(Heddle::default().jobs(jobs).time_max(600 * second), locked);
        assert_eq!(report.verdict, Verdict::Exhausted { executions: 90 });
    }
    // What has been found in time is found.
    let report = explored(Heddle::default().time_max(600 * second), || message(Relaxed));
    assert!(matches!(report.verdict, Verdict::Violated(_)), "{report:?}");
}

#[test]
fn the_memory_for_a_search_ends_one_long_execution() {
    let engine = Heddle::default().steps_max(usize::MAX);
    let report = explored(engine.memory_bytes_max(1 << 20), goes_on_and_on);
    let stopped_by = Bound::Memory;
    assert_eq!(report.verdict, Verdict::Bounded { executions: 1, stopped_by });
    let report = explored(Heddle::default().memory_bytes_max(usize::MAX), locked);
    assert_eq!(report.verdict, Verdict::Exhausted { executions: 90 });
}

/// Looks at a word in each of its frames.
fn goes_deep(word: &AtomicU32, depth: u32) -> u32 {
    let frame = std::hint::black_box([depth; 64]);
    let found = frame[word.load(Relaxed) as usize];
    if depth == 0 { found } else { found.max(goes_deep(word, depth - 1)) }
}

#[test]
fn an_operation_that_finds_its_stack_nearly_full_says_so() {
    let run = |depth: u32| {
        move || {
            let word = Arc::new(AtomicU32::new(0));
            let theirs = word.clone();
            let deep = thread::spawn(move || goes_deep(&theirs, depth));
            deep.join().unwrap();
        }
    };
    let Verdict::Violated(shown) = explored(Heddle::default(), run(1_000_000)).verdict else {
        panic!("nothing found");
    };
    assert_eq!(shown.violation, Fault::StackOverflow);
    let words =
        ["thread 1 at tests/heddle.rs", "of the 1048576 bytes of the thread's stack are left"];
    assert!(words.iter().all(|it| shown.message.contains(it)), "{}", shown.message);
    let report = explored(Heddle::default(), run(100));
    assert_eq!(report.verdict, Verdict::Exhausted { executions: 1 });
}

/// Which of the two accesses is the later one, and what it finds, differs between the execution that is found and its
/// repetition.
#[test]
fn a_race_is_shown_whichever_of_its_accesses_comes_last() {
    let race = |engine: Heddle, run: fn()| match explored(engine, run).verdict {
        Verdict::Violated(shown) => assert_eq!(shown.violation, Fault::DataRace),
        verdict => panic!("{verdict:?}"),
    };
    race(Heddle::default().spurious(true), || {
        let cell = Arc::new(Plain::new(0));
        let (theirs, main) = (cell.clone(), thread::current());
        let child = thread::spawn(move || {
            theirs.with_mut(|it| *it = 1);
            main.unpark();
        });
        thread::park();
        cell.with(|it| assert_eq!(*it, 1));
        child.join().unwrap();
    });
    race(Heddle::default(), || {
        let count = Arc::new(Counter::default());
        let (sender, receiver) = mpsc::channel();
        let adders = (0..2).map(|_| {
            let (count, sender) = (count.clone(), sender.clone());
            thread::spawn(move || {
                count.add(1);
                sender.send(()).unwrap();
            })
        });
        let adders: Vec<_> = adders.collect();
        receiver.recv().unwrap();
        count.total();
        for adder in adders {
            adder.join().unwrap();
        }
    });
}

/// The thread that starts last in the execution that fails has started before the other one in the first.
#[test]
fn threads_may_start_in_another_order_than_in_the_first_execution() {
    let run = || {
        let flag = Arc::new(AtomicU32::new(0));
        let seen = flag.clone();
        let first = thread::spawn(move || {
            let is_seen = seen.load(Acquire) == 1;
            thread::spawn(|| ()).join().unwrap();
            is_seen
        });
        let second = thread::spawn(move || {
            thread::spawn(move || flag.store(1, Release)).join().unwrap();
        });
        let is_seen = first.join().unwrap();
        second.join().unwrap();
        assert!(!is_seen, "seen");
    };
    let Verdict::Violated(shown) = explored(Heddle::default(), run).verdict else {
        panic!("nothing found");
    };
    assert_eq!((shown.violation, &*shown.message), (Fault::Panic, "seen"));
    let again = Heddle::default().repeat(&shown.schedule.unwrap(), body(run)).unwrap();
    assert!(matches!(again.verdict, Verdict::Violated(_)), "{again:?}");
}
