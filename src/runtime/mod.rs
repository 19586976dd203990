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
//! | `search` | a search of the executions of a body: runs it along one graph after the other |
//! | `spare` | the memory of events that are gone |
//! | `execution` | one execution: repeats a graph and extends it |
//! | `conclusion` | how an execution has ended |
//! | `unfinished` | threads that have not ended when an execution is over |
//! | `rounds` | loops that wait |
//! | `rest`, `local_state` | loops that never end: their threads come back to a state that they had |
//! | `guide`, `guided` | executions that another than the search decides |
//! | `sampler` | executions that a strategy draws |
//! | `fingerprint` | tells executions apart, for tests |
//! | `orders` | what the operations of a trace come after |
//! | `moment` | what a thread knows at a moment |
//! | `leaks` | what is never dropped or freed |
//! | `early` | waits that end early |
//! | `plain` | plain accesses to atomics |
//! | `memory` | memory that the body allocates and frees itself |
//! | `no_reuse` | a global allocator for bodies that compare addresses |
//! | `time` | how much time a thread knows to have passed |
//! | `unchecked` | the `unsafe` part: coroutines, statics of an execution; `arc/raw` has that of owners as pointers, `memory/piece` and `no_reuse` that of memory, `local_state` that of fingerprints of stacks |
//! | the others | the primitives of the world, built on [`perform`] |
//!
//! The state of a search lies in a thread-local while one of its executions runs, since code under test
//! has no other way to it. It is never borrowed while code under test runs.

mod accesses;
pub(crate) mod arc;
mod atomic;
mod conclusion;
mod condvar;
mod counter;
mod early;
mod execution;
mod fingerprint;
pub(crate) mod guide;
mod guided;
mod leaks;
mod local;
mod local_state;
mod meaning;
mod memory;
mod moment;
mod mutex;
mod no_reuse;
mod numbers;
mod objects;
pub(crate) mod operation;
mod orders;
mod plain;
mod preemptions;
mod rest;
mod rounds;
mod rwlock;
pub(crate) mod sampler;
mod search;
mod spare;
mod statics;
mod thread;
mod time;
mod token;
mod tracker;
mod turn;
mod unchecked;
mod unfinished;
mod values;
mod ways;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::thread::panicking;

use crate::verdict::Bound;

pub use arc::{Arc, Weak};
pub(crate) use atomic::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8,
    AtomicU16, AtomicU32, AtomicU64, AtomicUsize, fence,
};
pub(crate) use condvar::Condvar;
pub(crate) use counter::Counter;
pub(crate) use execution::{End, Limits};
pub use fingerprint::fingerprint;
pub(crate) use leaks::Leak;
pub use local::LocalKey;
pub(crate) use memory::{alloc, dealloc, touch};
pub(crate) use moment::{Moment, now};
pub(crate) use mutex::{Mutex, MutexGuard};
pub use no_reuse::NoReuse;
pub(crate) use plain::{Plain, Span, plainly, span};
pub(crate) use rest::note_yield;
pub(crate) use rwlock::{ReadGuard, RwLock, WriteGuard};
#[cfg(feature = "guests")]
pub(crate) use search::path_so_far;
pub(crate) use search::{Known, Open, Search};
pub(crate) use statics::{Lazy, lazy};
pub(crate) use thread::{JoinHandle, ThreadEnd, spawn, stay_until, yield_now};
pub(crate) use time::{elapsed, pass};
pub(crate) use token::Token;
pub(crate) use tracker::Tracker;

use crate::session::{self, Fault};

use early::ends_early;
use execution::{Attempt, Execution, Outcome};
use operation::{Act, Object, Operation};
use unchecked::{stack_bytes_left, suspend};

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
    memory: memory::Memory,
    plain: plain::Accesses,
    /// Whether the execution's statics are being dropped, which no thread does.
    drops_statics: bool,
    /// Whether the threads that have not ended are being unwound, one after the other.
    unwinds_threads: bool,
    /// Ends the running thread by unwinding, quietly.
    unwind: fn() -> !,
}

impl State {
    /// Whether an execution goes on.
    fn goes_on(&self) -> bool {
        self.execution.ending.is_none() && !self.execution.threads.is_empty()
    }
}

/// Calls `f` with the state of the search that runs on this OS thread, if one does.
fn with_state<R>(f: impl FnOnce(&mut State) -> R) -> Option<R> {
    STATE.with_borrow_mut(|state| state.as_deref_mut().map(f))
}

/// Calls `f` with the present execution, if there is one that goes on.
fn with_execution<R>(f: impl FnOnce(&mut Execution) -> R) -> Option<R> {
    let execution = |state: &mut State| state.goes_on().then(|| f(&mut state.execution));
    with_state(execution).flatten()
}

/// How much of a stack must be left for an operation.
const STACK_BYTES_KEPT: usize = 1 << 16;

/// Says where the code stands that asks for the next operations of the running thread.
///
/// # Panics
/// The thread's stack is nearly full. What is left of it is enough to say so.
pub(crate) fn at(site: &'static Location<'static>) {
    let stack_bytes = with_execution(|it| {
        it.thread().site = Some(site);
        it.limits.stack_bytes
    });
    if let (Some(stack_bytes), Some(left)) = (stack_bytes, stack_bytes_left())
        && left < STACK_BYTES_KEPT.min(stack_bytes / 4)
        && !panicking()
    {
        let place = session::site(site);
        let message = format!(
            "{place}: only {left} of the {stack_bytes} bytes of the thread's stack are left"
        );
        session::violate(Fault::StackOverflow, message, site);
    }
}

/// The running thread may change data that is no event.
pub(crate) fn note_change() {
    with_execution(Execution::note_change);
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
    unwind_if_over();
}

/// Ends the running thread if the execution is over and it is the thread's turn, unless it unwinds already.
fn unwind_if_over() {
    if panicking() {
        return;
    }
    let unwind = with_state(|state| {
        let is_over = state.execution.ending.is_some() && !state.drops_statics;
        is_over.then_some((state.unwind, state.unwinds_threads))
    });
    if let Some((unwind, is_in_turn)) = unwind.flatten() {
        if !is_in_turn {
            session::inside(suspend);
        }
        unwind();
    }
}

/// An object of the running thread, or `None` if no execution goes on.
fn new_object(initial: u64) -> Option<Object> {
    with_execution(|it| it.new_object(initial))
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
