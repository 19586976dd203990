//! The typed intermediate language: its data, its text form, and the rules it must keep.
//!
//! This is the textual IL of the Viper project (version headers 0.1 to 0.3.0), written from its public
//! description, plus atomic operations with memory orders, which are ours. It does not depend on
//! threads, worlds or bytecode; front ends lower to it, and `interp` compiles it.
//!
//! ```text
//!            parse                verify
//!   text  ----------->  Module  ----------->  Verified  (names resolved: `resolved`)
//!         <-----------
//!           Display
//! ```
//!
//! # Where we differ from Viper
//! - `add`, `sub` and `mul` wrap, as in Viper's early versions. Viper's verifier now requires the
//!   checked forms (`iadd.ovf`), or a proof that nothing overflows.
//! - `addr_of` takes a function. In Viper it takes a string global, for which we have `const_str`.
//! - A temp's name has one meaning wherever it is in scope: a block parameter may not have the name of
//!   one in a block that dominates it.
//! - `import`, variadic functions and `[module_init]` belong to linking, which we do not do: they are
//!   errors with a place.
//! - The promises `nothrow`, `readonly` and `pure` are read, but neither checked nor relied upon.
//! - `atomic.load`, `atomic.store`, `atomic.rmw`, `atomic.cas` and `fence` are ours.

mod diagnostic;
mod lexer;
mod module;
mod op;
mod operand;
mod parser;
mod printer;
mod reports;
pub mod resolved;
mod span;
mod suggest;
mod table;
mod verifier;
mod words;

pub use diagnostic::Diagnostic;
pub use module::{
    Binding, Block, Extern, Function, Global, Init, Instruction, Loc, Module, Param, Version,
};
pub use operand::{MemoryOrder, Naming, Operand, RmwOp, Signature, Target, Type, Value, Written};
pub use parser::parse;
pub use reports::FINDINGS_MAX;
pub use span::{Lines, Span, beginning};
pub(crate) use suggest::nearest;
pub use table::{AnyOp, BinaryOp, DESCRIPTIONS, Description, Rule, UnaryOp};
pub use verifier::{Verified, verify};

/// An instruction with its names as written.
pub type Op = AnyOp<Written>;
