//! What litmus tests claim, as a user of `check`, `fuzz` and `replay` meets it.
#![cfg(feature = "cli")]

#[path = "common/command.rs"]
mod command;

const RING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/ring_head_tail_wrong.litmus");

/// The exit code, and what was said.
fn drawloom(arguments: &[&str]) -> (i32, String) {
    let mut command = command::drawloom();
    let output = command.args(arguments).output().expect("it runs");
    let code = output.status.code().expect("no signal ended it");
    (code, String::from_utf8(output.stdout).expect("UTF-8"))
}

/// Store buffering, with this condition.
fn store_buffering(condition: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("SB.litmus");
    let text = format!(
        "C SB
{{ x=0; y=0; }}
P0 (atomic_int* x, atomic_int* y) {{ atomic_store(x, 1); int r = atomic_load(y); }}
P1 (atomic_int* x, atomic_int* y) {{ atomic_store(y, 1); int r = atomic_load(x); }}
{condition}
"
    );
    std::fs::write(&path, text).expect("it is written");
    let path = path.to_str().expect("UTF-8").to_owned();
    (folder, path)
}

#[test]
fn an_execution_that_breaks_a_claim_is_shown_saved_and_replayed() {
    let folder = tempfile::tempdir().expect("a folder");
    let schedule = folder.path().join("schedule");
    let schedule = schedule.to_str().expect("UTF-8");
    let (code, said) = drawloom(&["check", RING, "--save", schedule]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("~exists: No, Sometimes; violated: broken claim"), "{said}");
    assert!(said.contains("this execution ends with 2:h=1; 2:t=0;"), "{said}");
    assert!(said.contains("load @tail acquire = 0"), "it has a trace: {said}");
    assert!(said.contains("Observation ring_head_tail_wrong Sometimes"), "herd's lines: {said}");
    let (code, replayed) = drawloom(&["replay", RING, schedule]);
    assert_eq!(code, 1, "{replayed}");
    assert!(replayed.contains("violated: broken claim"), "{replayed}");
    assert!(replayed.contains("this execution ends with 2:h=1; 2:t=0;"), "{replayed}");
}

#[test]
fn fuzz_counts_a_claim_and_shows_what_breaks_it() {
    let (code, said) = drawloom(&["fuzz", RING, "--budget", "10000"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("~exists: No, "), "{said}");
    assert!(said.contains("violated: broken claim"), "{said}");
    assert!(said.contains("this execution ends with 2:h=1; 2:t=0;"), "{said}");
    let (_folder, holds) = store_buffering("~exists (0:r=0 /\\ 1:r=0)");
    let (code, said) = drawloom(&["fuzz", &holds, "--budget", "100"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("~exists: not broken so far, Never; nothing found"), "{said}");
    assert!(said.contains("Observation SB Never 0 100"), "{said}");
}

/// Under every search.
#[test]
fn each_search_shows_what_breaks_a_claim() {
    let (_folder, path) = store_buffering("forall (0:r=1 /\\ 1:r=1)");
    for search in ["traces", "states", "graphs"] {
        let (code, said) = drawloom(&["check", &path, "--search", search]);
        assert_eq!(code, 1, "{search}: {said}");
        assert_eq!(said.matches("error: broken claim: forall").count(), 1, "{search}: {said}");
        assert!(said.contains("States 3"), "it goes on to all states: {said}");
    }
    let (code, said) = drawloom(&["check", &path, "--engine", "stress", "--max-executions", "500"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("violated: broken claim"), "{said}");
}

#[test]
fn what_no_execution_shows_rests_on_a_search_of_all_or_is_open() {
    let (_folder, path) = store_buffering("exists (0:r=0 /\\ 1:r=0)");
    let (code, said) = drawloom(&["check", &path]);
    assert_eq!(code, 0, "exists only asks: {said}");
    assert!(said.contains("exists: No, Never"), "{said}");
    assert!(said.contains("All executions were searched, and none ends so."), "{said}");
    let (code, said) = drawloom(&["check", &path, "--max-executions", "1"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("exists: not found so far, Never; not finished"), "{said}");
    assert!(said.contains("not all were searched."), "{said}");
}

/// Under every search that fits, and no violation.
#[test]
fn an_execution_that_a_question_asks_for_is_shown_saved_and_replayed() {
    let (folder, path) = store_buffering("exists (0:r=1 /\\ 1:r=0)");
    let schedule = folder.path().join("schedule");
    let schedule = schedule.to_str().expect("UTF-8");
    let witness = "witness: exists (0:r=1 /\\ 1:r=0): this execution ends with 0:r=1; 1:r=0;";
    for (search, memory) in
        [("traces", "sc"), ("states", "sc"), ("graphs", "sc"), ("graphs", "rc11"), ("auto", "rc11")]
    {
        let options = ["--search", search, "--memory", memory, "--witness", "--save", schedule];
        let (code, said) = drawloom(&[&["check", &path][..], &options].concat());
        assert_eq!(code, 0, "{search} {memory}: {said}");
        assert!(said.contains("SB.litmus: exists: Ok, Sometimes\n"), "{search} {memory}: {said}");
        assert_eq!(said.matches(witness).count(), 1, "{search} {memory}: {said}");
        assert!(said.contains("load @y seq_cst = 1"), "it has a trace: {said}");
        assert!(said.contains("States 3"), "it goes on to all states: {said}");
        let (code, replayed) = drawloom(&["replay", &path, schedule]);
        assert_eq!(code, 0, "{search} {memory}: {replayed}");
        assert!(replayed.contains("shown: witness"), "{search} {memory}: {replayed}");
        assert_eq!(replayed.matches(witness).count(), 1, "{search} {memory}: {replayed}");
    }
    let (code, said) = drawloom(&["check", &path]);
    assert!(code == 0 && !said.contains("witness"), "only where it is asked for: {said}");
    let (_folder, never) = store_buffering("exists (0:r=0 /\\ 1:r=0)");
    let (code, said) = drawloom(&["check", &never, "--witness"]);
    assert!(code == 0 && !said.contains("witness"), "there is none: {said}");
}

/// loom leaves executions out, although nothing cuts it off.
#[cfg(feature = "loom")]
#[test]
fn what_an_engine_does_not_find_that_leaves_executions_out_is_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("one.litmus");
    let text = "C one\n{ x=0; }\nP0 (atomic_int* x) { int r = atomic_load(x); }\nexists (0:r=2)\n";
    std::fs::write(&path, text).expect("it is written");
    let path = path.to_str().expect("UTF-8");
    let (_, said) = drawloom(&["check", path, "--engine", "loom"]);
    assert!(said.contains("bounds            none"), "it came to its end: {said}");
    assert!(said.contains("exists: not found so far, Never"), "{said}");
    assert!(said.contains("not all were searched."), "{said}");
}
