//! `TinyVM`'s locks: bare, by name, and given back by whoever says so.

use super::parts::BareLock;
use super::sync::Ordering::Relaxed;
use super::sync::{Arc, AtomicBool, AtomicU32, Mutex, Plain, thread};
use super::{Bug, Shows};

/// A lock, and a note on whether it is held that decides whether an unlock does anything.
#[derive(Default)]
struct NotedLock {
    lock: BareLock,
    is_noted: AtomicBool,
}

impl NotedLock {
    fn lock(&self) {
        self.lock.lock();
        self.note(true);
    }

    /// A swap, so that the latest note is the one that is read: the bug needs no weak memory.
    fn note(&self, is_held: bool) {
        self.is_noted.swap(is_held, Relaxed);
    }

    fn is_noted(&self) -> bool {
        self.is_noted.load(Relaxed)
    }
}

/// Two threads take the lock and give it back, and then it must be free.
fn two_take_turns(unlock: fn(&NotedLock)) {
    let lock = Arc::new(NotedLock::default());
    let shared = lock.clone();
    let turn = move |lock: &NotedLock| {
        lock.lock();
        if lock.is_noted() {
            unlock(lock);
        }
    };
    let other = thread::spawn(move || turn(&shared));
    turn(&lock);
    other.join().unwrap();
    lock.lock.lock();
}

pub(super) const T6: Bug = Bug {
    id: "T6",
    origin: "TinyVM, unlock",
    title: "the note that a lock is free erases the next owner's",
    story: "Unlock gave the mutex back and cleared its note after that. By then the next owner could \
            have made its own; with that erased, its unlock did nothing, and the whole program \
            hung: 10 of 100 runs.",
    missing: "the note inside the critical section that it describes",
    shows: Shows::InSomeSchedule,
    wrong: || {
        two_take_turns(|lock| {
            lock.lock.unlock();
            lock.note(false);
        });
    },
    right: || {
        two_take_turns(|lock| {
            lock.note(false);
            lock.lock.unlock();
        });
    },
};

const NOBODY: u32 = 0;

/// A lock that knows whose it is.
#[derive(Default)]
struct OwnedLock {
    lock: BareLock,
    owner: AtomicU32,
}

impl OwnedLock {
    fn lock(&self, thread: u32) {
        self.lock.lock();
        // Relaxed: only the owner's own number means anything to a thread.
        self.owner.store(thread, Relaxed);
    }

    fn unlock(&self) {
        self.owner.store(NOBODY, Relaxed);
        self.lock.unlock();
    }

    fn is_owned_by(&self, thread: u32) -> bool {
        self.owner.load(Relaxed) == thread
    }
}

/// The second thread unlocks what it has not locked, and then both use the lock as they should.
fn unlock_of_another(mistake: fn(&OwnedLock, thread: u32)) {
    let lock = Arc::new(OwnedLock::default());
    let inside = Arc::new(Plain::new(0));
    let uses = |lock: &OwnedLock, inside: &Plain<u32>, thread: u32| {
        lock.lock(thread);
        inside.with_mut(|entries| *entries += 1);
        lock.unlock();
    };
    let (shared_lock, shared) = (lock.clone(), inside.clone());
    let owner = thread::spawn(move || uses(&shared_lock, &shared, 1));
    mistake(&lock, 2);
    uses(&lock, &inside, 2);
    owner.join().unwrap();
}

pub(super) const T8: Bug = Bug {
    id: "T8",
    origin: "TinyVM, unlock",
    title: "a thread unlocks what another one has locked",
    story: "Unlock asked nobody whose lock it was. After another thread's unlock, the next one could \
            go in beside the owner.",
    missing: "an owner: unlocking another thread's lock is an error",
    shows: Shows::InSomeSchedule,
    wrong: || unlock_of_another(|lock, _| lock.unlock()),
    right: || {
        unlock_of_another(|lock, thread| {
            if lock.is_owned_by(thread) {
                lock.unlock();
            }
        });
    },
};

/// A thread ends without having given its lock back; another one wants it.
fn end_inside(end: fn(&OwnedLock, thread: u32)) {
    let lock = Arc::new(OwnedLock::default());
    let shared = lock.clone();
    let ends = thread::spawn(move || {
        shared.lock(1);
        end(&shared, 1);
    });
    lock.lock(2);
    lock.unlock();
    ends.join().unwrap();
}

pub(super) const T10: Bug = Bug {
    id: "T10",
    origin: "TinyVM, exit",
    title: "a thread ends with a lock that nobody gets any more",
    story: "The instruction that ends a thread did not look at the locks that the thread had. Who \
            wanted one of those waited for ever.",
    missing: "the end of a thread gives back what the thread has",
    shows: Shows::InSomeSchedule,
    wrong: || end_inside(|_, _| {}),
    right: || {
        end_inside(|lock, thread| {
            if lock.is_owned_by(thread) {
                lock.unlock();
            }
        });
    },
};

/// Two threads take both locks, each in its own order.
fn two_take_both(order: [[usize; 2]; 2]) {
    let locks = Arc::new([Mutex::new(0), Mutex::new(0)]);
    let shared = locks.clone();
    let takes = |locks: &[Mutex<u32>; 2], [first, second]: [usize; 2]| {
        let mut from = locks[first].lock().unwrap();
        let mut to = locks[second].lock().unwrap();
        *from += 1;
        *to += 1;
    };
    let other = thread::spawn(move || takes(&shared, order[1]));
    takes(&locks, order[0]);
    other.join().unwrap();
}

pub(super) const T11: Bug = Bug {
    id: "T11",
    origin: "TinyVM, two locks",
    title: "two locks are taken in two orders",
    story: "One thread locked `a` and then `b`, the other `b` and then `a`. With one lock each, both \
            waited for the other.",
    missing: "one order for all who take both",
    shows: Shows::InSomeSchedule,
    wrong: || two_take_both([[0, 1], [1, 0]]),
    right: || two_take_both([[0, 1], [0, 1]]),
};
