//! The parser's position in the lexemes, and its limits on depth.

use super::lexer::{Lexeme, Token};
use crate::il::{Diagnostic, Span};

/// The maximum nesting of parentheses, calls and statements. This is far more than any test needs, and
/// well within the smallest stack that a thread gets.
const DEPTH_MAX: usize = 64;

/// The maximum number of operators in one statement or condition, which limits the height of its tree.
const OPERATORS_MAX: usize = 256;

/// The result of a step of the parser. The nearest statement reports the error and recovers.
pub(super) type Parsed<T> = Result<T, Diagnostic>;

/// A position in the lexemes.
pub(super) struct Cursor<'t> {
    /// The lexemes; the last one is the end.
    lexemes: Vec<Lexeme<'t>>,
    at: usize,
    depth: usize,
    operators: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(lexemes: Vec<Lexeme<'t>>) -> Self {
        Cursor { lexemes, at: 0, depth: 0, operators: 0 }
    }

    /// The lexeme this many places ahead; the end, if there are not that many.
    pub(super) fn peek_at(&self, ahead: usize) -> Lexeme<'t> {
        let end = Lexeme { token: Token::End, span: Span::default() };
        let last = self.lexemes.last().copied().unwrap_or(end);
        self.lexemes.get(self.at + ahead).copied().unwrap_or(last)
    }

    pub(super) fn peek(&self) -> Lexeme<'t> {
        self.peek_at(0)
    }

    pub(super) fn next(&mut self) -> Lexeme<'t> {
        let lexeme = self.peek();
        self.at = (self.at + 1).min(self.lexemes.len());
        lexeme
    }

    /// The place of the lexeme taken last.
    pub(super) fn last_span(&self) -> Span {
        self.at
            .checked_sub(1)
            .and_then(|at| self.lexemes.get(at))
            .map_or(Span::default(), |it| it.span)
    }

    /// From the beginning of this place to the end of the lexeme taken last.
    pub(super) fn since(&self, start: Span) -> Span {
        Span { start: start.start, end: self.last_span().end }
    }

    pub(super) fn is_at(&self, sign: &str) -> bool {
        matches!(self.peek().token, Token::Sign(found) if found == sign)
    }

    pub(super) fn is_at_word(&self, word: &str) -> bool {
        self.peek().token == Token::Word(word)
    }

    /// Takes the sign if it is next.
    pub(super) fn take(&mut self, sign: &str) -> bool {
        let found = self.is_at(sign);
        if found {
            self.next();
        }
        found
    }

    /// Takes the word if it is next.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_at_word(word);
        if found {
            self.next();
        }
        found
    }

    /// Takes the sign, which must be next.
    pub(super) fn expect(&mut self, sign: &str) -> Parsed<Span> {
        if self.is_at(sign) {
            Ok(self.next().span)
        } else {
            Err(self.expected(&format!("'{sign}'")))
        }
    }

    /// Takes any word, which must be next; `what` says which one is meant.
    pub(super) fn word(&mut self, what: &str) -> Parsed<(&'t str, Span)> {
        match self.peek() {
            Lexeme { token: Token::Word(word), span } => {
                self.next();
                Ok((word, span))
            }
            _ => Err(self.expected(what)),
        }
    }

    /// The error for an unexpected lexeme. If it is a part of C that drawloom does not support, the
    /// error says that instead.
    pub(super) fn expected(&self, what: &str) -> Diagnostic {
        /// No test can contain these by mistake.
        const LEFT_OUT: &[&str] = &["?", ".", "->"];
        let Lexeme { token, span } = self.peek();
        let message = match token {
            Token::Sign(sign) if LEFT_OUT.contains(&sign) => return unsupported(sign, span),
            Token::Word(text) | Token::Number(text) => format!("expected {what}, found '{text}'"),
            Token::Sign(sign) => format!("expected {what}, found '{sign}'"),
            Token::End => format!("expected {what}, found the end of the text"),
        };
        Diagnostic::new(span, message)
    }

    /// Goes one level deeper, until [`leave`](Self::leave).
    pub(super) fn enter(&mut self) -> Parsed<()> {
        if self.depth == DEPTH_MAX {
            let message = format!("this nests too deeply (at most {DEPTH_MAX} levels)");
            return Err(Diagnostic::new(self.peek().span, message));
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// The current depth, to be passed to [`recover`](Self::recover).
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Starts counting operators at zero, for a new statement or condition.
    pub(super) fn begin_operators(&mut self) {
        self.operators = 0;
    }

    /// Takes an operator.
    pub(super) fn operator(&mut self) -> Parsed<()> {
        let span = self.next().span;
        self.operators += 1;
        if self.operators > OPERATORS_MAX {
            let message = format!("too many operators (at most {OPERATORS_MAX} in one place)");
            return Err(Diagnostic::new(span, message));
        }
        Ok(())
    }

    /// After an error: goes past the next semicolon, or to the brace that closes the block, and back to
    /// a depth.
    pub(super) fn recover(&mut self, depth: usize) {
        self.depth = depth;
        let mut braces = 0_usize;
        loop {
            match self.peek().token {
                Token::End => return,
                Token::Sign("}") if braces == 0 => return,
                Token::Sign("}") => braces -= 1,
                Token::Sign("{") => braces += 1,
                Token::Sign(";") if braces == 0 => {
                    self.next();
                    return;
                }
                _ => {}
            }
            self.next();
        }
    }

    /// Takes an integer, with an optional minus sign.
    pub(super) fn integer(&mut self) -> Parsed<i32> {
        let start = self.peek().span;
        let is_negative = self.take("-");
        let Lexeme { token: Token::Number(text), span } = self.peek() else {
            return Err(self.expected("an integer"));
        };
        self.next();
        if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            let value = u32::from_str_radix(digits, 16).map_err(|_| not_an_integer(text, span))?;
            let value = value as i32;
            return Ok(if is_negative { value.wrapping_neg() } else { value });
        }
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(not_an_integer(text, span));
        }
        if text.len() > 1 && text.starts_with('0') {
            let help = "C reads this as octal, herd as decimal: leave out the leading zero";
            return Err(unsupported(text, span).help(help));
        }
        let signed = if is_negative { format!("-{text}") } else { text.to_owned() };
        let out_of_range = || {
            let message = format!("{signed} is out of range ({} to {})", i32::MIN, i32::MAX);
            Diagnostic::new(self.since(start), message)
        };
        signed.parse().map_err(|_| out_of_range())
    }
}

fn not_an_integer(text: &str, span: Span) -> Diagnostic {
    Diagnostic::new(span, format!("'{text}' is not a 32-bit integer"))
}

/// The error for something that C or herd has and drawloom does not.
pub(super) fn unsupported(what: &str, span: Span) -> Diagnostic {
    Diagnostic::new(span, format!("'{what}' is not supported"))
}
