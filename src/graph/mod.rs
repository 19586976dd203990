//! Execution graphs, and the search for all of them.
//!
//! Under a weak memory model an execution is not an order of steps but a graph ([`Graph`]): the events of
//! each thread, the write that every read reads, and the coherence order of each location's writes. This
//! module knows which graphs a memory model allows, and the graphs that a graph grows into. It does not know
//! what the events do: that is the part of a [`Program`], of which there are two: guest programs
//! (`reference::graph`) and Rust code (`heddle`).
//!
//! | file | idea |
//! |---|---|
//! | `event`, `execution`, `location`, `clock` | a graph as data, and what a sort of program adds to it |
//! | `order` | what happens before an event |
//! | `coherence`, `consistency`, `precedence`, `relation` | which graphs a memory model allows |
//! | `revisit` | the graphs that a graph grows into, including earlier reads of new writes |
//!
//! The models are RC11 as published (Lahav et al., PLDI 2017), the same with the release sequences of
//! C++20, and sequential consistency. No model has executions in which program order and reads-from form
//! a cycle.
#![allow(private_bounds)]
// graphs of guests are public, and what a `Program` is stays in this crate
// Each sort of program uses a part.
#![cfg_attr(not(all(feature = "guests", feature = "heddle")), allow(dead_code, unreachable_pub))]

pub(crate) mod clock;
mod coherence;
mod consistency;
pub(crate) mod event;
pub(crate) mod execution;
pub(crate) mod location;
mod order;
pub(crate) mod precedence;
pub(crate) mod relation;
pub(crate) mod revisit;

pub(crate) use crate::verdict::MemoryModel;
pub(crate) use clock::Clock;
pub use clock::EventId;
pub use event::Source;
pub(crate) use execution::{Graph, Program};
