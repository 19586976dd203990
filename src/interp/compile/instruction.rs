//! One IL instruction at a time.

use super::super::Register;
use super::super::machine::Field;
use super::super::table::Op;
use super::super::trap::TrapKind;
use super::function::{FunctionCompiler, SCRATCH};
use super::jump::Destination;
use super::shape::{Address, Shape};
use crate::il::resolved::{self, Callee, ExternId, Instruction, Operand, Source};
use crate::il::{BinaryOp, Type, UnaryOp};

impl<'m> FunctionCompiler<'_, 'm> {
    pub(super) fn instruction(&mut self, instruction: &'m Instruction, at: (usize, usize)) {
        use resolved::Op as Il;
        self.scratch_used = 0;
        let block = at.0;
        // A result that is never read still needs a place.
        let d = instruction.result.map_or(self.scratch(SCRATCH - 1), |v| self.register(v));
        match &instruction.op {
            Il::Unary { op, operand } => {
                let to = instruction.result.map_or(Type::I64, |v| self.function.value(v).ty);
                self.unary(*op, to, d, operand);
            }
            Il::Binary { op, left, right } => {
                let ty = left.ty;
                // Narrow arithmetic is wide arithmetic whose result must fit. The result reaches its
                // register only if it fits, because a handler may read what was there before.
                let is_narrowed = ty != Type::I64 && may_leave_width(*op);
                let wide = if is_narrowed { self.scratch(SCRATCH - 1) } else { d };
                let emitted = match self.plan.shape(at.0, at.1).cloned() {
                    Some(shape) => self.shaped(&shape, wide),
                    None if ty == Type::Ptr && self.all.data.is_checked => {
                        self.comparison(*op, d, left, right)
                    }
                    None => self.binary(*op, wide, left, right),
                };
                self.emit(emitted);
                if is_narrowed {
                    self.emit(Op::Narrow { d, a: wide, k: bits(ty) });
                }
            }
            Il::Select { condition, if_true, if_false, .. } => {
                let c = self.operand(condition);
                let (a, b) = (self.operand(if_true), self.operand(if_false));
                self.emit(Op::Select { d, c, a, b });
            }
            Il::IdxChk { index, low, high } => {
                let (a, b, c) = (self.operand(index), self.operand(low), self.operand(high));
                self.emit(Op::Index { d, a, b, c });
            }
            Il::Alloca { bytes } => {
                let a = self.operand(bytes);
                self.emit(Op::Alloca { d, a });
            }
            Il::Load { ty, .. } => {
                let op = match (self.address(at), ty) {
                    (Address::Global(g), _) => Op::LoadGlobal { d, g },
                    (Address::Offset(base, k), Type::I32) => {
                        Op::LoadI32 { d, a: self.operand(&base), k }
                    }
                    (Address::Offset(base, k), _) => Op::Load { d, a: self.operand(&base), k },
                    (Address::Indexed(base, index), Type::I32) => {
                        Op::LoadXI32 { d, a: self.operand(&base), b: self.operand(&index) }
                    }
                    (Address::Indexed(base, index), _) => {
                        Op::LoadX { d, a: self.operand(&base), b: self.operand(&index) }
                    }
                };
                self.emit(op);
                if !matches!(op, Op::LoadI32 { .. } | Op::LoadXI32 { .. }) {
                    self.canonical(*ty, d);
                }
            }
            Il::Store { value, .. } => {
                let op = match self.address(at) {
                    Address::Global(g) => Op::StoreGlobal { a: self.operand(value), g },
                    Address::Offset(base, k) => {
                        Op::Store { a: self.operand(&base), b: self.operand(value), k }
                    }
                    Address::Indexed(base, index) => Op::StoreX {
                        a: self.operand(&base),
                        b: self.operand(&index),
                        c: self.operand(value),
                    },
                };
                self.emit(op);
            }
            Il::Gep { pointer, bytes } => {
                let op = match self.plan.shape(at.0, at.1).cloned() {
                    Some(shape) => self.shaped(&shape, d),
                    None if self.all.data.is_checked => {
                        let (a, b) = (self.operand(pointer), self.operand(bytes));
                        Op::PtrAdd { d, a, b }
                    }
                    None => self.binary(BinaryOp::Add, d, pointer, bytes),
                };
                self.emit(op);
            }
            Il::ConstF64 { .. }
            | Il::ConstNull {}
            | Il::GlobalAddress { .. }
            | Il::ConstStr { .. }
            | Il::FunctionAddress { .. } => {
                unreachable!("known words are written where they are read")
            }
            Il::Call { callee, args, .. } => self.call(*callee, args, instruction, at),
            Il::CallIndirect { signature, callee, args } => {
                let a = self.operand(callee);
                let w = self.arguments(args, at);
                let p = self.all.signature(signature);
                self.emit(Op::CallIndirect { w, a, p });
                self.call_result(instruction, w);
            }
            Il::AtomicLoad { pointer, order, .. } => {
                let a = self.operand(pointer);
                self.emit(Op::AtomicLoad { d, a, o: *order });
            }
            Il::AtomicStore { pointer, value, order, .. } => {
                let (a, b) = (self.operand(pointer), self.operand(value));
                self.emit(Op::AtomicStore { a, b, o: *order });
            }
            Il::AtomicRmw { op, pointer, value, order, .. } => {
                let (a, b) = (self.operand(pointer), self.operand(value));
                self.emit(Op::AtomicRmw { d, a, b, r: *op, o: *order });
            }
            Il::AtomicCas { ty, pointer, expected, desired, success, failure } => {
                let a = self.operand(pointer);
                let (b, c) = (self.operand(expected), self.operand(desired));
                let is_pointer = *ty == Type::Ptr && self.all.data.is_checked;
                self.emit(if is_pointer {
                    Op::PtrCas { d, a, b, c, o: *success, q: *failure }
                } else {
                    Op::AtomicCas { d, a, b, c, o: *success, q: *failure }
                });
            }
            Il::Fence { order } => {
                self.emit(Op::Fence { o: *order });
            }
            Il::Br { target } => self.branch(target, block),
            Il::CBr { if_true, if_false, .. } => self.conditional(at, if_true, if_false),
            Il::Switch { scrutinee, default, cases } => {
                self.switch(scrutinee, default, cases, block);
            }
            Il::Ret { value } => self.ret(value.as_ref()),
            Il::Trap {} => {
                self.emit(Op::Trap { k: TrapKind::DomainError as u8 });
            }
            Il::TrapFromErr { code, .. } => {
                let a = self.operand(code);
                self.emit(Op::TrapCode { a });
            }
            Il::TrapErr { kind, message } => {
                let (a, b) = (self.operand(kind), self.operand(message));
                self.emit(Op::MakeError { d, a, b });
            }
            Il::TrapKind { error: None } => {
                self.emit(Op::CaughtKind { d });
            }
            Il::TrapKind { error: Some(error) } => self.error_field(d, error, Field::Kind),
            Il::EhPush { handler } => {
                let [error, token] = self.function.block(handler.block).params[..] else {
                    unreachable!("verified: a handler takes an error and a token")
                };
                let (d, a) = (self.register(error), self.register(token));
                let at = self.emit(Op::Guard { d, a, to: 0 });
                self.jumps.push((at, Destination::Block(handler.block)));
            }
            Il::EhPop {} => {
                self.emit(Op::Unguard {});
            }
            // The instruction marks the place for the verifier and does nothing.
            Il::EhEntry {} => {}
            Il::ResumeSame { token } => {
                let a = self.operand(token);
                self.emit(Op::ResumeSame { a });
            }
            Il::ResumeNext { token } => {
                let a = self.operand(token);
                self.emit(Op::ResumeNext { a });
            }
            Il::ResumeLabel { token, target } => {
                // This comes first: a handler of the trap may still read what the moves overwrite.
                let a = self.operand(token);
                self.emit(Op::Token { a });
                self.moves(target);
                let at = self.emit(Op::JmpBack { to: 0 });
                self.jumps.push((at, Destination::Block(target.block)));
            }
        }
    }

    fn address(&self, at: (usize, usize)) -> Address {
        match self.plan.shape(at.0, at.1) {
            Some(&Shape::Access(address)) => address,
            shape => unreachable!("every load and store has an address, not {shape:?}"),
        }
    }

    /// An operation that contains other operations, or a literal.
    fn shaped(&mut self, shape: &Shape, d: Register) -> Op {
        match shape {
            Shape::MulAdd { c, a, b, subtract } => {
                let (c, a, b) = (self.operand(c), self.operand(a), self.operand(b));
                if *subtract { Op::FMulSub { d, c, a, b } } else { Op::FMulAdd { d, c, a, b } }
            }
            Shape::Literal { form, a, k } => form(d, self.operand(a), *k),
            shape => unreachable!("{shape:?} has no result"),
        }
    }

    /// Makes a word from memory a proper value of its type.
    fn canonical(&mut self, ty: Type, d: Register) {
        match ty {
            Type::I1 => self.emit(Op::Bit { d, a: d }),
            Type::I16 => self.emit(Op::Extend { d, a: d, k: 16 }),
            Type::I32 => self.emit(Op::Extend { d, a: d, k: 32 }),
            _ => return,
        };
    }

    fn error_field(&mut self, d: Register, error: &Operand, e: Field) {
        let a = self.operand(error);
        self.emit(Op::ErrorField { d, a, e });
    }

    fn unary(&mut self, op: UnaryOp, to: Type, d: Register, operand: &Operand) {
        let a = self.operand(operand);
        let field = |e| Op::ErrorField { d, a, e };
        let op = match op {
            UnaryOp::FpToSiRteChk => Op::FToI { d, a },
            UnaryOp::FpToUiRteChk => Op::FToU { d, a },
            UnaryOp::FpToSi => Op::FTrunc { d, a },
            UnaryOp::SiToFp | UnaryOp::SiToFpCast => Op::IToF { d, a },
            UnaryOp::UiToFpCast => Op::UToF { d, a },
            UnaryOp::SiNarrowChk => Op::Narrow { d, a, k: bits(to) },
            UnaryOp::UiNarrowChk => Op::UNarrow { d, a, k: bits(to) },
            UnaryOp::Trunc1 => Op::Bit { d, a },
            UnaryOp::Zext1 => Op::Mov { d, a },
            UnaryOp::ErrGetKind => field(Field::Kind),
            UnaryOp::ErrGetCode => field(Field::Code),
            UnaryOp::ErrGetIp => field(Field::Ip),
            UnaryOp::ErrGetLine => field(Field::Line),
            UnaryOp::ErrGetMsg => field(Field::Message),
        };
        self.emit(op);
    }

    fn binary(&mut self, op: BinaryOp, d: Register, left: &Operand, right: &Operand) -> Op {
        let (a, b) = (self.operand(left), self.operand(right));
        match op {
            BinaryOp::IAddOvf => Op::Add { d, a, b },
            BinaryOp::ISubOvf => Op::Sub { d, a, b },
            BinaryOp::IMulOvf => Op::Mul { d, a, b },
            BinaryOp::SDivChk0 => Op::Div { d, a, b },
            BinaryOp::UDivChk0 => Op::UDiv { d, a, b },
            BinaryOp::SRemChk0 => Op::Rem { d, a, b },
            BinaryOp::URemChk0 => Op::URem { d, a, b },
            BinaryOp::Add => Op::WAdd { d, a, b },
            BinaryOp::Sub => Op::WSub { d, a, b },
            BinaryOp::Mul => Op::WMul { d, a, b },
            BinaryOp::And => Op::And { d, a, b },
            BinaryOp::Or => Op::Or { d, a, b },
            BinaryOp::Xor => Op::Xor { d, a, b },
            BinaryOp::Shl => Op::Shl { d, a, b },
            BinaryOp::LShr => Op::LShr { d, a, b },
            BinaryOp::AShr => Op::AShr { d, a, b },
            BinaryOp::FAdd => Op::FAdd { d, a, b },
            BinaryOp::FSub => Op::FSub { d, a, b },
            BinaryOp::FMul => Op::FMul { d, a, b },
            BinaryOp::FDiv => Op::FDiv { d, a, b },
            BinaryOp::ICmpEq => Op::Eq { d, a, b },
            BinaryOp::ICmpNe => Op::Ne { d, a, b },
            BinaryOp::SCmpLt => Op::Lt { d, a, b },
            BinaryOp::SCmpLe => Op::Le { d, a, b },
            BinaryOp::SCmpGt => Op::Lt { d, a: b, b: a },
            BinaryOp::SCmpGe => Op::Le { d, a: b, b: a },
            BinaryOp::UCmpLt => Op::ULt { d, a, b },
            BinaryOp::UCmpLe => Op::ULe { d, a, b },
            BinaryOp::UCmpGt => Op::ULt { d, a: b, b: a },
            BinaryOp::UCmpGe => Op::ULe { d, a: b, b: a },
            BinaryOp::FCmpEq => Op::FEq { d, a, b },
            BinaryOp::FCmpNe => Op::FNe { d, a, b },
            BinaryOp::FCmpLt => Op::FLt { d, a, b },
            BinaryOp::FCmpLe => Op::FLe { d, a, b },
            BinaryOp::FCmpGt => Op::FLt { d, a: b, b: a },
            BinaryOp::FCmpGe => Op::FLe { d, a: b, b: a },
            BinaryOp::FCmpOrd => Op::FOrd { d, a, b },
            BinaryOp::FCmpUno => Op::FUno { d, a, b },
        }
    }

    /// A comparison of pointers in checked code.
    fn comparison(&mut self, op: BinaryOp, d: Register, left: &Operand, right: &Operand) -> Op {
        use BinaryOp::{ICmpNe, SCmpGe, SCmpGt, SCmpLe, SCmpLt, UCmpGe, UCmpGt, UCmpLe, UCmpLt};
        let (a, b) = (self.operand(left), self.operand(right));
        match op {
            ICmpNe => Op::PtrNe { d, a, b },
            SCmpLt | UCmpLt => Op::PtrLt { d, a, b },
            SCmpGt | UCmpGt => Op::PtrLt { d, a: b, b: a },
            SCmpLe | UCmpLe => Op::PtrLe { d, a, b },
            SCmpGe | UCmpGe => Op::PtrLe { d, a: b, b: a },
            _ => Op::PtrEq { d, a, b },
        }
    }

    /// Copies arguments into the window.
    fn arguments(&mut self, args: &[Operand], at: (usize, usize)) -> Register {
        let w = self.window(at);
        for (nth, arg) in args.iter().enumerate() {
            self.copy(w + nth as Register, arg);
        }
        w
    }

    fn call(
        &mut self,
        callee: Callee,
        args: &[Operand],
        instruction: &Instruction,
        at: (usize, usize),
    ) {
        let w = self.arguments(args, at);
        match callee {
            Callee::Function(id) => {
                let at = self.emit(Op::Call { w, n: 0, to: 0 });
                self.all.calls.push((at, id));
            }
            Callee::Extern(ExternId(x)) => {
                self.emit(Op::CallExtern { w, n: args.len().max(1) as u8, x: x as u16 });
            }
        }
        self.call_result(instruction, w);
    }

    /// Moves the result out of the window, unless it stays there.
    fn call_result(&mut self, instruction: &Instruction, w: Register) {
        if let Some(result) = instruction.result
            && self.plan.is_read(result)
            && self.register(result) != w
        {
            let d = self.register(result);
            self.emit(Op::Mov { d, a: w });
        }
    }

    fn ret(&mut self, value: Option<&Operand>) {
        let op = match value.map(|value| self.plan.resolve(value).source) {
            None => Op::RetK { k: 0 },
            Some(Source::Word(word)) if i32::try_from(word as i64).is_ok() => {
                Op::RetK { k: word as i32 }
            }
            Some(_) => Op::Ret { a: self.operand(value.expect("it was there")) },
        };
        if self.guards {
            self.emit(Op::UnguardAll {});
        }
        if let Some(mark) = self.mark {
            self.emit(Op::Release { a: mark });
        }
        self.emit(op);
    }
}

fn may_leave_width(op: BinaryOp) -> bool {
    use BinaryOp::{IAddOvf, IMulOvf, ISubOvf, SDivChk0};
    matches!(op, IAddOvf | ISubOvf | IMulOvf | SDivChk0)
}

fn bits(ty: Type) -> u8 {
    match ty {
        Type::I1 => 1,
        Type::I16 => 16,
        Type::I32 => 32,
        _ => 64,
    }
}
