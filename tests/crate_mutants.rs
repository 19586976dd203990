//! `drawloom test` and `drawloom mutants --crate`, on crates that are made here: what they find, what they refuse, and that
//! they change nothing of the crate's files.
//!
//! Building a crate's tests takes a minute the first time. No network is needed: our crate comes by its path, and has no
//! dependencies that the build of this test has not.
#![cfg(feature = "cli")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

#[path = "common/command.rs"]
mod command;
#[path = "common/schema.rs"]
mod schema;

use schema::{assert_valid, closed, schema, validator};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/one_line");

const MANIFEST: &str = r#"[package]
name = "flagged"
version = "0.1.0"
edition = "2024"

[workspace]

[target.'cfg(loom)'.dependencies]
loom = "0.7"

[lints.rust]
unexpected_cfgs = { level = "warn", check-cfg = ["cfg(loom)"] }
"#;

/// A value that one thread sets. The claim is stronger than its test needs, and so is the load.
const SOURCE: &str = "\
#![cfg(loom)]
use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicBool, Ordering};

#[derive(Default)]
pub struct Once {
    value: UnsafeCell<u32>,
    is_set: AtomicBool,
    is_claimed: AtomicBool,
}

unsafe impl Sync for Once {}

impl Once {
    pub fn set(&self, value: u32) -> bool {
        if self.is_claimed.swap(true, Ordering::AcqRel) {
            return false;
        }
        self.value.with_mut(|it| unsafe { *it = value });
        self.is_set.store(true, Ordering::Release);
        true
    }

    pub fn get(&self) -> Option<u32> {
        self.is_set.load(Ordering::SeqCst).then(|| self.value.with(|it| unsafe { *it }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_set() {
        loom::model(|| {
            let once = loom::sync::Arc::new(Once::default());
            let other = once.clone();
            let setter = loom::thread::spawn(move || other.set(7));
            let mine = once.set(8);
            assert!(mine != setter.join().unwrap());
        });
    }
}
";

const TESTS: &str = "\
#![cfg(loom)]
use flagged::Once;

#[test]
fn a_value_arrives() {
    loom::model(|| {
        let once = loom::sync::Arc::new(Once::default());
        let other = once.clone();
        let setter = loom::thread::spawn(move || other.set(7));
        if let Some(value) = once.get() {
            assert_eq!(value, 7);
        }
        assert!(setter.join().unwrap());
    });
}

#[test]
fn no_model() {}

#[test]
#[ignore]
fn not_run() {
    panic!();
}
";

/// A crate of these files. All are in one folder, one after the other, so that our crate is built once for all of them.
struct Fixture(
    #[expect(dead_code, reason = "others wait until it is dropped")] MutexGuard<'static, ()>,
);

static FOLDER: Mutex<()> = Mutex::new(());

impl Fixture {
    fn new(files: &[(&str, &str)]) -> Self {
        let fixture = Fixture(FOLDER.lock().unwrap_or_else(PoisonError::into_inner));
        if fixture.path().exists() {
            fs::remove_dir_all(fixture.path()).expect("it can be removed");
        }
        fs::create_dir_all(fixture.path()).expect("a folder");
        for (path, text) in files {
            let path = fixture.path().join(path);
            fs::create_dir_all(path.parent().expect("below")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        fixture
    }

    fn flagged() -> Self {
        Fixture::new(&[("Cargo.toml", MANIFEST), ("src/lib.rs", SOURCE), ("tests/loom.rs", TESTS)])
    }

    /// The example, which names our crate by a whole path here.
    fn example() -> Self {
        let read = |path: &str| {
            fs::read_to_string(Path::new(EXAMPLE).join(path)).expect("a file of the example")
        };
        let manifest = read("Cargo.toml").replace("../..", env!("CARGO_MANIFEST_DIR"));
        Fixture::new(&[("Cargo.toml", &manifest), ("src/lib.rs", &read("src/lib.rs"))])
    }

    #[expect(clippy::unused_self, reason = "whoever has none may not look there")]
    fn path(&self) -> &Path {
        Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/flagged"))
    }

    /// Every file with its text.
    fn files(&self) -> BTreeMap<PathBuf, String> {
        let (mut pending, mut files) = (vec![self.path().to_owned()], BTreeMap::new());
        while let Some(folder) = pending.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    pending.push(path);
                } else {
                    let text = fs::read_to_string(&path).expect("a text");
                    files.insert(path, text);
                }
            }
        }
        files
    }

    fn drawloom(&self, arguments: &[&str]) -> Output {
        in_crate(command::drawloom().args(arguments), self.path())
    }

    fn cargo_drawloom(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-drawloom"));
        in_crate(command.args(arguments), self.path())
    }

    /// The last line of an error, and the exit code.
    fn refusal(&self, arguments: &[&str]) -> (String, Option<i32>) {
        let output = self.drawloom(arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        (text.lines().last().unwrap_or_default().to_owned(), output.status.code())
    }
}

/// Runs a program of ours in a crate's folder, without a network.
fn in_crate(command: &mut Command, folder: &Path) -> Output {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("crates");
    command.current_dir(folder).env("CARGO_TARGET_DIR", target).env("COLUMNS", "160");
    command.env("CARGO_NET_OFFLINE", "true");
    for of_caller in
        ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WORKSPACE_WRAPPER", "DRAWLOOM_HOME"]
    {
        command.env_remove(of_caller);
    }
    command.output().expect("it starts")
}

fn text_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn json_of(output: &Output) -> Value {
    let told = || String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", told()))
}

/// The operators that were judged so, each with its line.
fn judged(report: &Value, so: &str) -> Vec<String> {
    let mutants = report["mutants"].as_array().expect("mutants").iter();
    let of = |it: &Value| format!("{} {}", it["line"], it["operator"].as_str().expect("a name"));
    mutants.filter(|it| it["judged"] == so).map(of).collect()
}

#[test]
fn the_mutants_of_a_crate_are_judged_by_its_own_tests() {
    let fixture = Fixture::flagged();
    let before = fixture.files();
    let output = fixture.drawloom(&["mutants", "--crate", ".", "--format", "json", "--weakest"]);
    let report = json_of(&output);
    let validator = validator(&closed(schema("docs/schema/mutants-1.json")));
    assert_valid(&validator, &report, "mutants of a crate");
    assert_eq!(output.status.code(), Some(1), "something survives");
    assert_eq!(fixture.files(), before, "nothing of the crate is changed");

    let files = report["mutants"].as_array().expect("mutants").iter().map(|it| &it["file"]);
    assert!(files.clone().count() >= 8 && files.clone().all(|file| file == "src/lib.rs"));
    let survived = judged(&report, "survived");
    let single = [
        "16 weaken AcqRel to Acquire",
        "16 weaken AcqRel to Release",
        "25 weaken SeqCst to Acquire",
    ];
    for mutant in single {
        assert!(survived.contains(&mutant.to_owned()), "{mutant}: {survived:?}");
    }
    let killed = judged(&report, "killed");
    for mutant in ["16 split", "20 weaken Release to Relaxed"] {
        assert!(killed.contains(&mutant.to_owned()), "{mutant}: {killed:?}");
    }
    assert_eq!(judged(&report, "unjudged"), [""; 0]);

    let left_out = |it: &&Value| it["left_out"] == "it checks no model";
    let tests = report["tests"].as_array().expect("tests");
    let left_out: Vec<&Value> = tests.iter().filter(left_out).collect();
    assert_eq!((tests.len(), left_out.len()), (3, 1));

    let diff = report["weakest"]["diff"].as_str().expect("a patch");
    for line in [
        "+        if self.is_claimed.swap(true, Ordering::Relaxed) {",
        "+        self.is_set.load(Ordering::Acquire).then(|| self.value.with(|it| unsafe { *it }))",
    ] {
        assert!(diff.contains(line), "{diff}");
    }
    assert!(!diff.contains("+        self.is_set.store"), "{diff}");
}

#[test]
fn a_survivor_is_shown_with_its_line_and_some_mutants_can_be_chosen() {
    let fixture = Fixture::flagged();
    let site = ["mutants", "--site", "lib.rs:25", "--operator", "weaken"];
    let output = fixture.cargo_drawloom(&[&["drawloom"], &site[..]].concat());
    let text = text_of(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("no test notices: weaken SeqCst to Acquire"), "{text}");
    assert!(text.contains("self.is_set.load(Ordering::SeqCst)"), "{text}");
    assert!(text.contains("1 mutant ("), "{text}");

    let output = fixture.drawloom(&["mutants", "--crate", ".", "--site", "other.rs"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        error.ends_with("no file 'other.rs' of flagged has an operation; there are src/lib.rs\n"),
        "{error}"
    );
}

#[test]
fn finished_mutants_are_kept() {
    let fixture = Fixture::flagged();
    let journal = tempfile::tempdir().expect("a folder");
    let journal = journal.path().join("journal");
    let path = journal.to_str().expect("Unicode");
    let arguments = ["mutants", "--crate", ".", "--quick", "--format", "json", "--resume", path];
    let first = json_of(&fixture.drawloom(&arguments));
    let lines = || fs::read_to_string(&journal).expect("a journal").lines().count();
    let kept = lines();
    assert_eq!(kept, 1 + first["mutants"].as_array().expect("mutants").len());
    assert_eq!(json_of(&fixture.drawloom(&arguments))["mutants"], first["mutants"]);
    assert_eq!(lines(), kept);
}

#[test]
fn cargo_drawloom_test_shows_what_each_model_was_worth() {
    let fixture = Fixture::flagged();
    let before = fixture.files();
    let output = fixture.cargo_drawloom(&["drawloom", "test"]);
    let text = text_of(&output);
    assert_eq!((output.status.code(), fixture.files()), (Some(0), before), "{text}");
    for part in ["a_value_arrives", "two_set", "exhausted", "2 tests pass, with 2 models; 0 fail"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let one =
        fixture.cargo_drawloom(&["drawloom", "test", "--", "--test", "loom", "--", "arrives"]);
    assert!(text_of(&one).contains("1 tests pass, with 1 models"), "{}", text_of(&one));
}

#[test]
fn a_test_that_fails_is_shown_and_asks_for_attention() {
    let wrong = SOURCE.replace("true, Ordering::Release", "true, Ordering::Relaxed");
    let fixture =
        Fixture::new(&[("Cargo.toml", MANIFEST), ("src/lib.rs", &wrong), ("tests/loom.rs", TESTS)]);
    let output = fixture.cargo_drawloom(&["drawloom", "test"]);
    let text = text_of(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("it fails while nothing is broken: data race"), "{text}");
    assert!(text.contains("to run it again"), "{text}");
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let fixture = Fixture::flagged();
    let (error, code) = fixture.refusal(&["mutants", "--crate", "nowhere"]);
    assert_eq!((&*error, code), ("error: nowhere: there is no Cargo.toml", Some(2)));
    let (error, code) = fixture.refusal(&["mutants", "--crate", ".", "--cfg", "a b"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("'a b' is no name of a cfg"), "{error}");
    let (error, _) = fixture.refusal(&["mutants", "--crate", ".", "--package", "other"]);
    assert!(
        error.contains("there is no package 'other' in the workspace; there are flagged"),
        "{error}"
    );
    let (error, code) = fixture.refusal(&["mutants", "--crate", ".", "--seed", "3"]);
    assert_eq!((&*error, code), ("error: --seed is not for --crate", Some(2)));
    for (option, value) in [("--cfg", "loom"), ("--executions", "5"), ("--features", "a")] {
        let (error, code) = fixture.refusal(&["mutants", option, value]);
        assert_eq!((error, code), (format!("error: {option} is for --crate"), Some(2)));
    }
    let (error, code) = fixture.refusal(&["mutants", "--", "--lib"]);
    assert_eq!((&*error, code), ("error: arguments after -- are for --crate", Some(2)));
}

#[test]
fn a_crate_without_loom_tests_is_refused() {
    let without_loom = MANIFEST.replace("loom = \"0.7\"", "");
    let fixture = Fixture::new(&[("Cargo.toml", &without_loom), ("src/lib.rs", "")]);
    let (error, code) = fixture.refusal(&["test"]);
    let expected = "error: flagged does not depend on loom, so it has no loom tests";
    assert_eq!((&*error, code), (expected, Some(2)));
    drop(fixture);

    let other = MANIFEST.replace("0.7", "0.3");
    let fixture = Fixture::new(&[("Cargo.toml", &other), ("src/lib.rs", "")]);
    let (error, _) = fixture.refusal(&["test"]);
    assert!(
        error.contains("flagged depends on loom ^0.3; drawloom has the interfaces of"),
        "{error}"
    );
    drop(fixture);

    let fixture = Fixture::new(&[("Cargo.toml", "[package]\nname = 7\n"), ("src/lib.rs", "")]);
    let (error, code) = fixture.refusal(&["test"]);
    assert_eq!(code, Some(2), "{error}");
}

#[test]
fn a_crate_whose_tests_check_nothing_is_refused() {
    let fixture = Fixture::new(&[("Cargo.toml", MANIFEST), ("src/lib.rs", "")]);
    let (error, code) = fixture.refusal(&["mutants", "--crate", "."]);
    assert_eq!((&*error, code), ("error: flagged has no tests with --cfg loom", Some(2)));
    drop(fixture);

    let fixture =
        Fixture::new(&[("Cargo.toml", MANIFEST), ("src/lib.rs", "#[test]\nfn nothing() {}\n")]);
    let (error, code) = fixture.refusal(&["mutants", "--crate", "."]);
    let expected = "error: none of the 1 tests of flagged can tell anything: it checks no model";
    assert_eq!((&*error, code), (expected, Some(2)));

    drop(fixture);

    let broken = Fixture::new(&[("Cargo.toml", MANIFEST), ("src/lib.rs", "fn f() { g() }\n")]);
    let (error, code) = broken.refusal(&["test"]);
    let expected = "error: cargo did not build the tests of flagged (--cfg loom)";
    assert_eq!((&*error, code), (expected, Some(2)));
}

/// `BLESS=1 cargo test --test crate_mutants` writes the matrix anew.
#[test]
fn the_example_has_its_matrix() {
    let fixture = Fixture::example();
    let output = fixture.drawloom(&["mutants", "--crate", ".", "--format", "markdown"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{told}");
    let golden = Path::new(EXAMPLE).join("MUTANTS.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&golden, &output.stdout).expect("it can be written");
    }
    assert_eq!(text_of(&output), fs::read_to_string(&golden).expect("a matrix"));
}

#[test]
fn the_checkout_must_be_there() {
    let fixture = Fixture::flagged();
    let mut command = command::drawloom();
    command.args(["test", "--crate"]).arg(fixture.path()).env("DRAWLOOM_HOME", "/nowhere");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("crates");
    let output = command.env("CARGO_TARGET_DIR", target).output().expect("it starts");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(
        error.contains("/nowhere/compat/loom of drawloom's source is not there; set DRAWLOOM_HOME"),
        "{error}"
    );
}

#[test]
fn cargo_drawloom_helps_and_knows_its_commands() {
    let fixture = Fixture::new(&[]);
    let help = fixture.cargo_drawloom(&["drawloom", "--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(text_of(&help).contains("Usage: cargo drawloom <COMMAND>"));
    let wrong = fixture.cargo_drawloom(&["drawloom", "tests"]);
    assert_eq!(wrong.status.code(), Some(2));
    let nothing = fixture.cargo_drawloom(&["drawloom"]);
    assert_eq!(nothing.status.code(), Some(2));
    let version = fixture.cargo_drawloom(&["--version"]);
    assert!(text_of(&version).starts_with("cargo-drawloom "));
}
