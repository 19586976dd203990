//! The encoding of a program: chooses the handler of each instruction. Every row of the table has a
//! plain handler; some instructions have better ones, where they pay.
//!
//! | handler | for | what it saves |
//! |---|---|---|
//! | any distance | every row | |
//! | short | a branch over a short distance | the next instruction's address does not wait for a load |
//! | switch | a switch | the next instruction does not wait for the value, if the distance is short |
//! | pair | two instructions that often follow each other | a dispatch |
//! | chain | a pair whose second instruction reads in one operand what the first writes | a round trip through memory |
//!
//! The table [`TWO`] lists the instructions that have a handler of two. A handler is an instance of [`two`]
//! for the types of its rows. Instances for all pairs of rows would be hundreds of thousands. So the table is
//! consulted while constants are evaluated: [`maker`] is a function that leads to handlers for the pairs in
//! the table, and `None` for all others, and the compiler instantiates only what a constant's value leads to.
//!
//! docs/PERFORMANCE.md shows what each kind gains.

use std::marker::PhantomData;

use super::super::table::{Op, Operand};
#[allow(clippy::enum_glob_use, reason = "the lists below have nearly all of them")]
use super::Kind::{self, *};
use super::{
    ALL_IN_FRAME, Handler, Inst, KINDS, OfRow, Row, any_distance, of_row, one, pause, returned,
    row, sibling_calls_jump, switch, two,
};

/// The executable form of a program's instructions.
#[derive(Debug)]
pub(super) struct Threaded {
    pub(super) code: Box<[Inst]>,
    /// The handlers that the instructions would have, if sibling calls take native stack; the
    /// instructions themselves then have [`pause`] instead.
    pub(super) handlers: Option<Box<[Handler]>>,
}

impl Threaded {
    /// Encodes a program. A thread's first frame returns to the first two instructions.
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

/// The savings of a handler of two instructions, without a unit: a dispatch, and waiting for the first one's
/// word. The latter counts less if the word was loaded, because a loop seldom waits for what it loads.
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

/// Decides where two instructions are combined, so that the savings from every instruction on are
/// largest. `saves` is each instruction's saving with the next one; 0 if they have no handler. Of equal
/// choices, the earlier pair is taken: then ends of blocks that all go back to the same place stay
/// single, and `dispatch` takes 0.8 of the time.
pub(super) fn take_two(saves: &[u64]) -> Vec<bool> {
    let mut takes_two = vec![false; saves.len()];
    // The savings from the next instruction on, and from the one after it.
    let (mut from_next, mut from_after) = (0, 0);
    for (at, &saved) in saves.iter().enumerate().rev() {
        takes_two[at] = saved > 0 && saved + from_after >= from_next;
        let from_here = if takes_two[at] { saved + from_after } else { from_next };
        (from_next, from_after) = (from_here, from_next);
    }
    takes_two
}

/// The handler of a single instruction: the one for its own branch distance, if that is short.
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

/// The forward branches that have a short distance.
const AHEAD: &[Kind] = &[Jmp, JT, JF, Jeq, Jne, Jlt, Jle, Jult, Jule, JeqK, JneK, JltK, JgtK];

/// The backward ones.
const BACK: &[Kind] = &[
    JmpBack, JTBack, JFBack, JeqBack, JneBack, JltBack, JleBack, JultBack, JuleBack, JeqKBack,
    JneKBack, JltKBack, JgtKBack, IncJlt, IncJle, IncJltK, WIncJult,
];

/// The instructions that mix: those that move a word, and those that compute one without dividing,
/// comparing or converting.
#[rustfmt::skip]
const STRAIGHT: &[Kind] = &[
    Const, Mov,
    Add, Sub, Mul, WAdd, WSub, WMul, And, Or, Xor, Shl, LShr, AShr,
    AddK, MulK, WAddK, WMulK, AndK, OrK, XorK, ShlK, LShrK, AShrK,
    FAdd, FSub, FMul, FMulAdd, FMulSub,
    Load, LoadX, LoadI32, LoadXI32, Store, StoreX, LoadGlobal, StoreGlobal,
];

/// The instructions that end a loop or a function, and those before them: taken from the inner loops of
/// the six workloads and of Viper's sixteen benchmark programs.
const END: &[Kind] = &[Call, Ret, Jmp, JT, JF, Jle, JgtK, JmpBack, IncJlt, IncJltK, JltKBack];
#[rustfmt::skip]
const BEFORE_END: &[Kind] = &[
    Mov, Add, AddK, Sub, MulK, AndK, WAdd, WAddK, FMulAdd, Load, LoadX, LoadI32, LoadXI32,
    Store, StoreX, LoadGlobal, StoreGlobal,
];

/// The instructions that write a word of any kind, an integer and a float.
const ANY: &[Kind] = &[Mov, Load, LoadX, LoadGlobal];
#[rustfmt::skip]
const INTEGER: &[Kind] = &[
    Add, Sub, Mul, WAdd, WSub, WMul, And, Or, Xor, Shl, LShr, AShr,
    AddK, MulK, WAddK, WMulK, AndK, OrK, XorK, ShlK, LShrK, AShrK,
    LoadI32, LoadXI32,
];
const FLOAT: &[Kind] = &[FAdd, FSub, FMul, FDiv, FMulAdd, FMulSub];

/// The instructions that can take an integer, or a float, as the operand with a given letter. As
/// [`NEWEST`](super::NEWEST) requires, they read the word before they write.
#[rustfmt::skip]
const INTEGER_AS_A: &[Kind] = &[
    Mov,
    Add, Sub, Mul, WAdd, WSub, WMul, And, Or, Xor, Shl, LShr, AShr,
    AddK, MulK, WAddK, WMulK, AndK, OrK, XorK, ShlK, LShrK, AShrK,
    Load, LoadX, LoadI32, LoadXI32, Store, StoreX, StoreGlobal, Ret,
];
const INTEGER_AS_B: &[Kind] = &[
    Add, Sub, Mul, WAdd, WSub, WMul, And, Or, Xor, Shl, LShr, AShr, LoadX, LoadXI32, Store, StoreX,
];
const INTEGER_AS_C: &[Kind] = &[StoreX];
const FLOAT_AS_A: &[Kind] = &[Mov, FAdd, FSub, FMul, FDiv, FMulAdd, FMulSub, StoreGlobal, Ret];
const FLOAT_AS_B: &[Kind] = &[FAdd, FSub, FMul, FDiv, FMulAdd, FMulSub, Store];
const FLOAT_AS_C: &[Kind] = &[FMulAdd, FMulSub, StoreX];

/// The likely conditions of a branch: a sum, some bits, a word of memory.
const ASKED: &[Kind] =
    &[Add, AddK, Sub, WAddK, And, AndK, Load, LoadX, LoadI32, LoadXI32, LoadGlobal];
const BRANCH: &[Kind] = &[
    JT, JF, Jeq, Jne, Jlt, Jle, JeqK, JneK, JltK, JgtK, JTBack, JFBack, JltKBack, JgtKBack,
    JneKBack,
];

/// The handlers of two instructions: the letter of the second one's operand that is
/// [`NEWEST`](super::NEWEST), and every first instruction with every second.
const TWO: &[(char, &[Kind], &[Kind])] = &[
    (ALL_IN_FRAME, STRAIGHT, STRAIGHT),
    (ALL_IN_FRAME, BEFORE_END, END),
    ('a', ANY, INTEGER_AS_A),
    ('a', ANY, FLOAT_AS_A),
    ('a', INTEGER, INTEGER_AS_A),
    ('a', FLOAT, FLOAT_AS_A),
    ('a', ASKED, BRANCH),
    ('b', ANY, INTEGER_AS_B),
    ('b', ANY, FLOAT_AS_B),
    ('b', INTEGER, INTEGER_AS_B),
    ('b', FLOAT, FLOAT_AS_B),
    ('c', ANY, INTEGER_AS_C),
    ('c', ANY, FLOAT_AS_C),
    ('c', INTEGER, INTEGER_AS_C),
    ('c', FLOAT, FLOAT_AS_C),
];

/// The letters of [`TWO`]; tables by letter are in this order.
const LETTERS: [char; 4] = [ALL_IN_FRAME, 'a', 'b', 'c'];

const fn place_of(letter: char) -> usize {
    let mut place = 0;
    while LETTERS[place] != letter {
        place += 1;
    }
    place
}

/// [`TWO`] by the kinds of the first and the second instruction: a bit for each letter, by its index.
const TWO_BY_KIND: &[[u8; KINDS]; KINDS] = &two_by_kind();

const fn two_by_kind() -> [[u8; KINDS]; KINDS] {
    let mut by_kind = [[0; KINDS]; KINDS];
    let mut row = 0;
    while row < TWO.len() {
        let (letter, firsts, seconds) = TWO[row];
        let mut pair = 0;
        while pair < firsts.len() * seconds.len() {
            let (first, second) = (firsts[pair / seconds.len()], seconds[pair % seconds.len()]);
            by_kind[first as usize][second as usize] |= 1 << place_of(letter);
            pair += 1;
        }
        row += 1;
    }
    by_kind
}

/// Whether [`TWO`] has this kind as a first instruction.
const fn is_first(kind: Kind) -> bool {
    let mut row = 0;
    while row < TWO.len() {
        if is_in(TWO[row].1, kind) {
            return true;
        }
        row += 1;
    }
    false
}

const fn is_in(kinds: &[Kind], kind: Kind) -> bool {
    let mut at = 0;
    while at < kinds.len() {
        if kinds[at] as usize == kind as usize {
            return true;
        }
        at += 1;
    }
    false
}

/// The handler of a single branch, or of a switch, by its own distance, if that can be short.
pub(super) fn short(op: &Op) -> Option<Handler> {
    struct ByDistance;
    impl OfRow for ByDistance {
        type Made = Option<fn(i32) -> Handler>;

        fn of<R: Row>(self) -> Self::Made {
            const {
                if is_in(AHEAD, R::KIND) {
                    Some(one_ahead::<R>)
                } else if is_in(BACK, R::KIND) {
                    Some(one_back::<R>)
                } else {
                    None
                }
            }
        }
    }
    match op {
        Op::Switch { .. } => Some(switch),
        op => of_row(op, ByDistance)?.map(|by_distance| by_distance(distance(op))),
    }
}

/// The distance of a branch.
fn distance(op: &Op) -> i32 {
    let to = op.operands().into_iter().find_map(|operand| match operand {
        ("to", Operand::Number(to)) => i32::try_from(to).ok(),
        _ => None,
    });
    to.expect("a branch has a distance")
}

/// The handler of two instructions that often follow each other.
fn pair(first: &Op, second: &Op) -> Option<Handler> {
    match (first, second) {
        // Over a return: the usual beginning of a recursive function.
        (Op::JgtK { to: 1, .. }, Op::Ret { .. }) => {
            Some(two::<row::JgtK, row::Ret, 1, 0, ALL_IN_FRAME>)
        }
        _ => of_two(first, second, ALL_IN_FRAME),
    }
}

/// The handler of two instructions of which the second reads what the first writes, in one operand. If
/// it reads it in two operands, it would wait for the other one.
fn chain(first: &Op, second: &Op) -> Option<Handler> {
    let newest = first.operands().into_iter().find(|(letter, _)| *letter == "d")?.1;
    let mut letters = second.operands().into_iter().filter_map(|(letter, operand)| {
        (matches!(letter, "a" | "b" | "c") && operand == newest).then_some(letter)
    });
    match (letters.next()?, letters.next()) {
        ("a", None) => of_two(first, second, 'a'),
        ("b", None) => of_two(first, second, 'b'),
        ("c", None) => of_two(first, second, 'c'),
        _ => None,
    }
}

/// The handler in [`TWO`] for these two instructions and this letter.
fn of_two(first: &Op, second: &Op, newest: char) -> Option<Handler> {
    /// Asks the first one's row for the makers of the second.
    struct First<'o>(&'o Op);
    impl OfRow for First<'_> {
        type Made = Option<Makers>;

        fn of<R: Row>(self) -> Option<Makers> {
            let of_second = const { if is_first(R::KIND) { Some(makers_of::<R>) } else { None } };
            of_second?(self.0)
        }
    }
    let make = of_row(first, First(second))??[place_of(newest)]?;
    make(second)
}

/// Returns the handler of two rows for the distance of the second one, if there is one.
type Make = fn(&Op) -> Option<Handler>;
/// By letter.
type Makers = [Option<Make>; LETTERS.len()];

/// The makers of a first row and the row of a second.
fn makers_of<R: Row>(second: &Op) -> Option<Makers> {
    /// Asks the second one's row, for a first of this row.
    struct Second<R>(PhantomData<R>);
    impl<R: Row> OfRow for Second<R> {
        type Made = Makers;

        fn of<S: Row>(self) -> Makers {
            const {
                [
                    maker::<R, S, ALL_IN_FRAME>(),
                    maker::<R, S, 'a'>(),
                    maker::<R, S, 'b'>(),
                    maker::<R, S, 'c'>(),
                ]
            }
        }
    }
    of_row(second, Second::<R>(PhantomData))
}

/// The maker for two rows and a letter, if [`TWO`] has them.
const fn maker<R: Row, S: Row, const NEWEST: char>() -> Option<Make> {
    if TWO_BY_KIND[R::KIND as usize][S::KIND as usize] & 1 << place_of(NEWEST) != 0 {
        Some(two_by_distance::<R, S, NEWEST>)
    } else {
        None
    }
}

/// The handler of two rows. Only near distances of the second row are part of it. A branch that has a
/// short handler of its own is not paired without its distance.
fn two_by_distance<R: Row, S: Row, const NEWEST: char>(second: &Op) -> Option<Handler> {
    let by_distance: Option<fn(i32) -> Option<Handler>> = const {
        if is_in(AHEAD, S::KIND) {
            Some(two_ahead::<R, S, NEWEST>)
        } else if is_in(BACK, S::KIND) {
            Some(two_back::<R, S, NEWEST>)
        } else {
            None
        }
    };
    match by_distance {
        Some(by_distance) => by_distance(distance(second)),
        None => Some(two::<R, S, 0, 0, NEWEST>),
    }
}

/// The handlers of a forward branch: for near distances, for short ones, and for any.
fn one_ahead<R: Row>(to: i32) -> Handler {
    match to {
        1 => one::<R, 1>,
        2 => one::<R, 2>,
        3 => one::<R, 3>,
        4 => one::<R, 4>,
        5 => one::<R, 5>,
        6 => one::<R, 6>,
        7 => one::<R, 7>,
        8 => one::<R, 8>,
        _ => one::<R, 0>,
    }
}

fn two_ahead<R: Row, S: Row, const NEWEST: char>(to: i32) -> Option<Handler> {
    Some(match to {
        1 => two::<R, S, 0, 1, NEWEST>,
        2 => two::<R, S, 0, 2, NEWEST>,
        3 => two::<R, S, 0, 3, NEWEST>,
        4 => two::<R, S, 0, 4, NEWEST>,
        5..=8 => return None,
        _ => two::<R, S, 0, 0, NEWEST>,
    })
}

/// The handlers of a backward branch: for near distances, for short ones, and for any.
fn one_back<R: Row>(to: i32) -> Handler {
    match to {
        -2 => one::<R, -2>,
        -3 => one::<R, -3>,
        -4 => one::<R, -4>,
        -5 => one::<R, -5>,
        -6 => one::<R, -6>,
        -7 => one::<R, -7>,
        -8 => one::<R, -8>,
        -9 => one::<R, -9>,
        -10 => one::<R, -10>,
        -11 => one::<R, -11>,
        -12 => one::<R, -12>,
        -13 => one::<R, -13>,
        -14 => one::<R, -14>,
        -15 => one::<R, -15>,
        -16 => one::<R, -16>,
        _ => one::<R, 0>,
    }
}

fn two_back<R: Row, S: Row, const NEWEST: char>(to: i32) -> Option<Handler> {
    Some(match to {
        -2 => two::<R, S, 0, -2, NEWEST>,
        -3 => two::<R, S, 0, -3, NEWEST>,
        -4 => two::<R, S, 0, -4, NEWEST>,
        -5 => two::<R, S, 0, -5, NEWEST>,
        -6 => two::<R, S, 0, -6, NEWEST>,
        -7 => two::<R, S, 0, -7, NEWEST>,
        -8 => two::<R, S, 0, -8, NEWEST>,
        -16..=-9 => return None,
        _ => two::<R, S, 0, 0, NEWEST>,
    })
}

/// The handlers of a switch by its distance, for short distances.
pub(super) const SWITCH_BY: &[Handler] = &[
    one::<row::Switch, 0>,
    one::<row::Switch, 1>,
    one::<row::Switch, 2>,
    one::<row::Switch, 3>,
    one::<row::Switch, 4>,
    one::<row::Switch, 5>,
    one::<row::Switch, 6>,
    one::<row::Switch, 7>,
    one::<row::Switch, 8>,
    one::<row::Switch, 9>,
    one::<row::Switch, 10>,
    one::<row::Switch, 11>,
    one::<row::Switch, 12>,
    one::<row::Switch, 13>,
    one::<row::Switch, 14>,
    one::<row::Switch, 15>,
    one::<row::Switch, 16>,
];
