//! The encoding of a program: which handler an instruction gets. One for its row, and better ones where
//! they pay.
//!
//! | handler | for | what it saves |
//! |---|---|---|
//! | any distance | every row | |
//! | short | a branch to nearby | the next instruction's address does not wait for a load |
//! | switch | a switch | what follows does not wait for the value, if the distance is short |
//! | pair | two that follow each other often | a dispatch |
//! | chain | a pair whose second reads what the first writes, and nothing else | waiting for memory |
//!
//! docs/PERFORMANCE.md has what each was worth.

use super::super::table::{Op, Operand};
use super::{
    Handler, Inst, any_distance, one, pause, returned, row, sibling_calls_jump, switch, two,
};

/// The executable form of a program's instructions.
#[derive(Debug)]
pub(in crate::interp) struct Threaded {
    pub(super) code: Box<[Inst]>,
    /// The handlers that the instructions would have, where sibling calls take native stack: then
    /// the instructions themselves have [`pause`] instead.
    pub(super) handlers: Option<Box<[Handler]>>,
}

impl Threaded {
    /// Encodes a program. The first two instructions are where a thread's first frame returns to.
    pub(in crate::interp) fn new(ops: &[Op]) -> Self {
        Threaded::with_jumps(ops, sibling_calls_jump())
    }

    pub(super) fn with_jumps(ops: &[Op], calls_jump: bool) -> Self {
        let mut handlers: Box<[Handler]> = (0..ops.len()).map(|at| handler(&ops[at..])).collect();
        handlers[1] = returned;
        let run = |at: usize| if calls_jump { handlers[at] } else { pause };
        let code = ops.iter().enumerate().map(|(at, &op)| Inst { run: run(at), op }).collect();
        Threaded { code, handlers: (!calls_jump).then_some(handlers) }
    }
}

/// The handler of the first of these instructions: for two at once, if they are among the pairs; for
/// its own branch distance, if that is short.
pub(super) fn handler(ops: &[Op]) -> Handler {
    let of_two = match ops {
        [first, second, rest @ ..] => chain(first, second).or_else(|| {
            // A chain is worth more than a pair, so the second is left to its own.
            let is_wanted = rest.first().is_some_and(|third| chain(second, third).is_some());
            if is_wanted { None } else { pair(first, second) }
        }),
        _ => None,
    };
    of_two.or_else(|| short(&ops[0])).unwrap_or_else(|| any_distance(&ops[0]))
}

/// Picks the handler with this distance as a part of it, if it is among these: fewer for a pair, whose
/// second instruction has the distance.
macro_rules! by_distance {
    ($to:expr, [$($distance:literal)*], [$($of_pair:literal)*], $row:ident) => {
        match $to {
            $( $distance => one::<row::$row, { $distance }>, )*
            _ => one::<row::$row, 0>,
        }
    };
    ($to:expr, [$($distance:literal)*], [$($of_pair:literal)*], $first:ident $second:ident $chained:literal) => {
        match $to {
            $( $of_pair => two::<row::$first, row::$second, 0, { $of_pair }, $chained>, )*
            _ => two::<row::$first, row::$second, 0, 0, $chained>,
        }
    };
}

macro_rules! ahead {
    ($to:expr, $($row:tt)*) => {
        by_distance!($to, [1 2 3 4 5 6 7 8], [1 2 3 4], $($row)*)
    };
}

macro_rules! back {
    ($to:expr, $($row:tt)*) => {
        by_distance!(
            $to,
            [-2 -3 -4 -5 -6 -7 -8 -9 -10 -11 -12 -13 -14 -15 -16],
            [-2 -3 -4 -5 -6 -7 -8],
            $($row)*
        )
    };
}

/// The branches with a short distance: those that go ahead, and those that go back.
macro_rules! branches {
    ({ $($ahead:ident)* } { $($back:ident)* }) => {
        fn short(op: &Op) -> Option<Handler> {
            Some(match *op {
                $( Op::$ahead { to, .. } => ahead!(to, $ahead), )*
                $( Op::$back { to, .. } => back!(to, $back), )*
                Op::Switch { .. } => switch,
                _ => return None,
            })
        }
    };
}

branches! {
    { Jmp JT JF Jeq Jne Jlt Jle Jult Jule JeqK JneK JltK JgtK }
    {
        JmpBack JTBack JFBack JeqBack JneBack JltBack JleBack JultBack JuleBack JeqKBack JneKBack
        JltKBack JgtKBack IncJlt IncJle IncJltK WIncJult
    }
}

macro_rules! switch_by {
    ($($distance:literal)*) => {
        /// The handlers of a switch by its distance, as far as that is short.
        pub(super) const SWITCH_BY: &[Handler] = &[ $( one::<row::Switch, $distance>, )* ];
    };
}

switch_by! { 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 }

/// Every `straight` with every `straight`, and every `first` with every `ends`, `ahead` and `back`: the
/// pairs that have a handler of their own.
macro_rules! pairs {
    (straight $straight:tt first $first:tt ends $ends:tt ahead $ahead:tt back $back:tt) => {
        /// The handler of two instructions that follow each other often.
        fn pair(first: &Op, second: &Op) -> Option<Handler> {
            match (first, second) {
                // Over a return: how a recursive function begins.
                (Op::JgtK { to: 1, .. }, Op::Ret { .. }) => {
                    Some(two::<row::JgtK, row::Ret, 1, 0, false>)
                }
                _ => pair_straight(first, second).or_else(|| pair_at_end(first, second)),
            }
        }

        pairs! { @fn pair_straight $straight $straight {} {} false }
        pairs! { @fn pair_at_end $first $ends $ahead $back false }
    };
    (@fn $name:ident { $($first:ident)* } $plain:tt $ahead:tt $back:tt $chained:literal) => {
        fn $name(first: &Op, second: &Op) -> Option<Handler> {
            match first {
                $( Op::$first { .. } => pairs!(@second second, $first, $plain $ahead $back $chained), )*
                _ => None,
            }
        }
    };
    (@second $second:ident, $first:ident,
        { $($plain:ident)* } { $($ahead:ident)* } { $($back:ident)* } $chained:literal) => {
        Some(match *$second {
            $( Op::$plain { .. } => two::<row::$first, row::$plain, 0, 0, $chained>, )*
            $( Op::$ahead { to, .. } => ahead!(to, $first $ahead $chained), )*
            $( Op::$back { to, .. } => back!(to, $first $back $chained), )*
            _ => return None,
        })
    };
}

// Which instructions mix: those that move a word, and those that compute one without dividing,
// comparing or converting. Which end a loop or a function, and behind which: those of the inner loops
// of the six workloads and of Viper's sixteen benchmark programs.
pairs! {
    straight {
        Const Mov
        Add Sub Mul WAdd WSub WMul And Or Xor Shl LShr AShr
        AddK MulK WAddK WMulK AndK OrK XorK ShlK LShrK AShrK
        FAdd FSub FMul FMulAdd FMulSub
        Load LoadX LoadI32 LoadXI32 Store StoreX LoadGlobal StoreGlobal
    }
    first {
        Mov Add AddK Sub MulK AndK WAdd WAddK FMulAdd Load LoadX LoadI32 LoadXI32 Store StoreX LoadGlobal
        StoreGlobal
    }
    ends { Call Ret }
    ahead { Jmp JT JF Jle JgtK }
    back { JmpBack IncJlt IncJltK JltKBack }
}

/// The handler of two instructions of which the second reads what the first writes, and nothing else.
fn chain(first: &Op, second: &Op) -> Option<Handler> {
    chained(first, second).filter(|_| {
        let registers = |op: &Op, letters: &[&str]| -> Vec<Operand> {
            let operands = op.operands().into_iter();
            operands.filter(|it| letters.contains(&it.0)).map(|it| it.1).collect()
        };
        registers(first, &["d"]) == registers(second, &["a", "b", "c"])
    })
}

// Whatever of the straight ones writes a register; and whatever reads one register alone.
pairs! {
    @fn chained
    {
        Mov Add Sub Mul WAdd WSub WMul And Or Xor Shl LShr AShr
        AddK MulK WAddK WMulK AndK OrK XorK ShlK LShrK AShrK
        FAdd FSub FMul FMulAdd FMulSub
        Load LoadX LoadI32 LoadXI32 LoadGlobal
    }
    { Mov AddK MulK WAddK WMulK AndK OrK XorK ShlK LShrK AShrK Load LoadI32 StoreGlobal Ret }
    { JT JF JgtK }
    { IncJltK JltKBack }
    true
}
