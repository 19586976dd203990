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

#[cfg(feature = "loom")]
#[test]
fn a_model_is_one_call() {
    use drawloom::loom::sync::{Arc, AtomicU32, Ordering::Relaxed, thread};
    let report = drawloom::model(|| {
        let word = Arc::new(AtomicU32::new(0));
        let other = word.clone();
        let writer = thread::spawn(move || other.store(1, Relaxed));
        word.load(Relaxed);
        writer.join().unwrap();
    });
    assert!(report.executions > 1);
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

/// loom and shuttle themselves are all but ten of these.
#[test]
fn a_dev_dependency_is_loom_and_shuttle_and_a_handful() {
    assert_eq!(packages(""), 10);
    for (features, most) in [("loom", 30), ("shuttle", 40), ("loom,shuttle", 52)] {
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
