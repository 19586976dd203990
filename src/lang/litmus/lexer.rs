//! Splits the text after the header into lexemes.
//!
//! Comments differ by section, as they do for herd: `(* ... *)`, which nest, in the initial state
//! and the condition; `// ...` and `/* ... */` in the threads, where `(*x)` is an expression.

use super::super::errors::Errors;
use crate::il::{Diagnostic, Span};

/// The kind of a lexeme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A name or a keyword.
    Word(&'t str),
    /// Anything that begins with a digit; its reader decides whether it is a number.
    Number(&'t str),
    /// One of [`SIGNS`].
    Sign(&'static str),
    /// The end of the text.
    End,
}

/// A token and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexeme<'t> {
    pub(super) token: Token<'t>,
    pub(super) span: Span,
}

/// Every sign of both languages; a sign that is a prefix of another comes after it.
const SIGNS: &[&str] = &[
    "<<=", ">>=", "/\\", "\\/", "=>", "==", "!=", "<>", "<=", ">=", "&&", "||", "<<", ">>", "+=",
    "-=", "*=", "/=", "%=", "&=", "|=", "^=", "++", "--", "->", "{", "}", "(", ")", "[", "]", ";",
    ":", ",", "=", "<", ">", "+", "-", "*", "/", "%", "&", "|", "^", "~", "!", "?", ".",
];

/// The words that end the threads: the first of them outside braces begins the condition.
const CONDITION_WORDS: &[&str] =
    &["exists", "forall", "locations", "filter", "final", "observed", "Observed", "cases"];

/// The current section of the test.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Initial,
    Threads,
    Condition,
}

/// The lexemes from this byte on, which is the position of the brace of the initial state. The last one
/// is [`Token::End`].
pub(super) fn lex<'t>(text: &'t str, start: usize, errors: &mut Errors) -> Vec<Lexeme<'t>> {
    let mut lexer = Lexer { text, at: start, section: Section::Initial, braces: 0, errors };
    let mut lexemes = Vec::new();
    while let Some(lexeme) = lexer.next() {
        lexemes.push(lexeme);
    }
    lexemes.push(Lexeme { token: Token::End, span: Span::new(text.len(), text.len()) });
    lexemes
}

struct Lexer<'t, 'e> {
    text: &'t str,
    at: usize,
    section: Section,
    /// The number of open braces.
    braces: usize,
    errors: &'e mut Errors,
}

impl<'t> Lexer<'t, '_> {
    fn next(&mut self) -> Option<Lexeme<'t>> {
        loop {
            self.skip_blanks_and_comments();
            let rest = &self.text[self.at..];
            let first = rest.chars().next()?;
            let start = self.at;
            let token = if is_word(first) {
                let word = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
                self.at += word.len();
                if first.is_ascii_digit() { Token::Number(word) } else { Token::Word(word) }
            } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                self.at += sign.len();
                Token::Sign(sign)
            } else {
                self.at += first.len_utf8();
                let span = Span::new(start, self.at);
                let message = format!("'{}' is not supported", first.escape_debug());
                self.errors.add(Diagnostic::new(span, message));
                continue;
            };
            self.follow(token);
            return Some(Lexeme { token, span: Span::new(start, self.at) });
        }
    }

    /// Keeps track of the section.
    fn follow(&mut self, token: Token<'_>) {
        match token {
            Token::Sign("{") => self.braces += 1,
            Token::Sign("}") => {
                self.braces = self.braces.saturating_sub(1);
                if self.braces == 0 && self.section == Section::Initial {
                    self.section = Section::Threads;
                }
            }
            Token::Word(word) if self.braces == 0 && CONDITION_WORDS.contains(&word) => {
                self.section = Section::Condition;
            }
            _ => {}
        }
    }

    fn skip_blanks_and_comments(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            self.at += blanks;
            let rest = &rest[blanks..];
            let (opening, length) = match self.section {
                Section::Threads if rest.starts_with("//") => {
                    ("//", Some(rest.find('\n').unwrap_or(rest.len())))
                }
                Section::Threads if rest.starts_with("/*") => {
                    ("/*", rest[2..].find("*/").map(|at| at + 4))
                }
                Section::Initial | Section::Condition if rest.starts_with("(*") => {
                    ("(*", nested_comment(rest))
                }
                _ => return,
            };
            if length.is_none() {
                let span = Span::new(self.at, self.at + opening.len());
                self.errors.add(Diagnostic::new(span, "this comment has no end"));
            }
            self.at += length.unwrap_or(rest.len());
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The length of the comment at the beginning of the text: `(* ... *)`, with nested ones inside. `None`
/// if it does not end.
pub(super) fn nested_comment(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut open, mut at) = (0_usize, 0);
    loop {
        match bytes.get(at..at + 2)? {
            b"(*" => open += 1,
            b"*)" => open -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if open == 0 {
            return Some(at);
        }
    }
}
