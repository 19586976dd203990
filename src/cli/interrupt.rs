//! Ctrl-C. The first one stops the current search, which returns what it has found so far; the second
//! one ends the process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::complain;
use super::error::Exit;

/// Stops the current search.
type Stop = Box<dyn Fn() + Send>;

/// Passes Ctrl-C on to the current search.
#[derive(Default)]
pub(super) struct Interrupt {
    was_pressed: AtomicBool,
    current: Mutex<Option<Stop>>,
}

impl Interrupt {
    /// Installs the Ctrl-C handler. To be called once in a process.
    pub(super) fn install() -> Arc<Self> {
        let interrupt = Arc::new(Interrupt::default());
        let pressed = Arc::clone(&interrupt);
        let handler = move || {
            if pressed.press() {
                std::process::exit(i32::from(Exit::Interrupted.code()));
            }
        };
        if let Err(error) = ctrlc::set_handler(handler) {
            complain(&format!("Ctrl-C will end the process at once: {error}"));
        }
        interrupt
    }

    /// Reacts to Ctrl-C; returns whether this is not the first one.
    pub(super) fn press(&self) -> bool {
        // ORDER: Relaxed, no edge: a fact that nothing else depends on.
        if self.was_pressed.swap(true, Ordering::Relaxed) {
            return true;
        }
        if let Some(stop) = &*self.current() {
            stop();
        }
        false
    }

    /// Whether work that has not begun yet must not begin.
    pub(super) fn was_pressed(&self) -> bool {
        // ORDER: Relaxed, no edge: a fact that nothing else depends on.
        self.was_pressed.load(Ordering::Relaxed)
    }

    fn current(&self) -> MutexGuard<'_, Option<Stop>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes Ctrl-C do this from now on.
    pub(super) fn stops(&self, stop: impl Fn() + Send + 'static) {
        // Under the lock, Ctrl-C comes either before this, and is seen here, or after it, and finds what
        // to stop.
        let mut current = self.current();
        if self.was_pressed() {
            stop();
        }
        *current = Some(Box::new(stop));
    }

    /// Marks that no search is running.
    pub(super) fn is_over(&self) {
        *self.current() = None;
    }
}
