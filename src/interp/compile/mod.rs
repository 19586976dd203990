//! From verified IL to bytecode.
//!
//! A frame is laid out as
//! ```text
//! | values ... | literals | mark | scratch | link | windows: arguments of a call, then its result ... |
//! ```
//! Literals that do not fit into an instruction are loaded where they are used; those of loops are
//! loaded once, when the function begins. The windows of calls lie above the function's own registers,
//! each behind the slot for its link.
//!
//! | file | what |
//! |---|---|
//! | `mod` | the parts that a module shares: externs, globals, constants, calls |
//! | `function` | one function: frame, blocks, sites |
//! | `registers` | the registers of values |
//! | `windows` | the values that live in the windows of calls |
//! | `fold` | what becomes part of another instruction |
//! | `shape` | how an instruction that contains others is emitted |
//! | `literal` | operations that contain a literal |
//! | `test` | the tests of conditional branches |
//! | `instruction` | one IL instruction |
//! | `branch` | block arguments and branches |
//! | `jump` | a jump whose distance is not known yet |
//! | `variables` | the names of values in registers |
//! | `kin` | starts of interchangeable threads |
//! | `support` | functions of the runtime that are written in IL |

mod branch;
mod fold;
mod function;
mod instruction;
mod jump;
mod kin;
mod literal;
mod registers;
mod shape;
mod support;
mod switch;
mod test;
mod variables;
mod windows;

use std::collections::HashMap;

use super::allocation;
use super::builtin::{Builtin, without_prefix};
use super::code::{CodeData, ExternInfo, Prepared};
use super::table::Op;
use super::verify::Code;
use crate::il::resolved::FuncId;
use crate::il::{Diagnostic, Init, Lines, Module, Signature, Span, Type, Verified};
use function::FunctionCompiler;

/// Compiles a module. Its spans point into `text`; lines come from there if the module has no `.loc` of
/// its own.
///
/// # Errors
/// The module has no `@main`, or its `@main` has parameters or a result other than an integer or void;
/// it declares a function of the runtime with another signature, or has a function with the name of one that the
/// runtime adds to it; or a function needs more than 255 registers at once.
pub fn compile(module: &Verified, text: &str) -> Result<Code, Vec<Diagnostic>> {
    compile_from(module, text, "main")
}

/// As [`compile`], for a program that starts with a function other than `@main`. That function may have
/// parameters; see [`Loading::entry_arguments`](crate::native::Loading::entry_arguments).
///
/// # Errors
/// As for [`compile`]; the entry's parameters must be numbers, and its result an integer or void.
pub fn compile_from(module: &Verified, text: &str, entry: &str) -> Result<Code, Vec<Diagnostic>> {
    new_code(module, text, entry, false)
}

/// As [`compile`], but compiles to code whose pointers carry their allocations, so that every use of
/// memory is checked. It needs a host with such allocations.
///
/// # Errors
/// As for [`compile`]; also if the module has more globals than a pointer can distinguish.
pub fn compile_checked(module: &Verified, text: &str) -> Result<Code, Vec<Diagnostic>> {
    compile_checked_from(module, text, "main")
}

/// As [`compile_from`] and [`compile_checked`].
///
/// # Errors
/// As for both.
pub fn compile_checked_from(
    module: &Verified,
    text: &str,
    entry: &str,
) -> Result<Code, Vec<Diagnostic>> {
    new_code(module, text, entry, true)
}

fn new_code(
    module: &Verified,
    text: &str,
    entry: &str,
    is_checked: bool,
) -> Result<Code, Vec<Diagnostic>> {
    let linked = support::linked(module)?;
    let module = linked.as_ref().unwrap_or(module);
    let mut diagnostics = Vec::new();
    let mut compiler = Compiler {
        module,
        lines: Lines::new(text),
        data: CodeData {
            ops: vec![Op::Call { w: 0, n: 0, to: 0 }; 2],
            site_of: vec![0; 2],
            sites: Vec::new(),
            variables: Vec::new(),
            functions: Vec::new(),
            constants: Vec::new(),
            signatures: Vec::new(),
            externs: externs(module, &mut diagnostics),
            strings: Vec::new(),
            globals: Vec::new(),
            global_names: Vec::new(),
            entry: entry_function(module, entry, &mut diagnostics),
            is_checked,
            prepared: Prepared::default(),
        },
        constant_index: HashMap::new(),
        global_word: Vec::new(),
        calls: Vec::new(),
    };
    if is_checked && module.globals.len() as u64 > u64::from(allocation::NUMBERS) {
        let message = "more globals than a checked pointer can tell apart";
        return Err(vec![Diagnostic::new(Span::default(), message)]);
    }
    compiler.globals();
    for index in 0..module.functions.len() {
        let id = FuncId(index as u32);
        if let Err(diagnostic) =
            FunctionCompiler::new(&mut compiler, id).and_then(FunctionCompiler::run)
        {
            diagnostics.push(diagnostic);
        }
    }
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    compiler.link();
    Ok(Code::verified(compiler.data))
}

fn entry_function(module: &Module, name: &str, diagnostics: &mut Vec<Diagnostic>) -> u32 {
    let Some(index) = module.functions.iter().position(|f| f.name == name) else {
        let message = format!("the module has no function '@{name}' to start with");
        diagnostics.push(
            Diagnostic::new(Span::default(), message)
                .help(format!("add 'func @{name}() -> i64 {{ ... }}', or start with another one")),
        );
        return 0;
    };
    let entry = &module.functions[index];
    let Signature { params, result } = entry.signature();
    let is_number = |ty: &Type| ty.is_integer() || *ty == Type::F64;
    let is_exit_code = result.is_integer() || result == Type::Void;
    let takes = if name == "main" { params.is_empty() } else { params.iter().all(is_number) };
    if !takes || !is_exit_code {
        let wanted = if name == "main" {
            "without parameters, to an integer or void"
        } else {
            "from numbers to an integer or void"
        };
        let message = format!("'@{name}' is {}, not {wanted}", entry.signature());
        diagnostics.push(Diagnostic::new(entry.span, message));
    }
    index as u32
}

fn externs(module: &Module, diagnostics: &mut Vec<Diagnostic>) -> Vec<ExternInfo> {
    if let Some(extra) = module.externs.get(usize::from(u16::MAX)) {
        diagnostics.push(Diagnostic::new(extra.span, "more than 65,535 externs"));
    }
    let mut infos = Vec::with_capacity(module.externs.len());
    for declared in &module.externs {
        let builtin = Builtin::find(&declared.name);
        if let Some(builtin) = builtin
            && builtin.signature() != declared.signature
        {
            let name = without_prefix(&declared.name);
            let message = format!(
                "'{name}' is declared as {}, but the runtime's is {}",
                declared.signature,
                builtin.signature()
            );
            diagnostics.push(Diagnostic::new(declared.span, message));
        }
        infos.push(ExternInfo {
            name: declared.name.clone(),
            signature: declared.signature.clone(),
            builtin,
        });
    }
    infos
}

/// The parts that all functions of a module share.
struct Compiler<'m> {
    module: &'m Verified,
    lines: Lines<'m>,
    data: CodeData,
    constant_index: HashMap<u64, u32>,
    /// The addresses of scalar globals, and the handles of string constants.
    global_word: Vec<u64>,
    /// Calls whose distance and frame size are filled in when all functions are compiled.
    calls: Vec<(usize, FuncId)>,
}

impl Compiler<'_> {
    fn globals(&mut self) {
        for global in &self.module.globals {
            let word = match &global.init {
                Init::Str(text) => {
                    let known = self.data.strings.iter().position(|it| **it == **text);
                    let index = known.unwrap_or_else(|| {
                        self.data.strings.push(text.as_str().into());
                        self.data.strings.len() - 1
                    });
                    index as u64 + 1
                }
                init => {
                    self.data.globals.push(match init {
                        Init::Int(value) if global.ty == Type::F64 => (*value as f64).to_bits(),
                        Init::Int(value) => *value as u64,
                        Init::Float(value) => value.to_bits(),
                        Init::Zero | Init::Str(_) => 0,
                    });
                    self.data.global_names.push(global.name.clone());
                    self.data.address_of_global(self.data.globals.len() as u32 - 1)
                }
            };
            self.global_word.push(word);
        }
    }

    fn link(&mut self) {
        for (at, callee) in std::mem::take(&mut self.calls) {
            let info = &self.data.functions[callee.index()];
            let (frame, distance) = (info.frame, distance(at, info.entry as usize));
            if let Op::Call { n, to, .. } = &mut self.data.ops[at] {
                (*n, *to) = (frame, distance);
            }
        }
    }

    fn constant(&mut self, word: u64) -> u32 {
        *self.constant_index.entry(word).or_insert_with(|| {
            self.data.constants.push(word);
            self.data.constants.len() as u32 - 1
        })
    }

    fn signature(&mut self, signature: &Signature) -> u32 {
        let known = self.data.signatures.iter().position(|it| it == signature);
        known.unwrap_or_else(|| {
            self.data.signatures.push(signature.clone());
            self.data.signatures.len() - 1
        }) as u32
    }
}

/// The distance from the instruction after `at` to `target`.
fn distance(at: usize, target: usize) -> i32 {
    (target as i64 - (at as i64 + 1)) as i32
}
