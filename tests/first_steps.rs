//! The first minutes: `new` writes a program that is verified and becomes wrong by the change that it names, and help
//! is where somebody looks for it.
#![cfg(feature = "cli")]

use std::fs;
use std::path::Path;

use tempfile::TempDir;

#[path = "common/said.rs"]
mod said;

use said::{Said, command};

fn drawloom(folder: &Path, arguments: &str) -> Said {
    let mut command = command::drawloom();
    command.args(arguments.split_whitespace()).current_dir(folder);
    Said::by(command)
}

/// What somebody does who follows the advice in a program.
type Advice<'a> = &'a dyn Fn(&str) -> String;

#[test]
fn a_new_program_is_verified_until_its_own_advice_is_followed() {
    let without_gate = |text: &str| {
        let lines = text.lines().filter(|line| !line.starts_with("    gate."));
        lines.collect::<Vec<_>>().join("\n")
    };
    let without_monitor =
        |text: &str| text.replace("  call @Viper.Threads.Monitor", "# call @Viper.Threads.Monitor");
    let without_lock = |text: &str| {
        let is_lock = |line: &&str| line.starts_with("lock ") || line.starts_with("unlock ");
        let line = |line: &str| if is_lock(&line) { "sleep 1".to_owned() } else { line.to_owned() };
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    };
    let relaxed = |text: &str| {
        // Its advice has the words, too.
        text.replace("1, memory_order_release", "1, memory_order_relaxed")
    };
    let advice: [(_, _, Advice<'_>); 4] = [
        ("first", "first.bas", &without_gate),
        ("first.il", "first.il", &without_monitor),
        ("first.tvm", "first.tvm", &without_lock),
        ("first --language litmus", "first.litmus", &relaxed),
    ];
    for (arguments, file, follow) in advice {
        let folder = TempDir::new().expect("a folder");
        let said = drawloom(folder.path(), &format!("new {arguments}"));
        assert_eq!(said.code, 0, "{said:?}");
        let check = format!("drawloom check {file}");
        assert!(said.stdout.contains(&check), "what to type next: {}", said.stdout);
        let said = drawloom(folder.path(), &check["drawloom ".len()..]);
        assert!(said.code == 0 && said.stdout.starts_with('✓'), "{file}: {said:?}");
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).expect("it is there");
        fs::write(&path, follow(&text)).expect("it is written");
        let said = drawloom(folder.path(), &check["drawloom ".len()..]);
        assert!(said.code == 1 && said.stdout.contains("violated: "), "{file}: {said:?}");
    }
}

#[test]
fn a_program_that_is_there_is_not_written_over() {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("mine.bas"), "kept").expect("it is written");
    for (arguments, message) in [
        ("new mine", "mine.bas: is there already"),
        ("new mine.bas", "mine.bas: is there already"),
        ("new no/such/folder/a", "no/such/folder/a.bas: cannot be written"),
        ("new a.txt", "a.txt: unknown ending"),
        ("new a.il --language bas", "a.il: ends in .il, but --language is bas"),
        ("new a --language c", "not a language"),
    ] {
        let said = drawloom(folder.path(), arguments);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{arguments}");
        assert!(said.stderr.contains(message), "{arguments}: {}", said.stderr);
    }
    assert_eq!(fs::read_to_string(folder.path().join("mine.bas")).expect("it is there"), "kept");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing else is left");
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = TempDir::new().expect("a folder");
    let help = drawloom(folder.path(), "help").stdout;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty());
    let names: Vec<&str> = commands
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(names.contains(&"check") && names.len() > 8, "{names:?}");
    for name in names {
        let said = drawloom(folder.path(), &format!("man {name}"));
        assert_eq!(said.code, 0, "{name}: {}", said.stderr);
        assert!(said.stdout.contains(&format!(".TH drawloom-{name} 1")), "{name}: {}", said.stdout);
    }
    for words in [&["man", "campaign", "slurm"][..], &["man", "campaign slurm"]] {
        let said = Said::by({
            let mut command = command::drawloom();
            command.args(words);
            command
        });
        assert_eq!(said.code, 0, "{}", said.stderr);
        assert!(said.stdout.contains(".TH drawloom-campaign-slurm 1"), "{}", said.stdout);
    }
    let main = drawloom(folder.path(), "man").stdout;
    assert!(main.contains(".TH drawloom 1") && main.contains("First steps"), "{main}");
    let said = drawloom(folder.path(), "man luck");
    assert_eq!(said.code, 2);
    assert!(
        said.stderr.contains("drawloom has no command 'luck'; there are run, check,"),
        "{}",
        said.stderr
    );
    let said = drawloom(folder.path(), "man campaign luck");
    let error = "drawloom campaign has no command 'luck'; there are slurm";
    assert!(said.stderr.contains(error), "{}", said.stderr);
}

/// Each line of an example in a help text is a command that the parser takes.
#[test]
fn the_examples_in_help_texts_can_be_typed() {
    let folder = TempDir::new().expect("a folder");
    let mut examples = 0;
    for command in [
        "",
        "run",
        "check",
        "fuzz",
        "merge",
        "campaign",
        "campaign slurm",
        "replay",
        "explain",
        "new",
        "history",
        "test",
        "mutants",
        "selfcheck",
        "completions",
        "man",
    ] {
        let help = drawloom(folder.path(), &format!("{command} --help")).stdout;
        assert!(help.contains("Examples:") || command.is_empty(), "{command}: {help}");
        for line in help.lines().filter_map(|line| line.strip_prefix("  drawloom ")) {
            examples += 1;
            let typed = line.split("  ").next().unwrap_or_default().split(['>', '|']).next();
            let (typed, last) = typed
                .and_then(|it| it.split_once(" -- "))
                .unwrap_or((typed.unwrap_or_default(), ""));
            // A value at the end that no option takes: the parser comes that far and no farther.
            let said = drawloom(folder.path(), &format!("{typed} --color luck -- {last}"));
            assert!(said.stderr.contains("invalid value 'luck'"), "{line}: {said:?}");
        }
    }
    assert!(examples > 15, "only {examples} found");
}
