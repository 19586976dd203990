//! Executions that were drawn, as the data of a page.

use super::checked::{Checked, Searched};
use super::facts::words_of_fact;
use super::not_seen::not_seen;
use crate::page::{Draws, OutcomeDrawn, Story};
use crate::report::cut::cut_apart;
use crate::report::numbers::grouped;

/// The most frequent outcomes that a page lists.
const OUTCOMES_MAX: usize = 100;
/// So many characters of an outcome are shown at once: four lines on a telephone, one on a screen.
const ROOM: usize = 84;

/// What the draws of a search have shown together; nothing if the executions were not drawn.
pub(super) fn draws_of(searched: &Searched) -> Draws {
    let tally = &searched.findings.tally;
    let Some(&(executions, traces)) = tally.growth.last() else { return Draws::default() };
    let mut outcomes: Vec<_> = tally.outcomes.iter().collect();
    // The stable order of outcomes decides between those that are as frequent.
    outcomes.sort_by_key(|&(_, &count)| std::cmp::Reverse(count));
    let all: u64 = tally.outcomes.values().sum();
    let share = |count: u64| format!("{:.2} %", 100.0 * count as f64 / all.max(1) as f64);
    let listed = &outcomes[..outcomes.len().min(OUTCOMES_MAX)];
    let texts: Vec<String> = listed.iter().map(|(outcome, _)| outcome.to_string()).collect();
    let drawn = |((short, text), &(_, &count)): ((String, &String), &(_, &u64))| OutcomeDrawn {
        executions: grouped(count),
        share: share(count),
        text: text.clone(),
        short: (short != *text).then_some(short),
    };
    let cut = cut_apart(&texts, ROOM).into_iter();
    Draws {
        growth: [(0, 0)].into_iter().chain(tally.growth.iter().copied()).collect(),
        summary: format!(
            "{} distinct traces in {} executions",
            grouped(traces),
            grouped(executions)
        ),
        outcomes: cut.zip(&texts).zip(listed).map(drawn).collect(),
        others: outcomes.len() - listed.len(),
    }
}

/// The story of draws that have no execution to show; `None` if the executions were not drawn.
pub fn story_of_draws(checked: &Checked) -> Option<Story> {
    let searched = checked.searches.first()?;
    let draws = draws_of(searched);
    if draws == Draws::default() {
        return None;
    }
    let findings = &searched.findings;
    let facts = [
        ("engine", findings.engine.to_string()),
        ("memory model", findings.model.map_or(String::new(), |it| it.to_string())),
        ("executions", grouped(findings.tally.executions)),
        ("time", format!("{:.3} s", searched.time.as_secs_f64())),
        ("seed", searched.seed.to_string()),
    ];
    let own = findings.tally.facts.iter().map(|&fact| words_of_fact(fact));
    let facts = facts.into_iter().chain(own).map(|(name, value)| (name.to_owned(), value));
    Some(Story {
        title: checked.program.name.clone(),
        headline: checked.verdict(),
        facts: facts.collect(),
        notes: vec![format!("Not seen: {}.", not_seen(findings))],
        draws,
        ..Story::default()
    })
}
