//! The condition of a litmus test on its final states.

use std::collections::BTreeSet;
use std::fmt;

use super::state::{Observed, State};

/// The states for which the proposition is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// `exists`: it holds in at least one.
    Exists,
    /// `~exists`: it holds in none.
    NotExists,
    /// `forall`: it holds in all.
    Forall,
}

impl Quantifier {
    /// The word in the test.
    pub fn name(self) -> &'static str {
        match self {
            Quantifier::Exists => "exists",
            Quantifier::NotExists => "~exists",
            Quantifier::Forall => "forall",
        }
    }

    /// herd's word for a test with this quantifier.
    pub fn kind(self) -> &'static str {
        match self {
            Quantifier::Exists => "Allowed",
            Quantifier::NotExists => "Forbidden",
            Quantifier::Forall => "Required",
        }
    }
}

/// The right side of an equation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Term {
    /// An integer.
    Value(i64),
    /// The final value of another register or location.
    Observed(Observed),
}

/// A statement that is true or false in a state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Proposition {
    /// `0:r0=1`, `[x]=0:r0`
    Equal(Observed, Term),
    /// `~p`, also for `0:r0<>1`
    Not(Box<Proposition>),
    /// `p /\ q`; without parts it is `true`.
    And(Vec<Proposition>),
    /// `p \/ q`; without parts it is `false`.
    Or(Vec<Proposition>),
    /// `p => q`
    Implies(Box<Proposition>, Box<Proposition>),
}

impl Proposition {
    /// Whether it holds in a state. Something that has no value in the state equals nothing.
    pub fn holds_in(&self, state: &State) -> bool {
        match self {
            Proposition::Equal(left, right) => {
                let right = match right {
                    Term::Value(value) => Some(*value),
                    Term::Observed(observed) => state.get(observed),
                };
                right.is_some() && state.get(left) == right
            }
            Proposition::Not(inner) => !inner.holds_in(state),
            Proposition::And(all) => all.iter().all(|each| each.holds_in(state)),
            Proposition::Or(any) => any.iter().any(|each| each.holds_in(state)),
            Proposition::Implies(left, right) => !left.holds_in(state) || right.holds_in(state),
        }
    }

    /// Adds everything that it mentions.
    pub(super) fn collect_observed(&self, observed: &mut BTreeSet<Observed>) {
        match self {
            Proposition::Equal(left, right) => {
                observed.insert(left.clone());
                if let Term::Observed(right) = right {
                    observed.insert(right.clone());
                }
            }
            Proposition::Not(inner) => inner.collect_observed(observed),
            Proposition::And(parts) | Proposition::Or(parts) => {
                for part in parts {
                    part.collect_observed(observed);
                }
            }
            Proposition::Implies(left, right) => {
                left.collect_observed(observed);
                right.collect_observed(observed);
            }
        }
    }

    /// Whether it reads the same with or without parentheses around it.
    fn is_closed(&self) -> bool {
        match self {
            Proposition::Equal(..) | Proposition::Not(_) => true,
            Proposition::And(parts) | Proposition::Or(parts) => parts.is_empty(),
            Proposition::Implies(..) => false,
        }
    }

    /// Writes the parts with a sign between them. Parentheses show the grouping, since herd's `=>` binds
    /// tighter than most readers would guess.
    fn write_joined(f: &mut fmt::Formatter<'_>, sign: &str, parts: &[&Proposition]) -> fmt::Result {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                write!(f, " {sign} ")?;
            }
            if part.is_closed() {
                write!(f, "{part}")?;
            } else {
                write!(f, "({part})")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Proposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Proposition::Equal(left, Term::Value(value)) => write!(f, "{left}={value}"),
            Proposition::Equal(left, Term::Observed(right)) => write!(f, "{left}={right}"),
            Proposition::Not(inner) => write!(f, "not ({inner})"),
            Proposition::And(parts) if parts.is_empty() => f.write_str("true"),
            Proposition::Or(parts) if parts.is_empty() => f.write_str("false"),
            Proposition::And(parts) => {
                Self::write_joined(f, "/\\", &parts.iter().collect::<Vec<_>>())
            }
            Proposition::Or(parts) => {
                Self::write_joined(f, "\\/", &parts.iter().collect::<Vec<_>>())
            }
            Proposition::Implies(left, right) => Self::write_joined(f, "=>", &[left, right]),
        }
    }
}

/// A proposition, and the states for which it is claimed. `Display` writes it as herd does: `exists
/// (0:r0=1 /\ [x]=2)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Condition {
    /// The states.
    pub quantifier: Quantifier,
    /// The proposition.
    pub proposition: Proposition,
}

impl Condition {
    /// Whether the proposition holds in this state, whatever the quantifier.
    pub fn holds_in(&self, state: &State) -> bool {
        self.proposition.holds_in(state)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.quantifier.name(), self.proposition)
    }
}
