//! `TinyVM`: numbered lines, run by threads that share little.
//!
//! A program is a list of lines, numbered from 0. Thread 0 starts at line 0 and runs line by line; there
//! are no jumps. Here is a program, with one of its possible outputs:
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
//! | `lock m`, `unlock m` | takes or releases the lock named `m` |
//! | `function f` | begins a section: line 0 of it, up to the next `function` | |
//! | `sync f` | runs `f` in this thread and scope; `exit` in it ends the thread | |
//! | `async f` | starts a thread that runs `f`, with an empty scope | |
//!
//! A variable reads as the thread's own if the thread has written it, otherwise as the shared one with
//! that name, otherwise as 0; a variable's name is any word, even `5`. A file with functions has no
//! other lines, and thread 0 runs `main`. Every thread prints `[Thread N] Thread started` and, at its
//! end, `[Thread N] Thread finished`. N counts the threads of a run from 0; there are at most ten,
//! including finished ones. The program ends when all threads have ended.
//!
//! Differences from the C original: its later instructions log times and addresses, ours print nothing.
//! `#` at the beginning of a word makes the rest of the line a comment; a line without an instruction is
//! not numbered. What the original leaves undefined or ignores silently is an error here. These are
//! errors with a place in the text: a file without an instruction, an unknown instruction, missing or
//! extra operands, a value that is not a 32-bit integer, a negative sleep, a line or function that does
//! not exist, names of more than 31 bytes, more than ten variables of a thread, shared variables, locks
//! or functions. These are traps at the line: an eleventh thread, `lock` of a lock that the thread
//! holds, `unlock` of one that it does not hold. A thread that ends while it holds a lock keeps it, and
//! the next thread that locks it waits forever; endless `sync` reaches the limit on call depth.

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

/// Translates a `TinyVM` program to IL. The instructions of a line have its place, in file 1.
///
/// # Errors
/// Every error above that has a place in the text, in the order of the text: at most fifty, and one that
/// counts the rest.
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
