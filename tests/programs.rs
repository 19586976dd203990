//! The guest programs under `programs/`: they verify, each says what to expect of it, and runs on
//! real threads, in each thread model, never contradict that.
//!
//! What a header may say stands in docs/CHECKING.md, and [`Expectation`] reads it.
//!
//! Does not see: what needs a schedule that the machine does not happen to take. Runs on real
//! threads can refute a header and never confirm one.
#![cfg(feature = "cli")]

use std::fs;
use std::path::{Path, PathBuf};

use drawloom::guest::{Expectation, Expected};
use drawloom::interp::{Trap, TrapKind};
use drawloom::lang::{Language, compile};
use drawloom::reference::ViolationKind;
use drawloom::{
    il,
    native::{Finished, Limits, Loading, ThreadModel},
};

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
    /// What the header says.
    fn expectation(&self) -> Expectation {
        let header = Expectation::read(&self.text);
        let header = header.unwrap_or_else(|errors| panic!("{}: {errors:?}", self.name));
        header.unwrap_or_else(|| panic!("{}: no header", self.name))
    }

    /// One run on real threads, or on data, and what it printed, its lines joined by ` / `.
    fn run(&self, threads: ThreadModel, steps: Option<u64>) -> (Finished, String) {
        let printed = guest::Printed::default();
        let finished = Loading::new(guest::code_of(self.language, &self.text))
            .arguments(self.expectation().arguments)
            .limits(Limits { steps, ..Limits::default() })
            .threads(threads)
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
        assert_eq!(program.expectation().violations, [], "{}", program.name);
    }
    for program in programs("wrong") {
        assert!(!program.expectation().violations.is_empty(), "{}", program.name);
    }
}

#[test]
fn every_header_has_prose_before_its_empty_line() {
    for program in ["correct", "wrong"].into_iter().flat_map(programs) {
        let mut header = program.text.lines().take_while(|line| line.starts_with(['#', '\'']));
        let prose = header.position(|line| matches!(line, "#" | "'"));
        assert!(matches!(prose, Some(1..=7)), "{}: {prose:?} lines of prose", program.name);
    }
}

#[test]
fn outputs_are_named_in_one_way_and_several_where_there_are_several() {
    for program in ["correct", "wrong"].into_iter().flat_map(programs) {
        let (name, expectation) = (&program.name, program.expectation());
        if let Some(outputs) = expectation.outputs {
            assert!(outputs.len() >= 2 && expectation.prints.is_none(), "{name}: {outputs:?}");
        }
    }
}

#[test]
fn correct_programs_run_as_their_headers_say_fifty_times_in_each_model() {
    for program in programs("correct") {
        let expectation = program.expectation();
        let exit = expectation.exit.unwrap_or(0);
        let prints = expectation.prints.map(|lines| [lines.join(" / ")].into());
        let allowed = prints.or(expectation.outputs);
        for model in guest::THREAD_MODELS {
            for _ in 0..50 {
                let (finished, printed) = program.run(model, None);
                assert_eq!(finished.result, Ok(exit), "{} {model:?}", program.name);
                let is_allowed = allowed.as_ref().is_none_or(|outputs| outputs.contains(&printed));
                assert!(is_allowed, "{} {model:?} printed {printed}", program.name);
            }
        }
    }
}

#[test]
fn wrong_programs_go_wrong_as_their_headers_say_or_not_at_all() {
    let is_named = |expected: &Expected, trap: &Trap| match expected {
        Expected::Trap(words) => trap.message.contains(words),
        // The machine calls every wait that cannot end a deadlock.
        Expected::Kind(ViolationKind::Deadlock | ViolationKind::LostWakeup) => {
            trap.kind == TrapKind::Deadlock
        }
        // Without checks it traps, or goes on with whatever it finds.
        Expected::Kind(kind) => kind.is_of_memory(),
    };
    for program in programs("wrong") {
        let expected = program.expectation().violations;
        for run in 0..60 {
            let model = guest::THREAD_MODELS[run % guest::THREAD_MODELS.len()];
            let Err(trap) = program.run(model, Some(STEPS_MAX)).0.result else { continue };
            if trap.kind == TrapKind::StepLimit {
                continue; // It was going round, for ever or not.
            }
            let is_named = expected.iter().any(|it| is_named(it, &trap));
            assert!(is_named, "{} {model:?}: {trap}", program.name);
        }
    }
}

/// A violation as headers and the page call it.
fn written(expected: &Expected) -> String {
    match expected {
        Expected::Kind(ViolationKind::DataRace) => "race".to_owned(),
        expected => expected.to_string(),
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
        let expectation = program.expectation();
        let found: Vec<String> = expectation.violations.iter().map(written).collect();
        let expected = if found.is_empty() { "verified".to_owned() } else { found.join("; ") };
        let executions = expectation.executions.map_or(String::new(), |count| count.to_string());
        assert_eq!(cells[3..], [expected.as_str(), executions.as_str()], "{name}");
    }
    assert!(rows.is_empty(), "rows without a program: {rows:?}");
}
