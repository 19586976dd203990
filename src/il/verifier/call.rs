//! Calls: checks the callee, and whether the arguments fit it.

use super::super::parser::CALL_ATTRIBUTES;
use super::super::resolved::{self, Callee};
use super::super::{Diagnostic, Instruction, Operand, Signature, Type, Value};
use super::Symbol;
use super::function::FunctionVerifier;
use super::operand::{Place, counted, did_you_mean};

impl<'m> FunctionVerifier<'m, '_> {
    /// Reports attributes that the text form does not have; only a front end can have made them.
    pub(super) fn check_attributes(&mut self, attributes: &[String], instruction: &Instruction) {
        for attribute in attributes {
            if !CALL_ATTRIBUTES.contains(&attribute.as_str()) {
                let message = format!("unknown attribute '{attribute}'");
                self.report(Diagnostic::new(instruction.span, message));
            }
        }
    }

    /// A call by name.
    pub(super) fn call(
        &mut self,
        callee: &'m str,
        args: &'m [Operand],
        attributes: &[String],
        instruction: &Instruction,
    ) -> Option<resolved::Op> {
        let symbol = match self.symbols.get(callee) {
            None => {
                let finding = self.undeclared(callee, args, instruction);
                self.report(finding);
                return None;
            }
            Some(Symbol::Global(_)) => {
                let message = format!("global '@{callee}' cannot be called");
                self.report(Diagnostic::new(instruction.span, message));
                return None;
            }
            Some(symbol) => symbol,
        };
        let signature = self.symbols.signature(symbol)?;
        let args = self.call_arguments(Some(callee), args, &signature, instruction)?;
        let callee = match symbol {
            Symbol::Function(id) => Callee::Function(id),
            Symbol::Extern(id) => Callee::Extern(id),
            Symbol::Global(_) => return None,
        };
        Some(resolved::Op::Call { callee, args, attributes: attributes.to_vec() })
    }

    fn call_arguments(
        &mut self,
        callee: Option<&'m str>,
        args: &'m [Operand],
        signature: &Signature,
        instruction: &Instruction,
    ) -> Option<Vec<resolved::Operand>> {
        let (want, have) = (signature.params.len(), args.len());
        if want != have {
            let callee = callee.map_or("the callee".to_owned(), |name| format!("'@{name}'"));
            let message = format!(
                "{callee} takes {}, but {have} {} given",
                counted(want, "argument"),
                if have == 1 { "is" } else { "are" }
            );
            let finding = Diagnostic::new(instruction.span, message);
            self.report(finding.help(format!("its signature is {signature}")));
            return None;
        }
        let types = signature.params.iter().copied();
        self.arguments(args, types, |index| Place::Argument(index, callee))
    }

    /// The finding about an undeclared callee, with the missing declaration.
    fn undeclared(&self, callee: &str, args: &[Operand], instruction: &Instruction) -> Diagnostic {
        let message = format!("'@{callee}' is not declared");
        let finding = Diagnostic::new(instruction.span, message);
        if let Some(near) = self.symbols.nearest_callee(callee) {
            return did_you_mean(finding, Some(format!("@{near}")));
        }
        let params = args.iter().map(|arg| self.own_type(arg).unwrap_or(Type::I64)).collect();
        let annotation = instruction.result.as_ref().map(|name| name.ty.unwrap_or(Type::I64));
        let signature = Signature { params, result: annotation.unwrap_or(Type::Void) };
        finding.help(format!("declare it: 'extern @{callee}{signature}'"))
    }

    /// A call through a pointer; a call of `@name` is a call by name.
    pub(super) fn call_indirect(
        &mut self,
        signature: Option<&'m Signature>,
        callee: &'m Operand,
        args: &'m [Operand],
        instruction: &Instruction,
    ) -> Option<resolved::Op> {
        if let Value::Function(name) = &callee.value {
            let id = self.function_named(callee, name)?;
            let own = self.symbols.module.functions[id.index()].signature();
            if let Some(signature) = signature.filter(|signature| **signature != own) {
                let message = format!("'@{name}' is {own}, not {signature}");
                self.report(Diagnostic::new(instruction.span, message));
                return None;
            }
            let args = self.call_arguments(Some(name), args, &own, instruction)?;
            let (callee, attributes) = (Callee::Function(id), Vec::new());
            return Some(resolved::Op::Call { callee, args, attributes });
        }
        let target = self.operand(callee, Type::Ptr, Place::Role("callee", "call.indirect"));
        let Some(signature) = signature else {
            let message = "a call through a pointer needs a signature";
            let finding = Diagnostic::new(instruction.span, message);
            self.report(finding.help("write 'call.indirect [i64(ptr)] %pointer(%a)'"));
            return None;
        };
        let params_pass = signature.params.iter().all(|&ty| is_passable(ty));
        if !params_pass || signature.result == Type::ResumeTok {
            let message = format!("no function can be {signature}");
            self.report(Diagnostic::new(instruction.span, message));
            return None;
        }
        let args = self.call_arguments(None, args, signature, instruction);
        let (callee, args) = (target?, args?);
        Some(resolved::Op::CallIndirect { signature: signature.clone(), callee, args })
    }
}

/// Whether a call can pass a value of this type.
fn is_passable(ty: Type) -> bool {
    !matches!(ty, Type::Void | Type::ResumeTok)
}
