//! What a test process does when its environment asks for a record, for broken operations, or for fewer executions.
//! The models here are run in processes of their own, since the environment belongs to a process.
#![cfg(all(feature = "heddle", feature = "record"))]

#[path = "common/tries_in_a_loop.rs"]
mod tries_in_a_loop;

use std::path::Path;
use std::process::{Command, Output};

use drawloom::engine::heddle::Heddle;
use drawloom::heddle::sync::Ordering::{Acquire, Release};
use drawloom::heddle::sync::{Arc, AtomicU32, Mutex, Plain, RwLock, mpsc, thread};
use drawloom::record::{Ending, ModelRun, asked};
use drawloom::session::{Mutant, OpKind};
use drawloom::suite::{Accepted, Suite};
use tries_in_a_loop::tries_in_a_loop;

/// A message behind a flag: the writer's two operations, and the reader's.
fn message_passing() {
    let shared = Arc::new((Plain::new(0), AtomicU32::new(0)));
    let theirs = shared.clone();
    let writer = thread::spawn(move || {
        theirs.0.with_mut(|it| *it = 42);
        theirs.1.store(1, Release);
    });
    if shared.1.load(Acquire) == 1 {
        shared.0.with(|it| assert_eq!(*it, 42));
    }
    writer.join().unwrap();
}

#[test]
#[ignore = "the other tests run it, in processes of their own"]
fn the_model() {
    drawloom::model(message_passing);
}

/// Tries that succeed.
#[test]
#[ignore = "the other tests run it, in processes of their own"]
fn the_tries() {
    drawloom::model(|| {
        let (lock, shared) = (Mutex::new(()), RwLock::new(()));
        let (sender, receiver) = mpsc::channel();
        sender.send(()).unwrap();
        assert!(lock.try_lock().is_ok(), "of a lock");
        assert!(shared.try_read().is_ok(), "to read");
        assert!(shared.try_write().is_ok(), "to write");
        assert!(receiver.try_recv().is_ok(), "to receive");
    });
}

/// A try that is made again until it succeeds.
#[test]
#[ignore = "the other tests run it, in processes of their own"]
fn the_loop() {
    drawloom::model(tries_in_a_loop);
}

/// A model of a suite that gives a bound on preemptions: two threads that change a word, in any of 20 orders.
#[test]
#[ignore = "the other tests run it, in processes of their own"]
fn the_model_with_a_bound() {
    let accepted = Some(Accepted::Preemptions(0));
    let suite = Suite { tool: "suite", engine: Heddle::default(), accepted };
    let checked = suite.check(|| {
        let word = Arc::new(AtomicU32::new(0));
        let changers = [3, 3].map(|changes| {
            let word = word.clone();
            thread::spawn(move || (0..changes).for_each(|_| _ = word.fetch_add(1, Release)))
        });
        for changer in changers {
            changer.join().unwrap();
        }
    });
    checked.expect("it has no fault");
}

static FILES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

/// What `the_model` does with these variables, and what it recorded.
fn run_with(variables: &[(&str, &str)]) -> (Output, Vec<ModelRun>) {
    run_test_with("the_model", variables)
}

/// The same for another test.
fn run_test_with(test: &str, variables: &[(&str, &str)]) -> (Output, Vec<ModelRun>) {
    // ORDER: Relaxed, no edge: a number of its own for each file.
    let number = FILES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let name = format!("record-{}-{number}", std::process::id());
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args([test, "--exact", "--ignored", "--test-threads=2"]);
    command.env(asked::RECORD, &file).envs(variables.iter().copied());
    let output = command.output().expect("it starts");
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let _ = std::fs::remove_file(&file);
    let run = |line| serde_json::from_str(line).expect("a run");
    (output, text.lines().map(run).collect())
}

/// The only run.
fn run_of(variables: &[(&str, &str)]) -> (bool, ModelRun) {
    let (output, mut runs) = run_with(variables);
    assert_eq!(runs.len(), 1, "{output:?}");
    (output.status.success(), runs.remove(0))
}

fn mutants(op: OpKind) -> Vec<Mutant> {
    let (_, run) = run_of(&[(asked::OPERATIONS, "1")]);
    let operations = run.operations.iter().filter(|it| it.operation.op == op);
    operations.flat_map(drawloom::session::Performed::mutants).collect()
}

#[test]
fn a_model_is_recorded_with_its_size_and_its_operations() {
    let (passes, run) = run_of(&[(asked::OPERATIONS, "1")]);
    assert!(passes);
    assert_eq!((run.test.as_deref(), &run.ending), (Some("the_model"), &Ending::Exhausted));
    assert!(run.place.contains("record.rs"), "{}", run.place);
    assert_eq!(
        (run.executions, run.blocked, run.threads, run.objects_shared),
        (2, 0, Some(2), Some(2))
    );
    let ordering = |op| run.operations.iter().find(|it| it.operation.op == op)?.ordering;
    assert_eq!((ordering(OpKind::Store), ordering(OpKind::Load)), (Some(Release), Some(Acquire)));
    let (_, brief) = run_of(&[]);
    assert!(brief.operations.is_empty());
}

#[test]
fn a_search_within_a_bound_comes_first_and_is_told_apart() {
    let (output, runs) = run_test_with("the_model_with_a_bound", &[]);
    let [first, second] = &runs[..] else { panic!("{output:?}") };
    assert_eq!((first.preemptions_max, first.executions), (Some(0), 4));
    assert!(first.is_only_first(), "{first:?}");
    assert_eq!((second.preemptions_max, second.executions), (None, 20));
    assert!(second.ending.is_whole() && !second.is_only_first(), "{second:?}");
    assert_eq!(first.place, second.place);
}

#[test]
fn an_operation_that_is_to_be_broken_is_broken() {
    for op in [OpKind::Store, OpKind::Load] {
        let weaken = mutants(op).into_iter().find(|it| it.operator.name() == "weaken");
        let text = serde_json::to_string(&weaken.expect("it can be weakened")).expect("texts");
        let (passes, run) = run_of(&[(asked::MUTANT, &text)]);
        let Ending::Violated { violation, .. } = &run.ending else { panic!("{run:?}") };
        assert_eq!((passes, &**violation, run.threads), (false, "data race", None));
    }
}

/// What the only model of a test records when a try of it fails without a cause.
fn with_failed_tries(test: &str) -> Vec<ModelRun> {
    let of_model = |variables: &[(&str, &str)]| run_test_with(test, variables).1.swap_remove(0);
    let whole = of_model(&[(asked::OPERATIONS, "1")]);
    assert!(whole.executions < 10, "{whole:?}");
    let mutants = whole.operations.iter().flat_map(drawloom::session::Performed::mutants);
    let failing = mutants.filter(|it| it.operator.name() == "fail-try");
    let texts = failing.map(|it| serde_json::to_string(&it).expect("texts"));
    texts.map(|text| of_model(&[(asked::MUTANT, &text)])).collect()
}

#[test]
fn a_try_that_is_broken_fails() {
    let words = ["of a lock", "to read", "to write", "to receive"];
    let runs = with_failed_tries("the_tries");
    assert_eq!(runs.len(), words.len());
    for (run, words) in runs.iter().zip(words) {
        let Ending::Violated { violation, message, .. } = &run.ending else { panic!("{run:?}") };
        assert_eq!((&**violation, &**message), ("panic", words));
    }
    let runs = with_failed_tries("the_loop");
    let [Ending::Bounded { stopped_by, .. }] = [&runs[0].ending] else { panic!("{runs:?}") };
    assert_eq!((runs.len(), &**stopped_by), (1, "steps"));
}

#[test]
fn several_operations_are_broken_at_once() {
    // What no load reads is not missed, whatever the store does.
    let dropped = |op| mutants(op).into_iter().find(|it| it.operator.name().starts_with("drop"));
    let both = [dropped(OpKind::Load).expect("a load"), mutants(OpKind::Store).swap_remove(0)];
    let text = serde_json::to_string(&both).expect("texts");
    let (passes, run) = run_of(&[(asked::MUTANT, &text)]);
    assert!(passes, "{run:?}");
    let text = serde_json::to_string(&both[1..]).expect("texts");
    assert!(!run_of(&[(asked::MUTANT, &text)]).0);
}

#[test]
fn a_search_ends_after_the_executions_that_it_may_run() {
    let (passes, run) = run_of(&[(asked::EXECUTIONS, "1")]);
    let bounded = Ending::Bounded { stopped_by: "executions".into(), not_seen: Vec::new() };
    assert_eq!((passes, run.ending, run.executions), (true, bounded, 1));
}

#[test]
fn an_ending_is_told_with_all_that_was_left_out() {
    let read = |text: &str| -> Ending { serde_json::from_str(text).expect("it is one") };
    let bounded = read(r#"{"verdict": "bounded", "stopped_by": "time"}"#);
    assert_eq!(bounded.words(), "bounded (time)");
    let both = r#"{"verdict":"bounded","stopped_by":"rounds","not_seen":["uncaused_wakeups"]}"#;
    assert_eq!(read(both).words(), "bounded (rounds; without uncaused_wakeups)");
    assert_eq!(serde_json::to_string(&read(both)).expect("a text"), both);
}

#[test]
fn a_value_that_means_nothing_fails_the_test_and_is_named() {
    for (name, value) in
        [(asked::EXECUTIONS, "0"), (asked::OPERATIONS, "2"), (asked::MUTANT, "[{}]")]
    {
        let (output, runs) = run_with(&[(name, value)]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!output.status.success() && runs.is_empty());
        assert!(text.contains(name) && text.contains(value), "{text}");
    }
    let (output, _) = run_with(&[(asked::RECORD, "/nowhere/at/all")]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("cannot record a model in /nowhere/at/all"), "{text}");
}
