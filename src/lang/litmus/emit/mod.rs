//! Translates a test to IL: the globals, the function that starts and joins the threads, and the line
//! that it prints.
//!
//! ```text
//! @main: starts P0, P1, ...; joins them in this order; prints the observed values; returns 0
//! @P0:   its accesses, in order; then one store per observed variable, to @P0.r0
//! ```
//!
//! The start of a thread comes before everything it does, and its join after: main reads only values of
//! threads that have ended, so its plain loads race with nothing.

mod body;
mod expression;

use super::SOURCE_FILE;
use super::program::Test;
use super::state::Observed;
use crate::il::{Init, Lines, Loc, Module, Span, Type, Value};
use crate::lang::builder::{FunctionBuilder, ModuleBuilder, Runtime};
use body::Body;

const START: Runtime = Runtime {
    name: "Viper.Threads.Thread.Start",
    params: &[Type::Ptr, Type::Ptr],
    result: Type::Ptr,
};
const JOIN: Runtime =
    Runtime { name: "Viper.Threads.Thread.Join", params: &[Type::Ptr], result: Type::Void };
const PRINT_STR: Runtime =
    Runtime { name: "Viper.Terminal.PrintStr", params: &[Type::Str], result: Type::Void };
const PRINT_I64: Runtime =
    Runtime { name: "Viper.Terminal.PrintI64", params: &[Type::I64], result: Type::Void };
const SAY: Runtime =
    Runtime { name: "Viper.Terminal.Say", params: &[Type::Str], result: Type::Void };

/// Turns a test into a module.
pub(super) fn emit(test: &Test, text: &str) -> Module {
    let places = Places(Lines::new(text));
    let mut module = ModuleBuilder::default();
    for location in &test.locations {
        module.global_with(
            &global_name(&location.name),
            Type::I64,
            Init::Int(location.initial.into()),
        );
    }
    for observed in &test.observed {
        if let Observed::Register { .. } = observed {
            module.global(&global_of(observed), Type::I64);
        }
    }
    emit_main(&mut module, test, &places);
    for number in 0..test.threads.len() {
        Body::emit(&mut module, test, number, &places);
    }
    module.finish()
}

/// Sets the source places of instructions.
struct Places<'t>(Lines<'t>);

impl Places<'_> {
    fn set(&self, f: &mut FunctionBuilder<'_>, span: Span) {
        let (line, column) = self.0.place(span.range().start);
        f.place(span, Loc { file: SOURCE_FILE, line, column });
    }
}

/// The global that holds an observed value at the end. A location's name has no dot, so it cannot
/// collide with a variable's.
fn global_of(observed: &Observed) -> String {
    match observed {
        Observed::Register { thread, name } => format!("{}.{name}", thread_function(*thread)),
        Observed::Location(name) => global_name(name),
    }
}

/// The global of a location: an IL name has no brackets, so `y[0]` is `@y.0`.
fn global_name(location: &str) -> String {
    location.replace('[', ".").replace(']', "")
}

fn thread_function(number: impl std::fmt::Display) -> String {
    format!("P{number}")
}

fn emit_main(module: &mut ModuleBuilder, test: &Test, places: &Places<'_>) {
    let mut f = FunctionBuilder::new(module, "main".to_owned(), &[], Type::I64);
    f.begin("entry");
    let mut handles = Vec::new();
    for (number, thread) in test.threads.iter().enumerate() {
        places.set(&mut f, thread.span);
        let name = thread_function(number);
        handles.push(f.host(&name, &START, &[Value::Function(name.clone()), Value::Null]));
    }
    for (handle, thread) in handles.into_iter().zip(&test.threads) {
        places.set(&mut f, thread.span);
        f.host_void(&JOIN, &[handle]);
    }
    places.set(&mut f, test.condition_span);
    let mut separator = "";
    for observed in &test.observed {
        let text = f.text(&format!("{separator}{observed}="));
        f.host_void(&PRINT_STR, &[text]);
        let at = f.global_address("at", &global_of(observed));
        let value = f.load("value", Type::I64, &at);
        f.host_void(&PRINT_I64, &[value]);
        separator = "; ";
    }
    let end = f.text(separator.trim_end());
    f.host_void(&SAY, &[end]);
    f.ret(Some(&Value::Int(0)));
    f.finish();
}
