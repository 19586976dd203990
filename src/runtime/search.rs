//! A search of the executions of a body: runs it along one graph after the other, or as a guide decides.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::graph::Graph;
use crate::session::{self, Chance};
use crate::verdict::{Bound, MemoryModel, Owned, Path, Sharing};

use super::execution::{Descent, End, Execution, Limits, Watch};
use super::guide::Guide;
use super::meaning::RustCode;
use super::numbers::Numbers;
use super::unchecked::Coroutine;
use super::{
    STATE, State, arc, leaks, local, memory, no_reuse, plain, run_thread, statics, time, with_state,
};

/// A graph that is still to be followed.
#[derive(Debug)]
pub(crate) struct Open(Graph<RustCode>);

/// What the workers of a search must agree on.
#[derive(Debug)]
pub(crate) struct Known {
    numbers: Numbers,
    /// How much of the owners of each object is seen.
    sharing: Vec<Sharing>,
    sees_returns: bool,
}

/// A search of the executions of a body. One OS thread runs it; several may work for one search.
pub(crate) struct Search {
    state: Option<Box<State>>,
    /// The way to the latest failure.
    path: Path,
}

impl Search {
    pub(crate) fn new(model: MemoryModel, limits: Limits, unwind: fn() -> !) -> Self {
        let execution = Execution::new(model, limits);
        let (locals, statics) = (local::Locals::default(), statics::Statics::default());
        let (time, addresses) = (time::Time::default(), arc::raw::Addresses::default());
        let (made, memory) = (leaks::Made::new(), memory::Memory::default());
        let state = State {
            execution,
            locals,
            statics,
            time,
            addresses,
            made,
            memory,
            plain: plain::Accesses::new(),
            drops_statics: false,
            unwinds_threads: false,
            unwind,
        };
        let state = Some(Box::new(state));
        Search { state, path: Path::default() }
    }

    /// Runs the body once, along the next graph, or as a guide decides; `None` if all graphs have been
    /// followed.
    ///
    /// When nobody can go on any more, `judge` is told how the execution has ended. After that, the threads
    /// that have not ended are unwound.
    ///
    /// # Errors
    /// The system has no memory for a stack.
    pub(crate) fn run(
        &mut self,
        guide: Option<Box<dyn Guide>>,
        body: impl FnOnce() + 'static,
        judge: impl FnOnce(End),
    ) -> std::io::Result<Option<End>> {
        let mut state = self.state.take().expect("a search runs one execution at a time");
        let _execution = no_reuse::Execution::begin();
        if !state.execution.begin(guide) {
            self.state = Some(state);
            return Ok(None);
        }
        state.time = time::Time::default();
        state.locals = local::Locals::default();
        state.addresses = arc::raw::Addresses::default();
        state.made.clear();
        state.plain.clear();
        plain::forget();
        let stack = match state.execution.stack() {
            Ok(stack) => stack,
            Err(error) => {
                self.state = Some(state);
                return Err(error);
            }
        };
        state.execution.add_thread(0, Coroutine::new(stack, move || run_thread(body)));
        let outer = STATE.replace(Some(state));
        while let Some(next) = with_state(|state| state.execution.next_turn()).flatten() {
            resume(next);
        }
        let end = conclusion();
        judge(end);
        let path = match end {
            End::Failed | End::Deadlock | End::Livelock | End::Leak(_) => path_so_far(),
            _ => None,
        };
        finish(end);
        self.state = STATE.replace(outer);
        self.path = path.map(|(_, path)| path).unwrap_or_default();
        Ok(Some(end))
    }

    /// Walks down the tree of executions at random, and returns the estimate of their number that the walk
    /// gives: 0 if it has led to none, and `None` if the body has not repeated itself.
    ///
    /// # Errors
    /// The system has no memory for a stack.
    pub(crate) fn descend<B: FnOnce() + 'static, J: FnOnce(End)>(
        &mut self,
        chance: Chance,
        prepare: impl Fn() -> (B, J),
    ) -> std::io::Result<Option<f64>> {
        let state = self.state.as_mut().expect("no execution is under way");
        state.execution.begin_again();
        state.execution.descent = Some(Descent { chance, product: 1.0 });
        loop {
            let (body, judge) = prepare();
            let end = self.run(None, body, judge)?;
            let state = self.state.as_mut().expect("no execution is under way");
            match end {
                Some(End::Elsewhere) => continue,
                // Another walk by the same numbers, which sees more.
                Some(End::SeesTooLittle) => {
                    if let Some(descent) = &mut state.execution.descent {
                        descent.product = 1.0;
                    }
                    continue;
                }
                _ => {}
            }
            let descent = state.execution.descent.take();
            state.execution.begin_again();
            return Ok(match end {
                Some(End::NotRepeatable) => None,
                Some(End::Blocked | End::Waits) | None => Some(0.0),
                Some(_) => Some(descent.map_or(0.0, |it| it.product)),
            });
        }
    }

    /// Lets it be asked, in the middle of executions, whether the search must end.
    pub(crate) fn watch(&mut self, watch: Option<Watch>) {
        if let Some(state) = &mut self.state {
            state.execution.watch = watch;
        }
    }

    /// The way to the failure of the latest execution.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The graph of the latest execution.
    pub(super) fn graph(&self) -> Option<&Graph<RustCode>> {
        self.state.as_ref().map(|state| &state.execution.graph)
    }

    /// Lets the next executions see these owners.
    pub(crate) fn see_owners(&mut self, owned: &[Owned]) {
        if let Some(state) = &mut self.state {
            state.execution.owned = owned.to_vec();
        }
    }

    /// What it knows of the body.
    pub(crate) fn known(&self) -> Known {
        let execution = &self.state.as_ref().expect("no execution is under way").execution;
        Known {
            numbers: execution.numbers.clone(),
            sharing: execution.sharing.clone(),
            sees_returns: execution.sees_returns,
        }
    }

    /// Lets the next executions know that too. It must stem from this search, or from the one that this one
    /// works for.
    pub(crate) fn know(&mut self, known: Known) {
        let execution = &mut self.state.as_mut().expect("no execution is under way").execution;
        execution.numbers = known.numbers;
        for (object, sharing) in (0..).zip(known.sharing) {
            execution.see(object, sharing);
        }
        execution.sees_returns |= known.sees_returns;
    }

    /// The graph of the latest execution, to follow it again.
    pub(crate) fn latest(&self) -> Open {
        Open(self.state.as_ref().expect("no execution is under way").execution.graph.clone())
    }

    /// Leaves all graphs to others.
    pub(crate) fn forget_open(&mut self) {
        if let Some(state) = &mut self.state {
            state.execution.open.clear();
        }
    }

    /// Gives up open graphs to another worker: the older half, from which the most executions come.
    pub(crate) fn give_half(&mut self) -> Vec<Open> {
        let Some(state) = &mut self.state else { return Vec::new() };
        let open = &mut state.execution.open;
        open.drain(..open.len().div_ceil(2)).map(Open).collect()
    }

    /// Follows a graph next that another worker has given up.
    pub(crate) fn take(&mut self, Open(graph): Open) {
        if let Some(state) = &mut self.state {
            state.execution.open.push(graph);
        }
    }

    /// The limits on operations that end early, and on rounds, because of which something was left out.
    pub(crate) fn left_out(&self) -> impl Iterator<Item = Bound> {
        self.state.iter().flat_map(|state| &state.execution.left_out).copied()
    }

    /// How many graphs are still to be followed.
    pub(crate) fn open(&self) -> usize {
        self.state.as_ref().map_or(0, |state| state.execution.open.len())
    }
}

/// The memory model of the execution under way, and what has been decided so far.
pub(crate) fn path_so_far() -> Option<(MemoryModel, Path)> {
    with_state(|state| {
        let execution = &state.execution;
        let path = Path { owned: execution.seen_owners(), turns: execution.turns() };
        (execution.model, path)
    })
}

/// Lets a thread run until it suspends itself or ends.
fn resume((thread, mut coroutine): (u32, Coroutine)) {
    let has_ended = coroutine.resume();
    if has_ended {
        coroutine.give_back_stack();
    } else {
        with_state(|it| it.execution.threads[thread as usize].coroutine = Some(coroutine));
    }
}

/// How the execution has ended, when nobody can go on any more.
fn conclusion() -> End {
    let end = with_state(|state| state.execution.conclusion()).expect("it is here");
    if end != End::Complete {
        return end;
    }
    with_state(|state| state.execution.ending = Some(end));
    if !drop_what_is_left() {
        return End::Failed;
    }
    let leak = |state: &mut State| state.leak().filter(|_| state.execution.limits.leaks);
    with_state(leak).flatten().map_or(end, End::Leak)
}

/// Drops the statics, and the thread-locals of threads that have not ended; whether no destructor has panicked. They may
/// use the runtime.
fn drop_what_is_left() -> bool {
    let left = with_state(|it| {
        it.drops_statics = true;
        (std::mem::take(&mut it.locals), std::mem::take(&mut it.statics))
    });
    let (locals, statics) = left.unwrap_or_default();
    let dropped = catch_unwind(AssertUnwindSafe(|| {
        drop(locals);
        session::drop_shared_locals();
    }));
    let ends_well = dropped.map_err(session::discard).is_ok() & statics.end();
    with_state(|it| it.drops_statics = false);
    ends_well
}

/// Unwinds the threads that have not ended, and drops what belongs to the execution.
fn finish(end: End) {
    with_state(|it| _ = it.execution.ending.get_or_insert(end));
    if with_state(|it| it.execution.limits.unwinds) == Some(false) {
        with_state(|it| it.execution.abandon_threads());
    }
    with_state(|it| it.unwinds_threads = true);
    // Several times: a destructor may start to wait again, and is told to end again; and a thread stays in a scope
    // until the threads of the scope have ended.
    loop {
        let unfinished = with_state(|it| it.execution.unfinished()).unwrap_or_default();
        if unfinished.is_empty() {
            break;
        }
        for thread in unfinished {
            with_state(|it| it.execution.turn_of(thread)).flatten().into_iter().for_each(resume);
        }
    }
    drop_what_is_left();
    with_state(|it| {
        it.unwinds_threads = false;
        it.memory.end_execution();
    });
}
