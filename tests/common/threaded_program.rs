//! Small programs with locks, condition variables, starts and joins, statics and shared ownership: as data, by
//! chance, and all their interleavings.
//!
//! The interleavings are those of a machine with one memory, one operation in a step, that knows
//! nothing of graphs. It is slow and meant for a handful of operations.
#![allow(dead_code)] // each test crate that includes this uses a part of it

use std::collections::{BTreeSet, HashSet};

use super::entropy::Entropy;

/// What a thread does. A lock has a word and a condition variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    Lock(usize),
    Unlock(usize),
    /// Records the word of a lock that is held.
    Get(usize),
    /// Adds to the word of a lock that is held.
    Add(usize, u64),
    Wait(usize),
    /// Waits for as long as the lock's word is 0.
    WaitWhile(usize),
    /// The same with a time limit; records whether the time was up.
    WaitTimeout(usize),
    NotifyOne(usize),
    NotifyAll(usize),
    /// Records the word of an atomic.
    Load(usize),
    Store(usize, u64),
    /// Adds to an atomic and records the word before.
    FetchAdd(usize, u64),
    /// Starts the thread with this number, which gets a share of all that this one has.
    Spawn(usize),
    Join(usize),
    /// Records the value of a static, which is the word that its initialiser's `fetch_add(100)` finds in
    /// the first atomic.
    Static(usize),
    /// Gives up a share. The last owner adds 1000 to the second atomic.
    Drop(usize),
    /// Records the number of owners.
    Count(usize),
}

pub(crate) const LOCKS: usize = 2;
pub(crate) const ATOMICS: usize = 2;
pub(crate) const STATICS: usize = 2;
pub(crate) const OWNED: usize = 2;

/// What each thread does. Thread 0 begins, with shares of all that is owned. A thread that ends
/// gives up its shares, and then joins those that it has started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ThreadedProgram {
    pub(crate) threads: Vec<Vec<Op>>,
    /// How many of the owned values there are.
    pub(crate) owned: usize,
}

/// Which operations a program may have.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "any of them may be together")]
pub(crate) struct Mix {
    pub(crate) waits: bool,
    pub(crate) timed_waits: bool,
    pub(crate) statics: bool,
    pub(crate) owners: bool,
    pub(crate) counts: bool,
    pub(crate) relocks: bool,
}

struct Maker<'e, 'n> {
    entropy: &'e mut Entropy<'n>,
    mix: Mix,
    held: Vec<usize>,
    ops: Vec<Op>,
    budget: usize,
}

impl Maker<'_, '_> {
    fn access(&mut self) -> Op {
        let at = self.entropy.below(ATOMICS);
        match self.entropy.below(4) {
            0 | 1 => Op::Load(at),
            2 => Op::Store(at, 1 + self.entropy.below(3) as u64),
            _ => Op::FetchAdd(at, 10),
        }
    }

    fn in_section(&mut self) {
        let lock = *self.entropy.pick(&self.held.clone());
        let op = match self.entropy.below(10) {
            0 | 1 => Op::Get(lock),
            2 | 3 => Op::Add(lock, 1),
            4 if self.mix.waits && !self.mix.timed_waits => Op::Wait(lock),
            5 if self.mix.waits => Op::WaitWhile(lock),
            4 | 5 if self.mix.timed_waits => Op::WaitTimeout(lock),
            6 if self.mix.waits || self.mix.timed_waits => Op::NotifyOne(lock),
            7 if self.mix.waits || self.mix.timed_waits => Op::NotifyAll(lock),
            8 if self.held.len() < LOCKS => return self.section(),
            _ => self.access(),
        };
        self.ops.push(op);
    }

    fn section(&mut self) {
        let lock = self.entropy.below(LOCKS);
        if self.held.contains(&lock) && !self.mix.relocks {
            return;
        }
        let is_relocked = self.held.contains(&lock);
        self.ops.push(Op::Lock(lock));
        if is_relocked {
            return; // it never gets further
        }
        self.held.push(lock);
        for _ in 0..=self.entropy.below(2) {
            self.in_section();
        }
        self.held.pop();
        self.ops.push(Op::Unlock(lock));
    }

    fn step(&mut self) {
        let op = match self.entropy.below(9) {
            0..=2 => return self.section(),
            3 if self.mix.waits || self.mix.timed_waits => match self.entropy.below(2) {
                0 => Op::NotifyOne(self.entropy.below(LOCKS)),
                _ => Op::NotifyAll(self.entropy.below(LOCKS)),
            },
            4 | 5 if self.mix.statics => Op::Static(self.entropy.below(STATICS)),
            4..=6 if self.mix.owners => Op::Drop(self.entropy.below(OWNED)),
            7 if self.mix.counts => Op::Count(self.entropy.below(OWNED)),
            _ => self.access(),
        };
        self.ops.push(op);
    }
}

impl ThreadedProgram {
    /// Two to four threads in a tree.
    pub(crate) fn by_chance(numbers: &[u32], mix: Mix) -> Self {
        let mut entropy = Entropy::new(numbers);
        let count = 2 + entropy.below(3);
        let length = if count == 4 { 1 } else { 2 };
        let mut threads: Vec<Vec<Op>> = Vec::new();
        for _ in 0..count {
            let mut maker =
                Maker { entropy: &mut entropy, mix, held: Vec::new(), ops: Vec::new(), budget: 0 };
            for _ in 0..=maker.entropy.below(length) {
                maker.step();
            }
            threads.push(maker.ops);
        }
        // Each thread but the first is started by one before it, somewhere outside of any section or in it.
        for child in 1..count {
            let parent = entropy.below(child);
            let at = entropy.below(threads[parent].len() + 1);
            // Most are started at once, so that much can happen at the same time.
            let at = if entropy.once_in(3) { at } else { 0 };
            threads[parent].insert(at, Op::Spawn(child));
            if entropy.once_in(4) {
                let at = at + 1 + entropy.below(threads[parent].len() - at);
                threads[parent].insert(at, Op::Join(child));
            }
        }
        let owned = if mix.owners { OWNED } else { 0 };
        ThreadedProgram { threads, owned }
    }

    /// The program without one operation, if it still makes sense.
    pub(crate) fn without(&self, thread: usize, index: usize) -> Option<Self> {
        let mut smaller = self.clone();
        match smaller.threads[thread].remove(index) {
            Op::Lock(lock) => {
                let ops = &mut smaller.threads[thread];
                let uses_it = |op: &Op| match *op {
                    Op::Unlock(it)
                    | Op::Get(it)
                    | Op::Add(it, _)
                    | Op::Wait(it)
                    | Op::WaitWhile(it)
                    | Op::WaitTimeout(it) => it == lock,
                    _ => false,
                };
                let unlock = ops[index..].iter().position(|it| *it == Op::Unlock(lock))? + index;
                if ops[index..unlock].iter().any(uses_it) {
                    return None;
                }
                ops.remove(unlock);
            }
            Op::Unlock(_) => return None,
            Op::Spawn(child) => {
                if !smaller.threads[child].is_empty() {
                    return None;
                }
                smaller.threads[thread].retain(|it| *it != Op::Join(child));
            }
            _ => {}
        }
        Some(smaller)
    }
}

/// What a thread is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    NotStarted,
    Ready,
    /// In the line of those who wait at a lock.
    Waiting {
        lock: usize,
        is_timed: bool,
    },
    /// Takes the lock again.
    Woken {
        lock: usize,
        is_late: bool,
    },
    /// Takes shares for a thread that it starts, this one next.
    Shares(usize),
    /// Makes a static.
    Makes(usize),
    /// Is the last owner.
    Destroys(usize),
    Ended,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Thread {
    phase: Phase,
    at: usize,
    records: Vec<u64>,
    owns: [bool; OWNED],
    /// The threads that it has started and not joined.
    children: Vec<usize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Lock {
    holder: Option<usize>,
    word: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Static {
    Unused,
    InMaking,
    Made(u64),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    threads: Vec<Thread>,
    locks: [Lock; LOCKS],
    atomics: [u64; ATOMICS],
    statics: [Static; STATICS],
    owners: [u64; OWNED],
    /// The last owners, one more than their numbers.
    destroyers: [u64; OWNED],
}

/// The records of each thread, and then what is left in the end: words of atomics and of locks, last owners.
pub(crate) type Outcome = Vec<Vec<u64>>;

/// What the interleavings of a program lead to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) outcomes: BTreeSet<Outcome>,
    pub(crate) has_deadlock: bool,
}

/// What all interleavings of a program lead to; `None` if there are too many states.
pub(crate) fn ends(program: &ThreadedProgram, states_max: usize) -> Option<Ends> {
    let thread = |number: usize| Thread {
        phase: if number == 0 { Phase::Ready } else { Phase::NotStarted },
        at: 0,
        records: Vec::new(),
        owns: std::array::from_fn(|it| number == 0 && it < program.owned),
        children: Vec::new(),
    };
    let initial = State {
        threads: (0..program.threads.len()).map(thread).collect(),
        locks: Default::default(),
        atomics: [0; ATOMICS],
        statics: [Static::Unused; STATICS],
        owners: std::array::from_fn(|it| u64::from(it < program.owned)),
        destroyers: [0; OWNED],
    };
    let mut ends = Ends::default();
    let mut known = HashSet::from([initial.clone()]);
    let mut pending = vec![initial];
    while let Some(state) = pending.pop() {
        let mut next = Vec::new();
        for thread in 0..state.threads.len() {
            state.step(program, thread, &mut next);
        }
        if next.is_empty() {
            if state.threads[0].phase == Phase::Ended {
                ends.outcomes.insert(state.outcome());
            } else {
                ends.has_deadlock = true;
            }
        }
        for state in next {
            if known.insert(state.clone()) {
                pending.push(state);
            }
        }
        if known.len() > states_max {
            return None;
        }
    }
    Some(ends)
}

impl State {
    fn outcome(self) -> Outcome {
        let rest = self.atomics.into_iter().chain(self.locks.map(|it| it.word));
        let rest = rest.chain(self.destroyers).collect();
        self.threads.into_iter().map(|it| it.records).chain([rest]).collect()
    }

    /// Adds the states after the next step of a thread.
    fn step(&self, program: &ThreadedProgram, me: usize, next: &mut Vec<State>) {
        let mut push = |change: &dyn Fn(&mut State)| {
            let mut state = self.clone();
            change(&mut state);
            next.push(state);
        };
        let thread = &self.threads[me];
        let go_on = |state: &mut State| {
            state.threads[me].phase = Phase::Ready;
            state.threads[me].at += 1;
        };
        match thread.phase {
            Phase::NotStarted | Phase::Ended | Phase::Waiting { is_timed: false, .. } => return,
            Phase::Waiting { lock, is_timed: true } => {
                push(&|it| it.threads[me].phase = Phase::Woken { lock, is_late: true });
                return;
            }
            Phase::Woken { lock, is_late } => {
                if self.locks[lock].holder.is_some() {
                    return;
                }
                push(&|state| {
                    state.locks[lock].holder = Some(me);
                    let holds = state.locks[lock].word == 0;
                    state.threads[me].phase = Phase::Ready;
                    match program.threads[me][thread.at] {
                        Op::Wait(_) => go_on(state),
                        Op::WaitWhile(_) if !holds => go_on(state),
                        Op::WaitTimeout(_) if is_late || !holds => {
                            state.threads[me].records.push(u64::from(holds));
                            go_on(state);
                        }
                        _ => {} // it looks again, and waits
                    }
                });
                return;
            }
            Phase::Shares(which) if which < OWNED => {
                push(&|state| {
                    state.owners[which] += u64::from(thread.owns[which]);
                    state.threads[me].phase = Phase::Shares(which + 1);
                });
                return;
            }
            Phase::Shares(_) => {
                let Op::Spawn(child) = program.threads[me][thread.at] else { return };
                push(&|state| {
                    state.threads[child].phase = Phase::Ready;
                    state.threads[child].owns = thread.owns;
                    state.threads[me].children.push(child);
                    go_on(state);
                });
                return;
            }
            Phase::Makes(which) => {
                push(&|state| {
                    let value = state.atomics[0];
                    state.atomics[0] += 100;
                    state.statics[which] = Static::Made(value);
                    state.threads[me].records.push(value);
                    go_on(state);
                });
                return;
            }
            Phase::Destroys(_) => {
                push(&|state| {
                    state.atomics[1] += 1000;
                    state.threads[me].phase = Phase::Ready;
                });
                return;
            }
            Phase::Ready => {}
        }
        let give_up = |state: &mut State, which: usize| {
            state.threads[me].owns[which] = false;
            state.owners[which] -= 1;
            if state.owners[which] == 0 {
                state.destroyers[which] = 1 + me as u64;
                state.threads[me].phase = Phase::Destroys(which);
            }
        };
        let Some(&op) = program.threads[me].get(thread.at) else {
            let owned = thread.owns.iter().position(|&it| it);
            match (owned, thread.children.first()) {
                (Some(which), _) => push(&|state| give_up(state, which)),
                (None, Some(&child)) => {
                    if self.threads[child].phase == Phase::Ended {
                        push(&|state| {
                            state.threads[me].children.remove(0);
                        });
                    }
                }
                (None, None) => push(&|state| state.threads[me].phase = Phase::Ended),
            }
            return;
        };
        let waits_for = |lock: usize, is_timed: bool| {
            move |state: &mut State| {
                state.locks[lock].holder = None;
                state.threads[me].phase = Phase::Waiting { lock, is_timed };
            }
        };
        let waiting = |lock: usize| {
            let is_it = move |it: &Thread| matches!(it.phase, Phase::Waiting { lock: at, .. } if at == lock);
            (0..self.threads.len()).filter(move |&it| is_it(&self.threads[it]))
        };
        let record = |state: &mut State, word: u64| state.threads[me].records.push(word);
        match op {
            Op::Lock(lock) => {
                if self.locks[lock].holder.is_none() {
                    push(&|state| {
                        state.locks[lock].holder = Some(me);
                        go_on(state);
                    });
                }
            }
            Op::Unlock(lock) => push(&|state| {
                state.locks[lock].holder = None;
                go_on(state);
            }),
            Op::Get(lock) => push(&|state| {
                record(state, state.locks[lock].word);
                go_on(state);
            }),
            Op::Add(lock, word) => push(&|state| {
                state.locks[lock].word += word;
                go_on(state);
            }),
            Op::Wait(lock) => push(&waits_for(lock, false)),
            Op::WaitWhile(lock) => match self.locks[lock].word {
                0 => push(&waits_for(lock, false)),
                _ => push(&go_on),
            },
            Op::WaitTimeout(lock) => match self.locks[lock].word {
                0 => push(&waits_for(lock, true)),
                _ => push(&|state| {
                    record(state, 0);
                    go_on(state);
                }),
            },
            Op::NotifyOne(lock) => {
                for other in waiting(lock) {
                    push(&|state| {
                        state.threads[other].phase = Phase::Woken { lock, is_late: false };
                        go_on(state);
                    });
                }
                if waiting(lock).next().is_none() {
                    push(&go_on);
                }
            }
            Op::NotifyAll(lock) => push(&|state| {
                for other in waiting(lock) {
                    state.threads[other].phase = Phase::Woken { lock, is_late: false };
                }
                go_on(state);
            }),
            Op::Load(at) => push(&|state| {
                record(state, state.atomics[at]);
                go_on(state);
            }),
            Op::Store(at, word) => push(&|state| {
                state.atomics[at] = word;
                go_on(state);
            }),
            Op::FetchAdd(at, word) => push(&|state| {
                record(state, state.atomics[at]);
                state.atomics[at] += word;
                go_on(state);
            }),
            Op::Spawn(_) => push(&|state| state.threads[me].phase = Phase::Shares(0)),
            Op::Join(child) => {
                if self.threads[child].phase == Phase::Ended {
                    push(&|state| {
                        state.threads[me].children.retain(|&it| it != child);
                        go_on(state);
                    });
                }
            }
            Op::Static(which) => match self.statics[which] {
                Static::Unused => push(&|state| {
                    state.statics[which] = Static::InMaking;
                    state.threads[me].phase = Phase::Makes(which);
                }),
                Static::InMaking => {}
                Static::Made(value) => push(&|state| {
                    record(state, value);
                    go_on(state);
                }),
            },
            Op::Drop(which) if thread.owns[which] => push(&|state| {
                state.threads[me].at += 1;
                give_up(state, which);
            }),
            Op::Count(which) if thread.owns[which] => push(&|state| {
                record(state, state.owners[which]);
                go_on(state);
            }),
            Op::Drop(_) | Op::Count(_) => push(&go_on),
        }
    }
}
