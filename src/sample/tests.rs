//! The strategies, step by step, on threads that are about to do what a test says.

use std::collections::BTreeMap;

use super::estimate::Remaining;
use super::*;
use crate::verdict::ThreadId;

/// An access that changes an object.
#[derive(Clone, Copy)]
struct Write(char);

impl Access for Write {
    type Object = char;

    fn object(&self) -> char {
        self.0
    }

    fn writes(&self) -> bool {
        true
    }
}

/// Threads that can make a step, and the object that each is about to change, if any.
struct Able(Vec<(u32, Option<char>)>);

impl Upcoming for Able {
    type Access = Write;

    fn able(&self) -> impl ExactSizeIterator<Item = ThreadId> + Clone {
        self.0.iter().map(|it| ThreadId(it.0))
    }

    fn accesses(&self, thread: ThreadId) -> Accesses<Write> {
        let (_, object) = self.0.iter().find(|it| it.0 == thread.0).expect("it is able");
        [object.map(Write), None]
    }
}

/// Numbers that look random, and how many words have been drawn.
#[derive(Default)]
struct Counted {
    state: u64,
    words: u32,
}

impl Chance for Counted {
    fn word(&mut self) -> u64 {
        self.words += 1;
        self.state =
            self.state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        self.state ^ self.state >> 32
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.word() % limit
    }
}

/// Begins an execution, in which the main thread starts two others.
fn begun(chooser: &mut impl Chooser<Write>, chance: &mut Counted) {
    chooser.begin(chance);
    for child in [1, 2] {
        chooser.started(ThreadId(0), ThreadId(child), chance);
    }
}

#[test]
fn what_a_thread_will_start_counts_for_it_until_it_is_started() {
    let (main, child, chance) = (ThreadId(0), ThreadId(1), &mut Counted::default());
    let mut surveyor = Surveyor::new();
    for _ in 0..2 {
        Chooser::<Write>::begin(&mut surveyor, chance);
        surveyor.choose(&Able(vec![(0, None)]), chance);
        Chooser::<Write>::started(&mut surveyor, main, child, chance);
        surveyor.choose(&Able(vec![(0, Some('a'))]), chance);
        for _ in 0..3 {
            surveyor.choose(&Able(vec![(1, Some('a'))]), chance);
        }
    }
    let estimate = surveyor.estimate();
    assert_eq!(estimate.steps_max, 5);
    assert_eq!(estimate.shared_objects(), ['a']);
    assert_eq!(estimate.weights(Some('a')), [4, 3]);
    let weights = estimate.weights(None);
    assert_eq!(weights, [5, 3]);

    let mut remaining = Remaining::new(estimate);
    remaining.begin(&weights);
    remaining.did_one(main);
    assert_eq!(remaining.of(main), 4);
    remaining.start(main, child, &weights);
    assert_eq!((remaining.of(main), remaining.of(child)), (1, 3));
    // A second child is new: nothing is known about it.
    remaining.start(main, ThreadId(2), &weights);
    assert_eq!((remaining.of(main), remaining.of(ThreadId(2))), (1, 0));
}

#[test]
fn pos_draws_a_new_priority_after_a_step_and_after_a_conflict() {
    let able = |other| Able(vec![(1, Some('a')), (2, Some(other))]);
    for (other, drawn) in [('a', 2), ('b', 1)] {
        let (mut pos, chance) = (Pos::default(), &mut Counted::default());
        begun(&mut pos, chance);
        pos.choose(&able(other), chance);
        assert_eq!(chance.words, 2);
        pos.choose(&able(other), chance);
        assert_eq!(chance.words - 2, drawn, "{other}");
    }
}

#[test]
fn pct_lowers_the_highest_priority_at_its_moments_alone() {
    let (able, chance) = (Able(vec![(1, None), (2, None)]), &mut Counted::default());
    for (depth, expected) in [(1, 0), (2, 1)] {
        let mut pct = Pct::new(depth, 20);
        let mut switches = || {
            begun(&mut pct, chance);
            let steps: Vec<_> = (0..20).map(|_| pct.choose(&able, chance)).collect();
            steps.windows(2).filter(|pair| pair[0] != pair[1]).count()
        };
        // If the moment is the first step, there is no switch to see.
        assert_eq!((0..50).map(|_| switches()).max(), Some(expected), "depth {depth}");
    }
}

#[test]
fn pct_runs_the_other_thread_from_its_moment_on() {
    let able = Able(vec![(1, None), (2, None)]);
    let (mut plain, mut lowers) = (Pct::new(1, 1), Pct::new(2, 1));
    let (chance, others) = (&mut Counted::default(), &mut Counted::default());
    begun(&mut lowers, chance);
    // The moment has taken a word.
    others.word();
    begun(&mut plain, others);
    let (first, other) = (plain.choose(&able, others), lowers.choose(&able, chance));
    assert_eq!(first.0 + other.0, 3, "the other one of 1 and 2");
}

#[test]
fn pct_lets_no_thread_keep_another_waiting_for_ever() {
    let (mut pct, chance) = (Pct::new(3, 10), &mut Counted::default());
    begun(&mut pct, chance);
    let able = Able(vec![(1, None), (2, None)]);
    let steps: Vec<_> = (0..1_000).map(|_| pct.choose(&able, chance)).collect();
    for thread in [1, 2] {
        let count = steps.iter().filter(|it| it.0 == thread).count();
        assert!(count >= 300, "thread {thread} makes {count} steps");
    }
}

/// A survey of executions in which the main thread starts two others, which change an object this often.
fn surveyed(changes: [u32; 2]) -> Surveyor<char> {
    let (mut surveyor, chance) = (Surveyor::new(), &mut Counted::default());
    begun(&mut surveyor, chance);
    for (thread, count) in (1..).zip(changes) {
        for _ in 0..count {
            surveyor.choose(&Able(vec![(thread, Some('a'))]), chance);
        }
    }
    surveyor
}

/// How often the second thread is chosen first, of a thousand times.
fn chosen_first(chooser: &mut impl Chooser<Write>, able: &Able) -> u32 {
    let chance = &mut Counted::default();
    let mut count = 0;
    for _ in 0..1_000 {
        begun(chooser, chance);
        count += u32::from(chooser.choose(able, chance) == ThreadId(2));
    }
    count
}

#[test]
fn the_uniform_walks_choose_by_what_remains() {
    let surveyor = surveyed([1, 9]);
    let both = Able(vec![(1, Some('a')), (2, Some('a'))]);
    for count in [
        chosen_first(&mut Urw::new(surveyor.estimate()), &both),
        chosen_first(&mut Surw::new(surveyor.estimate()), &both),
    ] {
        assert!((850..950).contains(&count), "{count} of 1,000");
    }
    let count = chosen_first(&mut Random, &both);
    assert!((450..550).contains(&count), "{count} of 1,000");
}

/// How often each interleaving of two threads, with two and three changes, comes up.
fn interleavings(chooser: &mut impl Chooser<Write>, executions: u32) -> BTreeMap<Vec<u32>, u32> {
    let (mut found, chance) = (BTreeMap::new(), &mut Counted::default());
    for _ in 0..executions {
        begun(chooser, chance);
        let (mut left, mut order) = ([2, 3], Vec::new());
        while left != [0, 0] {
            let able = (1..).zip(left).filter(|it| it.1 > 0);
            let able = Able(able.map(|(thread, _)| (thread, Some('a'))).collect());
            let thread = chooser.choose(&able, chance).0;
            left[thread as usize - 1] -= 1;
            order.push(thread);
        }
        *found.entry(order).or_default() += 1;
    }
    found
}

#[test]
fn the_uniform_walks_draw_all_interleavings_equally_often() {
    let surveyor = surveyed([2, 3]);
    for found in [
        interleavings(&mut Surw::new(surveyor.estimate()), 5_000),
        interleavings(&mut Urw::new(surveyor.estimate()), 5_000),
    ] {
        assert_eq!(found.len(), 10);
        assert!(found.values().all(|it| (425..575).contains(it)), "{found:?}");
    }
    let found = interleavings(&mut Random, 5_000);
    assert!(found.values().any(|it| !(425..575).contains(it)), "{found:?}");
}

#[test]
fn surw_lets_no_other_thread_come_before_the_one_whose_turn_it_is() {
    let surveyor = surveyed([5, 5]);
    let (mut surw, chance) = (Surw::new(surveyor.estimate()), &mut Counted::default());
    let mut firsts = [0; 2];
    for _ in 0..200 {
        begun(&mut surw, chance);
        // The first thread operates on the object, the second does not yet.
        let mut steps = 0;
        while steps < 20 && surw.choose(&Able(vec![(1, Some('a')), (2, None)]), chance).0 == 2 {
            steps += 1;
        }
        firsts[usize::from(steps == 20)] += 1;
    }
    assert!(firsts.iter().all(|&it| it > 60), "{firsts:?}");
}
