//! One guest thread's interpreter.

use std::marker::PhantomData;

use super::active::{ActiveVmGuard, AnotherVmActive, ContextId, VmId, active};
use super::host::ThreadHost;
use super::registry::Cache;
use super::state::ProgramState;
use super::sync::Arc;
use super::threads::Parking;
use super::trap::Run;
use crate::interp::{self, Ended, Guest, Host, Outcome, Start, Stop, ThreadId, Trap, TrapKind};

/// One guest thread's interpreter, active on its thread while it runs.
///
/// It can move to another host thread (`Send`), but two threads cannot use it at once (it is not
/// `Sync`), and running it needs `&mut`.
#[derive(Debug)]
pub struct Vm {
    guest: Guest,
    host: ThreadHost,
    /// `Cell` is `Send` and not `Sync`.
    not_sync: PhantomData<std::cell::Cell<()>>,
}

impl Vm {
    pub(super) fn new(
        program: &Arc<ProgramState>,
        parking: Parking,
        cache: Cache,
        function: u32,
        arguments: &[u64],
    ) -> Self {
        let guest =
            Guest::new(&program.code, parking.id, function, arguments, program.limits.stack_words);
        let host = ThreadHost::new(program.clone(), parking, cache, run_thread);
        Vm { guest, host, not_sync: PhantomData }
    }

    /// Its number.
    pub fn id(&self) -> VmId {
        self.host.own.vm
    }

    /// Its program's runtime context.
    pub fn context(&self) -> ContextId {
        self.host.program.context
    }

    /// The number of its thread in the program.
    pub fn thread(&self) -> ThreadId {
        self.guest.thread
    }

    /// Runs the thread's entry function to its end, with this VM active.
    pub(super) fn run(&mut self) -> Result<u64, Box<Trap>> {
        let _active = ActiveVmGuard::enter_ids(self.id(), self.context());
        let _run = Run::begin();
        let outcome = resume(&mut self.guest, &mut self.host);
        self.host.count_steps();
        outcome.expect("on a thread of its own it waits there")
    }

    /// The guest and its host.
    pub(super) fn into_parts(self) -> (Guest, ThreadHost) {
        (self.guest, self.host)
    }
}

/// Runs a guest until its end; `None` if it pauses. Its VM is active, and a [`Run`] has begun.
pub(super) fn resume(guest: &mut Guest, host: &mut ThreadHost) -> Option<Result<u64, Box<Trap>>> {
    let outcome = match interp::run(guest, host) {
        Outcome::Returned(word) => Ok(word),
        Outcome::Trapped(trap) => Err(trap),
        Outcome::Paused => return None,
    };
    host.return_slots();
    host.settle(guest);
    let last_line = host.end_line();
    Some(match (outcome, host.unless_raised(last_line)) {
        (Ok(_), Err(Stop::Trap(kind))) => {
            let message = host.take_message().unwrap_or_else(|| kind.describe().into());
            Err(Box::new(Trap::outside(kind, message, guest.thread.0)))
        }
        (outcome, _) => outcome,
    })
}

impl ActiveVmGuard {
    /// Makes `vm` active. It may be active already.
    ///
    /// # Panics
    /// In debug builds, if a different VM is active on this thread. Release builds nest instead: the
    /// other VM is active again when the guard is dropped.
    #[inline]
    pub fn enter(vm: &Vm) -> Self {
        Self::enter_ids(vm.id(), vm.context())
    }

    /// As [`enter`](Self::enter), but refuses instead of nesting a different VM.
    ///
    /// # Errors
    /// [`AnotherVmActive`], with nothing changed.
    pub fn try_enter(vm: &Vm) -> Result<Self, AnotherVmActive> {
        let wanted = vm.id();
        match active() {
            Some(active) if active != wanted => Err(AnotherVmActive { active, wanted }),
            _ => Ok(Self::activate(wanted, vm.context())),
        }
    }
}

/// The function that the host thread of a started guest thread runs.
#[expect(clippy::needless_pass_by_value, reason = "the thread owns its share of the program")]
pub(super) fn run_thread(program: Arc<ProgramState>, parking: Parking, cache: Cache, start: Start) {
    let mut end = EndGuard { program: &program, id: parking.id, ended: None };
    let mut vm = Vm::new(&program, parking, cache, start.function, start.argument.as_slice());
    let outcome = vm.run();
    // The VM releases the program before the end is published: a thread that sees the end may rely on that.
    drop(vm);
    end.ended = Some(match outcome {
        Ok(_) => Ended::Returned,
        Err(trap) => Ended::Trapped(trap),
    });
}

/// Marks a thread's end, even if a host function has panicked on it.
struct EndGuard<'p> {
    program: &'p ProgramState,
    id: ThreadId,
    ended: Option<Ended>,
}

impl Drop for EndGuard<'_> {
    fn drop(&mut self) {
        let ended = self.ended.take().unwrap_or_else(|| host_panicked(self.id));
        self.program.threads.end(self.id, ended);
    }
}

/// The end of a thread on which a host function has panicked.
pub(super) fn host_panicked(thread: ThreadId) -> Ended {
    let message = "a host function panicked";
    Ended::Trapped(Box::new(Trap::outside(TrapKind::RuntimeError, message, thread.0)))
}
