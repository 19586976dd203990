//! Bytecode and its interpreter, written once and generic over the shared world.
//!
//! [`compile`] makes [`Code`] from verified IL. A [`Guest`] is one thread's registers and frames;
//! it runs thread-local instructions on its own and reaches everything shared through a [`Host`].
//! What a program's threads and monitors do to each other is plain data in [`Coordination`], for
//! hosts to put behind a lock or to clone. Nothing in here knows a world, a clock or chance.

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
mod run;
mod safe;
mod table;
mod trap;
mod verify;

pub use address::{
    Cell, ThreadId, cell_at, function_address, function_index, thread_handle, thread_of_handle,
};
pub use builtin::{Builtin, without_prefix};
pub use code::{CodeData, ExternInfo, Site};
pub use compile::{compile, compile_checked, compile_checked_from, compile_from};
pub use coordination::{
    BlockedOn, Cancelled, Coordination, Ended, Entered, Exited, Joined, NotOwner, Refused,
};
pub use function::FunctionInfo;
pub use guest::{Guest, Outcome, StackMemory};
pub use host::{Host, Start, Word};
pub use ledger::Ledger;
pub use machine::{Field, Machine, Registers};
pub use run::run;
pub use table::{DESCRIPTIONS, Description, Op, Operand};
pub use trap::{Place, Trap, TrapKind};
pub use verify::Code;

/// A register of a frame. Frames have at most 255.
pub type Register = u8;

/// A string of a running program: immutable, shared by whoever has its handle.
pub type Text = std::sync::Arc<str>;

/// What an instruction or a host may say instead of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It traps; the host may have kept a message.
    Trap(TrapKind),
    /// The host answered "not now"; the instruction is to be carried out anew.
    Pause,
}

/// Why a machine left its instructions. Only a machine says the last two.
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
