//! How much is run: executions, steps, time; and with which random numbers.

mod common;

use std::collections::BTreeSet;
use std::sync::{Arc as StdArc, Mutex as StdMutex};
use std::time::Duration;

use shuttle::rand::{Rng, thread_rng};
use shuttle::scheduler::{DfsScheduler, RandomScheduler, Scheduler};
use shuttle::sync::atomic::AtomicUsize;
use shuttle::sync::atomic::Ordering::Relaxed;
use shuttle::sync::{Arc, Mutex};
use shuttle::{Config, MaxSteps, Runner, thread};

use common::failure;

/// A body with six executions.
fn three_adders() {
    let sum = Arc::new(AtomicUsize::new(0));
    let adders = [sum.clone(), sum.clone(), sum];
    let adders = adders.map(|sum| thread::spawn(move || sum.fetch_add(1, Relaxed)));
    assert_eq!(adders.map(|adder| adder.join().unwrap()).iter().sum::<usize>(), 3);
}

fn executions(scheduler: impl Scheduler) -> usize {
    Runner::new(scheduler, Config::default()).run(three_adders)
}

#[test]
fn as_many_executions_are_run_as_are_wanted() {
    assert_eq!(executions(DfsScheduler::new(None, false)), 6);
    assert_eq!(executions(DfsScheduler::new(Some(4), false)), 4);
    assert_eq!(executions(DfsScheduler::new(Some(9), false)), 6);
    assert_eq!(executions(RandomScheduler::new(25)), 25);
    assert_eq!(executions(RandomScheduler::new(1)), 1);
    assert_eq!(executions(RandomScheduler::new(0)), 0);
}

#[test]
fn an_execution_that_is_wanted_is_run_also_if_owners_are_counted() {
    let runs = StdArc::new(StdMutex::new(0));
    let ends = runs.clone();
    let count = Runner::new(RandomScheduler::new(1), Config::default()).run(move || {
        let owned = Arc::new(thread_rng().gen_range(0..10));
        assert_eq!(Arc::strong_count(&owned), 1);
        *ends.lock().unwrap() += 1;
    });
    // The first execution sees too little and does not count. A search that may run two runs it again before the one that
    // counts. All three come to their ends.
    assert_eq!((count, *runs.lock().unwrap()), (1, 3));
}

#[test]
fn time_is_limited() {
    let mut config = Config::default();
    config.max_time = Some(Duration::from_millis(50));
    let count = Runner::new(RandomScheduler::new(usize::MAX), config).run(three_adders);
    assert!(count > 0);
}

/// A loop that does not yield.
fn spins() {
    let flag = Arc::new(AtomicUsize::new(0));
    let other = flag.clone();
    let thread = thread::spawn(move || other.store(1, Relaxed));
    while flag.load(Relaxed) == 0 {}
    thread.join().unwrap();
}

fn with_steps(scheduler: impl Scheduler, max_steps: MaxSteps) -> usize {
    let mut config = Config::default();
    config.max_steps = max_steps;
    Runner::new(scheduler, config).run(spins)
}

#[test]
fn an_execution_that_is_too_long_fails_if_it_should() {
    let dfs = || DfsScheduler::new(None, false);
    let message = failure(|| _ = with_steps(dfs(), MaxSteps::FailAfter(40)));
    assert!(message.contains("exceeded max_steps bound"), "{message}");
    let random = || RandomScheduler::new(100);
    let message = failure(|| _ = with_steps(random(), MaxSteps::FailAfter(10)));
    assert!(message.contains("exceeded max_steps bound"), "{message}");
    assert_eq!(with_steps(random(), MaxSteps::ContinueAfter(10)), 100);
    assert_eq!(with_steps(random(), MaxSteps::None), 100);
}

/// The numbers that two threads draw, over all executions.
fn drawn(scheduler: impl Scheduler) -> BTreeSet<[u32; 2]> {
    let all = StdArc::new(StdMutex::new(BTreeSet::new()));
    let seen = all.clone();
    Runner::new(scheduler, Config::default()).run(move || {
        let lock = Arc::new(Mutex::new(0));
        let draw = |lock: &Mutex<u32>| {
            let number = thread_rng().gen_range(0..1_000_000);
            *lock.lock().unwrap() += number;
            number
        };
        let other = lock.clone();
        let thread = thread::spawn(move || draw(&other));
        let own = draw(&lock);
        let numbers = [own, thread.join().unwrap()];
        assert_eq!(*lock.lock().unwrap(), own + numbers[1]);
        seen.lock().unwrap().insert(numbers);
    });
    StdArc::into_inner(all).unwrap().into_inner().unwrap()
}

#[test]
fn each_execution_that_is_drawn_has_its_own_random_numbers() {
    let seen = drawn(RandomScheduler::new_from_seed(5, 20));
    assert_eq!(seen.len(), 20);
    assert!(seen.iter().all(|[one, other]| one != other));
    assert_eq!(seen, drawn(RandomScheduler::new_from_seed(5, 20)));
    assert_ne!(seen, drawn(RandomScheduler::new_from_seed(500, 20)));
}

#[test]
fn all_executions_of_a_whole_search_have_the_same_random_numbers() {
    assert_eq!(drawn(DfsScheduler::new(None, true)).len(), 1);
    let message = failure(|| drop(drawn(DfsScheduler::new(None, false))));
    assert!(message.contains("random numbers are not searched"), "{message}");
}
