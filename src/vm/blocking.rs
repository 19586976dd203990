//! Calls that may block a worker.

use std::cell::RefCell;

use super::state::ProgramState;
use super::sync::{Arc, local};

local! {
    /// The worker that the thread is, if others may stand in for it.
    static WORKER: RefCell<Option<Worker>> = RefCell::new(None);
}

/// A worker of a program, and what a thread does that stands in for it.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    pub(super) program: Arc<ProgramState>,
    pub(super) stand_in: fn(Arc<ProgramState>),
}

/// Calls code that may block the thread of the host for long. If guests are virtual threads, another worker takes the
/// place of this one meanwhile, so that no guest waits for the call; anywhere else it is just called.
///
/// Reading the program's input is such a call already. At most 512 workers are replaced at once.
pub fn blocking<R>(call: impl FnOnce() -> R) -> R {
    let Some(worker) = become_worker(None) else { return call() };
    worker.program.threads.step_aside(|| worker.stand_in());
    let _away = Away(worker);
    call()
}

/// Makes the thread this worker; returns which it was.
pub(super) fn become_worker(worker: Option<Worker>) -> Option<Worker> {
    WORKER.with(|it| it.replace(worker))
}

impl Worker {
    fn stand_in(&self) -> impl FnOnce() + Send + 'static {
        let Worker { program, stand_in } = self.clone();
        move || stand_in(program)
    }
}

/// A worker that is away, and is one again when this is dropped.
struct Away(Worker);

impl Drop for Away {
    fn drop(&mut self) {
        self.0.program.threads.step_back();
        become_worker(Some(self.0.clone()));
    }
}
