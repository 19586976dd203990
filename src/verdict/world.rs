//! The worlds that engines search.

use std::fmt;

/// A world whose executions an engine controls, or at least watches. A body is compiled once for each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum World {
    /// `drawloom::heddle`: every execution, with weak memory.
    Heddle,
    /// `drawloom::loom`: interleavings and weak memory.
    Loom,
    /// `drawloom::shuttle`: random or depth-first schedules.
    Shuttle,
    /// `drawloom::stress`: real threads with jitter.
    Stress,
}

impl World {
    /// All worlds, whether or not this build has them.
    pub const ALL: [World; 4] = [World::Heddle, World::Loom, World::Shuttle, World::Stress];

    /// The name of its module.
    pub const fn name(self) -> &'static str {
        match self {
            World::Heddle => "heddle",
            World::Loom => "loom",
            World::Shuttle => "shuttle",
            World::Stress => "stress",
        }
    }

    /// Whether this build has it.
    pub fn is_built(self) -> bool {
        match self {
            World::Heddle => cfg!(feature = "heddle"),
            World::Loom => cfg!(feature = "loom"),
            World::Shuttle => cfg!(feature = "shuttle"),
            World::Stress => true,
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Expands `$with!` over the modules of the worlds that this build has, one row each. Whatever is compiled
/// once for each world is looked up with this.
#[cfg(feature = "selfcheck")]
macro_rules! each_world {
    ($with:ident) => {
        $with! {
            #[cfg(feature = "heddle")]
            Heddle heddle;
            #[cfg(feature = "loom")]
            Loom loom;
            #[cfg(feature = "shuttle")]
            Shuttle shuttle;
            #[cfg(all())]
            Stress stress;
        }
    };
}
#[cfg(feature = "selfcheck")]
pub(crate) use each_world;
