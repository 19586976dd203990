//! A guest thread at rest, and how it gets there.

use super::own::{Kept, Own};
use super::schedule::AtRest;
use crate::interp::{Guest, Rare, ThreadId};

/// A guest thread at rest that has run.
#[derive(Debug)]
pub(super) struct Task {
    words: Box<[u64]>,
    rare: Option<Box<(Option<Rare>, Option<Kept>)>>,
}

const _: () = assert!(size_of::<Option<Task>>() == 24, "there may be a million of them");

impl Task {
    /// Takes the thread out of what has run it.
    pub(super) fn rest(guest: &mut Guest, own: &mut Own) -> Self {
        let (words, rare) = guest.rest();
        let kept = own.rest();
        let has_more = rare.is_some() || kept.is_some();
        Task { words, rare: has_more.then(|| Box::new((rare, kept))) }
    }

    /// Puts it into what will run it.
    fn wake(self, thread: ThreadId, guest: &mut Guest, own: &mut Own) {
        let (rare, kept) = self.rare.map_or((None, None), |rare| *rare);
        guest.wake(thread, &self.words, rare);
        own.wake(kept);
    }
}

impl AtRest<Task> {
    /// Puts the thread into what will run it.
    pub(super) fn wake(self, thread: ThreadId, guest: &mut Guest, own: &mut Own) {
        match self {
            AtRest::Paused(task) => task.wake(thread, guest, own),
            AtRest::New(function, argument) => {
                guest.begin_with(thread, function, argument);
                own.wake(None);
            }
        }
    }
}
