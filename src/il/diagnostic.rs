//! Findings about a source text: the mistake, and its place.

use std::fmt;

use super::Span;

/// One finding about a source text. Front ends return all the findings of one run; `report` draws them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// One lower-case line that names the thing: `label 'loop' is defined twice`.
    pub message: String,
    /// The place that the carets point at.
    pub span: Span,
    /// A second place that explains the first: `first defined here`.
    pub related: Option<(Span, String)>,
    /// Advice, where the remedy is obvious.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A finding without a second place or advice.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Diagnostic { message: message.into(), span, related: None, help: None }
    }

    /// Adds a second place.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related = Some((span, message.into()));
        self
    }

    /// Adds advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
