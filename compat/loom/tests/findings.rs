//! What is wrong in a model is found, whatever it is, and is a panic of the test.
#![allow(unsafe_code)]

use std::mem::{MaybeUninit, needs_drop};
use std::rc::Rc;

use loom::alloc::{Layout, Track, alloc, alloc_zeroed, dealloc};
use loom::cell::{Cell, MutPtr, UnsafeCell};
use loom::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, fence};
use loom::sync::{Arc, Condvar, Mutex, Notify, RwLock};
use loom::thread;

#[test]
#[should_panic(expected = "leak: ")]
fn an_owner_that_is_never_dropped_is_a_leak() {
    loom::model(|| std::mem::forget(Arc::new(1)));
}

#[test]
#[should_panic(expected = "leak: ")]
fn a_tracked_value_that_is_never_dropped_is_a_leak() {
    loom::model(|| std::mem::forget(Track::new(1)));
}

#[test]
fn a_tracked_value_is_dropped_or_taken_out() {
    loom::model(|| {
        let mut tracked = Track::new(1);
        *tracked.get_mut() += 1;
        assert_eq!(*tracked.get_ref(), 2);
        std::mem::forget(Track::new(String::from("a text")).into_inner());
    });
}

#[test]
#[should_panic(expected = "leak: ")]
fn memory_that_is_never_freed_is_a_leak() {
    // SAFETY: the layout is not empty.
    loom::model(|| assert!(!unsafe { alloc(Layout::new::<u64>()) }.is_null()));
}

#[test]
fn memory_is_freed() {
    loom::model(|| {
        let layout = Layout::new::<u64>();
        // SAFETY: the layout is not empty, the memory has it, and is freed once.
        unsafe {
            let pointer = alloc_zeroed(layout);
            assert_eq!(pointer.read(), 0);
            dealloc(pointer, layout);
        }
    });
}

#[test]
#[should_panic(expected = "data race: ")]
fn an_unguarded_write_is_a_race() {
    loom::model(|| {
        let cell = Rc::new(UnsafeCell::new(0));
        let other = cell.clone();
        // SAFETY: it is a race, which is found before the write.
        let thread = thread::spawn(move || other.with_mut(|it| unsafe { *it = 1 }));
        // SAFETY: as above.
        cell.with(|it| unsafe { assert!(*it < 2) });
        thread.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "data race: ")]
fn a_shared_cell_is_a_race() {
    loom::model(|| {
        let cell = Rc::new(Cell::new(0));
        let other = cell.clone();
        let thread = thread::spawn(move || other.set(1));
        cell.get();
        thread.join().unwrap();
    });
}

/// What a pointer may do lasts as long as the pointer, also if nothing is done any more.
fn publishes_too_early(writes: fn(&UnsafeCell<u32>, &AtomicUsize)) {
    loom::model(move || {
        let both = Rc::new((UnsafeCell::new(0), AtomicUsize::new(0)));
        let other = both.clone();
        let thread = thread::spawn(move || writes(&other.0, &other.1));
        if both.1.load(Acquire) == 1 {
            // SAFETY: if nobody writes any more, nothing does.
            both.0.with(|it| unsafe { assert!(*it < 2) });
        }
        thread.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "data race: ")]
fn a_pointer_that_is_there_still_is_an_access() {
    publishes_too_early(|cell, flag| {
        let pointer = cell.get_mut();
        flag.store(1, Release);
        fence(SeqCst);
        drop(pointer);
    });
}

#[test]
#[should_panic(expected = "data race: ")]
fn a_pointer_of_another_thread_is_an_access() {
    loom::model(|| {
        let (cell, flag) = (UnsafeCell::new(0), Arc::new(AtomicUsize::new(0)));
        let (pointer, other) = (cell.get_mut(), flag.clone());
        let thread = thread::spawn(move || {
            drop(pointer);
            other.store(1, Relaxed);
        });
        if flag.load(Relaxed) == 1 {
            // SAFETY: it is a race, which is found.
            cell.with(|it| unsafe { assert_eq!(*it, 0) });
        }
        thread.join().unwrap();
    });
}

/// The guard of a lock that unlocks in its `drop`: its pointer is dropped after that, as the fields of a value are.
#[test]
fn a_pointer_that_ends_with_the_unlock_is_no_access() {
    struct Guard<'a>(#[expect(dead_code, reason = "it is there")] MutPtr<u32>, &'a AtomicUsize);
    impl Drop for Guard<'_> {
        fn drop(&mut self) {
            self.1.store(1, Release);
        }
    }
    publishes_too_early(|cell, flag| drop(Guard(cell.get_mut(), flag)));
}

#[test]
#[should_panic(expected = "data race: ")]
fn a_closure_that_has_not_returned_is_an_access() {
    publishes_too_early(|cell, flag| cell.with_mut(|_| flag.store(1, Release)));
}

#[test]
fn a_pointer_that_is_gone_is_no_access() {
    publishes_too_early(|cell, flag| {
        let pointer = cell.get_mut();
        // SAFETY: nobody else looks before the flag is set.
        pointer.with(|it| unsafe { *it = 1 });
        drop(pointer);
        let pointer = cell.get();
        // SAFETY: as above.
        assert_eq!(unsafe { *pointer.deref() }, 1);
        drop(pointer);
        flag.store(1, Release);
    });
}

#[test]
#[should_panic(expected = "data race: ")]
fn an_unsynchronised_load_races_with_a_store() {
    loom::model(|| {
        let word = Arc::new(AtomicUsize::new(0));
        let other = word.clone();
        // SAFETY: it is a race, which is found.
        let thread = thread::spawn(move || unsafe { other.unsync_load() });
        word.store(1, Relaxed);
        thread.join().unwrap();
    });
}

#[test]
fn an_unsynchronised_load_of_what_is_known_is_none() {
    loom::model(|| {
        let both = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let other = both.clone();
        let thread = thread::spawn(move || {
            other.0.store(1, Relaxed);
            // SAFETY: no other thread writes it.
            assert_eq!(unsafe { other.0.unsync_load() }, 1);
            other.1.store(1, Release);
        });
        if both.1.load(Acquire) == 1 {
            // SAFETY: the thread does not write it any more.
            assert_eq!(unsafe { both.0.unsync_load() }, 1);
        }
        thread.join().unwrap();
        both.0.store(2, Relaxed);
    });
}

#[test]
#[should_panic(expected = "data race: ")]
fn an_exclusive_access_races_with_a_load() {
    loom::model(|| {
        let word = Rc::new(UnsafeCell::new(AtomicUsize::new(0)));
        let other = word.clone();
        // SAFETY: it is a race, which is found.
        let thread = thread::spawn(move || other.with(|it| unsafe { (*it).load(Relaxed) }));
        // SAFETY: as above. The cell is only read, so that the atomic is what is raced for.
        word.with(|it| unsafe { (*it.cast_mut()).with_mut(|value| *value += 1) });
        thread.join().unwrap();
    });
}

/// Gives another thread a word and a flag, and reads the word when the flag is set.
fn takes_a_word(gives: fn(*mut AtomicUsize, &AtomicUsize)) {
    loom::model(move || {
        let both = Rc::new((UnsafeCell::new(AtomicUsize::new(0)), AtomicUsize::new(0)));
        let other = both.clone();
        // The cell is only read, so that the atomic is what is raced for.
        let thread = thread::spawn(move || other.0.with(|it| gives(it.cast_mut(), &other.1)));
        if both.1.load(Acquire) == 1 {
            // SAFETY: that somebody else has exclusive access to it is found.
            both.0.with(|it| unsafe { (*it).load(Relaxed) });
        }
        thread.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "data race: ")]
fn an_exclusive_access_that_has_not_returned_races() {
    takes_a_word(|word, flag| {
        // SAFETY: it is a race, which is found.
        unsafe { &mut *word }.with_mut(|_| flag.store(1, Release));
    });
}

#[test]
#[should_panic(expected = "data race: ")]
fn an_exclusive_access_that_writes_at_its_end_races() {
    takes_a_word(|word, flag| {
        // SAFETY: as above.
        unsafe { &mut *word }.with_mut(|value| {
            flag.store(1, Release);
            *value = 1;
        });
    });
}

#[test]
fn an_exclusive_access_that_has_returned_does_not_race() {
    takes_a_word(|word, flag| {
        // SAFETY: the other thread has not been told of it yet.
        unsafe { &mut *word }.with_mut(|value| {
            thread::yield_now();
            *value = 1;
        });
        flag.store(1, Release);
    });
}

#[test]
#[should_panic(expected = "has exclusive access at that time")]
fn what_happens_within_an_exclusive_access_races() {
    loom::model(|| {
        let word = Rc::new(UnsafeCell::new(AtomicUsize::new(0)));
        let other = word.clone();
        // SAFETY: that both use it is found.
        word.with(|it| unsafe {
            (*it.cast_mut()).with_mut(|_| {
                let loads = move || other.with(|it| (*it).load(Relaxed));
                thread::spawn(loads).join().unwrap();
            });
        });
    });
}

#[test]
#[should_panic(expected = "use after free: ")]
fn a_pointer_is_not_used_after_its_cell() {
    loom::model(|| {
        let cell = Box::new(UnsafeCell::new(0));
        let pointer = cell.get();
        drop(cell);
        // SAFETY: it is found that the cell is gone.
        assert_eq!(unsafe { *pointer.deref() }, 0);
    });
}

#[test]
#[should_panic(expected = "use after free: ")]
fn a_pointer_is_not_used_after_another_thread_has_dropped_its_cell() {
    loom::model(|| {
        let cell = Box::new(UnsafeCell::new(0));
        let pointer = cell.get_mut();
        thread::spawn(move || drop(cell)).join().unwrap();
        pointer.with(drop);
    });
}

#[test]
#[should_panic(expected = "use after free: ")]
fn a_pointer_is_not_used_after_its_cell_has_been_taken_apart() {
    loom::model(|| {
        let cell = UnsafeCell::new(0);
        let pointer = cell.get();
        assert_eq!(cell.into_inner(), 0);
        pointer.with(drop);
    });
}

#[test]
#[should_panic(expected = "use after free: ")]
fn a_pointer_is_not_used_after_its_memory_is_freed() {
    loom::model(|| {
        let layout = Layout::new::<UnsafeCell<u32>>();
        // SAFETY: the layout is not empty. The memory is used too long, which is found.
        unsafe {
            let cell: *mut UnsafeCell<u32> = alloc(layout).cast();
            cell.write(UnsafeCell::new(0));
            let pointer = (*cell).get();
            dealloc(cell.cast(), layout);
            pointer.with(drop);
        }
    });
}

loom::thread_local! {
    static IS_INSIDE: std::cell::Cell<bool> = std::cell::Cell::new(false);
}

loom::lazy_static! {
    static ref ENTRIES: AtomicUsize = AtomicUsize::new(0);
}

struct Inside;

impl Inside {
    fn enter() -> Inside {
        IS_INSIDE.with(|it| assert!(!it.replace(true)));
        ENTRIES.fetch_add(1, Relaxed);
        Inside
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        IS_INSIDE.with(|it| assert!(it.replace(false), "its own thread is inside"));
        assert_ne!(ENTRIES.load(Relaxed), 0);
    }
}

/// A destructor that panicked would end the process.
#[test]
#[should_panic(expected = "panic: the first thread stops")]
fn a_destructor_finds_its_threads_locals_and_the_statics_when_the_execution_is_over() {
    loom::model(|| {
        let lock = Arc::new(Mutex::new(()));
        let _held = lock.lock().unwrap();
        let other = lock.clone();
        thread::spawn(move || {
            let _inside = Inside::enter();
            drop(other.lock());
        });
        let _inside = Inside::enter();
        thread::yield_now();
        panic!("the first thread stops");
    });
}

/// What `std` has no destructor for, in memory that is given back without any.
struct Node {
    word: AtomicUsize,
    cell: UnsafeCell<u32>,
    lock: Mutex<u32>,
}

impl Node {
    fn new() -> Node {
        Node { word: AtomicUsize::new(1), cell: UnsafeCell::new(1), lock: Mutex::new(1) }
    }

    fn uses_all(&self) {
        self.word.store(2, Relaxed);
        // SAFETY: nobody else has the cell.
        self.cell.with_mut(|it| unsafe { *it = 2 });
        *self.lock.lock().unwrap() = 2;
    }
}

#[test]
fn memory_in_which_there_is_nothing_yet_may_be_assigned_to() {
    loom::model(|| {
        let layout = Layout::new::<Node>();
        // The last ones find what those before have left.
        for byte in [Some(0), Some(0x5a), Some(0xff), None, None] {
            // SAFETY: the layout is not empty, and fits. What is assigned to has nothing in it that must be dropped.
            unsafe {
                let node: *mut Node = std::alloc::alloc(layout).cast();
                if let Some(byte) = byte {
                    node.write_bytes(byte, 1);
                }
                *node = Node::new();
                (*node).uses_all();
                std::alloc::dealloc(node.cast(), layout);
            }
        }
    });
}

#[test]
fn a_cell_that_has_moved_is_there_whatever_comes_to_its_old_place() {
    loom::model(|| {
        let mut places = [const { MaybeUninit::<UnsafeCell<u32>>::uninit() }; 2];
        let [old, new] = places.each_mut().map(MaybeUninit::as_mut_ptr);
        // SAFETY: both places have room for a cell. The first one's bytes are still there when it is assigned to.
        unsafe {
            old.write(UnsafeCell::new(1));
            (*old).with(|it| assert_eq!(*it, 1));
            new.write(old.read());
            let pointer = (*new).get();
            *old = UnsafeCell::new(2);
            pointer.with(|it| assert_eq!(*it, 1));
        }
    });
}

#[test]
fn what_has_no_destructor_in_std_frees_nothing() {
    assert!(!needs_drop::<(AtomicUsize, AtomicBool, AtomicPtr<u8>)>());
    assert!(!needs_drop::<(Mutex<u32>, RwLock<u32>, Condvar, Notify)>());
}

#[test]
fn a_pointer_may_outlive_its_cell_unused() {
    loom::model(|| {
        let cell = UnsafeCell::new(1);
        let pointer = cell.get();
        // SAFETY: the cell is there.
        assert_eq!(unsafe { *pointer.deref() }, 1);
        assert_eq!(cell.into_inner(), 1);
        drop(pointer);
    });
}

/// That an operation has no such ordering is a violation with its place, as in a debugger it would be a panic there.
#[test]
fn orderings_that_do_not_exist_are_violations_of_the_model() {
    type Operates = fn(&AtomicUsize);
    let wrong: [(Operates, &str); 7] = [
        (|it| _ = it.load(Release), "a release load"),
        (|it| _ = it.load(AcqRel), "an acquire-release load"),
        (|it| it.store(1, Acquire), "an acquire store"),
        (|it| it.store(1, AcqRel), "an acquire-release store"),
        (|it| _ = it.compare_exchange(0, 1, SeqCst, Release), "a release failure ordering"),
        (
            |it| _ = it.compare_exchange_weak(0, 1, SeqCst, AcqRel),
            "an acquire-release failure ordering",
        ),
        (|_| fence(Relaxed), "a relaxed fence"),
    ];
    for (operate, what) in wrong {
        let model = move || {
            let word = Arc::new(AtomicUsize::new(0));
            let other = word.clone();
            let thread = thread::spawn(move || operate(&other));
            word.load(Relaxed);
            thread.join().unwrap();
        };
        let payload = std::panic::catch_unwind(|| loom::model(model)).expect_err("it must fail");
        let message = payload.downcast_ref::<String>().expect("a text");
        assert_eq!(*message, format!("panic: there is no such thing as {what}"));
    }
}

#[test]
#[should_panic(expected = "deadlock: ")]
fn a_notification_that_is_lost_is_a_deadlock() {
    loom::model(|| {
        let place = Arc::new((Mutex::new(()), Condvar::new()));
        let other = place.clone();
        let thread = thread::spawn(move || other.1.notify_one());
        drop(place.1.wait(place.0.lock().unwrap()).unwrap());
        thread.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "deadlock: ")]
fn a_notify_that_nobody_gives_is_a_deadlock() {
    loom::model(|| Notify::new().wait());
}

#[test]
#[should_panic(expected = "only a single thread may wait")]
fn one_thread_waits_for_a_notify() {
    loom::model(|| {
        let notify = Arc::new(Notify::new());
        let other = notify.clone();
        let thread = thread::spawn(move || other.wait());
        notify.wait();
        thread.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "the thread says this")]
fn a_panic_of_any_thread_is_a_failure() {
    loom::model(|| {
        let flag = Arc::new(AtomicUsize::new(0));
        let other = flag.clone();
        thread::spawn(move || assert!(other.load(Relaxed) == 0, "the thread says this"));
        flag.store(1, Relaxed);
    });
}

#[test]
#[should_panic(expected = "unreachable_unchecked was reached")]
fn to_reach_what_is_unreachable_is_a_failure() {
    // SAFETY: it panics.
    loom::model(|| unsafe { loom::hint::unreachable_unchecked() });
}

#[test]
#[should_panic(expected = "livelock: ")]
fn a_loop_that_waits_for_nothing_is_a_livelock() {
    loom::model(|| {
        let flag = AtomicUsize::new(0);
        while flag.load(Acquire) == 0 {
            thread::yield_now();
        }
    });
}

#[test]
#[should_panic(expected = "a model runs inside of a model")]
fn a_model_in_a_model_is_a_failure() {
    loom::model(|| loom::model(|| {}));
}

/// The destructor reads what nothing orders with the store. That the thread has panicked counts.
#[test]
#[should_panic(expected = "panic: before the race")]
fn a_race_in_a_destructor_does_not_hide_the_panic() {
    struct Reads(Arc<AtomicUsize>);

    impl Drop for Reads {
        fn drop(&mut self) {
            // SAFETY: the threads of an execution share an OS thread.
            unsafe { self.0.unsync_load() };
        }
    }

    loom::model(|| {
        let word = Arc::new(AtomicUsize::new(0));
        let other = word.clone();
        thread::spawn(move || other.store(1, Relaxed));
        let reads = Reads(word);
        while reads.0.load(Relaxed) == 0 {
            thread::yield_now();
        }
        panic!("before the race");
    });
}
