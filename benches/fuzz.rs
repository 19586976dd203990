//! Executions a second: the samplers over the reference, against shuttle's over the machine, on the
//! same programs with the same strategies, in one run and on one core.
//!
//! `cargo bench --bench fuzz`. Each line is the median of five runs that take turns; the spread is
//! the slowest and the fastest of them. Only the ratio says something beyond this machine.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use drawloom::guest::explorer::{Fuzz, Strategy};
use drawloom::guest::machine::{GuestShuttle, Policy};
use drawloom::guest::{Control, GuestEngine, MemoryModel, Options};
use drawloom::interp::compile_checked;
use drawloom::reference::Subject;
use drawloom::{il, lang};

/// Programs without violations, so that nothing ends a run early.
const PROGRAMS: [&str; 8] = [
    "counter_monitor.il",
    "buffer_2x2.il",
    "philosophers.il",
    "fib_bench.il",
    "locked_counter.il",
    "work_queue.il",
    "ticket_lock.il",
    "article.tvm",
];

const RUNS: usize = 5;

fn subject(name: &str) -> Arc<Subject> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/correct").join(name);
    let text = std::fs::read_to_string(&path).expect("the program is there");
    let language = lang::Language::of_path(&path).expect("its ending is known");
    let module = lang::compile(language, &text).expect("it is a program");
    let verified = il::verify(module).expect("it verifies");
    Arc::new(Subject::new(compile_checked(&verified, &text).expect("it compiles")))
}

/// Executions a second.
fn rate(engine: &dyn GuestEngine, subject: &Arc<Subject>) -> f64 {
    let start = Instant::now();
    let findings = engine.check(subject, &Control::default());
    let tally = findings.tally;
    assert!(tally.violations.is_empty(), "{}: {:?}", findings.engine, tally.violations[0]);
    (tally.executions + tally.blocked) as f64 / start.elapsed().as_secs_f64()
}

fn sampler(strategy: Strategy, executions_max: u64) -> Fuzz {
    let options = Options { executions_max, keeps_going: true, ..Options::default() };
    Fuzz { strategy, model: Some(MemoryModel::Sc), options, ..Fuzz::default() }
}

fn shuttle(policy: Policy, executions_max: u64) -> GuestShuttle {
    GuestShuttle::new(policy, Options { executions_max, keeps_going: true, ..Options::default() })
}

fn main() {
    // `cargo test --benches` wants to know that it works, not how fast it is.
    let is_test = !std::env::args().any(|argument| argument == "--bench");
    let (ours, theirs) = if is_test { (20, 2) } else { (40_000, 1_500) };
    let pairs = [
        (Strategy::Random, Policy::Random),
        (Strategy::Pct { depth: 3 }, Policy::Pct { depth: 3 }),
        (Strategy::Urw, Policy::Urw),
    ];
    for (strategy, policy) in pairs {
        let (fuzz, shuttle) = (sampler(strategy, ours), shuttle(policy, theirs));
        println!("{strategy}, executions a second: the reference, shuttle, ratio");
        let mut logarithms = 0.0;
        for name in PROGRAMS {
            let subject = subject(name);
            let (mut reference, mut machine) = (Vec::new(), Vec::new());
            for _ in 0..RUNS {
                reference.push(rate(&fuzz, &subject));
                machine.push(rate(&shuttle, &subject));
            }
            let [(slow, median, fast), theirs] = [reference, machine].map(spread);
            let ratio = median / theirs.1;
            logarithms += ratio.ln();
            println!(
                "{name:20} {median:9.0} ({slow:.0} to {fast:.0}) {:8.0} ({:.0} to {:.0}) {ratio:6.1}",
                theirs.1, theirs.0, theirs.2
            );
        }
        let mean = (logarithms / PROGRAMS.len() as f64).exp();
        println!("{:20} {mean:.1}\n", "geometric mean");
    }
}

/// The least, the median and the greatest.
fn spread(mut rates: Vec<f64>) -> (f64, f64, f64) {
    rates.sort_by(f64::total_cmp);
    (rates[0], rates[rates.len() / 2], rates[rates.len() - 1])
}
