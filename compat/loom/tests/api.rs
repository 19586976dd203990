//! loom's API, name by name: it compiles, and does what it says.
#![allow(unsafe_code)]

use std::borrow::Borrow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use loom::sync::atomic::{self, AtomicBool, AtomicPtr, AtomicU8, AtomicUsize, Ordering};
use loom::sync::{
    Arc, Barrier, LockResult, Mutex, MutexGuard, Notify, Once, OnceLock, RwLock, TryLockResult,
    Weak, mpsc,
};
use loom::{cell, thread};

loom::lazy_static! {
    /// Made when it is first used.
    static ref LAZY: AtomicUsize = AtomicUsize::new(7);
    /// One that others may use.
    pub static ref PUBLIC: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    /// One that the crate may use.
    pub(crate) static ref OF_THE_CRATE: usize = LAZY.load(Ordering::Relaxed) + 1;
    /// One whose type is not `Sync`.
    static ref NOT_SYNC: cell::UnsafeCell<u32> = cell::UnsafeCell::new(0);
    static ref OUTSIDE: Rc<u32> = Rc::new(5);
}

loom::thread_local! {
    static LOCAL: RefCell<u32> = RefCell::new(1);
    static CONSTANT: std::cell::Cell<u32> = const { std::cell::Cell::new(2) };
}
loom::thread_local!(
    /// Without a semicolon.
    pub static LAST: u32 = 3
);

/// A program does not use an execution's statics after it: each execution has its own.
#[test]
fn statics_are_fresh_in_every_execution() {
    loom::model(|| {
        assert_eq!(LAZY.fetch_add(1, Ordering::Relaxed), 7);
        assert_eq!(*OF_THE_CRATE, 9);
        let thread = thread::spawn(|| PUBLIC.lock().unwrap().push(1));
        PUBLIC.lock().unwrap().push(1);
        thread.join().unwrap();
        assert_eq!(PUBLIC.lock().unwrap().len(), 2);
    });
}

#[test]
fn statics_need_not_be_sync() {
    loom::model(|| {
        // SAFETY: one thread after the other.
        let thread = thread::spawn(|| NOT_SYNC.with_mut(|it| unsafe { *it += 1 }));
        thread.join().unwrap();
        // SAFETY: as above.
        assert_eq!(NOT_SYNC.with(|it| unsafe { *it }), 1);
    });
    assert_eq!(**OUTSIDE, 5);
    std::thread::spawn(|| **OUTSIDE).join().expect_err("another OS thread has made it");
}

#[test]
fn each_thread_has_its_own_locals_until_it_drops_them() {
    struct Looks;
    loom::thread_local! {
        static LOOKS: Looks = Looks;
    }
    impl Drop for Looks {
        fn drop(&mut self) {
            assert!(LOOKS.try_with(|_| ()).is_err(), "it is being dropped");
        }
    }
    loom::model(|| {
        LOCAL.with(|it| *it.borrow_mut() += 1);
        let thread = thread::spawn(|| {
            LOOKS.with(|_| ());
            LOCAL.with(|it| *it.borrow())
        });
        assert_eq!(thread.join().unwrap(), 1);
        assert_eq!(LOCAL.try_with(|it| *it.borrow()).unwrap(), 2);
        assert_eq!(CONSTANT.with(std::cell::Cell::get) + LAST.with(|it| *it), 5);
        LOOKS.with(|_| ());
    });
}

#[test]
fn atomics_have_the_methods_of_loom() {
    loom::model(|| {
        use Ordering::{AcqRel, Acquire, Relaxed, SeqCst};
        let mut number = AtomicU8::new(1);
        assert_eq!(number.compare_and_swap(1, 2, AcqRel), 1);
        assert_eq!(number.compare_and_swap(1, 3, Relaxed), 2);
        assert_eq!(number.compare_exchange(2, 3, AcqRel, Acquire), Ok(2));
        assert_eq!(number.compare_exchange_weak(2, 4, SeqCst, Relaxed), Err(3));
        assert_eq!(number.fetch_update(AcqRel, Acquire, |it| it.checked_add(1)), Ok(3));
        assert_eq!(number.try_update(AcqRel, Acquire, |_| None), Err(4));
        assert_eq!(number.update(AcqRel, Acquire, |it| it + 1), 4);
        assert_eq!(number.fetch_max(9, Relaxed), 5);
        assert_eq!(number.with_mut(|it| std::mem::replace(it, 6)), 9);
        // SAFETY: no other thread knows it.
        assert_eq!(unsafe { number.unsync_load() }, 6);
        assert_eq!(number.into_inner(), 6);
        assert!(!AtomicBool::default().fetch_not(Relaxed));
        assert!(!AtomicBool::from(false).fetch_nand(true, Relaxed));
        let mut value = 1;
        let pointer = AtomicPtr::new(&raw mut value);
        assert_eq!(pointer.swap(std::ptr::null_mut(), SeqCst), &raw mut value);
        assert!(AtomicPtr::<u8>::default().into_inner().is_null());
        atomic::fence(Acquire);
        assert_eq!(format!("{:?}", AtomicUsize::from(3)), "3");
    });
}

#[test]
fn owners_have_the_methods_of_loom() {
    loom::model(|| {
        let mut one = Arc::new(1);
        *Arc::get_mut(&mut one).unwrap() += 1;
        let two = Arc::clone(&one);
        assert!(Arc::ptr_eq(&one, &two) && Arc::strong_count(&one) == 2);
        let one = Arc::try_unwrap(one).unwrap_err();
        let pointer = Arc::into_raw(one);
        // SAFETY: the pointer comes from `into_raw`, and each share is given up once.
        unsafe {
            Arc::increment_strong_count(pointer);
            Arc::decrement_strong_count(pointer);
            assert_eq!(*Arc::from_raw(pointer), 2);
        }
        assert_eq!(Arc::as_ptr(&two), pointer);
        assert_eq!(Arc::try_unwrap(two), Ok(2));
        let unsized_value: std::sync::Arc<dyn Fn() -> u8 + Send + Sync> = std::sync::Arc::new(|| 5);
        assert_eq!(Arc::from_std(unsized_value)(), 5);
        let pinned: Pin<Arc<u8>> = Arc::pin(3);
        let borrowed: &u8 = pinned.borrow_or_self();
        assert_eq!((*borrowed, Arc::<u8>::default().as_ref()), (3, &0));
        let same: HashSet<Arc<u8>> = [Arc::from(1), Arc::from(1)].into();
        assert!(same.len() == 1 && same.contains(&1));
        let whole: Arc<[u8]> = (0..3).collect();
        assert_eq!(whole[..], [0, 1, 2]);
    });
}

/// A name for what a pinned owner gives out.
trait BorrowOrSelf {
    fn borrow_or_self(&self) -> &u8;
}

impl BorrowOrSelf for Pin<Arc<u8>> {
    fn borrow_or_self(&self) -> &u8 {
        self
    }
}

#[test]
#[should_panic(expected = "another owner")]
fn a_value_with_two_owners_is_not_taken_over() {
    loom::model(|| {
        let value = std::sync::Arc::new(1);
        drop(Arc::from_std(value.clone()));
        drop(value);
    });
}

#[test]
fn owners_lend_their_value() {
    fn length(text: impl Borrow<str>) -> usize {
        text.borrow().len()
    }
    loom::model(|| {
        let text: Arc<str> = Arc::from_std("four".into());
        assert_eq!(length(text), 4);
    });
}

#[test]
fn locks_have_the_methods_of_loom() {
    loom::model(|| {
        let mut mutex = Mutex::from(1);
        let guard: LockResult<MutexGuard<'_, i32>> = mutex.lock();
        *guard.unwrap() += 1;
        let guard: TryLockResult<MutexGuard<'_, i32>> = mutex.try_lock();
        assert_eq!(*guard.unwrap(), 2);
        *mutex.get_mut().unwrap() += 1;
        assert_eq!(mutex.into_inner().unwrap(), 3);
        let mut lock = RwLock::<i32>::default();
        assert_eq!(*lock.read().unwrap() + *lock.try_read().unwrap(), 0);
        *lock.write().unwrap() += 1;
        *lock.try_write().unwrap() += 1;
        *lock.get_mut().unwrap() += 1;
        assert_eq!(lock.into_inner().unwrap(), 3);
    });
}

#[test]
fn channels_have_the_methods_of_loom_and_more() {
    loom::model(|| {
        let (sender, receiver) = mpsc::channel();
        let other = sender.clone();
        let thread = thread::spawn(move || other.send(1).unwrap());
        assert_eq!(receiver.recv(), Ok(1));
        thread.join().unwrap();
        assert!(receiver.try_recv().is_err());
        assert!(receiver.recv_timeout(Duration::from_secs(1)).is_err());
        drop(sender);
        assert!(receiver.recv().is_err());
    });
}

#[test]
fn a_thread_takes_along_and_returns_what_is_not_send() {
    loom::model(|| {
        let count = Rc::new(cell::Cell::new(1));
        let other = count.clone();
        let handle = thread::spawn(move || {
            other.set(other.get() + 1);
            other
        });
        assert_eq!(handle.thread().name(), None);
        let back = handle.join().unwrap();
        assert!(Rc::ptr_eq(&back, &count) && count.get() == 2);
        let named = thread::Builder::new().name("a name".into()).stack_size(1 << 16);
        let handle = named.spawn(|| thread::current().name().map(str::to_owned)).unwrap();
        let id = handle.thread().id();
        assert_ne!(id, thread::current().id());
        assert!(format!("{id:?}").starts_with("ThreadId("));
        assert_eq!(handle.join().unwrap().as_deref(), Some("a name"));
        assert!(!thread::panicking());
    });
}

#[test]
fn a_handle_is_sent_as_loom_s_is() {
    fn is_sent<T: Send + Sync>() {}
    is_sent::<thread::JoinHandle<()>>();
    is_sent::<Notify>();
    is_sent::<AtomicUsize>();
}

#[test]
fn cells_have_the_methods_of_loom() {
    loom::model(|| {
        let cell = cell::UnsafeCell::new([1, 2]);
        // SAFETY: nobody else uses the cell.
        unsafe {
            cell.with_mut(|it| (*it)[0] = 3);
            assert_eq!(cell.with(|it| (*it)[0]), 3);
            cell.get_mut().deref()[1] = 4;
            assert_eq!(cell.get().deref()[1], 4);
            assert_eq!(cell.get_mut().with(|it| (*it)[1]), 4);
        }
        assert_eq!(cell.into_inner(), [3, 4]);
        let (one, two) = (cell::Cell::new(1), cell::Cell::from(2));
        one.swap(&two);
        assert_eq!((one.get(), two.replace(5), two.take(), two.get()), (2, 1, 5, 0));
        assert!(one.clone() == one && two < one);
        one.set(9);
        assert_eq!(one.into_inner(), 9);
        assert_eq!(cell::UnsafeCell::<u8>::default().into_inner(), 0);
    });
}

/// What loom panics on or lacks, and `std` has.
#[test]
fn there_is_what_std_has_and_loom_lacks() {
    loom::model(|| {
        let barrier = Barrier::new(2);
        let mut sum = 0;
        thread::scope(|scope| {
            let waits = scope.spawn(|| barrier.wait().is_leader());
            let is_leader = barrier.wait().is_leader();
            sum = u32::from(is_leader) + u32::from(waits.join().unwrap());
        });
        assert_eq!(sum, 1);
        let owner = Arc::new(1);
        let weak: Weak<u8> = Arc::downgrade(&owner);
        assert_eq!(weak.upgrade().as_deref(), Some(&1));
        drop(owner);
        assert!(weak.upgrade().is_none());
        let once = Once::new();
        once.call_once(|| ());
        assert!(once.is_completed());
        thread::park_timeout(Duration::from_secs(1));
        thread::sleep(Duration::from_secs(1));
        let handle = thread::spawn(|| ());
        let _ = handle.is_finished();
        handle.join().unwrap();
        assert_eq!(OnceLock::new().get_or_init(|| 1), &1);
    });
}

#[test]
fn notify_gives_once() {
    loom::model(|| {
        let notify = Arc::new(Notify::default());
        let other = notify.clone();
        let thread = thread::spawn(move || other.notify());
        notify.wait();
        notify.notify();
        notify.notify();
        notify.wait();
        thread.join().unwrap();
    });
}

#[test]
fn exploration_goes_on_whatever_is_said() {
    let mut builder = loom::model::Builder::default();
    builder.expect_explicit_explore = true;
    builder.checkpoint_file("a_file.json");
    builder.check(|| {
        loom::stop_exploring();
        let flag = Arc::new(AtomicBool::new(false));
        let other = flag.clone();
        let thread = thread::spawn(move || other.store(true, Ordering::Relaxed));
        loom::explore();
        loom::skip_branch();
        loom::hint::spin_loop();
        loom::sync::atomic::spin_loop_hint();
        flag.load(Ordering::Relaxed);
        thread.join().unwrap();
    });
}
