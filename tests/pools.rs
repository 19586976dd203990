//! Random programs with a pool: the search over graphs finds what the search over traces finds, and what a run of the
//! machine comes to is among that.
#![cfg(feature = "cli")]

#[path = "common/both_searches.rs"]
mod both_searches;
#[path = "common/guest.rs"]
mod guest;
#[path = "common/random_program.rs"]
mod random_program;

use std::fmt::Write as _;

use both_searches::{agree, graphs, kinds, replays, run, subject_of, traces};
use drawloom::guest::MemoryModel;
use drawloom::lang::Language;
use drawloom::reference::{Outcome, ViolationKind};
use guest::THREAD_MODELS;
use random_program::Numbers;
use rayon::prelude::*;

/// What tasks do; each is a function that gets the pool.
const TASKS: &str = "il 0.3.0
extern @Viper.Core.Diagnostics.AssertFail(str) -> void
extern @Viper.Terminal.SayInt(i64) -> void
extern @Viper.Threads.Monitor.Enter(ptr) -> void
extern @Viper.Threads.Monitor.Exit(ptr) -> void
extern @Viper.Threads.Pool.New(i64) -> ptr
extern @Viper.Threads.Pool.Submit(ptr, ptr, ptr) -> i1
extern @Viper.Threads.Pool.Wait(ptr) -> void
extern @Viper.Threads.Pool.WaitFor(ptr, i64) -> i1
extern @Viper.Threads.Pool.Shutdown(ptr) -> void
extern @Viper.Threads.Pool.ShutdownNow(ptr) -> void
extern @Viper.Threads.Pool.Pending(ptr) -> i64
extern @Viper.Threads.Pool.Active(ptr) -> i64
global const str @.fails = \"it fails\"
global i64 @x = 0
global i64 @m = 0
func @add(ptr %pool) -> void {
entry:
  %x = gaddr @x
  %old = atomic.rmw add i64, %x, 1, seq_cst
  ret
}
func @say(ptr %pool) -> void {
entry:
  call @Viper.Terminal.SayInt(7)
  ret
}
func @fail(ptr %pool) -> void {
entry:
  %text = const_str @.fails
  call @Viper.Core.Diagnostics.AssertFail(%text)
  ret
}
func @submit(ptr %pool) -> void {
entry:
  %is_taken = call @Viper.Threads.Pool.Submit(%pool, @add, %pool)
  ret
}
func @drain(ptr %pool) -> void {
entry:
  call @Viper.Threads.Pool.Wait(%pool)
  ret
}
func @lock(ptr %pool) -> void {
entry:
  %m = gaddr @m
  call @Viper.Threads.Monitor.Enter(%m)
  %x = gaddr @x
  %old = atomic.rmw add i64, %x, 2, seq_cst
  call @Viper.Threads.Monitor.Exit(%m)
  ret
}
";

fn one_of<'t>(numbers: &mut Numbers, choices: &[&'t str]) -> &'t str {
    choices[numbers.below(choices.len() as u64) as usize]
}

/// A program whose main submits tasks to a pool and waits for them, in some order.
fn random_program_with_a_pool(numbers: &mut Numbers) -> String {
    let mut text = format!(
        "{TASKS}func @main() -> i64 {{\nentry:\n  %pool = call @Viper.Threads.Pool.New({})\n",
        1 + numbers.below(2)
    );
    let is_locked = numbers.below(4) == 0;
    text.push_str("  %m = gaddr @m\n");
    if is_locked {
        text.push_str("  call @Viper.Threads.Monitor.Enter(%m)\n");
    }
    for step in 0..2 + numbers.below(3) {
        let line = match numbers.below(8) {
            0 => "call @Viper.Threads.Pool.Wait(%pool)".to_owned(),
            1 => {
                let time = one_of(numbers, &["-1", "0", "1"]);
                format!(
                    "%w{step} = call @Viper.Threads.Pool.WaitFor(%pool, {time})\n  %v{step} = zext1 %w{step}
  call @Viper.Terminal.SayInt(%v{step})"
                )
            }
            2 => {
                let count = one_of(numbers, &["Pending", "Active"]);
                format!(
                    "%v{step} = call @Viper.Threads.Pool.{count}(%pool)\n  call @Viper.Terminal.SayInt(%v{step})"
                )
            }
            _ => {
                let task = one_of(
                    numbers,
                    &["add", "add", "say", "fail", "submit", "drain", "lock", "lock"],
                );
                format!("%s{step} = call @Viper.Threads.Pool.Submit(%pool, @{task}, %pool)")
            }
        };
        let _ = writeln!(text, "  {line}");
    }
    if is_locked && numbers.below(3) > 0 {
        text.push_str("  call @Viper.Threads.Monitor.Exit(%m)\n");
    }
    if numbers.below(8) > 0 {
        let shutdown = one_of(numbers, &["Shutdown", "Shutdown", "ShutdownNow"]);
        let _ = writeln!(text, "  call @Viper.Threads.Pool.{shutdown}(%pool)");
    }
    text.push_str("  %x_at = gaddr @x\n  %x = atomic.load i64, %x_at, seq_cst\n  ret %x\n}\n");
    text
}

/// What the programs are like that were compared.
#[derive(Debug, Default)]
struct Compared {
    programs: u32,
    executions: u64,
    with_several_outcomes: u32,
    stuck: u32,
    trapped: u32,
}

/// Compares what the searches find with outcomes of the machine; nothing if the program is too large for that.
fn compare(text: &str) -> Compared {
    let subject = subject_of(text);
    let there = traces(&subject);
    if !there.bounds.is_empty() {
        return Compared::default();
    }
    let here = graphs(&subject, MemoryModel::Sc);
    agree(&here, &there, false, text);
    let weak = graphs(&subject, MemoryModel::Rc11);
    assert!(there.outcomes.keys().all(|it| weak.outcomes.contains_key(it)), "{text}");
    replays(&subject, &weak, text);
    let may_be_stuck = kinds(&there).contains(&ViolationKind::Deadlock);
    let code = guest::code_of(Language::Il, text);
    for model in THREAD_MODELS.repeat(4) {
        match run(&code, model) {
            None => assert!(may_be_stuck, "{model:?}: a deadlock in {text}"),
            Some(outcome) => {
                let is_allowed = there.outcomes.contains_key(&outcome);
                assert!(is_allowed, "{model:?}: {outcome:?} of {text}");
            }
        }
    }
    let is_trap = |it: &Outcome| !matches!(it, Outcome::Finished { .. });
    Compared {
        programs: 1,
        executions: there.executions,
        with_several_outcomes: u32::from(there.outcomes.len() > 1),
        stuck: u32::from(may_be_stuck),
        trapped: u32::from(there.outcomes.keys().any(is_trap)),
    }
}

#[test]
fn searches_agree_on_pools_and_the_machine_does_what_they_find() {
    let mut numbers = Numbers(15);
    let texts: Vec<String> = (0..150).map(|_| random_program_with_a_pool(&mut numbers)).collect();
    let all = texts.par_iter().map(|text| compare(text)).reduce(Compared::default, |one, other| {
        Compared {
            programs: one.programs + other.programs,
            executions: one.executions + other.executions,
            with_several_outcomes: one.with_several_outcomes + other.with_several_outcomes,
            stuck: one.stuck + other.stuck,
            trapped: one.trapped + other.trapped,
        }
    });
    println!("{all:?}");
    assert!(all.programs > 80 && all.with_several_outcomes > 30, "{all:?}");
    assert!(all.stuck > 10 && all.trapped > 20, "{all:?}");
}
