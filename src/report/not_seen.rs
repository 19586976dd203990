//! What a search cannot see, however long it goes on: one sentence for each engine.

use crate::engine::guest::{Findings, MemoryModel};

/// What the engine of these findings does not see, beyond what it was kept from by a bound.
pub fn not_seen(findings: &Findings) -> String {
    let engine = findings.engine.split([',', ' ']).next().unwrap_or_default();
    let of_engine = match engine {
        "explorer" => match findings.model {
            Some(MemoryModel::Rc11 | MemoryModel::C20) => {
                "loads that see stores from later in their own thread (load buffering), which the \
                 model forbids and some compilers and processors do"
            }
            _ => "orders that are weaker than sequential consistency",
        },
        "fuzz" => {
            "executions that chance did not draw, and circles that threads could go round for ever \
             unless an execution was cut off by its length on the way"
        }
        "loom" => {
            "data races, leaks, seq-cst accesses as such (they count as acquire and release), load \
             buffering, stores older than the last seven to a cell"
        }
        "stress" => {
            "data races, leaks, and whatever this computer's scheduler and processor did not do"
        }
        _ if engine.starts_with("shuttle") => {
            "data races, leaks, and orders that are weaker than sequential consistency"
        }
        _ => "what its documentation says",
    };
    let not_asked = findings.not_asked.iter().map(|gap| format!("; {gap} (--spurious)"));
    format!("{of_engine}{}; other arguments and input than these", not_asked.collect::<String>())
}
