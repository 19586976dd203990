//! Litmus tests: herd's C11 dialect.
//!
//! A test consists of a few threads with a few accesses each, and a question about how they can end:
//!
//! ```text
//! C MP
//! { x=0; y=0; }
//! P0 (atomic_int* x, atomic_int* y) {
//!   atomic_store_explicit(x, 1, memory_order_relaxed);
//!   atomic_store_explicit(y, 1, memory_order_release);
//! }
//! P1 (atomic_int* x, atomic_int* y) {
//!   int r0 = atomic_load_explicit(y, memory_order_acquire);
//!   int r1 = atomic_load_explicit(x, memory_order_relaxed);
//! }
//! locations [x;]
//! ~exists (1:r0=1 /\ 1:r1=0)
//! ```
//!
//! The resulting program runs the threads once, waits for them, and prints one line: the final
//! [`State`], as herd writes it, of everything that `locations` lists and the condition mentions:
//! `1:r0=0; 1:r1=0; [x]=1;`. The [`Condition`] is not part of the program: it is evaluated on the lines
//! of all executions, or a [`Summary`] is made of them.
//!
//! # Translation
//! Each location is a global `i64` with its name (`@y.0` for `y[0]`), and each access to it is one
//! instruction, in the order of the text. A computed index is checked, and selects one of the elements
//! without an access; operands are evaluated from left to right. A weak compare-exchange asks
//! `Drawloom.MayFail` first, and is a load with its failure ordering if it fails. A thread's variables
//! are temps: they cost no access. Observed variables are stored once, plainly, when the thread ends.
//!
//! # What it does not see
//! - That a location has 32 bits: `atomic_fetch_add` and `atomic_fetch_sub` wrap at 64. Values that a
//!   thread computes wrap at 32, and shifts take their count modulo 32, where C leaves both undefined.
//! - Dependencies weaker than acquire: `memory_order_consume` is treated as acquire.
//! - That a variable is read before it is written: it is then 0, or the value in the initial state.
//!
//! # Where it differs from herd
//! It does not have arrays of arrays, pointers between locations, types other than `int`, locks, `filter`, or
//! functions other than those of `<stdatomic.h>`: each is an error that names it. It does have `for`, `do`,
//! `++`, `op=`, `&&`, `||`, `<<`, `>>`, `!`, `~`, `%`, and `&r` as the expected value of a compare-exchange.

mod condition;
mod cursor;
mod emit;
mod header;
mod lexer;
mod parser;
mod program;
mod state;
mod summary;

pub use condition::{Condition, Proposition, Quantifier, Term};
pub use state::{Observed, State, StateError};
pub use summary::Summary;

use super::errors::Errors;
use crate::il::{Diagnostic, Module};

/// The `.loc` file number of every instruction: the litmus test itself.
pub const SOURCE_FILE: u32 = 1;

/// A test without errors.
#[derive(Clone, Debug)]
pub struct Litmus {
    /// The name, from the first line.
    pub name: String,
    /// A program that runs the threads once and prints the final state.
    pub module: Module,
    /// The registers and locations in that line, in its order.
    pub observed: Vec<Observed>,
    /// The condition on the states; `forall (true)` if the test has none.
    pub condition: Condition,
}

impl Litmus {
    /// Whether an execution that prints this line is enough to refute the test's claim. No single
    /// execution can refute `exists`.
    pub fn is_broken_by(&self, line: &str) -> bool {
        let Ok(state) = State::parse(line) else { return false };
        match self.condition.quantifier {
            Quantifier::Exists => false,
            Quantifier::NotExists => self.condition.holds_in(&state),
            Quantifier::Forall => !self.condition.holds_in(&state),
        }
    }

    /// Whether an execution that prints this line is one that `exists` asks for.
    pub fn is_witnessed_by(&self, line: &str) -> bool {
        let Ok(state) = State::parse(line) else { return false };
        self.condition.quantifier == Quantifier::Exists && self.condition.holds_in(&state)
    }
}

/// Reads a test and translates it to a program. Every instruction has its place, in file 1.
///
/// # Errors
/// Everything that can be found in one run, in the order of the text: at most fifty errors, and one that
/// counts the rest.
///
/// # Examples
/// ```
/// use drawloom::lang::litmus;
///
/// let text = "C inc { x=1; } P0 (atomic_int* x) { int r = atomic_fetch_add(x, 1); } exists (x=2)";
/// let test = litmus::read(text).expect("a right test");
/// assert_eq!(test.name, "inc");
/// assert_eq!(test.condition.to_string(), "exists ([x]=2)");
///
/// let errors = litmus::read("C wrong { } P0 (int* x) { return; }").unwrap_err();
/// assert_eq!(errors[0].message, "'return' is not supported");
/// ```
pub fn read(text: &str) -> Result<Litmus, Vec<Diagnostic>> {
    let mut errors = Errors::default();
    match parser::parse(text, &mut errors) {
        Some(test) => {
            let module = emit::emit(&test, text);
            let observed = test.observed.into_iter().collect();
            Ok(Litmus { name: test.name, module, observed, condition: test.condition })
        }
        None => Err(errors.into_diagnostics()),
    }
}
