//! The mutants of the core that nobody can notice, each with the argument why.
//!
//! `drawloom mutants` runs them all the same: one that is killed has a wrong argument.

use super::Equivalent;

/// By file.
pub(super) const EQUIVALENT: &[Equivalent] = &[
    Equivalent {
        file: "vm/registry.rs",
        function: "Registry::changed",
        text: "self.epoch.fetch_add(1, Ordering::Relaxed)",
        operator: "split",
        why: "only called with the registry's lock held, so nobody writes between the load and the \
              store",
    },
    Equivalent {
        file: "vm/threads.rs",
        function: "Threads::start",
        text: "thread::Builder::new().spawn(body(parking))",
        operator: "child-first",
        why: "prefers schedules that every search may choose: a child that is there may run at \
              once",
    },
];
