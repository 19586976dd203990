//! A multi-threaded VM core, written once and run in several worlds.
//!
//! The core is compiled once per world: [`native`], whose names stand at the root of this crate,
//! [`stress`], `loom` and `shuttle`. See docs/ARCHITECTURE.md for the map.
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

pub mod engine;
pub mod report;
pub mod session;
pub mod verdict;

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
