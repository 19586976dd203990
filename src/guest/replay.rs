//! Repeats an execution from its schedule, with the engine that made its choices.

use std::sync::Arc;

#[cfg(any(feature = "heddle", feature = "shuttle"))]
use super::machine;
use super::schedule::ReplayError;
use super::{Choices, Control, GuestCounterexample, MemoryModel, Schedule, explorer};
use crate::reference::Subject;

/// Follows a schedule.
///
/// # Errors
/// [`ReplayError`], if it belongs to another program, cannot be gone along, or shows nothing.
pub fn replay(
    subject: &Arc<Subject>,
    schedule: &Schedule,
) -> Result<GuestCounterexample, ReplayError> {
    replay_within(subject, schedule, usize::MAX, &Control::default())
}

/// As [`replay`], but it can be stopped, and has this many bytes for strings.
///
/// # Errors
/// As [`replay`], and [`ReplayError::CutOff`].
pub fn replay_within(
    subject: &Arc<Subject>,
    schedule: &Schedule,
    memory_max: usize,
    control: &Control,
) -> Result<GuestCounterexample, ReplayError> {
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
        #[cfg(feature = "heddle")]
        (Choices::Heddle(choices), _) => {
            machine::replay_heddle(subject, choices, memory_max, control)
        }
        #[cfg(not(feature = "shuttle"))]
        (Choices::Shuttle(_), _) => {
            Err(ReplayError::Engine("this build has no shuttle, which made the schedule".into()))
        }
    }
}
