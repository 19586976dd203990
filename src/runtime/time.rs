//! Time, which only sleeps and timed-out waits let pass. A thread knows of those that happen before what it does next:
//! its own, and those of others that it knows by happens-before. So the time is a property of the execution graph.

use std::panic::Location;
use std::time::Duration;

use super::operation::{Act, Operation};
use super::{State, perform, with_state};

/// How time has passed in each thread.
#[derive(Debug, Default)]
pub(super) struct Time(Vec<Times>);

#[derive(Clone, Debug, Default)]
struct Times {
    /// How much time had passed altogether, with the number of the thread's events before.
    passed: Vec<(u32, Duration)>,
    /// What the thread has been told last.
    told: Duration,
}

impl Time {
    fn pass(&mut self, thread: u32, position: u32, time: Duration) {
        let passed = &mut self.of(thread).passed;
        let before = passed.last().map_or(Duration::ZERO, |it| it.1);
        passed.push((position, before.saturating_add(time)));
    }

    fn of(&mut self, thread: u32) -> &mut Times {
        let index = thread as usize;
        if self.0.len() <= index {
            self.0.resize_with(index + 1, Times::default);
        }
        &mut self.0[index]
    }

    /// How much time has passed in a thread before its event at this position.
    fn passed(&self, thread: usize, position: u32) -> Duration {
        let before = self.0[thread].passed.iter().rev().find(|it| it.0 < position);
        before.map_or(Duration::ZERO, |it| it.1)
    }
}

/// Lets time pass in the running thread.
pub(crate) fn pass(time: Duration) {
    with_state(|state| {
        let here = state.execution.here();
        state.time.pass(here.thread, here.position, time);
    });
}

/// The time that has passed as far as the running thread knows; none outside of any execution. That it is another one
/// than before is an event: a loop that reads the time is not at rest.
#[track_caller]
pub(crate) fn elapsed() -> Duration {
    let site = Location::caller();
    let (now, is_new) = with_state(now).unwrap_or_default();
    if is_new {
        perform(&Operation { act: Act::Tell, object: None, order: None, site });
    }
    now
}

/// The time that the running thread knows, and whether it has been told another one before.
fn now(state: &mut State) -> (Duration, bool) {
    let (time, running) = (&state.time, state.execution.running);
    let knows = state.execution.knowledge();
    let passed = |thread: u32| {
        let position = if thread == running { u32::MAX } else { knows.count(thread) };
        time.passed(thread as usize, position)
    };
    let now = (0..time.0.len() as u32).map(passed).fold(Duration::ZERO, Duration::saturating_add);
    let told = std::mem::replace(&mut state.time.of(running).told, now);
    (now, now != told)
}
