//! Futures, with the feature `futures`.

pub use drawloom::heddle::sync::future::{AtomicWaker, JoinHandle, block_on, spawn};
