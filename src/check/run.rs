//! One search of one body, as the environment asks for it.

use std::panic::Location;
use std::path::PathBuf;

use crate::engine::{Body, Engine, Report, WorldSchedule};

/// The environment variable that asks for one schedule.
pub(super) const SCHEDULE: &str = "DRAWLOOM_SCHEDULE";

/// The environment variable that asks for the page of a failing execution.
pub(super) const HTML: &str = "DRAWLOOM_HTML";

/// The file or the folder for the page that the user asks for.
pub(super) fn page_asked_for() -> Option<PathBuf> {
    std::env::var_os(HTML).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Searches `body` with `engine`, or runs the one schedule that the user asks for. With the feature `record`, the
/// variables of [`record::asked`](crate::record::asked) count, too.
///
/// # Panics
/// A variable's value means nothing, or the record cannot be written.
#[track_caller]
pub(super) fn run(engine: &dyn Engine, body: Body) -> Report {
    let (report, record) = run_unrecorded(engine, body);
    record.write(None);
    report
}

/// The same, without the record, if one is asked for.
#[track_caller]
pub(super) fn run_unrecorded(engine: &dyn Engine, body: Body) -> (Report, Unwritten) {
    let place = Location::caller();
    let again = schedule_asked_for().and_then(|schedule| engine.repeat(&schedule, body.clone()));
    match again {
        Some(report) => (report, Unwritten::default()),
        None => search(engine, body, place),
    }
}

/// The record of a search, if one is asked for.
#[must_use]
#[derive(Default)]
pub(super) struct Unwritten {
    #[cfg(feature = "record")]
    run: Option<(crate::record::asked::Asked, crate::record::ModelRun)>,
}

impl Unwritten {
    /// Writes it. If another search follows, this one was made with a limit on preemptions.
    ///
    /// # Panics
    /// It cannot be written.
    #[cfg(feature = "record")]
    pub(super) fn write(self, preemptions_max: Option<usize>) {
        let Some((asked, run)) = self.run else { return };
        if let Err(error) = asked.append(&crate::record::ModelRun { preemptions_max, ..run }) {
            let path = asked.record.unwrap_or_default();
            panic!("cannot record a model in {}: {error}", path.display());
        }
    }

    #[cfg(not(feature = "record"))]
    #[expect(clippy::unused_self, reason = "with the feature `record`, there is something in it")]
    pub(super) fn write(self, _: Option<usize>) {}
}

/// The schedule that is to be run instead of a search, if the user asks for one.
fn schedule_asked_for() -> Option<WorldSchedule> {
    let text = std::env::var_os(SCHEDULE)?;
    let text = text.to_str().unwrap_or_else(|| panic!("{SCHEDULE} is not Unicode"));
    let schedule = text.parse();
    Some(schedule.unwrap_or_else(|error| panic!("{SCHEDULE} is not a schedule: {error}: {text}")))
}

#[cfg(not(feature = "record"))]
fn search(engine: &dyn Engine, body: Body, _: &Location<'_>) -> (Report, Unwritten) {
    (engine.explore(body), Unwritten::default())
}

#[cfg(feature = "record")]
fn search(engine: &dyn Engine, body: Body, place: &Location<'_>) -> (Report, Unwritten) {
    use std::sync::Arc;
    use std::time::Instant;

    use crate::engine::Probe;
    use crate::record::{ModelRun, Search, asked::Asked};
    use crate::session::{Sites, place_of};

    let asked = Asked::read(std::env::var_os).unwrap_or_else(|error| panic!("{error}"));
    if !asked.is_something() {
        return (engine.explore(body), Unwritten::default());
    }
    let within = asked.executions_max.and_then(|executions_max| engine.within(executions_max));
    let engine = within.as_deref().unwrap_or(engine);
    let is_whole = asked.mutants.is_empty();
    let sites = (is_whole && asked.record.is_some()).then(|| Arc::new(Sites::default()));
    let probe = Probe { mutants: asked.mutants.clone(), sites: sites.clone(), ..Probe::default() };
    let (start, cpu_before) = (Instant::now(), cpu_time());
    let report = engine.explore_with(body, probe);
    let search = Search {
        place: place_of(place),
        engine: engine.name(),
        time: start.elapsed(),
        cpu_time: cpu_time().zip(cpu_before).map(|(after, before)| after.saturating_sub(before)),
        sites: sites.as_deref(),
        with_operations: asked.operations,
    };
    let run = ModelRun::new(search, &report);
    (report, Unwritten { run: Some((asked, run)) })
}

/// How long the calling thread has been on a processor; `None` where the system does not say.
#[cfg(feature = "record")]
fn cpu_time() -> Option<std::time::Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split_ascii_whitespace().next()?.parse().ok()?;
    Some(std::time::Duration::from_nanos(nanoseconds))
}
