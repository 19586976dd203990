//! BASIC, by the rules of Viper's front end.
//!
//! docs/LANGUAGE.md describes the language. A program is translated in two steps: `parser` makes a tree of
//! the text, and `lower` makes IL of the tree and finds what is wrong with names and types. Both go on
//! after an error.
//!
//! ```text
//! DIM hits AS INTEGER              ' a global, since Worker names it: all threads share it
//!
//! SUB Worker()                     ' func @Worker() -> void
//!     hits = hits + 1              ' a plain load and a plain store
//! END SUB
//!
//! DIM t AS Viper.Threads.Thread    ' a stack slot of @main
//! t = Viper.Threads.Thread.Start(ADDRESSOF Worker, NOTHING)
//! t.Join()                         ' call @Viper.Threads.Thread.Join
//! PRINT hits
//! ```

/// The `.loc` file number of every instruction: the BASIC source itself.
pub const SOURCE_FILE: u32 = 1;

mod lexer;
mod lower;
mod names;
mod parser;
mod runtime;
mod tree;
mod types;

use super::errors::Errors;
use crate::flags::Flags;
use crate::il::{Diagnostic, Module};

/// Translates a BASIC program to IL, under the given options.
///
/// # Errors
/// All that is wrong with the text, in its order: at most fifty, and one that counts the rest. If the text
/// cannot be parsed, its names and types are not looked at.
///
/// # Examples
/// ```
/// use drawloom::flags::{Flag, Flags};
/// use drawloom::lang::basic;
///
/// let text = "CONST TOP = 2\nSELECT CASE 1 + 1\nCASE TOP: PRINT \"top\"\nEND SELECT\n";
/// assert!(basic::lower(text, Flags::DEFAULT).is_ok());
///
/// let flags = Flags::DEFAULT.with(Flag::SelectCaseConstLabels, false);
/// let errors = basic::lower(text, flags).unwrap_err();
/// assert_eq!(errors[0].message, "SELECT CASE labels must be integer literals");
/// ```
pub fn lower(text: &str, flags: Flags) -> Result<Module, Vec<Diagnostic>> {
    let mut errors = Errors::default();
    let program = parser::parse(text, &mut errors);
    if errors.is_empty() {
        let module = lower::lower(&program, text, flags, &mut errors);
        if errors.is_empty() {
            return Ok(module);
        }
    }
    Err(errors.into_diagnostics())
}
