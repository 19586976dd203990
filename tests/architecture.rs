//! The map in docs/ARCHITECTURE.md as tests: they read the sources and fail on an arrow that goes up, on
//! a layer that names what it must not know, and on an atomic operation that does not say why its
//! ordering is enough.
//!
//! They read lines, not syntax. They do not see: a path that a macro builds, or a name that a
//! `use` renames and a later line uses; such a `use` is itself a line that they see.
#![cfg(feature = "cli")]

use std::fs;
use std::path::{Path, PathBuf};

/// A source file: its path below the repository, and its lines.
struct Source {
    path: String,
    lines: Vec<String>,
}

impl Source {
    /// The lines that are code, numbered from 1, without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.lines.iter().enumerate().map(|(at, line)| (at + 1, line.as_str()));
        let without_comment = |line: &'_ str| match line.find("//") {
            Some(at) if !line[..at].contains('"') => at,
            _ => line.len(),
        };
        numbered.map(move |(at, line)| (at, &line[..without_comment(line)]))
    }

    /// The lines of code before the unit tests, which may do what the code may not.
    fn production_code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code().take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
    }
}

fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pending: Vec<PathBuf> = vec![root.join(folder)];
    let mut paths = vec![];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("the folder can be read");
            pending.extend(entries.map(|entry| entry.expect("it has entries").path()));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            paths.push(path);
        }
    }
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a source is a text");
        let path = path.strip_prefix(root).expect("below the root").display().to_string();
        Source { path: path.replace('\\', "/"), lines: text.lines().map(str::to_owned).collect() }
    };
    let sources: Vec<Source> = paths.into_iter().map(read).collect();
    assert!(!sources.is_empty(), "nothing in {folder}: an empty search proves nothing");
    sources
}

/// The first name below `src/`: the layer's module.
fn module_of(path: &str) -> &str {
    let below = path.strip_prefix("src/").expect("a source of the package");
    below.split('/').next().expect("a name").trim_end_matches(".rs")
}

/// From the top down. What stands in one row may name each other.
const LAYERS: &[&[&str]] = &[
    &["main", "cli"],
    &["check"],
    &["report"],
    &["guest"],
    &["engine"],
    &["lang"],
    &["native", "stress", "loom", "shuttle", "sync"],
    &["vm"],
    &["reference"],
    &["interp"],
    &["il", "session"],
    &["verdict"],
];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

/// The names that follow `crate::`, `drawloom::` (in `cli`) or `$crate::` in a line.
fn named_modules(line: &str) -> Vec<String> {
    let mut names = vec![];
    for root in ["crate::", "drawloom::"] {
        for (at, _) in line.match_indices(root) {
            let before = line[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let rest = line[at + root.len()..].trim_start_matches('{');
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            // `{a, b::c}` names several.
            let group = line[at + root.len()..].starts_with('{');
            let until = if group { rest.find('}').unwrap_or(rest.len()) } else { rest.len() };
            let parts = rest[..until].split(',').take(if group { usize::MAX } else { 1 });
            names.extend(
                parts.map(|part| {
                    part.trim().chars().take_while(|&c| is_name(c)).collect::<String>()
                }),
            );
        }
    }
    names
}

#[test]
fn arrows_go_down_only() {
    let mut arrows = 0;
    for source in sources("src") {
        let from = module_of(&source.path);
        // The root of the crate names its modules and nothing else.
        if from == "lib" {
            continue;
        }
        let from_layer = layer(from).unwrap_or_else(|| panic!("{}: in no layer", source.path));
        for (number, line) in source.code() {
            for name in named_modules(line) {
                let Some(to_layer) = layer(&name) else { continue };
                arrows += 1;
                assert!(
                    to_layer > from_layer || LAYERS[from_layer].contains(&name.as_str()),
                    "{}:{number}: {from} names {name}, which is above it: {line}",
                    source.path
                );
            }
        }
    }
    assert!(arrows > 20, "only {arrows} arrows found: the reader is broken");
}

#[test]
fn the_core_names_its_primitives_through_its_world_only() {
    let forbidden = ["std::sync", "std::thread", "std::time", "Instant", "SystemTime", "rand::"];
    for source in sources("src/vm") {
        for (number, line) in source.code() {
            // The texts that `interp` shares with the host functions are plain data.
            if line == "use std::sync::Arc as Shared;" {
                continue;
            }
            for name in forbidden {
                assert!(!line.contains(name), "{}:{number}: {name}: {line}", source.path);
            }
            // Of the crate, only the layers below: never a particular world.
            for name in named_modules(line) {
                assert!(
                    matches!(name.as_str(), "il" | "interp"),
                    "{}:{number}: {line}",
                    source.path
                );
            }
        }
    }
}

const FAST_MACHINE_S_ATOMICS: &[(&str, &str)] = &[
    ("src/interp/host.rs", "pub type Word = std::sync::atomic::AtomicU64;"),
    ("src/interp/fast/mod.rs", "use std::sync::atomic::Ordering::Relaxed;"),
];

#[test]
fn the_language_and_its_machine_know_no_world() {
    let worlds = [
        " loom::",
        " shuttle::",
        "::stress",
        "::native",
        "::sync::Mutex",
        "atomic::",
        "::Condvar",
        "thread::",
    ];
    for folder in ["src/il", "src/interp", "src/lang", "src/report"] {
        for source in sources(folder) {
            for (number, line) in source.production_code() {
                // The fast machine reads and writes plain words itself, where the host lends them.
                if FAST_MACHINE_S_ATOMICS.contains(&(&source.path, line)) {
                    continue;
                }
                for name in worlds {
                    assert!(!line.contains(name), "{}:{number}: {name}: {line}", source.path);
                }
            }
        }
    }
}

#[test]
fn only_the_command_line_prints_exits_and_looks_at_its_surroundings() {
    let forbidden = [
        "print!(",
        "println!(",
        "eprint!(",
        "eprintln!(",
        "dbg!(",
        "process::exit",
        "process::abort",
        "std::env",
        "env::var",
        "env::args",
    ];
    for folder in
        ["src/engine", "src/guest", "src/report", "src/vm", "src/interp", "src/il", "src/lang"]
    {
        for source in sources(folder) {
            for (number, line) in source.production_code() {
                // The last words of a process that has no embedder: the default trap hook.
                let is_hook = source.path == "src/vm/trap.rs"
                    && (line.contains("eprintln!(\"trap outside of any VM")
                        || line.trim() == "std::process::abort()");
                for name in forbidden {
                    assert!(
                        is_hook || !line.contains(name),
                        "{}:{number}: {name}: {line}",
                        source.path
                    );
                }
            }
        }
    }
}

/// The engines' names, as reports have them.
const ENGINES: &[&str] = &["explorer", "fuzz", "loom", "shuttle", "stress", "replay"];

/// Whether a line of code decides by how an engine is called: it compares such a name, has one as a
/// pattern, or takes one apart.
fn compares_engine_names(line: &str) -> bool {
    let is_name = |text: &str| {
        let first = text.split(['-', ',', ' ', '"']).next().unwrap_or_default();
        ENGINES.contains(&first)
    };
    let names = line.match_indices('"').filter(|(at, _)| is_name(&line[at + 1..]));
    let mut before = names.map(|(at, _)| line[..at].trim_end().trim_end_matches(['&', '(']));
    let compares = ["==", "!=", "starts_with", "ends_with", "contains", "eq", "strip_prefix"];
    let is_compared = before.any(|it| compares.iter().any(|compare| it.ends_with(compare)));
    let pattern = line.trim_start().trim_start_matches("| ").strip_prefix('"');
    let is_pattern = pattern.is_some_and(|it| is_name(it) && it.contains("=>"));
    let takes_apart = ["engine.name() ==", "engine.name().", "engine.split", "engine.starts_with"];
    is_compared || is_pattern || takes_apart.iter().any(|part| line.contains(part))
}

#[test]
fn nothing_is_decided_by_an_engines_name() {
    for source in sources("src") {
        // A schedule's text says whose choices it has, and is read back.
        if source.path == "src/guest/schedule.rs" {
            continue;
        }
        for (number, line) in source.production_code() {
            assert!(!compares_engine_names(line), "{}:{number}: {line}", source.path);
        }
    }
}

/// Where the design allows `unsafe`.
const UNSAFE: &[&str] = &["src/sync/cell.rs", "src/interp/fast/mod.rs"];

#[test]
fn unsafe_stays_where_the_design_names_it() {
    for source in sources("src").into_iter().chain(sources("models")) {
        let allowed = UNSAFE.contains(&source.path.as_str());
        for (number, line) in source.code() {
            let is_unsafe = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            let is_unsafe = is_unsafe.into_iter().any(|word| word == "unsafe");
            assert!(allowed || !is_unsafe, "{}:{number}: {line}", source.path);
            if line.contains("unsafe {") {
                let above = source.lines[..number - 1].iter().rev();
                let mut comment = above.take_while(|line| line.trim_start().starts_with("//"));
                assert!(
                    comment.any(|line| line.contains("SAFETY:")),
                    "{}:{number}: no SAFETY comment directly above: {line}",
                    source.path
                );
            }
        }
    }
}

/// The orderings that a line of code names.
fn orderings(line: &str) -> Vec<&'static str> {
    let known = ["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"];
    let is_end = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    let mut found = vec![];
    for name in known {
        for (at, _) in line.match_indices(name) {
            let before = line[..at].chars().next_back();
            if is_end(before) && is_end(line[at + name.len()..].chars().next()) {
                found.push((at, name));
            }
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(_, name)| name).collect()
}

/// Whether the line carries out an atomic operation.
fn is_atomic_operation(line: &str) -> bool {
    let calls = [
        ".load(",
        ".store(",
        ".swap(",
        ".fetch_add(",
        ".fetch_sub(",
        ".fetch_and(",
        ".fetch_or(",
        ".fetch_xor(",
        ".fetch_min(",
        ".fetch_max(",
        ".fetch_update(",
        ".compare_exchange(",
        ".compare_exchange_weak(",
        "fence(",
    ];
    let is_call = calls.iter().any(|call| line.contains(call));
    // Cells of guest memory have methods of the same names, without an ordering.
    let takes_order = !orderings(line).is_empty() || line.contains("order");
    is_call && takes_order && !line.contains("fn ") && !line.contains("memory.")
}

#[test]
fn every_atomic_operation_says_why_its_ordering_is_enough() {
    let mut operations = 0;
    for folder in ["src/vm", "src/engine", "src/guest", "src/sync"] {
        for source in sources(folder) {
            // What forwards to the tool takes the order that its caller names.
            if source.path == "src/sync/atomic.rs" {
                continue;
            }
            for (number, line) in source.production_code() {
                if !is_atomic_operation(line) {
                    continue;
                }
                operations += 1;
                let place = format!("{}:{number}: {}", source.path, line.trim());
                let above: Vec<&str> = source.lines[..number - 1]
                    .iter()
                    .rev()
                    .map(|line| line.trim())
                    .take_while(|line| line.starts_with("//"))
                    .collect();
                let Some(comment) = above.iter().find_map(|line| line.strip_prefix("// ORDER: "))
                else {
                    panic!("{place}: no '// ORDER:' directly above");
                };
                if comment.starts_with("the guest's choice") {
                    assert!(orderings(line).is_empty(), "{place}: the guest does not choose here");
                    continue;
                }
                let word: String = comment.chars().take_while(|c| c.is_alphanumeric()).collect();
                let in_code = orderings(line);
                assert!(
                    in_code.first() == Some(&word.as_str()),
                    "{place}: the comment says {word}, the code {in_code:?}"
                );
            }
        }
    }
    assert!(operations > 10, "only {operations} operations found: the reader is broken");
}

#[test]
fn a_source_file_is_one_idea_or_says_why_it_is_long() {
    const LINES_MAX: usize = 600;
    for folder in ["src", "models"] {
        for source in sources(folder) {
            let top = source.lines.iter().take_while(|line| line.starts_with("//!"));
            let reason = top.into_iter().any(|line| line.contains("lines because"));
            assert!(
                source.lines.len() <= LINES_MAX || reason,
                "{}: {} lines; split it, or say at its top 'more than 600 lines because ...'",
                source.path,
                source.lines.len()
            );
        }
    }
}

#[test]
fn the_reader_of_sources_sees_what_it_must() {
    assert_eq!(named_modules("use crate::il::Span;"), ["il"]);
    assert_eq!(named_modules("pub use crate::{__a as b, vm::Vm};"), ["__a", "vm"]);
    assert_eq!(named_modules("use drawloom::interp::Code;"), ["interp"]);
    assert_eq!(named_modules("let x = 1;"), [""; 0]);
    assert!(is_atomic_operation("WORD.load(Ordering::Relaxed)"));
    assert!(!is_atomic_operation("self.program.memory.load(cell)"));
    assert_eq!(orderings("a.store(1, Ordering::Release)"), ["Release"]);
    assert!(compares_engine_names("self.engine.starts_with(\"explorer\") || is_fuzz"));
    assert!(compares_engine_names("engines.retain(|engine| engine.name() == name);"));
    assert!(compares_engine_names("    \"loom\" => {"));
    assert!(compares_engine_names("if it == \"shuttle-dfs\" {"));
    assert!(!compares_engine_names("EngineKind::Loom => \"loom\","));
    assert!(!compares_engine_names("let label = format!(\"{}\", engine.name());"));
}
