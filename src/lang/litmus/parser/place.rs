//! The targets of accesses: `*x`, `y[i]`, `*(y + 1)`, and the arguments `x`, `&y[i]`, `y + 1`.

use super::{Parameter, Parser, Scope};
use crate::il::{Diagnostic, MemoryOrder, Span};
use crate::lang::litmus::cursor::{Parsed, unsupported};
use crate::lang::litmus::lexer::{Lexeme, Token};
use crate::lang::litmus::program::{Array, Expression, Target};

impl<'t> Parser<'t, '_> {
    /// `*x`, `*(y + 1)`: the target, and the order that the parameter's type gives to the access.
    pub(super) fn dereference(
        &mut self,
        scope: &Scope<'t>,
    ) -> Parsed<(Target, Option<MemoryOrder>)> {
        self.cursor.expect("*")?;
        let is_sum = self.cursor.is_at("(");
        self.parameter_named(scope, is_sum)
    }

    /// `y[i]`, as a value or on the left of `=`: the target, and its order.
    pub(super) fn element(&mut self, scope: &Scope<'t>) -> Parsed<(Target, Option<MemoryOrder>)> {
        let (name, span) = self.cursor.word("a parameter of the thread")?;
        let parameter = known_parameter(scope, name, span)?;
        let target = self.indexed(scope, name, &parameter)?;
        Ok((target, parameter.order()))
    }

    /// The address argument of a function of `<stdatomic.h>`.
    pub(super) fn address_argument(&mut self, scope: &Scope<'t>) -> Parsed<Target> {
        Ok(self.parameter_named(scope, true)?.0)
    }

    /// A parameter, possibly in parentheses; `is_sum` allows an offset after it.
    fn parameter_named(
        &mut self,
        scope: &Scope<'t>,
        is_sum: bool,
    ) -> Parsed<(Target, Option<MemoryOrder>)> {
        let mut open = 0;
        while self.cursor.take("(") {
            open += 1;
        }
        let Lexeme { token, span: start } = self.cursor.peek();
        let is_element =
            token == Token::Sign("&") && self.cursor.peek_at(2).token == Token::Sign("[");
        if is_element {
            self.cursor.next();
        } else if let Token::Sign(sign @ ("&" | "*")) = token {
            return Err(unsupported(sign, start).help("name a parameter of the thread"));
        }
        let (name, span) = self.cursor.word("a parameter of the thread")?;
        let parameter = known_parameter(scope, name, span)?;
        let target = if is_element {
            self.indexed(scope, name, &parameter)?
        } else if is_sum && parameter.array.is_some() && self.cursor.is_at("+") {
            self.cursor.operator()?;
            let index = self.expression(scope)?;
            parameter.element(name, index, self.cursor.since(span))?
        } else {
            Target::Location(parameter.location)
        };
        for _ in 0..open {
            self.cursor.expect(")")?;
        }
        Ok((target, parameter.order()))
    }

    /// `[i]`, after the name of an array.
    fn indexed(&mut self, scope: &Scope<'t>, name: &str, parameter: &Parameter) -> Parsed<Target> {
        let span = self.cursor.expect("[")?;
        let index = self.expression(scope)?;
        self.cursor.expect("]")?;
        if self.cursor.is_at("[") {
            let span = self.cursor.peek().span;
            return Err(Diagnostic::new(span, "an array of arrays is not supported"));
        }
        parameter.element(name, index, self.cursor.since(span))
    }
}

impl Parameter {
    /// The order of an access that names none.
    fn order(self) -> Option<MemoryOrder> {
        self.is_atomic.then_some(MemoryOrder::SeqCst)
    }

    /// The element of the array with this name that an index selects.
    fn element(self, name: &str, index: Expression, span: Span) -> Parsed<Target> {
        let Some(array) = self.array else {
            return Err(Diagnostic::new(span, format!("'{name}' is not an array")));
        };
        match index {
            Expression::Constant(index) => Ok(Target::Location(array.at(name, index, span)?)),
            index => Ok(Target::Element(array, Box::new(index))),
        }
    }
}

fn known_parameter(scope: &Scope<'_>, name: &str, span: Span) -> Parsed<Parameter> {
    let unknown = || Diagnostic::new(span, format!("'{name}' is not a parameter of this thread"));
    scope.parameters.get(name).copied().ok_or_else(unknown)
}

impl Array {
    /// The element with a known index.
    pub(super) fn at(self, name: &str, index: i32, span: Span) -> Parsed<super::LocationId> {
        let outside = || {
            let plural = if self.length == 1 { "" } else { "s" };
            let message = format!("array '{name}' has {} element{plural}, from 0", self.length);
            Diagnostic::new(span, message)
        };
        let index = usize::try_from(index).ok().filter(|&index| index < self.length);
        index.map(|index| super::LocationId(self.first.0 + index)).ok_or_else(outside)
    }
}
