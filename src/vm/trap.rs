//! Where a trap goes that a host function raises.
//!
//! While a VM that is active on the thread runs a host function, the trap waits in a thread-local
//! place until that function returns to the VM, which gives it to the guest's handlers or ends the
//! run with it. Otherwise there is nobody to tell: the hook is called, which by default ends the
//! process.
//!
//! # Invariants
//! *own call*: every call of a host function is a route of its own, also when it runs another
//! program; so a trap reaches the VM whose call it was raised in, and no later one. *last first*:
//! calls end in the opposite order of their beginnings, also by unwinding, so what waits is a stack.

use std::cell::{Cell, RefCell};

use super::active::{VmId, active};
use super::sync::{Arc, Mutex, global, local};
use crate::interp::{Trap, TrapKind};

/// What is done with a trap that has no VM to go to.
pub type TrapHook = Arc<Box<dyn Fn(&Trap) + Send + Sync>>;

global! {
    static HOOK: Mutex<Option<TrapHook>> = Mutex::new(None);
}

local! {
    static ROUTE: Cell<Option<Route>> = Cell::new(None);
    static RAISED: RefCell<Vec<Raised>> = RefCell::new(Vec::new());
}

/// The call of a host function that runs on this thread. Plain data, so that a call which raises
/// nothing costs next to nothing.
#[derive(Clone, Copy, Debug)]
struct Route {
    vm: VmId,
    /// Whether a trap of this call is on top of those that wait.
    has_raised: bool,
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
    match ROUTE.get() {
        Some(route) if active() == Some(route.vm) => {
            if !route.has_raised {
                ROUTE.set(Some(Route { has_raised: true, ..route }));
                RAISED.with(|raised| raised.borrow_mut().push((kind, message)));
            }
        }
        _ => without_vm(&Trap::outside(kind, message, 0)),
    }
}

/// Replaces the hook for traps without a VM; `None` is the default one. Returns the one before.
pub fn set_trap_hook(hook: Option<TrapHook>) -> Option<TrapHook> {
    std::mem::replace(&mut *HOOK.lock().unwrap(), hook)
}

/// Runs a host function for `vm`; also gives the trap that it raised.
#[inline]
pub(super) fn collect<R>(vm: VmId, function: impl FnOnce() -> R) -> (R, Option<Raised>) {
    let mut raised = None;
    let outer = ROUTE.replace(Some(Route { vm, has_raised: false }));
    let call = Call { outer, raised: &mut raised };
    let result = function();
    drop(call);
    (result, raised)
}

/// Ends a call when dropped, and takes the trap that it has raised.
struct Call<'r> {
    outer: Option<Route>,
    raised: &'r mut Option<Raised>,
}

impl Drop for Call<'_> {
    #[inline]
    fn drop(&mut self) {
        if ROUTE.get().is_some_and(|route| route.has_raised) {
            *self.raised = RAISED.with(|raised| raised.borrow_mut().pop());
        }
        ROUTE.set(self.outer);
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
