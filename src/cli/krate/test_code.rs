//! Which lines of a source file are compiled for tests only, and so belong to no operation that is worth breaking.
//!
//! This reads lines as `rustfmt` formats them; it does not parse. Does not see: items that a macro makes, and a
//! condition that is about tests without saying `test`.

use std::ops::RangeInclusive;

/// The lines of a file that only tests have, counted from 1.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct TestCode {
    lines: Vec<RangeInclusive<u32>>,
    /// The names of modules in files of their own that only tests have.
    pub(super) modules: Vec<String>,
}

impl TestCode {
    pub(super) fn of(text: &str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let mut found = TestCode::default();
        let mut at = 0;
        while at < lines.len() {
            if !is_for_tests(lines[at]) {
                at += 1;
                continue;
            }
            let indent = indent_of(lines[at]);
            let mut item = at + 1;
            while lines.get(item).is_some_and(|line| line.trim_start().starts_with(['#', '/'])) {
                item += 1;
            }
            let Some(first) = lines.get(item) else { break };
            if let Some(name) = module_of_file(first) {
                found.modules.push(name.to_owned());
            }
            // The item's last line closes what its first line has opened.
            let is_end = |line: &str| {
                let end = line.trim();
                let closes =
                    end.starts_with('}') || end.starts_with([')', ']']) && end.ends_with(';');
                closes && indent_of(line) == indent
            };
            let is_short = first.trim_end().ends_with([';', ',', '}']);
            let rest = lines[item + 1..].iter().position(|line| is_end(line));
            let end = match rest {
                _ if is_short => item,
                Some(distance) => item + 1 + distance,
                None => lines.len() - 1,
            };
            found.lines.push(at as u32 + 1..=end as u32 + 1);
            at = end + 1;
        }
        found
    }

    pub(super) fn has(&self, line: u32) -> bool {
        self.lines.iter().any(|lines| lines.contains(&line))
    }
}

/// Whether the line is an attribute that keeps an item from all but tests.
fn is_for_tests(line: &str) -> bool {
    let line = line.trim_start();
    let words = || line.split(|c: char| !c.is_alphanumeric() && c != '_');
    line == "#[test]"
        || line.starts_with("#[cfg(")
            && words().any(|word| word == "test")
            && !line.contains("not(test)")
            && !line.contains("any(")
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The module's name, if the line says that it is in a file of its own.
fn module_of_file(line: &str) -> Option<&str> {
    let words = line.trim().strip_suffix(';')?.rsplit_once("mod ")?;
    Some(words.1.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_for_tests_is_told_from_other_code() {
        let text = "\
use std::fmt;

#[cfg(all(test, loom))]
mod loom_tests {
    #[test]
    fn one() {
        assert!(true);
    }
}

#[cfg(not(test))]
fn kept() {}

#[cfg(test)]
#[path = \"other.rs\"]
mod other;

impl A {
    #[cfg(test)]
    fn only_tests(
        &self,
    ) -> u8 {
        1
    }

    fn kept_too(&self) {}
}

#[cfg(any(test, feature = \"x\"))]
fn kept_as_well() {}
";
        let found = TestCode::of(text);
        let lines: Vec<u32> =
            (1..=text.lines().count() as u32).filter(|it| found.has(*it)).collect();
        let expected: Vec<u32> = (3..=9).chain(14..=16).chain(19..=24).collect();
        assert_eq!(lines, expected);
        assert_eq!(found.modules, ["other"]);
        assert!(TestCode::of("#[cfg(test)]").lines.is_empty());
    }
}
