//! Memory that the body allocates and frees itself.
//!
//! A block that has been freed is not given out again in the same execution, and stays where it is until the execution
//! has ended. So an access to one of its atomics, locks or cells is seen to come too late. To the search, an access is
//! like a read of the block, and its end is like a write: nothing orders the two means that in some execution the
//! access comes last.
//!
//! If memory is to be reused, a free is an event, and an allocation may get fresh memory, or any block of its layout
//! that is known to be free: each is a way in which it may come out. The free happens before the allocation.
//!
//! The n-th block that a thread gets has the same address in every execution of an OS thread, if its layout is the same.

mod piece;

use std::alloc::Layout;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::panic::Location;
use std::thread::panicking;

use smallvec::SmallVec;

use super::execution::Execution;
use super::leaks::Leak;
use super::meaning::RustCode;
use super::operation::{Act, Operation};
use super::{State, note_effect, perform, with_execution, with_state};
use crate::graph::{EventId, Graph};
use crate::session::{self, Fault, place_of};
use piece::{Piece, from_system};

pub(crate) use piece::{alloc, dealloc};

type Site = &'static Location<'static>;

/// The blocks of an execution, and memory that earlier ones have used.
#[derive(Default)]
pub(super) struct Memory {
    blocks: Vec<Block>,
    /// The index of each block, by its address.
    by_address: BTreeMap<usize, usize>,
    /// How many fresh blocks each thread has got.
    counts: Vec<u32>,
    kept: HashMap<Name, Piece>,
}

/// The thread that has got a block first, and how many it had before.
type Name = (u32, u32);

struct Block {
    name: Name,
    piece: Piece,
    made_at: Site,
    made: EventId,
    /// Whether it had been freed before that.
    is_reused: bool,
    /// The latest access of each thread.
    uses: SmallVec<[(EventId, Site); 2]>,
    end: Option<End>,
}

/// The free of a block.
struct End {
    thread: u32,
    site: Site,
    /// If memory is reused.
    event: Option<EventId>,
}

thread_local! {
    /// Whether the execution that runs on this OS thread has blocks. Most have none, and pay nothing.
    static HAS_BLOCKS: Cell<bool> = const { Cell::new(false) };
}

impl Memory {
    fn at(&mut self, address: usize) -> Option<&mut Block> {
        let (_, &index) = self.by_address.range(..=address).next_back()?;
        let block = &mut self.blocks[index];
        let offset = address - block.piece.address();
        (offset < block.piece.layout().size()).then_some(block)
    }

    /// A block that no other allocation of the execution has.
    fn fresh(&mut self, made: EventId, made_at: Site, layout: Layout) -> *mut u8 {
        let thread = made.thread as usize;
        if self.counts.len() <= thread {
            self.counts.resize(thread + 1, 0);
        }
        let name = (made.thread, self.counts[thread]);
        self.counts[thread] += 1;
        let kept = self.kept.remove(&name).filter(|it| it.layout() == layout);
        let piece = kept.unwrap_or_else(|| Piece::new(layout));
        let pointer = piece.pointer();
        self.by_address.insert(piece.address(), self.blocks.len());
        let uses = SmallVec::new();
        let (is_reused, end) = (false, None);
        self.blocks.push(Block { name, piece, made_at, made, is_reused, uses, end });
        HAS_BLOCKS.set(true);
        pointer
    }

    /// The block that has been freed by this event, for another allocation.
    fn again(&mut self, free: EventId, made: EventId, made_at: Site) -> *mut u8 {
        let is_it = |it: &&mut Block| it.end.as_ref().is_some_and(|end| end.event == Some(free));
        let block = self.blocks.iter_mut().find(is_it).expect("it was freed in this execution");
        (block.made, block.made_at, block.is_reused, block.end) = (made, made_at, true, None);
        block.uses.clear();
        block.piece.pointer()
    }

    /// Keeps the memory that has been freed for another execution. The rest is the program's.
    pub(super) fn end_execution(&mut self) {
        self.by_address.clear();
        self.counts.clear();
        for block in self.blocks.drain(..) {
            if block.end.is_some() {
                self.kept.insert(block.name, block.piece);
            } else {
                block.piece.give_away();
            }
        }
        HAS_BLOCKS.set(false);
    }

    /// The first block that has not been freed.
    pub(super) fn leak(&self) -> Option<Leak> {
        let left = self.blocks.iter().find(|it| it.end.is_none())?;
        Some(Leak { made_at: left.made_at, owners: None })
    }
}

/// Notes that the running thread uses what lies at this address.
///
/// # Panics
/// It lies in a block that has been freed.
pub(super) fn note_use(address: usize, site: Site) {
    if !HAS_BLOCKS.get() || panicking() {
        return;
    }
    let misuse = with_state(|state| state.misuse(address, site)).flatten();
    if let Some((message, site)) = misuse {
        session::violate(Fault::UseAfterFree, message, site);
    }
}

/// The same for an owner of what lies there; false if that has been freed, and nothing can be said about it any more,
/// since the thread unwinds or the execution is over.
pub(crate) fn touch(address: usize, site: Site) -> bool {
    note_use(address, site);
    let is_there = |state: &mut State| {
        let says_nothing = panicking() || state.execution.ending.is_some();
        !says_nothing || state.memory.at(address).is_none_or(|block| block.end.is_none())
    };
    !HAS_BLOCKS.get() || with_state(is_there) != Some(false)
}

impl State {
    /// What is wrong with an access of the running thread to an address.
    fn misuse(&mut self, address: usize, site: Site) -> Option<(String, Site)> {
        let State { execution, memory, .. } = self;
        if execution.ending.is_some() || execution.threads.is_empty() {
            return None;
        }
        let block = memory.at(address)?;
        let (here, site) = (execution.here(), execution.thread().site.unwrap_or(site));
        let (at, made_at) = (place_of(site), place_of(block.made_at));
        if let Some(end) = &block.end {
            let (rank, freed_at) = (execution.rank(end.thread), place_of(end.site));
            let message = format!(
                "{at} uses memory from {made_at}, which thread {rank} has freed at {freed_at}"
            );
            return Some((message, site));
        }
        if block.is_reused && !execution.knows(block.made) {
            let message = format!(
                "{at} uses memory that has been freed, and has been given out again at {made_at}"
            );
            return Some((message, site));
        }
        block.uses.retain(|it| it.0.thread != here.thread);
        block.uses.push((here, site));
        None
    }
}

/// Memory for the body, of at least one byte. Outside of any execution it is the system's.
#[track_caller]
fn allocate(layout: Layout) -> *mut u8 {
    let site = Location::caller();
    let freed = match with_execution(|it| it.limits.reuses_memory) {
        None => return from_system(layout),
        Some(false) => None,
        Some(true) => {
            let act = Act::Allocate { size: layout.size(), align: layout.align() };
            let operation = Operation { act, object: None, order: None, site };
            let Some(outcome) = perform(&operation) else { return from_system(layout) };
            let freed = |it: &mut Execution| it.graph.event(outcome.id).awaits.first().copied();
            with_execution(freed).flatten()
        }
    };
    let pointer = with_state(|State { execution, memory, .. }| {
        let made = execution.here();
        let made_at = execution.thread().site.unwrap_or(site);
        match freed {
            Some(free) => memory.again(free, made, made_at),
            None => memory.fresh(made, made_at, layout),
        }
    });
    pointer.unwrap_or_else(|| from_system(layout))
}

/// Frees the block at an address; false if there is none in this execution.
///
/// # Panics
/// It has been freed, it may be in use, or it has another layout.
#[track_caller]
fn free(address: usize, layout: Layout) -> bool {
    note_effect();
    let site = Location::caller();
    let checks = || with_state(|state| state.misfree(address, layout, site));
    match checks().flatten() {
        None => return false,
        Some(Err((message, site))) => session::violate(Fault::UseAfterFree, message, site),
        Some(Ok(())) => {}
    }
    let mut event = None;
    if with_execution(|it| it.limits.reuses_memory) == Some(true) {
        let act = Act::Free { size: layout.size(), align: layout.align() };
        event = perform(&Operation { act, object: None, order: None, site }).map(|it| it.id);
        // Others may have gone on in the meantime.
        if let Some(Some(Err((message, site)))) = checks() {
            session::violate(Fault::UseAfterFree, message, site);
        }
    }
    with_state(|State { execution, memory, .. }| {
        let (thread, site) = (execution.running, execution.thread().site.unwrap_or(site));
        if let Some(block) = memory.at(address) {
            block.end.get_or_insert(End { thread, site, event });
        }
    });
    true
}

impl State {
    /// What is wrong with a free by the running thread; `None` if there is no such block.
    fn misfree(
        &mut self,
        address: usize,
        layout: Layout,
        site: Site,
    ) -> Option<Result<(), (String, Site)>> {
        let State { execution, memory, .. } = self;
        let block = memory.at(address)?;
        if panicking() || execution.ending.is_some() {
            return Some(Ok(()));
        }
        let site = execution.thread().site.unwrap_or(site);
        let (at, made_at) = (place_of(site), place_of(block.made_at));
        let wrong = |message| Some(Err((message, site)));
        if let Some(end) = &block.end {
            let (rank, freed_at) = (execution.rank(end.thread), place_of(end.site));
            return wrong(format!(
                "{at} frees memory from {made_at}, which thread {rank} has freed at {freed_at}"
            ));
        }
        if (address, layout) != (block.piece.address(), block.piece.layout()) {
            return wrong(format!(
                "{at} frees a part of the memory from {made_at}, or with another layout"
            ));
        }
        if !execution.knows(block.made) {
            return wrong(format!("{at} frees memory from {made_at}, and nothing orders the two"));
        }
        if let Some((used, used_at)) = block.uses.iter().find(|it| !execution.knows(it.0)) {
            let (rank, used_at) = (execution.rank(used.thread), place_of(used_at));
            return wrong(format!(
                "{at} frees memory from {made_at} that thread {rank} uses at {used_at}, and nothing orders the two"
            ));
        }
        Some(Ok(()))
    }
}

impl Graph<RustCode> {
    /// The frees of which a thread knows, of blocks with the layout of an allocation; the same order in every execution
    /// with this past.
    pub(super) fn frees_for(&self, thread: u32, allocation: Act) -> SmallVec<[EventId; 4]> {
        let Act::Allocate { size, align } = allocation else { return SmallVec::new() };
        let knows = self.knowledge(thread);
        let is_one = |id: &EventId, act: Act| act == Act::Free { size, align } && knows.has(*id);
        let events = self.events().filter(|it| is_one(&it.id, it.detail.operation.act));
        let mut frees: SmallVec<[EventId; 4]> = events.map(|it| it.id).collect();
        frees.sort_by_cached_key(|it| (self.lineage(it.thread), it.position));
        frees
    }

    /// Where a thread was started, where that one was, and so on: the numbers of threads may depend on other executions.
    fn lineage(&self, thread: u32) -> Vec<u32> {
        let parent = |by: &EventId| self.lines[by.thread as usize].started_by;
        let first = self.lines[thread as usize].started_by;
        let mut starts: Vec<u32> =
            std::iter::successors(first, parent).map(|it| it.position).collect();
        starts.reverse();
        starts
    }

    /// The free whose memory an allocation gets if it comes out in this way; `None` if it gets fresh memory.
    pub(super) fn freed_for(&self, thread: u32, allocation: Act, way: u32) -> Option<EventId> {
        self.frees_for(thread, allocation).get((way as usize).checked_sub(1)?).copied()
    }

    /// Whether another allocation has got the memory of a free.
    pub(super) fn is_reused(&self, free: EventId) -> bool {
        let takes = |act: Act| matches!(act, Act::Allocate { .. });
        self.events().any(|it| takes(it.detail.operation.act) && it.awaits.contains(&free))
    }
}
