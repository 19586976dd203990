//! The trace of a counterexample: one column for each thread, time from top to bottom.
//!
//! If the terminal is too narrow for that, the trace has one line for each step, with the thread's name.
//! Operations that had begun but not ended when the execution ended come last, after `...`.

use std::collections::BTreeSet;
use std::fmt::Write;

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};

use super::words::step_in_words;
use crate::guest::GuestCounterexample;
use crate::interp::{Place, ThreadId};
use crate::report::layout::Layout;
use crate::report::numbers::{counted, grouped};

/// Columns narrower than this wrap nearly every operation.
const COLUMN_WIDTH_MIN: usize = 24;
/// The width of the columns of numbers and lines.
const MARGIN: usize = 16;

/// How a trace is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceStyle {
    /// Width of a line in characters.
    pub width: usize,
    /// Whether a step that does not fit one line is continued in the next.
    pub wraps: bool,
    /// The `.loc` file number of the program's own text.
    pub own_file: u32,
    /// The maximum number of steps that are drawn: the first few, and the last ones.
    pub steps_max: usize,
}

/// The number of steps that are drawn from the beginning, if not all are drawn.
const BEGINNING: usize = 10;

/// The line before the steps that repeat themselves.
const AGAIN: &str = "from here again and again:";

/// Lines between steps: each goes before the step at this position.
type Marks = Vec<(usize, String)>;

/// Draws the trace of a counterexample.
pub fn render_trace(shown: &GuestCounterexample, style: TraceStyle) -> String {
    let lines = shown.trace.iter().map(|step| Line {
        thread: step.thread,
        text: step_in_words(step, &shown.subject),
        place: step.place.clone(),
        is_pending: step.is_pending,
        is_minor: step.is_minor,
    });
    draw(&lines.collect::<Vec<_>>(), shown.circle_from, style)
}

/// A line of the drawing.
struct Line {
    thread: ThreadId,
    text: String,
    place: Option<Place>,
    is_pending: bool,
    is_minor: bool,
}

fn draw(steps: &[Line], circle_from: Option<usize>, style: TraceStyle) -> String {
    let threads: BTreeSet<ThreadId> = steps.iter().map(|step| step.thread).collect();
    let major: Vec<usize> = (0..steps.len()).filter(|&at| !steps[at].is_minor).collect();
    let columns = threads.len().max(1);
    let left_out = left_out(major.len(), style.steps_max);
    let position = |nth: usize| major.get(nth).copied().unwrap_or(steps.len());
    let left_out = position(left_out.start)..position(left_out.end);
    let is_drawn = |at: &usize| !left_out.contains(at);
    let shown = major.iter().copied().filter(is_drawn).map(|at| (at, &steps[at]));
    let is_wide = style.width >= MARGIN + columns * COLUMN_WIDTH_MIN;
    let mut marks = Marks::new();
    if !left_out.is_empty() {
        marks.push((left_out.end, format!("... {} steps left out", left_out.len())));
    }
    // If a cycle begins among the steps that are not drawn, its mark moves to the next step that is drawn.
    let next_drawn = |at: usize| position(major.partition_point(|&it| it < at));
    let circle =
        circle_from.map(|at| if left_out.contains(&at) { left_out.end } else { next_drawn(at) });
    marks.extend(circle.map(|at| (at, AGAIN.to_owned())));
    let mut drawn =
        if is_wide { table(shown, &threads, style, &marks) } else { list(shown, style, &marks) };
    let minor = steps.len() - major.len();
    if minor > 0 {
        let loads = if minor == 1 { "1 load" } else { &format!("{minor} loads") };
        let _ = writeln!(drawn, "not drawn: {loads} of cells that no thread changes meanwhile");
    }
    drawn
}

/// The positions that are not drawn.
fn left_out(steps: usize, steps_max: usize) -> std::ops::Range<usize> {
    if steps <= steps_max {
        return 0..0;
    }
    let beginning = BEGINNING.min(steps_max / 2);
    beginning..steps - (steps_max - beginning)
}

fn marks_before(marks: &Marks, at: usize) -> impl Iterator<Item = &str> {
    marks.iter().filter(move |mark| mark.0 == at).map(|mark| mark.1.as_str())
}

fn table<'s>(
    steps: impl Iterator<Item = (usize, &'s Line)>,
    threads: &BTreeSet<ThreadId>,
    style: TraceStyle,
    marks: &Marks,
) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(style.width).unwrap_or(u16::MAX));
    let names = threads.iter().map(|&thread| thread_name(thread));
    table.set_header(["step".to_owned(), "line".to_owned()].into_iter().chain(names));
    for (at, step) in steps {
        for mark in marks_before(marks, at) {
            table.add_row([String::new(), String::new(), mark.to_owned()]);
        }
        let mut row = vec![number(at + 1), number_of_line(step, style)];
        for &thread in threads {
            row.push(Cell::new(if thread == step.thread { text(step) } else { String::new() }));
        }
        table.add_row(row);
    }
    let mut out = String::new();
    for line in table.lines() {
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn number(number: usize) -> Cell {
    Cell::new(number).set_alignment(CellAlignment::Right)
}

fn number_of_line(step: &Line, style: TraceStyle) -> Cell {
    Cell::new(line(step.place.as_ref(), style)).set_alignment(CellAlignment::Right)
}

fn list<'s>(
    steps: impl Iterator<Item = (usize, &'s Line)>,
    style: TraceStyle,
    marks: &Marks,
) -> String {
    let mut out = String::new();
    for (at, step) in steps {
        for mark in marks_before(marks, at) {
            let _ = writeln!(out, "     {mark}");
        }
        let line = line(step.place.as_ref(), style);
        let place = if line.is_empty() { line } else { format!(" (line {line})") };
        let thread = thread_name(step.thread);
        let text = format!("{:>4} {thread}: {}{place}", at + 1, text(step));
        let layout = Layout { width: if style.wraps { Some(style.width) } else { None } };
        let _ = writeln!(out, "{}", layout.hanging(&text, 7));
    }
    out
}

/// How long the trace is, in one line.
pub(super) fn numbered_steps(shown: &GuestCounterexample) -> String {
    let steps = counted(shown.trace.len() as u64, "step");
    let switches = counted(shown.switches() as u64, "switch");
    format!("{steps}, {switches} between threads; execution {}", grouped(shown.execution))
}

/// The name that reports use for a thread.
pub(super) fn thread_name(thread: ThreadId) -> String {
    if thread.0 == 0 { "main".into() } else { format!("thread {}", thread.0) }
}

fn text(step: &Line) -> String {
    if step.is_pending { format!("... {}", step.text) } else { step.text.clone() }
}

/// The line of the program's own text; empty if it is not known.
fn line(place: Option<&Place>, style: TraceStyle) -> String {
    let is_own = |place: &&Place| place.line != 0 && place.file == style.own_file;
    place.filter(is_own).map_or_else(String::new, |place| place.line.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(thread: u32, text: &str, line: u32) -> Line {
        let place = Place {
            function: "main".into(),
            block: "entry".into(),
            instruction: 0,
            file: 0,
            line,
            column: 3,
        };
        Line {
            thread: ThreadId(thread),
            text: text.into(),
            place: Some(place),
            is_pending: false,
            is_minor: false,
        }
    }

    fn draw_at(steps: &[Line], width: usize) -> String {
        draw(steps, None, TraceStyle { width, wraps: false, own_file: 0, steps_max: 20 })
    }

    #[test]
    fn each_thread_has_a_column() {
        let mut steps = vec![step(0, "enter @left", 7), step(2, "enter @right", 12)];
        steps.push(Line { is_pending: true, ..step(0, "enter @right", 8) });
        let drawn = draw_at(&steps, 80);
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines.len(), 4, "{drawn}");
        let column = lines[0].find("thread 2").expect("it has a name");
        assert!(lines[0].contains("main"), "{drawn}");
        assert_eq!(lines[2].find("enter @right"), Some(column), "{drawn}");
        assert!(lines[1].find("enter @left").expect("it is there") < column, "{drawn}");
        assert!(lines[3].contains("... enter @right"), "{drawn}");
        assert!(lines[2].contains(" 12 "), "{drawn}");
    }

    #[test]
    fn minor_steps_are_not_drawn_and_their_number_is() {
        let mut steps: Vec<Line> = (1..=4).map(|at| step(0, &format!("step-{at}"), 1)).collect();
        steps[1].is_minor = true;
        let style = TraceStyle { width: 30, wraps: false, own_file: 0, steps_max: 20 };
        let drawn = draw(&steps, Some(1), style);
        let expected = "   1 main: step-1 (line 1)\n     from here again and again:\n   \
                        3 main: step-3 (line 1)\n   4 main: step-4 (line 1)\n\
                        not drawn: 1 load of cells that no thread changes meanwhile\n";
        assert_eq!(drawn, expected);
        for step in &mut steps {
            step.is_minor = true;
        }
        assert!(draw(&steps, None, style).starts_with("not drawn: 4 loads"));
    }

    #[test]
    fn a_narrow_terminal_gets_a_line_for_each_step() {
        let drawn = draw_at(&[step(0, "enter @left", 7), step(1, "end", 0)], 50);
        assert_eq!(drawn, "   1 main: enter @left (line 7)\n   2 thread 1: end\n");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let long = "store @名前の長い変数の名前の長い変数 release := 1234567890";
        let steps = [step(0, long, 7), step(1, long, 8), step(2, long, 9)];
        for width in 88..120 {
            for line in draw_at(&steps, width).lines() {
                // Each of these characters takes two places on a terminal.
                let wide = line.chars().filter(|c| !c.is_ascii()).count();
                assert!(line.chars().count() + wide <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn a_long_trace_shows_its_beginning_and_its_end() {
        let steps: Vec<Line> = (0..1000).map(|at| step(0, &format!("step-{at}"), 1)).collect();
        for width in [30, 80] {
            let drawn = draw_at(&steps, width);
            assert!(drawn.contains("step-0") && drawn.contains("step-999"), "{drawn}");
            assert!(drawn.contains("980 steps left out"), "{drawn}");
            assert!(drawn.lines().count() <= 23, "{drawn}");
        }
    }

    #[test]
    fn a_circle_is_marked_where_it_begins() {
        let style = |width| TraceStyle { width, wraps: false, own_file: 0, steps_max: 20 };
        let steps: Vec<Line> = (0..60).map(|at| step(0, &format!("step-{at}"), 1)).collect();
        for (steps, circle_from, before) in
            [(&steps[..4], 2, "step-2"), (&steps[..], 25, "step-50"), (&steps[..], 55, "step-55")]
        {
            for width in [30, 80] {
                let drawn = draw(steps, Some(circle_from), style(width));
                let mut lines = drawn.lines().skip_while(|line| !line.contains(AGAIN));
                let next = lines.nth(1).unwrap_or_default();
                assert!(next.contains(before), "{drawn}");
            }
        }
    }

    #[test]
    fn an_empty_trace_is_no_table() {
        assert!(draw_at(&[], 80).lines().count() <= 1);
    }
}
