//! Hints, as in [`std::hint`].

pub use drawloom::heddle::sync::hint::spin_loop;
pub use std::hint::*;
