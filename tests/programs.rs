//! The guest programs under `programs/`: they verify, each says what to expect of it, and runs on
//! real threads never contradict that.
//!
//! The comment at the top of a program is its header: some lines for people, an empty one, and
//! these for machines:
//!
//! | line | what it says |
//! |---|---|
//! | `# expect: verified` | no interleaving shows anything wrong |
//! | `# expect: race`, `deadlock`, `livelock`, `lost wakeup`, `leak`, `trap MESSAGE` | some interleaving shows this; one line per kind |
//! | `# memory: sc` or `rc11` | the memory model for which the other lines hold; by default RC11 if the program has atomic accesses weaker than `seq_cst`, else SC |
//! | `# executions: N` | how many complete executions there are: Mazurkiewicz traces under SC, execution graphs under RC11 |
//! | `# outcomes: {A} {B / C}` | the different outputs of all executions, lines joined by ` / ` |
//! | `# prints: LINE` | every run prints these lines, in this order, and no others |
//! | `# args: A B` | the arguments for which the above holds |
//! | `# exit: N` | the exit code, if it is not 0 |
//! | `# orders: N` | over all interleavings, this many different outputs |
//!
//! Does not see: what needs a schedule that the machine does not happen to take. Runs on real
//! threads can refute a header and never confirm one.

use std::fs;
use std::path::{Path, PathBuf};

use drawloom::interp::{Trap, TrapKind};
use drawloom::lang::{Language, compile};
use drawloom::{Finished, Limits, Loading, il};

#[path = "common/guest.rs"]
mod guest;

/// A program of one of the folders.
struct Program {
    /// As `correct/counter.il`.
    name: String,
    language: Language,
    text: String,
}

impl Program {
    /// What the header says after this key, once per line that has it.
    fn header(&self, key: &str) -> Vec<&str> {
        let of_key = |line: &'_ str| -> Option<usize> {
            let rest = line.strip_prefix("# ")?.strip_prefix(key)?.strip_prefix(": ")?;
            Some(line.len() - rest.len())
        };
        let header = self.text.lines().take_while(|line| line.starts_with('#'));
        header.filter_map(|line| of_key(line).map(|at| &line[at..])).collect()
    }

    /// The outputs that the header allows; `None` when it allows any.
    fn outputs(&self) -> Option<Vec<String>> {
        let prints = self.header("prints");
        if !prints.is_empty() {
            return Some(vec![prints.join(" / ")]);
        }
        let outcomes = self.header("outcomes");
        let list = outcomes.first()?.strip_prefix('{')?.strip_suffix('}')?;
        Some(list.split("} {").map(str::to_owned).collect())
    }

    /// One run on real threads, and what it printed, its lines joined by ` / `.
    fn run(&self, steps: Option<u64>) -> (Finished, String) {
        let printed = guest::Printed::default();
        let arguments = self.header("args").into_iter().flat_map(str::split_whitespace);
        let finished = Loading::new(guest::code_of(self.language, &self.text))
            .arguments(arguments.map(str::to_owned).collect())
            .limits(Limits { steps, ..Limits::default() })
            .output(printed.clone())
            .initialise()
            .run();
        let lines = printed.text().lines().collect::<Vec<_>>().join(" / ");
        (finished, lines)
    }
}

/// The programs of one folder, in the order of their names.
fn programs(folder: &str) -> Vec<Program> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs").join(folder);
    let entries = fs::read_dir(&path).expect("the folder can be read");
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("it has entries").path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let language = Language::of_path(&path)?;
        let text = fs::read_to_string(&path).expect("a program is a text");
        let file = path.file_name()?.to_str()?;
        Some(Program { name: format!("{folder}/{file}"), language, text })
    };
    let programs: Vec<Program> = paths.into_iter().filter_map(read).collect();
    assert!(!programs.is_empty());
    programs
}

/// The keys above.
const KEYS: &[&str] =
    &["expect", "memory", "executions", "outcomes", "prints", "args", "exit", "orders"];

/// Steps of a run that need not end: soon spent by threads that go round and round.
const STEPS_MAX: u64 = 100_000;

#[test]
fn every_program_compiles_and_verifies() {
    for folder in ["correct", "wrong"] {
        for program in programs(folder) {
            let verified = compile(program.language, &program.text).and_then(il::verify);
            assert_eq!(verified.err(), None, "{}", program.name);
        }
    }
}

#[test]
fn every_program_says_what_to_expect_of_it() {
    for program in programs("correct") {
        assert_eq!(program.header("expect"), ["verified"], "{}", program.name);
    }
    let kinds = ["race", "deadlock", "livelock", "lost wakeup", "leak"];
    for program in programs("wrong") {
        let expected = program.header("expect");
        let is_known = |line: &&str| kinds.contains(line) || line.starts_with("trap ");
        assert!(!expected.is_empty() && expected.iter().all(is_known), "{}", program.name);
    }
}

#[test]
fn every_header_is_prose_an_empty_line_and_keys() {
    for program in ["correct", "wrong"].into_iter().flat_map(programs) {
        let name = &program.name;
        let header: Vec<_> =
            program.text.lines().take_while(|line| line.starts_with('#')).collect();
        let gap = header.iter().position(|line| *line == "#");
        let gap = gap.unwrap_or_else(|| panic!("{name}: no empty line in the header"));
        assert!((1..=7).contains(&gap), "{name}: {gap} lines of prose");
        let keys: usize = KEYS.iter().map(|key| program.header(key).len()).sum();
        assert_eq!(keys, header.len() - gap - 1, "{name}: unknown keys, or keys in the prose");
    }
}

#[test]
fn the_values_of_the_keys_can_be_read() {
    let is_count = |text: &&str| text.parse::<u64>().is_ok();
    for program in ["correct", "wrong"].into_iter().flat_map(programs) {
        let name = &program.name;
        for key in ["executions", "exit", "orders"] {
            let values = program.header(key);
            assert!(values.len() <= 1 && values.iter().all(is_count), "{name}: {key}");
        }
        let memory = program.header("memory");
        assert!(matches!(memory[..], [] | ["sc" | "rc11"]), "{name}: {memory:?}");
        let outcomes = program.header("outcomes");
        assert!(outcomes.is_empty() || program.header("prints").is_empty(), "{name}: both outputs");
        if let [line] = outcomes[..] {
            let mut outputs = program.outputs().unwrap_or_else(|| panic!("{name}: {line}"));
            let count = outputs.len();
            outputs.sort();
            outputs.dedup();
            assert!(outputs.len() == count && count >= 2, "{name}: {line}");
        } else {
            assert!(outcomes.is_empty(), "{name}: one line of outcomes");
        }
    }
}

#[test]
fn correct_programs_run_as_their_headers_say_fifty_times() {
    for program in programs("correct") {
        let exit = program.header("exit").first().map_or(0, |code| code.parse().expect("a number"));
        let allowed = program.outputs();
        for _ in 0..50 {
            let (finished, printed) = program.run(None);
            assert_eq!(finished.result, Ok(exit), "{}", program.name);
            let is_allowed = allowed.as_ref().is_none_or(|outputs| outputs.contains(&printed));
            assert!(is_allowed, "{} printed {printed}", program.name);
        }
    }
}

#[test]
fn wrong_programs_go_wrong_as_their_headers_say_or_not_at_all() {
    let is_named = |expected: &str, trap: &Trap| match expected.split_once(' ') {
        Some(("trap", message)) => trap.message == message,
        _ => match expected {
            // The machine calls every wait that cannot end a deadlock.
            "deadlock" | "lost wakeup" => trap.kind == TrapKind::Deadlock,
            _ => false,
        },
    };
    for program in programs("wrong") {
        for _ in 0..20 {
            let Err(trap) = program.run(Some(STEPS_MAX)).0.result else { continue };
            if trap.kind == TrapKind::StepLimit {
                continue; // It was going round, for ever or not.
            }
            let is_named = program.header("expect").iter().any(|it| is_named(it, &trap));
            assert!(is_named, "{}: {trap}", program.name);
        }
    }
}

/// One row per program, whose last two cells are what the program's header says.
#[test]
fn programs_md_lists_every_program_with_its_expectation() {
    let page = fs::read_to_string("docs/PROGRAMS.md").expect("the page is there");
    let mut rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| [")).collect();
    for program in ["correct", "wrong"].into_iter().flat_map(programs) {
        let name = &program.name;
        let begin = format!("| [{name}](../programs/{name}) | ");
        let at = rows.iter().position(|row| row.starts_with(&begin));
        let row = rows.remove(at.unwrap_or_else(|| panic!("no row for {name}")));
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let expected = program.header("expect").join("; ");
        let executions = program.header("executions").join("");
        assert_eq!(cells[3..], [expected.as_str(), executions.as_str()], "{name}");
    }
    assert!(rows.is_empty(), "rows without a program: {rows:?}");
}
