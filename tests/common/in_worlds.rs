//! Bodies in every world: what a checker must find in them, and that it finds nothing else.
#![allow(dead_code, unused_macros, reason = "not every test needs all of it")]

use std::collections::BTreeSet;
use std::sync::Arc as StdArc;

use drawloom::engine::heddle::Heddle;
use drawloom::engine::shuttle::{Shuttle, Strategy};
use drawloom::engine::stress::Stress;
use drawloom::engine::{Counterexample, Engine, Gap, Probe, Report, Verdict};
use drawloom::session::Sites;

/// The report of a search that must find nothing.
#[track_caller]
pub(crate) fn harmless(engine: &dyn Engine, run: fn()) -> Report {
    let report = engine.explore(StdArc::new(run));
    match &report.verdict {
        Verdict::Exhausted { .. } | Verdict::Searched { .. } | Verdict::Bounded { .. } => report,
        verdict => panic!("{}: {verdict:#?}", engine.name()),
    }
}

/// The counterexample that an engine must find.
#[track_caller]
pub(crate) fn found(engine: &dyn Engine, run: fn()) -> Counterexample {
    match engine.explore(StdArc::new(run)).verdict {
        Verdict::Violated(shown) => shown,
        verdict => panic!("{} found nothing: {verdict:?}", engine.name()),
    }
}

#[track_caller]
pub(crate) fn reaches(report: &Report, labels: &[&str]) {
    for label in labels {
        assert!(report.reached.contains(label), "{label} not in {:?}", report.reached);
    }
}

/// Checks a search of all executions, and how many there are.
#[track_caller]
pub(crate) fn executions(run: fn(), executions: u64) -> Report {
    let report = harmless(&Heddle::default(), run);
    let all = Verdict::Exhausted { executions };
    let not_seen = not_seen(&report);
    let but = Verdict::Searched { executions, not_seen };
    assert!(report.verdict == all || report.verdict == but, "{:?}", report.verdict);
    report
}

pub(crate) fn not_seen(report: &Report) -> BTreeSet<Gap> {
    match &report.verdict {
        Verdict::Searched { not_seen, .. } => not_seen.clone(),
        _ => BTreeSet::new(),
    }
}

/// The mutants of a body that its search by heddle does not notice: operations and operators.
pub(crate) fn survivors(run: fn()) -> Vec<String> {
    let sites = StdArc::new(Sites::default());
    let probe = Probe { sites: Some(sites.clone()), ..Probe::default() };
    Heddle::default().explore_with(StdArc::new(run), probe);
    let survives = |mutant: &_| {
        let mutants = StdArc::new([Clone::clone(mutant)]);
        let probe = Probe { mutants, ..Probe::default() };
        let report = Heddle::default().explore_with(StdArc::new(run), probe);
        !matches!(report.verdict, Verdict::Violated(_))
    };
    // What runs first matters to no complete search.
    let mutants = sites.mutants().into_iter().filter(|it| it.operator.name() != "child-first");
    let survivors = mutants.filter(survives);
    survivors.map(|it| format!("{:?} {}", it.operation.op, it.operator)).collect()
}

pub(crate) fn shuttle() -> Shuttle {
    Shuttle::new(Strategy::Random { seed: 11 }, 5_000)
}

pub(crate) fn stress() -> Stress {
    Stress::default().seed(7).executions_max(200)
}

/// Checks that a body is right in every world named, and that a checker's search reaches these labels.
macro_rules! right {
    ($body:ident in $($world:ident)*, $executions:tt, $labels:expr) => {
        #[test]
        fn $body() {
            let labels: &[&str] = &$labels;
            $(right!(@$world $body $executions labels);)*
        }
    };
    (@heddle $body:ident _ $labels:ident) => {
        reaches(&harmless(&Heddle::default(), in_heddle::$body), $labels);
    };
    (@heddle $body:ident $executions:literal $labels:ident) => {
        reaches(&executions(in_heddle::$body, $executions), $labels);
    };
    (@loom $body:ident $executions:tt $labels:ident) => {
        reaches(&harmless(&Loom::default(), in_loom::$body), $labels);
    };
    (@shuttle $body:ident $executions:tt $labels:ident) => {
        reaches(&harmless(&shuttle(), in_shuttle::$body), $labels);
    };
    (@stress $body:ident $executions:tt $labels:ident) => {
        harmless(&stress(), in_stress::$body);
    };
    (@native $body:ident $executions:tt $labels:ident) => {
        (0..20).for_each(|_| in_native::$body());
    };
}

/// Checks that the error in a body is found in every world named.
macro_rules! wrong {
    ($body:ident in $($world:ident)*, $fault:ident) => {
        #[test]
        fn $body() {
            $(assert_eq!(wrong!(@$world $body).violation, Fault::$fault);)*
        }
    };
    (@heddle $body:ident) => { found(&Heddle::default(), in_heddle::$body) };
    (@loom $body:ident) => { found(&Loom::default(), in_loom::$body) };
    (@shuttle $body:ident) => { found(&shuttle(), in_shuttle::$body) };
}

/// Makes a module for each world with the bodies of a macro.
macro_rules! in_every_world {
    ($bodies:ident) => {
        #[allow(dead_code, unused_imports, reason = "not every body is for every world")]
        mod in_native {
            $bodies!(native);

            fn sometimes(_: &str) {}
        }

        in_every_world!(@world $bodies in_stress stress);
        in_every_world!(@world $bodies in_heddle heddle);
        in_every_world!(@world $bodies in_loom loom);
        in_every_world!(@world $bodies in_shuttle shuttle);
    };
    (@world $bodies:ident $module:ident $world:ident) => {
        #[allow(dead_code, unused_imports, reason = "not every body is for every world")]
        mod $module {
            use drawloom::$world::sync::sometimes;

            $bodies!($world);
        }
    };
}
