//! Small closed bodies, compiled once for each world.

use super::sync::{Arc, AtomicBool, AtomicUsize, Condvar, Mutex, Ordering, Plain, fence, thread};
use Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

/// The bodies.
pub(crate) const BODIES: &[(&str, fn())] = &[
    ("stores_and_loads", stores_and_loads),
    ("increments_2x4", increments_2x4),
    ("message_passing", message_passing),
    ("store_buffering", || store_buffering(false)),
    ("store_buffering_fences", || store_buffering(true)),
    ("lock_2x2", || locked(2, 2)),
    ("lock_3x1", || locked(3, 1)),
    ("lock_3x2", || locked(3, 2)),
    ("lock_4x1", || locked(4, 1)),
    ("buffer_1x1", || buffer(1, 1)),
    ("buffer_2x2", || buffer(2, 2)),
    ("stack_1x1", || stack(1, 1)),
    ("stack_2x1", || stack(2, 1)),
    ("stack_2x2", || stack(2, 2)),
    ("last_owner_of_4", last_owner),
    ("ticket_lock_2", || ticket_lock(2)),
    ("spin_lock_2", spin_lock),
];

fn join<T>(threads: Vec<thread::JoinHandle<T>>) -> Vec<T> {
    threads.into_iter().map(|it| it.join().unwrap()).collect()
}

/// The least that a body does: four accesses in each of two threads.
fn stores_and_loads() {
    let words = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let theirs = words.clone();
    let other = thread::spawn(move || {
        theirs.0.store(1, Release);
        theirs.0.store(2, Release);
        theirs.1.load(Acquire) <= theirs.1.load(Acquire)
    });
    words.1.store(1, Release);
    words.1.store(2, Release);
    assert!(words.0.load(Acquire) <= words.0.load(Acquire));
    assert!(other.join().unwrap());
}

fn increments_2x4() {
    let count = Arc::new(AtomicUsize::new(0));
    let adders = (0..2).map(|_| {
        let count = count.clone();
        thread::spawn(move || {
            for _ in 0..4 {
                count.fetch_add(1, AcqRel);
            }
        })
    });
    join(adders.collect());
    assert_eq!(count.load(Relaxed), 8);
}

fn message_passing() {
    let shared = Arc::new((Plain::new(0), AtomicBool::new(false)));
    let (writer, reader) = (shared.clone(), shared);
    let writes = thread::spawn(move || {
        writer.0.with_mut(|it| *it = 42);
        writer.1.store(true, Release);
    });
    let reads = thread::spawn(move || {
        if reader.1.load(Acquire) {
            reader.0.with(|it| assert_eq!(*it, 42));
        }
    });
    join(vec![writes, reads]);
}

fn store_buffering(with_fences: bool) {
    let words = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let (one, other) = (words.clone(), words);
    let order = if with_fences { Relaxed } else { SeqCst };
    let step = move |mine: &AtomicUsize, other: &AtomicUsize| {
        mine.store(1, order);
        if with_fences {
            fence(SeqCst);
        }
        other.load(order)
    };
    let one = thread::spawn(move || step(&one.0, &one.1));
    let other = thread::spawn(move || step(&other.1, &other.0));
    // loom takes seq-cst accesses for weaker ones, so neither may have seen the other there.
    join(vec![one, other]);
}

fn locked(threads: usize, rounds: usize) {
    let count = Arc::new(Mutex::new(0));
    let adders = (0..threads).map(|_| {
        let count = count.clone();
        thread::spawn(move || (0..rounds).for_each(|_| *count.lock().unwrap() += 1))
    });
    join(adders.collect());
    assert_eq!(*count.lock().unwrap(), threads * rounds);
}

/// A place for one item, with a condition for each side.
fn buffer(producers: usize, consumers: usize) {
    let place = Arc::new((Mutex::new(None), Condvar::new(), Condvar::new()));
    let produce = |item| {
        let place = place.clone();
        thread::spawn(move || {
            let empty = place.0.lock().unwrap();
            *place.1.wait_while(empty, |it| it.is_some()).unwrap() = Some(item);
            place.2.notify_one();
            0
        })
    };
    let consume = |_| {
        let place = place.clone();
        thread::spawn(move || {
            let full = place.0.lock().unwrap();
            let item = place.2.wait_while(full, |it| it.is_none()).unwrap().take();
            place.1.notify_one();
            item.unwrap()
        })
    };
    let threads = (1..=producers).map(produce).chain((0..consumers).map(consume)).collect();
    assert_eq!(join(threads).iter().sum::<usize>(), (1..=producers).sum::<usize>());
}

/// Treiber's stack, of nodes in an array; 0 is the end.
fn stack(pushes: usize, pops: usize) {
    let nodes: Vec<_> = (0..=pushes).map(|_| AtomicUsize::new(0)).collect();
    let shared = Arc::new((AtomicUsize::new(0), nodes));
    let push = |node: usize| {
        let shared = shared.clone();
        thread::spawn(move || {
            let (head, next) = &*shared;
            let mut top = head.load(Relaxed);
            loop {
                next[node].store(top, Relaxed);
                match head.compare_exchange(top, node, Release, Relaxed) {
                    Ok(_) => return 0,
                    Err(found) => top = found,
                }
            }
        })
    };
    let pop = |_| {
        let shared = shared.clone();
        thread::spawn(move || {
            let (head, next) = &*shared;
            let mut top = head.load(Acquire);
            while top != 0 {
                let below = next[top].load(Relaxed);
                match head.compare_exchange(top, below, AcqRel, Acquire) {
                    Ok(_) => return top,
                    Err(found) => top = found,
                }
            }
            0
        })
    };
    let threads = (1..=pushes).map(push).chain((0..pops).map(pop)).collect();
    let popped: usize = join(threads).iter().sum();
    assert!(popped <= (1..=pushes).sum::<usize>());
}

/// Says in its destructor that it is gone.
struct Noisy(Arc<AtomicUsize>);

impl Drop for Noisy {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}

fn last_owner() {
    let gone = Arc::new(AtomicUsize::new(0));
    let shared = Arc::new(Noisy(gone.clone()));
    let owners = (0..3).map(|_| {
        let shared = shared.clone();
        thread::spawn(move || drop(shared))
    });
    let owners = owners.collect();
    drop(shared);
    join(owners);
    assert_eq!(gone.load(Relaxed), 1);
}

fn ticket_lock(threads: usize) {
    let shared = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0), Plain::new(0)));
    let adders = (0..threads).map(|_| {
        let shared = shared.clone();
        thread::spawn(move || {
            let (tickets, turn, count) = &*shared;
            let mine = tickets.fetch_add(1, Relaxed);
            while turn.load(Acquire) != mine {
                thread::yield_now();
            }
            count.with_mut(|it| *it += 1);
            turn.store(mine + 1, Release);
        })
    });
    join(adders.collect());
    shared.2.with(|it| assert_eq!(*it, threads));
}

fn spin_lock() {
    let shared = Arc::new((AtomicBool::new(false), Plain::new(0)));
    let adders = (0..2).map(|_| {
        let shared = shared.clone();
        thread::spawn(move || {
            while shared.0.swap(true, Acquire) {
                thread::yield_now();
            }
            shared.1.with_mut(|it| *it += 1);
            shared.0.store(false, Release);
        })
    });
    join(adders.collect());
    shared.1.with(|it| assert_eq!(*it, 2));
}
