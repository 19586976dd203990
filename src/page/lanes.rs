//! The lanes: a line for each thread, time downwards, a circle for each step, and arrows between threads.

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use super::layout::{HEAD, LEGEND, LINE, Layout, NUMBERS, RADIUS, Row, WORDS_AT};
use super::story::{LinkKind, Step, Story};

/// What a picture in a file of its own begins with.
pub const PICTURE_MARK: &str = "<!-- drawloom picture -->";

const STYLE: &str = include_str!("lanes.css");

/// The colours of lanes; further lanes begin again with the first.
const COLOURS: usize = 6;

/// The lanes as an SVG file.
pub fn render_picture(story: &Story) -> String {
    format!("{PICTURE_MARK}\n{}\n", lanes(story, "").into_string())
}

/// The lanes as an element of a page, too. What it names in itself begins with `own`, which no other element of the
/// page has.
pub(super) fn lanes(story: &Story, own: &str) -> Markup {
    let layout = Layout::of(story);
    let kinds: Vec<LinkKind> = LinkKind::ALL
        .into_iter()
        .filter(|kind| story.links.iter().any(|link| link.kind == *kind))
        .collect();
    let height = layout.height + LEGEND * kinds.len() as i32 + 8;
    let description = format!("{}: {}", story.title, story.headline);
    html! {
        svg xmlns="http://www.w3.org/2000/svg" class="lanes" width=(layout.width) height=(height)
            viewBox=(format!("0 0 {} {height}", layout.width)) role="img" aria-label=(shown(&description)) {
            title { (shown(&description)) }
            style { (PreEscaped(STYLE)) }
            (arrowheads(&kinds, own))
            rect.paper width=(layout.width) height=(height) {}
            @for step in 0..story.steps.len() { (highlight(&layout, step)) }
            (lines(story, &layout))
            @for rule in &layout.rules {
                path.rule d=(format!("M{NUMBERS} {}H{}", rule.y, layout.width - 8)) {}
                text.ruled x=(NUMBERS + 4) y=(rule.y - 4) { (rule.words) }
            }
            @for (link, way) in story.links.iter().zip(layout.ways(&story.links)) {
                path.link.(link.kind.class()) data-from=(link.from) data-to=(link.to) d=(way)
                    marker-end=(format!("url(#{own}{}-head)", link.kind.class())) {
                    title { (shown(&link.words)) }
                }
            }
            @for (at, step) in story.steps.iter().enumerate() { (drawn(at, step, &layout.rows[at])) }
            (names(story, &layout))
            @for (nth, kind) in kinds.iter().enumerate() {
                (legend(*kind, own, layout.height + LEGEND * nth as i32 + LEGEND / 2))
            }
        }
    }
}

/// The ends of arrows; their shapes differ, too.
fn arrowheads(kinds: &[LinkKind], own: &str) -> Markup {
    html! {
        defs {
            @for kind in kinds {
                marker id=(format!("{own}{}-head", kind.class())) viewBox="0 0 10 10" refX="8" refY="5"
                    markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto-start-reverse" {
                    @match kind {
                        LinkKind::Order | LinkKind::Known => path.order-head d="M1 1L9 5L1 9z" {},
                        LinkKind::Reads => path.reads-head d="M2 1L8 5L2 9" {},
                        LinkKind::Race => path.race-head d="M5 0L10 5L5 10L0 5z" {},
                        LinkKind::Wait => path.wait-head d="M1 1L9 5L1 9z" {},
                    }
                }
            }
        }
    }
}

/// The whole row of a step, which is coloured when somebody is there.
fn highlight(layout: &Layout, at: usize) -> Markup {
    let row = &layout.rows[at];
    html! {
        rect.row data-step=(at) x="2" y=(row.top) width=(layout.width - 4) height=(row.bottom - row.top) rx="5" {}
    }
}

/// The threads' lines, from the names to the last step.
fn lines(story: &Story, layout: &Layout) -> Markup {
    let last = |lane: usize| {
        let mut steps = layout.rows.iter().zip(&story.steps);
        steps.rfind(|(_, step)| step.lane == lane).map(|(row, _)| row)
    };
    html! {
        @for row in (0..story.lanes.len()).filter_map(last) {
            path.line d=(format!("M{} {}V{}", row.x, HEAD - 6, row.y)) {}
        }
    }
}

/// The names of the threads. They come last: in a page they stay in sight.
fn names(story: &Story, layout: &Layout) -> Markup {
    html! {
        g.names {
            rect.paper width=(layout.width) height=(HEAD - 6) {}
            @for (number, lane) in story.lanes.iter().enumerate() {
                @if let Some(left) = layout.lanes[number] {
                    g class=(colour(number)) {
                        text.name x=(left + 4) y="18" { (shown(&lane.name)) }
                        text.role x=(left + 4) y="34" { (shown(&lane.role)) }
                    }
                }
            }
        }
    }
}

/// A step: its number, its circle, and its words.
fn drawn(at: usize, step: &Step, row: &Row) -> Markup {
    let mut class = format!("step {}", colour(step.lane));
    for (is_so, name) in [
        (step.is_pending, "pending"),
        (step.is_named, "named"),
        (step.why.is_some(), "old"),
        (step.preempts.is_some(), "preempts"),
    ] {
        if is_so {
            let _ = write!(class, " {name}");
        }
    }
    let x = row.x + WORDS_AT;
    let first = row.y + 4;
    html! {
        g class=(class) data-step=(at) {
            title { (shown(&step.words)) }
            @if step.is_named { circle.ring cx=(row.x) cy=(row.y) r=(RADIUS + 4) {} }
            circle.dot cx=(row.x) cy=(row.y) r=(RADIUS) {}
            text.number x=(NUMBERS - 8) y=(first) {
                @if step.is_pending { "…" } @else { (step.number) }
            }
            @for (nth, line) in row.words.iter().enumerate() {
                text.words x=(x) y=(first + LINE * nth as i32) { (shown(line)) }
            }
            @if !row.remark.is_empty() {
                text.remark x=(x) y=(first + LINE * row.words.len() as i32 - 1) { (shown(&row.remark)) }
            }
        }
    }
}

fn legend(kind: LinkKind, own: &str, y: i32) -> Markup {
    let class = kind.class();
    html! {
        path.link.(class) d=(format!("M{NUMBERS} {y}h28")) marker-end=(format!("url(#{own}{class}-head)")) {}
        text.legend x=(NUMBERS + 38) y=(y + 4) { (kind.meaning()) }
    }
}

/// The class with a lane's colour.
fn colour(lane: usize) -> String {
    format!("lane-{}", lane % COLOURS)
}

/// A text without characters that XML cannot have.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Lane, Link};

    fn story() -> Story {
        let lane = |name: &str| Lane { name: name.into(), role: String::new() };
        let step = |lane: usize, words: &str| Step { lane, words: words.into(), ..Step::default() };
        Story {
            title: "<b>".into(),
            lanes: vec![lane("main"), lane("thread 1")],
            steps: vec![step(0, "start"), step(1, "print \"</title>\u{1}\"")],
            links: vec![Link { from: 0, to: 1, kind: LinkKind::Order, words: "start".into() }],
            ..Story::default()
        }
    }

    #[test]
    fn a_text_never_becomes_a_part_of_the_picture() {
        let picture = render_picture(&story());
        assert!(picture.starts_with(PICTURE_MARK));
        assert!(picture.contains("print &quot;&lt;/title&gt;\u{fffd}&quot;"), "{picture}");
        assert_eq!(picture.matches("<title>").count(), picture.matches("</title>").count());
        assert!(!picture.contains("<b>"), "{picture}");
    }

    #[test]
    fn only_links_that_are_there_are_explained() {
        let picture = render_picture(&story());
        assert!(picture.contains("happens before") && !picture.contains("races with"), "{picture}");
    }
}
