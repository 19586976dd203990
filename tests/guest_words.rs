//! How a counterexample is told: which kind a program that is stuck is of, where a livelock's circle
//! begins, whom a notification wakes, and what would order two accesses that race.
#![cfg(feature = "cli")]

#[path = "common/guest.rs"]
mod guest;

use std::fs;
use std::sync::Arc;

use drawloom::guest::explorer::{Explorer, Search};
use drawloom::guest::{
    Act, Control, GuestCounterexample, GuestEngine, MemoryModel, Options, Step, replay,
};
use drawloom::lang::Language;
use drawloom::reference::{Outcome, Subject, ViolationKind};
use drawloom::report::step_in_words;

fn wrong(name: &str) -> Arc<Subject> {
    let path = format!("{}/programs/wrong/{name}", env!("CARGO_MANIFEST_DIR"));
    subject(&fs::read_to_string(path).expect("it is a text"))
}

fn subject(text: &str) -> Arc<Subject> {
    Arc::new(Subject::new(guest::checked_code_of(Language::Il, text)))
}

/// The first violation, and what the execution came to.
fn found(
    subject: &Arc<Subject>,
    model: MemoryModel,
    search: Search,
) -> (GuestCounterexample, Outcome) {
    let explorer = Explorer { model: Some(model), search, ..Explorer::default() };
    let tally = explorer.check(subject, &Control::default()).tally;
    let counterexample = tally.violations.into_iter().next().expect("it goes wrong");
    let outcome = Outcome::of_violation(&counterexample.violation);
    (counterexample, outcome)
}

#[test]
fn a_circle_through_a_wait_is_a_deadlock_and_a_wait_that_nobody_ends_a_lost_wakeup() {
    for (name, kind, words) in [
        ("abba.il", ViolationKind::Deadlock, "thread 1 waits for monitor @right"),
        ("nested_monitors.il", ViolationKind::Deadlock, "waits for a notification on @item"),
        ("lost_notify.il", ViolationKind::LostWakeup, "waits for a notification on"),
    ] {
        let subject = wrong(name);
        for search in [Search::Traces, Search::States, Search::Graphs] {
            let (shown, outcome) = found(&subject, MemoryModel::Sc, search);
            assert_eq!(shown.violation.kind, kind, "{name}, {search:?}");
            assert!(shown.violation.message.contains(words), "{name}: {}", shown.violation);
            assert_eq!(outcome.to_string(), kind.name(), "the outcome has the kind's name");
        }
    }
}

#[test]
fn the_trace_of_a_livelock_says_from_where_its_steps_repeat_themselves() {
    let subject = wrong("polite_retreat.il");
    let (shown, _) = found(&subject, MemoryModel::Sc, Search::States);
    assert_eq!(shown.violation.kind, ViolationKind::Livelock);
    let from = shown.circle_from.expect("it has a circle");
    let circle = &shown.trace[from..];
    let words = |step| step_in_words(step, &shown.subject);
    let of_circle: Vec<String> = circle.iter().map(words).collect();
    assert!(of_circle.iter().any(|text| text.starts_with("try to enter")), "{of_circle:?}");
    let threads = |thread: u32| circle.iter().any(|step| step.thread.0 == thread);
    assert!(threads(1) && threads(2), "both go round: {of_circle:?}");
    let schedule = shown.schedule.clone().expect("it can be replayed");
    let again = replay(&subject, &schedule).expect("it is a schedule of this program");
    assert_eq!(again.circle_from, Some(from));
}

const WAITERS: &str = "il 0.3.0
extern @Viper.Core.Diagnostics.Assert(i1, str) -> void
extern @Viper.Threads.Monitor.Enter(ptr) -> void
extern @Viper.Threads.Monitor.Exit(ptr) -> void
extern @Viper.Threads.Monitor.PauseAll(ptr) -> void
extern @Viper.Threads.Monitor.Wait(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
global i64 @item = 0
global const str @.never = \"never\"
func @waits() -> void {
entry:
  %item = gaddr @item
  call @Viper.Threads.Monitor.Enter(%item)
  %count = load i64, %item
  %more = iadd.ovf %count, 1
  store i64, %item, %more
  call @Viper.Threads.Monitor.Wait(%item)
  call @Viper.Threads.Monitor.Exit(%item)
  ret
}
func @main() -> i64 {
entry:
  %item = gaddr @item
  %one = call @Viper.Threads.Thread.Start(@waits, null)
  %two = call @Viper.Threads.Thread.Start(@waits, null)
  br ^look
look:
  call @Viper.Threads.Monitor.Enter(%item)
  call @Viper.Threads.Monitor.PauseAll(%item)
  %count = load i64, %item
  call @Viper.Threads.Monitor.Exit(%item)
  %both = icmp_ne %count, 2
  %never = const_str @.never
  call @Viper.Core.Diagnostics.Assert(%both, %never)
  ret 0
}
";

#[test]
fn a_notification_says_whom_it_wakes() {
    let subject = subject(WAITERS);
    for search in [Search::Traces, Search::States, Search::Graphs] {
        let options = Options { keeps_going: true, ..Options::default() };
        let explorer = Explorer { model: Some(MemoryModel::Sc), search, options };
        let tally = explorer.check(&subject, &Control::default()).tally;
        let texts = |kind: ViolationKind| {
            let of_kind = |it: &&GuestCounterexample| it.violation.kind == kind;
            let shown = tally.violations.iter().find(of_kind).expect("it is found");
            let words = |step| step_in_words(step, &shown.subject);
            shown.trace.iter().map(words).collect::<Vec<_>>()
        };
        let both = texts(ViolationKind::Assertion);
        assert!(both.contains(&"notify all on @item: wakes threads 1, 2".into()), "{both:?}");
        let none = texts(ViolationKind::LostWakeup);
        assert!(none.iter().any(|it| it.starts_with("notify all on @item: wakes")), "{none:?}");
    }
}

#[test]
fn a_race_says_which_edge_is_missing_and_what_would_make_it() {
    let (shown, _) = found(&wrong("message_passing.il"), MemoryModel::Rc11, Search::Graphs);
    let message = &shown.violation.message;
    assert_eq!(shown.violation.kind, ViolationKind::DataRace);
    assert!(message.contains("no edge from a release to an acquire orders them"), "{message}");
    for words in [
        "the atomic load of @flag by thread 0 at @main#entry#2 line 27",
        "sees the atomic store of @flag by thread 1 at @writer#entry#3 line 19",
        "were the first an acquire and the second a release, that would order them",
    ] {
        assert!(message.contains(words), "{message}");
    }
}

/// Half of the edge is there.
#[test]
fn a_race_names_the_half_of_the_edge_that_is_missing() {
    let path = format!("{}/programs/wrong/message_passing.il", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).expect("it is a text");
    for (weak, strong, words) in [
        ("%flag_at, 1, relaxed", "%flag_at, 1, release", "were the first an acquire, that"),
        (
            "load i64, %flag_at, relaxed",
            "load i64, %flag_at, acquire",
            "were the second a release,",
        ),
    ] {
        let half = text.replace(weak, strong);
        assert_ne!(half, text);
        let (shown, _) = found(&subject(&half), MemoryModel::Rc11, Search::Graphs);
        assert!(shown.violation.message.contains(words), "{}", shown.violation);
    }
}

#[test]
fn a_race_without_half_an_edge_says_that_none_is_there() {
    let options = Options { keeps_going: true, ..Options::default() };
    let explorer = Explorer { model: Some(MemoryModel::Sc), search: Search::States, options };
    let tally = explorer.check(&wrong("lost_update.il"), &Control::default()).tally;
    let is_race = |it: &&GuestCounterexample| it.violation.kind == ViolationKind::DataRace;
    let race = &tally.violations.iter().find(is_race).expect("it races").violation;
    let words = "no edge from a release to an acquire orders them";
    assert!(race.message.ends_with(words), "{race}");
}

/// Two threads write under a monitor, and main reads when it has joined them.
const UNDER_A_MONITOR: &str = "il 0.3.0
extern @Viper.Core.Diagnostics.Assert(i1, str) -> void
extern @Viper.Threads.Monitor.Enter(ptr) -> void
extern @Viper.Threads.Monitor.Exit(ptr) -> void
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
global str @wrong = \"wrong\"
global i64 @count = 0
func @child() -> void {
entry:
  %count = gaddr @count
  call @Viper.Threads.Monitor.Enter(%count)
  %old = load i64, %count
  %new = iadd.ovf %old, 1
  store i64, %count, %new
  call @Viper.Threads.Monitor.Exit(%count)
  ret
}
func @main() -> void {
entry:
  %one = call @Viper.Threads.Thread.Start(@child, null)
  %two = call @Viper.Threads.Thread.Start(@child, null)
  call @Viper.Threads.Thread.Join(%one)
  call @Viper.Threads.Thread.Join(%two)
  %count = gaddr @count
  %all = load i64, %count
  %is_one = icmp_eq %all, 1
  %message = const_str @wrong
  call @Viper.Core.Diagnostics.Assert(%is_one, %message)
  ret
}
";

#[test]
fn every_search_says_what_happens_before_a_step() {
    let subject = subject(UNDER_A_MONITOR);
    for (model, search) in [
        (MemoryModel::Sc, Search::Traces),
        (MemoryModel::Sc, Search::States),
        (MemoryModel::Sc, Search::Graphs),
        (MemoryModel::Rc11, Search::Graphs),
    ] {
        let (shown, _) = found(&subject, model, search);
        let name = format!("{model}, {search:?}: {:#?}", shown.trace);
        let done: Vec<_> = shown.trace.iter().filter(|step| !step.is_pending).collect();
        let made = |thread: u32| done.iter().filter(|step| step.thread.0 == thread).count() as u32;
        let at = |thread: u32, kind: &str| {
            let is_it = |step: &&&Step| {
                step.thread.0 == thread && step.operation().is_some_and(|it| it.name() == kind)
            };
            *done.iter().rev().find(is_it).unwrap_or_else(|| panic!("no {kind}: {name}"))
        };
        // What main reads comes after all that the children have done.
        let last = &at(0, "load").clock;
        assert_eq!(last[1..], [made(1), made(2)], "{name}");
        // Who entered the monitor second comes after all that the first did before it left.
        let (first, second) =
            if at(1, "enter").clock.get(2).is_some_and(|&it| it > 0) { (2, 1) } else { (1, 2) };
        let enter = &at(second, "enter").clock;
        let exit = &at(first, "exit").clock;
        assert_eq!(enter[first as usize], exit[first as usize], "{name}");
        // The value comes from the other one's store.
        let Act::Operation(load) = &at(second, "load").act else { panic!("{name}") };
        let after = load.after.expect("it reads a store");
        assert!(after.is_read && after.is_latest, "{name}");
        let writer = &shown.trace[after.step.expect("which is shown")];
        assert_eq!(writer.thread.0, first, "{name}");
        assert_eq!(load.answer, Some(1), "{name}");
    }
}
