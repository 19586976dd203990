//! Litmus tests: what they become, what they print, and the report.
//!
//! The outcomes that each test of `programs/litmus` may have are in `facts.json` beside them.

mod common {
    pub(crate) mod guest;
}

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use common::guest::{Printed, code_of, small_limits};
use drawloom::Loading;
use drawloom::il::Op;
use drawloom::lang::Language;
use drawloom::lang::litmus::{self, Litmus, Observed, Quantifier, State, StateError, Summary};
use proptest::prelude::*;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/litmus")
}

/// One test of the folder and what is known of it.
struct Known {
    name: String,
    text: String,
    /// Under RC11, each with `[x]` for `x`.
    outcomes: BTreeSet<State>,
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
        let rows = fact["allowed"]["RC11"].as_array().expect("rows");
        Known { name, text, outcomes: rows.iter().map(state).collect() }
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
    for Known { name, text, outcomes } in known() {
        let litmus = right(&text);
        assert_eq!(litmus.name, name);
        for outcome in outcomes {
            assert!(outcome.observed().eq(&litmus.observed), "{name}: {outcome}");
        }
    }
}

#[test]
fn every_native_run_ends_in_an_allowed_outcome() {
    for Known { name, text, outcomes } in known() {
        for _ in 0..20 {
            let line = printed(&text);
            assert_eq!(line.matches('\n').count(), 1, "{name}: {line:?}");
            let state = State::parse(&line).expect("a state");
            assert!(outcomes.contains(&state), "{name}: {state} is not allowed");
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
                Op::Fence(_) => counts[3] += 1,
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

/// A test with one thread, whose `r` is looked at.
fn one_thread(initial: &str, body: &str) -> String {
    let parameters = "atomic_int* x, int* y, volatile _Atomic int *z";
    format!("C one {{ {initial} }}\nP0 ({parameters}) {{ {body} }}\nlocations [0:r; x; y; z]")
}

#[test]
fn statements_do_what_c_says() {
    let table: &[(&str, &str, &str)] = &[
        // The initial state.
        ("x=1; [y]=2; atomic_int z = 3", "int r;", "0:r=0; [x]=1; [y]=2; [z]=3;"),
        ("int y = -1; P0:r = 7; _Atomic int x", "int r;", "0:r=7; [x]=0; [y]=-1; [z]=0;"),
        (
            "x = ATOMIC_INIT(4); int z;",
            "int r = 1, s = r; r = s + r;",
            "0:r=2; [x]=4; [y]=0; [z]=0;",
        ),
        ("(* a (* b *) *) x = 0x10; y", "int r; // x\n/* y */", "0:r=0; [x]=16; [y]=0; [z]=0;"),
        // Accesses.
        ("x=5", "int r = *x; *x = r + 1; *y = *(x) * 2;", "0:r=5; [x]=6; [y]=12; [z]=0;"),
        ("x=5", "int r = atomic_load(x); atomic_store((x), 9);", "0:r=5; [x]=9; [y]=0; [z]=0;"),
        ("x=5", "int r = atomic_exchange(x, 3);", "0:r=5; [x]=3; [y]=0; [z]=0;"),
        ("x=5", "int r = atomic_fetch_sub(x, 3);", "0:r=5; [x]=2; [y]=0; [z]=0;"),
        ("x=5", "int r = atomic_fetch_and(x, 3);", "0:r=5; [x]=1; [y]=0; [z]=0;"),
        ("x=5", "int r = atomic_fetch_or(x, 3);", "0:r=5; [x]=7; [y]=0; [z]=0;"),
        ("x=5", "int r = atomic_fetch_xor(x, 3);", "0:r=5; [x]=6; [y]=0; [z]=0;"),
        ("x=5", "int r; atomic_fetch_add(x, 3); *x;", "0:r=0; [x]=8; [y]=0; [z]=0;"),
        ("", "int r; atomic_thread_fence(memory_order_relaxed);", "0:r=0; [x]=0; [y]=0; [z]=0;"),
        // Compare-exchange: what it gives, and what it leaves in the expected place.
        (
            "x=5",
            "int r = 5; *y = atomic_compare_exchange_strong(x, &r, 6);",
            "0:r=5; [x]=6; [y]=1; [z]=0;",
        ),
        (
            "x=5",
            "int r = 4; *y = atomic_compare_exchange_weak_explicit(x, &r, 6, \
             memory_order_release, memory_order_relaxed);",
            "0:r=5; [x]=5; [y]=0; [z]=0;",
        ),
        (
            "x=5; y=5",
            "int r; if (atomic_compare_exchange_strong(x, y, 6)) r = 1; else r = 2;",
            "0:r=1; [x]=6; [y]=5; [z]=0;",
        ),
        (
            "x=5; y=4",
            "int r; if (!atomic_compare_exchange_strong(x, y, 6)) { r = 1; } else { r = 2; }",
            "0:r=1; [x]=5; [y]=5; [z]=0;",
        ),
        // Control.
        ("", "int r = 3; if (r == 3) { int s = 4; r = s; }", "0:r=4; [x]=0; [y]=0; [z]=0;"),
        (
            "",
            "int r = 2; if (r < 2) r = 10; else if (r > 2) r = 20; else r = 30;",
            "0:r=30; [x]=0; [y]=0; [z]=0;",
        ),
        (
            "",
            "int r = 0; int i = 0; while (i < 5) { r = r + i; i = i + 1; }",
            "0:r=10; [x]=0; [y]=0; [z]=0;",
        ),
        (
            "",
            "int r = 0; for (int i = 0; i < 3; ++i) for (int j = i; j; j--) r += 1;",
            "0:r=3; [x]=0; [y]=0; [z]=0;",
        ),
        ("", "int r = 9; do { r -= 1; } while (r > 4 && r != 6);", "0:r=6; [x]=0; [y]=0; [z]=0;"),
        (
            "x=3",
            "int r = 0; while (atomic_fetch_sub(x, 1) > 0) r++; ;",
            "0:r=3; [x]=-1; [y]=0; [z]=0;",
        ),
        (
            "",
            "int r = 0; int i = 1; while (i) { if (r == 2) { i = 0; } else { r++; } }",
            "0:r=2; [x]=0; [y]=0; [z]=0;",
        ),
        // What the right side of `&&` and `||` does is done only if it is needed.
        (
            "x=1",
            "int r = 0 && atomic_exchange(x, 2); int s = 1 || atomic_exchange(x, 3);",
            "0:r=0; [x]=1; [y]=0; [z]=0;",
        ),
        (
            "x=1",
            "int r = 7; if (r == 7 && atomic_compare_exchange_strong(x, &r, 2) == 0) *y = r;",
            "0:r=1; [x]=1; [y]=1; [z]=0;",
        ),
    ];
    for (initial, body, expected) in table {
        assert_eq!(printed(&one_thread(initial, body)).trim_end(), *expected, "{initial} {body}");
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

/// An expression over `a`, `b` and `c`, fully in parentheses or without any, and its value when
/// these are 7, -3 and the smallest integer; no value if it divides by zero.
fn expression() -> impl Strategy<Value = (String, Option<i32>)> {
    let leaf = prop_oneof![
        Just(("a".to_owned(), Some(7))),
        Just(("b".to_owned(), Some(-3))),
        Just(("c".to_owned(), Some(i32::MIN))),
        (0..100).prop_map(|value: i32| (value.to_string(), Some(value))),
        Just((i32::MAX.to_string(), Some(i32::MAX))),
    ];
    leaf.prop_recursive(5, 40, 2, |inner| {
        let unary = (prop::sample::select(vec!["-", "~", "!"]), inner.clone()).prop_map(
            |(sign, (text, value))| {
                (format!("({sign} {text})"), value.map(|value| unary_value(sign, value)))
            },
        );
        let signs = vec![
            "*", "/", "%", "+", "-", "<<", ">>", "<", "<=", ">", ">=", "==", "!=", "&", "^", "|",
            "&&", "||",
        ];
        let binary = (prop::sample::select(signs), inner.clone(), inner).prop_map(
            |(sign, (left, a), (right, b))| {
                (format!("({left} {sign} {right})"), binary_value(sign, a, b))
            },
        );
        prop_oneof![1 => unary, 4 => binary]
    })
}

fn unary_value(sign: &str, value: i32) -> i32 {
    match sign {
        "-" => value.wrapping_neg(),
        "~" => !value,
        _ => i32::from(value == 0),
    }
}

fn binary_value(sign: &str, left: Option<i32>, right: Option<i32>) -> Option<i32> {
    let a = left?;
    match sign {
        "&&" if a == 0 => return Some(0),
        "||" if a != 0 => return Some(1),
        _ => {}
    }
    let b = right?;
    Some(match sign {
        "*" => a.wrapping_mul(b),
        "/" | "%" if b == 0 => return None,
        "/" => a.wrapping_div(b),
        "%" => a.wrapping_rem(b),
        "+" => a.wrapping_add(b),
        "-" => a.wrapping_sub(b),
        "<<" => a.wrapping_shl(b as u32),
        ">>" => a.wrapping_shr(b as u32),
        "<" => i32::from(a < b),
        "<=" => i32::from(a <= b),
        ">" => i32::from(a > b),
        ">=" => i32::from(a >= b),
        "==" => i32::from(a == b),
        "!=" => i32::from(a != b),
        "&" => a & b,
        "^" => a ^ b,
        "|" => a | b,
        _ => i32::from(b != 0),
    })
}

#[test]
fn operators_bind_as_in_c() {
    for (text, expected) in [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("100 / 10 / 5", 2),
        ("7 % 4 * 2", 6),
        ("1 << 2 + 1", 8),
        ("1 << 3 >> 1", 4),
        ("1 < 2 == 1", 1),
        ("2 & 1 == 1", 0),
        ("1 | 6 ^ 2 & 3", 5),
        ("1 || 0 && 0", 1),
        ("-2 * -3", 6),
        ("!0 + 1", 2),
        ("~1 & 7", 6),
        ("- -2147483648", i32::MIN),
        ("1 -1", 0),
        ("0xffffffff", -1),
        ("+5 - +3", 2),
        ("3 > 2 > 1", 0),
    ] {
        let line = printed(&one_thread("", &format!("int r = {text};")));
        assert_eq!(line, format!("0:r={expected}; [x]=0; [y]=0; [z]=0;\n"), "{text}");
    }
}

proptest! {
    #[test]
    fn expressions_have_the_values_that_c_gives_them((text, value) in expression()) {
        prop_assume!(value.is_some());
        let initial = "0:a=7; 0:b=-3; 0:c=-2147483648";
        // Once as a value, once as a condition.
        let body = format!("int a; int b; int c; int r = {text}; if ({text}) *y = 1;");
        let line = printed(&one_thread(initial, &body));
        let value = value.unwrap_or_default();
        let truth = i32::from(value != 0);
        prop_assert_eq!(line, format!("0:r={value}; [x]=0; [y]={truth}; [z]=0;\n"));
    }
}
