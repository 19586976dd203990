//! An execution once more, from its schedule, by the engine whose choices the schedule has.

use std::sync::Arc;

#[cfg(feature = "shuttle")]
use super::machine;
use super::{Bound, Choices, Control, Counterexample, MemoryModel, Schedule, explorer};
use crate::reference::Subject;

/// Why a schedule cannot be gone along.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// It belongs to something else.
    #[error("a schedule of another program, or of this one with other text, arguments or input")]
    OtherProgram {
        /// What the schedule says.
        made_for: u128,
        /// What the program, its arguments and its input come to.
        program: u128,
    },
    /// A step cannot be made.
    #[error("step {step} of the schedule: thread {thread} cannot go on there")]
    NotEnabled {
        /// From 1.
        step: usize,
        /// Who should.
        thread: u32,
    },
    /// A read cannot see what it should.
    #[error("step {step} of the schedule: thread {thread} cannot {operation} from there")]
    Impossible {
        /// From 1.
        step: usize,
        /// Who should.
        thread: u32,
        /// What it is about to do.
        operation: &'static str,
    },
    /// The engine that made it is not part of this build, or says something of its own.
    #[error("{0}")]
    Engine(String),
    /// It was gone along until somebody stopped that, or a thread exceeded a limit of the explorer.
    #[error("not gone along to its end: {0}")]
    CutOff(Bound),
    /// It was gone along, and nothing went wrong.
    #[error("the schedule shows no violation")]
    NoViolation,
}

/// Goes along a schedule once more.
///
/// # Errors
/// [`ReplayError`], if it belongs to another program, cannot be gone along, or shows nothing.
pub fn replay(subject: &Arc<Subject>, schedule: &Schedule) -> Result<Counterexample, ReplayError> {
    replay_within(subject, schedule, usize::MAX, &Control::default())
}

/// As [`replay`], for as long as nobody stops it, and with so many bytes for strings.
///
/// # Errors
/// As there, and [`ReplayError::CutOff`].
pub fn replay_within(
    subject: &Arc<Subject>,
    schedule: &Schedule,
    memory_max: usize,
    control: &Control,
) -> Result<Counterexample, ReplayError> {
    if schedule.program != subject.fingerprint {
        let (made_for, program) = (schedule.program, subject.fingerprint);
        return Err(ReplayError::OtherProgram { made_for, program });
    }
    let subject = &control.subject(subject, memory_max);
    match (&schedule.choices, schedule.model) {
        (Choices::Reference(choices), MemoryModel::Sc) => {
            explorer::replay_sequential(subject, choices, control)
        }
        (Choices::Reference(choices), model) => {
            explorer::graph::replay(subject, model, choices, control)
        }
        #[cfg(feature = "shuttle")]
        (Choices::Shuttle(choices), _) => {
            machine::replay_shuttle(subject, choices, memory_max, control)
        }
        #[cfg(not(feature = "shuttle"))]
        (Choices::Shuttle(_), _) => {
            Err(ReplayError::Engine("this build has no shuttle, which made the schedule".into()))
        }
    }
}
