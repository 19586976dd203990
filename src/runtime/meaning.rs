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

use std::sync::Arc;
use std::sync::atomic::Ordering;

use smallvec::{SmallVec, smallvec};

use crate::graph::event::{self, Mode};
use crate::graph::location::Location;
use crate::graph::{EventId, Graph, Program, Source};

use super::operation::{Access, Act, Done, Object, Operation};
use super::values::Values;

/// Rust code, whose threads are coroutines.
#[derive(Clone, Debug)]
pub(crate) struct RustCode;

pub(super) type Event = event::Event<Done>;

/// A way in which an operation may come out.
#[derive(Clone, Debug)]
pub(super) struct Way {
    event: Event,
    /// The place of its write in coherence order.
    place: Option<usize>,
}

/// The events that an operation waits for.
type Awaited = SmallVec<[EventId; 2]>;

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
        visit: impl FnMut(Event),
    ) {
        let Event { id, stamp, ref detail, .. } = *read;
        // It is new, so it was made in this execution.
        let word = graph.event(write).detail.word;
        let reading = Reading { source: Some(write), word, stamp };
        graph.events_reading(id.thread, &detail.operation, reading, &[], visit);
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

/// The write that an operation reads, its word, and the stamp of the operation's event.
#[derive(Clone, Copy)]
struct Reading {
    source: Source,
    word: u64,
    stamp: u32,
}

/// How an operation comes out.
struct Effect {
    writes: bool,
    order: Option<Ordering>,
    woken: SmallVec<[EventId; 2]>,
}

impl Effect {
    fn reads(order: Option<Ordering>) -> Self {
        Effect { writes: false, order, woken: SmallVec::new() }
    }

    fn writes(order: Option<Ordering>) -> Self {
        Effect { writes: true, ..Effect::reads(order) }
    }
}

impl Graph<RustCode> {
    /// Makes room for an object.
    pub(super) fn reach(&mut self, object: Object) {
        while self.locations.len() <= object as usize {
            self.locations.push(Location::new(()).into());
        }
    }

    /// The events that a thread's next operation may become, the first way first. Its object must have a
    /// location. Empty if the thread must wait.
    pub(super) fn next_events(
        &self,
        values: &Values,
        thread: u32,
        operation: &Operation,
    ) -> Vec<Event> {
        let mut events = Vec::new();
        let Ok(awaits) = self.awaited(operation) else { return events };
        let stamp = self.next_stamp();
        let object = operation.object.filter(|_| operation.act.reads());
        let sources = match object {
            Some(object) => self.readable(&self.locations[object as usize], self.knowledge(thread)),
            None => vec![None],
        };
        events.reserve_exact(sources.len());
        for source in sources {
            let word = object.map_or(0, |object| values.word(object, source));
            let reading = Reading { source, word, stamp };
            self.events_reading(thread, operation, reading, &awaits, |it| events.push(it));
        }
        if let (Act::Release, Some(object)) = (operation.act, operation.object) {
            let is_last = self.other_owners(object, |_| true) == 0;
            if is_last || self.has_last_owner(object) {
                events.retain(|it| it.detail.way == u32::from(is_last));
            }
        }
        events
    }

    /// How many owners a value has besides one of them, after these events.
    fn other_owners(&self, object: Object, is_there: impl Fn(EventId) -> bool) -> i64 {
        let change = |event: &Arc<Event>| match event.detail.operation.act {
            Act::Share => 1,
            Act::Release if event.detail.way == 0 => -1,
            _ => 0,
        };
        let events = self.events().filter(|it| it.detail.operation.object == Some(object));
        events.filter(|it| is_there(it.id)).map(change).sum()
    }

    /// Whether an owner has decided to be the last one.
    fn has_last_owner(&self, object: Object) -> bool {
        self.events().any(|it| {
            let Done { operation, way, .. } = &it.detail;
            operation.act == Act::Release && operation.object == Some(object) && *way == 1
        })
    }

    /// The ways in which a thread's next operation may come out: the event, and the place of its write in
    /// coherence order. The latest comes first. Not all of them need be consistent.
    pub(super) fn ways_on(&self, values: &Values, thread: u32, operation: &Operation) -> Vec<Way> {
        let places = |event: Event| {
            let places = if event.writes {
                self.places(&event, self.floor_of(&event)).into_iter().map(Some).collect()
            } else {
                vec![None]
            };
            places.into_iter().map(move |place| Way { event: event.clone(), place })
        };
        self.next_events(values, thread, operation).into_iter().flat_map(places).collect()
    }

    /// Adds an event in this way; false, and nothing has changed, if that is not consistent.
    pub(super) fn go(&mut self, values: &Values, Way { event, place }: Way) -> bool {
        let id = event.id;
        self.add(event);
        if let Some(place) = place {
            self.place(values, id, place);
        }
        let is_consistent = self.is_consistent(&[id]);
        if !is_consistent {
            self.take_back(id);
        }
        is_consistent
    }

    /// Adds the event of a whole graph to this part of it; the number of the way in which it has come out.
    pub(super) fn follow(&mut self, values: &Values, whole: &Self, event: &Event) -> Option<u32> {
        let Event { id, reads, writes, .. } = *event;
        let Done { operation, way, .. } = &event.detail;
        if let Some(object) = operation.object {
            self.reach(object);
        }
        let place = event.location.filter(|_| writes).map(|location| {
            let writes = &whole.locations[location].writes;
            writes.iter().take_while(|&&it| it != id).filter(|&&it| self.has(it)).count()
        });
        let mut ways = self.ways_on(values, id.thread, operation);
        let is_it =
            |it: &Way| it.event.reads == reads && it.event.detail.way == *way && it.place == place;
        let index = ways.iter().position(is_it)?;
        let has_gone = self.go(values, ways.swap_remove(index));
        if let Act::Spawn { thread } = operation.act {
            self.start(thread, (), id);
        }
        has_gone.then_some(index as u32)
    }

    /// Whether a thread can carry out an operation.
    pub(super) fn is_able(&self, values: &Values, thread: u32, operation: &Operation) -> bool {
        match (operation.act, operation.object) {
            (Act::Park, Some(object)) => {
                let Some(location) = self.locations.get(object as usize) else {
                    return values.word(object, None) == TOKEN;
                };
                let readable = self.readable(location, self.knowledge(thread));
                readable.into_iter().any(|it| values.word(object, it) == TOKEN)
            }
            _ => self.awaited(operation).is_ok(),
        }
    }

    /// The events that an operation waits for.
    ///
    /// # Errors
    /// One of them has not happened yet.
    pub(super) fn awaited(&self, operation: &Operation) -> Result<Awaited, ()> {
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
        match self.act(ticket) {
            Act::Lock { access } | Act::TryLock { access } => access,
            other => unreachable!("{other:?} is no ticket"),
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
        let mut next = Some(ticket);
        while let Some(ticket) = next {
            let access = self.access_of(ticket);
            let unlock = self.unlock_of(ticket);
            let is_back = unlock.is_some_and(|it| it.thread == thread || knows.has(it));
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
    fn effect(
        &self,
        thread: u32,
        operation: &Operation,
        Reading { source, word, .. }: Reading,
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
            Act::Yield
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
            | Act::Outlast => Effect::reads(None),
        };
        Some(effect)
    }

    /// In how many ways an operation may come out when it reads a write.
    fn ways(&self, operation: &Operation, source: Source) -> u32 {
        match operation.act {
            Act::TryLock { .. }
            | Act::Exchange { is_weak: true, .. }
            | Act::Choose { .. }
            | Act::Release => 2,
            Act::Notify { all: false } => self.waits_at(source).len().max(1) as u32,
            _ => 1,
        }
    }

    /// Calls `visit` with the events that an operation becomes if it reads this write.
    fn events_reading(
        &self,
        thread: u32,
        operation: &Operation,
        reading: Reading,
        awaits: &[EventId],
        mut visit: impl FnMut(Event),
    ) {
        let Reading { source, word, stamp } = reading;
        for way in 0..self.ways(operation, source) {
            let Some(effect) = self.effect(thread, operation, reading, way) else {
                continue;
            };
            let Effect { writes, order, woken } = effect;
            let location = operation.object.filter(|_| operation.act.reads() || writes);
            let mut event = Event {
                id: self.next_id(thread),
                stamp,
                location: location.map(|it| it as usize),
                reads: operation.act.reads().then_some(source),
                writes,
                awaits: awaits.into(),
                mode: Mode(order),
                way: if way == 0 { event::Way::First } else { event::Way::Other },
                past: self.past(thread),
                detail: Done { operation: *operation, way, word: operation.act.word(word), woken },
            };
            self.order(&mut event);
            visit(event);
        }
    }
}
