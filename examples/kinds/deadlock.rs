// Two threads take the same two locks in opposite orders. When each has its first one, each waits for the other.

use drawloom::heddle::sync::{Arc, Mutex, thread};

fn main() {
    drawloom::model(|| {
        let locks = Arc::new((Mutex::new(0), Mutex::new(0)));
        let other = locks.clone();
        let moves = thread::spawn(move || {
            let mut from = other.1.lock().unwrap();
            let mut to = other.0.lock().unwrap();
            *from -= 1;
            *to += 1;
        });
        let mut from = locks.0.lock().unwrap();
        let mut to = locks.1.lock().unwrap();
        *from -= 1;
        *to += 1;
        drop((from, to));
        moves.join().unwrap();
    });
}
