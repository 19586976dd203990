//! The traits through which the instruction table uses a machine.

use super::{Exit, Host, Register, Stop, TrapKind};

/// A field of an error value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The trap kind's number.
    Kind,
    /// The runtime's error code; 0 if there is none.
    Code,
    /// The position of the instruction that trapped, counted over its function.
    Ip,
    /// The source line; -1 when unknown.
    Line,
    /// The message, as a string handle.
    Message,
}

/// One guest thread's registers, frames, branches and plain memory: everything that the frequent
/// instructions of a program need.
///
/// The meaning of every instruction is written once, in the instruction table, in terms of this trait
/// and [`Machine`]. A machine decides how registers and frames are stored, and how plain loads and
/// stores reach memory. An instruction that traps has changed nothing.
pub trait Registers {
    /// The word in register `r` of the current frame.
    fn get(&self, r: Register) -> u64;
    /// Writes register `r` of the current frame.
    fn set(&mut self, r: Register, word: u64);
    /// Moves `to` instructions from the next one.
    fn jump(&mut self, to: i32);
    /// Moves `to` instructions from the next one, if `taken`. Falling through is the likely case: the
    /// jump is then a branch of the host, and never a conditional move, for which the next instruction
    /// would have to wait.
    #[inline(always)]
    fn branch(&mut self, taken: bool, to: i32) {
        if taken {
            std::hint::cold_path();
            self.jump(to);
        }
    }
    /// Moves `to` instructions from the next one and ends a step, if `taken`, which is the likely case.
    #[inline(always)]
    fn repeat(&mut self, taken: bool, to: i32) -> Result<(), Exit> {
        if taken {
            self.jump(to);
            return self.step_done();
        }
        Ok(())
    }
    /// Ends one step: a backward branch or a call. Every cycle of a guest program has one, so a thread
    /// can be stopped here.
    fn step_done(&mut self) -> Result<(), Exit>;
    /// An entry of the constant table.
    fn constant(&self, index: u32) -> u64;

    /// Begins a frame of `n` registers at register `w` and jumps to the function `to` away.
    fn enter(&mut self, w: Register, n: u8, to: i32) -> Result<(), Stop>;
    /// Ends the frame; the caller finds `word` in register `w` of its call.
    fn leave(&mut self, word: u64) -> Result<(), Exit>;

    /// Reads the cell at an address.
    fn load(&mut self, address: u64) -> Result<u64, Stop>;
    /// Writes the cell at an address.
    fn store(&mut self, address: u64, word: u64) -> Result<(), Stop>;
    /// Reads the cell of a module global.
    fn load_global(&mut self, global: u32) -> Result<u64, Stop>;
    /// Writes the cell of a module global.
    fn store_global(&mut self, global: u32, word: u64) -> Result<(), Stop>;

    /// A register as a signed integer.
    #[inline(always)]
    fn int(&self, r: Register) -> i64 {
        self.get(r) as i64
    }
    /// A register as a float.
    #[inline(always)]
    fn float(&self, r: Register) -> f64 {
        f64::from_bits(self.get(r))
    }
    /// The address `k` bytes from the one in a register.
    #[inline(always)]
    fn offset(&self, r: Register, k: i32) -> u64 {
        self.get(r).wrapping_add_signed(i64::from(k))
    }
    /// The address of the cell with the number in `index`, counted from the address in `r`.
    #[inline(always)]
    fn indexed(&self, r: Register, index: Register) -> u64 {
        self.get(r).wrapping_add(self.get(index) << 3)
    }
    /// Writes a signed integer.
    #[inline(always)]
    fn put(&mut self, r: Register, value: i64) {
        self.set(r, value as u64);
    }
    /// Writes a float.
    #[inline(always)]
    fn put_float(&mut self, r: Register, value: f64) {
        self.set(r, value.to_bits());
    }
    /// Writes a boolean.
    #[inline(always)]
    fn put_bool(&mut self, r: Register, value: bool) {
        self.set(r, u64::from(value));
    }
    /// Writes the result of a checked operation, or traps.
    #[inline(always)]
    fn put_checked(&mut self, r: Register, value: Option<i64>) -> Result<(), Stop> {
        match value {
            Some(value) => {
                self.put(r, value);
                Ok(())
            }
            None => Err(Stop::Trap(TrapKind::Overflow)),
        }
    }
}

/// A whole machine: [`Registers`], and a [`Host`] for the shared world.
pub trait Machine: Registers {
    /// The host for atomics, host calls and threads.
    type Host: Host;

    /// The shared world.
    fn host(&mut self) -> &mut Self::Host;

    /// Frame size of, and distance to, the function with this address, if its signature is the
    /// given entry of the signature table.
    fn indirect(&self, address: u64, signature: u32) -> Result<(u8, i32), Stop>;
    /// Calls an extern with its arguments in the `n` registers from `w` on.
    fn call_extern(&mut self, w: Register, n: u8, x: u16) -> Result<(), Stop>;

    /// Takes zeroed bytes from the thread's stack memory.
    fn alloca(&mut self, bytes: i64) -> Result<u64, Stop>;
    /// The amount of stack memory in use.
    fn mark(&self) -> u64;
    /// Frees down to a mark.
    fn release(&mut self, mark: u64);

    /// Installs a handler of the current frame.
    fn push_handler(&mut self, error: Register, token: Register, to: i32) -> Result<(), Stop>;
    /// Removes the current frame's newest handler.
    fn pop_handler(&mut self) -> Result<(), Stop>;
    /// Removes all handlers of the current frame.
    fn pop_handlers(&mut self);
    /// Goes back to the instruction of a resume token.
    fn resume_same(&mut self, token: u64) -> Result<(), Exit>;
    /// Continues after the instruction of a resume token.
    fn resume_next(&mut self, token: u64) -> Result<(), Exit>;
    /// Records the runtime's error code of the next trap.
    fn keep_code(&mut self, code: i64);
    /// Makes an error value.
    fn make_error(&mut self, kind: i64, message: u64) -> Result<u64, Stop>;
    /// Reads an error value.
    fn error_field(&mut self, error: u64, field: Field) -> Result<u64, Stop>;
    /// The kind of the latest caught trap; -1 before the first.
    fn caught_kind(&self) -> i64;
}
