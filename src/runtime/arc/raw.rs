//! Owners as pointers to their values.
//!
//! A pointer does not say which object its owner is to the search, so the addresses of values that somebody has asked
//! for are kept for the execution.
#![allow(unsafe_code)]

use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::sync;

use super::Arc;
use crate::runtime::operation::Object;
use crate::runtime::with_state;

/// The objects of the owners of values, by the addresses of the values.
#[derive(Default)]
pub(in crate::runtime) struct Addresses(HashMap<usize, Object>);

/// Remembers whose owner a pointer will be.
pub(super) fn note<T: ?Sized>(pointer: *const T, object: Option<Object>) {
    if let Some(object) = object {
        with_state(|it| it.addresses.0.insert(pointer.addr(), object));
    }
}

fn object_at<T: ?Sized>(pointer: *const T) -> Option<Object> {
    with_state(|it| it.addresses.0.get(&pointer.addr()).copied()).flatten()
}

/// A value that is not moved any more.
pub(super) fn pinned<T>(owner: Arc<T>) -> Pin<Arc<T>> {
    // SAFETY: the value lies in memory of its own. `get_mut`, `make_mut` and `try_unwrap` are not to be had for a pinned
    // owner, and `deref` gives out `&T` alone.
    unsafe { Pin::new_unchecked(owner) }
}

impl<T: ?Sized> Arc<T> {
    /// Turns an owner into a pointer to its value, which still counts as one.
    pub fn into_raw(mut this: Self) -> *const T {
        let (object, value) = (this.object.take(), this.take());
        let pointer = sync::Arc::into_raw(value);
        note(pointer, object);
        pointer
    }

    /// The owner that has been turned into this pointer.
    ///
    /// # Safety
    /// As `std`'s: the pointer comes from [`into_raw`](Self::into_raw), and owns a share.
    pub unsafe fn from_raw(pointer: *const T) -> Self {
        // SAFETY: as the caller has promised: `into_raw` has got it from `std`'s.
        let value = unsafe { sync::Arc::from_raw(pointer) };
        Arc { value: Some(value), object: object_at(pointer) }
    }

    /// Makes one owner more, which nobody holds.
    ///
    /// # Safety
    /// As `std`'s: the pointer comes from [`into_raw`](Self::into_raw), and the value has an owner.
    #[track_caller]
    pub unsafe fn increment_strong_count(pointer: *const T) {
        // SAFETY: as the caller has promised. This owner is not dropped, so it takes no share away.
        let owner = ManuallyDrop::new(unsafe { Arc::from_raw(pointer) });
        let _another = ManuallyDrop::new(Arc::clone(&owner));
    }

    /// Drops an owner that nobody holds.
    ///
    /// # Safety
    /// As `std`'s: the pointer comes from [`into_raw`](Self::into_raw), and owns a share.
    #[track_caller]
    pub unsafe fn decrement_strong_count(pointer: *const T) {
        // SAFETY: as the caller has promised.
        drop(unsafe { Arc::from_raw(pointer) });
    }
}
