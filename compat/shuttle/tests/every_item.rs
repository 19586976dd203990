//! Every public item that is shuttle's, too: this compiles on shuttle 0.9 and here. What runs is one body, so that
//! nothing of it is dead.
#![allow(
    clippy::all,
    clippy::pedantic,
    reason = "items are named in full, also where something shorter would do"
)]

use std::fmt::{Debug, Display};
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::time::Duration;

use shuttle::future::{AbortHandle, JoinError};
use shuttle::lazy_static::Lazy;
use shuttle::rand::{Rng, RngCore, rngs::ThreadRng, thread_rng};
use shuttle::scheduler::{
    DfsScheduler, PctScheduler, RandomScheduler, ReplayScheduler, Scheduler, UrwRandomScheduler,
};
use shuttle::sync::atomic::{self, AtomicBool, AtomicPtr, Ordering};
use shuttle::sync::mpsc::{self, Receiver, Sender, SyncSender};
use shuttle::sync::{
    Arc, Barrier, BarrierWaitResult, Condvar, LockResult, Mutex, MutexGuard, Once, OnceState,
    PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, TryLockResult,
    WaitTimeoutResult, Weak,
};
use shuttle::thread::{AccessError, Builder, JoinHandle, LocalKey, Scope, Thread, ThreadId};
use shuttle::{Config, FailurePersistence, MaxSteps, PortfolioRunner, Runner};

use Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

shuttle::lazy_static! {
    /// A comment.
    static ref PRIVATE: u8 = 1;
    /// One that others may use.
    pub static ref PUBLIC: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    pub(crate) static ref OF_THE_CRATE: u8 = *PRIVATE + 1;
}

shuttle::thread_local! {
    /// A comment.
    static LOCAL: std::cell::Cell<u8> = std::cell::Cell::new(1);
    pub(crate) static CONSTANT: u8 = const { 2 };
}
shuttle::thread_local!(
    /// Without a semicolon.
    pub static WITHOUT_SEMICOLON: u8 = 3
);

/// A type has these traits.
fn has<T: ?Sized + Have<Traits>, Traits>() {}
trait Have<Traits> {}
struct Shown;
impl<T: ?Sized + Debug> Have<Shown> for T {}
struct Shared;
impl<T: ?Sized + Send + Sync> Have<Shared> for T {}

#[test]
fn every_item_is_there() {
    shuttle::check_random::<fn()>(all, 2);
    shuttle::check_random_with_seed::<fn()>(all, 7, 2);
    shuttle::check_urw::<fn()>(all, 2);
    shuttle::check_pct::<fn()>(all, 2, 2);
    shuttle::check_uncontrolled_nondeterminism::<fn()>(threads, 2);
    shuttle::check_dfs::<fn()>(|| drop(Mutex::new(0).lock()), None);
    let mut config: Config = Config::new();
    config.stack_size = 1 << 20;
    config.failure_persistence = FailurePersistence::None;
    config.failure_persistence = FailurePersistence::File(None::<PathBuf>);
    config.failure_persistence = FailurePersistence::Print;
    config.max_steps = MaxSteps::ContinueAfter(1_000);
    config.max_steps = MaxSteps::None;
    config.max_steps = MaxSteps::FailAfter(10_000);
    config.max_time = Some(Duration::from_secs(60));
    config.silence_warnings = true;
    config.record_steps_in_span = false;
    has::<Config, Shown>();
    let runner: Runner<DfsScheduler> =
        Runner::new(DfsScheduler::new(Some(2), true), config.clone());
    has::<Runner<DfsScheduler>, Shown>();
    let count: usize = runner.run::<fn()>(all);
    assert!(count > 0);
    let mut runner: PortfolioRunner = PortfolioRunner::new(true, config);
    runner.add(RandomScheduler::new(2));
    runner.add(RandomScheduler::new_from_seed(3, 2));
    runner.add(PctScheduler::new(2, 2));
    runner.add(PctScheduler::new_from_seed(3, 2, 2));
    runner.add(UrwRandomScheduler::new(2));
    runner.add(UrwRandomScheduler::new_from_seed(3, 2));
    let boxed: Box<dyn Scheduler + Send> = Box::new(DfsScheduler::new(Some(2), true));
    runner.add(boxed);
    has::<PortfolioRunner, Shown>();
    runner.run::<fn()>(all);
    assert!(catch_unwind(|| ReplayScheduler::new_from_encoded("no schedule")).is_err());
    assert!(catch_unwind(|| shuttle::replay::<fn()>(|| {}, "no schedule")).is_err());
    assert!(ReplayScheduler::new_from_file("no file").is_err());
    assert!(catch_unwind(|| shuttle::replay_from_file::<fn(), _>(|| {}, "no file")).is_err());
}

fn all() {
    statics();
    threads();
    owners();
    locks();
    conditions();
    once();
    channels();
    integers();
    flags();
    pointers();
    futures();
    numbers();
    shuttle::hint::spin_loop();
    shuttle::hint::black_box(());
    atomic::fence(SeqCst);
    atomic::compiler_fence(SeqCst);
}

fn statics() {
    use shuttle::lazy_static::{LazyStatic, initialize, lazy_static};
    lazy_static! {
        static ref HERE: u8 = 1;
    }
    fn is_lazy<T: LazyStatic>(it: &T) {
        initialize::<T>(it);
    }
    is_lazy(&HERE);
    let _: [&u8; 3] = [&PRIVATE, &OF_THE_CRATE, &HERE];
    let _: &Mutex<Vec<u8>> = &PUBLIC;
    let _: fn(&'static Lazy<u8>) -> &'static u8 = Lazy::<u8>::get;
    has::<Lazy<u8>, Shown>();
    let key: &'static LocalKey<std::cell::Cell<u8>> = &LOCAL;
    key.with(|it| it.set(2));
    let found: Result<u8, AccessError> = key.try_with(std::cell::Cell::get);
    assert_eq!(found.unwrap(), 2);
    assert_eq!(CONSTANT.with(|it| *it) + WITHOUT_SEMICOLON.with(|it| *it), 5);
    has::<LocalKey<u8>, Shown>();
    has::<AccessError, Shown>();
}

fn threads() {
    use shuttle::thread::{
        ScopedJoinHandle, current, panicking, park, park_timeout, scope, sleep, spawn, yield_now,
    };
    let handle: JoinHandle<u8> = spawn::<_, u8>(|| 1);
    let thread: &Thread = handle.thread();
    let id: ThreadId = thread.id();
    let name: Option<&str> = thread.name();
    assert!(name.is_none() && id == Thread::id(&thread.clone()) && id != current().id());
    let result: shuttle::thread::Result<u8> = handle.join();
    assert_eq!(result.unwrap(), 1);
    let builder: Builder = Builder::new().name(String::from("named")).stack_size(1 << 16);
    let handle: std::io::Result<JoinHandle<()>> = builder.spawn::<_, ()>(|| ());
    let handle = handle.unwrap();
    assert_eq!(handle.thread().name(), Some("named"));
    handle.join().unwrap();
    let text = String::from("lent");
    let length: usize = scope(|scope: &Scope<'_, '_>| {
        let handle: ScopedJoinHandle<'_, usize> = scope.spawn(|| text.len());
        let _: (&Thread, bool) = (handle.thread(), handle.is_finished());
        handle.join().unwrap()
    });
    assert_eq!(length, 4);
    current().unpark();
    park();
    current().unpark();
    park_timeout(Duration::from_millis(1));
    sleep(Duration::from_millis(1));
    yield_now();
    assert!(!panicking());
    has::<Builder, Shown>();
    has::<Scope<'_, '_>, Shown>();
    has::<ScopedJoinHandle<'_, u8>, Shown>();
    has::<JoinHandle<u8>, Shown>();
    has::<JoinHandle<u8>, Shared>();
    has::<Thread, Shown>();
    let mut ids = std::collections::HashSet::<ThreadId>::new();
    assert!(ids.insert(id));
}

fn owners() {
    let one: Arc<u8> = Arc::<u8>::new(1);
    let weak: Weak<u8> = Arc::downgrade(&one);
    assert_eq!(weak.upgrade().as_deref(), Some(&1));
    assert_eq!(Arc::try_unwrap(one).unwrap(), 1);
}

fn locks() {
    let mut mutex: Mutex<[u8; 1]> = Mutex::<[u8; 1]>::new([1]);
    let wide: &Mutex<[u8]> = &mutex;
    let locked: LockResult<MutexGuard<'_, [u8]>> = wide.lock();
    let tried: TryLockResult<MutexGuard<'_, [u8]>> = wide.try_lock();
    assert!(matches!(&tried, Err(TryLockError::WouldBlock)));
    drop(tried);
    drop(locked.unwrap_or_else(PoisonError::into_inner));
    mutex.clear_poison();
    let exclusive: LockResult<&mut [u8; 1]> = mutex.get_mut();
    exclusive.unwrap()[0] += 1;
    assert_eq!(mutex.into_inner().unwrap(), [2]);
    has::<Mutex<u8>, Shown>();
    has::<MutexGuard<'_, u8>, Shown>();
    drop(Mutex::<u8>::default());
    let mut lock: RwLock<u8> = RwLock::<u8>::new(1);
    let read: LockResult<RwLockReadGuard<'_, u8>> = lock.read();
    let tried: TryLockResult<RwLockReadGuard<'_, u8>> = lock.try_read();
    assert_eq!(*read.unwrap() + *tried.unwrap(), 2);
    let written: LockResult<RwLockWriteGuard<'_, u8>> = lock.write();
    *written.unwrap() += 1;
    let tried: TryLockResult<RwLockWriteGuard<'_, u8>> = lock.try_write();
    *tried.unwrap() += 1;
    lock.clear_poison();
    *lock.get_mut().unwrap() += 1;
    assert_eq!(lock.into_inner().unwrap(), 4);
    has::<RwLock<u8>, Shown>();
    drop(RwLock::<u8>::default());
    let barrier: Barrier = Barrier::new(1);
    let result: BarrierWaitResult = barrier.wait();
    assert!(result.is_leader());
    has::<Barrier, Shown>();
}

fn conditions() {
    let (mutex, condvar): (Mutex<u8>, Condvar) = (Mutex::new(0), Condvar::new());
    condvar.notify_one();
    condvar.notify_all();
    let guard = condvar.wait_while(mutex.lock().unwrap(), |it| *it > 0).unwrap();
    let time = Duration::from_millis(1);
    let (guard, result): (MutexGuard<'_, u8>, WaitTimeoutResult) =
        condvar.wait_timeout_while(guard, time, |it| *it > 0).unwrap();
    assert!(!result.timed_out());
    drop(guard);
    let _: fn(&Condvar, MutexGuard<'static, u8>) -> LockResult<MutexGuard<'static, u8>> =
        |it, guard| it.wait(guard);
    type Timed = LockResult<(MutexGuard<'static, u8>, WaitTimeoutResult)>;
    let _: fn(&Condvar, MutexGuard<'static, u8>, Duration) -> Timed =
        |it, guard, time| it.wait_timeout(guard, time);
    drop(Condvar::default());
    has::<Condvar, Shown>();
    has::<WaitTimeoutResult, Shown>();
}

fn once() {
    let once: Once = Once::new();
    once.call_once(|| {});
    once.call_once_force(|state: &OnceState| assert!(!state.is_poisoned()));
    assert!(once.is_completed());
    has::<Once, Shown>();
    has::<OnceState, Shown>();
}

fn channels() {
    let (sender, receiver): (Sender<u8>, Receiver<u8>) = mpsc::channel::<u8>();
    let sent: Result<(), mpsc::SendError<u8>> = sender.clone().send(1);
    let received: Result<u8, mpsc::RecvError> = receiver.recv();
    assert_eq!((sent, received), (Ok(()), Ok(1)));
    let tried: Result<u8, mpsc::TryRecvError> = receiver.try_recv();
    assert!(tried.is_err());
    type Timed = Result<u8, mpsc::RecvTimeoutError>;
    let _: fn(&Receiver<u8>, Duration) -> Timed = Receiver::<u8>::recv_timeout;
    sender.send(2).unwrap();
    drop(sender);
    assert_eq!(receiver.try_iter().chain(receiver.iter()).chain(&receiver).count(), 1);
    assert_eq!(receiver.into_iter().count(), 0);
    let (sender, _receiver): (SyncSender<u8>, Receiver<u8>) = mpsc::sync_channel::<u8>(1);
    sender.clone().send(1).unwrap();
    let tried: Result<(), mpsc::TrySendError<u8>> = sender.try_send(1);
    assert!(tried.is_err());
    has::<Sender<u8>, Shown>();
    has::<SyncSender<u8>, Shown>();
    has::<Receiver<u8>, Shown>();
}

/// Methods that all atomics have.
macro_rules! atomic {
    ($name:ty, $value:ty, $one:expr, $two:expr) => {
        let (one, two): ($value, $value) = ($one, $two);
        let mut word: $name = <$name>::new(one);
        assert_eq!(*word.get_mut(), one);
        assert_eq!(word.load(Acquire), one);
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
        let updated: Result<$value, $value> = word.fetch_update(AcqRel, Acquire, |_| None);
        assert_eq!(updated, Err(one));
        assert_eq!(word.try_update(AcqRel, Acquire, |_| None), Err(one));
        assert_eq!(word.update(AcqRel, Acquire, |it| it), one);
        assert_eq!(word.into_inner(), one);
        let _: [$name; 2] = [<$name>::default(), <$name>::from(one)];
        has::<$name, Shown>();
        has::<$name, Shared>();
    };
}

fn integers() {
    macro_rules! integers {
        ($($name:ident $value:ident)*) => {$(
            atomic!(atomic::$name, $value, 1, 2);
            let word = atomic::$name::new(1);
            let results: [$value; 8] = [
                word.fetch_add(1, Relaxed),
                word.fetch_sub(1, Relaxed),
                word.fetch_and(1, Relaxed),
                word.fetch_nand(0, Relaxed),
                word.fetch_or(1, Relaxed),
                word.fetch_xor(1, Relaxed),
                word.fetch_max(1, Relaxed),
                word.fetch_min(1, Relaxed),
            ];
            assert_eq!(results[..2], [1, 2]);
        )*};
    }
    integers! {
        AtomicU8 u8 AtomicU16 u16 AtomicU32 u32 AtomicU64 u64 AtomicUsize usize
        AtomicI8 i8 AtomicI16 i16 AtomicI32 i32 AtomicI64 i64 AtomicIsize isize
    }
}

fn flags() {
    atomic!(AtomicBool, bool, true, false);
    let flag = AtomicBool::new(true);
    let results: [bool; 5] = [
        flag.fetch_and(true, Relaxed),
        flag.fetch_nand(true, Relaxed),
        flag.fetch_or(true, Relaxed),
        flag.fetch_xor(true, Relaxed),
        flag.fetch_not(Relaxed),
    ];
    assert_eq!(results, [true, true, false, true, false]);
}

fn pointers() {
    let (mut one, mut two) = (1, 2);
    let pointers: [*mut u8; 2] = [&raw mut one, &raw mut two];
    atomic!(AtomicPtr<u8>, *mut u8, pointers[0], pointers[1]);
}

fn futures() {
    use shuttle::future::{JoinHandle, block_on, spawn, spawn_local, yield_now};
    let handle: JoinHandle<u8> = spawn(async { 1 });
    let _: bool = handle.is_finished();
    let abort: AbortHandle = handle.abort_handle().clone();
    let result: Result<u8, JoinError> = block_on(handle);
    assert_eq!(result.unwrap(), 1);
    assert!(abort.is_finished());
    let text = std::rc::Rc::new(2);
    assert_eq!(block_on(spawn_local(async move { *text })).unwrap(), 2);
    abort.abort();
    let forever: JoinHandle<()> = spawn(std::future::pending());
    forever.abort();
    assert!(matches!(block_on(forever), Err(JoinError::Cancelled)));
    block_on(yield_now());
    has::<JoinHandle<u8>, Shown>();
    has::<JoinHandle<u8>, Shared>();
    has::<AbortHandle, Shown>();
    has::<AbortHandle, Shared>();
    let _: (&dyn Display, &dyn std::error::Error) = (&JoinError::Cancelled, &JoinError::Cancelled);
    has::<JoinError, Shown>();
}

fn numbers() {
    let mut generator: ThreadRng = thread_rng();
    let _: (u32, u64) = (generator.next_u32(), ThreadRng::default().next_u64());
    assert!(generator.clone().gen_range(0..10) < 10);
    let mut bytes = [0; 11];
    generator.fill_bytes(&mut bytes);
    generator.try_fill_bytes(&mut bytes).unwrap();
    has::<ThreadRng, Shown>();
}
