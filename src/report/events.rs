//! The events of an execution of Rust code in words: one line for each operation, with its source line
//! beside it.
//!
//! Traces of guest programs are drawn in columns ([`trace`](super::trace)). Here there are few threads
//! and long source lines, so each line names its thread.

use std::fmt::Debug;
use std::panic::Location;

use comfy_table::Table;
use comfy_table::presets::NOTHING;

#[cfg(all(feature = "report", feature = "selfcheck"))]
use super::lines::Line;
use super::numbers::grouped;
use super::rounds::{Stretch, stretches};
use crate::session::{Event, OpKind, place_of};

/// Describes `events`, in order; `source` returns the text of a line. Operations that had not ended when
/// the execution ended have `...` instead of a number. Of rounds that are all the same, the first is shown.
pub fn render_events(
    events: &[Event],
    mut source: impl FnMut(&Location<'_>) -> Option<String>,
) -> String {
    let rows: Vec<[String; 4]> = events.iter().map(|event| row(event, &mut source)).collect();
    let mut table = Table::new();
    table.load_style(NOTHING);
    for Stretch { first, times } in stretches(&rows) {
        let steps = first.len();
        for (event, row) in events[first.clone()].iter().zip(&rows[first]) {
            table.add_row(std::iter::once(&number(event)).chain(row));
        }
        if times > 1 {
            table.add_row(["...", "", &again(steps, times)]);
        }
    }
    let lines = table.to_string();
    lines.lines().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

/// The same for lines in which there is no room for that: the text of the source is below each operation.
#[cfg(all(feature = "report", feature = "selfcheck"))]
pub(super) fn lines_of_events(
    events: &[Event],
    mut source: impl FnMut(&Location<'_>) -> Option<String>,
) -> Vec<Line> {
    let rows: Vec<[String; 4]> = events.iter().map(|event| row(event, &mut source)).collect();
    let mut lines = Vec::new();
    for Stretch { first, times } in stretches(&rows) {
        let steps = first.len();
        for (event, [thread, words, place, text]) in events[first.clone()].iter().zip(&rows[first])
        {
            let at = if place.is_empty() { "" } else { " at " };
            lines.push(Line::new(format!("{} {thread} {words}{at}{place}", number(event))));
            if !text.is_empty() {
                lines.push(Line::of_source(text).indented(4));
            }
        }
        lines.extend((times > 1).then(|| Line::new(format!("... {}", again(steps, times)))));
    }
    lines
}

/// The number of an operation that has ended.
fn number(event: &Event) -> String {
    if event.is_done { event.step.to_string() } else { "...".to_owned() }
}

/// Of rounds that are all the same, how often the first comes again.
fn again(steps: usize, times: usize) -> String {
    let what = if steps == 1 { "the step".to_owned() } else { format!("the {steps} steps") };
    format!("{what} above {} times more", grouped(times as u64 - 1))
}

/// The thread of an operation, what it did, where, and the text there.
fn row(event: &Event, source: &mut impl FnMut(&Location<'_>) -> Option<String>) -> [String; 4] {
    let at = event.location;
    let file = at.file().rsplit(['/', '\\']).next().unwrap_or_default();
    // A thread's end has the place of its start, which explains nothing.
    let (place, text) = if event.op == OpKind::Exit {
        (String::new(), String::new())
    } else {
        (format!("{file}:{}", at.line()), source(at).unwrap_or_default().trim().to_owned())
    };
    [event.thread.to_string(), event_in_words(event, None), place, text]
}

/// One operation in one line: its number, the thread, what it did, and where.
pub fn render_event(event: &Event) -> String {
    let (words, place) = (event_in_words(event, None), place_of(event.location));
    format!("{} {} {words} at {place}", number(event), event.thread)
}

/// The words for an operation that has happened or had begun.
pub fn event_words(event: &Event) -> String {
    event_in_words(event, None)
}

/// The words for an operation that has happened or had begun; `name` is the name of its object, if it
/// has one.
pub(super) fn event_in_words(event: &Event, name: Option<String>) -> String {
    let object = || event.object.map_or_else(|| "something".to_owned(), |it| it.to_string());
    let what = name.unwrap_or_else(object);
    if event.is_done { done(event, &what) } else { begun(event, &what) }
}

/// The ordering, as the source names it.
fn ordering(ordering: Option<impl Debug>) -> String {
    ordering.map_or_else(String::new, |ordering| format!(" ({ordering:?})"))
}

/// The value of an operation; every engine reports one if there is one.
fn value(value: Option<u64>) -> String {
    value.map_or_else(|| "a value".to_owned(), |value| value.to_string())
}

/// An operation that has happened.
fn done(event: &Event, what: &str) -> String {
    let how = ordering(event.ordering);
    let (read, written) = (value(event.read), value(event.written));
    match event.op {
        OpKind::Lock => format!("locks {what}"),
        OpKind::LockShared => format!("locks {what} for reading"),
        OpKind::TryLock | OpKind::TryLockShared if !event.has_locked() => {
            format!("finds {what} locked")
        }
        OpKind::TryLock => format!("finds {what} free and locks it"),
        OpKind::TryLockShared => format!("finds {what} free and locks it for reading"),
        OpKind::Unlock => format!("gives {what} back"),
        OpKind::Wait => format!("has waited on {what}, and goes on"),
        OpKind::WaitTimeout => format!("has waited on {what} for some time"),
        OpKind::NotifyOne => format!("wakes one that waits on {what}"),
        OpKind::NotifyAll => format!("wakes all that wait on {what}"),
        OpKind::Load => format!("reads {read} from {what}{how}"),
        OpKind::Store => format!("writes {written} to {what}{how}"),
        op if op.is_compare_exchange() && event.written.is_none() => {
            let how = ordering(event.ordering_failure);
            format!("finds {read} in {what} and leaves it{how}")
        }
        OpKind::Fence => format!("fence{how}"),
        OpKind::Read => format!("reads {what}"),
        OpKind::Write => format!("writes {what}"),
        OpKind::LocalWrite => "writes its thread-local".to_owned(),
        OpKind::Spawn if event.written.is_none() => "is refused a thread".to_owned(),
        OpKind::Spawn => format!("starts thread {written}"),
        OpKind::Join | OpKind::JoinScoped => format!("has joined thread {read}"),
        OpKind::Yield => "yields".to_owned(),
        OpKind::Park => "has been unparked, and goes on".to_owned(),
        OpKind::ParkTimeout => "has been parked for some time".to_owned(),
        OpKind::Unpark => format!("unparks thread {written}"),
        OpKind::Count => format!("adds {written} to {what}"),
        OpKind::Allocate => format!("allocates memory {written}"),
        OpKind::Free => format!("frees memory {written}"),
        OpKind::Exit => "ends".to_owned(),
        _ => format!("changes {what} from {read} to {written}{how}"),
    }
}

/// An operation that had begun when the execution ended.
fn begun(event: &Event, what: &str) -> String {
    match event.op {
        OpKind::Lock | OpKind::LockShared => format!("waits for {what}"),
        OpKind::TryLock | OpKind::TryLockShared => format!("is about to try to lock {what}"),
        OpKind::Wait | OpKind::WaitTimeout => format!("waits on {what}"),
        OpKind::Join | OpKind::JoinScoped => {
            format!("waits for thread {} to end", value(event.read))
        }
        OpKind::Read => format!("reads {what}"),
        OpKind::Write => format!("writes {what}"),
        OpKind::Load => format!("is about to read {what}"),
        OpKind::Spawn => "is about to start a thread".to_owned(),
        OpKind::Unlock => format!("is about to give {what} back"),
        OpKind::LocalWrite => "is about to write its thread-local".to_owned(),
        OpKind::Yield | OpKind::Exit | OpKind::Fence => "is about to go on".to_owned(),
        OpKind::Park | OpKind::ParkTimeout => "is parked".to_owned(),
        OpKind::Unpark => format!("is about to unpark thread {}", value(event.written)),
        OpKind::Allocate => "is about to allocate memory".to_owned(),
        OpKind::Free => "is about to free memory".to_owned(),
        OpKind::NotifyOne | OpKind::NotifyAll => format!("is about to notify {what}"),
        _ => format!("is about to change {what}"),
    }
}
