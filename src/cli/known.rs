//! Results that are known: the same build does not search the same program twice, if the search was long and whole.
//!
//! Each result is a file in a folder of the user's, which can be removed at any time. It has the whole question, so that a
//! name that two questions share does no harm, and the fingerprint of the build that has answered it.

use std::fs;
use std::hash::Hasher as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use drawloom::guest::explorer::Explorer;
use drawloom::guest::{self, Control, EngineKind, Findings, Search};
use drawloom::native::Compilation;
use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use super::executable::Executable;
use super::files::write_whole;
use super::kept::TallyRow;
use super::subject::Checkable;

/// A search with fewer executions is made again: that takes no longer than to read.
const EXECUTIONS_MIN: u64 = 10_000;

/// With more states at the ends of its executions, the file would be large.
const FINAL_STATES_MAX: usize = 20_000;

const ENDING: &str = "known";

/// Files older than this are removed.
const AGE_MAX: Duration = Duration::from_hours(30 * 24);

/// Where the results are, instead of in the user's folder for what can be made again; if empty, nowhere.
const FOLDER: &str = "DRAWLOOM_CACHE";

#[derive(Args)]
pub(super) struct KnownOptions {
    /// Search again, even if this build has searched the same program with the same options
    #[arg(long)]
    no_cache: bool,
}

/// The results that are known.
pub(super) struct Known {
    /// Where they are, and the build that finds and keeps them; `None` if nothing is to be known.
    of: Option<(PathBuf, Executable)>,
}

/// A file with a result.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    build: String,
    question: String,
    /// The search that has answered it.
    search: String,
    /// The time that it took, in microseconds.
    us: u64,
    tally: TallyRow,
}

impl Known {
    /// Those in the user's folder, unless nothing is to be known.
    pub(super) fn new(options: &KnownOptions) -> Self {
        let of_user = || Some(etcetera::choose_base_strategy().ok()?.cache_dir().join("drawloom"));
        let folder = match std::env::var_os(FOLDER) {
            _ if options.no_cache => None,
            Some(folder) if folder.is_empty() => None,
            Some(folder) => Some(folder.into()),
            None => of_user(),
        };
        Known { of: folder.map(|folder| (folder, Executable::of_process())) }
    }

    /// What a search would find, and how long it has taken, if that is known.
    pub(super) fn find(
        &self,
        explorer: &Explorer,
        checkable: &Checkable,
    ) -> Option<(Findings, Duration)> {
        let (folder, build) = self.of.as_ref()?;
        let question = question(explorer, checkable);
        let text = fs::read(file(folder, &question)).ok()?;
        // Whatever is wrong with the file, the search can be made.
        let answer: Answer = serde_json::from_slice(&text).ok()?;
        if answer.question != question || Some(&*answer.build) != build.fingerprint() {
            return None;
        }
        Some((answer.findings(explorer, checkable)?, Duration::from_micros(answer.us)))
    }

    /// Keeps what a search has found, if it was long and whole, and a file can say all of it.
    pub(super) fn keep(
        &self,
        explorer: &Explorer,
        checkable: &Checkable,
        findings: &Findings,
        time: Duration,
    ) {
        let Some((folder, build)) = self.of.as_ref().filter(|_| is_worth_it(findings)) else {
            return;
        };
        let question = question(explorer, checkable);
        let path = file(folder, &question);
        let Some(build) = build.fingerprint().map(str::to_owned) else { return };
        let Some(answer) = Answer::new(build, question, findings, time) else { return };
        if answer.findings(explorer, checkable).as_ref() == Some(findings) {
            answer.write(&path);
        }
    }
}

/// The file for the answer to a question.
fn file(folder: &Path, question: &str) -> PathBuf {
    let mut hasher = SipHasher13::new();
    hasher.write(question.as_bytes());
    folder.join(format!("{:016x}.{ENDING}", hasher.finish()))
}

/// Whether a search was long and whole, and what it has found is short.
fn is_worth_it(findings: &Findings) -> bool {
    let tally = &findings.tally;
    findings.unsupported.is_none()
        && tally.bounds.is_empty()
        && tally.executions + tally.blocked >= EXECUTIONS_MIN
        && tally.final_states.len() <= FINAL_STATES_MAX
        && tally.violations.iter().chain(&findings.witnesses).all(|it| it.schedule.is_some())
}

impl Answer {
    /// `None` if the findings are not the explorer's.
    fn new(build: String, question: String, findings: &Findings, time: Duration) -> Option<Self> {
        let EngineKind::Explorer(search) = findings.engine else { return None };
        Some(Answer {
            build,
            question,
            search: search.name().to_owned(),
            us: u64::try_from(time.as_micros()).ok()?,
            // The search has counted its witnesses among the violations.
            tally: TallyRow::new(&findings.tally).and_shows(&findings.witnesses),
        })
    }

    /// Writes the file, if that is possible: the next search takes its time otherwise, and nothing else.
    fn write(&self, path: &Path) {
        let folder = path.parent().expect("the file is in a folder");
        if fs::create_dir_all(folder).is_ok() {
            remove_old(folder);
            let text = serde_json::to_string(self).expect("texts and numbers");
            let _ = write_whole(path, &text);
        }
    }

    fn findings(&self, explorer: &Explorer, checkable: &Checkable) -> Option<Findings> {
        let search = Search::ALL.into_iter().find(|search| search.name() == self.search)?;
        let tally = self.tally.tally(checkable, explorer.options.memory_max, |_| true).ok()?;
        Some(explorer.concluded(&checkable.subject, search, tally, &Control::default()))
    }
}

/// All that the findings of a whole search depend on, but for the build.
fn question(explorer: &Explorer, checkable: &Checkable) -> String {
    let Checkable { language, ref subject, .. } = *checkable;
    // Cores, memory and the watchdog do not change what a whole search finds.
    let means =
        guest::Options { jobs: 0, memory_max: 0, watchdog: Duration::ZERO, ..explorer.options };
    let asked = Explorer { options: means, ..*explorer };
    format!(
        "{:032x} {language:?} {:?} {:?} spurious {} claim {} {asked:?}",
        subject.fingerprint,
        Compilation::begin().flags(),
        subject.limits,
        subject.is_spurious,
        subject.claim.is_some()
    )
}

/// Whether it is a number as names of results have it.
fn is_number(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|it| it.is_ascii_hexdigit())
}

fn remove_old(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_ours = path.extension().is_some_and(|it| it == ENDING)
            && path.file_stem().and_then(|it| it.to_str()).is_some_and(is_number);
        let written = entry.metadata().and_then(|it| it.modified());
        let age = written.ok().and_then(|it| it.elapsed().ok());
        if is_ours && age.is_some_and(|age| age > AGE_MAX) {
            // Another process may have been faster.
            let _ = fs::remove_file(path);
        }
    }
}
