//! The loom tests of somebody's crate: built with our crate in loom's place, run, and asked what they notice.
//!
//! ```text
//!   Package     what cargo says of the crate: where it is, how loom's tests are built
//!     | Shadow  a folder of links in which cargo may write
//!   Built       test binaries and their tests
//!     | Unbroken: every test once
//!   Witness     a test that passes and has checked a model, with the operations that it reaches
//!     | Trial: every mutant against the tests that reach it, one process for each
//!   Row         as for our own core: killed, survived, undecided
//!     | weakest: surviving orderings, joined
//!   Patch
//! ```
//!
//! Nothing of the user's is written, the lock file included; everything is below `target/drawloom`.

mod attempt;
mod build;
mod mutants;
mod package;
mod patch;
mod process;
mod report;
mod shadow;
mod sources;
mod test;
mod test_code;
mod trial;
mod unbroken;
mod weakest;

pub(super) use mutants::{CrateOptions, mutants};
pub(super) use package::SELECTION;
pub(super) use test::{Options, test};
