//! Describes a step of a counterexample in words. Every description of a thread's step is made here.

use std::fmt;

use crate::guest::{Act, After, Done, Step};
use crate::il::MemoryOrder;
use crate::interp::{Cell, Place, function_index};
use crate::reference::{Ending, Ends, Operation, Subject};
use crate::report::events::event_in_words;
use crate::verdict::{Event, ObjectName, place_of};

/// What a thread does in a step, to which object, and with what result.
pub fn step_in_words(step: &Step, subject: &Subject) -> String {
    match &step.act {
        Act::Operation(done) => {
            let local = step.place.as_ref().and_then(|place| subject.code.local_at(place));
            let mut text = operation_in_words(&done.operation, done.answer, local, subject);
            if let (Some(after), false) = (done.after, step.is_pending) {
                text.push_str(&departure(after));
            }
            if done.operation.wakes() && !step.is_pending {
                text.push_str(&whom_it_woke(done));
            }
            text
        }
        Act::Machine(event) => {
            let name = machine_object_in_words(event, subject);
            format!("{}, {}", event_in_words(event, name), place_of(event.location))
        }
    }
}

/// What a thread at this place is about to do.
pub(super) fn next_in_words(operation: &Operation, place: &Place, subject: &Subject) -> String {
    operation_in_words(operation, None, subject.code.local_at(place), subject)
}

/// The object of an operation of the machine, if it has a name.
pub(super) fn machine_object_in_words(event: &Event, subject: &Subject) -> Option<String> {
    Some(match event.object?.name? {
        ObjectName::Text(name) => name.to_owned(),
        ObjectName::Element(index) => {
            let cell = Cell(index.into());
            if subject.is_global(cell) { subject.cell_name(cell) } else { format!("cell {index}") }
        }
    })
}

/// The object of an operation of the reference, if it has a single one.
pub(super) fn object_in_words(operation: &Operation, subject: &Subject) -> Option<String> {
    if let Some(cell) = operation.cell_alive() {
        return Some(subject.cell_name(cell));
    }
    match *operation {
        Operation::Free { allocation } | Operation::Leave { slot: allocation } => {
            Some(subject.allocation_name(allocation))
        }
        Operation::Start(start) => {
            Some(format!("@{}", subject.code.functions[start.function as usize].name))
        }
        Operation::Join { thread }
        | Operation::HasEnded { thread }
        | Operation::ErrorOf { thread } => Some(format!("thread {}", thread.0)),
        Operation::Enter { object }
        | Operation::TryEnter { object }
        | Operation::Exit { object }
        | Operation::Wait { object, .. }
        | Operation::Await { object, .. }
        | Operation::Reacquire { object, .. }
        | Operation::Notify { object, .. } => Some(subject.monitor_name(object)),
        _ => None,
    }
}

/// A guest word as people write it.
pub(super) fn word_in_words(word: u64, subject: &Subject) -> String {
    Word { word, subject }.to_string()
}

/// The addition for a step that reads or replaces a write that is not the latest.
fn departure(after: After) -> String {
    match (after.is_latest, after.thread) {
        (true, _) => String::new(),
        (false, None) if after.is_read => ", from the beginning".into(),
        (false, Some(thread)) if after.is_read => format!(", from thread {}", thread.0),
        (false, _) => ", overwritten already".into(),
    }
}

/// The addition for a notification: which threads it woke.
fn whom_it_woke(done: &Done) -> String {
    let names: Vec<String> = done.woken.iter().map(|thread| thread.0.to_string()).collect();
    match &names[..] {
        [] => ": wakes nobody".into(),
        [one] => format!(": wakes thread {one}"),
        _ => format!(": wakes threads {}", names.join(", ")),
    }
}

/// An operation of the reference, and the answer that its thread got. A variable of the thread's function that it
/// reads or writes has a name.
fn operation_in_words(
    operation: &Operation,
    answer: Option<u64>,
    local: Option<&str>,
    subject: &Subject,
) -> String {
    let cell = |cell: Cell| local.map_or_else(|| subject.cell_name(cell), str::to_owned);
    let monitor = |object: u64| subject.monitor_name(object);
    let ordered =
        |order: Option<MemoryOrder>| order.map_or(String::new(), |it| format!(" {}", it.name()));
    let word = |word: u64| Word { word, subject };
    let read = |read: Option<u64>| read.map_or(String::new(), |it| format!(" = {}", word(it)));
    match operation {
        Operation::Load { cell: at, order } => {
            format!("load {}{}{}", cell(*at), ordered(*order), read(answer))
        }
        Operation::Store { cell: at, word: new, order } => {
            format!("store {}{} := {}", cell(*at), ordered(*order), word(*new))
        }
        Operation::Rmw { cell: at, op, word: operand, order } => {
            let change = answer.map_or(String::new(), |old| {
                format!(": {} -> {}", word(old), word(op.apply(old, *operand)))
            });
            format!("{} {} {} {}{change}", op.name(), cell(*at), word(*operand), order.name())
        }
        Operation::Cas { cell: at, expected, desired, success, .. } => {
            let came = match answer {
                Some(old) if expected.is(old) => {
                    format!(": {} -> {}", word(old), word(*desired))
                }
                Some(old) => format!(": finds {}", word(old)),
                None => String::new(),
            };
            let (expected, desired) = (word(expected.word()), word(*desired));
            format!("cas {} {expected} {desired} {}{came}", cell(*at), success.name())
        }
        Operation::Fence { order } => format!("fence {}", order.name()),
        Operation::MayFail => match answer {
            Some(0) => "a weak compare-exchange does as a strong one".into(),
            _ => "a weak compare-exchange fails without a cause".into(),
        },
        Operation::Allocate { cells, .. } => {
            format!("allocate {} bytes{}", cells * 8, read(answer))
        }
        Operation::Free { allocation } => {
            format!("free {}", subject.allocation_name(*allocation))
        }
        Operation::Leave { slot } => {
            format!("return from the function of {}", subject.allocation_name(*slot))
        }
        Operation::Print { text } => format!("print {:?}", text.trim_end_matches('\n')),
        Operation::ReadLine => "read a line".into(),
        Operation::Start(start) => {
            let function = &subject.code.functions[start.function as usize].name;
            let thread = answer.map_or(String::new(), |id| format!(" as thread {id}"));
            format!("start @{function}{thread}")
        }
        Operation::Join { thread } => format!("join thread {}", thread.0),
        Operation::HasEnded { thread } => {
            format!("has thread {} ended{}", thread.0, read(answer))
        }
        Operation::ErrorOf { thread } => format!("error of thread {}", thread.0),
        Operation::Enter { object } => format!("enter {}", monitor(*object)),
        Operation::TryEnter { object } => {
            format!("try to enter {}{}", monitor(*object), read(answer))
        }
        Operation::Exit { object } => format!("exit {}", monitor(*object)),
        Operation::Wait { object, .. } => format!("wait on {}", monitor(*object)),
        Operation::Await { object, ends: Ends::InTime } => {
            format!("stop waiting on {}", monitor(*object))
        }
        Operation::Await { object, ends: Ends::Spuriously } if answer.is_some() => {
            format!("wake without a cause from waiting on {}", monitor(*object))
        }
        Operation::Await { object, .. } => {
            format!("waits for a notification on {}", monitor(*object))
        }
        Operation::Reacquire { object, .. } => format!("enter {} again", monitor(*object)),
        Operation::Notify { object, all: false } => {
            format!("notify one on {}", monitor(*object))
        }
        Operation::Notify { object, all: true } => {
            format!("notify all on {}", monitor(*object))
        }
        Operation::Use { cell: at, request, is_timed } => {
            let told = match answer {
                Some(_) if !request.is_told() => String::new(),
                None if *is_timed => " = nothing".into(),
                answer => read(answer),
            };
            let with: Vec<String> =
                request.arguments().iter().map(|it| word(*it).to_string()).collect();
            let with =
                if with.is_empty() { String::new() } else { format!(" with {}", with.join(", ")) };
            format!("{request} {}{with}{told}", cell(*at))
        }
        Operation::End(Ending::Returned(_)) => "end".into(),
        Operation::End(Ending::Captured(error)) => format!("end with {error}"),
        Operation::Trapped(trap) => format!("trap {}: {}", trap.kind, trap.message),
    }
}

/// A guest word as people write it.
struct Word<'a> {
    word: u64,
    subject: &'a Subject,
}

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signed = self.word as i64;
        if signed.unsigned_abs() < 1 << 40 {
            return write!(f, "{signed}");
        }
        let function = function_index(self.word).map(|index| index as usize);
        if let Some(function) = function.and_then(|it| self.subject.code.functions.get(it)) {
            return write!(f, "@{}", function.name);
        }
        match self.subject.pointer_name(self.word) {
            Some(name) => f.write_str(&name),
            None => write!(f, "{:#x}", self.word),
        }
    }
}
