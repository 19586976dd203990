//! The BASIC front end's option flags: process-wide, relaxed, in one word.
//!
//! # Invariants
//! *one snapshot*: a compilation reads the word once, at its start, so no file is compiled with mixed
//! settings. The flags are bits of one word, so no snapshot is torn. *drained*: while [`reconfigure`]
//! changes the word, no compilation is running.

use super::sync::{AtomicU32, Condvar, Mutex, Ordering, PoisonError, global};

/// An option of the BASIC front end. All are on by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Flag {
    /// Names of the runtime are resolved through its namespaces.
    RuntimeNamespaces = 1 << 0,
    /// BASIC types are bridged to the runtime's.
    RuntimeTypeBridging = 1 << 1,
    /// `SELECT CASE` accepts labels that are constants.
    SelectCaseConstLabels = 1 << 2,
}

/// All flags at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(u32);

impl Flags {
    /// All flags are on.
    pub const DEFAULT: Flags = Flags(0b111);
    /// All flags are off.
    pub const NONE: Flags = Flags(0);

    /// Whether a flag is on.
    pub fn is_enabled(self, flag: Flag) -> bool {
        self.0 & flag as u32 != 0
    }

    /// The same flags with one of them changed.
    #[must_use]
    pub fn with(self, flag: Flag, on: bool) -> Self {
        Flags(if on { self.0 | flag as u32 } else { self.0 & !(flag as u32) })
    }
}

global! {
    static WORD: AtomicU32 = AtomicU32::new(Flags::DEFAULT.0);
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
    Flags(WORD.load(Ordering::Relaxed))
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
        changed = change(Flags(word));
        Some(changed.0)
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
