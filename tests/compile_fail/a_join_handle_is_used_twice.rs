//! V19: joining consumes the handle.

use drawloom::sync::thread::JoinHandle;

fn twice(handle: JoinHandle<()>) {
    let _ = handle.join();
    let _ = handle.join();
}

fn main() {}
