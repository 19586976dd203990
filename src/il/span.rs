//! Places in a source text.

use std::ops::Range;

/// A range of bytes in the text from which something was read; empty if it does not come from a text.
///
/// Two spans always compare equal: the place of a thing is not part of its value, so that a module
/// equals the module that its printed form parses to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes from `start` up to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Span { start: clamp(start), end: clamp(end) }
    }

    /// As a range of byte offsets.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Span {}

/// The byte at which a text begins: after a byte order mark, which some editors add.
pub fn beginning(text: &str) -> usize {
    const MARK: char = '\u{feff}';
    if text.starts_with(MARK) { MARK.len_utf8() } else { 0 }
}

/// Finds the line and column of an offset in a text.
#[derive(Clone, Debug)]
pub struct Lines<'t> {
    text: &'t str,
    /// The offset at which each line begins.
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// Reads a text once.
    pub fn new(text: &'t str) -> Self {
        let after_breaks =
            text.bytes().enumerate().filter(|&(_, b)| b == b'\n').map(|(i, _)| i + 1);
        Lines { text, starts: std::iter::once(beginning(text)).chain(after_breaks).collect() }
    }

    /// The line and column, both from 1, of the character at a byte offset. The column counts
    /// characters, without a byte order mark; an offset past the end counts as the end.
    pub fn place(&self, offset: usize) -> (u32, u32) {
        let offset = self.text.floor_char_boundary(offset).max(self.starts[0]);
        let line = self.starts.partition_point(|&start| start <= offset) - 1;
        let column = self.text[self.starts[line]..offset].chars().count();
        (line as u32 + 1, column as u32 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let lines = Lines::new("a\nbé c\n");
        assert_eq!(lines.place(0), (1, 1));
        assert_eq!(lines.place(2), (2, 1));
        assert_eq!(lines.place(4), (2, 2), "inside a character is at it");
        assert_eq!(lines.place(5), (2, 3));
        assert_eq!(lines.place(99), (3, 1));
        assert_eq!(Lines::new("\u{feff}ab").place(4), (1, 2), "a byte order mark is no character");
        assert_eq!(Lines::new("\u{feff}ab").place(0), (1, 1));
    }
}
