//! What each operation of Rust code reads, writes and waits for, in a graph.
//!
//! | operation | reads and writes |
//! |---|---|
//! | load, store, read-modify-write | its object |
//! | lock, try to lock | a ticket: reads the ticket before it, and writes |
//! | acquire | nothing: waits for the unlocks of earlier tickets |
//! | wait, leave a wait | reads and writes the line of those who wait |
//! | notify | reads that line; writes, if it ends a wait |
//! | woken, join | nothing: waits for the notification, the end |
//! | share, release | nothing: a release is the last one, or is not |
//! | outlast | nothing: waits for the releases of all others |
//! | park | reads a token and takes it |
//! | allocate | nothing: waits for the free whose memory it gets, if it gets any |

use std::sync::Arc;
use std::sync::atomic::Ordering;

use smallvec::{SmallVec, smallvec};

use crate::graph::event::{self, Mode, Past};
use crate::graph::location::Location;
use crate::graph::{EventId, Graph, Program, Source};

use super::operation::{Access, Act, Done, Object, Operation};
use super::values::Values;

/// Rust code, whose threads are coroutines.
#[derive(Clone, Debug)]
pub(crate) struct RustCode;

pub(super) type Event = event::Event<Done>;

/// The events that an operation waits for.
pub(super) type Awaited = SmallVec<[EventId; 2]>;

/// The word of a token that is there, and of one that is not.
pub(super) const TOKEN: u64 = 1;

impl Program for RustCode {
    type Detail = Done;
    type Thread = ();
    type Object = ();
    type Notes = ();
    type Context = Values;

    fn reread(
        _: &Values,
        graph: &Graph<Self>,
        read: &Event,
        write: EventId,
        mut visit: impl FnMut(Arc<Event>),
    ) {
        let Event { id, stamp, ref detail, .. } = *read;
        // It is new, so it was made in this execution.
        let word = graph.event(write).detail.word;
        let (reading, operation) = (Reading { source: Some(write), word }, &detail.operation);
        for way in 0..graph.ways_reading(id.thread, operation, reading.source) {
            if let Some(effect) = graph.effect(id.thread, operation, reading, way) {
                let awaits = Awaited::new();
                let mut event = blank_event();
                let room = Arc::get_mut(&mut event).expect("it is new");
                graph.fill(room, id.thread, stamp, operation, reading, way, effect, awaits);
                visit(event);
            }
        }
    }

    /// A lock is held until a ticket is given back, also for looks at shared tickets behind that one.
    fn ends(graph: &Graph<Self>, event: &Event) -> SmallVec<[EventId; 2]> {
        let Act::Unlock { ticket } = event.detail.operation.act else { return SmallVec::new() };
        let (Some(access), Some(object)) = (graph.claim_of(ticket), graph.event(ticket).location)
        else {
            return SmallVec::new();
        };
        let line = &graph.locations[object];
        let later = &line.writes[line.rank(Some(ticket))..];
        let is_shared = |it: &&EventId| graph.access_of(**it) == Access::Shared;
        let behind = later.iter().take_while(is_shared).filter(|_| access == Access::Exclusive);
        std::iter::once(ticket).chain(behind.copied()).collect()
    }

    fn has_found(graph: &Graph<Self>, look: &Event, end: &Event) -> bool {
        let ticket = look.reads.flatten().and_then(|ticket| graph.found_held(look, ticket));
        matches!(end.detail.operation.act, Act::Unlock { ticket: ended } if ticket == Some(ended))
    }

    /// Accesses without an ordering are those to the lines of locks and condition variables.
    fn is_queue(graph: &Graph<Self>, location: &Location<()>) -> bool {
        location.writes.first().is_some_and(|&it| !graph.event(it).mode.is_atomic())
    }

    /// The first way for an owner is to be the last one if there is no other, and otherwise not to be: then
    /// one of the others can be.
    fn is_first(graph: &Graph<Self>, event: &Event, is_there: impl Fn(EventId) -> bool) -> bool {
        let Done { operation, way, .. } = &event.detail;
        match (operation.act, operation.object) {
            (Act::Release, Some(object)) => {
                let is_there = |it| it != event.id && is_there(it);
                (*way == 1) == (graph.other_owners(object, is_there) == 0)
            }
            _ => event.way != event::Way::Other,
        }
    }
}

/// An event whose parts are still to be filled in.
pub(super) fn blank_event() -> Arc<Event> {
    let site = std::panic::Location::caller();
    let operation = Operation { act: Act::End, object: None, order: None, site };
    Arc::new(Event {
        id: EventId::default(),
        stamp: 0,
        location: None,
        reads: None,
        writes: false,
        awaits: SmallVec::new(),
        mode: Mode::default(),
        way: event::Way::First,
        past: Past::default(),
        detail: Done { operation, way: 0, word: 0, woken: SmallVec::new() },
    })
}

/// A write that an operation may read, and its word.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    pub(super) source: Source,
    pub(super) word: u64,
}

/// How an operation comes out.
pub(super) struct Effect {
    pub(super) writes: bool,
    order: Option<Ordering>,
    woken: SmallVec<[EventId; 2]>,
}

impl Effect {
    pub(super) fn reads(order: Option<Ordering>) -> Self {
        Effect { writes: false, order, woken: SmallVec::new() }
    }

    fn writes(order: Option<Ordering>) -> Self {
        Effect { writes: true, ..Effect::reads(order) }
    }
}

impl Graph<RustCode> {
    /// How many owners a value has besides one of them, after these events.
    pub(super) fn other_owners(&self, object: Object, is_there: impl Fn(EventId) -> bool) -> i64 {
        let change = |event: &Arc<Event>| match event.detail.operation.act {
            Act::Share => 1,
            Act::Release if event.detail.way == 0 => -1,
            _ => 0,
        };
        let events = self.events().filter(|it| it.detail.operation.object == Some(object));
        events.filter(|it| is_there(it.id)).map(change).sum()
    }

    /// Whether an owner has decided to be the last one.
    pub(super) fn has_last_owner(&self, object: Object) -> bool {
        self.events().any(|it| {
            let Done { operation, way, .. } = &it.detail;
            operation.act == Act::Release && operation.object == Some(object) && *way == 1
        })
    }

    /// Whether a thread can carry out an operation.
    #[inline]
    pub(super) fn is_able(&self, values: &Values, thread: u32, operation: &Operation) -> bool {
        match (operation.act, operation.object) {
            (Act::Park, Some(object)) => self.has_token(values, thread, object),
            _ => self.awaited(operation).is_ok(),
        }
    }

    /// Whether a thread may find its token.
    fn has_token(&self, values: &Values, thread: u32, object: Object) -> bool {
        let Some(location) = self.locations.get(object as usize) else {
            return values.word(object, None) == TOKEN;
        };
        let readable = self.readable(location, self.knowledge(thread));
        readable.into_iter().any(|it| values.word(object, it) == TOKEN)
    }

    /// The events that an operation waits for.
    ///
    /// # Errors
    /// One of them has not happened yet.
    #[inline]
    pub(super) fn awaited(&self, operation: &Operation) -> Result<Awaited, ()> {
        if operation.act.waits() { self.all_awaited(operation) } else { Ok(Awaited::new()) }
    }

    fn all_awaited(&self, operation: &Operation) -> Result<Awaited, ()> {
        match operation.act {
            Act::Join { thread } => Ok(smallvec![self.end_of(thread).ok_or(())?]),
            Act::Acquire { ticket, .. } => self.unlocks_before(ticket),
            Act::Outwait { ticket } => Ok(smallvec![self.unlock_of(ticket).ok_or(())?]),
            Act::Woken { wait, .. } => Ok(smallvec![self.notification_of(wait).ok_or(())?]),
            Act::Outlast => {
                let object = operation.object.expect("shares have an object");
                if self.other_owners(object, |_| true) > 0 {
                    return Err(());
                }
                let is_given_up = |it: &&Arc<Event>| {
                    let Done { operation, way, .. } = &it.detail;
                    operation.object == Some(object) && operation.act == Act::Release && *way == 0
                };
                Ok(self.events().filter(is_given_up).map(|it| it.id).collect())
            }
            _ => Ok(Awaited::new()),
        }
    }

    fn end_of(&self, thread: u32) -> Option<EventId> {
        let last = self.lines.get(thread as usize)?.events.last()?;
        (last.detail.operation.act == Act::End).then_some(last.id)
    }

    fn act(&self, event: EventId) -> Act {
        self.event(event).detail.operation.act
    }

    fn access_of(&self, ticket: EventId) -> Access {
        self.claim_of(ticket).expect("it is a ticket")
    }

    /// What a ticket is for. `None` if the making of a static is claimed, and not a lock.
    fn claim_of(&self, ticket: EventId) -> Option<Access> {
        match self.act(ticket) {
            Act::Lock { access } | Act::TryLock { access } => Some(access),
            _ => None,
        }
    }

    /// The ticket that a look at this one has found not given back. `None` if that cannot be said: an exclusive
    /// access may be kept out by any of several shared ones.
    fn found_held(&self, look: &Event, ticket: EventId) -> Option<EventId> {
        let Act::TryLock { access: wanted } = look.detail.operation.act else { return None };
        let before = |ticket: EventId| self.event(ticket).reads.flatten();
        let is_shared = |ticket: &EventId| self.access_of(*ticket) == Access::Shared;
        match wanted {
            Access::Shared => {
                std::iter::successors(Some(ticket), |it| before(*it)).find(|it| !is_shared(it))
            }
            Access::Exclusive => {
                let is_one_of_several =
                    is_shared(&ticket) && before(ticket).as_ref().is_some_and(is_shared);
                (!is_one_of_several).then_some(ticket)
            }
        }
    }

    /// The event that gives back what a ticket has got: of the same thread, since guards stay there.
    fn unlock_of(&self, ticket: EventId) -> Option<EventId> {
        let later = &self.lines[ticket.thread as usize].events[ticket.position as usize + 1..];
        let unlock = later.iter().find(|it| it.detail.operation.act == Act::Unlock { ticket });
        unlock.map(|it| it.id)
    }

    /// The unlocks of the tickets that exclude this one: for an exclusive ticket all earlier ones, for a
    /// shared one the exclusive ones. An exclusive ticket waits for those before it itself.
    fn unlocks_before(&self, ticket: EventId) -> Result<Awaited, ()> {
        let mine = self.access_of(ticket);
        let mut unlocks = Awaited::new();
        let mut before = self.event(ticket).reads.flatten();
        while let Some(earlier) = before {
            let access = self.access_of(earlier);
            if mine == Access::Exclusive || access == Access::Exclusive {
                unlocks.push(self.unlock_of(earlier).ok_or(())?);
            }
            if access == Access::Exclusive {
                break;
            }
            before = self.event(earlier).reads.flatten();
        }
        Ok(unlocks)
    }

    /// Whether a lock is held by this ticket or an earlier one that excludes a wanted access, as far as a
    /// thread can tell.
    fn may_be_held(&self, ticket: EventId, wanted: Access, thread: u32) -> bool {
        let knows = self.knowledge(thread);
        self.is_held_if(ticket, wanted, |unlock| unlock.thread == thread || knows.has(unlock))
    }

    /// Whether a lock is held by this ticket or an earlier one that excludes a wanted access.
    pub(super) fn is_held(&self, ticket: EventId, wanted: Access) -> bool {
        self.is_held_if(ticket, wanted, |_| true)
    }

    /// The same if only these unlocks count.
    pub(super) fn is_held_if(
        &self,
        ticket: EventId,
        wanted: Access,
        counts: impl Fn(EventId) -> bool,
    ) -> bool {
        let mut next = Some(ticket);
        while let Some(ticket) = next {
            let access = self.access_of(ticket);
            let is_back = self.unlock_of(ticket).is_some_and(&counts);
            let excludes = wanted == Access::Exclusive || access == Access::Exclusive;
            if excludes && !is_back {
                return true;
            }
            // An exclusive ticket has waited for all earlier ones itself.
            if access == Access::Exclusive {
                return false;
            }
            next = self.event(ticket).reads.flatten();
        }
        false
    }

    /// The waits on a condition variable that have not ended up to a change of its line, longest first.
    fn waits_at(&self, change: Source) -> SmallVec<[EventId; 2]> {
        let (mut waits, mut gone) =
            (SmallVec::<[EventId; 2]>::new(), SmallVec::<[EventId; 2]>::new());
        let mut next = change;
        while let Some(id) = next {
            let event = self.event(id);
            match event.detail.operation.act {
                Act::Wait if !gone.contains(&id) => waits.push(id),
                Act::Quit { wait } => gone.push(wait),
                _ => gone.extend_from_slice(&event.detail.woken),
            }
            next = event.reads.flatten();
        }
        waits.reverse();
        waits
    }

    /// The notification that has ended a wait.
    fn notification_of(&self, wait: EventId) -> Option<EventId> {
        let location = &self.locations[self.event(wait).location?];
        let later = &location.writes[location.rank(Some(wait))..];
        later.iter().copied().find(|&it| self.event(it).detail.woken.contains(&wait))
    }

    /// How an operation comes out if it reads this write and takes this way; `None` if it cannot.
    pub(super) fn effect(
        &self,
        thread: u32,
        operation: &Operation,
        Reading { source, word }: Reading,
        way: u32,
    ) -> Option<Effect> {
        let order = operation.order;
        let effect = match operation.act {
            Act::Load | Act::Fence => Effect::reads(order),
            Act::Store { .. } | Act::Update(_) => Effect::writes(order),
            Act::Exchange { expected, failure, .. } => {
                if word == expected && way == 0 {
                    Effect::writes(order)
                } else if word == expected || way == 0 {
                    Effect::reads(Some(failure))
                } else {
                    return None;
                }
            }
            Act::Lock { .. } | Act::Wait => Effect::writes(None),
            Act::TryLock { .. } if way == 0 => Effect::writes(None),
            Act::TryLock { access } => {
                if !self.may_be_held(source?, access, thread) {
                    return None;
                }
                Effect::reads(None)
            }
            Act::Quit { wait } => {
                if !self.waits_at(source).contains(&wait) {
                    return None;
                }
                Effect::writes(None)
            }
            Act::Notify { all } => {
                let waits = self.waits_at(source);
                let woken = match waits.get(way as usize) {
                    Some(&one) if !all => SmallVec::from_slice(&[one]),
                    _ => waits,
                };
                Effect { writes: !woken.is_empty(), woken, ..Effect::reads(None) }
            }
            Act::Park => {
                if word != TOKEN {
                    return None;
                }
                Effect::writes(order)
            }
            Act::Allocate { .. } => {
                let freed = self.freed_for(thread, operation.act, way);
                if freed.is_some_and(|free| self.is_reused(free)) {
                    return None;
                }
                Effect::reads(None)
            }
            Act::Yield
            | Act::Tell
            | Act::Share
            | Act::Acquire { .. }
            | Act::Unlock { .. }
            | Act::Outwait { .. }
            | Act::Woken { .. }
            | Act::Spawn { .. }
            | Act::Join { .. }
            | Act::End
            | Act::Choose { .. }
            | Act::Release
            | Act::Outlast
            | Act::Free { .. } => Effect::reads(None),
        };
        Some(effect)
    }

    /// In how many ways an operation may come out when it reads a write.
    pub(super) fn ways_reading(&self, thread: u32, operation: &Operation, source: Source) -> u32 {
        match operation.act {
            // Fresh memory, or that of each free.
            Act::Allocate { .. } => 1 + self.frees_for(thread, operation.act).len() as u32,
            Act::TryLock { .. }
            | Act::Exchange { is_weak: true, .. }
            | Act::Choose { .. }
            | Act::Release => 2,
            Act::Notify { all: false } => self.waits_at(source).len().max(1) as u32,
            _ => 1,
        }
    }

    /// Makes an event the one that an operation becomes if it comes out like this.
    #[allow(clippy::too_many_arguments, reason = "an event has as many parts")]
    pub(super) fn fill(
        &self,
        event: &mut Event,
        thread: u32,
        stamp: u32,
        operation: &Operation,
        Reading { source, word }: Reading,
        way: u32,
        Effect { writes, order, woken }: Effect,
        awaits: Awaited,
    ) {
        let reads = operation.act.reads();
        // Another event was there before: whatever is added to this list must be set below.
        let Event {
            id: _,
            stamp: _,
            location: _,
            reads: _,
            writes: _,
            awaits: _,
            mode: _,
            way: _,
            past: _,
            detail: Done { operation: _, way: _, word: _, woken: _ },
        } = event;
        event.id = self.next_id(thread);
        event.stamp = stamp;
        event.location = operation.object.filter(|_| reads || writes).map(|it| it as usize);
        event.reads = reads.then_some(source);
        event.writes = writes;
        event.awaits = awaits;
        event.mode = Mode(order);
        event.way = if way == 0 { event::Way::First } else { event::Way::Other };
        self.hand_on(thread, &mut event.past);
        event.detail.operation = *operation;
        event.detail.way = way;
        event.detail.word = operation.act.word(word);
        event.detail.woken = woken;
        self.order(event);
    }
}
