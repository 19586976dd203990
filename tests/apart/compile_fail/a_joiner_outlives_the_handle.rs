//! V19: who joins by a reference keeps the handle where it is.

use drawloom::native::sync::Mutex;

fn wait(has_ended: &Mutex<bool>) -> bool {
    *has_ended.lock().unwrap()
}

fn destroyed_under_the_joiner(has_ended: Mutex<bool>) {
    let joins = || wait(&has_ended);
    drop(has_ended);
    joins();
}

fn main() {}
