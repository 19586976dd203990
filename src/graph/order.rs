//! Computes what comes before an event that is added to a graph.

use std::sync::Arc;

use super::clock::EventId;
use super::event::{Event, Past};
use super::execution::{Graph, Program};
use super::{Clock, MemoryModel};

impl<P: Program> Graph<P> {
    /// Computes what comes before an event: RC11's happens-before, with the release sequences of the
    /// model. Its past must be what its thread hands on; see [`past`](Self::past).
    pub(crate) fn order(&self, event: &mut Event<P::Detail>) {
        let Event { id, mode, .. } = *event;
        let source = event.reads.flatten().map(|it| &self.event(it).past);
        let own = event.location.filter(|_| event.writes && mode.is_atomic());
        let own_release = match own {
            Some(location) if self.model != MemoryModel::C20 => self.own_release(id, location),
            _ => None,
        };
        let it = &mut event.past;
        it.sees.insert(id);
        it.knows.insert(id);
        if let Some(source) = source {
            it.sees.join(&source.sees);
            if mode.is_atomic() {
                let gets = if mode.acquires() { &mut it.knows } else { &mut it.pending };
                gets.join(&source.release);
            }
        }
        for &awaited in &event.awaits {
            let awaited = &self.event(awaited).past;
            it.sees.join(&awaited.sees);
            if !mode.is_relaxed() {
                it.knows.join(&awaited.knows);
            }
        }
        if event.location.is_none() && event.awaits.is_empty() {
            if mode.acquires() {
                let pending = std::mem::take(&mut it.pending);
                it.knows.join(&pending);
            }
            if mode.releases() {
                it.fenced = it.knows.clone();
            }
        }
        if own.is_some() {
            it.release = if mode.releases() { it.knows.clone() } else { it.fenced.clone() };
            if let Some(own) = own_release {
                it.release.join(&own.past.knows);
            }
            if let Some(source) = source {
                it.release.join(&source.release);
            }
        }
    }

    /// The thread's last releasing write to a location. In RC11 its release sequence continues with any
    /// later atomic write of the thread to that location.
    fn own_release(&self, id: EventId, location: usize) -> Option<&Arc<Event<P::Detail>>> {
        self.locations[location].release_before(id).map(|release| self.event(release))
    }

    /// The past of a thread's next event, as far as its last event, or its start, determines it.
    pub(crate) fn past(&self, thread: u32) -> Past {
        let mut past = Past::default();
        self.hand_on(thread, &mut past);
        past
    }

    /// The same, written over another past: five clocks are not copied once more.
    pub(crate) fn hand_on(&self, thread: u32, past: &mut Past) {
        let line = &self.lines[thread as usize];
        if let Some(last) = line.events.last() {
            last.past.hand_on(past);
            return;
        }
        *past = Past::default();
        if let Some(start) = line.started_by {
            let start = &self.event(start).past;
            past.sees.clone_from(&start.sees);
            past.knows.clone_from(&start.knows);
        }
    }

    /// What a thread's events so far know by happens-before.
    pub(crate) fn knowledge(&self, thread: u32) -> &Clock {
        static NOTHING: Clock = Clock::nothing();
        let line = &self.lines[thread as usize];
        let start = || line.started_by.map(|start| self.event(start));
        line.events.last().or_else(start).map_or(&NOTHING, |event| &event.past.knows)
    }
}
