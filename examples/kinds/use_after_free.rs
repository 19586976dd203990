// A counter is freed when the flag says that the other thread is done with it. The flag is written without
// `Release`, so that it says nothing about what that thread did before.

use drawloom::heddle::sync::Ordering::{Acquire, Relaxed};
use drawloom::heddle::sync::alloc::Owned;
use drawloom::heddle::sync::{Arc, AtomicBool, AtomicPtr, AtomicU32, thread};

fn main() {
    drawloom::model(|| {
        let counter = Owned::into_raw(Owned::new(AtomicU32::new(0)));
        let shared = Arc::new((AtomicPtr::new(counter), AtomicBool::new(false)));
        let user = shared.clone();
        let uses = thread::spawn(move || {
            // SAFETY: none, and that is the mistake: the counter may have been freed.
            unsafe { (*user.0.load(Relaxed)).fetch_add(1, Relaxed) };
            user.1.store(true, Relaxed);
        });
        let is_done = shared.1.load(Acquire);
        if !is_done {
            uses.join().unwrap();
        }
        // SAFETY: the other thread should be done with it.
        drop(unsafe { Owned::from_raw(counter) });
    });
}
