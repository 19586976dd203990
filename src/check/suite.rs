//! Checks the models of test suites that were written for another tool, of which a package has the API: a *face*, such as
//! `compat/loom`.
//!
//! Such a suite has bounds that keep the other tool's search short, models that check nothing, and several models in
//! one test. So unlike [`check()`](crate::check()), [`Suite::check`] lets a model without operations pass, and says what
//! it is worth in a line and a warning, which the face prints. Bounds that our search does not know are no reason to cut
//! it off. But a suite that gives one has accepted a search that is not complete: then there is a limit on its time. If
//! the bound is one on preemptions, half of the time is for a search within it. If that ends and has left something out,
//! the rest is for a search without it. When the time is up, executions are drawn at random.
//!
//! | variable | means |
//! |---|---|
//! | `DRAWLOOM_TIME` | the time for each search, such as `10s` or `2m`; without it there is a limit only if a bound was given |
//! | `DRAWLOOM_SPURIOUS` | waits may end, and weak compare-exchanges fail, without a cause |
//! | `DRAWLOOM_ROUNDS` | how many rounds a loop makes that finds nothing new: [`Heddle::rounds_max`] |
//! | `DRAWLOOM_TIMEOUTS` | how often the waits of one thread on one condition variable time out: [`Heddle::timeouts_max`] |
//! | `DRAWLOOM_UNWIND` | 0: the threads of an execution that ends early are not unwound, but stay where they are: [`Heddle::unwinds`] |
//! | `DRAWLOOM_SCHEDULE` | one execution instead of a search |

use std::collections::HashSet;
use std::env;
use std::fmt::{self, Write as _};
use std::panic::Location;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::run::{Unwritten, run_unrecorded};
use super::{failure, how_to_look};
use crate::engine::heddle::{Heddle, Strategy};
use crate::engine::{Body, Bound, Engine, HeddleSchedule, Reason, Report, Verdict};
use crate::session::{self, file_of, locked};
use crate::verdict::Remark;

/// The limit on the time of a search if a bound was given.
const TIME_WITH_BOUND: Duration = Duration::from_secs(10);

/// The part of a search's time for which executions are drawn after it.
const SHARE_DRAWN: u32 = 4;

/// The seed by which executions are drawn.
const SEED: u64 = 1;

/// How the models of a suite are checked.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The name of the tool whose API the suite uses.
    pub tool: &'static str,
    /// The search, with the bounds of that tool that apply to it. If these stop it, the model passes.
    pub engine: Heddle,
    /// A bound that was given and does not apply to this search.
    pub accepted: Option<Accepted>,
}

/// A bound of a suite that is no reason to leave something out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Accepted {
    /// The number of preemptions: before the search, one is made within this bound.
    Preemptions(usize),
    /// Another one, in words.
    Other(String),
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Accepted::Preemptions(number) => write!(f, "preemption bound {number}"),
            Accepted::Other(words) => f.write_str(words),
        }
    }
}

/// What the search of a model that passes was worth.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// The report of the search.
    pub report: Report,
    /// The report of the search within the suite's bound on preemptions, if another one without it came after it.
    pub within: Option<Report>,
    /// How many executions were drawn at random after both, if their time was up.
    pub drawn: Option<u64>,
    /// The same in one line.
    pub summary: String,
    /// Why the model has checked nothing, in one line. `None` also if this was said before of a model at this place.
    pub warning: Option<String>,
}

/// Why a model fails.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failed {
    /// The counterexample, for the error output. It has source lines, so it is no part of the panic's message: a test
    /// that expects some message would find it there.
    pub shown: String,
    /// The violation, or why the model cannot be searched: the panic's message.
    pub message: String,
    /// The report of the search, if there was one.
    pub report: Option<Box<Report>>,
}

impl Suite {
    /// Searches a model.
    ///
    /// # Errors
    /// An execution shows a violation; the model cannot be searched, for example because it runs in another one; or no
    /// execution of it ends.
    ///
    /// # Panics
    /// One of the variables has a value that cannot be read.
    #[track_caller]
    pub fn check(&self, model: impl Fn() + Send + Sync + 'static) -> Result<Checked, Failed> {
        self.stand_alone()?;
        let model: Body = Arc::new(model);
        let wishes = Wishes::of_environment();
        let given = wishes.applied_to(self.engine);
        let own_limit = self.own_limit(wishes.time);
        let engine = own_limit.map_or(given, |time| given.time_max(time));

        let (report, within) = self.search_both(&engine, &model);
        let late = own_limit.filter(|_| report.bounds.contains(&Bound::Time));
        let mut drawn = None;
        if let Some(limit) = late {
            let draws = engine.strategy(Strategy::Pos { seed: SEED }).time_max(limit / SHARE_DRAWN);
            let more = searched(&draws, &model);
            self.object(&more, &wishes)?;
            drawn = Some(more.executions);
        }
        let few_ended = within.as_ref().is_some_and(|few| few.finished > 0);
        let is_checked = few_ended || drawn.is_some_and(|it| it > 0);
        if is_objection(&report) || !is_checked {
            self.object(&report, &wishes)?;
        }
        let place = place(Location::caller());
        let summary =
            format!("{}: {place}: {}", self.tool, self.summary(&report, within.as_ref(), drawn));
        let warning = warning(&report).filter(|_| !few_ended && is_first(&place));
        let warning = warning.map(|why| format!("WARNING: {}: {place}: {why}", self.tool));
        Ok(Checked { report, within, drawn, summary, warning })
    }

    /// The report of a search, and that of the search within the bound on preemptions that came before it, if there was one.
    #[track_caller]
    fn search_both(&self, engine: &Heddle, model: &Body) -> (Report, Option<Report>) {
        let Some(Accepted::Preemptions(number)) = self.accepted else {
            return (searched(engine, model), None);
        };
        let start = Instant::now();
        let first = engine.preemptions_max(number);
        let first = engine.time_max.map_or(first, |time| first.time_max(time / 2));
        let (few, record) = search(&first, model);
        let left = engine.executions_max.saturating_sub(few.executions);
        let leaves_only_these_out = few.bounds.contains(&Bound::Preemptions)
            && !few.bounds.contains(&Bound::Time)
            && left > 0;
        if is_objection(&few) || !leaves_only_these_out {
            record.write(None);
            return (few, None);
        }
        record.write(Some(number));
        let rest = engine.executions_max(left).few_preemptions_early(false);
        let time_left = engine.time_max.map(|time| time.saturating_sub(start.elapsed()));
        let rest = time_left.map_or(rest, |time| rest.time_max(time));
        (searched(&rest, model), Some(few))
    }

    /// Runs one execution of a model: the one with this schedule.
    ///
    /// # Errors
    /// The execution shows a violation, does not end, or is none of this model; or the model runs in another one.
    ///
    /// # Panics
    /// One of the variables has a value that cannot be read.
    #[track_caller]
    pub fn repeat(
        &self,
        schedule: &HeddleSchedule,
        model: impl Fn() + Send + Sync + 'static,
    ) -> Result<Report, Failed> {
        self.stand_alone()?;
        let wishes = Wishes::of_environment();
        let report = wishes.applied_to(self.engine).replay(schedule, Arc::new(model));
        self.object(&report, &wishes)?;
        Ok(report)
    }

    /// No model runs here already.
    fn stand_alone(&self) -> Result<(), Failed> {
        if session::is_under_way() {
            let message = format!("{}: a model runs inside of a model", self.tool);
            return Err(Failed { shown: String::new(), message, report: None });
        }
        Ok(())
    }

    /// The limit on the time of the search that is not one of the tool's, if it ends the search first.
    fn own_limit(&self, wished: Option<Duration>) -> Option<Duration> {
        let given = self.engine.time_max;
        let accepts = self.accepted.is_some() && given.is_none();
        let time = wished.or(accepts.then_some(TIME_WITH_BOUND));
        time.filter(|&time| given.is_none_or(|given| time < given))
    }

    /// Whether this report lets the test fail.
    fn object(&self, report: &Report, wishes: &Wishes) -> Result<(), Failed> {
        let is_stopped = matches!(bound(report), Some(Bound::Time | Bound::Executions));
        let Some(text) = failure(self.engine.name(), report).filter(|_| !is_stopped) else {
            return Ok(());
        };
        let whole = Some(Box::new(report.clone()));
        let Verdict::Violated(found) = &report.verdict else {
            return Err(Failed { shown: String::new(), message: text, report: whole });
        };
        let shown =
            format!("{text}{}", how_to_look(self.engine.name(), report, &wishes.variables()));
        let message = format!("{}: {}", found.violation, found.message);
        Err(Failed { shown, message, report: whole })
    }

    fn summary(&self, report: &Report, within: Option<&Report>, drawn: Option<u64>) -> String {
        let is_whole = report.bounds.iter().all(|&bound| further(bound).is_some());
        let mut text = String::new();
        if let (Some(few), Some(Accepted::Preemptions(number))) = (within, &self.accepted)
            && !is_whole
        {
            let _ = write!(
                text,
                "{} with a limit of {number} preemptions; then ",
                counted(few.executions)
            );
        }
        text += &counted(report.executions);
        let further = report.bounds.iter().filter_map(|&bound| further(bound)).map(str::to_owned);
        let not_seen = report.not_seen.iter().map(ToString::to_string);
        let left_out: Vec<String> = further.chain(not_seen).collect();
        match &report.verdict {
            Verdict::Bounded { stopped_by, .. } if drawn.is_some() || !is_whole => {
                let _ = write!(text, ", not exhausted: stopped by {stopped_by}");
                if !left_out.is_empty() {
                    let _ = write!(text, ", and without {}", listed(&left_out));
                }
            }
            _ if left_out.is_empty() => text.push_str(", all there are"),
            _ => _ = write!(text, ", all but {}", listed(&left_out)),
        }
        if let Some(drawn) = drawn {
            let _ = write!(text, "; then {} drawn at random", counted(drawn));
        }
        if let Some(given) = &self.accepted {
            let is_needed = drawn.is_some() || report.bounds.contains(&Bound::Preemptions);
            let _ = write!(text, "; {given} given{}", if is_needed { "" } else { ", not needed" });
        }
        text
    }
}

/// Searches a model, or runs the schedule that the user asks for, unless that is one of another model in the test.
#[track_caller]
fn search(engine: &Heddle, model: &Body) -> (Report, Unwritten) {
    let (report, record) = run_unrecorded(engine, model.clone());
    match report.verdict {
        Verdict::Unsupported { reason: Reason::ForeignSchedule } => {
            (engine.explore(model.clone()), Unwritten::default())
        }
        _ => (report, record),
    }
}

/// The same, with its record, if one is asked for.
#[track_caller]
fn searched(engine: &Heddle, model: &Body) -> Report {
    let (report, record) = search(engine, model);
    record.write(None);
    report
}

fn is_objection(report: &Report) -> bool {
    matches!(report.verdict, Verdict::Violated(_) | Verdict::Unsupported { .. })
}

fn bound(report: &Report) -> Option<Bound> {
    match report.verdict {
        Verdict::Bounded { stopped_by, .. } => Some(stopped_by),
        _ => None,
    }
}

/// Why the model has checked nothing.
fn warning(report: &Report) -> Option<String> {
    let is_vacuous = |it: &&Remark| matches!(it, Remark::NoOperation | Remark::OneExecution { .. });
    match report.remarks.iter().find(is_vacuous) {
        Some(remark) => Some(remark.to_string()),
        None if report.finished == 0 => Some(Bound::NoExecution.to_string()),
        None => None,
    }
}

/// Whether this is asked of a text for the first time in the process: what is said of it is said once.
pub fn is_first(text: &str) -> bool {
    static SAID: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    locked(&SAID).get_or_insert_default().insert(text.to_owned())
}

fn place(location: &Location<'_>) -> String {
    format!("{}:{}", file_of(location), location.line())
}

/// What a bound leaves out that is no reason to call a search incomplete; `None` for any other bound.
fn further(bound: Bound) -> Option<&'static str> {
    match bound {
        Bound::Rounds => Some("further rounds of loops that wait"),
        Bound::TimeOuts => Some("further time-outs"),
        Bound::Uncaused => Some("further ends without a cause"),
        _ => None,
    }
}

/// The items in a sentence.
fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

fn counted(executions: u64) -> String {
    if executions == 1 { "1 execution".into() } else { format!("{executions} executions") }
}

/// What the environment asks for.
struct Wishes {
    time: Option<Duration>,
    spurious: bool,
    rounds: Option<u32>,
    timeouts: Option<u32>,
    unwinds: bool,
}

impl Wishes {
    fn of_environment() -> Self {
        let time = env::var("DRAWLOOM_TIME").ok();
        let read = |text: String| match humantime::parse_duration(&text) {
            Ok(time) => time,
            Err(error) => panic!("DRAWLOOM_TIME is not a time such as 10s: {error}: {text}"),
        };
        let is_set = |name: &str, text: Option<String>, default| match text.as_deref() {
            Some("1") => true,
            Some("0") => false,
            Some("") | None => default,
            Some(text) => panic!("{name} is 1 or 0: {text}"),
        };
        let spurious = env::var("DRAWLOOM_SPURIOUS").ok();
        let unwinds = env::var("DRAWLOOM_UNWIND").ok();
        let rounds = env::var("DRAWLOOM_ROUNDS").ok();
        let timeouts = env::var("DRAWLOOM_TIMEOUTS").ok();
        let number = |name: &str, text: String| {
            let number = text.parse().ok().filter(|&it: &u32| it > 0);
            number.unwrap_or_else(|| panic!("{name} is a number from 1: {text}"))
        };
        let rounds = rounds.map(|text| number("DRAWLOOM_ROUNDS", text));
        let timeouts = timeouts.map(|text| number("DRAWLOOM_TIMEOUTS", text));
        Wishes {
            time: time.map(read),
            spurious: is_set("DRAWLOOM_SPURIOUS", spurious, false),
            rounds,
            timeouts,
            unwinds: is_set("DRAWLOOM_UNWIND", unwinds, true),
        }
    }

    /// The search with what applies to each of its executions.
    fn applied_to(&self, engine: Heddle) -> Heddle {
        let spurious = engine.spurious || self.spurious;
        let rounds_max = self.rounds.unwrap_or(engine.rounds_max);
        let timeouts_max = self.timeouts.map_or(engine.timeouts_max, |it| it as usize);
        let unwinds = engine.unwinds && self.unwinds;
        let engine = engine.spurious(spurious).rounds_max(rounds_max).timeouts_max(timeouts_max);
        engine.unwinds(unwinds)
    }

    /// The variables that have asked for that, to be set again.
    fn variables(&self) -> String {
        let spurious = self.spurious.then(|| "DRAWLOOM_SPURIOUS=1 ".to_owned());
        let rounds = self.rounds.map(|it| format!("DRAWLOOM_ROUNDS={it} "));
        let timeouts = self.timeouts.map(|it| format!("DRAWLOOM_TIMEOUTS={it} "));
        let unwinds = (!self.unwinds).then(|| "DRAWLOOM_UNWIND=0 ".to_owned());
        [spurious, rounds, timeouts, unwinds].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_sets_a_limit_on_time_only_where_there_is_none() {
        let second = Duration::from_secs(1);
        let limit = |given: Option<u32>, is_accepted: bool, wished: Option<u32>| {
            let engine =
                given.map_or(Heddle::default(), |it| Heddle::default().time_max(second * it));
            let accepted = is_accepted.then_some(Accepted::Preemptions(2));
            Suite { tool: "tool", engine, accepted }.own_limit(wished.map(|it| second * it))
        };
        assert_eq!(limit(None, false, None), None);
        assert_eq!(limit(None, true, None), Some(TIME_WITH_BOUND));
        assert_eq!(limit(Some(60), true, None), None, "as in the tool, it may take that long");
        assert_eq!(limit(None, false, Some(5)), Some(second * 5));
        assert_eq!(limit(Some(60), true, Some(5)), Some(second * 5));
        assert_eq!(limit(Some(60), true, Some(90)), None, "the tool's limit comes first");
    }
}
