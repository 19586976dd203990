//! The graph of the present execution as a text, so that tests can tell whether two executions are the same.

use std::fmt::Write;

use super::with_execution;

/// What tells the present execution from others, so far: which operation each event is, on what, what it
/// reads, in which way it came out and what it woke; and the order of the writes. `None` if no execution
/// goes on.
///
/// Does not see the words that are read and written, which follow, and how the search got there.
#[doc(hidden)]
pub fn fingerprint() -> Option<String> {
    with_execution(|execution| {
        let graph = &execution.graph;
        let mut text = String::new();
        for line in &graph.lines {
            for event in &line.events {
                let done = &event.detail;
                let act = format!("{:?}", done.operation.act);
                let kind = act.split(' ').next().unwrap_or_default();
                let (object, reads) = (done.operation.object, event.reads);
                let (way, woken, awaits) = (done.way, &done.woken, &event.awaits);
                write!(text, "{kind} {object:?} {reads:?} {way} {woken:?} {awaits:?}; ")
                    .expect("a string takes all");
            }
            text.push('\n');
        }
        for location in &graph.locations {
            writeln!(text, "{:?}", location.writes).expect("as above");
        }
        text
    })
}
