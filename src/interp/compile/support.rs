//! Functions of the runtime that are written in IL, since they call functions of the program: a module that needs
//! one gets it when it is compiled, behind its own functions.

use crate::il::{self, Diagnostic, Module, Span, Verified};
use crate::interp::builtin::{Builtin, POOL_WORKER};

/// What a worker of a pool does. The cells of its task are the function and the argument.
const WORKER: &str = "il 0.3.0
extern @Drawloom.Pool.Take(ptr, ptr) -> i1
extern @Drawloom.Pool.Finish(ptr) -> void
extern @Drawloom.Pool.Fail(ptr, str) -> void

func @Drawloom.Pool.Work(ptr %pool) -> void {
entry:
  %task = alloca 16
  %argument_at = gep %task, 8
  br ^next
next:
  %is_there = call @Drawloom.Pool.Take(%pool, %task)
  cbr %is_there, ^run, ^end
run:
  %function = load ptr, %task
  %argument = load ptr, %argument_at
  eh.push ^trapped
  call.indirect [void(ptr)] %function(%argument)
  eh.pop
  call @Drawloom.Pool.Finish(%pool)
  br ^next
trapped(%error: error, %token: resumetok):
  eh.entry
  %message = err.get_msg %error
  call @Drawloom.Pool.Fail(%pool, %message)
  resume.label %token, ^next
end:
  ret
}
";

/// The module with the functions of the runtime that it needs; `None` if it needs none.
///
/// # Errors
/// It has functions with their names.
pub(super) fn linked(module: &Verified) -> Result<Option<Verified>, Vec<Diagnostic>> {
    let needs = |it: &il::Extern| Builtin::find(&it.name) == Some(Builtin::PoolNew);
    if !module.externs.iter().any(needs) {
        return Ok(None);
    }
    let support = il::parse(WORKER).expect("closed: the runtime's own text");
    if let Some(function) = module.functions.iter().find(|it| it.name == POOL_WORKER) {
        let message = format!("'@{POOL_WORKER}' is a function of the runtime");
        return Err(vec![Diagnostic::new(function.span, message).help("give it another name")]);
    }
    il::verify(with(module.module().clone(), support)).map(Some)
}

/// A module with the externs and the functions of another one, which have no place in its text.
fn with(mut module: Module, support: Module) -> Module {
    for declared in support.externs {
        if module.externs.iter().all(|known| known.name != declared.name) {
            module.externs.push(il::Extern { span: Span::default(), ..declared });
        }
    }
    for mut function in support.functions {
        function.span = Span::default();
        let blocks = function.blocks.iter_mut();
        for instruction in blocks.flat_map(|block| &mut block.instructions) {
            instruction.span = Span::default();
        }
        module.functions.push(function);
    }
    module
}
