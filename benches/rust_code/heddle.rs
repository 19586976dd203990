//! The bodies in the world heddle.

use drawloom::heddle::sync;

#[path = "bodies.rs"]
pub(crate) mod bodies;
