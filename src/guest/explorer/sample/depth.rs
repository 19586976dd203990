//! Estimates how hard a bug is to find: its depth.
//!
//! A bug's depth is the least number of ordering constraints that make it happen (Burckhardt et al.
//! 2010). PCT for depth `d` finds any bug of that depth with a known minimum probability. So the depth
//! is estimated as the least `d` for which PCT finds a violation of the same kind in a fixed number of
//! executions. The estimate is too high after bad luck, and too low if the threads' first priorities
//! happened to be helpful constraints.

use std::sync::Arc;

use super::Fuzz;
use super::chance::Numbers;
use super::execution::Walk;
use super::rounds::survey;
use super::walk::Walker;
use super::weak::Grower;
use crate::guest::{BugDepth, Control, MemoryModel, Options, Strategy};
use crate::reference::{Subject, ViolationKind};
use crate::sample::Pct;

/// Depths that are tried.
const DEPTH_MAX: u32 = 6;
/// Executions at each depth.
const EXECUTIONS: u64 = 2_000;

/// Estimates the depth of the bug that shows as a violation of this kind.
pub(super) fn estimate(
    subject: &Arc<Subject>,
    options: &Options,
    model: MemoryModel,
    kind: ViolationKind,
    control: &Control,
) -> BugDepth {
    // Other violations of an execution must not hide this one.
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
    fn with(&self, walker: &mut impl Walk) -> BugDepth {
        for depth in 1..=DEPTH_MAX {
            let mut pct = Pct::new(depth, self.steps);
            for execution in 1..=EXECUTIONS {
                if self.control.is_stopped() {
                    return above(depth - 1);
                }
                let mut chance = Numbers::of_execution(self.seed, execution);
                let walked = walker.walk(&mut pct, &mut chance);
                walker.forget_races();
                let at_end = if walked.is_over { walker.end().found } else { Vec::new() };
                if walked.found.iter().chain(&at_end).any(|it| it.violation.kind == self.kind) {
                    return BugDepth::About { depth, execution };
                }
            }
        }
        above(DEPTH_MAX)
    }
}

/// PCT did not find it at depths up to this one.
fn above(depth: u32) -> BugDepth {
    match depth {
        0 => BugDepth::Unknown,
        _ => BugDepth::Above { depth, executions: EXECUTIONS },
    }
}
