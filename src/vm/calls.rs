//! Calls of externs: the functions of the embedder, and those of the runtime.

use super::host::ThreadHost;
use super::registry::{Extern, ExternCall, Target, Unresolved};
use super::state::ProgramState;
use crate::interp::{Builtin, Host, Stop, TrapKind};

impl ThreadHost {
    /// Calls the extern with this index in the code's table.
    #[inline]
    pub(super) fn call(&mut self, index: u16, window: &mut [u64]) -> Result<(), Stop> {
        match self.cache.known(index) {
            Some(Target::Registered(function)) if !self.has_duties => {
                let word = call_registered(function, &self.program, window);
                self.put_result(window, Ok(word))
            }
            Some(&Target::Builtin(builtin)) => self.call_builtin(builtin, window),
            _ => self.call_with_care(index, window),
        }
    }

    /// Puts the result of a call where the guest expects it.
    #[inline]
    fn put_result(&mut self, window: &mut [u64], result: Result<u64, Stop>) -> Result<(), Stop> {
        window[0] = self.unless_raised(result)?;
        Ok(())
    }

    /// Not inlined: the registers it needs would have to be saved on the way to every registered function.
    #[inline(never)]
    fn call_builtin(&mut self, builtin: Builtin, window: &mut [u64]) -> Result<(), Stop> {
        let result = builtin.perform(self, window);
        if self.own.parking.is_light() {
            self.own.end_instruction(result == Err(Stop::Pause));
        }
        self.put_result(window, result)
    }

    /// Calls an extern that has to be found, or one that the embedder may have registered, for a thread that has paused in
    /// it or on a worker that holds others.
    #[cold]
    #[inline(never)]
    fn call_with_care(&mut self, index: u16, window: &mut [u64]) -> Result<(), Stop> {
        let info = &self.program.code.externs[usize::from(index)];
        if self.own.is_in_instruction()
            && let Some(builtin) = info.builtin
        {
            // Only a builtin pauses, and it stays itself until it is done, whatever has been registered since.
            return self.call_builtin(builtin, window);
        }
        if self.has_duties {
            self.give_back();
            return self.call(index, window);
        }
        match self.cache.find(index, info) {
            Ok(Target::Registered(function)) => {
                let word = call_registered(function, &self.program, window);
                self.put_result(window, Ok(word))
            }
            Ok(&Target::Builtin(builtin)) => self.call_builtin(builtin, window),
            Err(unresolved) => self.cannot_call(&unresolved),
        }
    }

    /// The look-up may have dropped the previous function, whose destructor may have raised a trap.
    #[cold]
    fn cannot_call(&mut self, unresolved: &Unresolved) -> Result<(), Stop> {
        let refused = self.fail(TrapKind::InvalidOperation, unresolved.to_string());
        self.unless_raised(Err(refused))
    }
}

/// Calls a function with the arguments in a window; returns the word for the window's first place.
#[inline]
fn call_registered(function: &Extern, program: &ProgramState, window: &[u64]) -> u64 {
    // Checked before the call, so that the length need not be kept across it.
    assert!(!window.is_empty(), "closed: arguments");
    let arguments = &window[..function.signature().params.len()];
    function.call(&ExternCall { arguments, data: &program.data })
}
