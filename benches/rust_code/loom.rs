//! The bodies in the world loom.

use drawloom::loom::sync;

#[path = "bodies.rs"]
pub(crate) mod bodies;
