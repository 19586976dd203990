//! Why a load may take an older value: which writes are newer, and that none of them happens before it.

use std::collections::HashMap;

use super::trace::thread_name;
use super::words::{object_in_words, word_in_words};
use crate::guest::{Act, After, Done, MemoryModel, Step};
use crate::interp::Cell;
use crate::reference::Subject;

/// The writes to each cell in coherence order, as far as a trace has come.
pub(super) struct Older<'t> {
    trace: &'t [Step],
    model: Option<MemoryModel>,
    /// The positions of the writes; the initial value comes before the first.
    writes: HashMap<Cell, Vec<usize>>,
}

impl<'t> Older<'t> {
    pub(super) fn new(trace: &'t [Step], model: Option<MemoryModel>) -> Self {
        Older { trace, model, writes: HashMap::new() }
    }

    /// Goes on to this step, and says why it may read an older value, if it does.
    pub(super) fn why(&mut self, at: usize, subject: &Subject) -> Option<String> {
        let step = &self.trace[at];
        let Act::Operation(done) = &step.act else { return None };
        let (Some(cell), Some(after), false) = (done.operation.cell(), done.after, step.is_pending)
        else {
            return None;
        };
        let writes = self.writes.entry(cell).or_default();
        let place_of = |write: usize| writes.iter().position(|&it| it == write);
        let next = after.step.and_then(place_of).map_or(0, |place| place + 1);
        let newer = writes[next..].to_vec();
        if done.operation.written(done.answer).is_some() {
            // A write that comes after one that the trace does not show comes last.
            let is_known = after.step.is_some() || after.thread.is_none();
            let next = if is_known && !after.is_latest { next } else { writes.len() };
            writes.insert(next, at);
        }
        let is_old = after.is_read && !after.is_latest && !newer.is_empty();
        is_old.then(|| self.reason(step, done, after, &newer, subject))
    }

    fn reason(
        &self,
        step: &Step,
        done: &Done,
        after: After,
        newer: &[usize],
        subject: &Subject,
    ) -> String {
        let object = object_in_words(&done.operation, subject).unwrap_or_default();
        let value = done.answer.map_or(String::new(), |it| word_in_words(it, subject));
        let origin = match (after.step, after.thread) {
            (Some(write), Some(thread)) => {
                format!("from {} in step {}", thread_name(thread), write + 1)
            }
            (None, Some(thread)) => format!("from {}", thread_name(thread)),
            (_, None) => "the initial value".into(),
        };
        let written = |&write: &usize| {
            let Act::Operation(done) = &self.trace[write].act else { return String::new() };
            let word = done.operation.written(done.answer).map(|it| word_in_words(it, subject));
            let thread = thread_name(self.trace[write].thread);
            format!("{} by {thread} in step {}", word.unwrap_or_default(), write + 1)
        };
        let all: Vec<String> = newer.iter().map(written).collect();
        let are_unordered = newer.iter().all(|&it| !self.trace[it].happens_before(step));
        let (writes, none) = match all.len() {
            1 => ("is a newer write", "It does not happen"),
            _ => ("are newer writes", "None of them happens"),
        };
        let why = match self.model {
            Some(model) if are_unordered && !step.clock.is_empty() => format!(
                " {none} before this read, so under {model} the read need not see {}.",
                if all.len() == 1 { "it" } else { "them" }
            ),
            _ => String::new(),
        };
        format!("{object}: reads {value}, {origin}. There {writes}: {}.{why}", all.join(", "))
    }
}
