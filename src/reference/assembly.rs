//! Builds a state from parts, for searches that do not go from state to state.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::output::Output;
use super::state::{Monitor, Slot};
use super::{Allocations, Ending, Memory, State, Subject, Thread};
use crate::interp::allocation::Allocation;
use crate::interp::{Cell, Shared, Text, ThreadId};

/// The condition of a thread.
#[derive(Clone, Debug)]
pub enum Part {
    /// Before its next operation.
    Live(Arc<Thread>),
    /// A trap that nothing caught has stopped it.
    Stopped(Arc<Thread>),
    /// It has ended, and leaves these allocations.
    Ended(Ending, Allocations),
}

/// The parts of a state.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// By number.
    pub threads: Vec<Part>,
    /// Words that differ from the initial ones. A cell may be listed twice; the last entry counts.
    pub words: Vec<(Cell, u64)>,
    /// The owner of each monitor, and the threads that wait for a notification on it, longest first.
    pub monitors: Vec<(u64, Option<ThreadId>, Vec<ThreadId>)>,
    /// The shared objects.
    pub shared: Vec<(Cell, Arc<Shared>)>,
    /// Allocations that have ended.
    pub ended: Vec<Allocation>,
    /// The allocations that freed memory can be next, with their numbers of cells.
    pub freed: Vec<(u64, Allocation)>,
    /// What has been printed, in order.
    pub prints: Vec<Text>,
    /// How many lines have been read.
    pub lines_read: u64,
}

impl State {
    /// The state with these parts. It does not know which threads have been joined.
    pub fn of_parts(subject: &Subject, parts: Parts) -> Self {
        let mut memory = Memory::new(&subject.code.globals);
        for (cell, word) in parts.words {
            memory.store(cell, word);
        }
        let mut exit = None;
        let mut slots = Vec::with_capacity(parts.threads.len());
        for part in parts.threads {
            slots.push(match part {
                Part::Live(thread) => Slot::Live(thread),
                Part::Stopped(thread) => Slot::Stopped(thread),
                Part::Ended(ending, allocations) => {
                    let error = match ending {
                        Ending::Captured(error) => Some(error),
                        Ending::Returned(word) => {
                            if slots.is_empty() {
                                exit = Some(subject.code.exit_code(word));
                            }
                            None
                        }
                    };
                    Slot::Ended { error, is_joined: false, kin: None, allocations }
                }
            });
        }
        let mut monitors = BTreeMap::new();
        for (object, owner, waiters) in parts.monitors {
            let monitor = Monitor { owner, waiters: waiters.into() };
            if monitor != Monitor::default() {
                monitors.insert(object, monitor);
            }
        }
        let mut output = Output::new();
        parts.prints.into_iter().for_each(|text| output.push(text));
        let lines_read = parts.lines_read;
        let mut freed: BTreeMap<u64, Vec<Allocation>> = BTreeMap::new();
        for (cells, allocation) in parts.freed {
            freed.entry(cells).or_default().push(allocation);
        }
        let ended = parts.ended.into_iter().collect();
        let shared = parts.shared.into_iter().collect();
        State { threads: slots, memory, ended, freed, monitors, shared, output, lines_read, exit }
    }
}
