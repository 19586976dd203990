//! One instruction: its operands against what it asks for.
//!
//! Each check looks at all operands before it gives up, so that one run tells all that is wrong.

use std::collections::HashSet;

use super::super::resolved::{self, GlobalId};
use super::super::{
    BinaryOp, Block, Diagnostic, Instruction, MemoryOrder, Op, Operand, RmwOp, Rule, Target, Type,
    UnaryOp, Value,
};
use super::function::FunctionVerifier;
use super::operand::{Place, did_you_mean};
use super::{Symbol, is_storable};

/// What every `eh.push` target takes.
const HANDLER_PARAMS: [Type; 2] = [Type::Error, Type::ResumeTok];

/// How a memory access may not be ordered.
const RELEASING: &[MemoryOrder] = &[MemoryOrder::Release, MemoryOrder::AcqRel];
const ACQUIRING: &[MemoryOrder] = &[MemoryOrder::Acquire, MemoryOrder::AcqRel];

impl<'m> FunctionVerifier<'m, '_> {
    /// Checks an instruction; gives its resolved form if it is right and can run.
    pub(super) fn operation(
        &mut self,
        block: &'m Block,
        index: usize,
        instruction: &'m Instruction,
    ) -> Option<resolved::Op> {
        self.check_result(instruction);
        let op = &instruction.op;
        let mnemonic = op.mnemonic();
        let role = |role| Place::Role(role, mnemonic);
        match op {
            Op::Unary(op, operand) => self.unary(*op, operand, instruction),
            Op::Binary(op, left, right) => self.binary(*op, left, right, instruction),
            Op::Select { ty, condition, if_true, if_false } => {
                let ty = self.storable(*ty, instruction)?;
                let condition = self.operand(condition, Type::I1, role("condition"));
                let if_true = self.operand(if_true, ty, role("first value"));
                let if_false = self.operand(if_false, ty, role("second value"));
                let condition = condition?;
                Some(resolved::Op::Select { ty, condition, if_true: if_true?, if_false: if_false? })
            }
            Op::IdxChk { index, low, high } => {
                let index = self.operand(index, Type::I64, role("index"));
                let low = self.operand(low, Type::I64, role("lower bound"));
                let high = self.operand(high, Type::I64, role("upper bound"));
                Some(resolved::Op::IdxChk { index: index?, low: low?, high: high? })
            }
            Op::Alloca(bytes) => {
                if let Value::Int(size @ ..=-1) = bytes.value {
                    let message = format!("'alloca' cannot take {size} bytes");
                    self.report(Diagnostic::new(bytes.span, message));
                    return None;
                }
                let bytes = self.operand(bytes, Type::I64, role("size"))?;
                Some(resolved::Op::Alloca { bytes })
            }
            Op::Load { ty, pointer } => {
                let ty = self.storable(*ty, instruction)?;
                let pointer = self.operand(pointer, Type::Ptr, role("pointer"))?;
                Some(resolved::Op::Load { ty, pointer })
            }
            Op::Store { ty, pointer, value } => {
                let ty = self.storable(*ty, instruction)?;
                let pointer = self.operand(pointer, Type::Ptr, role("pointer"));
                let value = self.operand(value, ty, role("value"));
                Some(resolved::Op::Store { ty, pointer: pointer?, value: value? })
            }
            Op::Gep(pointer, bytes) => {
                let pointer = self.operand(pointer, Type::Ptr, role("pointer"));
                let bytes = self.operand(bytes, Type::I64, role("offset"));
                Some(resolved::Op::Gep { pointer: pointer?, bytes: bytes? })
            }
            Op::GAddr(name) => {
                self.global(name, false, instruction).map(resolved::Op::GlobalAddress)
            }
            Op::ConstStr(name) => self.global(name, true, instruction).map(resolved::Op::ConstStr),
            Op::AddrOf(name) => self.address_of(name, instruction),
            Op::ConstNull => {
                Some(resolved::Op::Constant { ty: self.result_type(instruction)?, word: 0 })
            }
            Op::ConstF64(value) => {
                Some(resolved::Op::Constant { ty: Type::F64, word: value.to_bits() })
            }
            Op::Call { callee, args, attributes } => {
                self.check_attributes(attributes, instruction);
                self.call(callee, args, instruction)
            }
            Op::CallIndirect { signature, callee, args } => {
                self.call_indirect(signature.as_ref(), callee, args, instruction)
            }
            Op::AtomicLoad { ty, pointer, order } => {
                let ty = self.atomic_type(*ty, None, instruction);
                let pointer = self.operand(pointer, Type::Ptr, role("pointer"));
                let order = self.order(*order, RELEASING, "order", instruction);
                Some(resolved::Op::AtomicLoad { ty: ty?, pointer: pointer?, order: order? })
            }
            Op::AtomicStore { ty, pointer, value, order } => {
                let atomic = self.atomic_type(*ty, None, instruction);
                let pointer = self.operand(pointer, Type::Ptr, role("pointer"));
                let value = self.operand(value, *ty, role("value"));
                let order = self.order(*order, ACQUIRING, "order", instruction);
                let (ty, pointer) = (atomic?, pointer?);
                Some(resolved::Op::AtomicStore { ty, pointer, value: value?, order: order? })
            }
            Op::AtomicRmw { op, ty, pointer, value, order } => {
                let atomic = self.atomic_type(*ty, Some(*op), instruction);
                let pointer = self.operand(pointer, Type::Ptr, role("pointer"));
                let value = self.operand(value, *ty, role("value"));
                let (op, order, ty) = (*op, *order, atomic?);
                Some(resolved::Op::AtomicRmw { op, ty, pointer: pointer?, value: value?, order })
            }
            Op::AtomicCas { ty, pointer, expected, desired, success, failure } => {
                let atomic = self.atomic_type(*ty, None, instruction);
                let pointer = self.operand(pointer, Type::Ptr, role("pointer"));
                let expected = self.operand(expected, *ty, role("expected value"));
                let desired = self.operand(desired, *ty, role("desired value"));
                let failure = self.order(*failure, RELEASING, "failure order", instruction);
                Some(resolved::Op::AtomicCas {
                    ty: atomic?,
                    pointer: pointer?,
                    expected: expected?,
                    desired: desired?,
                    success: *success,
                    failure: failure?,
                })
            }
            Op::Fence(order) => self
                .order(*order, &[MemoryOrder::Relaxed], "order", instruction)
                .map(resolved::Op::Fence),
            Op::Br(target) => self.target(target).map(resolved::Op::Br),
            Op::CBr { condition, if_true, if_false } => {
                let condition = self.operand(condition, Type::I1, role("condition"));
                let (if_true, if_false) = (self.target(if_true), self.target(if_false));
                let (condition, if_true) = (condition?, if_true?);
                Some(resolved::Op::CBr { condition, if_true, if_false: if_false? })
            }
            Op::Switch { scrutinee, default, cases } => {
                let scrutinee = self.operand(scrutinee, Type::I32, role("value"));
                let default = self.target(default);
                let mut seen = HashSet::with_capacity(cases.len());
                let mut resolved_cases = Some(Vec::with_capacity(cases.len()));
                for case in cases {
                    if !seen.insert(case.value) {
                        let message = format!("case {} is there twice", case.value);
                        self.report(Diagnostic::new(case.target.span, message));
                    }
                    let target = self.target(&case.target);
                    resolved_cases = resolved_cases.zip(target).map(|(mut cases, target)| {
                        cases.push((case.value, target));
                        cases
                    });
                }
                let (scrutinee, default) = (scrutinee?, default?);
                Some(resolved::Op::Switch { scrutinee, default, cases: resolved_cases? })
            }
            Op::Ret(value) => self.ret(value.as_ref(), instruction),
            Op::Trap => Some(resolved::Op::Trap),
            Op::TrapFromErr { ty, code } => {
                if !matches!(ty, Type::I32 | Type::I64) {
                    let message = format!("'{mnemonic}' takes an i32 or i64 code, not {ty}");
                    self.report(Diagnostic::new(instruction.span, message));
                    return None;
                }
                let code = self.operand(code, *ty, role("code"))?;
                Some(resolved::Op::TrapFromErr { ty: *ty, code })
            }
            Op::TrapErr { kind, message } => {
                let kind = self.operand(kind, Type::I32, role("kind"));
                let message = self.operand(message, Type::Str, role("message"));
                Some(resolved::Op::TrapErr { kind: kind?, message: message? })
            }
            Op::TrapKind(None) => Some(resolved::Op::TrapKind(None)),
            Op::TrapKind(Some(error)) => {
                let error = self.operand(error, Type::Error, role("operand"))?;
                Some(resolved::Op::TrapKind(Some(error)))
            }
            Op::EhPush(target) => self.push_handler(target),
            Op::EhPop => Some(resolved::Op::EhPop),
            Op::EhEntry => {
                let params = block.params.iter().map(|param| param.ty);
                if index > 0 || !params.eq(HANDLER_PARAMS) {
                    let message = "'eh.entry' must be the first instruction of a handler";
                    self.report(Diagnostic::new(instruction.span, message));
                    return None;
                }
                Some(resolved::Op::EhEntry)
            }
            Op::ResumeSame(token) => {
                let token = self.operand(token, Type::ResumeTok, role("operand"))?;
                Some(resolved::Op::ResumeSame(token))
            }
            Op::ResumeNext(token) => {
                let token = self.operand(token, Type::ResumeTok, role("operand"))?;
                Some(resolved::Op::ResumeNext(token))
            }
            Op::ResumeLabel { token, target } => {
                let token = self.operand(token, Type::ResumeTok, role("token"));
                let handler = self.labels.get(target.label.as_str()).copied();
                if handler.is_some_and(|block| self.is_handler[block]) {
                    let message = format!("'{mnemonic}' cannot go to handler '{}'", target.label);
                    let finding = Diagnostic::new(target.span, message);
                    self.report(finding.help("only a trap enters a handler with a fresh token"));
                    return None;
                }
                let target = self.target(target);
                Some(resolved::Op::ResumeLabel { token: token?, target: target? })
            }
        }
    }

    fn unary(
        &mut self,
        op: UnaryOp,
        operand: &'m Operand,
        instruction: &Instruction,
    ) -> Option<resolved::Op> {
        let to = self.result_type(instruction);
        let want = op.params().iter().find_map(|&rule| exact(rule))?;
        let operand = self.operand(operand, want, Place::Role("operand", op.name()))?;
        Some(resolved::Op::Unary { op, to: to?, operand })
    }

    fn binary(
        &mut self,
        op: BinaryOp,
        left: &'m Operand,
        right: &'m Operand,
        instruction: &Instruction,
    ) -> Option<resolved::Op> {
        let rule = op.params().first().copied()?;
        let ty = match rule {
            Rule::Width | Rule::Narrow => self.result_type(instruction)?,
            Rule::Same => self.common_type(op, left, right)?,
            _ => exact(rule)?,
        };
        let has_default_width = rule == Rule::Width && ty == Type::I64;
        let mut operand = |operand, role| {
            let resolved = self.operand(operand, ty, Place::Role(role, op.name()));
            if let (None, true, Some(narrow @ (Type::I16 | Type::I32))) =
                (resolved, has_default_width, self.own_type(operand))
            {
                let help = || format!("the result says how wide it is: '%r:{narrow} = ...'");
                self.reports.advise_last(help);
            }
            resolved
        };
        let left = operand(left, "first operand");
        let right = operand(right, "second operand");
        Some(resolved::Op::Binary { op, ty, left: left?, right: right? })
    }

    /// The type at which two values are compared: that of the first one that has one by itself.
    fn common_type(&mut self, op: BinaryOp, left: &Operand, right: &Operand) -> Option<Type> {
        let (left_type, right_type) = (self.own_type(left), self.own_type(right));
        let (ty, at) = match (left_type, right_type) {
            (Some(ty), _) => (ty, left),
            (None, Some(ty)) => (ty, right),
            (None, None) => (Type::I64, left),
        };
        if ty.is_integer() || ty == Type::Ptr {
            return Some(ty);
        }
        let message = format!("'{}' compares integers or pointers, not {ty}", op.name());
        let finding = Diagnostic::new(at.span, message);
        self.report(match ty {
            Type::F64 => finding.help("floats are compared with 'fcmp_eq', 'fcmp_lt' and so on"),
            _ => finding,
        });
        None
    }

    /// The type if memory and `select` can have values of it.
    fn storable(&mut self, ty: Type, instruction: &Instruction) -> Option<Type> {
        if is_storable(ty) {
            return Some(ty);
        }
        let message = format!("'{}' cannot have type {ty}", instruction.op.mnemonic());
        self.report(Diagnostic::new(instruction.span, message));
        None
    }

    /// The type if there are atomic operations on it.
    fn atomic_type(
        &mut self,
        ty: Type,
        op: Option<RmwOp>,
        instruction: &Instruction,
    ) -> Option<Type> {
        let mnemonic = instruction.op.mnemonic();
        let message = match (ty, op) {
            (Type::I64, _) | (Type::Ptr, None | Some(RmwOp::Exchange)) => return Some(ty),
            (Type::Ptr, Some(op)) => format!("'{mnemonic} {}' cannot have type ptr", op.name()),
            _ => format!("'{mnemonic}' cannot have type {ty}"),
        };
        let finding = Diagnostic::new(instruction.span, message);
        self.report(finding.help("atomic operations are on i64; on ptr, all but arithmetic"));
        None
    }

    /// The order unless the operation cannot have it.
    fn order(
        &mut self,
        order: MemoryOrder,
        illegal: &[MemoryOrder],
        what: &str,
        instruction: &Instruction,
    ) -> Option<MemoryOrder> {
        if !illegal.contains(&order) {
            return Some(order);
        }
        let mnemonic = instruction.op.mnemonic();
        let message = format!("the {what} of '{mnemonic}' cannot be {}", order.name());
        self.report(Diagnostic::new(instruction.span, message));
        None
    }

    fn global(&mut self, name: &str, is_str: bool, instruction: &Instruction) -> Option<GlobalId> {
        let finding = |message| Diagnostic::new(instruction.span, message);
        let Some(Symbol::Global(id)) = self.symbols.get(name) else {
            let finding = finding(format!("there is no global '@{name}'"));
            let near = self.symbols.nearest_global(name).map(|near| format!("@{near}"));
            self.report(did_you_mean(finding, near));
            return None;
        };
        let global = &self.symbols.module.globals[id.index()];
        if (global.ty == Type::Str) == is_str {
            return Some(id);
        }
        let finding = if is_str {
            finding(format!("global '@{name}' is {}, not str", global.ty))
                .help("'gaddr' gives its address")
        } else {
            finding(format!("global '@{name}' is a string constant and has no address"))
                .help("'const_str' gives the string")
        };
        self.report(finding.related(global.span, "defined here"));
        None
    }

    fn address_of(&mut self, name: &str, instruction: &Instruction) -> Option<resolved::Op> {
        if let Some(Symbol::Global(id)) = self.symbols.get(name)
            && self.symbols.module.globals[id.index()].ty == Type::Str
        {
            let message = format!("'addr_of' takes a function, and '@{name}' is a string constant");
            let finding = Diagnostic::new(instruction.span, message);
            self.report(finding.help(format!("write 'const_str @{name}'")));
            return None;
        }
        let operand = Operand { value: Value::Null, span: instruction.span };
        self.function_named(&operand, name).map(resolved::Op::FunctionAddress)
    }

    fn ret(
        &mut self,
        value: Option<&'m Operand>,
        instruction: &Instruction,
    ) -> Option<resolved::Op> {
        let function = self.function;
        let (name, result) = (&function.name, function.result);
        match (value, result) {
            (None, Type::Void) => Some(resolved::Op::Ret(None)),
            (None, _) => {
                let message = format!("'@{name}' returns {result}, but this 'ret' has no value");
                self.report(Diagnostic::new(instruction.span, message));
                None
            }
            (Some(operand), Type::Void) => {
                let message = format!("'@{name}' returns void, but this 'ret' has a value");
                self.report(Diagnostic::new(operand.span, message));
                None
            }
            (Some(operand), result) => {
                let operand = self.operand(operand, result, Place::Role("value", "ret"))?;
                Some(resolved::Op::Ret(Some(operand)))
            }
        }
    }

    fn push_handler(&mut self, target: &'m Target) -> Option<resolved::Op> {
        let (source, id) = self.block_named(target)?;
        let block = &self.function.blocks[source];
        if !target.args.is_empty() {
            let message = "'eh.push' passes no arguments to its handler";
            let finding = Diagnostic::new(target.span, message);
            self.report(finding.help("a trap passes the error and the token"));
            return None;
        }
        if !block.params.iter().map(|param| param.ty).eq(HANDLER_PARAMS) {
            let message = format!("handler '{}' must take an error and a resumetok", block.label);
            let finding = Diagnostic::new(target.span, message).related(block.span, "defined here");
            let help = format!("write '{}(%err: error, %tok: resumetok):'", block.label);
            self.report(finding.help(help));
            return None;
        }
        Some(resolved::Op::EhPush(id?))
    }
}

/// The type that a rule names, if it names one.
fn exact(rule: Rule) -> Option<Type> {
    match rule {
        Rule::I1 => Some(Type::I1),
        Rule::I32 => Some(Type::I32),
        Rule::I64 => Some(Type::I64),
        Rule::F64 => Some(Type::F64),
        Rule::Str => Some(Type::Str),
        Rule::Error => Some(Type::Error),
        Rule::Width | Rule::Narrow | Rule::Same => None,
    }
}
