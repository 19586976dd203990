//! Where a trap goes that a host function raises.
//!
//! While a VM that is active on the thread runs a host function, the trap waits in a thread-local
//! slot until that function returns to the VM, which gives it to the guest's handlers or ends the
//! run with it. Otherwise there is nobody to tell: the hook is called, which by default ends the
//! process.
//!
//! # Invariants
//! *own slot*: every call of a host function has a slot of its own, also when it runs another
//! program; so a trap reaches the VM whose call it was raised in, and no later one.

use std::cell::Cell;

use super::active::{VmId, active};
use super::sync::{Arc, Mutex, global, local};
use crate::interp::{Trap, TrapKind};

/// What is done with a trap that has no VM to go to.
pub type TrapHook = Arc<Box<dyn Fn(&Trap) + Send + Sync>>;

global! {
    static HOOK: Mutex<Option<TrapHook>> = Mutex::new(None);
}

local! {
    static SLOT: Cell<Slot> = Cell::new(Slot::Closed);
}

/// Where the trap of the host function that runs on this thread waits.
#[derive(Debug)]
enum Slot {
    /// No host function runs.
    Closed,
    /// A VM runs one, and may have got a trap from it.
    Open { vm: VmId, raised: Option<Raised> },
}

/// A trap that a host function raised.
pub(super) type Raised = (TrapKind, String);

/// Raises a trap in the VM that is active on the calling thread and runs this host function. It
/// takes effect when the function returns; what that returns is ignored then. The first trap of a
/// call counts.
///
/// Where no VM waits for a host function, calls the hook, and returns if that does.
pub fn raise(kind: TrapKind, message: impl Into<String>) {
    let message = message.into();
    match SLOT.replace(Slot::Closed) {
        Slot::Open { vm, raised } if active() == Some(vm) => {
            SLOT.set(Slot::Open { vm, raised: raised.or(Some((kind, message))) });
        }
        slot => {
            SLOT.set(slot);
            without_vm(&Trap::outside(kind, message, 0));
        }
    }
}

/// Replaces the hook for traps without a VM; `None` is the default one. Returns the one before.
pub fn set_trap_hook(hook: Option<TrapHook>) -> Option<TrapHook> {
    std::mem::replace(&mut *HOOK.lock().unwrap(), hook)
}

/// Runs a host function for `vm`; also gives the trap that it raised.
pub(super) fn collect<R>(vm: VmId, function: impl FnOnce() -> R) -> (R, Option<Raised>) {
    let outer = SLOT.replace(Slot::Open { vm, raised: None });
    let result = function();
    match SLOT.replace(outer) {
        Slot::Open { raised, .. } => (result, raised),
        Slot::Closed => (result, None),
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
