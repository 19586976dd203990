//! The findings of a search, and how they are counted.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use super::{
    Bound, Control, EngineKind, Fact, Gap, GuestCounterexample, MemoryModel, Reason, Remark,
};
use crate::interp::{Builtin, Code};
use crate::reference::{Outcome, Violation};
use crate::verdict::Verdict;

/// The findings of a search, and how much was searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    /// The engine, and the search if it has several.
    pub engine: EngineKind,
    /// The memory model of the search; `None` if the engine has a memory model of its own.
    pub model: Option<MemoryModel>,
    /// Why the engine cannot check this program, if so; the other fields then say nothing.
    pub unsupported: Option<Reason>,
    /// Why the engine is known to show outcomes of this program that no machine has that obeys the
    /// memory model, if it is.
    pub sees_more: Option<SeesMore>,
    /// What the language allows and the options did not ask for, if the program could notice it. The
    /// verdict is about executions without it.
    pub not_asked: BTreeSet<Gap>,
    /// The counts.
    pub tally: Tally,
    /// Executions that the program asks for, if it asks and somebody wants to see one: no violations.
    pub witnesses: Vec<GuestCounterexample>,
}

/// Why an engine is known to show outcomes that no machine has that obeys the memory model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SeesMore {
    /// The program has sequentially consistent accesses, and the engine treats them as acquire and release.
    SeqCstAsAcquireRelease,
}

impl fmt::Display for SeesMore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SeesMore::SeqCstAsAcquireRelease => "it treats seq-cst accesses as acquire and release",
        })
    }
}

/// The counts of a search. Parts of a parallel search are [`merge`](Tally::merge)d.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Executions that came to an end, or to a violation.
    pub executions: u64,
    /// Executions that were given up because they could only repeat others, or were blocked.
    pub blocked: u64,
    /// Distinct states that were visited, if the search looks at states.
    pub states: Option<u64>,
    /// Fingerprints of the distinct states in which executions ended, if they are known.
    pub final_states: HashSet<u128>,
    /// The outcomes, with the number of executions of each; in a search over states, the number of paths.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Distinct violations, in the order in which they were found.
    pub violations: Vec<GuestCounterexample>,
    /// What weakens the claim.
    pub bounds: BTreeSet<Bound>,
    /// What the engine is known to leave out, even if nothing cuts it off.
    pub gaps: BTreeSet<Gap>,
    /// What a reader of the verdict should know besides.
    pub remarks: BTreeSet<Remark>,
    /// Facts that only this engine has.
    pub facts: Vec<Fact>,
    /// Pairs of executions drawn and distinct traces among them. Both ascend; empty if nothing was drawn, if not all
    /// traces were kept, and in a part of a search.
    pub growth: Vec<(u64, u64)>,
}

impl Tally {
    /// Counts an execution.
    pub fn execution(&mut self, outcome: Outcome) {
        self.executions += 1;
        *self.outcomes.entry(outcome).or_default() += 1;
    }

    /// Whether a violation like this one is known.
    pub fn knows(&self, violation: &Violation) -> bool {
        self.violations.iter().any(|known| known.violation.is_like(violation))
    }

    /// Keeps a counterexample, unless one like it is known.
    pub fn keep(&mut self, counterexample: GuestCounterexample) {
        if !self.knows(&counterexample.violation) {
            self.violations.push(counterexample);
        }
    }

    /// Adds another part of the same search, which numbers its executions from 1; `before` of the search come before
    /// it.
    pub fn append(&mut self, mut next: Tally, before: u64) {
        for violation in &mut next.violations {
            violation.execution += before;
        }
        self.merge(next);
    }

    /// Adds another part of the same search.
    pub fn merge(&mut self, other: Tally) {
        self.executions += other.executions;
        self.blocked += other.blocked;
        self.states = match (self.states, other.states) {
            (None, None) => None,
            (one, other) => Some(one.unwrap_or(0) + other.unwrap_or(0)),
        };
        self.final_states.extend(other.final_states);
        for (outcome, count) in other.outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        for counterexample in other.violations {
            self.keep(counterexample);
        }
        self.bounds.extend(other.bounds);
        self.gaps.extend(other.gaps);
        self.remarks.extend(other.remarks);
        self.facts.extend(other.facts);
    }
}

/// The operations of a program that may end or fail without a cause.
pub(super) fn uncaused(code: &Code) -> BTreeSet<Gap> {
    let gaps = [(Builtin::Wait, Gap::UncausedWakeups), (Builtin::MayFail, Gap::WeakFailures)];
    gaps.into_iter().filter(|&(builtin, _)| code.calls(&[builtin])).map(|(_, gap)| gap).collect()
}

impl Findings {
    /// Makes findings from the counts of a search, with the reason why it was stopped, if it was.
    pub fn new(
        engine: EngineKind,
        model: Option<MemoryModel>,
        mut tally: Tally,
        control: &Control,
    ) -> Self {
        tally.bounds.extend(control.bound());
        let (witnesses, violations) =
            tally.violations.into_iter().partition(|it| it.violation.kind.is_witness());
        tally.violations = violations;
        if tally.executions == 0 && tally.violations.is_empty() && tally.bounds.is_empty() {
            tally.bounds.insert(Bound::NoExecution);
        }
        Findings {
            engine,
            model,
            unsupported: None,
            sees_more: None,
            not_asked: BTreeSet::new(),
            tally,
            witnesses,
        }
    }

    /// Findings of an engine that cannot check this program.
    pub fn unsupported(engine: EngineKind, reason: impl Into<Reason>) -> Self {
        Findings {
            engine,
            model: None,
            unsupported: Some(reason.into()),
            sees_more: None,
            not_asked: BTreeSet::new(),
            tally: Tally::default(),
            witnesses: Vec::new(),
        }
    }

    /// What it came to, in one word.
    pub fn verdict(&self) -> Verdict<&GuestCounterexample> {
        let executions = self.tally.executions;
        if let Some(reason) = &self.unsupported {
            Verdict::Unsupported { reason: reason.clone() }
        } else if let Some(first) = self.tally.violations.first() {
            Verdict::Violated(first)
        } else if let Some(&stopped_by) = self.tally.bounds.last() {
            Verdict::Bounded { executions, stopped_by }
        } else if !self.tally.gaps.is_empty() {
            Verdict::Searched { executions, not_seen: self.tally.gaps.clone() }
        } else {
            Verdict::Exhausted { executions }
        }
    }
}
