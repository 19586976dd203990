//! Ctrl-C: the first one stops what is under way, which comes back with what it has; the second one ends
//! the process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::complain;
use super::error::Exit;

/// Stops what is under way.
type Stop = Box<dyn Fn() + Send>;

/// Passes Ctrl-C on to what is under way.
#[derive(Default)]
pub(super) struct Interrupt {
    was_pressed: AtomicBool,
    current: Mutex<Option<Stop>>,
}

impl Interrupt {
    /// Takes Ctrl-C over from the system. Once in a process.
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

    /// What Ctrl-C does; whether it is not the first one.
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

    /// Whether what has not begun is not to begin.
    pub(super) fn was_pressed(&self) -> bool {
        // ORDER: Relaxed, no edge: a fact that nothing else depends on.
        self.was_pressed.load(Ordering::Relaxed)
    }

    fn current(&self) -> MutexGuard<'_, Option<Stop>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on Ctrl-C does this.
    pub(super) fn stops(&self, stop: impl Fn() + Send + 'static) {
        // Under the lock: Ctrl-C comes before, and is seen here, or after, and finds what to do.
        let mut current = self.current();
        if self.was_pressed() {
            stop();
        }
        *current = Some(Box::new(stop));
    }

    /// Nothing is under way.
    pub(super) fn is_over(&self) {
        *self.current() = None;
    }
}
