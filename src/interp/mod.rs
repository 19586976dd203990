//! Bytecode and its interpreter, written once and generic over the shared world.
//!
//! [`compile`] makes [`Code`] from verified IL. A [`Guest`] is one thread's registers and frames; it
//! runs thread-local instructions on its own and accesses everything shared through a [`Host`]. How a
//! program's threads and monitors affect each other is plain data in [`Coordination`], which hosts can
//! put behind a lock or clone. Nothing in here depends on a world, a clock or random numbers.

mod address;
pub mod allocation;
mod builtin;
mod code;
mod compile;
mod coordination;
mod fast;
mod function;
mod guest;
mod host;
mod ledger;
mod machine;
mod memory;
pub mod refusal;
mod rest;
mod run;
mod safe;
pub mod shared;
mod table;
mod trap;
mod verify;

pub use address::{
    Cell, ThreadId, cell_at, function_address, function_index, thread_handle, thread_of_handle,
};
pub use builtin::{ALLOCATING, Builtin, without_prefix};
pub use code::{CodeData, ExternInfo, Site, Variable};
pub use compile::{compile, compile_checked, compile_checked_from, compile_from};
pub use coordination::{
    Cancelled, Coordination, Ended, Entered, Exited, Joined, NotOwner, Patience, Refused, Used,
    Woken,
};
pub use function::FunctionInfo;
pub use guest::{Frame, Guest, Outcome, StackMemory};
pub use host::{Host, Start, Word};
pub use ledger::Ledger;
pub use machine::{Field, Machine, Registers};
pub use rest::Rare;
pub use run::run;
pub use shared::{Reply, Request, Response, Shared};
pub use table::{DESCRIPTIONS, Description, Op, Operand};
pub use trap::{Place, Trap, TrapKind};
pub use verify::Code;

/// A register of a frame. Frames have at most 255 registers.
pub type Register = u8;

/// A string of a running program: immutable, and shared by everything that has its handle.
pub type Text = std::sync::Arc<str>;

/// What an instruction or a host may return instead of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The instruction traps; the host may have recorded a message.
    Trap(TrapKind),
    /// The host answered "not now"; the instruction must be carried out again.
    Pause,
}

/// Why a machine left its instructions. Only a machine returns the last two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The instruction is not done.
    Stop(Stop),
    /// The thread's entry function returned.
    Returned,
    /// The slice of steps is used up; the instruction itself is done.
    SliceEnd,
}

impl From<Stop> for Exit {
    #[inline(always)]
    fn from(stop: Stop) -> Self {
        Exit::Stop(stop)
    }
}
