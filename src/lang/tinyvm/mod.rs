//! `TinyVM`: numbered lines, run by threads that share little.
//!
//! A program is a list of lines, numbered from 0. Thread 0 starts at line 0 and runs line after
//! line; there are no jumps. This program, and one of the outputs it may have:
//!
//! ```text
//! set x 5     # 0: x is thread 0's own      Starting TinyVM with threads...
//! thread 4    # 1: starts thread 1 there    [Main] Waiting for thread Thread 0
//! print x     # 2                           [Thread 0] Thread started
//! exit        # 3                           [Thread 0] 5
//!                                           [Thread 0] Thread exiting
//! # Lines like this one and the one         [Thread 0] Thread finished
//! # above it have no number.                [Main] Waiting for thread Thread 1
//! print x     # 4: another x, never set     [Thread 1] Thread started
//!                                           [Thread 1] 0
//!                                           [Thread 1] Thread finished
//!                                           TinyVM finished.
//! ```
//!
//! | line | what it does | what it prints |
//! |---|---|---|
//! | `set x 5` | writes the thread's own `x`, a 32-bit integer | |
//! | `add z x y` | `z = x + y`, wrapping at 32 bits | |
//! | `print x` | | `[Thread N] VALUE` |
//! | `sleep MS` | sleeps; orders nothing | |
//! | `thread L` | starts a thread at line L of the same section, with an empty scope | |
//! | `exit` | ends the thread | `[Thread N] Thread exiting` |
//! | `setshared v 5` | writes the shared `v`: a plain store, so a race if unprotected | |
//! | `lock m`, `unlock m` | takes or gives back the lock named `m` | |
//! | `function f` | begins a section: line 0 of it, up to the next `function` | |
//! | `sync f` | runs `f` in this thread and scope; `exit` in it ends the thread | |
//! | `async f` | starts a thread that runs `f`, with an empty scope | |
//!
//! A variable reads as the thread's own if the thread has written it, else as the shared one of
//! that name, else as 0; a variable's name is any word, `5` too. A file with functions has no
//! other lines, and thread 0 runs `main`. Every thread prints `[Thread N] Thread started` and, at
//! its end, `[Thread N] Thread finished`. N counts the threads of a run from 0; there are at most
//! ten, finished ones included. The program ends when all have ended.
//!
//! Where we differ from the C original: its later instructions log times and addresses, ours
//! print nothing. `#` at the beginning of a word makes the rest of the line a comment; a line
//! without an instruction is not numbered. What the original leaves undefined or passes over in
//! silence is an error here. With its place in the text: a file without an instruction, an unknown
//! instruction, missing or extra operands, what is not a 32-bit integer, a negative sleep, a line or
//! function that does not exist, names of more than 31 bytes, more than ten variables of a thread,
//! shared variables, locks or functions. As a trap at the line: an eleventh thread, `lock` of a lock
//! that the thread holds, `unlock` of one that it does not hold. A thread that ends with a lock keeps
//! it, and the next to lock it waits for ever; endless `sync` runs into the limit on call depth.

/// The `.loc` file number of every instruction: the `TinyVM` source itself.
pub const SOURCE_FILE: u32 = 1;

mod check;
mod emit;
mod names;
mod parser;
mod program;
mod support;
mod variables;

use super::errors::Errors;
use crate::il::{Diagnostic, Module};

/// Turns a `TinyVM` program into IL. Instructions that a line asks for carry its place, as file 1.
///
/// # Errors
/// Everything above that has a place in the text, in the order of the text, at most fifty and one
/// line that counts the rest.
///
/// # Examples
/// ```
/// use drawloom::lang::tinyvm;
///
/// let module = tinyvm::lower("set x 2\nadd x x x\nprint x\nexit\n").expect("a right program");
/// assert!(module.functions.iter().any(|function| function.name == "main"));
///
/// let errors = tinyvm::lower("print\nset x 5x").unwrap_err();
/// assert_eq!(errors[0].message, "'print' takes 1 operand, found 0");
/// assert_eq!(errors[1].message, "'5x' is not an integer");
/// ```
pub fn lower(text: &str) -> Result<Module, Vec<Diagnostic>> {
    let mut errors = Errors::default();
    let program = parser::parse(text, &mut errors);
    let names = check::check(&program, &mut errors);
    if errors.is_empty() {
        Ok(emit::emit(&program, &names))
    } else {
        Err(errors.into_diagnostics())
    }
}
