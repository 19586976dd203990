//! Several programs on one page: a line for each, with its report and the lanes of what was found.

use maud::{Markup, PreEscaped, html};

use super::frame::framed;
use super::lanes::lanes;
use super::story::Story;

pub(super) const STYLE: &str = include_str!("overview.css");
pub(super) const SCRIPT: &str = include_str!("overview.js");

/// What was found in several programs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// What was done.
    pub title: String,
    /// The result in a line.
    pub totals: String,
    /// The programs, in order.
    pub entries: Vec<Entry>,
}

/// What was found in a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// How it stands.
    pub standing: Standing,
    /// The result in a few words.
    pub headline: String,
    /// How long the search took, and the like.
    pub facts: String,
    /// The whole report, in lines.
    pub report: String,
    /// An execution that shows what was found, if there is one.
    pub story: Option<Story>,
}

/// How a program stands; the worst comes last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is as it should be.
    #[default]
    Fine,
    /// Not all was searched.
    Unfinished,
    /// It is not as it should be.
    Wrong,
    /// It cannot be checked.
    Refused,
}

impl Standing {
    const ALL: [Standing; 4] =
        [Standing::Wrong, Standing::Refused, Standing::Unfinished, Standing::Fine];

    fn name(self) -> &'static str {
        match self {
            Standing::Fine => "fine",
            Standing::Unfinished => "unfinished",
            Standing::Wrong => "wrong",
            Standing::Refused => "refused",
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Standing::Fine => "✓",
            Standing::Unfinished => "…",
            Standing::Wrong => "✗",
            Standing::Refused => "!",
        }
    }
}

/// The page as HTML. It needs no other file.
pub fn render_overview(overview: &Overview) -> String {
    let worst = overview.entries.iter().map(|entry| entry.standing).max().unwrap_or_default();
    let body = html! {
        header class=(if worst > Standing::Unfinished { "wrong" } else { worst.name() }) {
            p.title { (overview.title) }
            h1 { (overview.totals) }
        }
        nav aria-label="Which programs are shown" {
            @for standing in Standing::ALL { (chooser(overview, standing)) }
            label { "Name " input #name type="search" placeholder="part of a name"; }
            output #shown aria-live="polite" { }
        }
        main.programs {
            @for (number, entry) in overview.entries.iter().enumerate() { (shown(number, entry)) }
        }
        script { (PreEscaped(SCRIPT)) }
    };
    framed(&format!("{}: {}", overview.title, overview.totals), STYLE, &body)
}

/// The box by which programs that stand like this are shown or not, if there are any.
fn chooser(overview: &Overview, standing: Standing) -> Markup {
    let count = overview.entries.iter().filter(|entry| entry.standing == standing).count();
    html! {
        @if count > 0 {
            label.chooser.(standing.name()) {
                input type="checkbox" checked value=(standing.name());
                " " (standing.sign()) " " (count) " " (standing.name())
            }
        }
    }
}

/// A program. Those that are not as they should be are open.
fn shown(number: usize, entry: &Entry) -> Markup {
    let name = entry.standing.name();
    html! {
        details.entry.(name) data-standing=(name) data-name=(entry.name) open[entry.standing == Standing::Wrong] {
            summary {
                span.sign title=(name) { (entry.standing.sign()) }
                span.program { (entry.name) }
                span.headline { (entry.headline) }
                span.facts { (entry.facts) }
            }
            @if let Some(story) = &entry.story {
                div.pictured tabindex="0" role="group" aria-label=(format!("The interleaving in {}", entry.name)) {
                    (lanes(story, &format!("lanes-{number}-")))
                }
            }
            pre { (entry.report) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_counted_shown_and_never_a_part_of_the_page() {
        let evil = "<script>alert(1)</script>";
        let entry = |standing| Entry {
            name: evil.into(),
            standing,
            headline: evil.into(),
            report: evil.into(),
            ..Entry::default()
        };
        let overview = Overview {
            title: evil.into(),
            totals: "2 programs".into(),
            entries: vec![entry(Standing::Wrong), entry(Standing::Fine)],
        };
        let page = render_overview(&overview);
        assert_eq!(page.matches("<script>").count(), 1, "only ours");
        assert!(page.contains("✗ 1 wrong") && page.contains("✓ 1 fine"), "{page}");
        assert!(!page.contains("unfinished\""), "no box for what is not there");
        assert_eq!(page.matches("<details").count(), 2);
        assert_eq!(page.matches(" open>").count(), 1, "the wrong one");
    }
}
