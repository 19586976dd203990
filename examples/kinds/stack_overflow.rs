// A thread goes down a list by recursion. It is so long that its frames do not fit the stack.

use std::hint::black_box;

use drawloom::heddle::sync::{Arc, AtomicU32, Ordering::Relaxed, thread};

fn sum(words: &[AtomicU32]) -> u32 {
    let frame = black_box([0_u32; 64]);
    match words.split_first() {
        None => frame[0],
        Some((first, rest)) => first.load(Relaxed) + sum(rest),
    }
}

fn main() {
    drawloom::model(|| {
        let words: Arc<Vec<AtomicU32>> = Arc::new((0..10_000).map(AtomicU32::new).collect());
        let theirs = words.clone();
        let sums = thread::spawn(move || sum(&theirs));
        sums.join().unwrap();
    });
}
