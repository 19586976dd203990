//! From [`Module`] to [`Verified`]: names exist, types fit, control flows from label to label.
//!
//! The verifier finds several mistakes in each function, and then continues with the next function. A
//! module that it accepts satisfies the invariants of [`resolved`], so lowering and the machine need no
//! checks for anything that can be known before the program runs.
//!
//! Does not see: whether `eh.push` and `eh.pop` balance, whether a pointer is null or of the right kind,
//! whether a callee reached through a pointer has the signature that the call site expects, and what
//! `resume.next` leaves undefined. The machine traps on these or defines their results.
//!
//! | file | checks |
//! |---|---|
//! | `mod` | externs, globals, and that `@` names are unique |
//! | `function` | one function: labels, terminators, definitions |
//! | `flow`, `dominators`, `scope` | whether definitions come before uses |
//! | `instruction`, `call` | one instruction |
//! | `operand` | operands, arguments, branch targets |
//! | `result` | the result of an instruction |

mod call;
mod dominators;
mod flow;
mod function;
mod instruction;
mod operand;
mod result;
mod scope;

use std::collections::HashMap;
use std::ops::Deref;

use super::lexer::is_name;
use super::reports::Reports;
use super::resolved::{self, ExternId, FuncId, GlobalId};
use super::suggest::nearest;
use super::{Diagnostic, Global, Init, Module, Signature, Span, Type};
use function::FunctionVerifier;

/// A module that satisfies the rules. Only [`verify`] makes one, so a function that takes one need not
/// check again.
///
/// # Invariants
/// - There is one resolved function per function of the module, with the same index, and each satisfies
///   the invariants of [`resolved::Function`].
/// - The module's text, by `Display`, parses back to an equal module, except that a NaN equals nothing
///   and that a [`Loc`](super::Loc) with line 0 reads as none.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    module: Module,
    // Not called `functions`, since a field with that name would hide the module's behind `Deref`.
    resolved: Vec<resolved::Function>,
}

impl Verified {
    /// The module with its names, which `Deref` also gives.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// The resolved functions; a [`FuncId`] is an index into them.
    pub fn functions(&self) -> &[resolved::Function] {
        &self.resolved
    }

    /// One resolved function.
    pub fn function(&self, id: FuncId) -> &resolved::Function {
        &self.resolved[id.index()]
    }

    /// The function with this name, written without its `@`.
    pub fn find_function(&self, name: &str) -> Option<FuncId> {
        let index = self.module.functions.iter().position(|function| function.name == name)?;
        Some(FuncId(index as u32))
    }

    /// Returns the module, to change it and verify it again.
    pub fn into_module(self) -> Module {
        self.module
    }
}

impl Deref for Verified {
    type Target = Module;

    fn deref(&self) -> &Module {
        &self.module
    }
}

/// Checks a module and resolves its names.
///
/// # Errors
/// All findings of one run, in the order of the text: at least one, and at most fifty, with a last one
/// that says that there are more.
///
/// # Examples
/// ```
/// use drawloom::il::{parse, verify};
///
/// let text = "il 0.3.0\nfunc @main() -> i64 {\nentry:\n  ret %x\n}\n";
/// let findings = verify(parse(text).unwrap()).unwrap_err();
/// assert_eq!(findings[0].message, "'%x' is not defined");
/// ```
pub fn verify(module: Module) -> Result<Verified, Vec<Diagnostic>> {
    let mut reports = Reports::default();
    let resolved = check_module(&module, &mut reports);
    if reports.is_empty() {
        Ok(Verified { module, resolved })
    } else {
        Err(reports.into_findings())
    }
}

/// The meaning of an `@` name.
#[derive(Clone, Copy, Debug)]
enum Symbol {
    Function(FuncId),
    Extern(ExternId),
    Global(GlobalId),
}

/// The `@` names of a module.
struct Symbols<'m> {
    module: &'m Module,
    by_name: HashMap<&'m str, Symbol>,
}

impl<'m> Symbols<'m> {
    /// Collects the names, and reports names with two meanings.
    fn new(module: &'m Module, reports: &mut Reports) -> Self {
        let externs = module.externs.iter().enumerate().map(|(index, declared)| {
            (declared.name.as_str(), declared.span, Symbol::Extern(ExternId(index as u32)))
        });
        let globals = module.globals.iter().enumerate().map(|(index, declared)| {
            (declared.name.as_str(), declared.span, Symbol::Global(GlobalId(index as u32)))
        });
        let functions = module.functions.iter().enumerate().map(|(index, function)| {
            (function.name.as_str(), function.span, Symbol::Function(FuncId(index as u32)))
        });
        let mut all: Vec<_> = externs.chain(globals).chain(functions).collect();
        all.sort_by_key(|(_, span, _)| span.start);

        let mut by_name = HashMap::with_capacity(all.len());
        let mut places: HashMap<&str, Span> = HashMap::with_capacity(all.len());
        for (name, span, symbol) in all {
            check_name('@', name, span, reports);
            if let Some(&first) = places.get(name) {
                let message = format!("'@{name}' is defined twice");
                reports.push(Diagnostic::new(span, message).related(first, "first defined here"));
                continue;
            }
            places.insert(name, span);
            by_name.insert(name, symbol);
        }
        Symbols { module, by_name }
    }

    fn get(&self, name: &str) -> Option<Symbol> {
        self.by_name.get(name).copied()
    }

    /// The signature that a call of this symbol must match; globals have none.
    fn signature(&self, symbol: Symbol) -> Option<Signature> {
        match symbol {
            Symbol::Function(id) => Some(self.module.functions[id.index()].signature()),
            Symbol::Extern(id) => Some(self.module.externs[id.index()].signature.clone()),
            Symbol::Global(_) => None,
        }
    }

    /// The result of a call of this symbol; globals cannot be called.
    fn result(&self, symbol: Symbol) -> Option<Type> {
        match symbol {
            Symbol::Function(id) => Some(self.module.functions[id.index()].result),
            Symbol::Extern(id) => Some(self.module.externs[id.index()].signature.result),
            Symbol::Global(_) => None,
        }
    }

    /// The function whose name is nearest to this one.
    fn nearest_function(&self, name: &str) -> Option<&'m str> {
        nearest(name, self.module.functions.iter().map(|function| function.name.as_str()))
    }

    /// The function or extern whose name is nearest to this one.
    fn nearest_callee(&self, name: &str) -> Option<&'m str> {
        let functions = self.module.functions.iter().map(|function| function.name.as_str());
        let externs = self.module.externs.iter().map(|declared| declared.name.as_str());
        nearest(name, functions.chain(externs))
    }

    /// The global whose name is nearest to this one.
    fn nearest_global(&self, name: &str) -> Option<&'m str> {
        nearest(name, self.module.globals.iter().map(|global| global.name.as_str()))
    }
}

fn check_module(module: &Module, reports: &mut Reports) -> Vec<resolved::Function> {
    if module.version.major != 0 || !(1..=3).contains(&module.version.minor) {
        let message = format!("unsupported IL version '{}'", module.version);
        reports.push(Diagnostic::new(Span::default(), message));
    }
    let symbols = Symbols::new(module, reports);
    for declared in &module.externs {
        let name = &declared.name;
        for (index, &ty) in declared.signature.params.iter().enumerate() {
            if let Some(flaw) = parameter_flaw(ty) {
                let message = format!("parameter {} of '@{name}' cannot be {flaw}", index + 1);
                reports.push(Diagnostic::new(declared.span, message));
            }
        }
        check_result_type(name, declared.signature.result, declared.span, reports);
    }
    for global in &module.globals {
        check_global(global, reports);
    }
    let mut functions = Vec::with_capacity(module.functions.len());
    for function in &module.functions {
        if reports.is_full() {
            break;
        }
        functions.extend(FunctionVerifier::new(&symbols, function, reports).verify());
    }
    functions
}

/// Reports a name that the text form cannot represent; only a front end can have made it.
fn check_name(sigil: char, name: &str, span: Span, reports: &mut Reports) {
    if !is_name(name) {
        let message = format!("{:?} is not a name", format!("{sigil}{name}"));
        let help = "names are made of letters, digits, '_', '.', '$' and '-'";
        reports.push(Diagnostic::new(span, message).help(help));
    }
}

/// The type's name if callers cannot pass it. A resume token is valid only in its handler.
fn parameter_flaw(ty: Type) -> Option<&'static str> {
    matches!(ty, Type::Void | Type::ResumeTok).then(|| ty.name())
}

fn check_result_type(name: &str, result: Type, span: Span, reports: &mut Reports) {
    if result == Type::ResumeTok {
        let message = format!("the result of '@{name}' cannot be resumetok");
        reports.push(Diagnostic::new(span, message));
    }
}

/// Whether memory can hold values of this type.
fn is_storable(ty: Type) -> bool {
    !matches!(ty, Type::Void | Type::Error | Type::ResumeTok)
}

/// Whether an integer is in the range of an integer type.
fn fits(value: i64, ty: Type) -> bool {
    match ty {
        Type::I1 => matches!(value, 0 | 1),
        Type::I16 => i16::try_from(value).is_ok(),
        Type::I32 => i32::try_from(value).is_ok(),
        _ => ty == Type::I64,
    }
}

fn check_global(global: &Global, reports: &mut Reports) {
    let Global { name, ty, .. } = global;
    let flaw = match &global.init {
        _ if !is_storable(*ty) => format!("global '@{name}' cannot be {ty}"),
        Init::Zero if *ty == Type::Str => format!("string constant '@{name}' has no value"),
        Init::Zero => return,
        Init::Int(value) if fits(*value, *ty) => return,
        Init::Int(value) if ty.is_integer() => format!("{value} does not fit {ty}"),
        Init::Float(_) if *ty == Type::F64 => return,
        Init::Str(_) if *ty == Type::Str => return,
        Init::Int(_) => format!("global '@{name}' is {ty}, but its value is an integer"),
        Init::Float(_) => format!("global '@{name}' is {ty}, but its value is a float"),
        Init::Str(_) => format!("global '@{name}' is {ty}, but its value is a string"),
    };
    reports.push(Diagnostic::new(global.span, flaw));
}
