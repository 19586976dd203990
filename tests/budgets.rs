//! Budgets and limits: time, memory, executions and Ctrl-C end every search and sampler, inside one
//! execution too; what ends a program natively ends it here; and what only a searcher's limit causes is
//! no finding.
//!
//! No test looks at a clock. A search without end has to come back by itself; a watchdog is there so
//! that a broken one fails and does not hang.
#![cfg(feature = "cli")]

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

#[path = "common/command.rs"]
mod command;

/// How a process ended.
struct Ended {
    code: i32,
    stdout: String,
    /// The most memory that was resident, in bytes; 0 where the system does not say.
    peak: usize,
}

const LOCAL_LOOP: &str = "local_loop_without_end.il";
const COUNTER: &str = "counter_without_end.il";
const OUTPUT: &str = "output_without_end.il";
/// It has 574 outcomes.
const ARTICLE: &str = "../../programs/correct/article.tvm";
const LONG_LINES: &str = "long_lines_without_end.il";
const STRINGS: &str = "strings_without_end.il";
/// So that no other bound ends what has no end.
const UNBOUNDED: [&str; 4] = ["--max-steps", "4000000000", "--local-steps", "4000000000"];
const SEARCHES: [&str; 4] = ["auto", "traces", "states", "preemptions"];
/// Those that drive the machine, in a build with all features.
const WORLDS: [&str; 6] =
    ["loom", "shuttle-random", "shuttle-pct", "shuttle-urw", "shuttle-dfs", "stress"];
const STRATEGIES: [&str; 5] = ["random", "pct", "urw", "pos", "surw"];

/// The path of a case; a path from the root is one already.
fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)
}

fn start(command: &str, program: &str, options: &[&str]) -> (Child, File) {
    let mut stdout = tempfile::tempfile().expect("a file");
    let child = command::drawloom()
        .arg(command)
        .arg(case(program))
        .args(options)
        .stdout(Stdio::from(stdout.try_clone().expect("another handle")))
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    stdout.rewind().expect("a file");
    (child, stdout)
}

/// Waits for the end; a process that has none within minutes is a failure.
fn end_of(mut child: Child, mut stdout: File) -> Ended {
    let pause = Duration::from_millis(1);
    let mut peak = 0;
    for _ in 0..300_000 {
        peak = peak.max(peak_of(child.id()));
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            let mut text = String::new();
            stdout.rewind().expect("a file");
            stdout.read_to_string(&mut text).expect("text");
            return Ended { code: status.code().unwrap_or(-1), stdout: text, peak };
        }
        sleep(pause);
    }
    let _ = child.kill();
    panic!("it has not ended");
}

fn run(command: &str, program: &str, options: &[&str]) -> Ended {
    let (child, stdout) = start(command, program, options);
    end_of(child, stdout)
}

/// The most that was resident so far, as Linux tells.
fn peak_of(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|it| it.trim().strip_suffix(" kB")?.parse::<usize>().ok());
    kib.unwrap_or(0) << 10
}

fn assert_not_finished(ended: &Ended, bound: &str, what: &str) {
    assert_eq!(ended.code, 3, "{what}: {}", ended.stdout);
    let headline = ended.stdout.lines().next().unwrap_or_default();
    assert!(headline.contains("not finished: ") && headline.contains(bound), "{what}: {headline}");
}

fn check_with(program: &str, search: &[&str], budget: &[&str]) -> Ended {
    let is_on_one_core = search.iter().any(|word| ["traces", "preemptions"].contains(word));
    let jobs = if is_on_one_core { &[][..] } else { &["--jobs", "2"] };
    run("check", program, &[search, budget, &UNBOUNDED, jobs].concat())
}

/// All searches, each with the words that ask for it.
fn searches() -> Vec<Vec<&'static str>> {
    let sequential = SEARCHES.map(|name| vec!["--memory", "sc", "--search", name]);
    let weak = ["auto", "graphs"].map(|name| vec!["--memory", "rc11", "--search", name]);
    sequential.into_iter().chain(weak).collect()
}

#[test]
fn time_ends_a_search_inside_one_execution() {
    for program in [LOCAL_LOOP, COUNTER, OUTPUT] {
        for search in searches() {
            let ended = check_with(program, &search, &["--time", "500ms"]);
            assert_not_finished(
                &ended,
                "the time for the search",
                &format!("{program} {search:?}"),
            );
        }
    }
}

#[test]
fn time_ends_every_sampler_inside_one_execution() {
    for model in ["sc", "rc11"] {
        for strategy in STRATEGIES {
            for program in [LOCAL_LOOP, COUNTER] {
                let options = ["--memory", model, "--strategy", strategy, "--budget", "500ms"];
                let ended = run("fuzz", program, &[&options[..], &UNBOUNDED].concat());
                let what = format!("{program} {model} {strategy}");
                assert_not_finished(&ended, "the time for the search", &what);
            }
        }
    }
}

#[test]
fn time_ends_a_sampler_whose_executions_are_slow() {
    let ended = run("fuzz", "downgrade_livelock_rc11_wrong.il", &["--budget", "1s"]);
    assert!([0, 1, 3].contains(&ended.code), "{}", ended.stdout);
}

/// The engines of this build that drive the machine and can have programs with one thread.
fn worlds() -> impl Iterator<Item = &'static str> {
    let is_built = |engine: &&str| match *engine {
        "loom" => cfg!(feature = "loom"),
        "stress" => true,
        // It is for programs with threads.
        "shuttle-pct" => false,
        _ => cfg!(feature = "shuttle"),
    };
    WORLDS.into_iter().filter(is_built)
}

/// They have bounds of their own, too: that nothing else ends an execution is tested without a process, in
/// `guest_worlds`.
#[test]
fn time_ends_the_engines_that_drive_the_machine() {
    for engine in worlds() {
        for program in [COUNTER, LOCAL_LOOP, OUTPUT] {
            let ended = run("check", program, &["--engine", engine, "--time", "500ms"]);
            assert_not_finished(&ended, "", &format!("{engine} {program}"));
        }
    }
}

/// A program whose child fails if its main thread, which then does this for ever, was there first.
#[cfg(all(unix, feature = "shuttle"))]
fn unless_first(what: &str) -> tempfile::NamedTempFile {
    let text = std::fs::read_to_string(case("loop_unless_first.il")).expect("it is there");
    let mut file = tempfile::Builder::new().suffix(".il").tempfile().expect("a file");
    file.write_all(text.replace("  br again\n}", &format!("  {what}\n  br again\n}}")).as_bytes())
        .expect("it can be written");
    file
}

/// A schedule of shuttle that lets main go first, and millions of steps further.
#[cfg(all(unix, feature = "shuttle"))]
fn long_schedule(program: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().to_str().expect("it is a text");
    let saved = run("check", program, &["--engine", "shuttle-random", "--save", path]);
    assert_eq!(saved.code, 1, "{}", saved.stdout);
    let schedule = std::fs::read_to_string(path).expect("it was written");
    let (begin, _) = schedule.split_once(" 2 ").expect("the child comes to move");
    let text = format!("{begin}{}\n", " 1".repeat(3_000_000));
    std::fs::write(path, text).expect("it can be written");
    file
}

#[test]
#[cfg(all(unix, feature = "shuttle"))]
fn time_memory_and_ctrl_c_end_a_replay_of_shuttle() {
    let print = "call @Viper.Terminal.Say(%late)";
    for (what, options, bound) in [
        ("", &["--time", "500ms"][..], "the time for the search"),
        (print, &["--max-memory", "64M"], "the memory for the search"),
        ("", &[], "an interrupt"),
    ] {
        let program = unless_first(what);
        let program = program.path().to_str().expect("it is a text");
        let schedule = long_schedule(program);
        let schedule = schedule.path().to_str().expect("it is a text");
        let (child, stdout) = start("replay", program, &[&[schedule][..], options].concat());
        if bound == "an interrupt" {
            interrupt(&child);
        }
        assert_not_finished(&end_of(child, stdout), bound, &format!("{what} {options:?}"));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn memory_is_kept_within_a_tenth() {
    const BUDGET: usize = 48 << 20;
    let budget = ["--max-memory", "48M", "--time", "200s"];
    let assert_kept = |ended: &Ended, what: &str| {
        assert_not_finished(ended, "the memory for the search", what);
        assert!(ended.peak <= BUDGET / 10 * 11, "{what}: {} MiB", ended.peak >> 20);
    };
    let sequential = ["traces", "preemptions", "states"];
    for search in sequential.map(|name| ["--memory", "sc", "--search", name]) {
        let ended = check_with(COUNTER, &search, &budget);
        assert_kept(&ended, &format!("{search:?}"));
    }
    let ended = check_with(OUTPUT, &["--search", "traces"], &budget);
    assert_kept(&ended, "output");
    for engine in worlds() {
        for program in [STRINGS, LONG_LINES, "strings_double.il"] {
            let ended = run("check", program, &[&["--engine", engine][..], &budget].concat());
            assert_kept(&ended, &format!("{engine} {program}"));
        }
    }
    for model in ["sc", "rc11"] {
        let ended = check_with(STRINGS, &["--memory", model], &budget);
        assert_kept(&ended, &format!("strings {model}"));
        for strategy in STRATEGIES {
            let options = ["--memory", model, "--strategy", strategy, "--budget", "200s"];
            let ended = run("fuzz", STRINGS, &[&options[..], &budget[..2], &UNBOUNDED].concat());
            assert_kept(&ended, &format!("strings {model} {strategy}"));
        }
    }
}

#[test]
fn a_search_that_needs_less_memory_answers_where_another_would_need_more() {
    let text = std::fs::read_to_string(case("steps_times_memory.il")).expect("it is there");
    let smaller = text.replace("80000", "16000").replace("79000", "15000");
    let mut file = tempfile::Builder::new().suffix(".il").tempfile().expect("a file");
    file.write_all(smaller.as_bytes()).expect("it can be written");
    let path = file.path().to_str().expect("it is a text");
    let traces = run("check", path, &["--max-memory", "30M", "--search", "traces"]);
    assert_not_finished(&traces, "the memory for the search (--max-memory)", "traces");
    let auto = run("check", path, &["--max-memory", "64M"]);
    assert_eq!(auto.code, 0, "{}", auto.stdout);
    assert!(auto.stdout.contains("explorer, states"), "{}", auto.stdout);
}

#[test]
#[cfg(unix)]
fn ctrl_c_ends_the_engines_that_drive_the_machine() {
    // loom and real threads come to a bound of their own soon.
    for engine in worlds().filter(|engine| engine.starts_with("shuttle")) {
        let (child, stdout) = start("check", COUNTER, &["--engine", engine]);
        interrupt(&child);
        assert_not_finished(&end_of(child, stdout), "an interrupt", engine);
    }
}

#[test]
#[cfg(unix)]
fn ctrl_c_ends_a_search_inside_one_execution_with_a_report() {
    let commands: [(&str, &[&str]); 4] = [
        ("check", &["--search", "traces"]),
        ("check", &["--search", "states"]),
        ("check", &["--memory", "rc11"]),
        ("fuzz", &["--budget", "1000s"]),
    ];
    for (command, options) in commands {
        let (child, stdout) = start(command, LOCAL_LOOP, &[options, &UNBOUNDED].concat());
        interrupt(&child);
        let ended = end_of(child, stdout);
        assert_not_finished(&ended, "an interrupt", &format!("{command} {options:?}"));
    }
}

/// Presses Ctrl-C once the process takes that over: then a first one ends the search; until then, the
/// process.
#[cfg(unix)]
fn interrupt(process: &Child) {
    wait_for_handler(process.id());
    let pressed = Command::new("kill").args(["-INT", &process.id().to_string()]).status();
    assert!(pressed.expect("kill is there").success());
}

/// Waits until a process handles SIGINT, the second signal of the mask that Linux shows.
#[cfg(unix)]
fn wait_for_handler(process: u32) {
    loop {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = mask.and_then(|it| u64::from_str_radix(it.trim(), 16).ok());
        if mask.is_none_or(|mask| mask & 0b10 != 0) {
            return;
        }
        sleep(Duration::from_millis(1));
    }
}

#[test]
fn executions_are_counted_by_every_search() {
    for search in searches() {
        let options = [&search[..], &["--expect", "ignore", "--max-executions", "3"]].concat();
        let ended = run("check", ARTICLE, &options);
        let bound = "the number of executions (--max-executions; for fuzz, --budget)";
        assert!(ended.stdout.contains(bound), "{search:?}: {}", ended.stdout);
    }
    let ended = run("fuzz", ARTICLE, &["--max-executions", "3"]);
    assert!(ended.stdout.contains("executions        3\n"), "{}", ended.stdout);
}

/// `run` and `check` give the same trap where the program exceeds a limit of the machine.
#[test]
fn a_limit_of_the_machine_is_the_same_trap_in_every_command() {
    let cases: [(&str, &[&str], &str); 5] = [
        ("strings_double.il", &[], "out-of-memory"),
        ("recursion_depth.il", &["--stack", "1000", "--", "20000"], "stack-overflow"),
        ("alloc_64_mib.il", &["--heap", "1000"], "out-of-memory"),
        (OUTPUT, &["--max-output", "1000"], "output-limit"),
        (STRINGS, &["--strings", "100000"], "out-of-memory"),
    ];
    for (program, options, trap) in cases {
        assert_eq!(run("run", program, options).code, 1, "{program}");
        for memory in ["sc", "rc11"] {
            let ended = run("check", program, &[&["--memory", memory], options].concat());
            let is_found = ended.stdout.contains("violated: trap") && ended.stdout.contains(trap);
            assert!(ended.code == 1 && is_found, "{program} {memory}: {}", ended.stdout);
        }
        let ended = run("fuzz", program, &[&["--budget", "10"], options].concat());
        assert!(ended.code == 1 && ended.stdout.contains(trap), "{program}: {}", ended.stdout);
    }
}

#[test]
fn what_the_machine_has_room_for_is_no_finding() {
    for (program, options) in
        [("recursion_depth.il", &["--", "20000"][..]), ("alloc_64_mib.il", &[][..])]
    {
        for command in ["run", "check"] {
            let ended = run(command, program, options);
            assert_eq!(ended.code, 0, "{command} {program}: {}", ended.stdout);
        }
    }
}

#[test]
fn the_option_that_raises_a_bound_stands_behind_it() {
    let cut_off = run("check", "local_loop.il", &[]);
    let bound = "a thread's steps between two visible operations (--local-steps)";
    assert_not_finished(&cut_off, bound, "local_loop.il");
    let whole = run("check", "local_loop.il", &["--local-steps", "4000000"]);
    assert_eq!(whole.code, 0, "{}", whole.stdout);
    assert!(whole.stdout.contains(": verified"), "{}", whole.stdout);
}

#[test]
fn auto_answers_with_the_search_that_comes_to_its_end() {
    let ended = run("check", "sem_3.il", &["--expect", "ignore"]);
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    assert!(ended.stdout.contains("explorer, states"), "{}", ended.stdout);
}

#[test]
fn auto_finds_a_shallow_bug_first_in_an_execution_with_few_preemptions() {
    let ended = run("check", "aba_counter_wrong.il", &["--expect", "ignore"]);
    assert_eq!(ended.code, 1, "{}", ended.stdout);
    assert!(ended.stdout.contains("an index was handed out twice"), "{}", ended.stdout);
}
