//! The machine's events as steps of the program.
//!
//! A step is an event, together with its object in the program's terms: a cell of guest memory, or one
//! of the machine's locks, named by what it protects. Threads have their guest numbers. The instruction
//! that a thread was at is not known here, so a step has no place in the program; the event has a place
//! in the machine's source.

use crate::guest::{Act, Step};
use crate::interp::ThreadId;
use crate::reference::Subject;
use crate::session::{Event, ObjectId, ObjectName, OpKind};

/// The steps that a reader wants to see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Detail {
    /// The program's own operations: its memory, its threads and monitors, its input and output.
    Program,
    /// Also the machine's internal operations.
    Machine,
}

/// The steps of the guest's threads, the first of which has the session's thread number
/// `threads_before`. They begin after the program's memory has been initialised.
pub(super) fn of_events(
    events: &[Event],
    subject: &Subject,
    threads_before: u32,
    detail: Detail,
) -> Vec<Step> {
    let begun = &events[filling(events, subject)..];
    let is_shown = |event: &&Event| {
        event.thread.0 >= threads_before && (detail == Detail::Machine || is_of_program(event))
    };
    let step = |(nth, event): (usize, &Event)| Step {
        thread: ThreadId(event.thread.0 - threads_before),
        act: match detail {
            Detail::Machine => act(event, threads_before),
            // The order of the others is left open by a schedule.
            Detail::Program => act(&Event { step: nth as u64 + 1, ..*event }, threads_before),
        },
        place: None,
        clock: Vec::new(),
        is_pending: !event.is_done,
        is_minor: false,
    };
    begun.iter().filter(is_shown).enumerate().map(step).collect()
}

/// Whether it works on something that the program can observe: guest memory, other threads, its input
/// and output. Releasing a lock adds nothing to what taking it has shown.
fn is_of_program(event: &Event) -> bool {
    use OpKind::{Join, NotifyAll, NotifyOne, Spawn, Unlock, Wait, WaitTimeout};
    match event.op {
        Unlock => false,
        Spawn | Join | Wait | WaitTimeout | NotifyOne | NotifyAll => true,
        _ => event.object.is_some_and(|object| object.name.is_some()),
    }
}

fn is_of_cell(event: &Event) -> bool {
    matches!(event.object.and_then(|object| object.name), Some(ObjectName::Element(_)))
}

/// The number of events until the globals have their initial values, which are the first events on
/// cells; 0 if the session has dropped its first events.
fn filling(events: &[Event], subject: &Subject) -> usize {
    if events.first().is_none_or(|first| first.step != 1) {
        return 0;
    }
    let is_fill = |event: &Event| event.op == OpKind::Store && is_of_cell(event);
    let fills = events.iter().enumerate().filter(|(_, event)| is_fill(event));
    fills.take(subject.code.globals.len()).last().map_or(0, |(last, _)| last + 1)
}

/// The event with the guest's thread numbers, and its object.
fn act(event: &Event, threads_before: u32) -> Act {
    let guest = |thread: u64| thread.saturating_sub(u64::from(threads_before));
    let mut event = *event;
    event.thread.0 -= threads_before;
    match event.op {
        OpKind::Spawn => event.written = event.written.map(guest),
        OpKind::Join => event.read = event.read.map(guest),
        _ => {}
    }
    // How many objects there are before it depends on how much memory the program was given.
    let number = |object: ObjectId| object.name.map_or(object.number, |_| 0);
    event.object = event.object.map(|object| ObjectId { number: number(object), ..object });
    Act::Machine(event)
}
