//! Atomic integers, flags and pointers, and fences.
#![allow(clippy::cast_lossless, reason = "one macro makes all widths")]

use std::marker::PhantomData;
use std::panic::Location;
use std::sync::atomic::{self, Ordering};

use super::memory::note_use;
use super::operation::{Act, Change, Early, Object, Operation, Update};
use super::plain;
use super::{Outcome, new_object, perform, perform_checked, with_execution};

/// The ordering of accesses to the copies, which one OS thread makes.
const COPY: Ordering = Ordering::Relaxed;

/// The word that threads share, and a copy of the latest one that works when no execution goes on.
struct Word {
    object: Option<Object>,
    copy: atomic::AtomicU64,
}

impl Word {
    fn new(word: u64) -> Self {
        Word { object: new_object(word), copy: atomic::AtomicU64::new(word) }
    }

    fn operate(&self, act: Act, order: Ordering, site: Site) -> Outcome {
        let kind = plain::take_next();
        note_use(std::ptr::from_ref(self).addr(), site);
        let outcome = self.object.and_then(|object| {
            let operation = Operation { act, object: Some(object), order: Some(order), site };
            let outcome = perform_checked(&operation)?;
            plain::check(object, act, &outcome, kind, site);
            Some(outcome)
        });
        let outcome = outcome.unwrap_or_else(|| {
            let read = self.copy.load(COPY);
            let writes = match act {
                Act::Exchange { expected, .. } => read == expected,
                Act::Load => false,
                _ => true,
            };
            Outcome { read, writes, ..Outcome::default() }
        });
        if outcome.writes {
            self.copy.store(act.word(outcome.read), COPY);
        }
        outcome
    }

    /// Writes the second word if it finds the first one; a weak exchange may fail all the same, as far as
    /// the limits let it.
    fn exchange(
        &self,
        (expected, new): (u64, u64),
        (success, failure): (Ordering, Ordering),
        is_weak: bool,
        site: Site,
    ) -> Result<u64, u64> {
        let may_fail = |object| with_execution(|it| it.may_end(object, Early::NoCause));
        let may_fail = is_weak && self.object.and_then(may_fail) == Some(true);
        let act = Act::Exchange { expected, new, failure, is_weak: may_fail };
        let outcome = self.operate(act, success, site);
        if is_weak && !may_fail && outcome.writes {
            with_execution(|it| it.note_limit(Early::NoCause));
        }
        if outcome.writes { Ok(outcome.read) } else { Err(outcome.read) }
    }
}

type Site = &'static Location<'static>;

macro_rules! atomic {
    (
        $name:ident [$($generic:tt)*], $value:ty, $bits:expr, to $to:expr, from $from:expr,
        $($method:ident $change:ident,)*
    ) => {
        pub(crate) struct $name $($generic)* (Word, PhantomData<fn() -> $value>);

        impl $($generic)* $name $($generic)* {
            pub(crate) fn new(value: $value) -> Self {
                $name(Word::new(($to)(value)), PhantomData)
            }

            #[track_caller]
            pub(crate) fn load(&self, order: Ordering) -> $value {
                ($from)(self.0.operate(Act::Load, order, Location::caller()).read)
            }

            #[track_caller]
            pub(crate) fn store(&self, value: $value, order: Ordering) {
                self.0.operate(Act::Store { word: ($to)(value) }, order, Location::caller());
            }

            #[track_caller]
            pub(crate) fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let words = (($to)(current), ($to)(new));
                let site = Location::caller();
                self.0.exchange(words, (success, failure), false, site).map($from).map_err($from)
            }

            #[track_caller]
            pub(crate) fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let words = (($to)(current), ($to)(new));
                let site = Location::caller();
                self.0.exchange(words, (success, failure), true, site).map($from).map_err($from)
            }

            $(
                #[track_caller]
                pub(crate) fn $method(&self, value: $value, order: Ordering) -> $value {
                    let operand = ($to)(value);
                    let act = Act::Update(Update { change: Change::$change, operand, bits: $bits });
                    ($from)(self.0.operate(act, order, Location::caller()).read)
                }
            )*
        }
    };
}

macro_rules! atomic_integers {
    ($($name:ident $value:ident $bits:ident $min:ident $max:ident,)*) => {$(
        atomic! {
            $name [], $value, $value::BITS,
            to |value: $value| value as $bits as u64, from |word: u64| word as $value,
            swap Swap, fetch_add Add, fetch_sub Sub, fetch_and And, fetch_nand Nand, fetch_or Or,
            fetch_xor Xor, fetch_min $min, fetch_max $max,
        }
    )*};
}

atomic_integers! {
    AtomicU8 u8 u8 Min Max,
    AtomicU16 u16 u16 Min Max,
    AtomicU32 u32 u32 Min Max,
    AtomicU64 u64 u64 Min Max,
    AtomicUsize usize usize Min Max,
    AtomicI8 i8 u8 SignedMin SignedMax,
    AtomicI16 i16 u16 SignedMin SignedMax,
    AtomicI32 i32 u32 SignedMin SignedMax,
    AtomicI64 i64 u64 SignedMin SignedMax,
    AtomicIsize isize usize SignedMin SignedMax,
}

atomic! {
    AtomicBool [], bool, 1, to u64::from, from |word: u64| word != 0,
    swap Swap, fetch_and And, fetch_nand Nand, fetch_or Or, fetch_xor Xor,
}

// The word is the address; its provenance is exposed, so that it can be had back.
atomic! {
    AtomicPtr [<T>], *mut T, usize::BITS,
    to |pointer: *mut T| pointer.expose_provenance() as u64,
    from |word: u64| std::ptr::with_exposed_provenance_mut(word as usize),
    swap Swap,
}

#[track_caller]
pub(crate) fn fence(order: Ordering) {
    let site = Location::caller();
    perform(&Operation { act: Act::Fence, object: None, order: Some(order), site });
}
