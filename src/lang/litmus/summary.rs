//! The report on a test, in herd's words and layout.

use std::collections::BTreeMap;
use std::fmt;

use super::Litmus;
use super::condition::{Condition, Quantifier};
use super::state::{State, StateError};

/// What all the executions of a test came to.
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
/// herd's lines of states have no counts. These are those of litmus7's histogram: the number of
/// executions, `*` at the states that decide about the condition (where the proposition holds,
/// for `forall` where it does not) or `:` at others, `>`, the state. herd's `Time` and `Hash` are
/// left to who measures, and so is `Undef`, its word for a test with a data race: a race is a
/// violation, and whoever finds one has more to say about it.
#[derive(Clone, Debug)]
pub struct Summary {
    name: String,
    condition: Condition,
    states: BTreeMap<State, u64>,
    holding: u64,
    failing: u64,
}

impl Summary {
    /// Sums up the lines that the executions of a test printed, each with the number of
    /// executions that printed it.
    ///
    /// # Errors
    /// A line that is not a state, or not one of this test.
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

    /// How many executions ended in a state in which the proposition holds.
    pub fn holding(&self) -> u64 {
        self.holding
    }

    /// How many executions ended in a state in which the proposition does not hold.
    pub fn failing(&self) -> u64 {
        self.failing
    }

    /// Whether what the condition claims is so: herd's `Ok`.
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
        // For `~exists`, herd's witnesses are the executions in which the proposition fails.
        let (positive, negative) = match quantifier {
            Quantifier::NotExists => (failing, holding),
            Quantifier::Exists | Quantifier::Forall => (holding, failing),
        };
        writeln!(f, "Witnesses\nPositive: {positive} Negative: {negative}")?;
        writeln!(f, "Condition {condition}")?;
        writeln!(f, "Observation {name} {} {holding} {failing}", self.observation())
    }
}
