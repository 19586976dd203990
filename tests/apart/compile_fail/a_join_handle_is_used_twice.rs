//! V19: joining consumes the handle.

use drawloom::native::sync::thread::JoinHandle;

fn twice(handle: JoinHandle<()>) {
    let _ = handle.join();
    let _ = handle.join();
}

fn main() {}
