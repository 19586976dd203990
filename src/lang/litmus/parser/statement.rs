//! Statements and declarations.

use super::expression::load;
use super::variable::{KEYWORDS, UNSUPPORTED};
use super::{Parser, Scope};
use crate::il::{Diagnostic, MemoryOrder};
use crate::lang::litmus::cursor::{Parsed, unsupported};
use crate::lang::litmus::lexer::{Lexeme, Token};
use crate::lang::litmus::program::{Binary, Expression, Statement, StatementKind, VariableId};

impl<'t> Parser<'t, '_> {
    /// Statements up to a closing brace, which is not taken. A wrong statement is reported and left out.
    pub(super) fn statements(&mut self, scope: &mut Scope<'t>) -> Parsed<Vec<Statement>> {
        let mut statements = Vec::new();
        while !self.cursor.is_at("}") {
            if self.cursor.peek().token == Token::End {
                return Err(self.cursor.expected("'}'"));
            }
            let depth = self.cursor.depth();
            if let Err(error) = self.statement(scope, &mut statements) {
                self.errors.add(error);
                self.cursor.recover(depth);
            }
        }
        Ok(statements)
    }

    /// One statement, or a block, or several variables declared at once.
    fn statement(&mut self, scope: &mut Scope<'t>, into: &mut Vec<Statement>) -> Parsed<()> {
        self.cursor.enter()?;
        self.cursor.begin_operators();
        let start = self.cursor.peek().span;
        match self.cursor.peek().token {
            Token::Sign("{") => {
                self.cursor.next();
                into.append(&mut self.statements(scope)?);
                self.cursor.expect("}")?;
            }
            Token::Sign(";") => {
                self.cursor.next();
            }
            Token::Word("if") => into.push(self.if_statement(scope)?),
            Token::Word("while") => {
                self.cursor.next();
                let condition = self.condition_in_parentheses(scope)?;
                let body = self.body(scope)?;
                into.push(Statement { kind: StatementKind::While(condition, body), span: start });
            }
            Token::Word("do") => {
                self.cursor.next();
                let body = self.body(scope)?;
                if !self.cursor.take_word("while") {
                    return Err(self.cursor.expected("'while'"));
                }
                self.cursor.begin_operators();
                let condition = self.condition_in_parentheses(scope)?;
                self.cursor.expect(";")?;
                into.push(Statement { kind: StatementKind::DoWhile(body, condition), span: start });
            }
            Token::Word("for") => self.for_statement(scope, into)?,
            Token::Word("else") => {
                return Err(Diagnostic::new(start, "'else' belongs to no 'if'"));
            }
            Token::Word(word) if UNSUPPORTED.contains(&word) => {
                return Err(unsupported(word, start));
            }
            _ => {
                self.simple(scope, into)?;
                self.cursor.expect(";")?;
            }
        }
        self.cursor.leave();
        Ok(())
    }

    fn body(&mut self, scope: &mut Scope<'t>) -> Parsed<Vec<Statement>> {
        let mut body = Vec::new();
        self.statement(scope, &mut body)?;
        Ok(body)
    }

    fn condition_in_parentheses(&mut self, scope: &mut Scope<'t>) -> Parsed<Expression> {
        self.cursor.expect("(")?;
        let condition = self.expression(scope)?;
        self.cursor.expect(")")?;
        Ok(condition)
    }

    fn if_statement(&mut self, scope: &mut Scope<'t>) -> Parsed<Statement> {
        let span = self.cursor.next().span;
        let condition = self.condition_in_parentheses(scope)?;
        let then = self.body(scope)?;
        let otherwise = if self.cursor.take_word("else") { self.body(scope)? } else { Vec::new() };
        Ok(Statement { kind: StatementKind::If(condition, then, otherwise), span })
    }

    /// `for (first; condition; step) body`; each part may be missing.
    fn for_statement(&mut self, scope: &mut Scope<'t>, into: &mut Vec<Statement>) -> Parsed<()> {
        let span = self.cursor.next().span;
        self.cursor.expect("(")?;
        if !self.cursor.is_at(";") {
            self.simple(scope, into)?;
        }
        self.cursor.expect(";")?;
        self.cursor.begin_operators();
        let condition =
            if self.cursor.is_at(";") { Expression::Constant(1) } else { self.expression(scope)? };
        self.cursor.expect(";")?;
        self.cursor.begin_operators();
        let mut step = Vec::new();
        if !self.cursor.is_at(")") {
            self.simple(scope, &mut step)?;
        }
        self.cursor.expect(")")?;
        let mut body = self.body(scope)?;
        body.append(&mut step);
        into.push(Statement { kind: StatementKind::While(condition, body), span });
        Ok(())
    }

    /// A statement that ends with a semicolon: a declaration, an assignment, a store, a fence or an
    /// expression.
    fn simple(&mut self, scope: &mut Scope<'t>, into: &mut Vec<Statement>) -> Parsed<()> {
        let start = self.cursor.peek().span;
        if self.is_at_type() {
            return self.declaration(scope, into);
        }
        let kind = match self.cursor.peek().token {
            Token::Sign("*") => self.assignment_to_location(scope)?,
            Token::Word(_) if self.cursor.peek_at(1).token == Token::Sign("[") => {
                self.assignment_to_location(scope)?
            }
            Token::Sign("++" | "--") => {
                let binary = self.step_operator()?;
                let variable = self.variable(scope)?;
                stepped(variable, binary, Expression::Constant(1))
            }
            Token::Word("atomic_store" | "atomic_store_explicit") => self.store_call(scope)?,
            Token::Word("atomic_thread_fence") => match self.fence_call()? {
                Some(order) => StatementKind::Fence(order),
                None => return Ok(()),
            },
            Token::Word(word) => match self.cursor.peek_at(1).token {
                Token::Word(_) => return Err(unsupported(word, start)),
                Token::Sign(
                    "=" | "+=" | "-=" | "*=" | "/=" | "%=" | "&=" | "|=" | "^=" | "<<=" | ">>="
                    | "++" | "--",
                ) => self.assignment(scope)?,
                _ => StatementKind::Evaluate(self.expression(scope)?),
            },
            _ => StatementKind::Evaluate(self.expression(scope)?),
        };
        into.push(Statement { kind, span: self.cursor.since(start) });
        Ok(())
    }

    /// `int r0 = e, r1`
    fn declaration(&mut self, scope: &mut Scope<'t>, into: &mut Vec<Statement>) -> Parsed<()> {
        let start = self.cursor.peek().span;
        if self.type_name()? {
            let span = self.cursor.since(start);
            return Err(Diagnostic::new(span, "a thread's own variable cannot be atomic"));
        }
        loop {
            if self.cursor.is_at("*") {
                let span = self.cursor.peek().span;
                return Err(Diagnostic::new(span, "a pointer variable is not supported"));
            }
            let expected = self.cursor.expected("the name of a variable");
            let (name, span) = self.cursor.word("the name of a variable")?;
            if KEYWORDS.contains(&name) || UNSUPPORTED.contains(&name) {
                return Err(expected);
            }
            if scope.parameters.contains_key(name) {
                let message = format!("'{name}' is a parameter of this thread");
                return Err(Diagnostic::new(span, message));
            }
            if self.cursor.is_at("[") {
                let span = self.cursor.peek().span;
                return Err(Diagnostic::new(span, "arrays are not supported"));
            }
            // As in C, the variable is in scope in its own initial value.
            let variable = scope.declare(name);
            if self.cursor.take("=") {
                let kind = StatementKind::Assign(variable, self.expression(scope)?);
                into.push(Statement { kind, span: self.cursor.since(start) });
            }
            if !self.cursor.take(",") {
                return Ok(());
            }
        }
    }

    /// `r0 = e`, `r0 += e`, `r0++`
    fn assignment(&mut self, scope: &mut Scope<'t>) -> Parsed<StatementKind> {
        let variable = self.variable(scope)?;
        if self.cursor.take("=") {
            return Ok(StatementKind::Assign(variable, self.expression(scope)?));
        }
        if self.cursor.is_at("++") || self.cursor.is_at("--") {
            let binary = self.step_operator()?;
            return Ok(stepped(variable, binary, Expression::Constant(1)));
        }
        let Token::Sign(sign) = self.cursor.peek().token else {
            return Err(self.cursor.expected("'='"));
        };
        let operator = sign.trim_end_matches('=');
        let found = Binary::TABLE.iter().find(|(known, ..)| *known == operator);
        let Some(&(.., binary)) = found else { return Err(self.cursor.expected("'='")) };
        self.cursor.operator()?;
        Ok(stepped(variable, binary, self.expression(scope)?))
    }

    /// `++` or `--`
    fn step_operator(&mut self) -> Parsed<Binary> {
        let binary = if self.cursor.is_at("++") { Binary::Add } else { Binary::Subtract };
        self.cursor.operator()?;
        Ok(binary)
    }

    /// `*x = e`, `y[i] = e`
    fn assignment_to_location(&mut self, scope: &mut Scope<'t>) -> Parsed<StatementKind> {
        let start = self.cursor.peek().span;
        let (target, order) =
            if self.cursor.is_at("*") { self.dereference(scope)? } else { self.element(scope)? };
        match self.cursor.peek() {
            Lexeme { token: Token::Sign("="), .. } => {}
            // A load whose value is dropped.
            Lexeme { token: Token::Sign(";"), .. } => {
                let value = load(target, order, self.cursor.since(start));
                return Ok(StatementKind::Evaluate(value));
            }
            Lexeme { token: Token::Sign(sign), span } => {
                let help = "read and write a location in statements of their own";
                return Err(unsupported(sign, span).help(help));
            }
            _ => return Err(self.cursor.expected("'='")),
        }
        self.cursor.next();
        Ok(StatementKind::Store(target, order, self.expression(scope)?))
    }

    /// `atomic_thread_fence(memory_order_seq_cst)`; a relaxed fence orders nothing and is left out.
    fn fence_call(&mut self) -> Parsed<Option<MemoryOrder>> {
        self.cursor.next();
        self.cursor.expect("(")?;
        let (order, _) = self.memory_order()?;
        self.cursor.expect(")")?;
        Ok(Some(order).filter(|&order| order != MemoryOrder::Relaxed))
    }
}

/// `variable = variable binary operand`
fn stepped(variable: VariableId, binary: Binary, operand: Expression) -> StatementKind {
    let operands = Box::new((Expression::Variable(variable), operand));
    StatementKind::Assign(variable, Expression::Binary(binary, operands))
}
