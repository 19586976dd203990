//! A compiled program: instructions, and the tables that they index. It is immutable, and shared by
//! every thread of every instance of the program.

use std::any::Any;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::Register;
use super::address::Cell;
use super::allocation::{self, Address, Allocation, Pointer, Region};
use super::builtin::Builtin;
use super::function::FunctionInfo;
use super::table::Op;
use super::trap::Place;
use crate::il::{Signature, Type};

/// The data that a [`Code`](super::Code) shares.
///
/// # Invariants
/// *closed*: every branch, call, constant, signature, extern and function index points inside its table;
/// every register is inside its function's frame, and every call window inside the caller's frame; no
/// instruction sequence runs off its function's end. *stepped*: every cycle of jumps and calls contains
/// an instruction that ends a step. [`compile`](super::compile), the only maker, keeps both, and
/// `verify` checks them afterwards.
/// maker, and checked by `verify` when it is done.
#[derive(Debug)]
pub struct CodeData {
    /// The instructions of all functions, one function after the other, behind two that are never
    /// executed: a thread's first frame returns to them.
    pub ops: Vec<Op>,
    /// For each instruction, the position in `sites` of the IL instruction it came from.
    pub site_of: Vec<u32>,
    /// The IL instructions, in order.
    pub sites: Vec<Site>,
    /// The names of values in registers, in checked code.
    pub variables: Vec<Variable>,
    /// In the order of the module.
    pub functions: Vec<FunctionInfo>,
    /// Words too large for an immediate.
    pub constants: Vec<u64>,
    /// The signatures that indirect calls require.
    pub signatures: Vec<Signature>,
    /// In the order of the module.
    pub externs: Vec<ExternInfo>,
    /// The module's string constants; handle `n` is entry `n - 1`.
    pub strings: Vec<Arc<str>>,
    /// Initial words of the module's globals; global `n` is cell `n + 1`.
    pub globals: Vec<u64>,
    /// The globals' names, without sigil.
    pub global_names: Vec<String>,
    /// The function that the program starts with.
    pub entry: u32,
    /// Whether pointers carry their allocations, and hosts check their use.
    pub is_checked: bool,
    /// The instructions in the form that the fast machine needs.
    pub(super) prepared: Prepared,
}

/// What a machine has made from the instructions, when it first needed that. It lives as long as the
/// program, and only the machine that made it knows its type.
#[derive(Debug, Default)]
pub(super) struct Prepared(OnceLock<Box<dyn Any + Send + Sync>>);

impl Prepared {
    /// What has been made; makes it if needed.
    ///
    /// # Panics
    /// If a value of another type has been made: only one machine prepares programs.
    pub(super) fn get_or_make<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> &T {
        let made = self.0.get_or_init(|| Box::new(make()));
        made.downcast_ref().expect("one machine alone prepares programs")
    }
}

/// A declared extern.
#[derive(Clone, Debug)]
pub struct ExternInfo {
    /// The name, as declared.
    pub name: String,
    /// The signature, as declared.
    pub signature: Signature,
    /// The runtime's function with this name, if it has this signature.
    pub builtin: Option<Builtin>,
}

/// The place of an IL instruction, and the instructions that it became.
#[derive(Clone, Debug)]
pub struct Site {
    /// Index into `functions`.
    pub function: u32,
    /// The label of its block.
    pub block: Arc<str>,
    /// The position in its block.
    pub instruction: u32,
    /// The position in its function, over all blocks.
    pub ip: u32,
    /// As in [`Place`].
    pub file: u32,
    /// As in [`Place`].
    pub line: u32,
    /// As in [`Place`].
    pub column: u32,
    /// The first instruction that it became.
    pub start: u32,
    /// One past the last one.
    pub end: u32,
    /// The register that has its result.
    pub result: Option<Register>,
    /// Whether control leaves the block here, so that no next instruction exists.
    pub is_terminator: bool,
    /// The variable of the function that it reads or writes, by the name of its `alloca`.
    pub local: Option<Arc<str>>,
    /// For the start of a thread that is interchangeable with others of its function: the number of this
    /// group.
    pub kin: Option<u32>,
}

/// A value with a name, where it is in a register and still needed.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The name, without sigil.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
    /// Where it is.
    pub register: Register,
    /// The sites before whose instructions it is there.
    pub sites: Range<u32>,
    /// Whether it is the address of a variable in memory.
    pub is_slot: bool,
}

impl CodeData {
    /// The site of the instruction at `pc`.
    pub fn site(&self, pc: u32) -> &Site {
        &self.sites[self.site_of[pc as usize] as usize]
    }

    /// The place of the instruction at `pc`, for a stack trace.
    pub fn place(&self, pc: u32) -> Place {
        let site = self.site(pc);
        Place {
            function: self.functions[site.function as usize].name.clone(),
            block: site.block.to_string(),
            instruction: site.instruction,
            file: site.file,
            line: site.line,
            column: site.column,
        }
    }

    /// The variable of its function that the instruction at a place reads or writes.
    pub fn local_at(&self, place: &Place) -> Option<&str> {
        let is_there = |site: &&Site| {
            site.instruction == place.instruction
                && *site.block == *place.block
                && self.functions[site.function as usize].name == place.function
        };
        self.sites.iter().find(is_there)?.local.as_deref()
    }

    /// The address of the global with this index.
    pub fn address_of_global(&self, index: u32) -> u64 {
        if !self.is_checked {
            return Cell::of_global(index).address();
        }
        Allocation { region: Region::Globals, number: index, generation: 0 }.start()
    }

    /// The global with this address.
    pub(super) fn global_at(&self, word: u64) -> Option<u32> {
        let number = match allocation::pointer(word) {
            Pointer::At(Address {
                allocation: Allocation { region: Region::Globals, number, .. },
                offset: 0,
            }) => number,
            Pointer::Other if word.is_multiple_of(8) => {
                u32::try_from((word / 8).checked_sub(1)?).ok()?
            }
            _ => return None,
        };
        ((number as usize) < self.globals.len()).then_some(number)
    }

    /// Whether the program declares any of these functions of the runtime. If not, it cannot call them.
    pub fn calls(&self, functions: &[Builtin]) -> bool {
        self.externs.iter().any(|it| it.builtin.is_some_and(|it| functions.contains(&it)))
    }

    /// Whether the program frees memory.
    pub fn frees(&self) -> bool {
        self.calls(&[Builtin::Free])
    }

    /// The exit code of a program whose entry function returned this word.
    pub fn exit_code(&self, word: u64) -> i64 {
        let entry = &self.functions[self.entry as usize];
        if entry.has_result() { word as i64 } else { 0 }
    }
}
