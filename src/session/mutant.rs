//! Mutants: one synchronisation operation, at one place in the source, broken on purpose.
//!
//! A mutant is a value that a session carries; the code under test is not compiled anew and knows
//! nothing of it. Wherever an operation is announced, the session compares its place with the
//! mutant's, and answers with `Decision::Break` where they are the same. What breaking means is
//! written once per kind of operation, in the worlds' wrappers.
//!
//! | operator | applies to | what happens instead |
//! |---|---|---|
//! | `leave-out` | lock, fence | the data is entered without the lock; nothing is ordered |
//! | `unlock-early` | lock | the lock is given back at once, while the guard still hands out the data |
//! | `never-unlock` | unlock | the lock is kept for ever |
//! | `do-not-notify` | notify one, notify all | nobody is woken |
//! | `notify-one` | notify all | one waiter is woken |
//! | `wake-uncaused` | wait | the first wait of an execution ends without a notification; a `wait_while` then does not ask its condition again |
//! | `weaken` | atomics, fences | the ordering is the next weaker one |
//! | `weaken-failure` | compare-exchange | the same for the ordering of a failed one |
//! | `split` | read-modify-writes | a load, and then a store |
//! | `drop-load` | loads | what is read is 0, or false |
//! | `drop-store` | stores, read-modify-writes, writes of thread-locals | nothing is written; a thread-local's `replace` returns the initial value |
//! | `share-local` | thread-locals | all threads of an execution have one |
//! | `do-not-join` | join | returns at once, with an error, since there is no result: who unwraps it notices by that alone |
//! | `child-first` | spawn | the child goes on as far as it can before `spawn` returns |
//! | `fail-spawn` | spawn | the system refuses |
//!
//! A wait with a time limit has no operator: that the time is up at once is something it must
//! live with. `child-first` only prefers some schedules, so it shows nothing that a complete
//! search of the unbroken code would not show; it is there for code whose search is not complete.

use std::{
    fmt,
    panic::Location,
    str::FromStr,
    sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst},
};

#[cfg(feature = "mutants")]
use serde::{Deserialize, Serialize};

use crate::verdict::file_of;
use crate::verdict::{Event, OpKind};

/// A way to break an operation. The module's table says what each does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "mutants", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "mutants", serde(into = "String", try_from = "String"))]
pub enum Operator {
    /// The lock is not taken; the fence is no fence.
    LeaveOut,
    /// The lock is given back as soon as it has been taken.
    UnlockEarly,
    /// The lock is never given back.
    NeverUnlock,
    /// Nobody is woken.
    DoNotNotify,
    /// One is woken instead of all.
    NotifyOne,
    /// A waiter wakes without a notification.
    WakeUncaused,
    /// The ordering is weaker by a step. Applies where the operation asks for `from`.
    Weaken {
        /// What the source says.
        from: Ordering,
        /// What is done.
        to: Ordering,
    },
    /// The ordering of a failed compare-exchange is weaker by a step.
    WeakenFailure {
        /// What the source says.
        from: Ordering,
        /// What is done.
        to: Ordering,
    },
    /// A read-modify-write is a load and a store.
    Split,
    /// What is to be read is not.
    DropLoad,
    /// What is to be written is not.
    DropStore,
    /// A thread-local is not local.
    ShareLocal,
    /// Nobody is waited for.
    DoNotJoin,
    /// The child runs before `spawn` returns.
    ChildFirst,
    /// The system refuses to start a thread.
    FailSpawn,
}

impl Operator {
    /// The names, without the orderings that some have.
    pub const NAMES: [&str; 15] = [
        "leave-out",
        "unlock-early",
        "never-unlock",
        "do-not-notify",
        "notify-one",
        "wake-uncaused",
        "weaken",
        "weaken-failure",
        "split",
        "drop-load",
        "drop-store",
        "share-local",
        "do-not-join",
        "child-first",
        "fail-spawn",
    ];

    fn index(self) -> usize {
        match self {
            Operator::LeaveOut => 0,
            Operator::UnlockEarly => 1,
            Operator::NeverUnlock => 2,
            Operator::DoNotNotify => 3,
            Operator::NotifyOne => 4,
            Operator::WakeUncaused => 5,
            Operator::Weaken { .. } => 6,
            Operator::WeakenFailure { .. } => 7,
            Operator::Split => 8,
            Operator::DropLoad => 9,
            Operator::DropStore => 10,
            Operator::ShareLocal => 11,
            Operator::DoNotJoin => 12,
            Operator::ChildFirst => 13,
            Operator::FailSpawn => 14,
        }
    }

    /// Whether an event of the broken operation shows all that was done to it: its ordering.
    pub(crate) fn is_weakening(self) -> bool {
        matches!(self, Operator::Weaken { .. } | Operator::WeakenFailure { .. })
    }

    /// The name, without orderings.
    pub fn name(self) -> &'static str {
        Self::NAMES[self.index()]
    }

    /// All that apply to an operation, in the order of the table.
    pub(crate) fn that_apply(
        op: OpKind,
        ordering: Option<Ordering>,
        ordering_failure: Option<Ordering>,
    ) -> Vec<Operator> {
        let weaker = |from: Option<Ordering>| {
            from.into_iter().flat_map(move |from| {
                weaker(op, from).iter().map(move |&to| Operator::Weaken { from, to })
            })
        };
        match op {
            OpKind::Lock => vec![Operator::LeaveOut, Operator::UnlockEarly],
            OpKind::Unlock => vec![Operator::NeverUnlock],
            OpKind::Wait => vec![Operator::WakeUncaused],
            OpKind::NotifyOne => vec![Operator::DoNotNotify],
            OpKind::NotifyAll => vec![Operator::DoNotNotify, Operator::NotifyOne],
            OpKind::Load => weaker(ordering).chain([Operator::DropLoad]).collect(),
            OpKind::Store => weaker(ordering).chain([Operator::DropStore]).collect(),
            OpKind::Fence => {
                let weakest = [Operator::LeaveOut];
                weakest.into_iter().chain(weaker(ordering)).collect()
            }
            op if op.is_read_modify_write() => {
                let failure = ordering_failure.into_iter().flat_map(|from| {
                    let weaker = weaker_load(from).iter();
                    weaker.map(move |&to| Operator::WeakenFailure { from, to })
                });
                let others = [Operator::Split, Operator::DropStore];
                weaker(ordering).chain(failure).chain(others).collect()
            }
            OpKind::LocalWrite => vec![Operator::DropStore],
            OpKind::Local => vec![Operator::ShareLocal],
            OpKind::Join => vec![Operator::DoNotJoin],
            OpKind::Spawn => vec![Operator::ChildFirst, Operator::FailSpawn],
            _ => vec![],
        }
    }

    /// Whether it applies to this operation, whose kind is the right one.
    fn applies(self, event: &Event) -> bool {
        match self {
            Operator::Weaken { from, .. } => event.ordering == Some(from),
            Operator::WeakenFailure { from, .. } => event.ordering_failure == Some(from),
            _ => true,
        }
    }
}

/// The orderings that are weaker by one step.
fn weaker(op: OpKind, ordering: Ordering) -> &'static [Ordering] {
    match (op, ordering) {
        (OpKind::Load, ordering) => weaker_load(ordering),
        (OpKind::Store, SeqCst) => &[Release],
        (_, SeqCst) => &[AcqRel],
        (_, AcqRel) => &[Acquire, Release],
        // A fence that orders nothing is one that is left out.
        (OpKind::Fence, _) => &[],
        (_, Acquire | Release) => &[Relaxed],
        _ => &[],
    }
}

fn weaker_load(ordering: Ordering) -> &'static [Ordering] {
    match ordering {
        SeqCst => &[Acquire],
        Acquire => &[Relaxed],
        _ => &[],
    }
}

/// `weaken Release to Relaxed`; the name alone where there is nothing more to say.
impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operator::Weaken { from, to } | Operator::WeakenFailure { from, to } => {
                write!(f, "{} {from:?} to {to:?}", self.name())
            }
            _ => f.write_str(self.name()),
        }
    }
}

/// A text that names no operator.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("'{0}' is no operator")]
pub struct UnknownOperator(pub String);

impl FromStr for Operator {
    type Err = UnknownOperator;

    fn from_str(text: &str) -> Result<Self, UnknownOperator> {
        let unknown = || UnknownOperator(text.to_owned());
        let plain = [
            Operator::LeaveOut,
            Operator::UnlockEarly,
            Operator::NeverUnlock,
            Operator::DoNotNotify,
            Operator::NotifyOne,
            Operator::WakeUncaused,
            Operator::Split,
            Operator::DropLoad,
            Operator::DropStore,
            Operator::ShareLocal,
            Operator::DoNotJoin,
            Operator::ChildFirst,
            Operator::FailSpawn,
        ];
        if let Some(operator) = plain.into_iter().find(|operator| operator.name() == text) {
            return Ok(operator);
        }
        let words: Vec<&str> = text.split(' ').collect();
        let [name, from, "to", to] = words[..] else { return Err(unknown()) };
        let ordering = |name: &str| {
            let all = [Relaxed, Acquire, Release, AcqRel, SeqCst];
            all.into_iter().find(|it| format!("{it:?}") == name).ok_or_else(unknown)
        };
        let (from, to) = (ordering(from)?, ordering(to)?);
        match name {
            "weaken" => Ok(Operator::Weaken { from, to }),
            "weaken-failure" => Ok(Operator::WeakenFailure { from, to }),
            _ => Err(unknown()),
        }
    }
}

impl From<Operator> for String {
    fn from(operator: Operator) -> String {
        operator.to_string()
    }
}

impl TryFrom<String> for Operator {
    type Error = UnknownOperator;

    fn try_from(text: String) -> Result<Self, UnknownOperator> {
        text.parse()
    }
}

/// An operation of the source: where it stands and what it does.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "mutants", derive(Serialize, Deserialize))]
pub struct Operation {
    /// The source file, as the compiler was given it, with `/` between folders.
    pub file: String,
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1.
    pub column: u32,
    /// What is done there.
    pub op: OpKind,
    /// Of a thread-local, its name: several may be declared in one place.
    pub name: Option<String>,
}

impl Operation {
    /// The operation of this kind at a place.
    pub(crate) fn at(op: OpKind, location: &Location<'_>, name: Option<&str>) -> Self {
        Operation {
            file: file_of(location).into_owned(),
            line: location.line(),
            column: location.column(),
            op,
            name: name.map(str::to_owned),
        }
    }

    fn stands_at(&self, location: &Location<'_>) -> bool {
        // Most differ in the line.
        self.line == location.line()
            && self.column == location.column()
            && self.file == file_of(location)
    }
}

/// `src/vm/threads.rs:40:9 Lock`.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Operation { file, line, column, op, name } = self;
        write!(f, "{file}:{line}:{column} {op:?}")?;
        name.as_ref().map_or(Ok(()), |name| write!(f, " {name}"))
    }
}

/// An operation and how it is broken.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "mutants", derive(Serialize, Deserialize))]
pub struct Mutant {
    /// Which.
    #[cfg_attr(feature = "mutants", serde(flatten))]
    pub operation: Operation,
    /// How.
    pub operator: Operator,
}

impl Mutant {
    /// Whether the operation that is announced is the broken one.
    pub(super) fn hits(&self, event: &Event) -> bool {
        self.operation.op == event.op
            && self.operation.stands_at(event.location)
            && self.operator.applies(event)
    }

    /// Whether the thread-local of this name, declared there, is shared.
    pub(super) fn shares(&self, name: &str, location: &Location<'_>) -> bool {
        self.operator == Operator::ShareLocal
            && self.operation.name.as_deref() == Some(name)
            && self.operation.stands_at(location)
    }

    /// Whether an engine to which every ordering is sequentially consistent, and a fence nothing,
    /// cannot tell the broken operation from the whole one.
    pub fn needs_weak_memory(&self) -> bool {
        match self.operator {
            Operator::Weaken { .. } | Operator::WeakenFailure { .. } => true,
            Operator::LeaveOut => self.operation.op == OpKind::Fence,
            _ => false,
        }
    }

    /// What a list of mutants is sorted by: the place, then the order of the operators.
    pub fn rank(&self) -> (&Operation, usize, String) {
        (&self.operation, self.operator.index(), self.operator.to_string())
    }
}

/// `src/vm/threads.rs:40:9 Lock: leave-out`.
impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.operator)
    }
}

/// What an operation shall do instead of, or before, its ordinary work.
///
/// Every operation of every wrapper asks [`point`](super::point) and obeys. Behind it the session looks
/// up by source location whether this operation is the broken one.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Decision {
    /// Perform the operation.
    Perform,
    /// The execution is over and this thread is unwinding: do not touch the tool.
    Bypass,
    /// Do it wrongly, in this way, which is one that applies to the operation. An injected fault
    /// is one, too: a spawn that is refused.
    Break(Operator),
}

impl Event {
    /// The same with the orderings that it had when it was carried out.
    pub(crate) fn weakened(self, decision: Decision) -> Self {
        match decision {
            Decision::Break(Operator::Weaken { to, .. }) => Event { ordering: Some(to), ..self },
            Decision::Break(Operator::WeakenFailure { to, .. }) => {
                Event { ordering_failure: Some(to), ..self }
            }
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_is_read_as_it_is_written() {
        for op in OpKind::ALL {
            for ordering in [Relaxed, Acquire, Release, AcqRel, SeqCst] {
                for operator in Operator::that_apply(op, Some(ordering), Some(ordering)) {
                    assert_eq!(operator.to_string().parse(), Ok(operator));
                }
            }
        }
        for wrong in ["", "weaken", "weaken A to B", "weaken SeqCst Acquire", "split it"] {
            assert!(wrong.parse::<Operator>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_operator_applies_to_something() {
        let orderings = [Relaxed, Acquire, Release, AcqRel, SeqCst];
        let applied = OpKind::ALL.into_iter().flat_map(|op| {
            orderings.iter().flat_map(move |&it| Operator::that_apply(op, Some(it), Some(it)))
        });
        let names: std::collections::BTreeSet<_> = applied.map(Operator::name).collect();
        assert_eq!(names.len(), Operator::NAMES.len());
    }

    #[test]
    fn orderings_weaken_down_to_relaxed_and_no_further() {
        let steps = |op, from| weaker(op, from).to_vec();
        assert_eq!(steps(OpKind::Load, SeqCst), [Acquire]);
        assert_eq!(steps(OpKind::Store, SeqCst), [Release]);
        assert_eq!(steps(OpKind::FetchAdd, SeqCst), [AcqRel]);
        assert_eq!(steps(OpKind::FetchAdd, AcqRel), [Acquire, Release]);
        assert_eq!(steps(OpKind::Fence, AcqRel), [Acquire, Release]);
        assert_eq!(steps(OpKind::Fence, Release), []);
        assert_eq!(steps(OpKind::Store, Release), [Relaxed]);
        assert_eq!(steps(OpKind::Store, Relaxed), []);
    }
}
