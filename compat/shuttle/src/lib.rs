//! shuttle 0.9's API over heddle, [drawloom](drawloom)'s own engine: a drop-in for the crate shuttle.
//!
//! ```toml
//! [patch.crates-io]
//! shuttle = { path = ".../drawloom/compat/shuttle" }
//! ```
//!
//! Tests stay as they are. Their executions are those of the memory model, weak memory included: a body that shuttle
//! passes may rightly fail here. [`check_dfs`] runs every execution, each once. A failure ends with the line that runs
//! its execution again. `docs/FROM_SHUTTLE.md` says what differs, and what is not there.
//!
//! What has the same API in [`drawloom::heddle`] is re-exported from there.
//!
//! ```
//! use shuttle::sync::{Arc, Mutex};
//! use shuttle::thread;
//!
//! shuttle::check_random(
//!     || {
//!         let count = Arc::new(Mutex::new(0));
//!         let other = count.clone();
//!         let adder = thread::spawn(move || *other.lock().unwrap() += 1);
//!         *count.lock().unwrap() += 1;
//!         adder.join().unwrap();
//!         assert_eq!(*count.lock().unwrap(), 2);
//!     },
//!     100,
//! );
//! ```

mod check;
mod config;
pub mod future;
pub mod hint;
pub mod lazy_static;
#[path = "../../loom/src/macros.rs"]
mod macros;
#[path = "../../loom/src/one_thread.rs"]
mod one_thread;
mod plan;
pub mod rand;
mod runner;
pub mod scheduler;
pub mod sync;
pub mod thread;

pub use check::{
    check_dfs, check_pct, check_random, check_random_with_seed, check_uncontrolled_nondeterminism,
    check_urw, replay, replay_from_file,
};
pub use config::{Config, FailurePersistence, MaxSteps};
pub use runner::{PortfolioRunner, Runner};

#[doc(hidden)]
pub use drawloom::heddle as __heddle;
