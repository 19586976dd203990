//! Each explanation of a violation has a program that really shows that violation.
#![cfg(feature = "cli")]

use std::fs;
use std::path::Path;

use drawloom::reference::ViolationKind;
use drawloom::report::{EXPLANATIONS, Explanation};
use serde_json::Value;

#[path = "common/command.rs"]
mod command;

/// What the command says on stdout and on stderr, and its exit code.
fn drawloom(arguments: &[&str]) -> (String, String, Option<i32>) {
    let mut command = command::drawloom();
    let root = env!("CARGO_MANIFEST_DIR");
    let output = command.args(arguments).current_dir(root).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}

/// The kinds of the violations that a search of the program finds.
fn kinds_found(path: &str) -> Vec<String> {
    let search =
        ["check", path, "--expect", "ignore", "--keep-going", "--leaks", "--format", "json"];
    let (stdout, stderr, _) = drawloom(&search);
    let report: Value =
        serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{path}: {stderr}"));
    let violations = report["searches"][0]["violations"].as_array().expect("a list");
    violations.iter().map(|it| it["kind"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn each_example_of_a_guest_program_shows_its_kind() {
    for explanation in &EXPLANATIONS {
        let Some(example) = explanation.guest_example else {
            // Only engines that contradict the reference would show it.
            let is_shown =
                explanation.guest.is_some_and(|it| it != ViolationKind::UnexpectedOutcome);
            assert!(!is_shown, "{}: no example", explanation.name());
            continue;
        };
        let kinds = kinds_found(example.path);
        let name = explanation.name();
        assert!(kinds.iter().any(|kind| kind == name), "{}: {kinds:?}, not {name}", example.path);
    }
}

/// The examples in Rust, with the name of the kind that each shows.
#[cfg(feature = "heddle")]
mod rust {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use drawloom::session::Fault;

    macro_rules! examples {
        ($($name:ident)*) => {
            $(
                #[allow(unsafe_code, reason = "memory that is freed by hand is what two of them are about")]
                mod $name {
                    include!(concat!("../examples/kinds/", stringify!($name), ".rs"));
                    pub(super) fn run() {
                        main();
                    }
                }
            )*
            const ALL: &[(&str, fn())] = &[$((stringify!($name), $name::run)),*];
        };
    }

    examples! { data_race deadlock leak livelock panic stack_overflow use_after_free }

    #[test]
    fn each_example_shows_its_kind() {
        for fault in Fault::ALL {
            let file = fault.name().replace(' ', "_");
            let (_, run) = ALL.iter().find(|(name, _)| *name == file).expect("an example");
            let panic = catch_unwind(AssertUnwindSafe(run)).expect_err(&file);
            let message = panic.downcast_ref::<String>().expect("a text");
            let first = message.lines().next().unwrap_or_default();
            assert!(first.contains(fault.name()), "{file}: {message}");
        }
    }
}

#[test]
fn the_list_has_every_kind_and_a_name_may_be_written_in_several_ways() {
    let (list, _, code) = drawloom(&["explain"]);
    assert_eq!(code, Some(0));
    for explanation in &EXPLANATIONS {
        assert!(list.contains(explanation.name()), "{}", explanation.name());
        let id = explanation.id();
        let (by_id, _, _) = drawloom(&["explain", &id]);
        let words: Vec<&str> = explanation.name().split(' ').collect();
        let (by_name, _, code) = drawloom(&[&["explain"], &words[..]].concat());
        assert_eq!((code, &by_name), (Some(0), &by_id), "{id}");
        assert!(by_id.contains("How to fix it"), "{by_id}");
    }
}

#[test]
fn a_wrong_name_is_refused_with_a_suggestion() {
    let (stdout, stderr, code) = drawloom(&["explain", "dead", "lok"]);
    assert_eq!((stdout.as_str(), code), ("", Some(2)));
    assert!(stderr.contains("'dead lok' (did you mean 'deadlock'?); "), "{stderr}");
    let (_, stderr, _) = drawloom(&["explain", "race"]);
    assert!(stderr.contains("'race' (did you mean 'data race'?); "), "{stderr}");
    let (_, stderr, _) = drawloom(&["explain", "serendipity"]);
    assert!(
        stderr.contains("'drawloom explain' lists them") && !stderr.contains("mean"),
        "{stderr}"
    );
    assert_eq!(drawloom(&["explain", "--example"]).2, Some(2));
    assert_eq!(drawloom(&["explain", "unexpected-outcome", "--example"]).2, Some(2));
}

#[test]
fn an_example_comes_out_as_it_is() {
    for explanation in &EXPLANATIONS {
        let Some(example) = explanation.examples().next() else { continue };
        let (stdout, _, _) = drawloom(&["explain", &explanation.id(), "--example"]);
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(example.path);
        assert_eq!(stdout, fs::read_to_string(file).expect("it is there"), "{}", example.path);
    }
    assert!(Explanation::find("deadlock").is_some_and(|it| it.examples().count() == 2));
}
