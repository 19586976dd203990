//! Procedures: `SUB` and `FUNCTION` with their parameters.

use super::super::tree::{Body, Param, Procedure, TypeName, Word};
use super::{Parsed, Parser};

impl<'t> Parser<'t, '_> {
    /// `SUB name(parameters) ... END SUB`, or a `FUNCTION` with a result.
    pub(super) fn procedure(&mut self) -> Parsed<()> {
        let start = self.token().span;
        let is_function = self.is_word("FUNCTION");
        self.advance();
        let outer = std::mem::take(&mut self.body);
        let head = self.head(is_function);
        if head.is_err() {
            self.skip_head();
        }
        let mut statements = vec![];
        let (opener, closers): (_, &'static [&'static str]) =
            if is_function { ("FUNCTION", &["END FUNCTION"]) } else { ("SUB", &["END SUB"]) };
        self.nested(opener, start, closers, |parser| parser.statement(&mut statements));
        let end = self.token().span;
        self.eat_closer(closers[0]);
        let body = std::mem::replace(&mut self.body, outer);
        if let Ok((name, params, result)) = head {
            let body = Body { statements, ..body };
            let namespace = self.namespace.clone();
            self.program.procedures.push(Procedure { name, namespace, params, result, body, end });
        }
        self.statement_end()
    }

    /// The name, the parameters and, of a `FUNCTION`, the type of the result.
    fn head(
        &mut self,
        is_function: bool,
    ) -> Parsed<(Word<'t>, Vec<Param<'t>>, Option<TypeName<'t>>)> {
        let name = self.name("a name for the procedure")?;
        if self.is_mark(".") {
            let message = "a procedure is declared by a name without dots";
            return Err(self.error_with(name.span, message, "put it into a NAMESPACE block"));
        }
        let params = if self.eat_mark("(") { self.params()? } else { vec![] };
        let written = self.as_type()?;
        if let (Some(TypeName::Written(path)), false) = (&written, is_function) {
            let help = "a procedure with a result is a FUNCTION";
            self.error_with(path.span(), "a SUB has no result", help);
        }
        Ok((name, params, is_function.then(|| written.unwrap_or(TypeName::OfName))))
    }

    /// The parameters after a `(`.
    fn params(&mut self) -> Parsed<Vec<Param<'t>>> {
        let mut params = vec![];
        while !self.is_mark(")") {
            self.eat_word("BYVAL");
            if self.is_word("BYREF") {
                let help = "share a module variable, or pass an object";
                let message = "parameters by reference are not supported";
                return Err(self.error_with(self.token().span, message, help));
            }
            let name = self.name("a parameter")?;
            if self.is_mark("(") {
                let help = "an array of the module is shared by all procedures";
                let message = format!("the array '{}' cannot be a parameter", name.text);
                return Err(self.error_with(name.span, message, help));
            }
            let ty = self.as_type()?;
            params.push(Param { name, ty });
            if !self.eat_mark(",") {
                break;
            }
        }
        self.expect_mark(")")?;
        Ok(params)
    }

    /// `AS type`, if it is here.
    pub(super) fn as_type(&mut self) -> Parsed<Option<TypeName<'t>>> {
        if !self.eat_word("AS") {
            return Ok(None);
        }
        Ok(Some(TypeName::Written(self.path("a type")?)))
    }

    /// A label: a line number or a name.
    pub(super) fn label(&mut self) -> Parsed<Word<'t>> {
        let word = match self.token().kind {
            super::TokenKind::Integer(_) => {
                Word { text: self.text_of_token(), span: self.token().span }
            }
            _ => return self.name("a label"),
        };
        self.advance();
        Ok(word)
    }
}
