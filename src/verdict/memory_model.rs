//! The memory models.

use std::fmt;
use std::str::FromStr;

/// A memory model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MemoryModel {
    /// Sequential consistency: every read sees the latest write.
    Sc,
    /// RC11 (Lahav et al., PLDI 2017): C11 without load buffering.
    Rc11,
    /// RC11 with the release sequences of C++20.
    C20,
}

impl MemoryModel {
    /// All memory models.
    pub const ALL: [MemoryModel; 3] = [MemoryModel::Sc, MemoryModel::Rc11, MemoryModel::C20];

    /// The name that `--memory`, headers and schedules use.
    pub fn name(self) -> &'static str {
        match self {
            MemoryModel::Sc => "sc",
            MemoryModel::Rc11 => "rc11",
            MemoryModel::C20 => "c20",
        }
    }
}

/// No memory model has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a memory model: {}", MemoryModel::ALL.map(MemoryModel::name).join(", "))]
pub struct NoMemoryModel(pub String);

impl FromStr for MemoryModel {
    type Err = NoMemoryModel;

    fn from_str(name: &str) -> Result<Self, NoMemoryModel> {
        let known = MemoryModel::ALL.into_iter().find(|model| model.name() == name);
        known.ok_or_else(|| NoMemoryModel(name.to_owned()))
    }
}

impl fmt::Display for MemoryModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MemoryModel::Sc => "sequential consistency",
            MemoryModel::Rc11 => "RC11",
            MemoryModel::C20 => "RC11 with C++20's release sequences",
        })
    }
}
