//! Repeats an execution.

use std::sync::Arc;

use super::MemoryModel;
use crate::graph::{EventId, Source};
use crate::guest::explorer::replay::circle;
use crate::guest::{Bound, Choice, Control, GuestCounterexample, ReplayError};
use crate::interp::ThreadId;
use crate::reference::graph::Graph;
use crate::reference::graph::step::{Ability, Pick};
use crate::reference::graph::verdict::Conclusion;
use crate::reference::graph::wrong::Wrong;
use crate::reference::{Impasse, Operation, Subject, Thread, View, describe_circle_closed_by};

/// Follows the choices of a schedule. If there are several violations, it shows the last one.
///
/// # Errors
/// The program does not have one of the choices at that point under this memory model, or the execution
/// shows no violation.
pub fn replay(
    subject: &Arc<Subject>,
    model: MemoryModel,
    choices: &[Choice],
    control: &Control,
) -> Result<GuestCounterexample, ReplayError> {
    let mut graph = Graph::initial(subject, model);
    let mut last = graph.wrong_from_the_start().map(|it| graph.counterexample(subject, it));
    for (step, choice) in (1..).zip(choices) {
        if let Some(bound) = control.bound() {
            return Err(ReplayError::CutOff(bound));
        }
        let bound = cut_off(&graph, control);
        graph = make_step(subject, graph, *choice, step)
            .map_err(|error| bound.map_or(error, ReplayError::CutOff))?;
        let new: Vec<EventId> = graph.last_id(choice.turn.thread.0).into_iter().collect();
        let wrongs = graph.wrongs(subject, &new, |_, _| true);
        // The violation that a schedule was made for depends on all of its steps.
        let everything = graph.everything();
        let newest = wrongs.into_iter().max_by_key(|wrong| wrong.prefix == everything);
        last = newest.map(|wrong| graph.counterexample(subject, wrong)).or(last);
    }
    let bound = cut_off(&graph, control);
    let nothing = bound.map_or(ReplayError::NoViolation, ReplayError::CutOff);
    // A thread that has been notified waits no more.
    for thread in graph.threads() {
        graph.notice(subject, thread);
    }
    let closed = || closed_by(subject, &graph, choices.last());
    let shown = at_end(subject, &graph).or_else(closed).or(last);
    shown.or_else(|| going_round(subject, model, choices)).ok_or(nothing)
}

/// The states that the graph of a schedule settles to on the way, as far as it can be followed, from the one before
/// the choice at this position.
pub fn views(
    subject: &Arc<Subject>,
    model: MemoryModel,
    choices: &[Choice],
    from: usize,
) -> Vec<View> {
    let mut graph = Graph::initial(subject, model);
    let mut views = Vec::new();
    for made in 0..=choices.len() {
        if made >= from {
            views.push(graph.settled(subject).view(subject.code.globals.len()));
        }
        let Some(choice) = choices.get(made) else { break };
        match make_step(subject, graph, *choice, made + 1) {
            Ok(longer) => graph = longer,
            Err(_) => break,
        }
    }
    views
}

/// What stops a replay before its end.
fn cut_off(graph: &Graph, control: &Control) -> Option<Bound> {
    let local = || graph.is_out_of_local_steps().then_some(Bound::LocalSteps);
    control.bound().or_else(local)
}

/// The livelock of a schedule that returns to a state that it had settled to before.
fn going_round(
    subject: &Arc<Subject>,
    model: MemoryModel,
    choices: &[Choice],
) -> Option<GuestCounterexample> {
    let mut graph = Graph::initial(subject, model);
    let mut seen = vec![graph.settled(subject).fingerprint()];
    let mut order = Vec::new();
    for choice in choices {
        graph = make_step(subject, graph, *choice, 0).ok()?;
        seen.push(graph.settled(subject).fingerprint());
        order.extend(graph.last_id(choice.turn.thread.0));
    }
    let way = choices.iter().map(|choice| choice.turn.thread);
    let (violation, from) = circle(&graph, &seen, way)?;
    Some(graph.narrate(subject, violation, &order, Some(from)))
}

/// The deadlock of threads that wait for each other since the last choice, although others can go on.
fn closed_by(
    subject: &Arc<Subject>,
    graph: &Graph,
    last: Option<&Choice>,
) -> Option<GuestCounterexample> {
    let deadlock = describe_circle_closed_by(graph, subject, last?.turn.thread)?;
    Some(graph.counterexample(subject, Wrong::new(deadlock, graph.everything())))
}

/// What is wrong if nobody can go on at the end of a schedule.
fn at_end(subject: &Arc<Subject>, graph: &Graph) -> Option<GuestCounterexample> {
    if !graph.runnable().is_empty() {
        return None;
    }
    let violation = match graph.conclude(subject) {
        Conclusion::Stuck(violation) => Some(violation),
        Conclusion::Outcome(outcome) if graph.trapped().next().is_none() => {
            subject.broken_claim(&outcome).or_else(|| graph.leak(subject))
        }
        Conclusion::Outcome(_) | Conclusion::Blocked => None,
    };
    let wrong = Wrong::new(violation?, graph.everything());
    Some(graph.counterexample(subject, wrong))
}

impl Graph {
    /// The write that a schedule names for a pick. For a thread that finds a monitor held, it is the step with
    /// which the owner got it; a thread that gets a monitor reads the latest write, so that none is named.
    fn write_named_by(&self, pick: &Pick) -> Option<Source> {
        let operation = self.at(pick.turn.thread)?.next();
        if !operation.wants_monitor() {
            return pick.reads.or(pick.replaces);
        }
        let seen = pick.reads.flatten().filter(|_| pick.replaces.is_none())?;
        Some(self.completion_of(seen))
    }

    /// Lets a waiting thread see the notification that it has received, which is not a step.
    pub(super) fn notice(&mut self, subject: &Arc<Subject>, thread: ThreadId) {
        let waits = |it: &Arc<Thread>| matches!(it.next(), Operation::Await { .. });
        if !self.at(thread).is_some_and(waits) {
            return;
        }
        let pick = self.picks(subject, thread).into_iter().find(|pick| pick.replaces.is_none());
        if let Some(pick) = pick {
            self.apply(subject, pick);
        }
    }
}

fn make_step(
    subject: &Arc<Subject>,
    mut graph: Graph,
    choice: Choice,
    step: usize,
) -> Result<Graph, ReplayError> {
    let thread = choice.turn.thread;
    let not_enabled = ReplayError::NotEnabled { step, thread: thread.0 };
    if thread.0 as usize >= graph.lines.len() {
        return Err(not_enabled);
    }
    // A schedule may repeat a loop.
    graph.resume(thread);
    graph.notice(subject, thread);
    if !matches!(graph.ability(thread), Ability::Able | Ability::Spurious) {
        return Err(not_enabled);
    }
    let impossible = |graph: &Graph| {
        let operation = graph.live(thread).map_or("go on", |it| it.next().name());
        ReplayError::Impossible { step, thread: thread.0, operation }
    };
    let wanted = match choice.reads.map(|name| graph.by_name(name)) {
        None => None,
        Some(Some(write)) => Some(write),
        Some(None) => return Err(impossible(&graph)),
    };
    let picks = graph.picks(subject, thread);
    let is_wanted = |pick: &Pick| {
        pick.turn.course == choice.turn.course
            && (wanted.is_none() || graph.write_named_by(pick) == wanted)
    };
    let picks: Vec<Pick> = picks.into_iter().filter(is_wanted).collect();
    // A step that names no write reads the latest one.
    let tried = if wanted.is_none() { &picks[..picks.len().min(1)] } else { &picks[..] };
    let is_made = tried.iter().any(|&pick| graph.apply(subject, pick));
    if is_made { Ok(graph) } else { Err(impossible(&graph)) }
}
