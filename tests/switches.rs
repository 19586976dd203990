//! Switches whose values stand in every sort of row: close together, far apart, at both ends of `i32`,
//! and more than a row has places for. Both machines and the evaluator, and a search through the cases
//! that is written here, must go the same way.
#![cfg(feature = "cli")]

#[path = "common/agreement.rs"]
mod agreement;
#[path = "common/evaluator.rs"]
mod evaluator;
#[path = "common/guest.rs"]
mod guest;

use std::collections::BTreeSet;
use std::fmt::Write;

use evaluator::Outcome;

const SAYS: &str = "il 0.3.0\nextern @Viper.Terminal.SayInt(i64) -> void\n";

fn agreed(text: &str) -> Outcome {
    agreement::compare(text)
        .unwrap_or_else(|disagreement| panic!("{disagreement}"))
        .expect("its functions are small")
}

fn printed(text: &str) -> Vec<i64> {
    let outcome = agreed(text);
    assert!(outcome.result.is_ok(), "{:?}", outcome.result);
    outcome.output.lines().map(|line| line.parse().expect("a number")).collect()
}

/// A switch that gives each case's position. Every third has a block of its own; the others pass theirs
/// on, and so need moves.
fn positions(scrutinee: &str, cases: &[i32]) -> String {
    let mut ways = String::from("^none");
    let mut blocks = String::new();
    for (nth, case) in cases.iter().enumerate() {
        if nth % 3 == 0 {
            write!(ways, ", {case} -> ^case_{nth}").unwrap();
            writeln!(blocks, "case_{nth}:\n  ret {nth}").unwrap();
        } else {
            write!(ways, ", {case} -> ^found({nth})").unwrap();
        }
    }
    format!(
        "entry:
  switch.i32 {scrutinee}, {ways}
none:
  ret -1
found(%nth: i64):
  ret %nth
{blocks}}}
"
    )
}

/// Asks for each of these values, as an argument and, if there are few, as a literal too.
fn finds(cases: &[i32], values: impl IntoIterator<Item = i32>) {
    let mut functions = format!("func @position(%n: i32) -> i64 {{\n{}", positions("%n", cases));
    let mut main = String::new();
    let mut expected = Vec::new();
    for (at, value) in values.into_iter().enumerate() {
        let position = cases.iter().position(|&case| case == value).map_or(-1, |nth| nth as i64);
        expected.push(position);
        writeln!(main, "  %p{at} = call @position({value})").unwrap();
        writeln!(main, "  call @Viper.Terminal.SayInt(%p{at})").unwrap();
        if cases.len() < 50 {
            expected.push(position);
            let switch = positions(&value.to_string(), cases);
            writeln!(functions, "func @literal_{at}() -> i64 {{\n{switch}").unwrap();
            writeln!(main, "  %l{at} = call @literal_{at}()").unwrap();
            writeln!(main, "  call @Viper.Terminal.SayInt(%l{at})").unwrap();
        }
    }
    let text = format!("{SAYS}func @main() -> i64 {{\nentry:\n{main}  ret 0\n}}\n{functions}");
    assert_eq!(printed(&text), expected, "{cases:?}");
}

/// Each case and its neighbours, and the ends of `i32`.
fn around(cases: &[i32]) -> BTreeSet<i32> {
    let near = cases.iter().flat_map(|&case| [case.wrapping_sub(1), case, case.wrapping_add(1)]);
    near.chain([i32::MIN, -1, 0, 1, i32::MAX]).collect()
}

#[test]
fn rows_at_both_ends_and_around_zero_are_found() {
    const MIN: i32 = i32::MIN;
    const MAX: i32 = i32::MAX;
    let sets: [&[i32]; 12] = [
        &[],
        &[0],
        &[MIN],
        &[MAX],
        &[MIN, MAX],
        &[MAX, MIN, 0],
        &[MAX, MAX - 2, MAX - 1, MAX - 7],
        &[MIN + 3, MIN, MIN + 1, MIN + 8],
        &[-3, -2, -1, 0, 1, 2, 3],
        &[-70_000, -69_999, 70_000, 69_999, 5],
        // Two cases fill eight places, and not nine.
        &[10, 17, 100, 108],
        &[20, 1, 12, 3, 14, 5, 16, 7, 18, 9, 2, 11, 4, 13, 6, 15, 8, 17, 10, 19],
    ];
    for cases in sets {
        finds(cases, around(cases));
    }
}

#[test]
fn one_of_many_rows_is_found() {
    let cases: Vec<i32> = (-13..13).map(|nth| nth * 100_000 + nth % 3).collect();
    finds(&cases, around(&cases));
}

#[test]
fn a_row_may_have_more_places_than_a_byte_counts() {
    let cases: Vec<i32> = (-100..200).collect();
    finds(&cases, around(&cases));
    // One of four places, as few as a row may have.
    let cases: Vec<i32> = (-50..60).map(|nth| 4 * nth).collect();
    finds(&cases, around(&cases));
}

#[test]
fn a_row_may_have_65535_places_and_the_next_case_has_one_of_its_own() {
    let last = 65_534;
    let cases: Vec<i32> = [0].into_iter().chain((2..=last).step_by(4)).chain([65_535]).collect();
    let near = |at: i32| at - 5..=at + 5;
    let values = [0, 255, 256, 32_766, 65_530, 65_538].into_iter().flat_map(near);
    finds(&cases, values.chain([i32::MIN, -65_535, 131_070, i32::MAX]));
}

/// Ways back with and without moves, over blocks that do nothing, by a case, by a gap of the row and by
/// the default. The evaluator counts the steps too.
#[test]
fn every_way_back_ends_a_step() {
    let text = format!(
        "{SAYS}func @main() -> i64 {{
entry:
  br ^loop(0, 0)
loop(%n: i64, %sum: i64):
  %next = iadd.ovf %n, 1
  %more = iadd.ovf %sum, %n
  %low = and %n, 31
  %value:i32 = cast.si_narrow.chk %low
  %is_over = scmp_gt %n, 300
  cbr %is_over, ^over, ^again
again:
  switch.i32 %value, ^loop(%next, %sum), 1 -> ^loop(%next, %more), 2 -> ^around, 3 -> ^loop(%next, 5), \
4 -> ^ahead, 7 -> ^swap(%next, %more), 20 -> ^around, 21 -> ^loop(%next, %more), 22 -> ^ahead
around:
  br ^back
ahead:
  call @Viper.Terminal.SayInt(%more)
  br ^back
swap(%a: i64, %b: i64):
  %is_even = and %a, 1
  %small:i32 = cast.si_narrow.chk %is_even
  switch.i32 %small, ^swap(%b, %a), 0 -> ^loop(%a, %b), 1 -> ^loop(%next, %a)
back:
  br ^loop(%next, %more)
over:
  ret %sum
}}
"
    );
    let outcome = agreed(&text);
    assert!(outcome.result.is_ok(), "{:?}", outcome.result);
    assert_eq!(outcome.steps, 301, "one for each way back");
}

/// A circle of switches that do nothing else: it must not go on for ever.
#[test]
fn switches_in_a_circle_end_by_the_limit_of_steps() {
    let text = format!(
        "{SAYS}func @main() -> i64 {{
entry:
  br ^a(3)
a(%n: i32):
  switch.i32 %n, ^a(3), 3 -> ^b, 5 -> ^a(2), 1000 -> ^c, 2000 -> ^c
b:
  switch.i32 %n, ^c, 1 -> ^a(1)
c:
  switch.i32 %n, ^a(%n), 70 -> ^c
}}
"
    );
    let trap = agreed(&text).result.expect_err("it does not end");
    assert_eq!(trap.kind, drawloom::interp::TrapKind::StepLimit);
}

/// The ways share their target, and each has moves of its own.
#[test]
fn a_way_passes_its_own_arguments_and_no_others() {
    let text = format!(
        "{SAYS}func @pick(%n: i32, %x: i64, %y: i64) -> i64 {{
entry:
  switch.i32 %n, ^join(%x, %y), 0 -> ^join(%y, %x), 1 -> ^join(7, %x), 3 -> ^join(%y, 7), \
9000 -> ^join(%y, %x), 9001 -> ^join(1099511627776, %y)
join(%a: i64, %b: i64):
  %tens = imul.ovf %a, 10
  %both = iadd.ovf %tens, %b
  ret %both
}}
func @main() -> i64 {{
entry:
  %a = call @pick(0, 1, 2)
  call @Viper.Terminal.SayInt(%a)
  %b = call @pick(1, 1, 2)
  call @Viper.Terminal.SayInt(%b)
  %c = call @pick(2, 1, 2)
  call @Viper.Terminal.SayInt(%c)
  %d = call @pick(3, 1, 2)
  call @Viper.Terminal.SayInt(%d)
  %e = call @pick(9000, 1, 2)
  call @Viper.Terminal.SayInt(%e)
  %f = call @pick(9001, 1, 2)
  call @Viper.Terminal.SayInt(%f)
  ret 0
}}
"
    );
    assert_eq!(printed(&text), [21, 71, 12, 27, 21, 10_995_116_277_762]);
}

/// A function with handlers shares no registers, and what traps may go on at the next instruction.
#[test]
fn control_that_comes_back_before_a_switch_finds_its_way() {
    let text = format!(
        "{SAYS}func @main() -> i64 {{
entry:
  br ^round(0, 0)
round(%n: i64, %sum: i64):
  eh.push ^handler
  %quotient = sdiv.chk0 12, %n
  %value:i32 = cast.si_narrow.chk %quotient
  switch.i32 %value, ^other, 0 -> ^found(100, %sum), 12 -> ^found(%n, %sum), 6 -> ^trap, \
-9000 -> ^other, 4 -> ^other
handler(%error: error, %token: resumetok):
  eh.entry
  resume.next %token
trap:
  %word = sdiv.chk0 1, 0
  switch.i32 0, ^other, 1 -> ^other, 0 -> ^found(%word, 3000)
other:
  br ^found(1000, %sum)
found(%a: i64, %b: i64):
  %all = iadd.ovf %a, %b
  call @Viper.Terminal.SayInt(%all)
  %next = iadd.ovf %n, 1
  %is_over = scmp_gt %next, 3
  cbr %is_over, ^over, ^round(%next, %all)
over:
  ret %all
}}
"
    );
    assert_eq!(printed(&text), [100, 101, 3000, 4000]);
}
