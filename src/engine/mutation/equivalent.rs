//! Equivalent mutants, each with the reason why no model can notice it.

use super::{Mutant, OpKind, Outcome, Row, Suite};

/// A mutant that behaves like the unbroken code, according to an argument that no engine has proved.
///
/// It identifies the operation by its source text, so that edits elsewhere do not move it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Equivalent {
    /// The end of the file's path.
    pub file: &'static str,
    /// The function, as [`Source::function`](super::Source::function) writes it.
    pub function: &'static str,
    /// A part of the line.
    pub text: &'static str,
    /// The kind of operation.
    pub op: OpKind,
    /// The operator, as it is displayed, including orderings.
    pub operator: &'static str,
    /// The argument.
    pub why: &'static str,
}

impl Suite {
    /// The argument why this mutant is equivalent, if there is one.
    pub fn equivalent(&self, mutant: &Mutant) -> Option<&Equivalent> {
        self.equivalents.iter().find(|known| self.is_meant(known, mutant))
    }

    fn is_meant(&self, known: &Equivalent, mutant: &Mutant) -> bool {
        let line = mutant.operation.line;
        known.op == mutant.operation.op
            && known.operator == mutant.operator.to_string()
            && self.source(&mutant.operation).is_some_and(|source| {
                source.has_name(known.file)
                    && source.line(line).contains(known.text)
                    && source.function(line) == known.function
            })
    }

    /// The first argument that does not match exactly one of these mutants, and how many it matches.
    pub(super) fn stray_argument(&self, mutants: &[Mutant]) -> Option<(&Equivalent, usize)> {
        let meant = |known| mutants.iter().filter(|mutant| self.is_meant(known, mutant)).count();
        self.equivalents.iter().map(|known| (known, meant(known))).find(|(_, count)| *count != 1)
    }
}

/// The meaning of a row, given the known equivalent mutants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judged {
    /// Noticed, as it should be.
    Killed,
    /// Not noticed, as it should be, for this reason.
    Equivalent(&'static str),
    /// Not noticed, which is a finding: a model or an argument is missing.
    Survived,
    /// Noticed, which is a finding: the argument is wrong.
    NotEquivalent,
    /// Undecided.
    Unjudged,
}

/// The meaning of a row.
pub fn judge(suite: &Suite, row: &Row) -> Judged {
    match (&row.outcome, suite.equivalent(&row.mutant)) {
        (Outcome::Killed { .. }, None) => Judged::Killed,
        (Outcome::Killed { .. }, Some(_)) => Judged::NotEquivalent,
        (Outcome::Survived { .. }, Some(known)) => Judged::Equivalent(known.why),
        (Outcome::Survived { .. }, None) => Judged::Survived,
        (Outcome::Unjudged { .. }, _) => Judged::Unjudged,
    }
}
