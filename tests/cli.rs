//! The `drawloom` command as its user meets it: what it prints, where, and with which exit code.
#![cfg(feature = "cli")]
#![allow(clippy::format_push_string)] // programs as text read best as one format each

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use drawloom::guest::{Expectation, Expected};
use drawloom::reference::ViolationKind;
use tempfile::TempDir;

#[path = "common/command.rs"]
mod command;
#[cfg(target_os = "linux")]
#[path = "common/ctrl_c.rs"]
mod ctrl_c;

fn drawloom() -> Command {
    let mut command = command::drawloom();
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

/// Runs to the end.
fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().expect("it starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// A file in a folder of its own.
fn file(name: &str, content: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, content).expect("it is written");
    (folder, path)
}

/// Runs a text with options; exit code, stdout, stderr.
fn run(name: &str, content: impl AsRef<[u8]>, options: &[&str]) -> (i32, String, String) {
    let (_folder, path) = file(name, content);
    run_path(&path, options)
}

fn run_path(path: &Path, options: &[&str]) -> (i32, String, String) {
    let output = output(drawloom().arg("run").arg(path).args(options));
    let code = output.status.code().expect("no signal ended it");
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(!stderr.contains("panicked"), "{stderr}");
    (code, stdout.to_owned(), stderr.to_owned())
}

fn main_with(body: &str) -> String {
    format!("il 0.3.0\n{EXTERNS}func @main() -> i64 {{\nentry:\n{body}}}\n")
}

const EXTERNS: &str = "extern @Viper.Terminal.SayInt(i64) -> void
extern @Viper.Terminal.Say(str) -> void
extern @Viper.Memory.Alloc(i64) -> ptr
extern @Viper.Environment.GetArgument(i64) -> str
extern @Viper.Environment.GetArgumentCount() -> i64
extern @Viper.Threads.Monitor.Enter(ptr) -> void
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Sleep(i64) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
";

fn expectation(path: &Path) -> Expectation {
    let text = fs::read_to_string(path).expect("a text");
    let header = Expectation::read(&text).unwrap_or_else(|it| panic!("{}: {it:?}", path.display()));
    header.unwrap_or_else(|| panic!("{}: no header", path.display()))
}

fn programs(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs").join(folder);
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| drawloom::lang::Language::of_path(path).is_some());
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

#[test]
fn correct_programs_do_what_their_headers_say() {
    for path in programs("correct") {
        let expectation = expectation(&path);
        let mut options = vec!["--"];
        options.extend(expectation.arguments.iter().map(String::as_str));
        let (code, stdout, stderr) = run_path(&path, &options);
        let exit = expectation.exit.unwrap_or(0);
        assert_eq!((i64::from(code), stderr.as_str()), (exit, ""), "{}", path.display());
        if let Some(prints) = expectation.prints {
            assert_eq!(stdout.lines().collect::<Vec<_>>(), prints, "{}", path.display());
        }
    }
}

#[test]
fn wrong_programs_go_wrong_in_a_way_that_their_headers_name_or_not_at_all() {
    for path in programs("wrong") {
        let (code, _, stderr) = run_path(&path, &["--machine-steps", "100000"]);
        let is_named = expectation(&path).violations.iter().any(|expected| match expected {
            Expected::Trap(words) => stderr.contains(words),
            // A run calls every wait that cannot end a deadlock.
            Expected::Kind(ViolationKind::Deadlock | ViolationKind::LostWakeup) => {
                stderr.contains("trap: deadlock")
            }
            // Without checks it traps, or goes on with whatever it finds.
            Expected::Kind(kind) if kind.is_of_memory() => stderr.contains("trap: "),
            Expected::Kind(_) => false,
        });
        // Threads that go round and round may do so for ever.
        let is_named = is_named || stderr.contains("trap: step-limit");
        assert!(code == 0 && stderr.is_empty() || code == 1 && is_named, "{code} {stderr}");
    }
}

#[test]
fn what_main_returns_is_the_exit_code() {
    assert_eq!(run("a.il", main_with("  ret 42\n"), &[]).0, 42);
    assert_eq!(run("a.il", main_with("  ret 258\n"), &[]).0, 2);
    let void = "il 0.3.0\nfunc @main() -> void {\nentry:\n  ret\n}\n";
    assert_eq!(run("a.il", void, &[]), (0, String::new(), String::new()));
    for (ty, value, code) in [("i1", "true", 1), ("i16", "-1", 255), ("i32", "300", 44)] {
        let main = format!("il 0.3.0\nfunc @main() -> {ty} {{\nentry:\n  ret {value}\n}}\n");
        assert_eq!(run("a.il", &main, &[]).0, code, "{ty}");
    }
    let float = "il 0.3.0\nfunc @main() -> f64 {\nentry:\n  ret 1.0\n}\n";
    let (code, _, stderr) = run("a.il", float, &[]);
    assert_eq!(code, 2);
    assert!(stderr.contains("not without parameters, to an integer or void"), "{stderr}");
}

#[test]
fn a_trap_is_shown_with_its_line_and_exits_with_1() {
    let (code, stdout, stderr) = run("a.il", main_with("  %x = sdiv.chk0 1, 0\n  ret %x\n"), &[]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.contains("trap: divide-by-zero: division by zero"), "{stderr}");
    assert!(stderr.contains("%x = sdiv.chk0 1, 0"), "{stderr}");
    assert!(stderr.contains("at @main, block entry, instruction 0"), "{stderr}");
    assert!(!stderr.contains('\x1b'), "no colours in a pipe");
}

#[test]
fn each_limit_has_an_option_and_a_trap() {
    let endless = "  br ^loop\nloop:\n  br ^loop\n";
    let recursive = "  %x = call @main()\n  ret %x\n";
    let allocates = "  %at = call @Viper.Memory.Alloc(80000)\n  ret 0\n";
    let prints = "  call @Viper.Terminal.SayInt(123456789)\n  ret 0\n";
    let starts = "  %t = call @Viper.Threads.Thread.Start(@child, null)\n  ret 0\n}\n\
                  func @child() -> void {\nentry:\n  ret\n";
    for (body, options, kind) in [
        (endless, ["--machine-steps", "1000"], "step-limit"),
        (recursive, ["--stack", "4096"], "stack-overflow"),
        (allocates, ["--heap", "1000"], "out-of-memory"),
        (allocates, ["--memory", "1000"], "out-of-memory"),
        (prints, ["--max-output", "9"], "output-limit"),
        (starts, ["--max-threads", "1"], "thread-limit"),
    ] {
        let (code, stdout, stderr) = run("a.il", main_with(body), &options);
        assert_eq!((code, stdout.as_str()), (1, ""), "{options:?}: {stderr}");
        assert!(stderr.contains(&format!("trap: {kind}: ")), "{options:?}: {stderr}");
    }
}

#[test]
fn endless_recursion_is_a_trap_with_a_backtrace_that_is_cut() {
    let (code, _, stderr) = run("a.il", main_with("  %x = call @main()\n  ret %x\n"), &[]);
    assert_eq!(code, 1);
    assert!(stderr.contains("trap: stack-overflow: "), "{stderr}");
    assert!(stderr.lines().count() < 100, "{} lines", stderr.lines().count());
}

#[test]
fn arguments_after_two_dashes_reach_the_guest() {
    let body = "  %n = call @Viper.Environment.GetArgumentCount()\n  \
                %a = call @Viper.Environment.GetArgument(1)\n  call @Viper.Terminal.Say(%a)\n  ret %n\n";
    let (code, stdout, _) = run("a.il", main_with(body), &["--", "one", "--max-steps", "x y"]);
    assert_eq!((code, stdout.as_str()), (3, "--max-steps\n"));
}

#[test]
fn on_exit_says_whether_other_threads_are_waited_for() {
    let body = "  %t = call @Viper.Threads.Thread.Start(@child, null)\n  ret 0\n}\n\
                func @child() -> void {\nentry:\n  br ^loop\nloop:\n  br ^loop\n";
    assert_eq!(run("a.il", main_with(body), &["--on-exit", "interrupt"]).0, 0);
    let limited = ["--on-exit", "join", "--machine-steps", "100000"];
    let (code, _, stderr) = run("a.il", main_with(body), &limited);
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("in guest thread 1"), "{stderr}");
}

#[test]
fn stats_go_to_stderr() {
    let (code, stdout, stderr) = run("a.il", main_with("  ret 0\n"), &["--stats"]);
    assert_eq!((code, stdout.as_str()), (0, ""));
    assert!(stderr.contains("steps    ") && stderr.contains("threads  1\n"), "{stderr}");
}

/// Pipes a text into `run -`.
fn run_stdin(content: &[u8], options: &[&str]) -> (i32, String, String) {
    let mut child = drawloom()
        .args(["run", "-"])
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("piped");
    // It may stop reading before all is written.
    let _ = stdin.write_all(content);
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let code = output.status.code().expect("no signal ended it");
    (code, text(&output.stdout).into(), text(&output.stderr).into())
}

#[test]
fn stdin_is_a_program_when_the_language_is_given() {
    let body = main_with("  call @Viper.Terminal.SayInt(7)\n  ret 0\n");
    let (code, stdout, _) = run_stdin(body.as_bytes(), &["--language", "il"]);
    assert_eq!((code, stdout.as_str()), (0, "7\n"));
    let (code, _, stderr) = run_stdin(body.as_bytes(), &[]);
    assert_eq!(code, 2);
    assert!(stderr.contains("needs --language"), "{stderr}");
}

#[test]
fn what_is_no_program_is_refused_with_its_place_and_2() {
    let folder = TempDir::new().expect("a folder");
    let directory = folder.path().join("a.il");
    fs::create_dir(&directory).expect("made");
    let (code, _, stderr) = run_path(&directory, &[]);
    assert!(code == 2 && stderr.contains("is a directory"), "{code} {stderr}");
    let (code, _, stderr) = run_path(&folder.path().join("missing.il"), &[]);
    assert!(code == 2 && stderr.contains("missing.il: "), "{code} {stderr}");

    let cases: &[(&str, &[u8], &str)] = &[
        ("a.il", b"", "il 0.3.0"),
        ("a.tvm", b"il 0.3.0\n", "unknown instruction 'il'"),
        ("a.il", b"il 0.3.0\n\0\x01\x02", "a.il:2:1: a zero byte"),
        ("a.il", b"il 0.3.0\nfunc \xff", "a.il:2:6: not UTF-8"),
        ("a.txt", b"il 0.3.0\n", "unknown ending"),
        ("a", b"il 0.3.0\n", "unknown ending"),
        ("a.il", b"il 0.3.0\n", "no function '@main'"),
        ("a.il", b"il 0.3.0\nfunc @main() -> i64 {\nentry:\n  ret %x\n}\n", "'%x' is not defined"),
    ];
    for (name, content, expected) in cases {
        let (code, stdout, stderr) = run(name, content, &[]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{name} {stderr}");
        assert!(stderr.contains(expected), "{name}: {stderr}");
    }
}

#[test]
fn an_empty_tinyvm_program_has_nothing_to_run_and_says_so_or_runs() {
    let (code, stdout, stderr) = run("a.tvm", "", &[]);
    assert!(code == 2 && stdout.is_empty() || code == 0 && stderr.is_empty(), "{code} {stderr}");
}

#[test]
fn bad_options_exit_with_2() {
    for options in
        [&["--max-threads", "0"][..], &["--stack", "1"], &["--nonsense"], &["--on-exit", "x"]]
    {
        assert_eq!(run("a.il", main_with("  ret 0\n"), options).0, 2, "{options:?}");
    }
    assert_eq!(output(&mut drawloom()).status.code(), Some(2), "no command at all");
    assert_eq!(output(drawloom().arg("--help")).status.code(), Some(0));
}

#[test]
fn a_file_of_100_mb_is_refused_at_once() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("a.il");
    // Sparse: nothing is written.
    fs::File::create(&path).and_then(|file| file.set_len(100 << 20)).expect("it is made");
    let (code, _, stderr) = run_path(&path, &[]);
    assert!(code == 2 && stderr.contains("larger than 64 MiB"), "{code} {stderr}");
}

#[test]
fn a_line_of_10_mb_is_an_error_that_can_be_read() {
    let line = "x".repeat(10 << 20);
    for (name, content) in [("a.il", format!("il 0.3.0\n{line}\n")), ("a.tvm", line.clone())] {
        let (code, _, stderr) = run(name, content, &[]);
        assert_eq!(code, 2, "{name}");
        assert!(stderr.len() < 100_000, "{name}: {} bytes of error", stderr.len());
    }
}

#[test]
fn huge_programs_compile() {
    fn blocks(count: usize) -> String {
        let mut text = String::from("  br ^b0\n");
        for at in 0..count {
            text += &format!("b{at}:\n  br ^b{}\n", at + 1);
        }
        main_with(&(text + &format!("b{count}:\n  ret 0\n")))
    }
    fn functions(count: usize) -> String {
        let mut text = main_with("  ret 0\n");
        for at in 0..count {
            text += &format!("func @f{at}(i64 %x) -> i64 {{\nentry:\n  ret %x\n}}\n");
        }
        text
    }
    fn instructions(count: usize) -> String {
        let mut text = String::from("  %x0 = add 1, 1\n");
        for at in 0..count {
            text += &format!("  %x{} = add %x{at}, 1\n", at + 1);
        }
        main_with(&(text + "  ret 0\n"))
    }
    for (name, make) in [
        ("blocks", blocks as fn(usize) -> String),
        ("functions", functions),
        ("instructions", instructions),
    ] {
        // What is quadratic in this takes minutes.
        let (_folder, path) = file("a.il", make(100_000));
        let (code, _, stderr) = run_path(&path, &[]);
        assert_eq!(code, 0, "{name}: {stderr}");
    }
}

#[test]
fn a_deadlock_names_the_circle() {
    let text = format!(
        "il 0.3.0\n{EXTERNS}global i64 @a = 0\nglobal i64 @b = 0
func @child() -> void {{
entry:
  %b = gaddr @b
  %a = gaddr @a
  call @Viper.Threads.Monitor.Enter(%b)
  call @Viper.Threads.Thread.Sleep(30)
  call @Viper.Threads.Monitor.Enter(%a)
  ret
}}
func @main() -> i64 {{
entry:
  %a = gaddr @a
  %b = gaddr @b
  call @Viper.Threads.Monitor.Enter(%a)
  %t = call @Viper.Threads.Thread.Start(@child, null)
  call @Viper.Threads.Thread.Sleep(60)
  call @Viper.Threads.Monitor.Enter(%b)
  ret 0
}}
"
    );
    let (code, _, stderr) = run("a.il", text, &[]);
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("trap: deadlock: "), "{stderr}");
    assert!(
        stderr.contains("which thread 0 has") && stderr.contains("which thread 1 has"),
        "{stderr}"
    );
}

#[test]
fn colours_are_for_terminals_only() {
    let (_folder, path) = file("a.il", main_with("  trap\n"));
    for no_color in [false, true] {
        let mut command = drawloom();
        command.arg("run").arg(&path);
        if no_color {
            command.env("NO_COLOR", "1");
        }
        let output = output(&mut command);
        assert_eq!(output.status.code(), Some(1));
        assert!(!output.stderr.contains(&0x1b), "{}", text(&output.stderr));
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_program_without_a_word() {
    let endless =
        main_with("  br ^loop\nloop:\n  call @Viper.Terminal.SayInt(12345678)\n  br ^loop\n");
    let (_folder, path) = file("a.il", endless);
    let mut child = drawloom()
        .arg("run")
        .arg(&path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut first = [0; 9];
    child.stdout.as_mut().expect("piped").read_exact(&mut first).expect("it prints");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(141), ""));
}

#[cfg(target_os = "linux")]
mod signals {
    use super::*;

    /// Starts a program and presses Ctrl-C, wherever it is then.
    fn interrupted(body: &str) {
        let (_folder, path) = file("a.il", main_with(body));
        let child = drawloom()
            .arg("run")
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let output = ctrl_c::interrupted(child);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{stderr}");
        assert_eq!(stderr, "error: interrupted\n");
    }

    #[test]
    fn ctrl_c_ends_a_long_loop() {
        interrupted("  br ^loop\nloop:\n  br ^loop\n");
    }

    #[test]
    fn ctrl_c_ends_a_join_that_waits() {
        interrupted(
            "  %t = call @Viper.Threads.Thread.Start(@child, null)\n  \
             call @Viper.Threads.Thread.Join(%t)\n  ret 0\n}\n\
             func @child() -> void {\nentry:\n  br ^loop\nloop:\n  br ^loop\n",
        );
    }

    #[test]
    fn ctrl_c_ends_the_longest_sleep_there_is() {
        interrupted("  call @Viper.Threads.Thread.Sleep(9223372036854775807)\n  ret 0\n");
    }

    #[test]
    fn ctrl_c_ends_the_wait_for_threads_at_the_end() {
        interrupted(
            "  %t = call @Viper.Threads.Thread.Start(@child, null)\n  ret 0\n}\n\
             func @child() -> void {\nentry:\n  \
             call @Viper.Threads.Thread.Sleep(1000000)\n  ret\n",
        );
    }
}
