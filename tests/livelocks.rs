//! Which loops that find nothing new are livelocks, and which end.
#![cfg(feature = "heddle")]

use std::sync::Arc as Shared;

use drawloom::engine::heddle::{Heddle, Strategy};
use drawloom::engine::{Bound, Engine, Fault, Report, Verdict, WorldSchedule};
use drawloom::heddle::sync::{
    AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
    hint, sometimes, thread,
};

fn explored(engine: Heddle, run: impl Fn() + Send + Sync + 'static) -> Report {
    engine.explore(Shared::new(run))
}

/// A loop that counts its rounds ends, however often it goes round: nobody else can go on, and it finds nothing new.
#[test]
fn a_loop_that_counts_many_rounds_ends() {
    fn spins(rounds: u32) -> impl Fn() + Send + Sync {
        move || {
            let word = AtomicU32::new(0);
            for _ in 0..rounds {
                if word.load(Acquire) == 1 {
                    break;
                }
                thread::yield_now();
            }
            sometimes("it gave up");
        }
    }
    for rounds in [99, 200, 600, 1500, 3000] {
        let report = explored(Heddle::default(), spins(rounds));
        assert_eq!(report.verdict, Verdict::Exhausted { executions: 1 }, "{rounds}");
        assert!(report.reached.contains("it gave up"));
    }
    // The limit on operations is no reason to call it endless.
    let report = explored(Heddle::default().steps_max(2000), spins(3000));
    let stopped_by = Bound::Steps;
    assert_eq!(report.verdict, Verdict::Bounded { executions: 1, stopped_by });
    let drawn = Heddle::default().strategy(Strategy::Random { seed: 1 }).executions_max(2);
    let report = explored(drawn, spins(600));
    assert_eq!((report.executions, report.finished), (2, 2), "{report:?}");
}

/// The same for a count that is kept in a function that the loop calls, or on the heap.
#[test]
fn a_loop_that_counts_elsewhere_ends() {
    struct Backoff(std::cell::Cell<u32>);
    impl Backoff {
        #[inline(never)]
        fn snooze(&self) -> bool {
            thread::yield_now();
            self.0.set(self.0.get() + 1);
            self.0.get() == 400
        }
    }
    let report = explored(Heddle::default(), || {
        let word = AtomicU32::new(0);
        let (near, far) = (Backoff(0.into()), Box::new(Backoff(0.into())));
        while word.load(Acquire) == 0 && !near.snooze() {}
        while word.load(Acquire) == 0 && !far.snooze() {}
    });
    assert_eq!(report.verdict, Verdict::Exhausted { executions: 1 });
}

/// A loop that never ends is a livelock, in whatever it goes round, and shows itself again.
#[test]
fn a_loop_that_never_ends_is_a_livelock() {
    fn is_livelock(body: impl Fn() + Send + Sync + Clone + 'static) {
        let report = explored(Heddle::default(), body.clone());
        let Verdict::Violated(shown) = &report.verdict else { panic!("{report:?}") };
        assert_eq!(shown.violation, Fault::Livelock, "{report:?}");
        let Some(WorldSchedule::Heddle(schedule)) = &shown.schedule else { panic!("{report:?}") };
        let again = Heddle::default().replay(schedule, Shared::new(body.clone()));
        let Verdict::Violated(shown) = &again.verdict else { panic!("{again:?}") };
        assert_eq!(shown.violation, Fault::Livelock, "{again:?}");
    }
    is_livelock(|| {
        let word = AtomicU32::new(0);
        while word.load(Acquire) == 0 {
            thread::yield_now();
        }
    });
    // A backoff that comes to its maximum, in functions of its own, with two yields in a round.
    is_livelock(|| {
        #[inline(never)]
        fn look(words: &[AtomicU32; 2]) -> Option<u32> {
            let sum =
                words[0].load(Relaxed) + words[1].compare_exchange(1, 2, AcqRel, Relaxed).ok()?;
            (sum > 0).then_some(sum)
        }
        #[inline(never)]
        fn snooze(step: &mut u32) {
            for _ in 0..*step {
                hint::spin_loop();
            }
            *step = (*step + 1).min(3);
        }
        let (words, mut step) = ([AtomicU32::new(0), AtomicU32::new(0)], 0);
        while look(&words).is_none() {
            snooze(&mut step);
        }
    });
    // Two threads that wait for each other.
    is_livelock(|| {
        let words = Shared::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let theirs = words.clone();
        let waits = |mine: &AtomicU32, other: &AtomicU32| {
            while other.load(Acquire) == 0 {
                thread::yield_now();
            }
            mine.store(1, Release);
        };
        let thread = thread::spawn(move || waits(&theirs[0], &theirs[1]));
        waits(&words[1], &words[0]);
        thread.join().unwrap();
    });
    // A thread that has looked too early leaves the other one to wait, which may have gone round before that.
    is_livelock(|| {
        let words = Shared::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let theirs = words.clone();
        let thread = thread::spawn(move || {
            if theirs[0].load(Acquire) == 1 {
                theirs[1].store(1, Release);
            }
        });
        words[0].store(1, Release);
        while words[1].load(Acquire) == 0 {
            thread::yield_now();
        }
        thread.join().unwrap();
    });
}
