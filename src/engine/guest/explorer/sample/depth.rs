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
use super::priorities::Pct;
use super::rounds::survey;
use super::walk::Walker;
use super::{Fuzz, Strategy};
use crate::engine::guest::{Control, Options};
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
    kind: ViolationKind,
    control: &Control,
) -> Depth {
    // Whatever an execution shows besides must not hide it.
    let options = Options { keeps_going: true, finds_leaks: true, ..*options };
    let fuzz = Fuzz { strategy: Strategy::Pct { depth: 1 }, options, ..Fuzz::default() };
    let steps = survey(&fuzz, subject).steps_max;
    let mut walker = Walker::new(subject, &options);
    for depth in 1..=DEPTH_MAX {
        let mut pct = Pct::new(depth, steps);
        for execution in 1..=EXECUTIONS {
            if control.is_stopped() {
                return Depth::Above(depth - 1);
            }
            let mut chance = Chance::of_execution(options.seed, execution);
            let walked = walker.walk(&mut pct, &mut chance);
            let at_end = if walked.is_over { walker.end().violations } else { Vec::new() };
            let on_the_way = walked.found.iter().map(|found| found.violation.kind);
            if on_the_way.chain(at_end.iter().map(|it| it.kind)).any(|it| it == kind) {
                return Depth::At(depth, execution);
            }
        }
    }
    Depth::Above(DEPTH_MAX)
}
