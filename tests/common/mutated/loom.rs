//! The small program in the loom world.

pub(crate) use drawloom::loom::sync;

#[path = "code.rs"]
pub(crate) mod code;
