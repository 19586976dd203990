//! Our own axioms for executions of Rust code: held against the axioms as the paper has them, in both
//! directions, and against what is known of litmus tests.
#![cfg(feature = "cli")]

#[path = "common/axioms.rs"]
mod axioms;
#[path = "common/entropy.rs"]
mod entropy;
#[path = "common/small_program.rs"]
mod small_program;

use std::collections::BTreeSet;
use std::panic::Location;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

use drawloom::engine::Unconfirmed;
use drawloom::engine::axioms::{Judgement, judge};
use drawloom::guest::MemoryModel;
use drawloom::il::MemoryOrder;
use drawloom::session::{Event, ObjectId, ObjectKind, OpKind, ThreadId};
use small_program::{Access, SmallProgram};

/// An execution that is written down thread by thread, so that the order of the events says nothing.
#[derive(Default)]
struct Trace(Vec<Event>);

impl Trace {
    #[track_caller]
    fn event(&mut self, thread: u32, op: OpKind, ordering: Option<Ordering>) -> &mut Event {
        let event = Event {
            step: self.0.len() as u64 + 1,
            thread: ThreadId(thread),
            op,
            object: None,
            ordering,
            ordering_failure: None,
            read: None,
            written: None,
            location: Location::caller(),
            is_done: true,
        };
        self.0.push(event);
        self.0.last_mut().expect("just pushed")
    }

    fn access(&mut self, thread: u32, op: OpKind, at: u32, ordering: Ordering) -> &mut Event {
        let event = self.event(thread, op, Some(ordering));
        event.object = Some(ObjectId::new(ObjectKind::Atomic, at + 1));
        event
    }

    fn load(&mut self, thread: u32, at: u32, read: u64, ordering: Ordering) -> &mut Self {
        self.access(thread, OpKind::Load, at, ordering).read = Some(read);
        self
    }

    fn store(&mut self, thread: u32, at: u32, written: u64, ordering: Ordering) -> &mut Self {
        self.access(thread, OpKind::Store, at, ordering).written = Some(written);
        self
    }

    fn update(
        &mut self,
        thread: u32,
        at: u32,
        (read, written): (u64, u64),
        ordering: Ordering,
    ) -> &mut Self {
        let event = self.access(thread, OpKind::Swap, at, ordering);
        (event.read, event.written) = (Some(read), Some(written));
        self
    }

    fn fence(&mut self, thread: u32, ordering: Ordering) -> &mut Self {
        self.event(thread, OpKind::Fence, Some(ordering));
        self
    }

    fn sync(&mut self, thread: u32, op: OpKind, lock: u32) -> &mut Self {
        let object = ObjectId::new(ObjectKind::Mutex, 100 + lock);
        self.event(thread, op, None).object = Some(object);
        self
    }

    /// Whether there is such an execution. All atomics begin with 0.
    fn is_allowed(&self) -> bool {
        match judge(&self.0, &|_| 0) {
            Judgement::Allowed => true,
            Judgement::Forbidden => false,
            Judgement::Unconfirmed(why) => panic!("{why}"),
        }
    }
}

#[test]
fn store_buffering_is_forbidden_to_seq_cst_alone() {
    for (write, read, is_allowed) in
        [(SeqCst, SeqCst, false), (Release, Acquire, true), (SeqCst, Relaxed, true)]
    {
        let mut trace = Trace::default();
        trace.store(1, 0, 1, write).load(1, 1, 0, read);
        trace.store(2, 1, 1, write).load(2, 0, 0, read);
        assert_eq!(trace.is_allowed(), is_allowed, "{write:?} {read:?}");
    }
    let mut trace = Trace::default();
    trace.store(1, 0, 1, Relaxed).fence(1, SeqCst).load(1, 1, 0, Relaxed);
    trace.store(2, 1, 1, Relaxed).fence(2, SeqCst).load(2, 0, 0, Relaxed);
    assert!(!trace.is_allowed(), "two fences do as much");
}

#[test]
fn a_message_is_passed_by_release_and_acquire_and_not_by_less() {
    for (write, read, is_allowed) in
        [(Release, Acquire, false), (Release, Relaxed, true), (Relaxed, Acquire, true)]
    {
        let mut trace = Trace::default();
        trace.store(1, 0, 1, Relaxed).store(1, 1, 1, write);
        trace.load(2, 1, 1, read).load(2, 0, 0, Relaxed);
        assert_eq!(trace.is_allowed(), is_allowed, "{write:?} {read:?}");
    }
}

#[test]
fn fences_pass_a_message_as_release_and_acquire_do() {
    for (first, second, is_allowed) in
        [(Release, Acquire, false), (AcqRel, SeqCst, false), (Acquire, Acquire, true)]
    {
        let mut trace = Trace::default();
        trace.store(1, 0, 1, Relaxed).fence(1, first).store(1, 1, 1, Relaxed);
        trace.load(2, 1, 1, Relaxed).fence(2, second).load(2, 0, 0, Relaxed);
        assert_eq!(trace.is_allowed(), is_allowed, "{first:?} {second:?}");
    }
}

#[test]
fn a_release_sequence_goes_on_in_updates_and_ends_at_a_store() {
    let mut trace = Trace::default();
    trace.store(1, 0, 1, Relaxed).store(1, 1, 1, Release);
    trace.update(2, 1, (1, 2), Relaxed);
    trace.load(3, 1, 2, Acquire).load(3, 0, 0, Relaxed);
    assert!(!trace.is_allowed());
    let mut trace = Trace::default();
    trace.store(1, 0, 1, Relaxed).store(1, 1, 1, Release).store(1, 1, 2, Relaxed);
    trace.load(2, 1, 2, Acquire).load(2, 0, 0, Relaxed);
    assert!(trace.is_allowed(), "C++20 and Rust have it so; C++11 has not");
}

#[test]
fn load_buffering_is_forbidden() {
    let mut trace = Trace::default();
    trace.load(1, 0, 1, Relaxed).store(1, 1, 1, Relaxed);
    trace.load(2, 1, 1, Relaxed).store(2, 0, 1, Relaxed);
    assert!(!trace.is_allowed());
}

#[test]
fn what_two_readers_see_in_two_orders_is_forbidden_to_seq_cst_alone() {
    for (ordering, is_allowed) in [(SeqCst, false), (Acquire, true)] {
        let write = if ordering == SeqCst { SeqCst } else { Release };
        let mut trace = Trace::default();
        trace.store(1, 0, 1, write);
        trace.store(2, 1, 1, write);
        trace.load(3, 0, 1, ordering).load(3, 1, 0, ordering);
        trace.load(4, 1, 1, ordering).load(4, 0, 0, ordering);
        assert_eq!(trace.is_allowed(), is_allowed, "{ordering:?}");
    }
}

#[test]
fn a_thread_does_not_see_an_older_value_after_a_newer_one() {
    let mut trace = Trace::default();
    trace.store(1, 0, 1, Relaxed).store(1, 0, 2, Relaxed);
    trace.load(2, 0, 2, Relaxed).load(2, 0, 1, Relaxed);
    assert!(!trace.is_allowed());
    let mut trace = Trace::default();
    trace.store(1, 0, 1, Relaxed);
    trace.store(2, 0, 2, Relaxed);
    trace.load(3, 0, 1, Relaxed).load(3, 0, 2, Relaxed);
    trace.load(4, 0, 2, Relaxed).load(4, 0, 1, Relaxed);
    assert!(!trace.is_allowed(), "nor do two of them disagree");
}

/// loom's issues 254, 282 and 389: the swap reads 0, and 0 is there in the end.
#[test]
fn nothing_comes_between_the_halves_of_an_update() {
    let mut trace = Trace::default();
    trace.store(1, 0, 1, Relaxed);
    trace.update(2, 0, (0, 0), Relaxed);
    let end = |trace: &mut Trace, read| {
        trace.event(0, OpKind::Join, None).read = Some(1);
        trace.event(0, OpKind::Join, None).read = Some(2);
        trace.load(0, 0, read, Relaxed).is_allowed()
    };
    assert!(!end(&mut trace, 0));
    let mut trace = Trace::default();
    trace.store(1, 0, 1, Relaxed);
    trace.update(2, 0, (1, 0), Relaxed);
    assert!(end(&mut trace, 0));
    let mut trace = Trace::default();
    trace.update(1, 0, (0, 1), Relaxed);
    trace.update(2, 0, (0, 2), Relaxed);
    assert!(!trace.is_allowed(), "two updates do not read the same write");
}

#[test]
fn a_lock_a_start_and_a_join_bring_edges() {
    for has_lock in [true, false] {
        let mut trace = Trace::default();
        let lock = |trace: &mut Trace, thread, op| {
            if has_lock {
                trace.sync(thread, op, 0);
            }
        };
        lock(&mut trace, 1, OpKind::Lock);
        trace.store(1, 0, 1, Relaxed);
        lock(&mut trace, 1, OpKind::Unlock);
        lock(&mut trace, 2, OpKind::Lock);
        trace.load(2, 0, 0, Relaxed);
        assert_eq!(trace.is_allowed(), !has_lock);
    }
    let mut trace = Trace::default();
    trace.store(0, 0, 1, Relaxed);
    trace.event(0, OpKind::Spawn, None).written = Some(1);
    trace.load(1, 0, 0, Relaxed);
    assert!(!trace.is_allowed(), "a child sees what was written before its start");
}

#[test]
fn a_waiter_gives_its_lock_to_the_next_one() {
    let mut trace = Trace::default();
    trace.sync(1, OpKind::Lock, 0).store(1, 0, 1, Relaxed);
    // The wait of thread 1 has begun, and ends below.
    trace.sync(2, OpKind::Lock, 0).load(2, 0, 0, Relaxed);
    assert!(!trace.is_allowed(), "what the waiter wrote comes before");
    let mut trace = Trace::default();
    trace.sync(1, OpKind::Lock, 0);
    trace.sync(2, OpKind::Lock, 0).store(2, 0, 1, Relaxed).sync(2, OpKind::Unlock, 0);
    trace.event(1, OpKind::Wait, None);
    trace.load(1, 0, 0, Relaxed);
    assert!(!trace.is_allowed(), "and what the other wrote comes before the end of the wait");
}

#[test]
fn an_execution_of_which_events_are_missing_is_not_judged() {
    let mut trace = Trace::default();
    trace.store(1, 0, 1, Relaxed).load(1, 0, 7, Relaxed);
    assert!(!trace.is_allowed());
    trace.0.remove(0);
    assert_eq!(judge(&trace.0, &|_| 0), Judgement::Unconfirmed(Unconfirmed::Incomplete));
}

#[test]
fn the_value_from_the_beginning_is_that_of_the_atomic() {
    let mut trace = Trace::default();
    trace.load(1, 0, 7, Relaxed);
    assert_eq!(judge(&trace.0, &|_| 7), Judgement::Allowed);
    assert_eq!(judge(&trace.0, &|_| 0), Judgement::Forbidden);
}

/// The program's execution in which its reads have these values, in the order of its results.
fn trace_of(program: &SmallProgram, reads: &[u64]) -> Trace {
    let mut trace = Trace::default();
    let mut reads = reads.iter().copied();
    let or_relaxed = |order: Option<MemoryOrder>| order.map_or(Relaxed, Ordering::from);
    for (thread, accesses) in (1..).zip(&program.threads) {
        for access in accesses {
            let mut read = || reads.next().expect("a value for each");
            match *access {
                Access::Load { at, order } => {
                    trace.load(thread, at as u32, read(), or_relaxed(order));
                }
                Access::Store { at, word, order } => {
                    trace.store(thread, at as u32, word, or_relaxed(order));
                }
                Access::Exchange { at, word, order } => {
                    trace.update(thread, at as u32, (read(), word), order.into());
                }
                Access::Add { at, word, order } => {
                    let old = read();
                    trace.update(thread, at as u32, (old, old + word), order.into());
                }
                Access::Cas { at, expected, desired, success, failure } => {
                    let old = read();
                    let op = OpKind::CompareExchange;
                    let event = trace.access(thread, op, at as u32, success.into());
                    event.ordering_failure = Some(failure.into());
                    event.read = Some(old);
                    event.written = (old == expected).then_some(desired);
                }
                Access::Fence { order } => _ = trace.fence(thread, order.into()),
            }
        }
    }
    trace
}

/// The same with relaxed accesses for the plain ones, which make no difference to what can be read.
fn without_plain(mut program: SmallProgram) -> SmallProgram {
    for access in program.threads.iter_mut().flatten() {
        if let Access::Load { order, .. } | Access::Store { order, .. } = access {
            order.get_or_insert(MemoryOrder::Relaxed);
        }
    }
    program
}

/// The same with two of three orders seq-cst: by chance, those that matter are rare.
fn mostly_seq_cst(mut program: SmallProgram) -> SmallProgram {
    for (at, access) in program.threads.iter_mut().flatten().enumerate() {
        if at % 3 == 2 {
            continue;
        }
        match access {
            Access::Load { order, .. } | Access::Store { order, .. } => {
                *order = Some(MemoryOrder::SeqCst);
            }
            Access::Exchange { order, .. }
            | Access::Add { order, .. }
            | Access::Cas { success: order, .. }
            | Access::Fence { order } => *order = MemoryOrder::SeqCst,
        }
    }
    program
}

/// All ways to give the reads one of the values each.
fn assignments(values: &[u64], reads: usize) -> Vec<Vec<u64>> {
    (0..reads).fold(vec![vec![]], |all, _| {
        let with = |some: &Vec<u64>| {
            values.iter().map(|&value| [&some[..], &[value]].concat()).collect::<Vec<_>>()
        };
        all.iter().flat_map(with).collect()
    })
}

/// Numbers from a seed: splitmix64.
fn numbers(seed: u64) -> Vec<u32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 33) as u32
    };
    (0..100).map(|_| next()).collect()
}

#[test]
fn what_is_allowed_is_what_the_papers_axioms_allow() {
    const PROGRAMS: usize = 1_000;
    let programs = (0..).map(|seed| {
        let program = without_plain(SmallProgram::by_chance(&numbers(seed)));
        if seed % 2 == 0 { mostly_seq_cst(program) } else { program }
    });
    let small = programs
        .filter(|program| axioms::candidates(program) <= 500 && program.results().len() <= 4);
    let (mut allowed_count, mut forbidden_count) = (0, 0);
    for program in small.take(PROGRAMS) {
        let reads = program.results().len();
        let outcomes = axioms::allowed(&program, MemoryModel::C20).outcomes;
        let allowed: BTreeSet<Vec<u64>> =
            outcomes.into_keys().map(|words| words[..reads].to_vec()).collect();
        let mut values: Vec<u64> = allowed.iter().flatten().copied().collect();
        values.extend(program.threads.iter().flatten().filter_map(|access| match *access {
            Access::Store { word, .. } | Access::Exchange { word, .. } => Some(word),
            _ => None,
        }));
        values.sort_unstable();
        values.dedup();
        for reads in assignments(&values, reads) {
            let is_allowed = allowed.contains(&reads);
            *(if is_allowed { &mut allowed_count } else { &mut forbidden_count }) += 1;
            let judged = trace_of(&program, &reads).is_allowed();
            assert_eq!(judged, is_allowed, "{reads:?}: {program:?}");
        }
    }
    assert!(allowed_count > 1_000 && forbidden_count > 1_000, "too few to tell");
}
