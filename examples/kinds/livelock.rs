// A spin lock is not given back on the path on which there is nothing to do: the other thread spins for ever.

use drawloom::heddle::sync::Ordering::{Acquire, Release};
use drawloom::heddle::sync::{Arc, AtomicBool, Plain, thread};

fn lock(is_taken: &AtomicBool) {
    while is_taken.swap(true, Acquire) {
        thread::yield_now();
    }
}

fn main() {
    drawloom::model(|| {
        let shared = Arc::new((AtomicBool::new(false), Plain::new(0)));
        let worker = shared.clone();
        let works = thread::spawn(move || {
            lock(&worker.0);
            if worker.1.with(|tasks| *tasks == 0) {
                return;
            }
            worker.1.with_mut(|tasks| *tasks -= 1);
            worker.0.store(false, Release);
        });
        lock(&shared.0);
        shared.1.with_mut(|tasks| *tasks += 1);
        shared.0.store(false, Release);
        works.join().unwrap();
    });
}
