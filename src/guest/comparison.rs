//! Checks whether the machine does only what the reference allows.
//!
//! *Every outcome of the machine, in any world, is an outcome of the reference.* An outcome that an
//! engine has shown and the reference does not have is therefore a finding: about the machine, the
//! reference, or the tool. The other direction is not a finding: an engine need not show everything.
//!
//! The machine cannot tell a lost wakeup from a deadlock: in both, no thread can go on. So the two kinds
//! count as one outcome here.
//!
//! The comparison needs a complete search of the reference. It is not made for a program with a data
//! race, which has no meaning under a weak memory model.

use std::collections::BTreeSet;
use std::fmt;

use super::{Bound, EngineKind, Findings, SeesMore};
use crate::reference::{Outcome, Violation, ViolationKind};

/// The engines' outcomes, compared with those of the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Outcomes that the reference has not shown, in the order of the engines, except those in `known`.
    pub outside: Vec<Outside>,
    /// Outcomes that the reference has not shown, of engines that are known to show such outcomes.
    pub known: Vec<Outside>,
    /// Why these are not findings, if they are not.
    pub undecided: Option<Undecided>,
    /// How much of the reference each engine has shown, in their order.
    pub coverage: Vec<Coverage>,
}

/// An outcome that an engine has shown and the reference has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// The engine that has shown it.
    pub engine: EngineKind,
    /// The outcome.
    pub outcome: Outcome,
    /// Why the engine is known to show such outcomes, if it is.
    pub sees_more: Option<SeesMore>,
}

/// How many of the reference's outcomes an engine has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The engine.
    pub engine: EngineKind,
    /// How many it has shown.
    pub seen: usize,
    /// How many the reference has.
    pub all: usize,
    /// What kept the engine from showing more, apart from chance; empty if its search was complete.
    pub bounds: Vec<Bound>,
}

/// Why it cannot be decided whether an outcome is one of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecided {
    /// The reference cannot run this program.
    NoReference,
    /// The search of the reference was cut off, so it may have more outcomes.
    CutOff,
    /// The search of the reference ended at its first violation.
    FirstViolation,
    /// The program has a data race.
    DataRace,
}

impl Comparison {
    /// Compares the engines' outcomes with those of the reference. `kept_going` says whether the search of
    /// the reference continued after a violation. Engines that could not check the program are left out.
    pub fn new(reference: &Findings, kept_going: bool, engines: &[Findings]) -> Self {
        // If two traps occur in one execution, the reference counts one of them; the machine may stop at
        // either.
        let violations = reference.tally.violations.iter().map(|it| &it.violation);
        let stops: Vec<Outcome> =
            violations.filter(|it| it.kind.stops()).map(Outcome::of_violation).collect();
        let shown = reference.tally.outcomes.keys().chain(&stops);
        let allowed: BTreeSet<Outcome> = shown.map(Outcome::as_the_machine_tells_it).collect();
        let mut outside: Vec<Outside> = Vec::new();
        let mut coverage = Vec::new();
        for findings in engines.iter().filter(|findings| findings.unsupported.is_none()) {
            let shown = || findings.tally.outcomes.keys();
            outside.extend(shown().filter(|&outcome| !allowed.contains(outcome)).map(|outcome| {
                Outside {
                    engine: findings.engine,
                    outcome: outcome.clone(),
                    sees_more: findings.sees_more,
                }
            }));
            coverage.push(Coverage {
                engine: findings.engine,
                seen: shown().filter(|&outcome| allowed.contains(outcome)).count(),
                all: allowed.len(),
                bounds: findings.tally.bounds.iter().copied().filter(|&it| is_cut(it)).collect(),
            });
        }
        let (known, outside) = outside.into_iter().partition(|it| it.sees_more.is_some());
        Comparison { outside, known, undecided: undecided(reference, kept_going), coverage }
    }

    /// The differences that are findings; none if that cannot be decided.
    pub fn differences(&self) -> &[Outside] {
        if self.undecided.is_some() { &[] } else { &self.outside }
    }
}

/// Whether the bound cut a search off. A random search never asks for all executions.
fn is_cut(bound: Bound) -> bool {
    bound != Bound::Chance
}

fn undecided(reference: &Findings, kept_going: bool) -> Option<Undecided> {
    let violations = &reference.tally.violations;
    let has_race = || violations.iter().any(|it| it.violation.kind == ViolationKind::DataRace);
    if reference.unsupported.is_some() {
        Some(Undecided::NoReference)
    } else if has_race() {
        Some(Undecided::DataRace)
    } else if !kept_going && !violations.is_empty() {
        Some(Undecided::FirstViolation)
    } else if !reference.tally.bounds.is_empty() {
        Some(Undecided::CutOff)
    } else {
        None
    }
}

impl Outside {
    /// The difference as a violation of the program's meaning.
    pub fn violation(&self) -> Violation {
        Violation {
            kind: ViolationKind::UnexpectedOutcome,
            message: self.to_string(),
            places: Vec::new(),
        }
    }
}

/// One line: `loom: {0 / 0} is not an outcome of the reference, as is known: ...`.
impl fmt::Display for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} is not an outcome of the reference", self.engine, self.outcome)?;
        if let Some(why) = self.sees_more { write!(f, ", as is known: {why}") } else { Ok(()) }
    }
}

/// One line: `loom saw 3 of 4 outcomes (cut off: the time)`.
impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.all == 1 { "" } else { "s" };
        write!(f, "{} saw {} of {} outcome{plural}", self.engine, self.seen, self.all)?;
        let bounds: Vec<String> = self.bounds.iter().map(ToString::to_string).collect();
        if bounds.is_empty() { Ok(()) } else { write!(f, " (cut off: {})", bounds.join("; ")) }
    }
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Undecided::NoReference => "the reference cannot run this program",
            Undecided::CutOff => "the search of the reference was cut off",
            Undecided::FirstViolation => "the search of the reference ended at its first violation",
            Undecided::DataRace => "the program has a data race",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::Search;
    use crate::guest::{GuestCounterexample, Tally, WorldEngine};

    const EXPLORER: EngineKind = EngineKind::Explorer(Search::Traces);

    fn finished(output: &str) -> Outcome {
        Outcome::Finished { exit: 0, output: output.into() }
    }

    fn findings(engine: EngineKind, outputs: &[&str]) -> Findings {
        let mut tally = Tally::default();
        for output in outputs {
            tally.execution(finished(output));
        }
        Findings::new(engine, None, tally, &crate::guest::Control::default())
    }

    fn with_violation(mut findings: Findings, kind: ViolationKind) -> Findings {
        findings.tally.keep(GuestCounterexample::without_steps(kind, "it"));
        findings
    }

    #[test]
    fn an_outcome_that_the_reference_has_not_is_a_difference() {
        let reference = findings(EXPLORER, &["1\n", "2\n"]);
        let loom = findings(EngineKind::World(WorldEngine::Loom), &["1\n", "3\n"]);
        let comparison = Comparison::new(&reference, true, &[loom]);
        let lines: Vec<String> = comparison.differences().iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["loom: {3} is not an outcome of the reference"]);
        let violation = comparison.differences()[0].violation();
        assert_eq!(violation.kind, ViolationKind::UnexpectedOutcome);
    }

    #[test]
    fn an_outcome_that_is_known_of_an_engine_is_no_difference() {
        let reference = findings(EXPLORER, &["1\n"]);
        let mut loom = findings(EngineKind::World(WorldEngine::Loom), &["1\n", "3\n"]);
        loom.sees_more = Some(SeesMore::SeqCstAsAcquireRelease);
        let comparison = Comparison::new(
            &reference,
            true,
            &[loom, findings(EngineKind::World(WorldEngine::Stress), &["2\n"])],
        );
        let lines =
            |outside: &[Outside]| outside.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            lines(comparison.differences()),
            ["stress: {2} is not an outcome of the reference"]
        );
        let known = "loom: {3} is not an outcome of the reference, as is known: it treats seq-cst \
                     accesses as acquire and release";
        assert_eq!(lines(&comparison.known), [known]);
    }

    #[test]
    fn a_lost_wakeup_is_a_deadlock_to_the_machine() {
        let stuck = |kind: ViolationKind| {
            let violation = Violation { kind, message: "it".into(), places: Vec::new() };
            let mut tally = Tally::default();
            tally.execution(Outcome::of_violation(&violation));
            Findings::new(EXPLORER, None, tally, &crate::guest::Control::default())
        };
        let reference = stuck(ViolationKind::LostWakeup);
        let comparison = Comparison::new(&reference, true, &[stuck(ViolationKind::Deadlock)]);
        assert_eq!((comparison.outside, comparison.coverage[0].seen), (vec![], 1));
    }

    #[test]
    fn an_outcome_that_an_engine_has_not_is_counted_and_no_difference() {
        let reference = findings(EXPLORER, &["1\n", "2\n", "3\n"]);
        let mut engines = [
            findings(EngineKind::World(WorldEngine::Loom), &["1\n", "2\n"]),
            Findings::unsupported(EngineKind::World(WorldEngine::ShuttleDfs), "no"),
            findings(EngineKind::World(WorldEngine::Stress), &["2\n"]),
        ];
        engines[0].tally.bounds.insert(Bound::Time);
        engines[2].tally.bounds.insert(Bound::Chance);
        let comparison = Comparison::new(&reference, true, &engines);
        assert!(comparison.outside.is_empty());
        let lines: Vec<String> = comparison.coverage.iter().map(ToString::to_string).collect();
        let cut_off = format!("loom saw 2 of 3 outcomes (cut off: {})", Bound::Time);
        assert_eq!(lines, [cut_off.as_str(), "stress saw 1 of 3 outcomes"]);
    }

    #[test]
    fn a_reference_without_all_its_outcomes_decides_nothing() {
        let whole = findings(EXPLORER, &["1\n"]);
        let mut cut_off = whole.clone();
        cut_off.tally.bounds.insert(Bound::Executions);
        let race = with_violation(whole.clone(), ViolationKind::DataRace);
        let deadlock = with_violation(whole.clone(), ViolationKind::Deadlock);
        let none = Findings::unsupported(EXPLORER, "no");
        let stress = [findings(EngineKind::World(WorldEngine::Stress), &["2\n"])];
        for (reference, kept_going, undecided) in [
            (&whole, false, None),
            (&deadlock, true, None),
            (&deadlock, false, Some(Undecided::FirstViolation)),
            (&cut_off, true, Some(Undecided::CutOff)),
            (&race, true, Some(Undecided::DataRace)),
            (&none, true, Some(Undecided::NoReference)),
        ] {
            let comparison = Comparison::new(reference, kept_going, &stress);
            assert_eq!(comparison.undecided, undecided);
            assert_eq!(comparison.outside.len(), 1, "it is told all the same");
            assert_eq!(comparison.differences().is_empty(), undecided.is_some());
        }
    }
}
