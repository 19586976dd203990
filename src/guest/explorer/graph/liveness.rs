//! Decides whether threads can go on forever from the state that a graph settles to.

use std::sync::Arc;

use std::sync::{Mutex, PoisonError};

use crate::graph::EventId;
use crate::guest::explorer::livelock::{Circle, Livelocks};
use crate::guest::{Bound, Control, GuestCounterexample, Options};
use crate::reference::graph::Graph;
use crate::reference::graph::step::Ability;
use crate::reference::{State, Subject, Turn};

/// What the parts of a search know about livelocks.
pub(super) struct Liveness(Mutex<Known>);

struct Known {
    livelocks: Livelocks,
    /// The livelock that can be reached from the beginning, once it has been looked for: it is the same
    /// for every part.
    from_start: Option<Result<Option<Circle>, Option<Bound>>>,
}

impl Liveness {
    pub(super) fn new(options: &Options) -> Self {
        let livelocks = Livelocks::new(options.memory_max, options.effort_max);
        Liveness(Mutex::new(Known { livelocks, from_start: None }))
    }

    /// Finds a livelock that can be reached from the beginning or, if there is none, from this graph,
    /// which settles to this state.
    ///
    /// # Errors
    /// Returns what kept the search from seeing all states; see [`Livelocks::from`].
    pub(super) fn livelock(
        &self,
        subject: &Arc<Subject>,
        control: &Control,
        graph: &Graph,
        state: &State,
    ) -> Result<Option<GuestCounterexample>, Option<Bound>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.from_start.is_none() {
            let (start, _) = State::new(subject);
            known.from_start = Some(known.livelocks.from(subject, control, &start));
        }
        if let Some(circle) = known.from_start.clone().expect("it has been looked for")? {
            let initial = Graph::initial(subject, graph.model);
            return Ok(Some(initial.going_round(subject, circle)));
        }
        let circle = known.livelocks.from(subject, control, state)?;
        Ok(circle.map(|circle| graph.going_round(subject, circle)))
    }
}

impl Graph {
    /// The counterexample of threads that go on from here, and then for ever in a circle.
    pub(super) fn going_round(
        &self,
        subject: &Arc<Subject>,
        circle: Circle,
    ) -> GuestCounterexample {
        // The circle says who gets a monitor next.
        let mut graph = self.without_lines();
        let mut order = graph.linearised(&graph.everything());
        graph.notes.leaves_loops = false;
        let mut go = |turn: &Turn| graph.go_on(subject, *turn, &mut order);
        let comes_in = circle.way.iter().all(&mut go);
        let begins = order.len();
        let goes_round =
            comes_in && circle.lap.iter().all(|it| graph.go_on(subject, *it, &mut order));
        graph.narrate(subject, circle.violation, &order, goes_round.then_some(begins))
    }

    /// Makes a thread's next step as under sequential consistency; returns whether this was possible. It
    /// is not if the allocator has decided something else.
    fn go_on(&mut self, subject: &Arc<Subject>, turn: Turn, order: &mut Vec<EventId>) -> bool {
        let thread = turn.thread;
        self.resume(thread);
        self.notice(subject, thread);
        let is_able = self.ability(thread) == Ability::Able;
        let picks = if is_able { self.picks(subject, thread) } else { Vec::new() };
        let same_course = picks.iter().find(|pick| pick.turn.course == turn.course);
        let latest = same_course.or(picks.first()).copied();
        let is_made = latest.is_some_and(|pick| self.apply(subject, pick));
        if is_made {
            order.extend(self.last_id(thread.0));
        }
        is_made
    }
}
