//! The explorer: searches over the reference, chosen by memory model.
//!
//! | model | search | explores | ends on loops |
//! |---|---|---|---|
//! | SC | `traces` | one execution per Mazurkiewicz trace | no: gives up, and says so |
//! | SC | `states` | every state once; livelock; shortest way | if there are finitely many states |
//! | SC | `preemptions` | executions with few preemptions first | it proves nothing anyway |
//! | RC11, C20, SC | `graphs` | one execution per consistent execution graph | if reads repeat themselves |
//!
//! [`Search::Auto`] lets the searches that fit take turns: see `auto`.

mod auto;
pub mod graph;
mod livelock;
mod nearest;
mod path;
mod preemptions;
mod replay;
mod sample;
mod shortest;
mod states;
mod traces;

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::ThreadPoolBuilder;

pub use super::engine_kind::Search;
use super::findings::uncaused;
use super::{
    Bound, Choices, Control, EngineKind, Fact, Findings, Gap, GuestCounterexample, GuestEngine,
    InParts, MemoryModel, Options, Parts, Reuse, Schedule, Share, Tally,
};
use crate::interp::Builtin;
use crate::reference::Subject;
pub use crate::verdict::{NoStrategy, Strategy};
use path::Path;
use preemptions::Races;
pub(super) use replay::{sequential as replay_sequential, views_sequential};
pub use sample::Fuzz;

/// The explorer, with its options.
#[derive(Clone, Copy, Debug, Default)]
pub struct Explorer {
    /// The memory model; `None` for the one that fits the program.
    pub model: Option<MemoryModel>,
    /// The search.
    pub search: Search,
    /// The options that all engines share.
    pub options: Options,
}

impl GuestEngine for Explorer {
    fn kind(&self) -> EngineKind {
        EngineKind::Explorer(self.search)
    }

    fn check(&self, subject: &Arc<Subject>, control: &Control) -> Findings {
        let model = self.model.unwrap_or_else(|| subject.default_model());
        let options = &self.options;
        let subject = &control.subject(subject, options.memory_max);
        let (search, mut tally) = match (self.search, model) {
            (Search::States, MemoryModel::Sc) => (
                Search::States,
                on_cores(options.jobs, || states::search(subject, options, control)),
            ),
            (Search::Traces, MemoryModel::Sc) if waits_spuriously(subject) => {
                let reason =
                    "the search over traces does not tell when a wait ends without a cause";
                return Findings::unsupported(EngineKind::Explorer(Search::Auto), reason);
            }
            (Search::Traces, MemoryModel::Sc) => {
                (Search::Traces, traces::search(subject, options, control))
            }
            (Search::Preemptions, MemoryModel::Sc) => {
                (Search::Preemptions, preemptions::search(subject, options, Races::Count, control))
            }
            (Search::States | Search::Traces | Search::Preemptions, _) => {
                let reason = "the searches over states, traces and preemptions know sequential \
                              consistency only";
                return Findings::unsupported(EngineKind::Explorer(Search::Auto), reason);
            }
            (Search::Graphs, _) => {
                (Search::Graphs, graph::search(subject, model, options, control))
            }
            (Search::Auto, _) => auto::search(subject, model, options, control),
        };
        if matches!(search, Search::Traces | Search::States) {
            for mut counterexample in std::mem::take(&mut tally.violations) {
                simplify(subject, &mut counterexample, options, control);
                tally.keep(counterexample);
            }
        }
        self.concluded(subject, search, tally, control)
    }
}

/// The search over graphs, whatever the options say: no other can be cut into parts that have nothing in common.
impl InParts for Explorer {
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
        graph::search_share(subject, model, &self.options, share, control, parts)
    }

    fn findings(&self, subject: &Arc<Subject>, tally: Tally, control: &Control) -> Findings {
        self.concluded(subject, Search::Graphs, tally, control)
    }
}

impl Explorer {
    /// The findings of this search, from its counts. `search` is the one that has made them.
    pub fn concluded(
        &self,
        subject: &Subject,
        search: Search,
        mut tally: Tally,
        control: &Control,
    ) -> Findings {
        let model = self.model.unwrap_or_else(|| subject.default_model());
        tally.facts.extend(use_of_freed_memory(subject, model, search == Search::Graphs));
        let findings = Findings::new(EngineKind::Explorer(search), Some(model), tally, control);
        Findings { not_asked: not_asked(subject), ..findings }
    }
}

/// Whether the program has waits, and they may end without a cause.
fn waits_spuriously(subject: &Subject) -> bool {
    subject.is_spurious && subject.code.calls(&[Builtin::Wait])
}

/// What the language allows and the options of this search do not ask for.
fn not_asked(subject: &Subject) -> BTreeSet<Gap> {
    if subject.is_spurious { BTreeSet::new() } else { uncaused(&subject.code) }
}

/// For a program that frees memory: when the search lets freed memory be used again.
fn use_of_freed_memory(subject: &Subject, model: MemoryModel, is_of_graphs: bool) -> Option<Fact> {
    let reuse = match model {
        MemoryModel::Rc11 | MemoryModel::C20 => Reuse::WhereOrdered,
        MemoryModel::Sc if is_of_graphs => Reuse::Never,
        MemoryModel::Sc => Reuse::Latest,
    };
    subject.code.frees().then_some(Fact::FreedMemory(reuse))
}

fn simplify(
    subject: &Arc<Subject>,
    counterexample: &mut GuestCounterexample,
    options: &Options,
    control: &Control,
) {
    let Some(Schedule { choices: Choices::Reference(choices), .. }) = &counterexample.schedule
    else {
        return;
    };
    let turns = choices.iter().map(|choice| choice.turn).collect();
    let path = Path { turns };
    let (violation, path) =
        shortest::simplify(subject, &counterexample.violation, &path, options.memory_max, control);
    let execution = counterexample.execution;
    *counterexample = path.counterexample(subject, violation, execution);
}

/// Runs a search on this many cores, or only on the current thread if the system refuses to start threads.
fn on_cores<T: Send>(jobs: usize, search: impl FnOnce() -> T + Send) -> T {
    let pool = ThreadPoolBuilder::new().num_threads(jobs.max(1)).build();
    let pool =
        pool.or_else(|_| ThreadPoolBuilder::new().num_threads(1).use_current_thread().build());
    match pool {
        Ok(pool) => pool.install(search),
        // The current thread belongs to a pool already, which then does the work.
        Err(_) => search(),
    }
}
