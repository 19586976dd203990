//! Memory of the host that many guest threads take. One test, so that nothing else of the process
//! disturbs what it measures.
#![cfg(feature = "cli")]
#![cfg(target_os = "linux")]

use drawloom::native::Limits;

#[path = "common/guest.rs"]
mod guest;

use guest::{run_with, small_limits};

/// What this process has in memory now.
const RESIDENT: &str = "VmRSS:";
/// The most addresses that it has ever had, used or not: the stack of a host thread that has ended and
/// has not been joined is among them.
const PEAK: &str = "VmPeak:";

fn kib(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with(what)).expect("it is there");
    line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
}

/// Starts and joins so many threads, one after the other.
fn serial(count: u32) {
    let body = format!(
        "func @child() -> void {{
entry:
  %at = alloca 64
  store i64, %at, 1
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
  ret %i
}}
"
    );
    let (finished, _) = run_with(small_limits(), &body);
    assert_eq!((finished.result, finished.threads), (Ok(i64::from(count)), count + 1));
}

/// Starts so many threads that all live at once: each waits for a monitor that `main` has.
fn fan_out(count: u32) {
    let body = format!(
        "global i64 @gate = 0
global i64 @sum = 0
func @child() -> void {{
entry:
  %gate = gaddr @gate
  call @Viper.Threads.Monitor.Enter(%gate)
  call @Viper.Threads.Monitor.Exit(%gate)
  %sum = gaddr @sum
  call @Viper.Threads.SafeI64.Add(%sum, 1)
  ret
}}
func @main() -> i64 {{
entry:
  %gate = gaddr @gate
  call @Viper.Threads.Monitor.Enter(%gate)
  br ^start(0, null)
start(%i: i64, %last: ptr):
  %thread = call @Viper.Threads.Thread.Start(@child, null)
  %next = iadd.ovf %i, 1
  %more = scmp_lt %next, {count}
  cbr %more, ^start(%next, %thread), ^open
open:
  call @Viper.Threads.Monitor.Exit(%gate)
  ret 0
}}
"
    );
    let limits =
        Limits { threads: count + 1, steps: None, memory_cells: 1 << 20, ..small_limits() };
    let (finished, _) = run_with(limits, &body);
    assert_eq!((finished.result, finished.threads), (Ok(0), count + 1));
}

#[test]
fn threads_that_have_been_joined_take_no_memory() {
    serial(1_000);
    let (after_few, peak_of_few) = (kib(RESIDENT), kib(PEAK));
    serial(10_000);
    let (after_many, peak_of_many) = (kib(RESIDENT), kib(PEAK));
    let grown = after_many.saturating_sub(after_few);
    println!("{after_few} KiB after 1,000 starts, {after_many} KiB after 10,000 more");
    // A table entry of some bytes each is all that may stay, and only while the program runs.
    assert!(grown < 8 << 10, "{after_few} KiB, then {after_many} KiB");
    // Room for some hundred stacks, of ten thousand.
    let peak_grown = peak_of_many - peak_of_few;
    assert!(peak_grown < 1 << 20, "{peak_of_few} KiB at most, then {peak_of_many} KiB");
    fan_out(500);
}

#[test]
#[ignore = "9,600 live host threads: seconds, and more processes than some machines allow"]
fn nine_thousand_six_hundred_threads_live_at_once() {
    fan_out(9_600);
}
