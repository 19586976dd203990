//! Traps: where they are said to have happened, who catches them, and what they leave behind.
#![cfg(feature = "cli")]

use std::sync::Arc;

use drawloom::interp::TrapKind;
use drawloom::lang::Language;
use drawloom::{
    il::Type,
    native::{Extern, Limits, Loading, Registry},
};

#[path = "common/guest.rs"]
mod guest;

use guest::{EXTERN_LINES, output_of, run, run_with, small_limits, trap_of};

#[test]
fn a_trap_names_function_block_instruction_and_line_of_every_frame() {
    let trap = trap_of(
        "func @inner(i64 %x) -> i64 {
entry:
  br ^work
work:
  %y = iadd.ovf %x, 1
  %z = sdiv.chk0 %y, 0
  ret %z
}
func @outer(i64 %x) -> i64 {
entry:
  %y = call @inner(%x)
  ret %y
}
func @main() -> i64 {
entry:
  %a = iadd.ovf 1, 2
  %b = call @outer(%a)
  ret %b
}
",
    );
    assert_eq!(trap.kind, TrapKind::DivideByZero);
    let places: Vec<String> = trap.backtrace.iter().map(ToString::to_string).collect();
    let line = |nth: u32| EXTERN_LINES + nth;
    assert_eq!(
        places,
        [
            format!("@inner#work#1 line {}", line(6)),
            format!("@outer#entry#0 line {}", line(11)),
            format!("@main#entry#1 line {}", line(17)),
        ]
    );
    assert_eq!(trap.backtrace[0].column, 3);
    assert_eq!(trap.thread, 0);
}

#[test]
fn a_place_that_loc_gives_goes_before_the_text_s_own() {
    let trap = trap_of("func @main() -> i64 {\nentry:\n  .loc 7 30 5\n  trap\n}\n");
    let place = &trap.backtrace[0];
    assert_eq!((place.file, place.line, place.column), (7, 30, 5));
}

#[test]
fn endless_recursion_traps_with_a_backtrace_that_is_cut() {
    let trap = trap_of("func @main() -> i64 {\nentry:\n  %x = call @main()\n  ret %x\n}\n");
    assert_eq!(trap.kind, TrapKind::StackOverflow);
    assert_eq!(trap.backtrace.len(), 16);
    assert!(trap.frames_omitted > 1000, "{} more", trap.frames_omitted);
    assert!(trap.backtrace.iter().all(|place| place.function == "main"));
}

#[test]
fn a_stack_smaller_than_a_few_frames_is_a_limit_like_any_other() {
    for stack_words in [0, 1, 16, 100, 255, 256] {
        let limits = Limits { stack_words, ..small_limits() };
        let body = "func @main() -> i64 {\nentry:\n  %x = call @main()\n  ret %x\n}\n";
        let (finished, _) = run_with(limits, body);
        let trap = finished.result.expect_err("it recurses for ever");
        assert_eq!(trap.kind, TrapKind::StackOverflow, "with {stack_words} words");
    }
}

/// `@thrower` traps two calls below `@catcher`, which says what it was told.
const ACROSS_FRAMES: &str = "func @thrower(i64 %x) -> i64 {
entry:
  %y = sdiv.chk0 1, %x
  ret %y
}
func @between(i64 %x) -> i64 {
entry:
  %y = call @thrower(%x)
  call @Viper.Terminal.SayInt(-1)
  ret %y
}
";

#[test]
fn a_trap_is_caught_across_frames_and_the_frames_between_are_gone() {
    let output = output_of(&format!(
        "{ACROSS_FRAMES}func @main() -> i64 {{
entry:
  %kept = iadd.ovf 40, 2
  eh.push ^handler
  %y = call @between(0)
  call @Viper.Terminal.SayInt(-2)
  ret 1
handler(%error: error, %token: resumetok):
  eh.entry
  call @Viper.Terminal.SayInt(%kept)
  %ip = err.get_ip %error
  call @Viper.Terminal.SayInt(%ip)
  %message = err.get_msg %error
  call @Viper.Terminal.Say(%message)
  %newest = trap.kind
  call @Viper.Terminal.SayInt(%newest)
  ret 0
}}
"
    ));
    assert_eq!(output, "42\n0\ndivision by zero\n0\n");
}

#[test]
fn resume_next_goes_on_after_the_call_whose_callee_trapped() {
    let output = output_of(&format!(
        "{ACROSS_FRAMES}func @main() -> i64 {{
entry:
  eh.push ^handler
  %y = call @between(0)
  call @Viper.Terminal.SayInt(%y)
  ret 0
handler(%error: error, %token: resumetok):
  resume.next %token
}}
"
    ));
    assert_eq!(output, "0\n");
}

#[test]
fn resume_next_makes_the_result_zero_also_where_it_had_another_value() {
    let output = output_of(
        "func @main() -> i64 {
entry:
  br ^loop(2)
loop(%divisor: i64):
  eh.push ^handler
  %y = sdiv.chk0 14, %divisor
  eh.pop
  br ^show
handler(%error: error, %token: resumetok):
  eh.push ^second
  resume.next %token
second(%error2: error, %token2: resumetok):
  ret 1
show:
  call @Viper.Terminal.SayInt(%y)
  %next = isub.ovf %divisor, 2
  %more = scmp_ge %next, 0
  cbr %more, ^loop(%next), ^done
done:
  ret 0
}
",
    );
    assert_eq!(output, "7\n0\n");
}

#[test]
fn resume_same_repeats_the_call_with_its_arguments() {
    let output = output_of(
        "global i64 @divisor = 0
func @thrower(i64 %x) -> i64 {
entry:
  %at = gaddr @divisor
  %divisor = load i64, %at
  %y = sdiv.chk0 %x, %divisor
  ret %y
}
func @main() -> i64 {
entry:
  %x = iadd.ovf 40, 2
  eh.push ^handler
  %y = call @thrower(%x)
  call @Viper.Terminal.SayInt(%y)
  ret 0
handler(%error: error, %token: resumetok):
  %at = gaddr @divisor
  store i64, %at, 2
  resume.same %token
}
",
    );
    assert_eq!(output, "21\n");
}

#[test]
fn handlers_are_popped_with_the_function_that_pushed_them() {
    let trap = trap_of(
        "func @pushes() -> void {
entry:
  eh.push ^handler
  eh.push ^handler
  ret
handler(%error: error, %token: resumetok):
  call @Viper.Terminal.SayInt(-1)
  ret
}
func @main() -> i64 {
entry:
  call @pushes()
  trap
}
",
    );
    assert_eq!(trap.kind, TrapKind::DomainError);
    assert_eq!(trap.backtrace[0].function, "main");
}

#[test]
fn a_function_pops_no_handler_of_its_caller() {
    let trap = trap_of(
        "func @pops() -> void {
entry:
  eh.pop
  ret
}
func @main() -> i64 {
entry:
  eh.push ^handler
  call @pops()
  ret 0
handler(%error: error, %token: resumetok):
  %kind = err.get_kind %error
  trap
}
",
    );
    assert_eq!(trap.backtrace[0].block, "handler", "the pop trapped, and was caught");
}

#[test]
fn an_error_has_the_code_that_the_trap_was_made_from() {
    let output = output_of(
        "func @main() -> i64 {
entry:
  %at = alloca 8
  eh.push ^handler
  trap.from_err i32 7
handler(%error: error, %token: resumetok):
  %code = err.get_code %error
  store i32, %at, %code
  %word = load i64, %at
  call @Viper.Terminal.SayInt(%word)
  eh.push ^second
  trap
second(%error2: error, %token2: resumetok):
  %code2 = err.get_code %error2
  store i32, %at, %code2
  %word2 = load i64, %at
  call @Viper.Terminal.SayInt(%word2)
  ret 0
}
",
    );
    assert_eq!(output, "7\n0\n", "and the next trap has none");
}

#[test]
fn stack_memory_of_frames_that_a_trap_leaves_is_free_again() {
    // 4096 cells hold no more than 64 segments: 10,000 calls must share them.
    let output = output_of(
        "func @leaves() -> void {
entry:
  %at = alloca 256
  trap
}
func @main() -> i64 {
entry:
  br ^loop(0)
loop(%i: i64):
  %more = scmp_lt %i, 10000
  cbr %more, ^call, ^done
call:
  eh.push ^handler
  call @leaves()
  ret 1
handler(%error: error, %token: resumetok):
  %kind = err.get_kind %error
  %is_trap = icmp_eq %kind, 3
  cbr %is_trap, ^next, ^full
next:
  %j = iadd.ovf %i, 1
  br ^loop(%j)
full:
  call @Viper.Terminal.SayInt(%i)
  ret 2
done:
  call @Viper.Terminal.SayInt(%i)
  ret 0
}
",
    );
    assert_eq!(output, "10000\n");
}

#[test]
fn a_refused_resume_has_not_passed_its_arguments() {
    let output = output_of(
        "func @main() -> i64 {
entry:
  br ^loop(1)
loop(%i: i64):
  eh.push ^outer
  eh.push ^inner
  trap
inner(%error: error, %token: resumetok):
  %null:resumetok = const_null
  resume.label %null, ^loop(2)
outer(%error2: error, %token2: resumetok):
  call @Viper.Terminal.SayInt(%i)
  ret 0
}
",
    );
    assert_eq!(output, "1\n");
}

#[test]
fn handlers_pushed_in_a_loop_meet_the_stack_limit() {
    let (finished, _) = run("func @main() -> i64 {
entry:
  br ^loop
loop:
  eh.push ^handler
  br ^loop
handler(%error: error, %token: resumetok):
  %kind = trap.kind
  ret %kind
}
");
    assert_eq!(finished.result, Ok(TrapKind::StackOverflow as i64));
}

#[test]
fn errors_made_for_their_own_sake_meet_a_limit() {
    let trap = trap_of(
        "func @main() -> i64 {
entry:
  br ^loop(0)
loop(%i: i64):
  %kind:i32 = cast.si_narrow.chk %i
  %message:str = const_null
  %error = trap.err %kind, %message
  %j = iadd.ovf %i, 1
  br ^loop(%j)
}
",
    );
    assert_eq!(trap.kind, TrapKind::OutOfMemory);
}

#[test]
fn a_host_function_s_result_is_a_proper_value_of_its_type() {
    let registry = Arc::new(Registry::new());
    let wide = |_: &drawloom::native::ExternCall<'_>| 0x1_8000_8002_u64;
    registry.register(Extern::new("Host.Bit", &[], Type::I1, wide)).expect("not strict");
    registry.register(Extern::new("Host.Short", &[], Type::I16, wide)).expect("not strict");
    registry.register(Extern::new("Host.Word", &[], Type::I32, wide)).expect("not strict");
    let text = "il 0.3.0
extern @Host.Bit() -> i1
extern @Host.Short() -> i16
extern @Host.Word() -> i32
func @main() -> i64 {
entry:
  %bit = call @Host.Bit()
  %word = zext1 %bit
  %short = call @Host.Short()
  %is_low_short = icmp_eq %short, -32766
  %one = zext1 %is_low_short
  %low = call @Host.Word()
  %is_low_word = icmp_eq %low, -2147450878
  %other = zext1 %is_low_word
  %tens = imul.ovf %one, 10
  %hundreds = imul.ovf %other, 100
  %both = iadd.ovf %tens, %hundreds
  %result = iadd.ovf %both, %word
  ret %result
}
";
    let code = guest::code_of(Language::Il, text);
    let finished = Loading::new(code).limits(small_limits()).registry(registry).initialise().run();
    assert_eq!(finished.result, Ok(110));
}

#[test]
fn what_a_program_may_not_catch_it_does_not_catch() {
    let body = "func @main() -> i64 {
entry:
  eh.push ^handler
  br ^loop
loop:
  br ^loop
handler(%error: error, %token: resumetok):
  ret 0
}
";
    let (finished, _) = run(body);
    assert_eq!(finished.result.map_err(|trap| trap.kind), Err(TrapKind::StepLimit));
}

#[test]
fn a_message_that_found_no_room_does_not_speak_for_the_next_trap() {
    let body = "func @main() -> i64 {
entry:
  eh.push ^handler
  trap
handler(%error: error, %token: resumetok):
  %index = idx.chk 5, 0, 1
  ret %index
}
";
    let limits = Limits { string_bytes: 0, ..small_limits() };
    let trap = run_with(limits, body).0.result.expect_err("the second trap is not caught");
    assert_eq!((trap.kind, &*trap.message), (TrapKind::Bounds, TrapKind::Bounds.describe()));
}

#[test]
fn a_trap_leaves_the_register_that_it_would_have_written() {
    let output = output_of(
        "global i64 @out = 0
func @main() -> i64 {
entry:
  %at = gaddr @out
  br ^loop(5)
loop(%x: i32):
  %d:i32 = iadd.ovf %x, 1
  eh.push ^handler
  br ^loop(2147483647)
handler(%error: error, %token: resumetok):
  store i32, %at, %d
  %v = load i64, %at
  call @Viper.Terminal.SayInt(%v)
  ret 0
}
",
    );
    assert_eq!(output, "6\n");
}

#[test]
fn a_code_of_the_runtime_becomes_the_kind_that_viper_gives_it() {
    for (code, kind) in [
        (1, TrapKind::FileNotFound),
        (6, TrapKind::DomainError),
        (9, TrapKind::RuntimeError),
        (10, TrapKind::NetworkError),
        (11, TrapKind::RuntimeError),
    ] {
        let text = format!("func @main() -> i64 {{\nentry:\n  trap.from_err i32 {code}\n}}\n");
        assert_eq!(trap_of(&text).kind, kind, "{code}");
    }
    assert_eq!(TrapKind::NetworkError as i64, 11, "its number is Viper's");
}
