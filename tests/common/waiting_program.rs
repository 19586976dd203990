//! Small programs that wait: loops, a monitor, weak orderings; by chance. As operations for
//! `view_machine`, and as IL.
#![allow(dead_code)] // each test crate that includes this uses a part of it

use std::fmt::Write;

use super::entropy::Entropy;
use super::view_machine::{LOCATIONS, Op};

/// Two or three threads.
pub(crate) fn by_chance(numbers: &[u32]) -> Vec<Vec<Op>> {
    let mut entropy = Entropy::new(numbers);
    let threads = 2 + usize::from(entropy.once_in(3));
    (0..threads).map(|_| thread(&mut entropy)).collect()
}

fn thread(entropy: &mut Entropy<'_>) -> Vec<Op> {
    let mut ops = Vec::new();
    for _ in 0..=entropy.below(2) {
        if entropy.once_in(3) {
            ops.push(Op::Enter);
            for _ in 0..=entropy.below(2) {
                ops.push(match entropy.below(4) {
                    0 => Op::Notify { all: entropy.once_in(2) },
                    1 => Op::WaitUntil { at: entropy.below(LOCATIONS), value: value(entropy) },
                    _ => access(entropy),
                });
            }
            // A monitor that nobody gives up, now and then.
            if !entropy.once_in(12) {
                ops.push(Op::Exit);
                continue;
            }
            return ops;
        }
        ops.push(access(entropy));
    }
    ops
}

fn value(entropy: &mut Entropy<'_>) -> u8 {
    1 + entropy.below(2) as u8
}

fn access(entropy: &mut Entropy<'_>) -> Op {
    let at = entropy.below(LOCATIONS);
    match entropy.below(5) {
        0 | 1 => Op::Store { at, value: value(entropy), releases: entropy.once_in(2) },
        2 => Op::Add { at, orders: entropy.once_in(2) },
        _ => Op::Await { at, value: value(entropy), acquires: entropy.once_in(2) },
    }
}

/// The program as IL: `main` starts the threads and joins them.
pub(crate) fn il(threads: &[Vec<Op>]) -> String {
    let mut text = "il 0.3.0
extern @Viper.Threads.Monitor.Enter(ptr) -> void
extern @Viper.Threads.Monitor.Exit(ptr) -> void
extern @Viper.Threads.Monitor.Wait(ptr) -> void
extern @Viper.Threads.Monitor.Pause(ptr) -> void
extern @Viper.Threads.Monitor.PauseAll(ptr) -> void
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
global i64 @x0 = 0
global i64 @x1 = 0
global i64 @m = 0
"
    .to_owned();
    let mut line = |line: String| writeln!(text, "{line}").expect("a string takes all");
    for (number, ops) in threads.iter().enumerate() {
        line(format!("func @t{number}() -> void {{\nentry:"));
        line("  %x0 = gaddr @x0\n  %x1 = gaddr @x1\n  %m = gaddr @m".into());
        for (at, op) in ops.iter().enumerate() {
            line(instructions(*op, at));
        }
        line("  ret\n}".into());
    }
    line("func @main() -> i64 {\nentry:".into());
    for number in 0..threads.len() {
        line(format!("  %h{number} = call @Viper.Threads.Thread.Start(@t{number}, null)"));
    }
    for number in 0..threads.len() {
        line(format!("  call @Viper.Threads.Thread.Join(%h{number})"));
    }
    line("  ret 0\n}".into());
    text
}

fn instructions(op: Op, n: usize) -> String {
    let call = |what: &str| format!("  call @Viper.Threads.Monitor.{what}(%m)");
    match op {
        Op::Store { at, value, releases } => {
            let order = if releases { "release" } else { "relaxed" };
            format!("  atomic.store i64, %x{at}, {value}, {order}")
        }
        Op::Add { at, orders } => {
            let order = if orders { "acq_rel" } else { "relaxed" };
            format!("  %o{n} = atomic.rmw add i64, %x{at}, 1, {order}")
        }
        Op::Await { at, value, acquires } => {
            let order = if acquires { "acquire" } else { "relaxed" };
            format!(
                "  br ^look{n}\nlook{n}:\n  %v{n} = atomic.load i64, %x{at}, {order}
  %is{n} = icmp_eq %v{n}, {value}\n  cbr %is{n}, ^on{n}, ^look{n}\non{n}:"
            )
        }
        Op::WaitUntil { at, value } => format!(
            "  br ^look{n}\nlook{n}:\n  %v{n} = atomic.load i64, %x{at}, relaxed
  %is{n} = icmp_eq %v{n}, {value}\n  cbr %is{n}, ^on{n}, ^wait{n}\nwait{n}:\n{}
  br ^look{n}\non{n}:",
            call("Wait")
        ),
        Op::Enter => call("Enter"),
        Op::Exit => call("Exit"),
        Op::Notify { all: false } => call("Pause"),
        Op::Notify { all: true } => call("PauseAll"),
    }
}
