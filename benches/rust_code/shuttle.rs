//! The bodies in the world shuttle.

use drawloom::shuttle::sync;

#[path = "bodies.rs"]
pub(crate) mod bodies;
