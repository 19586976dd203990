//! The documentation says what the source says.
//!
//! `BLESS=1 cargo test --test docs` writes the generated tables anew.
#![cfg(feature = "cli")]

use std::fmt::Write;
use std::fs;

use drawloom::guest::Setting;
use drawloom::il::{self, BinaryOp, Rule, UnaryOp};
use drawloom::interp::{Builtin, DESCRIPTIONS, TrapKind};
use drawloom::reference::ViolationKind;
use drawloom::report::{EXPLANATIONS, Explanation};
use drawloom::session::Fault;
use drawloom::stress::models::MODELS;

#[path = "../benches/workloads/mod.rs"]
mod workloads;

use workloads::workload;

const CHECKING: &str = "docs/CHECKING.md";
const KINDS: &str = "docs/KINDS.md";
const ENGINES: &str = "docs/ENGINES.md";
const LANGUAGE: &str = "docs/LANGUAGE.md";
const PERFORMANCE: &str = "docs/PERFORMANCE.md";

#[test]
fn the_tables_in_language_md_are_those_of_the_source() {
    let tables = [
        ("operations", operations()),
        ("other instructions", other_instructions()),
        ("traps", traps()),
        ("runtime", runtime()),
        ("bytecode", bytecode()),
    ];
    assert_has(LANGUAGE, &tables);
}

/// The names are those of headlines, headers, JSON and `JUnit` XML as well.
#[test]
fn the_kinds_in_checking_md_are_those_of_the_source() {
    assert_has(CHECKING, &[("kinds", kinds())]);
}

#[test]
fn the_explanations_in_kinds_md_are_those_of_the_source() {
    assert_has(KINDS, &[("of Rust code", faults()), ("explanations", explanations())]);
}

#[test]
fn the_options_in_engines_md_are_those_that_engines_take() {
    assert_has(ENGINES, &[("settings", settings())]);
}

/// `benches/callgrind.sh --check` holds that file to the machine.
#[test]
fn the_instructions_in_performance_md_are_those_of_callgrind_txt() {
    assert_has(PERFORMANCE, &[("instructions", instructions())]);
}

#[test]
fn the_readme_has_the_means_of_performance_md() {
    let performance = fs::read_to_string(PERFORMANCE).expect("the file is there");
    let readme = fs::read_to_string("README.md").expect("the file is there");
    // A row of each table: the mean of drawloom's ratios, and their middle half.
    let rows = performance.lines().filter_map(|line| line.strip_prefix("| geometric mean | **"));
    let means: Vec<_> = rows.filter_map(|row| row.split(' ').next()).collect();
    let [of_lua, of_wasmi] = means[..] else { panic!("{means:?}") };
    let claim =
        format!("takes {of_lua} of the CPU time of\nLua 5.4 and {of_wasmi} of that of wasmi,");
    assert!(readme.contains(&claim), "README.md does not say: {claim}");
}

/// Whoever follows it must find the files.
#[test]
fn the_files_that_how_to_md_names_are_there() {
    let text = fs::read_to_string("docs/HOW_TO.md").expect("the file is there");
    let quoted = text.split('`').skip(1).step_by(2);
    let is_path = |it: &&str| it.contains('/') && !it.contains([' ', '\n']);
    let paths: Vec<&str> = quoted.filter(is_path).collect();
    assert!(paths.len() > 60, "only {} paths found: the reader is broken", paths.len());
    for path in paths {
        assert!(fs::exists(path).expect("it can be looked for"), "docs/HOW_TO.md: no {path}");
    }
}

/// Looks for the generated tables in a file, or writes them there if that is asked for.
fn assert_has(file: &str, tables: &[(&str, String)]) {
    let before = fs::read_to_string(file).expect("the file is there");
    let mut after = before.clone();
    for (name, table) in tables {
        after = with_section(&after, name, table);
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write(file, after).expect("it can be written");
    } else {
        assert!(before == after, "{file} is out of date: BLESS=1 cargo test --test docs");
    }
}

fn kinds() -> String {
    let mut table = String::from("| kind | meaning |\n|---|---|\n");
    for kind in ViolationKind::ALL {
        let link = format!("KINDS.md#{}", kind.name().replace(' ', "-"));
        writeln!(table, "| [`{kind}`]({link}) | {} |", kind.describe()).expect("a string");
    }
    table
}

fn faults() -> String {
    let mut table = String::from("| kind | meaning |\n|---|---|\n");
    for fault in Fault::ALL {
        let link = fault.name().replace(' ', "-");
        writeln!(table, "| [`{fault}`](#{link}) | {} |", fault.describe()).expect("a string");
    }
    table
}

fn explanations() -> String {
    let explanation = |it: &Explanation| format!("\n## {}\n\n{}", it.name(), it.to_markdown());
    EXPLANATIONS.iter().map(explanation).collect()
}

fn settings() -> String {
    let mut table = String::from("| option | engines of `check` that take it |\n|---|---|\n");
    for setting in Setting::ALL {
        writeln!(table, "| `--{}` | {} |", setting.name(), setting.takers()).expect("a string");
    }
    table
}

fn instructions() -> String {
    let mut table = String::from("| workload | unit | instructions per unit |\n|---|---|---:|\n");
    let counted = fs::read_to_string("benches/callgrind.txt").expect("the file is there");
    for line in counted.lines() {
        let (name, count) = line.split_once(' ').expect("a name and a number");
        let workload = workload(name).expect("the name of a workload");
        let held_out = if workload.is_held_out { " (held out)" } else { "" };
        writeln!(table, "| {name}{held_out} | {} | {} |", workload.unit, count.trim())
            .expect("a string");
    }
    table
}

fn with_section(text: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let from = text.find(&begin).expect("a marker for the table") + begin.len();
    let to = text.find(&end).expect("a marker behind the table");
    format!("{}{table}{}", &text[..from], &text[to..])
}

fn rule(rule: Rule) -> &'static str {
    match rule {
        Rule::Is(ty) => ty.name(),
        Rule::Width => "width",
        Rule::Narrow => "narrow",
        Rule::Same => "same",
        Rule::Null | Rule::Callee | Rule::Nothing | Rule::Never => unreachable!("{rule:?}"),
    }
}

fn operations() -> String {
    let mut table =
        String::from("| operation | operands | result | meaning |\n|---|---|---|---|\n");
    let mut row = |name, operands: String, result, meaning| {
        let meaning = one_line(meaning);
        writeln!(table, "| `{name}` | {operands} | {} | {meaning} |", rule(result))
            .expect("a string");
    };
    for op in BinaryOp::ALL {
        let operand = rule(op.takes());
        row(op.name(), format!("{operand}, {operand}"), op.gives(), op.meaning());
    }
    for op in UnaryOp::ALL {
        row(op.name(), rule(op.takes()).to_owned(), op.gives(), op.meaning());
    }
    table
}

fn other_instructions() -> String {
    let mut table = String::from("| instruction | meaning |\n|---|---|\n");
    for row in il::DESCRIPTIONS {
        writeln!(table, "| `{}` | {} |", row.form, one_line(row.meaning)).expect("a string");
    }
    table
}

/// The lines of a documentation comment as one.
fn one_line(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    lines.join(" ").replace('|', "\\|")
}

fn traps() -> String {
    let mut table =
        String::from("| number | trap | meaning | a handler may catch it |\n|---|---|---|---|\n");
    for (number, kind) in TrapKind::ALL.into_iter().enumerate() {
        let caught = if kind.is_catchable() { "yes" } else { "no" };
        writeln!(table, "| {number} | `{kind}` | {} | {caught} |", kind.describe())
            .expect("a string");
    }
    table
}

fn runtime() -> String {
    let mut table = String::from(
        "| function, after `Viper.` | signature | meaning | other names |\n|---|---|---|---|\n",
    );
    for builtin in Builtin::ALL {
        let aliases: Vec<String> = builtin.aliases().iter().map(|it| format!("`{it}`")).collect();
        let (name, signature) = (builtin.name(), builtin.signature());
        let (meaning, aliases) = (one_line(builtin.meaning()), aliases.join(" "));
        writeln!(table, "| `{name}` | `{signature}` | {meaning} | {aliases} |").expect("a string");
    }
    table
}

fn bytecode() -> String {
    let mut table = String::from("| instruction | operands | meaning |\n|---|---|---|\n");
    for row in DESCRIPTIONS {
        let (operands, meaning) = (row.operands.join(" "), one_line(row.meaning));
        writeln!(table, "| `{}` | {operands} | {meaning} |", row.name).expect("a string");
    }
    table
}

/// The page shows a program; it is the one that it names.
#[test]
fn language_md_shows_the_program_that_it_names() {
    let program = fs::read_to_string("programs/correct/join_result.il").expect("it is there");
    let without_comments: Vec<&str> =
        program.lines().filter(|line| !line.starts_with('#')).collect();
    let page = fs::read_to_string(LANGUAGE).expect("it is there");
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(squeezed(&page).contains(&squeezed(&without_comments.join("\n"))));
}

#[test]
fn every_model_that_the_edges_name_is_there() {
    let text = fs::read_to_string("docs/ARCHITECTURE.md").expect("the file is there");
    let section = text.split("## Happens-before edges").nth(1).expect("the section is there");
    let table = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let mut edges = 0;
    for row in table {
        edges += 1;
        let named: Vec<&str> =
            row.rsplit('|').nth(1).unwrap_or_default().split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "an edge without a model: {row}");
        for name in named {
            let is_there = MODELS.iter().any(|model| model.name == name);
            assert!(is_there, "'{name}' is no model: {row}");
        }
    }
    assert!(edges > 10, "the table is found");
}

#[test]
fn the_guide_shows_the_suite_of_the_example() {
    let guide = include_str!("../docs/CHECK_YOUR_CODE.md");
    let source = include_str!("../examples/bounded_channel/matrix.rs");
    let from = source.find("fn suite()").expect("the suite");
    let to = from + source[from..].find("\n}\n").expect("its end") + 2;
    assert!(guide.contains(&source[from..to]), "docs/CHECK_YOUR_CODE.md shows another suite");
}
