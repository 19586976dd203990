//! Sampling: executions of the reference drawn by chance, for programs that are too large to search.
//!
//! An execution's chance follows from the seed and its number alone, and the violation that counts is
//! that of the execution with the lowest number. So the findings are the same for a seed, on however
//! many cores, unless a clock or a person stops the search.
//!
//! Every finding has the bound [`Bound::Chance`]: nothing found means that nothing was drawn.
//! How likely a bug would have been drawn depends on the [`Strategy`].
//!
//! | file | idea |
//! |---|---|
//! | `chooser`, `priorities`, `uniform` | who makes the next step |
//! | `estimate` | how much there is to do, which some strategies want to know beforehand |
//! | `execution` | drawing one, under whatever memory model |
//! | `walk` | under sequential consistency: a state that goes from step to step |
//! | `weak` | under RC11: a graph that grows from event to event |
//! | `trace` | which orders of steps are the same execution |
//! | `rounds` | many executions, on many cores |
//! | `depth` | how hard the bug was to find |

mod chance;
mod chooser;
mod depth;
mod estimate;
mod execution;
mod priorities;
mod rounds;
mod trace;
mod uniform;
mod walk;
mod weak;

use std::sync::Arc;

use super::{not_asked, use_of_freed_memory};
use crate::guest::strategy::Strategy;
use crate::guest::{Bound, Control, EngineKind, Fact, Findings, GuestEngine, MemoryModel, Options};
use crate::reference::Subject;

/// Random executions of the reference, with what decides how they are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fuzz {
    /// Who makes the next step.
    pub strategy: Strategy,
    /// The memory model; `None` for the one that fits the program.
    pub model: Option<MemoryModel>,
    /// Whether distinct states are counted: that costs more than the executions themselves. Under
    /// weak memory there are none to count.
    pub counts_states: bool,
    /// What is common to all engines. Without a bound on the executions, somebody has to stop it.
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
        let model = self.model.unwrap_or_else(|| MemoryModel::for_program(subject));
        let subject = &control.subject(subject, self.options.memory_max);
        let mut tally = rounds::search(self, subject, model, control);
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
