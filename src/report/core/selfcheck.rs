//! The models of the core, and how far each engine has searched them.

use std::time::Duration;

use serde::Serialize;

use crate::engine::mutation::{End, Observation, Search};
use crate::report::layout::TextStyle;
use crate::report::lines::{Line, render_lines};
use crate::report::mark::Mark;
use crate::report::numbers::{counted, grouped};
use crate::report::result_table::ResultTable;
use crate::report::schema::SchemaName;

/// A model, and its searches.
#[derive(Clone, Debug)]
pub struct Selfchecked {
    /// The name of the model.
    pub model: String,
    /// The labels that a whole search reaches.
    pub sometimes: Vec<String>,
    /// Its searches, in the same order for each model.
    pub searches: Vec<SearchDone>,
}

/// A search that has ended.
#[derive(Clone, Debug)]
pub struct SearchDone {
    /// Who has searched, and with which limit.
    pub search: Search,
    /// What it has shown.
    pub observation: Observation,
    /// How long it took.
    pub time: Duration,
}

impl Selfchecked {
    /// What is not as it must be: violations, and whole searches that did not reach what they must.
    pub fn objections(&self) -> impl Iterator<Item = String> {
        self.searches.iter().filter_map(|done| {
            Some(format!("{}: {}: {}", self.model, done.search.name(), self.objection(done)?))
        })
    }

    fn mark(&self) -> Mark {
        if self.objections().next().is_some() {
            return Mark::Wrong;
        }
        if self.searches.iter().any(SearchDone::is_whole) { Mark::Fine } else { Mark::Likely }
    }

    fn objection(&self, done: &SearchDone) -> Option<String> {
        let Observation { end, executions, reached, .. } = &done.observation;
        let missed = || self.sometimes.iter().find(|label| !reached.contains(label));
        match end {
            End::Violated(kind) => Some(format!("{kind} in execution {}", grouped(*executions))),
            End::Complete if done.search.is_systematic() => {
                missed().map(|label| format!("'{label}' was never reached"))
            }
            // PCT refuses a body in which no two threads can ever run at once.
            End::Unsupported(_) if matches!(done.search, Search::Pct { .. }) => None,
            End::Unsupported(why) => Some(why.clone()),
            End::Complete | End::Unfinished => None,
        }
    }
}

impl SearchDone {
    /// How far the search went, in a word.
    fn end(&self) -> &'static str {
        match &self.observation.end {
            End::Complete if self.is_whole() => "complete",
            End::Complete if self.search.is_systematic() => "bounded",
            End::Complete => "drawn",
            End::Unfinished => "unfinished",
            End::Violated(_) => "violated",
            End::Unsupported(_) => "unsupported",
        }
    }

    /// Whether the engine has looked at every execution, and leaves none out.
    fn is_whole(&self) -> bool {
        let Observation { end, within, .. } = &self.observation;
        *end == End::Complete && self.search.is_systematic() && within.is_empty()
    }

    fn cell(&self) -> String {
        let executions = grouped(self.observation.executions);
        match &self.observation.end {
            End::Complete if self.is_whole() => format!("all {executions}"),
            End::Complete if self.search.is_systematic() => format!("{executions} within bounds"),
            End::Complete => executions,
            End::Unfinished => format!("{executions} of more"),
            End::Violated(kind) => format!("{kind}!"),
            End::Unsupported(_) => "-".to_owned(),
        }
    }
}

/// The table, and what the numbers mean, in colours; strip them where they are not wanted.
pub fn render_selfcheck(checked: &[Selfchecked], style: TextStyle) -> String {
    let whole = table(checked, str::to_owned);
    // In a narrow table, a name is broken between its words.
    let narrow = table(checked, |name| name.replace('_', " "));
    let is_narrow = !whole.fits(style.width) && narrow.fits(style.width);
    let mut out = if is_narrow { narrow.render(style) } else { whole.render(style) };
    let searches = checked.first().map_or(&[][..], |first| &first.searches);
    let summary = |(at, done): (usize, &SearchDone)| Line::new(summary(checked, at, done.search));
    let mut lines = vec![Line::new("")];
    lines.extend(searches.iter().enumerate().map(summary));
    lines.push(conclusion(checked));
    out += &render_lines(&lines, style);
    out
}

/// A row for each model, whose name is shown in this way.
fn table(checked: &[Selfchecked], name: impl Fn(&str) -> String) -> ResultTable {
    let searches = checked.first().map_or(&[][..], |first| &first.searches);
    let names = searches.iter().map(|done| done.search.name().to_owned());
    let header = ["model".to_owned()].into_iter().chain(names).collect();
    let mut table = ResultTable::new(header, 1..=searches.len());
    for it in checked {
        let cells = it.searches.iter().map(SearchDone::cell);
        table.add(it.mark(), [name(&it.model)].into_iter().chain(cells).collect());
    }
    table
}

/// Whether something is wrong, in one line.
fn conclusion(checked: &[Selfchecked]) -> Line {
    let objections = checked.iter().flat_map(Selfchecked::objections).count();
    let models = counted(checked.len() as u64, "model");
    let searches = checked.iter().flat_map(|it| &it.searches);
    let unfinished = searches.filter(|it| it.observation.end == End::Unfinished).count();
    let is_whole = checked.iter().all(|it| it.mark() == Mark::Fine);
    let mark = if is_whole { Mark::Fine } else { Mark::Likely };
    match (objections, unfinished) {
        (0, 0) => Line::marked(mark, format!("{models}: nothing wrong found")),
        (0, _) => {
            let searches = counted(unfinished as u64, "search");
            Line::marked(mark, format!("{models}: nothing wrong found; {searches} not finished"))
        }
        (objections, _) => {
            let searches = counted(objections as u64, "search");
            Line::marked(Mark::Wrong, format!("{models}: something wrong in {searches}"))
        }
    }
}

/// What one engine has done, in one line.
fn summary(checked: &[Selfchecked], at: usize, search: Search) -> String {
    let done = || checked.iter().map(|it| &it.searches[at]);
    let complete = done().filter(|it| it.is_whole()).count();
    let bounded = done().filter(|it| it.observation.end == End::Complete && !it.is_whole()).count();
    let executions: u64 = done().map(|it| it.observation.executions).sum();
    let time: Duration = done().map(|it| it.time).sum();
    let how = if search.is_systematic() {
        let within = if bounded > 0 {
            format!(", {bounded} more within bounds or with executions that it leaves out")
        } else {
            String::new()
        };
        format!("{complete} of {} to the end{within}", counted(checked.len() as u64, "model"))
    } else {
        "drawn at random".to_owned()
    };
    let (name, executions) = (search.name(), counted(executions, "execution"));
    format!("{name}: {executions}, {how}, {:.1} s", time.as_secs_f64())
}

#[derive(Serialize)]
struct SelfcheckJson<'c> {
    #[serde(flatten)]
    schema: SchemaName,
    seed: u64,
    models: Vec<ModelJson<'c>>,
}

#[derive(Serialize)]
struct ModelJson<'c> {
    model: &'c str,
    searches: Vec<SearchJson>,
    objections: Vec<String>,
}

#[derive(Serialize)]
struct SearchJson {
    engine: &'static str,
    /// `complete`, `bounded`, `drawn`, `unfinished`, `violated` or `unsupported`.
    end: &'static str,
    /// The bounds of the search, and what the engine does not see.
    within: Vec<String>,
    executions: u64,
    seconds: f64,
}

impl<'c> ModelJson<'c> {
    fn of(checked: &'c Selfchecked) -> Self {
        let search = |done: &SearchDone| SearchJson {
            engine: done.search.name(),
            end: done.end(),
            within: done.observation.within.clone(),
            executions: done.observation.executions,
            seconds: done.time.as_secs_f64(),
        };
        ModelJson {
            model: &checked.model,
            searches: checked.searches.iter().map(search).collect(),
            objections: checked.objections().collect(),
        }
    }
}

/// The table with all its data. `seed` is that of all random choices.
pub fn render_selfcheck_json(checked: &[Selfchecked], seed: u64) -> String {
    let models = checked.iter().map(ModelJson::of).collect();
    let all = SelfcheckJson { schema: SchemaName::SELFCHECK, seed, models };
    let mut text = serde_json::to_string_pretty(&all).expect("texts and numbers can be written");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(search: Search, end: End, reached: &[&str]) -> Selfchecked {
        let reached = reached.iter().map(|&label| label.to_owned()).collect();
        let (within, mutants) = (Vec::new(), Vec::new());
        let observation = Observation { end, executions: 1234, within, reached, mutants };
        Selfchecked {
            model: "a_model".into(),
            sometimes: vec!["first".into()],
            searches: vec![SearchDone { search, observation, time: Duration::ZERO }],
        }
    }

    const HEDDLE: Search = Search::Heddle { executions: 9999 };
    const RANDOM: Search = Search::Random { seed: 1, executions: 1234 };

    #[test]
    fn a_whole_search_must_reach_everything_and_a_part_need_not() {
        let objections = |it: Selfchecked| it.objections().collect::<Vec<_>>();
        let missed = ["a_model: heddle: 'first' was never reached"];
        assert_eq!(objections(checked(HEDDLE, End::Complete, &[])), missed);
        for fine in [
            checked(HEDDLE, End::Complete, &["first"]),
            checked(HEDDLE, End::Unfinished, &[]),
            checked(RANDOM, End::Complete, &[]),
        ] {
            assert_eq!(objections(fine), [] as [&str; 0]);
        }
        let violated = objections(checked(RANDOM, End::Violated("deadlock".into()), &["first"]));
        assert_eq!(violated, ["a_model: shuttle-random: deadlock in execution 1,234"]);
    }

    #[test]
    fn a_cell_says_to_which_end_the_search_came() {
        let cell = |search, end| checked(search, end, &[]).searches[0].cell();
        assert_eq!(cell(HEDDLE, End::Complete), "all 1,234");
        assert_eq!(cell(RANDOM, End::Complete), "1,234");
        let mut bounded = checked(HEDDLE, End::Complete, &["first"]);
        bounded.searches[0].observation.within.push("the rounds of a loop".into());
        assert_eq!(bounded.searches[0].cell(), "1,234 within bounds");
        let style = TextStyle { width: 120, wraps: false, is_brief: false, steps_max: 1 };
        let table = render_selfcheck(&[bounded], style);
        assert!(table.contains("0 of 1 model to the end, 1 more within bounds"), "{table}");
        let refused = checked(HEDDLE, End::Unsupported("why".into()), &[]);
        assert_eq!(refused.objections().count(), 1, "a refusal is no pass");
        assert_eq!(cell(HEDDLE, End::Unfinished), "1,234 of more");
        assert_eq!(cell(HEDDLE, End::Violated("panic".into())), "panic!");
        let table = render_selfcheck(&[checked(HEDDLE, End::Unfinished, &[])], style);
        assert!(table.contains("heddle: 1,234 executions, 0 of 1 model to the end"), "{table}");
        assert!(
            table.ends_with(" 1 model: nothing wrong found; 1 search not finished\n"),
            "{table}"
        );
        let violated = checked(HEDDLE, End::Violated("deadlock".into()), &[]);
        let table = render_selfcheck(&[violated.clone(), violated], style);
        assert!(table.ends_with(" 2 models: something wrong in 2 searches\n"), "{table}");
    }
}
