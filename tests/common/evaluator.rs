//! A naive second opinion on what a single-threaded program does: it walks the resolved IL with a
//! map from values to words, and knows no registers, moves, sites or slices.
//!
//! Its rules are those of the IL's documentation. Where a program can see how memory is laid out,
//! it mirrors the machine: globals from cell 1, then heap and stack segments in the order in which
//! they are asked for; strings are numbered constants first.
//!
//! Does not see: the limit on nested calls, because frames have no size in here.
//!
//! It has more than 600 lines because every operation is written out once more, on its own.
#![allow(clippy::format_push_string, clippy::float_cmp)] // text, and exact floats
#![allow(dead_code)] // each test crate that includes this uses a part of it

use std::collections::HashMap;

use drawloom::il::resolved::{
    Block, BlockId, Callee, ExternId, FuncId, Function, Instruction, Op, Operand, Source, Target,
    ValueId,
};
use drawloom::il::{BinaryOp, Init, Type, UnaryOp, Verified};
use drawloom::interp::TrapKind;

/// What a program did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) result: Result<i64, Trapped>,
    pub(crate) output: String,
    pub(crate) steps: u64,
}

/// An uncaught trap.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trapped {
    pub(crate) kind: TrapKind,
    pub(crate) message: String,
    /// Function, block, instruction, line; innermost first, at most 16.
    pub(crate) backtrace: Vec<(String, String, u32, u32)>,
    /// How many frames lie outside of those.
    pub(crate) frames_omitted: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) steps: u64,
    pub(crate) memory_cells: u64,
    /// Of the strings that are made at run time, each with 96 for its entry.
    pub(crate) string_bytes: usize,
}

/// Runs `@main`.
pub(crate) fn evaluate(module: &Verified, text: &str, bounds: Bounds) -> Outcome {
    let mut it = Evaluator::new(module, text, bounds);
    let result = it.run();
    Outcome { result, output: it.output, steps: it.steps }
}

#[derive(Clone, Copy, Debug)]
enum Value {
    Word(u64),
    /// `None` is null.
    Error(Option<ErrorValue>),
    /// Block and instruction that trapped; `None` is null.
    Token(Option<(BlockId, usize)>),
}

#[derive(Clone, Copy, Debug)]
struct ErrorValue {
    kind: i64,
    code: i64,
    ip: i64,
    line: i64,
    message: u64,
}

struct Frame {
    function: FuncId,
    block: BlockId,
    at: usize,
    values: HashMap<ValueId, Value>,
    /// How much stack memory was in use when the frame began.
    mark: (usize, u64),
}

struct Handler {
    depth: usize,
    block: BlockId,
}

/// Why the next instruction is not simply the next one.
enum Leave {
    Trap(TrapKind, Option<String>, i64),
    /// Control has been moved already.
    Moved,
    Returned(u64),
}

type Done<T> = Result<T, Leave>;

fn trap<T>(kind: TrapKind) -> Done<T> {
    Err(Leave::Trap(kind, None, 0))
}

fn trap_with<T>(kind: TrapKind, message: impl Into<String>) -> Done<T> {
    Err(Leave::Trap(kind, Some(message.into()), 0))
}

struct Evaluator<'m> {
    module: &'m Verified,
    line_starts: Vec<usize>,
    bounds: Bounds,
    steps: u64,
    frames: Vec<Frame>,
    handlers: Vec<Handler>,
    caught: i64,
    cells: Vec<u64>,
    /// The first cell that has not been given out.
    next_cell: u64,
    global_cell: Vec<u64>,
    segments: Vec<(u64, u64)>,
    /// Segments that were too small for what came next, and may be taken again.
    returned: Vec<(u64, u64)>,
    /// Segment in use, and how much of it.
    stack: (usize, u64),
    strings: Vec<String>,
    string_bytes_left: usize,
    output: String,
}

impl<'m> Evaluator<'m> {
    fn new(module: &'m Verified, text: &str, bounds: Bounds) -> Self {
        let mut cells = vec![0; bounds.memory_cells as usize];
        let (mut next_cell, mut strings, mut global_cell) = (1, vec![], vec![]);
        for global in &module.globals {
            let word = match &global.init {
                Init::Str(text) => {
                    strings.push(text.clone());
                    global_cell.push(strings.len() as u64);
                    continue;
                }
                Init::Zero => 0,
                Init::Int(value) if global.ty == Type::F64 => (*value as f64).to_bits(),
                Init::Int(value) => *value as u64,
                Init::Float(value) => value.to_bits(),
            };
            cells[next_cell as usize] = word;
            global_cell.push(next_cell * 8);
            next_cell += 1;
        }
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Evaluator {
            module,
            line_starts: std::iter::once(0).chain(breaks).collect(),
            bounds,
            steps: 0,
            frames: vec![],
            handlers: vec![],
            caught: -1,
            cells,
            next_cell,
            global_cell,
            segments: vec![],
            returned: vec![],
            stack: (0, 0),
            strings,
            string_bytes_left: bounds.string_bytes,
            output: String::new(),
        }
    }

    fn run(&mut self) -> Result<i64, Trapped> {
        let main = self.module.find_function("main").expect("there is a main");
        self.push(main, vec![]);
        loop {
            let done = self.instruction();
            let moved = match done {
                Ok(()) => {
                    self.top().at += 1;
                    Ok(())
                }
                Err(Leave::Moved) => Ok(()),
                Err(Leave::Returned(word)) => return Ok(word as i64),
                Err(Leave::Trap(kind, message, code)) => self.raise(kind, message, code),
            };
            moved?;
            // A step that goes beyond the budget traps where control has come to.
            if self.steps > self.bounds.steps {
                return Err(self.trapped(TrapKind::StepLimit, None));
            }
        }
    }

    fn function(&self, id: FuncId) -> &'m Function {
        self.module.function(id)
    }

    fn top(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a frame")
    }

    fn here(&self) -> &Frame {
        self.frames.last().expect("a frame")
    }

    fn push(&mut self, function: FuncId, args: Vec<Value>) {
        let params = self.function(function).params();
        let values = params.iter().copied().zip(args).collect();
        self.frames.push(Frame {
            function,
            block: BlockId::ENTRY,
            at: 0,
            values,
            mark: self.stack,
        });
    }

    fn pop(&mut self) {
        self.stack = self.here().mark;
        self.frames.pop();
        let depth = self.frames.len();
        self.handlers.retain(|handler| handler.depth <= depth);
    }

    fn block(&self, frame: &Frame) -> &'m Block {
        self.function(frame.function).block(frame.block)
    }

    /// The type of the result of an instruction of this frame that has one.
    fn result_type(&self, instruction: &Instruction) -> Type {
        let result = instruction.result.expect("verified: it has a name");
        self.function(self.here().function).value(result).ty
    }

    fn line(&self, frame: &Frame) -> u32 {
        let start = self.block(frame).instructions[frame.at].span.start as usize;
        self.line_starts.partition_point(|&line| line <= start) as u32
    }

    /// The position of a frame's instruction over all blocks of its function.
    fn ip(&self, frame: &Frame) -> i64 {
        let before = &self.function(frame.function).blocks[..frame.block.index()];
        (before.iter().map(|block| block.instructions.len()).sum::<usize>() + frame.at) as i64
    }

    fn raise(&mut self, kind: TrapKind, message: Option<String>, code: i64) -> Result<(), Trapped> {
        let catchable = !matches!(
            kind,
            TrapKind::Interrupt | TrapKind::StepLimit | TrapKind::OutputLimit | TrapKind::Deadlock
        );
        if !catchable || self.handlers.is_empty() {
            return Err(self.trapped(kind, message));
        }
        let handler = self.handlers.pop().expect("not empty");
        let (ip, line) = (self.ip(self.here()), i64::from(self.line(self.here())));
        while self.frames.len() > handler.depth {
            self.pop();
        }
        // Null if there is no room.
        let message = self.intern(message.as_deref().unwrap_or(kind.describe())).unwrap_or(0);
        let error =
            ErrorValue { kind: kind as i64, code: i64::from(code as i32), ip, line, message };
        let [error_at, token_at] =
            self.function(self.here().function).block(handler.block).params[..]
        else {
            unreachable!("a handler has two parameters")
        };
        let frame = self.top();
        frame.values.insert(error_at, Value::Error(Some(error)));
        frame.values.insert(token_at, Value::Token(Some((frame.block, frame.at))));
        (frame.block, frame.at) = (handler.block, 0);
        self.caught = kind as i64;
        self.steps += 1;
        Ok(())
    }

    fn trapped(&self, kind: TrapKind, message: Option<String>) -> Trapped {
        let place = |frame: &Frame| {
            let source = &self.module.functions[frame.function.index()];
            let label = &source.blocks[self.block(frame).source].label;
            (source.name.clone(), label.clone(), frame.at as u32, self.line(frame))
        };
        let backtrace = self.frames.iter().rev().take(16).map(place).collect();
        Trapped {
            kind,
            message: message.unwrap_or_else(|| kind.describe().into()),
            backtrace,
            frames_omitted: self.frames.len().saturating_sub(16),
        }
    }

    fn operand(&self, operand: &Operand) -> Value {
        match operand.source {
            Source::Value(value) => self.here().values[&value],
            Source::Word(_) if operand.ty == Type::Error => Value::Error(None),
            Source::Word(_) if operand.ty == Type::ResumeTok => Value::Token(None),
            Source::Word(word) => Value::Word(word),
            Source::Function(id) => Value::Word(1 << 62 | u64::from(id.0)),
        }
    }

    fn word(&self, operand: &Operand) -> u64 {
        match self.operand(operand) {
            Value::Word(word) => word,
            other => unreachable!("not a word: {other:?}"),
        }
    }

    fn int(&self, operand: &Operand) -> i64 {
        self.word(operand) as i64
    }

    fn float(&self, operand: &Operand) -> f64 {
        f64::from_bits(self.word(operand))
    }

    fn error(&self, operand: &Operand) -> Done<ErrorValue> {
        match self.operand(operand) {
            Value::Error(Some(error)) => Ok(error),
            _ => trap(TrapKind::NullPointer),
        }
    }

    fn token(&self, operand: &Operand) -> Done<(BlockId, usize)> {
        match self.operand(operand) {
            Value::Token(Some(token)) => Ok(token),
            _ => trap(TrapKind::InvalidOperation),
        }
    }

    fn instruction(&mut self) -> Done<()> {
        let frame = self.here();
        let instruction = &self.block(frame).instructions[frame.at];
        if let Some(value) = self.operation(instruction)?
            && let Some(result) = instruction.result
        {
            self.top().values.insert(result, value);
        }
        Ok(())
    }

    fn operation(&mut self, instruction: &'m Instruction) -> Done<Option<Value>> {
        let word = match &instruction.op {
            Op::Unary { op, operand } => {
                let to = self.result_type(instruction);
                return self.unary(*op, to, operand).map(Some);
            }
            Op::Binary { op, left, right } => self.binary(*op, left.ty, left, right)?,
            Op::ConstNull {} => return Ok(Some(zero(self.result_type(instruction)))),
            Op::ConstF64 { value } => value.to_bits(),
            Op::Select { condition, if_true, if_false, .. } => {
                let chosen = if self.word(condition) == 1 { if_true } else { if_false };
                return Ok(Some(self.operand(chosen)));
            }
            Op::IdxChk { index, low, high } => {
                let (index, low, high) = (self.int(index), self.int(low), self.int(high));
                if !(low <= index && index < high) {
                    return trap(TrapKind::Bounds);
                }
                index.wrapping_sub(low) as u64
            }
            Op::Alloca { bytes } => self.alloca(self.int(bytes))?,
            Op::Load { ty, pointer } => {
                let word = self.cells[self.cell(self.word(pointer))?];
                match ty {
                    Type::I1 => word & 1,
                    Type::I16 => i64::from(word as i16) as u64,
                    Type::I32 => i64::from(word as i32) as u64,
                    _ => word,
                }
            }
            Op::AtomicLoad { pointer, .. } => self.cells[self.cell(self.word(pointer))?],
            Op::Store { pointer, value, .. } | Op::AtomicStore { pointer, value, .. } => {
                let cell = self.cell(self.word(pointer))?;
                self.cells[cell] = self.word(value);
                return Ok(None);
            }
            Op::AtomicRmw { op, pointer, value, .. } => {
                let cell = self.cell(self.word(pointer))?;
                let (old, value) = (self.cells[cell], self.word(value));
                use drawloom::il::RmwOp;
                let (a, b) = (old as i64, value as i64);
                self.cells[cell] = match op {
                    RmwOp::Add => a.wrapping_add(b),
                    RmwOp::Sub => a.wrapping_sub(b),
                    RmwOp::And => a & b,
                    RmwOp::Or => a | b,
                    RmwOp::Xor => a ^ b,
                    RmwOp::Exchange => b,
                    RmwOp::Min => a.min(b),
                    RmwOp::Max => a.max(b),
                } as u64;
                old
            }
            Op::AtomicCas { pointer, expected, desired, .. } => {
                let cell = self.cell(self.word(pointer))?;
                let old = self.cells[cell];
                if old == self.word(expected) {
                    self.cells[cell] = self.word(desired);
                }
                old
            }
            Op::Fence { .. } | Op::EhEntry {} => return Ok(None),
            Op::Gep { pointer, bytes } => self.word(pointer).wrapping_add(self.word(bytes)),
            Op::GlobalAddress { global } | Op::ConstStr { global } => {
                self.global_cell[global.index()]
            }
            Op::FunctionAddress { function } => 1 << 62 | u64::from(function.0),
            Op::Call { callee: Callee::Extern(id), args, .. } => {
                return self.call_extern(*id, args);
            }
            Op::Call { callee: Callee::Function(id), args, .. } => return self.call(*id, args),
            Op::CallIndirect { signature, callee, args } => {
                let address = self.word(callee);
                if address == 0 {
                    return trap(TrapKind::NullPointer);
                }
                let index = address & !(1 << 62);
                if address >> 62 != 1 || index >= self.module.functions.len() as u64 {
                    return trap(TrapKind::InvalidOperation);
                }
                let id = FuncId(index as u32);
                if self.function(id).signature != *signature {
                    return trap(TrapKind::InvalidOperation);
                }
                return self.call(id, args);
            }
            Op::Br { target } => return self.go(target, true),
            Op::CBr { condition, if_true, if_false } => {
                let target = if self.word(condition) == 1 { if_true } else { if_false };
                return self.go(target, true);
            }
            Op::Switch { scrutinee, default, cases } => {
                let value = self.int(scrutinee);
                let case = cases.iter().find(|(case, _)| i64::from(*case) == value);
                return self.go(case.map_or(default, |(_, target)| target), true);
            }
            Op::Ret { value } => return self.ret(value.as_ref()),
            Op::Trap {} => return trap(TrapKind::DomainError),
            Op::TrapFromErr { code, .. } => {
                let code = self.int(code);
                let kind = match code {
                    1 => TrapKind::FileNotFound,
                    2 => TrapKind::Eof,
                    3 => TrapKind::IoError,
                    4 => TrapKind::Overflow,
                    5 => TrapKind::InvalidCast,
                    6 => TrapKind::DomainError,
                    7 => TrapKind::Bounds,
                    8 => TrapKind::InvalidOperation,
                    10 => TrapKind::NetworkError,
                    _ => TrapKind::RuntimeError,
                };
                return Err(Leave::Trap(kind, None, code));
            }
            Op::TrapErr { kind, message } => {
                let (kind, message) = (self.int(kind), self.word(message));
                let (ip, line) = (self.ip(self.here()), i64::from(self.line(self.here())));
                return Ok(Some(Value::Error(Some(ErrorValue {
                    kind,
                    code: 0,
                    ip,
                    line,
                    message,
                }))));
            }
            Op::TrapKind { error: None } => self.caught as u64,
            Op::TrapKind { error: Some(error) } => self.error(error)?.kind as u64,
            Op::EhPush { handler } => {
                self.handlers.push(Handler { depth: self.frames.len(), block: handler.block });
                return Ok(None);
            }
            Op::EhPop {} => {
                if self.handlers.last().is_none_or(|handler| handler.depth != self.frames.len()) {
                    let message = "eh.pop: this function has no handler to pop";
                    return trap_with(TrapKind::InvalidOperation, message);
                }
                self.handlers.pop();
                return Ok(None);
            }
            Op::ResumeSame { token } => {
                let (block, at) = self.token(token)?;
                self.steps += 1;
                let frame = self.top();
                (frame.block, frame.at) = (block, at);
                return Err(Leave::Moved);
            }
            Op::ResumeNext { token } => {
                let (block, at) = self.token(token)?;
                let instructions = &self.function(self.here().function).block(block).instructions;
                if at + 1 == instructions.len() {
                    let message = "resume.next: nothing follows the instruction that trapped";
                    return trap_with(TrapKind::InvalidOperation, message);
                }
                if let Some(result) = instructions[at].result {
                    let ty = self.function(self.here().function).value(result).ty;
                    self.top().values.insert(result, zero(ty));
                }
                self.steps += 1;
                let frame = self.top();
                (frame.block, frame.at) = (block, at + 1);
                return Err(Leave::Moved);
            }
            Op::ResumeLabel { token, target } => {
                self.token(token)?;
                self.steps += 1;
                return self.go(target, false);
            }
        };
        Ok(Some(Value::Word(word)))
    }

    fn cell(&self, address: u64) -> Done<usize> {
        if address < 8 {
            return trap(TrapKind::NullPointer);
        }
        if address >> 61 != 0 {
            // Functions have bit 62, threads bit 61, and the rest is an index of 32 bits.
            let index = address & ((1 << 61) - 1);
            let is_handle = matches!(address >> 61, 1 | 2) && u32::try_from(index).is_ok();
            return trap(if is_handle { TrapKind::InvalidCast } else { TrapKind::Bounds });
        }
        if !address.is_multiple_of(8) {
            return trap(TrapKind::Misaligned);
        }
        if address / 8 >= self.bounds.memory_cells {
            return trap(TrapKind::Bounds);
        }
        Ok((address / 8) as usize)
    }

    fn take_cells(&mut self, cells: u64) -> Done<u64> {
        if cells > self.bounds.memory_cells - self.next_cell {
            return trap(TrapKind::OutOfMemory);
        }
        self.next_cell += cells;
        Ok(self.next_cell - cells)
    }

    fn alloca(&mut self, bytes: i64) -> Done<u64> {
        if bytes < 0 {
            return trap_with(TrapKind::DomainError, format!("alloca: negative size {bytes}"));
        }
        let cells = (bytes as u64).div_ceil(8).max(1);
        let (mut segment, mut used) = self.stack;
        while segment < self.segments.len() && self.segments[segment].1 - used < cells {
            (segment, used) = (segment + 1, 0);
        }
        if segment == self.segments.len() {
            let kept = (self.stack.0 + usize::from(self.stack.1 > 0)).min(segment);
            self.returned.extend(self.segments.drain(kept..));
            let Some(size) = cells.max(64).checked_next_power_of_two() else {
                return trap(TrapKind::OutOfMemory);
            };
            let first = match self.returned.iter().rposition(|it| it.1 == size) {
                Some(at) => self.returned.remove(at).0,
                None => self.take_cells(size)?,
            };
            segment = self.segments.len();
            self.segments.push((first, size));
        }
        let first = self.segments[segment].0 + used;
        self.cells[first as usize..(first + cells) as usize].fill(0);
        self.stack = (segment, used + cells);
        Ok(first * 8)
    }

    fn call(&mut self, id: FuncId, args: &[Operand]) -> Done<Option<Value>> {
        let args = args.iter().map(|arg| self.operand(arg)).collect();
        self.push(id, args);
        self.steps += 1;
        Err(Leave::Moved)
    }

    fn ret(&mut self, value: Option<&Operand>) -> Done<Option<Value>> {
        let value = value.map(|value| self.operand(value));
        self.pop();
        if self.frames.is_empty() {
            let word = match value {
                Some(Value::Word(word)) => word,
                _ => 0,
            };
            return Err(Leave::Returned(word));
        }
        let frame = self.here();
        let result = self.block(frame).instructions[frame.at].result;
        let frame = self.top();
        if let (Some(result), Some(value)) = (result, value) {
            frame.values.insert(result, value);
        }
        frame.at += 1;
        Err(Leave::Moved)
    }

    fn go(&mut self, target: &Target, steps_back: bool) -> Done<Option<Value>> {
        let args: Vec<Value> = target.args.iter().map(|arg| self.operand(arg)).collect();
        let params = &self.function(self.here().function).block(target.block).params;
        self.steps += u64::from(steps_back && target.block <= self.here().block);
        let frame = self.top();
        frame.values.extend(params.iter().copied().zip(args));
        (frame.block, frame.at) = (target.block, 0);
        Err(Leave::Moved)
    }

    fn unary(&mut self, op: UnaryOp, to: Type, operand: &Operand) -> Done<Value> {
        let overflow = || Leave::Trap(TrapKind::Overflow, None, 0);
        let signed = |value: f64| {
            let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value);
            if fits { Ok(value as i64 as u64) } else { Err(overflow()) }
        };
        let word = match op {
            UnaryOp::FpToSiRteChk => signed(self.float(operand).round_ties_even())?,
            UnaryOp::FpToSi => signed(self.float(operand).trunc())?,
            UnaryOp::FpToUiRteChk => {
                let value = self.float(operand).round_ties_even();
                if !(0.0..18_446_744_073_709_551_616.0).contains(&value) {
                    return Err(overflow());
                }
                value as u64
            }
            UnaryOp::SiToFpCast | UnaryOp::SiToFp => (self.int(operand) as f64).to_bits(),
            UnaryOp::UiToFpCast => (self.word(operand) as f64).to_bits(),
            UnaryOp::SiNarrowChk => {
                let value = self.int(operand);
                let narrow =
                    if to == Type::I16 { i64::from(value as i16) } else { i64::from(value as i32) };
                if narrow != value {
                    return Err(overflow());
                }
                value as u64
            }
            UnaryOp::UiNarrowChk => {
                let value = self.word(operand);
                let (max, narrow) = match to {
                    Type::I16 => (u64::from(u16::MAX), i64::from(value as i16)),
                    _ => (u64::from(u32::MAX), i64::from(value as i32)),
                };
                if value > max {
                    return Err(overflow());
                }
                narrow as u64
            }
            UnaryOp::Trunc1 => self.word(operand) % 2,
            UnaryOp::Zext1 => self.word(operand),
            UnaryOp::ErrGetKind => self.error(operand)?.kind as u64,
            UnaryOp::ErrGetCode => self.error(operand)?.code as u64,
            UnaryOp::ErrGetIp => self.error(operand)?.ip as u64,
            UnaryOp::ErrGetLine => self.error(operand)?.line as u64,
            UnaryOp::ErrGetMsg => self.error(operand)?.message,
        };
        Ok(Value::Word(word))
    }

    fn binary(&mut self, op: BinaryOp, ty: Type, left: &Operand, right: &Operand) -> Done<u64> {
        let (a, b) = (self.int(left), self.int(right));
        let (ua, ub) = (a as u64, b as u64);
        let (x, y) = (f64::from_bits(ua), f64::from_bits(ub));
        let (min, max) = match ty {
            Type::I16 => (i128::from(i16::MIN), i128::from(i16::MAX)),
            Type::I32 => (i128::from(i32::MIN), i128::from(i32::MAX)),
            _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
        };
        let (wa, wb) = (i128::from(a), i128::from(b));
        let checked = |value: i128| {
            if value < min || value > max { trap(TrapKind::Overflow) } else { Ok(value as u64) }
        };
        let nonzero = || if b == 0 { trap(TrapKind::DivideByZero) } else { Ok(()) };
        Ok(match op {
            BinaryOp::IAddOvf => checked(wa + wb)?,
            BinaryOp::ISubOvf => checked(wa - wb)?,
            BinaryOp::IMulOvf => checked(wa * wb)?,
            BinaryOp::SDivChk0 => {
                nonzero()?;
                checked(wa / wb)?
            }
            BinaryOp::SRemChk0 => {
                nonzero()?;
                checked(wa % wb)?
            }
            BinaryOp::UDivChk0 => {
                nonzero()?;
                ua / ub
            }
            BinaryOp::URemChk0 => {
                nonzero()?;
                ua % ub
            }
            BinaryOp::Add => (wa + wb) as u64,
            BinaryOp::Sub => (wa - wb) as u64,
            BinaryOp::Mul => (wa * wb) as u64,
            BinaryOp::And => ua & ub,
            BinaryOp::Or => ua | ub,
            BinaryOp::Xor => ua ^ ub,
            BinaryOp::Shl => ua << (ub % 64),
            BinaryOp::LShr => ua >> (ub % 64),
            BinaryOp::AShr => (a >> (ub % 64)) as u64,
            BinaryOp::FAdd => (x + y).to_bits(),
            BinaryOp::FSub => (x - y).to_bits(),
            BinaryOp::FMul => (x * y).to_bits(),
            BinaryOp::FDiv => (x / y).to_bits(),
            BinaryOp::ICmpEq => u64::from(a == b),
            BinaryOp::ICmpNe => u64::from(a != b),
            BinaryOp::SCmpLt => u64::from(a < b),
            BinaryOp::SCmpLe => u64::from(a <= b),
            BinaryOp::SCmpGt => u64::from(a > b),
            BinaryOp::SCmpGe => u64::from(a >= b),
            BinaryOp::UCmpLt => u64::from(ua < ub),
            BinaryOp::UCmpLe => u64::from(ua <= ub),
            BinaryOp::UCmpGt => u64::from(ua > ub),
            BinaryOp::UCmpGe => u64::from(ua >= ub),
            BinaryOp::FCmpEq => u64::from(x == y),
            BinaryOp::FCmpNe => u64::from(x != y),
            BinaryOp::FCmpLt => u64::from(x < y),
            BinaryOp::FCmpLe => u64::from(x <= y),
            BinaryOp::FCmpGt => u64::from(x > y),
            BinaryOp::FCmpGe => u64::from(x >= y),
            BinaryOp::FCmpOrd => u64::from(!x.is_nan() && !y.is_nan()),
            BinaryOp::FCmpUno => u64::from(x.is_nan() || y.is_nan()),
        })
    }

    fn intern(&mut self, text: &str) -> Done<u64> {
        if let Some(at) = self.strings.iter().position(|known| known == text) {
            return Ok(at as u64 + 1);
        }
        let Some(left) = self.string_bytes_left.checked_sub(text.len() + 96) else {
            return trap_with(TrapKind::OutOfMemory, "the string memory is full");
        };
        self.string_bytes_left = left;
        self.strings.push(text.to_owned());
        Ok(self.strings.len() as u64)
    }

    fn text(&self, handle: u64) -> Done<String> {
        if handle == 0 {
            return trap_with(TrapKind::NullPointer, "null string");
        }
        match self.strings.get(usize::try_from(handle - 1).unwrap_or(usize::MAX)) {
            Some(text) => Ok(text.clone()),
            None => trap_with(TrapKind::InvalidCast, "not a string"),
        }
    }

    fn call_extern(&mut self, id: ExternId, args: &[Operand]) -> Done<Option<Value>> {
        let name = &self.module.externs[id.index()].name;
        let args: Vec<u64> = args.iter().map(|arg| self.word(arg)).collect();
        let word = match name.strip_prefix("Viper.").unwrap_or(name) {
            "Terminal.SayInt" => {
                self.output += &format!("{}\n", args[0] as i64);
                0
            }
            "Terminal.PrintI64" => {
                self.output += &(args[0] as i64).to_string();
                0
            }
            "Terminal.Say" => {
                let text = self.text(args[0])?;
                self.output += &format!("{text}\n");
                0
            }
            "Terminal.PrintStr" => {
                let text = self.text(args[0])?;
                self.output += &text;
                0
            }
            "Core.Convert.ToStringInt" => self.intern(&(args[0] as i64).to_string())?,
            "Core.Diagnostics.Assert" => {
                if args[0] == 0 {
                    let message = self.text(args[1])?;
                    return trap_with(TrapKind::Assertion, message);
                }
                0
            }
            "Memory.Alloc" => {
                let bytes = args[0] as i64;
                if bytes < 0 {
                    let message = format!("Memory.Alloc: negative size {bytes}");
                    return trap_with(TrapKind::DomainError, message);
                }
                self.take_cells((bytes as u64).div_ceil(8).max(1))? * 8
            }
            "String.Concat" => {
                let text = self.text(args[0])? + &self.text(args[1])?;
                self.intern(&text)?
            }
            "Test.Mix" => match mix(args[0], args[1]) {
                Ok(word) => word,
                Err(message) => return trap_with(TrapKind::DomainError, message),
            },
            "String.Len" => self.text(args[0])?.len() as u64,
            other => unreachable!("the generator does not call {other}"),
        };
        Ok(Some(Value::Word(word)))
    }
}

/// What the host's function of generated programs gives, or the trap that it raises.
pub(crate) fn mix(a: u64, b: u64) -> Result<u64, &'static str> {
    if a & 63 == 41 { Err("these do not mix") } else { Ok(a.wrapping_mul(31).wrapping_add(b)) }
}

/// What `resume.next` leaves in the place of a result.
fn zero(ty: Type) -> Value {
    match ty {
        Type::Error => Value::Error(None),
        Type::ResumeTok => Value::Token(None),
        _ => Value::Word(0),
    }
}
