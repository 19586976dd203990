//! Mutants: one synchronisation operation, at one place in the source, broken on purpose.
//!
//! A mutant is a value that a session carries, and a session may carry several. The code under test is not recompiled and knows nothing
//! of it. When an operation is announced, the session compares its place with the mutant's, and answers
//! `Decision::Break` if they are the same. The worlds' wrappers define, once per kind of operation, what
//! breaking means.
//!
//! | operator | applies to | what happens instead |
//! |---|---|---|
//! | `leave-out` | lock, try to lock, fence | the data is accessed without the lock; the fence orders nothing |
//! | `unlock-early` | lock, try to lock | the lock is released at once, while the guard still gives access to the data |
//! | `fail-try` | try to lock, `try_recv` | it says that the lock is held, or the channel empty, also when that is not so; nothing is locked or received |
//! | `never-unlock` | unlock | the lock is never released |
//! | `do-not-notify` | notify one, notify all, unpark | no thread is woken |
//! | `notify-one` | notify all | one waiter is woken |
//! | `wake-uncaused` | wait, park | the first wait of an execution ends without a notification; a `wait_while` then does not test its condition again |
//! | `weaken` | atomics, fences | the ordering is the next weaker one |
//! | `weaken-failure` | compare-exchange | the failure ordering is the next weaker one |
//! | `split` | read-modify-writes | a load, and then a store |
//! | `drop-load` | loads | the result is 0, or false |
//! | `drop-store` | stores, read-modify-writes, writes of thread-locals, additions to counters | nothing is written; a thread-local's `replace` returns the initial value |
//! | `share-local` | thread-locals | all threads of an execution share one value |
//! | `do-not-join` | join | it returns at once, with an error, since there is no result: code that unwraps the result fails for that reason alone |
//! | `child-first` | spawn | the child goes on as far as it can before `spawn` returns |
//! | `fail-spawn` | spawn | the system refuses |
//!
//! A wait with a time limit has no operator, because it must work even if its time is up at once.
//! `child-first` only prefers some schedules, so it shows nothing that a complete search of the unbroken
//! code would not show. It exists for code whose search is not complete.

use std::{
    fmt,
    panic::Location,
    str::FromStr,
    sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst},
};

#[cfg(feature = "record")]
use serde::{Deserialize, Serialize};

use crate::verdict::{Event, OpKind, file_of};

/// Makes the operators of one list, in the order in which a matrix has them: an operator's meaning, its variant,
/// with the orderings that it has, and its name.
macro_rules! operators {
    ($($(#[$meaning:meta])* $operator:ident $({ $from:ident, $to:ident })? $name:literal;)*) => {
        /// A way to break an operation. The module's table says what each does.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[cfg_attr(feature = "record", derive(Serialize, Deserialize))]
        #[cfg_attr(feature = "record", serde(into = "String", try_from = "String"))]
        pub enum Operator {
            $(
                $(#[$meaning])*
                $operator $({
                    /// The ordering in the source.
                    $from: Ordering,
                    /// The ordering that is used.
                    $to: Ordering,
                })?,
            )*
        }

        impl Operator {
            /// The names, without the orderings that some have.
            pub const NAMES: &[&str] = &[$($name),*];

            /// The name, without orderings.
            pub fn name(self) -> &'static str {
                match self {
                    $(Operator::$operator { .. } => $name,)*
                }
            }

            /// The operator of a name, with its orderings if it has some; `None` if there is no such operator.
            #[allow(unused_variables, reason = "most operators have no orderings")]
            fn by_name(name: &str, orderings: Option<(Ordering, Ordering)>) -> Option<Self> {
                match (name, orderings) {
                    $(operators!(@pattern from to $($from)?) if name == $name => {
                        Some(Operator::$operator $({ $from: from, $to: to })?)
                    })*
                    _ => None,
                }
            }
        }
    };
    (@pattern $a:ident $b:ident $from:ident) => { (_, Some(($a, $b))) };
    (@pattern $a:ident $b:ident) => { (_, None) };
}

operators! {
    /// The lock is not taken; the fence orders nothing.
    LeaveOut "leave-out";
    /// The lock is released as soon as it has been taken.
    UnlockEarly "unlock-early";
    /// What is only tried for is never there.
    FailTry "fail-try";
    /// The lock is never released.
    NeverUnlock "never-unlock";
    /// No thread is woken.
    DoNotNotify "do-not-notify";
    /// One waiter is woken instead of all.
    NotifyOne "notify-one";
    /// A waiter wakes without a notification.
    WakeUncaused "wake-uncaused";
    /// The ordering is one step weaker. Applies if the operation's ordering is `from`.
    Weaken { from, to } "weaken";
    /// The ordering of a failed compare-exchange is one step weaker.
    WeakenFailure { from, to } "weaken-failure";
    /// A read-modify-write is a load and a store.
    Split "split";
    /// The value is not read.
    DropLoad "drop-load";
    /// The value is not written.
    DropStore "drop-store";
    /// A thread-local is shared by all threads.
    ShareLocal "share-local";
    /// The join does not wait.
    DoNotJoin "do-not-join";
    /// The child runs before `spawn` returns.
    ChildFirst "child-first";
    /// The system refuses to start a thread.
    FailSpawn "fail-spawn";
}

impl Operator {
    /// Whether the ordering in an event of the broken operation shows everything that was changed.
    pub(crate) fn is_weakening(self) -> bool {
        matches!(self, Operator::Weaken { .. } | Operator::WeakenFailure { .. })
    }

    /// All operators that apply to an operation, in the order of the table.
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
            OpKind::TryLock | OpKind::TryLockShared => {
                vec![Operator::LeaveOut, Operator::UnlockEarly, Operator::FailTry]
            }
            op if op.is_lock() => vec![Operator::LeaveOut, Operator::UnlockEarly],
            OpKind::TryReceive => vec![Operator::FailTry],
            OpKind::Unlock => vec![Operator::NeverUnlock],
            OpKind::Wait | OpKind::Park => vec![Operator::WakeUncaused],
            OpKind::NotifyOne | OpKind::Unpark => vec![Operator::DoNotNotify],
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
            OpKind::LocalWrite | OpKind::Count => vec![Operator::DropStore],
            OpKind::Local => vec![Operator::ShareLocal],
            OpKind::Join => vec![Operator::DoNotJoin],
            OpKind::Spawn => vec![Operator::ChildFirst, Operator::FailSpawn],
            _ => vec![],
        }
    }

    /// Whether the operator applies to this operation, if the kind of operation is right.
    fn applies(self, event: &Event) -> bool {
        match self {
            Operator::Weaken { from, .. } => event.ordering == Some(from),
            Operator::WeakenFailure { from, .. } => event.ordering_failure == Some(from),
            _ => true,
        }
    }
}

/// The orderings that are one step weaker.
fn weaker(op: OpKind, ordering: Ordering) -> &'static [Ordering] {
    match (op, ordering) {
        (OpKind::Load, ordering) => weaker_load(ordering),
        (OpKind::Store, SeqCst) => &[Release],
        (_, SeqCst) => &[AcqRel],
        (_, AcqRel) => &[Acquire, Release],
        // A fence without an ordering is the same as no fence.
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

/// The ordering of this name.
pub(super) fn ordering_of(name: &str) -> Option<Ordering> {
    let all = [Relaxed, Acquire, Release, AcqRel, SeqCst];
    all.into_iter().find(|it| format!("{it:?}") == name)
}

/// `weaken Release to Relaxed`; only the name for operators without orderings.
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

/// A text that does not name an operator.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("'{0}' is no operator")]
pub struct UnknownOperator(pub String);

impl FromStr for Operator {
    type Err = UnknownOperator;

    fn from_str(text: &str) -> Result<Self, UnknownOperator> {
        let words: Vec<&str> = text.split(' ').collect();
        let operator = match words[..] {
            [name] => Operator::by_name(name, None),
            [name, from, "to", to] => ordering_of(from)
                .zip(ordering_of(to))
                .and_then(|orderings| Operator::by_name(name, Some(orderings))),
            _ => None,
        };
        operator.ok_or_else(|| UnknownOperator(text.to_owned()))
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

/// An operation in the source: its place and its kind.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "record", derive(Serialize, Deserialize))]
pub struct Operation {
    /// The source file, as the compiler names it, with `/` between folders.
    pub file: String,
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1.
    pub column: u32,
    /// The kind of operation.
    pub op: OpKind,
    /// The name of a thread-local: several may be declared in one place.
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
        // Most differ in the line, so it is compared first.
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
#[cfg_attr(feature = "record", derive(Serialize, Deserialize))]
pub struct Mutant {
    /// The broken operation.
    #[cfg_attr(feature = "record", serde(flatten))]
    pub operation: Operation,
    /// How it is broken.
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

    /// Whether the broken operation looks like the whole one to an engine that treats every ordering as
    /// sequentially consistent, and a fence as nothing.
    pub fn needs_weak_memory(&self) -> bool {
        match self.operator {
            Operator::Weaken { .. } | Operator::WeakenFailure { .. } => true,
            Operator::LeaveOut => self.operation.op == OpKind::Fence,
            _ => false,
        }
    }

    /// The key by which mutants are sorted: the place, then the order of the operators.
    pub fn rank(&self) -> (&Operation, usize, String) {
        let position = Operator::NAMES.iter().position(|&name| name == self.operator.name());
        (&self.operation, position.unwrap_or(0), self.operator.to_string())
    }
}

/// `src/vm/threads.rs:40:9 Lock: leave-out`.
impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.operator)
    }
}

/// What an operation must do instead of, or before, its ordinary work.
///
/// Every operation of every wrapper asks [`point`](super::point) and obeys. The session looks up by
/// source location whether this operation is the broken one.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Decision {
    /// Perform the operation.
    Perform,
    /// The execution is over and this thread is unwinding: do not touch the tool.
    Bypass,
    /// Perform the operation with other orderings, as far as they are given.
    Weaken {
        /// Instead of its ordering.
        ordering: Option<Ordering>,
        /// Instead of the ordering of its failure.
        ordering_failure: Option<Ordering>,
    },
    /// Break the operation in this way, which applies to it and weakens no ordering. A refused spawn, which is an
    /// injected fault, is also one of these.
    Break(Operator),
}

impl Decision {
    /// The same decision, and the operation is broken in this way, too. An operation that is broken otherwise keeps
    /// its orderings.
    pub(super) fn and(self, operator: Operator) -> Self {
        let (success, failure) = match self {
            Decision::Weaken { ordering, ordering_failure } => (ordering, ordering_failure),
            Decision::Perform | Decision::Bypass => (None, None),
            Decision::Break(_) => return self,
        };
        match operator {
            Operator::Weaken { to, .. } => {
                Decision::Weaken { ordering: Some(to), ordering_failure: failure }
            }
            Operator::WeakenFailure { to, .. } => {
                Decision::Weaken { ordering: success, ordering_failure: Some(to) }
            }
            operator => Decision::Break(operator),
        }
    }
}

impl Event {
    /// The same event, with the orderings that the operation is performed with.
    pub(crate) fn weakened(self, decision: Decision) -> Self {
        match decision {
            Decision::Weaken { ordering, ordering_failure } => Event {
                ordering: ordering.or(self.ordering),
                ordering_failure: ordering_failure.or(self.ordering_failure),
                ..self
            },
            Decision::Perform | Decision::Bypass | Decision::Break(_) => self,
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
