//! Which orders of its output lines a small `TinyVM` program may show.
//!
//! A [`Sample`] says what each thread does; the rules follow from it and nothing else:
//!
//! - the first line is `Starting TinyVM with threads...`;
//! - a thread's own lines come in its order;
//! - a thread's first line comes after what its spawner printed before the spawn;
//! - `Waiting for thread Thread N` comes after the line of N-1 and after all of thread N-1;
//! - `TinyVM finished.` comes after everything else.
//!
//! All else is free: a sleep orders nothing. The rules are a partial order, and [`is_legal`] checks
//! it line by line. [`legal_orders`] lists the orders that keep it, so that tests can count them.
#![allow(dead_code)] // each test crate that includes this uses a part of it

use std::collections::BTreeSet;

/// One thing that a thread of a sample does.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Prints a value.
    Print(i32),
    /// Starts the thread with this index.
    Spawn(usize),
    /// Prints `Thread exiting`; only last.
    Exit,
}

/// What each thread does; the index is the thread's number.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) threads: Vec<Vec<Step>>,
}

impl Sample {
    /// The article's program: thread 0 starts thread 1, and each prints its variable.
    pub(crate) fn article() -> Self {
        let parent = vec![Step::Spawn(1), Step::Print(5), Step::Exit];
        let child = vec![Step::Print(10), Step::Exit];
        Sample { threads: vec![parent, child] }
    }

    /// Nothing but `exit`.
    pub(crate) fn exit() -> Self {
        Sample { threads: vec![vec![Step::Exit]] }
    }

    /// One spawn, and `exit` in both threads.
    pub(crate) fn spawn_and_exit() -> Self {
        Sample { threads: vec![vec![Step::Spawn(1), Step::Exit], vec![Step::Exit]] }
    }
}

/// Lines, and which of them come before which others.
struct Rules {
    lines: Vec<String>,
    /// `(a, b)`: line `a` comes before line `b`; both are indices into `lines`.
    before: Vec<(usize, usize)>,
}

impl Rules {
    fn of(sample: &Sample) -> Self {
        let mut rules = Rules { lines: vec![], before: vec![] };
        let starting = rules.line("Starting TinyVM with threads...".to_owned(), None);
        // The line before each thread's start, once its spawner has been seen; a spawner has a
        // lower number than whom it spawns.
        let mut spawned_after = vec![starting; sample.threads.len()];
        let mut previous_waiting = starting;
        let mut ends = vec![];
        for (number, steps) in sample.threads.iter().enumerate() {
            let waiting = format!("[Main] Waiting for thread Thread {number}");
            let waiting = rules.line(waiting, Some(previous_waiting));
            rules.before.extend(ends.last().map(|&end| (end, waiting)));
            previous_waiting = waiting;

            let started = format!("[Thread {number}] Thread started");
            let mut last = rules.line(started, Some(spawned_after[number]));
            for step in steps {
                match step {
                    Step::Print(value) => {
                        last = rules.line(format!("[Thread {number}] {value}"), Some(last));
                    }
                    Step::Spawn(child) => spawned_after[*child] = last,
                    Step::Exit => {
                        last = rules.line(format!("[Thread {number}] Thread exiting"), Some(last));
                    }
                }
            }
            ends.push(rules.line(format!("[Thread {number}] Thread finished"), Some(last)));
        }
        let finished = rules.line("TinyVM finished.".to_owned(), Some(previous_waiting));
        rules.before.extend(ends.iter().map(|&end| (end, finished)));
        // `Starting` comes before all, since every chain begins there.
        rules
    }

    fn line(&mut self, text: String, after: Option<usize>) -> usize {
        let index = self.lines.len();
        self.lines.push(text);
        self.before.extend(after.map(|after| (after, index)));
        index
    }
}

/// Whether a run of the sample may print these lines in this order.
///
/// It does not see equal lines apart: a sample prints no line twice.
pub(crate) fn is_legal(lines: &[String], sample: &Sample) -> bool {
    let rules = Rules::of(sample);
    let place = |line: &String| lines.iter().position(|other| other == line);
    let Some(places) = rules.lines.iter().map(place).collect::<Option<Vec<usize>>>() else {
        return false;
    };
    lines.len() == rules.lines.len() && rules.before.iter().all(|&(a, b)| places[a] < places[b])
}

/// All orders that keep the rules.
pub(crate) fn legal_orders(sample: &Sample) -> BTreeSet<Vec<String>> {
    let rules = Rules::of(sample);
    let mut orders = BTreeSet::new();
    extend(&rules, &mut vec![], &mut orders);
    orders
}

/// Extends an order by each line whose predecessors are all in it; as deep as there are lines.
fn extend(rules: &Rules, order: &mut Vec<usize>, orders: &mut BTreeSet<Vec<String>>) {
    if order.len() == rules.lines.len() {
        orders.insert(order.iter().map(|&line| rules.lines[line].clone()).collect());
    }
    for line in 0..rules.lines.len() {
        let is_ready = rules.before.iter().all(|(a, b)| *b != line || order.contains(a));
        if is_ready && !order.contains(&line) {
            order.push(line);
            extend(rules, order, orders);
            order.pop();
        }
    }
}
