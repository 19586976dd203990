//! The program around the lines: main, the thread table, and the beginning and end of a thread.
//!
//! The thread table is the original's: up to ten entries, never reused, behind one lock; main joins them
//! in order. Each entry is two cells, the thread's number and its handle:
//!
//! | spawner, under the lock | new thread | main |
//! |---|---|---|
//! | number is the count; store it in the entry | | |
//! | `Thread.Start` ................................ | loads its number | |
//! | store the handle in the entry | runs its lines | |
//! | add 1 to the count | prints `finished`, returns .... | lock; load count and handle; unlock |
//! | | | prints `Waiting`; `Thread.Join` |
//!
//! Number and first line are fixed before the thread starts, and the count grows only after the handle
//! has been stored. Main reads the count again before each join, and never joins while it holds the
//! lock, since a joined thread may be spawning. Main can stop at the count, because every thread that
//! could raise it has been joined.

use super::super::builder::{FunctionBuilder, ModuleBuilder, Runtime};
use crate::il::{BinaryOp, Type, Value};

pub(super) const PRINT_STR: Runtime =
    Runtime { name: "Viper.Terminal.PrintStr", params: &[Type::Str], result: Type::Void };
pub(super) const PRINT_I64: Runtime =
    Runtime { name: "Viper.Terminal.PrintI64", params: &[Type::I64], result: Type::Void };
pub(super) const SAY: Runtime =
    Runtime { name: "Viper.Terminal.Say", params: &[Type::Str], result: Type::Void };
pub(super) const SAY_INT: Runtime =
    Runtime { name: "Viper.Terminal.SayInt", params: &[Type::I64], result: Type::Void };
pub(super) const ASSERT: Runtime = Runtime {
    name: "Viper.Core.Diagnostics.Assert",
    params: &[Type::I1, Type::Str],
    result: Type::Void,
};
pub(super) const SLEEP: Runtime =
    Runtime { name: "Viper.Threads.Thread.Sleep", params: &[Type::I64], result: Type::Void };
pub(super) const ENTER: Runtime =
    Runtime { name: "Viper.Threads.Monitor.Enter", params: &[Type::Ptr], result: Type::Void };
pub(super) const EXIT: Runtime =
    Runtime { name: "Viper.Threads.Monitor.Exit", params: &[Type::Ptr], result: Type::Void };
const ALLOC: Runtime =
    Runtime { name: "Viper.Memory.Alloc", params: &[Type::I64], result: Type::Ptr };
const START: Runtime = Runtime {
    name: "Viper.Threads.Thread.Start",
    params: &[Type::Ptr, Type::Ptr],
    result: Type::Ptr,
};
const JOIN: Runtime =
    Runtime { name: "Viper.Threads.Thread.Join", params: &[Type::Ptr], result: Type::Void };

/// The number of threads that one run may start, including finished ones.
pub(super) const THREADS_MAX: i64 = 10;

/// Bytes of one cell of guest memory.
pub(super) const CELL: i64 = 8;

/// The function that starts a thread: `(ptr entry) -> i1`, false if the table is full.
pub(super) const SPAWN: &str = "tvm.spawn";

/// The number of thread table entries in use; its address is also the table's lock.
const COUNT: &str = "tvm.count";
/// The address of the first entry.
const TABLE: &str = "tvm.table";
/// Bytes from one entry to the next, as a shift: number, handle.
const ENTRY_SHIFT: i64 = 4;

/// Declares the thread table.
pub(super) fn declare_table(module: &mut ModuleBuilder) {
    module.global(COUNT, Type::I64);
    module.global(TABLE, Type::Ptr);
}

/// Emits `@main`, whose thread 0 begins in this function.
pub(super) fn emit_main(module: &mut ModuleBuilder, thread_0: &str) {
    let mut f = FunctionBuilder::new(module, "main".to_owned(), &[], Type::I64);
    f.begin("entry");
    let starting = f.text("Starting TinyVM with threads...");
    f.host_void(&SAY, &[starting]);
    let count_at = f.global_address("count_at", COUNT);
    let table_at = f.global_address("table_at", TABLE);
    let table = f.host("table", &ALLOC, &[Value::Int(THREADS_MAX << ENTRY_SHIFT)]);
    f.store(Type::Ptr, &table_at, &table);
    // An empty table has room.
    f.call_dropping(SPAWN, &[Value::Function(thread_0.to_owned())]);
    f.branch("next", &[Value::Int(0)]);

    f.begin("next");
    let id = f.block_param("id", Type::I64);
    f.host_void(&ENTER, std::slice::from_ref(&count_at));
    let count = f.load("count", Type::I64, &count_at);
    let more = f.binary("more", BinaryOp::SCmpLt, &id, &count);
    f.branch_if(&more, "join", "end");

    f.begin("join");
    let entry = entry(&mut f, &table, &id);
    let handle_at = f.gep("handle_at", &entry, &Value::Int(CELL));
    let handle = f.load("handle", Type::Ptr, &handle_at);
    f.host_void(&EXIT, std::slice::from_ref(&count_at));
    let waiting = f.text("[Main] Waiting for thread Thread ");
    f.host_void(&PRINT_STR, &[waiting]);
    f.host_void(&SAY_INT, std::slice::from_ref(&id));
    f.host_void(&JOIN, &[handle]);
    let next = f.binary("next_id", BinaryOp::Add, &id, &Value::Int(1));
    f.branch("next", &[next]);

    f.begin("end");
    f.host_void(&EXIT, &[count_at]);
    let finished = f.text("TinyVM finished.");
    f.host_void(&SAY, &[finished]);
    f.ret(Some(&Value::Int(0)));
    f.finish();
}

/// Emits the function that starts a thread. If the table is full, it releases the lock and returns
/// false; its caller traps, so that the trap points at the line.
pub(super) fn emit_spawn(module: &mut ModuleBuilder) {
    let params = [("entry_point", Type::Ptr)];
    let mut f = FunctionBuilder::new(module, SPAWN.to_owned(), &params, Type::I1);
    f.begin("entry");
    let count_at = f.global_address("count_at", COUNT);
    f.host_void(&ENTER, std::slice::from_ref(&count_at));
    let count = f.load("count", Type::I64, &count_at);
    let free = f.binary("free", BinaryOp::SCmpLt, &count, &Value::Int(THREADS_MAX));
    f.branch_if(&free, "start", "full");

    f.begin("start");
    let table_at = f.global_address("table_at", TABLE);
    let table = f.load("table", Type::Ptr, &table_at);
    let entry = entry(&mut f, &table, &count);
    f.store(Type::I64, &entry, &count);
    let entry_point = Value::Temp("entry_point".to_owned());
    let handle = f.host("handle", &START, &[entry_point, entry.clone()]);
    let handle_at = f.gep("handle_at", &entry, &Value::Int(CELL));
    f.store(Type::Ptr, &handle_at, &handle);
    let more = f.binary("more", BinaryOp::Add, &count, &Value::Int(1));
    f.store(Type::I64, &count_at, &more);
    f.host_void(&EXIT, std::slice::from_ref(&count_at));
    f.ret(Some(&Value::Bool(true)));

    f.begin("full");
    f.host_void(&EXIT, &[count_at]);
    f.ret(Some(&Value::Bool(false)));
    f.finish();
}

/// The address of a table entry.
fn entry(f: &mut FunctionBuilder<'_>, table: &Value, id: &Value) -> Value {
    let offset = f.binary("offset", BinaryOp::Shl, id, &Value::Int(ENTRY_SHIFT));
    f.gep("table_entry", table, &offset)
}

/// Prints `[Thread N] ` and leaves the line open.
pub(super) fn print_prefix(f: &mut FunctionBuilder<'_>, id: &Value) {
    let open = f.text("[Thread ");
    f.host_void(&PRINT_STR, &[open]);
    f.host_void(&PRINT_I64, std::slice::from_ref(id));
}

/// Prints a line about a thread: `[Thread N] Thread started`.
pub(super) fn say(f: &mut FunctionBuilder<'_>, id: &Value, what: &str) {
    print_prefix(f, id);
    let what = f.text(&format!("] {what}"));
    f.host_void(&SAY, &[what]);
}
