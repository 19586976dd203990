//! The initial state: `{ x=0; atomic_int y = 1; [z]=2; int a[2] = {0, 1}; 0:r0=3; }`.

use super::{InitialRegister, Parser, thread_number};
use crate::il::{Diagnostic, Span};
use crate::lang::litmus::cursor::{Parsed, unsupported};
use crate::lang::litmus::lexer::Token;

/// The maximum length of an array. No test has a longer one, and each access with an index compares with
/// every element.
const ELEMENTS_MAX: usize = 64;

impl<'t> Parser<'t, '_> {
    /// The braces and everything between them.
    pub(super) fn initial_state(&mut self) -> Parsed<()> {
        self.cursor.expect("{")?;
        while !self.cursor.take("}") {
            if self.cursor.take(";") {
                continue;
            }
            self.initial_value()?;
            if !self.cursor.is_at("}") && !self.cursor.is_at(";") {
                return Err(self.cursor.expected("';' or '}'"));
            }
        }
        Ok(())
    }

    fn initial_value(&mut self) -> Parsed<()> {
        let start = self.cursor.peek().span;
        let is_typed = self.is_typed();
        if is_typed {
            self.type_name()?;
        }
        if self.cursor.is_at("*") {
            return Err(Diagnostic::new(self.cursor.peek().span, "pointers are not supported"));
        }
        if let Some((thread, name)) = self.register()? {
            let value = self.value()?;
            let span = self.cursor.since(start);
            self.initial_registers.push(InitialRegister { thread, name, value, span });
            return Ok(());
        }
        let in_brackets = self.cursor.take("[");
        let (name, span) = self.location_name()?;
        if in_brackets {
            self.cursor.expect("]")?;
        }
        if self.locations.find(name).is_some() || self.locations.array(name).is_some() {
            return Err(Diagnostic::new(span, format!("location '{name}' is initialised twice")));
        }
        if !in_brackets && self.cursor.is_at("[") {
            return self.array(name);
        }
        let value = self.value()?;
        let id = self.locations.add(name);
        self.locations.all[id.0].initial = value;
        Ok(())
    }

    /// `[2] = {0, 1}`, after the name; elements without a value are zero.
    fn array(&mut self, name: &str) -> Parsed<()> {
        self.cursor.expect("[")?;
        let span = self.cursor.peek().span;
        let length = self.cursor.integer()?;
        let Some(length) =
            usize::try_from(length).ok().filter(|it| (1..=ELEMENTS_MAX).contains(it))
        else {
            let message = format!("an array has 1 to {ELEMENTS_MAX} elements, not {length}");
            return Err(Diagnostic::new(span, message));
        };
        self.cursor.expect("]")?;
        let array = self.locations.add_array(name, length);
        if !self.cursor.take("=") {
            return Ok(());
        }
        self.cursor.expect("{")?;
        let mut next = 0;
        while !self.cursor.take("}") {
            let span = self.cursor.peek().span;
            let element = array.at(name, next, span)?;
            self.locations.all[element.0].initial = self.cursor.integer()?;
            next += 1;
            if !self.cursor.take(",") && !self.cursor.is_at("}") {
                return Err(self.cursor.expected("',' or '}'"));
            }
        }
        Ok(())
    }

    /// Whether a type is here: if two words follow each other, the first is a type.
    fn is_typed(&self) -> bool {
        let is_word = |ahead| matches!(self.cursor.peek_at(ahead).token, Token::Word(_));
        self.is_at_type()
            || (is_word(0)
                && (is_word(1) || matches!(self.cursor.peek_at(1).token, Token::Sign("*"))))
    }

    /// `0:r0` or `P0:r0`, if that is next.
    pub(super) fn register(&mut self) -> Parsed<Option<(usize, &'t str)>> {
        let first = self.cursor.peek();
        if self.cursor.peek_at(1).token != Token::Sign(":") {
            return Ok(None);
        }
        let thread = match first.token {
            Token::Number(digits) => digits.parse().ok(),
            Token::Word(word) => thread_number(word),
            Token::Sign(_) | Token::End => return Ok(None),
        };
        let Some(thread) = thread else {
            return Err(self.cursor.expected("the number of a thread"));
        };
        self.cursor.next();
        self.cursor.next();
        let (name, _) = self.cursor.word("the name of a variable")?;
        Ok(Some((thread, name)))
    }

    /// `= 1`, `= ATOMIC_INIT(1)`, or nothing for zero.
    fn value(&mut self) -> Parsed<i32> {
        if !self.cursor.take("=") {
            return Ok(0);
        }
        if self.cursor.take_word("ATOMIC_INIT") {
            self.cursor.expect("(")?;
            let value = self.cursor.integer()?;
            self.cursor.expect(")")?;
            return Ok(value);
        }
        let start: Span = self.cursor.peek().span;
        match self.cursor.peek().token {
            Token::Sign("&") => {
                Err(unsupported("&", start).help("a location holds an integer, not an address"))
            }
            Token::Sign("{") => {
                let help = "say how many elements it has: y[2] = {0, 0}";
                Err(Diagnostic::new(start, "only an array begins with values in braces").help(help))
            }
            Token::Word(word) => {
                Err(unsupported(word, start).help("a location holds an integer, not an address"))
            }
            _ => self.cursor.integer(),
        }
    }
}
