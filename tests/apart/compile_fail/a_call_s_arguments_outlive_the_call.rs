//! V1: what a host function is lent ends with the call.

use std::sync::Mutex;

use drawloom::{il::Type, native::Extern};

fn kept() {
    let kept = Mutex::new(Vec::<&'static [u64]>::new());
    let _ = Extern::new("Host.Keep", &[Type::I64], Type::Void, move |call| {
        kept.lock().unwrap().push(call.words());
        0
    });
}

fn main() {}
