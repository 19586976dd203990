//! The end of a thread, for worlds whose tool lets only one thread wait for it.
//!
//! Of several threads that wait, the first one joins the tool's thread, and tells the others.

use std::mem::replace;
use std::sync::{Mutex, MutexGuard};

use super::raw;
use crate::session::{self, locked};

/// The end of one thread.
pub(in super::super) struct ThreadEnd {
    state: Mutex<State>,
    /// What those who are not the first wait for.
    told: (raw::Mutex<()>, raw::Condvar),
}

enum State {
    Running(raw::JoinHandle<Option<()>>),
    /// A thread waits for it, and others may wait for that one.
    Awaited {
        by_others: bool,
    },
    Ended,
}

impl ThreadEnd {
    pub(in super::super) fn of(thread: raw::JoinHandle<Option<()>>) -> Self {
        let told = (raw::Mutex::new(()), raw::Condvar::new());
        ThreadEnd { state: Mutex::new(State::Running(thread)), told }
    }

    /// Never held where the tool may switch threads.
    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    /// The tool's thread, for the first who waits.
    fn take(&self) -> Option<raw::JoinHandle<Option<()>>> {
        let mut state = self.state();
        match replace(&mut *state, State::Awaited { by_others: true }) {
            State::Running(thread) => {
                *state = State::Awaited { by_others: false };
                Some(thread)
            }
            State::Awaited { .. } => None,
            State::Ended => {
                *state = State::Ended;
                None
            }
        }
    }

    /// Waits until the thread has ended. How it has ended is known without that.
    pub(in super::super) fn wait(&self) {
        if let Some(thread) = self.take() {
            let _ = thread.join();
            let before = replace(&mut *self.state(), State::Ended);
            if matches!(before, State::Awaited { by_others: true }) {
                let guard = raw::lock(&self.told.0);
                self.told.1.notify_all();
                drop(guard);
            }
        } else {
            let mut guard = raw::lock(&self.told.0);
            while !matches!(*self.state(), State::Ended) && !session::is_over() {
                guard = raw::wait(&self.told.1, &self.told.0, guard);
            }
        }
    }

    /// Whether the thread's closure is known to have returned.
    pub(in super::super) fn is_finished(&self) -> bool {
        match &*self.state() {
            State::Running(thread) => raw::is_finished(thread),
            State::Awaited { .. } => false,
            State::Ended => true,
        }
    }
}
