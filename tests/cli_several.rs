//! Several programs in one run: they are checked at once, and what is reported does not depend on how many; a run that
//! is stopped has all of them in its reports.
#![cfg(feature = "cli")]

use std::fs;

use serde_json::Value;

#[cfg(target_os = "linux")]
#[path = "common/ctrl_c.rs"]
mod ctrl_c;
#[path = "common/said.rs"]
mod said;

use said::Folder;

const ATOMIC: &str = "il 0.3.0
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
global i64 @word = 0
func @child() -> void {
entry:
  %word = gaddr @word
ADDS  ret
}
func @main() -> void {
entry:
  %one = call @Viper.Threads.Thread.Start(@child, null)
  %two = call @Viper.Threads.Thread.Start(@child, null)
  call @Viper.Threads.Thread.Join(%one)
  call @Viper.Threads.Thread.Join(%two)
  ret
}
";

/// Two threads, each of which adds so many times.
fn adds(count: usize) -> String {
    let add = |at| format!("  %old{at} = atomic.rmw add i64, %word, 1, seq_cst\n");
    ATOMIC.replace("ADDS", &(0..count).map(add).collect::<String>())
}

/// Both write, and nothing orders that.
fn race() -> String {
    ATOMIC.replace("ADDS", "  store i64, %word, 7\n")
}

const REPORTS: &str = "--report r.json --report r.xml --report r.sarif --html r.html";

/// What does not depend on the time that a run took: what differs between two runs is a number.
fn without_numbers(text: &str) -> String {
    let mut rest = text.chars().peekable();
    let mut out = String::new();
    while let Some(next) = rest.next() {
        out.push(if next.is_ascii_digit() { '#' } else { next });
        while next.is_ascii_digit()
            && rest.next_if(|it| it.is_ascii_digit() || ".,".contains(*it)).is_some()
        {}
    }
    // A time may be long enough to be without a space before it.
    out.replace("[ ", "[").replace("[ ", "[").replace("[ ", "[").replace(", slow", "")
}

fn json(folder: &Folder) -> Value {
    serde_json::from_str(&folder.read("r.json")).expect("JSON")
}

/// The report without times.
fn facts(folder: &Folder) -> Value {
    let mut programs = json(folder);
    for program in programs.as_array_mut().expect("programs") {
        for search in program["searches"].as_array_mut().expect("searches") {
            search["seconds"] = Value::Null;
            search["executions_per_second"] = Value::Null;
        }
    }
    programs
}

/// Which violation a search over graphs finds first depends on the cores that it uses.
#[test]
fn reports_do_not_depend_on_how_many_programs_are_checked_at_once() {
    let mut folder = Folder::new().with("all/nonsense.il", "il 0.3.0\nfrob\n");
    for name in ["abba.il", "message_passing.il", "store_buffering.il", "park_twice.il"] {
        let path = format!("{}/programs/wrong/{name}", env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(path).expect("it is there");
        folder = folder.with(&format!("all/{name}"), &text);
    }
    // The first one takes longest, so that others end before it.
    let folder = folder.with("all/a.il", &adds(5)).with("all/z.il", &adds(1));
    let command = "check all --expect ignore --memory rc11 --search graphs";
    let run = |jobs: u32| {
        let said = folder.drawloom(&format!("{command} -j {jobs} {REPORTS}"));
        assert_eq!(said.code, 2, "{}", said.stderr);
        let files = ["r.xml", "r.sarif", "r.html"].map(|it| without_numbers(&folder.read(it)));
        (facts(&folder), without_numbers(&said.stdout), files, said.stderr)
    };
    let alone = run(1);
    let programs = alone.0.as_array().expect("programs");
    assert_eq!(programs.len(), 7);
    assert_eq!(programs[0]["searches"][0]["executions"], 252);
    let repeat = programs[1]["searches"][0]["repeat"].as_str().expect("a command");
    assert!(repeat.contains(" --jobs 1"), "it shows the same violation: {repeat}");
    for jobs in [2, 3, 16] {
        assert_eq!(run(jobs), alone, "{jobs} at once");
    }
}

/// The first of two programs does not end by itself: both are checked at once, or the second one would not be begun.
#[test]
fn what_is_wrong_stops_all_that_is_checked_beside_it() {
    let folder = Folder::new()
        .with("all/a.il", &adds(40))
        .with("all/b.il", &race())
        .with("all/c.il", &adds(1))
        .with("all/d.il", &adds(1));
    let said = folder
        .drawloom(&format!("check all -j 2 --search traces --time 20s --fail-fast {REPORTS}"));
    assert_eq!(said.code, 1, "{}", said.stdout);
    assert!(said.stderr.contains("--fail-fast: 3 programs were left out"), "{}", said.stderr);
    assert!(said.stdout.contains("1 wrong, 3 not run, "), "{}", said.stdout);
    let programs = json(&folder);
    assert_eq!(programs[1]["conclusion"], "wrong");
    assert!(!said.stdout.contains("interrupt"), "nobody has: {}", said.stdout);
    for at in [0, 2, 3] {
        assert_eq!(programs[at]["not_run"], "--fail-fast", "{}", programs[at]);
    }
}

/// Presses Ctrl-C when the first program has ended and the second one, which does not, has begun.
#[cfg(target_os = "linux")]
#[test]
fn a_run_that_is_interrupted_reports_what_ended_what_was_begun_and_what_was_not() {
    use std::io::{BufRead as _, BufReader};
    use std::process::Stdio;

    let folder = Folder::new()
        .with("all/a.il", &adds(1))
        .with("all/b.il", &adds(40))
        .with("all/c.il", &adds(1));
    let arguments = format!("check all -j 1 --search traces {REPORTS}");
    let mut child = said::command::drawloom()
        .args(arguments.split(' '))
        .current_dir(folder.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut first = String::new();
    let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    stdout.read_line(&mut first).expect("a line");
    assert!(first.contains("a.il: verified"), "{first}");
    // Then the next one begins at once.
    std::thread::sleep(std::time::Duration::from_millis(500));
    // What it prints from now on must be read, so that it can end.
    let rest = std::thread::spawn(move || std::io::read_to_string(stdout).expect("UTF-8"));
    let output = ctrl_c::interrupted(child);
    let stdout = rest.join().expect("it was read");
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("interrupted: 1 program was left out"), "{stderr}");
    assert!(stdout.contains("3 programs, 1 fine, 1 unfinished, 1 not run, "), "{stdout}");
    let programs = json(&folder);
    let conclusions: Vec<&str> =
        (0..3).filter_map(|at| programs[at]["conclusion"].as_str()).collect();
    assert_eq!(conclusions, ["fine", "unfinished", "unfinished"]);
    assert_eq!(programs[1]["searches"][0]["bounds"][0], "interrupted");
    assert_eq!(programs[2]["headline"], "all/c.il: not run: interrupted");
    assert_eq!(programs[2]["searches"].as_array().map(Vec::len), Some(0));
    let junit = folder.read("r.xml");
    assert!(junit.contains("tests=\"3\" skipped=\"1\" errors=\"1\" failures=\"0\""), "{junit}");
    assert!(junit.contains("<skipped message=\"all/c.il: not run: interrupted\"/>"), "{junit}");
    let sarif: Value = serde_json::from_str(&folder.read("r.sarif")).expect("JSON");
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let told = invocation["toolExecutionNotifications"].as_array().expect("notifications");
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[2]["message"]["text"], "all/c.il: not run: interrupted");
    let page = folder.read("r.html");
    assert!(page.contains("not run: interrupted") && page.contains("1 not run"), "{page}");
}

/// Every engine can be asked about several programs at once, also one whose search takes no cores.
#[test]
fn the_programs_of_a_run_take_cores_whatever_the_engine_takes() {
    let folder = Folder::new().with("all/a.il", &adds(1)).with("all/b.il", &adds(1));
    for engine in ["explorer --search traces", "stress", "all"] {
        let options = format!("-j 2 --max-executions 20 --engine {engine}");
        let said = folder.drawloom(&format!("check all {options}"));
        assert_ne!(said.code, 2, "{engine}: {}", said.stderr);
        let said = folder.drawloom(&format!("check all/a.il {options}"));
        assert_eq!(said.code == 2, engine != "all", "{engine}: {}", said.stderr);
    }
}
