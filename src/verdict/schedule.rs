//! shuttle's schedules as text.

use std::{fmt, str::FromStr};

/// A schedule as text, versioned: `shuttle 1`, the seed, and the thread at each scheduling point.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct ShuttleSchedule {
    /// What chance in the body derives from.
    pub(crate) seed: u64,
    pub(crate) steps: Vec<Step>,
}

/// One decision of a schedule.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Step {
    /// This task of the tool runs next.
    Task(usize),
    /// A random number was drawn.
    Random,
}

const SCHEDULE_HEADER: &str = "shuttle 1";

impl fmt::Display for ShuttleSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEDULE_HEADER} {:x}", self.seed)?;
        for step in &self.steps {
            match step {
                Step::Task(task) => write!(f, " {task}")?,
                Step::Random => write!(f, " r")?,
            }
        }
        Ok(())
    }
}

/// Why a text is not a schedule.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ShuttleScheduleError {
    /// It does not begin with the version that we write.
    #[error("a schedule begins with '{SCHEDULE_HEADER}' and a seed")]
    Header,
    /// A step is neither a task's number nor `r`.
    #[error("'{0}' is not a step of a schedule")]
    Step(String),
}

impl FromStr for ShuttleSchedule {
    type Err = ShuttleScheduleError;

    fn from_str(text: &str) -> Result<Self, ShuttleScheduleError> {
        let rest = text.trim().strip_prefix(SCHEDULE_HEADER).ok_or(ShuttleScheduleError::Header)?;
        let mut words = rest.split_ascii_whitespace();
        let seed = words.next().ok_or(ShuttleScheduleError::Header)?;
        let seed = u64::from_str_radix(seed, 16).map_err(|_| ShuttleScheduleError::Header)?;
        let steps = words.map(|word| match word {
            "r" => Ok(Step::Random),
            task => task
                .parse()
                .map(Step::Task)
                .map_err(|_| ShuttleScheduleError::Step(task.to_owned())),
        });
        Ok(ShuttleSchedule { seed, steps: steps.collect::<Result<_, _>>()? })
    }
}
