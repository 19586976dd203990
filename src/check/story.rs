//! The failing execution of Rust code as a story, from which a page is made.
//!
//! What the threads' variables have is not known, and a lock or an atomic has no name. A wait for a notification is
//! one operation in a trace, at its end: does not see when the lock is given back for it, unless the wait has only
//! begun when the execution ends.

use std::collections::BTreeMap;

use super::Sources;
use super::state::State;
use crate::engine::{Counterexample, Fault, Report, Verdict};
use crate::page::{Lane, Link, LinkKind, Source, Spot, Step, Story};
use crate::report::{event_words, grouped};
use crate::session::{Event, OpKind, ThreadId, file_of};
use crate::verdict::Order;

/// The number of operations that are shown, the last ones. A page with more of them is slow to draw.
const STEPS_MAX: usize = 2_000;
/// The lines before and after each line that an operation is in.
const AROUND: u32 = 6;

/// The failing execution of a report as a story, from which [`render_page`](crate::page::render_page) makes a page for a
/// browser; `None` if none fails. `again` is the command that runs it again, if there is one.
pub fn story(engine: &str, report: &Report, again: Option<String>) -> Option<Story> {
    let Verdict::Violated(shown) = &report.verdict else { return None };
    let thread = std::thread::current();
    let title = thread.name().filter(|&name| name != "main").unwrap_or("a model");
    let mut facts = vec![("engine".to_owned(), engine.to_owned())];
    facts.extend(report.seed.map(|seed| ("seed".to_owned(), seed.to_string())));
    facts.push(("executions searched".to_owned(), grouped(report.executions)));
    facts.push(("shown by execution".to_owned(), grouped(shown.execution)));
    let from = shown.trace.len().saturating_sub(STEPS_MAX);
    let told = Telling { shown, from, files: files(&shown.trace[from..]) }.story();
    Some(Story {
        title: title.to_owned(),
        facts,
        again: again.map(|command| ("again with".to_owned(), command)).into_iter().collect(),
        ..told
    })
}

/// The files that operations are in, with the lines, in the order of their names.
fn files(trace: &[Event]) -> Vec<(String, Vec<u32>)> {
    let mut files: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for event in trace.iter().filter(|event| event.op != OpKind::Exit) {
        let file = file_of(event.location).into_owned();
        files.entry(file).or_default().push(event.location.line());
    }
    files.into_iter().collect()
}

struct Telling<'c> {
    shown: &'c Counterexample,
    /// The position of the first operation that is shown.
    from: usize,
    files: Vec<(String, Vec<u32>)>,
}

impl Telling<'_> {
    fn story(&self) -> Story {
        let trace = &self.shown.trace;
        let threads = trace.iter().map(|event| event.thread.0 + 1).max().unwrap_or(1);
        let lanes = (0..threads).map(|thread| self.lane(ThreadId(thread))).collect();
        let mut sources = Sources::default();
        let shown = self.files.iter().map(|(name, lines)| match sources.text(name) {
            Some(text) => Source::around(name.clone(), text, lines, AROUND),
            None => Source { name: name.clone(), lines: Vec::new() },
        });
        let sources = shown.collect();
        let is_told = |place: &&String| self.shown.message.contains(place.as_str());
        let location = self.shown.location.iter().filter(|it| !is_told(it));
        let location = location.map(|it| format!("\nat {it}"));
        let mut state = State::of(trace, threads);
        let spot = |event: &Event| self.spot(event);
        (0..self.from).for_each(|at| state.step(at));
        let before = state.moment(&spot);
        let named = self.named();
        let mut steps: Vec<Step> = Vec::new();
        for (at, event) in trace.iter().enumerate().skip(self.from) {
            let preempts = at.checked_sub(1).map(|before| trace[before].thread).filter(|before| {
                event.is_done && *before != event.thread && state.can_go_on(*before)
            });
            state.step(at);
            steps.push(Step {
                number: event.step as usize,
                lane: event.thread.0 as usize,
                words: event_words(event),
                spot: self.spot(event),
                is_pending: !event.is_done,
                is_named: named.contains(&at),
                preempts: preempts.map(|it| it.to_string()),
                why: self.why(at),
                after: state.moment(&spot),
            });
        }
        Story {
            headline: format!("violated: {}", self.shown.violation),
            message: format!("{}{}", self.shown.message, location.collect::<String>()),
            is_wrong: true,
            lanes,
            steps,
            links: self.links(&state),
            before,
            sources,
            notes: self.notes(),
            ..Story::default()
        }
    }

    fn lane(&self, thread: ThreadId) -> Lane {
        let start = self.shown.trace.iter().find(|event| starts(event, thread));
        let role =
            start.map_or(String::new(), |event| format!("from line {}", event.location.line()));
        Lane { name: thread.to_string(), role }
    }

    /// A thread's end has the place of its start, which explains nothing.
    fn spot(&self, event: &Event) -> Option<Spot> {
        if event.op == OpKind::Exit {
            return None;
        }
        let file = file_of(event.location);
        let source = self.files.iter().position(|(name, _)| *name == file)?;
        Some(Spot { source, line: event.location.line() })
    }

    fn order(&self, at: usize) -> Option<&Order> {
        self.shown.orders.get(at)
    }

    /// Whether an operation happens before another one, as far as that is known. One that has only begun comes after
    /// what its thread has come after.
    fn happens_before(&self, one: usize, other: usize) -> bool {
        let trace = &self.shown.trace;
        let thread = trace[other].thread;
        let done = (0..=other).rev().find(|&at| trace[at].thread == thread && trace[at].is_done);
        let index = trace[one].thread.0 as usize;
        let count = |at: Option<usize>| self.order(at?)?.clock.get(index).copied();
        count(Some(one)).zip(count(done)).is_some_and(|(own, known)| known >= own)
    }

    /// The operations that the violation is about.
    fn named(&self) -> Vec<usize> {
        let trace = &self.shown.trace;
        let begun = || (0..trace.len()).filter(|&at| !trace[at].is_done);
        match self.shown.violation {
            Fault::Deadlock | Fault::Livelock => begun().collect(),
            Fault::DataRace => {
                let is_access = |at: &usize| matches!(trace[*at].op, OpKind::Read | OpKind::Write);
                let Some(last) = begun().find(is_access) else { return Vec::new() };
                // Which access nothing orders with it, only orders tell.
                if self.shown.orders.is_empty() {
                    return vec![last];
                }
                let conflicts = |at: &usize| {
                    trace[*at].object == trace[last].object
                        && trace[*at].thread != trace[last].thread
                        && [trace[*at].op, trace[last].op].contains(&OpKind::Write)
                        && !self.happens_before(*at, last)
                };
                let first = (0..last).rev().find(conflicts);
                first.into_iter().chain([last]).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Which older value a load has taken, and why it may.
    fn why(&self, at: usize) -> Option<String> {
        let trace = &self.shown.trace;
        let read = self.order(at)?.read.as_ref()?;
        if read.newer.is_empty() || trace[at].written.is_some() {
            return None;
        }
        let (object, value) = (trace[at].object?, trace[at].read?);
        let origin = read.write.map_or("the initial value".to_owned(), |write| {
            format!("from {} in step {}", trace[write].thread, trace[write].step)
        });
        let newer: Vec<String> = read
            .newer
            .iter()
            .filter_map(|&write| {
                let Event { written, thread, step, .. } = trace[write];
                Some(format!("{} by {thread} in step {step}", written?))
            })
            .collect();
        let (are, none) = match newer.len() {
            1 => ("is a newer write", "It does not happen"),
            _ => ("are newer writes", "None of them happens"),
        };
        let is_free = read.newer.iter().all(|&write| !self.happens_before(write, at));
        let why = if is_free {
            format!(" {none} before this load, so it need not be seen.")
        } else {
            String::new()
        };
        Some(format!("{object}: reads {value}, {origin}. There {are}: {}.{why}", newer.join(", ")))
    }

    fn links(&self, state: &State<'_>) -> Vec<Link> {
        let trace = &self.shown.trace;
        let mut links = Vec::new();
        let mut link = |from: usize, to: usize, kind, words: &str| {
            let positions = from.checked_sub(self.from).zip(to.checked_sub(self.from));
            if let Some((from, to)) = positions.filter(|_| trace[from].thread != trace[to].thread) {
                links.push(Link { from, to, kind, words: words.into() });
            }
        };
        for (at, event) in trace.iter().enumerate() {
            if let Some(waited) = state.waits_for(event)
                && let Some(other) = trace.iter().rposition(|it| it.thread == waited)
            {
                link(at, other, LinkKind::Wait, &format!("waits for {waited}"));
            }
            if !event.is_done {
                continue;
            }
            let first = trace.iter().position(|it| starts(event, it.thread));
            if let Some(first) = first {
                link(at, first, LinkKind::Order, "starts");
            }
            match self.order(at) {
                Some(order) => {
                    for &awaited in &order.awaited {
                        link(awaited, at, LinkKind::Order, cause(trace[awaited].op));
                    }
                    if let Some(write) = order.read.as_ref().and_then(|read| read.write) {
                        link(write, at, self.kind_of_read(write, at), "is read");
                    }
                }
                None => {
                    if let Some(from) = state.cause_of(at) {
                        link(from, at, LinkKind::Order, cause(trace[from].op));
                    }
                }
            }
        }
        if let ([one, other], Fault::DataRace) = (&self.named()[..], self.shown.violation) {
            link(*one, *other, LinkKind::Race, "nothing orders the two");
        }
        links
    }

    fn kind_of_read(&self, write: usize, at: usize) -> LinkKind {
        let trace = &self.shown.trace;
        let is_own = |it: &usize| trace[*it].thread == trace[at].thread;
        let before = (0..at).rev().find(is_own);
        if !self.happens_before(write, at) {
            LinkKind::Reads
        } else if before.is_some_and(|before| self.happens_before(write, before)) {
            LinkKind::Known
        } else {
            LinkKind::Order
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.shown.orders.is_empty() {
            notes.push(
                "The engine does not say which write a load reads, nor what happens before what."
                    .to_owned(),
            );
        }
        let first = self.shown.trace.get(self.from).map_or(1, |event| event.step);
        let is_wait =
            |it: &Event| it.is_done && matches!(it.op, OpKind::Wait | OpKind::WaitTimeout);
        if self.shown.trace.iter().any(is_wait) {
            let words = "A wait that has ended is one step, at its end: until then, its lock is shown as held.";
            notes.push(words.to_owned());
        }
        if first > 1 {
            let left_out = grouped(first - 1);
            notes.push(format!("Not shown: the first {left_out} operations."));
        }
        notes
    }
}

/// Whether an operation starts a thread.
fn starts(event: &Event, thread: ThreadId) -> bool {
    event.is_done && event.op == OpKind::Spawn && event.written == Some(thread.0.into())
}

/// What an operation does for one that has waited for it.
fn cause(op: OpKind) -> &'static str {
    match op {
        OpKind::Unlock | OpKind::Wait | OpKind::WaitTimeout => "gives it back",
        OpKind::NotifyOne | OpKind::NotifyAll => "wakes",
        OpKind::Exit => "has ended",
        _ => "lets it go on",
    }
}
