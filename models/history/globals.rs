//! Process-wide state that several VMs write.

use std::cell::Cell;

use super::sync::Ordering::Relaxed;
use super::sync::{Arc, AtomicU32, Plain, global, local, thread};
use super::{Bug, Shows};

global! {
    static CALL_OF_PROCESS: AtomicU32 = AtomicU32::new(0);
}

local! {
    static CALL_OF_THREAD: Cell<u32> = Cell::new(0);
}

/// Two VMs note what they call, and trap in it.
fn two_trap(enter: fn(u32), current: fn() -> u32) {
    let calls = move |function: u32| {
        enter(function);
        assert_eq!(current(), function, "the trap is reported for another function");
    };
    let other = thread::spawn(move || calls(1));
    calls(2);
    other.join().unwrap();
}

pub(super) const V11: Bug = Bug {
    id: "V11",
    origin: "Viper, call context",
    title: "two VMs trap at once, and the wrong function is reported",
    story: "The call under way was noted in variables of the process. Two VMs that called at the \
            same time overwrote each other's note.",
    missing: "a place for each thread",
    shows: Shows::InSomeSchedule,
    wrong: || {
        two_trap(
            |function| CALL_OF_PROCESS.store(function, Relaxed),
            || CALL_OF_PROCESS.load(Relaxed),
        );
    },
    right: || two_trap(|function| CALL_OF_THREAD.set(function), || CALL_OF_THREAD.get()),
};

pub(super) const V16: Bug = Bug {
    id: "V16",
    origin: "Viper, guest globals",
    title: "plain loads and stores of shared globals race",
    story: "A guest's global variables are shared by its threads, and the interpreter read and \
            wrote them as if they were its own.",
    missing: "an atomic access: whole values, and no undefined behaviour in the host",
    shows: Shows::InSomeSchedule,
    wrong: || {
        let variable = Arc::new(Plain::new(0));
        let shared = variable.clone();
        let other = thread::spawn(move || shared.with_mut(|value| *value = 1));
        let read = variable.with(|value| *value);
        assert!(read <= 1);
        other.join().unwrap();
    },
    right: || {
        let variable = Arc::new(AtomicU32::new(0));
        let shared = variable.clone();
        // Relaxed: a guest's plain accesses promise it no order.
        let other = thread::spawn(move || shared.store(1, Relaxed));
        assert!(variable.load(Relaxed) <= 1);
        other.join().unwrap();
    },
};
