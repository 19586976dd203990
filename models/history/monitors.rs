//! Monitors, gates and barriers: what their end does to those who are in them.

use super::parts::Allocation;
use super::sync::{Arc, Condvar, Mutex, thread};
use super::{Bug, Shows};

/// A guest object's monitor.
#[derive(Default)]
struct Monitor {
    is_there: bool,
    is_owned: bool,
    is_forgotten: bool,
}

/// One thread enters and leaves the monitor while another one forgets the object.
fn forget_meanwhile(forget: fn(&mut Monitor)) {
    let monitor = Arc::new(Mutex::new(Monitor::default()));
    let shared = monitor.clone();
    let owner = thread::spawn(move || {
        {
            let mut monitor = shared.lock().unwrap();
            monitor.is_there = true;
            monitor.is_owned = true;
        }
        let mut monitor = shared.lock().unwrap();
        assert!(monitor.is_there, "the monitor is destroyed under its owner");
        monitor.is_owned = false;
        if monitor.is_forgotten {
            monitor.is_there = false;
        }
    });
    forget(&mut monitor.lock().unwrap());
    owner.join().unwrap();
}

pub(super) const V26: Bug = Bug {
    id: "V26",
    origin: "Viper, monitor",
    title: "forgetting an object destroys a monitor that somebody has",
    story: "Forgetting a guest object destroyed its monitor at once, whoever was in it or waited for \
            it. The owner gave back what was gone.",
    missing: "a last one out: who forgets only says so if somebody is in",
    shows: Shows::InSomeSchedule,
    wrong: || forget_meanwhile(|monitor| monitor.is_there = false),
    right: || {
        forget_meanwhile(|monitor| {
            if monitor.is_owned {
                monitor.is_forgotten = true;
            } else {
                monitor.is_there = false;
            }
        });
    },
};

/// One thread waits on a monitor that another one finalises.
fn finalise_meanwhile(wake: fn(&Condvar)) {
    let monitor = Arc::new((Mutex::new(false), Condvar::new()));
    let shared = monitor.clone();
    let waiter = thread::spawn(move || {
        let (is_over, changed) = &*shared;
        drop(changed.wait_while(is_over.lock().unwrap(), |is_over| !*is_over).unwrap());
    });
    let (is_over, changed) = &*monitor;
    *is_over.lock().unwrap() = true;
    wake(changed);
    waiter.join().unwrap();
}

pub(super) const V27: Bug = Bug {
    id: "V27",
    origin: "Viper, monitor",
    title: "finalising a monitor wakes nobody",
    story: "The finaliser marked the monitor as gone and notified nobody. Who came later saw the \
            mark; who was waiting already waited on.",
    missing: "the notification that goes with every change of what is waited for",
    shows: Shows::InSomeSchedule,
    wrong: || finalise_meanwhile(|_| {}),
    right: || finalise_meanwhile(Condvar::notify_all),
};

/// A gate that threads wait at, and the memory that it lies in.
struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
    memory: Allocation,
}

#[derive(Default)]
struct GateState {
    is_open: bool,
    waiting: u32,
}

impl Gate {
    /// Waits until the gate is open. A thread that has been woken still has to leave.
    fn pass(&self) {
        let is_shut = |state: &mut GateState| !state.is_open;
        let mut state = self.changed.wait_while(self.state.lock().unwrap(), is_shut).unwrap();
        state.waiting -= 1;
        self.changed.notify_all();
        // The last use. It comes before the lock is given back: after that, nobody waits any more.
        self.memory.get();
    }

    fn open(&self) {
        self.state.lock().unwrap().is_open = true;
        self.changed.notify_all();
    }

    fn wait_until_nobody_waits(&self) {
        let is_used = |state: &mut GateState| state.waiting > 0;
        drop(self.changed.wait_while(self.state.lock().unwrap(), is_used).unwrap());
    }
}

/// A thread waits at the gate when it is finalised.
fn finalise_gate(finalise: fn(&Gate)) {
    let gate = Arc::new(Gate {
        state: Mutex::new(GateState { is_open: false, waiting: 1 }),
        changed: Condvar::new(),
        memory: Allocation::new(1),
    });
    let shared = gate.clone();
    let waiter = thread::spawn(move || shared.pass());
    finalise(&gate);
    waiter.join().unwrap();
}

pub(super) const V28: Bug = Bug {
    id: "V28",
    origin: "Viper, gate and barrier",
    title: "a gate is deleted under those who wait at it",
    story: "The finaliser opened the gate and deleted it. A thread that it had woken was still on its \
            way out, through memory that was gone.",
    missing: "the edge leave->free: the finaliser waits until nobody is in",
    shows: Shows::InSomeSchedule,
    wrong: || {
        finalise_gate(|gate| {
            gate.open();
            gate.memory.free();
        });
    },
    right: || {
        finalise_gate(|gate| {
            gate.open();
            gate.wait_until_nobody_waits();
            gate.memory.free();
        });
    },
};
