//! A golden file of cases: a title, a text, and what is found in it. `BLESS=1` writes what is found anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

pub(crate) struct Case<'t> {
    pub(crate) title: &'t str,
    pub(crate) text: &'t str,
    pub(crate) expected: &'t str,
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// The text of a golden file, by its name in `tests/golden`.
pub(crate) fn file(name: &str) -> String {
    fs::read_to_string(path(name)).expect("the golden file is in the repository")
}

pub(crate) fn cases(file: &str) -> Vec<Case<'_>> {
    let case = |part| {
        let (title, rest) = str::split_once(part, '\n').expect("a title has a line of its own");
        let (text, expected) = rest.split_once("\n---\n").expect("a text ends with '---'");
        Case { title, text, expected: expected.trim_end() }
    };
    file.split("\n=== ").skip(1).map(case).collect()
}

/// Every case finds what the file says.
pub(crate) fn holds(name: &str, find: impl Fn(&Case<'_>) -> String) {
    let file = file(name);
    let bless = env::var_os("BLESS").is_some();
    let (mut blessed, mut wrong) = (file.split("\n=== ").next().unwrap_or("").to_owned(), 0);
    for case in cases(&file) {
        let found = find(&case);
        if found != case.expected && !bless {
            eprintln!("== {}\nexpected:\n{}\nfound:\n{found}\n", case.title, case.expected);
            wrong += 1;
        }
        let _ = write!(blessed, "\n=== {}\n{}\n---\n{found}\n", case.title, case.text);
    }
    if bless {
        fs::write(path(name), blessed).expect("the golden file can be written");
    }
    assert_eq!(wrong, 0, "{wrong} cases differ");
}

/// There are at least this many cases, each with a title of its own.
pub(crate) fn are_many(cases: &[Case<'_>], least: usize) {
    assert!(cases.len() >= least, "{} cases", cases.len());
    let mut titles: Vec<_> = cases.iter().map(|case| case.title).collect();
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), cases.len(), "two cases share a title");
}
