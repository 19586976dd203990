//! The operations of the structures, which are the same in every world.

/// Operations of a counter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Count {
    Add(u32),
    Get,
}

/// Operations of a queue or a stack.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Put {
    Push(u32),
    Pop,
}

/// Operations of two words.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pair {
    Set(usize, u32),
    Get(usize),
    Snapshot,
}

/// Operations of a number of which each user has a copy.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Copied {
    Set(usize, u32),
    Get(usize),
}

/// Operations of a channel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Message {
    Send(u32),
    Receive,
    Close,
}

/// What they return. The last is what only the specification returns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Done,
    Received(Option<u32>),
    Waits,
}

/// Operations of a registry of host functions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Naming {
    Register(&'static str),
    Unregister(&'static str),
    LookUp(&'static str),
}
