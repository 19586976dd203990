//! Writes reports to stdout, in the requested format, and decides the exit code that goes with them.

use std::io::Write as _;

use clap::{Args, ValueEnum};
use drawloom::report::{
    Checked, Conclusion, TextStyle, render_checked, render_json, render_junit, render_totals,
};

use super::error::{Error, Exit};
use super::given::Given;
use super::say;
use super::stdout::ends_without_reader;

/// How reports are written.
#[derive(Args)]
pub(super) struct Output {
    /// How the report is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Width of a report in characters [default: the terminal's, or COLUMNS, or 100]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(20..))]
    width: Option<u16>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Plain text
    Text,
    /// One JSON object, or an array of several; docs/CHECKING.md lists the fields
    Json,
    /// `JUnit` XML, for continuous integration
    Junit,
}

/// The number of trace steps that a report shows.
const STEPS_MAX: usize = 200;

impl Output {
    pub(super) fn style(&self, is_brief: bool) -> TextStyle {
        TextStyle { width: self.width(), is_brief, steps_max: STEPS_MAX }
    }

    /// # Errors
    /// The user gave a width, but the format has no lines to wrap.
    pub(super) fn suits(&self, given: &Given) -> Result<(), Error> {
        if self.format == Format::Json && given.has("width") {
            return Err(Error::WidthOfJson);
        }
        Ok(())
    }

    fn width(&self) -> usize {
        line_width(self.width)
    }

    /// Writes the findings for one of several programs, if the format can write them at this point.
    pub(super) fn one(&self, checked: &Checked, is_brief: bool) -> Result<(), Error> {
        if self.format != Format::Text {
            return Ok(());
        }
        let text = render_checked(checked, self.style(is_brief));
        if checked.refusal.is_some() {
            say(&text);
            return Ok(());
        }
        write(&text)
    }

    /// Writes the rest when all programs have been checked. `is_one` says that only one program was
    /// asked for.
    pub(super) fn all(&self, checked: &[Checked], is_one: bool) -> Result<(), Error> {
        match self.format {
            Format::Text if is_one => Ok(()),
            Format::Text => write(&format!("\n{}", render_totals(checked))),
            Format::Json => write(&render_json(checked, is_one)),
            Format::Junit => write(&render_junit(checked, self.style(false))),
        }
    }
}

/// The width in characters: of the option, else of the terminal, else of COLUMNS, else 100.
pub(super) fn line_width(option: Option<u16>) -> usize {
    let of_variable = || std::env::var("COLUMNS").ok()?.parse::<u16>().ok();
    let of_terminal =
        || terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0);
    let width = option.or_else(of_terminal).or_else(of_variable).unwrap_or(100);
    usize::from(width.max(20))
}

/// Writes to stdout.
///
/// # Errors
/// It cannot be written. A reader that has closed the output is not an error.
pub(super) fn write(text: &str) -> Result<(), Error> {
    let mut stdout = anstream::stdout();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    ends_without_reader(written).map_err(Error::Output)
}

/// The exit of a command about several programs: bad input counts first, then violations, then open
/// verdicts.
pub(super) fn exit(checked: &[Checked]) -> Exit {
    match checked.iter().map(Checked::conclusion).max() {
        None | Some(Conclusion::Fine) => Exit::Fine,
        Some(Conclusion::Unfinished) => Exit::Unfinished,
        Some(Conclusion::Wrong) => Exit::Failed,
        Some(Conclusion::Refused) => Exit::BadInput,
    }
}
