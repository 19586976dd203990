//! What is done once: `Once`, `OnceLock`, `LazyLock`.
//!
//! They are built on [`Mutex`](super::Mutex), [`Condvar`](super::Condvar) and a flag, so every world has them,
//! and their parts are what a trace shows and what mutants break. The constructors are not `const`: put a
//! value that all threads share into a `global!`.

use std::{
    fmt,
    ops::Deref,
    panic::Location,
    sync::{OnceLock as Place, PoisonError},
};

use super::{AtomicBool, Condvar, Mutex, Ordering, claims::Cell, mutex::named};
use crate::session::{self, ObjectKind};

/// Does something once.
pub struct Once {
    /// Whether it is done: the short way, without the lock.
    is_done: AtomicBool,
    progress: Mutex<Progress>,
    changed: Condvar,
}

/// | progress | means | left by |
/// |---|---|---|
/// | new | nobody has begun | `begin` |
/// | under way | a thread does it | `Doing`, dropped |
/// | done | it has been done | nobody |
/// | poisoned | a thread has panicked while it did it | `begin`, if poison is ignored |
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Progress {
    New,
    UnderWay,
    Done,
    Poisoned,
}

/// What a closure of [`Once::call_once_force`] may know.
#[derive(Debug)]
pub struct OnceState {
    is_poisoned: bool,
}

impl OnceState {
    /// Whether an earlier closure has panicked.
    pub fn is_poisoned(&self) -> bool {
        self.is_poisoned
    }
}

/// The thread that does it. If it panics, the `Once` is poisoned.
struct Doing<'once> {
    once: &'once Once,
    becomes: Progress,
}

impl Drop for Doing<'_> {
    #[track_caller]
    fn drop(&mut self) {
        // Nobody goes on who could wait for it.
        if session::is_over() {
            return;
        }
        let mut progress = self.once.progress();
        *progress = self.becomes;
        // Under the lock, so that whoever finds there that it is done finds it here too.
        if self.becomes == Progress::Done {
            // ORDER: Release, edge once->user. Publishes what was done. Pairs with the Acquire in is_completed.
            self.once.is_done.store(true, Ordering::Release);
        }
        drop(progress);
        self.once.changed.notify_all();
    }
}

impl Once {
    /// Nothing is done yet.
    #[track_caller]
    pub fn new() -> Self {
        Once {
            is_done: AtomicBool::new(false),
            progress: named("once", Mutex::new(Progress::New)),
            changed: Condvar::new(),
        }
    }

    /// Calls `f`, unless it has been called, and returns when it has returned.
    ///
    /// # Panics
    /// If an earlier call has panicked.
    #[track_caller]
    pub fn call_once<F>(&self, f: F)
    where
        F: FnOnce(),
    {
        self.call(false, |_| f());
    }

    /// The same, even if earlier calls have panicked.
    #[track_caller]
    pub fn call_once_force<F>(&self, f: F)
    where
        F: FnOnce(&OnceState),
    {
        self.call(true, f);
    }

    /// Whether a call has returned.
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        // ORDER: Acquire, edge once->user. Pairs with the Release in Doing::drop.
        self.is_done.load(Ordering::Acquire)
    }

    #[track_caller]
    fn call(&self, ignores_poison: bool, f: impl FnOnce(&OnceState)) {
        if self.is_completed() {
            return;
        }
        let mut progress = self.progress();
        while *progress == Progress::UnderWay && !session::is_over() {
            progress = self.changed.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
        let is_poisoned = *progress == Progress::Poisoned;
        match *progress {
            Progress::Done | Progress::UnderWay => return,
            Progress::Poisoned if !ignores_poison => {
                drop(progress);
                panic!("a closure of this Once has panicked");
            }
            Progress::New | Progress::Poisoned => *progress = Progress::UnderWay,
        }
        drop(progress);
        let mut doing = Doing { once: self, becomes: Progress::Poisoned };
        f(&OnceState { is_poisoned });
        doing.becomes = Progress::Done;
        drop(doing);
    }

    #[track_caller]
    fn progress(&self) -> super::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Once {
    #[track_caller]
    fn default() -> Self {
        Once::new()
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").field("is_done", &self.is_done).finish_non_exhaustive()
    }
}

/// A place for a value that one thread writes, and others read when they know that.
struct Slot<T> {
    place: Place<T>,
    /// Sees accesses that nothing orders.
    witness: Cell<()>,
}

impl<T> Slot<T> {
    #[track_caller]
    fn new() -> Self {
        let object = session::new_object(ObjectKind::Plain);
        Slot { place: Place::new(), witness: Cell::new(object, ()) }
    }

    #[track_caller]
    fn get(&self) -> Option<&T> {
        drop(self.witness.read(Location::caller()));
        self.place.get()
    }

    #[track_caller]
    fn put(&self, value: T) {
        self.put_at(value, Location::caller());
    }

    fn put_at(&self, value: T, location: &'static Location<'static>) {
        drop(self.witness.write(location));
        // After the end of an execution another thread may have been first.
        let _ = self.place.set(value);
    }
}

/// A value that is set once.
pub struct OnceLock<T> {
    once: Once,
    slot: Slot<T>,
}

impl<T> OnceLock<T> {
    /// A place without a value.
    #[track_caller]
    pub fn new() -> Self {
        OnceLock { once: Once::new(), slot: Slot::new() }
    }

    /// The value, if it has been set.
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        if self.once.is_completed() { self.slot.get() } else { None }
    }

    /// Gives access to the value, if it has been set.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.slot.place.get_mut()
    }

    /// Sets the value.
    ///
    /// # Errors
    /// This value, if there is one already.
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.get_or_init(|| value.take().expect("it is called once"));
        value.map_or(Ok(()), Err)
    }

    /// The value; `f` makes it if there is none. Other threads wait for that.
    #[track_caller]
    pub fn get_or_init<F>(&self, f: F) -> &T
    where
        F: FnOnce() -> T,
    {
        let mut f = Some(f);
        let location = Location::caller();
        self.once.call_once_force(|_| {
            self.slot.put_at(f.take().expect("it is called once")(), location);
        });
        if let Some(value) = self.slot.get() {
            return value;
        }
        // The thread that makes the value has ended with its execution.
        self.slot.put(f.take().expect("the value is not there, so it was not called")());
        self.slot.get().expect("it has just been put there")
    }

    /// Takes the value away, so that another one can be set.
    #[track_caller]
    pub fn take(&mut self) -> Option<T> {
        std::mem::take(self).into_inner()
    }

    /// Returns the value, if it has been set.
    pub fn into_inner(self) -> Option<T> {
        self.slot.place.into_inner()
    }
}

impl<T> Default for OnceLock<T> {
    #[track_caller]
    fn default() -> Self {
        OnceLock::new()
    }
}

impl<T> From<T> for OnceLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        let place = OnceLock::new();
        let _ = place.set(value);
        place
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnceLock").field(&self.slot.place.get()).finish()
    }
}

/// A value that is made when it is first used.
pub struct LazyLock<T, F = fn() -> T> {
    once: Once,
    slot: Slot<T>,
    /// Taken by the one call.
    init: std::sync::Mutex<Option<F>>,
}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// A value that `init` will make.
    #[track_caller]
    pub fn new(init: F) -> Self {
        LazyLock { once: Once::new(), slot: Slot::new(), init: std::sync::Mutex::new(Some(init)) }
    }

    /// The value, made now if it has not been used before.
    ///
    /// # Panics
    /// If making it has panicked.
    #[track_caller]
    pub fn force(this: &Self) -> &T {
        let location = Location::caller();
        this.once.call_once(|| {
            let init = session::locked(&this.init).take().expect("it is called once");
            this.slot.put_at(init(), location);
        });
        this.slot.get().expect("the value is there, unless its execution is over")
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[track_caller]
    fn deref(&self) -> &T {
        LazyLock::force(self)
    }
}

impl<T: fmt::Debug, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LazyLock").field(&self.slot.place.get()).finish()
    }
}
