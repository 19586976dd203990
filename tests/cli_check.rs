//! `drawloom check`, `replay` and `fuzz` as their user meets them: exit codes, formats, headers,
//! schedules, and what happens to wrong input.
#![cfg(feature = "cli")]

use std::path::Path;

use serde_json::Value;

#[cfg(target_os = "linux")]
#[path = "common/ctrl_c.rs"]
mod ctrl_c;
#[path = "common/said.rs"]
mod said;

use said::{Folder, command, drawloom_in};

const EXTERNS: &str = "il 0.3.0
extern @Viper.Core.Diagnostics.Assert(i1, str) -> void
extern @Viper.Environment.GetArgumentCount() -> i64
extern @Viper.Terminal.SayInt(i64) -> void
extern @Viper.Threads.Monitor.Enter(ptr) -> void
extern @Viper.Threads.Monitor.Exit(ptr) -> void
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
";

/// Two threads that do the same.
fn two_threads(header: &str, child: &str) -> String {
    format!(
        "{header}{EXTERNS}global i64 @word = 0\nglobal i64 @other = 0\n\
         func @child() -> void {{\nentry:\n{child}  ret\n}}\n\
         func @main() -> void {{\nentry:\n\
         \x20 %one = call @Viper.Threads.Thread.Start(@child, null)\n\
         \x20 %two = call @Viper.Threads.Thread.Start(@child, null)\n\
         \x20 call @Viper.Threads.Thread.Join(%one)\n\
         \x20 call @Viper.Threads.Thread.Join(%two)\n\
         \x20 ret\n}}\n"
    )
}

/// Both write without any order.
fn race(header: &str) -> String {
    two_threads(header, "  %word = gaddr @word\n  store i64, %word, 7\n")
}

/// Both count, atomically.
fn verified(header: &str) -> String {
    two_threads(header, "  %word = gaddr @word\n  %old = atomic.rmw add i64, %word, 1, seq_cst\n")
}

/// Each prints what it found.
fn prints(header: &str) -> String {
    two_threads(
        header,
        "  %word = gaddr @word\n  %old = atomic.rmw add i64, %word, 1, seq_cst\n  call @Viper.Terminal.SayInt(%old)\n",
    )
}

/// Two threads go round and round at a visible operation, through ever new states.
fn endless() -> String {
    let add = "%old = atomic.rmw add i64, %word, 1, seq_cst";
    let child = format!("  %word = gaddr @word\n  br ^loop\nloop:\n  {add}\n  br ^loop\nend:\n");
    two_threads("", &child)
}

/// More executions, and more states, than anybody can wait for, each execution short: a thread keeps all that it has
/// read.
fn vast() -> String {
    let add = |at: usize| {
        format!(
            "  %old{at} = atomic.rmw add i64, %word, 1, seq_cst\n  %moved{at} = shl %kept{at}, 1\n  %kept{} = xor %moved{at}, %old{at}\n",
            at + 1
        )
    };
    let adds: String = (0..24).map(add).collect();
    let last = "  %all = atomic.rmw add i64, %word, %kept24, seq_cst\n";
    two_threads("", &format!("  %word = gaddr @word\n  %kept0 = or 0, 0\n{adds}{last}"))
}

#[test]
fn a_program_without_violations_is_verified() {
    let said = Folder::new().with("a.il", &verified("")).drawloom("check a.il");
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    assert!(said.report().starts_with("a.il: verified\n"), "{}", said.stdout);
    for fact in [
        "memory model      sequential consistency",
        "executions ",
        "bounds            none",
        "not seen ",
    ] {
        assert!(said.stdout.contains(fact), "{fact}: {}", said.stdout);
    }
}

#[test]
fn a_violation_is_shown_with_its_line_its_trace_and_how_to_repeat_it() {
    let said = Folder::new().with("a.il", &race("")).drawloom("check a.il");
    assert_eq!((said.code, said.stderr.as_str()), (1, ""));
    assert!(said.report().starts_with("a.il: violated: data race\n"), "{}", said.stdout);
    for part in [
        "  --> a.il:14:3",
        "store i64, %word, 7",
        "^^^^^",
        " step  line  main",
        "start @child as thread 1",
        "repeat with: drawloom check a.il --engine explorer --memory sc",
    ] {
        assert!(said.stdout.contains(part), "{part}: {}", said.stdout);
    }
}

#[test]
fn a_saved_schedule_replays() {
    let folder = Folder::new().with("a.il", &race(""));
    let said = folder.drawloom("check a.il --save a.schedule");
    assert!(
        said.stdout.contains("repeat with: drawloom replay a.il a.schedule"),
        "{}",
        said.stdout
    );
    assert!(folder.read("a.schedule").starts_with("drawloom schedule 1\n"));
    let said = folder.drawloom("replay a.il a.schedule");
    assert_eq!((said.code, said.stderr.as_str()), (1, ""));
    assert!(said.report().starts_with("a.il: violated: data race\n"), "{}", said.stdout);
    assert!(said.stdout.contains("start @child as thread 1"), "{}", said.stdout);
    let json: Value =
        serde_json::from_str(&folder.drawloom("replay a.il a.schedule --format json").stdout)
            .expect("JSON");
    assert_eq!(json["searches"][0]["violations"][0]["kind"], "data race");
}

#[test]
fn a_schedule_that_was_found_without_the_header_replays() {
    let body = "  call @Viper.Core.Diagnostics.Assert(0, null)\n  ret 0\n";
    for header in ["# expect: verified\n# args: a b\n", "# expect: luck\n"] {
        let program = format!("{header}{EXTERNS}func @main() -> i64 {{\nentry:\n{body}}}\n");
        let folder = Folder::new().with("a.il", &program);
        let said = folder.drawloom("check a.il --expect ignore --save a.schedule");
        assert_eq!(said.code, 1, "{}", said.stderr);
        let said = folder.drawloom("replay a.il a.schedule");
        assert_eq!(said.code, 1, "{}", said.stderr);
        assert!(said.stdout.contains("violated: trap"), "{}", said.stdout);
    }
}

#[cfg(unix)]
#[test]
fn a_schedule_that_comes_through_a_pipe_replays_without_the_header() {
    let folder = Folder::new().with("a.il", &race("# expect: luck\n"));
    folder.drawloom("check a.il --expect ignore --save a.schedule");
    let said = folder.drawloom_on(&folder.read("a.schedule"), "replay a.il /dev/stdin");
    assert_eq!((said.code, said.stderr.as_str()), (1, ""));
    assert!(said.stdout.contains("violated: data race"), "{}", said.stdout);
}

#[test]
fn a_schedule_that_cannot_be_saved_is_told_before_the_search() {
    let folder = Folder::new().with("a.il", &vast());
    for command in ["check", "fuzz"] {
        let said = folder.drawloom(&format!("{command} a.il --save no/such/folder"));
        assert_eq!(said.code, 2, "{}", said.stderr);
        assert_eq!(
            said.stderr,
            "error: no/such/folder: cannot be written: there is no such folder\n"
        );
    }
}

#[test]
fn a_draw_that_came_to_no_end_has_found_out_nothing() {
    let folder = Folder::new().with("a.il", &endless());
    for command in ["check a.il --engine stress --max-executions 2", "fuzz a.il --budget 2"] {
        let said = folder.drawloom(command);
        assert_eq!(said.code, 3, "{}", said.stdout);
        assert!(said.report().starts_with("a.il: not finished: "), "{}", said.stdout);
    }
}

#[test]
fn a_schedule_of_another_program_is_refused_with_the_reason() {
    let folder = Folder::new().with("a.il", &race("")).with("b.il", &race("# Edited.\n"));
    folder.drawloom("check a.il --save a.schedule");
    for arguments in ["replay b.il a.schedule", "replay a.il a.schedule -- more"] {
        let said = folder.drawloom(arguments);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{arguments}");
        assert!(said.stderr.contains("a schedule of another program"), "{}", said.stderr);
    }
}

#[test]
fn what_is_no_schedule_is_refused() {
    let folder = Folder::new().with("a.il", &race("")).with("text", "no\n").with("empty", "");
    for (name, reason) in [
        ("text", "text: line 1: a schedule begins with"),
        ("empty", "empty: line 1: a schedule begins with"),
        ("missing", "missing: No such file"),
        ("a.il", "a.il: line 1: a schedule begins with"),
    ] {
        let said = folder.drawloom(&format!("replay a.il {name}"));
        assert_eq!(said.code, 2);
        assert!(said.stderr.contains(reason), "{name}: {}", said.stderr);
    }
}

#[test]
fn a_bound_is_no_verdict() {
    let folder = Folder::new().with("a.il", &verified("")).with("b.il", &endless());
    let folder = folder.with("c.il", &vast());
    for (arguments, bound) in [
        ("check a.il --max-executions 1", "the number of executions"),
        ("check a.il --max-steps 3", "the number of steps in one execution"),
        ("check b.il --search traces", "the number of steps in one execution"),
        ("check c.il --search traces --time 100ms", "the time for the search"),
    ] {
        let said = folder.drawloom(arguments);
        assert_eq!(said.code, 3, "{arguments}: {}", said.stdout);
        let headline = format!("il: not finished: {bound}");
        assert!(said.stdout.contains(&headline), "{arguments}: {}", said.stdout);
        assert!(!said.stdout.contains("verified"), "{arguments}: {}", said.stdout);
    }
}

#[test]
fn bad_input_is_refused_with_its_place() {
    let folder = Folder::new()
        .with("empty.il", "")
        .with("wrong.il", "il 0.3.0\nfunc @main() -> void {\nentry:\n  frob\n}\n")
        .with("header.il", &verified("# expect: luck\n"))
        .with("a.py", "print()\n")
        .with("no_programs/readme.txt", "none\n");
    for (file, message) in [
        ("missing.il", "missing.il: not checked: No such file"),
        ("empty.il", "empty.il: not checked: 1 finding"),
        ("wrong.il", "wrong.il:4:3"),
        ("header.il", "header.il:1:11"),
        ("a.py", "a.py: not checked: unknown ending"),
        ("no_programs", "no_programs: no program in it ends in .il"),
    ] {
        let said = folder.drawloom(&format!("check {file}"));
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{file}");
        assert!(said.stderr.contains(message), "{file}: {}", said.stderr);
    }
}

#[test]
fn wrong_values_of_options_are_refused() {
    let folder = Folder::new().with("a.il", &verified("")).with("b.il", &verified(""));
    for arguments in [
        "check",
        "check a.il --engine genmc",
        "check a.il --memory tso",
        "check a.il --search luck",
        "check a.il --time soon",
        "check a.il --time 0s",
        "check a.il --max-memory much",
        "check a.il --max-executions 0",
        "check a.il --max-steps 0",
        "check a.il --jobs 0",
        "check a.il --width 1",
        "check a.il --format xml",
        "check a.il --input missing.txt",
        "check a.il b.il --save x",
        "check a.il --save missing/x",
        "replay a.il",
        "fuzz a.il --budget never",
        "fuzz a.il --strategy luck",
        "fuzz a.il --depth 0",
        "fuzz a.il --strategy pos --depth 3",
        "fuzz missing.il",
    ] {
        let said = folder.drawloom(arguments);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{arguments}");
        assert!(said.stderr.starts_with("error: "), "{arguments}: {}", said.stderr);
    }
}

#[test]
fn a_header_makes_a_program_a_test() {
    let header = "# A story.\n#\n# expect: race\n";
    let met = Folder::new().with("a.il", &race(header)).drawloom("check a.il");
    assert_eq!(met.code, 0, "{}", met.stdout);
    assert!(met.report().starts_with("a.il: violated: data race, as expected\n"), "{}", met.stdout);
    let missed = Folder::new().with("a.il", &verified(header)).drawloom("check a.il");
    assert_eq!(missed.code, 1, "{}", missed.stdout);
    let headline = "a.il: verified, not as expected\n  expected, but not found: data race\n";
    assert!(missed.report().starts_with(headline), "{}", missed.stdout);
    let ignored = Folder::new().with("a.il", &race(header)).drawloom("check a.il --expect ignore");
    assert_eq!(ignored.code, 1, "{}", ignored.stdout);
    assert!(ignored.report().starts_with("a.il: violated: data race\n"), "{}", ignored.stdout);
    let open = Folder::new()
        .with("a.il", &verified("# expect: verified\n"))
        .drawloom("check a.il --max-executions 1");
    assert_eq!(open.code, 3, "{}", open.stdout);
    assert!(open.stdout.contains(", nothing unexpected\n"), "{}", open.stdout);
}

#[test]
fn a_header_that_counts_executions_does_not_bar_waits_that_end_without_a_cause() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let said = drawloom_in(repository, "check programs/correct/check_and_act.il --spurious", "");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stdout.contains("verified, as expected"), "{said:?}");
}

#[test]
fn outputs_and_their_number_can_be_expected() {
    for (header, code) in [
        ("# expect: verified\n# outcomes: {0 / 1} {1 / 0}\n# orders: 2\n", 0),
        ("# expect: verified\n# outcomes: {0 / 1}\n", 1),
        ("# expect: verified\n# orders: 3\n", 1),
        ("# expect: verified\n# prints: 0\n# prints: 1\n", 1),
        ("# expect: verified\n# exit: 3\n", 1),
    ] {
        let said = Folder::new().with("a.il", &prints(header)).drawloom("check a.il");
        assert_eq!(said.code, code, "{header}: {}", said.stdout);
    }
}

#[test]
fn a_header_is_about_its_own_memory_model_and_arguments_only() {
    let folder = Folder::new().with("a.il", &race("# expect: verified\n# memory: sc\n"));
    assert!(folder.drawloom("check a.il").stdout.contains("not as expected"));
    for arguments in ["check a.il --memory rc11", "check a.il -- other"] {
        let said = folder.drawloom(arguments);
        assert!(!said.stdout.contains("expected"), "{arguments}: {}", said.stdout);
    }
}

#[test]
fn a_folder_is_a_test_run_in_the_order_of_names() {
    let folder = Folder::new()
        .with("all/b.il", &race("# expect: race\n"))
        .with("all/a/c.il", &verified("# expect: verified\n"))
        .with("all/notes.txt", "not a program\n");
    let said = folder.drawloom("check all");
    assert_eq!(said.code, 0, "{}", said.stdout);
    let lines: Vec<&str> = said.stdout.lines().collect();
    let c = Path::new("all").join("a").join("c.il").display().to_string();
    assert!(lines[0].starts_with("✓ fine       [   0."), "{}", said.stdout);
    assert!(lines[0].contains(&format!(" s] {c}: verified, as expected (sc, ")), "{}", said.stdout);
    assert!(lines[1].contains("b.il: violated: data race, as expected (sc, "), "{}", said.stdout);
    assert!(lines[lines.len() - 3].starts_with("not seen: "), "what was not searched: {lines:#?}");
    assert!(
        lines[lines.len() - 1].starts_with("2 programs, 2 fine, searched for 0."),
        "{}",
        said.stdout
    );
    let folder = folder.with("all/z.il", &race("")).with("all/y.il", "nonsense\n");
    let said = folder.drawloom("check all");
    assert_eq!(said.code, 2, "bad input comes first");
    let lines: Vec<&str> = said.stdout.lines().collect();
    let last = lines[lines.len() - 1];
    assert!(
        last.starts_with("4 programs, 2 fine, 1 wrong, 1 refused, searched for "),
        "{}",
        said.stdout
    );
    let again = &lines[lines.len() - 4..lines.len() - 2];
    assert!(again[0].starts_with("✗ wrong ") && again[0].contains("z.il: violated"), "{again:?}");
    assert!(again[1].starts_with("! refused ") && again[1].contains("y.il: not"), "{again:?}");
    assert!(said.stderr.contains("y.il:1:1"), "{}", said.stderr);
    assert_eq!(said.stdout.matches(" step  line").count(), 1, "the trace of the wrong one");
}

#[test]
fn a_run_can_be_narrowed_cut_short_and_told_in_more_or_fewer_words() {
    let folder = Folder::new()
        .with("all/a.il", &verified("# expect: verified\n"))
        .with("all/b.il", &race(""))
        .with("all/c.il", &race(""));
    let said = folder.drawloom("check all --filter a.il --filter c.i");
    assert!(said.stdout.contains("2 programs, 1 fine, 1 wrong, searched for "), "{}", said.stdout);
    assert!(!said.stdout.contains("b.il"), "{}", said.stdout);
    let said = folder.drawloom("check all --filter a.il --format json");
    assert!(said.stdout.starts_with("[\n"), "still an array: {}", said.stdout);
    let said = folder.drawloom("check all --fail-fast -j 1");
    assert_eq!(said.code, 1, "{}", said.stdout);
    assert!(said.stderr.contains("--fail-fast: 1 program was left out"), "{}", said.stderr);
    assert!(said.stdout.contains("3 programs, 1 fine, 1 wrong, 1 not run, "), "{}", said.stdout);
    let said = folder.drawloom("check all --quiet");
    assert!(!said.stdout.contains("a.il") && !said.stdout.contains("engine  "), "{}", said.stdout);
    assert_eq!(said.stdout.matches("✗ wrong ").count(), 4, "each, and again: {}", said.stdout);
    let said = folder.drawloom("check all --quiet --filter a.il --max-executions 1");
    assert!(said.stdout.starts_with("? unfinished ["), "{}", said.stdout);
    assert!(!said.stdout.contains("\n\n\n"), "nothing to say is no line: {}", said.stdout);
    let said = folder.drawloom("check all --verbose");
    assert_eq!(said.stdout.matches("\nengine            explorer").count(), 3, "{}", said.stdout);
}

#[test]
fn the_finding_comes_first_then_the_story_then_the_statistics() {
    let said = Folder::new().with("a.il", &race("")).drawloom("check a.il");
    let place =
        |words: &str| said.stdout.find(words).unwrap_or_else(|| panic!("{words}: {said:?}"));
    let order = ["a.il: violated", "error: data race", " step  line", "repeat with", "\nengine  "];
    assert!(order.map(place).is_sorted(), "{}", said.stdout);
    let said = Folder::new().with("a.il", &race("")).drawloom("check a.il --quiet");
    assert!(said.stdout.contains(" step  line") && !said.stdout.contains("engine  "));
}

#[test]
fn each_verdict_has_a_sign_which_needs_no_colour() {
    let folder = Folder::new().with("a.il", &race("")).with("b.il", &verified(""));
    let folder = folder.with("c.il", &verified("# expect: verified\n"));
    for (arguments, sign) in [
        ("check a.il", "✗ a.il: violated"),
        ("check b.il", "✓ b.il: verified"),
        ("check b.il --max-executions 1", "? b.il: not finished"),
        ("fuzz b.il --budget 9", "○ b.il: nothing found"),
        ("check c.il --engine stress --max-executions 9", "○ c.il: nothing found, nothing"),
        ("check c.il", "✓ c.il: verified, as expected"),
    ] {
        let said = folder.drawloom(arguments);
        assert!(said.stdout.starts_with(sign), "{arguments}: {}", said.stdout);
    }
}

#[test]
fn narrow_lines_end_between_words_and_cut_no_number() {
    let folder = Folder::new().with("a.il", &race("")).with("b.il", &prints(""));
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for program in ["a.il", "b.il"] {
        // One column for each thread is a drawing, whose words are in another order.
        let list = folder.drawloom(&format!("check {program} --width 45")).stdout;
        let narrow = folder.drawloom(&format!("check {program} --width 40")).stdout;
        let is_measured = |word: &String| !word.chars().any(|c| c.is_ascii_digit());
        let unmeasured = |text| words(text).into_iter().filter(is_measured).collect::<Vec<_>>();
        assert_eq!(unmeasured(&narrow), unmeasured(&list));
        for line in narrow.lines().filter(|line| line.chars().count() > 40) {
            let is_source = line.contains(" | ") || line.starts_with("repeat with: ");
            assert!(is_source, "{line:?} in {narrow}");
        }
    }
    let piped = folder.drawloom("check b.il").stdout;
    assert!(piped.lines().any(|line| line.starts_with("not seen ") && line.len() > 100), "{piped}");
}

#[test]
fn json_tells_the_same_facts() {
    let folder = Folder::new().with("a.il", &race("")).with("b.il", "nonsense\n");
    let said = folder.drawloom("check a.il --format json");
    assert_eq!(said.code, 1);
    let one: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!((&one["schema"], &one["version"]), (&"check-1".into(), &1.into()));
    assert_eq!(one["program"], "a.il");
    assert_eq!(one["conclusion"], "wrong");
    let search = &one["searches"][0];
    assert_eq!(search["verdict"], "violated");
    assert_eq!(search["memory"], "sc");
    for field in ["executions", "blocked", "distinct_outputs", "final_states", "seconds"] {
        assert!(search[field].is_number(), "{field}: {search}");
    }
    assert!(search["bounds"].is_array() && search["not_seen"].is_string(), "{search}");
    let violation = &search["violations"][0];
    assert_eq!(violation["kind"], "data race");
    assert_eq!(violation["places"][0]["line"], 14);
    assert_eq!(violation["trace"][0]["thread"], 0);
    let schedule = violation["schedule"].as_str().expect("it has one");
    assert!(schedule.starts_with("drawloom schedule 1\n"), "{schedule}");

    let said = folder.drawloom("check a.il b.il --format json");
    assert_eq!(said.code, 2);
    let several: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(several.as_array().map(Vec::len), Some(2));
    assert_eq!(several[1]["conclusion"], "refused");
    assert_eq!(several[1]["errors"][0]["line"], 1);
}

#[test]
fn every_json_field_stands_in_the_documentation() {
    let said = Folder::new()
        .with("a.il", &race("# expect: race\n"))
        .with("b.il", "nonsense\n")
        .drawloom("check a.il b.il --format json");
    let json: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let text = include_str!("../docs/CHECKING.md");
    let mut pending = vec![json];
    let mut fields = 0;
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(values) => pending.extend(values),
            Value::Object(object) => {
                for (name, value) in object {
                    fields += 1;
                    assert!(text.contains(&format!("`{name}`")), "{name} is not documented");
                    pending.push(value);
                }
            }
            _ => {}
        }
    }
    assert!(fields > 40, "only {fields} fields");
}

#[test]
fn junit_has_a_test_case_for_each_program() {
    let folder = Folder::new()
        .with("all/a.il", &verified("# expect: verified\n"))
        .with("all/b.il", &race("# <&> \"quotes\"\n"))
        .with("all/c.il", "nonsense\n");
    let said = folder.drawloom("check all --format junit");
    assert_eq!(said.code, 2);
    let xml = &said.stdout;
    assert!(xml.starts_with("<?xml version=\"1.0\""), "{xml}");
    assert!(xml.contains("tests=\"3\" skipped=\"0\" failures=\"1\" errors=\"1\""), "{xml}");
    assert_eq!(xml.matches("<testcase ").count(), 3, "{xml}");
    assert_eq!(xml.matches("</testcase>").count(), 3, "{xml}");
    assert!(xml.trim_end().ends_with("</testsuites>"), "{xml}");
    assert!(xml.contains("type=\"wrong\""), "{xml}");
}

#[test]
fn a_narrow_report_has_a_line_for_each_step() {
    let folder = Folder::new().with("a.il", &race(""));
    let wide = folder.drawloom("check a.il --width 120").stdout;
    assert!(wide.contains(" step  line  main"), "{wide}");
    let narrow = folder.drawloom("check a.il --width 39").stdout;
    assert!(!narrow.contains(" step  line"), "{narrow}");
    assert!(narrow.contains("   1 main: start @child as thread 1\n       (line 19)"), "{narrow}");
    let mut command = command::drawloom();
    command.args(["check", "a.il"]).current_dir(folder.0.path()).env("COLUMNS", "39");
    let by_variable = command.output().expect("it runs").stdout;
    let by_variable = String::from_utf8(by_variable).expect("UTF-8");
    assert!(by_variable.contains("   1 main: start"), "{by_variable}");
}

#[test]
fn colours_are_where_the_option_or_the_environment_asks_for_them() {
    let folder = Folder::new().with("a.il", &race(""));
    for (variable, value, option, is_coloured) in [
        ("CLICOLOR_FORCE", "1", "auto", true),
        ("CLICOLOR_FORCE", "0", "auto", false),
        ("CLICOLOR_FORCE", "1", "never", false),
        ("NO_COLOR", "1", "auto", false),
        ("NO_COLOR", "1", "always", true),
        ("COLUMNS", "99", "auto", false),
        ("COLUMNS", "99", "always", true),
    ] {
        for arguments in [["check", "a.il"], ["explain", "deadlock"]] {
            let mut command = command::drawloom();
            command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env(variable, value);
            command.args(arguments).args(["--color", option]).current_dir(folder.0.path());
            let output = command.output().expect("it runs");
            let has_colours = output.stdout.contains(&0x1b);
            assert_eq!(has_colours, is_coloured, "{variable}={value} {option} {arguments:?}");
        }
    }
    let repeat = folder.drawloom("check a.il --color never --quiet");
    assert!(repeat.stdout.contains("repeat with: drawloom check a.il --engine"), "{repeat:?}");
    assert!(!repeat.stdout.contains("--color"), "it concerns one run: {repeat:?}");
}

#[test]
fn a_litmus_test_is_answered_in_herd_s_words() {
    let test = |condition: &str| {
        format!(
            "C SB\n{{ x=0; y=0; }}\n\
             P0 (atomic_int* x, atomic_int* y) {{ atomic_store(x, 1); int r = atomic_load(y); }}\n\
             P1 (atomic_int* x, atomic_int* y) {{ atomic_store(y, 1); int r = atomic_load(x); }}\n\
             {condition}\n"
        )
    };
    for (condition, code, answer, herd) in [
        ("exists (0:r=0 /\\ 1:r=0)", 0, "exists: No, Never", "Observation SB Never 0 3"),
        ("exists (0:r=1 /\\ 1:r=1)", 0, "exists: Ok, Sometimes", "Observation SB Sometimes 1 2"),
        ("~exists (0:r=0 /\\ 1:r=0)", 0, "~exists: Ok, Never", "Condition ~exists"),
        (
            "forall (0:r=1 /\\ 1:r=1)",
            1,
            "forall: No, Sometimes; violated: broken claim",
            "States 3",
        ),
    ] {
        let folder = Folder::new().with("a.litmus", &test(condition));
        let said = folder.drawloom("check a.litmus --search traces");
        assert_eq!(said.code, code, "{condition}: {}", said.stdout);
        assert!(said.report().starts_with(&format!("a.litmus: {answer}\n")), "{}", said.stdout);
        assert!(said.stdout.contains(herd), "{condition}: {}", said.stdout);
    }
    let unsupported = test("exists (0:r=0)").replace("int r", "struct r");
    let said = Folder::new().with("a.litmus", &unsupported).drawloom("check a.litmus");
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
    assert!(
        said.stderr.contains("'struct'") && said.stderr.contains("a.litmus:3:"),
        "{}",
        said.stderr
    );
}

#[test]
fn an_engine_that_draws_by_chance_has_done_enough_when_it_found_nothing() {
    let folder = Folder::new().with("a.il", &verified(""));
    let said = folder.drawloom("check a.il --engine stress --max-executions 20");
    assert_eq!(said.code, 0, "{}", said.stdout);
    assert!(said.report().starts_with("a.il: nothing found\n"), "{}", said.stdout);
    assert!(said.stdout.contains("seed              0"), "{}", said.stdout);
}

#[cfg(feature = "shuttle")]
#[test]
fn a_schedule_of_shuttle_replays() {
    let child = "  %word = gaddr @word\n  %old = atomic.rmw add i64, %word, 1, seq_cst\n  \
                 %first = icmp_eq %old, 0\n  call @Viper.Core.Diagnostics.Assert(%first, \"late\")\n";
    let child = child
        .replace("\"late\"", "%text")
        .replace("  %first", "  %text = const_str @.late\n  %first");
    let text = two_threads("", &child)
        .replace("global i64 @other", "global const str @.late = \"late\"\nglobal i64 @other");
    let folder = Folder::new().with("a.il", &text);
    let said = folder.drawloom("check a.il --engine shuttle-random --save a.schedule");
    assert_eq!(said.code, 1, "{}{}", said.stdout, said.stderr);
    assert!(said.report().starts_with("a.il: violated: assertion\n"), "{}", said.stdout);
    let said = folder.drawloom("replay a.il a.schedule");
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert!(said.stdout.contains("assertion: late"), "{}", said.stdout);
}

#[test]
fn all_engines_are_compared_with_the_reference() {
    let folder = Folder::new().with("a.il", &prints(""));
    let said = folder.drawloom("check a.il --engine all --max-executions 50 --search traces");
    assert_eq!(said.code, 0, "{}", said.stdout);
    assert!(said.stdout.contains("no outcome of "), "{}", said.stdout);
    assert!(said.stdout.contains("  stress saw "), "{}", said.stdout);
    let json = folder.drawloom("check a.il --engine all --max-executions 50 --format json").stdout;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert!(json["searches"].as_array().map(Vec::len) > Some(1), "{json}");
    assert_eq!(json["disagreements"].as_array().map(Vec::len), Some(0), "{json}");
}

#[test]
fn fuzz_finds_a_violation_that_replays() {
    let folder = Folder::new().with("a.il", &race(""));
    for strategy in ["random", "pct", "pct:2", "urw", "pos", "surw"] {
        let said = folder.drawloom(&format!("fuzz a.il --strategy {strategy} --save a.schedule"));
        assert_eq!((said.code, said.stderr.as_str()), (1, ""), "{strategy}: {}", said.stdout);
        assert!(said.report().starts_with("a.il: violated: data race\n"), "{}", said.stdout);
        assert!(said.stdout.contains("seed              0"), "{}", said.stdout);
        assert_eq!(folder.drawloom("replay a.il a.schedule").code, 1);
    }
    let said = folder.drawloom("fuzz a.il --strategy pct --depth 2 --seed 7 --jobs 1");
    let command = "repeat with: drawloom fuzz a.il --strategy pct:2 --memory sc --seed 7";
    assert!(said.stdout.contains(command), "{}", said.stdout);
}

#[test]
fn fuzz_that_finds_nothing_says_how_much_it_drew() {
    let folder = Folder::new().with("a.il", &prints(""));
    for budget in ["100", "100ms"] {
        let said = folder.drawloom(&format!("fuzz a.il --budget {budget}"));
        assert_eq!(said.code, 0, "{}", said.stdout);
        assert!(said.report().starts_with("a.il: nothing found\n"), "{}", said.stdout);
        assert!(said.stdout.contains("chance: schedules are drawn"), "{}", said.stdout);
        assert!(!said.stdout.contains("verified"), "{}", said.stdout);
    }
}

#[test]
fn fuzz_finds_leaks_where_it_is_asked_to_and_says_so_in_how_to_repeat_it() {
    let text = format!(
        "{EXTERNS}func @child() -> void {{\nentry:\n  ret\n}}\nfunc @main() -> void {{\nentry:\n  \
         %t = call @Viper.Threads.Thread.Start(@child, null)\n  ret\n}}\n"
    );
    let folder = Folder::new().with("a.il", &text);
    let said = folder.drawloom("fuzz a.il --budget 20");
    assert_eq!(said.code, 0, "{}", said.stdout);
    let said = folder.drawloom("fuzz a.il --budget 20 --leaks --jobs 1");
    assert_eq!(said.code, 1, "{}", said.stdout);
    assert!(said.report().starts_with("a.il: violated: leak\n"), "{}", said.stdout);
    let (_, command) = said.stdout.split_once("repeat with: drawloom ").expect("how to repeat it");
    let command = command.lines().next().expect("a line");
    assert!(command.ends_with("--jobs 1 --leaks"), "{command}");
    assert_eq!(folder.drawloom(command).code, 1, "{command}");
    let said = folder.drawloom("fuzz a.il --budget 20 --leaks --save leak.schedule");
    assert!(said.stdout.contains("repeat with: drawloom replay a.il leak.schedule\n"));
    let said = folder.drawloom("replay a.il leak.schedule");
    assert!(said.report().starts_with("a.il: violated: leak\n"), "{}", said.stdout);
}

#[test]
fn a_bound_of_real_threads_names_the_option_that_raises_it() {
    let text = "il 0.3.0\nextern @Viper.Threads.Thread.Sleep(i64) -> void\nfunc @main() -> void {
entry:\n  call @Viper.Threads.Thread.Sleep(9223372036854775807)\n  ret\n}\n";
    let folder = Folder::new().with("a.il", text);
    let said = folder.drawloom("check a.il --engine stress --watchdog 50ms --max-executions 9");
    assert_eq!(said.code, 3, "{}", said.stdout);
    assert!(said.report().starts_with("a.il: not finished: "), "{}", said.stdout);
    assert!(said.stdout.contains("the time for one execution on real threads (--watchdog)"));
}

#[test]
fn fuzz_draws_the_same_for_the_same_seed() {
    let folder = Folder::new().with("a.il", &prints(""));
    let outcomes = |arguments: &str| {
        let said = folder.drawloom(&format!("fuzz a.il --format json {arguments}"));
        let json: Value = serde_json::from_str(&said.stdout).expect("JSON");
        json["searches"][0]["outcomes"].clone()
    };
    assert_eq!(
        outcomes("--seed 5 --budget 64 --jobs 1"),
        outcomes("--seed 5 --budget 64 --jobs 2")
    );
    assert_ne!(outcomes("--seed 5 --budget 64"), outcomes("--seed 5 --budget 32"));
}

#[test]
fn input_and_arguments_reach_the_program() {
    let text = format!(
        "# expect: verified\n# args: a b\n# exit: 2\n{EXTERNS}func @main() -> i64 {{\nentry:\n  \
         %n = call @Viper.Environment.GetArgumentCount()\n  ret %n\n}}\n"
    );
    let folder = Folder::new().with("a.il", &text);
    let said = folder.drawloom("check a.il");
    assert_eq!(said.code, 0, "{}", said.stdout);
    let said = folder.drawloom("check a.il -- 1 2 3");
    assert!(said.stdout.contains("exit 3"), "{}", said.stdout);
}

#[test]
fn stdin_is_a_program_whose_language_is_given() {
    let folder = Folder::new();
    for (search, again) in [
        ("check - --language il", "drawloom check - --language il --engine explorer"),
        ("fuzz - --language il", "drawloom fuzz - --language il --strategy"),
        ("check - --language il --save s", "drawloom replay - --language il s"),
        // With a header that cannot be read, which is a comment then, arguments and all.
        ("check - --language il --expect ignore --save t", "drawloom replay - --language il t"),
    ] {
        let header = if search.contains("ignore") { "# expect: luck\n" } else { "" };
        let said = folder.drawloom_on(&race(header), search);
        assert_eq!((said.code, said.stderr.as_str()), (1, ""), "{search}");
        assert!(said.report().starts_with("stdin: violated: data race\n"), "{}", said.stdout);
        let repeat = said.stdout.lines().find_map(|line| line.trim().strip_prefix("repeat with: "));
        let repeat = repeat.expect("a violation can be repeated");
        assert!(repeat.starts_with(again), "{repeat}");
        let repeat = repeat.strip_prefix("drawloom ").expect("a command of ours");
        let said = folder.drawloom_on(&race(header), repeat);
        assert!(said.report().starts_with("stdin: violated: data race\n"), "{repeat}: {said:?}");
    }
}

#[test]
fn stdin_without_its_language_is_refused() {
    let folder = Folder::new().with("a.schedule", "");
    for command in ["check -", "fuzz -", "replay - a.schedule"] {
        let said = folder.drawloom_on(&race(""), command);
        assert_eq!(said.code, 2, "{command}");
        assert_eq!(said.stderr, "error: stdin: not checked: needs --language\n", "{command}");
    }
    let said = folder.drawloom_on(&race(""), "check - --language c");
    assert_eq!(said.code, 2);
    assert!(
        said.stderr.contains("not a language: write il or tvm or litmus or bas"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_language_that_is_given_counts_for_more_than_the_name() {
    let folder = Folder::new().with("a.txt", &verified(""));
    assert_eq!(folder.drawloom("check a.txt").code, 2);
    let said = folder.drawloom("check a.txt --language il");
    assert!(said.report().starts_with("a.txt: verified\n"), "{}", said.stdout);
    let folder = folder.with("b.tvm", &verified(""));
    assert_eq!(folder.drawloom("check b.tvm").code, 2);
    let said = folder.drawloom("check b.tvm --language il");
    assert!(said.report().starts_with("b.tvm: verified\n"), "{}", said.stdout);
}

#[test]
fn a_report_that_nobody_reads_ends_without_a_word() {
    use std::process::Stdio;
    let folder = Folder::new().with("a.il", &race(""));
    let mut child = command::drawloom()
        .args(["check", "a.il"])
        .current_dir(folder.0.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(141));
    assert!(output.stderr.is_empty(), "{:?}", String::from_utf8_lossy(&output.stderr));
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_leaves_a_partial_report() {
    let folder = Folder::new().with("a.il", &vast());
    let (code, stdout) = interrupted(&folder, &["a.il"]);
    assert_eq!(code, Some(3), "{stdout}");
    assert!(stdout.contains("not finished: ") && stdout.contains("an interrupt"), "{stdout}");
    assert!(stdout.contains("executions  "), "{stdout}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_was_refused_before_ctrl_c_stays_refused() {
    let folder = Folder::new().with("a.il", "").with("b.il", &vast());
    let (code, stdout) = interrupted(&folder, &["a.il", "b.il"]);
    assert_eq!(code, Some(2), "{stdout}");
}

/// Checks programs, the last of which takes long, and presses Ctrl-C.
#[cfg(target_os = "linux")]
fn interrupted(folder: &Folder, programs: &[&str]) -> (Option<i32>, String) {
    use std::process::Stdio;
    let child = command::drawloom()
        .args(["check", "--search", "traces"])
        .args(programs)
        .current_dir(folder.0.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let output = ctrl_c::interrupted(child);
    (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
}
