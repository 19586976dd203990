//! Finds threads that wait forever, and describes what they wait for.

use std::fmt::Write as _;

use smallvec::SmallVec;

use super::place::Place;
use super::roll::{Address, BlockedOn};
use super::{Cancelled, Coordination, Monitor};
use crate::interp::{Cell, Request, ThreadId, cell_at};

impl Coordination {
    /// Describes the threads that wait forever now that a thread has ended; `owns` says whether it may own monitors.
    pub(super) fn stranded_by(&self, ended: ThreadId, owns: bool) -> Option<String> {
        let mut stranded = None;
        if owns {
            stranded = self.at_monitors_of(ended).filter(|&thread| !self.is_timed(thread)).min();
        }
        if !self.crowded.is_empty() {
            let at_objects = self.at_objects_of(ended).filter(|&thread| !self.is_timed(thread));
            stranded = stranded.into_iter().chain(at_objects).min();
        }
        if let Some(thread) = stranded {
            let mut text = String::new();
            self.describe(&mut text, thread);
            return Some(text);
        }
        (self.awake == 0 && self.has_live()).then(|| self.describe_all())
    }

    /// The threads that wait for a monitor of this one.
    fn at_monitors_of(&self, owner: ThreadId) -> impl Iterator<Item = ThreadId> {
        let is_owner = move |it: &&Monitor| it.owner.is_some_and(|holder| holder.thread == owner);
        let owned = self.monitors.values().filter(is_owner);
        owned.flat_map(|monitor| monitor.queue.iter().map(|holder| holder.thread))
    }

    /// The threads that wait at a shared object for this one to act.
    fn at_objects_of(&self, awaited: ThreadId) -> impl Iterator<Item = ThreadId> {
        let may_await = move |place: &&Place| {
            place.object.as_ref().is_some_and(|object| object.may_await(awaited))
        };
        let crowded = self.crowded.iter().filter_map(|at| self.shared.get(at)).filter(may_await);
        crowded.flat_map(move |Place { object, line }| {
            let awaits = move |&(thread, request): &(ThreadId, &Request)| {
                let object = object.as_ref();
                object.and_then(|it| it.awaited(thread, request)) == Some(awaited)
            };
            line.iter().filter(awaits).map(|(thread, _)| thread)
        })
    }

    fn is_timed(&self, thread: ThreadId) -> bool {
        self.live(thread).timed
    }

    /// If `me`, which has just been blocked without a time limit, would wait forever: takes it out of
    /// its queue again and describes the deadlock.
    pub(super) fn deadlock(&mut self, me: ThreadId) -> Option<String> {
        let all = || self.describe_all();
        let deadlock = self.cycle(me).or_else(|| (self.awake == 0).then(all))?;
        match self.live(me).blocked()? {
            BlockedOn::Notification(Address(object)) => {
                self.monitor(object).waiting.retain(|holder| holder.thread != me);
                self.tidy(object);
                self.unblock(me);
            }
            on => {
                let left = self.leave_line(me, on);
                assert_eq!(left, Cancelled::Runs, "it waits for no notification");
            }
        }
        Some(deadlock)
    }

    /// The thread that must act before a blocked one can go on.
    fn waits_for(&self, thread: ThreadId) -> Option<ThreadId> {
        if self.has_ended(thread) != Some(false) {
            return None;
        }
        let live = self.live(thread);
        match live.blocked()? {
            _ if live.timed => None,
            BlockedOn::End(other) => Some(other),
            BlockedOn::Monitor(Address(object)) => Some(self.monitors.get(&object)?.owner?.thread),
            BlockedOn::Shared(Address(at)) => {
                let place = self.shared.get(&at)?;
                let object = place.object.as_ref().filter(|object| object.has_owners())?;
                object.awaited(thread, place.line.wanted(thread)?)
            }
            BlockedOn::Notification(_) | BlockedOn::Time => None,
        }
    }

    /// Whether a thread may wait for this one, which is live. Which object waits for which thread can change without
    /// anybody being blocked, so any object with owners counts at which a thread waits.
    fn may_be_awaited(&self, thread: ThreadId) -> bool {
        let live = self.live(thread);
        live.owned > 0 || live.has_joiners() || !self.crowded.is_empty()
    }

    /// Describes the cycle of waiting threads that `me` is part of, or the chain that ends at a thread
    /// that ended while it owned the monitor.
    fn cycle(&self, me: ThreadId) -> Option<String> {
        let mut next = self.waits_for(me)?;
        let mut chain = SmallVec::<[ThreadId; 8]>::from_slice(&[me]);
        // The chain may lead into a cycle that `me` is not in: no chain has more links than there are threads. If `me`
        // closes no cycle, whatever is wrong behind the first link has been found before.
        let links = if self.may_be_awaited(me) { self.threads.live_count() as usize } else { 1 };
        while chain.len() <= links {
            if next == me || self.has_ended(next) == Some(true) {
                let mut text = String::new();
                for &thread in &chain {
                    self.describe(&mut text, thread);
                }
                return Some(text);
            }
            chain.push(next);
            next = self.waits_for(next)?;
        }
        None
    }

    /// Describes what every blocked thread waits for.
    fn describe_all(&self) -> String {
        const NAMED_MAX: usize = 8;
        let mut text = String::new();
        for thread in self.blocked_threads().take(NAMED_MAX) {
            self.describe(&mut text, thread);
        }
        let more = self.blocked_threads().count().saturating_sub(NAMED_MAX);
        if more > 0 {
            let _ = write!(text, "; and {more} more");
        }
        text
    }

    pub(super) fn blocked_threads(&self) -> impl Iterator<Item = ThreadId> {
        self.threads.all_live().filter(|(_, live)| live.blocked().is_some()).map(|(id, _)| id)
    }

    /// The name of a monitor in messages.
    fn name_of(&self, object: u64) -> String {
        format!("monitor {}", self.address_name(object))
    }

    /// The global at an address, or the address.
    fn address_name(&self, object: u64) -> String {
        let cell = cell_at(object).ok();
        let global = self.code.as_ref().zip(cell).and_then(|(code, Cell(cell))| {
            code.global_names.get(usize::try_from(cell).ok()?.checked_sub(1)?)
        });
        match global {
            Some(name) => format!("@{name}"),
            None => format!("{object:#x}"),
        }
    }

    fn describe(&self, text: &mut String, thread: ThreadId) {
        let Some(on) = self.live(thread).blocked() else { return };
        if !text.is_empty() {
            text.push_str("; ");
        }
        let _ = match on {
            BlockedOn::End(other) => {
                write!(text, "thread {} waits for thread {}", thread.0, other.0)
            }
            BlockedOn::Monitor(Address(object)) => {
                let owner = self.monitors.get(&object).and_then(|monitor| monitor.owner);
                let owner = owner.map_or(0, |owner| owner.thread.0);
                let ended = self.has_ended(ThreadId(owner)) == Some(true);
                let has = if ended { "ended with" } else { "has" };
                let monitor = self.name_of(object);
                write!(text, "thread {} waits for {monitor}, which thread {owner} {has}", thread.0)
            }
            BlockedOn::Notification(Address(object)) => {
                let monitor = self.name_of(object);
                write!(text, "thread {} waits for a notification on {monitor}", thread.0)
            }
            BlockedOn::Shared(Address(at)) => {
                let wanted = self.wanted(thread, at);
                let (noun, request) =
                    wanted.map_or(("object", String::new()), |it| (it.0.noun(), it.1.to_string()));
                let owner = self.waits_for(thread).map_or(String::new(), |owner| {
                    let ended = self.has_ended(owner) == Some(true);
                    let has = if ended { "ended with" } else { "has" };
                    format!(", which thread {} {has}", owner.0)
                });
                let name = self.address_name(at);
                write!(text, "thread {} waits in {request} for {noun} {name}{owner}", thread.0)
            }
            BlockedOn::Time => write!(text, "thread {} sleeps", thread.0),
        };
    }
}
