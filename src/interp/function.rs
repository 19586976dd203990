//! A function of compiled code, as callers and hosts see it.

use super::Register;
use crate::il::{Signature, Type};

/// A function's place in the code.
#[derive(Clone, Debug)]
pub struct FunctionInfo {
    /// The name, without sigil.
    pub name: String,
    /// The signature that callers see.
    pub signature: Signature,
    /// The first instruction.
    pub entry: u32,
    /// The number of registers, at least one.
    pub frame: u8,
    /// The register that has the mark of the stack memory at entry, in a function that allocates.
    pub mark: Option<Register>,
}

impl FunctionInfo {
    /// Whether it returns a word to its callers.
    pub fn has_result(&self) -> bool {
        self.signature.result != Type::Void
    }

    /// Whether a thread may begin here: `void()` or `void(ptr)`.
    pub fn is_thread_entry(&self) -> bool {
        !self.has_result() && matches!(self.signature.params[..], [] | [Type::Ptr])
    }
}
