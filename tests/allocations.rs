//! Memory that a body allocates itself: uses after a free, leaks, and blocks that come again at the same address.
#![cfg(feature = "heddle")]
#![allow(unsafe_code, reason = "pointers are of no use without")]

use std::collections::BTreeSet;
use std::sync::{Arc as StdArc, Mutex as StdMutex};

use drawloom::engine::heddle::{Heddle, Strategy};
use drawloom::engine::{Body, Counterexample, Engine, Fault, MemoryModel, Report, Verdict};
use drawloom::heddle::sync::alloc::{Layout, Owned, alloc, dealloc};
use drawloom::heddle::sync::{
    Arc, AtomicPtr, AtomicU32, AtomicUsize, Mutex,
    Ordering::{self, AcqRel, Acquire, Relaxed, Release},
    Plain, sometimes, thread,
};
use drawloom::session::Chance;

fn explored(engine: Heddle, run: impl Fn() + Send + Sync + 'static) -> Report {
    let body: Body = StdArc::new(run);
    engine.explore(body)
}

#[track_caller]
fn verified(engine: Heddle, run: impl Fn() + Send + Sync + 'static) -> Report {
    let report = explored(engine, run);
    assert!(matches!(report.verdict, Verdict::Exhausted { .. }), "{:#?}", report.verdict);
    report
}

#[track_caller]
fn shown(engine: Heddle, run: impl Fn() + Send + Sync + 'static) -> Counterexample {
    match explored(engine, run).verdict {
        Verdict::Violated(shown) => shown,
        verdict => panic!("nothing found: {verdict:?}"),
    }
}

fn reusing() -> Heddle {
    Heddle::default().reuses_memory(true)
}

/// A pointer that threads may give to each other, as code without locks does.
struct Raw<T>(*mut T);

impl<T> Clone for Raw<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Raw<T> {}

impl<T> Raw<T> {
    /// By a method, so that a closure captures the whole.
    fn get(self) -> *mut T {
        self.0
    }
}

// SAFETY: what is done with it is what is tested.
unsafe impl<T> Send for Raw<T> {}

/// A node of a stack, at an address that leaves room for a count.
#[repr(align(64))]
struct Node {
    value: Plain<u32>,
    next: AtomicUsize,
}

const COUNT: usize = 63;

/// A stack of nodes, whose head is an address, and perhaps a count of its changes.
struct Stack {
    head: AtomicUsize,
    counts: bool,
}

impl Stack {
    fn new(counts: bool) -> Self {
        Stack { head: AtomicUsize::new(0), counts }
    }

    fn node(head: usize) -> *mut Node {
        std::ptr::with_exposed_provenance_mut(head & !COUNT)
    }

    /// Puts another node on top, if the head has not changed.
    fn set(&self, head: usize, node: *mut Node) -> Result<usize, usize> {
        let count = if self.counts { (head + 1) & COUNT } else { 0 };
        let new = node.expose_provenance() | count;
        self.head.compare_exchange(head, new, AcqRel, Acquire).map(|_| new)
    }

    /// The head with the new node, and before.
    fn push(&self, value: u32) -> (usize, usize) {
        let (value, next) = (Plain::new(value), AtomicUsize::new(0));
        let node = Owned::into_raw(Owned::new(Node { value, next }));
        let mut head = self.head.load(Acquire);
        loop {
            // SAFETY: nobody else has the node yet.
            unsafe { (*node).next.store(head & !COUNT, Relaxed) };
            match self.set(head, node) {
                Ok(new) => return (new, head),
                Err(found) => head = found,
            }
        }
    }

    /// Takes a node back that has just been pushed, if it is still the head. Without a count, another node at the
    /// same address is mistaken for it.
    fn undo(&self, (head, before): (usize, usize)) -> bool {
        let is_undone = self.set(head, Self::node(before)).is_ok();
        if is_undone {
            // SAFETY: the node was the head, and is not any more.
            drop(unsafe { Owned::from_raw(Self::node(head)) });
        }
        is_undone
    }

    /// Takes a node off the top, without care for others that look at it.
    fn pop(&self) -> bool {
        let mut head = self.head.load(Acquire);
        loop {
            if head & !COUNT == 0 {
                return false;
            }
            // SAFETY: none: another thread may have freed it.
            let next = unsafe { (*Self::node(head)).next.load(Relaxed) };
            match self.set(head, Self::node(next)) {
                Ok(_) => break,
                Err(found) => head = found,
            }
        }
        // SAFETY: it was the head, and is not any more.
        drop(unsafe { Owned::from_raw(Self::node(head)) });
        true
    }

    /// Takes all nodes; the sum of their values.
    fn take_all(&self) -> u32 {
        let mut head = self.head.load(Acquire);
        while let Err(found) = self.set(head, std::ptr::null_mut()) {
            head = found;
        }
        let (mut node, mut sum) = (Self::node(head), 0);
        while !node.is_null() {
            // SAFETY: the node was on the stack, and is this thread's now.
            let owner = unsafe { Owned::from_raw(node) };
            sum += owner.value.with(|it| *it);
            node = Self::node(owner.next.load(Relaxed));
        }
        sum
    }
}

/// One thread pushes and takes back, while another empties the stack and pushes.
fn pushes_and_takes_back(counts: bool) {
    let stack = Arc::new(Stack::new(counts));
    stack.push(1);
    let theirs = stack.clone();
    let child = thread::spawn(move || {
        let pushed = theirs.push(2);
        let is_undone = theirs.undo(pushed);
        sometimes(if is_undone { "taken back" } else { "too late" });
    });
    stack.take_all();
    stack.push(4);
    child.join().unwrap();
    stack.take_all();
}

#[test]
fn a_new_node_that_is_taken_for_an_old_one_is_found_if_memory_is_reused() {
    for memory in [MemoryModel::C20, MemoryModel::Rc11, MemoryModel::Sc] {
        let fresh = Heddle::default().memory(memory);
        let labels = verified(fresh, || pushes_and_takes_back(false)).reached;
        assert_eq!(labels.len(), 2, "{labels:?}");
        let shown = shown(reusing().memory(memory), || pushes_and_takes_back(false));
        assert_eq!(shown.violation, Fault::UseAfterFree, "{memory}: {shown:#?}");
        assert!(shown.message.contains("tests/allocations.rs"), "{}", shown.message);
    }
}

#[test]
fn a_count_beside_the_address_tells_a_new_node_from_an_old_one() {
    let report = verified(reusing(), || pushes_and_takes_back(true));
    let fresh = verified(Heddle::default(), || pushes_and_takes_back(true));
    assert!(report.executions > fresh.executions, "nothing was reused: {report:?}");
}

#[test]
fn a_reused_address_is_found_again_by_schedule_at_random_and_by_two_workers() {
    let run = || pushes_and_takes_back(false);
    let first = shown(reusing(), run);
    let schedule = first.schedule.clone().unwrap();
    let again = reusing().repeat(&schedule, StdArc::new(run)).unwrap().verdict;
    let Verdict::Violated(again) = again else { panic!("{again:?}") };
    assert_eq!((again.violation, &again.message), (first.violation, &first.message));
    let pct = Strategy::Pct { depth: 3, seed: 0 };
    let drawn = shown(reusing().strategy(pct).executions_max(2_000), run);
    assert_eq!(drawn.violation, Fault::UseAfterFree);
    assert_eq!(shown(reusing().jobs(2), run).violation, Fault::UseAfterFree);
    let both = [1, 2]
        .map(|jobs| verified(reusing().jobs(jobs), || pushes_and_takes_back(true)).executions);
    assert_eq!(both[0], both[1]);
}

#[test]
fn a_pop_that_looks_into_a_node_which_another_has_freed_is_a_use_after_free() {
    let run = || {
        let stack = Arc::new(Stack::new(true));
        stack.push(1);
        let theirs = stack.clone();
        let child = thread::spawn(move || theirs.pop());
        stack.pop();
        child.join().unwrap();
    };
    let shown = shown(Heddle::default(), run);
    assert_eq!(shown.violation, Fault::UseAfterFree, "{shown:#?}");
    verified(Heddle::default(), || {
        let stack = Arc::new(Stack::new(false));
        let theirs = stack.clone();
        let child = thread::spawn(move || theirs.push(1));
        let sum = stack.take_all();
        child.join().unwrap();
        assert_eq!(sum + stack.take_all(), 1);
    });
}

/// A thread uses what another frees; nothing orders the two but this.
fn uses_beside_a_free(flag: Ordering) -> impl Fn() + Send + Sync {
    move || {
        let word = Raw(Owned::into_raw(Owned::new(AtomicU32::new(1))));
        let done = Arc::new(AtomicU32::new(0));
        let theirs = done.clone();
        let child = thread::spawn(move || {
            // SAFETY: none: it may have been freed.
            unsafe { (*word.get()).fetch_add(1, Relaxed) };
            theirs.store(1, flag);
        });
        let is_done = done.load(Acquire) == 1;
        if is_done {
            // SAFETY: the other thread does not use it any more, if the flag orders what it does.
            drop(unsafe { Owned::from_raw(word.get()) });
            sometimes("freed early");
        }
        child.join().unwrap();
        if !is_done {
            // SAFETY: the other thread has ended.
            drop(unsafe { Owned::from_raw(word.get()) });
        }
    }
}

#[test]
fn a_free_must_come_after_the_uses_by_others() {
    let report = verified(Heddle::default(), uses_beside_a_free(Release));
    assert!(report.reached.contains("freed early"));
    let shown = shown(Heddle::default(), uses_beside_a_free(Relaxed));
    assert_eq!(shown.violation, Fault::UseAfterFree);
    let words = "that thread 1 uses at";
    assert!(shown.message.contains(words), "{}", shown.message);
}

/// What does not come after the free is found, whichever of the two comes first in an execution.
#[test]
fn a_use_after_a_free_that_the_thread_knows_of_is_told_with_both_places() {
    let run = |kind: u32| {
        move || {
            let cells = (Mutex::new(0), AtomicU32::new(0), Plain::new(0));
            let pointer = Owned::into_raw(Owned::new(cells));
            // SAFETY: none. Its memory stays where it is until the execution has ended.
            drop(unsafe { Owned::from_raw(pointer) });
            // SAFETY: see above.
            let cells = unsafe { &*pointer };
            match kind {
                0 => drop(cells.0.lock()),
                1 => cells.1.store(1, Relaxed),
                2 => cells.2.with_mut(|it| *it = 1),
                // SAFETY: none.
                _ => drop(unsafe { Owned::from_raw(pointer) }),
            }
        }
    };
    for kind in 0..4 {
        let shown = shown(Heddle::default(), run(kind));
        assert_eq!(shown.violation, Fault::UseAfterFree, "{kind}: {shown:?}");
        assert_eq!(shown.message.matches("tests/allocations.rs").count(), 3, "{}", shown.message);
    }
}

#[test]
fn a_lock_that_is_freed_while_it_is_held_is_found_when_it_is_given_back() {
    let shown = shown(Heddle::default(), || {
        let pointer = Owned::into_raw(Owned::new(Mutex::new(0)));
        // SAFETY: none: the guard uses it after the free.
        let guard = unsafe { &*pointer }.lock();
        // SAFETY: it was an owner before.
        drop(unsafe { Owned::from_raw(pointer) });
        drop(guard);
    });
    assert_eq!(shown.violation, Fault::UseAfterFree);
}

#[test]
fn memory_that_is_never_freed_is_a_leak() {
    let leaks = || {
        let layout = Layout::new::<u64>();
        // SAFETY: the layout is not empty.
        let pointer = unsafe { alloc(layout) };
        // SAFETY: see above.
        let _lost = unsafe { alloc(layout) };
        // SAFETY: it was allocated with this layout, and is not used.
        unsafe { dealloc(pointer, layout) };
    };
    let shown = shown(Heddle::default(), leaks);
    assert_eq!(shown.violation, Fault::Leak);
    assert!(
        shown.message.starts_with("leak: the memory from tests/allocations.rs"),
        "{}",
        shown.message
    );
    verified(Heddle::default().leaks(false), leaks);
}

/// The number of executions in which one freed block may go to so many threads.
#[test]
fn each_allocation_may_get_what_is_known_to_be_free_and_no_two_get_the_same() {
    let run = |is_known: bool, threads: u32| {
        move || {
            let first = Owned::new(AtomicU32::new(0));
            let address = Arc::new(AtomicPtr::new(Owned::into_raw(first)));
            let mut free = {
                let address = address.clone();
                // SAFETY: it was an owner before.
                Some(move || drop(unsafe { Owned::from_raw(address.load(Relaxed)) }))
            };
            if is_known {
                free.take().unwrap()();
            }
            let takers = (0..threads).map(|_| {
                let address = address.clone();
                thread::spawn(move || {
                    let mut mine = Owned::new(AtomicU32::new(0));
                    std::ptr::from_mut(&mut *mine) == address.load(Relaxed)
                })
            });
            let takers: Vec<_> = takers.collect();
            if let Some(free) = free {
                free();
            }
            let same: Vec<bool> = takers.into_iter().map(|it| it.join().unwrap()).collect();
            // One may have freed it before the other began.
            sometimes(if same.contains(&true) { "the same" } else { "others" });
        }
    };
    let report = verified(reusing(), run(true, 1));
    assert_eq!((report.executions, report.reached.len()), (2, 2));
    let report = verified(reusing(), run(true, 2));
    assert_eq!((report.executions, report.reached.len()), (3, 2));
    let report = verified(reusing(), run(false, 2));
    assert_eq!((report.executions, report.reached.len()), (1, 1), "nobody knows of the free");
    let report = verified(Heddle::default(), run(true, 2));
    assert_eq!((report.executions, report.reached.len()), (1, 1));
}

/// In the execution that fails, the threads start in another order than in the first one, and a schedule counts them anew.
#[test]
fn a_schedule_finds_a_block_again_whatever_numbers_threads_have() {
    fn freeing(block: Raw<AtomicU32>, flag: Option<Arc<AtomicU32>>) -> thread::JoinHandle<()> {
        thread::spawn(move || {
            // SAFETY: it was an owner before, and nobody else frees it.
            drop(unsafe { Owned::from_raw(block.get()) });
            if let Some(flag) = flag {
                flag.store(1, Release);
            }
        })
    }
    let run = || {
        let block = |it| Raw(Owned::into_raw(Owned::new(AtomicU32::new(it))));
        let (one, two) = (block(1), block(2));
        let flag = Arc::new(AtomicU32::new(0));
        let seen = flag.clone();
        let first = thread::spawn(move || {
            let is_seen = seen.load(Acquire) == 1;
            freeing(one, None).join().unwrap();
            is_seen
        });
        let second = thread::spawn(move || freeing(two, Some(flag)).join().unwrap());
        let is_seen = first.join().unwrap();
        second.join().unwrap();
        let mut new = Owned::new(AtomicU32::new(3));
        let is_second = std::ptr::from_mut(&mut *new) == two.get();
        assert!(!(is_seen && is_second), "both");
    };
    let shown = shown(reusing(), run);
    assert_eq!((shown.violation, &*shown.message), (Fault::Panic, "both"));
}

#[test]
fn a_thread_gets_the_same_addresses_in_every_execution() {
    let seen: StdArc<StdMutex<BTreeSet<(usize, usize)>>> = StdArc::default();
    let theirs = seen.clone();
    let report = verified(Heddle::default(), move || {
        // The system has other memory to give each time.
        std::mem::forget(Box::new(0_u64));
        let word = Arc::new(AtomicU32::new(0));
        let other = word.clone();
        let child = thread::spawn(move || {
            let _mine = Owned::new(1_u64);
            other.swap(1, Relaxed);
        });
        let (first, second) = (Owned::new(1_u64), Owned::new(2_u64));
        let addresses = (std::ptr::from_ref(&*first).addr(), std::ptr::from_ref(&*second).addr());
        theirs.lock().unwrap().insert(addresses);
        word.swap(2, Relaxed);
        child.join().unwrap();
    });
    assert!(report.executions > 1);
    assert_eq!(seen.lock().unwrap().len(), 1);
}

/// An execution that is left in the middle frees what its threads own, and what is lost is nobody's.
#[test]
fn executions_that_are_left_free_what_they_own() {
    let run = || {
        let flag = Arc::new(AtomicU32::new(0));
        let other = flag.clone();
        let child = thread::spawn(move || {
            let mine = Owned::new(AtomicU32::new(1));
            other.store(mine.load(Relaxed), Release);
        });
        let mine = Owned::new(String::from("text"));
        while flag.load(Acquire) == 0 {
            thread::yield_now();
        }
        assert_eq!(*mine, "text");
        child.join().unwrap();
    };
    let report = explored(reusing(), run);
    assert!(matches!(report.verdict, Verdict::Bounded { .. }), "{:?}", report.verdict);
}

/// The block is given out again, and a thread that does not know of that uses it by an old pointer.
#[test]
fn an_old_pointer_into_a_block_that_has_been_given_out_again_is_a_use_after_free() {
    let run = |order: Ordering| {
        move || {
            let old = Raw(Owned::into_raw(Owned::new(AtomicU32::new(1))));
            let flag = Arc::new(AtomicU32::new(0));
            let theirs = flag.clone();
            let child = thread::spawn(move || {
                if theirs.load(Acquire) == 1 {
                    // SAFETY: the memory is in use again, by somebody else.
                    unsafe { (*old.get()).load(Relaxed) };
                }
            });
            // SAFETY: it was an owner before.
            drop(unsafe { Owned::from_raw(old.get()) });
            let mut new = Owned::new(AtomicU32::new(2));
            if std::ptr::from_mut(&mut *new) == old.get() {
                flag.store(1, order);
            }
            child.join().unwrap();
        }
    };
    let shown = shown(reusing(), run(Relaxed));
    assert_eq!(shown.violation, Fault::UseAfterFree);
    assert!(shown.message.contains("has been given out again at"), "{}", shown.message);
    // A thread that knows of the new block may use it by any pointer.
    verified(reusing(), run(Release));
}

/// What a thread of a random program does to the only block.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Use,
    Free,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Do(Deed),
    Raise(usize),
    IfRaised(usize, Deed),
}

/// The steps of each thread.
type Program = Vec<Vec<Step>>;

fn drawn(chance: &mut Chance) -> Program {
    let deed = |chance: &mut Chance| *chance.pick(&[Deed::Free, Deed::Use, Deed::Use]);
    let step = |chance: &mut Chance| match chance.below(4) {
        0 => Step::Do(deed(chance)),
        1 => Step::Raise(chance.below(2) as usize),
        _ => Step::IfRaised(chance.below(2) as usize, deed(chance)),
    };
    let thread = |chance: &mut Chance| (0..=chance.below(3)).map(|_| step(chance)).collect();
    (0..2 + chance.below(2)).map(|_| thread(chance)).collect()
}

fn carried_out(program: &Program) {
    let block = Raw(Owned::into_raw(Owned::new(AtomicU32::new(0))));
    let flags = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let threads = program.iter().map(|steps| {
        let (steps, flags) = (steps.clone(), flags.clone());
        thread::spawn(move || {
            let act = |deed: Deed| match deed {
                // SAFETY: none: that is what is asked.
                Deed::Use => _ = unsafe { (*block.get()).fetch_add(1, Relaxed) },
                // SAFETY: none.
                Deed::Free => drop(unsafe { Owned::from_raw(block.get()) }),
            };
            for step in steps {
                match step {
                    Step::Do(deed) => act(deed),
                    Step::Raise(flag) => flags[flag].store(1, Release),
                    Step::IfRaised(flag, deed) if flags[flag].load(Acquire) == 1 => act(deed),
                    Step::IfRaised(..) => {}
                }
            }
        })
    });
    threads.collect::<Vec<_>>().into_iter().for_each(|it| it.join().unwrap());
}

/// How far an interleaving has come; clocks have a number for each thread.
#[derive(Clone)]
struct Interleaving {
    at: Vec<usize>,
    clocks: Vec<Vec<u32>>,
    /// What is known by whoever finds it raised.
    flags: [Option<Vec<u32>>; 2],
    uses: Vec<(usize, u32)>,
    is_freed: bool,
    /// What is known by whoever uses the block, where uses are ordered.
    block: Vec<u32>,
}

/// Whether some interleaving uses the block after its end, or ends it while nothing orders a use before. A load that
/// finds a flag not raised does nothing, so weak memory adds nothing to that.
fn is_wrong(program: &Program, uses_are_ordered: bool, before: &Interleaving) -> bool {
    let join = |clock: &mut Vec<u32>, other: &[u32]| {
        clock.iter_mut().zip(other).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
    };
    (0..program.len()).any(|thread| {
        let Some(&step) = program[thread].get(before.at[thread]) else { return false };
        let mut it = before.clone();
        it.at[thread] += 1;
        it.clocks[thread][thread] += 1;
        let deed = match step {
            Step::Do(deed) => Some(deed),
            Step::Raise(flag) => {
                it.flags[flag] = Some(it.clocks[thread].clone());
                None
            }
            Step::IfRaised(flag, deed) => it.flags[flag].as_ref().map(|raised| {
                join(&mut it.clocks[thread], raised);
                deed
            }),
        };
        match deed {
            None => {}
            Some(_) if it.is_freed => return true,
            Some(Deed::Use) => {
                if uses_are_ordered {
                    join(&mut it.clocks[thread], &it.block);
                    it.block.clone_from(&it.clocks[thread]);
                }
                it.uses.push((thread, it.clocks[thread][thread]));
            }
            Some(Deed::Free) => {
                if it.uses.iter().any(|&(by, when)| it.clocks[thread][by] < when) {
                    return true;
                }
                it.is_freed = true;
            }
        }
        is_wrong(program, uses_are_ordered, &it)
    })
}

#[test]
fn random_programs_are_wrong_if_an_interleaving_of_theirs_is() {
    let mut chance = Chance::new(14);
    let (mut wrong, programs) = (0, 300);
    for _ in 0..programs {
        let program = drawn(&mut chance);
        let none = vec![0; program.len()];
        let (at, clocks) = (vec![0; program.len()], vec![none.clone(); program.len()]);
        let (flags, uses) = ([None, None], Vec::new());
        let begin = Interleaving { at, clocks, flags, uses, is_freed: false, block: none };
        for memory in [MemoryModel::Sc, MemoryModel::C20] {
            // Under sequential consistency each atomic orders all that access it.
            let expected = is_wrong(&program, memory == MemoryModel::Sc, &begin);
            wrong += usize::from(expected);
            for engine in [Heddle::default(), reusing()] {
                let run = program.clone();
                let engine = engine.memory(memory).leaks(false);
                match explored(engine, move || carried_out(&run)).verdict {
                    Verdict::Violated(shown) if expected => {
                        assert_eq!(shown.violation, Fault::UseAfterFree, "{memory}: {program:?}");
                    }
                    Verdict::Exhausted { .. } if !expected => {}
                    verdict => panic!("{memory}: {program:?}: {verdict:?}"),
                }
            }
        }
    }
    assert!(wrong > programs / 4 && wrong < 2 * programs * 3 / 4, "{wrong}");
}
