//! The counts of a search as a file keeps them: those of a shard, or of a search whose result is known.

use drawloom::guest::{Bound, Control, GuestCounterexample, Schedule, Tally, replay_within};
use drawloom::interp::{Place, ThreadId};
use drawloom::reference::{Outcome, Violation, ViolationKind};
use serde::{Deserialize, Serialize};

use super::subject::Checkable;

/// The counts of a search. Has no place for what an engine says besides: remarks, facts, and what it leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TallyRow {
    pub(super) executions: u64,
    pub(super) blocked: u64,
    states: Option<u64>,
    final_states: Vec<String>,
    pub(super) outcomes: Vec<OutcomeRow>,
    pub(super) violations: Vec<ViolationRow>,
    pub(super) bounds: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OutcomeRow {
    pub(super) executions: u64,
    #[serde(flatten)]
    outcome: OutcomeWords,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum OutcomeWords {
    Finished { exit: i64, output: String },
    Stopped { violation: String, reason: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ViolationRow {
    kind: String,
    message: String,
    places: Vec<PlaceRow>,
    execution: u64,
    /// Shows its execution again. A schedule may show several violations, of which a replay names one.
    schedule: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceRow {
    thread: u32,
    function: String,
    block: String,
    instruction: u32,
    file: u32,
    line: u32,
    column: u32,
}

impl ViolationRow {
    fn new(found: &GuestCounterexample) -> Self {
        let place = |(thread, place): &(ThreadId, Place)| {
            let Place { function, block, instruction, file, line, column } = place.clone();
            PlaceRow { thread: thread.0, function, block, instruction, file, line, column }
        };
        let Violation { kind, message, places } = &found.violation;
        let schedule =
            found.schedule.as_ref().expect("the explorer knows the schedule of what it finds");
        ViolationRow {
            kind: kind.name().to_owned(),
            message: message.clone(),
            places: places.iter().map(place).collect(),
            execution: found.execution,
            schedule: schedule.to_string(),
        }
    }

    fn violation(&self) -> Result<Violation, String> {
        let place = |row: &PlaceRow| {
            let PlaceRow { thread, function, block, instruction, file, line, column } = row.clone();
            (ThreadId(thread), Place { function, block, instruction, file, line, column })
        };
        Ok(Violation {
            kind: kind(&self.kind)?,
            message: self.message.clone(),
            places: self.places.iter().map(place).collect(),
        })
    }

    /// The execution that shows it.
    fn shown(
        &self,
        violation: Violation,
        checkable: &Checkable,
        memory_max: usize,
    ) -> Result<GuestCounterexample, String> {
        let schedule: Schedule = self.schedule.parse().map_err(|it| format!("{it}"))?;
        let control = Control::default();
        let shown = replay_within(&checkable.subject, &schedule, memory_max, &control);
        let execution = self.execution;
        let shown = shown.map_err(|error| error.to_string())?;
        Ok(GuestCounterexample { violation, execution, ..shown })
    }
}

impl TallyRow {
    /// # Panics
    /// A violation has no schedule.
    pub(super) fn new(tally: &Tally) -> Self {
        let outcome = |(outcome, &executions): (&Outcome, &u64)| OutcomeRow {
            executions,
            outcome: match outcome {
                Outcome::Finished { exit, output } => {
                    OutcomeWords::Finished { exit: *exit, output: output.to_string() }
                }
                Outcome::Stopped { kind, reason } => {
                    let violation = kind.name().to_owned();
                    OutcomeWords::Stopped { violation, reason: reason.clone() }
                }
            },
        };
        TallyRow {
            executions: tally.executions,
            blocked: tally.blocked,
            states: tally.states,
            final_states: sorted(&tally.final_states, |it| format!("{it:032x}")),
            outcomes: tally.outcomes.iter().map(outcome).collect(),
            violations: tally.violations.iter().map(ViolationRow::new).collect(),
            bounds: tally.bounds.iter().map(|bound| bound.name().to_owned()).collect(),
        }
    }

    /// The same with more executions to show.
    ///
    /// # Panics
    /// One has no schedule.
    pub(super) fn and_shows(mut self, more: &[GuestCounterexample]) -> Self {
        self.violations.extend(more.iter().map(ViolationRow::new));
        self
    }

    /// The counts. Each violation that is new is shown by a replay; the others are left out.
    pub(super) fn tally(
        &self,
        checkable: &Checkable,
        memory_max: usize,
        mut is_new: impl FnMut(&Violation) -> bool,
    ) -> Result<Tally, String> {
        let TallyRow { executions, blocked, states, .. } = *self;
        let mut tally = Tally { executions, blocked, states, ..Tally::default() };
        for text in &self.final_states {
            let state = u128::from_str_radix(text, 16);
            tally.final_states.insert(state.map_err(|_| format!("'{text}' is no state"))?);
        }
        for OutcomeRow { executions, outcome } in &self.outcomes {
            let outcome = match outcome {
                OutcomeWords::Finished { exit, output } => {
                    Outcome::Finished { exit: *exit, output: output.as_str().into() }
                }
                OutcomeWords::Stopped { violation, reason } => {
                    Outcome::Stopped { kind: kind(violation)?, reason: reason.clone() }
                }
            };
            tally.outcomes.insert(outcome, *executions);
        }
        for name in &self.bounds {
            tally.bounds.insert(bound(name).ok_or_else(|| format!("'{name}' is no bound"))?);
        }
        for row in &self.violations {
            let violation = row.violation()?;
            if is_new(&violation) {
                tally.violations.push(row.shown(violation, checkable, memory_max)?);
            }
        }
        Ok(tally)
    }
}

/// Fingerprints in words, in an order that does not depend on chance.
pub(super) fn sorted<T>(
    items: impl IntoIterator<Item = T>,
    words: impl Fn(T) -> String,
) -> Vec<String> {
    let mut sorted: Vec<String> = items.into_iter().map(words).collect();
    sorted.sort_unstable();
    sorted
}

pub(super) fn bound(name: &str) -> Option<Bound> {
    Bound::ALL.into_iter().find(|bound| bound.name() == name)
}

fn kind(name: &str) -> Result<ViolationKind, String> {
    let kinds = ViolationKind::ALL.into_iter().chain([ViolationKind::Witness]);
    let known = kinds.into_iter().find(|kind| kind.name() == name);
    known.ok_or_else(|| format!("there is no violation '{name}'"))
}
