//! How a program's threads run, and what its end means for them.

use std::num::NonZeroUsize;

/// What a guest thread is for the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThreadModel {
    /// A thread of the host.
    #[default]
    Native,
    /// Data, run by the thread that runs the program, which runs all guests in turns. A host function that blocks blocks
    /// them all.
    Green,
    /// Data, run by this many threads of the host. A host function that is [`blocking`](super::blocking()) blocks its own guest
    /// alone.
    Virtual(NonZeroUsize),
}

impl ThreadModel {
    /// A limit on live guest threads that fits: 10,000 if each is a thread of the host, and a million if they take memory
    /// only.
    pub const fn threads_max(self) -> u32 {
        match self {
            ThreadModel::Native => 10_000,
            ThreadModel::Green | ThreadModel::Virtual(_) => 1_000_000,
        }
    }

    /// The number of threads of the host that may run guests at once, if guests are data.
    pub(super) fn workers(self) -> Option<usize> {
        match self {
            ThreadModel::Native => None,
            ThreadModel::Green => Some(1),
            ThreadModel::Virtual(workers) => Some(workers.get()),
        }
    }
}

/// What happens to the other guest threads when the entry function returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnExit {
    /// `run` waits for them.
    #[default]
    Join,
    /// They are interrupted; `run` then waits for them.
    Interrupt,
}
