//! Atomic integers, flags and pointers, and fences.
//!
//! Differs from `std`: the constructors are not `const`; `get_mut` returns a guard; there is no arithmetic on
//! pointers. A trace numbers the addresses that pointers hold in the order in which they appear, 0 for null,
//! since an address need not be the same in the next execution.
//!
//! The tool's atomic is accompanied by a copy of the latest value, for `Debug` and for destructors that
//! run after the end of an execution. On real threads two writers may store their copies in the other
//! order; there the tool's atomic outlives the execution and is used instead.
#![allow(clippy::cast_lossless, reason = "one macro makes all widths")]

use std::{
    fmt,
    ops::{Deref, DerefMut},
    panic::Location,
    sync::atomic,
};

use super::ordering::{either, legal, reading_half, writing_half};
use super::{call, create, is_gone, point, raw};
use crate::session::{self, Decision, Event, ObjectId, ObjectName, OpKind, Operator};

pub use std::sync::atomic::Ordering;

// ORDER: Relaxed, no edge. The ordering of all accesses to the copies: destructors of an execution
// that is over work on them, on the one OS thread that ran it; `Debug` shows them.
const COPY: Ordering = Ordering::Relaxed;

/// What an operation read and wrote.
struct Access<V> {
    read: Option<V>,
    written: Option<V>,
}

impl<V> Access<V> {
    fn load(value: V) -> Self {
        Access { read: Some(value), written: None }
    }

    fn store(value: V) -> Self {
        Access { read: None, written: Some(value) }
    }

    fn update(read: V, written: V) -> Self {
        Access { read: Some(read), written: Some(written) }
    }
}

/// Access to the value of an atomic that no other thread can reach until this is dropped. A changed value is written back
/// then; a trace shows that as a store.
pub struct AtomicMut<'atomic, V: Copy + PartialEq> {
    atomic: &'atomic dyn Unshared<V>,
    location: &'static Location<'static>,
    old: V,
    value: V,
    /// `None` if no world sees the access.
    span: Option<raw::Span>,
}

/// An atomic that no other thread can reach.
trait Unshared<V> {
    /// Writes a changed value.
    fn write_back(&self, value: V, location: &'static Location<'static>);

    /// An access at the end of one that has lasted.
    fn touch_again(&self, location: &'static Location<'static>);
}

impl<V: Copy + PartialEq> Deref for AtomicMut<'_, V> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.value
    }
}

impl<V: Copy + PartialEq> DerefMut for AtomicMut<'_, V> {
    fn deref_mut(&mut self) -> &mut V {
        &mut self.value
    }
}

impl<V: Copy + PartialEq> Drop for AtomicMut<'_, V> {
    fn drop(&mut self) {
        let must_be_seen = self.span.take().is_some_and(raw::Span::end);
        if self.value != self.old {
            self.atomic.write_back(self.value, self.location);
        } else if must_be_seen {
            self.atomic.touch_again(self.location);
        }
    }
}

impl<V: Copy + PartialEq + fmt::Debug> fmt::Debug for AtomicMut<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

// ORDER: Relaxed, no edge. The ordering of a load of an atomic that no other thread can reach: its last
// store happens before, whatever made it unreachable.
const UNSHARED: Ordering = Ordering::Relaxed;

// `#[inline]` on what is not generic: a program compiles the operations that it uses, and this crate none of the others,
// of which there are hundreds in each world.
macro_rules! atomic {
    (
        $(#[$meta:meta])* $name:ident [$($generic:tt)*], $value:ty, to $to_u64:expr,
        $(($method:ident, $kind:ident, $written:expr, $doc:literal),)*
    ) => {
        $(#[$meta])*
        pub struct $name $($generic)* {
            object: ObjectId,
            /// `None` if it was created after the end of its execution.
            raw: Option<raw::$name $($generic)*>,
            copy: atomic::$name $($generic)*,
        }

        impl $($generic)* $name $($generic)* {
            /// An atomic with an initial value.
            #[inline]
            #[track_caller]
            pub fn new(value: $value) -> Self {
                $name {
                    object: session::new_atomic(($to_u64)(value)),
                    raw: create(|| raw::$name::new(value)),
                    copy: atomic::$name::new(value),
                }
            }

            /// Every operation reaches the tool through this function. `perform` gets the orderings to
            /// use, the second one for a failed compare-exchange; `bypass` works on the copy.
            fn operate<R>(
                &self,
                event: Event,
                perform: impl FnOnce(&raw::$name $($generic)*, Ordering, Ordering) -> R,
                bypass: impl FnOnce(&atomic::$name $($generic)*) -> R,
                access: impl FnOnce(&R) -> Access<$value>,
            ) -> R {
                let event = event.on(self.object);
                let decision = point(event);
                let event = legal(event).weakened(decision);
                let ordering = event.ordering.unwrap_or(Ordering::SeqCst);
                let failure = event.ordering_failure.unwrap_or(Ordering::Relaxed);
                let Some(raw) = self.raw.as_ref().filter(|_| decision != Decision::Bypass) else {
                    return bypass(&self.copy);
                };
                let result = match decision {
                    Decision::Break(Operator::Split | Operator::DropStore) => {
                        // The operation works on a value that no other thread has.
                        let read = match event.op {
                            OpKind::Store => atomic::$name::default().into_inner(),
                            _ => call(|| raw.load(either(reading_half(ordering), failure))),
                        };
                        bypass(&atomic::$name::new(read))
                    }
                    Decision::Break(Operator::DropLoad) => {
                        // A thread that asks again and again still lets others run.
                        call(|| raw.load(ordering));
                        bypass(&atomic::$name::default())
                    }
                    Decision::Perform
                    | Decision::Bypass
                    | Decision::Weaken { .. }
                    | Decision::Break(_) => call(|| perform(raw, ordering, failure)),
                };
                let Access { read, written } = access(&result);
                let written = match (written, decision) {
                    (_, Decision::Break(Operator::DropStore)) => None,
                    (Some(value), Decision::Break(Operator::Split)) => {
                        call(|| raw.store(value, writing_half(ordering)));
                        Some(value)
                    }
                    (written, _) => written,
                };
                if let Some(written) = written {
                    self.copy.store(written, COPY);
                }
                let (read, written) = (read.map($to_u64), written.map($to_u64));
                session::finish(Event { read, written, ..event });
                result
            }

            /// Reads the value.
            #[inline]
            #[track_caller]
            pub fn load(&self, ordering: Ordering) -> $value {
                self.operate(
                    Event::new(OpKind::Load, Location::caller()).ordered(ordering),
                    |raw, ordering, _| raw.load(ordering),
                    |copy| copy.load(COPY),
                    |&value| Access::load(value),
                )
            }

            /// Writes a value.
            #[inline]
            #[track_caller]
            pub fn store(&self, value: $value, ordering: Ordering) {
                self.operate(
                    Event::new(OpKind::Store, Location::caller()).ordered(ordering),
                    |raw, ordering, _| raw.store(value, ordering),
                    |copy| copy.store(value, COPY),
                    |()| Access::store(value),
                );
            }

            /// Writes `new` if the value is `current`; returns what it was.
            ///
            /// # Errors
            /// The value found, if it was not `current`; it is unchanged then.
            #[inline]
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let event = Event::new(OpKind::CompareExchange, Location::caller()).ordered(success);
                self.exchange(event, current, new, failure, |raw, success, failure| {
                    raw.compare_exchange(current, new, success, failure)
                })
            }

            /// Like [`compare_exchange`](Self::compare_exchange), but may fail without a cause, as it does on
            /// some processors.
            ///
            /// Does not see, except under heddle with `spurious`: failures without a cause.
            ///
            /// # Errors
            /// The value found, if it was not `current`; it is unchanged then.
            #[inline]
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let op = OpKind::CompareExchangeWeak;
                let event = Event::new(op, Location::caller()).ordered(success);
                self.exchange(event, current, new, failure, |raw, success, failure| {
                    raw.compare_exchange_weak(current, new, success, failure)
                })
            }

            fn exchange(
                &self,
                event: Event,
                current: $value,
                new: $value,
                failure: Ordering,
                perform: impl FnOnce(
                    &raw::$name $($generic)*,
                    Ordering,
                    Ordering,
                ) -> Result<$value, $value>,
            ) -> Result<$value, $value> {
                self.operate(
                    Event { ordering_failure: Some(failure), ..event },
                    perform,
                    |copy| copy.compare_exchange(current, new, COPY, COPY),
                    |result| match *result {
                        Ok(old) => Access::update(old, new),
                        Err(found) => Access::load(found),
                    },
                )
            }

            /// Updates the value by `update`, repeatedly until no other thread interferes; returns what it was.
            ///
            /// Does not see: another call of `update` after an exchange has failed without a cause.
            ///
            /// # Errors
            /// The value for which `update` returned `None`; it is unchanged then.
            #[track_caller]
            pub fn fetch_update<F>(
                &self,
                set_ordering: Ordering,
                fetch_ordering: Ordering,
                mut update: F,
            ) -> Result<$value, $value>
            where
                F: FnMut($value) -> Option<$value>,
            {
                let mut old = self.load(fetch_ordering);
                while let Some(new) = update(old) {
                    match self.compare_exchange(old, new, set_ordering, fetch_ordering) {
                        Ok(old) => return Ok(old),
                        Err(found) => old = found,
                    }
                }
                Err(old)
            }

            /// Gives access to the value, which no other thread can reach now.
            ///
            /// # Panics
            /// Under heddle: if another thread may reach it all the same, before the guard is dropped. That is a data
            /// race.
            #[inline]
            #[track_caller]
            pub fn get_mut(&mut self) -> AtomicMut<'_, $value> {
                let location = Location::caller();
                let (value, span) = match self.there() {
                    Some(raw) => {
                        let begin = || raw::plain_span(location, || raw.load(UNSHARED));
                        let (value, span) = call(begin);
                        (value, Some(span))
                    }
                    None => (self.copy.load(COPY), None),
                };
                AtomicMut { atomic: self, location, old: value, value, span }
            }

            /// Returns the value, when no other thread can reach it any more.
            ///
            /// # Panics
            /// Under heddle: if another thread may reach it all the same. That is a data race.
            #[inline]
            #[track_caller]
            pub fn into_inner(self) -> $value {
                self.unshared(Location::caller())
            }

            /// The value, which no other thread can reach.
            fn unshared(&self, location: &'static Location<'static>) -> $value {
                self.plain(|raw| raw::plain_write(location, || raw.load(UNSHARED)))
            }

            /// Reads the value by a plain load, for the loom face.
            ///
            /// # Panics
            /// Under heddle: if it races with a store.
            #[doc(hidden)]
            #[inline]
            #[track_caller]
            pub fn unsync_load(&self) -> $value {
                let location = Location::caller();
                self.plain(|raw| raw::plain_read(location, || raw.load(UNSHARED)))
            }

            fn plain(&self, load: impl FnOnce(&raw::$name $($generic)*) -> $value) -> $value {
                self.there().map_or_else(|| self.copy.load(COPY), |raw| call(|| load(raw)))
            }

            /// The tool's atomic, if the tool is there.
            fn there(&self) -> Option<&raw::$name $($generic)*> {
                self.raw.as_ref().filter(|_| !is_gone())
            }

            $(
                #[doc = $doc]
                #[inline]
                #[track_caller]
                pub fn $method(&self, value: $value, ordering: Ordering) -> $value {
                    self.operate(
                        Event::new(OpKind::$kind, Location::caller()).ordered(ordering),
                        |raw, ordering, _| raw.$method(value, ordering),
                        |copy| copy.$method(value, COPY),
                        |&old| Access::update(old, ($written)(old, value)),
                    )
                }
            )*
        }

        impl $($generic)* Unshared<$value> for $name $($generic)* {
            #[inline]
            fn write_back(&self, value: $value, location: &'static Location<'static>) {
                self.operate(
                    // Nothing else is concurrent with it, so its ordering changes nothing.
                    Event::new(OpKind::Store, location).ordered(Ordering::SeqCst),
                    |raw, ordering, _| raw::plain_write(location, || raw.store(value, ordering)),
                    |copy| copy.store(value, COPY),
                    |()| Access::store(value),
                );
            }

            #[inline]
            fn touch_again(&self, location: &'static Location<'static>) {
                self.unshared(location);
            }
        }

        impl $($generic)* Default for $name $($generic)* {
            #[track_caller]
            fn default() -> Self {
                $name::new(atomic::$name::default().into_inner())
            }
        }

        impl $($generic)* From<$value> for $name $($generic)* {
            #[track_caller]
            fn from(value: $value) -> Self {
                $name::new(value)
            }
        }

        impl $($generic)* fmt::Debug for $name $($generic)* {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Not through the tool: `Debug` is not an operation of the program.
                write!(f, "{:?}", self.copy.load(COPY))
            }
        }
    };
}

macro_rules! atomic_integers {
    ($($name:ident $value:ident $bits:ident,)*) => {$(
        atomic! {
            /// An integer that threads may share.
            $name [], $value, to |value: $value| value as $bits as u64,
            (swap, Swap, |_, new| new, "Writes a value; returns what was there."),
            (fetch_add, FetchAdd, $value::wrapping_add, "Adds, wrapping; returns what was there."),
            (fetch_sub, FetchSub, $value::wrapping_sub, "Subtracts, wrapping; returns what was there."),
            (fetch_and, FetchAnd, |a, b| a & b, "Bitwise and; returns what was there."),
            (fetch_nand, FetchNand, |a: $value, b: $value| !(a & b), "Not of the bitwise and; returns what was there."),
            (fetch_or, FetchOr, |a, b| a | b, "Bitwise or; returns what was there."),
            (fetch_xor, FetchXor, |a, b| a ^ b, "Bitwise exclusive or; returns what was there."),
            (fetch_min, FetchMin, $value::min, "Minimum; returns what was there."),
            (fetch_max, FetchMax, $value::max, "Maximum; returns what was there."),
        }
    )*};
}

atomic_integers! {
    AtomicU8 u8 u8,
    AtomicU16 u16 u16,
    AtomicU32 u32 u32,
    AtomicU64 u64 u64,
    AtomicUsize usize usize,
    AtomicI8 i8 u8,
    AtomicI16 i16 u16,
    AtomicI32 i32 u32,
    AtomicI64 i64 u64,
    AtomicIsize isize usize,
}

atomic! {
    /// A flag that threads may share.
    AtomicBool [], bool, to u64::from,
    (swap, Swap, |_, new| new, "Writes a value; returns what was there."),
    (fetch_and, FetchAnd, |a, b| a & b, "And; returns what was there."),
    (fetch_nand, FetchNand, |a: bool, b: bool| !(a & b), "Not of the and; returns what was there."),
    (fetch_or, FetchOr, |a, b| a | b, "Or; returns what was there."),
    (fetch_xor, FetchXor, |a, b| a ^ b, "Exclusive or; returns what was there."),
}

impl AtomicBool {
    /// Not; returns what was there. It is an exclusive or with `true`, as in `std`.
    #[track_caller]
    pub fn fetch_not(&self, ordering: Ordering) -> bool {
        self.fetch_xor(true, ordering)
    }
}

atomic! {
    /// A raw pointer that threads may share.
    AtomicPtr [<T>], *mut T, to |pointer: *mut T| session::number_of_address(pointer.addr()),
    (swap, Swap, |_, new| new, "Writes a pointer; returns what was there."),
}

/// An atomic fence.
///
/// Does not see, under shuttle: anything. All of shuttle's accesses are sequentially consistent.
#[track_caller]
pub fn fence(ordering: Ordering) {
    let event = Event::new(OpKind::Fence, Location::caller()).ordered(ordering);
    let decision = point(event);
    let event = legal(event).weakened(decision);
    match decision {
        Decision::Bypass => return,
        Decision::Break(Operator::LeaveOut) => {}
        Decision::Perform | Decision::Weaken { .. } | Decision::Break(_) => {
            let ordering = event.ordering.unwrap_or(ordering);
            call(|| raw::fence(ordering));
        }
    }
    session::finish(event);
}

/// `len` atomics, all zero, which are named by their index.
#[track_caller]
pub fn zeroed(len: usize) -> Box<[AtomicU64]> {
    let element = |index: usize| {
        let mut atomic = AtomicU64::new(0);
        atomic.object = atomic.object.named(ObjectName::Element(index as u32));
        atomic
    };
    (0..len).map(element).collect()
}

/// Nothing: every access must be seen, so the fast machine gets no atomics.
pub fn words(_: &[AtomicU64]) -> &[std::sync::atomic::AtomicU64] {
    &[]
}
