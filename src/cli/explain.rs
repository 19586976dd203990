//! `drawloom explain`: what a kind of violation means, how to fix it, and a program that shows it.

use std::fmt::Write as _;

use clap::Args;
use clap::builder::styling::Style;
use drawloom::report::{EXPLANATIONS, Example, Explanation};

use super::error::{Error, Exit, NotExplained};
use super::output::{line_width_and_wraps, write};

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
}

const HEADING: Style = Style::new().bold();

/// Prints an explanation, or all names.
pub(super) fn explain(options: &Options) -> Result<Exit, Error> {
    if options.kind.is_empty() {
        write(&list())?;
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
        write(&page(explanation))?;
    }
    Ok(Exit::Fine)
}

/// All kinds with their one-line meanings.
fn list() -> String {
    let widest = EXPLANATIONS.iter().map(|it| it.name().len()).max().unwrap_or(0);
    let mut out = String::new();
    for explanation in &EXPLANATIONS {
        let name = explanation.name();
        let text = format!(
            "{HEADING}{name}{HEADING:#}{:1$}  {2}",
            "",
            widest - name.len(),
            explanation.meaning()
        );
        let _ = writeln!(out, "{}", filled(&text, "", widest + 2));
    }
    out + "\n`drawloom explain KIND` says how to fix it, and shows a program that has it.\n"
}

/// The whole explanation of one kind.
fn page(explanation: &Explanation) -> String {
    let mut out =
        format!("{HEADING}{}{HEADING:#}: {}\n", explanation.name(), explanation.meaning());
    for (heading, text) in
        [("What it means", explanation.story), ("How to fix it", explanation.fix)]
    {
        let _ = write!(out, "\n{HEADING}{heading}{HEADING:#}\n{}\n", filled(text, "  ", 2));
    }
    if let Some(example) = explanation.guest_example {
        let (Example { path, text }, name, ending) = (example, explanation.id(), example.ending());
        let _ = write!(
            out,
            "\n{HEADING}A program that shows it{HEADING:#} ({path})\n{}\n  try: drawloom explain {name} --example | \
             drawloom check - --language {ending}\n",
            indented(text)
        );
    }
    if let Some(Example { path, text }) = explanation.rust_example {
        let _ = write!(
            out,
            "\n{HEADING}Rust code that shows it{HEADING:#} ({path})\n{}",
            indented(text)
        );
    }
    out
}

/// A text in lines that fit, all indented, the first one less.
fn filled(text: &str, first: &str, indent: usize) -> String {
    let (width, wraps) = line_width_and_wraps(None);
    // Prose is read most easily in lines that are not too long.
    let width = if wraps { width.min(100) } else { 100 };
    let rest = " ".repeat(indent.min(width / 2));
    let options = textwrap::Options::new(width).initial_indent(first).subsequent_indent(&rest);
    textwrap::fill(
        text,
        options.break_words(false).word_splitter(textwrap::WordSplitter::NoHyphenation),
    )
}

fn indented(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") };
    text.lines().map(line).collect()
}
