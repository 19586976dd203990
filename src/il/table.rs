//! The instructions: one table.
//!
//! A row gives an instruction's name, its operands, its result, and its meaning. Everything that the
//! rows of a group have in common is made from them, here and by [`instructions!`] elsewhere: the types
//! ([`AnyOp`], [`BinaryOp`], [`UnaryOp`]), the words of the parser, reading, printing, resolving, and
//! the tables in docs/LANGUAGE.md.
//!
//! | group | a row | written by hand |
//! |---|---|---|
//! | `alike` | name, type of each operand `->` type of the result | nothing |
//! | `plain` | name, form, `[types]`, `(operands)`, `[memory orders]` `->` result | requirements beyond its operands' types, in `verifier/instruction.rs` |
//! | `shaped` | name, form, `{ fields }` `->` result | reading, printing, resolving: one arm each, which the compiler requires |
//!
//! The text of a plain instruction is its types, then its operands, then its orders. An operand has a
//! required type, and a role that messages use as its name. Help texts show the form.

use super::Type::{Error, F64, I1, I32, I64, Ptr, Str};
use super::{MemoryOrder, Naming, RmwOp, Type};
use Rule::{Callee, Narrow, Never, Nothing, Null, Same, Width};

/// Calls `$with!` with the groups of the table, and what comes after `$with`.
macro_rules! instructions {
    ($with:ident $(, $($rest:tt)*)?) => {
        $with! {
            alike {
                /// An operation with two operands and a result.
                Binary BinaryOp "%a, %b" {
                    /// Signed addition; traps on overflow of the result's width.
                    IAddOvf "iadd.ovf" Width -> Width;
                    /// Signed subtraction; traps on overflow.
                    ISubOvf "isub.ovf" Width -> Width;
                    /// Signed multiplication; traps on overflow.
                    IMulOvf "imul.ovf" Width -> Width;
                    /// Signed division towards zero; traps on a zero divisor and on overflow.
                    SDivChk0 "sdiv.chk0" Width -> Width;
                    /// Unsigned division; traps on a zero divisor.
                    UDivChk0 "udiv.chk0" I64 -> I64;
                    /// Signed remainder with the dividend's sign; traps on a zero divisor.
                    SRemChk0 "srem.chk0" Width -> Width;
                    /// Unsigned remainder; traps on a zero divisor.
                    URemChk0 "urem.chk0" I64 -> I64;
                    /// Wrapping addition.
                    Add "add" I64 -> I64;
                    /// Wrapping subtraction.
                    Sub "sub" I64 -> I64;
                    /// Wrapping multiplication.
                    Mul "mul" I64 -> I64;
                    /// Bitwise and.
                    And "and" Width -> Width;
                    /// Bitwise or.
                    Or "or" Width -> Width;
                    /// Bitwise exclusive or.
                    Xor "xor" Width -> Width;
                    /// Shift left; the count is taken modulo 64.
                    Shl "shl" I64 -> I64;
                    /// Logical shift right; the count is taken modulo 64.
                    LShr "lshr" I64 -> I64;
                    /// Arithmetic shift right; the count is taken modulo 64.
                    AShr "ashr" I64 -> I64;
                    /// Float addition.
                    FAdd "fadd" F64 -> F64;
                    /// Float subtraction.
                    FSub "fsub" F64 -> F64;
                    /// Float multiplication.
                    FMul "fmul" F64 -> F64;
                    /// Float division.
                    FDiv "fdiv" F64 -> F64;
                    /// Equal.
                    ICmpEq "icmp_eq" Same -> I1;
                    /// Not equal.
                    ICmpNe "icmp_ne" Same -> I1;
                    /// Signed less.
                    SCmpLt "scmp_lt" Same -> I1;
                    /// Signed less or equal.
                    SCmpLe "scmp_le" Same -> I1;
                    /// Signed greater.
                    SCmpGt "scmp_gt" Same -> I1;
                    /// Signed greater or equal.
                    SCmpGe "scmp_ge" Same -> I1;
                    /// Unsigned less.
                    UCmpLt "ucmp_lt" Same -> I1;
                    /// Unsigned less or equal.
                    UCmpLe "ucmp_le" Same -> I1;
                    /// Unsigned greater.
                    UCmpGt "ucmp_gt" Same -> I1;
                    /// Unsigned greater or equal.
                    UCmpGe "ucmp_ge" Same -> I1;
                    /// Float equal; false with a NaN.
                    FCmpEq "fcmp_eq" F64 -> I1;
                    /// Float not equal; true with a NaN.
                    FCmpNe "fcmp_ne" F64 -> I1;
                    /// Float less.
                    FCmpLt "fcmp_lt" F64 -> I1;
                    /// Float less or equal.
                    FCmpLe "fcmp_le" F64 -> I1;
                    /// Float greater.
                    FCmpGt "fcmp_gt" F64 -> I1;
                    /// Float greater or equal.
                    FCmpGe "fcmp_ge" F64 -> I1;
                    /// Neither is a NaN.
                    FCmpOrd "fcmp_ord" F64 -> I1;
                    /// At least one is a NaN.
                    FCmpUno "fcmp_uno" F64 -> I1;
                }
                /// An operation with one operand and a result.
                Unary UnaryOp "%a" {
                    /// Float to signed integer, ties to even; traps on NaN and overflow.
                    FpToSiRteChk "cast.fp_to_si.rte.chk" F64 -> I64;
                    /// Float to unsigned integer, ties to even; traps on NaN and overflow.
                    FpToUiRteChk "cast.fp_to_ui.rte.chk" F64 -> I64;
                    /// Signed integer to float.
                    SiToFpCast "cast.si_to_fp" I64 -> F64;
                    /// Unsigned integer to float.
                    UiToFpCast "cast.ui_to_fp" I64 -> F64;
                    /// Signed integer to float, the older name.
                    SiToFp "sitofp" I64 -> F64;
                    /// Float to signed integer towards zero; traps on NaN and overflow.
                    FpToSi "fptosi" F64 -> I64;
                    /// To a narrower signed integer; traps when the value does not fit.
                    SiNarrowChk "cast.si_narrow.chk" I64 -> Narrow;
                    /// To a narrower integer by unsigned range; traps when the value does not fit.
                    UiNarrowChk "cast.ui_narrow.chk" I64 -> Narrow;
                    /// The lowest bit.
                    Trunc1 "trunc1" I64 -> I1;
                    /// Zero or one.
                    Zext1 "zext1" I1 -> I64;
                    /// An error's trap kind.
                    ErrGetKind "err.get_kind" Error -> I32;
                    /// An error's code.
                    ErrGetCode "err.get_code" Error -> I32;
                    /// The index of the instruction that trapped, in its function.
                    ErrGetIp "err.get_ip" Error -> I64;
                    /// The source line of the instruction that trapped; -1 when unknown.
                    ErrGetLine "err.get_line" Error -> I32;
                    /// An error's message.
                    ErrGetMsg "err.get_msg" Error -> Str;
                }
            }
            plain {
                /// `%a` if `%condition`, else `%b`.
                Select "select" "%r = select type, %condition, %a, %b"
                    [ty: Type] (condition: I1, "condition"; if_true: *ty, "first value"; if_false: *ty, "second value") []
                    -> *ty;
                /// `%index - %low`; traps `bounds` unless `%low <= %index < %high`.
                IdxChk "idx.chk" "%r = idx.chk %index, %low, %high"
                    [] (index: I64, "index"; low: I64, "lower bound"; high: I64, "upper bound") [] -> I64;
                /// Zeroed memory that lives until the function returns.
                Alloca "alloca" "%p = alloca bytes"
                    [] (bytes: I64, "size") [] -> Ptr;
                /// Reads memory. Plain accesses order nothing; racing ones give an old or a new word.
                Load "load" "%r = load type, %pointer"
                    [ty: Type] (pointer: Ptr, "pointer") [] -> *ty;
                /// Writes memory.
                Store "store" "store type, %pointer, %value"
                    [ty: Type] (pointer: Ptr, "pointer"; value: *ty, "value") [] -> Nothing;
                /// Address arithmetic.
                Gep "gep" "%p = gep %pointer, bytes"
                    [] (pointer: Ptr, "pointer"; bytes: I64, "offset") [] -> Ptr;
                /// The null of `ptr`, `str`, `error` or `resumetok`; of `ptr` without annotation.
                ConstNull "const_null" "%p:type = const_null"
                    [] () [] -> Null;

                /// Reads memory atomically; `relaxed`, `acquire` or `seq_cst`.
                AtomicLoad "atomic.load" "%r = atomic.load type, %pointer, acquire"
                    [ty: Type] (pointer: Ptr, "pointer") [order] -> *ty;
                /// Writes memory atomically; `relaxed`, `release` or `seq_cst`.
                AtomicStore "atomic.store" "atomic.store type, %pointer, %value, release"
                    [ty: Type] (pointer: Ptr, "pointer"; value: *ty, "value") [order] -> Nothing;
                /// The old value; memory gets `add`, `sub`, `and`, `or`, `xor`, `xchg`, `min` or `max` of it
                /// and `%value`. Any order.
                AtomicRmw "atomic.rmw" "%old = atomic.rmw add i64, %pointer, %value, acq_rel"
                    [op: RmwOp, ty: Type] (pointer: Ptr, "pointer"; value: *ty, "value") [order] -> *ty;
                /// The old value; memory gets `%desired` if that is `%expected`. The second order, for a
                /// failed try, as for a load.
                AtomicCas "atomic.cas" "%old = atomic.cas i64, %pointer, %expected, %desired, acq_rel, acquire"
                    [ty: Type] (pointer: Ptr, "pointer"; expected: *ty, "expected value"; desired: *ty, "desired value")
                    [success, failure] -> *ty;
                /// A fence; any order but `relaxed`.
                Fence "fence" "fence seq_cst"
                    [] () [order] -> Nothing;

                /// Traps `domain-error`.
                Trap "trap" "trap"
                    [] () [] -> Never;
                /// An error of this kind, which is a trap's number.
                TrapErr "trap.err" "%e = trap.err %kind, %message"
                    [] (kind: I32, "kind"; message: Str, "message") [] -> Error;
                /// Removes the function's newest handler.
                EhPop "eh.pop" "eh.pop"
                    [] () [] -> Nothing;
                /// Marks the beginning of a handler.
                EhEntry "eh.entry" "eh.entry"
                    [] () [] -> Nothing;
                /// Goes on with the instruction that trapped.
                ResumeSame "resume.same" "resume.same %token"
                    [] (token: ResumeTok, "operand") [] -> Never;
                /// Goes on after the instruction that trapped; the missing result is 0.
                ResumeNext "resume.next" "resume.next %token"
                    [] (token: ResumeTok, "operand") [] -> Never;
            }
            shaped {
                /// The address of a global.
                GlobalAddress "gaddr" "%p = gaddr @global"
                    { global: N::Global } -> Ptr;
                /// A function's address; `@function` as an operand is the same.
                FunctionAddress "addr_of" "%p = addr_of @function"
                    { function: N::Function } -> Ptr;
                /// A string constant.
                ConstStr "const_str" "%s = const_str @global"
                    { global: N::Global } -> Str;
                /// A float.
                ConstF64 "const.f64" "%f = const.f64 1.5"
                    { value: f64 } -> F64;
                /// Calls a function or an extern.
                Call "call" "%r = call @name(%a, %b)"
                    { callee: N::Callee, args: Vec<N::Operand>, attributes: Vec<String> } -> Callee;
                /// Calls the function at an address; traps unless it has this signature. Before `@name` it
                /// may be left out.
                CallIndirect "call.indirect" "%r = call.indirect [i64(ptr)] %pointer(%a)"
                    { signature: N::Signature, callee: N::Operand, args: Vec<N::Operand> } -> Callee;
                /// Goes on at a block, with arguments.
                Br "br" "br label(%a)"
                    { target: N::Target } -> Never;
                /// Goes on at the first block if `%condition`, else at the second.
                CBr "cbr" "cbr %condition, label(%a), label(%b)"
                    { condition: N::Operand, if_true: N::Target, if_false: N::Target } -> Never;
                /// Goes on at the block that belongs to an `i32`.
                Switch "switch.i32" "switch.i32 %value, ^default, 1 -> ^one, 2 -> ^two"
                    { scrutinee: N::Operand, default: N::Target, cases: Vec<(i32, N::Target)> } -> Never;
                /// Returns from the function; `ret` where it returns nothing.
                Ret "ret" "ret %value"
                    { value: Option<N::Operand> } -> Never;
                /// Traps with the kind that belongs to a code of Viper's runtime, an `i32` or `i64`.
                TrapFromErr "trap.from_err" "trap.from_err i32 7"
                    { ty: Type, code: N::Operand } -> Never;
                /// The kind of the newest trap that was caught; with an operand, of that error.
                TrapKind "trap.kind" "%k = trap.kind"
                    { error: Option<N::Operand> } -> I64;
                /// Installs a handler; it takes the error and the token, and is passed no arguments.
                EhPush "eh.push" "eh.push ^handler"
                    { handler: N::Target } -> Nothing;
                /// Goes on at a block that is not a handler.
                ResumeLabel "resume.label" "resume.label %token, ^label"
                    { token: N::Operand, target: N::Target } -> Never;
            }
            $($($rest)*)?
        }
    };
}

pub(super) use instructions;

/// What type an instruction asks for, or gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Exactly this one.
    Is(Type),
    /// `i16`, `i32` or `i64`: the result's annotation says which (`i64` without one), and all the
    /// operands that have this rule are of that type.
    Width,
    /// `i16` or `i32`: the result's annotation says which and must be there.
    Narrow,
    /// Any integer type or `ptr`, the same for both operands.
    Same,
    /// `ptr`, `str`, `error` or `resumetok`: the result's annotation says which (`ptr` without one).
    Null,
    /// What the callee returns.
    Callee,
    /// No value.
    Nothing,
    /// No value, and control does not go on to the next instruction of the block.
    Never,
}

impl From<Type> for Rule {
    fn from(ty: Type) -> Self {
        Rule::Is(ty)
    }
}

/// One row of the groups `plain` and `shaped` as text.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// How the instruction is written.
    pub form: &'static str,
    /// Its meaning, line by line, each with a leading space.
    pub meaning: &'static [&'static str],
}

/// Declares the types of instructions from the table.
macro_rules! declare {
    (
        alike { $(
            $(#[$about:meta])* $shape:ident $kind:ident $operands:literal {
                $( $(#[doc = $does:literal])* $like:ident $like_name:literal $takes:ident -> $like_gives:ident; )*
            }
        )* }
        plain { $(
            $(#[doc = $doc:literal])* $op:ident $name:literal $form:literal
            [$($lead:ident: $lead_type:ty),*] ($($operand:ident: $want:expr, $role:literal);*) [$($order:ident),*]
            -> $gives:expr;
        )* }
        shaped { $(
            $(#[doc = $shaped_doc:literal])* $shaped:ident $shaped_name:literal $shaped_form:literal
            { $($field:ident: $type:ty),* } -> $shaped_gives:expr;
        )* }
    ) => {
        $(
            $(#[$about])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub enum $kind {
                $( $(#[doc = $does])* $like, )*
            }

            impl $kind {
                /// All of them, in the order of the table.
                pub const ALL: &[$kind] = &[ $( $kind::$like, )* ];

                /// The mnemonic.
                pub fn name(self) -> &'static str {
                    match self { $( $kind::$like => $like_name, )* }
                }

                /// What each operand must be.
                pub fn takes(self) -> Rule {
                    match self { $( $kind::$like => Rule::from($takes), )* }
                }

                /// What the result is.
                pub fn gives(self) -> Rule {
                    match self { $( $kind::$like => Rule::from($like_gives), )* }
                }

                /// What it does, line by line, each with a leading space.
                pub fn meaning(self) -> &'static [&'static str] {
                    match self { $( $kind::$like => &[ $($does),* ], )* }
                }
            }
        )*

        /// An instruction without its result, with names as written or resolved.
        #[allow(missing_docs, reason = "the rows of the table say how each field is written")]
        #[derive(Clone, Debug, PartialEq)]
        pub enum AnyOp<N: Naming> {
            /// Two operands, one result.
            Binary { op: BinaryOp, left: N::Operand, right: N::Operand },
            /// One operand, one result.
            Unary { op: UnaryOp, operand: N::Operand },
            $( $(#[doc = $doc])* $op { $($lead: $lead_type,)* $($operand: N::Operand,)* $($order: MemoryOrder),* }, )*
            $( $(#[doc = $shaped_doc])* $shaped { $($field: $type),* }, )*
        }

        impl<N: Naming> AnyOp<N> {
            /// The word that begins the instruction in the text: `iadd.ovf`, `br`.
            pub fn mnemonic(&self) -> &'static str {
                match self {
                    $( AnyOp::$shape { op, .. } => op.name(), )*
                    $( AnyOp::$op { .. } => $name, )*
                    $( AnyOp::$shaped { .. } => $shaped_name, )*
                }
            }

            /// What it gives.
            #[allow(unused_variables, reason = "few results depend on a type that is written")]
            pub fn gives(&self) -> Rule {
                match self {
                    $( AnyOp::$shape { op, .. } => op.gives(), )*
                    $( AnyOp::$op { $($lead,)* .. } => Rule::from($gives), )*
                    $( AnyOp::$shaped { .. } => Rule::from($shaped_gives), )*
                }
            }
        }

        /// An instruction without its operands: what the parser has when it has read one word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Mnemonic {
            $( $shape($kind), )*
            $( $op, )*
            $( $shaped, )*
        }

        impl Mnemonic {
            /// Every mnemonic, in the order of the table.
            pub(super) fn all() -> impl Iterator<Item = Mnemonic> {
                let others = [ $( Mnemonic::$op, )* $( Mnemonic::$shaped, )* ];
                std::iter::empty()$( .chain($kind::ALL.iter().map(|&op| Mnemonic::$shape(op))) )*.chain(others)
            }

            /// The word.
            pub(super) fn name(self) -> &'static str {
                match self {
                    $( Mnemonic::$shape(op) => op.name(), )*
                    $( Mnemonic::$op => $name, )*
                    $( Mnemonic::$shaped => $shaped_name, )*
                }
            }

            /// An example of the instruction, for help texts.
            pub(super) fn form(self) -> String {
                match self {
                    $( Mnemonic::$shape(op) => format!("%r = {} {}", op.name(), $operands), )*
                    $( Mnemonic::$op => $form.to_owned(), )*
                    $( Mnemonic::$shaped => $shaped_form.to_owned(), )*
                }
            }
        }

        /// The groups `plain` and `shaped` as text, for docs/LANGUAGE.md.
        pub const DESCRIPTIONS: &[Description] = &[
            $( Description { form: $form, meaning: &[ $($doc),* ] }, )*
            $( Description { form: $shaped_form, meaning: &[ $($shaped_doc),* ] }, )*
        ];
    };
}

instructions!(declare);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_mnemonic_stands_twice_in_the_table() {
        let names: std::collections::HashSet<_> = Mnemonic::all().map(Mnemonic::name).collect();
        assert_eq!(names.len(), Mnemonic::all().count());
    }

    #[test]
    fn every_form_begins_with_its_mnemonic() {
        for mnemonic in Mnemonic::all() {
            let form = mnemonic.form();
            let operation = form.split_once(" = ").map_or(form.as_str(), |(_, right)| right);
            assert_eq!(operation.split(' ').next(), Some(mnemonic.name()));
        }
    }
}
