//! The rules for output orders allow what a machine can do, and nothing else.
#![cfg(feature = "cli")]

#[path = "common/legal_orders.rs"]
mod legal_orders;

use std::collections::BTreeSet;

use legal_orders::{Sample, Step, is_legal, legal_orders};

#[test]
fn the_rules_leave_as_many_orders_as_were_counted() {
    assert_eq!(legal_orders(&Sample::article()).len(), 574);
    assert_eq!(legal_orders(&Sample::exit()).len(), 4);
    assert_eq!(legal_orders(&Sample::spawn_and_exit()).len(), 125);
}

#[test]
fn the_rules_allow_just_what_the_machine_can_do() {
    for sample in [Sample::article(), Sample::exit(), Sample::spawn_and_exit()] {
        let shown = Machine::all_orders(&sample);
        assert_eq!(shown, legal_orders(&sample));
        assert!(shown.iter().all(|lines| is_legal(lines, &sample)));
    }
}

#[test]
fn of_all_permutations_the_checker_accepts_the_legal_ones() {
    for (sample, expected) in [(Sample::exit(), 4), (Sample::spawn_and_exit(), 125)] {
        let mut lines = legal_orders(&sample).pop_first().expect("some order is legal");
        let mut accepted = 0;
        // The first and the last line are fixed by the rules; a test below moves them.
        let last = lines.len() - 1;
        permute(&mut lines, 1, last, &mut |lines| {
            accepted += usize::from(is_legal(lines, &sample));
        });
        assert_eq!(accepted, expected);
    }
}

#[test]
fn the_checker_refuses_a_wrong_line() {
    let sample = Sample::article();
    let lines = legal_orders(&sample).pop_first().expect("some order is legal");
    assert!(!is_legal(&lines[1..], &sample), "a line is missing");
    let twice = [lines.clone(), vec![lines[1].clone()]].concat();
    assert!(!is_legal(&twice, &sample), "a line came twice");
    for end in [0, lines.len() - 1] {
        for other in (0..lines.len()).filter(|&other| other != end) {
            let mut swapped = lines.clone();
            swapped.swap(end, other);
            assert!(!is_legal(&swapped, &sample), "line {end} is not at its end");
        }
    }
}

/// Calls `visit` with every order of `lines[from..to]`.
fn permute(lines: &mut [String], from: usize, to: usize, visit: &mut impl FnMut(&[String])) {
    if from == to {
        return visit(lines);
    }
    for other in from..to {
        lines.swap(from, other);
        permute(lines, from + 1, to, visit);
        lines.swap(from, other);
    }
}

/// The machine that the rules are about, one line or one spawn at a time: a second way to the
/// legal orders, which knows nothing of the rules.
#[derive(Clone)]
struct Machine<'s> {
    sample: &'s Sample,
    output: Vec<String>,
    /// Per thread of the table, how many of its steps are done; the first step is `started`, the
    /// one after all others `finished`.
    done: Vec<usize>,
    /// Which thread main waits for next, and whether it has said so.
    joining: (usize, bool),
}

impl<'s> Machine<'s> {
    fn all_orders(sample: &'s Sample) -> BTreeSet<Vec<String>> {
        let output = vec!["Starting TinyVM with threads...".to_owned()];
        let machine = Machine { sample, output, done: vec![0], joining: (0, false) };
        let mut orders = BTreeSet::new();
        machine.run(&mut orders);
        orders
    }

    fn run(self, orders: &mut BTreeSet<Vec<String>>) {
        for thread in 0..self.done.len() {
            if self.done[thread] < self.sample.threads[thread].len() + 2 {
                let mut next = self.clone();
                next.step(thread);
                next.run(orders);
            }
        }
        let (joined, has_said) = self.joining;
        let mut next = self;
        if joined == next.done.len() {
            next.output.push("TinyVM finished.".to_owned());
            orders.insert(next.output);
        } else if !has_said {
            next.output.push(format!("[Main] Waiting for thread Thread {joined}"));
            next.joining = (joined, true);
            next.run(orders);
        } else if next.done[joined] == next.sample.threads[joined].len() + 2 {
            next.joining = (joined + 1, false);
            next.run(orders);
        }
    }

    fn step(&mut self, thread: usize) {
        let steps = &self.sample.threads[thread];
        let done = self.done[thread];
        self.done[thread] += 1;
        let what = match done.checked_sub(1).map(|step| steps.get(step)) {
            None => "Thread started".to_owned(),
            Some(Some(Step::Print(value))) => value.to_string(),
            Some(Some(Step::Exit)) => "Thread exiting".to_owned(),
            Some(Some(Step::Spawn(_))) => return self.done.push(0),
            Some(None) => "Thread finished".to_owned(),
        };
        self.output.push(format!("[Thread {thread}] {what}"));
    }
}
