//! Atomic integers and flags, and fences.
//!
//! The tool's atomic is accompanied by a copy of the latest value, for `Debug` and for destructors that
//! run after the end of an execution. On real threads two writers may store their copies in the other
//! order; there the tool's atomic outlives the execution and is used instead.

use std::{fmt, panic::Location, sync::atomic};

use super::{call, create, point, raw};
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

/// The part of a read-modify-write's ordering that applies to its load.
fn reading_half(ordering: Ordering) -> Ordering {
    match ordering {
        Ordering::AcqRel => Ordering::Acquire,
        Ordering::Release => Ordering::Relaxed,
        ordering => ordering,
    }
}

/// The ordering of a load that replaces a compare-exchange, which may succeed or fail.
fn either(success: Ordering, failure: Ordering) -> Ordering {
    match (success, failure) {
        (Ordering::SeqCst, _) | (_, Ordering::SeqCst) => Ordering::SeqCst,
        (Ordering::Acquire, _) | (_, Ordering::Acquire) => Ordering::Acquire,
        _ => Ordering::Relaxed,
    }
}

/// The part of the ordering that applies to its store.
fn writing_half(ordering: Ordering) -> Ordering {
    match ordering {
        Ordering::AcqRel => Ordering::Release,
        Ordering::Acquire => Ordering::Relaxed,
        ordering => ordering,
    }
}

macro_rules! atomic {
    (
        $(#[$meta:meta])* $name:ident, $value:ty, $copy:ident, to $to_u64:expr,
        $(($method:ident, $kind:ident, $written:expr, $doc:literal),)*
    ) => {
        $(#[$meta])*
        pub struct $name {
            object: ObjectId,
            /// `None` if it was created after the end of its execution.
            raw: Option<raw::$name>,
            copy: atomic::$copy,
        }

        impl $name {
            /// An atomic with an initial value.
            #[track_caller]
            pub fn new(value: $value) -> Self {
                $name {
                    object: session::new_atomic(($to_u64)(value)),
                    raw: create(|| raw::$name::new(value)),
                    copy: atomic::$copy::new(value),
                }
            }

            /// Every operation reaches the tool through this function. `perform` gets the orderings to
            /// use, the second one for a failed compare-exchange; `bypass` works on the copy.
            fn operate<R>(
                &self,
                event: Event,
                perform: impl FnOnce(&raw::$name, Ordering, Ordering) -> R,
                bypass: impl FnOnce(&atomic::$copy) -> R,
                access: impl FnOnce(&R) -> Access<$value>,
            ) -> R {
                let event = event.on(self.object);
                let ordering = event.ordering.unwrap_or(Ordering::SeqCst);
                let failure = event.ordering_failure.unwrap_or(Ordering::Relaxed);
                let decision = point(event);
                let Some(raw) = self.raw.as_ref().filter(|_| decision != Decision::Bypass) else {
                    return bypass(&self.copy);
                };
                let result = match decision {
                    Decision::Break(Operator::Weaken { to, .. }) => {
                        call(|| perform(raw, to, failure))
                    }
                    Decision::Break(Operator::WeakenFailure { to, .. }) => {
                        call(|| perform(raw, ordering, to))
                    }
                    Decision::Break(Operator::Split | Operator::DropStore) => {
                        // The operation works on a value that no other thread has.
                        let read = match event.op {
                            OpKind::Store => Default::default(),
                            _ => call(|| raw.load(either(reading_half(ordering), failure))),
                        };
                        bypass(&atomic::$copy::new(read))
                    }
                    Decision::Break(Operator::DropLoad) => {
                        // A thread that asks again and again still lets others run.
                        call(|| raw.load(ordering));
                        bypass(&atomic::$copy::default())
                    }
                    Decision::Perform | Decision::Bypass | Decision::Break(_) => {
                        call(|| perform(raw, ordering, failure))
                    }
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
                session::finish(Event { read, written, ..event.weakened(decision) });
                result
            }

            /// Reads the value.
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
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.exchange(current, new, success, failure, Location::caller())
            }

            /// Like [`compare_exchange`](Self::compare_exchange). It does not see failures without a
            /// cause, which some processors have.
            ///
            /// # Errors
            /// The value found, if it was not `current`; it is unchanged then.
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.exchange(current, new, success, failure, Location::caller())
            }

            fn exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
                location: &'static Location<'static>,
            ) -> Result<$value, $value> {
                let event = Event::new(OpKind::CompareExchange, location).ordered(success);
                self.operate(
                    Event { ordering_failure: Some(failure), ..event },
                    |raw, success, failure| raw.compare_exchange(current, new, success, failure),
                    |copy| copy.compare_exchange(current, new, COPY, COPY),
                    |result| match *result {
                        Ok(old) => Access::update(old, new),
                        Err(found) => Access::load(found),
                    },
                )
            }

            /// Updates the value by `update`, repeatedly until no other thread interferes; returns what it was.
            ///
            /// # Errors
            /// The value for which `update` returned `None`; it is unchanged then.
            #[track_caller]
            pub fn fetch_update(
                &self,
                set_ordering: Ordering,
                fetch_ordering: Ordering,
                mut update: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                let mut old = self.load(fetch_ordering);
                while let Some(new) = update(old) {
                    match self.compare_exchange_weak(old, new, set_ordering, fetch_ordering) {
                        Ok(old) => return Ok(old),
                        Err(found) => old = found,
                    }
                }
                Err(old)
            }

            $(
                #[doc = $doc]
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

        impl Default for $name {
            #[track_caller]
            fn default() -> Self {
                $name::new(<$value>::default())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Not through the tool: `Debug` is not an operation of the program.
                write!(f, "{:?}", self.copy.load(COPY))
            }
        }
    };
}

macro_rules! atomic_integer {
    ($name:ident, $value:ty, to $to_u64:expr) => {
        atomic! {
            /// An integer that threads may share.
            $name, $value, $name, to $to_u64,
            (swap, Swap, |_, new| new, "Writes a value; returns what was there."),
            (fetch_add, FetchAdd, <$value>::wrapping_add, "Adds, wrapping; returns what was there."),
            (fetch_sub, FetchSub, <$value>::wrapping_sub, "Subtracts, wrapping; returns what was there."),
            (fetch_and, FetchAnd, |a, b| a & b, "Bitwise and; returns what was there."),
            (fetch_or, FetchOr, |a, b| a | b, "Bitwise or; returns what was there."),
            (fetch_xor, FetchXor, |a, b| a ^ b, "Bitwise exclusive or; returns what was there."),
            (fetch_min, FetchMin, <$value>::min, "Minimum; returns what was there."),
            (fetch_max, FetchMax, <$value>::max, "Maximum; returns what was there."),
        }
    };
}

atomic_integer!(AtomicU64, u64, to | value | value);
atomic_integer!(AtomicU32, u32, to u64::from);
atomic_integer!(AtomicUsize, usize, to | value | value as u64);
atomic! {
    /// A flag that threads may share.
    AtomicBool, bool, AtomicBool, to u64::from,
    (swap, Swap, |_, new| new, "Writes a value; returns what was there."),
    (fetch_and, FetchAnd, |a, b| a & b, "And; returns what was there."),
    (fetch_or, FetchOr, |a, b| a | b, "Or; returns what was there."),
    (fetch_xor, FetchXor, |a, b| a ^ b, "Exclusive or; returns what was there."),
}

/// An atomic fence.
///
/// Does not see, under shuttle: anything. All of shuttle's accesses are sequentially consistent.
#[track_caller]
pub fn fence(ordering: Ordering) {
    let event = Event::new(OpKind::Fence, Location::caller()).ordered(ordering);
    let decision = point(event);
    let ordering = match decision {
        Decision::Bypass => return,
        Decision::Break(Operator::LeaveOut) => None,
        Decision::Break(Operator::Weaken { to, .. }) => Some(to),
        Decision::Perform | Decision::Break(_) => Some(ordering),
    };
    if let Some(ordering) = ordering {
        call(|| raw::fence(ordering));
    }
    session::finish(event.weakened(decision));
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
