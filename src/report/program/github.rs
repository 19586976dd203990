//! Reports on checked programs as workflow commands of GitHub Actions: an annotation at the line of each finding.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands> has the format. Programs
//! without a finding get no annotation, since GitHub shows only a few of them; the last line counts them.

use std::fmt::Write;

use super::alert::{Alert, Rule};
use super::checked::Checked;
use super::run::{lines_not_seen, render_totals};
use super::text::render_counterexample;
use crate::report::layout::TextStyle;
use crate::report::workflow::command;

/// All programs: one command for each finding, what the engines do not see, and a line that counts the programs.
pub fn render_github(checked: &[Checked], style: TextStyle) -> String {
    let mut out = String::new();
    for program in checked {
        for alert in Alert::all(program).iter().filter(|alert| !alert.is_known) {
            let _ = writeln!(out, "{}", annotation(program, alert, style));
        }
    }
    for line in lines_not_seen(checked) {
        let _ = writeln!(out, "{line}");
    }
    out + &render_totals(checked)
}

fn annotation(checked: &Checked, alert: &Alert<'_>, style: TextStyle) -> String {
    let level = if alert.rule == Rule::NotFinished { "warning" } else { "error" };
    let mut properties = vec![("file", checked.program.name.clone())];
    if let Some(region) = alert.region {
        properties.push(("line", region.line.to_string()));
        properties.push(("endLine", region.end_line.to_string()));
        // GitHub refuses an end column that is not in the same line.
        if region.line == region.end_line {
            properties.push(("col", region.column.to_string()));
            properties.push(("endColumn", region.end_column.to_string()));
        }
    }
    properties.push(("title", alert.rule.name().to_owned()));
    command(level, &properties, &message(checked, alert, style))
}

/// The finding, and the execution that shows it.
fn message(checked: &Checked, alert: &Alert<'_>, style: TextStyle) -> String {
    let mut text = match alert.shown {
        None => alert.message.clone(),
        Some(shown) => {
            let shown = render_counterexample(checked, shown, style);
            anstream::adapter::strip_str(&shown).to_string()
        }
    };
    if let Some(command) = alert.repeat {
        let _ = write!(text, "\n\nrepeat with: {command}");
    }
    text
}
