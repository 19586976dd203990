//! Jumps: labels, `GOTO`, `GOSUB`, `RETURN` and `EXIT`.
//!
//! A jump out of `TRY` blocks removes their handlers; none leads into one. `GOSUB` puts the number of the
//! place after it on a stack of the function, and `RETURN` takes it from there.

use super::statement::blocks;
use super::{CELL, Loop, Routine, Type};
use crate::il::{self, BinaryOp, Diagnostic, Span, Value, nearest};
use crate::interp::Builtin;
use crate::lang::basic::tree::{Action, Body, Exit, Expression, LoopKind, Statement, Word};

/// How many `GOSUB` of one function may be open.
const GOSUBS_MAX: i64 = 128;

/// A label of the function.
#[derive(Clone, Debug)]
pub(super) struct Label {
    block: String,
    span: Span,
    /// The `TRY` blocks around it.
    tries: Vec<usize>,
    /// Whether a jump names it and its place has not been passed yet.
    is_due: bool,
}

/// The stack of open `GOSUB`s.
pub(super) struct Gosubs {
    cells: Value,
    depth: Value,
    /// The block where `RETURN` goes once it is known that a `GOSUB` is open.
    back: String,
    /// The blocks after each `GOSUB`.
    sites: Vec<String>,
    is_used: bool,
}

impl Routine<'_, '_, '_> {
    /// Finds all labels, so that jumps forward know them, and makes room for `GOSUB`.
    pub(super) fn find_labels(&mut self, body: &Body<'_>) {
        let mut finder = Finder { labels: vec![], tries: vec![], seen: 0 };
        finder.find(&body.statements);
        finder.labels.sort_by_key(|(word, _)| word.span.start);
        for (word, tries) in finder.labels {
            let key = word.key();
            if let Some(first) = self.labels.get(&key) {
                let error = Diagnostic::new(word.span, format!("duplicate label '{}'", word.text));
                let error = error.related(first.span, "first defined here");
                self.known.errors.add(error);
                continue;
            }
            let (block, is_due) = (self.f.fresh("label"), body.targets.contains(&key));
            self.labels.insert(key, Label { block, span: word.span, tries, is_due });
        }
        if body.gosubs > 0 {
            let (cells, depth) = self
                .f
                .in_prologue(|f| (f.alloca("gosubs", GOSUBS_MAX * CELL), f.alloca("depth", CELL)));
            let back = self.f.fresh("back");
            self.gosubs = Some(Gosubs { cells, depth, back, sites: vec![], is_used: false });
        }
    }

    /// The place of a label.
    pub(super) fn label_here(&mut self, word: Word<'_>) {
        let Some(label) = self.labels.get_mut(&word.key()).filter(|it| it.is_due) else {
            return;
        };
        label.is_due = false;
        let block = label.block.clone();
        self.jump(&block);
        self.begin(&block, true);
    }

    /// The label of a jump; `None` with an error if the jump is not possible.
    fn target(&mut self, word: Word<'_>) -> Option<Label> {
        let Some(label) = self.labels.get(&word.key()).cloned() else {
            if self.known.errors.only_counts() {
                return None;
            }
            // A number that is near another one says nothing.
            let is_name = |it: &&str| !it.starts_with(|first: char| first.is_ascii_digit());
            let labels = self.labels.keys().map(String::as_str).filter(is_name);
            let near = nearest(word.text, labels);
            let help = near.map(|near| format!("did you mean '{near}'?"));
            let error = Diagnostic::new(word.span, format!("unknown label '{}'", word.text));
            self.known.errors.add(Diagnostic { help, ..error });
            return None;
        };
        if !self.tries.starts_with(&label.tries) {
            let error = Diagnostic::new(word.span, "a jump into a TRY block");
            self.known.errors.add(error.related(label.span, "the label is inside of it"));
            return None;
        }
        Some(label)
    }

    /// Removes the handlers of the `TRY` blocks that a jump leaves.
    fn leave_tries(&mut self, kept: usize) {
        for _ in kept..self.tries.len() {
            self.f.pop_handler();
        }
    }

    pub(super) fn goto(&mut self, word: Word<'_>) {
        if let Some(label) = self.target(word) {
            self.leave_tries(label.tries.len());
            self.jump(&label.block);
        }
    }

    pub(super) fn gosub(&mut self, word: Word<'_>) {
        let Some(label) = self.target(word) else { return };
        if !self.tries.is_empty() {
            self.error(word.span, "GOSUB inside of a TRY block is not supported");
            return;
        }
        let site = self.f.fresh("gosub");
        let Some(gosubs) = &mut self.gosubs else { return };
        gosubs.sites.push(site.clone());
        let (cells, depth_at) = (gosubs.cells.clone(), gosubs.depth.clone());
        let number = gosubs.sites.len() as i64 - 1;
        let depth = self.f.load("depth", il::Type::I64, &depth_at);
        let fits = self.f.binary("fits", BinaryOp::SCmpLt, &depth, &Value::Int(GOSUBS_MAX));
        self.assert(&fits, &format!("GOSUB is nested more than {GOSUBS_MAX} deep"));
        let bytes = self.f.binary("bytes", BinaryOp::Mul, &depth, &Value::Int(CELL));
        let at = self.f.gep("at", &cells, &bytes);
        self.f.store(il::Type::I32, &at, &Value::Int(number));
        let deeper = self.f.binary("depth", BinaryOp::Add, &depth, &Value::Int(1));
        self.f.store(il::Type::I64, &depth_at, &deeper);
        self.jump(&label.block);
        self.begin(&site, self.is_live);
    }

    /// Traps with the message unless the condition holds.
    pub(super) fn assert(&mut self, condition: &Value, message: &str) {
        let message = self.f.text(message);
        self.call_values(Builtin::Assert, &[condition.clone(), message]);
    }

    /// `RETURN`, from a procedure with its value, or from a `GOSUB`.
    pub(super) fn return_statement(&mut self, value: Option<&Expression<'_>>, span: Span) {
        let signature = self.procedure.map(|index| &self.known.procedures[index]);
        let result = signature.and_then(|it| it.result);
        match (result, value) {
            (Some(ty), Some(value)) => {
                let typed = self.expression(value);
                let value = self.convert(typed, ty, value.span, "the result", true);
                self.f.ret(Some(&value));
                self.is_open = false;
            }
            (None, Some(value)) => {
                self.error_with(value.span, "only a FUNCTION returns a value", "write 'RETURN'");
            }
            (_, None) if self.gosubs.is_some() => {
                if !self.tries.is_empty() {
                    self.error(span, "RETURN to a GOSUB inside of a TRY block is not supported");
                    return;
                }
                let Some(gosubs) = &mut self.gosubs else { return };
                gosubs.is_used = true;
                let (back, depth_at) = (gosubs.back.clone(), gosubs.depth.clone());
                let depth = self.f.load("depth", il::Type::I64, &depth_at);
                let is_open = self.f.binary("is_open", BinaryOp::SCmpGt, &depth, &Value::Int(0));
                let none = self.f.fresh("back.none");
                self.f.branch_if(&is_open, &back, &none);
                self.begin(&none, self.is_live);
                if self.procedure.is_some() && result.is_none() {
                    return self.leave(None);
                }
                // A trap in the block that all share would not say which RETURN it was.
                self.assert(&Value::Bool(false), "RETURN without GOSUB");
                self.jump(&back);
            }
            (Some(_), None) => {
                self.error_with(
                    span,
                    "RETURN without a value in a FUNCTION",
                    "write 'RETURN value'",
                );
            }
            (None, None) if self.procedure.is_some() => self.leave(None),
            (None, None) => self.error(span, "RETURN without GOSUB"),
        }
    }

    /// The block that takes the number of a place from the stack, and goes there.
    pub(super) fn end_of_gosubs(&mut self) {
        let Some(gosubs) = self.gosubs.take().filter(|it| it.is_used) else { return };
        self.begin(&gosubs.back, true);
        let depth = self.f.load("depth", il::Type::I64, &gosubs.depth);
        let depth = self.f.binary("depth", BinaryOp::Sub, &depth, &Value::Int(1));
        self.f.store(il::Type::I64, &gosubs.depth, &depth);
        let bytes = self.f.binary("bytes", BinaryOp::Mul, &depth, &Value::Int(CELL));
        let at = self.f.gep("at", &gosubs.cells, &bytes);
        let site = self.f.load("site", il::Type::I32, &at);
        let cases: Vec<(i32, String)> = (1..).zip(gosubs.sites.iter().skip(1).cloned()).collect();
        match gosubs.sites.first() {
            Some(first) => self.f.switch(&site, first, &cases),
            None => self.leave(None),
        }
        self.is_open = false;
    }

    /// `EXIT FOR` and the like.
    pub(super) fn exit(&mut self, what: Exit, span: Span) {
        let is_function = self.procedure.map(|it| self.known.procedures[it].result.is_some());
        match (what, is_function) {
            (Exit::Loop(kind), _) => self.exit_loop(kind, span),
            (Exit::Sub, Some(false)) => self.leave(None),
            (Exit::Function, Some(true)) => {
                let ty = self.procedure.and_then(|it| self.known.procedures[it].result);
                self.result_slot(ty.unwrap_or(Type::Integer));
                self.leave(None);
            }
            (Exit::Sub, _) => self.error(span, "EXIT SUB outside of a SUB"),
            (Exit::Function, _) => self.error(span, "EXIT FUNCTION outside of a FUNCTION"),
        }
    }

    fn exit_loop(&mut self, kind: LoopKind, span: Span) {
        let word = keyword(kind);
        match self.loops.last_mut() {
            None => self.error(span, format!("EXIT {word} used outside of any loop")),
            Some(innermost) if innermost.kind != kind => {
                let found = keyword(innermost.kind);
                let message = format!("EXIT {word} does not match innermost loop ({found})");
                self.error_with(span, message, format!("write 'EXIT {found}'"));
            }
            Some(Loop { exit, is_left, tries, .. }) => {
                *is_left = true;
                let (exit, tries) = (exit.clone(), *tries);
                self.leave_tries(tries);
                self.jump(&exit);
            }
        }
    }
}

fn keyword(kind: LoopKind) -> &'static str {
    match kind {
        LoopKind::For => "FOR",
        LoopKind::While => "WHILE",
        LoopKind::Do => "DO",
    }
}

/// Walks statements in the order in which they are translated.
struct Finder<'t> {
    labels: Vec<(Word<'t>, Vec<usize>)>,
    tries: Vec<usize>,
    seen: usize,
}

impl<'t> Finder<'t> {
    fn find(&mut self, statements: &[Statement<'t>]) {
        for statement in statements {
            match &statement.action {
                Action::Label(word) => self.labels.push((*word, self.tries.clone())),
                Action::Try(body, _, handler) => {
                    self.tries.push(self.seen);
                    self.seen += 1;
                    self.find(body);
                    self.tries.pop();
                    self.find(handler);
                }
                other => blocks(other).into_iter().for_each(|block| self.find(block)),
            }
        }
    }
}
