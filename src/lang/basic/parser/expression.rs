//! Expressions, by precedence.

use super::super::tree::{Binary, Expression, Kind, Unary};
use super::{HEIGHT_MAX, Parsed, Parser, TokenKind, is_reserved};
use crate::il::Span;

impl<'t> Parser<'t, '_> {
    pub(super) fn expression(&mut self) -> Parsed<Expression<'t>> {
        self.binary(1)
    }

    /// An expression of operators that bind at least this tightly.
    fn binary(&mut self, least: u32) -> Parsed<Expression<'t>> {
        let start = self.token().span;
        let mut left = self.unary()?;
        while let Some(operator) = self.binary_operator().filter(|it| it.precedence() >= least) {
            self.advance();
            let right = self.binary(operator.precedence() + 1)?;
            let heights = [left.height, right.height];
            let kind = Kind::Binary(operator, Box::new(left), Box::new(right));
            left = self.expression_of(self.since(start), kind, &heights)?;
        }
        Ok(left)
    }

    /// A sign or `NOT` before its operand. `^` binds more tightly: `-2 ^ 2` is -4.
    fn unary(&mut self) -> Parsed<Expression<'t>> {
        let start = self.token().span;
        if self.depth > HEIGHT_MAX {
            let message = format!("the expression has more than {HEIGHT_MAX} levels");
            return Err(self.error(start, message));
        }
        self.depth += 1;
        let parsed = if self.eat_mark("-") {
            self.minus(start)
        } else if self.eat_mark("+") {
            self.operand_of(start, Unary::Plus)
        } else if self.eat_word("NOT") {
            self.operand_of(start, Unary::Not)
        } else {
            self.postfix()
        };
        self.depth -= 1;
        parsed
    }

    /// What comes after a minus sign.
    pub(super) fn minus(&mut self, start: Span) -> Parsed<Expression<'t>> {
        if self.token().kind == TokenKind::Integer(1 << 63) {
            self.advance();
            return self.expression_of(self.since(start), Kind::Integer(i64::MIN), &[]);
        }
        self.operand_of(start, Unary::Minus)
    }

    fn operand_of(&mut self, start: Span, operator: Unary) -> Parsed<Expression<'t>> {
        let operand = self.binary(Binary::Power.precedence() - 1)?;
        let height = operand.height;
        let kind = Kind::Unary(operator, Box::new(operand));
        self.expression_of(self.since(start), kind, &[height])
    }

    /// An operand, with the members, calls and elements that follow it.
    pub(super) fn postfix(&mut self) -> Parsed<Expression<'t>> {
        let start = self.token().span;
        let mut value = self.primary()?;
        loop {
            if self.eat_mark("(") {
                let arguments = self.arguments()?;
                let mut heights: Vec<u32> = arguments.iter().map(|it| it.height).collect();
                heights.push(value.height);
                let kind = Kind::Call(Box::new(value), arguments);
                value = self.expression_of(self.since(start), kind, &heights)?;
            } else if self.eat_mark(".") {
                let Some(word) = self.token().word() else {
                    return Err(self.expected("the name of a member"));
                };
                self.advance();
                let height = value.height;
                let kind = Kind::Member(Box::new(value), word);
                value = self.expression_of(self.since(start), kind, &[height])?;
            } else {
                return Ok(value);
            }
        }
    }

    /// The arguments after a `(`.
    fn arguments(&mut self) -> Parsed<Vec<Expression<'t>>> {
        let mut arguments = vec![];
        if self.eat_mark(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if !self.eat_mark(",") {
                break;
            }
        }
        self.expect_mark(")")?;
        Ok(arguments)
    }

    fn primary(&mut self) -> Parsed<Expression<'t>> {
        let start = self.token().span;
        let kind = match &self.token().kind {
            TokenKind::Integer(value) => match i64::try_from(*value) {
                Ok(value) => Kind::Integer(value),
                Err(_) => {
                    let help = "an INTEGER has 64 bits; with '.0' it is a FLOAT";
                    let message = format!("'{value}' does not fit an INTEGER");
                    return Err(self.error_with(start, message, help));
                }
            },
            TokenKind::Bits(value) => Kind::Integer(*value),
            TokenKind::Float(value) => Kind::Float(*value),
            TokenKind::Text(text) => Kind::Text(text.clone()),
            TokenKind::Mark("(") => {
                self.advance();
                let inner = self.expression()?;
                self.expect_mark(")")?;
                return Ok(inner);
            }
            TokenKind::Word(_) => return self.word_expression(start),
            _ => return Err(self.expected("an expression")),
        };
        self.advance();
        self.expression_of(start, kind, &[])
    }

    fn word_expression(&mut self, start: Span) -> Parsed<Expression<'t>> {
        let Some(word) = self.token().word() else { return Err(self.expected("an expression")) };
        let kind = match word.key().as_str() {
            "TRUE" => Kind::Boolean(true),
            "FALSE" => Kind::Boolean(false),
            "NOTHING" => Kind::Nothing,
            "NEW" => {
                self.advance();
                let class = self.path("a class")?;
                let arguments = if self.eat_mark("(") { self.arguments()? } else { vec![] };
                let heights: Vec<u32> = arguments.iter().map(|it| it.height).collect();
                let kind = Kind::New(class, arguments);
                return self.expression_of(self.since(start), kind, &heights);
            }
            "ADDRESSOF" => {
                self.advance();
                let kind = Kind::AddressOf(self.path("a procedure")?);
                return self.expression_of(self.since(start), kind, &[]);
            }
            _ if is_reserved(word) => return Err(self.expected("an expression")),
            _ => {
                self.body.names.insert(word.key());
                Kind::Name(word)
            }
        };
        self.advance();
        self.expression_of(start, kind, &[])
    }
}
