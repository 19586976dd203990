//! Results in rows: a table where there is room for it, and otherwise a list.
//!
//! In a table, no word and no number is broken. What is a column in the table is a name and a value in the list.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};

use super::layout::TextStyle;
use super::lines::{Line, render_lines};
use super::mark::Mark;

/// The blanks around a cell.
const PADDING: usize = 2;

/// Results, each with its sign.
#[derive(Clone, Debug)]
pub struct ResultTable {
    header: Vec<String>,
    rows: Vec<(Mark, Vec<String>)>,
    /// Columns of numbers.
    of_numbers: Vec<usize>,
}

impl ResultTable {
    /// A table without rows. The columns with these positions, from 0, have numbers.
    pub fn new(header: Vec<String>, of_numbers: impl IntoIterator<Item = usize>) -> Self {
        ResultTable { header, rows: Vec::new(), of_numbers: of_numbers.into_iter().collect() }
    }

    /// Adds a result, with a cell for each column.
    pub fn add(&mut self, mark: Mark, cells: Vec<String>) {
        self.rows.push((mark, cells));
    }

    /// The table in colours; strip them where they are not wanted.
    pub fn render(&self, style: TextStyle) -> String {
        if self.fits(style.width) { self.as_table(style.width) } else { self.as_list(style) }
    }

    /// Whether there is room for the longest word of each column.
    pub(super) fn fits(&self, width: usize) -> bool {
        let words = (0..self.header.len()).map(|column| self.longest_word(column) + PADDING);
        words.sum::<usize>() + 1 + PADDING <= width
    }

    fn longest_word(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|(_, cells)| cells.get(column));
        let words = cells.chain(self.header.get(column)).flat_map(|it| it.split_whitespace());
        words.map(|word| word.chars().count()).max().unwrap_or(0)
    }

    fn as_table(&self, width: usize) -> String {
        let mut table = Table::new();
        table.load_style(NOTHING);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
        table.set_header(std::iter::once("").chain(self.header.iter().map(String::as_str)));
        for (mark, cells) in &self.rows {
            table.add_row(std::iter::once(&mark.sign().to_string()).chain(cells));
        }
        for column in 0..self.header.len() {
            let room = u16::try_from(self.longest_word(column) + PADDING).unwrap_or(u16::MAX);
            if let Some(shown) = table.column_mut(column + 1) {
                shown.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(room)));
                if self.of_numbers.contains(&column) {
                    shown.set_cell_alignment(CellAlignment::Right);
                }
            }
        }
        let mut marks = self.rows.iter().map(|(mark, _)| *mark).peekable();
        let mut out = String::new();
        for line in table.lines() {
            // The first line of a row is the one with its sign.
            let begins = |mark: &Mark| line.trim_start().starts_with(mark.sign());
            let line = match marks.next_if(begins) {
                Some(mark) => {
                    let sign = mark.sign().to_string();
                    line.replacen(&sign, &mark.coloured(&sign), 1)
                }
                None => line,
            };
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    fn as_list(&self, style: TextStyle) -> String {
        let mut lines = Vec::new();
        for (mark, cells) in &self.rows {
            let mut cells = self.header.iter().zip(cells);
            let name = cells.next().map_or("", |(_, name)| name);
            lines.push(Line::marked(*mark, name));
            let values = cells.filter(|(_, cell)| !cell.is_empty());
            let values: Vec<String> =
                values.map(|(name, cell)| format!("{name}: {cell}")).collect();
            lines.push(Line::new(values.join("; ")).indented(2));
        }
        render_lines(&lines, style)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREEN_SIGN: &str = "\x1b[1m\x1b[32m✓\x1b[0m";

    fn table() -> ResultTable {
        let header = ["model", "heddle", "loom"].map(str::to_owned).to_vec();
        let mut table = ResultTable::new(header, [1, 2]);
        let cells = ["two writers", "all 1,234", "5,678 of more"];
        table.add(Mark::Fine, cells.map(str::to_owned).to_vec());
        table
    }

    fn shown(width: usize) -> String {
        let style = TextStyle { width, wraps: true, is_brief: false, steps_max: 1 };
        table().render(style).replace(GREEN_SIGN, "✓")
    }

    #[test]
    fn where_there_is_room_a_row_is_a_line() {
        let lines = "    model           heddle           loom\n ✓  two writers  all 1,234  5,678 of more\n";
        assert_eq!(shown(99), lines);
    }

    #[test]
    fn a_narrow_table_breaks_no_word_and_a_narrower_one_is_a_list() {
        let narrow = shown(30);
        for word in ["writers", "1,234", "5,678", "heddle"] {
            assert!(narrow.contains(word), "{narrow}");
        }
        assert!(narrow.lines().all(|line| line.chars().count() <= 30), "{narrow}");
        assert_eq!(shown(25), "✓ two writers\n  heddle: all 1,234;\n    loom: 5,678 of more\n");
    }
}
