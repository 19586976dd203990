//! An execution as a page shows it: plain data, in the words of those who know what it is an execution of.

use serde::Serialize;

use super::draws::Draws;

/// One execution, and the state after each of its steps; or, without steps, how a search without one to show has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// What was checked: a program's name, or a test's.
    pub title: String,
    /// The result in a few words.
    pub headline: String,
    /// The result in a sentence or two.
    pub message: String,
    /// Whether it shows a violation; otherwise it shows what somebody asked for.
    pub is_wrong: bool,
    /// What else is known of the search: names and values.
    pub facts: Vec<(String, String)>,
    /// What shows the execution again: what a text is for, and the text.
    pub again: Vec<(String, String)>,
    /// The threads, by number.
    pub lanes: Vec<Lane>,
    /// The steps, in order. Those that have only begun come last.
    pub steps: Vec<Step>,
    /// What leads from one step to another.
    pub links: Vec<Link>,
    /// The state before the first step.
    pub before: Moment,
    /// The step from which all repeat themselves for ever.
    pub again_from: Option<usize>,
    /// The texts that steps have their places in.
    pub sources: Vec<Source>,
    /// What a reader must know besides.
    pub notes: Vec<String>,
    /// What all executions together have shown, if they were drawn.
    pub draws: Draws,
}

/// A thread.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// Where it begins; empty if that is not known.
    pub role: String,
}

/// One operation of a thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Its number in the execution, which may have steps that are not shown.
    pub number: usize,
    /// Its thread: a position among the lanes.
    pub lane: usize,
    /// What it does, in words.
    pub words: String,
    /// Its place.
    pub spot: Option<Spot>,
    /// Whether it had only begun when the execution ended.
    pub is_pending: bool,
    /// Whether the violation names it.
    pub is_named: bool,
    /// Whether it is the first after a switch from a thread that could have gone on: that thread's name.
    pub preempts: Option<String>,
    /// If it has read a value that is not the latest: which one, and why it may.
    pub why: Option<String>,
    /// The state after it.
    pub after: Moment,
}

/// A place in a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Spot {
    /// A position among the sources.
    pub source: usize,
    /// The line, from 1.
    pub line: u32,
}

/// A text that steps have their places in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Lines with their numbers, in order. Some may be left out.
    pub lines: Vec<(u32, String)>,
}

/// What leads from one step to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The position of the first step.
    pub from: usize,
    /// The position of the other.
    pub to: usize,
    /// What it is.
    pub kind: LinkKind,
    /// The same in words.
    pub words: String,
}

/// The kinds of links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkKind {
    /// The first happens before the other.
    Order,
    /// The same, because the other reads what the first has written, and would be so without that read.
    Known,
    /// The other reads what the first has written, and nothing orders them.
    Reads,
    /// Nothing orders them, and one of them writes.
    Race,
    /// The first waits for the thread of the other.
    Wait,
}

/// The state between two steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// The threads, by number.
    pub threads: Vec<ThreadNow>,
    /// What is in memory: names and values.
    pub memory: Vec<(String, String)>,
    /// Locks that somebody has or waits for.
    pub locks: Vec<Lock>,
    /// What has been printed.
    pub output: String,
}

/// A thread between two steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ThreadNow {
    /// What it is about to do or waits for, or that it has ended.
    pub state: String,
    /// Where it is.
    pub spot: Option<Spot>,
    /// Its calls, the innermost first.
    pub calls: Vec<Call>,
}

/// A call of a function that has not returned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The function.
    pub function: String,
    /// Its variables that are still needed: names and values.
    pub variables: Vec<(String, String)>,
}

/// Something that one thread can have while others wait.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lock {
    /// Its name.
    pub name: String,
    /// Who has it; empty if nobody does.
    pub owner: String,
    /// Who waits for it, or on it; empty if nobody does.
    pub waiting: String,
}

impl Source {
    /// The text as far as it is near these lines, which are in any order: the lines themselves, and `around`
    /// lines before and after each.
    pub fn around(name: String, text: &str, wanted: &[u32], around: u32) -> Self {
        let is_near = |number: u32| wanted.iter().any(|line| line.abs_diff(number) <= around);
        let numbered = (1..).zip(text.lines()).filter(|&(number, _)| is_near(number));
        Source { name, lines: numbered.map(|(number, line)| (number, line.to_owned())).collect() }
    }
}

impl LinkKind {
    /// All kinds.
    pub(super) const ALL: [LinkKind; 5] =
        [LinkKind::Order, LinkKind::Known, LinkKind::Reads, LinkKind::Race, LinkKind::Wait];

    /// The name of its class in style sheets.
    pub(super) fn class(self) -> &'static str {
        match self {
            LinkKind::Order => "order",
            LinkKind::Known => "known",
            LinkKind::Reads => "reads",
            LinkKind::Race => "race",
            LinkKind::Wait => "wait",
        }
    }

    /// What it means, for a legend.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            LinkKind::Order => "happens before",
            LinkKind::Known => "is read, and happens before anyway",
            LinkKind::Reads => "is read, and nothing orders the two",
            LinkKind::Race => "races with",
            LinkKind::Wait => "waits for",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_shown_around_the_lines_that_are_named() {
        let text = (1..=20).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n");
        let source = Source::around("a".into(), &text, &[15, 3], 1);
        let numbers: Vec<u32> = source.lines.iter().map(|it| it.0).collect();
        assert_eq!(numbers, [2, 3, 4, 14, 15, 16]);
        assert_eq!(source.lines[1].1, "line 3");
    }
}
