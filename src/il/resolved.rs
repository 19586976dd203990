//! The result of the verifier, for lowering: functions in which no name has to be looked up.
//!
//! A [`Verified`](super::Verified) module has one [`Function`] of this module per function of the text,
//! with the same index. In it every temp is a [`ValueId`], every label a [`BlockId`], every callee a
//! [`Callee`], every literal the 64-bit word that its place requires, and every operand has its type.
//! Unreachable blocks are removed.
//!
//! Only the verifier builds these values, so code that reads them may index without checking. Spans and
//! `.loc` places are copied; everything else that only the text needs (names of labels) is in the
//! [`Module`](super::Module), to which `source` indices lead back.
//! indices lead back to.

use super::{AnyOp, Loc, Naming, Signature, Span, Type};

/// An index into [`Module::functions`](super::Module::functions), and into the resolved functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FuncId(pub u32);

/// An index into [`Module::externs`](super::Module::externs).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExternId(pub u32);

/// An index into [`Module::globals`](super::Module::globals).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GlobalId(pub u32);

/// An index into [`Function::values`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueId(pub u32);

/// An index into [`Function::blocks`]; not the index in the text, where unreachable blocks count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub u32);

impl FuncId {
    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl ExternId {
    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl GlobalId {
    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl ValueId {
    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl BlockId {
    /// The block where every call of the function begins.
    pub const ENTRY: BlockId = BlockId(0);

    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A function whose names are resolved.
///
/// # Invariants
/// - `blocks[0]` is the entry, no [`Target`] names it, and its parameters are the function's. In a
///   function that branches to the first block of its text, `blocks[0]` is the *door*, a separate block
///   that only branches to that one.
/// - Each value has exactly one definition: as a parameter of one block, or as the result of one
///   instruction; on every path to a use its definition comes first.
/// - `values` begins with the parameters; the others follow in the order of their definitions in `blocks`.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// The types that callers see.
    pub signature: Signature,
    /// Every value that reachable code defines.
    pub values: Vec<ValueInfo>,
    /// The reachable blocks, in the order of the text, after the door if there is one.
    pub blocks: Vec<Block>,
}

impl Function {
    /// The arguments, one per type of the signature.
    pub fn params(&self) -> &[ValueId] {
        &self.blocks[BlockId::ENTRY.index()].params
    }

    /// Whether `blocks[0]` is a door: it then has the same `source` as the block that it leads to.
    pub fn has_door(&self) -> bool {
        self.blocks.get(1).is_some_and(|second| second.source == self.blocks[0].source)
    }

    /// The block with this number.
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.index()]
    }

    /// The value with this number.
    pub fn value(&self, id: ValueId) -> &ValueInfo {
        &self.values[id.index()]
    }
}

/// The name and type of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueInfo {
    /// The name, without the `%`; several block parameters of a function may share one.
    pub name: String,
    /// The type; never [`Type::Void`].
    pub ty: Type,
}

/// A block whose names are resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The index of this block in [`Function::blocks`](super::Function::blocks) of the module.
    pub source: usize,
    /// The values that every branch to this block passes.
    pub params: Vec<ValueId>,
    /// At least one instruction; the last one, and no other, is a terminator.
    pub instructions: Vec<Instruction>,
    /// Whether an `eh.push` names this block: its parameters are then an error and a token.
    pub is_handler: bool,
}

/// An instruction whose names are resolved. It has the same index as in the module's block.
#[derive(Clone, Debug, PartialEq)]
pub struct Instruction {
    /// The value that it defines; `None` if it has none, or if the result of a call, `atomic.rmw` or
    /// `atomic.cas` is dropped.
    pub result: Option<ValueId>,
    /// The operation.
    pub op: Op,
    /// Its place in the text.
    pub span: Span,
    /// The place in the program that this IL was made from.
    pub loc: Option<Loc>,
}

/// A use of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operand {
    /// The source of the value.
    pub source: Source,
    /// Its type; a literal has the type that its place requires.
    pub ty: Type,
}

/// The source of an operand's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A definition of this function.
    Value(ValueId),
    /// A literal, encoded according to its type: integers sign-extended, `i1` as 0 or 1, floats as bits,
    /// `null` as 0.
    Word(u64),
    /// A function's address.
    Function(FuncId),
}

/// The callee of a direct call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callee {
    /// A function of this module.
    Function(FuncId),
    /// A function of the host.
    Extern(ExternId),
}

/// A branch target; the arguments match the block's parameters in number and types.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Never [`BlockId::ENTRY`].
    pub block: BlockId,
    /// One per parameter.
    pub args: Vec<Operand>,
}

/// Numbers instead of names, after verification.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolved {}

impl Naming for Resolved {
    type Operand = Operand;
    type Target = Target;
    type Global = GlobalId;
    type Function = FuncId;
    type Callee = Callee;
    type Signature = Signature;
}

/// An instruction whose names are resolved and whose requirements are met. A `call.indirect @name` is a
/// [`Call`](AnyOp::Call) here; [`Ret`](AnyOp::Ret) has an operand if and only if the function's result
/// is not void.
pub type Op = AnyOp<Resolved>;
