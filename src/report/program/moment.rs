//! The state after a step in words: where each thread is, its variables, memory, monitors and output.

use super::trace::thread_name;
use super::words::{next_in_words, word_in_words};
use crate::il::Type;
use crate::interp::{Cell, Frame, Place, ThreadId, thread_of_handle};
use crate::page::{Call, Lock, Moment, Spot, ThreadNow};
use crate::reference::{Operation, Subject, ThreadView, View};

/// Describes states of a program.
pub(super) struct Moments<'c> {
    pub(super) subject: &'c Subject,
    /// The `.loc` file number of the program's own text.
    pub(super) own_file: u32,
    /// The number of threads of the whole execution.
    pub(super) threads: usize,
}

impl Moments<'_> {
    pub(super) fn of(&self, view: &View) -> Moment {
        let not_started = || ThreadNow { state: "not started".into(), ..ThreadNow::default() };
        let thread = |number: usize| match view.threads.get(number) {
            Some(thread) => self.thread(thread, view),
            None => not_started(),
        };
        let globals = self.subject.code.globals.len() as u64;
        // Variables are shown with their functions.
        let of_heap = |cell: Cell| cell.0 <= globals || !self.is_slot(cell);
        let words = view.words.iter().filter(|(cell, _)| of_heap(*cell));
        Moment {
            threads: (0..self.threads).map(thread).collect(),
            memory: words
                .map(|&(cell, word)| (self.subject.cell_name(cell), self.word(word)))
                .collect(),
            locks: self.locks(view),
            output: view.output.to_string(),
        }
    }

    fn thread(&self, thread: &ThreadView, view: &View) -> ThreadNow {
        match thread {
            ThreadView::Ended => ThreadNow { state: "has ended".into(), ..ThreadNow::default() },
            ThreadView::Stopped { place, frames } => ThreadNow {
                state: "stopped by a trap".into(),
                spot: self.spot(place),
                calls: self.calls(frames, view),
            },
            ThreadView::Live { next, place, is_enabled, waits_for, frames } => {
                let next = next_in_words(next, place, self.subject);
                let state = match (is_enabled, waits_for) {
                    (true, _) => format!("next: {next}"),
                    (false, Some(other)) => format!("waits for {}: {next}", thread_name(*other)),
                    (false, None) => format!("blocked: {next}"),
                };
                ThreadNow { state, spot: self.spot(place), calls: self.calls(frames, view) }
            }
        }
    }

    fn spot(&self, place: &Place) -> Option<Spot> {
        let is_own = place.file == self.own_file && place.line > 0;
        is_own.then_some(Spot { source: 0, line: place.line })
    }

    fn calls(&self, frames: &[Frame], view: &View) -> Vec<Call> {
        let call = |frame: &Frame| {
            let named = frame.variables.iter();
            let mut variables: Vec<(String, String)> = Vec::new();
            for (variable, word) in named {
                let Some(name) = self.name(&variable.name, variable.is_slot) else { continue };
                let value = if variable.is_slot {
                    self.subject.slot_cell(*word).map(|cell| self.word(view.word(cell)))
                } else if variable.ty == Type::F64 {
                    Some(f64::from_bits(*word).to_string())
                } else {
                    Some(self.word(*word))
                };
                variables.extend(value.map(|value| (name, value)));
            }
            variables.sort();
            Call { function: format!("@{}", frame.place.function), variables }
        };
        frames.iter().map(call).collect()
    }

    /// The name of a variable as the program's text has it. Front ends number names that are taken already, and
    /// have values of their own.
    fn name(&self, name: &str, is_slot: bool) -> Option<String> {
        if self.own_file == 0 {
            return Some(format!("%{name}"));
        }
        is_slot.then(|| match name.rsplit_once('.') {
            Some((plain, number)) if number.bytes().all(|it| it.is_ascii_digit()) => {
                plain.to_owned()
            }
            _ => name.to_owned(),
        })
    }

    fn is_slot(&self, cell: Cell) -> bool {
        self.subject.is_slot(cell)
    }

    fn word(&self, word: u64) -> String {
        match thread_of_handle(word) {
            Some(thread) => thread_name(thread),
            None => word_in_words(word, self.subject),
        }
    }

    /// The monitors that somebody has or wants, and the shared objects that somebody waits for.
    fn locks(&self, view: &View) -> Vec<Lock> {
        let mut locks: Vec<Lock> = Vec::new();
        let wants = |object: u64| {
            let is_it = |thread: &ThreadView| {
                matches!(thread, ThreadView::Live {
                    next: Operation::Enter { object: it } | Operation::Reacquire { object: it, .. },
                    is_enabled: false,
                    ..
                } if *it == object)
            };
            names(
                view.threads
                    .iter()
                    .zip(0..)
                    .filter(|(it, _)| is_it(it))
                    .map(|(_, it)| ThreadId(it)),
            )
        };
        for (object, owner, waiters) in &view.monitors {
            let mut waiting = wants(*object);
            if !waiters.is_empty() {
                let separator = if waiting.is_empty() { "" } else { "; " };
                let on_it = names(waiters.iter().copied());
                waiting = format!("{waiting}{separator}for a notification: {on_it}");
            }
            locks.push(Lock {
                name: self.subject.monitor_name(*object),
                owner: owner.map_or(String::new(), thread_name),
                waiting,
            });
        }
        for (cell, object) in &view.shared {
            let is_it = |thread: &ThreadView| {
                matches!(thread, ThreadView::Live {
                    next: Operation::Use { cell: it, .. }, is_enabled: false, ..
                } if it == cell)
            };
            let waiting = view.threads.iter().zip(0..).filter(|(it, _)| is_it(it));
            let waiting: Vec<_> = waiting.collect();
            let owner = waiting.iter().find_map(|(it, _)| match it {
                ThreadView::Live { waits_for, .. } => *waits_for,
                _ => None,
            });
            if !waiting.is_empty() {
                locks.push(Lock {
                    name: format!("{} {}", object.noun(), self.subject.cell_name(*cell)),
                    owner: owner.map_or(String::new(), thread_name),
                    waiting: names(waiting.into_iter().map(|(_, it)| ThreadId(it))),
                });
            }
        }
        locks
    }
}

fn names(threads: impl Iterator<Item = ThreadId>) -> String {
    threads.map(thread_name).collect::<Vec<_>>().join(", ")
}
