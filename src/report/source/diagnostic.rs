//! Findings about a source text, with the source line and a caret.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::il::{Diagnostic, Lines};

/// Longer lines are not shown, since nobody could read them.
const LINE_BYTES_MAX: usize = 1000;

/// Wider source lines are cut.
const WIDTH: usize = 140;

/// Renders findings about the text of a file, in colours; strip them where they are not wanted.
pub fn render_diagnostics(path: &str, text: &str, findings: &[Diagnostic]) -> String {
    render_diagnostics_within(path, text, findings, WIDTH)
}

/// The same, with source lines cut to this many characters.
pub(in crate::report) fn render_diagnostics_within(
    path: &str,
    text: &str,
    findings: &[Diagnostic],
    width: usize,
) -> String {
    let lines = Lines::new(text);
    let mut out = String::new();
    for finding in findings {
        out.push_str(&render(path, text, &lines, finding, width));
        out.push_str("\n\n");
    }
    out
}

fn render(path: &str, text: &str, lines: &Lines<'_>, finding: &Diagnostic, width: usize) -> String {
    let title = Level::ERROR.primary_title(finding.message.as_str());
    let renderer = Renderer::styled().term_width(width);
    let primary = clamp(text, finding.span.range());
    let Some(window) = Window::around(text, lines, &primary) else {
        let (line, column) = lines.place(primary.start);
        let place = format!("{path}:{line}:{column}");
        let note = Level::NOTE.message(format!("at {place}, in a line too long to show"));
        return renderer.render(&[title.element(note)]);
    };
    let snippet =
        window.snippet(path).annotation(AnnotationKind::Primary.span(window.inside(&primary)));
    let mut group = title.element(snippet);
    if let Some((span, message)) = &finding.related {
        let range = clamp(text, span.range());
        if let Some(window) = Window::around(text, lines, &range) {
            let inside = window.inside(&range);
            let context = AnnotationKind::Context.span(inside).label(message.as_str());
            group = group.element(window.snippet(path).annotation(context));
        }
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// The lines of a text that a range touches, cut out so that a large file costs no time.
struct Window<'t> {
    text: &'t str,
    start: usize,
    line: usize,
}

impl<'t> Window<'t> {
    fn around(text: &'t str, lines: &Lines<'_>, range: &Range<usize>) -> Option<Self> {
        let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at);
        let (line, _) = lines.place(range.start);
        let text = &text[start..end];
        (text.len() <= LINE_BYTES_MAX).then_some(Window { text, start, line: line as usize })
    }

    fn snippet<'p, A: Clone>(&self, path: &'p str) -> Snippet<'p, A>
    where
        't: 'p,
    {
        Snippet::source(self.text).path(path).line_start(self.line)
    }

    fn inside(&self, range: &Range<usize>) -> Range<usize> {
        range.start - self.start..range.end - self.start
    }
}

/// The range inside the text, at character boundaries.
fn clamp(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start);
    let end = text.ceil_char_boundary(range.end.max(start));
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::il::Span;

    fn plain(text: &str, finding: &Diagnostic) -> String {
        anstream::adapter::strip_str(&render_diagnostics(
            "a.il",
            text,
            std::slice::from_ref(finding),
        ))
        .to_string()
    }

    #[test]
    fn a_finding_names_file_line_and_column_and_shows_the_line() {
        let finding = Diagnostic::new(Span::new(6, 9), "no such thing").help("try 'bar'");
        let shown = plain("il 1\n foo\n", &finding);
        assert!(shown.contains("error: no such thing"), "{shown}");
        assert!(shown.contains("a.il:2:2"), "{shown}");
        assert!(shown.contains("^^^"), "{shown}");
        assert!(shown.contains("try 'bar'"), "{shown}");
    }

    #[test]
    fn a_line_too_long_to_read_is_named_and_not_shown() {
        let text = "x".repeat(100_000);
        let shown = plain(&text, &Diagnostic::new(Span::new(50_000, 50_001), "bad"));
        assert!(shown.contains("a.il:1:50001"), "{shown}");
        assert!(shown.len() < 300, "{shown}");
    }

    #[test]
    fn a_span_outside_the_text_is_shown_at_its_end() {
        for text in ["", "é", "a\n"] {
            let shown = plain(text, &Diagnostic::new(Span::new(500, 600), "bad"));
            assert!(shown.contains("bad"), "{shown}");
        }
    }
}
