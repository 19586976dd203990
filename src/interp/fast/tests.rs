//! Every handler of `choice` against the plain ones: whatever it has as a part of it, and however many
//! instructions it carries out, it does what they do one by one.

use super::super::table::{Op, instructions};
use super::super::verify::is_step;
use super::choice::{SWITCH_BY, of_two, short};
use super::{Handler, Inst, Word, any_distance, carry_out, slow};
use crate::il::MemoryOrder;

/// Where the frame begins, the link below it, and where the frame of a caller would begin.
const FRAME: usize = 12;
const STACK: usize = 40;
const STEPS: u64 = 3;
/// Where the first of the instructions stands.
const FIRST: usize = 24;

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

/// What the second may be, with registers to read and a distance. Only what ends a step goes back.
fn seconds([a, b, c]: [i64; 3], to: i64) -> Vec<Op> {
    let mut seconds = samples(|letter| match letter {
        "d" => 7,
        "a" => a,
        "b" => b,
        "c" => c,
        "k" => 16,
        "to" => to,
        "w" => 8,
        "n" => 200,
        _ => 0,
    });
    seconds.retain(|&op| to >= 0 || is_step(op));
    seconds
}

/// Words that are numbers of cells, addresses, floats, and what overflows.
fn frames() -> [[u64; 8]; 4] {
    let floats = [1.5, -2.25, 1e300, 3.0, 0.5, 1e300, -0.0, 7.0];
    let (low, high) = (i64::MIN as u64, i64::MAX as u64);
    [
        [1, 8, 16, 0, 2, 1, 3, 24],
        [8, 24, 16, 32, 24, 8, 40, 8],
        floats.map(f64::to_bits),
        [high, low, u64::MAX, 0, high, 2, low, 1],
    ]
}

/// All that instructions can change, and where they have come to.
#[derive(Debug, PartialEq)]
struct After {
    stack: Vec<u64>,
    memory: Vec<u64>,
    rest: (usize, usize, u64, bool),
}

/// Carries out two instructions, by these handlers, among others that end the run.
fn after(run: [Handler; 2], ops: [Op; 2], frame: [u64; 8]) -> After {
    let end = Inst { run: slow, op: Op::Fence { o: MemoryOrder::SeqCst } };
    let mut code = vec![end; FIRST + 24];
    // A caller, for the instructions that return.
    code[0].op = Op::Call { w: 4, n: 20, to: 0 };
    for nth in 0..2 {
        code[FIRST + nth] = Inst { run: run[nth], op: ops[nth] };
    }
    let mut stack = vec![0; STACK];
    let link = &raw const code[1];
    stack[FRAME - 1] = link.addr() as u64;
    stack[FRAME..][..frame.len()].copy_from_slice(&frame);
    let memory = [0, 16, 3, 2.5_f64.to_bits(), 8, u64::MAX, 1 << 40].map(Word::new);
    let rest = carry_out(&code, &mut stack, &memory, (FIRST, FRAME, STEPS));
    // Links are addresses, which differ from run to run.
    let links = code.as_ptr_range();
    let of_code = |word: u64| (links.start.addr()..links.end.addr()).contains(&(word as usize));
    for word in stack.iter_mut().filter(|word| of_code(**word)) {
        *word -= links.start.addr() as u64;
    }
    // Which of two NaNs a sum has is up to the processor.
    for word in stack.iter_mut().filter(|word| f64::from_bits(**word).is_nan()) {
        *word = u64::MAX;
    }
    After { stack, memory: memory.map(Word::into_inner).to_vec(), rest }
}

fn assert_same(run: [Handler; 2], ops: [Op; 2]) {
    let plain = ops.map(|op| any_distance(&op));
    for frame in frames() {
        let (by_choice, one_by_one) = (after(run, ops, frame), after(plain, ops, frame));
        assert_eq!(by_choice, one_by_one, "{ops:?} on {frame:?}");
    }
}

/// Short distances, those next to them, and long ones.
const DISTANCES: [i64; 16] = [-18, -17, -16, -9, -8, -7, -3, -2, -1, 0, 1, 2, 4, 5, 8, 9];

#[test]
fn two_at_once_do_what_they_do_one_by_one() {
    let mut pairs = 0;
    // Of registers 3, which the first writes, and others.
    let reads = [[3, 5, 6], [5, 3, 6], [5, 6, 3], [3, 3, 5], [3, 3, 3], [4, 5, 6]];
    for first in firsts(false).into_iter().chain(firsts(true)) {
        for (read, to) in reads.into_iter().flat_map(|read| DISTANCES.map(|to| (read, to))) {
            for second in seconds(read, to) {
                let is_branch = second.operands().iter().any(|it| it.0 == "to");
                if let Some((run, _)) = of_two(&first, &second)
                    && (is_branch || to == 1)
                {
                    assert_same([run, any_distance(&second)], [first, second]);
                    pairs += 1;
                }
            }
        }
    }
    assert!(pairs > 10_000, "{pairs} pairs");
}

#[test]
fn short_branches_do_what_long_ones_do() {
    let next = Op::Mov { d: 3, a: 4 };
    for to in DISTANCES {
        for branch in seconds([3, 4, 5], to) {
            if let Some(run) = short(&branch)
                && !matches!(branch, Op::Switch { .. })
            {
                assert_same([run, any_distance(&next)], [branch, next]);
            }
        }
    }
}

#[test]
fn a_switch_by_its_distance_goes_where_a_switch_goes() {
    let switch = Op::Switch { a: 3, n: SWITCH_BY.len() as u16, k: 5 };
    let next = Op::Jmp { to: 0 };
    for value in 0..SWITCH_BY.len() as u64 + 10 {
        let mut frame = frames()[0];
        frame[3] = value;
        let by = [short(&switch).expect("it has its own"), any_distance(&next)];
        let plain = [switch, next].map(|op| any_distance(&op));
        assert_eq!(
            after(by, [switch, next], frame),
            after(plain, [switch, next], frame),
            "{value}"
        );
    }
}
