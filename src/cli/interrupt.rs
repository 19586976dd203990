//! What ends searches before their time: Ctrl-C, or `--fail-fast`. Those that are running return what they have found so
//! far, and no other begins. The second Ctrl-C ends the process.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::complain;
use super::error::Exit;

/// Stops a search.
type Stop = Box<dyn Fn() + Send>;

/// Passes Ctrl-C on to the searches that are running.
#[derive(Default)]
pub(super) struct Interrupt {
    was_pressed: AtomicBool,
    is_over: AtomicBool,
    running: Mutex<Running>,
}

/// The searches that are running, by numbers that are given out once.
#[derive(Default)]
struct Running {
    next: u64,
    stops: BTreeMap<u64, Stop>,
}

/// Says until it is dropped that a search is running.
#[must_use]
pub(super) struct Stoppable<'i> {
    interrupt: &'i Interrupt,
    number: u64,
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
        self.end();
        false
    }

    /// Stops what is running, and keeps everything else from beginning.
    pub(super) fn end(&self) {
        let running = self.running();
        // ORDER: Relaxed, no edge: who must not miss it looks under the lock.
        self.is_over.store(true, Ordering::Relaxed);
        for stop in running.stops.values() {
            stop();
        }
    }

    /// Whether Ctrl-C was pressed.
    pub(super) fn was_pressed(&self) -> bool {
        // ORDER: Relaxed, no edge: a fact that nothing else depends on.
        self.was_pressed.load(Ordering::Relaxed)
    }

    /// Whether work that has not begun yet must not begin.
    pub(super) fn is_over(&self) -> bool {
        // ORDER: Relaxed, no edge: who must not miss it looks under the lock.
        self.is_over.load(Ordering::Relaxed)
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes Ctrl-C do this, until the guard is dropped.
    pub(super) fn stops(&self, stop: impl Fn() + Send + 'static) -> Stoppable<'_> {
        // Under the lock, the end comes either before this, and is seen here, or after it, and finds what to stop.
        let mut running = self.running();
        if self.is_over() {
            stop();
        }
        let number = running.next;
        running.next += 1;
        running.stops.insert(number, Box::new(stop));
        Stoppable { interrupt: self, number }
    }
}

impl Drop for Stoppable<'_> {
    fn drop(&mut self) {
        self.interrupt.running().stops.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;

    #[test]
    fn everything_that_runs_is_stopped_once_and_what_begins_later_at_once() {
        let (interrupt, stopped) = (Interrupt::default(), Arc::new(AtomicU64::new(0)));
        let add = |number: u64| {
            let stopped = Arc::clone(&stopped);
            move || _ = stopped.fetch_add(number, Ordering::Relaxed)
        };
        let (_one, two, _three) =
            (interrupt.stops(add(1)), interrupt.stops(add(10)), interrupt.stops(add(100)));
        drop(two);
        assert!(!interrupt.press() && interrupt.is_over());
        assert_eq!(stopped.load(Ordering::Relaxed), 101);
        let _later = interrupt.stops(add(1000));
        assert_eq!(stopped.load(Ordering::Relaxed), 1101);
        assert!(interrupt.press(), "the second one");
    }
}
