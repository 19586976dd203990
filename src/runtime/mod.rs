//! Runs a body of Rust code, whose threads are coroutines, along execution graphs: the executions of the
//! memory model, each once.
//!
//! | file | idea |
//! |---|---|
//! | `operation` | what threads can do |
//! | `meaning` | what each operation reads, writes and waits for in a graph |
//! | `ways` | in how many ways an operation may come out in a graph |
//! | `values` | the words in the present execution |
//! | `numbers` | numbers of threads and objects that stay the same |
//! | `objects` | the objects of an execution, and their owners |
//! | `execution` | one execution: repeats a graph and extends it |
//! | `rounds` | loops that wait |
//! | `guide`, `guided` | executions that another than the search decides |
//! | `sampler` | executions that a strategy draws |
//! | `fingerprint` | tells executions apart, for tests |
//! | `moment` | what a thread knows at a moment |
//! | `leaks` | values that are never dropped |
//! | `time` | how much time a thread knows to have passed |
//! | `unchecked` | the `unsafe` part: coroutines, statics of an execution; `arc/raw` has that of owners as pointers |
//! | the others | the primitives of the world, built on [`perform`] |
//!
//! The state of a search lies in a thread-local while one of its executions runs, since code under test
//! has no other way to it. It is never borrowed while code under test runs.

pub(crate) mod arc;
mod atomic;
mod condvar;
mod execution;
mod fingerprint;
pub(crate) mod guide;
mod guided;
mod leaks;
mod local;
mod meaning;
mod moment;
mod mutex;
mod numbers;
mod objects;
pub(crate) mod operation;
mod rounds;
mod rwlock;
pub(crate) mod sampler;
mod statics;
mod thread;
mod time;
mod token;
mod tracker;
mod unchecked;
mod values;
mod ways;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::thread::panicking;

use crate::graph::Graph;
use crate::verdict::{Bound, MemoryModel, Owned, Path, Sharing};

pub use arc::{Arc, Weak};
pub(crate) use atomic::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8,
    AtomicU16, AtomicU32, AtomicU64, AtomicUsize, fence,
};
pub(crate) use condvar::Condvar;
pub(crate) use execution::{End, Limits};
pub use fingerprint::fingerprint;
pub(crate) use leaks::Leak;
pub use local::LocalKey;
pub(crate) use moment::{Moment, now};
pub(crate) use mutex::{Mutex, MutexGuard};
pub(crate) use rwlock::{ReadGuard, RwLock, WriteGuard};
pub(crate) use statics::{Lazy, lazy};
pub(crate) use thread::{JoinHandle, ThreadEnd, spawn, stay_until, yield_now};
pub(crate) use time::{elapsed, pass};
pub(crate) use token::Token;
pub(crate) use tracker::Tracker;

use crate::session::{self, Chance, Fault};

use execution::{Attempt, Descent, Execution, Outcome};
use guide::Guide;
use meaning::RustCode;
use numbers::Numbers;
use operation::{Act, Early, Object, Operation};
use unchecked::{Coroutine, suspend};

thread_local! {
    static STATE: RefCell<Option<Box<State>>> = const { RefCell::new(None) };
}

struct State {
    execution: Execution,
    locals: local::Locals,
    statics: statics::Statics,
    time: time::Time,
    /// Where owners of values can be found that are pointers.
    addresses: arc::raw::Addresses,
    made: leaks::Made,
    /// Whether the execution's statics are being dropped, which no thread does.
    drops_statics: bool,
    /// Ends the running thread by unwinding, quietly.
    unwind: fn() -> !,
}

/// Calls `f` with the state of the search that runs on this OS thread, if one does.
fn with_state<R>(f: impl FnOnce(&mut State) -> R) -> Option<R> {
    STATE.with_borrow_mut(|state| state.as_deref_mut().map(f))
}

/// Calls `f` with the present execution, if there is one that goes on.
fn with_execution<R>(f: impl FnOnce(&mut Execution) -> R) -> Option<R> {
    let execution = |state: &mut State| {
        let execution = &mut state.execution;
        let goes_on = execution.ending.is_none() && !execution.threads.is_empty();
        goes_on.then(|| f(execution))
    };
    with_state(execution).flatten()
}

/// Says where the code stands that asks for the next operations of the running thread.
pub(crate) fn at(site: &'static Location<'static>) {
    with_execution(|it| it.thread().site = Some(site));
}

/// Carries out an operation of the running thread. `None` if no execution goes on: the caller then works
/// on plain copies.
fn perform(operation: &Operation) -> Option<Outcome> {
    let attempt = with_execution(|it| it.first_attempt(operation)).flatten();
    complete(operation, attempt)
}

/// The same for an object that the running thread may have got without knowing that it has been made.
///
/// # Panics
/// It does not know that: another thread may still be making it.
fn perform_checked(operation: &Operation) -> Option<Outcome> {
    let attempt = with_execution(|it| {
        let is_made = operation.object.is_none_or(|object| it.knows_of(object));
        is_made.then(|| it.first_attempt(operation))
    });
    if let Some(None) = attempt {
        let site = operation.site;
        let message = format!("{site} uses what another thread may still be making");
        session::violate(Fault::DataRace, message, site);
    }
    complete(operation, attempt.flatten().flatten())
}

/// Lets others go on until an operation comes out.
fn complete(operation: &Operation, mut attempt: Option<Attempt>) -> Option<Outcome> {
    loop {
        match attempt {
            Some(Attempt::Done(outcome)) => return Some(outcome),
            // All threads share one OS thread and so its count of panics.
            Some(Attempt::Suspend) if panicking() => {
                with_execution(|it| it.ending = Some(End::Unwinding));
                // So that loops that wait in destructors end.
                session::cut_off(Bound::Unwinding);
                return None;
            }
            // Also for operations that no wrapper announces: those of shared owners and statics.
            Some(Attempt::Suspend) => session::inside(suspend),
            None => {
                unwind_if_over();
                return None;
            }
        }
        attempt = with_execution(|it| it.attempt(operation));
    }
}

/// The running thread does something that others can see.
fn note_effect() {
    with_execution(Execution::note_effect);
}

/// Ends the running thread if the execution is over, unless it unwinds already.
fn unwind_if_over() {
    if panicking() {
        return;
    }
    let unwind = with_state(|state| {
        let is_over = state.execution.ending.is_some() && !state.drops_statics;
        is_over.then_some(state.unwind)
    });
    let unwind = unwind.flatten();
    if let Some(unwind) = unwind {
        unwind();
    }
}

/// Whether a wait on an object ends early: a choice, unless the limits leave no other way.
fn ends_early(object: Option<Object>, early: Early, site: &'static Location<'static>) -> bool {
    let may_end = with_execution(|it| {
        let may_end = object.is_none_or(|object| it.may_end(object, early));
        if !may_end {
            it.note_limit(early);
        }
        may_end
    });
    match may_end {
        Some(false) => false,
        // A wait with a time limit need not wait when no execution goes on.
        None => early == Early::TimeOut,
        Some(true) => {
            let act = Act::Choose { early };
            let choice = Operation { act, object, order: None, site };
            perform(&choice).map_or(early == Early::TimeOut, |it| it.way == 1)
        }
    }
}

/// An object of the running thread, or `None` if no execution goes on.
fn new_object(initial: u64) -> Option<Object> {
    with_execution(|it| it.new_object(initial))
}

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
        let made = leaks::Made::new();
        let state = State {
            execution,
            locals,
            statics,
            time,
            addresses,
            made,
            drops_statics: false,
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
        if !state.execution.begin(guide) {
            self.state = Some(state);
            return Ok(None);
        }
        state.time = time::Time::default();
        state.addresses = arc::raw::Addresses::default();
        state.made.clear();
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

    /// The way to the failure of the latest execution.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Lets the next executions see these owners.
    pub(crate) fn see_owners(&mut self, owned: &[Owned]) {
        if let Some(state) = &mut self.state {
            state.execution.owned = owned.to_vec();
        }
    }

    /// Lets the next execution be the first one again, with the owners that have been seen so far.
    pub(crate) fn begin_again(&mut self) {
        if let Some(state) = &mut self.state {
            state.execution.begin_again();
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

    /// Whether something was left out because of the limits on operations that end early.
    pub(crate) fn leaves_out(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.execution.leaves_out)
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
}

/// The whole of a thread, in its coroutine.
fn run_thread(body: impl FnOnce()) {
    let result = catch_unwind(AssertUnwindSafe(|| {
        unwind_if_over();
        body();
    }));
    let dropped = catch_unwind(AssertUnwindSafe(local::drop_all));
    let has_dropped = dropped.map_err(session::discard).is_ok();
    let ends_well = result.is_ok() && has_dropped && {
        let end = Operation { act: Act::End, object: None, order: None, site: Location::caller() };
        catch_unwind(|| perform(&end)).is_ok()
    };
    if !ends_well {
        with_execution(|it| it.ending = Some(End::Failed));
    }
    if let Err(payload) = result {
        session::discard(payload);
    }
    with_state(|state| state.execution.thread().has_ended = true);
}
