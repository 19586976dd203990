//! The search for an order, against an oracle that tries all of them.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::history::{Call, History, Partial, Place};
use super::search::linearize;

/// Operations of a queue: `Some` pushes, `None` pops.
type Op = Option<u32>;

#[allow(clippy::trivially_copy_pass_by_ref, reason = "specifications have this signature")]
fn apply(queue: &mut VecDeque<u32>, operation: &Op) -> Option<u32> {
    match operation {
        Some(number) => {
            queue.push_back(*number);
            None
        }
        None => queue.pop_front(),
    }
}

/// Histories of up to six calls of up to three threads, and a few more known orders. Most results are those of
/// an order that the history allows, so that many histories have an explanation.
fn histories() -> impl Strategy<Value = Vec<Call<Op, Option<u32>>>> {
    let call = (1..4_usize, prop::option::of(0..2_u32), prop::option::weighted(0.1, 0..2_u32));
    let calls = prop::collection::vec(call, 1..=6);
    (calls, prop::collection::vec((0..6_usize, 0..6_usize), 0..6)).prop_map(|(drawn, orders)| {
        let mut state = VecDeque::new();
        let mut calls: Vec<Call<Op, Option<u32>>> = Vec::new();
        // They are drawn in an order that all that is known allows.
        for (index, (thread, operation, result)) in drawn.into_iter().enumerate() {
            let right = apply(&mut state, &operation);
            let result = if result.is_some() { result } else { right };
            let is_own = |it: usize| {
                matches!(calls[it].place, Place::Thread { thread: its, .. } if its == thread)
            };
            let number = (0..index).filter(|&it| is_own(it)).count() + 1;
            let place = Place::Thread { thread, operation: number };
            let earlier = (0..index).filter(|&it| is_own(it) || orders.contains(&(it, index)));
            let earlier = earlier.fold(0, |known, it| known | 1 << it | calls[it].earlier);
            calls.push(Call { place, operation, result, earlier });
        }
        calls
    })
}

type Calls = [Call<Op, Option<u32>>];

/// The longest beginning of an order that respects what is known and explains its results.
fn explained(calls: &Calls, order: &[usize]) -> usize {
    let (mut state, mut placed) = (VecDeque::new(), 0_u64);
    for (length, &index) in order.iter().enumerate() {
        let call = &calls[index];
        if call.earlier & !placed != 0 || apply(&mut state, &call.operation) != call.result {
            return length;
        }
        placed |= 1 << index;
    }
    order.len()
}

/// The largest number of calls that an order of all of them explains.
fn explained_at_most(calls: &Calls) -> usize {
    fn longest(calls: &Calls, order: &mut Vec<usize>) -> usize {
        if order.len() == calls.len() {
            return explained(calls, order);
        }
        let mut most = 0;
        for next in 0..calls.len() {
            if !order.contains(&next) {
                order.push(next);
                most = most.max(longest(calls, order));
                order.pop();
            }
        }
        most
    }
    longest(calls, &mut Vec::new())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_search_finds_an_order_if_and_only_if_one_of_all_orders_explains_the_history(
        calls in histories()
    ) {
        let most = explained_at_most(&calls);
        match linearize(&calls, &VecDeque::new(), apply) {
            Ok(order) => {
                prop_assert_eq!(order.len(), calls.len());
                prop_assert_eq!(explained(&calls, &order), calls.len());
            }
            Err(Partial { order, instead }) => {
                prop_assert!(most < calls.len());
                prop_assert_eq!(order.len(), most);
                prop_assert_eq!(explained(&calls, &order), most);
                for (index, result) in instead {
                    prop_assert!(calls[index].result != result);
                    let mut next = order.clone();
                    next.push(index);
                    let mut right = calls.clone();
                    right[index].result = result;
                    prop_assert_eq!(explained(&right, &next), next.len());
                }
            }
        }
    }
}

#[test]
fn the_oracle_sees_histories_of_both_sorts() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut is_right = || {
        let calls = histories().new_tree(&mut runner).expect("there are histories").current();
        calls.len() > 3 && linearize(&calls, &VecDeque::new(), apply).is_ok()
    };
    let right = (0..400).filter(|_| is_right()).count();
    assert!((50..350).contains(&right), "{right} of 400 have an explanation");
}

#[test]
fn a_state_that_a_set_of_calls_has_led_to_is_not_tried_again() {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    static APPLIED: AtomicUsize = AtomicUsize::new(0);
    let count = |sum: &mut u32, add: &u32| {
        // ORDER: Relaxed, no edge: counts.
        APPLIED.fetch_add(1, Relaxed);
        *sum += add;
        if *add == 0 { *sum } else { 0 }
    };
    let call = |thread: usize, operation: u32, result: u32| {
        let place = Place::Thread { thread, operation: 1 };
        Call { place, operation, result, earlier: 0 }
    };
    // Sixteen additions in any order have 2^16 sets and 16! orders. The last call has no explanation.
    let mut calls: Vec<_> = (1..=16).map(|thread| call(thread, 1, 0)).collect();
    calls.push(call(17, 0, 99));
    let partial = linearize(&calls, &0, count).expect_err("no sum is 99");
    assert_eq!((partial.order.len(), partial.instead), (16, vec![(16, 16)]));
    // ORDER: Relaxed, no edge: counts.
    assert_eq!(APPLIED.load(Relaxed), (1 << 16) + 16 * (1 << 15));
}

#[test]
fn a_history_names_only_the_latest_known_call_of_each_thread() {
    let call = |thread: usize, operation: usize, earlier: u64| {
        let place = Place::Thread { thread, operation };
        Call { place, operation: Some(0), result: None::<u32>, earlier }
    };
    // 1.1 and 1.2 come before 2.1, all of them before 2.2 and 3.1.
    let calls = vec![
        call(1, 1, 0),
        call(1, 2, 0b1),
        call(2, 1, 0b11),
        call(2, 2, 0b111),
        call(3, 1, 0b1111),
    ];
    let partial = Partial { order: vec![], instead: vec![(0, Some(1))] };
    let history = History::new(calls, partial);
    assert!(history.is_before(0, 4) && !history.is_before(4, 0));
    assert_eq!(
        history.to_string(),
        "\
not linearizable: no order of these operations explains their results

  thread 1             thread 2                        thread 3
  1.1 Some(0) = None
  1.2 Some(0) = None
                       2.1 Some(0) = None, after 1.2
                       2.2 Some(0) = None
                                                       3.1 Some(0) = None, after 1.2 and 2.2

no operation can be first:
  1.1 Some(0) = None, but the specification returns Some(1) here
"
    );
}
