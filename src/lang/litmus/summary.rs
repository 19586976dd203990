//! The report on a test, in herd's words and layout.

use std::collections::BTreeMap;
use std::fmt;

use super::Litmus;
use super::condition::{Condition, Quantifier};
use super::state::{State, StateError};

/// The result of all the executions of a test.
///
/// `Display` writes the lines of herd's report, each with its end of line:
///
/// ```text
/// Test SB Allowed
/// States 3
/// 1     *>0:r0=0; 1:r0=0;
/// 1     :>0:r0=0; 1:r0=1;
/// 1     :>0:r0=1; 1:r0=0;
/// Ok
/// Witnesses
/// Positive: 1 Negative: 2
/// Condition exists (0:r0=0 /\ 1:r0=0)
/// Observation SB Sometimes 1 2
/// ```
///
/// herd's lines of states have no counts. The lines here are those of litmus7's histogram: the number of
/// executions; `*` at the states that decide the condition (where the proposition holds, or for `forall`
/// where it does not) or `:` at others; `>`; the state. herd's `Time` and `Hash` are left out, and so is
/// `Undef`, its word for a test with a data race: a race is a violation, and is reported with more detail.
#[derive(Clone, Debug)]
pub struct Summary {
    name: String,
    condition: Condition,
    states: BTreeMap<State, u64>,
    holding: u64,
    failing: u64,
}

impl Summary {
    /// Summarises the lines that the executions of a test printed, each with its number of executions.
    ///
    /// # Errors
    /// A line is not a state, or not a state of this test.
    pub fn new(litmus: &Litmus, lines: &BTreeMap<String, u64>) -> Result<Summary, StateError> {
        let mut states = BTreeMap::new();
        let (mut holding, mut failing) = (0, 0);
        for (line, &executions) in lines {
            let state = State::parse(line)?;
            if !state.observed().eq(&litmus.observed) {
                let (line, test) = (line.trim().to_owned(), litmus.name.clone());
                return Err(StateError::Foreign { line, test });
            }
            let side = if litmus.condition.holds_in(&state) { &mut holding } else { &mut failing };
            *side += executions;
            *states.entry(state).or_insert(0) += executions;
        }
        let (name, condition) = (litmus.name.clone(), litmus.condition.clone());
        Ok(Summary { name, condition, states, holding, failing })
    }

    /// The states that were reached, each with its executions, in herd's order.
    pub fn states(&self) -> &BTreeMap<State, u64> {
        &self.states
    }

    /// The number of executions whose final state satisfies the proposition.
    pub fn holding(&self) -> u64 {
        self.holding
    }

    /// The number of executions whose final state does not satisfy the proposition.
    pub fn failing(&self) -> u64 {
        self.failing
    }

    /// Whether the condition's claim is true: herd's `Ok`.
    pub fn is_ok(&self) -> bool {
        match self.condition.quantifier {
            Quantifier::Exists => self.holding > 0,
            Quantifier::NotExists => self.holding == 0,
            Quantifier::Forall => self.failing == 0,
        }
    }

    /// `Never`, `Always` or `Sometimes`: how often the proposition holds.
    pub fn observation(&self) -> &'static str {
        match (self.holding, self.failing) {
            (0, _) => "Never",
            (_, 0) => "Always",
            _ => "Sometimes",
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { name, condition, states, holding, failing } = self;
        let quantifier = condition.quantifier;
        writeln!(f, "Test {name} {}", quantifier.kind())?;
        writeln!(f, "States {}", states.len())?;
        for (state, executions) in states {
            let decides = condition.holds_in(state) != (quantifier == Quantifier::Forall);
            writeln!(f, "{executions:<6}{}>{state}", if decides { '*' } else { ':' })?;
        }
        writeln!(f, "{}", if self.is_ok() { "Ok" } else { "No" })?;
        // For `~exists`, herd's witnesses are the executions that do not satisfy the proposition.
        let (positive, negative) = match quantifier {
            Quantifier::NotExists => (failing, holding),
            Quantifier::Exists | Quantifier::Forall => (holding, failing),
        };
        writeln!(f, "Witnesses\nPositive: {positive} Negative: {negative}")?;
        writeln!(f, "Condition {condition}")?;
        writeln!(f, "Observation {name} {} {holding} {failing}", self.observation())
    }
}
