//! The shared world under sequential consistency, and what each operation does to it.
//!
//! | state of a thread | meaning | left by |
//! |---|---|---|
//! | live | is before its next operation | its own `step` |
//! | ended | has returned, or a trap was captured | nothing |
//! | stopped | has run into a trap that no handler caught | nothing |
//!
//! # Invariants
//! *enabled*: [`step`](State::step) may be called only for a thread that [`is_enabled`](State::is_enabled).
//! *deterministic*: the same turn from equal states gives equal states. *accesses*: two enabled steps whose
//! accesses do not conflict commute, and neither disables the other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::allocations::owner_of;
use super::output::Output;
use super::shared::{Comes, Kept, keeps_waiting, use_of};
use super::thread::Kin;
use super::{
    Access, Allocations, Answer, Course, CutOff, Ending, Memory, Object, Operation, SharedWorld,
    Subject, Thread, ThreadSet, Turn, Violation, address_of, fingerprint_of,
};
use crate::interp::allocation::{Allocation, Region};
use crate::interp::{Cell, Reply, Request, Shared, Text, ThreadId, refusal};

/// A monitor that has an owner or waiters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Monitor {
    pub(super) owner: Option<ThreadId>,
    /// The threads that wait for a notification, longest first.
    pub(super) waiters: VecDeque<ThreadId>,
}

#[derive(Clone, Debug, Hash)]
pub(super) enum Slot {
    Live(Arc<Thread>),
    Ended { error: Option<Text>, is_joined: bool, kin: Option<Kin>, allocations: Allocations },
    Stopped(Arc<Thread>),
}

/// The shared world, with every thread's frames.
#[derive(Clone, Debug, Hash)]
pub struct State {
    pub(super) threads: Vec<Slot>,
    pub(super) memory: Memory,
    /// Allocations that have ended.
    pub(super) ended: BTreeSet<Allocation>,
    /// The allocations that freed memory can be next, by size; the memory freed last comes last.
    pub(super) freed: BTreeMap<u64, Vec<Allocation>>,
    pub(super) monitors: BTreeMap<u64, Monitor>,
    pub(super) shared: BTreeMap<Cell, Arc<Shared>>,
    pub(super) output: Output,
    pub(super) lines_read: u64,
    pub(super) exit: Option<i64>,
}

/// The effects of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Happened {
    /// The answer that the thread got; `None` if it has none yet, or gets none.
    pub answer: Option<u64>,
    /// The threads that could not have gone on, or would not exist, without it.
    pub enables: ThreadSet,
    /// The violation in it. The thread that trapped goes no further; the others may.
    pub violation: Option<Violation>,
    /// Why a thread was cut off, if one was.
    pub cut_off: Option<CutOff>,
}

impl State {
    /// The initial state: the main thread before its first operation. If that thread reaches no
    /// operation, the second value says what stopped it.
    pub fn new(subject: &Subject) -> (Self, Happened) {
        let mut state = State {
            threads: Vec::new(),
            memory: Memory::new(&subject.code.globals),
            ended: BTreeSet::new(),
            freed: BTreeMap::new(),
            monitors: BTreeMap::new(),
            shared: BTreeMap::new(),
            output: Output::new(),
            lines_read: 0,
            exit: None,
        };
        let mut happened = Happened { enables: ThreadSet(1), ..Happened::default() };
        state.threads.push(Slot::Live(Arc::new(Thread::main(subject))));
        state.settle(ThreadId(0), &mut happened);
        (state, happened)
    }

    /// The number of threads so far.
    pub fn started(&self) -> u32 {
        self.threads.len() as u32
    }

    /// A thread that has not ended and has not been stopped.
    pub fn live(&self, thread: ThreadId) -> Option<&Thread> {
        match self.threads.get(thread.0 as usize)? {
            Slot::Live(live) => Some(live),
            Slot::Ended { .. } | Slot::Stopped(_) => None,
        }
    }

    /// A thread that a trap has stopped.
    pub fn stopped(&self, thread: ThreadId) -> Option<&Thread> {
        match self.threads.get(thread.0 as usize)? {
            Slot::Stopped(stopped) => Some(stopped),
            Slot::Live(_) | Slot::Ended { .. } => None,
        }
    }

    /// All threads that have not ended and have not been stopped.
    pub fn live_threads(&self) -> ThreadSet {
        self.select(|slot| matches!(slot, Slot::Live(_)))
    }

    pub(super) fn select(&self, predicate: impl Fn(&Slot) -> bool) -> ThreadSet {
        let bit = |(at, slot)| u64::from(predicate(slot)) << at;
        ThreadSet(self.threads.iter().enumerate().map(bit).sum())
    }

    /// The threads that can make a step.
    pub fn enabled(&self) -> ThreadSet {
        self.select(
            |slot| matches!(slot, Slot::Live(live) if self.can_be_made(live.id(), live.next())),
        )
    }

    /// All steps that can be made: by thread, the usual course first.
    pub fn turns(&self) -> impl Iterator<Item = Turn> {
        self.enabled().iter().flat_map(|thread| self.turns_of(thread))
    }

    /// The steps that an enabled thread can make, the usual one first.
    pub fn turns_of(&self, thread: ThreadId) -> impl Iterator<Item = Turn> + use<> {
        let has_two = self.live(thread).is_some_and(|live| match live.next() {
            Operation::MayFail => true,
            Operation::Allocate { fresh, cells } => {
                fresh.is_some() && self.freed.contains_key(cells)
            }
            _ => false,
        });
        let courses = &Course::ALL[..if has_two { 2 } else { 1 }];
        courses.iter().map(move |&course| Turn { thread, course })
    }

    /// Whether a thread can make a step.
    pub fn is_enabled(&self, thread: ThreadId) -> bool {
        self.live(thread).is_some_and(|live| self.can_be_made(thread, live.next()))
    }

    /// Whether a thread could make an operation here.
    pub fn can_be_made(&self, me: ThreadId, operation: &Operation) -> bool {
        match *operation {
            Operation::Join { thread } => match self.threads.get(thread.0 as usize) {
                Some(slot) => matches!(slot, Slot::Ended { .. }),
                None => true,
            },
            Operation::Enter { object } | Operation::Reacquire { object, .. } => {
                self.owner(object).is_none()
            }
            Operation::Await { ends, .. } => ends.may_stop(),
            Operation::Start(_) => self.threads.len() < ThreadSet::THREADS_MAX,
            Operation::Use { cell, ref request, is_timed: false } => {
                // Nobody waits at what has been freed: to try reveals it.
                let has_ended = self.ended.contains(&address_of(cell).allocation);
                has_ended || !keeps_waiting(&self.kept(cell), me, request)
            }
            _ => true,
        }
    }

    /// Whether a thread cannot start another because this reference supports no more threads.
    pub fn is_out_of_threads(&self) -> bool {
        self.threads.len() >= ThreadSet::THREADS_MAX
            && self.threads.iter().any(
                |slot| matches!(slot, Slot::Live(it) if matches!(it.next(), Operation::Start(_))),
            )
    }

    /// What the next step of a live thread accesses: at most two objects.
    pub fn accesses(&self, thread: ThreadId) -> [Option<Access>; 2] {
        let live = self.live(thread).expect("only a live thread is about to do anything");
        let reads = |object| Some(Access { object, writes: false });
        let writes = |object| Some(Access { object, writes: true });
        let one = |access| [access, None];
        let lives = |cell: Cell| {
            let allocation = address_of(cell).allocation;
            let owner = owner_of(allocation)?;
            let may_end = allocation.region == Region::Heap || owner != thread;
            may_end.then_some(Access { object: Object::Life(allocation), writes: false })
        };
        match *live.next() {
            Operation::Load { cell, .. } => [reads(Object::Cell(cell)), lives(cell)],
            Operation::Store { cell, .. } | Operation::Rmw { cell, .. } => {
                [writes(Object::Cell(cell)), lives(cell)]
            }
            Operation::Cas { cell, expected, .. } => {
                let writes = expected.is(self.memory.load(cell));
                [Some(Access { object: Object::Cell(cell), writes }), lives(cell)]
            }
            Operation::Allocate { cells, .. } => one(writes(Object::Freed(cells))),
            Operation::Free { allocation } => {
                let cells = self.cells_of(allocation).unwrap_or(0);
                [writes(Object::Life(allocation)), writes(Object::Freed(cells))]
            }
            Operation::Leave { slot } => one(writes(Object::Life(slot))),
            Operation::Fence { .. } | Operation::MayFail | Operation::Trapped(_) => [None, None],
            Operation::Print { .. } => one(writes(Object::Output)),
            Operation::ReadLine => one(writes(Object::Input)),
            Operation::Start(_) => one(writes(Object::Threads)),
            Operation::Join { thread }
            | Operation::HasEnded { thread }
            | Operation::ErrorOf { thread } => one(reads(Object::Thread(thread))),
            Operation::Enter { object } | Operation::Reacquire { object, .. } => {
                one(writes(Object::Monitor(object)))
            }
            Operation::Exit { object } => one(writes(Object::Monitor(object))),
            Operation::TryEnter { object } => one(Some(Access {
                object: Object::Monitor(object),
                writes: self.owner(object).is_none(),
            })),
            Operation::Wait { object, .. } => {
                [writes(Object::Monitor(object)), writes(Object::Waiters(object))]
            }
            Operation::Await { object, .. } => one(writes(Object::Waiters(object))),
            Operation::Notify { object, .. } => one(Some(Access {
                object: Object::Waiters(object),
                writes: self.monitors.get(&object).is_some_and(|it| !it.waiters.is_empty()),
            })),
            Operation::Use { cell, ref request, is_timed } => {
                let (changed, comes) = use_of(&self.kept(cell), thread, request, is_timed);
                let writes = changed.is_some() || matches!(comes, Comes::Waits);
                [Some(Access { object: Object::Shared(cell), writes }), lives(cell)]
            }
            Operation::End(_) => one(writes(Object::Thread(thread))),
        }
    }

    /// The shared object at a cell.
    pub(super) fn kept(&self, cell: Cell) -> Kept {
        self.shared.get(&cell).cloned()
    }

    pub(super) fn owner(&self, object: u64) -> Option<ThreadId> {
        self.monitors.get(&object)?.owner
    }

    /// Carries out the next operation of an enabled thread, and its own instructions up to the operation
    /// after that. For an operation with only one course, `turn` may name either.
    pub fn step(&mut self, subject: &Subject, turn: impl Into<Turn>) -> Happened {
        let turn = turn.into();
        let thread = turn.thread;
        debug_assert!(self.is_enabled(thread), "enabled: thread {} is not", thread.0);
        let mut happened = Happened::default();
        let operation = self.live(thread).expect("enabled").next().clone();
        if let Some(answer) = self.perform(subject, turn, operation, &mut happened) {
            if let Answer::Reply(reply) = &answer {
                happened.answer = reply.word();
            }
            self.resume(subject, thread, answer, &mut happened);
        }
        happened.violation = happened.violation.or_else(|| self.in_vain(subject));
        happened
    }

    /// Performs the operation's effect on the shared world; returns the thread's answer, if it has one.
    fn perform(
        &mut self,
        subject: &Subject,
        Turn { thread: me, course }: Turn,
        operation: Operation,
        happened: &mut Happened,
    ) -> Option<Answer> {
        if let Some(refusal) =
            operation.cell_alive().and_then(|cell| self.why_not(subject, me, cell))
        {
            return Some(refused(refusal));
        }
        let word = match operation {
            Operation::Load { cell, .. } => self.memory.load(cell),
            Operation::Store { cell, word, .. } => {
                self.memory.store(cell, word);
                0
            }
            Operation::Rmw { cell, op, word, .. } => {
                let old = self.memory.load(cell);
                self.memory.store(cell, op.apply(old, word));
                old
            }
            Operation::Cas { cell, expected, desired, .. } => {
                let old = self.memory.load(cell);
                if expected.is(old) {
                    self.memory.store(cell, desired);
                }
                old
            }
            Operation::Fence { .. } => 0,
            Operation::MayFail => u64::from(course == Course::Other),
            Operation::Free { allocation } => {
                if !self.ended.insert(allocation) {
                    let name = subject.allocation_name(allocation);
                    return Some(refused(refusal::freed_already(&name)));
                }
                self.memory.forget(allocation);
                self.shared.retain(|&cell, _| address_of(cell).allocation != allocation);
                if let Some(cells) = self.cells_of(allocation) {
                    self.freed.entry(cells).or_default().push(allocation.next_life());
                }
                0
            }
            Operation::Allocate { fresh, cells } => {
                let freed = self.freed.get_mut(&cells).filter(|_| course == Course::Usual);
                let freed = freed.and_then(Vec::pop);
                self.freed.retain(|_, freed| !freed.is_empty());
                let Some(allocation) = freed.or(fresh) else {
                    return Some(refused(refusal::memory_full()));
                };
                // After the last life the first comes again.
                self.ended.remove(&allocation);
                allocation.start()
            }
            Operation::Leave { slot } => {
                self.ended.insert(slot);
                // After the last generation the first comes again.
                self.ended.remove(&slot.next_life());
                self.memory.forget(slot);
                0
            }
            Operation::Print { text } => {
                if self.output.bytes() + text.len() as u64 > subject.limits.output_bytes {
                    return Some(refused(refusal::output_limit()));
                }
                self.output.push(text);
                0
            }
            Operation::ReadLine => {
                // The count stays at the end of the input; otherwise a thread that reads on would make
                // new states forever.
                let line = self.lines_read;
                self.lines_read = (line + 1).min(subject.input.len() as u64);
                line
            }
            Operation::Start(start) => {
                let id = ThreadId(self.threads.len() as u32);
                let kin = self.live(me).and_then(Thread::kin_of_start);
                let thread = Thread::new(subject, id, start).with_kin(kin);
                self.threads.push(Slot::Live(Arc::new(thread)));
                happened.enables.insert(id);
                self.settle(id, happened);
                u64::from(id.0)
            }
            Operation::Join { thread } | Operation::HasEnded { thread } => {
                match self.threads.get_mut(thread.0 as usize) {
                    None => return Some(refused(refusal::no_such_thread(thread))),
                    Some(Slot::Ended { is_joined, .. }) => {
                        *is_joined = true;
                        1
                    }
                    Some(Slot::Live(_) | Slot::Stopped(_)) => 0,
                }
            }
            Operation::ErrorOf { thread } => match self.threads.get(thread.0 as usize) {
                None => return Some(refused(refusal::no_such_thread(thread))),
                Some(Slot::Ended { error: Some(error), .. }) => subject.intern(error),
                Some(_) => 0,
            },
            Operation::Enter { object } => {
                self.monitors.entry(object).or_default().owner = Some(me);
                0
            }
            Operation::TryEnter { object } => {
                let monitor = self.monitors.entry(object).or_default();
                let is_free = monitor.owner.is_none();
                if is_free {
                    monitor.owner = Some(me);
                }
                u64::from(is_free)
            }
            Operation::Exit { object } => {
                self.give_up(object);
                0
            }
            Operation::Wait { object, ends } => {
                self.monitors.entry(object).or_default().waiters.push_back(me);
                self.give_up(object);
                self.go_on_with(me, Operation::Await { object, ends });
                return None;
            }
            Operation::Await { object, ends } => {
                self.monitors.entry(object).or_default().waiters.retain(|&it| it != me);
                self.tidy(object);
                self.go_on_with(me, Operation::Reacquire { object, notified: false, ends });
                return None;
            }
            Operation::Reacquire { object, notified, .. } => {
                self.monitors.entry(object).or_default().owner = Some(me);
                u64::from(notified)
            }
            Operation::Notify { object, all } => {
                let waiters = &mut self.monitors.entry(object).or_default().waiters;
                let count = if all { waiters.len() } else { waiters.len().min(1) };
                for waiter in waiters.drain(..count).collect::<Vec<_>>() {
                    happened.enables.insert(waiter);
                    let ends = match self.live(waiter).expect("it waits").next() {
                        Operation::Await { ends, .. } => *ends,
                        other => unreachable!("a waiter waits and does not {other:?}"),
                    };
                    let again = Operation::Reacquire { object, notified: true, ends };
                    self.go_on_with(waiter, again);
                }
                0
            }
            Operation::Use { cell, request, is_timed } => {
                return self.use_shared(me, cell, &request, is_timed);
            }
            Operation::End(ending) => {
                let error = match ending {
                    Ending::Captured(error) => Some(error),
                    Ending::Returned(word) => {
                        if me == ThreadId(0) {
                            self.exit = Some(subject.code.exit_code(word));
                        }
                        None
                    }
                };
                let live = self.live(me).expect("enabled");
                let (kin, allocations) = (live.kin(), live.allocations().clone());
                let ended = Slot::Ended { error, is_joined: false, kin, allocations };
                self.threads[me.0 as usize] = ended;
                return None;
            }
            Operation::Trapped(_) => unreachable!("a stopped thread makes no step"),
        };
        Some(Answer::Reply(Reply::Word(word)))
    }

    fn use_shared(
        &mut self,
        me: ThreadId,
        cell: Cell,
        request: &Request,
        is_timed: bool,
    ) -> Option<Answer> {
        let (changed, comes) = use_of(&self.kept(cell), me, request, is_timed);
        if let Some(object) = changed.flatten() {
            self.shared.insert(cell, object);
        }
        match comes {
            Comes::On(answer) => Some(answer),
            Comes::Part(request) => {
                self.go_on_with(me, Operation::Use { cell, request, is_timed });
                None
            }
            Comes::Waits => unreachable!("enabled: it need not wait"),
        }
    }

    /// Why a thread cannot access a cell.
    fn why_not(&self, subject: &Subject, me: ThreadId, cell: Cell) -> Option<refusal::Refusal> {
        let at = address_of(cell);
        let owner = owner_of(at.allocation)?;
        // A thread has already checked its own allocations.
        let outside = if owner == me { None } else { self.refusal(subject, cell) };
        outside.or_else(|| {
            let has_ended = self.ended.contains(&at.allocation);
            has_ended.then(|| match at.allocation.region {
                Region::Stack => refusal::gone(&subject.allocation_name(at.allocation)),
                Region::Heap | Region::Globals => refusal::freed(&subject.address_name(at)),
            })
        })
    }

    fn resume(
        &mut self,
        subject: &Subject,
        thread: ThreadId,
        answer: Answer,
        happened: &mut Happened,
    ) {
        self.live_mut(thread).answer(subject, answer);
        self.settle(thread, happened);
    }

    /// Stops a thread that has run into a trap.
    fn settle(&mut self, thread: ThreadId, happened: &mut Happened) {
        let slot = &mut self.threads[thread.0 as usize];
        let Slot::Live(live) = slot else { unreachable!("it has just run") };
        if let Operation::Trapped(trap) = live.next() {
            match CutOff::of_trap(trap) {
                None => happened.violation = Some(Violation::of_trap(trap)),
                cut_off => happened.cut_off = cut_off,
            }
            *slot = Slot::Stopped(Arc::clone(live));
        }
    }

    fn live_mut(&mut self, thread: ThreadId) -> &mut Thread {
        match &mut self.threads[thread.0 as usize] {
            Slot::Live(live) => Arc::make_mut(live),
            Slot::Ended { .. } | Slot::Stopped(_) => unreachable!("only a live thread moves"),
        }
    }

    fn go_on_with(&mut self, thread: ThreadId, part: Operation) {
        self.live_mut(thread).goes_on_with(part);
    }

    fn give_up(&mut self, object: u64) {
        self.monitors.entry(object).or_default().owner = None;
        self.tidy(object);
    }

    /// Forgets a monitor without an owner and without waiters, so that equal worlds are equal data.
    fn tidy(&mut self, object: u64) {
        if self.monitors.get(&object).is_some_and(|it| *it == Monitor::default()) {
            self.monitors.remove(&object);
        }
    }

    /// The fingerprint of the whole state: equal states have equal numbers, and different states
    /// practically never do.
    pub fn fingerprint(&self) -> u128 {
        fingerprint_of(self)
    }

    /// The output so far.
    pub fn output(&self) -> &Output {
        &self.output
    }
}

fn refused((kind, message): refusal::Refusal) -> Answer {
    Answer::Trap(kind, message.into())
}
