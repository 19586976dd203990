//! The IL as data: what the parser builds, the printer prints, the verifier checks and front ends
//! lower to.
//!
//! Names are kept as written, without their sigil (`%x` is `x`, `@main` is `main`, `^loop` is
//! `loop`), so that a module can be printed back. Nothing here is trusted: a [`Module`] may name
//! labels that do not exist; only [`verify`](super::verify) says otherwise.

use std::fmt;

use super::words::words;
use super::{Op, Span};

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
    /// `None` where the text says `il 0.1`.
    pub patch: Option<u32>,
}

impl Default for Version {
    fn default() -> Self {
        Version { major: 0, minor: 3, patch: Some(0) }
    }
}

words! {
    /// A type of the IL. Integers of every width live sign-extended in a 64-bit word; `i1` is 0 or 1.
    Type;
    /// No value; only as a function's result.
    Void "void";
    /// A boolean.
    I1 "i1";
    /// A 16-bit signed integer.
    I16 "i16";
    /// A 32-bit signed integer.
    I32 "i32";
    /// A 64-bit signed integer.
    I64 "i64";
    /// An IEEE double.
    F64 "f64";
    /// A byte address, a function's address, or a handle of the runtime.
    Ptr "ptr";
    /// A handle to an immutable string.
    Str "str";
    /// What a handler is told about a trap.
    Error "error";
    /// A handler's permission to resume.
    ResumeTok "resumetok";
}

impl Type {
    /// Whether this is `i1`, `i16`, `i32` or `i64`.
    pub fn is_integer(self) -> bool {
        matches!(self, Type::I1 | Type::I16 | Type::I32 | Type::I64)
    }
}

/// Parameter types and result type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signature {
    /// One type per parameter; never [`Type::Void`].
    pub params: Vec<Type>,
    /// [`Type::Void`] when there is no result.
    pub result: Type,
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (i, ty) in self.params.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{ty}")?;
        }
        write!(f, ") -> {}", self.result)
    }
}

/// `extern @name(types) -> type`
#[derive(Clone, Debug, PartialEq)]
pub struct Extern {
    /// As written; look-ups ignore ASCII case.
    pub name: String,
    /// What a call must match, and what the host's function must match.
    pub signature: Signature,
    /// Where it was declared.
    pub span: Span,
}

/// `global [const] type @name [= init]`
#[derive(Clone, Debug, PartialEq)]
pub struct Global {
    /// Without the `@`.
    pub name: String,
    /// Records the source's intent; `gaddr` does not enforce it.
    pub constant: bool,
    /// `str` for a string constant, else a scalar type.
    pub ty: Type,
    /// The value before the program starts.
    pub init: Init,
    /// Where it was declared.
    pub span: Span,
}

/// A global's initial value.
#[derive(Clone, Debug, PartialEq)]
pub enum Init {
    /// None given, or `null`: all bits zero.
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
    /// Without the `@`.
    pub name: String,
    /// The parameters; visible in the entry block unless that declares its own of the same number.
    pub params: Vec<Param>,
    /// [`Type::Void`] when nothing is returned.
    pub result: Type,
    /// `func export @name`; drawloom runs single modules, so this only round-trips.
    pub exported: bool,
    /// The first is the entry.
    pub blocks: Vec<Block>,
    /// The header line.
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
    /// Without the `%`.
    pub name: String,
    /// Never [`Type::Void`].
    pub ty: Type,
    /// The name's place.
    pub span: Span,
}

/// `label(params):` and the instructions up to the next label.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Without the colon.
    pub label: String,
    /// Values that every branch to this block passes.
    pub params: Vec<Param>,
    /// The last one is the only terminator.
    pub instructions: Vec<Instruction>,
    /// The label's place.
    pub span: Span,
}

/// One line: `%result:type = op operands`.
#[derive(Clone, Debug, PartialEq)]
pub struct Instruction {
    /// The value it defines.
    pub result: Option<Binding>,
    /// What it does.
    pub op: Op,
    /// Where it stands in this text.
    pub span: Span,
    /// What the last `.loc` before it said: a place in the program this IL was made from.
    pub loc: Option<Loc>,
}

/// The name that an instruction gives its result.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// Without the `%`.
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

/// A use of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Operand {
    /// What is used.
    pub value: Value,
    /// Where it is written.
    pub span: Span,
}

/// A value in operand position.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `%name`
    Temp(String),
    /// An integer literal; its type is what the place asks for.
    Int(i64),
    /// A float literal.
    Float(f64),
    /// `true` or `false`
    Bool(bool),
    /// `null`
    Null,
    /// `@name`: a function's address.
    Function(String),
}

/// A branch target with its block arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Without caret or `label`.
    pub label: String,
    /// One per parameter of the block.
    pub args: Vec<Operand>,
    /// The label's place.
    pub span: Span,
}
