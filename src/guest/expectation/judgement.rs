//! Compares the findings of a search with a header.

use std::collections::BTreeSet;

use super::{Expectation, Expected};
use crate::guest::{Counted, Findings};
use crate::reference::{Outcome, Violation, ViolationKind};
use crate::verdict::Bound;

/// The result of comparing findings with an expectation.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The findings are as expected, and nothing was cut off.
    Met,
    /// Nothing contradicts the expectation, but the search was cut off, or cannot see everything. These
    /// lines are undecided; if there are none, everything expected was found, and there may be more.
    Open(Vec<String>),
    /// These lines differ.
    Missed(Vec<String>),
}

/// Collects the differences, and what a longer search might still show.
struct Comparison {
    /// Whether something that was not found does not exist: the search drove the reference, which sees
    /// everything, and nothing was cut off.
    is_decisive: bool,
    differs: Vec<String>,
    open: Vec<String>,
}

impl Comparison {
    /// Records something that was not found.
    fn lacks(&mut self, message: String) {
        if self.is_decisive { &mut self.differs } else { &mut self.open }.push(message);
    }

    /// Compares a count that grows during a search.
    fn count(&mut self, what: &str, expected: u64, found: u64) {
        let message = format!("{what}: expected {expected}, found {found}");
        match found.cmp(&expected) {
            std::cmp::Ordering::Less => self.lacks(message),
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Greater => self.differs.push(message),
        }
    }
}

impl Expectation {
    /// Compares findings with the header. The number of executions is compared only if the search counts
    /// what headers count.
    pub fn judge(&self, findings: &Findings) -> Judgement {
        if let Some(reason) = &findings.unsupported {
            return Judgement::Open(vec![format!("not searched: {reason}")]);
        }
        let tally = &findings.tally;
        let is_decisive = findings.engine.drives_reference() && tally.bounds.is_empty();
        let mut comparison = Comparison { is_decisive, differs: vec![], open: vec![] };
        for counterexample in &tally.violations {
            let violation = &counterexample.violation;
            if !self.violations.iter().any(|expected| findings.shows(expected, violation)) {
                comparison.differs.push(format!("not expected: {violation}"));
            }
        }
        for expected in &self.violations {
            if !tally.violations.iter().any(|found| findings.shows(expected, &found.violation)) {
                comparison.lacks(format!("expected, but not found: {expected}"));
            }
        }
        self.compare_outputs(findings, &mut comparison);
        if let Some(expected) = self.executions
            && findings.counts_executions_as_headers_do()
        {
            comparison.count("executions", expected, tally.executions);
        }
        let Comparison { differs, open, .. } = comparison;
        if !differs.is_empty() {
            Judgement::Missed(differs)
        } else if open.is_empty() && tally.bounds.is_empty() && tally.gaps.is_empty() {
            Judgement::Met
        } else {
            Judgement::Open(open)
        }
    }

    fn compare_outputs(&self, findings: &Findings, comparison: &mut Comparison) {
        let mut found = BTreeSet::new();
        let mut exits = BTreeSet::new();
        for outcome in findings.tally.outcomes.keys() {
            if let Outcome::Finished { exit, output } = outcome {
                found.insert(output.lines().collect::<Vec<_>>().join(" / "));
                exits.insert(*exit);
            }
        }
        let expected_exit = self.exit.unwrap_or(0);
        // A process has eight bits for its exit code.
        for exit in exits.into_iter().filter(|&exit| exit as u8 != expected_exit as u8) {
            comparison.differs.push(format!("exit: expected {expected_exit}, found {exit}"));
        }
        let prints = self.prints.as_ref().map(|lines| BTreeSet::from([lines.join(" / ")]));
        for (key, expected) in [("outcomes", &self.outputs), ("prints", &prints)] {
            let Some(expected) = expected else { continue };
            for output in found.difference(expected) {
                comparison.differs.push(format!("{key}: not expected: {{{output}}}"));
            }
            for output in expected.difference(&found) {
                comparison.lacks(format!("{key}: expected, but not found: {{{output}}}"));
            }
        }
        if let Some(expected) = self.orders {
            comparison.count("orders", expected, found.len() as u64);
        }
    }
}

impl Findings {
    /// Whether the engine counts traces or execution graphs. loom counts more than there are, and a
    /// search over states counts paths.
    fn counts_executions_as_headers_do(&self) -> bool {
        matches!(self.engine.counts(), Counted::Traces | Counted::Graphs)
    }

    /// Whether a violation is the expected one, as far as the engine can tell: for the machine, a lost
    /// wakeup is a deadlock.
    fn shows(&self, expected: &Expected, violation: &Violation) -> bool {
        let is_stuck = *expected == Expected::Kind(ViolationKind::LostWakeup)
            && violation.kind == ViolationKind::Deadlock;
        expected.describes(violation) || (is_stuck && !self.engine.drives_reference())
    }

    /// Whether the executions were drawn at random. The user then did not ask for all of them.
    pub fn is_by_chance(&self) -> bool {
        self.tally.bounds.contains(&Bound::Chance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::Search;
    use crate::guest::{Control, EngineKind, GuestCounterexample, Tally, WorldEngine};

    fn finished(output: &str, exit: i64) -> Outcome {
        Outcome::Finished { exit, output: output.into() }
    }

    fn violation(kind: ViolationKind, message: &str) -> GuestCounterexample {
        GuestCounterexample::without_steps(kind, message)
    }

    fn judge(header: &str, tally: Tally) -> Judgement {
        let text = format!("# {}\n", header.replace('\n', "\n# "));
        let expectation = Expectation::read(&text).expect("it is right").expect("it is there");
        let engine = EngineKind::Explorer(Search::Traces);
        expectation.judge(&Findings::new(engine, None, tally, &Control::default()))
    }

    fn tally(outcomes: &[Outcome]) -> Tally {
        let mut tally = Tally::default();
        for outcome in outcomes {
            tally.execution(outcome.clone());
        }
        tally
    }

    #[test]
    fn what_is_as_expected_is_met() {
        let both = tally(&[finished("1\n2\n", 0), finished("2\n1\n", 0)]);
        let header = "expect: verified\nexecutions: 2\norders: 2\noutcomes: {2 / 1} {1 / 2}";
        assert_eq!(judge(header, both), Judgement::Met);
        let exit = tally(&[finished("", 258)]);
        assert_eq!(judge("expect: verified\nexit: 2", exit), Judgement::Met);
        let mut trap = Tally::default();
        trap.keep(violation(ViolationKind::Assertion, "an update was lost"));
        assert_eq!(judge("expect: trap update was", trap), Judgement::Met);
    }

    #[test]
    fn every_difference_is_named() {
        let one = || tally(&[finished("1\n", 0)]);
        for (header, difference) in [
            ("expect: deadlock", "expected, but not found: deadlock"),
            ("expect: verified\nexecutions: 2", "executions: expected 2, found 1"),
            ("expect: verified\norders: 0", "orders: expected 0, found 1"),
            ("expect: verified\nprints: 2", "prints: not expected: {1}"),
            ("expect: verified\noutcomes: {1} {2}", "outcomes: expected, but not found: {2}"),
            ("expect: verified\nexit: 1", "exit: expected 1, found 0"),
        ] {
            match judge(header, one()) {
                Judgement::Missed(differs) => assert_eq!(differs[0], difference),
                other => panic!("{header}: {other:?}"),
            }
        }
        let mut race = one();
        race.keep(violation(ViolationKind::DataRace, "two"));
        let differs = vec!["not expected: data race: two".to_owned()];
        assert_eq!(judge("expect: verified", race), Judgement::Missed(differs));
    }

    #[test]
    fn what_an_engine_of_the_machine_cannot_see_stays_open() {
        let expectation =
            |text| Expectation::read(text).expect("it is right").expect("it is there");
        let of_loom = |tally| {
            Findings::new(EngineKind::World(WorldEngine::Loom), None, tally, &Control::default())
        };
        let nothing = of_loom(tally(&[finished("", 0)]));
        let race = expectation("# expect: race\n");
        let open = vec!["expected, but not found: data race".to_owned()];
        assert_eq!(race.judge(&nothing), Judgement::Open(open));
        let mut stuck = Tally::default();
        stuck.keep(violation(ViolationKind::Deadlock, "nobody goes on"));
        let lost_wakeup = expectation("# expect: lost wakeup\n");
        assert_eq!(lost_wakeup.judge(&of_loom(stuck)), Judgement::Met);
    }

    #[test]
    fn a_search_that_was_cut_off_leaves_open_what_it_lacks() {
        let cut_off =
            |outcomes: &[Outcome]| Tally { bounds: [Bound::Executions].into(), ..tally(outcomes) };
        let one = [finished("1\n", 0)];
        for header in [
            "expect: verified",
            "expect: deadlock",
            "expect: verified\noutcomes: {1} {2}",
            "expect: verified\nexecutions: 2",
        ] {
            assert!(matches!(judge(header, cut_off(&one)), Judgement::Open(_)), "{header}");
        }
        for header in ["expect: verified\noutcomes: {2}", "expect: verified\norders: 0"] {
            assert!(matches!(judge(header, cut_off(&one)), Judgement::Missed(_)), "{header}");
        }
    }
}
