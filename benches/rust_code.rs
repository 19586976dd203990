//! Our own engine, loom and shuttle side by side on the same Rust code: how many executions until nothing
//! is left, and in what time.
//!
//! `cargo bench --bench rust_code [-- SECONDS]` prints the tables of docs/ENGINES.md. A search by loom or
//! shuttle may make as many executions as take about SECONDS, 20 unless given. The heddle engine is repeated for at least
//! a fifth of a second and its mean is shown; the others run once. All are told that the bodies repeat themselves, so
//! that none runs a body once more to see that. The last lines are the geometric means of loom's time over heddle's, of
//! the bodies that loom finishes, also with this check in heddle, and the executions per second of random schedules.
#![allow(clippy::duplicate_mod)] // one source, several worlds: that is the point

use std::sync::Arc;
use std::time::{Duration, Instant};

use drawloom::engine::heddle::{Heddle, Strategy as Own};
use drawloom::engine::loom::Loom;
use drawloom::engine::shuttle::{Shuttle, Strategy};
use drawloom::engine::{Body, Bound, Engine, Probe, Report, Verdict};

#[path = "rust_code/heddle.rs"]
mod heddle;
#[path = "rust_code/loom.rs"]
mod loom;
#[path = "rust_code/shuttle.rs"]
mod shuttle;

/// The core's models that are measured too.
const MODELS: [&str; 3] = [
    "a_function_taken_away_is_not_called_again",
    "reconfigure_waits_for_compilations_and_they_for_it",
    "of_two_compare_and_swaps_one_wins",
];

/// About how many executions a second the tools make, to bound their searches.
const LOOM_A_SECOND: u64 = 20_000;
const SHUTTLE_A_SECOND: u64 = 200_000;

fn main() {
    let seconds = std::env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(20);
    println!("| body | heddle | loom | shuttle-dfs | loom / heddle |");
    println!("|---|---|---|---|---|");
    let (mut ratios, mut checked) = (vec![], vec![]);
    for (name, ours, looms, shuttles) in bodies() {
        let (own, quick) = repeated(&ours, &trusting());
        let (_, with_check) = repeated(&ours, &Probe::default());
        let (loom, slow) = once(&Loom::default().executions_max(seconds * LOOM_A_SECOND), &looms);
        // A loop that waits has schedules of any length.
        let dfs = Shuttle::new(Strategy::Dfs, seconds * SHUTTLE_A_SECOND).steps_max(1_000);
        let (shuttle, other) = once(&dfs, &shuttles);
        let ratio = slow.as_secs_f64() / quick.as_secs_f64();
        let is_finished =
            matches!(loom.verdict, Verdict::Exhausted { .. } | Verdict::Searched { .. });
        if is_finished {
            ratios.push(ratio);
            checked.push(slow.as_secs_f64() / with_check.as_secs_f64());
        }
        let is_cut = matches!(loom.verdict, Verdict::Bounded { stopped_by: Bound::Executions, .. });
        let more = if is_cut { "> " } else { "" };
        println!(
            "| {name} | {} | {} | {} | {more}{ratio:.0} |",
            described(&own, quick),
            described(&loom, slow),
            described(&shuttle, other),
        );
    }
    println!("\nloom / heddle over {} bodies: {}", ratios.len(), mean_and_least(&ratios));
    println!("where heddle checks that the body repeats itself: {}", mean_and_least(&checked));
    compare_random();
}

/// Executions per second of random schedules, by our own engine on one core and on all, and by shuttle.
fn compare_random() {
    const EXECUTIONS: u64 = 5_000;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("\n| body | heddle | on {cores} cores | shuttle | shuttle-pct | heddle / shuttle |");
    println!("|---|---|---|---|---|---|");
    let (mut alone, mut together) = (vec![], vec![]);
    for (name, ours, _, shuttles) in bodies() {
        let random = Heddle::default().strategy(Own::Random { seed: 1 }).executions_max(EXECUTIONS);
        let shuttle = |strategy| Shuttle::new(strategy, EXECUTIONS);
        let a_second = |run: &dyn Fn() -> Report| {
            let begin = Instant::now();
            run().executions as f64 / begin.elapsed().as_secs_f64()
        };
        let own = a_second(&|| random.explore(ours.clone()));
        let owns = a_second(&|| random.jobs(cores).explore(ours.clone()));
        let theirs = |strategy| a_second(&|| once(&shuttle(strategy), &shuttles).0);
        let (walk, pct) =
            (theirs(Strategy::Random { seed: 1 }), theirs(Strategy::Pct { depth: 3, seed: 1 }));
        alone.push(own / walk);
        together.push(owns / walk);
        println!("| {name} | {own:.0} | {owns:.0} | {walk:.0} | {pct:.0} | {:.1} |", own / walk);
    }
    println!(
        "\nexecutions per second, heddle / shuttle: geometric mean {:.1}; on {cores} cores {:.1}",
        mean(&alone),
        mean(&together)
    );
}

fn mean_and_least(ratios: &[f64]) -> String {
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    format!("geometric mean {:.0}, least {least:.0}", mean(ratios))
}

/// The geometric mean.
fn mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|it| it.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

/// Each body with its name, in the three worlds.
fn bodies() -> Vec<(&'static str, Body, Body, Body)> {
    let mut bodies: Vec<(&'static str, Body, Body, Body)> = Vec::new();
    let both = heddle::bodies::BODIES.iter().zip(loom::bodies::BODIES);
    for (&(name, ours), &(_, looms)) in both {
        let &(_, shuttles) = shuttle::bodies::BODIES.iter().find(|it| it.0 == name).expect("same");
        bodies.push((name, Arc::new(ours), Arc::new(looms), Arc::new(shuttles)));
    }
    for name in MODELS {
        let ours =
            drawloom::heddle::models::MODELS.iter().find(|it| it.name == name).expect("a model");
        let looms =
            drawloom::loom::models::MODELS.iter().find(|it| it.name == name).expect("a model");
        let shuttles =
            drawloom::shuttle::models::MODELS.iter().find(|it| it.name == name).expect("a model");
        bodies.push((name, Arc::new(ours.body), Arc::new(looms.body), Arc::new(shuttles.body)));
    }
    bodies
}

/// The bodies repeat themselves: no engine needs to check that.
fn trusting() -> Probe {
    Probe { trusts_body: true, ..Probe::default() }
}

/// One search by our engine, and its mean time over several.
fn repeated(body: &Body, probe: &Probe) -> (Report, Duration) {
    let begin = Instant::now();
    let mut count = 0;
    loop {
        let report = Heddle::default().explore_with(body.clone(), probe.clone());
        count += 1;
        if begin.elapsed() > Duration::from_millis(200) {
            return (report, begin.elapsed() / count);
        }
    }
}

/// One search.
fn once(engine: &dyn Engine, body: &Body) -> (Report, Duration) {
    let begin = Instant::now();
    let report = engine.explore_with(body.clone(), trusting());
    (report, begin.elapsed())
}

fn described(report: &Report, time: Duration) -> String {
    let executions = report.executions;
    let seconds = time.as_secs_f64();
    match &report.verdict {
        Verdict::Exhausted { .. } | Verdict::Searched { .. } => {
            format!("{executions} in {seconds:.6} s")
        }
        Verdict::Bounded { stopped_by, .. } => {
            format!("{executions} in {seconds:.6} s, cut off by {stopped_by}")
        }
        Verdict::Violated(found) => format!("{executions} in {seconds:.3} s: {}", found.violation),
        Verdict::Unsupported { reason } => format!("cannot: {reason}"),
    }
}
