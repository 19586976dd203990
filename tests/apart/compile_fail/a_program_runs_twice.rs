//! V19, for programs: `run` consumes it, and no second join can find half of it gone.

fn twice(program: drawloom::native::Program) {
    let _ = program.run();
    let _ = program.run();
}

fn main() {}
