//! The values of `--engine`: one engine, or all of them.

use drawloom::guest::{EngineKind, GuestEngine, MemoryModel, Options, Search};

use super::error::Error;
use super::values::{Listed, Row};

/// The engines that `--engine` asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    One(EngineKind),
    /// All engines, compared with the first one.
    All,
}

/// Executions of an engine that may never end by itself, if no option limits the search.
const EXECUTIONS_DEFAULT: u64 = 10_000;

impl Choice {
    /// The values of `--engine`.
    pub(super) fn values() -> Listed<Choice> {
        let one = |kind: EngineKind| Row::new(kind.name(), kind.summary(), Choice::One(kind));
        let all = Row::new("all", "All of these, compared", Choice::All);
        EngineKind::of_check().map(one).chain([all]).collect()
    }

    /// The engines to run, with this search for the explorer; the first one decides. Only engines that
    /// this build has are listed.
    ///
    /// # Errors
    /// This `drawloom` was built without the engine that the option names.
    pub(super) fn kinds(self, search: Search) -> Result<Vec<EngineKind>, Error> {
        let with_search = |kind| match kind {
            EngineKind::Explorer(_) => EngineKind::Explorer(search),
            other => other,
        };
        match self {
            Choice::All => {
                Ok(EngineKind::of_check().filter(|kind| kind.is_built()).map(with_search).collect())
            }
            Choice::One(kind) if kind.is_built() => Ok(vec![with_search(kind)]),
            Choice::One(kind) => Err(Error::NotBuilt { engine: kind.name() }),
        }
    }

    /// The engine of this kind. `has_limit` says whether the search is limited by executions or time.
    pub(super) fn engine(
        self,
        kind: EngineKind,
        model: MemoryModel,
        options: Options,
        has_limit: bool,
    ) -> Option<Box<dyn GuestEngine>> {
        let may_go_on = match self {
            // An engine that ends by itself is asked for all executions.
            Choice::One(kind) => kind.ends_by_itself(),
            Choice::All => kind.drives_reference(),
        };
        let executions_max =
            if has_limit || may_go_on { options.executions_max } else { EXECUTIONS_DEFAULT };
        drawloom::guest::engine(kind, model, Options { executions_max, ..options })
    }
}
