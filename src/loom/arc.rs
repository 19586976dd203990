//! Shared ownership under loom.
#![allow(unsafe_code, reason = "what is `unsafe` in `std` is so here, and ends the search")]

use std::{fmt, marker::PhantomData, mem, ops};

use super::exploring::call;
use crate::session;
use crate::verdict::Reason;

/// A shared value. The checker sees the edges between its drops, and notices leaks: loom counts with
/// an `Arc` of its own, beside `std`'s `Arc`, which holds the value.
///
/// Once the execution is over, loom's part is leaked instead of dropped. Its destructor calls into
/// the model, which is gone when loom has found a deadlock, and a second panic would abort the
/// process before the first one could be reported.
///
/// loom has no weak pointers, and no count can be found by the value's address: a search of a body that makes a weak
/// pointer, or turns an owner into a pointer to its value, ends as unsupported.
pub struct Arc<T: ?Sized> {
    /// `None` if it was made after the end of its execution.
    count: Option<::loom::sync::Arc<()>>,
    value: std::sync::Arc<T>,
}

impl<T> Arc<T> {
    /// A shared value.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Arc::from_std(std::sync::Arc::new(value))
    }
}

impl<T> Arc<T> {
    /// Not to be had under loom; see [`Arc`].
    #[track_caller]
    pub fn new_cyclic(_: impl FnOnce(&Weak<T>) -> T) -> Self {
        no_weak()
    }

    /// Returns the value, if this is its only owner.
    ///
    /// # Errors
    /// This owner, if there are others.
    #[track_caller]
    pub fn try_unwrap(mut this: Self) -> Result<T, Self> {
        let value = this.value.clone();
        if let Some(count) = this.count.take().filter(|_| !session::is_over()) {
            let tried = session::inside(|| call(|| ::loom::sync::Arc::try_unwrap(count)));
            if let Err(count) = tried {
                this.count = Some(count);
                return Err(this);
            }
        }
        drop(this);
        std::sync::Arc::try_unwrap(value).map_err(|value| Arc { count: None, value })
    }

    /// Gives up this share; returns the value, if it was the last.
    #[track_caller]
    pub fn into_inner(this: Self) -> Option<T> {
        let value = this.value.clone();
        drop(this);
        std::sync::Arc::into_inner(value)
    }
}

impl<T: Clone> Arc<T> {
    /// Gives access to the value; to a clone of it, which this then owns alone, if there are other
    /// owners.
    #[track_caller]
    pub fn make_mut(this: &mut Self) -> &mut T {
        if Arc::get_mut(this).is_none() {
            *this = Arc::new(T::clone(this));
        }
        std::sync::Arc::get_mut(&mut this.value).expect("it has one owner")
    }
}

/// A weak pointer, which cannot be made under loom.
pub struct Weak<T: ?Sized>(PhantomData<std::sync::Weak<T>>);

#[track_caller]
fn no_weak() -> ! {
    session::unsupported(Reason::Other("loom has no weak pointers".to_owned()))
}

#[track_caller]
fn no_raw() -> ! {
    session::unsupported(Reason::Other("loom finds no owner by a pointer to its value".to_owned()))
}

impl<T> Weak<T> {
    /// A pointer that leads nowhere.
    pub fn new() -> Self {
        Weak(PhantomData)
    }
}

#[allow(clippy::unused_self, reason = "the signatures are those of every world")]
impl<T: ?Sized> Weak<T> {
    /// Nothing: it leads nowhere.
    pub fn upgrade(&self) -> Option<Arc<T>> {
        None
    }

    /// None.
    pub fn strong_count(&self) -> usize {
        0
    }

    /// None.
    pub fn weak_count(&self) -> usize {
        0
    }

    /// Whether both lead nowhere.
    pub fn ptr_eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T: ?Sized> Clone for Weak<T> {
    fn clone(&self) -> Self {
        Weak(PhantomData)
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

impl<T: ?Sized> Arc<T> {
    #[track_caller]
    fn from_std(value: std::sync::Arc<T>) -> Self {
        let count = (!session::is_over()).then(|| session::inside(|| ::loom::sync::Arc::new(())));
        Arc { count, value }
    }

    /// Whether both point to the same value.
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        std::sync::Arc::ptr_eq(&this.value, &other.value)
    }

    /// A pointer to the value.
    pub fn as_ptr(this: &Self) -> *const T {
        std::sync::Arc::as_ptr(&this.value)
    }

    /// Not to be had under loom; see [`Arc`].
    #[track_caller]
    pub fn into_raw(_: Self) -> *const T {
        no_raw()
    }

    /// Not to be had under loom; see [`Arc`].
    ///
    /// # Safety
    /// As `std`'s.
    #[track_caller]
    pub unsafe fn from_raw(_: *const T) -> Self {
        no_raw()
    }

    /// Not to be had under loom; see [`Arc`].
    ///
    /// # Safety
    /// As `std`'s.
    #[track_caller]
    pub unsafe fn increment_strong_count(_: *const T) {
        no_raw()
    }

    /// Not to be had under loom; see [`Arc`].
    ///
    /// # Safety
    /// As `std`'s.
    #[track_caller]
    pub unsafe fn decrement_strong_count(_: *const T) {
        no_raw()
    }

    /// Not to be had under loom; see [`Arc`].
    #[track_caller]
    pub fn downgrade(_: &Self) -> Weak<T> {
        no_weak()
    }

    /// None: there are no weak pointers.
    pub fn weak_count(_: &Self) -> usize {
        0
    }

    /// Gives access to the value, if there is no other owner.
    #[track_caller]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        if let Some(count) = this.count.as_mut().filter(|_| !session::is_over()) {
            session::inside(|| call(|| ::loom::sync::Arc::get_mut(count).map(drop)))?;
        }
        std::sync::Arc::get_mut(&mut this.value)
    }

    /// The number of pointers to this value.
    #[track_caller]
    pub fn strong_count(this: &Self) -> usize {
        match &this.count {
            Some(count) if !session::is_over() => {
                session::inside(|| call(|| ::loom::sync::Arc::strong_count(count)))
            }
            _ => std::sync::Arc::strong_count(&this.value),
        }
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        let count = match &self.count {
            Some(count) if !session::is_over() => Some(session::inside(|| call(|| count.clone()))),
            _ => None,
        };
        Arc { count, value: self.value.clone() }
    }
}

impl<T: ?Sized> ops::Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: ?Sized> Drop for Arc<T> {
    /// loom may switch threads before it counts down, but not after: the thread that counts down to
    /// zero drops the value at once.
    #[track_caller]
    fn drop(&mut self) {
        let count = self.count.take();
        if session::is_over() {
            mem::forget(count);
        } else {
            session::inside(|| call(|| drop(count)));
        }
    }
}

impl<T: ?Sized> From<Box<T>> for Arc<T> {
    #[track_caller]
    fn from(value: Box<T>) -> Self {
        Arc::from_std(value.into())
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
