//! Checks a body in one call, as a test does.
//!
//! [`check()`] runs any engine and panics with the counterexample. [`worlds!`](crate::worlds) compiles a
//! module into every world that this build has, and hands each copy the right primitives and the right
//! `check`, so that one test source becomes a test in each world.
//!
//! The environment variable `DRAWLOOM_SCHEDULE` has [`check()`] run one schedule instead of a search, `DRAWLOOM_HTML` names
//! the file for the page of a failing execution, and with the
//! feature `record` there are those of [`record::asked`](crate::record). The engines never read the environment.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::panic::Location;
use std::sync::Arc;

use crate::engine::stress::Stress;
use crate::engine::{Counterexample, Engine, Report, Verdict};
use crate::report::render_events;
use crate::session::file_of;
use crate::verdict::Remark;

pub mod linear;
#[cfg(feature = "page")]
mod page;
mod run;
#[cfg(feature = "page")]
mod state;
#[cfg(feature = "page")]
mod story;
#[cfg(feature = "heddle")]
pub mod suite;

use run::{SCHEDULE, page_asked_for, run};
#[cfg(feature = "page")]
pub use story::story;

/// Searches `body` with `engine`, and returns a report of the search.
///
/// A report without a violation need not mean that everything was searched: look at [`Report::verdict`].
///
/// ```
/// use drawloom::engine::stress::Stress;
/// use drawloom::stress::sync::{Arc, Mutex, thread};
///
/// let report = drawloom::check(&Stress::default().executions_max(50), || {
///     let count = Arc::new(Mutex::new(0));
///     let other = count.clone();
///     let adder = thread::spawn(move || *other.lock().unwrap() += 1);
///     *count.lock().unwrap() += 1;
///     adder.join().unwrap();
///     assert_eq!(*count.lock().unwrap(), 2);
/// });
/// assert_eq!(report.executions, 50);
/// ```
///
/// # One execution again
/// If the environment variable `DRAWLOOM_SCHEDULE` has a schedule of the engine's world, that one execution is
/// run, and nothing else. The text of a failure ends with the line that does this. Engines of other worlds
/// search as usual.
///
/// # A page for a browser
/// If the environment variable `DRAWLOOM_HTML` names a file, the failing execution is written to it as a page to step
/// through, with the feature `page`. If it names a folder, the page of each test that fails is put there. A relative
/// path begins where tests run: in the folder of their package.
///
/// # Panics
/// With the counterexample, if an execution shows a violation; with the reason, if the engine cannot search the
/// body, for example because that names another world's primitives; and if nothing was checked, because no
/// execution ended or none performed an operation of the engine's world. Also if `DRAWLOOM_SCHEDULE` is not a
/// schedule.
#[track_caller]
pub fn check(engine: &dyn Engine, body: impl Fn() + Send + Sync + 'static) -> Report {
    let report = run(engine, Arc::new(body));
    match objection(engine.name(), &report) {
        None => report,
        Some(message) => panic!("{message}{}", how_to_look(engine.name(), &report, "")),
    }
}

/// What a failure says at its end: the line that runs its execution again, and where its page is, if the user has asked
/// for one. `variables` are those that the line needs besides.
fn how_to_look(engine: &str, report: &Report, variables: &str) -> String {
    let again = line_to_run_it_again(report, variables);
    let line = again.as_ref().map_or(String::new(), |it| format!("\nto run it again:\n{it}\n"));
    line + &page(engine, report, again)
}

/// The line that runs a counterexample's execution again, if it has a schedule. A test runs on a thread with
/// the test's name.
fn line_to_run_it_again(report: &Report, variables: &str) -> Option<String> {
    let Verdict::Violated(Counterexample { schedule: Some(schedule), .. }) = &report.verdict else {
        return None;
    };
    let thread = std::thread::current();
    let test = thread.name().filter(|&name| name != "main").unwrap_or_default();
    let line = format!("{variables}{SCHEDULE}=\"{schedule}\" cargo test {test}");
    Some(line.trim_end().to_owned())
}

/// Writes the page that the user has asked for, and says where it is.
#[cfg(feature = "page")]
fn page(engine: &str, report: &Report, again: Option<String>) -> String {
    page_asked_for().map_or(String::new(), |to| page::write(engine, report, again, &to))
}

/// This build makes no pages.
#[cfg(not(feature = "page"))]
fn page(_: &str, _: &Report, _: Option<String>) -> String {
    let words =
        format!("\n{} has no effect: drawloom was built without its feature `page`\n", run::HTML);
    page_asked_for().map_or(String::new(), |_| words)
}

/// Searches `body`, which uses heddle's primitives (`drawloom::heddle::sync`): every execution.
///
/// # Panics
/// As [`check`].
#[cfg(feature = "heddle")]
#[track_caller]
pub fn model(body: impl Fn() + Send + Sync + 'static) -> Report {
    check(&crate::engine::heddle::Heddle::default(), body)
}

/// As `model`, for bodies that use loom's primitives (`drawloom::loom::sync`), with loom's engine.
///
/// # Panics
/// As [`check`].
#[cfg(feature = "loom")]
#[track_caller]
pub fn model_in_loom(body: impl Fn() + Send + Sync + 'static) -> Report {
    check(&crate::engine::loom::Loom::default(), body)
}

/// As `model`, for bodies that use `drawloom::shuttle::sync`: a thousand random schedules, always the
/// same ones.
///
/// # Panics
/// As [`check`].
#[cfg(feature = "shuttle")]
#[track_caller]
pub fn model_in_shuttle(body: impl Fn() + Send + Sync + 'static) -> Report {
    use crate::engine::shuttle::{Shuttle, Strategy};
    check(&Shuttle::new(Strategy::Random { seed: 1 }, 1_000), body)
}

/// Searches `body`, which uses `drawloom::stress::sync`: a hundred executions on real threads.
///
/// # Panics
/// As [`check`].
#[track_caller]
pub fn model_in_stress(body: impl Fn() + Send + Sync + 'static) -> Report {
    check(&Stress::default().executions_max(100), body)
}

/// Why a test that gets this report must fail.
fn objection(engine: &str, report: &Report) -> Option<String> {
    let is_idle = || report.remarks.contains(&Remark::NoOperation);
    failure(engine, report)
        .or_else(|| is_idle().then(|| format!("{engine}: {}", Remark::NoOperation)))
}

/// Why a test that gets this report must fail, whatever the body does.
fn failure(engine: &str, report: &Report) -> Option<String> {
    match &report.verdict {
        Verdict::Violated(shown) => Some(violation(engine, shown, report.seed)),
        Verdict::Unsupported { reason } => Some(format!("{engine} cannot check this: {reason}")),
        Verdict::Bounded { stopped_by, .. } if report.finished == 0 => Some(format!(
            "{engine} has checked nothing: no execution came to its end; it was stopped by {stopped_by}"
        )),
        _ => None,
    }
}

/// The counterexample as a test's failure.
fn violation(engine: &str, shown: &Counterexample, seed: Option<u64>) -> String {
    let mut sources = Sources::default();
    let seed = seed.map_or_else(String::new, |seed| format!(" with seed {seed}"));
    let execution = shown.execution;
    let mut text = format!("{engine}{seed}: {} in execution {execution}\n\n", shown.violation);
    text.push_str(&render_events(&shown.trace, |location| sources.line(location)));
    let _ = writeln!(text, "\n{}", shown.message);
    if let Some(location) = &shown.location {
        let _ = writeln!(text, "at {location}");
    }
    text
}

/// The source lines that a trace names, as far as the files can be read.
#[derive(Default)]
struct Sources(HashMap<String, Option<String>>);

impl Sources {
    /// The text of a file.
    fn text(&mut self, file: &str) -> Option<&str> {
        self.0.entry(file.to_owned()).or_insert_with_key(|file| read(file)).as_deref()
    }

    fn line(&mut self, location: &Location<'_>) -> Option<String> {
        let text = self.text(&file_of(location))?;
        text.lines().nth(location.line().checked_sub(1)? as usize).map(str::to_owned)
    }
}

/// Reads a file that the compiler has named. Its path starts at the root of the workspace, but tests run
/// in the folder of their package.
fn read(file: &str) -> Option<String> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().find_map(|folder| std::fs::read_to_string(folder.join(file)).ok())
}

/// Compiles modules into every world that drawloom was built with: `heddle`, `loom`, `shuttle` and `stress`.
///
/// ```ignore
/// // src/lib.rs
/// mod sync {
///     pub use std::sync::{Arc, Condvar, Mutex};
///     pub use std::thread;
/// }
/// pub mod channel; // names `super::sync`
///
/// #[cfg(test)]
/// drawloom::worlds! {
///     mod channel = "channel.rs";
///     mod models = "models.rs";
/// }
/// ```
///
/// Each world gets a module `sync` with the names of `std`, a function `check` that searches a body in
/// that world, and these modules. So a test is written once, and each world runs it:
///
/// ```ignore
/// // src/models.rs
/// use super::channel::Channel;
/// use super::check;
/// use super::sync::{Arc, thread};
///
/// #[test]
/// fn a_message_arrives() {
///     check(|| { /* make the channel, start threads, join them, assert */ });
/// }
/// ```
///
/// `check_with` in each module is [`check()`](crate::check()): it takes the engine, with bounds of its own.
/// `check_linear` is [`check_linear()`](crate::check_linear()) with that world's engine.
///
/// Files are named as they are for `#[path]` in the file that calls the macro: beside that file. So call it
/// at the top level of a file: inside an inline `mod tests { ... }`, the compiler looks in a folder `tests`.
/// The modules are called `heddle`, `loom`, `shuttle` and `stress`. If these names are taken, by another use of the
/// macro or by the crate `loom`, begin with a name for a module around them: `worlds! { in checked; mod ... }`.
#[macro_export]
macro_rules! worlds {
    (in $around:ident; $($modules:tt)*) => {
        #[path = "."]
        mod $around {
            $crate::worlds! { $($modules)* }
        }
    };
    ($($modules:tt)*) => {
        $crate::__in_heddle! { $($modules)* }
        $crate::__in_loom! { $($modules)* }
        $crate::__in_shuttle! { $($modules)* }
        $crate::__in_stress! { $($modules)* }
    };
}

/// Expands to a module for one world.
#[doc(hidden)]
#[macro_export]
macro_rules! __world {
    ($world:ident $check:ident: $($(#[$meta:meta])* $vis:vis mod $name:ident = $file:literal;)*) => {
        // The path is relative to the folder of the calling file, not to a folder with this module's name.
        #[path = "."]
        #[allow(clippy::duplicate_mod, dead_code, unused_imports)]
        mod $world {
            pub(crate) use $crate::check as check_with;
            pub(crate) use $crate::$check as check;
            pub(crate) use $crate::__linear::$check as check_linear;
            pub(crate) use $crate::$world::sync;
            $($(#[$meta])* #[path = $file] $vis mod $name;)*
        }
    };
}

/// The modules in heddle's world, if this build has it.
#[cfg(feature = "heddle")]
#[doc(hidden)]
#[macro_export]
macro_rules! __in_heddle {
    ($($modules:tt)*) => { $crate::__world! { heddle model: $($modules)* } };
}

/// The modules in heddle's world, if this build has it.
#[cfg(not(feature = "heddle"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __in_heddle {
    ($($modules:tt)*) => {};
}

/// The modules in loom's world, if this build has it.
#[cfg(feature = "loom")]
#[doc(hidden)]
#[macro_export]
macro_rules! __in_loom {
    ($($modules:tt)*) => { $crate::__world! { loom model_in_loom: $($modules)* } };
}

/// The modules in loom's world, if this build has it.
#[cfg(not(feature = "loom"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __in_loom {
    ($($modules:tt)*) => {};
}

/// The modules in shuttle's world, if this build has it.
#[cfg(feature = "shuttle")]
#[doc(hidden)]
#[macro_export]
macro_rules! __in_shuttle {
    ($($modules:tt)*) => { $crate::__world! { shuttle model_in_shuttle: $($modules)* } };
}

/// The modules in shuttle's world, if this build has it.
#[cfg(not(feature = "shuttle"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __in_shuttle {
    ($($modules:tt)*) => {};
}

/// The modules in the world of real threads.
#[doc(hidden)]
#[macro_export]
macro_rules! __in_stress {
    ($($modules:tt)*) => { $crate::__world! { stress model_in_stress: $($modules)* } };
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::stress::sync::{AtomicU32, Ordering::SeqCst};

    fn message(body: impl Fn() + Send + Sync + std::panic::UnwindSafe + 'static) -> String {
        let payload = std::panic::catch_unwind(|| model_in_stress(body)).expect_err("it must fail");
        payload.downcast_ref::<String>().expect("a text").clone()
    }

    #[test]
    fn a_violation_is_the_failure_with_its_trace_and_source() {
        let text = message(|| {
            let word = AtomicU32::new(0);
            word.store(1, SeqCst); // what the trace shows
            assert_eq!(word.load(SeqCst), 2, "never so");
        });
        assert!(text.starts_with("stress with seed 0: panic in execution 1\n\n"), "{text}");
        assert!(text.contains("\nat src/check.rs:"), "{text}");
        assert!(text.contains("word.store(1, SeqCst); // what the trace shows"), "{text}");
        assert!(text.contains("never so"), "{text}");
    }

    #[test]
    fn a_body_that_goes_past_its_world_fails() {
        let text = message(|| assert_eq!(1 + 1, 2));
        assert_eq!(text, format!("stress: {}", Remark::NoOperation));
    }

    #[test]
    fn a_body_that_never_ends_fails_in_every_engine() {
        let spin = |word: &AtomicU32| while word.load(SeqCst) == 0 {};
        let stress = Stress::default().executions_max(2).watchdog(Duration::from_millis(50));
        let report = stress.explore(Arc::new(move || spin(&AtomicU32::new(0))));
        assert_eq!(report.finished, 0);
        let message = objection("stress", &report).expect("nothing was checked");
        assert!(message.contains("no execution came to its end"), "{message}");
        #[cfg(feature = "loom")]
        {
            use crate::loom::sync::AtomicU32;
            let spin = || while AtomicU32::new(0).load(SeqCst) == 0 {};
            let report = crate::engine::loom::Loom::default().steps_max(50).explore(Arc::new(spin));
            assert!(objection("loom", &report).is_some(), "{report:?}");
        }
        #[cfg(feature = "shuttle")]
        {
            use crate::engine::shuttle::{Shuttle, Strategy};
            use crate::shuttle::sync::AtomicU32;
            let spin = || while AtomicU32::new(0).load(SeqCst) == 0 {};
            let engine = Shuttle::new(Strategy::Random { seed: 1 }, 3).steps_max(50);
            let report = engine.explore(Arc::new(spin));
            assert!(objection("shuttle", &report).is_some(), "{report:?}");
        }
    }

    #[cfg(all(feature = "loom", feature = "shuttle"))]
    #[test]
    fn a_body_of_another_world_is_refused() {
        use crate::engine::loom::Loom;
        use crate::verdict::Reason;
        for report in [
            Loom::default().explore(Arc::new(|| AtomicU32::new(0).store(1, SeqCst))),
            Stress::default()
                .explore(Arc::new(|| crate::shuttle::sync::AtomicU32::new(0).store(1, SeqCst))),
        ] {
            let Verdict::Unsupported { reason } = report.verdict else { panic!("{report:?}") };
            assert_eq!(reason, Reason::ForeignWorld);
        }
    }

    #[test]
    fn what_holds_is_reported() {
        let report = model_in_stress(|| AtomicU32::new(0).store(1, SeqCst));
        assert_eq!((report.executions, report.finished), (100, 100));
    }
}
