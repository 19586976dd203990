//! Repeats an execution from its schedule, with the engine that made its choices.

use std::sync::Arc;

#[cfg(any(feature = "heddle", feature = "shuttle"))]
use super::machine;
use super::schedule::ReplayError;
use super::{Choices, Control, GuestCounterexample, MemoryModel, Schedule, explorer};
use crate::reference::{Patience, Subject, View};

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

/// The states of the reference in the execution of a counterexample: before the step at this position, and after it
/// and each later step that was made. Empty if the reference did not make the execution. Under a weak memory model,
/// every location has the last word of its coherence order so far.
pub fn views(shown: &GuestCounterexample, from: usize) -> Vec<View> {
    // The search's own patience may be over.
    let subject = &Arc::new(shown.subject.for_search(&Patience::default(), usize::MAX));
    let Some(Schedule { choices: Choices::Reference(choices), model, .. }) = &shown.schedule else {
        return Vec::new();
    };
    match model {
        MemoryModel::Sc => explorer::views_sequential(subject, choices, from),
        _ => explorer::graph::views(subject, *model, choices, from),
    }
}
