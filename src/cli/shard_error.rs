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
    #[error("--weakest looks at all mutants together, and cannot be shared out")]
    Weakest,
    #[error("a program on stdin cannot be read by every shard; name a file")]
    Stdin,
    #[error("--count-states cannot be added up over shards")]
    States,
    #[error("this command has no shards: {reason}")]
    NoCampaign { reason: String },
    #[error("{name}: is not of the same search as {first}")]
    OfAnotherSearch { name: String, first: String },
    #[error("{name}: this is no journal of a shard")]
    NoShard { name: String },
    #[error("--{option} has no effect on shards of mutants")]
    OfMutants { option: &'static str },
    #[error("--format {format} is for shards of {commands}")]
    OtherFormat { format: &'static str, commands: &'static str },
    #[error("{name}: is of shard {number} of {of}, as is {other}")]
    Twice { name: String, other: String, number: u64, of: u64 },
    #[error("the shards were made by another build of drawloom, or of the crate")]
    OtherExecutable,
    #[error("{name}: was made for another text, other arguments or another input")]
    OtherProgram { name: String },
    #[error("{name}: was made by another build of drawloom, or is no shard of one")]
    OtherBuild { name: String },
    #[error("{name}: part {part}: {reason}")]
    Part { name: String, part: u64, reason: String },
    #[error("{name}: its command cannot be read: {reason}")]
    Command { name: String, reason: String },
}
