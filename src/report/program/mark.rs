//! The mark of a verdict on a guest program.

use super::checked::{Checked, Conclusion};
use crate::guest::Judgement;
use crate::report::mark::Mark;
use crate::verdict::Verdict;

/// The mark of what was found in a program.
pub(super) fn mark_of(checked: &Checked) -> Mark {
    match checked.conclusion() {
        Conclusion::Fine if is_by_chance(checked) => Mark::Likely,
        Conclusion::Fine => Mark::Fine,
        Conclusion::Unfinished => Mark::Open,
        Conclusion::Wrong => Mark::Wrong,
        Conclusion::Refused => Mark::Refused,
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
