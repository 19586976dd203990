//! The `drawloom` command.

fn main() {}
