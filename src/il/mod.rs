//! The typed intermediate language: its data, its text form, and the rules it must keep.
//!
//! This is the textual IL of the Viper project (version headers 0.1 to 0.3.0), written from its
//! public description, plus atomic operations with memory orders, which are ours. It knows
//! nothing of threads, worlds or bytecode; front ends lower to it and `interp` compiles it.
//!
//! ```text
//!            parse                verify
//!   text  ----------->  Module  ----------->  Verified  (names resolved: `resolved`)
//!         <-----------
//!           Display
//! ```
//!
//! # Where we differ from Viper
//! - `add`, `sub` and `mul` wrap. Viper's early versions have them so; its verifier now asks for
//!   the checked forms (`iadd.ovf`) or a proof that nothing overflows.
//! - `addr_of` takes a function. Viper takes a string global there, for which we have `const_str`.
//! - A temp's name means one thing wherever it is in scope: a block parameter may not take the name
//!   of one in a block that dominates it.
//! - `import`, variadic functions and `[module_init]` belong to linking, which we do not do: they
//!   are located errors.
//! - The promises `nothrow`, `readonly` and `pure` are read and not checked, nor relied upon.
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
pub use table::{AnyOp, BinaryOp, DESCRIPTIONS, Description, Rule, UnaryOp};
pub use verifier::{Verified, verify};

/// An instruction as it is written.
pub type Op = AnyOp<Written>;
