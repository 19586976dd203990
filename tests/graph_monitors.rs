//! Monitors in the search over execution graphs: tries under weak memory, and loops that use monitors.
#![cfg(feature = "cli")]

#[path = "common/guest.rs"]
mod guest;

use std::collections::BTreeSet;
use std::sync::Arc;

use drawloom::guest::explorer::graph;
use drawloom::guest::{Bound, Control, MemoryModel, Options, Tally, replay};
use drawloom::lang::Language;
use drawloom::reference::{Outcome, Subject, ViolationKind};

const EXTERNS: &str = "il 0.3.0
extern @Viper.Core.Diagnostics.Assert(i1, str) -> void
extern @Viper.Terminal.SayInt(i64) -> void
extern @Viper.Threads.Monitor.Enter(ptr) -> void
extern @Viper.Threads.Monitor.Exit(ptr) -> void
extern @Viper.Threads.Monitor.TryEnter(ptr) -> i1
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
global i64 @a = 0
global i64 @x = 0
global const str @.stale = \"stale\"
";

const NAMES: &str = "entry:\n  %a = gaddr @a\n  %x = gaddr @x\n";

/// Two threads, started and joined by main.
fn two_threads(one: &str, other: &str) -> Arc<Subject> {
    let text = format!(
        "{EXTERNS}func @one() -> void {{\n{NAMES}{one}  ret\n}}
func @other() -> void {{\n{NAMES}{other}  ret\n}}
func @main() -> i64 {{\nentry:
  %a = call @Viper.Threads.Thread.Start(@one, null)
  %b = call @Viper.Threads.Thread.Start(@other, null)
  call @Viper.Threads.Thread.Join(%a)
  call @Viper.Threads.Thread.Join(%b)
  ret 0\n}}\n"
    );
    Arc::new(Subject::new(guest::checked_code_of(Language::Il, &text)))
}

fn searched(subject: &Arc<Subject>, model: MemoryModel) -> Tally {
    let options = Options { keeps_going: true, ..Options::default() };
    graph::search(subject, model, &options, &Control::default())
}

fn kinds(tally: &Tally) -> Vec<ViolationKind> {
    tally.violations.iter().map(|it| it.violation.kind).collect()
}

fn outputs(tally: &Tally) -> BTreeSet<String> {
    let output = |outcome: &Outcome| match outcome {
        Outcome::Finished { output, .. } => output.lines().collect::<Vec<_>>().join(" "),
        Outcome::Stopped { reason, .. } => reason.clone(),
    };
    tally.outcomes.keys().map(output).collect()
}

const ENTER: &str = "  call @Viper.Threads.Monitor.Enter(%a)\n";
const EXIT: &str = "  call @Viper.Threads.Monitor.Exit(%a)\n";

/// A thread reads `x`, tries to enter, says both, and exits.
fn tries_after(load: &str) -> String {
    format!(
        "  %v = atomic.load i64, %x, {load}\n  call @Viper.Terminal.SayInt(%v)
  %is = call @Viper.Threads.Monitor.TryEnter(%a)
  %word = zext1 %is\n  call @Viper.Terminal.SayInt(%word)\n  cbr %is, ^exit, ^end
exit:\n{EXIT}  br ^end\nend:\n"
    )
}

#[test]
fn a_try_fails_unless_the_thread_knows_that_the_monitor_has_been_given_back() {
    let found = |store: &str, load: &str, model| {
        let one = format!("{ENTER}{EXIT}  atomic.store i64, %x, 1, {store}\n");
        outputs(&searched(&two_threads(&one, &tries_after(load)), model))
    };
    let set = |lines: &[&str]| lines.iter().map(|&it| it.to_owned()).collect::<BTreeSet<String>>();
    let fresh = set(&["0 0", "0 1", "1 1"]);
    for model in MemoryModel::ALL {
        assert_eq!(found("release", "acquire", model), fresh, "{model:?}");
    }
    assert_eq!(found("relaxed", "relaxed", MemoryModel::Sc), fresh);
    let stale = set(&["0 0", "0 1", "1 0", "1 1"]);
    assert_eq!(found("relaxed", "relaxed", MemoryModel::Rc11), stale);
}

#[test]
fn a_try_that_fails_too_late_is_replayed() {
    let one = format!("{ENTER}{EXIT}  atomic.store i64, %x, 1, relaxed\n");
    let other = "  %v = atomic.load i64, %x, relaxed\n  %is_set = icmp_eq %v, 1
  cbr %is_set, ^try, ^end
try:\n  %is = call @Viper.Threads.Monitor.TryEnter(%a)
  %stale = const_str @.stale\n  call @Viper.Core.Diagnostics.Assert(%is, %stale)\n  br ^end
end:\n";
    let subject = two_threads(&one, other);
    let tally = searched(&subject, MemoryModel::Rc11);
    let [found] = &tally.violations[..] else { panic!("{:?}", kinds(&tally)) };
    let again = replay(&subject, found.schedule.as_ref().expect("the explorer replays"));
    let again = again.expect("its own schedule");
    assert_eq!((&again.violation, &again.trace), (&found.violation, &found.trace));
}

#[test]
fn a_try_that_fails_orders_nothing() {
    let one = format!("  store i64, %x, 1\n{ENTER}{EXIT}");
    let other = format!(
        "  %is = call @Viper.Threads.Monitor.TryEnter(%a)\n  cbr %is, ^exit, ^look
exit:\n{EXIT}  br ^end\nlook:\n  %v = load i64, %x\n  br ^end\nend:\n"
    );
    let subject = two_threads(&one, &other);
    assert_eq!(kinds(&searched(&subject, MemoryModel::Rc11)), [ViolationKind::DataRace]);
}

#[test]
fn a_try_that_fails_does_not_order_seq_cst_fences() {
    let one = format!("  atomic.store i64, %x, 1, relaxed\n  fence seq_cst\n{ENTER}{EXIT}");
    let other = format!(
        "  %is = call @Viper.Threads.Monitor.TryEnter(%a)\n  cbr %is, ^exit, ^look
exit:\n{EXIT}  br ^end\nlook:\n  fence seq_cst\n  %v = atomic.load i64, %x, relaxed
  call @Viper.Terminal.SayInt(%v)\n  br ^end\nend:\n"
    );
    let subject = two_threads(&one, &other);
    for model in MemoryModel::ALL {
        let is_stale = outputs(&searched(&subject, model)).contains("0");
        assert_eq!(is_stale, model != MemoryModel::Sc, "{model:?}");
    }
}

/// Tries again until it has entered.
fn spins() -> String {
    format!(
        "  br ^try\ntry:\n  %is = call @Viper.Threads.Monitor.TryEnter(%a)
  cbr %is, ^exit, ^try\nexit:\n{EXIT}"
    )
}

#[test]
fn a_loop_of_tries_ends_when_the_monitor_is_given_back() {
    for model in MemoryModel::ALL {
        let tally = searched(&two_threads(&format!("{ENTER}{EXIT}"), &spins()), model);
        assert_eq!((kinds(&tally), tally.executions, tally.bounds.len()), (vec![], 2, 0));
        let tally = searched(&two_threads(ENTER, &spins()), model);
        assert_eq!((kinds(&tally), tally.bounds.len()), (vec![ViolationKind::Livelock], 0));
        let message = &tally.violations[0].violation.message;
        assert!(message.contains("nobody is left to change monitor @a"), "{message}");
    }
}

#[test]
fn a_loop_that_enters_and_exits_is_one_that_writes() {
    let polls = format!(
        "  br ^look\nlook:\n{ENTER}  %v = load i64, %x\n{EXIT}  %is = icmp_eq %v, 1
  cbr %is, ^end, ^look\nend:\n"
    );
    let sets = format!("{ENTER}  store i64, %x, 1\n{EXIT}");
    for model in MemoryModel::ALL {
        let tally = searched(&two_threads(&polls, &sets), model);
        assert_eq!((kinds(&tally), tally.bounds), (vec![], BTreeSet::from([Bound::Loop])));
        assert!(tally.executions > 1, "a round before the store shows");
    }
}
