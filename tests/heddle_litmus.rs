//! Rust code under our own engine, against what herd7 and `GenMC` say about sixty litmus tests.
//!
//! The tests are read here by a few lines of their own, so that nothing is shared with the explorer but
//! the search over graphs itself.
#![cfg(all(feature = "cli", feature = "heddle"))]

#[path = "common/drawn.rs"]
mod drawn;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::{fs, mem};

use drawloom::engine::heddle::Heddle;
use drawloom::engine::{Engine, MemoryModel, Report, Verdict};
use drawloom::heddle::sync::{AtomicU32, Ordering, fence, thread};
use drawn::strategies;
use serde_json::Value;

/// A statement: the register that it sets, what it calls, and the arguments of that.
#[derive(Clone, Debug)]
struct Statement {
    register: Option<String>,
    call: String,
    arguments: Vec<String>,
}

#[derive(Clone, Debug)]
struct Litmus {
    locations: Vec<String>,
    threads: Vec<Vec<Statement>>,
}

impl Litmus {
    /// Reads the statements that the sixty tests are made of, each in its own line.
    fn parse(text: &str) -> Litmus {
        let mut litmus = Litmus { locations: Vec::new(), threads: Vec::new() };
        for line in text.lines().skip(1).map(str::trim) {
            if let Some(initial) = line.strip_prefix('{') {
                let names = initial.split(';').filter_map(|it| it.split_once("=0"));
                litmus.locations.extend(names.map(|(name, _)| name.trim().to_owned()));
            } else if line.starts_with('P') && line.ends_with('{') {
                litmus.threads.push(Vec::new());
            } else if let Some(statement) = line.strip_suffix(';').filter(|it| !it.contains('[')) {
                let threads = litmus.threads.last_mut();
                threads.expect("statements are in a thread").push(Statement::parse(statement));
            }
        }
        litmus
    }
}

impl Statement {
    fn parse(text: &str) -> Statement {
        let text = text.strip_prefix("int ").unwrap_or(text);
        let (register, value) = match text.split_once(" = ") {
            Some((register, value)) => (Some(register.to_owned()), value),
            None => (None, text),
        };
        let (call, arguments) = match value.strip_suffix(')') {
            Some(value) => {
                let (call, arguments) = value.split_once('(').expect("a call");
                (call, arguments.split(", ").map(str::to_owned).collect())
            }
            None => {
                let parts: Vec<&str> = value.split(' ').collect();
                let [left, operator, right] = parts[..] else { panic!("{text:?}") };
                (operator, vec![left.to_owned(), right.to_owned()])
            }
        };
        Statement { register, call: call.to_owned(), arguments }
    }
}

fn ordering(name: &str) -> Ordering {
    match name.strip_prefix("memory_order_") {
        Some("relaxed") => Ordering::Relaxed,
        Some("acquire") => Ordering::Acquire,
        Some("release") => Ordering::Release,
        Some("acq_rel") => Ordering::AcqRel,
        Some("seq_cst") => Ordering::SeqCst,
        _ => panic!("{name:?} is no ordering"),
    }
}

type Registers = BTreeMap<String, u32>;

/// Runs a thread of a test; the values of its registers in the end.
fn run_thread(statements: &[Statement], locations: &BTreeMap<String, AtomicU32>) -> Registers {
    let mut registers = Registers::new();
    for Statement { register, call, arguments } in statements {
        let value = |at: usize| -> u32 {
            let text = &arguments[at];
            text.parse().unwrap_or_else(|_| registers[text])
        };
        let location = || &locations[&arguments[0]];
        let order = || ordering(arguments.last().expect("an ordering"));
        let result = match call.as_str() {
            "atomic_load_explicit" => location().load(order()),
            "atomic_exchange_explicit" => location().swap(value(1), order()),
            "atomic_fetch_add_explicit" => location().fetch_add(value(1), order()),
            "atomic_store_explicit" => {
                location().store(value(1), order());
                continue;
            }
            "atomic_thread_fence" => {
                fence(order());
                continue;
            }
            "^" => value(0) ^ value(1),
            "+" => value(0) + value(1),
            other => panic!("{other:?} is in none of the sixty tests"),
        };
        registers.insert(register.clone().expect("a value goes to a register"), result);
    }
    registers
}

/// Runs a test once; the values of the observed columns.
fn run(litmus: &Litmus, observed: &[String]) -> Vec<u32> {
    let locations = litmus.locations.iter().map(|name| (name.clone(), AtomicU32::new(0)));
    let locations: Arc<BTreeMap<String, AtomicU32>> = Arc::new(locations.collect());
    let spawn = |statements: &Vec<Statement>| {
        let (statements, locations) = (statements.clone(), locations.clone());
        thread::spawn(move || run_thread(&statements, &locations))
    };
    let threads: Vec<_> = litmus.threads.iter().map(spawn).collect();
    let registers: Vec<Registers> =
        threads.into_iter().map(|it| it.join().expect("it ends")).collect();
    let value = |column: &String| match column.split_once(':') {
        Some((thread, register)) => registers[thread.parse::<usize>().expect("P0")][register],
        None => locations[column].load(Ordering::Relaxed),
    };
    observed.iter().map(value).collect()
}

type States = BTreeSet<Vec<u32>>;

fn searched(litmus: &Litmus, observed: &[String], engine: Heddle) -> (Report, States) {
    let found: Arc<Mutex<States>> = Arc::default();
    let (litmus, observed, place) = (litmus.clone(), observed.to_vec(), found.clone());
    let body = move || {
        let state = run(&litmus, &observed);
        place.lock().expect("no panic").insert(state);
    };
    let report = engine.explore(Arc::new(body));
    let states = mem::take(&mut *found.lock().expect("no panic"));
    (report, states)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/litmus")
}

/// What is known of a test.
struct Fact {
    name: String,
    litmus: Litmus,
    observed: Vec<String>,
    facts: Value,
}

fn facts() -> Vec<Fact> {
    let facts = fs::read_to_string(folder().join("facts.json")).expect("the facts are there");
    let facts: Value = serde_json::from_str(&facts).expect("the facts are JSON");
    let fact = |facts: &Value| {
        let name = facts["name"].as_str().expect("a name").to_owned();
        let text = fs::read_to_string(folder().join(format!("{name}.litmus"))).expect("a test");
        let observed = facts["observed"].as_array().expect("columns").iter();
        let observed = observed.map(|it| it.as_str().expect("a column").to_owned()).collect();
        Fact { name, litmus: Litmus::parse(&text), observed, facts: facts.clone() }
    };
    let facts: Vec<Fact> = facts["tests"].as_array().expect("a list").iter().map(fact).collect();
    assert_eq!(facts.len(), 60);
    facts
}

/// The states that a model allows.
fn allowed(facts: &Value, model: &str) -> States {
    facts["allowed"][model].as_array().expect("rows").iter().map(numbers).collect()
}

fn numbers(row: &Value) -> Vec<u32> {
    let values = row.as_array().expect("a row").iter();
    values.map(|it| it.as_u64().expect("a number") as u32).collect()
}

/// Compares with the facts: with the states of `states_of`, if there are any, and with the number of
/// executions that `executions_of` names for a test.
fn agrees_with_the_facts(
    memory: MemoryModel,
    states_of: impl Fn(&str) -> Option<&'static str>,
    executions_of: impl Fn(&str) -> &'static str,
) {
    for Fact { name, litmus, observed, facts } in &facts() {
        let engine = Heddle::default().memory(memory);
        let (report, states) = searched(litmus, observed, engine);
        let executions = facts["executions"][executions_of(name)].as_u64().expect("a number");
        assert_eq!(report.verdict, Verdict::Exhausted { executions }, "{name}, {memory:?}");
        assert_eq!((report.executions, report.finished), (executions, executions), "{name}");
        if let Some(model) = states_of(name) {
            assert_eq!(states, allowed(facts, model), "{name}, {memory:?}");
        }
    }
}

#[test]
fn sixty_litmus_tests_have_the_executions_of_herd_under_sequential_consistency() {
    agrees_with_the_facts(MemoryModel::Sc, |_| Some("SC"), |_| "herd7 sc.cat");
}

#[test]
fn sixty_litmus_tests_have_the_executions_of_herd_under_rc11() {
    agrees_with_the_facts(MemoryModel::Rc11, |_| Some("RC11"), |_| "herd7 rc11.cat");
}

/// C++20's release sequences are narrower, which one of the tests shows. `GenMC` has them; it counts
/// executions, and the facts have no states of it.
#[test]
fn sixty_litmus_tests_differ_under_c20_by_the_narrower_release_sequence_alone() {
    const OWN: &str = "MP+relseq-own";
    agrees_with_the_facts(
        MemoryModel::C20,
        |name| (name != OWN).then_some("RC11"),
        |name| if name == OWN { "GenMC rc11" } else { "herd7 rc11.cat" },
    );
    let text = fs::read_to_string(folder().join(format!("{OWN}.litmus"))).expect("a test");
    let observed = ["1:r0".to_owned(), "1:r1".to_owned()];
    let states =
        |memory| searched(&Litmus::parse(&text), &observed, Heddle::default().memory(memory)).1;
    let not_published = vec![2, 0];
    assert!(states(MemoryModel::C20).contains(&not_published));
    assert!(!states(MemoryModel::Rc11).contains(&not_published));
}

/// Each strategy draws most states of the sixty tests, and no others.
#[test]
fn what_is_drawn_of_sixty_litmus_tests_is_what_herd_allows() {
    let (mut all, mut drawn) = (0, [0; 5]);
    for Fact { name, litmus, observed, facts } in &facts() {
        let allowed = allowed(facts, "RC11");
        all += allowed.len();
        for (at, strategy) in strategies(1).into_iter().enumerate() {
            let engine = Heddle::default().memory(MemoryModel::Rc11).strategy(strategy);
            let (_, states) = searched(litmus, observed, engine.executions_max(150));
            assert!(states.is_subset(&allowed), "{name}, {strategy:?}: {states:?}");
            drawn[at] += states.len();
        }
    }
    println!("{drawn:?} of {all} states");
    assert!(drawn.iter().all(|it| it * 10 > all * 8), "{drawn:?} of {all}");
}
