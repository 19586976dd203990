//! Time under the checkers: what it says, and that a body which reads it repeats itself.
#![cfg(all(feature = "heddle", feature = "loom", feature = "shuttle"))]

use drawloom::engine::Fault;
use drawloom::engine::heddle::{Heddle, Strategy};
use drawloom::engine::loom::Loom;

#[macro_use]
#[path = "common/in_worlds.rs"]
mod in_worlds;

use in_worlds::{executions, found, harmless, reaches, shuttle, stress};

macro_rules! bodies {
    ($world:ident) => {
        use drawloom::$world::sync::{
            Arc, AtomicU32, Condvar, Mutex,
            Ordering::{Acquire, Relaxed, Release},
            thread,
            time::{Duration, Instant},
        };

        const SHORT: Duration = Duration::from_millis(1);

        pub(super) fn a_sleep_takes_its_time() {
            let begin = Instant::now();
            thread::sleep(SHORT);
            let end = Instant::now();
            assert!(end - begin >= SHORT && begin.elapsed() >= SHORT);
            assert_eq!(begin - end, Duration::ZERO);
            assert_eq!(begin.checked_duration_since(end), None);
            assert!(begin.checked_sub(SHORT).unwrap() < begin && begin + SHORT <= end);
            let mut moment = begin;
            moment += SHORT;
            moment -= SHORT;
            assert_eq!(moment, begin);
            assert_eq!(end.saturating_duration_since(begin), end.duration_since(begin));
            assert!(begin.checked_add(Duration::MAX).is_none());
        }

        /// A thread that has learned of a moment is not earlier.
        pub(super) fn time_does_not_go_back_along_happens_before() {
            let state = Arc::new((Mutex::new(None), AtomicU32::new(0)));
            let other = state.clone();
            let child = thread::spawn(move || {
                thread::sleep(SHORT);
                *other.0.lock().unwrap() = Some(Instant::now());
                other.1.store(1, Release);
                thread::sleep(SHORT);
                Instant::now()
            });
            let begin = Instant::now();
            if state.1.load(Acquire) == 1 {
                sometimes("told");
                assert!(state.0.lock().unwrap().unwrap() <= Instant::now());
            }
            let end = child.join().unwrap();
            assert!(end <= Instant::now() && end - begin >= SHORT);
        }

        pub(super) fn a_wait_that_is_late_took_its_time() {
            let state = Arc::new((Mutex::new(()), Condvar::new()));
            let other = state.clone();
            let child = thread::spawn(move || {
                drop(other.0.lock().unwrap());
                other.1.notify_one();
            });
            let begin = Instant::now();
            let guard = state.0.lock().unwrap();
            let (guard, result) = state.1.wait_timeout(guard, SHORT).unwrap();
            sometimes(if result.timed_out() { "late" } else { "in time" });
            assert!(!result.timed_out() || begin.elapsed() >= SHORT);
            drop(guard);
            child.join().unwrap();
        }

        pub(super) fn a_park_that_is_late_took_its_time() {
            let begin = Instant::now();
            thread::park_timeout(SHORT);
            assert!(begin.elapsed() >= SHORT);
        }

        pub(super) fn time_that_never_ends_can_pass() {
            let begin = Instant::now();
            thread::sleep(Duration::MAX);
            thread::park_timeout(Duration::MAX);
            assert!(begin.elapsed() > SHORT);
        }

        /// Ends by its deadline, or because of the child.
        pub(super) fn a_loop_with_a_deadline_ends() {
            let flag = Arc::new(AtomicU32::new(0));
            let other = flag.clone();
            let child = thread::spawn(move || other.store(1, Relaxed));
            let deadline = Instant::now() + 2 * SHORT;
            let in_time = loop {
                if flag.load(Relaxed) == 1 {
                    break true;
                }
                if Instant::now() >= deadline {
                    break false;
                }
                thread::sleep(SHORT);
            };
            sometimes(if in_time { "in time" } else { "late" });
            child.join().unwrap();
        }

        /// The child sleeps long enough, but nobody has waited for it.
        pub(super) fn another_threads_sleep_is_not_this_ones() {
            let begin = Instant::now();
            let child = thread::spawn(|| thread::sleep(SHORT));
            assert!(begin.elapsed() >= SHORT, "too early");
            child.join().unwrap();
        }
    };
}

in_every_world!(bodies);

right!(a_sleep_takes_its_time in native stress heddle loom shuttle, 1, []);
right!(time_does_not_go_back_along_happens_before in native stress heddle shuttle, _, ["told"]);
right!(a_wait_that_is_late_took_its_time in native stress heddle loom shuttle, _, ["late", "in time"]);
right!(a_park_that_is_late_took_its_time in heddle loom shuttle, 1, []);
right!(time_that_never_ends_can_pass in heddle loom shuttle, 1, []);
right!(a_loop_with_a_deadline_ends in native stress heddle shuttle, _, ["in time", "late"]);
wrong!(another_threads_sleep_is_not_this_ones in heddle loom shuttle, Panic);

#[test]
fn time_is_the_same_in_every_execution_of_heddle() {
    fn exact() {
        use drawloom::heddle::sync::{
            thread,
            time::{Duration, Instant},
        };
        let begin = Instant::now();
        let sleeper = || thread::spawn(|| thread::sleep(Duration::from_secs(1)));
        let children = [sleeper(), sleeper()];
        thread::sleep(Duration::from_secs(5));
        assert_eq!(begin.elapsed(), Duration::from_secs(5));
        for child in children {
            child.join().unwrap();
        }
        assert_eq!(begin.elapsed(), Duration::from_secs(7));
        assert_eq!(format!("{begin:?}"), "0ns after the beginning");
        assert_eq!(format!("{:?}", begin - Duration::from_secs(2)), "2s before the beginning");
    }
    executions(exact, 1);
    let random = Strategy::Random { seed: 3 };
    harmless(&Heddle::default().strategy(random).executions_max(200), exact);
}
