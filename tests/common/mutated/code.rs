//! A few lines with every kind of synchronisation, and a body for each that notices when it is broken.
//!
//! Included once per world, like the core.

use std::cell::Cell;

use super::sync::{Arc, AtomicU64, Condvar, Mutex, Ordering, Plain, fence, local, mpsc, thread};

local! {
    static OWN: Cell<u64> = Cell::new(0);
}

/// Sets the thread-local for a while.
struct Set {
    saved: u64,
}

impl Set {
    fn to(value: u64) -> Self {
        Set { saved: OWN.replace(value) }
    }
}

impl Drop for Set {
    fn drop(&mut self) {
        OWN.set(self.saved);
    }
}

pub(crate) fn lock_and_join() {
    let sum = Arc::new(Mutex::new(0));
    let add = |sum: &Mutex<u64>| {
        let mut sum = sum.lock().unwrap();
        *sum += 1;
        *sum
    };
    let shared = sum.clone();
    let child = thread::spawn(move || add(&shared));
    assert_eq!(add(&sum) + child.join().unwrap(), 3);
}

pub(crate) fn wait_in_a_loop() {
    let state = Arc::new((Mutex::new(0), Condvar::new()));
    let waiters = [(), ()].map(|()| {
        let state = state.clone();
        thread::spawn(move || {
            let (value, changed) = &*state;
            let value = changed.wait_while(value.lock().unwrap(), |value| *value == 0).unwrap();
            assert_eq!(*value, 1);
        })
    });
    *state.0.lock().unwrap() = 1;
    state.1.notify_all();
    for waiter in waiters {
        waiter.join().unwrap();
    }
}

/// Wrong in the real world, where a waiter may wake for no reason; the mutant is that world.
pub(crate) fn wait_once() {
    let state = Arc::new((Mutex::new(0), Condvar::new()));
    let other = state.clone();
    let notifier = thread::spawn(move || {
        *other.0.lock().unwrap() = 1;
        other.1.notify_one();
    });
    let mut value = state.0.lock().unwrap();
    if *value == 0 {
        value = state.1.wait(value).unwrap();
    }
    assert_eq!(*value, 1);
    drop(value);
    notifier.join().unwrap();
}

pub(crate) fn pass_a_message() {
    let state = Arc::new((Plain::new(0), AtomicU64::new(0)));
    let sent = state.clone();
    let sender = thread::spawn(move || {
        sent.0.with_mut(|message| *message = 7);
        sent.1.store(1, Ordering::Release);
    });
    if state.1.load(Ordering::Acquire) == 1 {
        assert_eq!(state.0.with(|message| *message), 7);
    }
    sender.join().unwrap();
    assert_eq!(state.1.load(Ordering::Relaxed), 1);
}

pub(crate) fn pass_a_message_by_fences() {
    let state = Arc::new((Plain::new(0), AtomicU64::new(0)));
    let sent = state.clone();
    let sender = thread::spawn(move || {
        sent.0.with_mut(|message| *message = 7);
        fence(Ordering::AcqRel);
        sent.1.store(1, Ordering::Relaxed);
    });
    let is_sent = state.1.load(Ordering::Relaxed) == 1;
    fence(Ordering::Acquire);
    if is_sent {
        assert_eq!(state.0.with(|message| *message), 7);
    }
    sender.join().unwrap();
    assert_eq!(state.1.load(Ordering::Relaxed), 1);
}

/// Who comes second sees what the first one did.
pub(crate) fn take_turns() {
    let state = Arc::new(([Plain::new(0), Plain::new(0)], AtomicU64::new(0)));
    let go = |state: &([Plain<u64>; 2], AtomicU64), mine: usize| {
        state.0[mine].with_mut(|message| *message = 7);
        let turn = state.1.compare_exchange(0, 1, Ordering::Release, Ordering::Acquire);
        if turn.is_err() {
            assert_eq!(state.0[1 - mine].with(|message| *message), 7);
        }
        turn.is_ok()
    };
    let shared = state.clone();
    let child = thread::spawn(move || go(&shared, 1));
    let is_first = go(&state, 0);
    assert_ne!(is_first, child.join().unwrap());
}

pub(crate) fn count() {
    let sum = Arc::new(AtomicU64::new(0));
    let shared = sum.clone();
    let child = thread::spawn(move || shared.fetch_add(1, Ordering::Relaxed));
    sum.fetch_add(1, Ordering::Relaxed);
    child.join().unwrap();
    assert_eq!(sum.load(Ordering::Relaxed), 2);
}

pub(crate) fn keep_its_own() {
    let visits = Arc::new(AtomicU64::new(0));
    let go = |value, visits: &AtomicU64| {
        {
            let _set = Set::to(value);
            // Lets the other one in.
            visits.fetch_add(1, Ordering::Relaxed);
            assert_eq!(OWN.get(), value);
        }
        assert_eq!(OWN.get(), 0);
    };
    let shared = visits.clone();
    let child = thread::spawn(move || go(1, &shared));
    go(2, &visits);
    child.join().unwrap();
    assert_eq!(visits.load(Ordering::Relaxed), 2);
}

pub(crate) fn enter_if_it_is_free() {
    let sum = Arc::new(Mutex::new(0));
    let shared = sum.clone();
    let child = thread::spawn(move || *shared.lock().unwrap() += 1);
    child.join().unwrap();
    *sum.try_lock().expect("it is free") += 1;
    assert_eq!(*sum.lock().unwrap(), 2);
}

pub(crate) fn receive_what_is_there() {
    let (sender, receiver) = mpsc::channel();
    let child = thread::spawn(move || sender.send(7).unwrap());
    child.join().unwrap();
    assert_eq!(receiver.try_recv(), Ok(7));
}
