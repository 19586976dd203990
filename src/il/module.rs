//! The IL as data: what the parser builds, the printer prints, the verifier checks and front ends
//! lower to.
//!
//! Names are kept as written, without their sigil (`%x` is `x`, `@main` is `main`, `^loop` is `loop`),
//! so that a module can be printed back. Nothing here is trusted: a [`Module`] may name labels that do
//! not exist, unless [`verify`](super::verify) has accepted it.

use super::{Op, Signature, Span, Type};

/// A whole program: one `.il` file, or what a front end lowered to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// The version header.
    pub version: Version,
    /// The advisory `target "..."` line.
    pub target: Option<String>,
    /// Host functions that the program may call.
    pub externs: Vec<Extern>,
    /// Module-level storage and string constants.
    pub globals: Vec<Global>,
    /// The functions, in the order of the text.
    pub functions: Vec<Function>,
}

/// The version in the header, `il 0.3.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Always 0 so far.
    pub major: u32,
    /// 1 to 3.
    pub minor: u32,
    /// `None` if the text says `il 0.1`.
    pub patch: Option<u32>,
}

impl Default for Version {
    fn default() -> Self {
        Version { major: 0, minor: 3, patch: Some(0) }
    }
}

/// `extern @name(types) -> type`
#[derive(Clone, Debug, PartialEq)]
pub struct Extern {
    /// The name as written; look-ups ignore ASCII case.
    pub name: String,
    /// The signature that a call, and the host's function, must match.
    pub signature: Signature,
    /// The place of the declaration.
    pub span: Span,
}

/// `global [const] type @name [= init]`
#[derive(Clone, Debug, PartialEq)]
pub struct Global {
    /// The name, without the `@`.
    pub name: String,
    /// The source's intent; `gaddr` does not enforce it.
    pub constant: bool,
    /// `str` for a string constant, otherwise a scalar type.
    pub ty: Type,
    /// The value before the program starts.
    pub init: Init,
    /// The place of the declaration.
    pub span: Span,
}

/// A global's initial value.
#[derive(Clone, Debug, PartialEq)]
pub enum Init {
    /// No value, or `null`: all bits zero.
    Zero,
    /// For integer types.
    Int(i64),
    /// For `f64`.
    Float(f64),
    /// For `str`: the bytes after unescaping; always UTF-8.
    Str(String),
}

/// `func @name(params) -> type { blocks }`
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// The name, without the `@`.
    pub name: String,
    /// The parameters; visible in the entry block unless that block declares the same number of its own.
    pub params: Vec<Param>,
    /// [`Type::Void`] if nothing is returned.
    pub result: Type,
    /// `func export @name`; drawloom runs single modules, so this only round-trips.
    pub exported: bool,
    /// The blocks; the first one is the entry.
    pub blocks: Vec<Block>,
    /// The place of the header line.
    pub span: Span,
}

impl Function {
    /// The signature that callers see.
    pub fn signature(&self) -> Signature {
        Signature { params: self.params.iter().map(|p| p.ty).collect(), result: self.result }
    }
}

/// A parameter of a function or a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// The name, without the `%`.
    pub name: String,
    /// The type; never [`Type::Void`].
    pub ty: Type,
    /// The name's place.
    pub span: Span,
}

/// `label(params):` and the instructions up to the next label.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The label, without the colon.
    pub label: String,
    /// Values that every branch to this block passes.
    pub params: Vec<Param>,
    /// The instructions; the last one is the only terminator.
    pub instructions: Vec<Instruction>,
    /// The label's place.
    pub span: Span,
}

/// One line: `%result:type = op operands`.
#[derive(Clone, Debug, PartialEq)]
pub struct Instruction {
    /// The value it defines.
    pub result: Option<Binding>,
    /// The operation.
    pub op: Op,
    /// Its place in this text.
    pub span: Span,
    /// The place in the program from which this IL was made, from the last `.loc` before it.
    pub loc: Option<Loc>,
}

/// The name that an instruction gives its result.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// The name, without the `%`.
    pub name: String,
    /// The annotation in `%x:i32 = ...`.
    pub ty: Option<Type>,
    /// The name's place.
    pub span: Span,
}

/// `.loc file line column`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loc {
    /// A file number that the producer chose.
    pub file: u32,
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1.
    pub column: u32,
}
