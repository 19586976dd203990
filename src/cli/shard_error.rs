//! Why a search cannot be made in shards.

/// Why shards cannot be made, or put together.
#[derive(Debug, thiserror::Error)]
pub(super) enum ShardError {
    #[error("--shard cuts the search of one program; name one")]
    OfSeveral,
    #[error("--shard cuts the explorer's search over graphs; leave out --{option} {value}")]
    OtherSearch { option: &'static str, value: String },
    #[error("--{option} is for `drawloom merge`, which has all shards")]
    ForMerge { option: &'static str },
    #[error("--shard needs a number of executions to share out: --budget COUNT, not a time")]
    NoCount,
    #[error("--count-states cannot be added up over shards")]
    States,
    #[error("this command has no shards: {reason}")]
    NoCampaign { reason: String },
    #[error("{name}: is not of the same search as {first}")]
    OfAnotherSearch { name: String, first: String },
    #[error("{name}: is no journal of a shard")]
    NoShard { name: String },
    #[error("--{option} has no effect on mutants; give it to the commands that make the shards")]
    OfMutants { option: &'static str },
    #[error("{name}: is of shard {number} of {of}, as is {other}")]
    Twice { name: String, other: String, number: u64, of: u64 },
    #[error("the shards were made by another build of drawloom, or of the crate")]
    OtherExecutable,
    #[error("{name}: was made for another text, other arguments or another input")]
    OtherProgram { name: String },
    #[error("{name}: was made by drawloom {version}, and this is {}", env!("CARGO_PKG_VERSION"))]
    Version { name: String, version: String },
    #[error("{name}: part {part}: {reason}")]
    Part { name: String, part: u64, reason: String },
    #[error("{name}: its command cannot be read: {reason}")]
    Command { name: String, reason: String },
}
