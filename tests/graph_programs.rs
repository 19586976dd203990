//! The search over execution graphs on whole guest programs: what they come to, how many executions
//! they have, and that a counterexample can be replayed.
#![cfg(feature = "cli")]

mod common {
    pub(crate) mod guest;
    pub(crate) mod legal_orders;
}

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use common::guest::checked_code_of;
use common::legal_orders::{Sample, legal_orders};
use drawloom::guest::explorer::{Explorer, Search, graph};
use drawloom::guest::{
    Bound, Choice, Choices, Control, GuestCounterexample, GuestEngine, MemoryModel, Options,
    ReadsFrom, ReplayError, Tally, replay,
};
use drawloom::interp::ThreadId;
use drawloom::lang::Language;
use drawloom::reference::{Outcome, Subject, ViolationKind};
use drawloom::report::step_in_words;

const EXTERNS: &str = "il 0.3.0
extern @Viper.Core.Diagnostics.Assert(i1, str) -> void
extern @Viper.Terminal.SayInt(i64) -> void
extern @Viper.Terminal.ReadLine() -> str
extern @Viper.Terminal.Say(str) -> void
extern @Viper.Threads.Monitor.Enter(ptr) -> void
extern @Viper.Threads.Monitor.Exit(ptr) -> void
extern @Viper.Threads.Monitor.Wait(ptr) -> void
extern @Viper.Threads.Monitor.WaitFor(ptr, i64) -> i1
extern @Viper.Threads.Monitor.Pause(ptr) -> void
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Id(ptr) -> i64
extern @Viper.Threads.Thread.IsAlive(ptr) -> i1
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
global i64 @x = 0
global i64 @y = 0
global i64 @m = 0
global const str @.no = \"no\"
";

fn il(body: &str) -> Arc<Subject> {
    Arc::new(Subject::new(checked_code_of(Language::Il, &format!("{EXTERNS}{body}"))))
}

fn file(path: &str) -> Arc<Subject> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs").join(path);
    let text = fs::read_to_string(&path).expect("the program is there");
    let language = Language::of_path(&path).expect("a known ending");
    Arc::new(Subject::new(checked_code_of(language, &text)))
}

fn options() -> Options {
    Options { keeps_going: true, ..Options::default() }
}

fn searched(subject: &Arc<Subject>, model: MemoryModel) -> Tally {
    graph::search(subject, model, &options(), &Control::default())
}

fn outputs(tally: &Tally) -> BTreeSet<Vec<String>> {
    let lines = |outcome: &Outcome| match outcome {
        Outcome::Finished { output, .. } => output.lines().map(str::to_owned).collect(),
        Outcome::Stopped { reason, .. } => vec![reason.clone()],
    };
    tally.outcomes.keys().map(lines).collect()
}

fn kinds(tally: &Tally) -> Vec<ViolationKind> {
    tally.violations.iter().map(|it| it.violation.kind).collect()
}

fn texts(counterexample: &GuestCounterexample) -> Vec<String> {
    let text = |step: &drawloom::guest::Step| {
        let pending = if step.is_pending { "?" } else { "" };
        let words = step_in_words(step, &counterexample.subject);
        format!("{} {words}{pending}", step.thread.0)
    };
    counterexample.trace.iter().map(text).collect()
}

/// Two threads, started and joined by main, which then does something.
fn two_threads(one: &str, other: &str, main: &str) -> Arc<Subject> {
    let names = "  %x = gaddr @x\n  %y = gaddr @y\n  %m = gaddr @m\n";
    il(&format!(
        "func @one() -> void {{\nentry:\n{names}{one}\n  ret\n}}
func @other() -> void {{\nentry:\n{names}{other}\n  ret\n}}
func @main() -> i64 {{\nentry:\n{names}
  %a = call @Viper.Threads.Thread.Start(@one, null)
  %b = call @Viper.Threads.Thread.Start(@other, null)
  call @Viper.Threads.Thread.Join(%a)
  call @Viper.Threads.Thread.Join(%b)
{main}\n  ret 0\n}}\n"
    ))
}

#[test]
fn the_articles_program_has_574_outputs_and_they_are_the_legal_ones() {
    for model in [MemoryModel::Sc, MemoryModel::Rc11] {
        let outputs = outputs(&searched(&file("correct/article.tvm"), model));
        assert_eq!(outputs.len(), 574);
        assert_eq!(outputs, legal_orders(&Sample::article()));
    }
}

#[test]
fn exit_alone_has_4_outputs_and_with_a_spawn_125() {
    let tvm = |text: &str| Arc::new(Subject::new(checked_code_of(Language::TinyVm, text)));
    let alone = outputs(&searched(&tvm("exit\n"), MemoryModel::Rc11));
    assert_eq!((alone.len(), alone), (4, legal_orders(&Sample::exit())));
    let both = outputs(&searched(&tvm("thread 2\nexit\nexit\n"), MemoryModel::Rc11));
    assert_eq!((both.len(), both), (125, legal_orders(&Sample::spawn_and_exit())));
}

#[test]
fn three_threads_with_two_locked_increments_each_have_90_executions() {
    let body = "func @add() -> void {\nentry:\n  %x = gaddr @x\n
  call @Viper.Threads.Monitor.Enter(%x)\n  %a = load i64, %x\n  %b = iadd.ovf %a, 1
  store i64, %x, %b\n  call @Viper.Threads.Monitor.Exit(%x)\n  ret\n}
func @twice() -> void {\nentry:\n  call @add()\n  call @add()\n  ret\n}
func @main() -> i64 {\nentry:
  %a = call @Viper.Threads.Thread.Start(@twice, null)
  %b = call @Viper.Threads.Thread.Start(@twice, null)
  %c = call @Viper.Threads.Thread.Start(@twice, null)
  call @Viper.Threads.Thread.Join(%a)\n  call @Viper.Threads.Thread.Join(%b)
  call @Viper.Threads.Thread.Join(%c)
  %x = gaddr @x\n  %v = load i64, %x\n  call @Viper.Terminal.SayInt(%v)\n  ret 0\n}\n";
    for model in MemoryModel::ALL {
        let tally = searched(&il(body), model);
        assert_eq!((tally.executions, kinds(&tally)), (90, vec![]));
        assert_eq!(outputs(&tally), BTreeSet::from([vec!["6".to_owned()]]));
    }
}

#[test]
fn a_trap_in_one_thread_hides_no_execution_of_the_others() {
    let no = "  %no = const_str @.no\n";
    let one = format!(
        "{no}  %v = atomic.load i64, %x, relaxed\n  %is = icmp_eq %v, 0
  call @Viper.Core.Diagnostics.Assert(%is, %no)"
    );
    let other = format!(
        "{no}  %v = atomic.load i64, %y, relaxed\n  atomic.store i64, %x, 1, relaxed
  %is = icmp_eq %v, 0\n  call @Viper.Core.Diagnostics.Assert(%is, %no)"
    );
    let tally = searched(&two_threads(&one, &other, ""), MemoryModel::Rc11);
    // The load of `x` sees either value; `y` is never written.
    assert_eq!((tally.executions, kinds(&tally)), (2, vec![ViolationKind::Assertion]));
    assert_eq!(tally.outcomes.len(), 2);
}

#[test]
fn a_message_that_is_passed_relaxed_may_be_stale_and_the_trace_says_so() {
    let no = "  %no = const_str @.no\n";
    let writer = "  atomic.store i64, %x, 1, relaxed\n  atomic.store i64, %y, 1, relaxed";
    let reader = format!(
        "{no}  %f = atomic.load i64, %y, acquire\n  %v = atomic.load i64, %x, relaxed
  %is = icmp_eq %f, %v\n  call @Viper.Core.Diagnostics.Assert(%is, %no)"
    );
    let subject = two_threads(writer, &reader, "");
    let tally = searched(&subject, MemoryModel::Rc11);
    // Of two counterexamples with the same words the first is kept.
    let [found] = &tally.violations[..] else { panic!("{:?}", kinds(&tally)) };
    let schedule = found.schedule.clone().expect("the explorer replays");
    let again = replay(&subject, &schedule).expect("its own schedule");
    assert_eq!((&again.violation, &again.trace), (&found.violation, &found.trace));
    let stale = "load @x relaxed = 0, from the beginning";
    let both = searched(&two_threads(&reader, writer, ""), MemoryModel::Rc11);
    let traces: Vec<Vec<String>> =
        tally.violations.iter().chain(&both.violations).map(texts).collect();
    let is_stale = |trace: &Vec<String>| trace.iter().any(|text| text.ends_with(stale));
    assert!(traces.iter().any(is_stale), "{traces:#?}");
}

#[test]
fn every_counterexample_of_the_wrong_programs_replays() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/wrong");
    let mut replayed = 0;
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        let subject = file(&format!("wrong/{name}"));
        let options =
            Options { executions_max: 300, steps_max: 150, finds_leaks: true, ..options() };
        for model in [MemoryModel::Rc11, MemoryModel::C20] {
            let tally = graph::search(&subject, model, &options, &Control::default());
            for found in &tally.violations {
                let schedule = found.schedule.as_ref().expect("the explorer replays");
                let again = replay(&subject, schedule)
                    .unwrap_or_else(|error| panic!("{name}: {error}: {:#?}", texts(found)));
                // An execution with one race often has others; which one is shown is left open.
                assert_eq!(again.violation.kind, found.violation.kind, "{name}");
                if again.violation.kind != ViolationKind::DataRace {
                    assert_eq!(again.violation, found.violation, "{name}");
                    assert_eq!(again.trace, found.trace, "{name}");
                }
                replayed += 1;
            }
        }
    }
    assert!(replayed > 4, "only {replayed}");
}

#[test]
fn a_schedule_that_the_program_does_not_have_is_refused_with_its_step() {
    let subject = two_threads("  atomic.store i64, %x, 1, relaxed", "", "");
    let control = Control::default();
    let replayed =
        |choices: &[Choice]| graph::replay(&subject, MemoryModel::Rc11, choices, &control);
    let step = |thread: u32, reads| Choice { turn: ThreadId(thread).into(), reads };
    assert_eq!(replayed(&[step(3, None)]), Err(ReplayError::NotEnabled { step: 1, thread: 3 }));
    let from = ReadsFrom::Step { thread: ThreadId(0), position: 7 };
    let error = replayed(&[step(0, None), step(0, None), step(1, Some(from))]);
    assert!(matches!(error, Err(ReplayError::Impossible { step: 3, .. })), "{error:?}");
    assert_eq!(replayed(&[step(0, None)]), Err(ReplayError::NoViolation));
}

#[test]
fn a_loop_that_waits_ends_the_search() {
    let waits = "  br ^look\nlook:\n  %v = atomic.load i64, %x, acquire\n  %is = icmp_eq %v, 1
  cbr %is, ^end, ^look\nend:\n  %w = load i64, %y\n  call @Viper.Terminal.SayInt(%w)";
    let sets = "  store i64, %y, 7\n  atomic.store i64, %x, 1, release";
    for (one, other) in [(waits, sets), (sets, waits)] {
        let tally = searched(&two_threads(one, other, ""), MemoryModel::Rc11);
        // A round that reads 0 leaves everything as it was: only the last one counts.
        assert_eq!((tally.executions, kinds(&tally)), (1, vec![]));
        assert!(tally.bounds.is_empty() && tally.blocked <= 2, "{tally:?}");
        assert_eq!(outputs(&tally), BTreeSet::from([vec!["7".to_owned()]]));
    }
}

#[test]
fn a_loop_that_counts_is_cut_off_and_the_verdict_says_so() {
    let counts = "  br ^look(0)\nlook(%n: i64):\n  %v = atomic.load i64, %x, relaxed
  %next = iadd.ovf %n, 1\n  %is = icmp_eq %v, 1
  cbr %is, ^end, ^look(%next)\nend:";
    let subject = two_threads(counts, "", "");
    let options = Options { steps_max: 50, ..options() };
    let tally = graph::search(&subject, MemoryModel::Rc11, &options, &Control::default());
    assert_eq!((tally.executions, tally.bounds), (0, BTreeSet::from([Bound::Steps])));
}

#[test]
fn more_than_128_events_are_no_bound() {
    let stores = "  atomic.store i64, %x, 1, relaxed\n".repeat(100);
    let tally = searched(&two_threads(&stores, &stores.replace("%x", "%y"), ""), MemoryModel::Rc11);
    assert_eq!((tally.executions, tally.bounds.len()), (1, 0));
}

#[test]
fn thread_numbers_are_given_in_the_order_of_starts() {
    let starts = "  %c = call @Viper.Threads.Thread.Start(@leaf, null)
  %n = call @Viper.Threads.Thread.Id(%c)\n  call @Viper.Threads.Thread.Join(%c)\n";
    let leaf = "func @leaf() -> void {\nentry:\n  ret\n}\n";
    let names = "  %x = gaddr @x\n  %y = gaddr @y\n";
    let subject = il(&format!(
        "{leaf}func @one() -> void {{\nentry:\n{names}{starts}  store i64, %x, %n\n  ret\n}}
func @other() -> void {{\nentry:\n{names}{starts}  store i64, %y, %n\n  ret\n}}
func @main() -> i64 {{\nentry:\n{names}
  %a = call @Viper.Threads.Thread.Start(@one, null)
  %b = call @Viper.Threads.Thread.Start(@other, null)
  call @Viper.Threads.Thread.Join(%a)\n  call @Viper.Threads.Thread.Join(%b)
  %v = load i64, %x\n  %w = load i64, %y\n  call @Viper.Terminal.SayInt(%v)
  call @Viper.Terminal.SayInt(%w)\n  ret 0\n}}\n"
    ));
    let numbers = |one: &str, other: &str| vec![one.to_owned(), other.to_owned()];
    for model in MemoryModel::ALL {
        let found = outputs(&searched(&subject, model));
        // The child of the first may be started before the second thread is.
        let wanted = [numbers("2", "4"), numbers("3", "4"), numbers("4", "3")];
        assert_eq!(found, BTreeSet::from(wanted), "{model:?}");
    }
}

#[test]
fn a_wait_that_ends_by_itself_is_not_lost() {
    let waits = "  call @Viper.Threads.Monitor.Enter(%m)
  %is = call @Viper.Threads.Monitor.WaitFor(%m, 5)\n  %v = zext1 %is
  call @Viper.Terminal.SayInt(%v)\n  call @Viper.Threads.Monitor.Exit(%m)";
    let notifies = "  call @Viper.Threads.Monitor.Enter(%m)
  call @Viper.Threads.Monitor.Pause(%m)\n  call @Viper.Threads.Monitor.Exit(%m)";
    let timed = searched(&two_threads(waits, notifies, ""), MemoryModel::Rc11);
    let line = |text: &str| vec![text.to_owned()];
    assert_eq!(outputs(&timed), BTreeSet::from([line("0"), line("1")]));
    assert_eq!(kinds(&timed), vec![]);

    let waits = "  call @Viper.Threads.Monitor.Enter(%m)
  call @Viper.Threads.Monitor.Wait(%m)\n  call @Viper.Threads.Monitor.Exit(%m)";
    let untimed = searched(&two_threads(waits, notifies, ""), MemoryModel::Rc11);
    assert_eq!(kinds(&untimed), vec![ViolationKind::LostWakeup]);
    assert_eq!(untimed.executions, 2);
}

#[test]
fn the_findings_do_not_depend_on_the_number_of_cores() {
    let subject = file("correct/article.tvm");
    let on = |jobs: usize| {
        let options = Options { jobs, ..options() };
        graph::search(&subject, MemoryModel::Rc11, &options, &Control::default())
    };
    let (one, three) = (on(1), on(3));
    assert_eq!(one.outcomes, three.outcomes);
    assert_eq!((one.executions, one.blocked), (three.executions, three.blocked));
    let subject = file("wrong/lost_update.il");
    let first = |jobs: usize| {
        let options = Options { jobs, ..Options::default() };
        let tally = graph::search(&subject, MemoryModel::Rc11, &options, &Control::default());
        tally.violations.into_iter().next().map(|it| (it.violation, it.trace))
    };
    assert_eq!(first(2), first(2));
    assert!(first(1).is_some() && first(2).is_some());
}

#[test]
fn a_search_that_is_stopped_says_so() {
    let subject = file("correct/article.tvm");
    let control = Control::default();
    control.interrupt();
    let explorer =
        Explorer { model: Some(MemoryModel::Rc11), search: Search::Graphs, options: options() };
    let findings = explorer.check(&subject, &control);
    assert_eq!(findings.tally.bounds, BTreeSet::from([Bound::Interrupted]));
    let few = Options { executions_max: 10, ..options() };
    let tally = graph::search(&subject, MemoryModel::Rc11, &few, &Control::default());
    assert_eq!((tally.executions, tally.bounds), (10, BTreeSet::from([Bound::Executions])));
}

#[test]
fn the_execution_that_ends_a_search_is_counted() {
    for program in ["wrong/lost_update.il", "wrong/abba.il", "wrong/polite_retreat.il"] {
        let subject = file(program);
        let options = Options::default();
        let tally = graph::search(&subject, MemoryModel::Rc11, &options, &Control::default());
        let [violation] = &tally.violations[..] else { panic!("{program}: one violation") };
        assert_eq!(violation.execution, tally.executions, "{program}");
        assert_eq!(tally.outcomes.values().sum::<u64>(), tally.executions, "{program}");
    }
    // Under sc a race is found at the end, also of an execution whose thread waits for what another one gives it.
    let tally =
        graph::search(&il(SPINS), MemoryModel::Sc, &Options::default(), &Control::default());
    assert_eq!((tally.executions, tally.blocked, tally.violations.len()), (1, 0, 1));
    assert_eq!(tally.outcomes.values().sum::<u64>(), 1);
}

/// Main spins on what a thread writes, without an atomic operation: the first graph is one in which it still waits.
const SPINS: &str = "
func @worker() -> void {
entry:
  %x = gaddr @x
  store i64, %x, 1
  ret
}

func @main() -> void {
entry:
  %thread = call @Viper.Threads.Thread.Start(@worker, null)
  br ^spin
spin:
  %x = gaddr @x
  %seen = load i64, %x
  %is_set = icmp_eq %seen, 1
  cbr %is_set, ^done, ^spin
done:
  call @Viper.Threads.Thread.Join(%thread)
  ret
}
";

#[test]
fn executions_that_are_cut_off_count_towards_the_limit() {
    let subject = file("correct/article.tvm");
    let few = Options { executions_max: 3, steps_max: 30, ..options() };
    let tally = graph::search(&subject, MemoryModel::Rc11, &few, &Control::default());
    assert_eq!(tally.executions, 0, "all are too long");
    assert_eq!(tally.bounds, BTreeSet::from([Bound::Executions, Bound::Steps]));
}

#[test]
fn schedules_of_weak_memory_have_choices_of_the_reference() {
    let subject = file("wrong/lost_update.il");
    let tally = searched(&subject, MemoryModel::Rc11);
    let schedule = tally.violations[0].schedule.as_ref().expect("the explorer replays");
    assert!(matches!(&schedule.choices, Choices::Reference(choices) if !choices.is_empty()));
    assert_eq!(schedule.model, MemoryModel::Rc11);
}
