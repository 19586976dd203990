//! The encoding of a program: which handler an instruction gets. One for its row, and better ones where
//! they pay.
//!
//! | handler | for | what it saves |
//! |---|---|---|
//! | any distance | every row | |
//! | short | a branch to nearby | the next instruction's address does not wait for a load |
//! | switch | a switch | what follows does not wait for the value, if the distance is short |
//! | pair | two that follow each other often | a dispatch |
//! | chain | a pair whose second reads in one operand what the first writes | waiting until memory has it |
//!
//! docs/PERFORMANCE.md has what each was worth.

use super::super::table::Op;
use super::{
    ALL_IN_FRAME, Handler, Inst, any_distance, one, pause, returned, row, sibling_calls_jump,
    switch, two,
};

/// The executable form of a program's instructions.
#[derive(Debug)]
pub(super) struct Threaded {
    pub(super) code: Box<[Inst]>,
    /// The handlers that the instructions would have, where sibling calls take native stack: then
    /// the instructions themselves have [`pause`] instead.
    pub(super) handlers: Option<Box<[Handler]>>,
}

impl Threaded {
    /// Encodes a program. The first two instructions are where a thread's first frame returns to.
    pub(super) fn new(ops: &[Op]) -> Self {
        Threaded::with_jumps(ops, sibling_calls_jump())
    }

    pub(super) fn with_jumps(ops: &[Op], calls_jump: bool) -> Self {
        let mut handlers = choose(ops);
        handlers[1] = returned;
        let run = |at: usize| if calls_jump { handlers[at] } else { pause };
        let code = ops.iter().enumerate().map(|(at, &op)| Inst { run: run(at), op }).collect();
        Threaded { code, handlers: (!calls_jump).then_some(handlers) }
    }
}

/// What a handler of two instructions saves, in no unit: a dispatch; and waiting for the first one's
/// word, which counts less where that was loaded: a loop seldom waits for what it loads.
pub(super) const DISPATCH: u64 = 2;
const WORD: u64 = 2;
const LOADED_WORD: u64 = 1;

/// A handler of two instructions.
#[derive(Clone, Copy)]
pub(super) struct Together {
    pub(super) run: Handler,
    pub(super) saves: u64,
}

/// A handler for each of these instructions.
pub(super) fn choose(ops: &[Op]) -> Box<[Handler]> {
    let pairs: Vec<_> =
        ops.array_windows().map(|[first, second]| together(first, second)).collect();
    let saves: Vec<_> = pairs.iter().map(|pair| pair.map_or(0, |it| it.saves)).collect();
    let mut handlers: Box<[Handler]> = ops.iter().map(alone).collect();
    for (at, takes_two) in take_two(&saves).into_iter().enumerate() {
        if let Some(pair) = pairs[at].filter(|_| takes_two) {
            handlers[at] = pair.run;
        }
    }
    handlers
}

/// Where two instructions are taken at once, so that most is saved from whatever instruction on. Each is
/// given what it saves with the next one; 0 where they have no handler. Of equals the earlier two: so
/// ends of blocks that all go back to the same place are left alone, and `dispatch` takes 0.8 of the time.
pub(super) fn take_two(saves: &[u64]) -> Vec<bool> {
    let mut takes_two = vec![false; saves.len()];
    // What is saved from the next instruction on, and from the one after it.
    let (mut from_next, mut from_after) = (0, 0);
    for (at, &saved) in saves.iter().enumerate().rev() {
        takes_two[at] = saved > 0 && saved + from_after >= from_next;
        let from_here = if takes_two[at] { saved + from_after } else { from_next };
        (from_next, from_after) = (from_here, from_next);
    }
    takes_two
}

/// The handler of an instruction alone: for its own branch distance, if that is short.
fn alone(op: &Op) -> Handler {
    short(op).unwrap_or_else(|| any_distance(op))
}

/// The handler of two instructions, if they have one.
pub(super) fn together(first: &Op, second: &Op) -> Option<Together> {
    if let Some(run) = chain(first, second) {
        let word = if is_load(first) { LOADED_WORD } else { WORD };
        return Some(Together { run, saves: DISPATCH + word });
    }
    let run = pair(first, second)?;
    Some(Together { run, saves: DISPATCH })
}

fn is_load(op: &Op) -> bool {
    matches!(
        op,
        Op::Load { .. }
            | Op::LoadX { .. }
            | Op::LoadI32 { .. }
            | Op::LoadXI32 { .. }
            | Op::LoadGlobal { .. }
    )
}

/// Picks the handler with this distance as a part of it, if it is short. In a pair, whose second
/// instruction has the distance, only `near` ones are; and what is short alone does not pair without.
macro_rules! by_distance {
    ($to:expr, [$($near:literal)*], [$($short:literal)*], $row:ident) => {
        match $to {
            $( $near => one::<row::$row, { $near }>, )*
            $( $short => one::<row::$row, { $short }>, )*
            _ => one::<row::$row, 0>,
        }
    };
    ($to:expr, [$($near:literal)*], [$($short:literal)*], $first:ident $second:ident $chained:tt) => {
        match $to {
            $( $near => two::<row::$first, row::$second, 0, { $near }, { $chained }>, )*
            $( $short => return None, )*
            _ => two::<row::$first, row::$second, 0, 0, { $chained }>,
        }
    };
}

macro_rules! ahead {
    ($to:expr, $($row:tt)*) => {
        by_distance!($to, [1 2 3 4], [5 6 7 8], $($row)*)
    };
}

macro_rules! back {
    ($to:expr, $($row:tt)*) => {
        by_distance!(
            $to,
            [-2 -3 -4 -5 -6 -7 -8],
            [-9 -10 -11 -12 -13 -14 -15 -16],
            $($row)*
        )
    };
}

/// The branches with a short distance: those that go ahead, and those that go back.
macro_rules! branches {
    ({ $($ahead:ident)* } { $($back:ident)* }) => {
        pub(super) fn short(op: &Op) -> Option<Handler> {
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
                    Some(two::<row::JgtK, row::Ret, 1, 0, ALL_IN_FRAME>)
                }
                _ => pair_straight(first, second).or_else(|| pair_at_end(first, second)),
            }
        }

        pairs! { @fn pair_straight ALL_IN_FRAME $straight $straight {} {} }
        pairs! { @fn pair_at_end ALL_IN_FRAME $first $ends $ahead $back }
    };
    (@fn $name:ident $chained:tt { $($first:ident)* } $plain:tt $ahead:tt $back:tt) => {
        fn $name(first: &Op, second: &Op) -> Option<Handler> {
            match first {
                $( Op::$first { .. } => pairs!(@second second, $first, $plain $ahead $back $chained), )*
                _ => None,
            }
        }
    };
    (@second $second:ident, $first:ident,
        { $($plain:ident)* } { $($ahead:ident)* } { $($back:ident)* } $chained:tt) => {
        Some(match *$second {
            $( Op::$plain { .. } => two::<row::$first, row::$plain, 0, 0, { $chained }>, )*
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

/// The handler of two instructions of which the second reads what the first writes, in one operand. If
/// it does so in two, it would wait for the other.
fn chain(first: &Op, second: &Op) -> Option<Handler> {
    let newest = first.operands().into_iter().find(|(letter, _)| *letter == "d")?.1;
    let mut letters = second.operands().into_iter().filter_map(|(letter, operand)| {
        (matches!(letter, "a" | "b" | "c") && operand == newest).then_some(letter)
    });
    match (letters.next()?, letters.next()) {
        ("a", None) => chain_a(first, second).or_else(|| chain_to_branch(first, second)),
        ("b", None) => chain_b(first, second),
        ("c", None) => chain_c(first, second),
        _ => None,
    }
}

/// The chains by the letter of the operand: those of integers, and those of floats. What moves a word
/// is a first of both.
macro_rules! chains {
    (
        words $words:tt integers $integers:tt floats $floats:tt
        $( $chain:ident $letter:literal { $of_integers:ident $integer:tt $of_floats:ident $float:tt } )*
    ) => { $(
        fn $chain(first: &Op, second: &Op) -> Option<Handler> {
            $of_integers(first, second).or_else(|| $of_floats(first, second))
        }
        chains! { @fn $of_integers $letter $words $integers $integer }
        chains! { @fn $of_floats $letter $words $floats $float }
    )* };
    (@fn $name:ident $letter:literal { $($word:ident)* } { $($first:ident)* } $second:tt) => {
        pairs! { @fn $name $letter { $($word)* $($first)* } $second {} {} }
    };
}

// What computes, and what can take that: as `NEWEST` says, a second has read it before it writes.
chains! {
    words { Mov Load LoadX LoadGlobal }
    integers {
        Add Sub Mul WAdd WSub WMul And Or Xor Shl LShr AShr
        AddK MulK WAddK WMulK AndK OrK XorK ShlK LShrK AShrK
        LoadI32 LoadXI32
    }
    floats { FAdd FSub FMul FDiv FMulAdd FMulSub }
    chain_a 'a' {
        integers_a {
            Mov
            Add Sub Mul WAdd WSub WMul And Or Xor Shl LShr AShr
            AddK MulK WAddK WMulK AndK OrK XorK ShlK LShrK AShrK
            Load LoadX LoadI32 LoadXI32 Store StoreX StoreGlobal Ret
        }
        floats_a { Mov FAdd FSub FMul FDiv FMulAdd FMulSub StoreGlobal Ret }
    }
    chain_b 'b' {
        integers_b {
            Add Sub Mul WAdd WSub WMul And Or Xor Shl LShr AShr LoadX LoadXI32 Store StoreX
        }
        floats_b { FAdd FSub FMul FDiv FMulAdd FMulSub Store }
    }
    chain_c 'c' { integers_c { StoreX } floats_c { FMulAdd FMulSub StoreX } }
}

// What a branch is likely to ask for: a sum, some bits, a word of memory.
pairs! {
    @fn chain_to_branch 'a'
    { Add AddK Sub WAddK And AndK Load LoadX LoadI32 LoadXI32 LoadGlobal }
    {}
    { JT JF Jeq Jne Jlt Jle JeqK JneK JltK JgtK }
    { JTBack JFBack JltKBack JgtKBack JneKBack }
}
