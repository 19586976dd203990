//! The mutants of the core that nobody can notice, each with the argument why.
//!
//! `drawloom mutants` runs them all the same: one that is killed has a wrong argument.

use super::{Equivalent, OpKind};

/// By file.
pub(super) const EQUIVALENT: &[Equivalent] = &[
    Equivalent {
        file: "vm/memory.rs",
        function: "Memory::atomic_rmw",
        text: "cell.fetch_update(order, read, ",
        op: OpKind::Load,
        operator: "drop-load",
        why: "the load of a `fetch_update` is a first guess at the old word: the compare-exchange \
              that follows finds out if it is wrong, and gives the right one to the next try; and \
              what is done with the guess leaves nothing behind",
    },
    Equivalent {
        file: "vm/registry.rs",
        function: "Registry::register",
        text: "self.changed()",
        op: OpKind::FetchAdd,
        operator: "split",
        why: UNDER_THE_LOCK,
    },
    Equivalent {
        file: "vm/registry.rs",
        function: "Registry::unregister",
        text: "self.changed()",
        op: OpKind::FetchAdd,
        operator: "split",
        why: UNDER_THE_LOCK,
    },
    Equivalent {
        file: "vm/threads.rs",
        function: "Threads::start",
        text: "thread::Builder::new().spawn(body(parking))",
        op: OpKind::Spawn,
        operator: "child-first",
        why: CHILD_FIRST,
    },
    Equivalent {
        file: "vm/threads.rs",
        function: "Threads::start_host",
        text: "thread::Builder::new().spawn(work)",
        op: OpKind::Spawn,
        operator: "child-first",
        why: CHILD_FIRST,
    },
    Equivalent {
        file: "vm/workers.rs",
        function: "Threads::wait_for_guest",
        text: "table = self.workers.wait(table).unwrap();",
        op: OpKind::Wait,
        operator: "wake-uncaused",
        why: "a worker that wakes without a cause looks for a guest, as one does that was called and came \
              second, and waits again",
    },
];

const CHILD_FIRST: &str = "prefers schedules that every search may choose: a child that is there may run at \
                           once";

const UNDER_THE_LOCK: &str = "only done with the registry's lock held, so that nobody writes between \
                              the load and the store; and who reads the epoch reads the old or the \
                              new one either way";
