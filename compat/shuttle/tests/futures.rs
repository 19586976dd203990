//! Tasks: they are scheduled, woken, aborted and left alone.

mod common;

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::{Arc as StdArc, Mutex as StdMutex};
use std::task::{Poll, Waker};

use shuttle::future::{JoinError, block_on, spawn, yield_now};
use shuttle::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use shuttle::sync::atomic::{AtomicBool, AtomicUsize};
use shuttle::sync::{Arc, Mutex};
use shuttle::thread;

use common::failure;

/// The outcomes of a body over all its executions.
fn outcomes<T: Ord + Send + 'static>(body: fn() -> T) -> BTreeSet<T> {
    let all = StdArc::new(StdMutex::new(BTreeSet::new()));
    let seen = all.clone();
    let insert = move || _ = seen.lock().unwrap().insert(body());
    shuttle::check_dfs(insert, None);
    StdArc::into_inner(all).unwrap().into_inner().unwrap()
}

#[test]
fn tasks_interleave() {
    let seen = outcomes(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let tasks = [count.clone(), count.clone()].map(|count| {
            spawn(async move {
                let found = count.load(SeqCst);
                yield_now().await;
                count.store(found + 1, SeqCst);
            })
        });
        block_on(async {
            for task in tasks {
                task.await.unwrap();
            }
        });
        count.load(SeqCst)
    });
    assert_eq!(seen, BTreeSet::from([1, 2]));
}

/// A flag that a task waits for. The registration comes before the look, or after it.
async fn opens(gate: Arc<(AtomicBool, Mutex<Option<Waker>>)>, registers_first: bool) {
    poll_fn(|context| {
        let register = || drop(gate.1.lock().unwrap().replace(context.waker().clone()));
        if registers_first {
            register();
        }
        if gate.0.load(Acquire) {
            return Poll::Ready(());
        }
        register();
        Poll::Pending
    })
    .await;
}

fn gate(registers_first: bool) {
    let gate = Arc::new((AtomicBool::new(false), Mutex::new(None::<Waker>)));
    let waits = spawn(opens(gate.clone(), registers_first));
    gate.0.store(true, Release);
    let waker = gate.1.lock().unwrap().take();
    if let Some(waker) = waker {
        waker.wake();
    }
    block_on(waits).unwrap();
}

#[test]
fn a_task_that_registers_its_waker_first_is_woken() {
    shuttle::check_dfs(|| gate(true), None);
    shuttle::check_random(|| gate(true), 300);
    shuttle::check_pct(|| gate(true), 300, 3);
}

#[test]
fn a_task_that_registers_too_late_waits_forever() {
    let message = failure(|| shuttle::check_dfs(|| gate(false), None));
    assert!(message.starts_with("deadlock: "), "{message}");
    let message = failure(|| shuttle::check_random(|| gate(false), 1_000));
    assert!(message.starts_with("deadlock: "), "{message}");
}

#[test]
fn a_waker_may_come_by_ways_that_are_not_seen() {
    shuttle::check_random(
        || {
            let place = StdArc::new(StdMutex::new((false, None::<Waker>)));
            let other = place.clone();
            let opener = thread::spawn(move || {
                let (is_open, waker) = &mut *other.lock().unwrap();
                *is_open = true;
                waker.take()
            });
            let waits = spawn(poll_fn(move |context| {
                let (is_open, waker) = &mut *place.lock().unwrap();
                *waker = Some(context.waker().clone());
                if *is_open { Poll::Ready(()) } else { Poll::Pending }
            }));
            let wakes =
                thread::spawn(move || opener.join().unwrap().into_iter().for_each(Waker::wake));
            block_on(waits).unwrap();
            wakes.join().unwrap();
        },
        300,
    );
}

#[test]
fn a_task_is_aborted_where_it_waits_or_has_its_result() {
    let seen = outcomes(|| {
        let task = spawn(async {
            yield_now().await;
            1
        });
        task.abort();
        block_on(task).map_err(|JoinError::Cancelled| ()).ok()
    });
    assert_eq!(seen, BTreeSet::from([None, Some(1)]));
}

#[test]
fn what_an_aborted_task_owns_is_dropped() {
    shuttle::check_dfs(
        || {
            let owned = Arc::new(());
            let kept = owned.clone();
            let task = spawn(async move {
                std::future::pending::<()>().await;
                drop(kept);
            });
            task.abort_handle().abort();
            assert!(block_on(task).is_err());
            assert_eq!(Arc::strong_count(&owned), 1);
        },
        None,
    );
}

#[test]
fn a_task_that_nobody_waits_for_is_no_deadlock() {
    shuttle::check_dfs(|| drop(spawn(std::future::pending::<()>())), None);
    shuttle::check_random(|| drop(spawn(std::future::pending::<()>())), 100);
}

#[test]
fn a_task_that_ends_with_its_execution_is_not_told_of_others_that_do() {
    fn body() {
        /// Says that it was dropped.
        struct Told(Arc<AtomicBool>);
        impl Drop for Told {
            fn drop(&mut self) {
                self.0.store(true, SeqCst);
            }
        }
        let was_dropped = Arc::new(AtomicBool::new(false));
        let told = Told(was_dropped.clone());
        drop(spawn(async move {
            std::future::pending::<()>().await;
            drop(told);
        }));
        drop(spawn(async move {
            yield_now().await;
            assert!(!was_dropped.load(SeqCst), "it is told");
        }));
    }
    shuttle::check_dfs(body, None);
    shuttle::check_random(body, 300);
}

#[test]
fn a_task_that_nobody_waits_for_is_run_all_the_same() {
    let seen = outcomes(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let other = flag.clone();
        drop(spawn(async move { other.store(true, Relaxed) }));
        flag.load(Relaxed)
    });
    assert_eq!(seen, BTreeSet::from([false, true]));
}

#[test]
fn a_panic_in_a_task_is_found() {
    let message = failure(|| {
        let body = || drop(spawn(async { panic!("in the task") }));
        shuttle::check_random(body, 10);
    });
    assert_eq!(message, "panic: in the task");
}
