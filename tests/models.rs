//! Every model, in every world: one test for each, called by the world and the model's name. With `--nocapture`
//! each says how many executions there were.
//!
//! heddle searches every model without a bound. Three have so many executions that none has been searched to its end, in
//! up to nine minutes on two cores. They are ignored unless asked for, and then searched on all cores:
//! `cargo test --release --test models -- --ignored`.
#![cfg_attr(
    not(all(feature = "heddle", feature = "loom", feature = "shuttle")),
    allow(dead_code, reason = "each world uses a part of what they share")
)]

use std::{collections::BTreeSet, sync::Arc};

use drawloom::engine::{Bound, Engine, Report, Verdict, stress::Stress};
use drawloom::report::{grouped, render_events};
use drawloom::stress::models::MODELS;
use libtest_mimic::{Arguments, Trial};

/// Explores one model and holds it to its claim.
fn check(model: &str, engine: &dyn Engine, body: fn()) -> Report {
    let report = engine.explore(Arc::new(body));
    let executions = report.executions;
    let outcome = match &report.verdict {
        Verdict::Exhausted { .. } | Verdict::Searched { .. } => "all of the engine's".to_owned(),
        Verdict::Bounded { stopped_by: Bound::Steps, .. } => {
            panic!("{model}: {}: execution {executions} does not end", engine.name())
        }
        // A model's size is a promise.
        Verdict::Bounded { stopped_by: Bound::Executions, .. } if engine.name() == "loom" => {
            panic!("{model}: loom: {executions} executions are not enough")
        }
        Verdict::Bounded { stopped_by, .. } => format!("bounded by {stopped_by}"),
        Verdict::Unsupported { reason } => panic!("{model}: {}: {reason}", engine.name()),
        Verdict::Violated(counterexample) => {
            panic!(
                "{model}: {}: execution {}: {}\n{}",
                engine.name(),
                counterexample.execution,
                counterexample.message,
                render_events(&counterexample.trace, |_| None),
            );
        }
    };
    if std::env::args().any(|it| it == "--nocapture") {
        println!("{model}: {}: {} executions, {outcome}", engine.name(), grouped(executions));
    }
    report
}

/// A search that did not come to all the places it must come to has shown nothing.
fn check_reached(model: &str, sometimes: &[&str], reached: &BTreeSet<&str>) {
    for label in sometimes {
        assert!(reached.contains(label), "{model}: '{label}' was never reached");
    }
}

/// Models whose search in heddle takes longer than about twenty seconds in a build for tests.
#[cfg(feature = "heddle")]
const LONG: &[&str] = &[
    "of_two_parents_one_gets_the_last_place",
    "those_who_wait_go_on_in_line",
    "tinyvm_spawn_prints_legal_orders_only",
];

/// Models with a loop whose rounds nothing bounds: a guest that runs, or waits for a short time again and again,
/// until another thread stops it. heddle leaves out the rounds in which it finds nothing new.
#[cfg(feature = "heddle")]
const LOOPS: &[&str] = &[
    "a_timed_wait_comes_back_with_the_monitor",
    "an_interrupt_reaches_who_runs",
    "an_uncaught_trap_reaches_who_runs",
    "an_uncaught_trap_reaches_who_sleeps",
];

/// Everything but wakeups without a cause, which heddle does not have.
#[cfg(feature = "heddle")]
fn in_heddle(index: usize) {
    use drawloom::engine::{Gap, heddle::Heddle};
    use drawloom::heddle::models::MODELS;
    let model = &MODELS[index];
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = if LONG.contains(&model.name) { cores } else { 1 };
    let report = check(model.name, &Heddle::default().jobs(jobs), model.body);
    let has_loop = LOOPS.contains(&model.name);
    let is_all = match &report.verdict {
        Verdict::Exhausted { .. } => !has_loop,
        Verdict::Searched { not_seen, .. } => {
            !has_loop && *not_seen == [Gap::UncausedWakeups].into()
        }
        Verdict::Bounded { stopped_by, .. } => {
            has_loop && matches!(stopped_by, Bound::Rounds | Bound::TimeOuts)
        }
        _ => false,
    };
    assert!(is_all, "{}: {:?}", model.name, report.verdict);
    check_reached(model.name, model.sometimes, &report.reached);
}

#[cfg(feature = "loom")]
fn in_loom(index: usize) {
    use drawloom::engine::loom::Loom;
    use drawloom::loom::models::{MODELS, Size};
    let model = &MODELS[index];
    let engine = match model.size {
        Size::Exhaustible => Loom::default(),
        Size::Preemptions(max) => Loom::default().preemptions_max(max),
    };
    let report = check(model.name, &engine, model.body);
    check_reached(model.name, model.sometimes, &report.reached);
}

#[cfg(feature = "shuttle")]
fn in_shuttle(index: usize) {
    use drawloom::engine::shuttle::{Shuttle, Strategy};
    use drawloom::shuttle::models::MODELS;
    let model = &MODELS[index];
    // Each strategy has its bias; together they must reach everything.
    let mut reached = BTreeSet::new();
    for (strategy, executions) in [
        (Strategy::Random { seed: 1 }, 200),
        (Strategy::Pct { depth: 3, seed: 1 }, 200),
        (Strategy::Urw { seed: 1 }, 100),
    ] {
        let report = check(model.name, &Shuttle::new(strategy, executions), model.body);
        reached.extend(report.reached);
    }
    check_reached(model.name, model.sometimes, &reached);
}

/// Real threads need not reach every label.
fn in_stress(index: usize) {
    let model = &MODELS[index];
    check(model.name, &Stress::default().seed(1).executions_max(100), model.body);
}

fn main() {
    /// A world by its name, and what runs the model at an index of the list there.
    type InWorld = (&'static str, fn(usize));
    let worlds: &[InWorld] = &[
        #[cfg(feature = "heddle")]
        ("heddle", in_heddle),
        #[cfg(feature = "loom")]
        ("loom", in_loom),
        #[cfg(feature = "shuttle")]
        ("shuttle", in_shuttle),
        ("stress", in_stress),
    ];
    let trial = |name: String, run: Box<dyn FnOnce() + Send>| {
        Trial::test(name, move || {
            run();
            Ok(())
        })
    };
    // The lists of all worlds are one list, included in each.
    #[cfg_attr(
        not(any(feature = "heddle", feature = "loom", feature = "shuttle")),
        expect(unused_mut, reason = "each engine adds its own")
    )]
    let mut trials: Vec<Trial> = worlds
        .iter()
        .flat_map(|&(world, run)| {
            (0..MODELS.len()).map(move |index| {
                let name = MODELS[index].name;
                trial(format!("{world}::{name}"), Box::new(move || run(index)))
                    .with_ignored_flag(is_ignored(world, name))
            })
        })
        .collect();
    #[cfg(feature = "heddle")]
    trials.push(trial("heddle_finds_what_is_wrong".into(), Box::new(heddle_finds_what_is_wrong)));
    #[cfg(feature = "loom")]
    trials.push(trial("loom_finds_what_is_wrong".into(), Box::new(loom_finds_what_is_wrong)));
    #[cfg(feature = "shuttle")]
    trials.push(trial(
        "shuttle_finds_what_needs_no_weak_memory".into(),
        Box::new(shuttle_finds_what_needs_no_weak_memory),
    ));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

#[cfg(feature = "heddle")]
fn is_ignored(world: &str, model: &str) -> bool {
    world == "heddle" && LONG.contains(&model)
}

#[cfg(not(feature = "heddle"))]
fn is_ignored(_: &str, _: &str) -> bool {
    false
}

/// What an engine says against a claim that does not hold.
fn objection(engine: &dyn Engine, body: fn()) -> Option<String> {
    match engine.explore(Arc::new(body)).verdict {
        Verdict::Violated(counterexample) => Some(counterexample.message),
        _ => None,
    }
}

#[cfg(feature = "heddle")]
fn heddle_finds_what_is_wrong() {
    use drawloom::{engine::heddle::Heddle, heddle::models::WRONG};
    for model in WRONG {
        let objection = objection(&Heddle::default(), model.body);
        assert!(objection.is_some(), "heddle finds nothing against {}", model.name);
    }
}

#[cfg(feature = "loom")]
fn loom_finds_what_is_wrong() {
    use drawloom::{engine::loom::Loom, loom::models::WRONG};
    for model in WRONG {
        let objection = objection(&Loom::default(), model.body);
        assert!(objection.is_some(), "loom finds nothing against {}", model.name);
    }
}

#[cfg(feature = "shuttle")]
fn shuttle_finds_what_needs_no_weak_memory() {
    use drawloom::{
        engine::shuttle::{Shuttle, Strategy},
        shuttle::models::WRONG,
    };
    for model in WRONG {
        let engine = Shuttle::new(Strategy::Random { seed: 1 }, 200);
        let is_found = objection(&engine, model.body).is_some();
        assert_eq!(is_found, model.name == "no_plain_increment_is_lost", "{}", model.name);
    }
}
