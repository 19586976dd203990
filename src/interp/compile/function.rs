//! One function: its frame, its blocks in order, and the source of each instruction.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::super::Register;
use super::super::code::Site;
use super::super::function::FunctionInfo;
use super::super::table::Op;
use super::Compiler;
use super::fold::Plan;
use super::jump::Destination;
use super::kin::kin;
use super::registers::{Assignment, assign, loop_depths};
use super::variables::variables;
use super::windows::{Windows, arguments};
use crate::il::resolved::{self, FuncId, Instruction, Operand, Source, ValueId};
use crate::il::{self, Diagnostic, Value};

const FRAME_MAX: usize = 255;
/// The maximum number of literals with registers of their own.
const LITERALS_MAX: usize = 16;
/// Enough for the operation with the most operands, and one more for a cycle of moves.
pub(super) const SCRATCH: usize = 4;

/// Compiles one function.
pub(super) struct FunctionCompiler<'c, 'm> {
    pub(super) all: &'c mut Compiler<'m>,
    pub(super) function: &'m resolved::Function,
    source: &'m crate::il::Function,
    id: FuncId,
    pub(super) plan: Plan,
    registers: Assignment,
    windows: Windows,
    /// Registers of literals that loops use.
    literals: BTreeMap<u64, Register>,
    entry: usize,
    pub(super) block_at: Vec<Option<usize>>,
    pub(super) stub_at: Vec<usize>,
    pub(super) jumps: Vec<(usize, Destination)>,
    /// The register with the mark of the stack memory at entry, in a function that allocates.
    pub(super) mark: Option<Register>,
    pub(super) guards: bool,
    pub(super) scratch_used: usize,
}

impl<'c, 'm> FunctionCompiler<'c, 'm> {
    pub(super) fn new(all: &'c mut Compiler<'m>, id: FuncId) -> Result<Self, Diagnostic> {
        let module = all.module;
        let (function, source) = (module.function(id), &module.functions[id.index()]);
        let plan = Plan::new(function, &all.global_word, &all.data);
        let windows = Windows::new(function, &plan);
        let mut registers = assign(function, &plan, &windows);
        let any = |is: fn(&resolved::Op) -> bool| {
            function.blocks.iter().flat_map(|b| &b.instructions).any(|i| is(&i.op))
        };
        let allocates = any(|op| matches!(op, resolved::Op::Alloca { .. }));
        let guards = any(|op| matches!(op, resolved::Op::EhPush { .. }));
        let mark = allocates.then(|| {
            registers.count += 1;
            (registers.count - 1) as Register
        });
        let mut it = FunctionCompiler {
            entry: all.data.ops.len(),
            block_at: vec![None; function.blocks.len()],
            stub_at: Vec::new(),
            jumps: Vec::new(),
            scratch_used: 0,
            all,
            function,
            source,
            id,
            plan,
            registers,
            windows,
            literals: BTreeMap::new(),
            mark,
            guards,
        };
        let frame = it.frame();
        if frame > FRAME_MAX {
            let message = format!(
                "'@{}' needs {frame} registers at once; a frame has {FRAME_MAX}",
                source.name
            );
            return Err(Diagnostic::new(source.span, message)
                .help("split the function, or keep values in 'alloca' memory"));
        }
        it.keep_literals();
        Ok(it)
    }

    /// Assigns registers to literals that loops use, as far as the frame has room.
    fn keep_literals(&mut self) {
        let room = LITERALS_MAX.min(FRAME_MAX - self.frame());
        let depths = loop_depths(self.function);
        let mut wanted = Vec::new();
        for (index, block) in self.function.blocks.iter().enumerate() {
            for nth in 0..block.instructions.len() {
                self.plan.for_each_literal(self.function, (index, nth), |word| {
                    if depths[index] > 0 && !wanted.contains(&(depths[index], word)) {
                        wanted.push((depths[index], word));
                    }
                });
            }
        }
        wanted.sort_by_key(|&(depth, _)| std::cmp::Reverse(depth));
        for (_, word) in wanted {
            if self.literals.len() < room && !self.literals.contains_key(&word) {
                self.literals.insert(word, self.registers.count as Register);
                self.registers.count += 1;
            }
        }
    }

    /// The register of a value that was not folded.
    pub(super) fn register(&self, value: ValueId) -> Register {
        self.place(value).expect("the value was not folded")
    }

    /// The register of a value; `None` if it was folded.
    fn place(&self, value: ValueId) -> Option<Register> {
        match self.windows.place_of(value) {
            Some(place) => Some(self.first_window() + place as Register),
            None => self.registers.of(value),
        }
    }

    /// All registers of the frame: values, scratch, link, and the widest window.
    fn frame(&self) -> usize {
        let windows = self.function.blocks.iter().enumerate().flat_map(|(index, block)| {
            block.instructions.iter().enumerate().filter_map(move |(nth, instruction)| {
                let args = arguments(&instruction.op)?;
                Some(self.windows.base_of((index, nth)) + args.len().max(1))
            })
        });
        let widest = windows.max().unwrap_or(0);
        self.registers.count + SCRATCH + 1 + widest
    }

    pub(super) fn scratch(&self, nth: usize) -> Register {
        (self.registers.count + nth) as Register
    }

    fn first_window(&self) -> Register {
        (self.registers.count + SCRATCH + 1) as Register
    }

    /// The first register of the window of the call at this place.
    pub(super) fn window(&self, at: (usize, usize)) -> Register {
        self.first_window() + self.windows.base_of(at) as Register
    }

    pub(super) fn run(mut self) -> Result<(), Diagnostic> {
        if self.all.data.ops.len() > i32::MAX as usize / 2 {
            return Err(Diagnostic::new(self.source.span, "the program is too large"));
        }
        let mut ip = 0;
        let first_site = self.all.data.sites.len() as u32;
        let kin = kin(self.function, &self.all.data.externs);
        let locals = locals(self.source);
        for index in 0..self.function.blocks.len() {
            let block = &self.function.blocks[index];
            let source = &self.source.blocks[block.source];
            let label: Arc<str> = source.label.as_str().into();
            self.block_at[index] = Some(self.all.data.ops.len());
            for (nth, instruction) in block.instructions.iter().enumerate() {
                let start = self.all.data.ops.len();
                if index == 0 && nth == 0 {
                    self.prologue();
                }
                let is_terminator = nth + 1 == block.instructions.len();
                if self.plan.is_emitted(instruction) {
                    self.instruction(instruction, (index, nth));
                }
                self.site(instruction, &label, nth, ip, start, is_terminator);
                let site = self.all.data.sites.last_mut().expect("just made");
                site.kin = kin.get(&(index, nth)).copied();
                if index > 0 || !self.function.has_door() {
                    site.local = local(&source.instructions[nth], site.file, &locals);
                }
                // A door is not an instruction of the text.
                ip += u32::from(index > 0 || !self.function.has_door());
            }
        }
        self.patch();
        // Only threads of checked programs are looked at.
        if self.all.data.is_checked {
            let named = variables(self.function, &self.plan, first_site, |it| self.place(it));
            self.all.data.variables.extend(named);
        }
        self.all.data.functions.push(FunctionInfo {
            name: self.source.name.clone(),
            signature: self.function.signature.clone(),
            entry: self.entry as u32,
            frame: self.frame() as u8,
            mark: self.mark,
        });
        Ok(())
    }

    fn site(
        &mut self,
        instruction: &Instruction,
        block: &Arc<str>,
        nth: usize,
        ip: u32,
        start: usize,
        is_terminator: bool,
    ) {
        let (file, (line, column)) = match instruction.loc {
            Some(loc) => (loc.file, (loc.line, loc.column)),
            None if instruction.span.end > 0 => {
                (0, self.all.lines.place(instruction.span.start as usize))
            }
            None => (0, (0, 0)),
        };
        let end = self.all.data.ops.len();
        let site = self.all.data.sites.len() as u32;
        self.all.data.site_of.resize(end, site);
        self.all.data.sites.push(Site {
            function: self.id.0,
            block: Arc::clone(block),
            instruction: nth as u32,
            ip,
            file,
            line,
            column,
            start: start as u32,
            end: end as u32,
            result: instruction.result.and_then(|value| self.place(value)),
            is_terminator,
            local: None,
            kin: None,
        });
    }

    fn prologue(&mut self) {
        if let Some(d) = self.mark {
            self.emit(Op::Mark { d });
        }
        for (word, d) in self.literals.clone() {
            self.load_word(d, word);
        }
    }

    pub(super) fn emit(&mut self, op: Op) -> usize {
        self.all.data.ops.push(op);
        self.all.data.ops.len() - 1
    }

    pub(super) fn load_word(&mut self, d: Register, word: u64) {
        let op = match i32::try_from(word as i64) {
            Ok(k) => Op::Const { d, k },
            Err(_) => Op::ConstX { d, p: self.all.constant(word) },
        };
        self.emit(op);
    }

    pub(super) fn word(source: Source) -> Option<u64> {
        match source {
            Source::Word(word) => Some(word),
            Source::Value(_) | Source::Function(_) => None,
        }
    }

    /// The register of an operand; a literal that has none is loaded into the next scratch register.
    pub(super) fn operand(&mut self, operand: &Operand) -> Register {
        match self.plan.resolve(operand).source {
            Source::Value(value) => self.register(value),
            source => {
                let word = Self::word(source).expect("a literal");
                if let Some(&register) = self.literals.get(&word) {
                    return register;
                }
                let register = self.scratch(self.scratch_used);
                self.scratch_used += 1;
                self.load_word(register, word);
                register
            }
        }
    }

    /// Copies an operand into a register.
    pub(super) fn copy(&mut self, d: Register, operand: &Operand) {
        match self.plan.resolve(operand).source {
            Source::Value(value) => {
                let a = self.register(value);
                if a != d {
                    self.emit(Op::Mov { d, a });
                }
            }
            source => self.load_word(d, Self::word(source).expect("a literal")),
        }
    }
}

/// The names of a function's variables in memory.
fn locals(function: &il::Function) -> HashSet<&str> {
    let all = function.blocks.iter().flat_map(|block| &block.instructions);
    let made = all.filter(|it| matches!(it.op, il::Op::Alloca { .. }));
    made.filter_map(|it| Some(it.result.as_ref()?.name.as_str())).collect()
}

/// The variable that an instruction makes, reads or writes. Front ends, whose instructions have places in another
/// file, number names that are taken already.
fn local(instruction: &il::Instruction, file: u32, locals: &HashSet<&str>) -> Option<Arc<str>> {
    let name = match &instruction.op {
        il::Op::Alloca { .. } => &instruction.result.as_ref()?.name,
        il::Op::Load { pointer, .. } | il::Op::Store { pointer, .. } => match &pointer.value {
            Value::Temp(name) => name,
            _ => return None,
        },
        _ => return None,
    };
    let name = locals.get(name.as_str())?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match name.rsplit_once('.') {
        Some((plain, number)) if file > 0 && is_number(number) => Some(plain.into()),
        _ => Some((*name).into()),
    }
}
