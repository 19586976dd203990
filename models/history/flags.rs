//! Flags that several threads look at.

use super::sync::Ordering::Relaxed;
use super::sync::{Arc, AtomicBool, AtomicU32, thread};
use super::{Bug, Shows};

/// One thread compiles, in two phases that look at the flags; another one sets them.
fn compile_while_they_change(phases: fn(&AtomicU32) -> [u32; 2]) {
    let flags = Arc::new(AtomicU32::new(0));
    let shared = flags.clone();
    // Relaxed: the flags publish nothing but themselves.
    let analysis = thread::spawn(move || shared.store(1, Relaxed));
    let [parser, lowering] = phases(&flags);
    assert_eq!(parser, lowering, "one file is compiled with two settings");
    analysis.join().unwrap();
}

pub(super) const V14: Bug = Bug {
    id: "V14",
    origin: "Viper, option flags",
    title: "one file is compiled with two settings",
    story: "Each phase of a compilation read the flags of the process anew, and an entry point for \
            analysis wrote them. A file could be parsed with one setting and lowered with another.",
    missing: "a snapshot: the flags are read once, when the compilation begins",
    shows: Shows::InSomeSchedule,
    wrong: || compile_while_they_change(|flags| [flags.load(Relaxed), flags.load(Relaxed)]),
    right: || {
        compile_while_they_change(|flags| {
            let snapshot = flags.load(Relaxed);
            [snapshot, snapshot]
        });
    },
};

/// Interrupts the second of two VMs, each of which comes to a safepoint. `flags` are theirs.
fn interrupt_the_second(flags: [Arc<AtomicBool>; 2]) {
    let [first, second] = flags;
    // Relaxed: starting the threads orders it, and an interrupt publishes nothing else.
    second.store(true, Relaxed);
    let safepoint = |flag: &AtomicBool| flag.swap(false, Relaxed);
    let bystander = thread::spawn(move || safepoint(&first));
    let is_interrupted = safepoint(&second);
    bystander.join().unwrap();
    assert!(is_interrupted, "another VM has taken the interrupt");
}

pub(super) const V30: Bug = Bug {
    id: "V30",
    origin: "Viper, interrupt",
    title: "the first VM takes the interrupt that was meant for another",
    story: "A safepoint looked at one flag that all VMs shared, cleared it and trapped. Whoever came \
            to a safepoint first was interrupted, and the one that was meant went on.",
    missing: "a flag for each VM",
    shows: Shows::InSomeSchedule,
    wrong: || {
        let shared = Arc::new(AtomicBool::new(false));
        interrupt_the_second([shared.clone(), shared]);
    },
    right: || interrupt_the_second([(), ()].map(|()| Arc::new(AtomicBool::new(false)))),
};
