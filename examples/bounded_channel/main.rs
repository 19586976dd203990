//! A bounded channel, written once, checked in every world, broken on purpose, and used natively.
//! `docs/CHECK_YOUR_CODE.md` walks through it.
#![allow(unreachable_pub, reason = "the channel is written as for a library")]

mod sync {
    pub use std::sync::{Condvar, Mutex};
}
mod channel;

drawloom::worlds! {
    mod channel = "channel.rs";
    pub mod models = "models.rs";
}

mod matrix;

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use drawloom::engine::heddle::Heddle;
use drawloom::engine::loom::Loom;
use drawloom::engine::shuttle::{Shuttle, Strategy};
use drawloom::engine::stress::Stress;
use drawloom::engine::{Engine, Verdict};
use drawloom::report::render_events;

/// Explores one model; whether nothing is wrong.
fn check(engine: &dyn Engine, (name, body): (&str, fn())) -> bool {
    let report = engine.explore(Arc::new(body));
    let verdict = match &report.verdict {
        Verdict::Exhausted { .. } => "holds in all".to_owned(),
        Verdict::Searched { not_seen, .. } => {
            let gaps: Vec<String> = not_seen.iter().map(ToString::to_string).collect();
            format!("nothing found; not seen: {}", gaps.join("; "))
        }
        Verdict::Bounded { stopped_by, .. } => format!("nothing found, stopped by {stopped_by}"),
        Verdict::Unsupported { reason } => format!("not checked: {reason}"),
        Verdict::Violated(found) => {
            format!("{}\n{}", found.message, render_events(&found.trace, |_| None))
        }
    };
    println!("{name}: {}: {} executions: {verdict}", engine.name(), report.executions);
    for remark in &report.remarks {
        println!("  {remark}");
    }
    !matches!(report.verdict, Verdict::Violated(_) | Verdict::Unsupported { .. })
}

/// Every model, in every world.
fn all_hold() -> bool {
    let pct = Shuttle::new(Strategy::Pct { depth: 3, seed: 1 }, 1_000);
    let stress = Stress::default().executions_max(100);
    heddle::models::MODELS.iter().all(|&model| check(&Heddle::default(), model))
        && loom::models::MODELS.iter().all(|&model| check(&Loom::default(), model))
        && shuttle::models::MODELS.iter().all(|&model| check(&pct, model))
        && stress::models::MODELS.iter().all(|&model| check(&stress, model))
}

fn main() -> ExitCode {
    // Mutants may abort, so they run in children.
    if env::args().nth(1).as_deref() == Some(matrix::WORKER) {
        return matrix::work();
    }
    let channel = channel::Channel::new(1);
    channel.send("natively, it is plain std");
    println!("{}", channel.receive().expect("just sent"));
    channel.close();
    match all_hold().then(matrix::every_mutant_is_noticed) {
        Some(Ok(true)) => ExitCode::SUCCESS,
        Some(Err(error)) => {
            println!("the mutants cannot be run: {error}");
            ExitCode::FAILURE
        }
        Some(Ok(false)) | None => ExitCode::FAILURE,
    }
}
