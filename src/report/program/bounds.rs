//! Bounds in words, with the option that raises each.

use crate::verdict::Bound;

/// The bound, followed by the command-line option that raises it, if there is one.
pub fn bound_in_words(bound: Bound) -> String {
    match raised_by(bound) {
        Some(option) => format!("{bound} ({option})"),
        None => bound.to_string(),
    }
}

fn raised_by(bound: Bound) -> Option<&'static str> {
    match bound {
        Bound::Steps => Some("--max-steps"),
        Bound::LocalSteps => Some("--local-steps"),
        Bound::Watchdog => Some("--watchdog"),
        Bound::Memory => Some("--max-memory"),
        Bound::Time => Some("--time; for fuzz, --budget"),
        Bound::Executions => Some("--max-executions; for fuzz, --budget"),
        Bound::Loop => Some("under sc, --search states"),
        _ => None,
    }
}
