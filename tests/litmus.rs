//! Litmus tests: what they become, what they print, and the report.
//!
//! The outcomes that each test of `programs/litmus` may have are in `facts.json` beside them.
#![cfg(feature = "cli")]

mod common {
    pub(crate) mod guest;
}

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use common::guest::{Printed, checked_code_of, code_of, small_limits};
use drawloom::il::Op;
use drawloom::lang::Language;
use drawloom::lang::litmus::{self, Litmus, Observed, Quantifier, State, StateError, Summary};
use drawloom::native::Loading;
use drawloom::reference::{self, Subject};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/litmus")
}

/// One test of the folder and what is known of it.
struct Known {
    name: String,
    text: String,
    /// Under sequential consistency, each with `[x]` for `x`.
    sc: BTreeSet<State>,
    /// Under RC11.
    rc11: BTreeSet<State>,
}

/// All that `facts.json` knows, in its order.
fn known() -> Vec<Known> {
    let facts = fs::read_to_string(folder().join("facts.json")).expect("the facts are there");
    let facts: serde_json::Value = serde_json::from_str(&facts).expect("the facts are JSON");
    let tests = facts["tests"].as_array().expect("a list of tests");
    let read = |fact: &serde_json::Value| {
        let name = fact["name"].as_str().expect("a name").to_owned();
        let path = folder().join(format!("{name}.litmus"));
        let text = fs::read_to_string(path).expect("the test is there");
        let columns = fact["observed"].as_array().expect("columns").iter();
        let columns: Vec<String> = columns
            .map(|column| match column.as_str().expect("a column's name") {
                register if register.contains(':') => register.to_owned(),
                location => format!("[{location}]"),
            })
            .collect();
        let state = |row: &serde_json::Value| {
            let values = row.as_array().expect("a row").iter();
            let pairs = columns.iter().zip(values).map(|(name, value)| format!("{name}={value};"));
            State::parse(&pairs.collect::<String>()).expect("a state")
        };
        let outcomes = |model: &str| {
            let rows = fact["allowed"][model].as_array().expect("rows");
            rows.iter().map(state).collect()
        };
        Known { name, text, sc: outcomes("SC"), rc11: outcomes("RC11") }
    };
    tests.iter().map(read).collect()
}

fn right(text: &str) -> Litmus {
    litmus::read(text).unwrap_or_else(|errors| panic!("{errors:?} in {text}"))
}

/// What a test prints when it runs natively, once.
fn printed(text: &str) -> String {
    let printed = Printed::default();
    let program = Loading::new(code_of(Language::Litmus, text)).limits(small_limits());
    let finished = program.output(printed.clone()).initialise().run();
    assert_eq!(finished.result.ok(), Some(0), "{text}");
    printed.text()
}

#[test]
fn the_facts_are_about_the_tests_that_there_are() {
    let named: BTreeSet<String> =
        known().iter().map(|known| format!("{}.litmus", known.name)).collect();
    let entries = fs::read_dir(folder()).expect("the folder can be read");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let there: BTreeSet<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".litmus"))
        .collect();
    assert_eq!(named, there);
    assert_eq!(there.len(), 60);
}

#[test]
fn every_test_looks_at_what_its_outcomes_tell() {
    for Known { name, text, sc, rc11 } in known() {
        let litmus = right(&text);
        assert_eq!(litmus.name, name);
        for outcome in sc.union(&rc11) {
            assert!(outcome.observed().eq(&litmus.observed), "{name}: {outcome}");
        }
    }
}

#[test]
fn every_native_run_ends_in_an_allowed_outcome() {
    for Known { name, text, rc11, .. } in known() {
        for _ in 0..20 {
            let line = printed(&text);
            assert_eq!(line.matches('\n').count(), 1, "{name}: {line:?}");
            let state = State::parse(&line).expect("a state");
            assert!(rc11.contains(&state), "{name}: {state} is not allowed");
            assert_eq!(format!("{state}\n"), line, "{name}: herd's words and order");
        }
    }
}

#[test]
fn the_test_in_language_md_is_right() {
    let manual = fs::read_to_string("docs/LANGUAGE.md").expect("the manual is there");
    let section = manual.split("## Litmus tests").nth(1).expect("the section is there");
    let text = section.split("```text\n").nth(1).and_then(|rest| rest.split("```").next());
    let litmus = right(text.expect("a test"));
    assert_eq!(litmus.name, "MP");
    assert_eq!(litmus.condition.to_string(), "~exists (1:r0=1 /\\ 1:r1=0)");
}

/// The final states of the reference, by plain search over all that can happen.
fn sequentially_consistent(text: &str) -> BTreeSet<State> {
    let subject = Subject::new(checked_code_of(Language::Litmus, text));
    let (first, _) = reference::State::new(&subject);
    let (mut pending, mut seen) = (vec![first], BTreeSet::new());
    let mut finals = BTreeSet::new();
    while let Some(state) = pending.pop() {
        if !seen.insert(state.fingerprint()) {
            continue;
        }
        assert_eq!(state.race(&subject), None, "{text}");
        let enabled = state.enabled();
        if enabled.is_empty() {
            finals.insert(State::parse(&state.output().text()).expect("a state"));
        }
        for thread in enabled.iter() {
            let mut next = state.clone();
            next.step(&subject, thread);
            pending.push(next);
        }
    }
    finals
}

#[test]
fn the_reference_has_exactly_the_outcomes_of_sequential_consistency() {
    for Known { name, text, sc, .. } in known() {
        assert_eq!(sequentially_consistent(&text), sc, "{name}");
    }
}

/// How many of these words a text has.
fn count(text: &str, words: &[&str]) -> usize {
    words.iter().map(|word| text.matches(word).count()).sum()
}

#[test]
fn every_access_becomes_one_instruction() {
    for Known { name, text, .. } in known() {
        let litmus = right(&text);
        let mut counts = [0; 4];
        let mut plain_stores = 0;
        let threads = litmus.module.functions.iter().filter(|function| function.name != "main");
        let blocks = threads.flat_map(|function| &function.blocks);
        for instruction in blocks.flat_map(|block| &block.instructions) {
            assert!(instruction.loc.is_some_and(|loc| loc.file == litmus::SOURCE_FILE));
            match instruction.op {
                Op::AtomicLoad { .. } => counts[0] += 1,
                Op::AtomicStore { .. } => counts[1] += 1,
                Op::AtomicRmw { .. } => counts[2] += 1,
                Op::Fence { .. } => counts[3] += 1,
                Op::Store { .. } => plain_stores += 1,
                Op::Load { .. } | Op::AtomicCas { .. } => panic!("{name}: {:?}", instruction.op),
                _ => {}
            }
        }
        let expected = [
            count(&text, &["atomic_load"]),
            count(&text, &["atomic_store"]),
            count(&text, &["atomic_exchange", "atomic_fetch_add"]),
            count(&text, &["atomic_thread_fence"]),
        ];
        assert_eq!(counts, expected, "{name}");
        let is_register = |observed: &&Observed| matches!(observed, Observed::Register { .. });
        let registers = litmus.observed.iter().filter(is_register).count();
        assert_eq!(plain_stores, registers, "{name}: one for each variable that is looked at");
    }
}

/// The memory operations of a thread that does this, as IL without the names of temps.
fn operations(statement: &str) -> Vec<String> {
    let parameters = "atomic_int* x, int* y, volatile int* z, volatile _Atomic(int)* w";
    let module = right(&format!("C o {{}} P0 ({parameters}) {{ int r; {statement} }}")).module;
    let il = module.to_string();
    let without_temps = il.lines().map(|line| {
        let words = line.split_whitespace().filter(|word| !word.starts_with(['%', '=']));
        words.collect::<Vec<_>>().join(" ").replace(',', "")
    });
    let beginnings = ["load ", "store ", "atomic.", "fence "];
    let is_operation = |line: &String| beginnings.iter().any(|it| line.starts_with(it));
    without_temps.filter(is_operation).collect()
}

#[test]
fn orders_are_those_of_the_text() {
    for (statement, expected) in [
        ("r = *x;", &["atomic.load i64 seq_cst"][..]),
        ("*x = 1;", &["atomic.store i64 1 seq_cst"]),
        ("r = *w;", &["atomic.load i64 seq_cst"]),
        ("r = *y;", &["load i64"]),
        ("*y = 1;", &["store i64 1"]),
        ("*z = *y;", &["load i64", "store i64"]),
        ("r = atomic_load(y);", &["atomic.load i64 seq_cst"]),
        ("r = atomic_load_explicit(x, memory_order_relaxed);", &["atomic.load i64 relaxed"]),
        ("r = atomic_load_explicit(x, memory_order_consume);", &["atomic.load i64 acquire"]),
        ("r = atomic_load_explicit(x, memory_order_acquire);", &["atomic.load i64 acquire"]),
        ("r = atomic_load_explicit(x, memory_order_seq_cst);", &["atomic.load i64 seq_cst"]),
        ("atomic_store(x, 2);", &["atomic.store i64 2 seq_cst"]),
        ("atomic_store_explicit(x, 2, memory_order_relaxed);", &["atomic.store i64 2 relaxed"]),
        ("atomic_store_explicit(x, 2, memory_order_release);", &["atomic.store i64 2 release"]),
        ("atomic_exchange(x, 2);", &["atomic.rmw xchg i64 2 seq_cst"]),
        (
            "atomic_fetch_add_explicit(x, 2, memory_order_acq_rel);",
            &["atomic.rmw add i64 2 acq_rel"],
        ),
        ("atomic_thread_fence(memory_order_relaxed);", &[]),
        ("atomic_thread_fence(memory_order_consume);", &["fence acquire"]),
        ("atomic_thread_fence(memory_order_acq_rel);", &["fence acq_rel"]),
        (
            "atomic_compare_exchange_weak_explicit(x, &r, 2, memory_order_acq_rel, \
             memory_order_acquire);",
            &["atomic.load i64 acquire", "atomic.cas i64 0 2 acq_rel acquire"],
        ),
        (
            "atomic_compare_exchange_strong_explicit(x, &r, 2, memory_order_release, \
             memory_order_consume);",
            &["atomic.cas i64 0 2 release acquire"],
        ),
        (
            "atomic_compare_exchange_strong(x, y, 2);",
            &["load i64", "atomic.cas i64 2 seq_cst seq_cst", "store i64"],
        ),
    ] {
        assert_eq!(operations(statement), expected, "{statement}");
    }
}

#[test]
fn threads_and_conditions_are_read_as_herd_writes_them() {
    let text = "C MP+quoted \"Rfe PodRR\"\n(* { *)\nCom=Rf\nOrig={...}\n\n{int x = 0;}\n\n\
                P0 (volatile const int* x, int * const y) {\n}\nP1(){ }\n\n\
                forall x = 0 /\\ not ([y]==1 \\/ false) /\\ x!=1 /\\ [y]=*x;\n";
    // `Orig={` is the first brace: as for herd's own reader, that is where the state begins.
    assert!(litmus::read(text).is_err());
    let litmus = right(&text.replace("{...}", "..."));
    assert_eq!(litmus.name, "MP+quoted");
    assert_eq!(litmus.condition.quantifier, Quantifier::Forall);
}

#[test]
fn a_test_that_asks_nothing_is_right() {
    let litmus = right("C nothing {} P0 () {}");
    assert_eq!(litmus.condition.to_string(), "forall (true)");
    assert_eq!(litmus.observed, []);
    assert_eq!(printed("C nothing {} P0 () {}"), "\n");
}

/// The condition of a test of two threads with `r` each, and `x` and `y`.
fn condition(text: &str) -> litmus::Condition {
    let threads = "P0 (int* x) { int r; } P1 (int* y) { int r; }";
    right(&format!("C c {{}} {threads} {text}")).condition
}

#[test]
fn conditions_hold_where_they_should() {
    let state = State::parse("0:r=1; 1:r=2; [x]=-1; [y]=2;").expect("a state");
    let table: &[(&str, bool, &str)] = &[
        ("true", true, "true"),
        ("false", false, "false"),
        ("0:r=1", true, "0:r=1"),
        ("P0:r==0x1", true, "0:r=1"),
        ("0:r=2", false, "0:r=2"),
        ("x=-1", true, "[x]=-1"),
        ("[x]=1", false, "[x]=1"),
        ("1:r=[y]", true, "1:r=[y]"),
        ("[y]=1:r", true, "[y]=1:r"),
        ("x=*y", false, "[x]=[y]"),
        ("x<>1", true, "not ([x]=1)"),
        ("x!=-1", false, "not ([x]=-1)"),
        ("~0:r=2", true, "not (0:r=2)"),
        ("not (0:r=1)", false, "not (0:r=1)"),
        ("~~0:r=1", true, "not (not (0:r=1))"),
        ("0:r=1 /\\ 1:r=2 /\\ x=0", false, "0:r=1 /\\ 1:r=2 /\\ [x]=0"),
        ("0:r=0 \\/ 1:r=2", true, "0:r=0 \\/ 1:r=2"),
        // `/\` binds tighter than `\/`, `=>` tighter than both, `~` tightest; `=>` to the right.
        ("0:r=1 \\/ 0:r=0 /\\ 1:r=0", true, "0:r=1 \\/ (0:r=0 /\\ 1:r=0)"),
        ("(0:r=1 \\/ 0:r=0) /\\ 1:r=0", false, "(0:r=1 \\/ 0:r=0) /\\ 1:r=0"),
        ("0:r=0 /\\ 1:r=0 => x=0", false, "0:r=0 /\\ (1:r=0 => [x]=0)"),
        ("(0:r=0 /\\ 1:r=0) => x=0", true, "(0:r=0 /\\ 1:r=0) => [x]=0"),
        ("~0:r=0 => x=-1", true, "not (0:r=0) => [x]=-1"),
        ("0:r=0 => 1:r=2 => x=0", true, "0:r=0 => (1:r=2 => [x]=0)"),
    ];
    for (text, holds, shown) in table {
        for quantifier in ["exists", "forall", "~exists", "~ exists"] {
            let condition = condition(&format!("{quantifier} {text}"));
            assert_eq!(condition.holds_in(&state), *holds, "{text}");
            let quantifier = quantifier.replace(' ', "");
            assert_eq!(condition.to_string(), format!("{quantifier} ({shown})"), "{text}");
            let again = self::condition(&condition.to_string());
            assert_eq!(again, condition, "what is shown reads as what was meant");
        }
    }
}

#[test]
fn what_a_state_has_no_value_of_equals_nothing() {
    let state = State::parse("0:r=0;").expect("a state");
    assert!(!condition("exists x=0").holds_in(&state));
    assert!(!condition("exists [x]=[y]").holds_in(&state));
    assert!(condition("exists x<>0").holds_in(&state));
}

#[test]
fn a_line_that_is_no_state_says_why() {
    for (line, why) in [
        ("0:r0", "'0:r0' is not a value of a state"),
        ("x=1;", "'x=1' is not a value of a state"),
        ("[x]=one;", "'[x]=one' is not a value of a state"),
        ("P0:r0=1;", "'P0:r0=1' is not a value of a state"),
        ("[x]=1; [y]=1; [x]=1;", "'[x]' has two values in one state"),
    ] {
        assert_eq!(State::parse(line).map_err(|error| error.to_string()), Err(why.to_owned()));
    }
    let litmus = right("C SB {} P0 (int* x) {} exists x=0");
    let lines = BTreeMap::from([("[y]=1;\n".to_owned(), 1)]);
    let foreign = StateError::Foreign { line: "[y]=1;".to_owned(), test: "SB".to_owned() };
    assert_eq!(Summary::new(&litmus, &lines).err(), Some(foreign));
}

/// The report on store buffering with these executions of its states.
fn report(condition: &str, executions: &[(&str, u64)]) -> String {
    let thread = |here, there| format!("(int* x, int* y) {{ *{here} = 1; int r0 = *{there}; }}");
    let threads = format!("P0 {} P1 {}", thread("x", "y"), thread("y", "x"));
    let litmus = right(&format!("C SB {{}} {threads} {condition}"));
    let lines = executions.iter().map(|&(line, count)| (line.to_owned(), count)).collect();
    Summary::new(&litmus, &lines).expect("states of this test").to_string()
}

#[test]
fn the_report_has_herds_layout() {
    let executions =
        [("0:r0=0; 1:r0=10;\n", 1), ("0:r0=0; 1:r0=2;\n", 1200), ("0:r0=0; 1:r0=0;", 3)];
    let expected = "\
Test SB Allowed
States 3
3     *>0:r0=0; 1:r0=0;
1200  :>0:r0=0; 1:r0=2;
1     :>0:r0=0; 1:r0=10;
Ok
Witnesses
Positive: 3 Negative: 1201
Condition exists (0:r0=0 /\\ 1:r0=0)
Observation SB Sometimes 3 1201
";
    assert_eq!(report("exists (0:r0=0 /\\ 1:r0=0)", &executions), expected);

    let expected = "\
Test SB Forbidden
States 3
3     *>0:r0=0; 1:r0=0;
1200  :>0:r0=0; 1:r0=2;
1     :>0:r0=0; 1:r0=10;
No
Witnesses
Positive: 1201 Negative: 3
Condition ~exists (0:r0=0 /\\ 1:r0=0)
Observation SB Sometimes 3 1201
";
    assert_eq!(report("~exists (0:r0=0 /\\ 1:r0=0)", &executions), expected);

    let expected = "\
Test SB Required
States 3
3     :>0:r0=0; 1:r0=0;
1200  :>0:r0=0; 1:r0=2;
1     :>0:r0=0; 1:r0=10;
Ok
Witnesses
Positive: 1204 Negative: 0
Condition forall (0:r0=0 \\/ 1:r0=7)
Observation SB Always 1204 0
";
    assert_eq!(report("forall (0:r0=0 \\/ 1:r0=7)", &executions), expected);

    let expected = "\
Test SB Required
States 1
2     *>0:r0=1; 1:r0=1;
No
Witnesses
Positive: 0 Negative: 2
Condition forall (0:r0=0 \\/ 1:r0=0)
Observation SB Never 0 2
";
    assert_eq!(report("forall 0:r0=0 \\/ 1:r0=0", &[("0:r0=1; 1:r0=1;", 2)]), expected);

    let expected = "\
Test SB Forbidden
States 0
Ok
Witnesses
Positive: 0 Negative: 0
Condition ~exists (0:r0=0)
Observation SB Never 0 0
";
    assert_eq!(report("~exists 0:r0=0", &[]), expected);
}
