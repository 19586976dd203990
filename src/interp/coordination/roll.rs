//! The threads of a program, by number. There may be a million, so little is kept of each, and next to nothing of one
//! that has ended.

use std::collections::BTreeMap;
use std::ops::Range;

use slab::Slab;

use super::Woken;
use super::place::Served;
use crate::interp::{Reply, Text, ThreadId};

/// The threads that have ever started.
#[derive(Clone, Debug)]
pub(super) struct Roll {
    /// For each thread its place in `live`, or `ENDED`.
    places: Vec<u32>,
    live: Slab<Live>,
    /// What threads have ended with that capture their errors.
    errors: BTreeMap<ThreadId, Text>,
}

const ENDED: u32 = u32::MAX;
/// How many threads are looked at for those that have ended.
const ENDED_MAX: usize = 256;

/// What is kept of a thread that has not ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Live {
    standing: Standing,
    /// Whether it gives up by itself, if it is blocked.
    pub(super) timed: bool,
    pub(super) captures_errors: bool,
    /// Whether the latest wait for a notification received one.
    pub(super) notified: bool,
    /// The number of monitors that it owns. From `u8::MAX` on it is not counted any more, and does not fall.
    pub(super) owned: u8,
    rare: Option<Box<Rare>>,
}

/// Whether a thread is blocked.
#[derive(Clone, Copy, Debug, Default)]
enum Standing {
    #[default]
    Running,
    /// It runs. The request that it has waited with has come to this word, which it has not taken yet.
    Answered(Address),
    Blocked(BlockedOn),
}

/// What few threads have at one time.
#[derive(Clone, Debug, Default)]
struct Rare {
    /// The threads that wait for this thread's end.
    joiners: Woken,
    /// What its request has come to that waited at a shared object, unless that is a word.
    served: Option<Served>,
}

/// The reason why a thread is blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockedOn {
    /// The end of a thread.
    End(ThreadId),
    /// A monitor that another thread owns.
    Monitor(Address),
    /// A notification on a monitor that the thread has given up for the wait.
    Notification(Address),
    /// The object at this address, which does not let it go on.
    Shared(Address),
    /// Only time.
    Time,
}

/// An address, or another word, that leaves no gap behind the number before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(Rust, packed(4))]
pub(super) struct Address(pub(super) u64);

const _: () = assert!(size_of::<Live>() == 24, "there may be a million of them");

impl Roll {
    /// With the main thread.
    pub(super) fn new() -> Self {
        let mut roll = Roll { places: Vec::new(), live: Slab::new(), errors: BTreeMap::new() };
        roll.begin(false);
        roll
    }

    /// Adds a running thread with the next number.
    pub(super) fn begin(&mut self, captures_errors: bool) -> ThreadId {
        let id = ThreadId(self.places.len() as u32);
        let place = self.live.insert(Live { captures_errors, ..Live::default() });
        self.places.push(place as u32);
        id
    }

    /// Takes back the newest thread; returns its joiners.
    pub(super) fn abandon(&mut self) -> Woken {
        let place = self.places.pop().expect("a thread has begun");
        self.live.remove(place as usize).into_joiners()
    }

    /// Ends a thread; returns what was kept of it.
    pub(super) fn end(&mut self, thread: ThreadId) -> Live {
        let place = std::mem::replace(&mut self.places[thread.0 as usize], ENDED);
        self.live.try_remove(place as usize).expect("a thread ends once")
    }

    /// Keeps the error with which a thread has ended.
    pub(super) fn keep_error(&mut self, thread: ThreadId, error: Text) {
        self.errors.insert(thread, error);
    }

    pub(super) fn error_of(&self, thread: ThreadId) -> Option<&Text> {
        self.errors.get(&thread)
    }

    /// The number of threads that have ever started.
    pub(super) fn started(&self) -> u32 {
        self.places.len() as u32
    }

    /// The number of those that have not ended.
    pub(super) fn live_count(&self) -> u32 {
        self.live.len() as u32
    }

    /// Whether a thread has ended; `None` if there is no such thread.
    pub(super) fn has_ended(&self, thread: ThreadId) -> Option<bool> {
        self.places.get(thread.0 as usize).map(|&place| place == ENDED)
    }

    /// The numbers of the threads from this one on that have all ended.
    pub(super) fn ended_from(&self, thread: ThreadId) -> Range<u32> {
        let behind = self.places.iter().skip(thread.0 as usize).take(ENDED_MAX);
        let ended = behind.take_while(|&&place| place == ENDED).count();
        thread.0..thread.0 + ended as u32
    }

    /// The place of a thread among those that are live: no other has it, and it is below the largest number of threads
    /// that have been live at once.
    pub(super) fn place(&self, thread: ThreadId) -> usize {
        self.places[thread.0 as usize] as usize
    }

    /// A thread that has not ended.
    pub(super) fn live(&self, thread: ThreadId) -> &Live {
        self.live.get(self.place(thread)).expect("an ended thread does nothing")
    }

    pub(super) fn live_mut(&mut self, thread: ThreadId) -> &mut Live {
        let place = self.place(thread);
        self.live.get_mut(place).expect("an ended thread does nothing")
    }

    /// The threads that have not ended, in the order of their numbers.
    pub(super) fn all_live(&self) -> impl Iterator<Item = (ThreadId, &Live)> {
        let live = |&place: &u32| self.live.get(place as usize);
        (0..)
            .map(ThreadId)
            .zip(&self.places)
            .filter_map(move |(id, place)| Some((id, live(place)?)))
    }
}

impl Live {
    /// Owns one more monitor.
    pub(super) fn owns_more(&mut self) {
        self.owned = self.owned.saturating_add(1);
    }

    pub(super) fn owns_less(&mut self) {
        if self.owned < u8::MAX {
            self.owned -= 1;
        }
    }

    pub(super) fn add_joiner(&mut self, joiner: ThreadId) {
        self.rare.get_or_insert_default().joiners.push(joiner);
    }

    pub(super) fn remove_joiner(&mut self, joiner: ThreadId) {
        if let Some(rare) = &mut self.rare {
            rare.joiners.retain(|it| *it != joiner);
        }
    }

    /// Whether a thread waits for its end.
    pub(super) fn has_joiners(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| !rare.joiners.is_empty())
    }

    /// The threads that wait for its end.
    pub(super) fn into_joiners(self) -> Woken {
        self.rare.map_or(Woken::new(), |rare| rare.joiners)
    }

    /// Why it is blocked, if it is.
    pub(super) fn blocked(&self) -> Option<BlockedOn> {
        match self.standing {
            Standing::Blocked(on) => Some(on),
            Standing::Running | Standing::Answered(_) => None,
        }
    }

    pub(super) fn block(&mut self, on: BlockedOn, timed: bool) {
        (self.standing, self.timed) = (Standing::Blocked(on), timed);
    }

    /// Lets it run; whether it was blocked, and would not have given up by itself.
    pub(super) fn unblock(&mut self) -> bool {
        let was_blocked = self.blocked().is_some();
        if was_blocked {
            self.standing = Standing::Running;
        }
        was_blocked && !self.timed
    }

    /// Keeps the answer to its request until it takes it. It runs.
    pub(super) fn serve(&mut self, served: Served) {
        match served {
            Ok(Reply::Word(word)) => self.standing = Standing::Answered(Address(word)),
            served => self.rare.get_or_insert_default().served = Some(served),
        }
    }

    pub(super) fn take_served(&mut self) -> Option<Served> {
        if let Standing::Answered(Address(word)) = self.standing {
            self.standing = Standing::Running;
            return Some(Ok(Reply::Word(word)));
        }
        let rare = self.rare.as_mut()?;
        let served = rare.served.take();
        if rare.joiners.is_empty() {
            self.rare = None;
        }
        served
    }
}
