//! What is said about wrong BASIC programs, with the line, the carets and the advice; and that no text
//! makes the front end panic.
//!
//! The cases are in `tests/golden/basic/errors.txt`: a title, a text, and what is drawn. A title
//! `flag: NAME=off` turns an option off. After a change of messages, `BLESS=1 cargo test --test
//! basic_errors` rewrites the file; read the difference like code.
#![cfg(feature = "cli")]

#[path = "common/golden.rs"]
mod golden;

use std::fs;
use std::path::Path;

use drawloom::flags::{Flag, Flags};
use drawloom::lang::basic;
use drawloom::report::render_diagnostics;
use golden::Case;
use proptest::prelude::*;

const GOLDEN: &str = "basic/errors.txt";

fn flags(title: &str) -> Flags {
    let Some(setting) = title.strip_prefix("flag: ") else { return Flags::DEFAULT };
    let name = setting.strip_suffix("=off").expect("a flag is turned off");
    Flags::DEFAULT.with(Flag::find(name).expect("it is a flag"), false)
}

fn drawn(case: &Case<'_>) -> String {
    match basic::lower(case.text, flags(case.title)) {
        Ok(_) => String::new(),
        Err(found) => {
            let drawn = render_diagnostics("a.bas", case.text, &found);
            anstream::adapter::strip_str(drawn.trim()).to_string()
        }
    }
}

#[test]
fn every_wrong_program_has_the_golden_messages_places_and_advice() {
    golden::holds(GOLDEN, drawn);
}

#[test]
fn every_golden_case_finds_something_and_has_its_own_title() {
    let file = golden::file(GOLDEN);
    let cases = golden::cases(&file);
    golden::are_many(&cases, 50);
    for case in cases {
        assert!(case.expected.contains("--> a.bas:"), "{}: has no place", case.title);
        if case.title.starts_with("flag: ") {
            assert!(basic::lower(case.text, Flags::DEFAULT).is_ok(), "{}", case.title);
        }
    }
}

#[test]
fn after_fifty_errors_one_more_counts_the_rest() {
    let found = basic::lower(&"x = ?\n".repeat(100), Flags::DEFAULT).expect_err("it is wrong");
    assert_eq!(found.len(), 51);
    assert!(found[50].message.ends_with("more errors are not shown"), "{}", found[50].message);
}

#[test]
fn errors_that_would_need_advice_are_counted_as_well() {
    for (line, message) in [
        ("PRINT unknwon", "unknown variable 'unknwon'"),
        ("unknwon()", "unknown procedure 'unknwon'"),
        ("PRINT gate.Entr()", "Viper.Threads.Gate has no member 'Entr'"),
        ("GOTO unknwon", "unknown label 'unknwon'"),
    ] {
        let text = format!("DIM gate AS Viper.Threads.Gate\n{}", format!("{line}\n").repeat(300));
        let found = basic::lower(&text, Flags::DEFAULT).expect_err(line);
        assert_eq!(found[49].message, message);
        assert_eq!(found[50].message, "250 more errors are not shown");
        assert_eq!(found.len(), 51);
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    let deep = 100_000;
    for text in [
        format!("x = {}1{}", "(".repeat(deep), ")".repeat(deep)),
        format!("x = {}1", "-".repeat(deep)),
        format!("x = {}TRUE", "NOT ".repeat(deep)),
        format!("x = 1{}", " + 1".repeat(deep)),
        format!("x = 1{}", " ^ 1".repeat(deep)),
        format!("x = a{}", ".b".repeat(deep)),
        format!("x = a{}", "(1)".repeat(deep)),
        "IF TRUE THEN\n".repeat(deep),
        "IF TRUE THEN ".repeat(deep),
        "TRY\n".repeat(deep),
        "NAMESPACE A\n".repeat(deep),
    ] {
        assert!(basic::lower(&text, Flags::DEFAULT).is_err(), "{}", &text[..40]);
    }
}

/// The texts that are changed: the golden cases, and the programs.
fn seeds() -> Vec<String> {
    let file = golden::file(GOLDEN);
    let mut seeds: Vec<String> =
        golden::cases(&file).iter().map(|case| case.text.to_owned()).collect();
    for folder in ["programs/correct", "programs/wrong"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in fs::read_dir(folder).expect("the programs are there") {
            let path = entry.expect("it can be read").path();
            if path.extension().is_some_and(|it| it == "bas") {
                seeds.push(fs::read_to_string(path).expect("a program is a text"));
            }
        }
    }
    seeds
}

/// Words that mutations put somewhere else.
const WORDS: &[&str] = &[
    "END",
    "SUB",
    "FUNCTION",
    "IF",
    "THEN",
    "ELSE",
    "NEXT",
    "FOR",
    "TO",
    "STEP",
    "DO",
    "LOOP",
    "WEND",
    "SELECT CASE",
    "CASE",
    "TRY",
    "CATCH",
    "GOSUB",
    "RETURN",
    "GOTO",
    "DIM",
    "AS",
    "NEW",
    "ADDRESSOF",
    "CONST",
    "EXIT FOR",
    "USING",
    "NAMESPACE",
    "Viper",
    ".",
    "(",
    ")",
    ",",
    "=",
    "\"",
    "'",
    ":",
    "\n",
    "$",
    "%",
    "&H",
    "1e999",
    "9223372036854775808",
    "-",
    "é",
    "\u{feff}",
    "\0",
    "_\n",
    "10 ",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// A module that comes out passes the verifier, whatever the text was.
    #[test]
    fn no_changed_program_panics_or_becomes_wrong_il(
        seed in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<u16>(), any::<u16>(), any::<prop::sample::Index>()), 1..6),
    ) {
        let seeds = seeds();
        let mut text: Vec<char> = seed.get(&seeds).chars().collect();
        for (from, length, word) in changes {
            let from = usize::from(from) % (text.len() + 1);
            let to = (from + usize::from(length) % 12).min(text.len());
            let word = if length % 3 == 0 { "" } else { *word.get(WORDS) };
            text.splice(from..to, word.chars());
        }
        let text: String = text.into_iter().collect();
        match basic::lower(&text, Flags::DEFAULT) {
            Ok(module) => {
                let verified = drawloom::il::verify(module);
                prop_assert!(verified.is_ok(), "{text}\n{:?}", verified.err());
            }
            Err(found) => {
                prop_assert!(!found.is_empty());
                // Every place can be drawn.
                render_diagnostics("a.bas", &text, &found);
            }
        }
    }
}
