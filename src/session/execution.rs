//! A session: the record of one execution.

use std::{
    any::Any,
    collections::{BTreeSet, HashMap},
    fmt,
    panic::Location,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{
            AtomicBool, AtomicU32, AtomicU64,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    time::{Duration, Instant},
};

use super::{
    fault::Failure,
    locked::locked,
    mutant::{Decision, Mutant, Operator},
    ops::Ops,
    record::{Detail, Record, Shape},
    sites::Sites,
    watcher::{Stopping, Watcher},
};
use crate::verdict::{Bound, Event, ObjectId, OpKind, Reason, ThreadId};

/// The numbers of addresses.
#[derive(Default)]
struct Addresses {
    known: HashMap<usize, u64>,
    /// How many numbers have been given.
    count: u64,
}

/// A panic as the hook saw it.
#[derive(Clone, Debug)]
pub(crate) struct PanicNote {
    pub(crate) message: String,
    pub(crate) location: Option<String>,
}

/// Decides whether no machine has the execution so far, whatever the checking tool reports.
pub(crate) type Refuter = fn(&Session) -> bool;

/// Additions to the executions of a search: a mutant, a record of operations, a watcher.
#[derive(Clone, Default, Debug)]
pub struct Probe {
    /// The operations that are broken, all at once.
    pub mutants: Arc<[Mutant]>,
    /// Collects the operations that an execution reaches.
    pub sites: Option<Arc<Sites>>,
    /// The body is known to repeat itself, or counts how often it is run, so it is not run again to check that.
    pub trusts_body: bool,
    /// Decides whether the search must end in the middle of an execution.
    pub watcher: Option<Arc<dyn Watcher>>,
}

impl Probe {
    /// Whether a search need not check that the body repeats itself.
    pub(crate) fn trusts(&self) -> bool {
        self.trusts_body || !self.mutants.is_empty()
    }
}

/// How many executions there have been in this process.
static SERIALS: AtomicU64 = AtomicU64::new(0);

/// A world's handle of a thread.
type Handle = Arc<dyn Any + Send + Sync>;

/// The threads that have not finished.
struct Live {
    threads: u32,
    /// Whether someone waits for them to finish.
    is_awaited: bool,
}

/// The record of one execution, shared by its threads.
///
/// # Invariants
/// - *first failure*: `failure` is written once; later violations of the same execution are
///   consequences and are dropped.
/// - *over means over*: once `is_over` is set, no instrumented operation touches the checking
///   tool again, because the tool's own state may be gone.
pub struct Session {
    /// The name of the world whose operations it records.
    world: &'static str,
    seed: u64,
    execution: u64,
    pub(super) probe: Probe,
    /// Whether the mutants' one wakeup without a cause has happened in this execution.
    has_woken: AtomicBool,
    record: Record,
    threads: AtomicU32,
    objects: AtomicU32,
    spawns: AtomicU32,
    spawn_refused: AtomicU32,
    over: AtomicBool,
    pub(super) stopping: Stopping,
    failure: Mutex<Option<Failure>>,
    tool_panic: Mutex<Option<PanicNote>>,
    unsupported: Mutex<Option<Reason>>,
    bound: Mutex<Option<Bound>>,
    reached: Arc<Mutex<BTreeSet<&'static str>>>,
    live: Mutex<Live>,
    thread_exited: Condvar,
    /// Counts everything that may let a thread go on.
    progress: AtomicU64,
    /// Threads that cannot go on, with the progress count when they last tried.
    blocked: Mutex<HashMap<ThreadId, u64>>,
    stuck: AtomicBool,
    globals: Mutex<HashMap<usize, &'static (dyn Any + Send + Sync)>>,
    /// The initial values of atomics, where they are not 0, by object number.
    initial: Mutex<HashMap<u32, u64>>,
    /// The world's handles of threads; the index is the thread's number.
    handles: Mutex<Vec<Option<Handle>>>,
    /// Its number in this process, from 1, and what must be there as long as it is.
    serial: u64,
    kept: Mutex<Vec<Arc<dyn Any + Send + Sync>>>,
    /// The numbers of addresses, by address.
    addresses: Mutex<Addresses>,
    /// How much time has passed, in worlds that count it here.
    elapsed: Mutex<Duration>,
    refuter: Option<Refuter>,
    /// The first violation in an execution that no machine has.
    refuted: Mutex<Option<Failure>>,
    /// Whether the engine knows nothing of objects that were made outside of the execution.
    wants_own_objects: AtomicBool,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("execution", &self.execution)
            .field("seed", &self.seed)
            .field("is_over", &self.is_over())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// A session for the execution with this number (from 1), whose labels go to `reached`.
    pub(crate) fn new(
        world: &'static str,
        seed: u64,
        execution: u64,
        reached: Arc<Mutex<BTreeSet<&'static str>>>,
        probe: Probe,
        refuter: Option<Refuter>,
        detail: Detail,
    ) -> Arc<Self> {
        Arc::new(Session {
            world,
            seed,
            execution,
            probe,
            has_woken: AtomicBool::new(false),
            record: Record::new(detail),
            threads: AtomicU32::new(1),
            objects: AtomicU32::new(0),
            spawns: AtomicU32::new(0),
            spawn_refused: AtomicU32::new(0),
            over: AtomicBool::new(false),
            stopping: Stopping::default(),
            failure: Mutex::default(),
            tool_panic: Mutex::default(),
            unsupported: Mutex::default(),
            bound: Mutex::default(),
            reached,
            live: Mutex::new(Live { threads: 1, is_awaited: false }),
            thread_exited: Condvar::new(),
            progress: AtomicU64::new(0),
            blocked: Mutex::default(),
            stuck: AtomicBool::new(false),
            globals: Mutex::default(),
            initial: Mutex::default(),
            handles: Mutex::default(),
            // ORDER: Relaxed, no edge: only that no two get the same number matters.
            serial: SERIALS.fetch_add(1, Relaxed) + 1,
            kept: Mutex::default(),
            addresses: Mutex::default(),
            elapsed: Mutex::default(),
            refuter,
            refuted: Mutex::default(),
            wants_own_objects: AtomicBool::new(false),
        })
    }

    /// The number of the execution, from 1.
    pub fn execution(&self) -> u64 {
        self.execution
    }

    /// The seed of all random numbers in this execution.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Whether the execution has ended before its threads did.
    pub fn is_over(&self) -> bool {
        // ORDER: Relaxed, no edge: a hint that is read again at the next operation.
        self.over.load(Relaxed)
    }

    /// Refuses the `nth` spawn of this execution, counting from 1.
    pub fn refuse_spawn(&self, nth: u32) {
        // ORDER: Relaxed, no edge: a number; the body sets it before it spawns.
        self.spawn_refused.store(nth, Relaxed);
    }

    /// Decides how an announced operation is performed.
    pub(super) fn decide(&self, event: &Event) -> Decision {
        if let Some(sites) = &self.probe.sites {
            sites.note(event);
        }
        if event.op == OpKind::Spawn && self.is_next_spawn_refused() {
            return Decision::Break(Operator::FailSpawn);
        }
        let mut decision = Decision::Perform;
        for mutant in self.probe.mutants.iter().filter(|mutant| mutant.hits(event)) {
            decision = match mutant.operator {
                // ORDER: Relaxed, no edge: a number of one bit.
                Operator::WakeUncaused if self.has_woken.swap(true, Relaxed) => continue,
                operator => decision.and(operator),
            };
        }
        decision
    }

    /// Notes a thread-local; returns whether the threads of the execution share it.
    pub(super) fn is_shared(
        &self,
        name: &'static str,
        location: &'static Location<'static>,
    ) -> bool {
        if let Some(sites) = &self.probe.sites {
            sites.note_local(name, location);
        }
        self.probe.mutants.iter().any(|mutant| mutant.shares(name, location))
    }

    /// Counts a spawn, and returns whether it must be refused.
    fn is_next_spawn_refused(&self) -> bool {
        // ORDER: Relaxed, no edge: counts.
        let nth = self.spawns.fetch_add(1, Relaxed) + 1;
        // ORDER: Relaxed, no edge: a number; see refuse_spawn.
        nth == self.spawn_refused.load(Relaxed)
    }

    pub(crate) fn mark_over(&self) {
        // ORDER: Relaxed, no edge: a hint; what is to be seen lies under a lock.
        self.over.store(true, Relaxed);
    }

    pub(crate) fn fail(&self, failure: Failure) {
        // Threads that were told to end say nothing about the body.
        if self.stopped().is_some() {
            return;
        }
        self.mark_over();
        locked(&self.failure).get_or_insert(failure);
    }

    /// Keeps a failure, unless no machine has the execution that shows it. In that case the execution is
    /// not over: it continues as if the failure had not been seen.
    pub(crate) fn object(&self, failure: Failure) {
        // An execution that no machine has stays impossible, whatever happens next.
        if self.refuted().is_some() || self.is_impossible() {
            locked(&self.refuted).get_or_insert(failure);
        } else {
            self.fail(failure);
        }
    }

    /// Whether it is known that no machine has the execution so far.
    pub(crate) fn is_impossible(&self) -> bool {
        self.refuter.is_some_and(|is_refuted| is_refuted(self))
    }

    /// The first violation in an execution that no machine has.
    pub(crate) fn refuted(&self) -> Option<Failure> {
        locked(&self.refuted).clone()
    }

    pub(super) fn note_initial(&self, object: u32, value: u64) {
        locked(&self.initial).insert(object, value);
    }

    /// The initial value of an atomic.
    pub(crate) fn initial(&self, object: ObjectId) -> u64 {
        locked(&self.initial).get(&object.number).copied().unwrap_or(0)
    }

    /// The world's handle of a thread, if the world has made one.
    pub(super) fn handle(&self, thread: ThreadId) -> Option<Handle> {
        locked(&self.handles).get(thread.0 as usize).cloned().flatten()
    }

    pub(super) fn serial(&self) -> u64 {
        self.serial
    }

    pub(super) fn keep(&self, thing: Arc<dyn Any + Send + Sync>) {
        locked(&self.kept).push(thing);
    }

    /// Keeps the world's handle of a thread.
    pub(crate) fn keep_handle(&self, thread: ThreadId, handle: Handle) {
        let (index, mut handles) = (thread.0 as usize, locked(&self.handles));
        if handles.len() <= index {
            handles.resize(index + 1, None);
        }
        handles[index] = Some(handle);
    }

    /// How much time has passed in the execution.
    pub(super) fn elapsed(&self) -> Duration {
        *locked(&self.elapsed)
    }

    /// Lets time pass.
    pub(super) fn pass(&self, time: Duration) {
        let mut elapsed = locked(&self.elapsed);
        *elapsed = elapsed.saturating_add(time);
    }

    /// Gives an address another number: the memory there is another one than before.
    pub(super) fn forget_address(&self, address: usize) {
        locked(&self.addresses).known.remove(&address);
    }

    /// A number for an address, which is the same in every execution that does the same: the address need not
    /// be.
    pub(super) fn number_of_address(&self, address: usize) -> u64 {
        let mut addresses = locked(&self.addresses);
        let Addresses { known, count } = &mut *addresses;
        *known.entry(address).or_insert_with(|| {
            *count += 1;
            *count
        })
    }

    /// Whether an operation of the execution was broken in a way that its events do not show.
    pub(crate) fn is_broken(&self) -> bool {
        self.probe.mutants.iter().any(|mutant| !mutant.operator.is_weakening())
    }

    pub(crate) fn failure(&self) -> Option<Failure> {
        locked(&self.failure).clone()
    }

    pub(super) fn note_tool_panic(&self, note: PanicNote) {
        self.mark_over();
        locked(&self.tool_panic).get_or_insert(note);
    }

    pub(crate) fn tool_panic(&self) -> Option<PanicNote> {
        locked(&self.tool_panic).clone()
    }

    pub(crate) fn mark_unsupported(&self, reason: Reason) {
        self.mark_over();
        locked(&self.unsupported).get_or_insert(reason);
    }

    pub(crate) fn unsupported(&self) -> Option<Reason> {
        locked(&self.unsupported).clone()
    }

    pub(crate) fn mark_bound(&self, bound: Bound) {
        let mut known = locked(&self.bound);
        *known = (*known).max(Some(bound));
    }

    /// Ends the execution without a violation.
    pub(crate) fn cut_off(&self, bound: Bound) {
        self.mark_bound(bound);
        self.mark_over();
    }

    /// Refuses objects that were made outside of the execution.
    pub(crate) fn want_own_objects(&self) {
        // ORDER: Relaxed, no edge: one OS thread runs a search.
        self.wants_own_objects.store(true, Relaxed);
    }

    /// Whether an object can be used in this execution. Does not see that an object was made in another
    /// execution, if this one has made as many.
    pub(crate) fn takes(&self, object: ObjectId) -> bool {
        // ORDER: Relaxed, no edge: see want_own_objects.
        let wants_own = self.wants_own_objects.load(Relaxed);
        // ORDER: Relaxed, no edge: counts.
        !wants_own || (1..=self.objects.load(Relaxed)).contains(&object.number)
    }

    /// The name of the world whose operations it records.
    pub(crate) fn world(&self) -> &'static str {
        self.world
    }

    /// How many events there have been.
    pub(crate) fn steps(&self) -> u64 {
        self.record.steps()
    }

    /// Whether the search must not continue after this execution.
    pub(crate) fn has_objection(&self) -> bool {
        self.failure().is_some() || self.tool_panic().is_some() || self.unsupported().is_some()
    }

    pub(crate) fn bound(&self) -> Option<Bound> {
        *locked(&self.bound)
    }

    pub(super) fn reach(&self, label: &'static str) {
        locked(&self.reached).insert(label);
    }

    pub(super) fn next_object(&self) -> u32 {
        // ORDER: Relaxed, no edge: counts.
        self.objects.fetch_add(1, Relaxed) + 1
    }

    /// The number of threads so far, including the first.
    pub(crate) fn threads(&self) -> u32 {
        // ORDER: Relaxed, no edge: counts.
        self.threads.load(Relaxed)
    }

    pub(crate) fn add_thread(&self) -> ThreadId {
        locked(&self.live).threads += 1;
        // ORDER: Relaxed, no edge: counts.
        ThreadId(self.threads.fetch_add(1, Relaxed))
    }

    pub(crate) fn remove_thread(&self) {
        let mut live = locked(&self.live);
        live.threads -= 1;
        // Telling nobody is a call to the system all the same.
        if live.is_awaited {
            self.thread_exited.notify_all();
        }
    }

    /// The number of threads that have not finished.
    pub(crate) fn threads_live(&self) -> u32 {
        locked(&self.live).threads
    }

    /// Waits until every thread has finished; false if they have not finished after `time_max`.
    pub(crate) fn wait_for_threads(&self, time_max: Duration) -> bool {
        // A deadline that the clock cannot represent means no deadline.
        let deadline = Instant::now().checked_add(time_max);
        let mut live = locked(&self.live);
        live.is_awaited = true;
        while live.threads > 0 {
            let exited = &self.thread_exited;
            live = match deadline.map(|it| it.checked_duration_since(Instant::now())) {
                None => exited.wait(live).unwrap_or_else(PoisonError::into_inner),
                Some(None) => return false,
                Some(Some(left)) => {
                    exited.wait_timeout(live, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        true
    }

    pub(super) fn begin_event(&self, event: Event) {
        self.record.begin(event);
    }

    pub(super) fn end_event(&self, event: Event) {
        self.record.end(event);
        self.note_progress();
    }

    /// Counts an action that may let a thread go on.
    pub(super) fn note_progress(&self) {
        // ORDER: Release, edge progress->attempt. Pairs with progress: a thread that has read this count
        // sees what was done before.
        self.progress.fetch_add(1, Release);
    }

    pub(super) fn progress(&self) -> u64 {
        // ORDER: Acquire, edge progress->attempt. Pairs with note_progress. Only blocked threads read it.
        self.progress.load(Acquire)
    }

    /// Notes that a thread has tried to go on and failed, when the progress count had this value. Ends
    /// the execution if no thread can ever go on.
    ///
    /// This does not depend on time. A thread that lets another one go on counts progress afterwards,
    /// and is not blocked until then. So if all threads have tried since the latest progress, or join a
    /// thread that has, no thread is left that could make progress.
    pub(super) fn note_blocked(&self, thread: ThreadId, progress: u64) {
        let mut blocked = locked(&self.blocked);
        blocked.insert(thread, progress);
        let now = self.progress();
        let mut stuck: BTreeSet<ThreadId> =
            blocked.iter().filter(|(_, at)| **at == now).map(|(thread, _)| *thread).collect();
        let joins: Vec<(ThreadId, ThreadId)> = self
            .pending()
            .iter()
            .filter(|event| event.op.is_join())
            .filter_map(|event| Some((event.thread, ThreadId(event.read? as u32))))
            .collect();
        let of_joiners = |stuck: &BTreeSet<ThreadId>| {
            let is_new = |(one, other): &&(ThreadId, ThreadId)| {
                stuck.contains(other) && !stuck.contains(one)
            };
            joins.iter().find(is_new).map(|(one, _)| *one)
        };
        while let Some(joiner) = of_joiners(&stuck) {
            stuck.insert(joiner);
        }
        let are_all = stuck.len() == self.threads_live() as usize;
        // A thread that has ended meanwhile made progress before, or was told to end because the
        // execution is over.
        if are_all && self.progress() == now && !self.is_over() {
            // ORDER: Relaxed, no edge: read when all threads have ended.
            self.stuck.store(true, Relaxed);
            self.mark_over();
        }
    }

    /// Whether the execution ended because no thread could go on.
    pub(crate) fn is_stuck(&self) -> bool {
        // ORDER: Relaxed, no edge: see note_blocked.
        self.stuck.load(Relaxed)
    }

    /// The kinds of operations that have begun so far.
    pub(crate) fn ops(&self) -> Ops {
        self.record.ops()
    }

    /// Whether threads of the execution have used the same thing, as far as the session keeps that.
    pub(crate) fn shares(&self) -> bool {
        self.record.shares()
    }

    /// Gives away the shape of the execution so far, if the session keeps that.
    pub(crate) fn take_shape(&self) -> Shape {
        self.record.take_shape()
    }

    /// The operations that threads were inside when the execution ended.
    pub(crate) fn pending(&self) -> Vec<Event> {
        self.record.pending()
    }

    /// The operations that happened, in order, and then those that had only begun. Empty if the session keeps
    /// no events.
    pub fn events(&self) -> Vec<Event> {
        self.record.events()
    }

    /// The global at `key`. It is created by `init` on first use and leaked: a `static` is `'static`,
    /// but this value lives for one execution.
    pub(super) fn global<T: Send + Sync + 'static>(
        &self,
        key: usize,
        init: fn() -> T,
    ) -> &'static T {
        let found = |globals: &HashMap<usize, &'static (dyn Any + Send + Sync)>| {
            globals.get(&key).and_then(|global| global.downcast_ref::<T>())
        };
        if let Some(global) = found(&locked(&self.globals)) {
            return global;
        }
        // Not under the lock: `init` may use other globals.
        let fresh = Box::leak(Box::new(init()));
        let mut globals = locked(&self.globals);
        if let Some(global) = found(&globals) {
            return global;
        }
        globals.insert(key, fresh);
        fresh
    }
}
