//! What is said of the bounds of a model, in one line, and when there is a warning. Each test runs a model of this file
//! in a process of its own, whose environment and output are known.

mod common;

use std::process::{Command, Output};
use std::time::Duration;

use loom::model::Builder;
use loom::sync::atomic::AtomicUsize;
use loom::sync::atomic::Ordering::Relaxed;
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use common::wait_in_an_if;

/// Runs one of the models below as a test.
fn run(model: &str, variables: &[(&str, &str)], more: &[&str]) -> Output {
    let test = std::env::current_exe().expect("a test knows its program");
    let mut command = Command::new(test);
    command.args(["--exact", model, "--ignored", "--test-threads=1"]).args(more);
    for (name, _) in std::env::vars().filter(|(name, _)| is_ours(name)) {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied()).output().expect("it can be started")
}

fn is_ours(name: &str) -> bool {
    name.starts_with("LOOM_") || name.starts_with("DRAWLOOM_")
}

/// What a model that passes says of itself.
fn line(model: &str, variables: &[(&str, &str)]) -> String {
    let output = run(model, variables, &["--nocapture"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    let mut lines = text.lines().filter(|it| it.starts_with("loom: tests/bounds.rs:"));
    let (line, next) = (lines.next().expect("there is a line"), lines.next());
    assert_eq!(next, None, "{text}");
    line.splitn(4, ':').last().unwrap().trim().to_owned()
}

/// What a model writes past the capture of its output; and whether it passes.
fn uncaptured(model: &str, variables: &[(&str, &str)]) -> (String, bool) {
    let output = run(model, variables, &[]);
    (String::from_utf8_lossy(&output.stderr).into_owned(), output.status.success())
}

/// Threads that add, which takes n! executions.
fn adders(threads: usize) {
    let sum = Arc::new(AtomicUsize::new(0));
    let adders: Vec<_> = (0..threads)
        .map(|_| {
            let sum = sum.clone();
            thread::spawn(move || sum.fetch_add(1, Relaxed))
        })
        .collect();
    for adder in adders {
        adder.join().unwrap();
    }
    assert_eq!(sum.load(Relaxed), threads);
}

#[test]
#[ignore = "run by other tests"]
fn small() {
    loom::model(|| adders(3));
}

#[test]
#[ignore = "run by other tests"]
fn bounded_in_code() {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(2);
    builder.max_branches = 1;
    builder.max_threads = 1;
    builder.check(|| adders(3));
}

/// Too large for any search, and wrong in every execution that is not cut off.
#[test]
#[ignore = "run by other tests"]
fn large_and_wrong() {
    loom::model(|| {
        adders(12);
        panic!("each execution ends like this");
    });
}

#[test]
#[ignore = "run by other tests"]
fn large() {
    loom::model(|| adders(12));
}

/// Two threads that change a word by turns, in any of 137,846,528,820 orders.
fn turns(times: usize) -> Vec<usize> {
    let word = Arc::new(AtomicUsize::new(0));
    let threads = [(); 2].map(|()| {
        let word = Arc::clone(&word);
        thread::spawn(move || (0..times).map(|_| word.fetch_add(1, Relaxed)).collect::<Vec<_>>())
    });
    let [first, _] = threads.map(|it| it.join().unwrap());
    first
}

#[test]
#[ignore = "run by other tests"]
fn long() {
    loom::model(|| _ = turns(20));
}

/// The first thread is interrupted after its first turn, and continues when the other has ended.
#[test]
#[ignore = "run by other tests"]
fn long_and_wrong_with_one_preemption() {
    loom::model(|| assert!(turns(20)[..2] != [0, 21], "found within the bound"));
}

#[test]
#[ignore = "run by other tests"]
fn large_with_little_time() {
    let mut builder = Builder::new();
    builder.max_duration = Some(Duration::from_millis(200));
    builder.check(|| adders(12));
}

#[test]
#[ignore = "run by other tests"]
fn waits() {
    loom::model(wait_in_an_if);
}

#[test]
#[ignore = "run by other tests"]
fn spins() {
    loom::model(|| {
        let flag = Arc::new(AtomicUsize::new(0));
        let other = flag.clone();
        let thread = thread::spawn(move || other.store(1, Relaxed));
        while flag.load(Relaxed) == 0 {
            loom::hint::spin_loop();
        }
        thread.join().unwrap();
    });
}

/// Waits twice for one who notifies twice, each time with a limit.
fn wait_twice(place: &Arc<(Mutex<()>, Condvar)>) {
    let other = place.clone();
    let thread = thread::spawn(move || (0..2).for_each(|_| other.1.notify_one()));
    let mut guard = place.0.lock().unwrap();
    for _ in 0..2 {
        guard = place.1.wait_timeout(guard, Duration::from_secs(1)).unwrap().0;
    }
    drop(guard);
    thread.join().unwrap();
}

/// A loop that waits, and a wait with a limit that would time out again.
#[test]
#[ignore = "run by other tests"]
fn spins_and_waits() {
    loom::model(|| {
        let flag = Arc::new(AtomicUsize::new(0));
        let other = flag.clone();
        let thread = thread::spawn(move || other.store(1, Relaxed));
        while flag.load(Relaxed) == 0 {
            loom::hint::spin_loop();
        }
        thread.join().unwrap();
        wait_twice(&Arc::new((Mutex::new(()), Condvar::new())));
    });
}

/// The start of the thread and its end order all that happens.
#[test]
#[ignore = "run by other tests"]
fn hands_over() {
    loom::model(|| {
        let word = Arc::new(AtomicUsize::new(1));
        let other = word.clone();
        thread::spawn(move || other.store(2, Relaxed)).join().unwrap();
        assert_eq!(word.load(Relaxed), 2);
    });
}

#[test]
#[ignore = "run by other tests"]
fn vacuous() {
    for _ in 0..2 {
        loom::model(|| {
            let thread = thread::spawn(|| 1);
            assert_eq!(thread.join().unwrap(), 1);
        });
    }
    loom::model(|| assert_eq!(1 + 1, 2));
}

/// Two models in one test, of which the second one fails.
#[test]
#[ignore = "run by other tests"]
fn two_models() {
    loom::model(|| adders(2));
    loom::model(|| {
        let words = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let other = words.clone();
        let thread = thread::spawn(move || {
            other.0.store(1, Relaxed);
            other.1.store(1, Relaxed);
        });
        if words.1.load(Relaxed) == 1 {
            assert_eq!(words.0.load(Relaxed), 1, "the first one is there");
        }
        thread.join().unwrap();
    });
}

#[test]
fn a_search_that_comes_to_its_end_says_so() {
    assert_eq!(line("small", &[]), "6 executions, all there are");
}

#[test]
fn a_preemption_bound_leaves_nothing_out() {
    let all = "6 executions, all there are; preemption bound 2 given, not needed";
    assert_eq!(line("small", &[("LOOM_MAX_PREEMPTIONS", "2")]), all);
    assert_eq!(line("bounded_in_code", &[]), all);
}

#[test]
fn with_a_preemption_bound_there_is_a_limit_on_time() {
    let variables = [("LOOM_MAX_PREEMPTIONS", "2"), ("DRAWLOOM_TIME", "200ms")];
    let line = line("large", &variables);
    assert!(line.contains("not exhausted: stopped by the time for the search; then "), "{line}");
    assert!(!line.contains("with a limit"), "{line}");
    assert!(line.ends_with(" drawn at random; preemption bound 2 given"), "{line}");
}

#[test]
fn a_search_keeps_within_the_preemption_bound_first() {
    let variables = [("LOOM_MAX_PREEMPTIONS", "0"), ("DRAWLOOM_TIME", "3s")];
    let line = line("long", &variables);
    assert!(line.starts_with("21 executions with a limit of 0 preemptions; then "), "{line}");
    assert!(
        line.contains(" executions, not exhausted: stopped by the time for the search; then "),
        "{line}"
    );
}

#[test]
fn a_violation_within_the_preemption_bound_fails() {
    let variables = [("LOOM_MAX_PREEMPTIONS", "1"), ("DRAWLOOM_TIME", "2s")];
    let output = run("long_and_wrong_with_one_preemption", &variables, &["--nocapture"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains("found within the bound"), "{text}");
    // With the bound, it is among the first. Without it, it is not found.
    let line = line("long_and_wrong_with_one_preemption", &[("DRAWLOOM_TIME", "200ms")]);
    assert!(line.contains("not exhausted"), "{line}");
}

#[test]
fn a_limit_on_time_needs_no_other_bound() {
    let line = line("large", &[("DRAWLOOM_TIME", "200ms")]);
    assert!(line.ends_with(" drawn at random"), "{line}");
}

#[test]
fn bounds_of_loom_end_the_search() {
    let few = line("small", &[("LOOM_MAX_PERMUTATIONS", "3")]);
    assert_eq!(few, "3 executions, not exhausted: stopped by the number of executions");
    let short = line("large_with_little_time", &[("DRAWLOOM_TIME", "1h")]);
    assert!(short.ends_with("not exhausted: stopped by the time for the search"), "{short}");
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let wrong = [
        ("LOOM_MAX_PREEMPTIONS", "few"),
        ("DRAWLOOM_TIME", "long"),
        ("DRAWLOOM_ROUNDS", "0"),
        ("DRAWLOOM_TIMEOUTS", "-1"),
    ];
    for variable in wrong {
        let output = run("small", &[variable], &["--nocapture"]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{text}");
        assert!(text.contains(variable.0) && text.contains(variable.1), "{text}");
    }
}

#[test]
fn what_is_not_seen_is_said_and_can_be_asked_for() {
    let known = "all but waits that end without a notification";
    assert!(line("waits", &[]).ends_with(known));
    let output = run("waits", &[("DRAWLOOM_SPURIOUS", "1")], &["--nocapture"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains("it has been told"), "{text}");
    assert!(text.contains("\nDRAWLOOM_SPURIOUS=1 DRAWLOOM_SCHEDULE=\""), "{text}");
}

/// As code does that must not go on when one of its threads has panicked.
struct AbortsWhenUnwound;

impl Drop for AbortsWhenUnwound {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}

#[test]
#[ignore = "run by other tests"]
fn ends_the_process() {
    loom::model(|| {
        let lock = Arc::new(Mutex::new(()));
        let _held = lock.lock().unwrap();
        let other = lock.clone();
        thread::spawn(move || {
            let _aborts = AbortsWhenUnwound;
            drop(other.lock());
        });
        thread::yield_now();
        panic!("the first thread stops");
    });
}

#[test]
fn threads_that_must_not_be_unwound_stay_where_they_are() {
    let output = run("ends_the_process", &[("DRAWLOOM_UNWIND", "0")], &["--nocapture"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(101), "the test fails: {text}");
    assert!(text.contains("\nDRAWLOOM_UNWIND=0 DRAWLOOM_SCHEDULE=\""), "{text}");
    let output = run("ends_the_process", &[], &["--nocapture"]);
    assert_eq!(output.status.code(), None, "the process has aborted");
}

#[test]
fn a_loop_that_waits_is_no_limit() {
    let line = line("spins", &[]);
    assert!(line.ends_with(" executions, all but further rounds of loops that wait"), "{line}");
}

/// Two waits with a limit, of which the second one would time out, too.
#[test]
#[ignore = "run by other tests"]
fn waits_in_time() {
    loom::model(|| {
        let place = Arc::new((Mutex::new(()), Condvar::new()));
        wait_twice(&place);
    });
}

#[test]
fn each_thing_that_is_left_out_has_its_name_and_its_variable() {
    let words = line("spins_and_waits", &[]);
    let (_, left_out) = words.split_once(", all but ").expect("something is left out");
    let expected = "further time-outs, further rounds of loops that wait and \
                    waits that end without a notification";
    assert_eq!(left_out, expected);
    let more = [("DRAWLOOM_ROUNDS", "3"), ("DRAWLOOM_TIMEOUTS", "2")];
    let words = line("waits_in_time", &more);
    assert!(
        words.ends_with(" executions, all but waits that end without a notification"),
        "{words}"
    );
    let words = line("waits", &[("LOOM_MAX_PERMUTATIONS", "1")]);
    let expected = "1 execution, not exhausted: stopped by the number of executions, and without \
                    waits that end without a notification";
    assert_eq!(words, expected);
}

#[test]
fn one_execution_of_threads_that_share_something_is_no_warning() {
    assert_eq!(uncaptured("hands_over", &[]), (String::new(), true));
    assert_eq!(line("hands_over", &[]), "1 execution, all there are");
}

#[test]
fn a_model_that_checks_nothing_is_warned_of_once() {
    let (text, passes) = uncaptured("vacuous", &[]);
    assert!(passes, "{text}");
    let warnings: Vec<_> = text.lines().filter(|it| it.starts_with("WARNING: loom: ")).collect();
    assert_eq!(warnings.len(), 2, "{text}");
    assert!(warnings[0].ends_with("although it has 2 threads"), "{text}");
    assert!(warnings[1].ends_with("nothing was checked"), "{text}");
    // What is no warning is not seen if the test passes.
    assert_eq!(uncaptured("small", &[]), (String::new(), true));
}

#[test]
fn what_does_nothing_is_said_once() {
    let variables = [("LOOM_CHECKPOINT_FILE", "a.json"), ("LOOM_LOG", "trace")];
    let (text, passes) = uncaptured("two_models", &variables);
    assert!(!passes);
    let said = |what: &str| text.matches(what).count();
    assert_eq!((said("checkpoint files do nothing"), said("LOOM_LOG and")), (1, 1), "{text}");
}

#[test]
fn a_failure_says_how_to_run_its_execution_again() {
    let output = run("two_models", &[], &[]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success(), "{text}");
    let (_, after) = text.split_once("DRAWLOOM_SCHEDULE=\"").expect("there is a schedule");
    let (schedule, command) = after.split_once('"').expect("it ends");
    assert!(command.starts_with(" cargo test two_models"), "{text}");
    let again = run("two_models", &[("DRAWLOOM_SCHEDULE", schedule)], &[]);
    let text = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(!again.status.success(), "{text}");
    // The schedule does not fit the first model, which is searched.
    assert!(text.contains("2 executions, all there are"), "{text}");
    assert!(text.contains("in execution 1\n") && text.contains("the first one is there"), "{text}");
}

#[test]
fn a_failure_is_written_to_the_page_that_is_asked_for() {
    let page = std::env::temp_dir().join(format!("loom-page-{}.html", std::process::id()));
    let output = run("two_models", &[("DRAWLOOM_HTML", page.to_str().expect("Unicode"))], &[]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("the execution as a page: "), "{text}");
    let written = std::fs::read_to_string(&page).expect("it is written");
    std::fs::remove_file(&page).expect("it is there");
    assert!(written.contains("violated: panic"), "{written}");
    assert!(written.contains("tests/bounds.rs") && written.contains("the first one is there"));
}

#[test]
fn a_violation_counts_when_it_is_found() {
    let (_, passes) = uncaptured("large_and_wrong", &[("DRAWLOOM_TIME", "10m")]);
    assert!(!passes);
}
