//! The strategies that draw executions at random: which thread makes the next step.
//!
//! This room knows neither guest programs nor Rust code. Whoever draws an execution shows a strategy what the
//! threads are about to do ([`Upcoming`]), gives it random numbers ([`Chance`]), lets the thread that it chooses
//! make a step, and says which thread that step has started. What else can come out in several ways (the write
//! that a load reads, the place of a write in coherence order) is not decided here: a strategy's promise holds for
//! its part of the choice.
//!
//! Threads are numbered in the order in which they start, and the first thread is 0. Nothing here is boxed or
//! dispatched at run time: a step of a guest program takes some hundred nanoseconds.
//!
//! | file | idea |
//! |---|---|
//! | `chance` | random numbers |
//! | `chooser` | what a strategy sees, and what it does; the random walk |
//! | `priorities` | PCT and POS |
//! | `uniform` | URW and SURW |
//! | `estimate` | how many operations there are, which some strategies must know in advance |

mod chance;
mod chooser;
mod estimate;
mod priorities;
#[cfg(test)]
mod tests;
mod uniform;

pub(crate) use chance::Chance;
pub(crate) use chooser::{Access, Accesses, Chooser, Random, Upcoming};
pub(crate) use estimate::{Estimate, SURVEYS, Surveyor};
pub(crate) use priorities::{Pct, Pos};
pub(crate) use uniform::{Surw, Urw};
