//! A ring for one producer and one consumer whose `push` publishes without `Release`: what `pop`
//! takes out of the slot races with what `push` put there.

use super::sync::{
    Arc, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
    Plain, thread,
};

struct Ring {
    slots: Box<[Plain<Option<i32>>]>,
    head: AtomicUsize,
    tail: AtomicUsize,
}

impl Ring {
    fn new(capacity: usize) -> Self {
        Ring {
            slots: (0..capacity).map(|_| Plain::new(None)).collect(),
            head: AtomicUsize::new(0),
            tail: AtomicUsize::new(0),
        }
    }

    fn push(&self, value: i32) -> Result<(), i32> {
        let tail = self.tail.load(Relaxed);
        if tail - self.head.load(Acquire) == self.slots.len() {
            return Err(value);
        }
        self.slots[tail % self.slots.len()].with_mut(|slot| *slot = Some(value));
        self.tail.store(tail + 1, Relaxed);
        Ok(())
    }

    fn pop(&self) -> Option<i32> {
        let head = self.head.load(Relaxed);
        if head == self.tail.load(Acquire) {
            return None;
        }
        let value = self.slots[head % self.slots.len()].with_mut(Option::take);
        self.head.store(head + 1, Release);
        value
    }
}

pub(crate) fn items_come_in_order() {
    let ring = Arc::new(Ring::new(2));
    let producer = ring.clone();
    let pushes = thread::spawn(move || {
        producer.push(1).unwrap();
        producer.push(2).unwrap();
    });
    let got: Vec<i32> = (0..2).filter_map(|_| ring.pop()).collect();
    assert!([vec![], vec![1], vec![1, 2]].contains(&got));
    pushes.join().unwrap();
}
