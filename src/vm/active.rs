//! The VM and the runtime context that are active on each thread.
//!
//! A host function finds the VM that called it here, without receiving it as an argument; this is how a
//! trap reaches the right VM. The slots hold numbers, not pointers, so nothing can dangle.
//!
//! # Invariants
//! *saved*: a guard restores exactly the two values that it found, the VM and the context, also
//! when it is dropped by unwinding. *own thread*: the slots are thread-local, and a guard cannot
//! leave its thread.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU64;

use super::sync::{AtomicU64, Ordering, global, local};
use crate::interp::ThreadId;

global! {
    static NEXT_CONTEXT: AtomicU64 = AtomicU64::new(1);
}

local! {
    static ACTIVE: Cell<Option<VmId>> = Cell::new(None);
    static CONTEXT: Cell<Option<ContextId>> = Cell::new(None);
}

/// The number of a [`Vm`](super::Vm), unique within the process: that of its program, and that of its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VmId(ContextId, ThreadId);

/// The number of a running program's runtime context, which all its VMs share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContextId(NonZeroU64);

impl VmId {
    pub(super) fn of(program: ContextId, thread: ThreadId) -> Self {
        VmId(program, thread)
    }
}

impl ContextId {
    pub(super) fn fresh() -> Self {
        // ORDER: Relaxed. Only that no two calls get the same number matters; it publishes nothing.
        let id = NEXT_CONTEXT.fetch_add(1, Ordering::Relaxed);
        ContextId(NonZeroU64::new(id).expect("numbers begin at 1"))
    }
}

impl fmt::Display for VmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VM {}.{}", self.0.0, self.1.0)
    }
}

/// The caller asked for a guard while a different VM is active on this thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{wanted} cannot become active: {active} is active on this thread")]
pub struct AnotherVmActive {
    /// The VM that is active, and stays so.
    pub active: VmId,
    /// The VM that should have become active.
    pub wanted: VmId,
}

/// Makes a VM the calling thread's active one, and binds its context, until dropped.
///
/// Guards nest, and must be dropped in reverse order, as scopes do.
///
/// # Examples
/// ```
/// # let text = "il 0.3.0\nfunc @main() -> i64 {\nentry:\n  ret 0\n}\n";
/// # let module = drawloom::il::verify(drawloom::il::parse(text).unwrap()).unwrap();
/// # let code = drawloom::interp::compile(&module, text).unwrap();
/// use drawloom::native::{ActiveVmGuard, Loading, active};
///
/// let program = Loading::new(code).initialise();
/// let vm = program.main_vm();
/// {
///     let _guard = ActiveVmGuard::enter(&vm);
///     assert_eq!(active(), Some(vm.id()));
/// }
/// assert_eq!(active(), None);
/// ```
#[must_use = "the VM is active only as long as the guard lives"]
#[derive(Debug)]
pub struct ActiveVmGuard {
    vm: Option<VmId>,
    _context: ContextGuard,
}

impl ActiveVmGuard {
    #[inline]
    pub(super) fn enter_ids(wanted: VmId, context: ContextId) -> Self {
        if cfg!(debug_assertions)
            && let Some(active) = active()
            && active != wanted
        {
            panic!("{}", AnotherVmActive { active, wanted });
        }
        Self::activate(wanted, context)
    }

    #[inline]
    pub(super) fn activate(wanted: VmId, context: ContextId) -> Self {
        ActiveVmGuard { vm: ACTIVE.replace(Some(wanted)), _context: ContextGuard::bind(context) }
    }

    /// From now on another VM of the same program is the active one.
    #[expect(clippy::unused_self, reason = "who has the guard may say what is active")]
    #[inline]
    pub(super) fn pass_to(&mut self, vm: VmId) {
        ACTIVE.set(Some(vm));
    }
}

impl Drop for ActiveVmGuard {
    #[inline]
    fn drop(&mut self) {
        ACTIVE.set(self.vm);
    }
}

/// Binds a runtime context to the calling thread until dropped. A host thread that works for a program
/// without running one of its VMs inherits the program's context this way.
#[must_use = "the context is bound only as long as the guard lives"]
#[derive(Debug)]
pub struct ContextGuard {
    saved: Option<ContextId>,
    own_thread: PhantomData<*const ()>,
}

impl ContextGuard {
    /// Binds a context.
    #[inline]
    pub fn bind(context: ContextId) -> Self {
        ContextGuard { saved: CONTEXT.replace(Some(context)), own_thread: PhantomData }
    }
}

impl Drop for ContextGuard {
    #[inline]
    fn drop(&mut self) {
        CONTEXT.set(self.saved);
    }
}

/// The VM that is active on the calling thread.
pub fn active() -> Option<VmId> {
    ACTIVE.get()
}

/// The runtime context that is bound to the calling thread.
pub fn context() -> Option<ContextId> {
    CONTEXT.get()
}
