//! The multi-threaded VM core: this source is compiled once per world.
//!
//! The core uses only the primitives of `super::sync`, so the code that runs on real threads is the code
//! that the checkers explore. It has no `unsafe`, no randomness, and no clock but that of its world.
//!
//! ```text
//!   Loading --initialise--> Program --run--> Finished
//!                             | one per guest thread
//!                             v
//!                  Vm = Guest (registers, frames) + ThreadHost (shared state)
//!                             |
//!        threads  memory  strings  output  registry
//! ```

mod active;
mod blocking;
mod calls;
mod data;
mod host;
mod light;
mod memory;
mod model;
mod output;
mod own;
mod program;
mod registry;
mod schedule;
mod starts;
mod state;
mod strings;
mod task;
mod threads;
mod trap;
#[expect(clippy::module_inception, reason = "a `Vm` is what this module is about")]
mod vm;
mod waits;
mod workers;

use super::sync;

pub use active::{ActiveVmGuard, AnotherVmActive, ContextGuard, ContextId, VmId, active, context};
pub use blocking::blocking;
pub use model::{OnExit, ThreadModel};
pub use output::{Sink, Source};
pub use program::{Finished, Interrupter, Loading, Program};
pub use registry::{Extern, ExternCall, Registry, SignatureConflict, global_registry};
pub use state::{Limits, MachineKind};
pub use trap::{TrapHook, raise, set_trap_hook};
pub use vm::Vm;
