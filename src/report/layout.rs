//! How reports as text are laid out: what they show, where their lines end, and counts of things.

use textwrap::{Options, WordSplitter, WrapAlgorithm};

/// How a report is written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextStyle {
    /// Width of a line in characters.
    pub width: usize,
    /// Whether sentences, too, are broken at that width. If not, only drawings keep to it.
    pub wraps: bool,
    /// Whether it is left out how much was searched.
    pub is_brief: bool,
    /// The maximum number of trace steps that are shown.
    pub steps_max: usize,
}

impl TextStyle {
    /// The same style, with every step of a trace.
    #[must_use]
    pub fn with_all_steps(self) -> Self {
        TextStyle { steps_max: usize::MAX, ..self }
    }

    pub(in crate::report) fn layout(self) -> Layout {
        Layout { width: if self.wraps { Some(self.width) } else { None } }
    }
}

/// Where lines end.
#[derive(Clone, Copy)]
pub(in crate::report) struct Layout {
    /// The width in characters; `None` if each sentence is one line.
    pub(in crate::report) width: Option<usize>,
}

impl Layout {
    /// The text in lines that end between words, where all but the first are indented. A word that is longer than a
    /// line stays whole.
    pub(in crate::report) fn hanging(self, text: &str, indent: usize) -> String {
        let Some(width) = self.width else { return text.to_owned() };
        let indent = " ".repeat(indent.min(width / 2));
        textwrap::fill(text, options(width).subsequent_indent(&indent))
    }

    /// The text in lines that end between words, with this much room left free before each of them.
    pub(in crate::report) fn lines(self, text: &str, margin: usize) -> String {
        let Some(width) = self.width else { return text.to_owned() };
        textwrap::fill(text, options(width.saturating_sub(margin).max(1)))
    }
}

fn options(width: usize) -> Options<'static> {
    // Names of files and options have hyphens, at which a line must not end.
    Options::new(width)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_between_words_and_never_in_one() {
        let layout = Layout { width: Some(16) };
        assert_eq!(
            layout.hanging("a.il: 1,234,567 lost-updates", 2),
            "a.il: 1,234,567\n  lost-updates"
        );
        assert_eq!(layout.hanging("programs/wrong/abba.il: x", 2), "programs/wrong/abba.il:\n  x");
        assert_eq!(layout.lines("one two three", 7), "one two\nthree");
        assert_eq!(Layout { width: None }.hanging("one two three four", 2), "one two three four");
    }
}
