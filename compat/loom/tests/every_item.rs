//! Every public item of loom 0.7, with all generic arguments given: this compiles on loom and here. `compat/suite` compiles
//! it on loom. What runs is one model, so that nothing of it is dead.
#![allow(unsafe_code)]
#![allow(
    clippy::all,
    clippy::pedantic,
    reason = "items are named in full, also where something shorter would do"
)]

use std::borrow::Borrow;
use std::fmt::Debug;
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use loom::alloc::{Layout, Track};
use loom::cell::{Cell, ConstPtr, MutPtr, UnsafeCell};
use loom::model::Builder;
use loom::sync::atomic::{self, AtomicBool, AtomicPtr, Ordering};
use loom::sync::mpsc::{Receiver, Sender};
use loom::sync::{
    Arc, Barrier, Condvar, LockResult, Mutex, MutexGuard, Notify, RwLock, RwLockReadGuard,
    RwLockWriteGuard, TryLockResult, WaitTimeoutResult,
};
use loom::thread::{JoinHandle, LocalKey, Thread, ThreadId};

use Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

loom::lazy_static! {
    /// A comment.
    static ref PRIVATE: u8 = 1;
    /// One that others may use.
    pub static ref PUBLIC: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    pub(crate) static ref OF_THE_CRATE: u8 = *PRIVATE + 1;
}
loom::lazy_static! {}

loom::thread_local! {
    /// A comment.
    static LOCAL: std::cell::Cell<u8> = std::cell::Cell::new(1);
    pub(crate) static SECOND: u8 = 2;
}
loom::thread_local!(
    /// Without a semicolon.
    pub static WITHOUT_SEMICOLON: u8 = 3
);
loom::thread_local! {}

const THREADS: usize = loom::MAX_THREADS;

/// A type has these traits.
fn has<T: ?Sized + Have<Traits>, Traits>() {}
trait Have<Traits> {}
struct Shown;
impl<T: ?Sized + Debug> Have<Shown> for T {}
struct Shared;
impl<T: ?Sized + Send + Sync> Have<Shared> for T {}

#[test]
fn every_item_is_there() {
    let mut builder: Builder = Builder::new();
    let _: &mut Builder = builder.checkpoint_file("a file");
    let file: &mut Option<PathBuf> = &mut builder.checkpoint_file;
    *file = None;
    let numbers: [&mut usize; 3] =
        [&mut builder.max_threads, &mut builder.max_branches, &mut builder.checkpoint_interval];
    *numbers.into_iter().min().unwrap() += 0;
    let limits: [&mut Option<usize>; 2] =
        [&mut builder.max_permutations, &mut builder.preemption_bound];
    limits.into_iter().for_each(|it| *it = None);
    let limit: &mut Option<Duration> = &mut builder.max_duration;
    *limit = None;
    let switches: [&mut bool; 3] =
        [&mut builder.expect_explicit_explore, &mut builder.location, &mut builder.log];
    switches.into_iter().for_each(|it| *it = false);
    has::<Builder, Shown>();
    let _: Builder = Builder::default();
    builder.check::<fn()>(all);
    loom::model::<fn()>(|| {});
    loom::model::model::<fn()>(|| {});
    const { assert!(THREADS > 1) };
}

fn all() {
    statics();
    threads();
    cells();
    memory();
    owners();
    locks();
    conditions();
    channels();
    integers();
    flags();
    pointers();
    futures();
    loom::stop_exploring();
    loom::explore();
    loom::skip_branch();
    loom::hint::spin_loop();
    atomic::spin_loop_hint();
    atomic::fence(SeqCst);
    // SAFETY: none is needed: it is not called.
    let _: fn() = || unsafe { loom::hint::unreachable_unchecked() };
}

fn statics() {
    use loom::lazy_static::{self, Lazy, panicking, yield_now};
    use loom::thread::AccessError;
    let _: &u8 = &PRIVATE;
    let _: &Mutex<Vec<u8>> = &PUBLIC;
    let _: &u8 = OF_THE_CRATE.deref();
    let _: fn(&'static Lazy<u8>) -> &'static u8 = Lazy::<u8>::get;
    has::<Lazy<u8>, Shown>();
    has::<AccessError, Shown>();
    let _: Option<lazy_static::AccessError> = None::<AccessError>;
    assert!(!panicking());
    yield_now();
    let key: &'static LocalKey<std::cell::Cell<u8>> = &LOCAL;
    key.with::<_, ()>(|it| it.set(2));
    let found: Result<u8, AccessError> = key.try_with::<_, u8>(std::cell::Cell::get);
    assert_eq!(found.unwrap(), 2);
    let by_pointer: fn(&'static LocalKey<u8>, fn(&u8) -> u8) -> u8 = LocalKey::with::<_, u8>;
    assert_eq!(by_pointer(&SECOND, |it| *it) + by_pointer(&WITHOUT_SEMICOLON, |it| *it), 5);
    has::<LocalKey<u8>, Shown>();
}

fn threads() {
    use loom::thread::{Builder, current, panicking, park, spawn, yield_now};
    let handle: JoinHandle<u8> = spawn::<_, u8>(|| 1);
    let thread: &Thread = handle.thread();
    let id: ThreadId = thread.id();
    let name: Option<&str> = thread.name();
    assert!(name.is_none() && id == Thread::id(&thread.clone()) && id != current().id());
    let result: std::thread::Result<u8> = handle.join();
    assert_eq!(result.unwrap(), 1);
    let builder: Builder = Builder::new().name(String::new()).stack_size(1 << 16);
    has::<Builder, Shown>();
    let handle: std::io::Result<JoinHandle<()>> = builder.spawn::<_, ()>(|| ());
    handle.unwrap().join().unwrap();
    current().unpark();
    park();
    yield_now();
    assert!(!panicking());
    has::<JoinHandle<u8>, Shown>();
    has::<JoinHandle<u8>, Shared>();
    has::<Thread, Shown>();
    has::<ThreadId, Shown>();
    let mut ids = std::collections::HashSet::<ThreadId>::new();
    assert!(ids.insert(id));
}

fn cells() {
    let cell: UnsafeCell<[u8; 2]> = UnsafeCell::<[u8; 2]>::new([1, 2]);
    let whole: &UnsafeCell<[u8]> = &cell;
    // SAFETY: nobody else uses the cell.
    unsafe {
        assert_eq!(whole.with::<_, u8>(|it| (&(*it))[0]), 1);
        whole.with_mut::<_, ()>(|it| (&mut (*it))[0] = 3);
        let pointer: ConstPtr<[u8]> = whole.get();
        assert_eq!(pointer.deref()[0] + pointer.with::<_, u8>(|it| (&(*it))[1]), 5);
        drop(pointer);
        let pointer: MutPtr<[u8]> = whole.get_mut();
        pointer.deref()[0] = 4;
        pointer.with::<_, ()>(|it| (&mut (*it))[1] = 5);
    }
    assert_eq!(cell.into_inner(), [4, 5]);
    let _: [UnsafeCell<u8>; 2] = [UnsafeCell::default(), UnsafeCell::from(1)];
    has::<UnsafeCell<fn()>, Shown>();
    has::<ConstPtr<[u8]>, Shown>();
    has::<MutPtr<[u8]>, Shown>();
    let (one, two): (Cell<u8>, Cell<u8>) = (Cell::<u8>::new(1), Cell::from(2));
    one.set(3);
    one.swap(&two);
    assert!((one.get(), two.replace(4), two.take()) == (2, 3, 4) && two.into_inner() == 0);
    assert!(one == one.clone() && one <= one && one.cmp(&Cell::default()).is_gt());
    has::<Cell<u8>, Shown>();
    let _: &dyn Eq2 = &one;
}

/// `Eq`, as an object.
trait Eq2 {}
impl<T: Eq> Eq2 for T {}

fn memory() {
    let layout: Layout = Layout::new::<u64>();
    // SAFETY: the layout is not empty; each block is freed once, and with it.
    unsafe {
        let blocks: [*mut u8; 2] = [loom::alloc::alloc(layout), loom::alloc::alloc_zeroed(layout)];
        blocks.into_iter().for_each(|it| loom::alloc::dealloc(it, layout));
    }
    let mut tracked: Track<u8> = Track::<u8>::new(1);
    *tracked.get_mut() += *tracked.get_ref();
    has::<Track<u8>, Shown>();
    assert_eq!(tracked.into_inner(), 2);
}

fn owners() {
    let mut one: Arc<u8> = Arc::<u8>::new(1);
    let some: Option<&mut u8> = Arc::<u8>::get_mut(&mut one);
    *some.unwrap() += 1;
    let two: Arc<u8> = one.clone();
    assert!(Arc::<u8>::ptr_eq(&one, &two) && Arc::<u8>::strong_count(&one) == 2);
    let result: Result<u8, Arc<u8>> = Arc::<u8>::try_unwrap(one);
    let pointer: *const u8 = Arc::<u8>::into_raw(result.unwrap_err());
    assert_eq!(pointer, Arc::<u8>::as_ptr(&two));
    // SAFETY: the pointer comes from `into_raw`, and each share is given up once.
    unsafe {
        Arc::<u8>::increment_strong_count(pointer);
        Arc::<u8>::decrement_strong_count(pointer);
        let _: Arc<u8> = Arc::<u8>::from_raw(pointer);
    }
    let _: Pin<Arc<u8>> = Arc::<u8>::pin(1);
    let wide: Arc<dyn Debug> = Arc::<dyn Debug>::from_std(std::sync::Arc::new(1));
    let _: &dyn Debug = wide.as_ref();
    let _: &u8 = Borrow::<u8>::borrow(&two);
    let _: &u8 = &two;
    let _: [Arc<u8>; 2] = [Arc::default(), Arc::from(1)];
    has::<Arc<[u8]>, Shown>();
    has::<Arc<u8>, Shared>();
}

fn locks() {
    let mut mutex: Mutex<[u8; 1]> = Mutex::<[u8; 1]>::new([1]);
    let wide: &Mutex<[u8]> = &mutex;
    let locked: LockResult<MutexGuard<'_, [u8]>> = wide.lock();
    let mut guard: MutexGuard<'_, [u8]> = locked.unwrap();
    let _: &[u8] = guard.deref();
    let _: &mut [u8] = guard.deref_mut();
    drop(guard);
    let tried: TryLockResult<MutexGuard<'_, [u8]>> = wide.try_lock();
    drop(tried);
    let exclusive: LockResult<&mut [u8; 1]> = mutex.get_mut();
    exclusive.unwrap()[0] += 1;
    let inner: LockResult<[u8; 1]> = mutex.into_inner();
    assert_eq!(inner.unwrap(), [2]);
    let _: [Mutex<u8>; 2] = [Mutex::default(), Mutex::from(1)];
    has::<Mutex<[u8]>, Shown>();
    has::<MutexGuard<'_, [u8]>, Shown>();
    let mut lock: RwLock<u8> = RwLock::<u8>::new(1);
    let read: LockResult<RwLockReadGuard<'_, u8>> = lock.read();
    let tried: TryLockResult<RwLockReadGuard<'_, u8>> = lock.try_read();
    assert_eq!(*read.unwrap() + *tried.unwrap(), 2);
    let written: LockResult<RwLockWriteGuard<'_, u8>> = lock.write();
    *written.unwrap() += 1;
    let tried: TryLockResult<RwLockWriteGuard<'_, u8>> = lock.try_write();
    *tried.unwrap() += 1;
    let exclusive: LockResult<&mut u8> = lock.get_mut();
    *exclusive.unwrap() += 1;
    let inner: LockResult<u8> = lock.into_inner();
    assert_eq!(inner.unwrap(), 4);
    let _: [RwLock<u8>; 2] = [RwLock::default(), RwLock::from(1)];
    has::<RwLock<u8>, Shown>();
    has::<RwLockReadGuard<'_, u8>, Shown>();
    has::<RwLockWriteGuard<'_, u8>, Shown>();
    // loom has it, and it cannot be made there.
    let _: fn(usize) -> Barrier = Barrier::new;
    has::<Barrier, Shown>();
}

fn conditions() {
    let (mutex, condvar): (Mutex<u8>, Condvar) = (Mutex::new(0), Condvar::new());
    condvar.notify_one();
    condvar.notify_all();
    let _: fn(&Condvar, MutexGuard<'static, u8>) -> LockResult<MutexGuard<'static, u8>> =
        |it, guard| it.wait::<u8>(guard);
    type Timed = LockResult<(MutexGuard<'static, u8>, WaitTimeoutResult)>;
    let _: fn(&Condvar, MutexGuard<'static, u8>, Duration) -> Timed =
        |it, guard, time| it.wait_timeout::<u8>(guard, time);
    let _: fn(&WaitTimeoutResult) -> bool = WaitTimeoutResult::timed_out;
    drop((mutex, Condvar::default()));
    has::<Condvar, Shown>();
    has::<WaitTimeoutResult, Shown>();
    let notify: Notify = Notify::new();
    notify.notify();
    notify.wait();
    drop(Notify::default());
    has::<Notify, Shown>();
}

fn channels() {
    let (sender, receiver): (Sender<u8>, Receiver<u8>) = loom::sync::mpsc::channel::<u8>();
    let sent: Result<(), std::sync::mpsc::SendError<u8>> = sender.clone().send(1);
    let received: Result<u8, std::sync::mpsc::RecvError> = receiver.recv();
    assert_eq!((sent, received), (Ok(()), Ok(1)));
    let tried: Result<u8, std::sync::mpsc::TryRecvError> = receiver.try_recv();
    assert!(tried.is_err());
    type Timed = Result<u8, std::sync::mpsc::RecvTimeoutError>;
    let _: fn(&Receiver<u8>, Duration) -> Timed = Receiver::<u8>::recv_timeout;
    has::<Sender<u8>, Shown>();
    has::<Receiver<u8>, Shown>();
}

/// Methods that all atomics have.
macro_rules! atomic {
    ($name:ty, $value:ty, $one:expr, $two:expr) => {
        let (one, two): ($value, $value) = ($one, $two);
        let word: $name = <$name>::new(one);
        let read: [$value; 2] = [word.load(Acquire), unsafe { word.unsync_load() }];
        assert_eq!(read, [one, one]);
        word.store(one, Release);
        assert_eq!(word.swap(one, AcqRel), one);
        #[allow(deprecated)]
        let swapped: $value = word.compare_and_swap(one, two, AcqRel);
        assert_eq!(swapped, one);
        let exchanged: Result<$value, $value> = word.compare_exchange(two, one, AcqRel, Acquire);
        assert_eq!(exchanged, Ok(two));
        let exchanged: Result<$value, $value> =
            word.compare_exchange_weak(two, one, Relaxed, Relaxed);
        assert_eq!(exchanged, Err(one));
        let updated: Result<$value, $value> =
            word.fetch_update::<fn($value) -> Option<$value>>(AcqRel, Acquire, |_| None);
        assert_eq!(updated, Err(one));
        assert_eq!(word.into_inner(), one);
        let _: [$name; 2] = [<$name>::default(), <$name>::from(one)];
        has::<$name, Shown>();
        has::<$name, Shared>();
    };
}

macro_rules! integers {
    ($($name:ident $value:ident),*) => {$(
        atomic! { atomic::$name, $value, 1, 2 }
        let mut word = atomic::$name::new(7);
        let found: [$value; 8] = [
            word.fetch_add(1, Relaxed),
            word.fetch_sub(1, Relaxed),
            word.fetch_and(3, Relaxed),
            word.fetch_or(4, Relaxed),
            word.fetch_xor(1, Relaxed),
            word.fetch_max(9, Relaxed),
            word.fetch_min(8, Relaxed),
            word.fetch_nand(!0, Relaxed),
        ];
        assert_eq!((found, word.with_mut::<$value>(|it| *it)), ([7, 8, 7, 3, 7, 6, 9, 8], !8));
    )*};
}

fn integers() {
    integers! {
        AtomicU8 u8, AtomicU16 u16, AtomicU32 u32, AtomicU64 u64, AtomicUsize usize,
        AtomicI8 i8, AtomicI16 i16, AtomicI32 i32, AtomicI64 i64, AtomicIsize isize
    }
}

fn flags() {
    atomic! { AtomicBool, bool, false, true }
    let flag = AtomicBool::new(true);
    let found: [bool; 4] = [
        flag.fetch_and(true, Relaxed),
        flag.fetch_nand(true, Relaxed),
        flag.fetch_or(true, Relaxed),
        flag.fetch_xor(true, Relaxed),
    ];
    assert_eq!(found, [true, true, false, true]);
}

fn pointers() {
    let (mut one, mut two) = (1, 2);
    let (one, two): (*mut u8, *mut u8) = (&raw mut one, &raw mut two);
    let mut word = AtomicPtr::<u8>::new(one);
    assert_eq!(word.with_mut::<*mut u8>(|it| *it), one);
    let word: AtomicPtr<u8> = AtomicPtr::<u8>::new(one);
    assert_eq!(word.load(Acquire), unsafe { word.unsync_load() });
    word.store(one, Release);
    assert_eq!(word.swap(two, AcqRel), one);
    #[allow(deprecated)]
    let swapped: *mut u8 = word.compare_and_swap(two, one, SeqCst);
    assert_eq!(swapped, two);
    let exchanged: Result<*mut u8, *mut u8> = word.compare_exchange(one, two, AcqRel, Acquire);
    assert_eq!(exchanged, Ok(one));
    assert_eq!(word.compare_exchange_weak(one, two, AcqRel, Acquire), Err(two));
    let updated = word.fetch_update::<fn(*mut u8) -> Option<*mut u8>>(AcqRel, Acquire, |_| None);
    assert_eq!(updated, Err(two));
    assert_eq!(word.into_inner(), two);
    let _: [AtomicPtr<u8>; 2] = [AtomicPtr::default(), AtomicPtr::from(one)];
    has::<AtomicPtr<fn()>, Shown>();
    has::<AtomicPtr<u8>, Shared>();
}

#[cfg(not(feature = "futures"))]
fn futures() {}

#[cfg(feature = "futures")]
fn futures() {
    use loom::future::{AtomicWaker, block_on};
    use std::task::Waker;
    let number: u8 = block_on::<std::future::Ready<u8>>(std::future::ready(1));
    let waker: AtomicWaker = AtomicWaker::new();
    waker.register(Waker::noop().clone());
    waker.register_by_ref(Waker::noop());
    waker.wake();
    let none: Option<Waker> = waker.take_waker();
    assert!(none.is_none() && number == 1);
    drop(AtomicWaker::default());
    has::<AtomicWaker, Shown>();
}
