//! V1: what was found under a lock ends with the lock.

use std::collections::HashMap;

use drawloom::native::sync::Mutex;

fn look_up(table: &Mutex<HashMap<u32, String>>, key: u32) -> &str {
    let table = table.lock().unwrap();
    table.get(&key).unwrap()
}

fn main() {}
