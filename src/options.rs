//! The BASIC front end's options in a process: one word, read and written relaxed, in every world.
//!
//! A compilation takes a snapshot, [`Flags`], and gives it to the front end
//! (`lang::compile_under(language, text, compilation.flags())`), which asks nothing else.
//!
//! # Invariants
//! *one snapshot*: a compilation reads the word once, at its start, so no file is compiled with mixed
//! settings. The flags are bits of one word, so no snapshot is torn. *drained*: while [`reconfigure`]
//! changes the word, no compilation is running.

use crate::flags::{Flag, Flags};

use super::sync::{AtomicU32, Condvar, Mutex, Ordering, PoisonError, global};

global! {
    static WORD: AtomicU32 = AtomicU32::new(Flags::DEFAULT.word());
    static GATE: Mutex<Gate> = Mutex::new(Gate { running: 0, is_draining: false });
    static CHANGED: Condvar = Condvar::new();
}

struct Gate {
    running: u32,
    is_draining: bool,
}

/// The flags as they are now.
#[inline]
pub fn flags() -> Flags {
    // ORDER: Relaxed. The word is the whole message: nothing else is published with it.
    Flags::of_word(WORD.load(Ordering::Relaxed))
}

/// Turns one flag on or off. Compilations that have started keep their snapshot.
pub fn set_flag(flag: Flag, on: bool) {
    if on {
        // ORDER: Relaxed. As in `flags`; one bit changes in one step.
        WORD.fetch_or(flag as u32, Ordering::Relaxed);
    } else {
        // ORDER: Relaxed. As in `flags`; one bit changes in one step.
        WORD.fetch_and(!(flag as u32), Ordering::Relaxed);
    }
}

/// A compilation in progress, with the flags that all of it sees.
#[must_use = "the compilation is in progress as long as this lives"]
#[derive(Debug)]
pub struct Compilation {
    flags: Flags,
}

impl Compilation {
    /// Begins a compilation; waits during a reconfiguration.
    pub fn begin() -> Self {
        let gate = GATE.lock().unwrap();
        let mut gate = CHANGED.wait_while(gate, |gate| gate.is_draining).unwrap();
        gate.running += 1;
        drop(gate);
        Compilation { flags: flags() }
    }

    /// The flags at the compilation's start.
    pub fn flags(&self) -> Flags {
        self.flags
    }
}

impl Drop for Compilation {
    fn drop(&mut self) {
        // A second panic during the unwinding of the first would end the process.
        let mut gate = GATE.lock().unwrap_or_else(PoisonError::into_inner);
        gate.running -= 1;
        if gate.running == 0 && gate.is_draining {
            CHANGED.notify_all();
        }
    }
}

/// Changes the flags while no compilation is running: it lets running compilations finish, holds new
/// ones back, and then sets the word to the result of `change`. Returns the new flags. A concurrent
/// [`set_flag`] is not lost: `change` may be called again, with the word that it produced.
///
/// `change` must neither compile nor reconfigure, and a thread that is itself compiling must not call
/// this function: it would wait for itself.
pub fn reconfigure(mut change: impl FnMut(Flags) -> Flags) -> Flags {
    let gate = GATE.lock().unwrap();
    let mut gate = CHANGED.wait_while(gate, |gate| gate.is_draining).unwrap();
    gate.is_draining = true;
    let gate = CHANGED.wait_while(gate, |gate| gate.running > 0).unwrap();
    drop(gate);
    let _drained = Drained;
    let mut changed = Flags::NONE;
    // ORDER: Relaxed. Compilations that begin later take the gate's lock after this.
    let _ = WORD.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |word| {
        changed = change(Flags::of_word(word));
        Some(changed.word())
    });
    changed
}

/// Lets compilations begin again, even if `change` panicked.
struct Drained;

impl Drop for Drained {
    fn drop(&mut self) {
        GATE.lock().unwrap_or_else(PoisonError::into_inner).is_draining = false;
        CHANGED.notify_all();
    }
}
