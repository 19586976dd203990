//! A thread's own variables, and the words that cannot be their names.

use super::{Parser, Scope};
use crate::il::{Diagnostic, Span};
use crate::lang::litmus::cursor::{Parsed, unsupported};
use crate::lang::litmus::program::VariableId;

/// Words of C that a litmus test here cannot use. An unknown type is recognised by the variable's name
/// after it.
pub(super) const UNSUPPORTED: &[&str] = &[
    "struct", "union", "enum", "return", "break", "continue", "goto", "case", "default", "void",
    "char", "short", "long", "unsigned", "float", "double",
];

/// Words of C that a test can use, but not as names.
pub(super) const KEYWORDS: &[&str] =
    &["if", "else", "while", "do", "for", "int", "const", "volatile"];

impl<'t> Parser<'t, '_> {
    /// A variable that has been declared.
    pub(super) fn variable(&mut self, scope: &Scope<'t>) -> Parsed<VariableId> {
        let (name, span) = self.cursor.word("the name of a variable")?;
        known_variable(scope, name, span)
    }
}

/// The variable of this name.
pub(super) fn known_variable(scope: &Scope<'_>, name: &str, span: Span) -> Parsed<VariableId> {
    if let Some(&variable) = scope.by_name.get(name) {
        return Ok(variable);
    }
    if scope.parameters.contains_key(name) {
        let message = format!("'{name}' is the address of a location, not an integer");
        return Err(Diagnostic::new(span, message).help(format!("write '*{name}'")));
    }
    if UNSUPPORTED.contains(&name) {
        return Err(unsupported(name, span));
    }
    Err(Diagnostic::new(span, format!("'{name}' is not declared")))
}
