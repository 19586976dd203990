//! Parses lexemes to a [`Test`], and resolves every name.
//!
//! A mistake drops its statement; a mistake outside the threads' statements ends the parsing.

mod call;
mod condition;
mod expression;
mod initial;
mod place;
mod statement;
mod variable;

use std::collections::BTreeMap;

use super::super::errors::Errors;
use super::cursor::{Cursor, Parsed, unsupported};
use super::header;
use super::lexer::{Lexeme, Token, lex};
use super::program::{Array, Location, LocationId, Test, Thread, Variable, VariableId};
use crate::il::{Diagnostic, Span};

/// Reads a whole text. Returns a test only if no errors were added.
pub(super) fn parse(text: &str, errors: &mut Errors) -> Option<Test> {
    let header = header::read(text).map_err(|error| errors.add(error)).ok()?;
    let lexemes = lex(text, header.end, errors);
    if !errors.is_empty() {
        return None;
    }
    let mut parser = Parser {
        cursor: Cursor::new(lexemes),
        errors,
        locations: Locations::default(),
        initial_registers: vec![],
    };
    match parser.test(header.name) {
        Ok(test) if parser.errors.is_empty() => Some(test),
        Ok(_) => None,
        Err(error) => {
            parser.errors.add(error);
            None
        }
    }
}

struct Parser<'t, 'e> {
    cursor: Cursor<'t>,
    errors: &'e mut Errors,
    locations: Locations,
    initial_registers: Vec<InitialRegister<'t>>,
}

/// `0:r0=1` in the initial state, which comes before the thread is known.
struct InitialRegister<'t> {
    thread: usize,
    name: &'t str,
    value: i32,
    span: Span,
}

/// The locations so far.
#[derive(Default)]
struct Locations {
    all: Vec<Location>,
    by_name: BTreeMap<String, LocationId>,
    arrays: BTreeMap<String, Array>,
}

impl Locations {
    fn find(&self, name: &str) -> Option<LocationId> {
        self.by_name.get(name).copied()
    }

    /// The location with this name; a new one has the value zero.
    fn add(&mut self, name: &str) -> LocationId {
        let next = LocationId(self.all.len());
        let id = *self.by_name.entry(name.to_owned()).or_insert(next);
        if id == next {
            self.all.push(Location { name: name.to_owned(), initial: 0 });
        }
        id
    }

    /// The array with this name.
    fn array(&self, name: &str) -> Option<Array> {
        self.arrays.get(name).copied()
    }

    /// A new array of zeros; it has at least one element.
    fn add_array(&mut self, name: &str, length: usize) -> Array {
        let first = LocationId(self.all.len());
        for index in 0..length {
            self.add(&format!("{name}[{index}]"));
        }
        let array = Array { first, length };
        self.arrays.insert(name.to_owned(), array);
        array
    }
}

/// A thread's pointer to a location.
#[derive(Clone, Copy)]
struct Parameter {
    /// The location, or the first one of the array.
    location: LocationId,
    array: Option<Array>,
    /// Whether `*x` is an atomic access.
    is_atomic: bool,
}

/// A thread while its body is read.
#[derive(Default)]
struct Scope<'t> {
    parameters: BTreeMap<&'t str, Parameter>,
    by_name: BTreeMap<&'t str, VariableId>,
    variables: Vec<Variable>,
}

impl<'t> Scope<'t> {
    /// The variable with this name. A second declaration means the same variable, as in herd.
    fn declare(&mut self, name: &'t str) -> VariableId {
        let next = VariableId(self.variables.len());
        let id = *self.by_name.entry(name).or_insert(next);
        if id == next {
            self.variables.push(Variable { name: name.to_owned(), initial: 0 });
        }
        id
    }
}

impl<'t> Parser<'t, '_> {
    fn test(&mut self, name: String) -> Parsed<Test> {
        self.initial_state()?;
        let mut threads = Vec::new();
        while let Lexeme { token: Token::Word(word), span } = self.cursor.peek() {
            let Some(number) = thread_number(word) else { break };
            if number != threads.len() {
                let message = format!("expected thread P{}, found '{word}'", threads.len());
                return Err(Diagnostic::new(span, message));
            }
            threads.push(self.thread()?);
        }
        if threads.is_empty() {
            return Err(self.cursor.expected("thread P0"));
        }
        for register in std::mem::take(&mut self.initial_registers) {
            initialise(&mut threads, &register)?;
        }
        let (observed, condition, condition_span) = self.condition(&threads)?;
        let locations = std::mem::take(&mut self.locations.all);
        Ok(Test { name, locations, threads, observed, condition, condition_span })
    }

    /// `P0 (atomic_int* x, int* y) { ... }`
    fn thread(&mut self) -> Parsed<Thread> {
        let span = self.cursor.next().span;
        let mut scope = Scope::default();
        self.cursor.expect("(")?;
        if !self.cursor.take(")") {
            loop {
                self.parameter(&mut scope)?;
                if self.cursor.take(")") {
                    break;
                }
                if !self.cursor.take(",") {
                    return Err(self.cursor.expected("',' or ')'"));
                }
            }
        }
        self.cursor.expect("{")?;
        let body = self.statements(&mut scope)?;
        self.cursor.expect("}")?;
        Ok(Thread { variables: scope.variables, body, span })
    }

    /// `volatile atomic_int* x`: a pointer to the location of the same name.
    fn parameter(&mut self, scope: &mut Scope<'t>) -> Parsed<()> {
        let is_atomic = self.type_name()?;
        if !self.cursor.take("*") {
            let finding = self.cursor.expected("'*'");
            return Err(finding.help("a thread's parameters are pointers to locations"));
        }
        if self.cursor.is_at("*") {
            let span = self.cursor.peek().span;
            return Err(Diagnostic::new(span, "a pointer to a pointer is not supported"));
        }
        while self.cursor.take_word("const") || self.cursor.take_word("volatile") {}
        let (name, span) = self.location_name()?;
        let array = self.locations.array(name);
        let location = array.map_or_else(|| self.locations.add(name), |array| array.first);
        let parameter = Parameter { location, array, is_atomic };
        if scope.parameters.insert(name, parameter).is_some() {
            return Err(Diagnostic::new(span, format!("parameter '{name}' is there twice")));
        }
        Ok(())
    }

    /// The name of a location, new or known.
    fn location_name(&mut self) -> Parsed<(&'t str, Span)> {
        let (name, span) = self.cursor.word("the name of a location")?;
        // `main` is the IL function that starts the threads, and IL has a single namespace.
        if name == "main" || thread_number(name).is_some() {
            return Err(Diagnostic::new(span, format!("a location cannot be called '{name}'")));
        }
        Ok((name, span))
    }

    /// Takes a type of integers; returns whether it is atomic.
    fn type_name(&mut self) -> Parsed<bool> {
        let (mut is_atomic, mut base) = (false, false);
        while let Lexeme { token: Token::Word(word), span } = self.cursor.peek() {
            match word {
                "const" | "volatile" => {}
                "int" if !base => base = true,
                "atomic_int" if !base => (base, is_atomic) = (true, true),
                "_Atomic" => {
                    is_atomic = true;
                    self.cursor.next();
                    if self.cursor.take("(") {
                        if !self.cursor.take_word("int") {
                            return Err(self.cursor.expected("'int'"));
                        }
                        base = true;
                        self.cursor.expect(")")?;
                    }
                    continue;
                }
                _ if base => break,
                _ => return Err(unsupported(word, span).help("the types are int and atomic_int")),
            }
            self.cursor.next();
        }
        if base { Ok(is_atomic) } else { Err(self.cursor.expected("a type")) }
    }

    /// Whether a type begins here that can be read.
    fn is_at_type(&self) -> bool {
        let known = ["const", "volatile", "int", "atomic_int", "_Atomic"];
        known.iter().any(|word| self.cursor.is_at_word(word))
    }
}

/// The number in `P0`.
fn thread_number(word: &str) -> Option<usize> {
    let digits = word.strip_prefix('P')?;
    if digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn initialise(threads: &mut [Thread], register: &InitialRegister<'_>) -> Parsed<()> {
    let InitialRegister { thread, name, value, span } = *register;
    let Some(known) = threads.get_mut(thread) else {
        return Err(Diagnostic::new(span, format!("there is no thread {thread}")));
    };
    match known.variables.iter_mut().find(|variable| variable.name == name) {
        Some(variable) => {
            variable.initial = value;
            Ok(())
        }
        None => Err(no_variable(thread, name, span)),
    }
}

fn no_variable(thread: usize, name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(span, format!("thread {thread} has no variable '{name}'"))
}
