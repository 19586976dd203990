//! Traps: what they must not jump over, and what must not be held when they come.

use std::cell::Cell;

use super::sync::Ordering::Relaxed;
use super::sync::{Arc, AtomicU32, Mutex, local, thread};
use super::{Bug, Shows};

local! {
    static ACTIVE: Cell<Option<u32>> = Cell::new(None);
}

struct Trap;

fn trapping_guest() -> Result<(), Trap> {
    Err(Trap)
}

/// Two threads run a guest that traps, with a payload each.
fn two_guests_trap(run: fn(&AtomicU32) -> Result<(), Trap>) {
    let payloads = Arc::new(AtomicU32::new(0));
    let shared = payloads.clone();
    let runs = move |payloads: &AtomicU32| {
        // Relaxed: counts; the join orders.
        payloads.fetch_add(1, Relaxed);
        assert!(run(payloads).is_err());
        assert_eq!(ACTIVE.get(), None, "a guest that has ended is still the active one");
    };
    let other = thread::spawn(move || runs(&shared));
    runs(&payloads);
    other.join().unwrap();
    assert_eq!(payloads.load(Relaxed), 0, "a payload is leaked");
}

/// Puts back what it found, however its scope is left.
struct Active<'run> {
    found: Option<u32>,
    payloads: &'run AtomicU32,
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        ACTIVE.set(self.found);
        // Relaxed: counts; the join orders.
        self.payloads.fetch_sub(1, Relaxed);
    }
}

pub(super) const V23: Bug = Bug {
    id: "V23",
    origin: "Viper, trap in a guest thread",
    title: "a trap jumps over the guard's end",
    story: "A trap in a guest left the thread's entry by a long jump. What the guard would have put \
            back stayed, and the payload with the entry's arguments was lost.",
    missing: "a destructor on every way out",
    shows: Shows::Always,
    wrong: || {
        two_guests_trap(|payloads| {
            let found = ACTIVE.replace(Some(1));
            trapping_guest()?;
            ACTIVE.set(found);
            payloads.fetch_sub(1, Relaxed);
            Ok(())
        });
    },
    right: || {
        two_guests_trap(|payloads| {
            let _active = Active { found: ACTIVE.replace(Some(1)), payloads };
            trapping_guest()
        });
    },
};

/// A registry whose one entry, when it is taken out, wants to look at the registry.
struct Registry {
    has_entry: Mutex<bool>,
}

impl Registry {
    fn finalise_entry(&self) {
        assert!(!*self.has_entry.lock().unwrap(), "the entry is finalised while it is there");
    }
}

/// One thread takes the entry out while another one looks.
fn take_out(unregister: fn(&Registry)) {
    let registry = Arc::new(Registry { has_entry: Mutex::new(true) });
    let shared = registry.clone();
    let looks = thread::spawn(move || *shared.has_entry.lock().unwrap());
    unregister(&registry);
    looks.join().unwrap();
}

pub(super) const V34: Bug = Bug {
    id: "V34",
    origin: "Viper, finalisers and traps under a lock",
    title: "a finaliser that re-enters meets the lock that its caller holds",
    story: "A registry removed an entry, and finalised it, under its lock. A finaliser that came \
            back to the registry waited for itself; one that trapped left the lock held.",
    missing: "nothing foreign runs under a lock: take out inside, finalise outside",
    shows: Shows::Always,
    wrong: || {
        take_out(|registry| {
            let mut has_entry = registry.has_entry.lock().unwrap();
            *has_entry = false;
            registry.finalise_entry();
        });
    },
    right: || {
        take_out(|registry| {
            *registry.has_entry.lock().unwrap() = false;
            registry.finalise_entry();
        });
    },
};
