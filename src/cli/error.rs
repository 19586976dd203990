//! How a command ends: with an [`Exit`], or with an [`Error`], which `main` prints.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use drawloom::engine::history::BUGS;
use drawloom::engine::mutation::DiscoveryError;
use drawloom::guest::{MemoryModel, Strategy};
use drawloom::il::{self, Diagnostic, FINDINGS_MAX};
use drawloom::lang::Language;
use drawloom::lang::litmus::StateError;
use drawloom::report::render_diagnostics;

use super::crate_error::CrateError;
use super::files::FileError;
use super::journal::JournalError;
use super::shard_error::ShardError;
use super::source::{ReadError, Source};

/// How a command ended that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// The command found nothing wrong.
    Fine,
    /// The command found a violation, or the program trapped.
    Failed,
    /// A program could not be read; its report says why.
    BadInput,
    /// A bound stopped a search that was to be exhaustive.
    Unfinished,
    /// Interrupted from the keyboard, with nothing to report.
    Interrupted,
    /// What a guest program returned, modulo 256.
    Guest(u8),
}

impl Exit {
    /// The exit code; the table is in `mod.rs`.
    pub(super) fn code(self) -> u8 {
        match self {
            Exit::Fine => 0,
            Exit::Failed => 1,
            Exit::BadInput => 2,
            Exit::Unfinished => 3,
            // Shells report this code for a process that SIGINT ended.
            Exit::Interrupted => 130,
            Exit::Guest(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{} in {}", how_many(findings.len()), program.name)]
    Findings { program: Box<Source>, findings: Vec<Diagnostic> },
    #[error(transparent)]
    Arguments(#[from] WrongArguments),
    #[error("--save takes the schedule of one program")]
    SaveOfSeveral,
    #[error("--svg shows what is found in one program")]
    PictureOfSeveral,
    #[error("{}: two outputs would be written to it", path.display())]
    SameOutput { path: PathBuf },
    #[error("this drawloom was built without {engine}")]
    NotBuilt { engine: &'static str },
    #[error("--{option} has no effect with --engine {engine}; engines that take it: {takers}")]
    NotTaken { engine: String, option: &'static str, takers: String },
    #[error("--flag has no effect here; programs that take it: those in BASIC (.bas)")]
    FlagNotTaken,
    #[error("--depth is for --strategy pct, not {strategy}")]
    Depth { strategy: Strategy },
    #[error("--count-states is for --memory sc; under {model} there are no states to count")]
    CountStates { model: MemoryModel },
    #[error("--width is for --format text, junit and github, which have lines of some width")]
    WidthOfData,
    #[error("--width is for --format text")]
    WidthOfText,
    #[error("--{option} is for --format text; other formats say the same every time")]
    DetailOfData { option: &'static str },
    #[error("{path}: a report's name ends in {endings}, which says how it is written")]
    ReportEnding { path: String, endings: String },
    #[error("no program's name has {filters} in it; there are {count}")]
    NothingLeft { filters: String, count: usize },
    #[error("--trace is for --format text and json; the table in Markdown has no place for it")]
    TraceInMarkdown,
    #[error("--workers is for --threads virtual")]
    WorkersOfVirtual,
    #[error("--checked is carried out by the safe machine; leave out --machine fast")]
    CheckedFast,
    /// A program printed something that is not a state, which is a bug of ours.
    #[error(transparent)]
    Litmus(#[from] StateError),
    #[error(transparent)]
    NotRetold(#[from] NotRetold),
    #[error(transparent)]
    NoMutants(#[from] NoMutants),
    #[error(transparent)]
    Crate(#[from] CrateError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Shard(#[from] ShardError),
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    #[error(transparent)]
    NoModels(#[from] NoModels),
    #[error(transparent)]
    NotExplained(#[from] NotExplained),
    #[error(transparent)]
    NotNew(#[from] NotNew),
    #[error("{of} has no command '{name}'{}", there_are(known))]
    NoCommand { of: String, name: String, known: String },
    /// A child process of `mutants` failed.
    #[error(transparent)]
    Worker(io::Error),
    #[error("cannot write the output: {0}")]
    Output(io::Error),
}

/// Why an id names nothing to search.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotRetold {
    #[error("bug '{id}' does not compile; tests/apart/compile_fail/{test}.rs shows it")]
    DoesNotCompile { id: &'static str, test: &'static str },
    #[error("no bug '{id}' is retold; there are {}", BUGS.iter().map(|it| it.id).collect::<Vec<_>>().join(", "))]
    Unknown { id: String },
}

/// Why a name is not explained.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotExplained {
    #[error(
        "no kind of violation is called '{name}'{}; 'drawloom explain' lists them",
        meant(nearest)
    )]
    Unknown { name: String, nearest: Vec<&'static str> },
    #[error("no program shows '{name}'")]
    NoExample { name: &'static str },
}

fn there_are(known: &str) -> String {
    if known.is_empty() { String::new() } else { format!("; there are {known}") }
}

fn meant(nearest: &[&str]) -> String {
    let names: Vec<String> = nearest.iter().map(|name| format!("'{name}'")).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(" (did you mean {}?)", names.join(" or "))
    }
}

/// Why no program is written to start from.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotNew {
    #[error("{}: ends in .{ending}, but --language is {language}", path.display())]
    OtherLanguage { path: PathBuf, ending: &'static str, language: &'static str },
    #[error("{}: unknown ending; a program ends in {}, or give --language", path.display(), Language::endings())]
    UnknownEnding { path: PathBuf },
}

/// Why no model of the core is searched.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoModels {
    #[error("this drawloom was built without heddle, without loom and without shuttle")]
    Engine,
    #[error("no model's name has this text in it; there are {count}")]
    Filter { count: usize },
    #[error("cannot start threads: {0}")]
    Threads(rayon::ThreadPoolBuildError),
}

/// Why no mutant can be tried.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoMutants {
    #[error("this program cannot find itself: {0}")]
    Executable(io::Error),
    #[error("this drawloom was built without loom and without shuttle")]
    Engine,
    #[error("no source '{file}' is under test; there are {known}")]
    Source { file: String, known: String },
    #[error("no model comes to such an operation, or no such operator applies")]
    Operation,
}

/// Why the arguments do not fit the function that `--entry` names.
#[derive(Debug, thiserror::Error)]
pub(super) enum WrongArguments {
    #[error("{name} {signature}, not ({given})")]
    Count { name: String, signature: String, given: String },
    #[error("argument '{text}' of {name} is not an {ty}")]
    Type { name: String, text: String, ty: il::Type },
}

impl Error {
    /// What is printed before the error itself: the places of the mistakes in a program.
    pub(super) fn details(&self) -> String {
        match self {
            Error::Findings { program, findings } => {
                render_diagnostics(&program.name, &program.text, findings)
            }
            _ => String::new(),
        }
    }

    pub(super) fn exit(&self) -> Exit {
        match self {
            Error::Output(_) => Exit::Failed,
            _ => Exit::BadInput,
        }
    }
}

/// Front ends stop after this many findings; the last one says so.
pub(super) fn how_many(findings: usize) -> String {
    match findings {
        1 => "1 finding".into(),
        2..=FINDINGS_MAX => format!("{findings} findings"),
        _ => format!("more than {FINDINGS_MAX} findings"),
    }
}
