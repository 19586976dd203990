//! Counters that nobody reads too early: one execution for all orders of their additions.
#![cfg(feature = "heddle")]

use std::sync::Arc as StdArc;

use drawloom::engine::heddle::Heddle;
use drawloom::engine::{Body, Engine, Fault, Report, Verdict};
use drawloom::heddle::sync::{
    Arc, AtomicU32, AtomicU64, Counter,
    Ordering::{self, Acquire, Relaxed, Release},
    sometimes, thread,
};

fn explored(run: impl Fn() + Send + Sync + 'static) -> Report {
    let body: Body = StdArc::new(run);
    Heddle::default().explore(body)
}

#[track_caller]
fn executions(run: impl Fn() + Send + Sync + 'static) -> u64 {
    match explored(run).verdict {
        Verdict::Exhausted { executions } => executions,
        verdict => panic!("{verdict:#?}"),
    }
}

#[track_caller]
fn race(run: impl Fn() + Send + Sync + 'static) -> String {
    match explored(run).verdict {
        Verdict::Violated(shown) if shown.violation == Fault::DataRace => shown.message,
        verdict => panic!("{verdict:#?}"),
    }
}

/// Threads that add to a number, which is read when they have ended.
fn counted<C: Send + Sync + 'static>(new: fn(u64) -> C, add: fn(&C), total: fn(&C) -> u64) -> u64 {
    executions(move || {
        let count = Arc::new(new(5));
        let adders = (0..4).map(|_| {
            let count = count.clone();
            thread::spawn(move || (0..2).for_each(|_| add(&count)))
        });
        adders.collect::<Vec<_>>().into_iter().for_each(|it| it.join().unwrap());
        assert_eq!(total(&count), 13);
    })
}

#[test]
fn additions_that_nobody_looks_at_cost_one_execution() {
    // 8! / (2! 2! 2! 2!) orders.
    let seen = counted(AtomicU64::new, |it| _ = it.fetch_add(1, Relaxed), |it| it.load(Relaxed));
    assert_eq!(seen, 2_520);
    assert_eq!(counted(Counter::new, |it| it.add(1), Counter::total), 1);
}

#[test]
fn a_total_that_is_read_too_early_is_a_violation_that_names_the_counter() {
    let message = race(|| {
        let count = Arc::new(Counter::default());
        let theirs = count.clone();
        let adder = thread::spawn(move || theirs.add(1));
        count.total();
        adder.join().unwrap();
    });
    let words = [
        "Counter#",
        " is read by thread 0 at tests/counters.rs",
        " while additions may still come: thread 1 at",
    ];
    assert!(words.iter().all(|it| message.contains(it)), "{message}");
}

/// A thread adds and raises a flag; another sees the flag and reads the total.
fn read_behind_a_flag(order: Ordering) -> impl Fn() + Send + Sync {
    move || {
        let shared = Arc::new((Counter::default(), AtomicU32::new(0)));
        let theirs = shared.clone();
        let adder = thread::spawn(move || {
            theirs.0.add(7);
            theirs.1.store(1, order);
        });
        if shared.1.load(Acquire) == 1 {
            assert_eq!(shared.0.total(), 7);
            sometimes("read");
        }
        adder.join().unwrap();
    }
}

#[test]
fn a_total_is_read_after_what_orders_it_whatever_that_is() {
    let report = explored(read_behind_a_flag(Release));
    assert_eq!(report.verdict, Verdict::Exhausted { executions: 2 });
    assert!(report.reached.contains("read"));
    race(read_behind_a_flag(Relaxed));
}

#[test]
fn an_addition_after_a_read_must_know_of_it() {
    let run = |reader_ends_first: bool| {
        move || {
            let count = Arc::new(Counter::default());
            let theirs = count.clone();
            let reader = thread::spawn(move || theirs.total());
            if reader_ends_first {
                assert_eq!(reader.join().unwrap(), 0);
                count.add(1);
            } else {
                count.add(1);
                reader.join().unwrap();
            }
        }
    };
    assert_eq!(executions(run(true)), 1);
    race(run(false));
}

/// Reads may come in any order among themselves.
#[test]
fn two_threads_may_read_a_total() {
    let count = executions(|| {
        let count = Arc::new(Counter::new(1));
        count.add(1);
        let theirs = count.clone();
        let reader = thread::spawn(move || theirs.total());
        assert_eq!((count.total(), reader.join().unwrap()), (2, 2));
        count.add(1);
        assert_eq!((count.total(), format!("{count:?}")), (3, "3".into()));
    });
    assert_eq!(count, 1);
}

struct CountsItsEnd(Arc<Counter>);

impl Drop for CountsItsEnd {
    fn drop(&mut self) {
        self.0.add(1);
    }
}

/// The last owner adds: it must be seen who that is.
#[test]
fn an_addition_in_a_destructor_knows_what_the_last_owner_knows() {
    let count = executions(|| {
        let count = Arc::new(Counter::default());
        let owner = Arc::new(CountsItsEnd(count.clone()));
        let theirs = owner.clone();
        let child = thread::spawn(move || drop(theirs));
        drop(owner);
        child.join().unwrap();
        assert_eq!(count.total(), 1);
    });
    assert_eq!(count, 2);
}
