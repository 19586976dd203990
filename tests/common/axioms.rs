//! The memory models a second time, as plainly as they can be said: all candidates for reads-from
//! and coherence, and the axioms of "Repairing sequential consistency in C/C++11" (Lahav et al.,
//! PLDI 2017) on relations as they stand in the paper. Read-modify-writes are two events, and the
//! values from the beginning are writes. Slow, and meant for a handful of accesses.
#![allow(dead_code)] // each test crate that includes this uses a part of it

use std::collections::BTreeMap;

use drawloom::guest::MemoryModel;
use drawloom::il::MemoryOrder;

use super::small_program::{Access, SmallProgram};

/// For each event the events to which it is related.
type Relation = Vec<u32>;

/// How often each outcome, the words that the program prints, and whether any execution has a race.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allowed {
    pub(crate) outcomes: BTreeMap<Vec<u64>, u64>,
    pub(crate) has_race: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
    Fence,
}

#[derive(Clone, Debug)]
struct Event {
    /// `None` for the values from the beginning.
    thread: Option<usize>,
    kind: Kind,
    at: Option<usize>,
    /// `None` for plain accesses.
    order: Option<MemoryOrder>,
    /// The access that it is a part of.
    access: (usize, usize),
}

/// A program's events in one candidate; a comparison that fails has no write in it.
struct Candidate {
    events: Vec<Event>,
    words: Vec<u64>,
    /// For each read the write that it reads.
    reads: BTreeMap<usize, usize>,
    /// Pairs of a read-modify-write.
    pairs: Vec<(usize, usize)>,
}

fn image(members: u32, relation: &Relation) -> u32 {
    (0..relation.len()).filter(|it| members >> it & 1 == 1).fold(0, |all, it| all | relation[it])
}

fn then(first: &Relation, second: &Relation) -> Relation {
    first.iter().map(|&row| image(row, second)).collect()
}

fn or(one: &Relation, other: &Relation) -> Relation {
    one.iter().zip(other).map(|(one, other)| one | other).collect()
}

fn and(one: &Relation, other: &Relation) -> Relation {
    one.iter().zip(other).map(|(one, other)| one & other).collect()
}

fn maybe(relation: &Relation) -> Relation {
    relation.iter().enumerate().map(|(at, row)| row | 1 << at).collect()
}

fn plus(relation: &Relation) -> Relation {
    let mut closed = relation.clone();
    for middle in 0..closed.len() {
        for from in 0..closed.len() {
            if closed[from] >> middle & 1 == 1 {
                closed[from] |= closed[middle];
            }
        }
    }
    closed
}

fn is_irreflexive(relation: &Relation) -> bool {
    relation.iter().enumerate().all(|(at, row)| row >> at & 1 == 0)
}

fn is_acyclic(relation: &Relation) -> bool {
    is_irreflexive(&plus(relation))
}

/// Runs through all ways to choose one of each; stops if `visit` says so.
fn choose<T: Copy>(options: &[Vec<T>], chosen: &mut Vec<T>, visit: &mut dyn FnMut(&[T])) {
    if chosen.len() == options.len() {
        visit(chosen);
        return;
    }
    for &option in &options[chosen.len()] {
        chosen.push(option);
        choose(options, chosen, visit);
        chosen.pop();
    }
}

fn orders_of(members: &[usize]) -> Vec<Vec<usize>> {
    if members.is_empty() {
        return vec![vec![]];
    }
    let mut orders = Vec::new();
    for (at, &first) in members.iter().enumerate() {
        let mut rest = members.to_vec();
        rest.remove(at);
        for mut order in orders_of(&rest) {
            order.insert(0, first);
            orders.push(order);
        }
    }
    orders
}

/// How many candidates for reads-from and coherence a program has, at most.
pub(crate) fn candidates(program: &SmallProgram) -> usize {
    let accesses = || program.threads.iter().flatten();
    let writes_at = |wanted: usize| {
        let writes = accesses().filter(|access| match **access {
            Access::Load { .. } | Access::Fence { .. } => false,
            Access::Store { at, .. }
            | Access::Exchange { at, .. }
            | Access::Add { at, .. }
            | Access::Cas { at, .. } => at == wanted,
        });
        writes.count()
    };
    let at_of = |access: &Access| match *access {
        Access::Load { at, .. }
        | Access::Exchange { at, .. }
        | Access::Add { at, .. }
        | Access::Cas { at, .. } => Some(at),
        _ => None,
    };
    let reads: usize = accesses().filter_map(at_of).map(|at| 1 + writes_at(at)).product();
    let orders: usize =
        (0..program.locations).map(|at| (1..=writes_at(at)).product::<usize>()).product();
    reads * orders
}

/// What a program may come to under a model.
pub(crate) fn allowed(program: &SmallProgram, model: MemoryModel) -> Allowed {
    let mut allowed = Allowed::default();
    let mut reads = Vec::new();
    let mut writes: Vec<Vec<Option<(usize, usize)>>> = vec![vec![None]; program.locations];
    for (thread, accesses) in program.threads.iter().enumerate() {
        for (index, access) in accesses.iter().enumerate() {
            let (read_at, write_at) = match *access {
                Access::Load { at, .. } => (Some(at), None),
                Access::Store { at, .. } => (None, Some(at)),
                Access::Exchange { at, .. } | Access::Add { at, .. } | Access::Cas { at, .. } => {
                    (Some(at), Some(at))
                }
                Access::Fence { .. } => (None, None),
            };
            reads.extend(read_at.map(|at| ((thread, index), at)));
            if let Some(at) = write_at {
                writes[at].push(Some((thread, index)));
            }
        }
    }
    let options: Vec<Vec<Option<(usize, usize)>>> =
        reads.iter().map(|&(_, at)| writes[at].clone()).collect();
    choose(&options, &mut Vec::new(), &mut |chosen| {
        let sources: BTreeMap<(usize, usize), Option<(usize, usize)>> =
            reads.iter().map(|&(read, _)| read).zip(chosen.iter().copied()).collect();
        if let Some(candidate) = candidate(program, &sources) {
            check(program, model, &candidate, &mut allowed);
        }
    });
    allowed
}

/// The candidate with these sources of its reads; `None` if a value would come out of thin air, or
/// from a comparison that fails.
fn candidate(
    program: &SmallProgram,
    sources: &BTreeMap<(usize, usize), Option<(usize, usize)>>,
) -> Option<Candidate> {
    let mut written: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    let mut read: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    let mut done = vec![0; program.threads.len()];
    let total: usize = program.threads.iter().map(Vec::len).sum();
    while done.iter().sum::<usize>() < total {
        let mut moved = false;
        for (thread, accesses) in program.threads.iter().enumerate() {
            let Some(access) = accesses.get(done[thread]) else { continue };
            let id = (thread, done[thread]);
            let word = match sources.get(&id) {
                None | Some(None) => 0,
                Some(Some(source)) if done[source.0] > source.1 => *written.get(source)?,
                Some(Some(_)) => continue,
            };
            read.insert(id, word);
            let new = match *access {
                Access::Store { word, .. } | Access::Exchange { word, .. } => Some(word),
                Access::Add { word: operand, .. } => Some(word.wrapping_add(operand)),
                Access::Cas { expected, desired, .. } => (word == expected).then_some(desired),
                Access::Load { .. } | Access::Fence { .. } => None,
            };
            new.map(|new| written.insert(id, new));
            done[thread] += 1;
            moved = true;
        }
        if !moved {
            return None;
        }
    }
    let mut it = Candidate {
        events: Vec::new(),
        words: Vec::new(),
        reads: BTreeMap::new(),
        pairs: Vec::new(),
    };
    let mut writers: BTreeMap<Option<(usize, usize)>, Vec<usize>> = BTreeMap::new();
    for at in 0..program.locations {
        writers.entry(None).or_default().push(it.events.len());
        let (thread, order, access) = (None, None, (usize::MAX, at));
        it.events.push(Event { thread, kind: Kind::Write, at: Some(at), order, access });
        it.words.push(0);
    }
    for (thread, accesses) in program.threads.iter().enumerate() {
        for (index, access) in accesses.iter().enumerate() {
            let id = (thread, index);
            let mut event = |kind, at, order, word| {
                it.events.push(Event { thread: Some(thread), kind, at, order, access: id });
                it.words.push(word);
                it.events.len() - 1
            };
            let new = written.get(&id).copied();
            match *access {
                Access::Fence { order } => {
                    event(Kind::Fence, None, Some(order), 0);
                }
                Access::Load { at, order } => {
                    event(Kind::Read, Some(at), order, read[&id]);
                }
                Access::Store { at, word, order } => {
                    let write = event(Kind::Write, Some(at), order, word);
                    writers.insert(Some(id), vec![write]);
                }
                Access::Exchange { at, order, .. } | Access::Add { at, order, .. } => {
                    let one = event(Kind::Read, Some(at), Some(order), read[&id]);
                    let other = event(Kind::Write, Some(at), Some(order), new?);
                    it.pairs.push((one, other));
                    writers.insert(Some(id), vec![other]);
                }
                Access::Cas { at, success, failure, .. } => match new {
                    None => {
                        event(Kind::Read, Some(at), Some(failure), read[&id]);
                    }
                    Some(new) => {
                        let one = event(Kind::Read, Some(at), Some(success), read[&id]);
                        let other = event(Kind::Write, Some(at), Some(success), new);
                        it.pairs.push((one, other));
                        writers.insert(Some(id), vec![other]);
                    }
                },
            }
        }
    }
    for (read, event) in it.events.iter().enumerate() {
        if event.kind == Kind::Read {
            let source = sources[&event.access];
            let at = event.at.expect("a read is somewhere");
            let write = *writers[&source].iter().find(|&&write| it.events[write].at == Some(at))?;
            it.reads.insert(read, write);
        }
    }
    Some(it)
}

/// Counts the consistent executions among the coherence orders of a candidate.
fn check(program: &SmallProgram, model: MemoryModel, candidate: &Candidate, allowed: &mut Allowed) {
    let writes_at = |at: usize| -> Vec<usize> {
        let events = candidate.events.iter().enumerate();
        let writes = events.filter(|(_, it)| it.kind == Kind::Write && it.at == Some(at));
        writes.map(|(index, _)| index).filter(|&index| index >= program.locations).collect()
    };
    let orders: Vec<Vec<Vec<usize>>> =
        (0..program.locations).map(|at| orders_of(&writes_at(at))).collect();
    let indices: Vec<Vec<usize>> = orders.iter().map(|it| (0..it.len()).collect()).collect();
    choose(&indices, &mut Vec::new(), &mut |chosen| {
        let order_at = |at: usize| &orders[at][chosen[at]];
        let mut co: Relation = vec![0; candidate.events.len()];
        let mut finals = Vec::new();
        for at in 0..program.locations {
            let mut later = 0;
            for &write in order_at(at).iter().rev() {
                co[write] = later;
                later |= 1 << write;
            }
            co[at] = later;
            finals.push(candidate.words[order_at(at).last().copied().unwrap_or(at)]);
        }
        if let Some(hb) = happens_before_if_consistent(candidate, &co, model) {
            let words = program.results().into_iter().map(|access| {
                let read =
                    candidate.reads.keys().find(|&&it| candidate.events[it].access == access);
                candidate.words[*read.expect("it reads")]
            });
            *allowed.outcomes.entry(words.chain(finals).collect()).or_default() += 1;
            allowed.has_race |= has_race(candidate, &hb);
        }
    });
}

fn has_race(candidate: &Candidate, hb: &Relation) -> bool {
    let events = || candidate.events.iter().enumerate().filter(|(_, it)| it.thread.is_some());
    events().any(|(one, first)| {
        events().any(|(other, second)| {
            first.at.is_some()
                && first.at == second.at
                && first.thread != second.thread
                && (first.kind == Kind::Write || second.kind == Kind::Write)
                && (first.order.is_none() || second.order.is_none())
                && hb[one] >> other & 1 == 0
                && hb[other] >> one & 1 == 0
        })
    })
}

/// Happens-before, if the execution is consistent.
fn happens_before_if_consistent(
    candidate: &Candidate,
    co: &Relation,
    model: MemoryModel,
) -> Option<Relation> {
    use MemoryOrder::{AcqRel, Acquire, Release, SeqCst};
    let events = &candidate.events;
    let count = events.len();
    let related = |is: &dyn Fn(usize, usize) -> bool| -> Relation {
        let row =
            |from: usize| (0..count).filter(|&to| is(from, to)).fold(0, |row, to| row | 1 << to);
        (0..count).map(row).collect()
    };
    let those = |is: &dyn Fn(&Event) -> bool| related(&|from, to| from == to && is(&events[from]));
    let sb = related(&|from, to| match (events[from].thread, events[to].thread) {
        (None, Some(_)) => true,
        (Some(one), Some(other)) => one == other && from < to,
        _ => false,
    });
    let rf = related(&|from, to| candidate.reads.get(&to) == Some(&from));
    let rmw = related(&|from, to| candidate.pairs.contains(&(from, to)));
    let fr = related(&|from, to| {
        candidate.reads.get(&from).is_some_and(|&write| co[write] >> to & 1 == 1)
    });
    let loc = related(&|from, to| events[from].at.is_some() && events[from].at == events[to].at);
    let not_loc = related(&|from, to| loc[from] >> to & 1 == 0);

    // Atomicity: nothing comes between.
    let between = and(&rmw, &then(&fr, co));
    if between.iter().any(|&row| row != 0) {
        return None;
    }
    let has = |event: &Event, orders: &[MemoryOrder]| {
        event.order.is_some_and(|order| orders.contains(&order))
    };
    let writes = those(&|it| it.kind == Kind::Write);
    let atomic_writes = those(&|it| it.kind == Kind::Write && it.order.is_some());
    let atomic_reads = those(&|it| it.kind == Kind::Read && it.order.is_some());
    let fences = those(&|it| it.kind == Kind::Fence);
    let releases = those(&|it| it.kind != Kind::Read && has(it, &[Release, AcqRel, SeqCst]));
    let acquires = those(&|it| it.kind != Kind::Write && has(it, &[Acquire, AcqRel, SeqCst]));

    let chain = maybe(&plus(&then(&rf, &rmw)));
    let heads = match model {
        MemoryModel::C20 => atomic_writes,
        _ => then(&then(&writes, &maybe(&and(&sb, &loc))), &atomic_writes),
    };
    let rs = then(&heads, &chain);
    let before_fence = maybe(&then(&fences, &sb));
    let after_fence = maybe(&then(&sb, &fences));
    let mut sw = then(&releases, &before_fence);
    for part in [&rs, &rf, &atomic_reads, &after_fence, &acquires] {
        sw = then(&sw, part);
    }
    let hb = plus(&or(&sb, &sw));
    if model == MemoryModel::Sc {
        let all = or(&or(&sb, &rf), &or(co, &fr));
        return is_acyclic(&all).then_some(hb);
    }
    let eco = plus(&or(&rf, &or(co, &fr)));
    if !is_irreflexive(&hb) || !is_irreflexive(&then(&hb, &eco)) || !is_acyclic(&or(&sb, &rf)) {
        return None;
    }
    let sc = those(&|it| it.order == Some(SeqCst));
    let sc_fences = those(&|it| it.kind == Kind::Fence && it.order == Some(SeqCst));
    let sb_not_loc = and(&sb, &not_loc);
    let mut scb = or(&sb, &then(&then(&sb_not_loc, &hb), &sb_not_loc));
    scb = or(&scb, &and(&hb, &loc));
    scb = or(&scb, &or(co, &fr));
    let left = or(&sc, &then(&sc_fences, &maybe(&hb)));
    let right = or(&sc, &then(&maybe(&hb), &sc_fences));
    let psc_base = then(&then(&left, &scb), &right);
    let through = or(&hb, &then(&then(&hb, &eco), &hb));
    let psc_fences = then(&then(&sc_fences, &through), &sc_fences);
    is_acyclic(&or(&psc_base, &psc_fences)).then_some(hb)
}
