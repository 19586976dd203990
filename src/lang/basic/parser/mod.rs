//! Parses tokens to a program.
//!
//! A statement that is wrong is left out, with an error, and parsing goes on at the next line. A block that
//! is not closed ends where something closes a block around it. Nesting is bounded, so that no text can
//! exhaust the stack.

mod block;
mod cursor;
mod expression;
mod procedure;
mod statement;

use super::super::errors::Errors;
use super::lexer::{self, Token, TokenKind};
use super::tree::{Body, Expression, Program, Statement, Using, Word};
use crate::il::{Diagnostic, Span};

/// How deeply blocks may be nested.
const BLOCKS_MAX: usize = 60;
/// How deeply an expression may be nested, also by a chain of operators.
const HEIGHT_MAX: u32 = 150;

/// Reads a file; the program is complete only if no errors were added.
pub(super) fn parse<'t>(text: &'t str, errors: &mut Errors) -> Program<'t> {
    let tokens = lexer::tokens(text, errors);
    let mut parser = Parser {
        text,
        tokens,
        at: 0,
        errors,
        program: Program::default(),
        body: Body::default(),
        open: vec![],
        namespace: String::new(),
        has_declared: false,
        depth: 0,
    };
    parser.file();
    parser.program
}

/// A block that has been opened and not closed yet.
struct Open {
    opener: &'static str,
    span: Span,
    closers: &'static [&'static str],
}

/// Why a statement or an expression is missing: an error has been added.
struct Wrong;

type Parsed<T> = Result<T, Wrong>;

struct Parser<'t, 'e> {
    text: &'t str,
    tokens: Vec<Token<'t>>,
    at: usize,
    errors: &'e mut Errors,
    program: Program<'t>,
    /// What is known of the body that is being parsed; its statements are added at its end.
    body: Body<'t>,
    open: Vec<Open>,
    /// The namespace around, as an upper-case path.
    namespace: String,
    /// Whether a namespace has been declared, after which no `USING` may come.
    has_declared: bool,
    /// How deep the expression is that is being parsed.
    depth: u32,
}

impl<'t> Parser<'t, '_> {
    /// The words at the current token that close a block or one of its parts, if there are any.
    fn closer(&self) -> Option<&'static str> {
        const ENDS: [(&str, &str); 8] = [
            ("IF", "END IF"),
            ("SELECT", "END SELECT"),
            ("TRY", "END TRY"),
            ("SUB", "END SUB"),
            ("FUNCTION", "END FUNCTION"),
            ("NAMESPACE", "END NAMESPACE"),
            ("USING", "END USING"),
            ("CLASS", "END CLASS"),
        ];
        const CLOSERS: [&str; 8] =
            ["ELSEIF", "ELSE", "NEXT", "WEND", "LOOP", "CASE", "CATCH", "FINALLY"];
        let word = self.token().word()?;
        if word.is("END") {
            let second = self.next().word()?;
            return ENDS.iter().find(|(end, _)| second.is(end)).map(|it| it.1);
        }
        if word.is("ENDIF") {
            return Some("END IF");
        }
        CLOSERS.into_iter().find(|closer| word.is(closer))
    }

    /// Passes the words of a closer, if they are here.
    fn eat_closer(&mut self, closer: &str) -> bool {
        let is = self.closer() == Some(closer);
        if is {
            let words = if self.is_word("END") { 2 } else { 1 };
            (0..words).for_each(|_| self.advance());
        }
        is
    }

    /// The whole file.
    fn file(&mut self) {
        let mut statements = vec![];
        loop {
            self.skip_separators();
            if self.is_end() {
                break;
            }
            match self.closer() {
                Some(closer) => self.stray(closer),
                None => self.outer(&mut statements),
            }
        }
        if statements.is_empty() && self.program.procedures.is_empty() && self.errors.is_empty() {
            self.error(self.token().span, "the program has no statement");
        }
        self.program.body = Body { statements, ..std::mem::take(&mut self.body) };
    }

    /// A closer that closes nothing.
    fn stray(&mut self, closer: &'static str) {
        let opener = match closer {
            "NEXT" => "FOR",
            "WEND" => "WHILE",
            "LOOP" => "DO",
            "CASE" => "SELECT CASE",
            "ELSE" | "ELSEIF" => "IF",
            "CATCH" | "FINALLY" => "TRY",
            other => other.trim_start_matches("END "),
        };
        self.error(self.token().span, format!("'{closer}' without '{opener}'"));
        self.skip_line();
    }

    /// A statement, a procedure, a `NAMESPACE` or a `USING`.
    fn outer(&mut self, statements: &mut Vec<Statement<'t>>) {
        let is_numbered =
            self.token().is_first && matches!(self.token().kind, TokenKind::Integer(_));
        if is_numbered && self.next().word().is_some_and(|it| is_outer(it)) {
            self.advance(); // The line number of a declaration; nothing can jump to it.
        }
        let done = match self.token().word() {
            Some(word) if word.is("SUB") || word.is("FUNCTION") => self.procedure(),
            Some(word) if word.is("NAMESPACE") => {
                self.namespace();
                Ok(())
            }
            Some(word) if word.is("USING") => self.using(),
            _ => {
                self.statement(statements);
                Ok(())
            }
        };
        if done.is_err() {
            self.skip_line();
        }
    }

    /// `USING path` and `USING alias = path`
    fn using(&mut self) -> Parsed<()> {
        let start = self.token().span;
        self.advance();
        let first = self.path("a namespace")?;
        if self.is_word("AS") {
            let message = "a USING block with a resource is not supported";
            return Err(self.error(start, message));
        }
        let (alias, path) = if self.eat_mark("=") {
            (Some(first.words[0]), self.path("a namespace")?)
        } else {
            (None, first)
        };
        if self.has_declared {
            let message = "E_NS_005: USING must come before all namespaces";
            return Err(self.error_with(start, message, "move it to the top of the file"));
        }
        self.program.usings.push(Using { alias, path });
        self.statement_end()
    }

    /// `NAMESPACE path ... END NAMESPACE`
    fn namespace(&mut self) {
        let start = self.token().span;
        self.advance();
        self.has_declared = true;
        let Ok(path) = self.path("a name for the namespace") else {
            self.skip_line();
            self.nested("NAMESPACE", start, &["END NAMESPACE"], Self::member_of_namespace);
            self.eat_closer("END NAMESPACE");
            return;
        };
        if super::names::is_root(path.words[0]) {
            let root = path.words[0].text;
            let message = format!("E_NS_009: the root namespace '{root}' is reserved");
            self.error_with(path.span(), message, "choose another name for your own namespace");
        }
        let outer = self.namespace.clone();
        for word in &path.words {
            if !self.namespace.is_empty() {
                self.namespace.push('.');
            }
            self.namespace.push_str(&word.key());
            self.program.namespaces.insert(self.namespace.clone());
        }
        self.nested("NAMESPACE", start, &["END NAMESPACE"], Self::member_of_namespace);
        self.eat_closer("END NAMESPACE");
        self.namespace = outer;
    }

    /// Something inside of a `NAMESPACE`.
    fn member_of_namespace(&mut self) {
        if self.token().is_first && matches!(self.token().kind, TokenKind::Integer(_)) {
            self.advance(); // The line number of a declaration; nothing can jump to it.
            if self.is_line_end() || self.closer().is_some() {
                return;
            }
        }
        let done = match self.token().word() {
            Some(word) if word.is("SUB") || word.is("FUNCTION") => self.procedure(),
            Some(word) if word.is("NAMESPACE") => {
                self.namespace();
                Ok(())
            }
            Some(word) if word.is("USING") => {
                let message = "E_NS_008: USING inside of a NAMESPACE";
                Err(self.error_with(word.span, message, "move it to the top of the file"))
            }
            Some(word) if is_block_of_types(word) => self.refused(word),
            _ => Err(self.expected("SUB, FUNCTION, NAMESPACE or END NAMESPACE")),
        };
        if done.is_err() {
            self.skip_line();
        }
    }

    /// What is inside of a block, up to its closer or to one of a block around it.
    fn nested(
        &mut self,
        opener: &'static str,
        span: Span,
        closers: &'static [&'static str],
        mut part: impl FnMut(&mut Self),
    ) {
        if self.open.len() == BLOCKS_MAX {
            let message = format!("blocks are nested more than {BLOCKS_MAX} deep");
            self.error(span, message);
            self.at = self.tokens.len() - 1;
            return;
        }
        self.open.push(Open { opener, span, closers });
        loop {
            self.skip_separators();
            match self.closer() {
                Some(closer) if closers.contains(&closer) => break,
                Some(closer) if self.open.iter().any(|open| open.closers.contains(&closer)) => {
                    self.unclosed();
                    break;
                }
                Some(closer) => self.stray(closer),
                None if self.is_end() => {
                    self.unclosed();
                    break;
                }
                None => part(self),
            }
        }
        self.open.pop();
    }

    /// The innermost block has no end.
    fn unclosed(&mut self) {
        let Some(open) = self.open.last() else { return };
        let closer = open.closers[open.closers.len() - 1];
        let found = self.token().describe();
        let message = format!("'{}' has no '{closer}'", open.opener);
        let note = format!("expected '{closer}' before {found}");
        let diagnostic = Diagnostic::new(open.span, message).related(self.token().span, note);
        self.errors.add(diagnostic);
    }

    /// The end of a statement: a `:`, the end of the line, or an `ELSE` on the same line.
    fn statement_end(&mut self) -> Parsed<()> {
        // A block that has no end of its own ended before the first word of this line.
        let is_next_line = self.token().is_first;
        if self.is_mark(":") || self.is_line_end() || self.is_word("ELSE") || is_next_line {
            Ok(())
        } else {
            Err(self.expected("the end of the statement"))
        }
    }

    /// An expression, made of parts; bounds how high the tree becomes.
    fn expression_of(
        &mut self,
        span: Span,
        kind: super::tree::Kind<'t>,
        parts: &[u32],
    ) -> Parsed<Expression<'t>> {
        let height = parts.iter().max().map_or(1, |highest| highest + 1);
        if height > HEIGHT_MAX {
            return Err(
                self.error(span, format!("the expression has more than {HEIGHT_MAX} levels"))
            );
        }
        Ok(Expression { span, height, kind })
    }
}

fn is_outer(word: Word<'_>) -> bool {
    ["SUB", "FUNCTION", "NAMESPACE", "USING"].iter().any(|it| word.is(it))
}

/// Whether a declaration of a type begins with this word, which has an `END` of its own.
fn is_block_of_types(word: Word<'_>) -> bool {
    ["CLASS", "INTERFACE", "ENUM", "TYPE"].iter().any(|it| word.is(it))
}

/// Whether the language needs the word.
fn is_reserved(word: Word<'_>) -> bool {
    const RESERVED: &[&str] = &[
        "ADDRESSOF",
        "AND",
        "ANDALSO",
        "AS",
        "CALL",
        "CASE",
        "CATCH",
        "CONST",
        "DIM",
        "DO",
        "ELSE",
        "ELSEIF",
        "END",
        "ENDIF",
        "EXIT",
        "FALSE",
        "FINALLY",
        "FOR",
        "FUNCTION",
        "GOSUB",
        "GOTO",
        "IF",
        "IS",
        "LET",
        "LOOP",
        "MOD",
        "NAMESPACE",
        "NEW",
        "NEXT",
        "NOT",
        "NOTHING",
        "OR",
        "ORELSE",
        "PRINT",
        "RETURN",
        "SELECT",
        "STEP",
        "SUB",
        "THEN",
        "TO",
        "TRUE",
        "TRY",
        "UNTIL",
        "USING",
        "WEND",
        "WHILE",
        "XOR",
    ];
    RESERVED.iter().any(|it| word.is(it))
}
