//! The explorer, loom and shuttle's depth-first search side by side, on ten guest programs: how many
//! executions until nothing is left, in what time, with which verdict. The programs in `engines/` are
//! as small as they are because loom explores the locks inside the machine too, and has to finish.
//!
//! `cargo bench --bench engines [-- SECONDS]` prints the table of docs/ENGINES.md. A search is stopped
//! after SECONDS, 60 unless given. The explorer is repeated for at least a fifth of a second and its
//! mean is shown; the others run once. The last line is the geometric mean of loom's time over the
//! explorer's, of the programs that loom finishes and needs a tenth of a second for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use drawloom::guest::explorer::Explorer;
use drawloom::guest::{Control, Findings, GuestEngine, Options};
use drawloom::interp::compile_checked;
use drawloom::reference::Subject;
use drawloom::verdict::Verdict;
use drawloom::{il, lang};

const PROGRAMS: [&str; 10] = [
    "locked_2x1",
    "locked_2x2",
    "locked_2x3",
    "locked_3x1",
    "lock_order",
    "handoff",
    "atomic_2x4",
    "printing",
    "message_passing",
    "store_buffering",
];

fn main() {
    let seconds = std::env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(60);
    let limit = Duration::from_secs(seconds);
    println!("| program | explorer | loom | shuttle-dfs | loom / explorer |");
    println!("|---|---|---|---|---|");
    let mut ratios = vec![];
    for name in PROGRAMS {
        let subject = subject(name);
        let options = Options::default();
        let (explorer, quick) = repeated(&subject, &Explorer { options, ..Explorer::default() });
        let loom = engine("loom", options).map(|it| limited(&subject, &*it, limit));
        let shuttle = engine("shuttle-dfs", options).map(|it| limited(&subject, &*it, limit));
        let cell = |run: &Option<(Findings, Duration)>| match run {
            Some((findings, time)) => described(findings, *time),
            None => "not in this build".into(),
        };
        let ratio = loom.as_ref().map(|(_, time)| time.as_secs_f64() / quick.as_secs_f64());
        let is_finished = loom.as_ref().is_some_and(|(findings, time)| {
            matches!(findings.verdict(), Verdict::Exhausted { .. } | Verdict::Searched { .. })
                && *time >= Duration::from_millis(100)
        });
        if let Some(ratio) = ratio.filter(|_| is_finished) {
            ratios.push(ratio);
        }
        let counts = if is_finished { "" } else { " (not in the mean)" };
        println!(
            "| {name} | {} | {} | {} | {:.0}{counts} |",
            described(&explorer, quick),
            cell(&loom),
            cell(&shuttle),
            ratio.unwrap_or(f64::NAN)
        );
    }
    let mean = (ratios.iter().map(|it| it.ln()).sum::<f64>() / ratios.len() as f64).exp();
    println!("\ngeometric mean of loom / explorer over {} programs: {mean:.0}", ratios.len());
}

fn subject(name: &str) -> Arc<Subject> {
    let path = format!("{}/benches/engines/{name}.il", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let module = lang::compile(lang::Language::Il, &text).expect("it parses");
    let code =
        compile_checked(&il::verify(module).expect("it verifies"), &text).expect("it compiles");
    Arc::new(Subject::new(code))
}

fn engine(name: &str, options: Options) -> Option<Box<dyn GuestEngine>> {
    let engines = drawloom::guest::machine::engines(options);
    engines.into_iter().find(|it| it.name() == name)
}

/// One search, and its mean time over several.
fn repeated(subject: &Arc<Subject>, explorer: &Explorer) -> (Findings, Duration) {
    let begin = Instant::now();
    let mut count = 0;
    loop {
        let findings = explorer.check(subject, &Control::default());
        count += 1;
        if begin.elapsed() > Duration::from_millis(200) {
            return (findings, begin.elapsed() / count);
        }
    }
}

/// A search that is stopped when its time is up.
fn limited(
    subject: &Arc<Subject>,
    engine: &dyn GuestEngine,
    limit: Duration,
) -> (Findings, Duration) {
    let control = Control::default();
    let is_over = AtomicBool::new(false);
    let begin = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| {
            // ORDER: Relaxed. Only says that there is nothing to wait for any more.
            while !is_over.load(Ordering::Relaxed) {
                if begin.elapsed() > limit {
                    control.time_is_up();
                    break;
                }
                thread::sleep(Duration::from_millis(1));
            }
        });
        let findings = engine.check(subject, &control);
        let time = begin.elapsed();
        // ORDER: Relaxed. See above.
        is_over.store(true, Ordering::Relaxed);
        (findings, time)
    })
}

fn described(findings: &Findings, time: Duration) -> String {
    let executions = findings.tally.executions;
    let seconds = time.as_secs_f64();
    match findings.verdict() {
        Verdict::Exhausted { .. } | Verdict::Searched { .. } => {
            format!("{executions} in {seconds:.6} s")
        }
        Verdict::Bounded { stopped_by, .. } => {
            format!("{executions} in {seconds:.1} s, cut off by {stopped_by}")
        }
        Verdict::Violated(found) => {
            format!("{executions} in {seconds:.3} s: {}", found.violation.kind)
        }
        Verdict::Unsupported { reason } => format!("cannot: {reason}"),
    }
}
