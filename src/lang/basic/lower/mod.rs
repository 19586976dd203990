//! Translates a program to IL, and finds what is wrong with its names and types.
//!
//! Types are known when values are made, so one walk does both. A module with errors is thrown away.
//!
//! | in BASIC | in IL |
//! |---|---|
//! | a module variable that some procedure names | a global of that name |
//! | another variable, a parameter | a stack slot of its function |
//! | an array | cells from the heap; its variable holds the address |
//! | a procedure | a function; the statements outside are `@main` |
//! | a label that is jumped to | a block |
//! | `GOSUB` | a number on a stack of the function; `RETURN` switches over it |
//! | `TRY` | `eh.push` |

mod array;
mod call;
mod constant;
mod control;
mod convert;
mod expression;
mod function;
mod jump;
mod known;
mod print;
mod select;
mod statement;
mod variable;

use std::collections::{BTreeMap, BTreeSet};

use super::super::builder::{FunctionBuilder, ModuleBuilder};
use super::super::errors::Errors;
use super::SOURCE_FILE;
use super::names::Names;
use super::tree::{Body, LoopKind, Procedure, Program};
use super::types::Type;
use crate::flags::Flags;
use crate::il::{self, Diagnostic, Lines, Loc, Module, Span, Value};
use constant::Constant;
use jump::{Gosubs, Label};
use variable::Variable;

/// Bytes of one cell of guest memory.
const CELL: i64 = 8;

/// Translates a program; the module is of use only if no errors were added.
pub(super) fn lower(
    program: &Program<'_>,
    text: &str,
    flags: Flags,
    errors: &mut Errors,
) -> Module {
    let names = Names::new(program, flags, errors);
    let mut known = Known {
        names,
        flags,
        errors,
        procedures: vec![],
        variables: BTreeMap::new(),
        constants: BTreeMap::new(),
        shared: shared_names(program),
        taken: BTreeSet::from(["main".to_owned()]),
        lines: Lines::new(text),
    };
    known.declare_procedures(program);
    let mut module = ModuleBuilder::default();
    let mut main = Routine::new(&mut module, &mut known, None, &program.body);
    main.statements(&program.body.statements);
    main.end(None);
    for (index, procedure) in program.procedures.iter().enumerate() {
        let mut routine = Routine::new(&mut module, &mut known, Some(index), &procedure.body);
        routine.params(procedure);
        routine.statements(&procedure.body.statements);
        routine.end(Some(procedure.end));
    }
    for (name, ty) in known.variables.values().filter_map(Variable::global) {
        module.global(name, ty);
    }
    module.finish()
}

/// The names that procedures have from the module: all that they mention and do not declare.
fn shared_names(program: &Program<'_>) -> BTreeSet<String> {
    let mut shared = BTreeSet::new();
    for procedure in &program.procedures {
        let mut own: BTreeSet<String> = procedure.params.iter().map(|it| it.name.key()).collect();
        statement::declared(&procedure.body.statements, &mut own);
        shared.extend(procedure.body.names.difference(&own).cloned());
    }
    shared
}

/// A value and its BASIC type.
#[derive(Clone, Debug)]
struct Typed {
    value: Value,
    ty: Type,
}

impl Typed {
    fn new(value: Value, ty: Type) -> Self {
        Typed { value, ty }
    }

    /// The value of an expression with an error.
    fn unknown() -> Self {
        Typed { value: Value::Int(0), ty: Type::Unknown }
    }
}

/// A procedure as its callers see it.
struct Signature {
    /// The full name as written.
    name: String,
    /// The full name in capital letters.
    key: String,
    span: Span,
    /// The function in IL.
    function: String,
    params: Vec<Type>,
    /// `None` for a `SUB`.
    result: Option<Type>,
    namespace: String,
}

/// What is known of the whole file.
struct Known<'t, 'e> {
    names: Names,
    flags: Flags,
    errors: &'e mut Errors,
    /// By the index of the program's procedures.
    procedures: Vec<Signature>,
    /// The variables of the module, as far as they have been declared.
    variables: BTreeMap<String, Variable>,
    /// The constants of the module.
    constants: BTreeMap<String, Constant>,
    /// The names that some procedure has from the module.
    shared: BTreeSet<String>,
    /// The names of globals and functions.
    taken: BTreeSet<String>,
    lines: Lines<'t>,
}

/// A loop that is being translated.
struct Loop {
    kind: LoopKind,
    /// The block after it.
    exit: String,
    /// Whether an `EXIT` leaves it.
    is_left: bool,
    /// How many `TRY` blocks are around it.
    tries: usize,
}

/// A procedure, or the statements outside of any, while it is translated.
struct Routine<'a, 't, 'e> {
    f: FunctionBuilder<'a>,
    known: &'a mut Known<'t, 'e>,
    /// `None` for the statements outside.
    procedure: Option<usize>,
    namespace: String,
    /// The variables and constants of the procedure.
    locals: BTreeMap<String, Variable>,
    constants: BTreeMap<String, Constant>,
    /// Whether the current block has no terminator yet.
    is_open: bool,
    /// Whether the current place can be reached.
    is_live: bool,
    loops: Vec<Loop>,
    /// The variables of the `FOR` loops around, as keys.
    loop_variables: Vec<String>,
    /// The `TRY` blocks around, as numbers.
    tries: Vec<usize>,
    tries_seen: usize,
    labels: BTreeMap<String, Label>,
    gosubs: Option<Gosubs>,
    /// The slot for the result of a `FUNCTION`.
    result: Option<Value>,
    /// The slot for the code of the newest error.
    error: Option<Value>,
}

impl<'a, 't, 'e> Routine<'a, 't, 'e> {
    fn new(
        module: &'a mut ModuleBuilder,
        known: &'a mut Known<'t, 'e>,
        procedure: Option<usize>,
        body: &Body<'_>,
    ) -> Self {
        let signature = procedure.map(|index| &known.procedures[index]);
        let names: Vec<String> =
            signature.map_or(0..0, |it| 0..it.params.len()).map(|n| format!("p{n}")).collect();
        let types = signature.into_iter().flat_map(|it| it.params.iter().map(|ty| ty.il()));
        let params: Vec<(&str, il::Type)> = names.iter().map(String::as_str).zip(types).collect();
        let name = signature.map_or("main".to_owned(), |it| it.function.clone());
        let result = match signature {
            None => il::Type::I64,
            Some(it) => it.result.map_or(il::Type::Void, Type::il),
        };
        let namespace = signature.map_or(String::new(), |it| it.namespace.clone());
        let mut f = FunctionBuilder::new(module, name, &params, result);
        f.begin("entry");
        let mut routine = Routine {
            f,
            known,
            procedure,
            namespace,
            locals: BTreeMap::new(),
            constants: BTreeMap::new(),
            is_open: true,
            is_live: true,
            loops: vec![],
            loop_variables: vec![],
            tries: vec![],
            tries_seen: 0,
            labels: BTreeMap::new(),
            gosubs: None,
            result: None,
            error: None,
        };
        routine.find_labels(body);
        routine
    }

    /// Gives each parameter a slot, since it may be assigned.
    fn params(&mut self, procedure: &Procedure<'_>) {
        self.place(procedure.name.span);
        for (number, param) in procedure.params.iter().enumerate() {
            let Some(index) = self.procedure else { return };
            let ty = self.known.procedures[index].params[number];
            let key = param.name.key();
            if let Some(first) = self.locals.get(&key) {
                let message = format!("duplicate parameter '{}'", param.name.text);
                let error = Diagnostic::new(param.name.span, message);
                self.known.errors.add(error.related(first.span, "first declared here"));
                continue;
            }
            self.refuse_name_of_procedure(param.name);
            let value = Value::Temp(format!("p{number}"));
            let slot = self.f.in_prologue(|f| {
                let slot = f.alloca(variable::name_in_il(param.name), CELL);
                f.store(ty.il(), &slot, &value);
                slot
            });
            self.locals.insert(key, Variable::in_slot(param.name, ty, slot));
        }
    }

    /// What happens at the end of the body.
    fn end(mut self, end: Option<Span>) {
        if let Some(end) = end {
            self.place(end);
        }
        if self.is_open {
            self.leave(end);
        }
        self.end_of_gosubs();
        self.f.finish();
    }

    /// Returns from the function, as reaching its end does.
    fn leave(&mut self, end: Option<Span>) {
        let signature = self.procedure.map(|index| &self.known.procedures[index]);
        match signature.map(|it| (it.result, it.name.clone())) {
            None => self.f.ret(Some(&Value::Int(0))),
            Some((None, _)) => self.f.ret(None),
            Some((Some(ty), name)) => {
                if let Some(end) = end.filter(|_| self.is_live && self.result.is_none()) {
                    let message = format!("missing RETURN in FUNCTION {name}");
                    let help =
                        format!("write 'RETURN value' before END FUNCTION, or assign to {name}");
                    self.known.errors.add(Diagnostic::new(end, message).help(help));
                }
                let slot = self.result_slot(ty);
                let value = self.f.load("result", ty.il(), &slot);
                self.f.ret(Some(&value));
            }
        }
        self.is_open = false;
        self.is_live = false;
    }

    /// The slot for the function's result.
    fn result_slot(&mut self, ty: Type) -> Value {
        if self.result.is_none() {
            self.result = Some(self.new_slot("result", ty));
        }
        self.result.clone().unwrap_or(Value::Null)
    }

    /// A slot with the initial value of a type.
    fn new_slot(&mut self, name: &str, ty: Type) -> Value {
        self.f.in_prologue(|f| {
            let slot = f.alloca(name, CELL);
            if ty == Type::Text {
                let empty = f.text("");
                f.store(il::Type::Str, &slot, &empty);
            }
            slot
        })
    }

    /// The next instructions belong to this place of the text.
    fn place(&mut self, span: Span) {
        let (line, column) = self.known.lines.place(span.start as usize);
        self.f.place(span, Loc { file: SOURCE_FILE, line, column });
    }

    fn error(&mut self, span: Span, message: impl Into<String>) {
        self.known.error(span, message);
    }

    fn error_with(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.known.errors.add(Diagnostic::new(span, message).help(help));
    }

    /// Begins a block.
    fn begin(&mut self, label: &str, is_live: bool) {
        self.f.begin(label);
        self.is_open = true;
        self.is_live = is_live;
    }

    /// Goes on at a block, unless the current one has ended.
    fn jump(&mut self, label: &str) {
        if self.is_open {
            self.f.branch(label, &[]);
        }
        self.is_open = false;
    }
}
