//! Looking at tokens and passing them.

use super::super::lexer::{Token, TokenKind};
use super::super::tree::{Path, Word};
use super::{Parsed, Parser, Wrong, is_reserved};
use crate::il::{Diagnostic, Span};

impl<'t> Parser<'t, '_> {
    pub(super) fn token(&self) -> &Token<'t> {
        &self.tokens[self.at]
    }

    /// The text of the current token.
    pub(super) fn text_of_token(&self) -> &'t str {
        &self.text[self.token().span.range()]
    }

    /// The token after the current one.
    pub(super) fn next(&self) -> &Token<'t> {
        &self.tokens[(self.at + 1).min(self.tokens.len() - 1)]
    }

    pub(super) fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    pub(super) fn is_mark(&self, mark: &str) -> bool {
        matches!(self.token().kind, TokenKind::Mark(it) if it == mark)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.token().word().is_some_and(|it| it.is(word))
    }

    pub(super) fn is_line_end(&self) -> bool {
        matches!(self.token().kind, TokenKind::LineEnd | TokenKind::End)
    }

    pub(super) fn is_end(&self) -> bool {
        self.token().kind == TokenKind::End
    }

    pub(super) fn eat_mark(&mut self, mark: &str) -> bool {
        let is = self.is_mark(mark);
        if is {
            self.advance();
        }
        is
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let is = self.is_word(word);
        if is {
            self.advance();
        }
        is
    }

    pub(super) fn error(&mut self, span: Span, message: impl Into<String>) -> Wrong {
        self.errors.add(Diagnostic::new(span, message));
        Wrong
    }

    pub(super) fn error_with(
        &mut self,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Wrong {
        self.errors.add(Diagnostic::new(span, message).help(help));
        Wrong
    }

    /// An error at the current token: something else should be here.
    pub(super) fn expected(&mut self, what: &str) -> Wrong {
        let message = format!("expected {what}, found {}", self.token().describe());
        self.error(self.token().span, message)
    }

    pub(super) fn expect_mark(&mut self, mark: &str) -> Parsed<()> {
        if self.eat_mark(mark) { Ok(()) } else { Err(self.expected(&format!("'{mark}'"))) }
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.eat_word(word) { Ok(()) } else { Err(self.expected(&format!("'{word}'"))) }
    }

    /// A name that the program may give; not a word that the language needs.
    pub(super) fn name(&mut self, what: &str) -> Parsed<Word<'t>> {
        let Some(word) = self.token().word() else { return Err(self.expected(what)) };
        if is_reserved(word) {
            let message = format!("expected {what}, found the keyword '{}'", word.text);
            return Err(self.error(word.span, message));
        }
        self.advance();
        self.body.names.insert(word.key());
        Ok(word)
    }

    /// A name with dots. What follows a dot may be any word.
    pub(super) fn path(&mut self, what: &str) -> Parsed<Path<'t>> {
        let mut words = vec![self.name(what)?];
        while self.eat_mark(".") {
            let Some(word) = self.token().word() else { return Err(self.expected("a name")) };
            self.advance();
            words.push(word);
        }
        Ok(Path { words })
    }

    /// Passes everything up to the end of the line.
    pub(super) fn skip_line(&mut self) {
        while !self.is_line_end() {
            self.advance();
        }
    }

    pub(super) fn skip_separators(&mut self) {
        while self.is_mark(":") || self.token().kind == TokenKind::LineEnd {
            self.advance();
        }
    }
}
