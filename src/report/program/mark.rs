//! The sign and the colour of a verdict. The sign says the same as the colour, for whoever does not see that.

use anstyle::{AnsiColor, Style};

use super::checked::{Checked, Conclusion};
use crate::guest::Judgement;
use crate::verdict::Verdict;

/// The sign of a verdict, and its style.
struct Mark {
    sign: char,
    style: Style,
}

impl Mark {
    fn of(checked: &Checked) -> Self {
        let (sign, colour) = match checked.conclusion() {
            Conclusion::Fine if is_by_chance(checked) => ('○', AnsiColor::Cyan),
            Conclusion::Fine => ('✓', AnsiColor::Green),
            Conclusion::Unfinished => ('?', AnsiColor::Yellow),
            Conclusion::Wrong => ('✗', AnsiColor::Red),
            Conclusion::Refused => ('!', AnsiColor::Red),
        };
        Mark { sign, style: colour.on_default().bold() }
    }
}

/// Whether executions were drawn at random, and have not shown that what was asked for holds.
fn is_by_chance(checked: &Checked) -> bool {
    let deciding = checked.searches.first().map(|it| it.findings.verdict());
    match checked.judgement {
        Some(Judgement::Met) => false,
        // There may be more than what was found.
        Some(Judgement::Open(_)) => true,
        _ => matches!(deciding, Some(Verdict::Bounded { .. })),
    }
}

/// A text about a program after the sign of its verdict, in colours; strip them where they are not wanted.
pub(super) fn marked(checked: &Checked, text: &str) -> String {
    let Mark { sign, style } = Mark::of(checked);
    format!("{style}{sign} {text}{style:#}")
}

/// A text in the colour of the verdict.
pub(super) fn coloured(checked: &Checked, text: &str) -> String {
    let Mark { style, .. } = Mark::of(checked);
    format!("{style}{text}{style:#}")
}
