//! Several checked programs as the data of one page.

use super::checked::{Checked, Conclusion};
use super::run::render_totals;
use super::text::render_checked;
use crate::page::{Entry, Overview, Standing, Story};
use crate::report::layout::TextStyle;

/// The programs with their reports. `story` has the execution that shows what was found in one, if there is one.
pub fn overview_of(
    checked: &[Checked],
    style: TextStyle,
    story: impl Fn(&Checked) -> Option<Story>,
) -> Overview {
    let entry = |program: &Checked| Entry {
        name: program.program.name.clone(),
        standing: match program.conclusion() {
            Conclusion::Fine => Standing::Fine,
            Conclusion::Unfinished => Standing::Unfinished,
            Conclusion::Wrong => Standing::Wrong,
            Conclusion::Refused => Standing::Refused,
        },
        headline: program.verdict(),
        facts: format!("{:.3} s", program.time().as_secs_f64()),
        report: anstream::adapter::strip_str(&render_checked(program, style)).to_string(),
        story: story(program),
    };
    Overview {
        title: "drawloom check".into(),
        totals: render_totals(checked).trim().to_owned(),
        entries: checked.iter().map(entry).collect(),
    }
}
