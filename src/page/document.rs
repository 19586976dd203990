//! The page: the violation, the lanes, the state and the sources, and what steps through them.

use maud::{Markup, PreEscaped, html};

use super::data::data_of;
use super::draws::{Draws, drawn};
use super::frame::framed;
use super::lanes::lanes;
use super::story::{Source, Story};

const SCRIPT: &str = include_str!("page.js");

/// The page as HTML. It needs no other file.
pub fn render_page(story: &Story) -> String {
    let body = html! {
        (verdict(story))
        @if !story.steps.is_empty() { (stepped(story)) }
        @if story.draws != Draws::default() { main { (drawn(&story.draws)) } }
    };
    framed(&format!("{}: {}", story.title, story.headline), "", &body)
}

/// The steps, and what goes through them.
fn stepped(story: &Story) -> Markup {
    html! {
        (controls(story))
        main.steps {
            section.pictured aria-label="The interleaving" tabindex="0" { (lanes(story, "")) }
            div.beside {
                section #state aria-label="The state after this step" {
                    noscript { p { "The state after each step needs JavaScript." } }
                }
                @for (number, source) in story.sources.iter().enumerate() { (listing(number, source)) }
            }
        }
        script #story type="application/json" { (PreEscaped(data_of(story))) }
        script { (PreEscaped(SCRIPT)) }
    }
}

/// What was found, first of all.
fn verdict(story: &Story) -> Markup {
    let (class, sign) = match story.is_wrong {
        true => ("wrong", "✗"),
        false if story.steps.is_empty() => ("drawn", "○"),
        false => ("asked", "✓"),
    };
    html! {
        header class=(class) {
            p.title { (story.title) }
            h1 { span.sign aria-hidden="true" { (sign) } " " (story.headline) }
            @for line in story.message.lines() { p.message { (line) } }
            @for note in &story.notes { p.note { (note) } }
            @for (number, (purpose, text)) in story.again.iter().enumerate() {
                @if number == 0 { (again(number, purpose, text)) } @else {
                    details {
                        summary { (purpose) }
                        (again(number, "", text))
                    }
                }
            }
            dl.facts {
                @for (name, value) in &story.facts { div { dt { (name) } dd { (value) } } }
            }
        }
    }
}

/// A text that shows the execution again, to be copied.
fn again(number: usize, purpose: &str, text: &str) -> Markup {
    let id = format!("again-{number}");
    html! {
        div.again {
            span.purpose { (purpose) }
            code id=(id) { (text) }
            button.copy type="button" data-copies=(id) aria-label=(format!("Copy {purpose}")) { "Copy" }
        }
    }
}

fn controls(story: &Story) -> Markup {
    let last = story.steps.len();
    html! {
        nav aria-label="Steps" {
            div.buttons {
                button #first type="button" title="The beginning (Home)" aria-label="The beginning" { "|◀" }
                button #back type="button" title="One step back (Left)" aria-label="One step back" { "◀" }
                button #on type="button" title="One step on (Right)" aria-label="One step on" { "▶" }
                button #last type="button" title="The end (End)" aria-label="The end" { "▶|" }
            }
            label for="step" { "Step" }
            input #step type="range" min="0" max=(last) value=(last) step="1";
            output #where for="step" aria-live="polite" { (last) " of " (last) }
            p #what {}
        }
    }
}

fn listing(number: usize, source: &Source) -> Markup {
    html! {
        section.source aria-label=(format!("The source {}", source.name)) {
            h2 { (source.name) }
            div.lines tabindex="0" role="group" aria-label=(source.name) {
                @if source.lines.is_empty() { div.gap { "The file is not here." } }
                @for (at, (line, text)) in source.lines.iter().enumerate() {
                    @if at > 0 && source.lines[at - 1].0 + 1 != *line { div.gap { "⋮" } }
                    div.text id=(format!("line-{number}-{line}")) {
                        span.count { (line) }
                        code { (text) }
                        span.here {}
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Lane, PAGE_MARK, Step};

    #[test]
    fn a_page_is_whole_and_no_text_of_a_program_becomes_a_part_of_it() {
        let evil = "<script>alert(1)</script>".to_owned();
        let source = Source { name: evil.clone(), lines: vec![(1, evil.clone())] };
        let story = Story {
            title: evil.clone(),
            headline: evil.clone(),
            message: evil.clone(),
            lanes: vec![Lane { name: evil.clone(), role: evil.clone() }],
            steps: vec![Step { words: evil.clone(), why: Some(evil.clone()), ..Step::default() }],
            sources: vec![source],
            notes: vec![evil.clone()],
            again: vec![(evil.clone(), evil)],
            ..Story::default()
        };
        let page = render_page(&story);
        assert!(page.starts_with(PAGE_MARK));
        assert!(page.ends_with("</html>"));
        assert_eq!(page.matches("<script").count(), 2, "the data and ours");
        assert_eq!(page.matches("</script>").count(), 2);
        assert!(!page.contains("<script>alert"), "{page}");
        for outside in ["http://", "https://", "src=", "href=", "@import", "url(h"] {
            let found = page.replace("http://www.w3.org/2000/svg", "");
            assert!(!found.contains(outside), "{outside} would be fetched");
        }
    }
}
