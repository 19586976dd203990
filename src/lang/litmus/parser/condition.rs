//! The part after the threads: `locations` and the condition.
//!
//! The precedence is herd's: `~` binds tightest, then `=>`, then `/\`, then `\/`.

use std::collections::BTreeSet;

use super::{Parser, no_variable};
use crate::il::{Diagnostic, Span};
use crate::lang::litmus::condition::{Condition, Proposition, Quantifier, Term};
use crate::lang::litmus::cursor::{Parsed, unsupported};
use crate::lang::litmus::lexer::{Lexeme, Token};
use crate::lang::litmus::program::Thread;
use crate::lang::litmus::state::Observed;

impl Parser<'_, '_> {
    /// Reads the rest of the text: what is observed, the condition, and the place of both.
    pub(super) fn condition(
        &mut self,
        threads: &[Thread],
    ) -> Parsed<(BTreeSet<Observed>, Condition, Span)> {
        let start = self.cursor.peek().span;
        let mut observed = BTreeSet::new();
        if self.cursor.take_word("locations") {
            self.cursor.expect("[")?;
            while !self.cursor.take("]") {
                observed.insert(self.observed(threads)?);
                if !self.cursor.is_at("]") && !self.cursor.take(";") {
                    return Err(self.cursor.expected("';' or ']'"));
                }
            }
        }
        let condition = match self.quantifier()? {
            Some(quantifier) => {
                self.cursor.begin_operators();
                Condition { quantifier, proposition: self.proposition(threads)? }
            }
            // As in herd: a test without a condition cannot fail.
            None => {
                Condition { quantifier: Quantifier::Forall, proposition: Proposition::And(vec![]) }
            }
        };
        self.cursor.take(";");
        if self.cursor.peek().token != Token::End {
            return Err(self.cursor.expected("the end of the test"));
        }
        condition.proposition.collect_observed(&mut observed);
        Ok((observed, condition, self.cursor.since(start)))
    }

    fn quantifier(&mut self) -> Parsed<Option<Quantifier>> {
        let Lexeme { token, span } = self.cursor.peek();
        let quantifier = match token {
            Token::End => return Ok(None),
            Token::Word("exists") => Quantifier::Exists,
            Token::Word("forall") => Quantifier::Forall,
            Token::Sign("~") | Token::Word("not")
                if self.cursor.peek_at(1).token == Token::Word("exists") =>
            {
                self.cursor.next();
                Quantifier::NotExists
            }
            Token::Word(word) => return Err(unsupported(word, span)),
            _ => return Err(self.cursor.expected("'exists', '~exists' or 'forall'")),
        };
        self.cursor.next();
        Ok(Some(quantifier))
    }

    fn proposition(&mut self, threads: &[Thread]) -> Parsed<Proposition> {
        self.cursor.enter()?;
        let mut parts = vec![self.conjunction(threads)?];
        while self.cursor.is_at("\\/") {
            self.cursor.operator()?;
            parts.push(self.conjunction(threads)?);
        }
        self.cursor.leave();
        Ok(joined(parts, Proposition::Or))
    }

    fn conjunction(&mut self, threads: &[Thread]) -> Parsed<Proposition> {
        let mut parts = vec![self.implication(threads)?];
        while self.cursor.is_at("/\\") {
            self.cursor.operator()?;
            parts.push(self.implication(threads)?);
        }
        Ok(joined(parts, Proposition::And))
    }

    fn implication(&mut self, threads: &[Thread]) -> Parsed<Proposition> {
        let left = self.negation(threads)?;
        if !self.cursor.is_at("=>") {
            return Ok(left);
        }
        self.cursor.operator()?;
        let right = self.implication(threads)?;
        Ok(Proposition::Implies(Box::new(left), Box::new(right)))
    }

    fn negation(&mut self, threads: &[Thread]) -> Parsed<Proposition> {
        if self.cursor.is_at("~") || self.cursor.is_at_word("not") {
            self.cursor.operator()?;
            return Ok(Proposition::Not(Box::new(self.negation(threads)?)));
        }
        if self.cursor.take("(") {
            let inner = self.proposition(threads)?;
            self.cursor.expect(")")?;
            return Ok(inner);
        }
        if self.cursor.take_word("true") {
            return Ok(Proposition::And(vec![]));
        }
        if self.cursor.take_word("false") {
            return Ok(Proposition::Or(vec![]));
        }
        self.equation(threads)
    }

    /// `0:r0=1`, `x<>2`, `[x]=1:r1`
    fn equation(&mut self, threads: &[Thread]) -> Parsed<Proposition> {
        let left = self.observed(threads)?;
        let is_equal = self.cursor.is_at("=") || self.cursor.is_at("==");
        if !is_equal && !self.cursor.is_at("<>") && !self.cursor.is_at("!=") {
            return Err(self.cursor.expected("'='"));
        }
        self.cursor.next();
        let equation = Proposition::Equal(left, self.term(threads)?);
        Ok(if is_equal { equation } else { Proposition::Not(Box::new(equation)) })
    }

    fn term(&mut self, threads: &[Thread]) -> Parsed<Term> {
        let Lexeme { token, span } = self.cursor.peek();
        if self.cursor.peek_at(1).token == Token::Sign(":") || self.cursor.is_at("[") {
            return self.observed(threads).map(Term::Observed);
        }
        match token {
            Token::Sign("*") => {
                self.cursor.next();
                self.observed(threads).map(Term::Observed)
            }
            Token::Word(name) => {
                let message = format!("'{name}' is an address here");
                Err(Diagnostic::new(span, message).help(format!("its value is '[{name}]'")))
            }
            _ => self.cursor.integer().map(|value| Term::Value(value.into())),
        }
    }

    /// `0:r0`, `x` or `[x]`, which must exist.
    fn observed(&mut self, threads: &[Thread]) -> Parsed<Observed> {
        let start = self.cursor.peek().span;
        if let Some((number, name)) = self.register()? {
            let span = self.cursor.since(start);
            let Some(thread) = threads.get(number) else {
                return Err(Diagnostic::new(span, format!("there is no thread {number}")));
            };
            if thread.variables.iter().all(|variable| variable.name != name) {
                return Err(no_variable(number, name, span));
            }
            let thread = u32::try_from(number).unwrap_or(u32::MAX);
            return Ok(Observed::Register { thread, name: name.to_owned() });
        }
        let in_brackets = self.cursor.take("[");
        let (name, span) = self.cursor.word("a location or a variable")?;
        if let Some(array) = self.locations.array(name) {
            if !self.cursor.is_at("[") {
                let help = format!("name one of its elements: '{name}[0]'");
                return Err(Diagnostic::new(span, format!("'{name}' is an array")).help(help));
            }
            let start = self.cursor.next().span;
            let index = self.cursor.integer()?;
            self.cursor.expect("]")?;
            let element = array.at(name, index, self.cursor.since(start))?;
            if in_brackets {
                self.cursor.expect("]")?;
            }
            return Ok(Observed::Location(self.locations.all[element.0].name.clone()));
        }
        if self.cursor.is_at("[") {
            let span = self.cursor.peek().span;
            return Err(Diagnostic::new(span, format!("'{name}' is not an array")));
        }
        if in_brackets {
            self.cursor.expect("]")?;
        }
        if self.locations.find(name).is_none() {
            return Err(Diagnostic::new(span, format!("there is no location '{name}'")));
        }
        Ok(Observed::Location(name.to_owned()))
    }
}

/// The only part, or all of them joined.
fn joined(
    mut parts: Vec<Proposition>,
    join: impl FnOnce(Vec<Proposition>) -> Proposition,
) -> Proposition {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            join(parts)
        }
    }
}
