//! Finds the edge that two racing accesses lack: a write after the first access that a read before the
//! second one sees, with orderings that are too weak to make it an edge.

use super::event::Event;
use super::execution::Graph;
use crate::il::MemoryOrder;
use crate::reference::{Operation, Subject};

impl Graph {
    /// What would order two racing accesses, if only a stronger ordering is missing. Does not see
    /// fences, nor paths through a third thread.
    pub(crate) fn missing_edge(
        &self,
        subject: &Subject,
        one: &Event,
        other: &Event,
    ) -> Option<String> {
        let (write, read) = self.weak_edge(one, other).or_else(|| self.weak_edge(other, one))?;
        let describe = |event: &Event| {
            let operation = event.operation().access_name(subject);
            format!(
                "the {operation} by thread {} at {}",
                event.id.thread,
                event.detail.before.place()
            )
        };
        let needs = match (releases(write.operation()), acquires(read.operation())) {
            (false, false) => "the first an acquire and the second a release, that",
            (true, _) => "the first an acquire, that",
            (_, true) => "the second a release, that",
        };
        let (read, write) = (describe(read), describe(write));
        Some(format!("{read} sees {write}: were {needs} would order them"))
    }

    /// A write after the first access that a read before the second one sees.
    fn weak_edge(&self, first: &Event, second: &Event) -> Option<(&Event, &Event)> {
        let events = &self.lines[second.id.thread as usize].events;
        let before = events.iter().filter(|it| it.id.position < second.id.position);
        let edge = before.rev().find_map(|read| {
            let write = self.event(read.reads??);
            let is_after =
                write.id.thread == first.id.thread && write.id.position > first.id.position;
            (is_after && is_access(read) && is_access(write)).then_some((&**write, &**read))
        });
        edge.filter(|(write, read)| !releases(write.operation()) || !acquires(read.operation()))
    }
}

fn is_access(event: &Event) -> bool {
    event.operation().cell().is_some()
}

fn releases(write: &Operation) -> bool {
    use MemoryOrder::{AcqRel, Release, SeqCst};
    match *write {
        Operation::Store { order, .. } => matches!(order, Some(Release | AcqRel | SeqCst)),
        Operation::Rmw { order, .. } => matches!(order, Release | AcqRel | SeqCst),
        Operation::Cas { success, .. } => matches!(success, Release | AcqRel | SeqCst),
        _ => false,
    }
}

fn acquires(read: &Operation) -> bool {
    use MemoryOrder::{AcqRel, Acquire, SeqCst};
    match *read {
        Operation::Load { order, .. } => matches!(order, Some(Acquire | AcqRel | SeqCst)),
        Operation::Rmw { order, .. } => matches!(order, Acquire | AcqRel | SeqCst),
        // Which of the two happened is not known here, so both orderings must be weak.
        Operation::Cas { success, failure, .. } => {
            [success, failure].iter().any(|order| matches!(order, Acquire | AcqRel | SeqCst))
        }
        _ => false,
    }
}
