//! Lines of a report that lists results: each with its sign, or a line of a source.

#[cfg(feature = "report")]
use super::cut::shortened;
#[cfg(feature = "report")]
use super::layout::TextStyle;
use super::mark::Mark;

/// A line of a report.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "report"), allow(dead_code, reason = "plain text is as long as it is"))]
pub struct Line {
    /// The number of blanks before it.
    indent: usize,
    /// The number of further blanks before the rest of a sentence that is longer than a line.
    hanging: usize,
    mark: Option<Mark>,
    text: String,
    /// Whether it is a line of a source: where there is no room for it, its end is left out.
    is_source: bool,
}

impl Line {
    /// A sentence.
    pub fn new(text: impl Into<String>) -> Self {
        Line { indent: 0, hanging: 2, mark: None, text: text.into(), is_source: false }
    }

    /// A result.
    pub fn marked(mark: Mark, text: impl Into<String>) -> Self {
        Line { mark: Some(mark), ..Line::new(text) }
    }

    /// A line of a source.
    pub fn of_source(text: impl Into<String>) -> Self {
        Line { is_source: true, ..Line::new(text) }
    }

    /// The same with blanks before it.
    #[must_use]
    pub fn indented(self, indent: usize) -> Self {
        Line { indent, ..self }
    }

    /// The same with this many further blanks before all but the first line.
    #[must_use]
    pub fn hanging(self, hanging: usize) -> Self {
        Line { hanging, ..self }
    }

    /// Without colours, and as long as it is.
    pub(super) fn plain(&self) -> String {
        let indent = " ".repeat(self.indent);
        let sign = self.mark.map_or_else(String::new, |mark| format!("{} ", mark.sign()));
        format!("{indent}{sign}{}", self.text)
    }

    #[cfg(feature = "report")]
    fn within(&self, style: TextStyle) -> String {
        let indent = " ".repeat(self.indent);
        if self.is_source {
            let room =
                if style.wraps { style.width.saturating_sub(self.indent) } else { usize::MAX };
            return format!("{indent}{}", shortened(&self.text, room.max(2)));
        }
        let sign = self.mark.map_or_else(String::new, |mark| {
            let sign = mark.sign().to_string();
            format!("{} ", mark.coloured(&sign))
        });
        style.layout().hanging(&format!("{indent}{sign}{}", self.text), self.indent + self.hanging)
    }
}

/// The lines in colours and in the style; strip colours where they are not wanted.
#[cfg(feature = "report")]
pub fn render_lines(lines: &[Line], style: TextStyle) -> String {
    lines.iter().map(|line| line.within(style) + "\n").collect()
}

#[cfg(all(test, feature = "report"))]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_wrapped_and_lines_of_a_source_are_cut() {
        let lines = [
            Line::marked(Mark::Wrong, "split: survived 1,234 executions").indented(2),
            Line::of_source("self.is_set.load(Ordering::SeqCst)").indented(4),
        ];
        let narrow = TextStyle { width: 20, wraps: true, is_brief: false, steps_max: 1 };
        let text = render_lines(&lines, narrow).replace("\x1b[1m\x1b[31m✗\x1b[0m", "✗");
        assert_eq!(text, "  ✗ split: survived\n    1,234 executions\n    self.is_set.loa…\n");
        let wide = render_lines(&lines, TextStyle { wraps: false, ..narrow });
        assert!(
            wide.ends_with("survived 1,234 executions\n    self.is_set.load(Ordering::SeqCst)\n")
        );
        assert_eq!(lines[0].plain(), "  ✗ split: survived 1,234 executions");
    }
}
