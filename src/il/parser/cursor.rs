//! Reads tokens, reports unexpected ones, and recovers after a mistake.

use super::super::lexer::{Fault, Lexeme, Lexer, Token};
use super::super::{Diagnostic, Span};
use super::{DECLARATIONS, Parsed, Parser, Reported};

/// The length up to which a message quotes a word.
const QUOTE_MAX: usize = 40;

impl<'t> Parser<'t> {
    /// Takes the current token.
    pub(super) fn advance(&mut self) -> Lexeme<'t> {
        let taken = self.current;
        self.taken_end = taken.span.range().end;
        self.current = self.lexer.next();
        taken
    }

    /// The token after the current one.
    pub(super) fn peek(&self) -> Token<'t> {
        let mut ahead: Lexer<'t> = self.lexer;
        ahead.next().token
    }

    pub(super) fn at_word(&self, word: &str) -> bool {
        self.current.token == Token::Word(word)
    }

    pub(super) fn at(&self, punctuation: char) -> bool {
        self.current.token == Token::Punct(punctuation)
    }

    /// Takes this word if it is next.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.advance();
        }
        found
    }

    /// Takes this character if it is next.
    pub(super) fn take(&mut self, punctuation: char) -> bool {
        let found = self.at(punctuation);
        if found {
            self.advance();
        }
        found
    }

    /// Takes this character, or reports that it is missing.
    pub(super) fn expect(&mut self, punctuation: char) -> Parsed<()> {
        if self.take(punctuation) {
            return Ok(());
        }
        Err(self.unexpected(&format!("'{punctuation}'")))
    }

    /// Takes `->`, or reports that it is missing.
    pub(super) fn expect_arrow(&mut self) -> Parsed<()> {
        if self.current.token == Token::Arrow {
            self.advance();
            return Ok(());
        }
        Err(self.unexpected("'->'"))
    }

    /// Reports a mistake unless the line ends here. The line's end is not taken, so that skipping the
    /// rest of the line never skips the next line.
    pub(super) fn expect_line_end(&mut self) -> Parsed<()> {
        match self.current.token {
            Token::EndOfLine | Token::EndOfText => Ok(()),
            _ => Err(self.unexpected("the end of the line")),
        }
    }

    /// The place from `start` to the last token taken.
    pub(super) fn span_from(&self, start: Span) -> Span {
        Span::new(start.range().start, self.taken_end)
    }

    /// Reports a finding.
    pub(super) fn report(&mut self, finding: Diagnostic) {
        self.reports.push(finding);
    }

    /// Reports a finding, if there is then nothing to return.
    pub(super) fn fail(&mut self, finding: Diagnostic) -> Reported {
        self.report(finding);
        Reported
    }

    /// Reports the current token as unexpected.
    pub(super) fn unexpected(&mut self, expected: &str) -> Reported {
        let finding = self.unexpected_finding(expected);
        self.fail(finding)
    }

    /// The finding about the current token, to which advice can be added.
    pub(super) fn unexpected_finding(&self, expected: &str) -> Diagnostic {
        let message = match self.current.token {
            Token::Bad(fault) => describe_fault(fault),
            token => format!("expected {expected}, found {}", describe(token)),
        };
        Diagnostic::new(self.current.span, message)
    }

    /// Goes to the first token of the next line that has one.
    pub(super) fn skip_line_ends(&mut self) {
        while self.current.token == Token::EndOfLine {
            self.advance();
        }
    }

    /// Goes to the current line's end.
    pub(super) fn skip_to_line_end(&mut self) {
        if !matches!(self.current.token, Token::EndOfLine | Token::EndOfText) {
            self.lexer.skip_line();
            self.advance();
        }
    }

    /// Goes to the next line that begins with a declaration's word.
    pub(super) fn skip_to_declaration(&mut self) {
        loop {
            self.skip_to_line_end();
            self.skip_line_ends();
            if self.current.token == Token::EndOfText || self.at_declaration() {
                return;
            }
        }
    }

    /// Whether a declaration begins here; `func:` and `func(` begin a block instead.
    pub(super) fn at_declaration(&self) -> bool {
        let Token::Word(word) = self.current.token else { return false };
        DECLARATIONS.contains(&word) && !matches!(self.peek(), Token::Punct(':' | '('))
    }
}

/// A word, cut to a length that fits a message.
pub(super) fn quote(word: &str) -> String {
    match word.char_indices().nth(QUOTE_MAX) {
        Some((end, _)) => format!("'{}...'", &word[..end]),
        None => format!("'{word}'"),
    }
}

fn describe(token: Token<'_>) -> String {
    match token {
        Token::Temp(name) => quote(&format!("%{name}")),
        Token::Symbol(name) => quote(&format!("@{name}")),
        Token::Caret(name) => quote(&format!("^{name}")),
        Token::Word(word) => quote(word),
        Token::Str(_) => "a string".to_owned(),
        Token::Punct(character) => format!("'{character}'"),
        Token::Arrow => "'->'".to_owned(),
        Token::EndOfLine => "the end of the line".to_owned(),
        Token::EndOfText => "the end of the text".to_owned(),
        Token::Bad(fault) => describe_fault(fault),
    }
}

fn describe_fault(fault: Fault) -> String {
    match fault {
        Fault::Character(character) => format!("unexpected character {character:?}"),
        Fault::NamelessSigil(sigil) => format!("'{sigil}' without a name after it"),
        Fault::OpenString => "the string is not closed on its line".to_owned(),
    }
}
