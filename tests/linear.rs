//! Structures that are linearizable, and structures that are not, in every world.
#![cfg(all(feature = "heddle", feature = "loom", feature = "shuttle", feature = "vm"))]
#![allow(unreachable_pub, reason = "the channel of the examples is the library of a crate there")]

use std::fmt::Debug;
use std::hash::Hash;

use drawloom::engine::heddle::Heddle;
use drawloom::engine::loom::Loom;
use drawloom::engine::shuttle::{Shuttle, Strategy};
use drawloom::engine::stress::Stress;
use drawloom::engine::{Fault, MemoryModel, Verdict};
use drawloom::linear::{self, Chance, Error, Scenario, Scenarios, Structure, World};
use operations::{Copied, Count, Message, Naming, Pair, Put};

/// The same structures in each world.
macro_rules! world {
    ($world:ident) => {
        #[path = "."]
        #[allow(clippy::duplicate_mod, dead_code)]
        mod $world {
            use drawloom::$world::{Extern, Registry, sync};

            #[path = "../examples/bounded_channel/channel.rs"]
            mod channel;
            #[path = "linear/structures.rs"]
            pub(super) mod structures;
        }
    };
}

#[path = "linear/operations.rs"]
mod operations;

world!(heddle);
world!(loom);
world!(shuttle);
world!(stress);

drawloom::worlds! {
    in once;
    mod channel = "../examples/bounded_channel/channel.rs";
    mod in_every_world = "linear/in_every_world.rs";
}

/// Searches a scenario; `Some` is the message of the counterexample.
#[track_caller]
fn wrong<E, S, O, R, M>(
    engine: &E,
    structure: &Structure<S, O, R, M>,
    scenario: Scenario<O>,
) -> Option<String>
where
    E: World,
    S: Send + Sync + 'static,
    O: Clone + Debug + Send + Sync + 'static,
    R: Clone + Debug + PartialEq + Send + 'static,
    M: Clone + Eq + Hash + Send + Sync + 'static,
{
    let report = linear::explore(engine, structure, [scenario]).expect("the scenario is right");
    let search = &report.searches[0];
    match &search.report.verdict {
        Verdict::Violated(shown) => {
            assert_eq!(shown.violation, Fault::Panic, "{shown:?}");
            let history = report.wrong.as_ref().expect("there is a history").to_string();
            assert_eq!(shown.message, history);
            Some(history)
        }
        Verdict::Unsupported { reason } => panic!("{reason}"),
        _ => {
            assert!(report.wrong.is_none());
            assert!(search.histories >= search.report.finished && search.histories > 0);
            None
        }
    }
}

fn heddle_engine() -> Heddle {
    Heddle::default()
}

fn loom_engine() -> Loom {
    Loom::default()
}

/// What is right has many executions, and loom takes long for each.
fn some_of_loom() -> Loom {
    Loom::default().executions_max(3_000)
}

fn shuttle_engine() -> Shuttle {
    Shuttle::new(Strategy::Random { seed: 1 }, 2_000)
}

/// How many executions it needs is chance, but those that show nothing take the longest.
fn stress_engine() -> Stress {
    Stress::default().executions_max(100_000)
}

fn some_of_stress() -> Stress {
    Stress::default().executions_max(300)
}

/// What each world must find, and what it must not.
macro_rules! claims {
    ($tests:ident, $world:ident, $engine:ident, $for_right:ident) => {
        mod $tests {
            use super::$world::structures::*;
            use super::*;

            #[test]
            fn a_counter_is_linearizable() {
                let scenario =
                    Scenario::new([[Count::Add(1), Count::Get], [Count::Add(2), Count::Get]]);
                assert_eq!(wrong(&$for_right(), &counter(), scenario), None);
            }

            #[test]
            fn a_counter_that_loads_and_stores_is_not() {
                let scenario = Scenario::new([[Count::Add(1)], [Count::Add(2)]]);
                assert!(wrong(&$engine(), &split_counter(), scenario).is_some());
            }

            #[test]
            fn a_destructor_that_waits_does_not_hide_the_history() {
                let scenario = Scenario::new([[Count::Add(1)], [Count::Add(2)]]);
                let counter = attended_split_counter();
                assert!(wrong(&$engine(), &counter, scenario).is_some());
            }

            #[test]
            fn a_queue_behind_a_lock_is_linearizable() {
                let scenario = Scenario::new([[Put::Push(1), Put::Pop], [Put::Push(2), Put::Pop]]);
                assert_eq!(wrong(&$for_right(), &queue(), scenario.after([Put::Pop])), None);
            }

            #[test]
            fn a_queue_that_checks_before_it_acts_is_not() {
                let scenario = Scenario::new([[Put::Pop], [Put::Pop]]);
                let scenario = scenario.before([Put::Push(1), Put::Push(2)]);
                assert!(wrong(&$engine(), &check_then_act_queue(), scenario).is_some());
            }

            #[test]
            fn a_stack_without_locks_is_linearizable() {
                let scenario = Scenario::new([[Put::Push(1), Put::Pop], [Put::Push(2), Put::Pop]]);
                assert_eq!(wrong(&$for_right(), &stack(), scenario), None);
            }

            #[test]
            fn a_snapshot_that_reads_two_words_one_after_the_other_is_not() {
                let sets = vec![Pair::Set(0, 1), Pair::Set(1, 1)];
                let scenario = Scenario::new([sets, vec![Pair::Snapshot]]);
                assert!(wrong(&$engine(), &seq_cst_words(), scenario).is_some());
            }

            #[test]
            fn a_bounded_channel_is_linearizable_and_has_its_bound() {
                let scenario = || {
                    let sends = [Message::Send(1), Message::Send(2)];
                    Scenario::new([sends, [Message::Receive, Message::Receive]])
                };
                assert_eq!(wrong(&$for_right(), &channel(), scenario()), None);
                assert!(wrong(&$engine(), &roomy_channel(), scenario()).is_some());
            }

            #[test]
            fn a_channel_gives_out_what_was_sent_before_it_was_closed() {
                let sends = [Message::Send(1), Message::Close];
                let scenario = Scenario::new([sends, [Message::Receive, Message::Receive]]);
                assert_eq!(wrong(&$for_right(), &channel(), scenario), None);
            }

            #[test]
            fn our_registry_is_linearizable() {
                use Naming::{LookUp, Register, Unregister};
                let registers = [Register("f"), LookUp("F")];
                let scenario = Scenario::new([registers, [Register("F"), Unregister("f")]]);
                assert_eq!(wrong(&$for_right(), &registry(), scenario), None);
            }

            #[test]
            fn operations_on_copies_are_ordered_by_signals_or_by_time() {
                let scenario = Scenario::new([[Copied::Set(0, 1)], [Copied::Get(1)]]);
                assert!(wrong(&$engine(), &copies(), scenario).is_some());
            }
        }
    };
}

claims!(in_heddle, heddle, heddle_engine, heddle_engine);
claims!(in_loom, loom, loom_engine, some_of_loom);
claims!(in_shuttle, shuttle, shuttle_engine, shuttle_engine);
claims!(in_stress, stress, stress_engine, some_of_stress);

#[test]
fn heddle_searches_every_execution_of_what_is_linearizable() {
    use heddle::structures::*;
    let scenario = Scenario::new([[Put::Push(1), Put::Pop], [Put::Push(2), Put::Pop]]);
    let report = drawloom::check_linear(&Heddle::default(), &stack(), [scenario]);
    let search = &report.searches[0];
    // One of them is run again, since the structure may not repeat itself.
    let executions = search.histories - 1;
    assert_eq!(search.report.verdict, Verdict::Exhausted { executions });
}

#[test]
fn drawn_scenarios_are_checked_one_after_the_other() {
    use heddle::structures::*;
    let scenarios = Scenarios::drawn(5, |chance| match chance.below(2) {
        0 => Put::Push(chance.below(10) as u32),
        _ => Put::Pop,
    });
    let scenarios = scenarios.before(1).operations(2).after(1).count(8);
    let report = drawloom::check_linear(&Heddle::default(), &queue(), scenarios.clone());
    assert_eq!(report.searches.len(), 8);
    let drawn = report.searches.into_iter().map(|it| it.scenario);
    assert!(drawn.eq(scenarios));
}

#[test]
fn what_a_structure_synchronises_orders_its_operations_without_signals() {
    use heddle::structures::*;
    let scenario = Scenario::new([[Put::Push(1), Put::Pop], [Put::Push(2), Put::Pop]]);
    let engine = Heddle::default();
    let history = wrong(&engine, &check_then_act_queue(), scenario.without_signals());
    let history = history.expect("it is wrong");
    assert!(history.contains("2.2 Pop = Some(1), after 1.1"), "{history}");
}

#[test]
fn what_only_signals_tell_is_not_seen_without_them() {
    use heddle::structures::*;
    let scenario = Scenario::new([[Copied::Set(0, 1)], [Copied::Get(1)]]);
    let engine = Heddle::default();
    assert_eq!(wrong(&engine, &copies(), scenario.clone().without_signals()), None);
    assert!(wrong(&engine, &copies(), scenario).is_some());
}

#[test]
fn weak_memory_is_seen_where_it_is_weak() {
    use heddle::structures::*;
    let crosswise =
        || Scenario::new([[Pair::Set(0, 1), Pair::Get(1)], [Pair::Set(1, 1), Pair::Get(0)]]);
    let (weak, sc) = (Heddle::default(), Heddle::default().memory(MemoryModel::Sc));
    assert!(wrong(&weak, &acquire_release_words(), crosswise()).is_some());
    assert_eq!(wrong(&sc, &acquire_release_words(), crosswise()), None);
    assert_eq!(wrong(&weak, &seq_cst_words(), crosswise()), None);

    let pops = || Scenario::new([[Put::Push(1)], [Put::Pop]]);
    assert!(wrong(&weak, &unpublished_stack(), pops()).is_some());
    assert_eq!(wrong(&sc, &unpublished_stack(), pops()), None);
}

/// Searches six drawn scenarios in both worlds; how many are right, and how many wrong.
fn agree<S, T, O, R, M>(
    in_heddle: &Structure<S, O, R, M>,
    in_shuttle: &Structure<T, O, R, M>,
    operations: usize,
    draw: fn(&mut Chance) -> O,
) -> [usize; 2]
where
    S: Send + Sync + 'static,
    T: Send + Sync + 'static,
    O: Clone + Debug + Send + Sync + 'static,
    R: Clone + Debug + PartialEq + Send + 'static,
    M: Clone + Eq + Hash + Send + Sync + 'static,
{
    let heddle = Heddle::default().memory(MemoryModel::Sc);
    let shuttle = Shuttle::new(Strategy::Dfs, 1_000_000);
    let mut counts = [0, 0];
    for scenario in Scenarios::drawn(3, draw).operations(operations).count(6) {
        let text = format!("{scenario:?}");
        let here = wrong(&heddle, in_heddle, scenario.clone()).is_some();
        assert_eq!(here, wrong(&shuttle, in_shuttle, scenario).is_some(), "{text}");
        counts[usize::from(here)] += 1;
    }
    counts
}

/// Under sequential consistency, happens-before with signals and real time find the same structures wrong in
/// the same scenarios.
#[test]
fn heddle_and_the_depth_first_search_of_shuttle_agree_on_drawn_scenarios() {
    use crate::heddle::structures as here;
    use crate::shuttle::structures as there;
    let count = |chance: &mut Chance| match chance.below(2) {
        0 => Count::Get,
        _ => Count::Add(1),
    };
    let put = |chance: &mut Chance| match chance.below(2) {
        0 => Put::Pop,
        _ => Put::Push(1),
    };
    let copied = |chance: &mut Chance| match chance.below(2) {
        0 => Copied::Get(chance.below(2) as usize),
        _ => Copied::Set(chance.below(2) as usize, 1),
    };
    for [right, wrong] in [
        agree(&here::split_counter(), &there::split_counter(), 2, count),
        agree(&here::check_then_act_queue(), &there::check_then_act_queue(), 2, put),
        agree(&here::copies(), &there::copies(), 2, copied),
    ] {
        assert!(right > 0 && wrong > 0, "{right} right, {wrong} wrong");
    }
}

#[test]
fn the_history_is_the_message() {
    use heddle::structures::*;
    let engine = Heddle::default();
    let counts = Scenario::new([[Count::Add(1)], [Count::Add(2)]]).after([Count::Get]);
    assert_eq!(wrong(&engine, &split_counter(), counts).expect("it is wrong"), LOST_UPDATE);
    let pops = Scenario::new([[Put::Pop], [Put::Pop]]).before([Put::Push(1), Put::Push(2)]);
    assert_eq!(wrong(&engine, &check_then_act_queue(), pops).expect("it is wrong"), TAKEN_TWICE);
    let sets = vec![Pair::Set(0, 1), Pair::Set(1, 1)];
    let snapshot = Scenario::new([sets, vec![Pair::Snapshot]]);
    assert_eq!(wrong(&engine, &seq_cst_words(), snapshot).expect("it is wrong"), TORN);
    let late = Scenario::new([[Copied::Set(0, 1)], [Copied::Get(1)]]);
    assert_eq!(wrong(&engine, &copies(), late).expect("it is wrong"), LATE);
}

/// The guide shows what the bounded channel would do with room for one message more.
#[test]
fn the_guide_shows_a_test_of_ours_and_the_history_of_a_check() {
    use heddle::structures::*;
    let sends = [Message::Send(1), Message::Send(2)];
    let scenario = Scenario::new([sends, [Message::Receive, Message::Receive]]);
    let history = wrong(&Heddle::default(), &roomy_channel(), scenario).expect("it is wrong");
    let guide = include_str!("../docs/CHECK_YOUR_CODE.md");
    assert!(guide.contains(&format!("```text\n{history}```")), "{history}");
    let source = include_str!("linear/in_every_world.rs");
    let (_, code) = source.split_once("\n\n").expect("it begins with a comment");
    assert!(guide.contains(code), "the guide shows another test");
}

const LOST_UPDATE: &str = "\
not linearizable: no order of these operations explains their results

  thread 1         thread 2
  1.1 Add(1) = 0   2.1 Add(2) = 0
  after
  after.1 Get = 2

the longest order that explains the results of its operations:
  1.1 Add(1) = 0
after which no operation can be next:
  2.1 Add(2) = 0, but the specification returns 1 here
";

const TAKEN_TWICE: &str = "\
not linearizable: no order of these operations explains their results

  before
  before.1 Push(1) = None
  before.2 Push(2) = None
  thread 1            thread 2
  1.1 Pop = Some(1)   2.1 Pop = Some(1)

the longest order that explains the results of its operations:
  before.1 Push(1) = None
  before.2 Push(2) = None
  1.1 Pop = Some(1)
after which no operation can be next:
  2.1 Pop = Some(1), but the specification returns Some(2) here
";

const TORN: &str = "\
not linearizable: no order of these operations explains their results

  thread 1                 thread 2
  1.1 Set(0, 1) = (0, 0)   2.1 Snapshot = (0, 1)
  1.2 Set(1, 1) = (0, 0)

the longest order that explains the results of its operations:
  1.1 Set(0, 1) = (0, 0)
  1.2 Set(1, 1) = (0, 0)
after which no operation can be next:
  2.1 Snapshot = (0, 1), but the specification returns (1, 1) here
";

const LATE: &str = "\
not linearizable: no order of these operations explains their results

  thread 1            thread 2
  1.1 Set(0, 1) = 0
                      2.1 Get(1) = 0, after 1.1

the longest order that explains the results of its operations:
  1.1 Set(0, 1) = 0
after which no operation can be next:
  2.1 Get(1) = 0, but the specification returns 1 here
";

/// The message of the panic.
fn panics<T>(call: impl FnOnce() -> T + std::panic::UnwindSafe) -> String {
    let Err(payload) = std::panic::catch_unwind(call) else { panic!("it must panic") };
    payload.downcast_ref::<String>().expect("a text").clone()
}

#[test]
fn a_check_fails_with_the_trace_and_the_history() {
    use heddle::structures::*;
    let right = Scenario::new([[Count::Get], [Count::Add(1)]]);
    let torn = Scenario::new([[Count::Add(1)], [Count::Add(2)]]);
    let text =
        panics(|| drawloom::check_linear(&Heddle::default(), &split_counter(), [right, torn]));
    assert!(text.starts_with("scenario 2 of 2: heddle: panic in execution "), "{text}");
    assert!(text.contains("let before = counter.load(SeqCst);"), "{text}");
    assert!(text.contains("\nnot linearizable: no order"), "{text}");
}

#[test]
fn an_operation_that_panics_is_the_violation() {
    fn broken<S>(counter: &Structure<S, Count, u32, u32>) -> Structure<S, Count, u32, u32> {
        Structure { perform: |_, _| panic!("it is broken"), ..counter.clone() }
    }
    let scenario = || [Scenario::new([[Count::Get], [Count::Get]])];
    let engine = stress_engine();
    let reports = [
        linear::explore(&heddle_engine(), &broken(&heddle::structures::counter()), scenario()),
        linear::explore(&loom_engine(), &broken(&loom::structures::counter()), scenario()),
        linear::explore(&shuttle_engine(), &broken(&shuttle::structures::counter()), scenario()),
        linear::explore(&engine, &broken(&stress::structures::counter()), scenario()),
    ];
    for report in reports {
        let report = report.expect("the scenario is right");
        assert_eq!(report.wrong, None);
        match &report.searches[0].report.verdict {
            Verdict::Violated(shown) => assert_eq!(shown.message, "it is broken"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_scenario_in_which_threads_wait_forever_is_a_deadlock() {
    let receives = || Scenario::new([[Message::Receive, Message::Receive]]);
    let scenarios = || [receives().before([Message::Send(1)])];
    let channel = heddle::structures::channel();
    let report = linear::explore(&Heddle::default(), &channel, scenarios()).expect("it is right");
    match &report.searches[0].report.verdict {
        Verdict::Violated(shown) => assert_eq!(shown.violation, Fault::Deadlock),
        other => panic!("{other:?}"),
    }
    let text = panics(move || drawloom::check_linear(&Heddle::default(), &channel, scenarios()));
    assert!(
        text.ends_with("\nthe scenario:\n  before    Send(1)\n  thread 1  Receive, Receive\n"),
        "{text}"
    );
}

#[test]
fn what_an_engine_cannot_search_is_refused() {
    let scenario = Scenario::new([[Count::Get]]);
    let counter = stress::structures::counter();
    let text = panics(|| drawloom::check_linear(&Heddle::default(), &counter, [scenario]));
    assert!(text.starts_with("scenario 1 of 1: heddle cannot check this: "), "{text}");

    let six = Scenario::new(vec![[Count::Get]; 6]);
    let counter = loom::structures::counter();
    let text = panics(|| drawloom::check_linear(&Loom::default(), &counter, [six]));
    assert!(text.starts_with("scenario 1 of 1: loom cannot check this: loom has room for five"));
    assert!(text.contains("\nthe scenario:\n  thread 1  Get\n"), "{text}");
}

#[test]
fn scenarios_that_cannot_be_checked_have_an_error_each() {
    use stress::structures::*;
    let error = |scenarios: Vec<Scenario<Count>>| {
        linear::explore(&Stress::default(), &counter(), scenarios).expect_err("they are wrong")
    };
    let get = |count: usize| vec![Count::Get; count];
    let one = || Scenario::new([get(1)]);
    assert_eq!(error(vec![]), Error::NoScenarios);
    let none = Scenario::new(Vec::<Vec<Count>>::new());
    assert_eq!(error(vec![one(), none]), Error::NoThreads { scenario: 2 });
    let idle = Scenario::new([get(1), get(0)]);
    assert_eq!(error(vec![idle]), Error::IdleThread { scenario: 1, thread: 2 });
    let long = one().before(get(60)).after(get(4));
    assert_eq!(error(vec![long]), Error::TooManyOperations { scenario: 1, operations: 65 });
    let wide = Scenario::new(vec![get(1); 17]);
    assert_eq!(error(vec![wide]), Error::TooManySets { scenario: 1, sets: 1 << 17 });
    assert_eq!(
        Error::TooManySets { scenario: 1, sets: 1 << 17 }.to_string(),
        "the operations of scenario 1 can be begun in 131072 sets, more than 65536: take fewer threads, or \
         fewer operations for each"
    );
}
