//! The guest programs under `programs/`: they verify, and each says what to expect of it.
//!
//! The comment at the top of a program is its header. These lines of it are for machines:
//!
//! | line | what it says |
//! |---|---|
//! | `# expect: verified` | no interleaving shows anything wrong |
//! | `# expect: race`, `deadlock`, `trap MESSAGE` | some interleaving shows this; one line per kind |
//! | `# prints: LINE` | every run prints these lines, in this order, and no others |
//! | `# args: A B` | the arguments for which the above holds |
//! | `# exit: N` | the exit code, if it is not 0 |
//! | `# orders: N` | over all interleavings, this many different outputs |

use std::fs;
use std::path::{Path, PathBuf};

use drawloom::il;
use drawloom::lang::{Language, compile};

/// The programs of one folder, with their languages and texts, in the order of their names.
fn programs(folder: &str) -> Vec<(PathBuf, Language, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs").join(folder);
    let entries = fs::read_dir(&folder).expect("the folder can be read");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it has entries").path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let language = Language::of_path(&path)?;
        let text = fs::read_to_string(&path).expect("a program is a text");
        Some((path, language, text))
    };
    paths.into_iter().filter_map(read).collect()
}

/// The keys above.
const KEYS: &[&str] = &["expect", "prints", "args", "exit", "orders"];

/// What the header says after this key, once per line that has it.
fn header<'t>(text: &'t str, key: &str) -> Vec<&'t str> {
    let comments = text.lines().take_while(|line| line.starts_with('#'));
    comments.filter_map(|line| line.strip_prefix("# ")?.strip_prefix(key)).collect()
}

#[test]
fn every_program_compiles_and_verifies() {
    for folder in ["correct", "wrong"] {
        let programs = programs(folder);
        assert!(!programs.is_empty());
        for (path, language, text) in programs {
            let verified = compile(language, &text).and_then(il::verify);
            assert_eq!(verified.err(), None, "{}", path.display());
        }
    }
}

#[test]
fn every_program_says_what_to_expect_of_it() {
    for (path, _, text) in programs("correct") {
        let keys: usize = KEYS.iter().map(|key| header(&text, &format!("{key}: ")).len()).sum();
        let lines = text.lines().skip_while(|line| *line != "#").skip(1);
        assert_eq!(keys, lines.take_while(|line| line.starts_with('#')).count(), "{path:?}");
        assert_eq!(header(&text, "expect: "), ["verified"], "{}", path.display());
    }
    let kinds = ["race", "deadlock", "trap "];
    for (path, _, text) in programs("wrong") {
        let expected = header(&text, "expect: ");
        let is_known = |line: &&str| kinds.iter().any(|kind| line.starts_with(kind));
        assert!(!expected.is_empty() && expected.iter().all(is_known), "{}", path.display());
    }
}
