//! Commands that list results: their signs and colours, and that they can be read in narrow lines.
#![cfg(feature = "cli")]
#![cfg(feature = "heddle")]

use std::collections::BTreeSet;

#[path = "common/said.rs"]
mod said;

use said::{Folder, Said, command};

/// The commands, and the signs that their results have.
const COMMANDS: &[(&str, &[char])] = &[
    ("mutants --site vm/memory.rs --operator drop-load", &['✓', '○']),
    ("selfcheck --filter guard --executions 300", &['✓']),
    ("history --id V5 --engine heddle,loom", &['✓']),
    ("history --id V5 --engine heddle --trace", &['✓']),
    ("explain", &[]),
    ("explain lost-wakeup", &[]),
];

/// The words of a report, without times and the punctuation that a list has and a table has not. A name may be broken
/// between its words.
fn words(report: &str) -> BTreeSet<String> {
    let words = report.split(|c: char| c.is_whitespace() || c == '_');
    let words = words.map(|word| word.trim_end_matches([':', ';', ',']));
    words.filter(|word| word.parse::<f64>().is_err()).map(str::to_owned).collect()
}

#[test]
fn narrow_lines_break_no_word_and_say_the_same() {
    let folder = Folder::new();
    for (command, signs) in COMMANDS {
        let wide = folder.drawloom(&format!("{command} --width 200"));
        let mut drawloom = command::drawloom();
        drawloom.args(command.split(' ')).args(["--width", "40", "--color", "always"]);
        let narrow = Said::by(drawloom);
        assert_eq!((wide.code, narrow.code), (0, 0), "{command}: {narrow:?}");
        assert!(narrow.stdout.contains('\x1b'), "{command}: it has colours: {narrow:?}");
        let narrow = anstream::adapter::strip_str(&narrow.stdout).to_string();
        assert!(signs.iter().all(|&sign| narrow.contains(sign)), "{command}: {narrow}");
        for line in narrow.lines() {
            let is_one_word = line.split_whitespace().count() == 1;
            assert!(line.chars().count() <= 40 || is_one_word, "{command}: {line}");
        }
        // A line of a source is cut, and says so.
        let of_narrow = narrow.lines().filter(|line| !line.ends_with('…'));
        let known = words(&wide.stdout);
        for word in of_narrow.flat_map(words) {
            assert!(known.contains(&word), "{command}: {word}: {narrow}");
        }
    }
}

#[test]
fn colours_are_where_they_are_asked_for() {
    for command in ["explain", "history --id V5 --engine heddle"] {
        for (variable, option, is_coloured) in [
            ("NO_COLOR", "auto", false),
            ("NO_COLOR", "always", true),
            ("CLICOLOR_FORCE", "auto", true),
            ("CLICOLOR_FORCE", "never", false),
        ] {
            let mut drawloom = command::drawloom();
            drawloom.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env(variable, "1");
            let output = drawloom.args(command.split(' ')).args(["--color", option]).output();
            let has_colours = output.expect("it runs").stdout.contains(&0x1b);
            assert_eq!(has_colours, is_coloured, "{variable} {option} {command}");
        }
    }
}

#[test]
fn a_width_is_for_text() {
    let folder = Folder::new();
    for command in ["mutants", "selfcheck", "history", "test"] {
        let said = folder.drawloom(&format!("{command} --format json --width 40"));
        assert_eq!(said.code, 2, "{command}: {said:?}");
        assert!(said.stderr.contains("--width is for --format text"), "{command}: {said:?}");
    }
}
