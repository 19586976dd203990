//! Splits BASIC text into tokens.
//!
//! A line break is a token, since it ends a statement. Comments begin with `'` or `REM`; a `_` at the end
//! of a line continues it. Every text has tokens: what cannot be read is an error, and is skipped.

use super::super::errors::Errors;
use super::tree::Word;
use crate::il::{Diagnostic, Span, beginning};

/// A token and its place.
#[derive(Clone, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: TokenKind<'t>,
    pub(super) span: Span,
    /// Whether it is the first one of its line.
    pub(super) is_first: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind<'t> {
    /// A keyword or a name; a name may end in a suffix that gives its type.
    Word(&'t str),
    /// At most 2^63, which is an integer only after a minus sign.
    Integer(u64),
    /// All 64 bits, in hexadecimal or binary: `&HFFFFFFFFFFFFFFFF` is -1.
    Bits(i64),
    Float(f64),
    Text(String),
    /// An operator or another mark.
    Mark(&'static str),
    LineEnd,
    End,
}

/// The marks, those with two characters first.
const MARKS: &[&str] = &[
    "<>", "<=", ">=", "+", "-", "*", "/", "\\", "^", "=", "<", ">", "(", ")", ",", ";", ":", ".",
    "#", "@",
];

/// The characters that may end a name, and give its type.
pub(super) const SUFFIXES: [char; 5] = ['$', '%', '&', '!', '#'];

/// Reads a text; the last token is always [`TokenKind::End`].
pub(super) fn tokens<'t>(text: &'t str, errors: &mut Errors) -> Vec<Token<'t>> {
    let mut lexer = Lexer { text, at: beginning(text), errors, tokens: vec![], is_first: true };
    while lexer.token() {}
    let end = lexer.at;
    lexer.push(TokenKind::LineEnd, end);
    lexer.push(TokenKind::End, end);
    lexer.tokens
}

struct Lexer<'t, 'e> {
    text: &'t str,
    at: usize,
    errors: &'e mut Errors,
    tokens: Vec<Token<'t>>,
    is_first: bool,
}

impl<'t> Lexer<'t, '_> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Adds a token that ends where the lexer is.
    fn push(&mut self, kind: TokenKind<'t>, start: usize) {
        let ends_line = kind == TokenKind::LineEnd;
        let token = Token { kind, span: Span::new(start, self.at), is_first: self.is_first };
        self.tokens.push(token);
        self.is_first = ends_line;
    }

    fn error(&mut self, start: usize, message: impl Into<String>, help: Option<&str>) {
        let diagnostic = Diagnostic::new(Span::new(start, self.at), message);
        let help = help.map(str::to_owned);
        self.errors.add(Diagnostic { help, ..diagnostic });
    }

    /// Passes all characters that are like this.
    fn skip(&mut self, like: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !like(c)).unwrap_or(rest.len());
    }

    /// Reads a token; false at the end of the text.
    fn token(&mut self) -> bool {
        self.skip(|c| matches!(c, ' ' | '\t' | '\r'));
        let start = self.at;
        let Some(first) = self.rest().chars().next() else { return false };
        let second = self.rest()[first.len_utf8()..].chars().next().unwrap_or(' ');
        match first {
            '\n' => {
                // It is shown after the last character, and has none itself.
                self.push(TokenKind::LineEnd, start);
                self.at += 1;
            }
            '\'' => self.skip(|c| c != '\n'),
            '"' => self.string(start),
            '_' if self.ends_the_line() => {
                self.skip(|c| c != '\n');
                self.at += usize::from(self.at < self.text.len());
            }
            '0' if matches!(second, 'x' | 'X') => self.radix(start, 2, 16),
            '0' if matches!(second, 'b' | 'B') => self.radix(start, 2, 2),
            '&' if matches!(second, 'h' | 'H') => self.radix(start, 2, 16),
            '&' if matches!(second, 'b' | 'B') => self.radix(start, 2, 2),
            '0'..='9' => self.number(start),
            '.' if second.is_ascii_digit() => self.number(start),
            c if is_of_name(c) || c.is_alphabetic() => self.word(start),
            _ => match MARKS.iter().find(|mark| self.rest().starts_with(**mark)) {
                Some(mark) => {
                    self.at += mark.len();
                    self.push(TokenKind::Mark(mark), start);
                }
                None => {
                    self.at += first.len_utf8();
                    let help = (first == '%' || first == '&')
                        .then_some("a suffix stands directly after its name");
                    self.error(start, format!("unexpected {first:?}"), help);
                }
            },
        }
        true
    }

    /// Whether after a `_` only blanks and a comment follow.
    fn ends_the_line(&self) -> bool {
        let after = self.rest()[1..].trim_start_matches([' ', '\t', '\r']);
        after.is_empty() || after.starts_with(['\n', '\''])
    }

    fn word(&mut self, start: usize) {
        self.skip(|c| is_of_name(c) || c.is_alphanumeric());
        let word = &self.text[start..self.at];
        if word.eq_ignore_ascii_case("REM") {
            self.skip(|c| c != '\n');
            return;
        }
        if !word.is_ascii() {
            let help = "letters of names are A to Z";
            self.error(start, format!("'{word}' is not a name"), Some(help));
        }
        let suffix = self.rest().chars().next().filter(|c| SUFFIXES.contains(c));
        // `A&HFF` is no name with a suffix, and `PRINT #1` has a blank before its number.
        let radix = self.rest().get(1..2).is_some_and(|c| c.eq_ignore_ascii_case("h"));
        match suffix {
            Some('&') if radix => {}
            Some(suffix) => self.at += suffix.len_utf8(),
            None => {}
        }
        self.push(TokenKind::Word(&self.text[start..self.at]), start);
    }

    fn string(&mut self, start: usize) {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let run = rest.find(['"', '\n']).unwrap_or(rest.len());
            text.push_str(&rest[..run]);
            self.at += run;
            if self.rest().starts_with("\"\"") {
                text.push('"');
                self.at += 2;
            } else if self.rest().starts_with('"') {
                self.at += 1;
                break;
            } else {
                let help = "add a '\"'; a '\"' inside of a string is written twice";
                self.error(start, "the string does not end on its line", Some(help));
                text.truncate(text.trim_end_matches('\r').len());
                break;
            }
        }
        self.push(TokenKind::Text(text), start);
    }

    fn radix(&mut self, start: usize, prefix: usize, radix: u32) {
        self.at += prefix;
        let digits = self.at;
        self.skip(|c| c.is_ascii_alphanumeric());
        let text = &self.text[digits..self.at];
        let value = u64::from_str_radix(text, radix).unwrap_or_else(|_| {
            let message = format!("'{}' is not an integer", &self.text[start..self.at]);
            self.error(start, message, None);
            0
        });
        if self.rest().starts_with(['%', '&']) {
            self.at += 1;
        }
        self.push(TokenKind::Bits(value.cast_signed()), start);
    }

    fn number(&mut self, start: usize) {
        let is_digit = |c: char| c.is_ascii_digit();
        self.skip(is_digit);
        let mut is_float = false;
        let rest = self.rest();
        if rest.starts_with('.') && !rest[1..].starts_with(is_of_name_start) {
            is_float = true;
            self.at += 1;
            self.skip(is_digit);
        }
        let exponent = self.rest().strip_prefix(['e', 'E', 'd', 'D']);
        let digits = exponent.map(|it| it.strip_prefix(['+', '-']).unwrap_or(it));
        if let Some(digits) = digits.filter(|it| it.starts_with(is_digit)) {
            is_float = true;
            self.at = self.text.len() - digits.len();
            self.skip(is_digit);
        }
        let text = self.text[start..self.at].replace(['d', 'D'], "e");
        let suffix = self.rest().chars().next().filter(|c| SUFFIXES[1..].contains(c));
        if let Some(suffix) = suffix {
            is_float |= matches!(suffix, '!' | '#');
            self.at += 1;
        }
        if self.rest().starts_with(is_of_name_start) {
            self.skip(is_of_name);
            let message = format!("'{}' is not a number", &self.text[start..self.at]);
            self.error(start, message, Some("a name does not begin with a digit"));
            return self.push(TokenKind::Integer(0), start);
        }
        if is_float {
            return match text.parse::<f64>() {
                Ok(value) if value.is_finite() => self.push(TokenKind::Float(value), start),
                _ => {
                    self.error(start, format!("'{text}' does not fit a FLOAT"), None);
                    self.push(TokenKind::Float(0.0), start);
                }
            };
        }
        match text.parse::<u64>() {
            Ok(value) if value <= 1 << 63 => self.push(TokenKind::Integer(value), start),
            _ => {
                let help = "an INTEGER has 64 bits; with '.0' it is a FLOAT";
                self.error(start, format!("'{text}' does not fit an INTEGER"), Some(help));
                self.push(TokenKind::Integer(0), start);
            }
        }
    }
}

fn is_of_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

impl<'t> Token<'t> {
    /// The word, if it is one.
    pub(super) fn word(&self) -> Option<Word<'t>> {
        match self.kind {
            TokenKind::Word(text) => Some(Word { text, span: self.span }),
            _ => None,
        }
    }

    /// The token as a message names it.
    pub(super) fn describe(&self) -> String {
        match &self.kind {
            TokenKind::Word(text) => format!("'{text}'"),
            TokenKind::Integer(value) => format!("'{value}'"),
            TokenKind::Bits(value) => format!("'{value}'"),
            TokenKind::Float(value) => format!("'{value}'"),
            TokenKind::Text(_) => "a string".to_owned(),
            TokenKind::Mark(mark) => format!("'{mark}'"),
            TokenKind::LineEnd => "the end of the line".to_owned(),
            TokenKind::End => "the end of the file".to_owned(),
        }
    }
}
