//! Checks concurrent Rust code and multi-threaded guest programs under many schedules and memory models.
//!
//! A drawloom is a loom on which every single thread can be lifted on its own.
//!
//! # Checking Rust code
//!
//! A *world* is a module that looks like `std::sync` and `std::thread`, and belongs to a tool that controls
//! the schedule: `loom` (weak memory), `shuttle` (schedules at random or
//! depth first), [`stress`] (real threads with jitter). An *engine* searches the executions of a closed body
//! that names a world's primitives:
//!
//! ```
//! # #[cfg(feature = "loom")] {
//! use drawloom::loom::sync::{Arc, AtomicU32, Ordering::{Acquire, Release}, Plain, thread};
//!
//! drawloom::model(|| {
//!     let cell = Arc::new((Plain::new(0), AtomicU32::new(0)));
//!     let writer = cell.clone();
//!     let writes = thread::spawn(move || {
//!         writer.0.with_mut(|it| *it = 42);
//!         writer.1.store(1, Release);
//!     });
//!     if cell.1.load(Acquire) == 1 {
//!         cell.0.with(|it| assert_eq!(*it, 42));
//!     }
//!     writes.join().unwrap();
//! });
//! # }
//! ```
//!
//! Had the store been `Relaxed`, the test would fail with a data race and the execution that shows it.
//!
//! | you want | see |
//! |---|---|
//! | one call in a test | `model`, [`check()`] |
//! | one source in every world, with its tests | [`worlds!`] |
//! | options, verdicts, counterexamples as values | [`engine`] |
//! | to know what a verdict claims | [`verdict`] |
//! | to know which lock no test needs | `engine::mutation`, with the feature `mutants` |
//!
//! Every verdict says what it is worth: [`Exhausted`](verdict::Verdict::Exhausted) is said only where nothing
//! was cut off and nothing is known to be left out. What each world does not see is in its module's
//! documentation.
//!
//! # Checking guest programs
//!
//! With the features `guests` and `report`, guest programs in a small typed language, in `TinyVM` and as C11
//! litmus tests are run on the core ([`native`]), and checked against a reference by searches that are
//! complete under sequential consistency, RC11 and RC11 with C++20's release sequences (`guest`). The command
//! line, with the feature `cli`, is made of these.
//!
//! # Features
//!
//! | feature | what |
//! |---|---|
//! | `loom`, `shuttle` | these worlds and their engines |
//! | `mutants` | breaking the synchronisation of Rust code on purpose |
//! | `vm` | the language, the interpreter, and the VM in every world |
//! | `guests` | checking guest programs |
//! | `report` | reports as text, JSON and `JUnit` |
//! | `selfcheck` | this crate's own models and the retold bugs |
//! | `cli` | the program `drawloom` |
//!
//! The default is `cli`, `loom` and `shuttle`. A crate that checks its own code wants
//! `default-features = false` and a world.
#![allow(clippy::duplicate_mod)] // one source, several worlds: that is the point
#![allow(clippy::upper_case_acronyms)] // the tools' `lazy_static!` makes types named like statics

pub mod native; // first of the worlds, so that rust-analyzer reads `vm/` as this one

#[path = "sync/macros.rs"]
mod macros;

#[cfg(feature = "loom")]
pub mod loom;
#[cfg(feature = "shuttle")]
pub mod shuttle;
pub mod stress;
#[cfg(test)]
pub mod toy;

mod check;
pub mod engine;
pub mod report;
pub mod session;
pub mod verdict;

#[cfg(feature = "loom")]
pub use check::model;
#[cfg(feature = "shuttle")]
pub use check::model_in_shuttle;
pub use check::{check, model_in_stress};

#[cfg(feature = "guests")]
pub mod guest;
#[cfg(feature = "vm")]
pub mod il;
#[cfg(feature = "vm")]
pub mod interp;
#[cfg(feature = "vm")]
pub mod lang;
#[cfg(feature = "guests")]
pub mod reference;

/// The README's Rust example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
