//! Operands, arguments and branch targets: checks what is used, and whether it fits its place.

use std::fmt;

use super::super::resolved::{self, FuncId, Source};
use super::super::suggest::nearest;
use super::super::{Diagnostic, Operand, Target, Type, Value};
use super::function::FunctionVerifier;
use super::scope::Meaning;
use super::{Symbol, fits};

/// The description of an operand, for messages.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    /// The operand with this role in the instruction with this mnemonic.
    Role(&'static str, &'a str),
    /// The argument with this index of a call of this function, or of a call through a pointer.
    Argument(usize, Option<&'a str>),
    /// The argument with this index of a branch to this label.
    BranchArgument(usize, &'a str),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Role(role, mnemonic) => write!(f, "the {role} of '{mnemonic}'"),
            Place::Argument(index, Some(callee)) => {
                write!(f, "argument {} of '@{callee}'", index + 1)
            }
            Place::Argument(index, None) => write!(f, "argument {} of the call", index + 1),
            Place::BranchArgument(index, label) => {
                write!(f, "argument {} of block '{label}'", index + 1)
            }
        }
    }
}

impl<'m> FunctionVerifier<'m, '_> {
    /// The operand as a value of the required type. `None` if it is not one, which is then reported, and
    /// also if a mistake elsewhere hides its type.
    pub(super) fn operand(
        &mut self,
        operand: &'m Operand,
        want: Type,
        place: Place<'_>,
    ) -> Option<resolved::Operand> {
        let flaw = match &operand.value {
            Value::Temp(name) => {
                let (source, ty) = self.temp(operand, name)?;
                if ty == want {
                    return source.map(|source| resolved::Operand { source, ty });
                }
                format!("'%{name}' is {ty}")
            }
            Value::Function(name) => {
                let id = self.function_named(operand, name)?;
                if want == Type::Ptr {
                    return Some(resolved::Operand { source: Source::Function(id), ty: Type::Ptr });
                }
                format!("'@{name}' is ptr")
            }
            literal => match word(literal, want) {
                Ok(word) => {
                    return Some(resolved::Operand { source: Source::Word(word), ty: want });
                }
                Err(flaw) => flaw,
            },
        };
        let finding = Diagnostic::new(operand.span, format!("{place} must be {want}, but {flaw}"));
        self.report(match &operand.value {
            Value::Int(0) if want == Type::Ptr => finding.help("write 'null'"),
            _ => finding,
        });
        None
    }

    /// The type of the operand independent of its place; `None` for literals, which take the type of
    /// their place, and for undefined names.
    pub(super) fn own_type(&self, operand: &Operand) -> Option<Type> {
        match &operand.value {
            Value::Temp(name) => match self.meaning(name) {
                Meaning::Value(value) => self.definitions[value.index()].ty,
                Meaning::Unreachable(ty) => ty,
                Meaning::NotYet(_) | Meaning::Nothing => None,
            },
            Value::Bool(_) => Some(Type::I1),
            Value::Null | Value::Function(_) => Some(Type::Ptr),
            Value::Float(_) => Some(Type::F64),
            Value::Int(_) => None,
        }
    }

    /// A temp's source and type; the source only in reachable code.
    fn temp(&mut self, operand: &Operand, name: &str) -> Option<(Option<Source>, Type)> {
        match self.meaning(name) {
            Meaning::Value(value) => {
                let ty = self.definitions[value.index()].ty?;
                Some((Some(Source::Value(value)), ty))
            }
            Meaning::Unreachable(ty) => Some((None, ty?)),
            Meaning::NotYet(value) => {
                let message = format!("'%{name}' is not defined on every path to this use");
                let defined = self.definitions[value.index()].span;
                let finding = Diagnostic::new(operand.span, message);
                self.report(finding.related(defined, "defined here").help(
                    "a definition reaches the blocks that it dominates; a handler, only from \
                     before its 'eh.push'; pass it as a block argument",
                ));
                None
            }
            Meaning::Nothing => {
                let finding = Diagnostic::new(operand.span, format!("'%{name}' is not defined"));
                let near = match self.symbols.get(name) {
                    Some(_) => Some(format!("@{name}")),
                    None => nearest(name, self.names()).map(|near| format!("%{near}")),
                };
                self.report(did_you_mean(finding, near));
                None
            }
        }
    }

    /// The function that `@name` in operand position names.
    pub(super) fn function_named(&mut self, operand: &Operand, name: &str) -> Option<FuncId> {
        let finding = match self.symbols.get(name) {
            Some(Symbol::Function(id)) => return Some(id),
            Some(Symbol::Extern(_)) => {
                let message = format!("extern '@{name}' has no address");
                Diagnostic::new(operand.span, message).help("call it by name")
            }
            Some(Symbol::Global(_)) => {
                let message = format!("global '@{name}' is not a value");
                let help = "'gaddr' gives a global's address, 'const_str' a string";
                Diagnostic::new(operand.span, message).help(help)
            }
            None => {
                let finding =
                    Diagnostic::new(operand.span, format!("there is no function '@{name}'"));
                let near = if self.is_in_scope(name) {
                    Some(format!("%{name}"))
                } else {
                    self.symbols.nearest_function(name).map(|near| format!("@{near}"))
                };
                did_you_mean(finding, near)
            }
        };
        self.report(finding);
        None
    }

    /// Arguments for parameters of these types; all are checked, even if one is wrong.
    pub(super) fn arguments(
        &mut self,
        args: &'m [Operand],
        types: impl Iterator<Item = Type>,
        place: impl Fn(usize) -> Place<'m>,
    ) -> Option<Vec<resolved::Operand>> {
        let resolved: Vec<_> = args
            .iter()
            .zip(types)
            .enumerate()
            .map(|(index, (arg, ty))| self.operand(arg, ty, place(index)))
            .collect();
        resolved.into_iter().collect()
    }

    /// The target block of a branch, with its arguments.
    pub(super) fn target(&mut self, target: &'m Target) -> Option<resolved::Target> {
        let (source, id) = self.block_named(target)?;
        let block = &self.function.blocks[source];
        let (want, have) = (block.params.len(), target.args.len());
        if want != have {
            let message = format!(
                "block '{}' takes {}, but {have} {} given",
                block.label,
                counted(want, "argument"),
                if have == 1 { "is" } else { "are" }
            );
            self.report(Diagnostic::new(target.span, message).related(block.span, "defined here"));
            return None;
        }
        let types = block.params.iter().map(|param| param.ty);
        let args =
            self.arguments(&target.args, types, |i| Place::BranchArgument(i, &block.label))?;
        Some(resolved::Target { block: id?, args })
    }

    /// The block with the target's label: its index in the module, and its number if it is reachable.
    pub(super) fn block_named(
        &mut self,
        target: &Target,
    ) -> Option<(usize, Option<resolved::BlockId>)> {
        let label = &target.label;
        match self.labels.get(label.as_str()) {
            None => {
                let near = nearest(label, self.function.blocks.iter().map(|b| b.label.as_str()));
                let finding = Diagnostic::new(target.span, format!("there is no label '{label}'"));
                self.report(did_you_mean(finding, near.map(str::to_owned)));
                None
            }
            Some(&source) => Some((source, self.block_ids[source])),
        }
    }
}

/// Adds a name that the text may have meant.
pub(super) fn did_you_mean(finding: Diagnostic, near: Option<String>) -> Diagnostic {
    match near {
        Some(near) => finding.help(format!("did you mean '{near}'?")),
        None => finding,
    }
}

/// `1 argument`, `2 arguments`
pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A literal as a word of the required type, or why it is not one.
fn word(literal: &Value, want: Type) -> Result<u64, String> {
    match (literal, want) {
        (Value::Int(value), Type::F64) => Ok((*value as f64).to_bits()),
        (Value::Int(value), _) if fits(*value, want) => Ok(*value as u64),
        (Value::Int(value), _) if want.is_integer() => Err(format!("{value} does not fit")),
        (Value::Float(value), Type::F64) => Ok(value.to_bits()),
        (Value::Bool(value), Type::I1) => Ok(u64::from(*value)),
        (Value::Null, Type::Ptr | Type::Str) => Ok(0),
        (Value::Int(value), _) => Err(format!("{value} is an integer")),
        (Value::Float(_), _) => Err("a float is given".to_owned()),
        (Value::Bool(value), _) => Err(format!("'{value}' is i1")),
        (Value::Null, _) => Err("'null' is given".to_owned()),
        (Value::Temp(_) | Value::Function(_), _) => Err("a name is given".to_owned()),
    }
}
