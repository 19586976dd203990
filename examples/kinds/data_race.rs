// A message is passed on with a flag, but the flag is written without `Release`: the reader may see the flag
// and not the message.

use drawloom::heddle::sync::Ordering::{Acquire, Relaxed};
use drawloom::heddle::sync::{Arc, AtomicBool, Plain, thread};

fn main() {
    drawloom::model(|| {
        let shared = Arc::new((Plain::new(0), AtomicBool::new(false)));
        let writer = shared.clone();
        let writes = thread::spawn(move || {
            writer.0.with_mut(|message| *message = 42);
            writer.1.store(true, Relaxed);
        });
        if shared.1.load(Acquire) {
            shared.0.with(|message| assert_eq!(*message, 42));
        }
        writes.join().unwrap();
    });
}
