//! Hints, as in [`std::hint`].
#![allow(unsafe_code)]

pub use drawloom::heddle::sync::hint::spin_loop;

/// Says that this place is never reached.
///
/// # Panics
/// Always, as in loom: to come here is a violation.
///
/// # Safety
/// None is needed. It is unsafe as `std`'s function is.
#[track_caller]
pub unsafe fn unreachable_unchecked() -> ! {
    unreachable!("unreachable_unchecked was reached!");
}
