//! Where a trap goes that code of the embedder raises.
//!
//! While a VM runs on the thread, a trap raised by one of its host functions, by its output or by its
//! input waits in a thread-local place until the call returns. The VM then passes it to the guest's
//! handlers, or ends the run with it; a trap raised by the output's last flush ends the program. If no
//! VM runs on the thread, the hook is called, which by default ends the process.
//!
//! # Invariants
//! *own run*: every run of a VM has a place of its own, even if a host function runs another program, so
//! a trap reaches the VM in whose run it was raised, and no later one. *last first*: runs end in reverse
//! order of their beginnings, even by unwinding, so each restores the one before.

use std::cell::{Cell, RefCell};

use super::sync::{Arc, Mutex, global, local};
use crate::interp::{Trap, TrapKind};

/// The action for a trap that has no VM to go to.
pub type TrapHook = Arc<Box<dyn Fn(&Trap) + Send + Sync>>;

global! {
    static HOOK: Mutex<Option<TrapHook>> = Mutex::new(None);
}

local! {
    static IS_RUNNING: Cell<bool> = Cell::new(false);
    /// Whether a trap is waiting: a plain flag, so that a call that raises nothing costs almost nothing.
    static HAS_RAISED: Cell<bool> = Cell::new(false);
    static RAISED: RefCell<Option<Raised>> = RefCell::new(None);
}

/// A trap that code of the embedder raised.
pub(super) type Raised = (TrapKind, String);

/// Raises a trap in the VM that runs on the calling thread and has called the embedder's code: a host
/// function, or the output or the input. The trap takes effect when that code returns, and its return
/// value is then ignored. The first trap of a call is kept.
///
/// If no VM runs on the thread, this calls the hook, and returns if the hook does.
pub fn raise(kind: TrapKind, message: impl Into<String>) {
    let message = message.into();
    if !IS_RUNNING.get() {
        without_vm(&Trap::outside(kind, message, 0));
    } else if !HAS_RAISED.get() {
        set_raised(Some((kind, message)));
    }
}

/// Replaces the hook for traps without a VM; `None` restores the default. Returns the previous hook.
pub fn set_trap_hook(hook: Option<TrapHook>) -> Option<TrapHook> {
    std::mem::replace(&mut *HOOK.lock().unwrap(), hook)
}

/// Whether a trap was raised since the last one was taken.
#[inline]
pub(super) fn has_raised() -> bool {
    HAS_RAISED.get()
}

/// Takes the trap that was raised since the last one was taken.
pub(super) fn take_raised() -> Option<Raised> {
    if has_raised() { set_raised(None) } else { None }
}

#[cold]
fn set_raised(raised: Option<Raised>) -> Option<Raised> {
    HAS_RAISED.set(raised.is_some());
    RAISED.with(|place| place.replace(raised))
}

/// Runs code of the embedder for a program whose VMs have ended; also returns the trap that it raised.
pub(super) fn collect<R>(function: impl FnOnce() -> R) -> (R, Option<Raised>) {
    let _run = Run::begin();
    (function(), take_raised())
}

/// A VM's run on this thread, until dropped.
#[must_use = "traps reach the VM only as long as this lives"]
pub(super) struct Run {
    was_running: bool,
    raised_before: Option<Raised>,
}

impl Run {
    pub(super) fn begin() -> Self {
        Run { was_running: IS_RUNNING.replace(true), raised_before: take_raised() }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        IS_RUNNING.set(self.was_running);
        // A trap that a host function raised before it panicked ends with the run.
        take_raised();
        if let Some(raised) = self.raised_before.take() {
            set_raised(Some(raised));
        }
    }
}

fn without_vm(trap: &Trap) {
    // The lock is not held while the hook runs: a hook may trap, or set another hook.
    let hook = HOOK.lock().unwrap().clone();
    match hook {
        Some(hook) => hook(trap),
        None => {
            #[expect(clippy::print_stderr, reason = "the last words of a process without embedder")]
            {
                eprintln!("trap outside of any VM: {trap}");
            }
            std::process::abort()
        }
    }
}
