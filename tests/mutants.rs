//! Sync mutation: that every operator does what it says, and that docs/MUTANTS.md is what
//! `drawloom mutants` prints.
//!
//! `BLESS=1 cargo test --test mutants` writes the matrix anew; with `-- --ignored`, the weights.
#![cfg(feature = "cli")]
#![cfg(all(feature = "loom", feature = "shuttle"))]
#![allow(clippy::duplicate_mod)] // one source, two worlds: that is the point

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use drawloom::engine::mutation::{
    self, Attempt, End, Mutant, Observation, Operator, Search, Source, Suite,
};
use drawloom::engine::{Body, World};

#[path = "common/command.rs"]
mod command;
#[path = "common/mutated/loom.rs"]
mod loom;
#[path = "common/mutated/shuttle.rs"]
mod shuttle;

macro_rules! models {
    ($($name:ident)*) => {
        vec![$(mutation::Model {
            name: stringify!($name).into(),
            sometimes: Vec::new(),
            preemptions_max: None,
            bodies: BTreeMap::from([
                (World::Loom, Arc::new(loom::code::$name) as Body),
                (World::Shuttle, Arc::new(shuttle::code::$name) as Body),
            ]),
        }),*]
    };
}

const FILE: &str = "tests/common/mutated/code.rs";
/// What loom says about each mutant of it: nothing, where it says `complete`.
const SHOWN: &str = "tests/common/mutated/shown.txt";

/// A small program, which is its own models.
fn suite() -> Suite {
    let models = models! {
        lock_and_join wait_in_a_loop wait_once pass_a_message pass_a_message_by_fences take_turns
        count keep_its_own enter_if_it_is_free receive_what_is_there
    };
    let text = fs::read_to_string(FILE).expect("it is there");
    Suite { models, sources: vec![Source { file: FILE.into(), text }], equivalents: vec![] }
}

const LOOM: Search = Search::Loom { executions: 20_000 };
const RANDOM: Search = Search::Random { seed: 1, executions: 200 };

fn attempt(suite: &Suite, model: &str, search: Search, mutant: Option<&Mutant>) -> Observation {
    suite.attempt(&Attempt { model: model.into(), search, mutant: mutant.cloned() })
}

/// Every mutant, with the model that comes to it.
fn mutants(suite: &Suite) -> Vec<(String, Mutant)> {
    let mut found = vec![];
    for model in &suite.models {
        let Observation { end, mutants, .. } = attempt(suite, &model.name, LOOM, None);
        assert_eq!(end, End::Complete, "{}", model.name);
        found.extend(mutants.into_iter().map(|mutant| (model.name.clone(), mutant)));
    }
    found
}

#[test]
fn every_operator_breaks_what_its_name_says() {
    let suite = suite();
    let mut applied = BTreeSet::new();
    let mut shown = String::new();
    for (model, mutant) in mutants(&suite) {
        applied.insert(mutant.operator.name());
        let end = match attempt(&suite, &model, LOOM, Some(&mutant)).end {
            End::Violated(what) => what,
            End::Complete => "complete".to_owned(),
            other => panic!("{model}: {mutant}: {other:?}"),
        };
        let Mutant { operation, operator } = &mutant;
        let line = suite.sources[0].line(operation.line);
        writeln!(shown, "{model}: {:?} in `{line}`: {operator}: {end}", operation.op)
            .expect("a string");
    }
    let all: BTreeSet<_> = Operator::NAMES.iter().copied().collect();
    assert_eq!(applied, all, "an operator that nothing tests");
    let known = fs::read_to_string(SHOWN).expect("it is there");
    if std::env::var_os("BLESS").is_some() {
        fs::write(SHOWN, shown).expect("it can be written");
    } else {
        assert!(shown == known, "{SHOWN} says something else, BLESS=1 writes it:\n{shown}");
    }
}

#[test]
fn what_needs_weak_memory_is_not_noticed_by_shuttle() {
    let suite = suite();
    let mut tried = 0;
    for (model, mutant) in mutants(&suite) {
        if !mutant.needs_weak_memory() {
            continue;
        }
        tried += 1;
        let observation = attempt(&suite, &model, RANDOM, Some(&mutant));
        assert_eq!(observation.end, End::Complete, "{mutant}");
    }
    assert!(tried > 5, "only {tried} mutants");
}

#[test]
fn only_the_named_operation_is_broken() {
    let suite = suite();
    for (_, mutant) in mutants(&suite) {
        let moved = mutation::Operation { column: 999, ..mutant.operation.clone() };
        let elsewhere = Mutant { operation: moved, ..mutant };
        for model in &suite.models {
            let search = Search::Random { seed: 1, executions: 5 };
            let observation = attempt(&suite, &model.name, search, Some(&elsewhere));
            assert_eq!(observation.end, End::Complete, "{elsewhere}");
        }
    }
}

/// Runs `drawloom mutants`.
fn drawloom_mutants(arguments: &[&str]) -> Output {
    command::drawloom()
        .arg("mutants")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("it runs")
}

const MATRIX: &str = "docs/MUTANTS.md";

#[test]
fn the_matrix_in_the_docs_is_the_one_that_is_printed() {
    let output = drawloom_mutants(&["--format", "markdown", "--timeout", "24h"]);
    let table = String::from_utf8(output.stdout).expect("UTF-8");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "something survives:\n{table}{errors}");
    assert_documented("matrix", &table);
}

#[test]
#[ignore = "asks every model about every mutant: eleven minutes of two cores"]
fn the_weights_in_the_docs_are_those_that_are_printed() {
    let output = drawloom_mutants(&["--weights", "--format", "markdown"]);
    let table = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{table}{}", String::from_utf8_lossy(&output.stderr));
    assert_documented("weights", &table);
}

/// Compares a part of docs/MUTANTS.md, or writes it there if that is asked for.
fn assert_documented(name: &str, part: &str) {
    /// Tests run at once, and there is one file.
    static WRITING: Mutex<()> = Mutex::new(());
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let before = fs::read_to_string(MATRIX).expect("it is there");
    let from = before.find(&begin).expect("a marker") + begin.len();
    let to = before.find(&end).expect("a marker");
    if std::env::var_os("BLESS").is_some() {
        let after = format!("{}{part}{}", &before[..from], &before[to..]);
        fs::write(MATRIX, after).expect("it can be written");
        return;
    }
    let known = &before[from..to];
    let differs = part.lines().zip(known.lines()).find(|(new, old)| new != old);
    // Not `assert_eq!`: a matrix is long.
    assert!(
        part == known,
        "{MATRIX} is out of date: BLESS=1 cargo test --test mutants; first: {differs:?}"
    );
}

/// Words that begin or make an operation in the core's sources.
const OPERATIONS: &[&str] = &[
    ".lock()",
    ".wait_while(",
    ".notify_one()",
    ".notify_all()",
    ".load(Ordering::",
    ".load(order.into())",
    ".fetch_",
    ".swap(",
    ".compare_exchange(",
    ".store(word, ",
    ".store(true, ",
    ".spawn(",
    ".join()",
    "::fence(",
];

/// The functions of a source whose operations stand where the functions are called.
fn functions_that_are_tracked(source: &Source) -> BTreeSet<String> {
    let lines = source.text.lines().zip(1..);
    let attributes = lines.filter(|(line, _)| line.trim() == "#[track_caller]");
    // The attribute stands right above the function.
    attributes.map(|(_, number)| source.function(number + 1)).collect()
}

#[test]
fn every_operation_of_the_core_is_in_the_matrix() {
    let matrix = fs::read_to_string(MATRIX).expect("it is there").replace("\\|", "|");
    let mut operations = 0;
    for source in mutation::core().sources {
        let tracked = functions_that_are_tracked(&source);
        for (line, number) in source.text.lines().map(str::trim).zip(1..) {
            let is_operation = OPERATIONS.iter().any(|operation| line.contains(operation));
            if line.starts_with("//") || !is_operation || tracked.contains(&source.function(number))
            {
                continue;
            }
            operations += 1;
            assert!(matrix.contains(&format!("`{line}`")), "{}: {line}", source.file);
        }
    }
    assert!(operations > 30, "only {operations} operations found: the reader is broken");
}

#[test]
fn the_operators_in_the_docs_are_those_of_the_source() {
    let rows = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| line.trim_start_matches("//! "));
        let rows = lines.skip_while(|line| !line.starts_with("| operator | applies to |"));
        rows.take_while(|line| line.starts_with('|')).map(str::to_owned).collect()
    };
    let source = rows(&fs::read_to_string("src/session/mutant.rs").expect("it is there"));
    assert_eq!(source.len(), Operator::NAMES.len() + 2, "a row for each");
    assert_eq!(rows(&fs::read_to_string(MATRIX).expect("it is there")), source);
}

/// Each model with whether it carries weight: it alone notices something, or is one of those that
/// are enough.
fn weights(text: &str) -> Vec<(&str, bool)> {
    let section = text.split("<!-- weights: begin -->").nth(1).expect("a marker");
    let section = section.split("<!-- weights: end -->").next().expect("a marker");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, model, _, alone, needed, _] = cells[..] else { panic!("five cells: {row}") };
        (model, alone != "0" || needed == "yes")
    })
    .collect()
}

#[test]
fn every_model_is_there_for_a_reason() {
    let text = fs::read_to_string(MATRIX).expect("it is there");
    let by_hand = fs::read_to_string("docs/BROKEN_ON_PURPOSE.md").expect("it is there");
    let (reasons, _) = text.split_once("<!-- weights: begin -->").expect("a marker");
    let weights = weights(&text);
    let names: Vec<&str> = weights.iter().map(|(model, _)| model.trim_matches('`')).collect();
    let models = mutation::core().models;
    assert!(models.iter().map(|model| &model.name).eq(names), "BLESS=1 writes the weights");
    for (model, has_weight) in weights {
        let is_named = by_hand.contains(model) || reasons.contains(model);
        assert!(has_weight || is_named, "{model} notices nothing alone: what is it there for?");
    }
}
