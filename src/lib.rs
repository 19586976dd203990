//! Checks concurrent Rust code and multi-threaded guest programs under many schedules and memory models.
//!
//! A drawloom is a loom on which every single thread can be lifted by itself.
//!
//! # Checking Rust code
//!
//! A *world* is a module that looks like `std::sync` and `std::thread`, and belongs to a tool that controls the
//! schedule: `heddle` (every execution, with weak memory), `loom` (weak memory), `shuttle` (random or
//! depth-first schedules), [`stress`] (real threads with jitter). An *engine* searches the executions of a closed body that uses a world's primitives:
//!
//! ```
//! # #[cfg(feature = "heddle")] {
//! use drawloom::heddle::sync::{Arc, AtomicU32, Ordering::{Acquire, Release}, Plain, thread};
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
//! If the store were `Relaxed`, the test would fail with a data race and the execution that shows it.
//!
//! | you want | see |
//! |---|---|
//! | one call in a test | `model`, [`check()`] |
//! | a failing test's execution again | `DRAWLOOM_SCHEDULE`, see [`check()`] |
//! | the same as a page in a browser | `DRAWLOOM_HTML`, see [`check()`], with the feature `page` |
//! | one source in every world, with its tests | [`worlds!`] |
//! | to check a data structure against a specification | [`check_linear()`], [`linear`] |
//! | options, verdicts, counterexamples as values | [`engine`] |
//! | to know what a verdict claims | [`verdict`] |
//! | to find locks and orderings that no test needs | `engine::mutation`, with the feature `mutants` |
//!
//! Every verdict says what it is worth. [`Exhausted`](verdict::Verdict::Exhausted) means that nothing
//! was cut off and that the engine is not known to leave anything out. The documentation of each world
//! says what that world does not see.
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
//! | feature | adds |
//! |---|---|
//! | `heddle`, `loom`, `shuttle` | these worlds and their engines |
//! | `record` | test processes say what they have searched, and break operations when they are told to |
//! | `mutants` | deliberate faults in the synchronisation of Rust code |
//! | `vm` | the language, the interpreter, and the VM in every world |
//! | `guests` | checking guest programs |
//! | `page` | counterexamples as pages and pictures |
//! | `report` | reports for people, editors and continuous integration, and what a page shows of a guest program |
//! | `selfcheck` | this crate's own models and the retold bugs |
//! | `cli` | the program `drawloom` |
//!
//! The default is `cli`, `heddle`, `loom` and `shuttle`. A crate that checks its own code uses `default-features =
//! false` and names a world.
#![allow(clippy::duplicate_mod)] // one source, several worlds: that is the point
#![allow(clippy::upper_case_acronyms)] // the tools' `lazy_static!` makes types named like statics

pub mod native; // first of the worlds, so that rust-analyzer reads `vm/` as this one

#[path = "sync/macros.rs"]
mod macros;

#[cfg(feature = "heddle")]
pub mod heddle;
#[cfg(feature = "loom")]
pub mod loom;
#[cfg(feature = "shuttle")]
pub mod shuttle;
pub mod stress;
#[cfg(test)]
pub mod toy;

mod check;
pub mod engine;
#[cfg(any(feature = "guests", feature = "heddle"))]
mod graph;
pub mod linear;
#[cfg(feature = "page")]
pub mod page;
#[cfg(feature = "record")]
pub mod record;
pub mod report;
#[cfg(feature = "heddle")]
mod runtime;
#[cfg(any(feature = "guests", feature = "heddle"))]
mod sample;
pub mod session;
pub mod verdict;

#[doc(hidden)]
pub use check::linear as __linear;
pub use check::linear::check_linear;
#[cfg(feature = "loom")]
pub use check::model_in_loom;
#[cfg(feature = "shuttle")]
pub use check::model_in_shuttle;
#[cfg(feature = "page")]
pub use check::story;
pub use check::{check, model_in_stress};
#[cfg(feature = "heddle")]
pub use check::{model, suite};

#[cfg(feature = "vm")]
pub mod flags;
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
#[cfg(all(doctest, feature = "heddle"))]
#[doc = include_str!("../README.md")]
pub struct Readme;

/// The tutorial's Rust example, compiled and run: it fails, as the tutorial says.
#[cfg(all(doctest, feature = "heddle"))]
#[doc = include_str!("../docs/TUTORIAL.md")]
pub struct Tutorial;
