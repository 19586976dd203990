//! What a search cannot see, however long it runs: one sentence for each engine.

use crate::guest::{EngineKind, Findings, Sees, WorldEngine};

/// What the engine of these findings does not see, apart from what a bound kept it from.
pub fn not_seen(findings: &Findings) -> String {
    let not_asked = findings.not_asked.iter().map(|gap| format!("; {gap} (--spurious)"));
    let not_asked = not_asked.collect::<String>();
    format!("{}{not_asked}; other arguments and input than these", of_engine(findings))
}

fn of_engine(findings: &Findings) -> String {
    let kind = findings.engine;
    if kind == EngineKind::Replay {
        return "any other execution".into();
    }
    let Sees { weak_memory, races, leaks, livelocks } = kind.sees(findings.model);
    let mut parts = Vec::new();
    if !races {
        parts.push("data races");
    }
    if !leaks {
        parts.push("leaks");
    }
    match kind {
        EngineKind::World(WorldEngine::Loom) => parts.extend([
            "seq-cst accesses as such (they count as acquire and release)",
            "load buffering",
            "stores older than the last seven to a cell",
        ]),
        EngineKind::World(WorldEngine::Heddle) => parts.push("load buffering"),
        EngineKind::World(WorldEngine::Stress) => {
            parts.push("whatever this computer's scheduler and processor did not do");
        }
        _ if findings.is_by_chance() => parts.push("executions that chance did not draw"),
        _ => {}
    }
    if findings.is_by_chance() && !livelocks {
        parts.push(
            "circles that threads could go round for ever unless an execution was cut off by its \
             length on the way",
        );
    }
    if !weak_memory {
        parts.push("orders that are weaker than sequential consistency");
    } else if kind.drives_reference() {
        parts.push(
            "loads that see stores from later in their own thread (load buffering), which the \
             model forbids and some compilers and processors do",
        );
    }
    match parts.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, before)) => format!("{}, and {last}", before.join(", ")),
        None => "nothing".into(),
    }
}
