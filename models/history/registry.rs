//! Registries of host functions: whose they are, and how long a look-up is good for.

use std::cell::Cell;

use super::sync::{Arc, Mutex, local, thread};
use super::{Bug, Shows};

/// What a guest finds if it looks in its own registry.
const OWN: u32 = 1;
/// What it finds in the one that everybody has.
const GLOBAL: u32 = 2;

pub(super) const V2: Bug = Bug {
    id: "V2",
    origin: "Viper, registry handle",
    title: "a worker's registry is taken away under it, and it finds the global one",
    story: "A worker kept a bare pointer to its owner's current registry and did not share in it. \
            When the owner dropped that registry, a running guest fell back to the global one, and \
            called another function than the one that was meant.",
    missing: "a share of its own: the worker inherits the registry when it is started",
    shows: Shows::InSomeSchedule,
    wrong: || {
        let current = Arc::new(Mutex::new(Some(OWN)));
        let borrowed = current.clone();
        let worker = thread::spawn(move || {
            let found = borrowed.lock().unwrap().unwrap_or(GLOBAL);
            assert_eq!(found, OWN, "the guest calls the global function");
        });
        *current.lock().unwrap() = None;
        worker.join().unwrap();
    },
    right: || {
        let current = Arc::new(Mutex::new(Some(Arc::new(OWN))));
        let inherited = current.lock().unwrap().clone();
        let worker = thread::spawn(move || {
            let found = inherited.map_or(GLOBAL, |own| *own);
            assert_eq!(found, OWN, "the guest calls the global function");
        });
        *current.lock().unwrap() = None;
        worker.join().unwrap();
    },
};

local! {
    /// The latest two look-ups, and how many there have been.
    static RING: Cell<([u32; 2], usize)> = Cell::new(([0; 2], 0));
}

/// Looks a function up; where in the ring it now lies.
fn look_up_in_ring(function: u32) -> usize {
    let (mut slots, count) = RING.get();
    let slot = count % slots.len();
    slots[slot] = function;
    RING.set((slots, count + 1));
    slot
}

/// Looks three functions up and calls the first.
fn three_look_ups<F>(look_up: fn(u32) -> F, call: fn(&F) -> u32) {
    let found = [11, 12, 13].map(look_up);
    assert_eq!(call(&found[0]), 11, "the look-up names another function by now");
}

pub(super) const V36: Bug = Bug {
    id: "V36",
    origin: "Viper, look-up cache",
    title: "after enough look-ups, a look-up names another function",
    story: "A look-up returned the place of its result in a small ring that every thread had. The \
            ring wrapped, and who kept a result for longer had a different function in its hands.",
    missing: "an owned result: what was found does not depend on later look-ups",
    shows: Shows::Always,
    wrong: || {
        let other = thread::spawn(|| three_look_ups(look_up_in_ring, |&slot| RING.get().0[slot]));
        three_look_ups(look_up_in_ring, |&slot| RING.get().0[slot]);
        other.join().unwrap();
    },
    right: || {
        let other = thread::spawn(|| three_look_ups(|function| function, |&function| function));
        three_look_ups(|function| function, |&function| function);
        other.join().unwrap();
    },
};
