//! `TinyVM`'s `thread`: a slot, a number and a first line for each.

use super::parts::Signal;
use super::sync::Ordering::Relaxed;
use super::sync::{Arc, AtomicU32, Mutex, refuse_spawn, thread};
use super::{Bug, Shows};

/// Starts two threads, of which the system refuses the second, and waits for those in the table.
fn second_start_is_refused(after_refusal: fn(&mut Vec<Arc<Signal>>)) {
    let mut table: Vec<Arc<Signal>> = Vec::new();
    refuse_spawn(2);
    let handles = [(), ()].map(|()| {
        let end = Arc::new(Signal::default());
        table.push(end.clone());
        let started = thread::Builder::new().spawn(move || end.set());
        if started.is_err() {
            after_refusal(&mut table);
        }
        started.ok()
    });
    for end in table {
        end.wait();
    }
    for handle in handles.into_iter().flatten() {
        handle.join().unwrap();
    }
}

pub(super) const T15: Bug = Bug {
    id: "T15",
    origin: "TinyVM, thread creation",
    title: "a thread that was never started is waited for",
    story: "The result of creating a thread was not looked at. A refused thread stood in the table \
            like any other, and the end of the program waited for it.",
    missing: "the way back: a refused start leaves no entry",
    shows: Shows::Always,
    wrong: || second_start_is_refused(|_| {}),
    right: || {
        second_start_is_refused(|table| {
            table.pop();
        });
    },
};

/// Two threads start one each, and get a number for it.
fn two_start(take_number: fn(&Mutex<u32>) -> u32) {
    let numbers = Arc::new(Mutex::new(0));
    let shared = numbers.clone();
    let other = thread::spawn(move || take_number(&shared));
    let own = take_number(&numbers);
    assert_ne!(own, other.join().unwrap(), "two threads have one number");
}

pub(super) const T18: Bug = Bug {
    id: "T18",
    origin: "TinyVM, thread creation",
    title: "two threads get the same number, and the same slot",
    story: "The number of the next thread was read before the table's mutex was taken, and raised \
            inside. Two starters read the same one, and the second overwrote the first's slot.",
    missing: "one critical section for reading the number and raising it",
    shows: Shows::InSomeSchedule,
    wrong: || {
        two_start(|numbers| {
            let number = *numbers.lock().unwrap();
            *numbers.lock().unwrap() = number + 1;
            number
        });
    },
    right: || {
        two_start(|numbers| {
            let mut next = numbers.lock().unwrap();
            *next += 1;
            *next - 1
        });
    },
};

/// The line at which a started thread is to begin.
const LABEL: u32 = 7;

/// A thread's context, with its program counter.
fn start_at_label(before: fn(&AtomicU32), after: fn(&AtomicU32)) {
    let pc = Arc::new(AtomicU32::new(0));
    let shared = pc.clone();
    before(&pc);
    let runs = thread::spawn(move || {
        // Relaxed: starting the thread orders what came before it.
        assert_eq!(shared.load(Relaxed), LABEL, "the thread runs from the wrong line");
    });
    after(&pc);
    runs.join().unwrap();
}

pub(super) const T19: Bug = Bug {
    id: "T19",
    origin: "TinyVM, thread creation",
    title: "a thread runs from the wrong line",
    story: "The new thread's program counter was set after the thread had been started. A fast \
            thread ran from the first line.",
    missing: "the edge start->child: everything that the child needs comes before its start",
    shows: Shows::InSomeSchedule,
    wrong: || start_at_label(|_| {}, |pc| pc.store(LABEL, Relaxed)),
    right: || start_at_label(|pc| pc.store(LABEL, Relaxed), |_| {}),
};
