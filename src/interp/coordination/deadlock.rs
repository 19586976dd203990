//! Finds threads that wait forever, and describes what they wait for.

use std::fmt::Write as _;

use super::place::{Place, Waiter};
use super::{Blocked, BlockedOn, Cancelled, Coordination, Monitor, Thread};
use crate::interp::{Cell, ThreadId, cell_at};

impl Coordination {
    /// Describes the threads that wait forever now that a thread has ended.
    pub(super) fn stranded_by(&self, ended: ThreadId) -> Option<String> {
        let stranded = self.at_monitors_of(ended).chain(self.at_objects_of(ended));
        if let Some(thread) = stranded.filter(|&thread| !self.is_timed(thread)).min() {
            let mut text = String::new();
            self.describe(&mut text, thread);
            return Some(text);
        }
        (self.awake == 0 && self.live > 0).then(|| self.describe_all())
    }

    /// The threads that wait for a monitor of this one.
    fn at_monitors_of(&self, owner: ThreadId) -> impl Iterator<Item = ThreadId> {
        let is_owner = move |it: &&Monitor| it.owner.is_some_and(|holder| holder.thread == owner);
        let owned = self.monitors.values().filter(is_owner);
        owned.flat_map(|monitor| monitor.queue.iter().map(|holder| holder.thread))
    }

    /// The threads that wait at a shared object for this one to act.
    fn at_objects_of(&self, awaited: ThreadId) -> impl Iterator<Item = ThreadId> {
        let crowded = self.crowded.iter().filter_map(|at| self.shared.get(at));
        crowded.flat_map(move |Place { object, line }| {
            let waits = move |waiter: &&Waiter| {
                let object = object.as_ref();
                object.and_then(|it| it.awaited(waiter.thread, &waiter.request)) == Some(awaited)
            };
            line.iter().filter(waits).map(|waiter| waiter.thread)
        })
    }

    fn is_timed(&self, thread: ThreadId) -> bool {
        self.live(thread).blocked.is_some_and(|blocked| blocked.timed)
    }

    /// If `me`, which has just been blocked without a time limit, would wait forever: takes it out of
    /// its queue again and describes the deadlock.
    pub(super) fn deadlock(&mut self, me: ThreadId) -> Option<String> {
        let all = || self.describe_all();
        let deadlock = self.cycle(me).or_else(|| (self.awake == 0).then(all))?;
        match self.live(me).blocked?.on {
            BlockedOn::Notification(object) => {
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
        let Thread::Live(live) = &self.threads[thread.0 as usize] else { return None };
        match live.blocked?.on {
            _ if live.blocked?.timed => None,
            BlockedOn::End(other) => Some(other),
            BlockedOn::Monitor(object) => Some(self.monitors.get(&object)?.owner?.thread),
            BlockedOn::Shared(at) => {
                let (object, request) = self.wanted(thread, at)?;
                object.awaited(thread, request)
            }
            BlockedOn::Notification(_) | BlockedOn::Time => None,
        }
    }

    /// Describes the cycle of waiting threads that `me` is part of, or the chain that ends at a thread
    /// that ended while it owned the monitor.
    fn cycle(&self, me: ThreadId) -> Option<String> {
        let mut chain = vec![me];
        // A cycle that `me` is not in is found no more than once: the chain has an end.
        while chain.len() <= self.live as usize {
            let next = self.waits_for(*chain.last()?)?;
            let ended = matches!(self.threads[next.0 as usize], Thread::Ended(_));
            if next == me || ended {
                let mut text = String::new();
                for &thread in &chain {
                    self.describe(&mut text, thread);
                }
                return Some(text);
            }
            chain.push(next);
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
        let blocked = |thread: &Thread| matches!(thread, Thread::Live(l) if l.blocked.is_some());
        (0..).map(ThreadId).zip(&self.threads).filter(move |(_, t)| blocked(t)).map(|(id, _)| id)
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
        let Some(Blocked { on, .. }) = self.live(thread).blocked else { return };
        if !text.is_empty() {
            text.push_str("; ");
        }
        let _ = match on {
            BlockedOn::End(other) => {
                write!(text, "thread {} waits for thread {}", thread.0, other.0)
            }
            BlockedOn::Monitor(object) => {
                let owner = self.monitors.get(&object).and_then(|monitor| monitor.owner);
                let owner = owner.map_or(0, |owner| owner.thread.0);
                let ended = matches!(self.threads[owner as usize], Thread::Ended(_));
                let has = if ended { "ended with" } else { "has" };
                let monitor = self.name_of(object);
                write!(text, "thread {} waits for {monitor}, which thread {owner} {has}", thread.0)
            }
            BlockedOn::Notification(object) => {
                let monitor = self.name_of(object);
                write!(text, "thread {} waits for a notification on {monitor}", thread.0)
            }
            BlockedOn::Shared(at) => {
                let wanted = self.wanted(thread, at);
                let (noun, request) =
                    wanted.map_or(("object", String::new()), |it| (it.0.noun(), it.1.to_string()));
                let owner = self.waits_for(thread).map_or(String::new(), |owner| {
                    let ended = matches!(self.threads[owner.0 as usize], Thread::Ended(_));
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
