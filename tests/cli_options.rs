//! Every option of the command line does what it says, or is refused with a word on who takes it.
#![cfg(feature = "cli")]

use std::fs;
use std::path::Path;

use drawloom::engine::WorldEngine;
use drawloom::guest::EngineKind;
use tempfile::TempDir;

#[path = "common/said.rs"]
mod said;

use said::{Said, command};

fn drawloom_in(folder: &Path, arguments: &str) -> Said {
    let mut command = command::drawloom();
    command.current_dir(folder).args(arguments.split_whitespace()).env("COLUMNS", "200");
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    Said::by(command)
}

/// Two threads race, and one that nobody waits for is left behind.
const PROGRAM: &str = "il 0.3.0
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
global i64 @word = 0
func @child() -> void {
entry:
  %word = gaddr @word
  store i64, %word, 7
  ret
}
func @main() -> void {
entry:
  %one = call @Viper.Threads.Thread.Start(@child, null)
  %word = gaddr @word
  store i64, %word, 8
  ret
}
";

/// A folder with a program in it, and an empty input.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("a.il"), PROGRAM).expect("it is written");
    fs::write(folder.path().join("input"), "").expect("it is written");
    folder
}

const SHUTTLE: &[&str] = &["shuttle-random", "shuttle-pct", "shuttle-urw", "shuttle-dfs"];

/// Options of `check` that not every engine takes, and those that do.
const OF_SOME: &[(&str, &[&str])] = &[
    ("--memory sc", &["explorer"]),
    ("--search auto", &["explorer"]),
    ("--max-steps 50", &["explorer"]),
    ("--local-steps 50", &["explorer"]),
    ("--heap 50", &["explorer"]),
    ("--spurious", &["explorer"]),
    ("--leaks", &["explorer"]),
    ("--seed 0", &["shuttle-random", "shuttle-pct", "shuttle-urw", "stress"]),
    ("--jobs 1", &["explorer"]),
    ("--watchdog 9s", &["stress"]),
    ("--save a.schedule", &["explorer", "heddle", SHUTTLE[0], SHUTTLE[1], SHUTTLE[2], SHUTTLE[3]]),
];

/// The option for programs in one language only, which has a test of its own.
const OF_BASIC: &str = "--flag";

/// Options of `check` that every engine takes.
const OF_ALL: &[&str] = &[
    "--language il",
    "--keep-going",
    "--max-executions 3",
    "--max-memory 1G",
    "--time 10s",
    "--no-cache",
    "--stack 5000",
    "--strings 1M",
    "--max-output 1000",
    "--witness",
    "--input input",
    "--html a.html",
    "--svg a.svg",
    "--expect ignore",
    "--format json",
    "--report report.json",
    "--width 80",
    "--quiet",
    "--verbose",
    "--filter a.il",
    "--fail-fast",
    "--color never",
];

/// The engines of `check` that this build has, and all of them at once.
fn engines() -> Vec<&'static str> {
    let built = EngineKind::of_check().filter(|engine| engine.is_built());
    built.map(EngineKind::name).chain(["all"]).collect()
}

/// The long names of a command's options, as its help has them.
fn options_of(command: &str) -> Vec<String> {
    let help = drawloom_in(Path::new("."), &format!("{command} -h")).stdout;
    let option = |line: &str| {
        let (_, rest) = line.split_once("--")?;
        let is_option = line.trim_start().starts_with('-');
        let name = rest.split([' ', '=']).next().unwrap_or_default();
        (is_option && name != "help").then(|| format!("--{name}"))
    };
    help.lines().filter_map(option).collect()
}

fn name(option: &str) -> &str {
    option.split(' ').next().expect("a name")
}

#[test]
fn every_option_of_check_is_tried_below() {
    let tried = || OF_SOME.iter().map(|(option, _)| *option).chain(OF_ALL.iter().copied());
    let all = options_of("check");
    assert!(all.len() > 20, "{all:?}");
    // tests/cli_shards.rs tries those of shards.
    let elsewhere = ["--engine", "--shard", "--resume", OF_BASIC];
    for option in all.iter().filter(|it| !elsewhere.contains(&it.as_str())) {
        assert!(tried().any(|it| name(it) == option), "{option}");
    }
    for option in tried() {
        assert!(all.iter().any(|it| name(option) == it), "{option}");
    }
}

#[test]
fn an_option_that_an_engine_has_no_use_for_is_refused_with_those_that_do() {
    let folder = folder();
    for engine in engines() {
        for (option, takers) in OF_SOME {
            let limit = if engine == "explorer" { "" } else { "--max-executions 3" };
            let said = drawloom_in(
                folder.path(),
                &format!("check a.il --engine {engine} {limit} {option}"),
            );
            let name = name(option);
            if engine == "all" || takers.contains(&engine) {
                assert_ne!(said.code, 2, "{engine} {option}: {}", said.stderr);
                continue;
            }
            assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{engine} {option}");
            let message = format!(
                "error: {name} has no effect with --engine {engine}; engines that take it: "
            );
            let rest = said.stderr.strip_prefix(&message);
            let rest = rest.unwrap_or_else(|| panic!("{engine} {option}: {}", said.stderr));
            let named: Vec<&str> = takers.iter().copied().filter(|it| rest.contains(it)).collect();
            assert_eq!(named, *takers, "{engine} {option}: {}", said.stderr);
            assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
        }
    }
}

#[test]
fn what_bounds_every_search_is_taken_by_every_engine() {
    let folder = folder();
    for engine in engines() {
        for option in OF_ALL {
            let limit =
                if option.starts_with("--max-executions") { "" } else { "--max-executions 3" };
            let said = drawloom_in(
                folder.path(),
                &format!("check a.il --engine {engine} {limit} {option}"),
            );
            assert_ne!(said.code, 2, "{engine} {option}: {}", said.stderr);
        }
    }
}

/// What `check` checks is a guest program, whatever the engine is otherwise for.
#[test]
fn the_engines_of_check_are_about_guest_programs() {
    let help = drawloom_in(Path::new("."), "check --help").stdout;
    let (_, engines) = help.split_once("--engine <").expect("it is listed");
    let (engines, _) = engines.split_once("--memory <").expect("it comes after");
    for engine in EngineKind::of_check() {
        assert!(engines.contains(&format!("- {}:", engine.name())), "{engines}");
    }
    assert!(!engines.contains("Rust"), "{engines}");
    let words = engines.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("of a guest program, those of the machine that runs it"), "{words}");
}

#[test]
fn defaults_are_no_options_that_somebody_gave() {
    let folder = folder();
    for engine in engines() {
        let said =
            drawloom_in(folder.path(), &format!("check a.il --engine {engine} --max-executions 3"));
        assert_ne!(said.code, 2, "{engine}: {}", said.stderr);
    }
}

#[test]
fn a_search_on_one_core_takes_no_cores() {
    let folder = folder();
    for (search, is_taken) in [
        ("auto", true),
        ("traces", false),
        ("states", true),
        ("preemptions", false),
        ("graphs", true),
    ] {
        let said = drawloom_in(folder.path(), &format!("check a.il --search {search} --jobs 2"));
        assert_eq!(said.code != 2, is_taken, "{search}: {}", said.stderr);
        if !is_taken {
            let message = format!(
                "error: --jobs has no effect with --engine explorer --search {search}; engines that take \
                 it: explorer (--search auto, states, graphs)\n"
            );
            assert_eq!(said.stderr, message);
        }
    }
}

#[test]
fn a_missing_engine_is_told_before_its_options() {
    let folder = folder();
    let missing = EngineKind::of_check().filter(|engine| !engine.is_built());
    for engine in missing.map(EngineKind::name) {
        let said = drawloom_in(folder.path(), &format!("check a.il --engine {engine} --leaks"));
        assert_eq!(said.code, 2);
        assert_eq!(said.stderr, format!("error: this drawloom was built without {engine}\n"));
    }
}

#[test]
fn a_command_that_repeats_a_search_has_what_its_engine_takes() {
    let folder = folder();
    let given = "--keep-going --heap 500 --stack 5000 --expect ignore --width 90 --time 1m";
    let said = drawloom_in(folder.path(), &format!("check a.il --leaks {given} -- 1 it's"));
    let repeat = said.stdout.lines().find_map(|line| line.strip_prefix("repeat with: "));
    let expected = "drawloom check a.il --engine explorer --memory sc --max-steps 10000 \
                    --keep-going --stack 5000 --heap 500 --leaks --expect ignore -- 1 'it'\\''s'";
    assert_eq!(repeat, Some(expected), "{}", said.stdout);
    let said = drawloom_in(folder.path(), &format!("check a.il {given} --save a.schedule -- 1"));
    let repeat = said.stdout.lines().find_map(|line| line.strip_prefix("repeat with: "));
    let expected = "drawloom replay a.il a.schedule --stack 5000 --heap 500 -- 1";
    assert_eq!(repeat, Some(expected), "{}", said.stdout);
}

#[test]
fn flags_steer_the_basic_front_end_in_every_command_and_are_repeated() {
    let folder = folder();
    let text = "' A race.\n'\n' expect: race\nCONST TOP = 1\nDIM n AS INTEGER\nSUB Work()\nn = n + 1\nEND SUB\n\
                DIM t AS OBJECT = Viper.Threads.Thread.Start(ADDRESSOF Work, NOTHING)\n\
                SELECT CASE 1\nCASE TOP: Work()\nEND SELECT\nt.Join()\n";
    fs::write(folder.path().join("a.bas"), text).expect("it is written");
    let said = drawloom_in(folder.path(), "check a.bas --save bas.schedule");
    assert_eq!(said.code, 0, "{}", said.stderr);
    let off = "--flag enableSelectCaseConstLabels=off";
    for command in
        ["run a.bas", "check a.bas", "fuzz a.bas --budget 9", "replay a.bas bas.schedule"]
    {
        let said = drawloom_in(folder.path(), &format!("{command} {off}"));
        assert_eq!(said.code, 2, "{command}");
        let message = "SELECT CASE labels must be integer literals";
        assert!(
            format!("{}{}", said.stdout, said.stderr).contains(message),
            "{command}: {}",
            said.stderr
        );
        // The last one counts.
        let on = format!("{command} {off} --flag enableselectcaseconstlabels=on");
        assert_ne!(drawloom_in(folder.path(), &on).code, 2, "{command}");
    }
    // A program in another language takes none; of several programs, one is enough.
    for command in ["run a.il", "check a.il a.il", "fuzz a.il", "replay a.il bas.schedule"] {
        let said = drawloom_in(folder.path(), &format!("{command} {off}"));
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{command}");
        let message = "error: --flag has no effect here; programs that take it: those in BASIC";
        assert!(said.stderr.starts_with(message), "{command}: {}", said.stderr);
    }
    let on = "--flag enableSelectCaseConstLabels=on";
    let said = drawloom_in(folder.path(), &format!("check a.il a.bas --expect ignore {on}"));
    assert_eq!(said.code, 1, "{}", said.stderr);
    let given = "--flag enableRuntimeNamespaces=off --flag enableRuntimeTypeBridging=off";
    let said = drawloom_in(folder.path(), &format!("check a.bas --expect ignore {given}"));
    let repeat = said.stdout.lines().find_map(|line| line.strip_prefix("repeat with: "));
    assert!(repeat.is_some_and(|it| it.contains(given)), "{}", said.stdout);
    let said = drawloom_in(folder.path(), "run a.bas --flag enableRuntimeNamspaces=off");
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("did you mean 'enableRuntimeNamespaces'?"), "{}", said.stderr);
}

#[test]
fn every_strategy_takes_every_option_of_fuzz_that_is_for_none_in_particular() {
    let folder = folder();
    let options = "--budget 9 --max-executions 8 --max-memory 1G --seed 3 --jobs 1 --memory sc \
                   --max-steps 90 --stack 5000 --heap 90 --strings 1M --max-output 90 \
                   --local-steps 90 --spurious --collect --leaks --count-states --save b.schedule \
                    --html b.html --svg b.svg --input input --width 80 --language il \
                    --report b.json --quiet --color never";
    for option in options_of("fuzz") {
        // Either `--quiet` or `--verbose`; tests/cli_shards.rs tries those of shards.
        let elsewhere =
            ["--strategy", "--depth", "--format", "--verbose", "--shard", "--resume", OF_BASIC];
        let elsewhere = elsewhere.contains(&option.as_str());
        assert!(elsewhere || options.contains(&option), "{option} is not tried");
    }
    for strategy in ["random", "pct", "urw", "pos", "surw"] {
        let said =
            drawloom_in(folder.path(), &format!("fuzz a.il --strategy {strategy} {options}"));
        assert_eq!(said.code, 1, "{strategy}: {}", said.stderr);
        let said =
            drawloom_in(folder.path(), &format!("fuzz a.il --strategy {strategy} --depth 2"));
        assert_eq!(said.code == 2, strategy != "pct", "{strategy}: {}", said.stderr);
    }
    let said = drawloom_in(folder.path(), "fuzz a.il --memory rc11 --count-states --budget 9");
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
    assert!(said.stderr.starts_with("error: --count-states is for --memory sc"), "{}", said.stderr);
}

#[test]
fn every_option_of_replay_is_taken_by_the_reference_and_some_by_shuttle() {
    let folder = folder();
    drawloom_in(folder.path(), "check a.il --save reference.schedule");
    let racing = PROGRAM.replace("  ret\n}\nfunc @main", "  trap\n}\nfunc @main");
    fs::write(folder.path().join("b.il"), racing).expect("it is written");
    if WorldEngine::ShuttleRandom.is_built() {
        let said = drawloom_in(
            folder.path(),
            "check b.il --engine shuttle-random --save shuttle.schedule",
        );
        assert_eq!(said.code, 1, "{}{}", said.stdout, said.stderr);
    }
    let tried = [
        ("--language il", true),
        ("--input input", true),
        ("--time 1m", true),
        ("--max-memory 1G", true),
        ("--stack 5000", true),
        ("--heap 500", false),
        ("--strings 1M", true),
        ("--max-output 90", true),
        ("--local-steps 90", false),
        ("--spurious", false),
        ("--html a.html", true),
        ("--svg a.svg", true),
        ("--format junit", true),
        ("--report a.sarif", true),
        ("--width 80", true),
        ("--quiet", true),
        ("--verbose", true),
        ("--color always", true),
    ];
    for option in options_of("replay") {
        let is_tried = option == OF_BASIC || tried.iter().any(|(it, _)| name(it) == option);
        assert!(is_tried, "{option} is not tried");
    }
    for (option, by_shuttle) in tried {
        let said = drawloom_in(folder.path(), &format!("replay a.il reference.schedule {option}"));
        assert_eq!(said.code, 1, "{option}: {}", said.stderr);
        if !WorldEngine::ShuttleRandom.is_built() {
            continue;
        }
        let said = drawloom_in(folder.path(), &format!("replay b.il shuttle.schedule {option}"));
        assert_eq!(said.code, if by_shuttle { 1 } else { 2 }, "{option}: {}", said.stderr);
        let refusal = format!("{} has no effect on this schedule; engines that", name(option));
        assert_eq!(said.stderr.contains(&refusal), !by_shuttle, "{option}: {}", said.stderr);
    }
}

#[test]
fn a_seed_is_for_engines_that_draw() {
    for engine in WorldEngine::ALL.into_iter().filter(|engine| engine.is_built()) {
        let arguments = format!("history --id V3 --seed 1 --engine {engine}");
        let said = drawloom_in(Path::new("."), &arguments);
        assert_eq!(said.code == 2, !engine.draws(), "{engine}: {}", said.stderr);
        let refusal = format!(
            "error: --seed has no effect with --engine {engine}; engines that take it: shuttle-random,"
        );
        assert_eq!(said.stderr.starts_with(&refusal), !engine.draws(), "{engine}: {}", said.stderr);
    }
}

#[test]
fn options_that_cannot_be_together_are_refused() {
    let folder = folder();
    for (arguments, message) in [
        ("check a.il --format json --width 80", "--width is for --format text, junit and github"),
        ("fuzz a.il --format json --width 80", "--width is for --format text, junit and github"),
        (
            "replay a.il b --format json --width 80",
            "--width is for --format text, junit and github",
        ),
        ("check a.il --format junit --quiet", "--quiet is for --format text"),
        ("replay a.il b --format sarif -v", "--verbose is for --format text"),
        ("fuzz a.il --strategy pct:2 --depth 4", "--depth is for --strategy pct, not pct:2"),
        ("fuzz a.il --strategy pct:3 --depth 4", "--depth is for --strategy pct, not pct:3"),
        ("history --id V3 --trace --format markdown", "--trace is for --format text and json"),
        ("run a.il --checked --machine fast", "--checked is carried out by the safe machine"),
    ] {
        let said = drawloom_in(folder.path(), arguments);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{arguments}");
        assert!(said.stderr.starts_with(&format!("error: {message}")), "{}", said.stderr);
    }
    for arguments in
        ["run a.il --checked", "run a.il --checked --machine safe", "run a.il --machine fast"]
    {
        let said = drawloom_in(folder.path(), arguments);
        assert_eq!(said.code, 0, "{arguments}: {}", said.stderr);
    }
}

/// Nobody may take the exit code of a report that was lost for its verdict.
#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_no_success() {
    let program = format!("{}/programs/correct/join_result.il", env!("CARGO_MANIFEST_DIR"));
    for arguments in
        [&["check", &program][..], &["history", "--id", "V3"], &["completions", "bash"]]
    {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("linux has it");
        let mut command = command::drawloom();
        let output = command.args(arguments).stdout(full).output().expect("it runs");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("error: cannot write the output: "), "{arguments:?}: {said}");
    }
}
