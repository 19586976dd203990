//! Programs for what random ones seldom come to: each is the only one that sees a certain break of
//! the compiler. `docs/BROKEN_ON_PURPOSE.md` says which.
#![cfg(feature = "cli")]

#[path = "common/agreement.rs"]
mod agreement;
#[path = "common/evaluator.rs"]
mod evaluator;
#[path = "common/guest.rs"]
mod guest;

use std::fmt::Write;

use drawloom::interp::TrapKind;
use evaluator::Outcome;

/// What a program does, on both machines and the evaluator alike.
fn agreed(functions: &str) -> Outcome {
    let text = format!(
        "il 0.3.0
extern @Viper.Terminal.SayInt(i64) -> void
global i64 @first = 5
global i64 @second = 7
{functions}"
    );
    agreement::compare(&text)
        .unwrap_or_else(|disagreement| panic!("{disagreement}"))
        .expect("its functions are small")
}

fn printed(functions: &str) -> String {
    let outcome = agreed(functions);
    assert!(outcome.result.is_ok(), "{:?}", outcome.result);
    outcome.output.lines().collect::<Vec<_>>().join(" ")
}

/// Traps in `first` with one `%n`, and comes back there with a token from then and another `%n`.
fn with_an_old_token(bad: &str, first: &str, resume: &str) -> Outcome {
    agreed(&format!(
        "func @main() -> i64 {{
entry:
  %none:resumetok = const_null
  %good = gaddr @first
  %far = gep null, 1099511627776
  br ^round({bad}, 0, %none)
round(%p: ptr, %again: i64, %token: resumetok):
  %is_again = icmp_ne %again, 0
  cbr %is_again, ^back, ^first
first:
  eh.push ^handler
{first}
handler(%error: error, %trapped: resumetok):
  br ^round(%good, 1, %trapped)
back:
  {resume} %token
}}
"
    ))
}

#[test]
fn an_address_is_what_it_was_when_a_token_brings_control_back() {
    let first = "  %at = gep %p, 8\n  %word = load i64, %at\n  ret %word";
    let trap = with_an_old_token("%far", first, "resume.same").result.expect_err("still far");
    assert_eq!(trap.kind, TrapKind::Bounds);
}

#[test]
fn a_condition_is_what_it_was_when_a_token_brings_control_back() {
    let first = "  %is_null = icmp_eq %p, null
  %word = sdiv.chk0 1, 0
  cbr %is_null, ^yes, ^no
yes:
  ret 1
no:
  ret 2";
    assert_eq!(with_an_old_token("null", first, "resume.next").result, Ok(1));
}

#[test]
fn a_result_outlives_the_calls_of_a_handler() {
    let output = printed(
        "func @same(i64 %n) -> i64 {
entry:
  ret %n
}
func @main() -> i64 {
entry:
  eh.push ^handler
  %kept = call @same(41)
  %word = sdiv.chk0 1, 0
  %sum = iadd.ovf %kept, %word
  call @Viper.Terminal.SayInt(%sum)
  ret 0
handler(%error: error, %token: resumetok):
  %other = call @same(-3)
  resume.next %token
}
",
    );
    assert_eq!(output, "41");
}

#[test]
fn a_way_over_an_empty_block_ends_the_steps_of_both_its_parts() {
    let outcome = agreed(
        "func @main() -> i64 {
entry:
  br ^head(0)
head(%i: i64):
  %more = scmp_lt %i, 5
  cbr %more, ^body, ^done
empty:
  br ^head(%next)
body:
  call @Viper.Terminal.SayInt(%i)
  %next = iadd.ovf %i, 1
  br ^empty
done:
  ret 0
}
",
    );
    assert_eq!(outcome.steps, 10);
}

#[test]
fn a_way_back_to_a_test_that_goes_back_ends_two_steps() {
    let outcome = agreed(
        "func @main() -> i64 {
entry:
  br ^head(0)
body(%i: i64):
  call @Viper.Terminal.SayInt(%i)
  %next = iadd.ovf %i, 1
  br ^tail(%next)
head(%j: i64):
  %more = scmp_lt %j, 5
  cbr %more, ^body(%j), ^done
tail(%k: i64):
  br ^head(%k)
done:
  ret 0
}
",
    );
    assert_eq!(outcome.steps, 10);
}

#[test]
fn the_next_of_a_loop_may_be_one_more_than_something_else() {
    let output = printed(
        "func @main() -> i64 {
entry:
  %at = gaddr @first
  %bound = load i64, %at
  store i64, %at, 0
  br ^loop(0)
loop(%i: i64):
  %other = load i64, %at
  call @Viper.Terminal.SayInt(%i)
  call @Viper.Terminal.SayInt(%other)
  %more = iadd.ovf %other, 2
  store i64, %at, %more
  %next = iadd.ovf %other, 1
  %goes_on = scmp_lt %next, %bound
  cbr %goes_on, ^loop(%next), ^done
done:
  call @Viper.Terminal.SayInt(%other)
  ret 0
}
",
    );
    assert_eq!(output, "0 0 1 2 3 4 4");
}

#[test]
fn who_comes_to_a_test_from_elsewhere_does_not_count_up() {
    let output = printed(
        "func @main() -> i64 {
entry:
  %at = gaddr @first
  %bound = load i64, %at
  br ^count(0, %bound)
count(%i: i64, %to: i64):
  call @Viper.Terminal.SayInt(%i)
  %next = iadd.ovf %i, 1
  br ^test(%to)
test(%limit: i64):
  %goes_on = scmp_lt %next, %limit
  cbr %goes_on, ^count(%next, %limit), ^elsewhere
elsewhere:
  call @Viper.Terminal.SayInt(%next)
  %left_at = gaddr @second
  %left = load i64, %left_at
  %less = isub.ovf %left, 3
  store i64, %left_at, %less
  %again = scmp_gt %less, 0
  %farther = iadd.ovf %limit, 2
  cbr %again, ^test(%farther), ^done
done:
  ret 0
}
",
    );
    assert_eq!(output, "0 1 2 3 4 5 5 6 7 7 8 9");
}

#[test]
fn a_comparison_before_a_return_may_lead_far_away() {
    let output = printed(
        "func @far(i64 %n) -> i64 {
entry:
  %is_large = scmp_gt %n, 1
  cbr %is_large, ^large, ^small
small:
  ret %n
between:
  call @Viper.Terminal.SayInt(-1)
  ret 0
large:
  call @Viper.Terminal.SayInt(%n)
  %is_even = trunc1 %n
  cbr %is_even, ^end, ^between
end:
  ret 9
}
func @main() -> i64 {
entry:
  %one = call @far(1)
  call @Viper.Terminal.SayInt(%one)
  %three = call @far(3)
  call @Viper.Terminal.SayInt(%three)
  ret 0
}
",
    );
    assert_eq!(output, "1 3 9");
}

#[test]
fn a_loop_in_a_full_frame_loads_its_literals_each_time() {
    // So many values that all live at once, and more literals in a loop than registers are left.
    let (mut defined, mut body, mut end) = (String::new(), String::new(), String::new());
    for nth in 0..238 {
        writeln!(defined, "  %v{nth} = load i64, %at").expect("a string takes all");
        writeln!(end, "  %e{} = xor %e{nth}, %v{nth}", nth + 1).expect("a string takes all");
    }
    for nth in 0..20_i64 {
        let literal = (nth + 1) << 40;
        writeln!(body, "  %b{} = xor %b{nth}, {literal}", nth + 1).expect("a string takes all");
    }
    let output = printed(&format!(
        "func @main() -> i64 {{
entry:
  %at = gaddr @first
{defined}  br ^loop(0, 3)
loop(%b0: i64, %left: i64):
{body}  %next = add %b20, 1
  %less = isub.ovf %left, 1
  %more = scmp_gt %less, 0
  cbr %more, ^loop(%next, %less), ^done
done:
  %e0 = add %next, 0
{end}  call @Viper.Terminal.SayInt(%e238)
  ret 0
}}
"
    ));
    assert!(!output.is_empty());
}

#[test]
fn offsets_add_up() {
    let output = printed(
        "func @main() -> i64 {
entry:
  %record = alloca 48
  %second = gep %record, 8
  %fourth = gep %second, 16
  %fifth = gep %fourth, 8
  %third = gep %fifth, -16
  store i64, %second, 2
  store i64, %third, 3
  store i64, %fourth, 4
  store i64, %fifth, 5
  %again = gep %second, 8
  %three = load i64, %again
  call @Viper.Terminal.SayInt(%three)
  %five = load i64, %fifth
  call @Viper.Terminal.SayInt(%five)
  ret 0
}
",
    );
    assert_eq!(output, "3 5");
}

#[test]
fn a_narrow_load_gives_the_low_bits_and_their_sign_however_it_finds_them() {
    const WORDS: [i64; 6] = [-7, 0x8000_0000, 0x1_8000_8000, -0x7fff_ffff, i64::MIN, 0x8001];
    for word in WORDS {
        for (ty, low) in [("i32", i64::from(word as i32)), ("i16", i64::from(word as i16))] {
            let shown = printed(&format!(
                "global i64 @word = {word}
func @show({ty} %n) -> void {{
entry:
  %at = alloca 8
  store {ty}, %at, %n
  %wide = load i64, %at
  call @Viper.Terminal.SayInt(%wide)
  ret
}}
func @read(%cells: ptr, %index: i64) -> void {{
entry:
  %behind = gep %cells, 16
  %offset = load {ty}, %behind
  call @show(%offset)
  %bytes = shl %index, 3
  %place = gep %cells, %bytes
  %indexed = load {ty}, %place
  call @show(%indexed)
  ret
}}
func @main() -> i64 {{
entry:
  %at = gaddr @word
  %global = load {ty}, %at
  call @show(%global)
  %word = load i64, %at
  %cells = alloca 32
  %third = gep %cells, 16
  store i64, %third, %word
  call @read(%cells, 2)
  ret 0
}}
"
            ));
            assert_eq!(shown, format!("{low} {low} {low}"), "{ty} of {word}");
        }
    }
}

#[test]
fn literals_at_every_edge_mean_what_words_at_every_edge_mean() {
    const OPERATIONS: [&str; 26] = [
        "iadd.ovf",
        "isub.ovf",
        "imul.ovf",
        "sdiv.chk0",
        "udiv.chk0",
        "srem.chk0",
        "urem.chk0",
        "add",
        "sub",
        "mul",
        "and",
        "or",
        "xor",
        "shl",
        "lshr",
        "ashr",
        "icmp_eq",
        "icmp_ne",
        "scmp_lt",
        "scmp_le",
        "scmp_gt",
        "scmp_ge",
        "ucmp_lt",
        "ucmp_le",
        "ucmp_gt",
        "ucmp_ge",
    ];
    const EDGES: [i64; 13] = [
        i64::MIN,
        i64::MIN + 1,
        -2_147_483_649,
        -2_147_483_648,
        -32_769,
        -1,
        0,
        1,
        32_767,
        2_147_483_647,
        2_147_483_648,
        i64::MAX - 1,
        i64::MAX,
    ];
    for operation in OPERATIONS {
        let is_comparison = operation.contains("cmp");
        for (word, literal) in EDGES.iter().flat_map(|a| EDGES.iter().map(move |b| (a, b))) {
            for operands in [format!("%word, {literal}"), format!("{literal}, %word")] {
                let answer = if is_comparison {
                    // As a word, and as a branch.
                    format!(
                        "  %shown = zext1 %answer
  call @Viper.Terminal.SayInt(%shown)
  %again = {operation} {operands}
  cbr %again, ^yes, ^no
yes:
  ret 1
no:
  ret 2"
                    )
                } else {
                    "  ret %answer".to_owned()
                };
                agreed(&format!(
                    "global i64 @word = {word}
func @main() -> i64 {{
entry:
  %at = gaddr @word
  %word = load i64, %at
  %answer = {operation} {operands}
{answer}
}}
"
                ));
            }
        }
    }
}

/// The first block's own names mean what the branch passes, the function's what the call passed.
#[test]
fn a_branch_to_the_first_block_passes_it_new_arguments() {
    let counts = |entry: &str| {
        printed(&format!(
            "func @count(i64 %n, i64 %from) -> i64 {{
entry({entry}):
  call @Viper.Terminal.SayInt(%i)
  %more = scmp_lt %i, 3
  %next = iadd.ovf %i, 1
  cbr %more, entry(%m, %next), done
done:
  ret %m
}}
func @main() -> i64 {{
entry:
  %n = call @count(7, 1)
  call @Viper.Terminal.SayInt(%n)
  ret 0
}}
"
        ))
    };
    assert_eq!(counts("%m: i64, %i: i64"), "1 2 3 7");
    let keeps_the_first = "func @main() -> i64 {
entry:
  %done = call @count(0)
  ret %done
}
func @count(i64 %from) -> i64 {
entry(%i: i64):
  call @Viper.Terminal.SayInt(%from)
  %more = scmp_lt %i, 2
  %next = iadd.ovf %i, 1
  cbr %more, entry(%next), done
done:
  ret 0
}
";
    assert_eq!(printed(keeps_the_first), "0 0 0");
}

#[test]
fn a_first_block_without_parameters_is_a_loop_too() {
    let text = "func @main() -> i64 {
entry:
  %at = gaddr @first
  %value = load i64, %at
  call @Viper.Terminal.SayInt(%value)
  %less = isub.ovf %value, 1
  store i64, %at, %less
  %more = scmp_gt %less, 2
  cbr %more, entry, done
done:
  ret 0
}
";
    assert_eq!(printed(text), "5 4 3");
}
