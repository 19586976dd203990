//! How hard a bug is to find: its depth.
//!
//! A bug's depth is the least number of ordering constraints that make it happen (Burckhardt et al.
//! 2010). PCT for depth `d` has a bounded chance of finding any bug of that depth, so the depth is
//! estimated by the least `d` for which PCT finds a violation of the same sort in a bounded number of
//! executions. That is too high if luck was bad, and too low if the threads' first priorities
//! happened to be constraints that helped.

use std::fmt;
use std::sync::Arc;

use super::chance::Chance;
use super::execution::Walk;
use super::priorities::Pct;
use super::rounds::survey;
use super::walk::Walker;
use super::weak::Grower;
use super::{Fuzz, Strategy};
use crate::guest::{Control, MemoryModel, Options};
use crate::reference::{Subject, ViolationKind};

/// Depths that are tried.
const DEPTH_MAX: u32 = 6;
/// Executions at each of them.
const EXECUTIONS: u64 = 2_000;

/// The estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// PCT found it at this depth, in this execution.
    At(u32, u64),
    /// PCT did not find it at depths up to this one.
    Above(u32),
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Depth::At(depth, execution) => {
                write!(f, "about {depth} (PCT at this depth finds it in execution {execution})")
            }
            Depth::Above(0) => write!(f, "unknown"),
            Depth::Above(depth) => {
                write!(f, "above {depth} (PCT does not find it in {EXECUTIONS} executions each)")
            }
        }
    }
}

/// Estimates the depth of the bug that shows as a violation of this sort.
pub(super) fn estimate(
    subject: &Arc<Subject>,
    options: &Options,
    model: MemoryModel,
    kind: ViolationKind,
    control: &Control,
) -> Depth {
    // Whatever an execution shows besides must not hide it.
    let options = Options { keeps_going: true, finds_leaks: true, ..*options };
    let fuzz = Fuzz { strategy: Strategy::Pct { depth: 1 }, options, ..Fuzz::default() };
    let steps = survey(&fuzz, subject).steps_max;
    let seek = Seek { kind, steps, seed: options.seed, control };
    match model {
        MemoryModel::Sc => seek.with(&mut Walker::new(subject, &options)),
        MemoryModel::Rc11 | MemoryModel::C20 => {
            seek.with(&mut Grower::new(subject, model, &options))
        }
    }
}

struct Seek<'a> {
    kind: ViolationKind,
    steps: u64,
    seed: u64,
    control: &'a Control,
}

impl Seek<'_> {
    fn with(&self, walker: &mut impl Walk) -> Depth {
        for depth in 1..=DEPTH_MAX {
            let mut pct = Pct::new(depth, self.steps);
            for execution in 1..=EXECUTIONS {
                if self.control.is_stopped() {
                    return Depth::Above(depth - 1);
                }
                let mut chance = Chance::of_execution(self.seed, execution);
                let walked = walker.walk(&mut pct, &mut chance);
                walker.forget_races();
                let at_end = if walked.is_over { walker.end().found } else { Vec::new() };
                if walked.found.iter().chain(&at_end).any(|it| it.violation.kind == self.kind) {
                    return Depth::At(depth, execution);
                }
            }
        }
        Depth::Above(DEPTH_MAX)
    }
}
