//! What `drawloom` reads and writes: texts that begin oddly, files that are in the way, and an output
//! that nobody reads.
#![cfg(feature = "cli")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

#[path = "common/command.rs"]
mod command;

fn drawloom(arguments: &[&str]) -> Command {
    let mut command = command::drawloom();
    command.args(arguments).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command.stdin(Stdio::null());
    command
}

fn output(arguments: &[&str]) -> Output {
    drawloom(arguments).output().expect("it runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// A file among the inputs of these tests.
fn case(name: &str) -> String {
    format!("{}/tests/cases/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn program(name: &str) -> String {
    format!("{}/programs/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn as_text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn a_program_without_anything_in_it_is_bad_input_in_every_language() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = vec![case("empty.tvm")];
    for ending in ["il", "tvm", "litmus", "bas"] {
        for (name, content) in [("empty", ""), ("blank", "\n\n"), ("mark", "\u{feff}\n")] {
            let path = folder.path().join(format!("{name}.{ending}"));
            fs::write(&path, content).expect("it is written");
            files.push(as_text(&path).to_owned());
        }
    }
    let comment = folder.path().join("comment.il");
    fs::write(&comment, "# nothing\n").expect("it is written");
    files.push(as_text(&comment).to_owned());
    for file in files {
        for command in ["run", "check", "fuzz"] {
            let output = output(&[command, &file]);
            let errors = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{command} {file}: {errors}");
            assert!(errors.contains(&format!("{file}:")), "it has a place: {errors}");
        }
    }
}

#[test]
fn a_byte_order_mark_is_skipped_in_every_language() {
    let folder = tempfile::tempdir().expect("a folder");
    let with_mark = |name: &str| {
        let path = folder.path().join(name.rsplit('/').next().expect("a name"));
        let content = fs::read_to_string(program(name)).expect("it is read");
        fs::write(&path, format!("\u{feff}{content}")).expect("it is written");
        path
    };
    // Their headers are read: a lock order that is wrong is as expected.
    for name in ["wrong/abba.il", "wrong/abba.tvm", "litmus/MP+ra.litmus", "wrong/lost_update.bas"]
    {
        let path = with_mark(name);
        let output = output(&["check", as_text(&path)]);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", text(&output.stdout));
    }
    let marked = output(&["check", &case("byte_order_mark.litmus")]);
    assert!(text(&marked.stdout).contains("States"), "{}", text(&marked.stderr));
    let marked = output(&["run", &case("byte_order_mark.tvm")]);
    assert!(text(&marked.stdout).starts_with("Starting TinyVM"), "{}", text(&marked.stderr));
    let source = fs::File::open(case("byte_order_mark.tvm")).expect("it is there");
    let from_stdin = drawloom(&["run", "-", "--language", "tvm"]).stdin(source).output();
    assert_eq!(from_stdin.expect("it runs").status.code(), Some(0));
}

#[test]
fn a_schedule_fits_the_program_with_and_without_a_byte_order_mark() {
    let folder = tempfile::tempdir().expect("a folder");
    let (schedule, marked) = (folder.path().join("schedule"), folder.path().join("marked.il"));
    let plain = program("wrong/abba.il");
    let content = fs::read_to_string(&plain).expect("it is read");
    fs::write(&marked, format!("\u{feff}{content}")).expect("it is written");
    let saved = output(&["check", as_text(&marked), "--save", as_text(&schedule)]);
    assert_eq!(saved.status.code(), Some(0), "{}", text(&saved.stderr));
    let replayed = output(&["replay", &plain, as_text(&schedule)]);
    assert_eq!(replayed.status.code(), Some(1), "{}", text(&replayed.stderr));
}

#[test]
fn a_schedule_is_not_written_over_what_is_read_or_is_no_schedule() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let (source, input, notes) = (at("abba.il"), at("input.txt"), at("notes.txt"));
    fs::copy(program("wrong/abba.il"), &source).expect("it is copied");
    fs::write(&input, "drawloom schedule 1\n").expect("it is written");
    fs::write(&notes, "buy yarn\n").expect("it is written");
    let hard = at("hard.il");
    fs::hard_link(&source, &hard).expect("it is made");
    for command in ["check", "fuzz"] {
        for target in [&source, &hard, &input, &notes] {
            let before = fs::read(target).expect("it is read");
            let (source, input, target) = (as_text(&source), as_text(&input), as_text(target));
            let output = output(&[command, source, "--input", input, "--save", target]);
            assert_eq!(output.status.code(), Some(2), "{command} {target}");
            assert_eq!(text(&output.stdout), "", "nothing was searched");
            assert_eq!(fs::read(target).expect("it is read"), before, "{command} {target}");
        }
    }
    let schedule = at("schedule");
    for _ in 0..2 {
        let output = output(&["check", as_text(&source), "--save", as_text(&schedule)]);
        assert_eq!(output.status.code(), Some(0), "a schedule may be written over");
    }
}

/// The code that shells report for SIGPIPE; and no word on stderr.
#[test]
fn a_command_whose_output_nobody_reads_ends_without_a_word() {
    let folder = tempfile::tempdir().expect("a folder");
    let schedule = folder.path().join("schedule");
    let (abba, hello) = (program("wrong/abba.il"), program("correct/hello.il"));
    let litmus = program("litmus/MP+ra.litmus");
    let saved = output(&["check", &abba, "--save", as_text(&schedule)]);
    assert_eq!(saved.status.code(), Some(0), "{}", text(&saved.stderr));
    for arguments in [
        &["run", &hello][..],
        &["check", &abba],
        &["check", &abba, "--format", "json"],
        &["check", &litmus],
        &["fuzz", &abba, "--budget", "5"],
        &["replay", &abba, as_text(&schedule)],
        &["completions", "bash"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let child = drawloom(arguments).stdout(writer).stderr(Stdio::piped()).spawn();
        let output = child.expect("it starts").wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(141), "{arguments:?}");
        assert_eq!(text(&output.stderr), "", "{arguments:?}");
    }
}

#[test]
fn lines_of_outcomes_differ_as_the_outcomes_do() {
    for width in ["80", "100", "120"] {
        let case = case("outcomes_alike.tvm");
        let output =
            output(&["check", &case, "--keep-going", "--max-executions", "50", "--width", width]);
        let shown: Vec<&str> =
            text(&output.stdout).lines().filter(|line| line.starts_with("outcome ")).collect();
        let mut distinct: Vec<&str> =
            shown.iter().filter_map(|line| line.split_once(": ")).map(|it| it.1).collect();
        assert_eq!(distinct.len(), 8, "{shown:?}");
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 8, "{shown:?}");
    }
}
