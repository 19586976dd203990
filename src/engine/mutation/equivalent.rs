//! Mutants that nobody can notice, each with the reason.

use super::{Mutant, OpKind, Outcome, Row, Suite};

/// A mutant that behaves as the unbroken code does, as far as anybody can tell.
///
/// It names the operation by what stands there, so that edits elsewhere do not move it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Equivalent {
    /// The end of the file's path.
    pub file: &'static str,
    /// The function, as [`Source::function`](super::Source::function) writes it.
    pub function: &'static str,
    /// A part of the line.
    pub text: &'static str,
    /// What is done there.
    pub op: OpKind,
    /// The operator, as it is written, orderings included.
    pub operator: &'static str,
    /// The argument.
    pub why: &'static str,
}

impl Suite {
    /// Why nobody can notice a mutant, if that is known.
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

    /// The first argument that is not for exactly one of these mutants.
    pub(super) fn stray_argument(&self, mutants: &[Mutant]) -> Option<(&Equivalent, usize)> {
        let meant = |known| mutants.iter().filter(|mutant| self.is_meant(known, mutant)).count();
        self.equivalents.iter().map(|known| (known, meant(known))).find(|(_, count)| *count != 1)
    }
}

/// What a row means when it is known which mutants are equivalent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judged {
    /// As it should be.
    Killed,
    /// As it should be, for this reason.
    Equivalent(&'static str),
    /// A finding: a model or an argument is missing.
    Survived,
    /// A finding: the argument is wrong.
    NotEquivalent,
    /// Nothing is known.
    Unjudged,
}

/// What a row means.
pub fn judge(suite: &Suite, row: &Row) -> Judged {
    match (&row.outcome, suite.equivalent(&row.mutant)) {
        (Outcome::Killed { .. }, None) => Judged::Killed,
        (Outcome::Killed { .. }, Some(_)) => Judged::NotEquivalent,
        (Outcome::Survived { .. }, Some(known)) => Judged::Equivalent(known.why),
        (Outcome::Survived { .. }, None) => Judged::Survived,
        (Outcome::Unjudged { .. }, _) => Judged::Unjudged,
    }
}
