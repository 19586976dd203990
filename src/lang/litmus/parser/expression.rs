//! Expressions, by precedence.

use super::variable::known_variable;
use super::{Parser, Scope};
use crate::il::{MemoryOrder, Span};
use crate::lang::litmus::cursor::{Parsed, unsupported};
use crate::lang::litmus::lexer::{Lexeme, Token};
use crate::lang::litmus::program::{Access, AccessKind, Binary, Expression, Target, Unary};

impl<'t> Parser<'t, '_> {
    pub(super) fn expression(&mut self, scope: &Scope<'t>) -> Parsed<Expression> {
        self.cursor.enter()?;
        let expression = self.binary(scope, 0)?;
        if let Lexeme { token: Token::Sign(sign @ ("?" | "++" | "--")), span } = self.cursor.peek()
        {
            return Err(unsupported(sign, span));
        }
        self.cursor.leave();
        Ok(expression)
    }

    /// An expression of operators with at least this precedence.
    fn binary(&mut self, scope: &Scope<'t>, least: u8) -> Parsed<Expression> {
        let mut left = self.unary(scope)?;
        loop {
            let Token::Sign(sign) = self.cursor.peek().token else { return Ok(left) };
            let found = Binary::TABLE.iter().find(|(known, ..)| *known == sign);
            let Some(&(_, precedence, binary)) = found else { return Ok(left) };
            if precedence < least {
                return Ok(left);
            }
            self.cursor.operator()?;
            let right = self.binary(scope, precedence + 1)?;
            left = Expression::Binary(binary, Box::new((left, right)));
        }
    }

    fn unary(&mut self, scope: &Scope<'t>) -> Parsed<Expression> {
        let unary = match self.cursor.peek().token {
            Token::Sign("-") => {
                if let Token::Number(_) = self.cursor.peek_at(1).token {
                    return self.cursor.integer().map(Expression::Constant);
                }
                Unary::Negate
            }
            Token::Sign("~") => Unary::Complement,
            Token::Sign("!") => Unary::Not,
            Token::Sign("+") => {
                self.cursor.operator()?;
                return self.unary(scope);
            }
            _ => return self.primary(scope),
        };
        self.cursor.operator()?;
        Ok(Expression::Unary(unary, Box::new(self.unary(scope)?)))
    }

    fn primary(&mut self, scope: &Scope<'t>) -> Parsed<Expression> {
        let Lexeme { token, span } = self.cursor.peek();
        match token {
            Token::Number(_) => self.cursor.integer().map(Expression::Constant),
            Token::Sign("*") => {
                let (target, order) = self.dereference(scope)?;
                Ok(load(target, order, self.cursor.since(span)))
            }
            Token::Sign("(") => {
                self.cursor.next();
                let inner = self.expression(scope)?;
                self.cursor.expect(")")?;
                Ok(inner)
            }
            Token::Sign(sign @ ("&" | "++" | "--" | "[" | "{")) => Err(unsupported(sign, span)),
            Token::Word(word) if self.cursor.peek_at(1).token == Token::Sign("(") => {
                self.call(scope, word)
            }
            Token::Word(_) if self.cursor.peek_at(1).token == Token::Sign("[") => {
                let (target, order) = self.element(scope)?;
                Ok(load(target, order, self.cursor.since(span)))
            }
            Token::Word(name) => {
                let variable = known_variable(scope, name, span)?;
                self.cursor.next();
                Ok(Expression::Variable(variable))
            }
            _ => Err(self.cursor.expected("an expression")),
        }
    }
}

/// A load; without an order it is plain.
pub(super) fn load(target: Target, order: Option<MemoryOrder>, span: Span) -> Expression {
    Expression::Access(Box::new(Access { target, kind: AccessKind::Load(order), span }))
}
