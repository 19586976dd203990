//! Values that are never dropped, owners as pointers, and destructors that panic when an execution is left.
#![cfg(all(feature = "heddle", feature = "loom", feature = "shuttle"))]
#![allow(unsafe_code, reason = "owners as pointers are of no use without")]

use std::process::Command;
use std::sync::Arc as StdArc;

use drawloom::engine::heddle::{Heddle, Strategy};
use drawloom::engine::loom::Loom;
use drawloom::engine::{Bound, Engine, Fault, Verdict};

#[macro_use]
#[path = "common/in_worlds.rs"]
mod in_worlds;

use in_worlds::{executions, found, harmless, reaches, shuttle, stress};

macro_rules! bodies {
    ($world:ident) => {
        use drawloom::$world::sync::{
            Arc, AtomicBool, AtomicU32, Mutex,
            Ordering::{Acquire, Relaxed, Release},
            global, thread,
        };
        use std::mem::forget;

        pub(super) fn an_owner_is_forgotten() {
            forget(Arc::new(1));
        }

        pub(super) fn a_share_is_forgotten_by_one_thread() {
            let owner = Arc::new(AtomicU32::new(0));
            let other = owner.clone();
            let child = thread::spawn(move || {
                if other.swap(1, Relaxed) == 1 {
                    forget(other);
                }
            });
            owner.swap(1, Relaxed);
            child.join().unwrap();
        }

        struct Node(Mutex<Option<Arc<Node>>>);

        pub(super) fn a_value_owns_itself() {
            let node = Arc::new(Node(Mutex::new(None)));
            *node.0.lock().unwrap() = Some(node.clone());
        }

        pub(super) fn a_cycle_is_broken_in_time() {
            let node = Arc::new(Node(Mutex::new(None)));
            *node.0.lock().unwrap() = Some(node.clone());
            let other = node.0.lock().unwrap().take();
            drop(other);
        }

        pub(super) fn a_value_that_is_not_made_is_no_leak() {
            let made = std::panic::catch_unwind(|| Arc::<u32>::new_cyclic(|_| panic!("not made")));
            assert!(made.is_err());
        }

        global! {
            static KEPT: Mutex<Vec<Arc<AtomicU32>>> = Mutex::new(Vec::new());
        }

        pub(super) fn what_a_static_owns_is_no_leak() {
            let owner = Arc::new(AtomicU32::new(0));
            let other = owner.clone();
            let child = thread::spawn(move || KEPT.lock().unwrap().push(other));
            KEPT.lock().unwrap().push(owner);
            child.join().unwrap();
        }

        pub(super) fn an_owner_goes_as_a_pointer_and_comes_back() {
            let owner = Arc::new(AtomicU32::new(7));
            let pointer = Arc::into_raw(owner.clone());
            assert_eq!(pointer, Arc::as_ptr(&owner));
            let address = pointer.addr();
            let pointer = AtomicPointer(pointer);
            let child = thread::spawn(move || {
                let pointer = pointer.get();
                assert_eq!(pointer.addr(), address);
                // SAFETY: `into_raw` has given the share away, to this thread.
                let owner = unsafe { Arc::from_raw(pointer) };
                owner.fetch_add(1, Relaxed)
            });
            sometimes(if Arc::strong_count(&owner) == 1 { "alone" } else { "shared" });
            assert_eq!(child.join().unwrap(), 7);
            assert_eq!(Arc::strong_count(&owner), 1);
            assert_eq!(Arc::try_unwrap(owner).unwrap().into_inner(), 8);
        }

        struct AtomicPointer(*const AtomicU32);

        impl AtomicPointer {
            /// By a method, so that a closure captures the whole.
            fn get(self) -> *const AtomicU32 {
                self.0
            }
        }

        // SAFETY: the pointer owns a share of a value that threads may share.
        unsafe impl Send for AtomicPointer {}

        pub(super) fn shares_are_counted_by_pointer() {
            let owner = Arc::new(1);
            let pointer = Arc::as_ptr(&owner);
            // SAFETY: the value has an owner, and so has each share that is taken away.
            unsafe {
                Arc::increment_strong_count(pointer);
                assert_eq!(Arc::strong_count(&owner), 2);
                Arc::decrement_strong_count(pointer);
            }
            assert_eq!(Arc::strong_count(&owner), 1);
            drop(owner);
        }

        pub(super) fn a_pointer_is_never_an_owner_again() {
            let owner = Arc::new(1);
            let _pointer = Arc::into_raw(owner.clone());
        }

        pub(super) struct Whole(AtomicBool);

        impl Drop for Whole {
            fn drop(&mut self) {
                assert!(*self.0.get_mut(), "dropped too early");
            }
        }

        /// A destructor that panics if an execution is left in the middle. The body is right.
        pub(super) fn a_destructor_wants_the_whole_execution() {
            let whole = Whole(AtomicBool::new(false));
            let flag = Arc::new(AtomicBool::new(false));
            let other = flag.clone();
            let child = thread::spawn(move || other.store(true, Release));
            while !flag.load(Acquire) {
                thread::yield_now();
            }
            child.join().unwrap();
            whole.0.store(true, Relaxed);
        }

        /// A bug, and another thread with such a destructor.
        pub(super) fn a_thread_fails_beside_such_a_destructor() {
            let flag = Arc::new(AtomicBool::new(false));
            let other = flag.clone();
            let child = thread::spawn(move || assert!(!other.load(Acquire), "seen"));
            let whole = Whole(AtomicBool::new(false));
            flag.store(true, Release);
            child.join().unwrap();
            whole.0.store(true, Relaxed);
        }

        global! {
            static PANICS: Whole = Whole(AtomicBool::new(false));
        }

        pub(super) fn the_destructor_of_a_static_panics() {
            PANICS.0.load(Relaxed);
        }
    };
}

mod in_heddle {
    use drawloom::heddle::sync::sometimes;

    bodies!(heddle);
}

#[allow(dead_code, reason = "not every body is for every world")]
mod in_loom {
    use drawloom::loom::sync::sometimes;

    bodies!(loom);
}

#[allow(dead_code, reason = "not every body is for every world")]
mod in_shuttle {
    use drawloom::shuttle::sync::sometimes;

    bodies!(shuttle);
}

#[allow(dead_code, reason = "not every body is for every world")]
mod in_stress {
    use drawloom::stress::sync::sometimes;

    bodies!(stress);
}

wrong!(an_owner_is_forgotten in heddle loom, Leak);
wrong!(a_share_is_forgotten_by_one_thread in heddle loom, Leak);
wrong!(a_value_owns_itself in heddle loom, Leak);
right!(a_cycle_is_broken_in_time in stress heddle loom shuttle, 1, []);
right!(a_value_that_is_not_made_is_no_leak in stress heddle shuttle, 1, []);
right!(what_a_static_owns_is_no_leak in stress heddle shuttle, _, []);
right!(an_owner_goes_as_a_pointer_and_comes_back in stress heddle shuttle, _, ["shared"]);
right!(shares_are_counted_by_pointer in stress heddle shuttle, 1, []);
wrong!(a_pointer_is_never_an_owner_again in heddle, Leak);

#[test]
fn a_leak_is_told_of_where_the_value_was_made_and_can_be_replayed() {
    let shown = found(&Heddle::default(), in_heddle::a_share_is_forgotten_by_one_thread);
    let place = shown.location.clone().unwrap();
    assert!(place.contains("tests/leaks.rs"), "{place}");
    let words = format!("leak: the value made at {place} is never dropped; it has 1 owner left");
    assert_eq!(shown.message, words);
    let schedule = shown.schedule.unwrap();
    let body = StdArc::new(in_heddle::a_share_is_forgotten_by_one_thread);
    let again = Heddle::default().repeat(&schedule, body).unwrap().verdict;
    assert!(matches!(again, Verdict::Violated(again) if again.violation == Fault::Leak));
}

#[test]
fn leaks_are_found_at_random_and_not_if_that_is_asked_for() {
    let random = Strategy::Random { seed: 1 };
    let engine = Heddle::default().strategy(random).executions_max(300);
    assert_eq!(found(&engine, in_heddle::a_value_owns_itself).violation, Fault::Leak);
    harmless(&Heddle::default().leaks(false), in_heddle::a_value_owns_itself);
    harmless(&Heddle::default().leaks(false), in_heddle::an_owner_is_forgotten);
}

#[test]
fn loom_finds_no_owner_by_a_pointer() {
    let report = Loom::default().explore(StdArc::new(in_loom::a_pointer_is_never_an_owner_again));
    assert!(matches!(report.verdict, Verdict::Unsupported { .. }), "{report:?}");
}

#[test]
fn a_panic_in_the_destructor_of_a_static_is_a_violation() {
    let shown = found(&Heddle::default(), in_heddle::the_destructor_of_a_static_panics);
    assert_eq!((shown.violation, &*shown.message), (Fault::Panic, "dropped too early"));
}

/// The name of the test that a child process runs, and the variable that tells it to.
const CHILD: &str =
    "a_destructor_that_panics_in_an_execution_that_is_left_says_so_before_the_process_ends";
const IS_CHILD: &str = "DRAWLOOM_TEST_IS_CHILD";

#[test]
fn a_destructor_that_panics_in_an_execution_that_is_left_says_so_before_the_process_ends() {
    if std::env::var_os(IS_CHILD).is_some() {
        harmless(&Heddle::default(), in_heddle::a_destructor_wants_the_whole_execution);
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    let output = child.args([CHILD, "--exact", "--nocapture"]).env(IS_CHILD, "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("dropped too early"), "{said}");
}

#[test]
fn a_destructor_that_would_panic_is_left_out_if_that_is_asked_for() {
    let stays = Heddle::default().unwinds(false);
    let report = harmless(&stays, in_heddle::a_destructor_wants_the_whole_execution);
    let is_cut = matches!(report.verdict, Verdict::Bounded { stopped_by: Bound::Rounds, .. });
    assert!(is_cut, "no execution was left: {:?}", report.verdict);
    let shown = found(&stays, in_heddle::a_thread_fails_beside_such_a_destructor);
    assert_eq!((shown.violation, &*shown.message), (Fault::Panic, "seen"));
}
