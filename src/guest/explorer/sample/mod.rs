//! Sampling: random executions of the reference, for programs that are too large to search.
//!
//! The random choices of an execution follow from the seed and its number alone, and the reported
//! violation is that of the execution with the lowest number. So the findings for a seed are the same on
//! any number of cores, unless a time limit or the user stops the search.
//!
//! Every finding has the bound [`Bound::Chance`]: if nothing is found, no drawn execution shows a
//! violation. How likely it was to draw a bug depends on the [`Strategy`].
//!
//! | file | idea |
//! |---|---|
//! | `upcoming` | what the strategies of `src/sample` see, which choose the thread of the next step |
//! | `execution` | drawing one execution, under any memory model |
//! | `walk` | under sequential consistency: a state that advances step by step |
//! | `weak` | under RC11: a graph that grows event by event |
//! | `trace` | which orders of steps are the same execution |
//! | `rounds` | many executions, on many cores |
//! | `depth` | how hard the bug was to find |

mod chance;
mod depth;
mod execution;
mod rounds;
mod trace;
mod upcoming;
mod walk;
mod weak;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{not_asked, use_of_freed_memory};
use crate::guest::{
    Bound, Control, EngineKind, Fact, Findings, GuestEngine, InParts, MemoryModel, Options, Parts,
    Share, Strategy, Tally,
};
use crate::reference::Subject;

/// Random executions of the reference, and the options for drawing them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fuzz {
    /// The strategy, which chooses the thread of each step.
    pub strategy: Strategy,
    /// The memory model; `None` for the one that fits the program.
    pub model: Option<MemoryModel>,
    /// Whether distinct states are counted. This costs more than the executions themselves. Under weak
    /// memory there are no states to count.
    pub counts_states: bool,
    /// The options that all engines share. Without a limit on executions, the search must be stopped
    /// from outside.
    pub options: Options,
}

impl Default for Fuzz {
    fn default() -> Self {
        let strategy = Strategy::Pos;
        Fuzz { strategy, model: None, counts_states: false, options: Options::default() }
    }
}

impl GuestEngine for Fuzz {
    fn kind(&self) -> EngineKind {
        EngineKind::Fuzz(self.strategy)
    }

    fn check(&self, subject: &Arc<Subject>, control: &Control) -> Findings {
        let model = self.model.unwrap_or_else(|| subject.default_model());
        let subject = &control.subject(subject, self.options.memory_max);
        let tally = rounds::search(self, subject, model, control);
        self.concluded(subject, model, tally, control)
    }
}

impl Fuzz {
    /// The findings of draws that are over.
    fn concluded(
        &self,
        subject: &Arc<Subject>,
        model: MemoryModel,
        mut tally: Tally,
        control: &Control,
    ) -> Findings {
        tally.bounds.insert(Bound::Chance);
        if let Some(first) = tally.violations.first() {
            let execution = first.execution;
            let kind = first.violation.kind;
            let depth = depth::estimate(subject, &self.options, model, kind, control);
            tally.facts.extend([Fact::FoundIn(execution), Fact::BugDepth(depth)]);
        }
        tally.facts.extend(use_of_freed_memory(subject, model, false));
        let findings = Findings::new(self.kind(), Some(model), tally, control);
        Findings { not_asked: not_asked(subject), ..findings }
    }
}

/// The executions in numbered blocks. There must be a limit on their number.
impl InParts for Fuzz {
    fn keeps_going(&self) -> bool {
        self.options.keeps_going
    }

    fn search_share(
        &self,
        subject: &Arc<Subject>,
        share: Share,
        control: &Control,
        parts: &dyn Parts,
    ) -> BTreeSet<Bound> {
        let model = self.model.unwrap_or_else(|| subject.default_model());
        let subject = &control.subject(subject, self.options.memory_max);
        rounds::search_share(self, subject, model, share, control, parts);
        BTreeSet::new()
    }

    fn findings(&self, subject: &Arc<Subject>, mut tally: Tally, control: &Control) -> Findings {
        let model = self.model.unwrap_or_else(|| subject.default_model());
        let subject = &control.subject(subject, self.options.memory_max);
        if self.options.keeps_going || tally.violations.is_empty() {
            tally.bounds.insert(Bound::Executions);
        }
        self.concluded(subject, model, tally, control)
    }
}
