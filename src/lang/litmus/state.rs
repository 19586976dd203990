//! Final states: the values that a litmus test observes when its threads have ended.

use std::collections::BTreeMap;
use std::fmt;

/// A register or location that a test observes. The order is that of herd's states: registers by thread
/// and then by name, as texts, then locations by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Observed {
    /// A variable of one thread: `0:r0`.
    Register {
        /// The number in `P0`.
        thread: u32,
        /// The name, as the thread declares it.
        name: String,
    },
    /// A location that the threads share: `[x]`.
    Location(String),
}

impl Observed {
    /// Reads what [`Display`](fmt::Display) writes.
    fn parse(text: &str) -> Option<Observed> {
        if let Some(name) = text.strip_prefix('[') {
            return Some(Observed::Location(name.strip_suffix(']')?.to_owned()));
        }
        let (thread, name) = text.split_once(':')?;
        Some(Observed::Register { thread: thread.parse().ok()?, name: name.to_owned() })
    }
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Observed::Register { thread, name } => write!(f, "{thread}:{name}"),
            Observed::Location(name) => write!(f, "[{name}]"),
        }
    }
}

/// The final values of one execution. States are ordered by their values from left to right, as in
/// herd's list.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    values: BTreeMap<Observed, i64>,
}

/// Why a line is not a state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Between two semicolons there is no `NAME=INTEGER`, as in `0:r0; x`.
    #[error("'{piece}' is not a value of a state")]
    NotAValue {
        /// The text between the semicolons.
        piece: String,
    },
    /// A value is given twice, as in `0:r0=1; 0:r0=2;`.
    #[error("'{observed}' has two values in one state")]
    Twice {
        /// The register or location.
        observed: Observed,
    },
    /// The line is a state of another test: it has more or fewer values than this test observes.
    #[error("'{line}' is not a state of test {test}")]
    Foreign {
        /// The line.
        line: String,
        /// The test's name.
        test: String,
    },
}

impl State {
    /// Reads the line that a test prints.
    ///
    /// # Errors
    /// [`StateError::NotAValue`] and [`StateError::Twice`].
    ///
    /// # Examples
    /// ```
    /// use drawloom::lang::litmus::State;
    ///
    /// let state = State::parse("0:r0=1; [x]=-2;\n").unwrap();
    /// assert_eq!(state.to_string(), "0:r0=1; [x]=-2;");
    /// assert!(State::parse("0:r0").is_err());
    /// ```
    pub fn parse(line: &str) -> Result<State, StateError> {
        let mut values = BTreeMap::new();
        for piece in line.split(';').map(str::trim).filter(|piece| !piece.is_empty()) {
            let pair = piece.split_once('=').and_then(|(observed, value)| {
                Some((Observed::parse(observed)?, value.parse::<i64>().ok()?))
            });
            let Some((observed, value)) = pair else {
                return Err(StateError::NotAValue { piece: piece.to_owned() });
            };
            if values.insert(observed.clone(), value).is_some() {
                return Err(StateError::Twice { observed });
            }
        }
        Ok(State { values })
    }

    /// The value, if the state has one.
    pub fn get(&self, observed: &Observed) -> Option<i64> {
        self.values.get(observed).copied()
    }

    /// The registers and locations with values here, in order.
    pub fn observed(&self) -> impl Iterator<Item = &Observed> {
        self.values.keys()
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (observed, value)) in self.values.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{observed}={value};")?;
        }
        Ok(())
    }
}
