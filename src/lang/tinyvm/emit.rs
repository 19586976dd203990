//! Translates numbered lines to IL.
//!
//! A section becomes one function, `(i64 id, ptr scope, i32 line) -> i1`, whose result says whether the
//! thread continues. A `switch.i32` jumps to the line to begin at, and each line falls through to the
//! next. Every line at which a thread may begin gets an entry function of its own, so that only the
//! thread's number has to be passed through memory.
//!
//! The scope is a block of cells on the stack of the thread's entry function; `sync` passes it on. All
//! its cells are zero at first. It has one cell for each variable that any line writes; one for each of
//! these that is also shared, which says whether this thread has written it; and one for each lock,
//! which says whether this thread holds it.

use std::collections::BTreeSet;

use super::super::builder::{FunctionBuilder, ModuleBuilder};
use super::names::Names;
use super::program::{Instruction, Line, Number, Program, Section, Word, starts};
use super::support::{
    self, ASSERT, CELL, ENTER, EXIT, PRINT_STR, SAY_INT, SLEEP, SPAWN, THREADS_MAX,
};
use crate::il::{BinaryOp, Module, Type, Value};

/// Translates a program that passed the checks to a module.
pub(super) fn emit(program: &Program<'_>, names: &Names<'_>) -> Module {
    let mut module = ModuleBuilder::default();
    support::declare_table(&mut module);
    for name in names.shared.iter() {
        module.global(&shared_global(name), Type::I64);
    }
    for name in names.locks.iter() {
        module.global(&lock_global(name), Type::I64);
    }
    let main = names.functions.number("main").unwrap_or(0);
    support::emit_main(&mut module, &entry_name(&program.sections[main], 0));
    support::emit_spawn(&mut module);
    let scope = Scope::new(names);
    let begins = thread_starts(program, names);
    for (index, section) in program.sections.iter().enumerate() {
        for &(_, start) in begins.range((index, 0)..(index + 1, 0)) {
            emit_entry(&mut module, &scope, section, start);
        }
        emit_section(&mut module, program, names, &scope, section);
    }
    module.finish()
}

/// The sections and lines at which a thread may begin. A function that is only synced is not among them.
fn thread_starts(program: &Program<'_>, names: &Names<'_>) -> BTreeSet<(usize, usize)> {
    let mut begins = BTreeSet::from([(names.functions.number("main").unwrap_or(0), 0)]);
    for (index, section) in program.sections.iter().enumerate() {
        begins.extend(section.lines.iter().filter_map(|line| match line.instruction {
            Instruction::Thread(number) => Some((index, usize::try_from(number.value).ok()?)),
            Instruction::Async(name) => Some((names.functions.number(name.text)?, 0)),
            _ => None,
        }));
    }
    begins
}

/// The places of cells in a thread's scope.
struct Scope {
    /// By the local's number: the cell that says whether it has been written, if it is also shared.
    written: Vec<Option<i64>>,
    /// The cell of lock 0; the others follow.
    locks: i64,
    cells: i64,
}

impl Scope {
    fn new(names: &Names<'_>) -> Self {
        let mut cells = names.locals.len() as i64;
        let written = names
            .locals
            .iter()
            .map(|name| {
                names.shared.number(name)?;
                cells += 1;
                Some(cells - 1)
            })
            .collect();
        Scope { written, locks: cells, cells: cells + names.locks.len() as i64 }
    }
}

/// Emits the entry function of a thread that starts at this line.
fn emit_entry(module: &mut ModuleBuilder, scope: &Scope, section: &Section<'_>, start: usize) {
    let name = entry_name(section, start);
    let mut f = FunctionBuilder::new(module, name, &[("table_entry", Type::Ptr)], Type::Void);
    if let Some(line) = section.lines.get(start) {
        f.place(line.span, line.loc);
    }
    f.begin("entry");
    let id = f.load("id", Type::I64, &Value::Temp("table_entry".to_owned()));
    support::say(&mut f, &id, "Thread started");
    let scope = f.alloca("scope", scope.cells * CELL);
    // The thread is done, whether it left by `exit` or ran past its last line.
    f.call_dropping(&section_name(section), &[id.clone(), scope, Value::Int(start as i64)]);
    support::say(&mut f, &id, "Thread finished");
    f.ret(None);
    f.finish();
}

/// Emits the function for a section's lines.
fn emit_section(
    module: &mut ModuleBuilder,
    program: &Program<'_>,
    names: &Names<'_>,
    scope: &Scope,
    section: &Section<'_>,
) {
    let params = [("id", Type::I64), ("scope", Type::Ptr), ("line", Type::I32)];
    let mut f = FunctionBuilder::new(module, section_name(section), &params, Type::I1);
    if let Some(first) = section.lines.first() {
        f.place(first.span, first.loc);
    }
    f.begin("entry");
    let mut body = Body { f, program, names, scope, section };
    let mut falls = true;
    let starts = starts(section);
    if !section.lines.is_empty() {
        let label = |&line: &usize| (line as i32, line_label(line));
        let cases: Vec<_> = starts.iter().filter(|&&line| line > 0).map(label).collect();
        body.f.switch(&Value::Temp("line".to_owned()), &line_label(0), &cases);
        falls = false;
    }
    for (number, line) in section.lines.iter().enumerate() {
        if starts.contains(&number) {
            if falls {
                body.f.branch(&line_label(number), &[]);
            }
            body.f.place(line.span, line.loc);
            body.f.begin(line_label(number));
            falls = true;
        }
        // A line after `exit` at which no thread begins is unreachable.
        if falls {
            falls = body.line(line);
        }
    }
    if falls {
        body.f.ret(Some(&Value::Bool(true)));
    }
    body.f.finish();
}

/// A section's function while its lines are emitted.
struct Body<'p, 'm> {
    f: FunctionBuilder<'m>,
    program: &'p Program<'p>,
    names: &'p Names<'p>,
    scope: &'p Scope,
    section: &'p Section<'p>,
}

impl<'p> Body<'p, '_> {
    /// Emits a line; returns whether control continues to the next one.
    fn line(&mut self, line: &Line<'_>) -> bool {
        self.f.place(line.span, line.loc);
        match line.instruction {
            Instruction::Nothing => {}
            Instruction::Set { target, value } => self.write(target, &Value::Int(value.into())),
            Instruction::Add { target, left, right } => {
                let (left, right) = (self.read(left), self.read(right));
                let sum = self.f.binary("sum", BinaryOp::Add, &left, &right);
                // The lower half, with its sign: 32-bit addition that wraps.
                let half = self.f.binary("half", BinaryOp::Shl, &sum, &Value::Int(32));
                let sum = self.f.binary("sum", BinaryOp::AShr, &half, &Value::Int(32));
                self.write(target, &sum);
            }
            Instruction::Print(name) => self.print(name),
            Instruction::Sleep { ms } => self.f.host_void(&SLEEP, &[Value::Int(ms.into())]),
            Instruction::Thread(number) => self.spawn_line(number),
            Instruction::SetShared { target, value } => {
                let at = self.f.global_address("shared_at", &shared_global(target.text));
                self.f.store(Type::I64, &at, &Value::Int(value.into()));
            }
            Instruction::Lock(name) => self.lock(name),
            Instruction::Unlock(name) => self.unlock(name),
            Instruction::Sync(name) => self.sync(name),
            Instruction::Async(name) => {
                if let Some(function) = self.function(name) {
                    self.spawn(&entry_name(function, 0));
                }
            }
            Instruction::Exit => {
                support::say(&mut self.f, &id(), "Thread exiting");
                self.f.ret(Some(&Value::Bool(false)));
                return false;
            }
        }
        true
    }

    /// The address of a cell of the scope.
    fn cell(&mut self, cell: i64) -> Value {
        self.f.gep("cell", &scope(), &Value::Int(cell * CELL))
    }

    fn write(&mut self, name: Word<'_>, value: &Value) {
        let Some(number) = self.names.locals.number(name.text) else { return };
        let at = self.cell(number as i64);
        self.f.store(Type::I64, &at, value);
        if let Some(written) = self.scope.written[number] {
            let at = self.cell(written);
            self.f.store(Type::I1, &at, &Value::Bool(true));
        }
    }

    /// The thread's own variable if it has written it, otherwise the shared one, otherwise 0.
    fn read(&mut self, name: Word<'_>) -> Value {
        let Some(number) = self.names.locals.number(name.text) else {
            return match self.names.shared.number(name.text) {
                Some(_) => self.read_shared(name),
                None => Value::Int(0),
            };
        };
        let Some(written) = self.scope.written[number] else {
            return self.read_cell(number);
        };
        // Only the selected variable is loaded: a load of the other one could be a race that the program
        // does not have.
        let (own, shared) = (self.f.fresh("own"), self.f.fresh("shared"));
        let read = self.f.fresh("read");
        let at = self.cell(written);
        let is_written = self.f.load("written", Type::I1, &at);
        self.f.branch_if(&is_written, &own, &shared);
        self.f.begin(own);
        let value = self.read_cell(number);
        self.f.branch(&read, &[value]);
        self.f.begin(shared);
        let value = self.read_shared(name);
        self.f.branch(&read, &[value]);
        self.f.begin(read);
        self.f.block_param("value", Type::I64)
    }

    fn read_cell(&mut self, number: usize) -> Value {
        let at = self.cell(number as i64);
        self.f.load("value", Type::I64, &at)
    }

    fn read_shared(&mut self, name: Word<'_>) -> Value {
        let at = self.f.global_address("shared_at", &shared_global(name.text));
        self.f.load("value", Type::I64, &at)
    }

    fn print(&mut self, name: Word<'_>) {
        let value = self.read(name);
        support::print_prefix(&mut self.f, &id());
        let close = self.f.text("] ");
        self.f.host_void(&PRINT_STR, &[close]);
        self.f.host_void(&SAY_INT, &[value]);
    }

    fn spawn_line(&mut self, number: Number) {
        let start = usize::try_from(number.value).unwrap_or(0);
        self.spawn(&entry_name(self.section, start));
    }

    fn spawn(&mut self, entry: &str) {
        let started = self.f.call("started", SPAWN, &[Value::Function(entry.to_owned())]);
        self.assert(&started, &format!("thread table is full (capacity {THREADS_MAX})"));
    }

    fn lock(&mut self, name: Word<'_>) {
        let Some(held_at) = self.held_at(name) else { return };
        let held = self.f.load("held", Type::I1, &held_at);
        let free = self.f.binary("free", BinaryOp::ICmpEq, &held, &Value::Bool(false));
        self.assert(&free, &format!("lock '{}' is already held by this thread", name.text));
        let monitor = self.f.global_address("monitor", &lock_global(name.text));
        self.f.host_void(&ENTER, &[monitor]);
        self.f.store(Type::I1, &held_at, &Value::Bool(true));
    }

    fn unlock(&mut self, name: Word<'_>) {
        let Some(held_at) = self.held_at(name) else { return };
        let held = self.f.load("held", Type::I1, &held_at);
        self.assert(&held, &format!("lock '{}' is not held by this thread", name.text));
        self.f.store(Type::I1, &held_at, &Value::Bool(false));
        let monitor = self.f.global_address("monitor", &lock_global(name.text));
        self.f.host_void(&EXIT, &[monitor]);
    }

    /// The cell that says whether this thread holds the lock.
    fn held_at(&mut self, name: Word<'_>) -> Option<Value> {
        let number = self.names.locks.number(name.text)?;
        Some(self.cell(self.scope.locks + number as i64))
    }

    fn sync(&mut self, name: Word<'_>) {
        let Some(function) = self.function(name) else { return };
        let (goes_on, exits) = (self.f.fresh("returned"), self.f.fresh("exited"));
        let args = [id(), scope(), Value::Int(0)];
        let running = self.f.call("running", &section_name(function), &args);
        self.f.branch_if(&running, &goes_on, &exits);
        self.f.begin(exits);
        self.f.ret(Some(&Value::Bool(false)));
        self.f.begin(goes_on);
    }

    fn function(&self, name: Word<'_>) -> Option<&'p Section<'p>> {
        self.program.sections.get(self.names.functions.number(name.text)?)
    }

    fn assert(&mut self, condition: &Value, message: &str) {
        let message = self.f.text(message);
        self.f.host_void(&ASSERT, &[condition.clone(), message]);
    }
}

/// The number of the thread that runs the section.
fn id() -> Value {
    Value::Temp("id".to_owned())
}

/// The scope that the section runs in.
fn scope() -> Value {
    Value::Temp("scope".to_owned())
}

fn line_label(line: usize) -> String {
    format!("line{line}")
}

fn section_name(section: &Section<'_>) -> String {
    section.name.map_or("tvm.lines".to_owned(), |name| format!("tvm.lines.{}", mangled(name.text)))
}

fn entry_name(section: &Section<'_>, start: usize) -> String {
    match section.name {
        None => format!("tvm.thread.{start}"),
        Some(name) => format!("tvm.thread.{}.{start}", mangled(name.text)),
    }
}

fn shared_global(name: &str) -> String {
    format!("tvm.shared.{}", mangled(name))
}

fn lock_global(name: &str) -> String {
    format!("tvm.lock.{}", mangled(name))
}

/// A name in letters that the IL allows. Different names stay different, and none has a dot.
fn mangled(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let letter = |byte: u8| {
        if is_plain(byte) { char::from(byte).to_string() } else { format!("${byte:02X}") }
    };
    name.bytes().map(letter).collect()
}
