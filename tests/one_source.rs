//! Checking one's own code as a user does: one source, one set of tests, every world; and how much a user
//! builds for that.

use std::process::Command;

drawloom::worlds! {
    mod counter = "one_source/counter.rs";
    mod models = "one_source/models.rs";
}

// The same in a module of its own, for those who have a crate `loom` beside it.
drawloom::worlds! {
    in around;
    mod counter = "one_source/counter.rs";
    mod models = "one_source/models.rs";
}

#[cfg(feature = "heddle")]
#[test]
fn a_model_is_one_call() {
    use drawloom::heddle::sync::{Arc, AtomicU32, Ordering::Relaxed, thread};
    let report = drawloom::model(|| {
        let word = Arc::new(AtomicU32::new(0));
        let other = word.clone();
        let writer = thread::spawn(move || other.store(1, Relaxed));
        word.load(Relaxed);
        writer.join().unwrap();
    });
    assert!(report.executions > 1);
}

/// The environment variable is that of the process, so another one runs.
#[cfg(feature = "heddle")]
#[test]
fn one_line_runs_a_failing_test_again() {
    let run = |schedule: Option<&str>| {
        let mut command = Command::new(std::env::current_exe().expect("it runs"));
        command.args(["--exact", "fails", "--ignored", "--nocapture"]).env_remove("RUST_BACKTRACE");
        if let Some(schedule) = schedule {
            command.env("DRAWLOOM_SCHEDULE", schedule);
        }
        let output = command.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success(), "{schedule:?}: {said}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = run(None);
    let again = said.split("to run it again:\n").nth(1).expect("the line is there");
    let again = again.lines().next().expect("the line is there");
    let (schedule, test) = again
        .strip_prefix("DRAWLOOM_SCHEDULE=\"")
        .and_then(|rest| rest.split_once("\" cargo test "))
        .expect("it says so");
    assert_eq!(test, "fails");
    assert!(schedule.starts_with("heddle 1 c20 "), "{schedule}");
    assert!(said.contains("heddle: panic in execution 2\n"), "{said}");

    // The same trace, from one execution.
    let repeated = run(Some(schedule));
    assert!(repeated.contains("heddle: panic in execution 1\n"), "{repeated}");
    let trace = |said: &str| {
        let from = said.find("thread 0  starts").expect("the trace is there");
        said[from..].to_owned()
    };
    assert_eq!(trace(&repeated), trace(&said));

    let refused = run(Some("heddle 1 c20 0.1x2 nonsense"));
    let expected =
        "DRAWLOOM_SCHEDULE is not a schedule: 'nonsense' is not a decision of a schedule";
    assert!(refused.contains(expected), "{refused}");
    let refused = run(Some("anything"));
    let expected =
        "DRAWLOOM_SCHEDULE is not a schedule: a schedule begins with the name of its world";
    assert!(refused.contains(expected), "{refused}");
    // There is no seventh thread.
    let foreign = run(Some("heddle 1 c20 0 7"));
    assert!(foreign.contains("the schedule does not fit the body"), "{foreign}");
}

/// Run by the test above.
#[cfg(feature = "heddle")]
#[test]
#[ignore = "it fails, for another test to look at"]
fn fails() {
    use drawloom::heddle::sync::{Arc, AtomicU32, Ordering::SeqCst, thread};
    drawloom::model(|| {
        let word = Arc::new(AtomicU32::new(0));
        let other = word.clone();
        let writer = thread::spawn(move || other.store(1, SeqCst));
        assert_eq!(word.load(SeqCst), 0);
        writer.join().unwrap();
    });
}

/// How many packages a crate gets that has drawloom as a dev-dependency with these features, itself included.
fn packages(features: &str) -> usize {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--edges", "normal", "--prefix", "none", "--locked", "--offline"])
        .args(["--no-default-features", "--features", features])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let text = String::from_utf8(tree.stdout).expect("names");
    let names = text.lines().map(|line| line.trim_end_matches(" (*)"));
    names.filter(|line| !line.is_empty()).collect::<std::collections::BTreeSet<_>>().len()
}

/// loom and shuttle themselves are most of these.
#[test]
fn a_dev_dependency_is_a_checker_and_a_handful() {
    assert_eq!(packages(""), 10);
    for (features, most) in
        [("heddle", 20), ("loom", 30), ("shuttle", 40), ("heddle,loom,shuttle", 60)]
    {
        let packages = packages(features);
        assert!(packages <= most, "{features}: {packages} packages");
    }
    assert!(packages("cli") > 60, "an empty tree proves nothing");
}

/// The names of the rooms that a user of the library needs are said once: globs of all of them can be used
/// side by side.
#[test]
#[cfg(feature = "cli")]
#[allow(unused_imports, reason = "that they can be imported is the test")]
fn public_names_are_said_once() {
    use drawloom::engine::*;
    use drawloom::guest::*;
    use drawloom::reference::*;
    use drawloom::report::*;
    use drawloom::verdict::*;

    type Each = (
        (Report, Counterexample, GuestCounterexample, ShuttleSchedule, Schedule, Fault, Violation),
        (Findings, Options, Outcome, Subject, World, Bound, Step, Searched),
    );
    assert!(size_of::<Each>() > 0);
    assert_eq!(World::Loom.name(), WorldEngine::Loom.name());
}
