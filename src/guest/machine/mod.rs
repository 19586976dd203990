//! The machine under check: guest programs run in the worlds, by loom, shuttle and real threads.
//!
//! Every execution is one run of the machine that `drawloom run` uses, compiled for the world of
//! the engine. What it came to is counted; a trap that nothing caught is a violation. So these
//! engines check two things at once, the program and the machine under it, and what they find is
//! [compared](super::comparison) with what the reference allows.
//!
//! | name | schedules | ends by itself | sees weak orderings | replays |
//! |---|---|---|---|---|
//! | `loom` | all that loom looks at, for four guest threads at most | yes | yes | no |
//! | `shuttle-dfs` | all, depth first | yes, if the program does | no | yes |
//! | `shuttle-random`, `-pct`, `-urw` | by chance | no | no | yes |
//! | `stress` | what this computer does | no | hardly | no |
//!
//! An engine that does not end by itself goes on until
//! [`executions_max`](super::Options::executions_max) or its [`Control`](super::Control) stops it.
//! The machine does not see: data races between plain accesses, which it defines; leaked threads;
//! and whether a wakeup was lost or never sent, which is a deadlock to it. Instructions of the guest
//! are not in a trace either: its steps are operations of the machine, named after the guest's cells
//! where they work on those, and they have a place in the machine's source and none in the program.
//!
//! | file | what |
//! |---|---|
//! | `world` | what differs between the worlds: where a program runs |
//! | `room` | how much memory a program gets |
//! | `collector` | one execution, and what it came to |
//! | `search` | an engine's search from the first execution to the findings |
//! | `steps` | the machine's events as steps of the program |
//! | `loom`, `shuttle`, `stress` | the engines |

mod collector;
#[cfg(feature = "loom")]
mod loom;
mod room;
mod search;
#[cfg(feature = "shuttle")]
mod shuttle;
mod steps;
mod stress;
mod world;

#[cfg(feature = "loom")]
pub use loom::GuestLoom;
#[cfg(feature = "shuttle")]
pub(super) use shuttle::replay_shuttle_within;
#[cfg(feature = "shuttle")]
pub use shuttle::{GuestShuttle, Policy, replay_shuttle};
pub use stress::GuestStress;

use super::{GuestEngine, Options};

/// All engines of this module that this build has, with their defaults besides `options`.
#[allow(clippy::vec_init_then_push, reason = "what there is depends on the features")]
pub fn engines(options: Options) -> Vec<Box<dyn GuestEngine>> {
    let mut engines: Vec<Box<dyn GuestEngine>> = Vec::new();
    #[cfg(feature = "loom")]
    engines.push(Box::new(GuestLoom::new(options)));
    #[cfg(feature = "shuttle")]
    for policy in Policy::ALL {
        engines.push(Box::new(GuestShuttle::new(policy, options)));
    }
    engines.push(Box::new(GuestStress::new(options)));
    engines
}
