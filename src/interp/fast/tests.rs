//! Compares every handler of `choice` with the plain ones: whatever is built into it, and however many
//! instructions it carries out, it does what they do one by one.
//!
//! `tests/machines.rs` and `tests/machine_differential.rs` test a pair in which a host pauses or a
//! handler of the guest resumes.

use std::collections::BTreeMap;

use super::super::table::{Op, instructions};
use super::super::verify::is_step;
use super::choice::{DISPATCH, SWITCH_BY, short, take_two, together};
use super::{Handler, Inst, Position, Word, any_distance, run_alone, slow};
use crate::il::MemoryOrder;

/// Where the frame begins, above a link and the frame of a caller.
const FRAME: usize = 12;
const STACK: usize = 40;
/// Where the first of two instructions stands.
const FIRST: usize = 24;
/// The short distances, those next to them, and those between a way ahead and a way back.
const DISTANCES: std::ops::RangeInclusive<i64> = -18..=9;

/// Gives every instruction of the first group, with these operands.
macro_rules! samples {
    ({
        $( $(#[doc = $doc:literal])* $op:ident { $($field:ident: $ty:ty),* } |$m:ident| $body:expr; )*
    } $rare:tt) => {
        fn samples(operand: impl Fn(&str) -> i64) -> Vec<Op> {
            vec![ $( Op::$op { $( $field: number(operand(stringify!($field))) ),* }, )* ]
        }
    };
}

instructions!(samples);

fn number<T: TryFrom<i64>>(value: i64) -> T {
    T::try_from(value).unwrap_or_else(|_| panic!("{value} is no operand"))
}

/// What the first of two instructions may be.
fn firsts(accumulates: bool) -> Vec<Op> {
    samples(|letter| match letter {
        "d" => 3,
        "a" if accumulates => 3,
        "a" => 4,
        "b" => 5,
        "c" => 6,
        "k" => 24,
        "to" => 1,
        "w" => 8,
        "n" => 2,
        _ => 0,
    })
}

/// What the second may be, with a register to write, those to read, and a distance. Only what ends a
/// step goes back.
fn seconds(d: i64, [a, b, c]: [i64; 3], to: i64) -> Vec<Op> {
    let mut seconds = samples(|letter| match letter {
        "d" => d,
        "a" => a,
        "b" => b,
        "c" => c,
        "k" => 16,
        "to" => to,
        "w" => 9,
        "n" => 2,
        _ => 0,
    });
    seconds.retain(|&op| to >= 0 || is_step(op));
    seconds
}

/// Words that are numbers of cells, addresses, floats, and what overflows.
fn frames() -> [[u64; 8]; 6] {
    let floats = [1.5, -2.25, 1e300, 3.0, 0.5, 1e300, -0.0, 7.0];
    let (low, high) = (i64::MIN as u64, i64::MAX as u64);
    [
        [1, 8, 16, 0, 2, 1, 3, 24],
        [1, 8, 16, 8, 8, 8, 1, 24],
        [0, 0, 16, 0, 0, 8, 8, 0],
        [8, 24, 16, 32, 24, 8, 40, 8],
        floats.map(f64::to_bits),
        [high, low, u64::MAX, 0, high, 2, low, 1],
    ]
}

/// Everything that instructions can change, and their final position.
#[derive(Debug, PartialEq)]
struct After {
    stack: Vec<u64>,
    memory: Vec<u64>,
    position: Position,
    is_slice_end: bool,
}

/// Carries out two instructions, by these handlers, among others that end the run.
fn after(run: [Handler; 2], ops: [Op; 2], frame: [u64; 8], left: u64) -> After {
    let end = Inst { run: slow, op: Op::Fence { o: MemoryOrder::SeqCst } };
    let mut code = vec![end; FIRST + 24];
    // A caller, for the instructions that return.
    code[0].op = Op::Call { w: 4, n: 20, to: 0 };
    for nth in 0..2 {
        code[FIRST + nth] = Inst { run: run[nth], op: ops[nth] };
    }
    let mut stack = vec![0; STACK];
    stack[FRAME - 1] = (&raw const code[1]).addr() as u64;
    stack[FRAME..][..frame.len()].copy_from_slice(&frame);
    let mut memory = [8; 64];
    memory[..7].copy_from_slice(&[0, 16, 3, 2.5_f64.to_bits(), 8, u64::MAX, 1 << 40]);
    let memory = memory.map(Word::new);
    let start = Position { at: FIRST, fp: FRAME, left };
    let (position, is_slice_end) = run_alone(start, &code, &mut stack, &memory);
    let mut memory = memory.map(Word::into_inner).to_vec();
    // Links are addresses, which differ from run to run.
    let links = code.as_ptr_range();
    let of_code = |word: u64| (links.start.addr()..links.end.addr()).contains(&(word as usize));
    for word in stack.iter_mut().filter(|word| of_code(**word)) {
        *word -= links.start.addr() as u64;
    }
    // Which of two NaNs a sum is, is up to the processor.
    if ops.iter().any(|op| format!("{op:?}").starts_with('F')) {
        for word in stack.iter_mut().chain(&mut memory).filter(|it| f64::from_bits(**it).is_nan()) {
            *word = f64::NAN.to_bits();
        }
    }
    After { stack, memory, position, is_slice_end }
}

/// Holds these handlers against the plain ones; whether some run got past the second instruction.
fn assert_same(run: [Handler; 2], ops: [Op; 2]) -> bool {
    let plain = ops.map(|op| any_distance(&op));
    let mut is_through = false;
    for (frame, left) in frames().into_iter().flat_map(|frame| [(frame, 3), (frame, 0)]) {
        let by_choice = after(run, ops, frame, left);
        let one_by_one = after(plain, ops, frame, left);
        assert_eq!(by_choice, one_by_one, "{ops:?} on {frame:?}");
        let stands_at = by_choice.position.at;
        is_through |= by_choice.is_slice_end || ![FIRST, FIRST + 1].contains(&stands_at);
    }
    is_through
}

fn name(op: Op) -> String {
    let text = format!("{op:?}");
    text.split(' ').next().unwrap_or_default().to_owned()
}

#[test]
fn two_at_once_do_what_they_do_one_by_one() {
    // Register 3 is what the first writes.
    let reads = [[3, 5, 6], [5, 3, 6], [5, 6, 3], [3, 3, 5], [3, 5, 3], [5, 3, 3], [4, 5, 6]];
    let (mut chains, mut others) = (0, 0);
    let mut is_through = BTreeMap::new();
    for first in firsts(false).into_iter().chain(firsts(true)) {
        for (nth, read) in reads.into_iter().enumerate() {
            for (d, to) in DISTANCES.map(|to| (7, to)).chain([(3, 1), (5, 1)]) {
                for second in seconds(d, read, to) {
                    let is_branch = second.operands().iter().any(|it| it.0 == "to");
                    let Some(pair) = together(&first, &second) else { continue };
                    if is_branch && d == 7 || to == 1 {
                        let run = [pair.run, any_distance(&second)];
                        let is_chain = pair.saves > DISPATCH;
                        let kind = (name(first), name(second), is_chain.then_some(nth));
                        *is_through.entry(kind).or_insert(false) |=
                            assert_same(run, [first, second]);
                        *if is_chain { &mut chains } else { &mut others } += 1;
                    }
                }
            }
        }
    }
    assert!(chains > 10_000 && others > 30_000, "{chains} chains, {others} other pairs");
    let stuck: Vec<_> = is_through.iter().filter(|(_, through)| !**through).collect();
    assert!(stuck.is_empty(), "of {}, these never go well: {stuck:?}", is_through.len());
}

#[test]
fn short_branches_do_what_long_ones_do() {
    let next = Op::Mov { d: 3, a: 4 };
    let mut branches = 0;
    for to in DISTANCES {
        for branch in seconds(7, [3, 4, 5], to) {
            if let Some(run) = short(&branch)
                && !matches!(branch, Op::Switch { .. })
            {
                assert!(assert_same([run, any_distance(&next)], [branch, next]), "{branch:?}");
                branches += 1;
            }
        }
    }
    assert!(branches > 500, "{branches} branches");
}

#[test]
fn a_switch_by_its_distance_goes_where_a_switch_goes() {
    let switch = Op::Switch { a: 3, n: SWITCH_BY.len() as u16, k: 5 };
    let next = Op::Jmp { to: 0 };
    let ops = [switch, next];
    for value in 0..SWITCH_BY.len() as u64 + 10 {
        let mut frame = frames()[0];
        frame[3] = value;
        let by_distance = [short(&switch).expect("it has its own"), any_distance(&next)];
        let plain = ops.map(|op| any_distance(&op));
        assert_eq!(after(by_distance, ops, frame, 3), after(plain, ops, frame, 3), "{value}");
    }
}

#[test]
fn two_are_taken_where_that_saves_most() {
    fn most(saves: &[u64]) -> u64 {
        match saves {
            [] => 0,
            [last] => *last,
            [first, rest @ ..] => {
                most(rest).max(if *first > 0 { first + most(&rest[1..]) } else { 0 })
            }
        }
    }
    fn taken(saves: &[u64], takes_two: &[bool]) -> u64 {
        let mut at = 0;
        let mut saved = 0;
        while at < saves.len() {
            saved += if takes_two[at] { saves[at] } else { 0 };
            at += if takes_two[at] { 2 } else { 1 };
        }
        saved
    }
    for number in 0..4_usize.pow(7) {
        let saves: Vec<u64> =
            (0..7).map(|digit| [0, 2, 3, 4][number / 4_usize.pow(digit) % 4]).collect();
        let takes_two = take_two(&saves);
        for from in 0..saves.len() {
            assert_eq!(
                taken(&saves[from..], &takes_two[from..]),
                most(&saves[from..]),
                "{saves:?}"
            );
        }
        assert!(saves.iter().zip(&takes_two).all(|(&saved, &takes)| saved > 0 || !takes));
    }
}
