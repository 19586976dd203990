//! What a start of a guest thread allocates. One test, so that nothing else of the process allocates
//! between two looks.

use std::fmt::Write as _;

use drawloom::Loading;
use drawloom::interp::Code;
use drawloom::lang::Language;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[path = "common/guest.rs"]
mod guest;

use guest::{code_of, small_limits};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

/// Starts and joins as many threads as its argument says, in a module that also has so many functions
/// and externs which nobody uses.
fn starts(unused: u32) -> Code {
    let mut text = "il 0.3.0
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
"
    .to_owned();
    for n in 0..unused {
        writeln!(text, "extern @Unused.Extern{n}(i64) -> i64").expect("strings take everything");
    }
    for n in 0..unused {
        let body = "entry:\n  %y = iadd.ovf %x, 1\n  ret %y\n";
        writeln!(text, "func @unused{n}(i64 %x) -> i64 {{\n{body}}}").expect("as above");
    }
    text.push_str(
        "func @child() -> void {
entry:
  ret
}
func @main(i64 %count) -> i64 {
entry:
  br ^loop(0)
loop(%i: i64):
  %more = scmp_lt %i, %count
  cbr %more, ^start, ^done
start:
  %thread = call @Viper.Threads.Thread.Start(@child, null)
  call @Viper.Threads.Thread.Join(%thread)
  %next = iadd.ovf %i, 1
  br ^loop(%next)
done:
  ret %i
}
",
    );
    code_of(Language::Il, &text)
}

/// Bytes that a run with so many starts allocates.
fn bytes(code: &Code, count: u64) -> usize {
    let program = Loading::new(code.clone()).limits(small_limits()).entry_arguments(vec![count]);
    let program = program.output(std::io::sink()).initialise();
    let region = Region::new(ALLOCATOR);
    assert_eq!(program.run().result, Ok(count as i64));
    region.change().bytes_allocated
}

/// The same for one start, without what the program itself takes.
fn bytes_per_start(code: &Code) -> usize {
    const STARTS: usize = 1_000;
    (bytes(code, 10 + STARTS as u64) - bytes(code, 10)) / STARTS
}

#[test]
fn a_start_allocates_the_same_whatever_else_the_module_has() {
    const UNUSED: usize = 300;
    let small = bytes_per_start(&starts(0));
    let large = bytes_per_start(&starts(UNUSED as u32));
    println!("{small} bytes for each start, {large} with {UNUSED} unused functions and externs");
    // Who is first, the end or the join, decides whether the table notes who waits: some bytes.
    // Less than a byte for each function is nothing for any of them.
    assert!(large < small + UNUSED, "{small} bytes, then {large}");
    assert!(small > 0, "the counter counts");
}
