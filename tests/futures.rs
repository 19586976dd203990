//! Futures: a thread that waits for one is woken, and what a lost wake looks like.
#![cfg(all(feature = "heddle", feature = "loom", feature = "shuttle"))]

use drawloom::engine::Fault;
use drawloom::engine::heddle::Heddle;
use drawloom::engine::loom::Loom;

#[macro_use]
#[path = "common/in_worlds.rs"]
mod in_worlds;

use in_worlds::{executions, found, harmless, reaches, shuttle, stress, survivors};

macro_rules! bodies {
    ($world:ident) => {
        use drawloom::$world::sync::{
            Arc, AtomicBool, AtomicU32,
            Ordering::{Acquire, Relaxed, Release},
            future::{AtomicWaker, block_on},
            thread,
        };
        use std::future::{Future, poll_fn, ready};
        use std::pin::pin;
        use std::sync::Arc as StdArc;
        use std::task::{Context, Poll, Wake, Waker};

        #[derive(Default)]
        struct Event {
            has_happened: AtomicBool,
            waker: AtomicWaker,
        }

        impl Event {
            fn happen(&self) {
                self.has_happened.store(true, Release);
                self.waker.wake();
            }

            fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
                self.waker.register_by_ref(context.waker());
                if self.has_happened.load(Acquire) { Poll::Ready(()) } else { Poll::Pending }
            }

            /// Looks before its waker can be found.
            fn poll_too_early(&self, context: &mut Context<'_>) -> Poll<()> {
                if self.has_happened.load(Acquire) {
                    return Poll::Ready(());
                }
                self.waker.register(context.waker().clone());
                Poll::Pending
            }
        }

        pub(super) fn a_future_that_is_ready_needs_no_wake() {
            assert_eq!(block_on(ready(7)), 7);
            assert_eq!(block_on(async { ready(1).await + ready(2).await }), 3);
        }

        pub(super) fn who_waits_for_an_event_is_woken() {
            let event = Arc::new(Event::default());
            let other = event.clone();
            let child = thread::spawn(move || other.happen());
            let mut polls = 0;
            block_on(poll_fn(|context| {
                polls += 1;
                event.poll(context)
            }));
            sometimes(if polls == 1 { "at once" } else { "later" });
            child.join().unwrap();
        }

        pub(super) fn a_wake_before_the_waker_is_there_is_lost() {
            let event = Arc::new(Event::default());
            let other = event.clone();
            let child = thread::spawn(move || other.happen());
            block_on(poll_fn(|context| event.poll_too_early(context)));
            child.join().unwrap();
        }

        pub(super) fn an_event_nobody_wakes_for() {
            let event = Arc::new(Event::default());
            let other = event.clone();
            let child = thread::spawn(move || other.has_happened.store(true, Release));
            block_on(poll_fn(|context| event.poll(context)));
            child.join().unwrap();
        }

        pub(super) fn a_wake_orders_what_came_before() {
            let state = Arc::new((AtomicU32::new(0), AtomicWaker::new()));
            let mut child = None;
            block_on(poll_fn(|context| {
                if child.is_some() {
                    assert_eq!(state.0.load(Relaxed), 1);
                    return Poll::Ready(());
                }
                state.1.register(context.waker().clone());
                let other = state.clone();
                child = Some(thread::spawn(move || {
                    other.0.store(1, Relaxed);
                    other.1.wake();
                }));
                Poll::Pending
            }));
            child.unwrap().join().unwrap();
        }

        /// Parks of the code that is polled do not take the wake away.
        pub(super) fn a_future_may_park_and_wait_for_another() {
            let event = Arc::new(Event::default());
            let other = event.clone();
            let main = thread::current();
            let child = thread::spawn(move || {
                other.happen();
                main.unpark();
            });
            let mut is_first = true;
            block_on(poll_fn(|context| {
                let polled = event.poll(context);
                if std::mem::take(&mut is_first) {
                    thread::park();
                    block_on(ready(()));
                }
                polled
            }));
            child.join().unwrap();
        }

        struct Counts(std::sync::atomic::AtomicUsize);

        impl Wake for Counts {
            fn wake(self: StdArc<Self>) {
                self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }

        pub(super) fn a_place_has_one_waker() {
            let counts = StdArc::new(Counts(0.into()));
            let (waker, place) = (Waker::from(counts.clone()), AtomicWaker::default());
            place.wake();
            place.register(waker.clone());
            place.register_by_ref(&waker);
            place.wake();
            place.wake();
            assert!(place.take_waker().is_none());
            place.register_by_ref(&waker);
            assert!(place.take_waker().unwrap().will_wake(&waker));
            assert_eq!(counts.0.load(std::sync::atomic::Ordering::Relaxed), 1);
            let mut context = Context::from_waker(&waker);
            assert!(pin!(ready(())).poll(&mut context).is_ready());
        }
    };
}

in_every_world!(bodies);

right!(a_future_that_is_ready_needs_no_wake in native stress heddle loom shuttle, 1, []);
right!(who_waits_for_an_event_is_woken in native stress heddle loom shuttle, _, ["at once", "later"]);
wrong!(a_wake_before_the_waker_is_there_is_lost in heddle loom shuttle, Deadlock);
wrong!(an_event_nobody_wakes_for in heddle loom shuttle, Deadlock);
right!(a_wake_orders_what_came_before in native stress heddle loom shuttle, _, []);
right!(a_future_may_park_and_wait_for_another in native stress heddle loom shuttle, _, []);
right!(a_place_has_one_waker in native stress heddle loom shuttle, 1, []);

#[test]
fn a_trace_of_a_lost_wake_shows_where_the_thread_waits() {
    let shown = found(&Heddle::default(), in_heddle::a_wake_before_the_waker_is_there_is_lost);
    assert!(shown.message.contains("thread 0 waits in Park"), "{}", shown.message);
    let wakes = shown.message.contains("tests/futures.rs");
    assert!(wakes, "{}", shown.message);
}

#[test]
fn the_lock_and_the_wake_are_needed() {
    // The lock of the waker orders all that the flag would, and a thread that is woken too early asks again.
    let expected =
        ["Load weaken Acquire to Relaxed", "Store weaken Release to Relaxed", "Park wake-uncaused"];
    assert_eq!(survivors(in_heddle::who_waits_for_an_event_is_woken), expected);
}
