//! What each kind of violation means, how to fix it, and a program that shows it.
//!
//! These texts are written once: `drawloom explain`, the rules of SARIF reports and docs/KINDS.md are made of them.
//! The one-line meanings are those of [`ViolationKind`] and [`Fault`]; a kind that guest programs and Rust code
//! share has one explanation.

mod pages;

use std::fmt::Write as _;

use crate::reference::ViolationKind;
use crate::session::Fault;

pub use pages::EXPLANATIONS;

/// A shorter text is in too many names.
const PART_BYTES_MIN: usize = 3;

/// The explanation of a kind of violation.
#[derive(Debug)]
pub struct Explanation {
    /// The kind in guest programs, if they have it.
    pub guest: Option<ViolationKind>,
    /// The kind in Rust code, if that has it.
    pub rust: Option<Fault>,
    /// What happened, in sentences.
    pub story: &'static str,
    /// How to fix it.
    pub fix: &'static str,
    /// A guest program that shows it.
    pub guest_example: Option<Example>,
    /// A Rust program that shows it.
    pub rust_example: Option<Example>,
}

/// A whole program that shows a violation.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// Its path in drawloom's repository.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

impl Example {
    /// The ending of its path, which says its language.
    pub fn ending(self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or_default()
    }
}

impl Explanation {
    /// The name of the kind.
    pub fn name(&self) -> &'static str {
        let of_guests = self.guest.map(ViolationKind::name);
        of_guests.or(self.rust.map(Fault::name)).unwrap_or_default()
    }

    /// The name without blanks, as links and rules of SARIF have it: `data-race`.
    pub fn id(&self) -> String {
        self.name().replace(' ', "-")
    }

    /// What the kind means, in one line.
    pub fn meaning(&self) -> &'static str {
        let of_guests = self.guest.map(ViolationKind::describe);
        of_guests.or(self.rust.map(Fault::describe)).unwrap_or_default()
    }

    /// The explanation of a kind of guest programs.
    pub fn of_guests(kind: ViolationKind) -> Option<&'static Explanation> {
        EXPLANATIONS.iter().find(|it| it.guest == Some(kind))
    }

    /// The explanation of the kind with this name; `-` and `_` count as blanks, and capitals do not count.
    pub fn find(name: &str) -> Option<&'static Explanation> {
        let name = plain(name);
        EXPLANATIONS.iter().find(|it| it.name() == name)
    }

    /// The names of the kinds that may be meant: the one that is most like this name, or else those that have it in
    /// them, or a word like it.
    pub fn nearest(name: &str) -> Vec<&'static str> {
        let name = plain(name);
        let names = || EXPLANATIONS.iter().map(Explanation::name);
        if let Some(nearest) = crate::il::nearest(&name, names()) {
            return vec![nearest];
        }
        let is_part =
            |it: &&str| it.contains(&name) || crate::il::nearest(&name, it.split(' ')).is_some();
        if name.len() < PART_BYTES_MIN { Vec::new() } else { names().filter(is_part).collect() }
    }

    /// The whole explanation as Markdown, without a headline.
    pub fn to_markdown(&self) -> String {
        let mut text = format!("{}\n\n**How to fix it.** {}\n", self.story, self.fix);
        for example in self.examples() {
            let language = if example.ending() == "rs" { "rust" } else { "text" };
            let (path, program) = (example.path, example.text.trim_end());
            let _ = write!(
                text,
                "
`{path}` shows it:

```{language}
{program}
```
"
            );
        }
        text
    }

    /// The programs that show it.
    pub fn examples(&self) -> impl Iterator<Item = Example> {
        self.guest_example.into_iter().chain(self.rust_example)
    }
}

/// A name as [`Explanation::name`] has it.
fn plain(name: &str) -> String {
    let words = name.split(|c: char| c.is_whitespace() || c == '-' || c == '_');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_explained_once() {
        for kind in ViolationKind::ALL {
            let all = EXPLANATIONS.iter().filter(|it| it.guest == Some(kind));
            assert_eq!(all.count(), 1, "{kind}");
        }
        for fault in Fault::ALL {
            let all: Vec<_> = EXPLANATIONS.iter().filter(|it| it.rust == Some(fault)).collect();
            assert_eq!(all.len(), 1, "{fault}");
            assert_eq!(all[0].name(), fault.name(), "one name for both");
        }
    }

    #[test]
    fn a_name_is_found_however_it_is_written() {
        for name in ["data race", "data-race", "Data_Race", " data  race "] {
            assert_eq!(Explanation::find(name).map(Explanation::name), Some("data race"), "{name}");
        }
        assert!(Explanation::find("luck").is_none());
        assert_eq!(Explanation::nearest("dead-lok"), ["deadlock"]);
        assert_eq!(Explanation::nearest("race"), ["data race"]);
        assert_eq!(Explanation::nearest("wakup"), ["lost wakeup"]);
        assert_eq!(Explanation::nearest("lock"), ["double unlock", "deadlock", "livelock"]);
        for unknown in ["serendipity", "e", ""] {
            assert!(Explanation::nearest(unknown).is_empty(), "{unknown}");
        }
    }

    #[test]
    fn an_explanation_is_whole() {
        for explanation in &EXPLANATIONS {
            let name = explanation.name();
            assert!(explanation.story.ends_with('.') && explanation.fix.ends_with('.'), "{name}");
            assert!(explanation.rust.is_some() == explanation.rust_example.is_some(), "{name}");
        }
    }
}
