//! The result of an instruction, and whether it is bound to a name.
//!
//! The type of every result follows from the instruction alone, never from its operands, so all
//! types are known before the first operand is looked at.

use super::super::{Binding, Diagnostic, Instruction, Op, Operand, Rule, Type, Value};
use super::function::FunctionVerifier;

/// The result of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gives {
    /// No value.
    Nothing,
    /// A value of this type.
    Value(Type),
    /// One of several types, which the annotation chooses; `None` without a default.
    Choice(&'static [Type], Option<Type>),
    /// Unknown, because of a mistake that is reported elsewhere.
    Unknown,
}

const WIDTHS: &[Type] = &[Type::I16, Type::I32, Type::I64];
const NARROW: &[Type] = &[Type::I16, Type::I32];
const NULLS: &[Type] = &[Type::Ptr, Type::Str, Type::Error, Type::ResumeTok];

impl FunctionVerifier<'_, '_> {
    /// The type of the result; `None` if there is none or a mistake hides it.
    pub(super) fn result_type(&self, instruction: &Instruction) -> Option<Type> {
        let annotation = instruction.result.as_ref().and_then(|binding| binding.ty);
        match self.gives(&instruction.op) {
            Gives::Nothing | Gives::Unknown => None,
            Gives::Value(ty) => Some(ty),
            Gives::Choice(types, default) => annotation.or(default).filter(|ty| types.contains(ty)),
        }
    }

    fn gives(&self, op: &Op) -> Gives {
        match op.gives() {
            Rule::Is(ty) => Gives::Value(ty),
            Rule::Width => Gives::Choice(WIDTHS, Some(Type::I64)),
            Rule::Narrow => Gives::Choice(NARROW, None),
            Rule::Null => Gives::Choice(NULLS, Some(Type::Ptr)),
            Rule::Nothing | Rule::Never => Gives::Nothing,
            Rule::Callee => match op {
                Op::Call { callee, .. } => self.call_gives(callee),
                Op::CallIndirect { signature: Some(signature), .. } => returned(signature.result),
                Op::CallIndirect {
                    callee: Operand { value: Value::Function(name), .. }, ..
                } => self.call_gives(name),
                _ => Gives::Unknown,
            },
            // No row of the table has such a result: its type would depend on the operands.
            Rule::Same => Gives::Unknown,
        }
    }

    fn call_gives(&self, callee: &str) -> Gives {
        let result = self.symbols.get(callee).and_then(|symbol| self.symbols.result(symbol));
        result.map_or(Gives::Unknown, returned)
    }

    /// Reports a name without a value, a value without a name, and a wrong annotation.
    pub(super) fn check_result(&mut self, instruction: &Instruction) {
        let mnemonic = instruction.op.mnemonic();
        let gives = self.gives(&instruction.op);
        let Some(binding) = &instruction.result else {
            let droppable = matches!(
                instruction.op,
                Op::Call { .. }
                    | Op::CallIndirect { .. }
                    | Op::AtomicRmw { .. }
                    | Op::AtomicCas { .. }
            );
            if !droppable && !matches!(gives, Gives::Nothing | Gives::Unknown) {
                let message = format!("the result of '{mnemonic}' needs a name");
                let finding = Diagnostic::new(instruction.span, message);
                self.report(finding.help(format!("write '%r = {mnemonic} ...'")));
            }
            return;
        };
        if let Some(message) = binding_flaw(binding, gives, &instruction.op) {
            self.report(Diagnostic::new(binding.span, message));
        }
    }
}

fn returned(result: Type) -> Gives {
    if result == Type::Void { Gives::Nothing } else { Gives::Value(result) }
}

fn binding_flaw(binding: &Binding, gives: Gives, op: &Op) -> Option<String> {
    let Binding { name, ty, .. } = binding;
    let what = match op {
        Op::Call { callee, .. } => format!("'@{callee}'"),
        _ => format!("'{}'", op.mnemonic()),
    };
    match (gives, *ty) {
        (Gives::Nothing, _) => Some(format!("{what} gives no value to bind to '%{name}'")),
        (Gives::Value(given), Some(ty)) if given != ty => {
            Some(format!("'%{name}' is annotated {ty}, but {what} gives {given}"))
        }
        (Gives::Choice(types, _), Some(ty)) if !types.contains(&ty) => {
            Some(format!("'%{name}' is annotated {ty}, but {what} gives {}", alternatives(types)))
        }
        (Gives::Choice(types, None), None) => {
            Some(format!("'%{name}' needs an annotation: {what} gives {}", alternatives(types)))
        }
        _ => None,
    }
}

/// `i16, i32 or i64`
fn alternatives(types: &[Type]) -> String {
    let names: Vec<_> = types.iter().map(|ty| ty.name()).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.join(""),
    }
}
