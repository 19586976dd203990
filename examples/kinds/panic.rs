// Two threads add 1 to a counter with a load and a store. Both may load 0, and then both store 1.

use drawloom::heddle::sync::{Arc, AtomicU32, Ordering::SeqCst, thread};

fn main() {
    drawloom::model(|| {
        let count = Arc::new(AtomicU32::new(0));
        let other = count.clone();
        let adder = thread::spawn(move || other.store(other.load(SeqCst) + 1, SeqCst));
        count.store(count.load(SeqCst) + 1, SeqCst);
        adder.join().unwrap();
        assert_eq!(count.load(SeqCst), 2, "an update was lost");
    });
}
