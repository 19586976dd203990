//! The end of a `TinyVM` program: join all, and print what comes last.

use super::parts::Signal;
use super::sync::Ordering::{Acquire, Relaxed, Release};
use super::sync::{Arc, AtomicBool, AtomicUsize, Mutex, thread};
use super::{Bug, Shows};

/// One slot of the thread table, with the count that says whether it is in use.
#[derive(Default)]
struct Slots {
    count: AtomicUsize,
    slot: AtomicUsize,
}

/// A thread fills a slot under the lock; another one follows the count without it.
fn follow_the_count(publish: fn(&AtomicUsize), read: fn(&AtomicUsize) -> usize) {
    let slots = Arc::new((Mutex::new(()), Slots::default()));
    let shared = slots.clone();
    let starter = thread::spawn(move || {
        let (lock, slots) = &*shared;
        let _locked = lock.lock().unwrap();
        // Relaxed: the count is what publishes it, or does not.
        slots.slot.store(1, Relaxed);
        publish(&slots.count);
    });
    let (_, slots) = &*slots;
    if read(&slots.count) > 0 {
        assert_eq!(slots.slot.load(Relaxed), 1, "the slot is not filled yet");
    }
    starter.join().unwrap();
}

pub(super) const T1: Bug = Bug {
    id: "T1",
    origin: "TinyVM, join-all",
    title: "the thread count is read without the lock",
    story: "The count was written under the table's mutex and read without it. There it happened to \
            be harmless: the reader had started the threads that it counted, or had just joined \
            who had. It is not when the count is all that leads to the slot: on a processor that \
            reorders, the reader sees the count and not the slot.",
    missing: "an edge from the count to its reader: the lock on both sides, or release and acquire",
    shows: Shows::InWeakMemory,
    wrong: || follow_the_count(|count| count.store(1, Relaxed), |count| count.load(Relaxed)),
    right: || follow_the_count(|count| count.store(1, Release), |count| count.load(Acquire)),
};

/// The threads that were started and that nobody has joined.
type Threads = Mutex<Vec<thread::JoinHandle<()>>>;

fn join_one(threads: &Threads) -> bool {
    // The lock is given back before the wait.
    let last = threads.lock().unwrap().pop();
    last.map(|thread| thread.join().unwrap()).is_some()
}

/// The first thread starts a second one, which must not find the program over.
fn late_start(join_all: fn(&Threads)) {
    let threads = Arc::new(Threads::default());
    let is_over = Arc::new(AtomicBool::new(false));
    let (table, over) = (threads.clone(), is_over.clone());
    let first = thread::spawn(move || {
        let late = thread::spawn(move || {
            // Relaxed: what was joined has no say any more.
            assert!(!over.load(Relaxed), "a thread runs after the end of the program");
        });
        table.lock().unwrap().push(late);
    });
    threads.lock().unwrap().push(first);
    join_all(&threads);
    is_over.store(true, Relaxed);
    while join_one(&threads) {}
}

pub(super) const T16: Bug = Bug {
    id: "T16",
    origin: "TinyVM, join-all",
    title: "threads that were started late are not joined",
    story: "The number of threads was copied before the loop that joins them. A thread that another \
            one started meanwhile was not among them, and ran on when the program was over.",
    missing: "a fresh look after each join, until there is nobody left",
    shows: Shows::InSomeSchedule,
    wrong: || {
        late_start(|threads| {
            let count = threads.lock().unwrap().len();
            for _ in 0..count {
                join_one(threads);
            }
        });
    },
    right: || late_start(|threads| while join_one(threads) {}),
};

/// The joined thread looks at the table, as it does in order to start another one.
fn join_a_starter(join_all: fn(&Threads)) {
    let threads = Arc::new(Threads::default());
    let table = threads.clone();
    let starter = thread::spawn(move || table.lock().unwrap().reserve(1));
    threads.lock().unwrap().push(starter);
    join_all(&threads);
}

pub(super) const T17: Bug = Bug {
    id: "T17",
    origin: "TinyVM, join-all",
    title: "join-all waits under the lock that a starting thread needs",
    story: "The table's mutex was held while its threads were joined. A thread that was to start \
            another one needed that mutex in order to come to its end.",
    missing: "the rule that nobody waits for a thread under the table's lock",
    shows: Shows::InSomeSchedule,
    wrong: || {
        join_a_starter(|threads| {
            for thread in threads.lock().unwrap().drain(..) {
                thread.join().unwrap();
            }
        });
    },
    right: || join_a_starter(|threads| while join_one(threads) {}),
};

/// A thread prints its last line and tells its joiner, which prints the program's last line.
fn last_lines(end: fn(print: &dyn Fn(&'static str), tell: &Signal)) {
    let output = Arc::new((Mutex::new(Vec::new()), Signal::default()));
    let shared = output.clone();
    let ends = thread::spawn(move || {
        end(&|line| shared.0.lock().unwrap().push(line), &shared.1);
    });
    output.1.wait();
    output.0.lock().unwrap().push("program finished");
    ends.join().unwrap();
    let lines = output.0.lock().unwrap();
    assert_eq!(*lines, ["thread finished", "program finished"], "output after the end");
}

pub(super) const T20: Bug = Bug {
    id: "T20",
    origin: "TinyVM, join-all",
    title: "a thread's last line comes after the program's",
    story: "A thread told its joiner that it was done, and printed that after. The joiner went on, \
            and the program's last line could come first.",
    missing: "the edge exit->join: what a thread still does comes before it says that it has ended",
    shows: Shows::InSomeSchedule,
    wrong: || {
        last_lines(|print, ended| {
            ended.set();
            print("thread finished");
        });
    },
    right: || {
        last_lines(|print, ended| {
            print("thread finished");
            ended.set();
        });
    },
};
