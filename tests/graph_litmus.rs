//! The search over execution graphs, against what herd7 and `GenMC` say about sixty litmus tests.
#![cfg(feature = "cli")]

mod common {
    pub(crate) mod guest;
}

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use common::guest::checked_code_of;
use drawloom::guest::explorer::{Explorer, Search, graph};
use drawloom::guest::{Control, GuestEngine, MemoryModel, Options, Tally};
use drawloom::lang::Language;
use drawloom::lang::litmus::State;
use drawloom::reference::{Outcome, Subject};
use serde_json::Value;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/litmus")
}

fn facts() -> Vec<Value> {
    let facts = fs::read_to_string(folder().join("facts.json")).expect("the facts are there");
    let facts: Value = serde_json::from_str(&facts).expect("the facts are JSON");
    facts["tests"].as_array().expect("a list of tests").clone()
}

fn searched(name: &str, model: MemoryModel) -> Tally {
    let path = folder().join(format!("{name}.litmus"));
    let text = fs::read_to_string(path).expect("the test is there");
    let subject = Subject::new(checked_code_of(Language::Litmus, &text));
    let options = Options { keeps_going: true, ..Options::default() };
    graph::search(&Arc::new(subject), model, &options, &Control::default())
}

fn states(tally: &Tally) -> BTreeSet<State> {
    let state = |outcome: &Outcome| match outcome {
        Outcome::Finished { output, .. } => State::parse(output.trim()).expect("a state"),
        Outcome::Stopped { reason, .. } => panic!("a litmus test ends: {reason}"),
    };
    tally.outcomes.keys().map(state).collect()
}

fn allowed(fact: &Value, model: &str) -> BTreeSet<State> {
    let columns = fact["observed"].as_array().expect("columns").iter();
    let columns: Vec<String> = columns
        .map(|column| match column.as_str().expect("a column's name") {
            register if register.contains(':') => register.to_owned(),
            location => format!("[{location}]"),
        })
        .collect();
    let state = |row: &Value| {
        let values = row.as_array().expect("a row").iter();
        let pairs = columns.iter().zip(values).map(|(name, value)| format!("{name}={value};"));
        State::parse(&pairs.collect::<String>()).expect("a state")
    };
    fact["allowed"][model].as_array().expect("rows").iter().map(state).collect()
}

fn agrees_with_herd(model: MemoryModel, states_of: &str, executions_of: &str) {
    let facts = facts();
    assert_eq!(facts.len(), 60);
    for fact in &facts {
        let name = fact["name"].as_str().expect("a name");
        let tally = searched(name, model);
        assert_eq!(states(&tally), allowed(fact, states_of), "{name}");
        assert_eq!(Some(tally.executions), fact["executions"][executions_of].as_u64(), "{name}");
        assert_eq!((tally.blocked, tally.bounds.len()), (0, 0), "{name}");
    }
}

#[test]
fn sequential_consistency_agrees_with_herd_on_sixty_tests() {
    agrees_with_herd(MemoryModel::Sc, "SC", "herd7 sc.cat");
}

#[test]
fn rc11_agrees_with_herd_on_sixty_tests() {
    agrees_with_herd(MemoryModel::Rc11, "RC11", "herd7 rc11.cat");
}

#[test]
fn c20_differs_by_the_narrower_release_sequence_alone() {
    for fact in facts() {
        let name = fact["name"].as_str().expect("a name");
        let tally = searched(name, MemoryModel::C20);
        let wanted = match name {
            "MP+relseq-own" => "GenMC rc11",
            _ => "herd7 rc11.cat",
        };
        assert_eq!(Some(tally.executions), fact["executions"][wanted].as_u64(), "{name}");
    }
}

#[test]
fn one_trace_is_explored_for_each_of_herd_s_sequential_executions() {
    for fact in facts() {
        let name = fact["name"].as_str().expect("a name");
        let path = folder().join(format!("{name}.litmus"));
        let text = fs::read_to_string(path).expect("the test is there");
        let subject = Arc::new(Subject::new(checked_code_of(Language::Litmus, &text)));
        let options = Options { keeps_going: true, ..Options::default() };
        let explorer = Explorer { model: Some(MemoryModel::Sc), search: Search::Traces, options };
        let tally = explorer.check(&subject, &Control::default()).tally;
        assert_eq!(states(&tally), allowed(&fact, "SC"), "{name}");
        let wanted = fact["executions"]["herd7 sc.cat"].as_u64();
        assert_eq!((Some(tally.executions), tally.blocked), (wanted, 0), "{name}");
    }
}
