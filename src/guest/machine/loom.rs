//! Guest programs under loom: interleavings, including weak memory, of up to four threads.

use std::sync::Arc;

use super::search::Search;
use super::world;
use crate::engine::loom::Loom;
use crate::guest::{
    Bound, Control, EngineKind, Findings, GuestEngine, Options, Reason, SeesMore, WorldEngine,
};
use crate::il::MemoryOrder;
use crate::interp::{Builtin, Op};
use crate::reference::Subject;

/// The machine, driven by loom. [`crate::loom`] lists what it does not see.
///
/// loom has five threads per execution and does not reuse their places, and the stack of the first one
/// is too small for an interpreter. So a program may start three threads besides its main one; a program
/// that starts more is unsupported.
/// other is unsupported.
///
/// loom leaves executions out, so its findings always have a [`Gap`](crate::engine::Gap). It has no
/// seq-cst accesses: it treats them as acquire and release, and shows outcomes that sequential
/// consistency forbids. Outcomes that the axioms of weak memory forbid are not counted. If a program has
/// such an access, the findings say that there may be other outcomes of this kind.
#[derive(Clone, Debug)]
pub struct GuestLoom {
    /// The options that all searches share; [`EngineKind::takes`] says which of them have an effect here.
    pub options: Options,
    /// The limit on preemptions per execution; `None` for no limit.
    pub preemptions_max: Option<usize>,
    /// The limit on scheduling points and values read per execution of the machine. A longer execution
    /// ends the search.
    pub branches_max: usize,
}

impl GuestLoom {
    /// The defaults of [`Loom`].
    pub fn new(options: Options) -> Self {
        let Loom { preemptions_max, steps_max, .. } = Loom::default();
        GuestLoom { options, preemptions_max, branches_max: steps_max }
    }
}

impl GuestEngine for GuestLoom {
    fn kind(&self) -> EngineKind {
        EngineKind::World(WorldEngine::Loom)
    }

    fn check(&self, subject: &Arc<Subject>, control: &Control) -> Findings {
        let engine = Loom {
            preemptions_max: self.preemptions_max,
            executions_max: self.options.executions_max,
            steps_max: self.branches_max,
        };
        let bound = self.preemptions_max.map(|_| Bound::Preemptions);
        let search = Search {
            kind: self.kind(),
            world: || world::LOOM,
            subject,
            control,
            options: &self.options,
            steps_max: None,
            bounds: bound.as_slice(),
            model: None,
        };
        let mut findings = search.run(&engine);
        findings.unsupported = findings.unsupported.map(in_terms_of_guests);
        if findings.unsupported.is_none() && has_seq_cst_access(subject) {
            findings.sees_more = Some(SeesMore::SeqCstAsAcquireRelease);
        }
        findings
    }
}

/// Translates a reason: the world's reason counts loom's threads, and this one counts the program's.
fn in_terms_of_guests(reason: Reason) -> Reason {
    match reason {
        Reason::Threads => Reason::GuestThreads,
        other => other,
    }
}

fn has_seq_cst_access(subject: &Subject) -> bool {
    let is_seq_cst = |op: &Op| match *op {
        Op::AtomicLoad { o, .. }
        | Op::AtomicStore { o, .. }
        | Op::AtomicRmw { o, .. }
        | Op::AtomicCas { o, .. }
        | Op::PtrCas { o, .. } => o == MemoryOrder::SeqCst,
        _ => false,
    };
    let counters = [Builtin::SafeAdd, Builtin::SafeCas, Builtin::SafeGet, Builtin::SafeSet];
    subject.code.ops.iter().any(is_seq_cst) || subject.code.calls(&counters)
}
