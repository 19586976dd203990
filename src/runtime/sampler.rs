//! Executions that a strategy draws: it chooses the thread of each step, and the way in which the thread's operation
//! comes out (the write that it reads, the place of its own write) is drawn from all that it has, each equally likely.

use std::cell::RefCell;
use std::rc::Rc;

use super::guide::{Able, Guide};
use super::operation::{Act, Object};
use crate::sample::{
    self, Accesses, Chooser, Estimate, Pct, Pos, Random, SURVEYS, Surveyor, Surw, Upcoming, Urw,
};
use crate::session::Chance;
use crate::verdict::{Strategy, ThreadId};

/// Draws executions by a strategy: the same ones for the same seed.
pub(crate) struct Sampler {
    seed: u64,
    guide: Rc<RefCell<dyn Draw>>,
}

impl Sampler {
    /// By a strategy that knows what a survey has counted. Some need not: [`Strategy::needs_estimate`].
    pub(crate) fn new(strategy: Strategy, survey: &Survey) -> Self {
        let walk = survey.walk.borrow();
        let estimate: &Estimate<Object> = walk.chooser.estimate();
        let guide: Rc<RefCell<dyn Draw>> = match strategy {
            Strategy::Random => drawn(Random),
            Strategy::Pct { depth } => drawn(Pct::new(depth, estimate.steps_max)),
            Strategy::Urw => drawn(Urw::new(estimate)),
            Strategy::Pos => drawn(Pos::default()),
            Strategy::Surw => drawn(Surw::new(estimate)),
        };
        Sampler { seed: survey.seed, guide }
    }

    /// Draws the execution with this number.
    pub(crate) fn guide(&self, number: u64) -> Box<dyn Guide> {
        self.guide.borrow_mut().begin(chance_of(self.seed, number));
        Box::new(self.guide.clone())
    }
}

/// Counts the operations of random walks.
pub(crate) struct Survey {
    seed: u64,
    walk: Rc<RefCell<Drawn<Surveyor<Object>>>>,
}

impl Survey {
    /// The number of walks.
    pub(crate) const WALKS: u64 = SURVEYS;

    pub(crate) fn new(seed: u64) -> Self {
        Survey { seed, walk: drawn(Surveyor::new()) }
    }

    /// Draws the walk with this number. Executions are numbered upwards, and walks from the other end.
    pub(crate) fn guide(&self, number: u64) -> Box<dyn Guide> {
        self.walk.borrow_mut().begin(chance_of(self.seed, u64::MAX - number));
        Box::new(self.walk.clone())
    }
}

/// The random numbers of the execution with this number.
fn chance_of(seed: u64, number: u64) -> Chance {
    Chance::new(seed ^ number.rotate_left(32))
}

/// A guide that can begin another execution.
trait Draw: Guide {
    fn begin(&mut self, chance: Chance);
}

/// A strategy in use.
struct Drawn<C> {
    chooser: C,
    chance: Chance,
    /// The latest thread that has started.
    latest: ThreadId,
}

fn drawn<C>(chooser: C) -> Rc<RefCell<Drawn<C>>> {
    Rc::new(RefCell::new(Drawn { chooser, chance: Chance::default(), latest: ThreadId(0) }))
}

impl<C: Chooser<Access>> Draw for Drawn<C> {
    fn begin(&mut self, chance: Chance) {
        (self.chance, self.latest) = (chance, ThreadId(0));
        self.chooser.begin(&mut self.chance);
    }
}

impl<C: Chooser<Access>> Guide for Drawn<C> {
    fn thread(&mut self, able: &[Able<'_>]) -> usize {
        let thread = self.chooser.choose(&able, &mut self.chance);
        let index = index_of(able, thread);
        if let Act::Spawn { .. } = able[index].operation.act {
            self.latest.0 += 1;
            self.chooser.started(thread, self.latest, &mut self.chance);
        }
        index
    }

    fn way(&mut self, ways: usize) -> usize {
        self.chance.below(ways as u64) as usize
    }
}

/// The place of a thread that can go on.
fn index_of(able: &[Able<'_>], thread: ThreadId) -> usize {
    able.iter().position(|it| it.thread == thread.0).expect("the thread can go on")
}

impl<G: Guide + ?Sized> Guide for Rc<RefCell<G>> {
    fn wanted(&self) -> Option<u32> {
        self.borrow().wanted()
    }

    fn thread(&mut self, able: &[Able<'_>]) -> usize {
        self.borrow_mut().thread(able)
    }

    fn way(&mut self, ways: usize) -> usize {
        self.borrow_mut().way(ways)
    }
}

impl sample::Chance for Chance {
    fn word(&mut self) -> u64 {
        self.bits()
    }

    fn below(&mut self, limit: u64) -> u64 {
        Chance::below(self, limit)
    }
}

impl Upcoming for &[Able<'_>] {
    type Access = Access;

    fn able(&self) -> impl ExactSizeIterator<Item = ThreadId> + Clone {
        self.iter().map(|it| ThreadId(it.thread))
    }

    fn accesses(&self, thread: ThreadId) -> Accesses<Access> {
        let operation = self[index_of(self, thread)].operation;
        let access = operation.object.filter(|_| operation.act.accesses());
        let writes = operation.act != Act::Load;
        [access.map(|object| Access { object, writes }), None]
    }
}

/// What an operation does to its object.
#[derive(Clone, Copy)]
pub(crate) struct Access {
    object: Object,
    writes: bool,
}

impl sample::Access for Access {
    type Object = Object;

    fn object(&self) -> Object {
        self.object
    }

    fn writes(&self) -> bool {
        self.writes
    }
}
