//! What a start of a guest thread allocates. One test, so that nothing else of the process allocates
//! between two looks.
#![cfg(feature = "cli")]

use std::fmt::Write as _;

use drawloom::interp::Code;
use drawloom::lang::Language;
use drawloom::native::Loading;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[path = "common/guest.rs"]
mod guest;

use guest::{code_of, small_limits};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

/// Starts and joins so many threads, in a module that also has so many functions and externs which
/// nobody uses.
fn starts(count: usize, unused: usize) -> Code {
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
    let body = format!(
        "func @child() -> void {{
entry:
  ret
}}
func @main() -> i64 {{
entry:
  br ^loop(0)
loop(%i: i64):
  %more = scmp_lt %i, {count}
  cbr %more, ^start, ^done
start:
  %thread = call @Viper.Threads.Thread.Start(@child, null)
  call @Viper.Threads.Thread.Join(%thread)
  %next = iadd.ovf %i, 1
  br ^loop(%next)
done:
  ret 0
}}
"
    );
    text.push_str(&body);
    code_of(Language::Il, &text)
}

/// Bytes that a run allocates.
fn bytes(code: Code) -> usize {
    let program = Loading::new(code).limits(small_limits()).output(std::io::sink()).initialise();
    let region = Region::new(ALLOCATOR);
    assert_eq!(program.run().result, Ok(0));
    region.change().bytes_allocated
}

/// The same for one start, without what the program itself takes.
fn bytes_per_start(unused: usize) -> usize {
    const STARTS: usize = 1_000;
    (bytes(starts(10 + STARTS, unused)) - bytes(starts(10, unused))) / STARTS
}

#[test]
fn a_start_allocates_the_same_whatever_else_the_module_has() {
    const UNUSED: usize = 300;
    let (small, large) = (bytes_per_start(0), bytes_per_start(UNUSED));
    println!("{small} bytes for each start, {large} with {UNUSED} unused functions and externs");
    // Who is first, the end or the join, decides whether the table notes who waits: some bytes.
    // Less than a byte for each function is nothing for any of them.
    assert!(large < small + UNUSED, "{small} bytes, then {large}");
    assert!(small > 0, "the counter counts");
}
