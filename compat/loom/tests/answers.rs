//! Programs for which loom 0.7 gives wrong answers, by the number of its issue, and the right ones.

mod common;

use std::collections::BTreeSet;
use std::sync::Arc as StdArc;
use std::sync::Mutex as StdMutex;

use loom::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use loom::sync::atomic::{AtomicBool, AtomicUsize};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use common::wait_in_an_if;

/// The outcomes of a model over all its executions, and how many executions it has.
fn outcomes<T: Ord + Send + 'static>(
    model: impl Fn() -> T + Send + Sync + 'static,
) -> (BTreeSet<T>, usize) {
    let all = StdArc::new(StdMutex::new((BTreeSet::new(), 0)));
    let seen = all.clone();
    loom::model(move || {
        let outcome = model();
        let mut seen = seen.lock().unwrap();
        seen.0.insert(outcome);
        seen.1 += 1;
    });
    StdArc::into_inner(all).unwrap().into_inner().unwrap()
}

/// loom #180: it shows 0, 0 for store buffering with seq-cst accesses.
#[test]
fn seq_cst_accesses_do_not_buffer_stores() {
    let (seen, executions) = outcomes(|| {
        let both = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let other = both.clone();
        let thread = thread::spawn(move || {
            other.0.store(1, SeqCst);
            other.1.load(SeqCst)
        });
        both.1.store(1, SeqCst);
        let first = both.0.load(SeqCst);
        (first, thread.join().unwrap())
    });
    assert_eq!(seen, BTreeSet::from([(0, 1), (1, 0), (1, 1)]));
    // At most a few more than outcomes: the body is run once more to see whether it does the same.
    assert!(executions <= 4, "{executions}");
}

/// loom does not come to an end with IRIW, and shows what seq-cst forbids; five threads are its limit.
#[test]
fn two_readers_agree_on_the_order_of_seq_cst_stores() {
    let (seen, executions) = outcomes(|| {
        let both = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let start_writer = |it: Arc<(AtomicUsize, AtomicUsize)>, first: bool| {
            thread::spawn(move || if first { &it.0 } else { &it.1 }.store(1, SeqCst))
        };
        let start_reader = |it: Arc<(AtomicUsize, AtomicUsize)>, first: bool| {
            thread::spawn(move || {
                let (one, two) = if first { (&it.0, &it.1) } else { (&it.1, &it.0) };
                (one.load(SeqCst), two.load(SeqCst))
            })
        };
        let writers = [start_writer(both.clone(), true), start_writer(both.clone(), false)];
        let readers = [start_reader(both.clone(), true), start_reader(both.clone(), false)];
        for writer in writers {
            writer.join().unwrap();
        }
        readers.map(|it| it.join().unwrap())
    });
    assert!(!seen.contains(&[(1, 0), (1, 0)]), "{seen:?}");
    assert_eq!(seen.len(), 15);
    assert_eq!(executions, 16);
}

/// loom #254, #282, #389: a swap that reads what comes before a store, and writes after it.
#[test]
fn nothing_comes_between_the_parts_of_a_swap() {
    let (seen, _) = outcomes(|| {
        let flag = Arc::new(AtomicBool::new(true));
        let other = flag.clone();
        let thread = thread::spawn(move || other.store(true, Relaxed));
        let before = flag.swap(false, Relaxed);
        thread.join().unwrap();
        (before, flag.load(Relaxed))
    });
    assert_eq!(seen, BTreeSet::from([(true, false), (true, true)]));
    let (seen, _) = outcomes(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let other = flag.clone();
        let thread = thread::spawn(move || other.store(true, Relaxed));
        let before = flag.swap(false, Relaxed);
        thread.join().unwrap();
        (before, flag.load(Relaxed))
    });
    assert_eq!(seen, BTreeSet::from([(false, true), (true, false)]));
}

/// loom #392: it runs one execution, in which the second thread reads `false`.
#[test]
fn a_load_before_a_store_hides_nothing() {
    let (seen, _) = outcomes(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let other = flag.clone();
        let thread = thread::spawn(move || {
            other.load(Relaxed);
            other.store(true, Relaxed);
        });
        let read = flag.load(Relaxed);
        thread.join().unwrap();
        read
    });
    assert_eq!(seen, BTreeSet::from([false, true]));
}

/// loom #166: with a redundant load, it loses an outcome.
#[test]
fn a_redundant_load_takes_no_outcome_away() {
    let model = |is_redundant: bool| {
        outcomes(move || {
            let both = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
            let other = both.clone();
            let thread = thread::spawn(move || {
                other.0.store(1, Relaxed);
                other.1.store(1, Relaxed);
            });
            if is_redundant {
                both.0.load(Relaxed);
            }
            let outcome = (both.1.load(Relaxed), both.0.load(Relaxed));
            thread.join().unwrap();
            outcome
        })
        .0
    };
    let all = BTreeSet::from([(0, 0), (0, 1), (1, 0), (1, 1)]);
    assert_eq!(model(false), all);
    assert_eq!(model(true), all);
}

/// loom #422: a wait on a condition variable takes the token of `park` away.
#[test]
fn a_wait_leaves_the_token_of_park_where_it_is() {
    loom::model(|| {
        let place = Arc::new((Mutex::new(false), Condvar::new()));
        let (other, main) = (place.clone(), thread::current());
        let thread = thread::spawn(move || {
            main.unpark();
            *other.0.lock().unwrap() = true;
            other.1.notify_one();
        });
        let mut is_told = place.0.lock().unwrap();
        while !*is_told {
            is_told = place.1.wait(is_told).unwrap();
        }
        drop(is_told);
        thread::park();
        thread.join().unwrap();
    });
}

/// loom #249: it fails an assertion of its own if a thread that joins another one is unparked.
#[test]
fn a_thread_that_joins_may_be_unparked() {
    loom::model(|| {
        let main = thread::current();
        let thread = thread::spawn(move || main.unpark());
        thread.join().unwrap();
        thread::park();
    });
}

/// loom #1: nothing wakes a wait without a cause, so that `if` instead of `while` passes. Here it passes, too, unless
/// `DRAWLOOM_SPURIOUS` is set: tests/bounds.rs.
#[test]
fn a_wait_in_an_if_passes_unless_wakeups_without_a_cause_are_asked_for() {
    loom::model(wait_in_an_if);
}

/// loom #193: a wait with a time limit never times out.
#[test]
fn a_wait_may_time_out() {
    let (seen, _) = outcomes(|| {
        let place = Arc::new((Mutex::new(()), Condvar::new()));
        let other = place.clone();
        let thread = thread::spawn(move || other.1.notify_one());
        let guard = place.0.lock().unwrap();
        let time = std::time::Duration::from_millis(1);
        let (guard, result) = place.1.wait_timeout(guard, time).unwrap();
        drop(guard);
        thread.join().unwrap();
        result.timed_out()
    });
    assert_eq!(seen, BTreeSet::from([false, true]));
}

/// loom's documentation: load buffering is not seen. Here neither: RC11 and this search forbid it.
#[test]
fn loads_are_not_buffered() {
    let (seen, _) = outcomes(|| {
        let both = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let other = both.clone();
        let thread = thread::spawn(move || {
            let read = other.0.load(Relaxed);
            other.1.store(1, Relaxed);
            read
        });
        let read = both.1.load(Relaxed);
        both.0.store(1, Relaxed);
        (read, thread.join().unwrap())
    });
    assert_eq!(seen, BTreeSet::from([(0, 0), (0, 1), (1, 0)]));
}

/// A lock for three threads: loom runs 6,225 executions, of which there are 6.
#[test]
fn three_threads_take_a_lock_in_six_orders() {
    let (_, executions) = outcomes(|| {
        let count = Arc::new(Mutex::new(0));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let count = count.clone();
                thread::spawn(move || *count.lock().unwrap() += 1)
            })
            .collect();
        *count.lock().unwrap() += 1;
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(*count.lock().unwrap(), 3);
    });
    // And the first one again.
    assert_eq!(executions, 7);
}

/// There is no limit on threads.
#[test]
fn there_may_be_more_threads_than_loom_has_room_for() {
    loom::model(|| {
        let published = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..2 * loom::MAX_THREADS)
            .map(|n| {
                let published = published.clone();
                thread::spawn(move || {
                    if n == 0 {
                        published.store(1, Release);
                    }
                    published.load(Acquire)
                })
            })
            .collect();
        for thread in threads {
            assert!(thread.join().unwrap() < 2);
        }
        assert_eq!(published.fetch_add(1, AcqRel), 1);
    });
}
