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
            future::{AtomicWaker, block_on, spawn},
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

        pub(super) fn a_task_has_a_result_which_another_awaits() {
            let one = spawn(async { 1 });
            let two = spawn(async move { one.await.unwrap() + 1 });
            assert_eq!(block_on(two).unwrap(), 2);
        }

        pub(super) fn a_task_is_woken() {
            let event = Arc::new(Event::default());
            let awaited = event.clone();
            let task = spawn(async move {
                let mut polls = 0;
                poll_fn(|context| {
                    polls += 1;
                    awaited.poll(context)
                })
                .await;
                polls
            });
            event.happen();
            let polls = block_on(task).unwrap();
            sometimes(if polls == 1 { "at once" } else { "later" });
        }

        pub(super) fn a_task_goes_on_without_its_handle() {
            let event = Arc::new(Event::default());
            let other = event.clone();
            drop(spawn(async move { other.happen() }));
            block_on(poll_fn(|context| event.poll(context)));
        }

        pub(super) fn a_task_is_finished_or_not() {
            let task = spawn(async { 1 });
            sometimes(if task.is_finished() { "finished" } else { "running" });
            assert_eq!(block_on(task).unwrap(), 1);
        }

        pub(super) fn a_task_that_nobody_wakes() {
            let task = spawn(poll_fn(|_| Poll::<()>::Pending));
            block_on(task).unwrap();
        }

        pub(super) fn a_task_that_panics() {
            let task = spawn(async { panic!("in the task") });
            let payload = block_on(task).unwrap_err();
            assert_eq!(payload.downcast_ref::<&str>(), Some(&"in the task"));
        }

        /// The value that the task has written by its own hand.
        pub(super) fn a_result_comes_after_what_its_task_did() {
            let word = Arc::new(AtomicU32::new(0));
            let other = word.clone();
            let task = spawn(async move { other.store(1, Relaxed) });
            block_on(task).unwrap();
            assert_eq!(word.load(Relaxed), 1);
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

right!(a_task_has_a_result_which_another_awaits in native stress heddle loom shuttle, _, []);
right!(a_task_is_woken in native stress heddle loom shuttle, _, ["at once", "later"]);
right!(a_task_goes_on_without_its_handle in native stress heddle shuttle, _, []);
right!(a_task_is_finished_or_not in native stress heddle shuttle, _, ["finished", "running"]);
right!(a_result_comes_after_what_its_task_did in native stress heddle loom shuttle, _, []);
wrong!(a_task_that_nobody_wakes in heddle loom shuttle, Deadlock);
wrong!(a_task_that_panics in heddle loom shuttle, Panic);

#[test]
fn a_task_that_panics_has_an_error_as_its_result() {
    in_native::a_task_that_panics();
    in_stress::a_task_that_panics();
}

#[test]
fn a_task_that_nobody_wakes_is_shown_where_it_was_started() {
    let shown = found(&Heddle::default(), in_heddle::a_task_that_nobody_wakes);
    let places = shown.message.matches("waits in Park at tests/futures.rs").count();
    assert!(places == 2 && shown.message.contains("thread 1 waits"), "{}", shown.message);
}

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
