//! The parser's place in the lexemes, and how deep it may go from there.

use super::lexer::{Lexeme, Token};
use crate::il::{Diagnostic, Span};

/// How deep parentheses, calls and statements may nest. Far beyond any test, and well within the
/// smallest stack that a thread gets.
const DEPTH_MAX: usize = 64;

/// How many operators one statement or condition may have; bounds the height of its tree.
const OPERATORS_MAX: usize = 256;

/// What a step of the parser gives; the error is told and mended by the nearest statement.
pub(super) type Parsed<T> = Result<T, Diagnostic>;

/// A place in the lexemes.
pub(super) struct Cursor<'t> {
    /// The last one is the end.
    lexemes: Vec<Lexeme<'t>>,
    at: usize,
    depth: usize,
    operators: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(lexemes: Vec<Lexeme<'t>>) -> Self {
        Cursor { lexemes, at: 0, depth: 0, operators: 0 }
    }

    /// The lexeme so many places ahead; at the end, the end.
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

    /// What to say when something else comes next. Where that is known to be what drawloom leaves
    /// out of C, it says that instead.
    pub(super) fn expected(&self, what: &str) -> Diagnostic {
        /// No test can mean these by mistake.
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

    /// How deep it is; to be given back to [`recover`](Self::recover).
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Begins to count operators anew: a statement or a condition begins.
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

    /// After an error: goes behind the next semicolon, or to the brace that closes the block, and
    /// back to a depth.
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

    /// Takes an integer, which may have a minus in front of it.
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

/// What C or herd has and drawloom does not.
pub(super) fn unsupported(what: &str, span: Span) -> Diagnostic {
    Diagnostic::new(span, format!("'{what}' is not supported"))
}
