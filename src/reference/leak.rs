//! Leaks: threads that are never joined, and memory that can no longer be freed.

use super::{Subject, ThreadSet, Violation, ViolationKind};
use crate::interp::allocation::Allocation;

/// The violation for threads that were never joined, and for memory that can no longer be freed.
pub fn leak_of(subject: &Subject, threads: ThreadSet, memory: &[Allocation]) -> Option<Violation> {
    let names: Vec<String> = threads.iter().map(|thread| thread.0.to_string()).collect();
    let waits = match &names[..] {
        [] => None,
        [one] => Some(format!("nobody waits for thread {one}")),
        _ => Some(format!("nobody waits for threads {}", names.join(", "))),
    };
    let names: Vec<String> = memory.iter().map(|&it| subject.allocation_name(it)).collect();
    let frees = (!names.is_empty()).then(|| format!("nobody can free {}", names.join(", ")));
    let message = waits.into_iter().chain(frees).collect::<Vec<_>>().join("; ");
    let is_leak = !message.is_empty();
    is_leak.then(|| Violation { kind: ViolationKind::Leak, message, places: Vec::new() })
}
