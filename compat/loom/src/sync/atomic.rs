//! Atomic integers, flags and pointers, as in [`std::sync::atomic`].
#![allow(unsafe_code)]

use std::fmt;

use drawloom::heddle::sync as heddle;

pub use heddle::{AtomicMut, Ordering, fence};
pub use std::sync::atomic::compiler_fence;

/// Tells the processor that the thread spins.
#[track_caller]
pub fn spin_loop_hint() {
    crate::hint::spin_loop();
}

/// The ordering of a failed `compare_and_swap`.
fn failure(order: Ordering) -> Ordering {
    match order {
        Ordering::Relaxed | Ordering::Release => Ordering::Relaxed,
        Ordering::Acquire | Ordering::AcqRel => Ordering::Acquire,
        _ => Ordering::SeqCst,
    }
}

macro_rules! atomic {
    ($(#[$meta:meta])* $name:ident [$($generic:tt)*], $value:ty, $($method:ident $doc:literal,)*) => {
        $(#[$meta])*
        pub struct $name $($generic)* (heddle::$name $($generic)*);

        impl $($generic)* $name $($generic)* {
            /// An atomic with an initial value.
            #[track_caller]
            pub fn new(value: $value) -> Self {
                $name(heddle::$name::new(value))
            }

            /// Gives access to the value, which no other thread can reach now.
            #[track_caller]
            pub fn with_mut<R>(&mut self, access: impl FnOnce(&mut $value) -> R) -> R {
                access(&mut self.0.get_mut())
            }

            /// Exclusive access to the value, for as long as the guard is there.
            #[track_caller]
            pub fn get_mut(&mut self) -> AtomicMut<'_, $value> {
                self.0.get_mut()
            }

            /// Reads the value by a plain load. A race with a store is a violation.
            ///
            /// # Safety
            /// In an execution it needs none. Otherwise no other thread may write the value.
            #[track_caller]
            pub unsafe fn unsync_load(&self) -> $value {
                self.0.unsync_load()
            }

            /// The value, when no other thread can reach it any more.
            #[track_caller]
            pub fn into_inner(self) -> $value {
                self.0.into_inner()
            }

            /// Reads the value.
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $value {
                self.0.load(order)
            }

            /// Writes a value.
            #[track_caller]
            pub fn store(&self, value: $value, order: Ordering) {
                self.0.store(value, order);
            }

            /// Writes `new` if the value is `current`; returns what it was.
            #[track_caller]
            pub fn compare_and_swap(
                &self,
                current: $value,
                new: $value,
                order: Ordering,
            ) -> $value {
                match self.0.compare_exchange(current, new, order, failure(order)) {
                    Ok(found) | Err(found) => found,
                }
            }

            /// Writes `new` if the value is `current`; returns what it was.
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.0.compare_exchange(current, new, success, failure)
            }

            /// As [`compare_exchange`](Self::compare_exchange). It fails without a cause only if
            /// `DRAWLOOM_SPURIOUS` is set.
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.0.compare_exchange_weak(current, new, success, failure)
            }

            /// Updates the value by `update`, repeatedly until no other thread interferes; returns what it was.
            #[track_caller]
            pub fn fetch_update<F>(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                update: F,
            ) -> Result<$value, $value>
            where
                F: FnMut($value) -> Option<$value>,
            {
                self.0.fetch_update(set_order, fetch_order, update)
            }

            /// As [`fetch_update`](Self::fetch_update), by its new name.
            #[track_caller]
            pub fn try_update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                update: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                self.0.fetch_update(set_order, fetch_order, update)
            }

            /// Updates the value by `update`, repeatedly until no other thread interferes; returns what it was.
            #[track_caller]
            pub fn update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                mut update: impl FnMut($value) -> $value,
            ) -> $value {
                match self.0.fetch_update(set_order, fetch_order, |value| Some(update(value))) {
                    Ok(found) | Err(found) => found,
                }
            }

            $(
                #[doc = $doc]
                #[track_caller]
                pub fn $method(&self, value: $value, order: Ordering) -> $value {
                    self.0.$method(value, order)
                }
            )*
        }

        impl $($generic)* fmt::Debug for $name $($generic)* {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl $($generic)* Default for $name $($generic)* {
            #[track_caller]
            fn default() -> Self {
                $name(heddle::$name::default())
            }
        }

        impl $($generic)* From<$value> for $name $($generic)* {
            #[track_caller]
            fn from(value: $value) -> Self {
                $name::new(value)
            }
        }
    };
}

macro_rules! atomic_integers {
    ($($name:ident $value:ident,)*) => {$(
        atomic! {
            /// An integer that threads may share.
            $name [], $value,
            swap "Writes a value; returns what was there.",
            fetch_add "Adds, wrapping; returns what was there.",
            fetch_sub "Subtracts, wrapping; returns what was there.",
            fetch_and "Bitwise and; returns what was there.",
            fetch_nand "Not of the bitwise and; returns what was there.",
            fetch_or "Bitwise or; returns what was there.",
            fetch_xor "Bitwise exclusive or; returns what was there.",
            fetch_max "Maximum; returns what was there.",
            fetch_min "Minimum; returns what was there.",
        }
    )*};
}

atomic_integers! {
    AtomicU8 u8,
    AtomicU16 u16,
    AtomicU32 u32,
    AtomicU64 u64,
    AtomicUsize usize,
    AtomicI8 i8,
    AtomicI16 i16,
    AtomicI32 i32,
    AtomicI64 i64,
    AtomicIsize isize,
}

atomic! {
    /// A flag that threads may share.
    AtomicBool [], bool,
    swap "Writes a value; returns what was there.",
    fetch_and "And; returns what was there.",
    fetch_nand "Not of the and; returns what was there.",
    fetch_or "Or; returns what was there.",
    fetch_xor "Exclusive or; returns what was there.",
}

impl AtomicBool {
    /// Not; returns what was there.
    #[track_caller]
    pub fn fetch_not(&self, order: Ordering) -> bool {
        self.0.fetch_not(order)
    }
}

atomic! {
    /// A raw pointer that threads may share.
    AtomicPtr [<T>], *mut T,
    swap "Writes a pointer; returns what was there.",
}
