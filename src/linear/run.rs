//! The body that an engine runs: carries out a scenario, and checks the history.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use super::Structure;
use super::history::{Call, History, Place};
use super::scenario::Scenario;
use super::search::linearize;
use super::world::{Order, Primitives};

/// What the executions of a body have shown.
pub(super) struct Found<O, R> {
    /// The number of histories that were checked.
    histories: AtomicU64,
    /// The history of the latest execution, if it has one that the specification does not have.
    wrong: Mutex<Option<History<O, R>>>,
}

impl<O, R> Found<O, R> {
    pub(super) fn new() -> Self {
        Found { histories: AtomicU64::new(0), wrong: Mutex::new(None) }
    }

    pub(super) fn histories(&self) -> u64 {
        // ORDER: Relaxed, no edge: counts.
        self.histories.load(Relaxed)
    }

    pub(super) fn take(&self) -> Option<History<O, R>> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn begin(&self) {
        self.take();
    }

    fn set(&self, history: History<O, R>) {
        *self.wrong.lock().unwrap_or_else(PoisonError::into_inner) = Some(history);
    }
}

/// An operation that has returned.
struct Record<R, Span> {
    result: R,
    /// How many operations of each thread had ended when this one was invoked, as far as this thread had
    /// been told.
    told: Vec<u32>,
    span: Span,
}

type Records<R, W> = Vec<Record<R, <<W as Primitives>::Order as Order>::Span>>;

/// One execution: runs the scenario, and panics with the history if the specification does not have it.
pub(super) fn run<W, S, O, R, M>(
    structure: &Structure<S, O, R, M>,
    scenario: &Arc<Scenario<O>>,
    found: &Found<O, R>,
) where
    W: Primitives + 'static,
    S: Send + Sync + 'static,
    O: Clone + Debug + Send + Sync + 'static,
    R: Clone + Debug + PartialEq + Send + 'static,
    M: Clone + Eq + Hash,
{
    found.begin();
    let perform = structure.perform;
    // Not the world's own `Arc`: all threads are joined, so this thread is always the last owner.
    let subject = Arc::new((structure.new)());
    let signals: Arc<Vec<W::Signal>> =
        Arc::new(scenario.threads.iter().map(|_| W::signal()).collect());
    let alone = |operations: &[O]| -> Records<R, W> {
        let record = |operation: &O| {
            let begin = W::Order::begin();
            let result = perform(&subject, operation);
            Record { result, told: Vec::new(), span: W::Order::end(begin) }
        };
        operations.iter().map(record).collect()
    };
    let before = alone(&scenario.before);
    let start = |thread: usize| {
        let (subject, scenario, signals) = (subject.clone(), scenario.clone(), signals.clone());
        W::spawn(move || carry_out::<W, _, _, _>(&*subject, perform, &scenario, &signals, thread))
    };
    let handles: Vec<_> = (0..scenario.threads.len()).map(start).collect();
    let threads: Vec<_> = handles.into_iter().map(|handle| W::join(handle)).collect();
    let after = alone(&scenario.after);
    // Now, since a destructor that has to wait may do so, which it may not while the thread unwinds.
    drop(subject);
    let calls = calls::<W, _, _>(scenario, before, threads, after);
    // ORDER: Relaxed, no edge: counts.
    found.histories.fetch_add(1, Relaxed);
    if let Err(partial) = linearize(&calls, &structure.state, structure.apply) {
        let history = History::new(calls, partial);
        let message = history.to_string();
        found.set(history);
        panic!("{message}");
    }
}

/// The whole of a thread.
fn carry_out<W, S, O, R>(
    subject: &S,
    perform: fn(&S, &O) -> R,
    scenario: &Scenario<O>,
    signals: &[W::Signal],
    thread: usize,
) -> Records<R, W>
where
    W: Primitives,
{
    let mut told = vec![0; signals.len()];
    let mut records = Vec::new();
    for (operation, ended) in scenario.threads[thread].iter().zip(1..) {
        if scenario.has_signals && W::Order::IS_REAL_TIME {
            // Lets others run between two operations. Their real-time order is known without it.
            W::look(&signals[thread]);
        } else if scenario.has_signals {
            for other in (0..signals.len()).filter(|&it| it != thread) {
                // What has been heard of all operations of a thread needs no second look.
                if (told[other] as usize) < scenario.threads[other].len() {
                    told[other] = W::look(&signals[other]);
                }
            }
        }
        let begin = W::Order::begin();
        let result = perform(subject, operation);
        let span = W::Order::end(begin);
        if scenario.has_signals && !W::Order::IS_REAL_TIME && signals.len() > 1 {
            W::tell(&signals[thread], ended);
        }
        records.push(Record { result, told: told.clone(), span });
    }
    records
}

/// The calls of an execution, with their order.
fn calls<W: Primitives, O: Clone, R>(
    scenario: &Scenario<O>,
    before: Records<R, W>,
    threads: Vec<Records<R, W>>,
    after: Records<R, W>,
) -> Vec<Call<O, R>> {
    let mut calls: Vec<Call<O, R>> = Vec::new();
    let mut moments = Vec::new();
    let mut add = |operations: &[O], records: Records<R, W>, place: &dyn Fn(usize) -> Place| {
        for ((record, operation), number) in records.into_iter().zip(operations).zip(1..) {
            let Record { result, told, span } = record;
            calls.push(Call {
                place: place(number),
                operation: operation.clone(),
                result,
                earlier: 0,
            });
            moments.push((told, span));
        }
    };
    add(&scenario.before, before, &|operation| Place::Before { operation });
    for ((operations, records), thread) in scenario.threads.iter().zip(threads).zip(1..) {
        add(operations, records, &|operation| Place::Thread { thread, operation });
    }
    add(&scenario.after, after, &|operation| Place::After { operation });
    for later in 0..calls.len() {
        for earlier in 0..calls.len() {
            let is_before = match (calls[earlier].place, calls[later].place) {
                (Place::Before { .. }, Place::Thread { .. } | Place::After { .. })
                | (Place::Thread { .. }, Place::After { .. }) => true,
                (Place::Before { .. }, Place::Before { .. })
                | (Place::After { .. }, Place::After { .. }) => earlier < later,
                (Place::Thread { thread, operation }, Place::Thread { thread: other, .. }) => {
                    let is_told = || moments[later].0[thread - 1] as usize >= operation;
                    if thread == other {
                        earlier < later
                    } else {
                        is_told() || W::Order::is_before(&moments[earlier].1, &moments[later].1)
                    }
                }
                _ => false,
            };
            calls[later].earlier |= u64::from(is_before) << earlier;
        }
    }
    close(&mut calls);
    calls
}

/// Makes the order transitive.
fn close<O, R>(calls: &mut [Call<O, R>]) {
    for middle in 0..calls.len() {
        let earlier = calls[middle].earlier;
        for call in calls.iter_mut().filter(|it| it.earlier & (1 << middle) != 0) {
            call.earlier |= earlier;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_before_what_is_before_comes_before() {
        let call = |earlier: u64| {
            let place = Place::Thread { thread: 1, operation: 1 };
            Call { place, operation: (), result: (), earlier }
        };
        // 3 before 1 before 0 before 2.
        let mut calls = [call(1 << 1), call(1 << 3), call(1 << 0), call(0)];
        close(&mut calls);
        assert_eq!(calls.map(|it| it.earlier), [0b1010, 0b1000, 0b1011, 0]);
    }
}
