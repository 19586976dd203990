//! The operations of the IL: those with operands of their own shape in [`Op`], those that differ
//! only in name and types in the tables [`BinaryOp`] and [`UnaryOp`].

use super::{Case, Operand, Signature, Target, Type};

/// How an atomic operation is ordered. The names are C11's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemoryOrder {
    /// `relaxed`
    Relaxed,
    /// `acquire`
    Acquire,
    /// `release`
    Release,
    /// `acq_rel`
    AcqRel,
    /// `seq_cst`
    SeqCst,
}

impl MemoryOrder {
    /// The order's name in the text.
    pub fn name(self) -> &'static str {
        match self {
            MemoryOrder::Relaxed => "relaxed",
            MemoryOrder::Acquire => "acquire",
            MemoryOrder::Release => "release",
            MemoryOrder::AcqRel => "acq_rel",
            MemoryOrder::SeqCst => "seq_cst",
        }
    }
}

/// What an atomic read-modify-write does with the old value and its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RmwOp {
    /// Wrapping addition.
    Add,
    /// Wrapping subtraction.
    Sub,
    /// Bitwise and.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
    /// The operand replaces the old value.
    Exchange,
    /// The smaller, signed.
    Min,
    /// The larger, signed.
    Max,
}

impl RmwOp {
    /// The operation's name in the text.
    pub fn name(self) -> &'static str {
        match self {
            RmwOp::Add => "add",
            RmwOp::Sub => "sub",
            RmwOp::And => "and",
            RmwOp::Or => "or",
            RmwOp::Xor => "xor",
            RmwOp::Exchange => "xchg",
            RmwOp::Min => "min",
            RmwOp::Max => "max",
        }
    }

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

/// An operation with its operands.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// One operand, one result; see [`UnaryOp`].
    Unary(UnaryOp, Operand),
    /// Two operands, one result; see [`BinaryOp`].
    Binary(BinaryOp, Operand, Operand),
    /// `select type, cond, a, b`
    Select {
        /// Of both arms and the result.
        ty: Type,
        /// `i1`
        condition: Operand,
        /// The result when the condition is true.
        if_true: Operand,
        /// The result when it is false.
        if_false: Operand,
    },
    /// `idx.chk index, low, high`: traps unless `low <= index < high`; gives `index - low`.
    IdxChk {
        /// `i64`
        index: Operand,
        /// `i64`
        low: Operand,
        /// `i64`
        high: Operand,
    },
    /// `alloca bytes`
    Alloca(Operand),
    /// `load type, pointer`
    Load {
        /// What is read.
        ty: Type,
        /// Where.
        pointer: Operand,
    },
    /// `store type, pointer, value`
    Store {
        /// What is written.
        ty: Type,
        /// Where.
        pointer: Operand,
        /// The value.
        value: Operand,
    },
    /// `gep pointer, bytes`
    Gep(Operand, Operand),
    /// `gaddr @global`
    GAddr(String),
    /// `addr_of @function`
    AddrOf(String),
    /// `const_str @global`
    ConstStr(String),
    /// `const_null`; the result's annotation may say `str`, `error` or `resumetok`.
    ConstNull,
    /// `const.f64 value`
    ConstF64(f64),
    /// `call @name(args)`
    Call {
        /// A function or an extern.
        callee: String,
        /// The arguments.
        args: Vec<Operand>,
        /// The hints in brackets, as written: `nothrow`, `readonly`, `pure`.
        attributes: Vec<String>,
    },
    /// `call.indirect [result(params)] pointer(args)`
    CallIndirect {
        /// Required when the callee is a temp; optional for `@name`.
        signature: Option<Signature>,
        /// A function's address.
        callee: Operand,
        /// The arguments.
        args: Vec<Operand>,
    },
    /// `atomic.load type, pointer, order`
    AtomicLoad {
        /// `i64` or `ptr`
        ty: Type,
        /// Where.
        pointer: Operand,
        /// `relaxed`, `acquire` or `seq_cst`
        order: MemoryOrder,
    },
    /// `atomic.store type, pointer, value, order`
    AtomicStore {
        /// `i64` or `ptr`
        ty: Type,
        /// Where.
        pointer: Operand,
        /// The value.
        value: Operand,
        /// `relaxed`, `release` or `seq_cst`
        order: MemoryOrder,
    },
    /// `atomic.rmw op type, pointer, value, order`: gives the old value.
    AtomicRmw {
        /// What to do.
        op: RmwOp,
        /// `i64`, or `ptr` for `xchg`
        ty: Type,
        /// Where.
        pointer: Operand,
        /// The operand.
        value: Operand,
        /// Any.
        order: MemoryOrder,
    },
    /// `atomic.cas type, pointer, expected, desired, success, failure`: gives the old value; it
    /// stored `desired` if that equals `expected`.
    AtomicCas {
        /// `i64` or `ptr`
        ty: Type,
        /// Where.
        pointer: Operand,
        /// Compared with the old value.
        expected: Operand,
        /// Stored when they are equal.
        desired: Operand,
        /// The order when it stores.
        success: MemoryOrder,
        /// The order when it does not: `relaxed`, `acquire` or `seq_cst`.
        failure: MemoryOrder,
    },
    /// `fence order`
    Fence(MemoryOrder),
    /// `br target`
    Br(Target),
    /// `cbr condition, target, target`
    CBr {
        /// `i1`
        condition: Operand,
        /// Taken when it is true.
        if_true: Target,
        /// Taken when it is false.
        if_false: Target,
    },
    /// `switch.i32 value, default, 1 -> target, ...`
    Switch {
        /// `i32`
        scrutinee: Operand,
        /// Taken when no case matches.
        default: Target,
        /// Distinct values.
        cases: Vec<Case>,
    },
    /// `ret` or `ret value`
    Ret(Option<Operand>),
    /// `trap`
    Trap,
    /// `trap.from_err type code`
    TrapFromErr {
        /// `i32` or `i64`
        ty: Type,
        /// A runtime error code.
        code: Operand,
    },
    /// `trap.err kind, message`: makes an `error`.
    TrapErr {
        /// `i32`: a trap kind's number.
        kind: Operand,
        /// `str`
        message: Operand,
    },
    /// `trap.kind` or `trap.kind error`: a trap kind's number.
    TrapKind(Option<Operand>),
    /// `eh.push ^handler`
    EhPush(Target),
    /// `eh.pop`
    EhPop,
    /// `eh.entry`
    EhEntry,
    /// `resume.same token`
    ResumeSame(Operand),
    /// `resume.next token`
    ResumeNext(Operand),
    /// `resume.label token, ^target`
    ResumeLabel {
        /// `resumetok`
        token: Operand,
        /// Where to go on.
        target: Target,
    },
}

/// Declares an enum of operations that differ only in name and types.
macro_rules! operations {
    (
        $(#[$meta:meta])* $enum:ident;
        $( $(#[$doc:meta])* $variant:ident $text:literal ( $($param:ident),+ ) -> $result:ident; )*
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $enum {
            $( $(#[$doc])* $variant, )*
        }

        impl $enum {
            /// All of them, in the order of the table.
            pub const ALL: &[$enum] = &[ $( $enum::$variant, )* ];

            /// The mnemonic.
            pub fn name(self) -> &'static str {
                match self { $( $enum::$variant => $text, )* }
            }

            /// What the operands must be.
            pub fn params(self) -> &'static [Rule] {
                match self { $( $enum::$variant => &[ $( Rule::$param ),+ ], )* }
            }

            /// What the result is.
            pub fn result(self) -> Rule {
                match self { $( $enum::$variant => Rule::$result, )* }
            }
        }
    };
}

/// What type an operation asks for, or gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Exactly `i1`.
    I1,
    /// Exactly `i32`.
    I32,
    /// Exactly `i64`.
    I64,
    /// Exactly `f64`.
    F64,
    /// Exactly `str`.
    Str,
    /// Exactly `error`.
    Error,
    /// `i16`, `i32` or `i64`: the result's annotation says which (`i64` without one), and all the
    /// operands that have this rule are of that type.
    Width,
    /// `i16` or `i32`: the result's annotation says which and must be there.
    Narrow,
    /// Any integer type or `ptr`, the same for both operands.
    Same,
}

operations! {
    /// An operation with two operands and a result.
    BinaryOp;
    /// Signed addition; traps on overflow of the result's width.
    IAddOvf "iadd.ovf" (Width, Width) -> Width;
    /// Signed subtraction; traps on overflow.
    ISubOvf "isub.ovf" (Width, Width) -> Width;
    /// Signed multiplication; traps on overflow.
    IMulOvf "imul.ovf" (Width, Width) -> Width;
    /// Signed division towards zero; traps on a zero divisor and on overflow.
    SDivChk0 "sdiv.chk0" (Width, Width) -> Width;
    /// Unsigned division; traps on a zero divisor.
    UDivChk0 "udiv.chk0" (I64, I64) -> I64;
    /// Signed remainder with the dividend's sign; traps on a zero divisor.
    SRemChk0 "srem.chk0" (Width, Width) -> Width;
    /// Unsigned remainder; traps on a zero divisor.
    URemChk0 "urem.chk0" (I64, I64) -> I64;
    /// Wrapping addition.
    Add "add" (I64, I64) -> I64;
    /// Wrapping subtraction.
    Sub "sub" (I64, I64) -> I64;
    /// Wrapping multiplication.
    Mul "mul" (I64, I64) -> I64;
    /// Bitwise and.
    And "and" (Width, Width) -> Width;
    /// Bitwise or.
    Or "or" (Width, Width) -> Width;
    /// Bitwise exclusive or.
    Xor "xor" (Width, Width) -> Width;
    /// Shift left; the count is taken modulo 64.
    Shl "shl" (I64, I64) -> I64;
    /// Logical shift right; the count is taken modulo 64.
    LShr "lshr" (I64, I64) -> I64;
    /// Arithmetic shift right; the count is taken modulo 64.
    AShr "ashr" (I64, I64) -> I64;
    /// Float addition.
    FAdd "fadd" (F64, F64) -> F64;
    /// Float subtraction.
    FSub "fsub" (F64, F64) -> F64;
    /// Float multiplication.
    FMul "fmul" (F64, F64) -> F64;
    /// Float division.
    FDiv "fdiv" (F64, F64) -> F64;
    /// Equal.
    ICmpEq "icmp_eq" (Same, Same) -> I1;
    /// Not equal.
    ICmpNe "icmp_ne" (Same, Same) -> I1;
    /// Signed less.
    SCmpLt "scmp_lt" (Same, Same) -> I1;
    /// Signed less or equal.
    SCmpLe "scmp_le" (Same, Same) -> I1;
    /// Signed greater.
    SCmpGt "scmp_gt" (Same, Same) -> I1;
    /// Signed greater or equal.
    SCmpGe "scmp_ge" (Same, Same) -> I1;
    /// Unsigned less.
    UCmpLt "ucmp_lt" (Same, Same) -> I1;
    /// Unsigned less or equal.
    UCmpLe "ucmp_le" (Same, Same) -> I1;
    /// Unsigned greater.
    UCmpGt "ucmp_gt" (Same, Same) -> I1;
    /// Unsigned greater or equal.
    UCmpGe "ucmp_ge" (Same, Same) -> I1;
    /// Float equal; false with a NaN.
    FCmpEq "fcmp_eq" (F64, F64) -> I1;
    /// Float not equal; true with a NaN.
    FCmpNe "fcmp_ne" (F64, F64) -> I1;
    /// Float less.
    FCmpLt "fcmp_lt" (F64, F64) -> I1;
    /// Float less or equal.
    FCmpLe "fcmp_le" (F64, F64) -> I1;
    /// Float greater.
    FCmpGt "fcmp_gt" (F64, F64) -> I1;
    /// Float greater or equal.
    FCmpGe "fcmp_ge" (F64, F64) -> I1;
    /// Neither is a NaN.
    FCmpOrd "fcmp_ord" (F64, F64) -> I1;
    /// At least one is a NaN.
    FCmpUno "fcmp_uno" (F64, F64) -> I1;
}

operations! {
    /// An operation with one operand and a result.
    UnaryOp;
    /// Float to signed integer, ties to even; traps on NaN and overflow.
    FpToSiRteChk "cast.fp_to_si.rte.chk" (F64) -> I64;
    /// Float to unsigned integer, ties to even; traps on NaN and overflow.
    FpToUiRteChk "cast.fp_to_ui.rte.chk" (F64) -> I64;
    /// Signed integer to float.
    SiToFpCast "cast.si_to_fp" (I64) -> F64;
    /// Unsigned integer to float.
    UiToFpCast "cast.ui_to_fp" (I64) -> F64;
    /// Signed integer to float, the older name.
    SiToFp "sitofp" (I64) -> F64;
    /// Float to signed integer towards zero; traps on NaN and overflow.
    FpToSi "fptosi" (F64) -> I64;
    /// To a narrower signed integer; traps when the value does not fit.
    SiNarrowChk "cast.si_narrow.chk" (I64) -> Narrow;
    /// To a narrower integer by unsigned range; traps when the value does not fit.
    UiNarrowChk "cast.ui_narrow.chk" (I64) -> Narrow;
    /// The lowest bit.
    Trunc1 "trunc1" (I64) -> I1;
    /// Zero or one.
    Zext1 "zext1" (I1) -> I64;
    /// An error's trap kind.
    ErrGetKind "err.get_kind" (Error) -> I32;
    /// An error's code.
    ErrGetCode "err.get_code" (Error) -> I32;
    /// The index of the instruction that trapped, in its function.
    ErrGetIp "err.get_ip" (Error) -> I64;
    /// The source line of the instruction that trapped; -1 when unknown.
    ErrGetLine "err.get_line" (Error) -> I32;
    /// An error's message.
    ErrGetMsg "err.get_msg" (Error) -> Str;
}
