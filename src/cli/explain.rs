//! `drawloom explain`: what a kind of violation means, how to fix it, and a program that shows it.

use clap::Args;
use clap::builder::styling::Style;
use drawloom::report::{EXPLANATIONS, Example, Explanation, Line, TextStyle, render_lines};

use super::error::{Error, Exit, NotExplained};
use super::output::{Lines, write};

#[derive(Args)]
#[command(after_help = "\
Examples:
  drawloom explain                                all kinds, in a line each
  drawloom explain data race                      one of them
  drawloom explain deadlock --example > abba.tvm  a program that shows it")]
pub(super) struct Options {
    /// The kind, as a headline has it: data race, or data-race [default: list all]
    kind: Vec<String>,
    /// Print only the program that shows it
    #[arg(long, requires = "kind")]
    example: bool,
    #[command(flatten)]
    lines: Lines,
}

const HEADING: Style = Style::new().bold();

/// Prints an explanation, or all names.
pub(super) fn explain(options: &Options) -> Result<Exit, Error> {
    if options.kind.is_empty() {
        write(&list(options.lines.style()))?;
        return Ok(Exit::Fine);
    }
    let name = options.kind.join(" ");
    let explanation = Explanation::find(&name)
        .ok_or_else(|| NotExplained::Unknown { nearest: Explanation::nearest(&name), name })?;
    if options.example {
        let example = explanation.examples().next();
        let example = example.ok_or(NotExplained::NoExample { name: explanation.name() })?;
        write(example.text)?;
    } else {
        write(&page(explanation, options.lines.style()))?;
    }
    Ok(Exit::Fine)
}

/// Prose is read most easily in lines that are not too long.
const WIDTH_MAX: usize = 100;

/// All kinds with their one-line meanings.
fn list(style: TextStyle) -> String {
    let widest = EXPLANATIONS.iter().map(|it| it.name().len()).max().unwrap_or(0);
    let line = |explanation: &Explanation| {
        let (name, meaning) = (explanation.name(), explanation.meaning());
        let blanks = " ".repeat(widest - name.len());
        Line::new(format!("{HEADING}{name}{HEADING:#}{blanks}  {meaning}")).hanging(widest + 2)
    };
    let mut lines: Vec<Line> = EXPLANATIONS.iter().map(line).collect();
    let more = "`drawloom explain KIND` says how to fix it, and shows a program that has it.";
    lines.extend([Line::new(""), Line::new(more)]);
    render_lines(&lines, of_prose(style))
}

/// The whole explanation of one kind. A line of a program for which there is no room is cut; `--example` has it whole.
fn page(explanation: &Explanation, style: TextStyle) -> String {
    let heading = |text: &str, rest: &str| Line::new(format!("{HEADING}{text}{HEADING:#}{rest}"));
    let meaning = format!(": {}", explanation.meaning());
    let mut lines = vec![heading(explanation.name(), &meaning)];
    for (title, text) in [("What it means", explanation.story), ("How to fix it", explanation.fix)]
    {
        let text = Line::new(text).indented(2).hanging(0);
        lines.extend([Line::new(""), heading(title, ""), text]);
    }
    let mut out = render_lines(&lines, of_prose(style));
    let mut lines = Vec::new();
    if let Some(example) = explanation.guest_example {
        let (name, ending) = (explanation.id(), example.ending());
        let example_path = format!(" ({})", example.path);
        lines.extend([Line::new(""), heading("A program that shows it", &example_path)]);
        lines.extend(of_program(example));
        let command = format!(
            "try: drawloom explain {name} --example | drawloom check - --language {ending}"
        );
        lines.extend([Line::new(""), Line::new(command).indented(2)]);
    }
    if let Some(example) = explanation.rust_example {
        let example_path = format!(" ({})", example.path);
        lines.extend([Line::new(""), heading("Rust code that shows it", &example_path)]);
        lines.extend(of_program(example));
    }
    out += &render_lines(&lines, style);
    out
}

fn of_prose(style: TextStyle) -> TextStyle {
    TextStyle {
        width: if style.wraps { style.width.min(WIDTH_MAX) } else { WIDTH_MAX },
        wraps: true,
        ..style
    }
}

fn of_program(Example { text, .. }: Example) -> impl Iterator<Item = Line> {
    let line =
        |line| if str::is_empty(line) { Line::new("") } else { Line::of_source(line).indented(2) };
    text.lines().map(line)
}
