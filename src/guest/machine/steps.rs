//! The machine's events as steps of the program.
//!
//! A step is the event, and what that is about in the program's terms: a cell of guest memory, or one of
//! the machine's locks by what it protects. Threads have their guest numbers. Which instruction a thread
//! was at is not known here, so a step has no place in the program; the event has one in the machine's
//! source.

use std::path::Path;

use crate::guest::{Act, MachineObject, Step};
use crate::interp::{Cell, ThreadId, cell_at};
use crate::reference::Subject;
use crate::session::{Event, ObjectKind, OpKind};

/// What somebody wants to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Detail {
    /// What the program did: its memory, its threads and monitors, its input and output.
    Program,
    /// Also what the machine did for itself.
    Machine,
}

/// Where the machine works on guest memory.
const MEMORY: &str = "vm/memory.rs";
/// Where it carries out what concerns other threads, and what its lock there is called.
const SHARED: [(&str, &str); 3] = [
    ("vm/threads.rs", "the thread table"),
    ("vm/output.rs", "the output"),
    ("vm/host.rs", "the input"),
];

/// Steps of the guest's threads, the first of which is the session's thread number
/// `threads_before`. They begin when the program's memory has been filled.
pub(super) fn of_events(
    events: &[Event],
    subject: &Subject,
    threads_before: u32,
    detail: Detail,
) -> Vec<Step> {
    let memory = Memory::of_events(events, subject);
    let begun = &events[memory.as_ref().map_or(0, |memory| memory.filled)..];
    let is_shown = |event: &&Event| {
        event.thread.0 >= threads_before && (detail == Detail::Machine || is_of_program(event))
    };
    let step = |event: &Event| Step {
        thread: ThreadId(event.thread.0 - threads_before),
        act: act(event, memory.as_ref(), threads_before),
        place: None,
        clock: Vec::new(),
        is_pending: !event.is_done,
        is_minor: false,
    };
    begun.iter().filter(is_shown).map(step).collect()
}

fn is_in(event: &Event, file: &str) -> bool {
    Path::new(event.location.file()).ends_with(file)
}

fn is_of_program(event: &Event) -> bool {
    let is_shared = || SHARED.iter().any(|(file, _)| is_in(event, file));
    is_in(event, MEMORY) || (is_shared() && event.op != OpKind::Unlock)
}

fn is_of_memory(event: &Event) -> bool {
    event.object.is_some_and(|object| object.kind == ObjectKind::Atomic) && is_in(event, MEMORY)
}

/// Which objects of a session are cells of guest memory.
struct Memory {
    /// The object that is cell 0.
    null: u32,
    /// How many events there were until the globals had their first values.
    filled: usize,
}

impl Memory {
    /// Cells are made in a row, and the first thing that happens to them is that the globals get
    /// their values. `None` if there are no globals, or if the session has forgotten its beginning.
    fn of_events(events: &[Event], subject: &Subject) -> Option<Self> {
        if events.first()?.step != 1 {
            return None;
        }
        let is_fill = |event: &Event| event.op == OpKind::Store && is_of_memory(event);
        let fills = events.iter().enumerate().filter(|(_, event)| is_fill(event));
        let fills: Vec<_> = fills.take(subject.code.globals.len()).collect();
        let (&(_, first), &(last, _)) = (fills.first()?, fills.last()?);
        Some(Memory { null: first.object?.number - 1, filled: last + 1 })
    }

    fn cell(&self, event: &Event) -> Option<Cell> {
        let number = event.object.filter(|_| is_of_memory(event))?.number;
        Some(Cell(u64::from(number.checked_sub(self.null)?)))
    }
}

/// The event with the numbers that its threads have as the guest's, and what it is about.
fn act(event: &Event, memory: Option<&Memory>, threads_before: u32) -> Act {
    let object = object(event, memory);
    let guest = |thread: u64| thread.saturating_sub(u64::from(threads_before));
    let mut event = *event;
    event.thread.0 -= threads_before;
    match event.op {
        OpKind::Spawn => event.written = event.written.map(guest),
        OpKind::Join => event.read = event.read.map(guest),
        _ => {}
    }
    event.object = event.object.filter(|_| object.is_none());
    Act::Machine { event, object }
}

/// What an event is about in the program's terms.
fn object(event: &Event, memory: Option<&Memory>) -> Option<MachineObject> {
    if let Some(cell) = memory.and_then(|memory| memory.cell(event)) {
        return Some(MachineObject::Cell(cell));
    }
    let is_lock = event.object.is_some_and(|object| object.kind == ObjectKind::Mutex);
    let (_, name) = SHARED.iter().find(|(file, _)| is_lock && is_in(event, file))?;
    Some(MachineObject::Lock(name))
}

/// A message of the machine in which monitors have the names of the globals that they belong to: the
/// machine knows addresses.
pub(super) fn with_names(message: &str, subject: &Subject) -> String {
    const MONITOR: &str = "monitor 0x";
    let mut parts = message.split(MONITOR);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(part.len());
        let (digits, rest) = part.split_at(end);
        let cell = u64::from_str_radix(digits, 16).ok().and_then(|word| cell_at(word).ok());
        match cell.filter(|&cell| subject.is_global(cell)) {
            Some(cell) => text.extend(["monitor ", &subject.cell_name(cell), rest]),
            None => text.extend([MONITOR, part]),
        }
    }
    text
}
