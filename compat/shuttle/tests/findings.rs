//! What is wrong in a body is found, by each way of drawing executions; and nothing is found in right ones.

mod common;

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::sync::atomic::AtomicBool;
use shuttle::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};
use shuttle::sync::{Arc, Barrier, Condvar, Mutex, RwLock, mpsc};
use shuttle::{Config, PortfolioRunner, thread};

use common::{failure, lost_update};

/// Runs the body in each way.
fn in_each_way(body: fn()) -> [String; 4] {
    [
        failure(|| shuttle::check_random(body, 1_000)),
        failure(|| shuttle::check_pct(body, 1_000, 3)),
        failure(|| shuttle::check_urw(body, 1_000)),
        failure(|| shuttle::check_dfs(body, None)),
    ]
}

#[test]
fn a_panic_is_found() {
    for message in in_each_way(lost_update) {
        assert!(message.starts_with("panic: ") && message.contains("is lost"), "{message}");
    }
}

#[test]
fn a_deadlock_is_found() {
    let messages = in_each_way(|| {
        let locks = Arc::new((Mutex::new(0), Mutex::new(0)));
        let other = locks.clone();
        let thread = thread::spawn(move || {
            let one = other.0.lock().unwrap();
            drop((other.1.lock().unwrap(), one));
        });
        let two = locks.1.lock().unwrap();
        drop((locks.0.lock().unwrap(), two));
        thread.join().unwrap();
    });
    for message in messages {
        assert!(message.starts_with("deadlock: "), "{message}");
    }
}

/// A value that is published by a flag. Whatever the orderings are, an interleaving shows nothing wrong.
fn publish(write: Ordering, read: Ordering) {
    let both = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
    let other = both.clone();
    let thread = thread::spawn(move || {
        other.0.store(true, Relaxed);
        other.1.store(true, write);
    });
    if both.1.load(read) {
        assert!(both.0.load(Relaxed), "it is published");
    }
    thread.join().unwrap();
}

#[test]
fn a_weak_behaviour_is_found_that_no_interleaving_has() {
    for message in in_each_way(|| publish(Relaxed, Acquire)) {
        assert!(message.starts_with("panic: ") && message.contains("is published"), "{message}");
    }
}

#[test]
fn what_is_published_rightly_is_found() {
    shuttle::check_dfs(|| publish(Release, Acquire), None);
    shuttle::check_random(|| publish(Release, Acquire), 1_000);
    shuttle::check_pct(|| publish(Release, Acquire), 1_000, 3);
}

#[test]
fn a_right_program_passes_in_each_way() {
    fn body() {
        let (sender, receiver) = mpsc::channel();
        let place = Arc::new((Mutex::new(0), Condvar::new(), RwLock::new(0)));
        let barrier = Arc::new(Barrier::new(2));
        let (other, same) = (place.clone(), barrier.clone());
        let thread = thread::spawn(move || {
            *other.0.lock().unwrap() += receiver.recv().unwrap();
            other.1.notify_one();
            same.wait();
            *other.2.write().unwrap() += 1;
        });
        sender.send(1).unwrap();
        drop(place.1.wait_while(place.0.lock().unwrap(), |it| *it == 0).unwrap());
        barrier.wait();
        assert!(*place.2.read().unwrap() < 2);
        thread.join().unwrap();
        assert_eq!((*place.0.lock().unwrap(), *place.2.read().unwrap()), (1, 1));
    }
    shuttle::check_random(body, 200);
    shuttle::check_pct(body, 200, 3);
    shuttle::check_urw(body, 200);
    shuttle::check_dfs(body, None);
    shuttle::check_uncontrolled_nondeterminism(body, 100);
}

#[test]
fn values_that_are_never_dropped_are_none_of_its_business() {
    shuttle::check_dfs(|| std::mem::forget(Arc::new(Barrier::new(1).wait())), None);
}

#[test]
fn a_body_that_does_not_do_the_same_again_is_no_body() {
    let runs = std::sync::atomic::AtomicUsize::new(0);
    let message = failure(|| {
        let body = move || {
            if runs.fetch_add(1, Relaxed).is_multiple_of(2) {
                AtomicBool::new(false).store(true, Relaxed);
            }
            publish(Release, Acquire);
        };
        shuttle::check_uncontrolled_nondeterminism(body, 10);
    });
    assert!(message.contains("does not do the same"), "{message}");
}

#[test]
fn a_portfolio_fails_if_one_of_its_schedulers_fails() {
    for stops_at_failure in [true, false] {
        let mut runner = PortfolioRunner::new(stops_at_failure, Config::default());
        runner.add(RandomScheduler::new(100));
        runner.add(PctScheduler::new(2, 100));
        assert!(failure(|| runner.run(lost_update)).contains("is lost"));
    }
}

#[test]
fn a_body_in_a_body_fails() {
    let message = failure(|| shuttle::check_random(|| shuttle::check_dfs(|| {}, None), 1));
    assert!(message.contains("a model runs inside of a model"), "{message}");
}
