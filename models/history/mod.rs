//! Real concurrency bugs of the two systems that drawloom comes from, retold.
//!
//! Each row of docs/BUGS.md is here twice, in a few lines against `sync`: once wrong, as it was, and
//! once right. A search that finds nothing in the right version is worth something because the same
//! search, on the same threads and steps, finds the wrong one. No line is taken from the originals.
//!
//! Two or three threads, two or three steps. What C allows and Rust does not (an unlock by anyone, a
//! use after a free) is built from `parts`, so that it is a finding and never undefined behaviour.
//! What Rust does not even compile is in [`ILLEGAL`].

mod context;
mod flags;
mod globals;
mod initialisation;
mod monitors;
mod parts;
mod pools;
mod registry;
mod threads;
mod tinyvm_exit;
mod tinyvm_locks;
mod tinyvm_tables;
mod tinyvm_threads;
mod traps;

use super::sync;

/// What it takes to see a bug.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shows {
    /// It happens under every schedule: every engine must find it, real threads too.
    Always,
    /// It happens under some schedules: every engine that chooses schedules must find it.
    InSomeSchedule,
    /// It happens only where a load may return an old value: loom alone must find it.
    InWeakMemory,
}

/// A bug with its two versions.
#[derive(Clone, Copy, Debug)]
pub struct Bug {
    /// The row of docs/BUGS.md.
    pub id: &'static str,
    /// The system, and where in it.
    pub origin: &'static str,
    /// What goes wrong, in a line.
    pub title: &'static str,
    /// What the original did, and what came of it.
    pub story: &'static str,
    /// The edge, the lock or the rule that the wrong version does without.
    pub missing: &'static str,
    /// What it takes to see it.
    pub shows: Shows,
    /// One execution of the version that was.
    pub wrong: fn(),
    /// One execution of the version that should have been.
    pub right: fn(),
}

/// A bug whose wrong version does not compile.
#[derive(Clone, Copy, Debug)]
pub struct Illegal {
    /// The row of docs/BUGS.md.
    pub id: &'static str,
    /// The system, and where in it.
    pub origin: &'static str,
    /// What goes wrong, in a line.
    pub title: &'static str,
    /// What forbids it.
    pub rule: &'static str,
    /// The file below `tests/apart/compile_fail/` that the compiler refuses, without its ending.
    pub test: &'static str,
}

/// The bugs that compile, in the order of docs/BUGS.md.
pub const BUGS: &[Bug] = &[
    registry::V2,
    context::V3,
    context::V4,
    context::V5,
    context::V6,
    initialisation::V8,
    initialisation::V9,
    globals::V11,
    flags::V14,
    initialisation::V15,
    globals::V16,
    threads::V18,
    threads::V20,
    threads::V21,
    traps::V23,
    threads::V24,
    monitors::V26,
    monitors::V27,
    monitors::V28,
    flags::V30,
    traps::V34,
    context::V35,
    registry::V36,
    pools::V37,
    pools::V38,
    pools::V39,
    tinyvm_exit::T1,
    tinyvm_tables::T2,
    tinyvm_tables::T3,
    tinyvm_tables::T4,
    tinyvm_tables::T5,
    tinyvm_locks::T6,
    tinyvm_tables::T7,
    tinyvm_locks::T8,
    tinyvm_locks::T10,
    tinyvm_locks::T11,
    tinyvm_tables::T12,
    tinyvm_threads::T15,
    tinyvm_exit::T16,
    tinyvm_exit::T17,
    tinyvm_threads::T18,
    tinyvm_threads::T19,
    tinyvm_exit::T20,
];

/// The bugs that do not compile, and the sides of others that do not.
pub const ILLEGAL: &[Illegal] = &[
    Illegal {
        id: "V1",
        origin: "Viper, registry look-up",
        title: "a look-up returns a pointer into a table whose lock it has given back",
        rule: "what is borrowed from a guard ends with the guard",
        test: "a_look_up_outlives_its_lock",
    },
    Illegal {
        id: "V15",
        origin: "Viper, program state",
        title: "a child is built from a program that is still loading",
        rule: "a program that loads and one that runs are two types",
        test: "a_child_of_a_loading_program",
    },
    Illegal {
        id: "V19",
        origin: "Viper, join",
        title: "a finaliser destroys the handle under the thread that joins",
        rule: "a thread that joins by a reference cannot outlive the handle",
        test: "a_joiner_outlives_the_handle",
    },
    Illegal {
        id: "V21",
        origin: "Viper, thread entry",
        title: "a guest thread borrows the module of a caller that may return first",
        rule: "a thread's closure owns what it uses",
        test: "a_guest_borrows_its_callers_module",
    },
];

/// The sources, by name, for traces that show the lines that they speak of.
pub const SOURCES: &[(&str, &str)] = &[
    ("context.rs", include_str!("context.rs")),
    ("flags.rs", include_str!("flags.rs")),
    ("globals.rs", include_str!("globals.rs")),
    ("initialisation.rs", include_str!("initialisation.rs")),
    ("monitors.rs", include_str!("monitors.rs")),
    ("parts.rs", include_str!("parts.rs")),
    ("pools.rs", include_str!("pools.rs")),
    ("registry.rs", include_str!("registry.rs")),
    ("threads.rs", include_str!("threads.rs")),
    ("tinyvm_exit.rs", include_str!("tinyvm_exit.rs")),
    ("tinyvm_locks.rs", include_str!("tinyvm_locks.rs")),
    ("tinyvm_tables.rs", include_str!("tinyvm_tables.rs")),
    ("tinyvm_threads.rs", include_str!("tinyvm_threads.rs")),
    ("traps.rs", include_str!("traps.rs")),
];
