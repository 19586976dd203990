//! Writes reports to stdout and to files, in the requested formats, and decides the exit code that goes with them.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use drawloom::report::{
    Checked, Conclusion, TextStyle, render_checked, render_findings, render_github, render_in_run,
    render_json, render_junit, render_sarif, render_summary,
};

use super::content::Content;
use super::error::{Error, Exit};
use super::files::{can_replace, write_whole};
use super::given::Given;
use super::say;
use super::stdout::ends_without_reader;
use super::values;

/// How reports are written.
#[derive(Args)]
#[command(next_help_heading = "Report")]
pub(super) struct Output {
    /// How the report on stdout is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) extent: Extent,
}

/// Where reports are written besides, and how much they say.
#[derive(Args, Clone)]
#[command(next_help_heading = "Report")]
pub(super) struct Extent {
    /// Also write a report to this file, in the format of its ending: .json, .xml or .sarif; may be given
    /// several times
    #[arg(long, value_name = "FILE")]
    report: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) lines: Lines,
    /// Say only what is wrong, not how much was searched
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Show the whole report on each program, and every step of a trace
    #[arg(short, long)]
    verbose: bool,
}

/// How wide the lines of a report are.
#[derive(Args, Clone, Copy)]
pub(super) struct Lines {
    /// Width of a report in characters [default: the terminal's, or COLUMNS, or 100]
    #[arg(long, value_name = "COUNT", value_parser = values::at_least::<u16>(20), help_heading = "Report")]
    width: Option<u16>,
}

impl Lines {
    /// The style of a report that says all it has to say.
    pub(super) fn style(self) -> TextStyle {
        let (width, wraps) = line_width_and_wraps(self.width);
        TextStyle { width, wraps, is_brief: false, steps_max: usize::MAX }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Plain text
    Text,
    /// One JSON object, or an array of several; docs/schema/check-1.json has the fields
    Json,
    /// `JUnit` XML, for continuous integration
    Junit,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0, for code scanning and editors
    Sarif,
}

/// The width of lines that nobody has decided about.
const WIDTH_DEFAULT: u16 = 100;

/// The number of trace steps that a report shows.
const STEPS_MAX: usize = 200;

impl Output {
    pub(super) fn style(&self) -> TextStyle {
        let steps_max = if self.extent.verbose { usize::MAX } else { STEPS_MAX };
        TextStyle { is_brief: self.extent.quiet, steps_max, ..self.extent.lines.style() }
    }

    /// The files for reports.
    pub(super) fn reports(&self) -> impl Iterator<Item = &Path> {
        self.extent.report.iter().map(PathBuf::as_path)
    }

    /// `inputs` are the files that the command reads.
    ///
    /// # Errors
    /// An option has no effect on the format, or a file for a report cannot be written, so that a search for it would
    /// be wasted.
    pub(super) fn suits(&self, given: &Given, inputs: &[&Path]) -> Result<(), Error> {
        if matches!(self.format, Format::Json | Format::Sarif) && given.has("width") {
            return Err(Error::WidthOfData);
        }
        let mut detail = ["quiet", "verbose"].into_iter().filter(|option| given.has(option));
        if let (Some(option), true) = (detail.next(), self.format != Format::Text) {
            return Err(Error::DetailOfData { option });
        }
        for path in &self.extent.report {
            can_replace(path, Format::of_file(path)?.1, inputs)?;
        }
        Ok(())
    }

    /// Writes the findings for one program as soon as they are known, if the format can write them at this point.
    /// `is_one` says that only one program was asked for.
    pub(super) fn one(&self, checked: &Checked, is_one: bool) -> Result<(), Error> {
        if self.format != Format::Text {
            return Ok(());
        }
        let style = self.style();
        if checked.refusal.is_some() {
            // What cannot be read is an error of the command.
            say(&if is_one {
                render_checked(checked, style)
            } else {
                render_findings(checked, style)
            });
        }
        match (is_one, checked.conclusion()) {
            (true, Conclusion::Refused) => Ok(()),
            (true, _) => write(&render_checked(checked, style)),
            (false, Conclusion::Fine) if self.extent.quiet => Ok(()),
            (false, Conclusion::Fine | Conclusion::Unfinished | Conclusion::Wrong)
                if self.extent.verbose =>
            {
                write(&format!("{}\n", render_checked(checked, style)))
            }
            (false, _) => write(&render_in_run(checked, style)),
        }
    }

    /// Writes the rest when all programs have been checked, and the files.
    ///
    /// # Errors
    /// Something cannot be written. What can be written is written all the same.
    pub(super) fn all(&self, checked: &[Checked], is_one: bool) -> Result<(), Error> {
        let on_stdout = match self.format {
            Format::Text if is_one => Ok(()),
            Format::Text => write(&format!("\n{}", render_summary(checked, self.style()))),
            format => write(&self.rendered(format, checked, is_one)),
        };
        let files = self.extent.report.iter().map(|path| {
            let text = self.rendered(Format::of_file(path)?.0, checked, is_one);
            Ok(write_whole(path, &text)?)
        });
        let files: Vec<Result<(), Error>> = files.collect();
        files.into_iter().fold(on_stdout, Result::and)
    }

    /// A whole report as data.
    fn rendered(&self, format: Format, checked: &[Checked], is_one: bool) -> String {
        // Data does not depend on the terminal.
        let width = usize::from(self.extent.lines.width.unwrap_or(WIDTH_DEFAULT));
        let style = TextStyle { width, wraps: false, is_brief: false, ..self.style() };
        match format {
            Format::Text => checked.iter().map(|it| render_checked(it, style)).collect(),
            Format::Json => render_json(checked, is_one),
            Format::Junit => render_junit(checked, style),
            Format::Github => render_github(checked, style),
            Format::Sarif => render_sarif(checked),
        }
    }
}

impl Format {
    /// The formats of files, by their endings, and what such a file has.
    const OF_FILES: [(&str, Format, Content); 3] = [
        ("json", Format::Json, Content::Json),
        ("xml", Format::Junit, Content::Junit),
        ("sarif", Format::Sarif, Content::Sarif),
    ];

    fn of_file(path: &Path) -> Result<(Self, Content), Error> {
        let known = Format::OF_FILES.into_iter().find(|(ending, ..)| {
            path.extension().is_some_and(|it| it.eq_ignore_ascii_case(ending))
        });
        known.map(|(_, format, content)| (format, content)).ok_or_else(|| {
            let endings = Format::OF_FILES.map(|(ending, ..)| format!(".{ending}")).join(" or ");
            Error::ReportEnding { path: path.display().to_string(), endings }
        })
    }
}

/// The width in characters, of the option, else of the terminal, else of COLUMNS, else 100; and whether sentences keep
/// to it: where somebody reads lines of that width. In a file or a pipe they stay whole, so that other programs find them.
fn line_width_and_wraps(option: Option<u16>) -> (usize, bool) {
    let of_variable = || std::env::var("COLUMNS").ok()?.parse::<u16>().ok();
    let of_terminal = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0);
    let wraps = option.is_some() || io::stdout().is_terminal();
    let width = option.or_else(of_terminal).or_else(of_variable).unwrap_or(WIDTH_DEFAULT);
    (usize::from(width.max(20)), wraps)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_by_its_ending_how_it_is_written() {
        let is = |path: &str, format: Format| {
            Format::of_file(Path::new(path)).is_ok_and(|(found, _)| found == format)
        };
        assert!(is("a.json", Format::Json) && is("a/b.XML", Format::Junit));
        assert!(is("a.b.sarif", Format::Sarif));
        for wrong in ["a", "a.txt", ".json", "a.json.txt"] {
            assert!(Format::of_file(Path::new(wrong)).is_err(), "{wrong}");
        }
    }
}
