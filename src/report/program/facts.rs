//! The words for the facts that an engine adds to the counts of a search.

use crate::guest::{BugDepth, Fact, PreemptionsDone, Reuse, Unseen};
use crate::report::numbers::grouped;

/// A fact as its name and its value.
pub fn words_of_fact(fact: Fact) -> (&'static str, String) {
    match fact {
        Fact::Preemptions(done) => ("preemptions", preemptions(done)),
        Fact::DistinctTraces { count, is_complete } => {
            let at_least = if is_complete { "" } else { "at least " };
            ("distinct traces", format!("{at_least}{}", grouped(count as u64)))
        }
        Fact::Unseen(unseen) => ("new traces", new_traces(unseen)),
        Fact::FoundIn(execution) => ("found in execution", grouped(execution)),
        Fact::BugDepth(depth) => ("bug depth", bug_depth(depth)),
        Fact::FreedMemory(reuse) => ("freed memory", freed_memory(reuse).to_owned()),
        Fact::CutOff(executions) => ("executions cut off", grouped(executions)),
    }
}

fn new_traces(unseen: Unseen) -> String {
    let next = unseen.next_is_new();
    let rate = if next > 0.0 {
        format!("in about 1 of {} more executions", grouped((1.0 / next).round() as u64))
    } else {
        "every one so far was drawn more than once".to_owned()
    };
    format!("{rate}; at least {} traces in all (estimates)", grouped(unseen.traces_at_least()))
}

fn preemptions(done: PreemptionsDone) -> String {
    match done {
        PreemptionsDone::Nothing => "those without any are not done".to_owned(),
        PreemptionsDone::UpTo(count) => {
            format!("under sc, all executions with at most {count} are done")
        }
        PreemptionsDone::Everything => "under sc, all executions are done".to_owned(),
    }
}

fn bug_depth(depth: BugDepth) -> String {
    match depth {
        BugDepth::About { depth, execution } => {
            format!("about {depth} (PCT at this depth finds it in execution {execution})")
        }
        BugDepth::Above { depth, executions } => {
            format!("above {depth} (PCT does not find it in {executions} executions each)")
        }
        BugDepth::Unknown => "unknown".to_owned(),
    }
}

fn freed_memory(reuse: Reuse) -> &'static str {
    match reuse {
        Reuse::WhereOrdered => {
            "used again, or not, where its free happens before; not searched: where only the \
             allocator's own lock orders the two"
        }
        Reuse::Latest => "used again, the latest of its size, or not",
        Reuse::Never => "never used again",
    }
}
