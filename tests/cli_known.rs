//! Results that are known: what the same build has searched with the same options is not searched again.
#![cfg(feature = "cli")]

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

#[path = "common/adds.rs"]
mod adds;
#[path = "common/said.rs"]
mod said;

use adds::{ADD, adds_times, fails_times};
use said::{Folder, Said, command};

/// A folder with a program of 34,650 executions.
fn folder() -> Folder {
    Folder::new().with("adds.il", &adds_times(4, "verified", ADD))
}

/// Runs with the results of earlier runs in the folder `cache`.
fn drawloom(folder: &Folder, arguments: &str) -> Said {
    let mut command = command::drawloom();
    command.current_dir(folder.path("")).env("DRAWLOOM_CACHE", "cache");
    command.args(arguments.split_whitespace());
    Said::by(command)
}

/// The report on a program, and whether it was known.
fn checked(folder: &Folder, arguments: &str) -> (Value, bool) {
    let said = drawloom(folder, &format!("check {arguments} --format json"));
    let mut report: Value = serde_json::from_str(&said.stdout).expect("JSON");
    report["remarks"] = Value::Null;
    let search = report["searches"][0].as_object_mut().expect("a search");
    let is_known = search["known"].as_bool().expect("a word");
    for of_one_run in ["known", "seconds", "executions_per_second"] {
        search.remove(of_one_run).expect("it is there");
    }
    (report, is_known)
}

fn kept(folder: &Folder) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.path("cache")).into_iter().flatten();
    entries.map(|it| it.expect("it can be read").path()).collect()
}

#[test]
fn a_search_is_made_once() {
    let folder = folder();
    let (report, is_known) = checked(&folder, "adds.il");
    assert!(!is_known && kept(&folder).len() == 1);
    assert_eq!(report["searches"][0]["executions"], 34_650);
    assert_eq!(checked(&folder, "adds.il"), (report.clone(), true));
    assert_eq!(
        checked(&folder, "adds.il --jobs 1 --max-memory 1G --time 1h"),
        (report.clone(), true)
    );
    assert_eq!(checked(&folder, "adds.il --no-cache"), (report, false));
    // It says so.
    let said = drawloom(&folder, "check adds.il");
    assert!(said.stdout.contains("known from an earlier run, which took "), "{said:?}");
    assert!(said.stdout.contains(" s, in an earlier run\n"), "{said:?}");
    let said = drawloom(&folder, "check .");
    assert!(said.stdout.contains("34,650 executions, known)"), "{said:?}");
}

/// Violations are known with their executions.
#[test]
fn what_was_found_is_known_too() {
    let folder = Folder::new().with("fails.il", &fails_times(4));
    let (report, is_known) = checked(&folder, "fails.il");
    assert!(!is_known && kept(&folder).len() == 1, "{report}");
    assert!(report["searches"][0]["violations"][0]["trace"].is_array(), "{report}");
    assert_eq!(checked(&folder, "fails.il"), (report, true));
    drawloom(&folder, "check fails.il --save one --no-cache");
    drawloom(&folder, "check fails.il --save two");
    assert_eq!(folder.read("one"), folder.read("two"));
}

/// Three threads, each of which writes four times: 34,650 orders, and the question whether one of them ends so.
const WRITES: &str = "C writes
{ x=0; }
P0 (atomic_int* x) { WRITES(1) }
P1 (atomic_int* x) { WRITES(2) }
P2 (atomic_int* x) { WRITES(3) }
exists (x=2)
";

/// An execution that a litmus test asks for is known with its steps, and not to whom did not ask.
#[test]
fn a_witness_is_known_too() {
    let mut test = WRITES.to_owned();
    for value in ["1", "2", "3"] {
        let write = format!("atomic_store_explicit(x, {value}, memory_order_relaxed); ");
        test = test.replace(&format!("WRITES({value})"), &write.repeat(4));
    }
    let folder = Folder::new().with("writes.litmus", &test);
    let (report, is_known) = checked(&folder, "writes.litmus --witness");
    assert!(!is_known && kept(&folder).len() == 1, "{report}");
    assert_eq!(report["searches"][0]["executions"], 34_650);
    let witness = &report["searches"][0]["witnesses"][0];
    assert!(witness["trace"].as_array().is_some_and(|it| it.len() > 12), "{witness}");
    assert_eq!(checked(&folder, "writes.litmus --witness"), (report, true));
    drawloom(&folder, "check writes.litmus --witness --save one --no-cache");
    drawloom(&folder, "check writes.litmus --witness --save two");
    assert_eq!(folder.read("one"), folder.read("two"));
    let (report, is_known) = checked(&folder, "writes.litmus");
    assert!(!is_known && report["searches"][0]["witnesses"].as_array().is_some_and(Vec::is_empty));
}

#[test]
fn another_question_is_searched() {
    let folder = folder();
    checked(&folder, "adds.il");
    // What is known needs no time.
    let is_known = |options: &str| checked(&folder, &format!("adds.il --time 1ms {options}")).1;
    assert!(is_known(""));
    for other in ["--memory c20", "--max-steps 5000", "--leaks", "--expect ignore", "--spurious"] {
        assert!(!is_known(other), "{other}");
    }
    folder.write("adds.il", &format!("{}# more\n", folder.read("adds.il")));
    assert!(!is_known(""), "the text is another one");
}

#[test]
fn what_cannot_be_known_is_searched() {
    let folder = folder();
    checked(&folder, "adds.il");
    let [path] = &kept(&folder)[..] else { panic!("one file") };
    let whole = fs::read_to_string(path).expect("it is there");
    let other_build = whole.replacen("\"build\":\"", "\"build\":\"0", 1);
    let other_question = whole.replacen("\"question\":\"", "\"question\":\"0", 1);
    for wrong in [&other_build, &other_question, &whole[..whole.len() / 2], "", "{}"] {
        fs::write(path, wrong).expect("it can be written");
        assert!(!checked(&folder, "adds.il --time 1ms").1, "{wrong}");
    }
    assert!(!checked(&folder, "adds.il").1);
    assert!(checked(&folder, "adds.il").1, "it is known again");
}

/// Only what was searched to its end is known, and only what took a while.
#[test]
fn what_was_cut_off_or_short_is_not_kept() {
    let folder = folder().with("short.il", &adds_times(1, "verified", ADD));
    for command in ["adds.il --max-executions 20000", "adds.il --time 1ms", "short.il"] {
        checked(&folder, command);
        assert!(kept(&folder).is_empty(), "{command}");
    }
    let said = folder.drawloom("check adds.il");
    assert!(said.code == 0 && kept(&folder).is_empty(), "an empty name is no folder");
}
