//! Shared ownership.
//!
//! Which of several owners is the last matters only if somebody can tell. So the search begins with
//! owners that are not events at all. If a value's destructor does something that other threads can see, who
//! is last becomes a choice, and if the program reads a count, every change of the count becomes an event. Then
//! the search begins again.

pub(super) mod raw;

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::panic::Location;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::{cmp, error, fmt, sync};

use crate::verdict::Sharing;

use super::execution::Execution;
use super::operation::{Act, Change, Object, Operation, Update};
use super::{leaks, new_object, perform, with_execution, with_state};

/// A value with several owners.
pub struct Arc<T: ?Sized> {
    /// `None` only while it is dropped.
    value: Option<sync::Arc<T>>,
    /// `None` if it was made outside of any execution.
    object: Option<Object>,
}

/// A pointer to a value with several owners, which is none of them.
pub struct Weak<T: ?Sized> {
    value: sync::Weak<T>,
    object: Option<Object>,
}

/// One owner, in the word of an object: the lower half counts the owners, and the upper half the weak pointers.
const OWNER: u64 = 1;
const WEAK: u64 = 1 << 32;

fn owners(word: u64) -> usize {
    word as u32 as usize
}

fn weak_pointers(word: u64) -> usize {
    (word >> 32) as usize
}

/// An operation on the counts, which the search sees now if it has not before; the word before it. There are `now` owners
/// and weak pointers.
#[track_caller]
fn seen(
    object: Option<Object>,
    act: Act,
    order: Ordering,
    now: impl FnOnce() -> (usize, usize),
) -> Option<u64> {
    let word = || {
        let (owners, weak_pointers) = now();
        owners as u64 * OWNER + weak_pointers as u64 * WEAK
    };
    let object = object?;
    with_execution(|it| it.must_count(object, word));
    counted(object, act, order)
}

/// An operation on counts that the search sees; the word before it.
#[track_caller]
fn counted(object: Object, act: Act, order: Ordering) -> Option<u64> {
    let site = Location::caller();
    let operation = Operation { act, object: Some(object), order: Some(order), site };
    perform(&operation).map(|it| it.read)
}

/// An operation on the counts that needs to be none as long as nobody looks at them.
#[track_caller]
fn count(object: Option<Object>, act: Act, order: Ordering) -> Option<u64> {
    let object = object?;
    let sharing = with_execution(|it| it.sharing(object));
    if sharing == Some(Sharing::Count) { counted(object, act, order) } else { None }
}

fn change(change: Change, operand: u64) -> Act {
    Act::Update(Update { change, operand, bits: 64 })
}

#[track_caller]
fn acquire_fence() {
    let (act, order, site) = (Act::Fence, Some(Ordering::Acquire), Location::caller());
    perform(&Operation { act, object: None, order, site });
}

/// Notes that an object has one owner more, or one less; how many it has now. Also when the execution is over, for
/// those who ask what is left.
fn note_owners(object: Option<Object>, change: i32) -> Option<u32> {
    let object = object?;
    with_state(|it| {
        let shares = it.execution.values.shares_mut(object);
        *shares = shares.wrapping_add_signed(change);
        *shares
    })
}

impl<T> Arc<T> {
    /// A value with one owner.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Arc::of(sync::Arc::new(value))
    }

    /// A value with one owner, which is not moved any more.
    #[track_caller]
    pub fn pin(value: T) -> Pin<Self> {
        raw::pinned(Arc::new(value))
    }

    /// A value that has a weak pointer to itself. The pointer leads nowhere before the value is there.
    #[track_caller]
    pub fn new_cyclic<F>(make: F) -> Self
    where
        F: FnOnce(&Weak<T>) -> T,
    {
        let object = new_object(WEAK);
        let value = sync::Arc::new_cyclic(|value| {
            let weak = Weak { value: value.clone(), object };
            make(&weak)
        });
        leaks::note_made(object);
        count(object, change(Change::Add, OWNER), Ordering::Release);
        Arc { value: Some(value), object }
    }

    /// Returns the value, if this is its only owner.
    ///
    /// # Errors
    /// This owner, if there are others.
    #[track_caller]
    pub fn try_unwrap(mut this: Self) -> Result<T, Self> {
        let word =
            seen(this.object, change(Change::SubFromOne, OWNER), Ordering::Relaxed, || this.now());
        if word.is_some_and(|word| owners(word) != 1) {
            return Err(this);
        }
        if word.is_some() {
            acquire_fence();
        }
        match sync::Arc::try_unwrap(this.take()) {
            Ok(value) => {
                note_owners(this.object.take(), -1);
                Ok(value)
            }
            // No execution goes on, so nothing was counted.
            Err(value) => {
                this.value = Some(value);
                Err(this)
            }
        }
    }

    /// Gives up this share; returns the value, if it was the last.
    #[track_caller]
    pub fn into_inner(mut this: Self) -> Option<T> {
        let word = seen(this.object, change(Change::Sub, OWNER), Ordering::Release, || this.now());
        if word.is_some_and(|word| owners(word) == 1) {
            acquire_fence();
        }
        note_owners(this.object.take(), -1);
        sync::Arc::into_inner(this.take())
    }
}

impl<T: Clone> Arc<T> {
    /// Gives access to the value; to a clone of it, which this then owns alone, if there are other owners or weak
    /// pointers.
    #[track_caller]
    pub fn make_mut(this: &mut Self) -> &mut T {
        if Arc::get_mut(this).is_none() {
            *this = Arc::new(T::clone(this));
        }
        let value = this.value.as_mut().expect("it is not dropped yet");
        sync::Arc::get_mut(value).expect("it has one owner")
    }
}

impl<T: ?Sized> Arc<T> {
    /// A value that `std`'s owner has, for values that have no size: this `Arc<T>` does not become an `Arc<dyn Trait>`.
    ///
    /// # Panics
    /// If the value has other owners or weak pointers.
    #[doc(hidden)]
    #[track_caller]
    pub fn from_std(mut value: sync::Arc<T>) -> Self {
        assert!(sync::Arc::get_mut(&mut value).is_some(), "the value has another owner");
        Arc::of(value)
    }

    #[track_caller]
    fn of(value: sync::Arc<T>) -> Self {
        let object = new_object(OWNER);
        leaks::note_made(object);
        Arc { value: Some(value), object }
    }

    fn value(&self) -> &sync::Arc<T> {
        self.value.as_ref().expect("it is not dropped yet")
    }

    /// How many owners and weak pointers there are at present.
    fn now(&self) -> (usize, usize) {
        (sync::Arc::strong_count(self.value()), sync::Arc::weak_count(self.value()))
    }

    fn take(&mut self) -> sync::Arc<T> {
        self.value.take().expect("it is not dropped yet")
    }

    /// Whether both point to the same value.
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        sync::Arc::ptr_eq(this.value(), other.value())
    }

    /// A pointer to the value.
    pub fn as_ptr(this: &Self) -> *const T {
        let pointer = sync::Arc::as_ptr(this.value());
        raw::note(pointer, this.object);
        pointer
    }

    /// The number of owners.
    #[track_caller]
    pub fn strong_count(this: &Self) -> usize {
        let word = seen(this.object, Act::Load, Ordering::Relaxed, || this.now());
        word.map_or_else(|| sync::Arc::strong_count(this.value()), owners)
    }

    /// The number of weak pointers.
    #[track_caller]
    pub fn weak_count(this: &Self) -> usize {
        let word = seen(this.object, Act::Load, Ordering::Relaxed, || this.now());
        word.map_or_else(|| sync::Arc::weak_count(this.value()), weak_pointers)
    }

    /// A weak pointer to the value.
    #[track_caller]
    pub fn downgrade(this: &Self) -> Weak<T> {
        count(this.object, change(Change::Add, WEAK), Ordering::Acquire);
        Weak { value: sync::Arc::downgrade(this.value()), object: this.object }
    }

    /// Gives access to the value, if there is no other owner and no weak pointer.
    #[track_caller]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        let word = seen(this.object, Act::Load, Ordering::Acquire, || this.now());
        if word.is_some_and(|word| word != OWNER) {
            return None;
        }
        sync::Arc::get_mut(this.value.as_mut().expect("it is not dropped yet"))
    }

    /// Gives up this share, as far as the search sees it.
    fn give_up(object: Object) -> Option<()> {
        let site = Location::caller();
        let act = |act| {
            let operation = Operation { act, object: Some(object), order: None, site };
            perform(&operation)
        };
        match with_execution(|it| it.sharing(object))? {
            Sharing::Unseen => {}
            Sharing::Last => {
                if act(Act::Release)?.way == 1 {
                    act(Act::Outlast)?;
                }
            }
            Sharing::Count => {
                let word = counted(object, change(Change::Sub, OWNER), Ordering::Release)?;
                if owners(word) == 1 {
                    acquire_fence();
                }
            }
        }
        Some(())
    }
}

impl<T> Weak<T> {
    /// A pointer that leads nowhere.
    pub fn new() -> Self {
        Weak { value: sync::Weak::new(), object: None }
    }
}

impl<T: ?Sized> Weak<T> {
    /// How many owners and weak pointers there are at present.
    fn now(&self) -> (usize, usize) {
        (self.value.strong_count(), self.value.weak_count())
    }

    /// An owner of the value, if it has one still.
    #[track_caller]
    pub fn upgrade(&self) -> Option<Arc<T>> {
        let word =
            seen(self.object, change(Change::AddToSome, OWNER), Ordering::Acquire, || self.now());
        if word.is_some_and(|word| owners(word) == 0) {
            return None;
        }
        let value = self.value.upgrade()?;
        note_owners(self.object, 1);
        Some(Arc { value: Some(value), object: self.object })
    }

    /// The number of owners.
    #[track_caller]
    pub fn strong_count(&self) -> usize {
        let word = seen(self.object, Act::Load, Ordering::Relaxed, || self.now());
        word.map_or_else(|| self.value.strong_count(), owners)
    }

    /// The number of weak pointers; 0 if there is no owner.
    #[track_caller]
    pub fn weak_count(&self) -> usize {
        let word = seen(self.object, Act::Load, Ordering::Acquire, || self.now());
        match word {
            Some(word) if owners(word) == 0 => 0,
            Some(word) => weak_pointers(word),
            None => self.value.weak_count(),
        }
    }

    /// Whether both point to the same value, or both lead nowhere.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.value.ptr_eq(&other.value)
    }
}

impl<T: ?Sized> Clone for Weak<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        count(self.object, change(Change::Add, WEAK), Ordering::Relaxed);
        Weak { value: self.value.clone(), object: self.object }
    }
}

impl<T: ?Sized> Drop for Weak<T> {
    fn drop(&mut self) {
        count(self.object, change(Change::Sub, WEAK), Ordering::Release);
    }
}

impl<T> Default for Weak<T> {
    fn default() -> Self {
        Weak::new()
    }
}

impl<T: ?Sized> fmt::Debug for Weak<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(Weak)")
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        let is_last_seen =
            |object: &Object| with_execution(|it| it.sharing(*object)) == Some(Sharing::Last);
        if let Some(object) = self.object.filter(is_last_seen) {
            let (act, site) = (Act::Share, Location::caller());
            perform(&Operation { act, object: Some(object), order: None, site });
        }
        count(self.object, change(Change::Add, OWNER), Ordering::Relaxed);
        note_owners(self.object, 1);
        Arc { value: self.value.clone(), object: self.object }
    }
}

impl<T: ?Sized> Drop for Arc<T> {
    fn drop(&mut self) {
        let has_given_up = self.object.and_then(Self::give_up).is_some();
        let is_last = note_owners(self.object, -1) == Some(0);
        let watched = self.object.filter(|_| has_given_up && is_last);
        if let Some(object) = watched {
            with_execution(|it| it.begin_drop(object));
        }
        drop(self.value.take());
        if watched.is_some() {
            with_execution(Execution::end_drop);
        }
    }
}

impl<T: ?Sized> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value()
    }
}

impl<T: ?Sized> From<Box<T>> for Arc<T> {
    #[track_caller]
    fn from(value: Box<T>) -> Self {
        Arc::of(value.into())
    }
}

impl<T> From<T> for Arc<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Arc::new(value)
    }
}

impl<T> FromIterator<T> for Arc<[T]> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Arc::of(values.into_iter().collect())
    }
}

impl<T: ?Sized> AsRef<T> for Arc<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T: ?Sized> Borrow<T> for Arc<T> {
    fn borrow(&self) -> &T {
        self
    }
}

impl<T: ?Sized + PartialEq> PartialEq for Arc<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: ?Sized + Eq> Eq for Arc<T> {}

impl<T: ?Sized + PartialOrd> PartialOrd for Arc<T> {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        (**self).partial_cmp(&**other)
    }
}

impl<T: ?Sized + Ord> Ord for Arc<T> {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        (**self).cmp(&**other)
    }
}

impl<T: ?Sized + Hash> Hash for Arc<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized> fmt::Pointer for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(self.value(), f)
    }
}

impl<T: ?Sized + error::Error> error::Error for Arc<T> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        (**self).source()
    }
}

impl<T: Default> Default for Arc<T> {
    #[track_caller]
    fn default() -> Self {
        Arc::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
