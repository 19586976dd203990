//! What a program's header expects of a check, and whether a search agrees.
//!
//! The comment at the top of a program, its *header*, may state the result of checking it. A program
//! with such a header is a test: the findings of the search are compared with the header, in both
//! directions. Each of these lines is a key, a colon and a value:
//!
//! | line | meaning |
//! |---|---|
//! | `# expect: verified` | no execution shows a violation |
//! | `# expect: deadlock; race` | some execution shows each of these, and none shows anything that no such line names. The names are those of [`ViolationKind`]; `race` means `data race`; a line has one or several |
//! | `# expect: trap WORDS` | the same for a trap, or a failed assertion, whose message has these words |
//! | `# memory: rc11` | the memory model to which the header applies, if the program does not decide it |
//! | `# args: A B` | the arguments to which the header applies |
//! | `# executions: N` | the number of traces under sequential consistency, or of execution graphs under RC11 |
//! | `# outcomes: {A / B} {}` | all distinct outputs, lines joined by ` / `; more of them may follow in another such line |
//! | `# orders: N` | the number of distinct outputs |
//! | `# prints: LINE` | every execution that ends prints these lines, in this order, and no others |
//! | `# exit: N` | the exit code of every execution that ends, if it is not 0 |
//!
//! In BASIC, whose comments begin with `'`, that stands in the place of `#`.
//!
//! A search that was cut off can contradict a header, but it can confirm only part of one. The
//! comparison then stays open.

mod judgement;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

pub use judgement::Judgement;

use super::MemoryModel;
use crate::il::{Diagnostic, Span, beginning};
use crate::reference::{NoMemoryModel, Violation, ViolationKind};

/// The contents of a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// Violations that some execution shows; empty if the program is verified.
    pub violations: Vec<Expected>,
    /// The memory model, if it is not the program's own.
    pub model: Option<MemoryModel>,
    /// The program's arguments.
    pub arguments: Vec<String>,
    /// The number of executions.
    pub executions: Option<u64>,
    /// All outputs, with lines joined by ` / `.
    pub outputs: Option<BTreeSet<String>>,
    /// The number of distinct outputs.
    pub orders: Option<u64>,
    /// The lines of the only output.
    pub prints: Option<Vec<String>>,
    /// The exit code, if it is not 0.
    pub exit: Option<i64>,
}

/// An expected violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A violation of this kind.
    Kind(ViolationKind),
    /// A trap whose message has these words.
    Trap(String),
}

/// The key of a header line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Expect,
    Memory,
    Args,
    Executions,
    Outcomes,
    Orders,
    Prints,
    Exit,
}

impl Key {
    const ALL: [Key; 8] = [
        Key::Expect,
        Key::Memory,
        Key::Args,
        Key::Executions,
        Key::Outcomes,
        Key::Orders,
        Key::Prints,
        Key::Exit,
    ];

    fn name(self) -> &'static str {
        match self {
            Key::Expect => "expect",
            Key::Memory => "memory",
            Key::Args => "args",
            Key::Executions => "executions",
            Key::Outcomes => "outcomes",
            Key::Orders => "orders",
            Key::Prints => "prints",
            Key::Exit => "exit",
        }
    }
}

/// A line of the header, without `#` or `'`.
#[derive(Clone, Copy)]
struct Line<'t> {
    /// The position in the program's text at which it begins, in bytes.
    start: usize,
    text: &'t str,
}

impl<'t> Line<'t> {
    /// The key at its beginning, if it has one, and the value after the colon.
    fn entry(self) -> Option<(Key, Line<'t>)> {
        let (name, value) = self.text.split_once(':')?;
        let key = Key::ALL.into_iter().find(|key| key.name() == name.trim())?;
        let start = self.start + name.len() + 1 + (value.len() - value.trim_start().len());
        Some((key, Line { start, text: value.trim() }))
    }

    /// The parts between these characters, without surrounding blanks.
    fn split(self, separator: char) -> Vec<Line<'t>> {
        let mut start = self.start;
        let part = |part: &'t str| {
            let indent = part.len() - part.trim_start().len();
            let line = Line { start: start + indent, text: part.trim() };
            start += part.len() + separator.len_utf8();
            line
        };
        self.text.split(separator).map(part).collect()
    }

    fn error(self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Span::new(self.start, self.start + self.text.len()), message)
    }
}

impl Expectation {
    /// Reads the header of a program; `None` if it expects nothing.
    ///
    /// # Errors
    /// Everything that is wrong with the header, with its places: an invalid value, a line that does not
    /// belong to the others, two lines that contradict each other.
    ///
    /// # Examples
    /// ```
    /// use drawloom::guest::Expectation;
    ///
    /// let text = "# Two threads, two locks.\n#\n# expect: deadlock\n# memory: sc\nil 0.3.0\n";
    /// let expectation = Expectation::read(text).unwrap().expect("it has a header");
    /// assert_eq!(expectation.violations[0].to_string(), "deadlock");
    /// assert_eq!(Expectation::read("il 0.3.0\n"), Ok(None));
    /// ```
    pub fn read(text: &str) -> Result<Option<Self>, Vec<Diagnostic>> {
        let lines = header(text);
        if lines.iter().all(|line| line.entry().is_none()) {
            return Ok(None);
        }
        let mut expectation = Expectation::default();
        let mut errors = Vec::new();
        let mut expects = None;
        let mut said: Vec<Key> = Vec::new();
        // The lines below the last empty line must all have a key: an unknown key there is a typing error.
        let story = lines.iter().rposition(|line| line.text.is_empty()).unwrap_or(lines.len());
        for (at, line) in lines.into_iter().enumerate() {
            let Some((key, value)) = line.entry() else {
                if at > story {
                    errors.push(line.error(unknown_key()));
                }
                continue;
            };
            let may_repeat = matches!(key, Key::Expect | Key::Prints | Key::Outcomes);
            if !may_repeat && said.contains(&key) {
                errors.push(line.error(format!("'{}:' stands here a second time", key.name())));
            }
            said.push(key);
            // One line may have several findings.
            let parts = if key == Key::Expect { value.split(';') } else { vec![value] };
            for value in parts {
                if key == Key::Expect {
                    let verified = value.text == "verified";
                    let is_first = expects.is_none();
                    if *expects.get_or_insert(verified) != verified || (verified && !is_first) {
                        errors.push(value.error("'verified' stands alone"));
                    }
                }
                if let Err(message) = expectation.add(key, value.text) {
                    errors.push(value.error(message));
                }
            }
        }
        if expects.is_none() {
            let first = header(text)[0];
            errors.push(first.error("the header has no line '# expect: ...'"));
        }
        if errors.is_empty() { Ok(Some(expectation)) } else { Err(errors) }
    }

    fn add(&mut self, key: Key, value: &str) -> Result<(), String> {
        match key {
            Key::Expect if value == "verified" => {}
            Key::Expect => self.violations.push(value.parse()?),
            Key::Memory => {
                let model = value.parse().map_err(|error: NoMemoryModel| error.to_string())?;
                self.model = Some(model);
            }
            Key::Args => self.arguments = value.split_whitespace().map(str::to_owned).collect(),
            Key::Executions => self.executions = Some(number(value)?),
            Key::Orders => self.orders = Some(number(value)?),
            Key::Exit => self.exit = Some(number(value)?),
            Key::Prints => self.prints.get_or_insert_default().push(value.to_owned()),
            Key::Outcomes => self.outputs.get_or_insert_default().extend(outputs(value)?),
        }
        Ok(())
    }
}

/// The comment at the beginning of a text.
fn header(text: &str) -> Vec<Line<'_>> {
    let mut start = beginning(text);
    let mut lines = Vec::new();
    for line in text[start..].split_inclusive('\n') {
        let Some(comment) = line.strip_prefix(['#', '\'']) else { break };
        let indented = comment.trim_start();
        let start_of_text = start + 1 + (comment.len() - indented.len());
        lines.push(Line { start: start_of_text, text: indented.trim_end() });
        start += line.len();
    }
    lines
}

fn unknown_key() -> String {
    let names = Key::ALL.map(|key| format!("{}:", key.name())).join(" ");
    format!("not a line of an expectation; these begin with one of {names}")
}

fn number<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("'{text}' is not a number for this"))
}

/// The outputs in `{A / B} {}`.
fn outputs(text: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let inside = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let (output, after) = inside.ok_or("outputs stand in braces: {1 / 2} {2 / 1}")?;
        found.push(output.trim().to_owned());
        rest = after.trim_start();
    }
    Ok(found)
}

impl Expected {
    /// Whether this violation is the expected one.
    pub fn describes(&self, violation: &Violation) -> bool {
        match self {
            Expected::Kind(kind) => violation.kind == *kind,
            Expected::Trap(words) => {
                let is_trap = matches!(
                    violation.kind,
                    ViolationKind::Trap | ViolationKind::Assertion | ViolationKind::DoubleUnlock
                );
                is_trap && violation.message.contains(words)
            }
        }
    }
}

impl FromStr for Expected {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(words) = text.strip_prefix("trap ") {
            return Ok(Expected::Trap(words.trim().to_owned()));
        }
        if text == "race" {
            return Ok(Expected::Kind(ViolationKind::DataRace));
        }
        let known = ViolationKind::ALL.into_iter().find(|kind| kind.name() == text);
        let names = ViolationKind::ALL.map(ViolationKind::name).join(", ");
        known.map(Expected::Kind).ok_or(format!(
            "'{text}' is nothing that a search can find; write verified, trap WORDS, {names}"
        ))
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Kind(kind) => write!(f, "{kind}"),
            Expected::Trap(words) => write!(f, "trap {words}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> Vec<String> {
        let errors = Expectation::read(text).expect_err("it is wrong");
        let lines = crate::il::Lines::new(text);
        let place = |error: &Diagnostic| lines.place(error.span.start as usize);
        errors.iter().map(|it| format!("{:?} {}", place(it), it.message)).collect()
    }

    #[test]
    fn every_key_is_read() {
        let text = "# A story: executions are many.\n#\n# expect: race; livelock\n# expect: trap no luck\n\
                    # memory: rc11\n# args: 1 b\n# executions: 90\n# outcomes: {1 / 2} {}\n\
                    # outcomes: { 3 }\n# orders: 3\n# prints: a b\n# prints: c\n# exit: -1\nil 0.3.0\n";
        let expected = Expectation {
            violations: vec![
                Expected::Kind(ViolationKind::DataRace),
                Expected::Kind(ViolationKind::Livelock),
                Expected::Trap("no luck".into()),
            ],
            model: Some(MemoryModel::Rc11),
            arguments: vec!["1".into(), "b".into()],
            executions: Some(90),
            outputs: Some(["", "1 / 2", "3"].map(str::to_owned).into()),
            orders: Some(3),
            prints: Some(vec!["a b".into(), "c".into()]),
            exit: Some(-1),
        };
        assert_eq!(Expectation::read(text), Ok(Some(expected)));
    }

    #[test]
    fn a_program_without_keys_expects_nothing() {
        for text in ["", "il 0.3.0\n# expect: deadlock\n", "# expect nothing\n#\n# more\nil\n"] {
            assert_eq!(Expectation::read(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn a_wrong_header_is_refused_at_its_place() {
        for (text, error) in [
            ("# expect: luck\n", "(1, 11) 'luck' is nothing that a search can find"),
            ("# expect: race\n# memory: tso\n", "(2, 11) not a memory model: sc, rc11, c20"),
            ("# expect: race\n# orders: -1\n", "(2, 11) '-1' is not a number"),
            ("# expect: race\n# outcomes: {1} 2\n", "(2, 13) outputs stand in braces"),
            ("# expect: race\n# exit: 1\n# exit: 1\n", "(3, 3) 'exit:' stands here a second"),
            ("# expect: race\n# expect: verified\n", "(2, 11) 'verified' stands alone"),
            ("# expect: race; verified\n", "(1, 17) 'verified' stands alone"),
            ("# expect: race;  luck\n", "(1, 18) 'luck' is nothing that a search can find"),
            ("# expect: race;\n", "(1, 16) '' is nothing that a search can find"),
            ("# expect: verified\n# expect: verified\n", "(2, 11) 'verified' stands alone"),
            ("# a\n#\n# expect: race\n# memroy: sc\n", "(4, 3) not a line of an expectation"),
            ("# orders: 3\n", "(1, 3) the header has no line '# expect: ...'"),
        ] {
            let found = errors(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].starts_with(error), "{text}: {found:?}");
        }
    }
}
