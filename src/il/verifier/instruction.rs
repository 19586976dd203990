//! Checks one instruction: its operands, and its other requirements.
//!
//! Each check examines all operands before it gives up, so that one run reports everything that is wrong.

use std::collections::HashSet;

// The types that rows of the table require.
use super::super::Type::{I1, I32, I64, Ptr, ResumeTok, Str};
use super::super::resolved::{self, GlobalId};
use super::super::table::instructions;
use super::super::{
    BinaryOp, Block, Diagnostic, Instruction, MemoryOrder, Op, Operand, RmwOp, Rule, Target, Type,
    Value,
};
use super::function::FunctionVerifier;
use super::operand::{Place, did_you_mean};
use super::{Symbol, is_storable};

/// Orders that some memory accesses cannot have.
const RELEASING: &[MemoryOrder] = &[MemoryOrder::Release, MemoryOrder::AcqRel];
const ACQUIRING: &[MemoryOrder] = &[MemoryOrder::Acquire, MemoryOrder::AcqRel];

/// Resolves a plain instruction operand by operand, in addition to the arms for the others.
macro_rules! resolve {
    (
        alike { $($_alike:tt)* }
        plain { $(
            $(#[$_doc:meta])* $op:ident $name:literal $_form:literal
            [$($lead:ident: $_lead:ty),*] ($($operand:ident: $want:expr, $role:literal);*) [$($order:ident),*]
            -> $_gives:expr;
        )* }
        shaped { $($_shaped:tt)* }
        $verifier:ident, match $on:ident { $($arms:tt)* }
    ) => {
        match $on {
            $( Op::$op { $($lead,)* $($operand,)* $($order),* } => {
                $( let $operand = $verifier.operand($operand, $want, Place::Role($role, $name)); )*
                Some(resolved::Op::$op {
                    $($lead: *$lead,)* $($operand: $operand?,)* $($order: *$order),*
                })
            } )*
            $($arms)*
        }
    };
}

impl<'m> FunctionVerifier<'m, '_> {
    /// Checks an instruction; returns its resolved form if it is correct and reachable.
    pub(super) fn operation(
        &mut self,
        block: &'m Block,
        index: usize,
        instruction: &'m Instruction,
    ) -> Option<resolved::Op> {
        self.check_result(instruction);
        if !self.allows(block, index, instruction) {
            return None;
        }
        let op = &instruction.op;
        let mnemonic = op.mnemonic();
        let role = |role| Place::Role(role, mnemonic);
        instructions!(
            resolve,
            self,
            match op {
                Op::Unary { op, operand } => {
                    let Rule::Is(want) = op.takes() else { return None };
                    let operand = self.operand(operand, want, role("operand"))?;
                    Some(resolved::Op::Unary { op: *op, operand })
                }
                Op::Binary { op, left, right } => self.binary(*op, left, right, instruction),
                Op::GlobalAddress { global } => {
                    let global = self.global(global, false, instruction)?;
                    Some(resolved::Op::GlobalAddress { global })
                }
                Op::ConstStr { global } => {
                    let global = self.global(global, true, instruction)?;
                    Some(resolved::Op::ConstStr { global })
                }
                Op::FunctionAddress { function } => self.address_of(function, instruction),
                Op::ConstF64 { value } => Some(resolved::Op::ConstF64 { value: *value }),
                Op::Call { callee, args, attributes } => {
                    self.check_attributes(attributes, instruction);
                    self.call(callee, args, attributes, instruction)
                }
                Op::CallIndirect { signature, callee, args } => {
                    self.call_indirect(signature.as_ref(), callee, args, instruction)
                }
                Op::Br { target } => Some(resolved::Op::Br { target: self.target(target)? }),
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
                    for (value, target) in cases {
                        if !seen.insert(value) {
                            let message = format!("case {value} is there twice");
                            self.report(Diagnostic::new(target.span, message));
                        }
                        let target = self.target(target);
                        resolved_cases = resolved_cases.zip(target).map(|(mut cases, target)| {
                            cases.push((*value, target));
                            cases
                        });
                    }
                    let (scrutinee, default) = (scrutinee?, default?);
                    Some(resolved::Op::Switch { scrutinee, default, cases: resolved_cases? })
                }
                Op::Ret { value } => self.ret(value.as_ref(), instruction),
                Op::TrapFromErr { ty, code } => {
                    let code = self.operand(code, *ty, role("code"))?;
                    Some(resolved::Op::TrapFromErr { ty: *ty, code })
                }
                Op::TrapKind { error: None } => Some(resolved::Op::TrapKind { error: None }),
                Op::TrapKind { error: Some(error) } => {
                    let error = self.operand(error, Type::Error, role("operand"))?;
                    Some(resolved::Op::TrapKind { error: Some(error) })
                }
                Op::EhPush { handler } => self.push_handler(handler),
                Op::ResumeLabel { token, target } => {
                    let token = self.operand(token, Type::ResumeTok, role("token"));
                    let handler = self.labels.get(target.label.as_str()).copied();
                    if handler.is_some_and(|block| self.is_handler[block]) {
                        let message =
                            format!("'{mnemonic}' cannot go to handler '{}'", target.label);
                        let finding = Diagnostic::new(target.span, message);
                        self.report(
                            finding.help("only a trap enters a handler with a fresh token"),
                        );
                        return None;
                    }
                    let target = self.target(target);
                    Some(resolved::Op::ResumeLabel { token: token?, target: target? })
                }
            }
        )
    }

    /// Checks the requirements of an instruction beyond its operands; returns whether the operands
    /// should be checked.
    fn allows(&mut self, block: &Block, index: usize, instruction: &Instruction) -> bool {
        let mnemonic = instruction.op.mnemonic();
        let finding = match &instruction.op {
            Op::Select { ty, .. } | Op::Load { ty, .. } | Op::Store { ty, .. }
                if !is_storable(*ty) =>
            {
                let message = format!("'{mnemonic}' cannot have type {ty}");
                Diagnostic::new(instruction.span, message)
            }
            Op::Alloca { bytes: Operand { value: Value::Int(size @ ..=-1), span } } => {
                Diagnostic::new(*span, format!("'alloca' cannot take {size} bytes"))
            }
            Op::TrapFromErr { ty, .. } if !matches!(ty, Type::I32 | Type::I64) => {
                let message = format!("'{mnemonic}' takes an i32 or i64 code, not {ty}");
                Diagnostic::new(instruction.span, message)
            }
            Op::EhEntry {} if index > 0 || !takes_a_trap(block) => {
                let message = "'eh.entry' must be the first instruction of a handler";
                Diagnostic::new(instruction.span, message)
            }
            Op::AtomicLoad { ty, order, .. } => {
                self.check_atomic(*ty, None, instruction);
                self.check_order(*order, RELEASING, "order", instruction);
                return true;
            }
            Op::AtomicStore { ty, order, .. } => {
                self.check_atomic(*ty, None, instruction);
                self.check_order(*order, ACQUIRING, "order", instruction);
                return true;
            }
            Op::AtomicRmw { op, ty, .. } => {
                self.check_atomic(*ty, Some(*op), instruction);
                return true;
            }
            Op::AtomicCas { ty, failure, .. } => {
                self.check_atomic(*ty, None, instruction);
                self.check_order(*failure, RELEASING, "failure order", instruction);
                return true;
            }
            Op::Fence { order } => {
                self.check_order(*order, &[MemoryOrder::Relaxed], "order", instruction);
                return true;
            }
            _ => return true,
        };
        self.report(finding);
        false
    }

    fn binary(
        &mut self,
        op: BinaryOp,
        left: &'m Operand,
        right: &'m Operand,
        instruction: &Instruction,
    ) -> Option<resolved::Op> {
        let rule = op.takes();
        let ty = match rule {
            Rule::Is(ty) => ty,
            Rule::Same => self.common_type(op, left, right)?,
            _ => self.result_type(instruction)?,
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
        Some(resolved::Op::Binary { op, left: left?, right: right? })
    }

    /// The type at which two values are compared: that of the first value that has a type of its own.
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

    /// Reports a type that has no atomic operations.
    fn check_atomic(&mut self, ty: Type, op: Option<RmwOp>, instruction: &Instruction) {
        let mnemonic = instruction.op.mnemonic();
        let message = match (ty, op) {
            (Type::I64, _) | (Type::Ptr, None | Some(RmwOp::Exchange)) => return,
            (Type::Ptr, Some(op)) => format!("'{mnemonic} {op}' cannot have type ptr"),
            _ => format!("'{mnemonic}' cannot have type {ty}"),
        };
        let finding = Diagnostic::new(instruction.span, message);
        self.report(finding.help("atomic operations are on i64; on ptr, all but arithmetic"));
    }

    /// Reports an order that the instruction cannot have.
    fn check_order(
        &mut self,
        order: MemoryOrder,
        illegal: &[MemoryOrder],
        what: &str,
        instruction: &Instruction,
    ) {
        if illegal.contains(&order) {
            let mnemonic = instruction.op.mnemonic();
            let message = format!("the {what} of '{mnemonic}' cannot be {order}");
            self.report(Diagnostic::new(instruction.span, message));
        }
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
        let function = self.function_named(&operand, name)?;
        Some(resolved::Op::FunctionAddress { function })
    }

    fn ret(
        &mut self,
        value: Option<&'m Operand>,
        instruction: &Instruction,
    ) -> Option<resolved::Op> {
        let function = self.function;
        let (name, result) = (&function.name, function.result);
        match (value, result) {
            (None, Type::Void) => Some(resolved::Op::Ret { value: None }),
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
                let value = self.operand(operand, result, Place::Role("value", "ret"))?;
                Some(resolved::Op::Ret { value: Some(value) })
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
        if !takes_a_trap(block) {
            let message = format!("handler '{}' must take an error and a resumetok", block.label);
            let finding = Diagnostic::new(target.span, message).related(block.span, "defined here");
            let help = format!("write '{}(%err: error, %tok: resumetok):'", block.label);
            self.report(finding.help(help));
            return None;
        }
        Some(resolved::Op::EhPush { handler: resolved::Target { block: id?, args: Vec::new() } })
    }
}

/// Whether the block has the parameters that every `eh.push` target must have.
fn takes_a_trap(block: &Block) -> bool {
    block.params.iter().map(|param| param.ty).eq([Type::Error, Type::ResumeTok])
}
