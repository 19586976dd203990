//! The parts of operations as they are written: types, values, targets and orders; and how they are named.

use std::fmt;
use std::sync::atomic::Ordering;

use super::Span;
use super::words::words;

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
    /// [`Type::Void`] if there is no result.
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

/// A use of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Operand {
    /// The value.
    pub value: Value,
    /// Its place.
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
    /// The label, without caret or the word `label`.
    pub label: String,
    /// One per parameter of the block.
    pub args: Vec<Operand>,
    /// The label's place.
    pub span: Span,
}

words! {
    /// How an atomic operation is ordered. The names are C11's.
    MemoryOrder;
    /// `relaxed`
    Relaxed "relaxed";
    /// `acquire`
    Acquire "acquire";
    /// `release`
    Release "release";
    /// `acq_rel`
    AcqRel "acq_rel";
    /// `seq_cst`
    SeqCst "seq_cst";
}

impl From<MemoryOrder> for Ordering {
    #[inline]
    fn from(order: MemoryOrder) -> Self {
        match order {
            MemoryOrder::Relaxed => Ordering::Relaxed,
            MemoryOrder::Acquire => Ordering::Acquire,
            MemoryOrder::Release => Ordering::Release,
            MemoryOrder::AcqRel => Ordering::AcqRel,
            MemoryOrder::SeqCst => Ordering::SeqCst,
        }
    }
}

words! {
    /// What an atomic read-modify-write does with the old value and its operand.
    RmwOp;
    /// Wrapping addition.
    Add "add";
    /// Wrapping subtraction.
    Sub "sub";
    /// Bitwise and.
    And "and";
    /// Bitwise or.
    Or "or";
    /// Bitwise exclusive or.
    Xor "xor";
    /// The operand replaces the old value.
    Exchange "xchg";
    /// The smaller, signed.
    Min "min";
    /// The larger, signed.
    Max "max";
}

impl RmwOp {
    /// The new value.
    pub fn apply(self, old: u64, operand: u64) -> u64 {
        match self {
            RmwOp::Add => old.wrapping_add(operand),
            RmwOp::Sub => old.wrapping_sub(operand),
            RmwOp::And => old & operand,
            RmwOp::Or => old | operand,
            RmwOp::Xor => old ^ operand,
            RmwOp::Exchange => operand,
            RmwOp::Min => (old as i64).min(operand as i64) as u64,
            RmwOp::Max => (old as i64).max(operand as i64) as u64,
        }
    }
}

/// The types of the operands, targets and symbols of an instruction.
pub trait Naming: Clone + fmt::Debug + PartialEq {
    /// A use of a value.
    type Operand: Clone + fmt::Debug + PartialEq;
    /// A branch target with its block arguments.
    type Target: Clone + fmt::Debug + PartialEq;
    /// A global.
    type Global: Clone + fmt::Debug + PartialEq;
    /// A function of the module.
    type Function: Clone + fmt::Debug + PartialEq;
    /// The callee of a direct call.
    type Callee: Clone + fmt::Debug + PartialEq;
    /// The signature that an indirect call expects of the callee.
    type Signature: Clone + fmt::Debug + PartialEq;
}

/// Names as in the text, without their sigils.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {}

impl Naming for Written {
    type Operand = Operand;
    type Target = Target;
    type Global = String;
    type Function = String;
    type Callee = String;
    /// Required if the callee is a temp; optional for `@name`.
    type Signature = Option<Signature>;
}
