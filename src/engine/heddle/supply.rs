//! What the workers of a search share: the graphs that are still to be followed, or the numbers of the executions
//! that are still to be drawn.
//!
//! A worker follows its own graphs, latest first. If another one has none, it gives up the older half of them.
//! Graphs do not depend on each other, so all workers together run what one would run. Executions that are
//! drawn depend on their numbers alone, so the workers find what one would find: of several violations, that with
//! the lowest number counts.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::Heddle;
use super::few::LOOKS_AFTER;
use crate::runtime::{self, Open};
use crate::session::locked;

/// What a worker is to do.
pub(super) enum Next {
    /// Run an execution, which has this number from now on.
    Execution(u64),
    /// Nothing more.
    None,
    /// Nothing more, since this number is beyond the limit.
    Limit(u64),
}

pub(super) struct Supply {
    draws: bool,
    executions_max: u64,
    /// The number of the execution that is run next.
    next: AtomicU64,
    /// No execution with a higher number matters any more.
    last: AtomicU64,
    /// Whether a worker has looked at executions with few preemptions.
    has_looked: AtomicBool,
    graphs: Mutex<Graphs>,
    came: Condvar,
    /// How many workers wait for a graph.
    waiting: AtomicUsize,
}

struct Graphs {
    open: Vec<Open>,
    workers: usize,
}

impl Supply {
    /// For a search whose next execution has this number.
    pub(super) fn new(options: &Heddle, number: u64, draws: bool) -> Self {
        Supply {
            draws,
            executions_max: options.executions_max,
            next: AtomicU64::new(number),
            last: AtomicU64::new(u64::MAX),
            has_looked: AtomicBool::new(false),
            graphs: Mutex::new(Graphs { open: Vec::new(), workers: 1 }),
            came: Condvar::new(),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Says how many workers there are.
    pub(super) fn set_workers(&self, workers: usize) {
        locked(&self.graphs).workers = workers;
        self.came.notify_all();
    }

    /// No execution after this one matters: of those that are drawn, no later one; else none at all.
    pub(super) fn end(&self, number: u64) {
        // ORDER: Relaxed, no edge: a hint, which saves work. The graphs' lock orders the rest.
        self.last.fetch_min(if self.draws { number } else { 0 }, Relaxed);
        let _held = locked(&self.graphs);
        self.came.notify_all();
    }

    /// An execution was none, so that another one may have its number.
    pub(super) fn give_back(&self) {
        if !self.draws {
            // ORDER: Relaxed, no edge: a number.
            self.next.fetch_sub(1, Relaxed);
        }
    }

    /// What a worker does next. It waits while others may give up graphs.
    pub(super) fn next(&self, runs: &mut runtime::Search) -> Next {
        if !self.draws && !self.has_graph(runs) {
            return Next::None;
        }
        // ORDER: Relaxed, no edge: a number.
        let number = self.next.fetch_add(1, Relaxed);
        if self.is_over(number) {
            return Next::None;
        }
        if number > self.executions_max {
            self.end(number);
            return Next::Limit(number);
        }
        Next::Execution(number)
    }

    /// Whether the worker with this execution is to look at some with few preemptions before: the search has come to them, and
    /// no other worker has looked.
    pub(super) fn is_time_to_look(&self, number: u64) -> bool {
        // ORDER: Relaxed, no edge: whoever comes first looks.
        !self.draws && number == LOOKS_AFTER + 1 && !self.has_looked.swap(true, Relaxed)
    }

    /// Whether no execution with this number matters any more.
    pub(super) fn is_over(&self, number: u64) -> bool {
        // ORDER: Relaxed, no edge: see end.
        number > self.last.load(Relaxed)
    }

    /// Whether the worker has a graph to follow, or gets one.
    fn has_graph(&self, runs: &mut runtime::Search) -> bool {
        // ORDER: Relaxed, no edge: a hint; a worker that waits looks again under the lock.
        if runs.open() > 1 && self.waiting.load(Relaxed) > 0 {
            locked(&self.graphs).open.extend(runs.give_half());
            self.came.notify_all();
        }
        if runs.open() == 0
            && let Some(graph) = self.graph(locked(&self.graphs))
        {
            runs.take(graph);
        }
        runs.open() > 0
    }

    /// A graph that another worker has given up; `None` if nobody will any more.
    fn graph(&self, mut graphs: MutexGuard<'_, Graphs>) -> Option<Open> {
        // ORDER: Relaxed, no edge: it changes under the lock alone, and is read elsewhere as a hint.
        self.waiting.fetch_add(1, Relaxed);
        loop {
            let is_over = self.is_over(1);
            if let Some(graph) = graphs.open.pop().filter(|_| !is_over) {
                // ORDER: Relaxed, no edge: see above.
                self.waiting.fetch_sub(1, Relaxed);
                return Some(graph);
            }
            // ORDER: Relaxed, no edge: see above.
            if is_over || self.waiting.load(Relaxed) == graphs.workers {
                // No worker is left that could give one up. The count stays as it is, so the others see that too.
                self.came.notify_all();
                return None;
            }
            graphs = self.came.wait(graphs).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
