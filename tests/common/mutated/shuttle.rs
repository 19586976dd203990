//! The small program in the shuttle world.

pub(crate) use drawloom::shuttle::sync;

#[path = "code.rs"]
pub(crate) mod code;
