//! The search over execution graphs under sequential consistency, against the search over
//! traces of the reference: programs with monitors, waits, prints and starts, also with errors.
#![cfg(feature = "cli")]

#[path = "common/both_searches.rs"]
mod both_searches;
#[path = "common/entropy.rs"]
mod entropy;
#[path = "common/guest.rs"]
mod guest;
#[path = "common/monitor_program.rs"]
mod monitor_program;
#[path = "common/monitor_words.rs"]
mod monitor_words;

use std::collections::BTreeSet;

use both_searches::{agree, graphs, kinds, replays, subject_of, traces};
use drawloom::guest::{MemoryModel, Tally};
use drawloom::reference::{Outcome, ViolationKind};
use monitor_program::MonitorProgram;

/// Numbers from a seed: splitmix64.
fn numbers(seed: u64) -> Vec<u32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 33) as u32
    };
    (0..100).map(|_| next()).collect()
}

fn agrees(with_timed_waits: bool, programs: u64) {
    let (mut stuck, mut raced, mut executions) = (0, 0, 0);
    for seed in 0..programs {
        let program = MonitorProgram::by_chance(&numbers(seed), with_timed_waits);
        let subject = subject_of(&program.text);
        let there = traces(&subject);
        if !there.bounds.is_empty() {
            continue;
        }
        let here = graphs(&subject, MemoryModel::Sc);
        let what = format!("seed {seed}\n{}", program.text);
        agree(&here, &there, program.has_timed_waits, &what);
        let is_stuck =
            |it: &ViolationKind| matches!(it, ViolationKind::Deadlock | ViolationKind::LostWakeup);
        stuck += u64::from(kinds(&here).iter().any(is_stuck));
        raced += u64::from(kinds(&here).contains(&ViolationKind::DataRace));
        executions += here.executions;
    }
    assert!(stuck > 10 && raced > 10 && executions > 1_000);
}

#[test]
fn outcomes_and_executions_are_those_of_the_search_over_traces() {
    agrees(false, 400);
}

#[test]
fn timed_waits_come_to_what_they_do_in_the_search_over_traces() {
    agrees(true, 400);
}

#[test]
fn monitors_that_are_used_in_any_order_come_to_what_they_do_in_the_search_over_traces() {
    let (mut executions, mut fails, mut unblocked) = (0, 0, 0);
    let mut seen = BTreeSet::new();
    for seed in 0..600 {
        let text = monitor_words::program_by_chance(&numbers(seed));
        let subject = subject_of(&text);
        let there = traces(&subject);
        if !there.bounds.is_empty() {
            continue;
        }
        let here = graphs(&subject, MemoryModel::Sc);
        agree(&here, &there, false, &format!("seed {seed}\n{text}"));
        let weak = graphs(&subject, MemoryModel::Rc11);
        let is_raced = kinds(&there).contains(&ViolationKind::DataRace);
        if !is_raced {
            replays(&subject, &here, &text);
            replays(&subject, &weak, &text);
        }
        assert!(
            there.outcomes.keys().all(|it| weak.outcomes.contains_key(it)),
            "seed {seed}\n{text}"
        );
        let tries = text.contains("= call @Viper.Threads.Monitor.TryEnter");
        if !tries && !is_raced {
            assert_eq!(weak.outcomes, there.outcomes, "seed {seed}\n{text}");
        }
        if !tries && kinds(&there).is_empty() {
            assert_eq!((here.blocked, weak.blocked), (0, 0), "seed {seed}\n{text}");
            unblocked += u64::from(here.executions > 1);
        }
        let failed = |it: &Outcome| matches!(it, Outcome::Finished { output, .. } if output.starts_with("0\n"));
        fails += u64::from(tries && there.outcomes.keys().any(failed));
        executions += here.executions;
        seen.extend(kinds(&here));
    }
    let wanted = [
        ViolationKind::DataRace,
        ViolationKind::Deadlock,
        ViolationKind::LostWakeup,
        ViolationKind::DoubleUnlock,
        ViolationKind::Trap,
    ];
    assert!(wanted.iter().all(|it| seen.contains(it)), "{seen:?}");
    assert!(executions > 5_000 && fails > 20 && unblocked > 20, "{executions} {fails} {unblocked}");
}

const EXTERNS: &str = "il 0.3.0
extern @Viper.Terminal.SayInt(i64) -> void
extern @Viper.Threads.Monitor.Enter(ptr) -> void
extern @Viper.Threads.Monitor.Exit(ptr) -> void
extern @Viper.Threads.Monitor.TryEnter(ptr) -> i1
extern @Viper.Threads.Monitor.Wait(ptr) -> void
extern @Viper.Threads.Monitor.Pause(ptr) -> void
extern @Viper.Threads.Monitor.PauseAll(ptr) -> void
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
global i64 @a = 0
func @locks() -> void {
entry:
  %a = gaddr @a
  call @Viper.Threads.Monitor.Enter(%a)
  call @Viper.Threads.Monitor.Exit(%a)
  ret
}
func @tries() -> void {
entry:
  %a = gaddr @a
  %is = call @Viper.Threads.Monitor.TryEnter(%a)
  %word = zext1 %is
  call @Viper.Terminal.SayInt(%word)
  cbr %is, ^exit, ^end
exit:
  call @Viper.Threads.Monitor.Exit(%a)
  br ^end
end:
  ret
}
func @fails() -> void {
entry:
  %a = gaddr @a
  call @Viper.Threads.Monitor.Exit(%a)
  ret
}
func @waits() -> void {
entry:
  %a = gaddr @a
  call @Viper.Threads.Monitor.Enter(%a)
  call @Viper.Threads.Monitor.Enter(%a)
  call @Viper.Threads.Monitor.Wait(%a)
  call @Viper.Threads.Monitor.Exit(%a)
  call @Viper.Threads.Monitor.Exit(%a)
  ret
}
";

/// What main does comes to the same in both searches; the executions of the graphs, and the blocked ones.
fn counts(main: &str) -> (Tally, u64, u64) {
    let text =
        format!("{EXTERNS}func @main() -> i64 {{\nentry:\n  %a = gaddr @a\n{main}  ret 0\n}}\n");
    let subject = subject_of(&text);
    let (here, there) = (graphs(&subject, MemoryModel::Sc), traces(&subject));
    let weak = graphs(&subject, MemoryModel::Rc11);
    assert_eq!((&here.outcomes, kinds(&here)), (&there.outcomes, kinds(&there)));
    assert_eq!((&weak.outcomes, weak.blocked), (&here.outcomes, here.blocked));
    replays(&subject, &here, &text);
    replays(&subject, &weak, &text);
    let (executions, blocked) = (here.executions, here.blocked);
    (here, executions, blocked)
}

#[test]
fn threads_that_wait_for_ever_for_a_monitor_make_one_execution() {
    let start = "  %N = call @Viper.Threads.Thread.Start(@locks, null)\n";
    let starts: String = ["%t1", "%t2", "%t3"].map(|name| start.replace("%N", name)).concat();
    let (tally, executions, blocked) =
        counts(&format!("  call @Viper.Threads.Monitor.Enter(%a)\n{starts}"));
    assert_eq!(kinds(&tally), BTreeSet::from([ViolationKind::Deadlock]));
    // The other five orders of the three are no executions of their own.
    assert_eq!((executions, blocked), (1, 5));
}

/// The machine ends at whichever comes first.
#[test]
fn a_trap_hides_no_deadlock_of_other_threads() {
    let (tally, ..) = counts(
        "  call @Viper.Threads.Monitor.Enter(%a)
  %t1 = call @Viper.Threads.Thread.Start(@locks, null)
  %t2 = call @Viper.Threads.Thread.Start(@fails, null)
  call @Viper.Threads.Thread.Join(%t1)\n",
    );
    let both = [ViolationKind::Deadlock, ViolationKind::DoubleUnlock];
    assert_eq!(kinds(&tally), BTreeSet::from(both));
    // To join the thread that fails is no deadlock: the trap ends the program.
    let (tally, ..) = counts(
        "  call @Viper.Threads.Monitor.Enter(%a)
  %t1 = call @Viper.Threads.Thread.Start(@locks, null)
  %t2 = call @Viper.Threads.Thread.Start(@fails, null)
  call @Viper.Threads.Thread.Join(%t2)\n",
    );
    assert_eq!(kinds(&tally), BTreeSet::from([ViolationKind::DoubleUnlock]));
}

#[test]
fn a_thread_that_tries_finds_the_owner_and_not_those_behind_it() {
    let (tally, executions, _) = counts(
        "  call @Viper.Threads.Monitor.Enter(%a)
  %t1 = call @Viper.Threads.Thread.Start(@locks, null)
  %t2 = call @Viper.Threads.Thread.Start(@tries, null)
  call @Viper.Threads.Thread.Join(%t2)
  call @Viper.Threads.Monitor.Exit(%a)
  call @Viper.Threads.Thread.Join(%t1)\n",
    );
    assert_eq!((tally.outcomes.len(), executions), (1, 1));
}

#[test]
fn a_notification_wakes_the_one_that_has_waited_longest() {
    let start = "  %N = call @Viper.Threads.Thread.Start(@waits, null)\n";
    let starts: String = ["%t1", "%t2", "%t3"].map(|name| start.replace("%N", name)).concat();
    let notify = |name: &str| {
        format!(
            "  call @Viper.Threads.Monitor.Enter(%a)\n  call @Viper.Threads.Monitor.{name}(%a)
  call @Viper.Threads.Monitor.Exit(%a)\n"
        )
    };
    let (one, all) = (notify("Pause"), notify("PauseAll"));
    let (tally, executions, _) = counts(&format!("{starts}{one}{all}"));
    assert_eq!(kinds(&tally), BTreeSet::from([ViolationKind::LostWakeup]));
    assert!(tally.outcomes.len() == 2 && executions > 100, "{executions}");
}
