//! Seeing an execution again.

use super::MemoryModel;
use super::event::{Source, Standing};
use super::execution::Graph;
use super::step::{Ability, Pick};
use super::verdict::{Conclusion, Wrong};
use crate::engine::guest::{Choice, Counterexample};
use crate::interp::ThreadId;
use crate::reference::{Operation, Outcome, Subject};

/// What a schedule leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// It shows a violation.
    Violation(Box<Counterexample>),
    /// All threads have ended, and nothing went wrong.
    Outcome(Outcome),
    /// It ends before the program does, and nothing has gone wrong so far.
    Open,
}

/// Why a schedule is none of this program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The thread does not exist, has ended, or must wait for another.
    #[error("step {step}: thread {} cannot make a step", thread.0)]
    CannotStep {
        /// Which of the schedule's steps, from 1.
        step: usize,
        /// Who should make it.
        thread: ThreadId,
    },
    /// The thread can make a step, but cannot read what the schedule says, or write there.
    #[error("step {step}: thread {} cannot {operation} from there", thread.0)]
    CannotRead {
        /// Which of the schedule's steps, from 1.
        step: usize,
        /// Who should make it.
        thread: ThreadId,
        /// What it would do.
        operation: String,
    },
}

/// Carries out the choices of a schedule, as long as nothing goes wrong.
///
/// # Errors
/// A choice that the program does not have there, under this memory model.
pub fn replay(
    subject: &Subject,
    model: MemoryModel,
    choices: &[Choice],
) -> Result<Replayed, ReplayError> {
    let mut graph = Graph::initial(subject, model);
    for (choice, step) in choices.iter().zip(1..) {
        graph = make_step(subject, graph, *choice, step)?;
        let new: Vec<_> = graph.last_id(choice.thread).into_iter().collect();
        if let Some(wrong) = graph.wrongs(subject, &new, |_, _| true).into_iter().next() {
            return Ok(violated(subject, &graph, wrong));
        }
    }
    // Who has been notified waits no more.
    for thread in graph.threads() {
        graph = notice(subject, graph, thread);
    }
    if !graph.runnable(subject).is_empty() {
        return Ok(Replayed::Open);
    }
    let mut prefix = super::Clock::default();
    graph.events().for_each(|event| prefix.insert(event.id));
    Ok(match graph.conclude(subject) {
        Conclusion::Stuck(violation) => violated(subject, &graph, Wrong { violation, prefix }),
        Conclusion::Outcome(outcome) => match graph.leaks() {
            Some(violation) => violated(subject, &graph, Wrong { violation, prefix }),
            None => Replayed::Outcome(outcome),
        },
        Conclusion::Blocked => Replayed::Open,
    })
}

fn violated(subject: &Subject, graph: &Graph, wrong: Wrong) -> Replayed {
    Replayed::Violation(Box::new(graph.counterexample(subject, wrong)))
}

/// Lets a thread that waits see the notification that it has got, which is no step.
fn notice(subject: &Subject, mut graph: Graph, thread: ThreadId) -> Graph {
    let Standing::At(before) = graph.standing(thread) else { return graph };
    if !matches!(before.next(), Operation::Await { .. }) {
        return graph;
    }
    let pick = graph.picks(subject, thread).into_iter().find(|pick| pick.replaces.is_none());
    pick.and_then(|pick| graph.apply(subject, pick)).unwrap_or(graph)
}

fn make_step(
    subject: &Subject,
    graph: Graph,
    choice: Choice,
    step: usize,
) -> Result<Graph, ReplayError> {
    let thread = choice.thread;
    let cannot_step = ReplayError::CannotStep { step, thread };
    if thread.0 as usize >= graph.lines.len() {
        return Err(cannot_step);
    }
    let mut graph = notice(subject, graph, thread);
    let Standing::At(before) = graph.standing(thread) else { return Err(cannot_step) };
    if graph.ability(subject, thread) != Ability::Able {
        return Err(cannot_step);
    }
    let operation = before.next().describe(subject, None);
    let wanted = match choice.reads {
        None => None,
        Some(name) => match graph.by_name(name) {
            Some(write) => Some(write),
            None => return Err(ReplayError::CannotRead { step, thread, operation }),
        },
    };
    let is_wanted = |pick: &Pick| {
        let chosen: Option<Source> = pick.reads.or(pick.replaces);
        wanted.is_none() || chosen == wanted
    };
    let mut picks = graph.picks(subject, thread).into_iter().filter(is_wanted);
    let next = match wanted {
        // The latest.
        None => picks.next().and_then(|pick| graph.apply(subject, pick)),
        Some(_) => picks.find_map(|pick| graph.apply(subject, pick)),
    };
    next.ok_or(ReplayError::CannotRead { step, thread, operation })
}
