//! loom 0.7's API over heddle, [drawloom](drawloom)'s own engine: a drop-in for the crate loom.
//!
//! ```toml
//! [patch.crates-io]
//! loom = { path = ".../drawloom/compat/loom" }
//! ```
//!
//! Tests stay as they are. [`model`](model()) runs every execution of the memory model, each once, and with any number
//! of threads; a failure ends with the line that runs its execution again. `docs/FROM_LOOM.md` says what differs.
//!
//! What has the same API in [`drawloom::heddle`] is re-exported from there. Beside loom's API there is what `std` has and
//! loom lacks: weak pointers, scopes, barriers, `Once`, `OnceLock`, `LazyLock`, time limits.
//!
//! ```
//! use loom::sync::Arc;
//! use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
//! use loom::thread;
//!
//! loom::model(|| {
//!     let count = Arc::new(AtomicUsize::new(0));
//!     let other = count.clone();
//!     let adder = thread::spawn(move || other.fetch_add(1, Relaxed));
//!     count.fetch_add(1, Relaxed);
//!     adder.join().unwrap();
//!     assert_eq!(count.load(Relaxed), 2);
//! });
//! ```

pub mod alloc;
pub mod cell;
#[cfg(feature = "futures")]
pub mod future;
pub mod hint;
pub mod lazy_static;
mod macros;
pub mod model;
mod one_thread;
pub mod sync;
pub mod thread;

#[doc(inline)]
pub use model::model;

#[doc(hidden)]
pub use drawloom::heddle as __heddle;

/// loom's limit on threads, the first one included. Here there is no limit.
pub const MAX_THREADS: usize = match env!("CARGO_PKG_VERSION_MINOR").as_bytes() {
    b"5" => 4,
    _ => 5,
};

/// Does nothing. loom goes on varying the order of operations from here; this crate never stops.
pub fn explore() {}

/// Does nothing. loom stops varying the order of operations here; this crate varies it all the same, and so runs more
/// executions.
pub fn stop_exploring() {}

/// Does nothing. loom stops varying the order of operations here for good; this crate varies it all the same, and so
/// runs more executions.
pub fn skip_branch() {}
