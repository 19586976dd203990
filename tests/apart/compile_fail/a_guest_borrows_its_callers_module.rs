//! V21: a thread's closure owns what it uses, so that its starter may return first.

use drawloom::native::sync::thread;

fn starts_a_guest(module: &[u64]) {
    thread::spawn(|| module.len());
}

fn main() {}
