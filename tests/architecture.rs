//! The map in docs/ARCHITECTURE.md as tests: they read the sources and fail on an arrow that goes up, on
//! modules that name each other in a circle, on code that says what it must not know, and on an atomic
//! operation that does not say why its ordering is enough.
//!
//! Who names whom is read from words, in `common/arrows.rs`, which says what it does not see; the rest is
//! read from lines. Unit tests may name what is above them.
#![cfg(feature = "cli")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

#[path = "common/arrows.rs"]
mod arrows;

use arrows::{Arrow, Crate, circles};

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

/// The rooms of the house from the top down: a module with all in it that is no room of its own. Each with
/// the rooms that it may name, all of which stand below it.
const ROOMS: &[(&str, &str)] = &[
    ("main", "cli"),
    ("cargo_drawloom", ""),
    (
        "cli",
        "report::core report::program report::explain report::source report page record guest::engines guest::replay \
         guest::explorer::sample guest::explorer guest engine::mutation engine::history engine lang native options flags stress vm session \
         reference graph interp::compile interp il verdict",
    ),
    ("check", "linear report page record engine engine::heddle session verdict"),
    ("linear", "engine engine::heddle heddle loom shuttle stress runtime session verdict"),
    ("report::core", "report page engine::mutation engine::history engine stress session verdict"),
    (
        "report::program",
        "report::explain report::source report page guest session reference graph interp il verdict",
    ),
    ("report::explain", "report session reference il"),
    ("report::source", "report interp il"),
    ("report", "session verdict"),
    // An execution as a picture, whatever it is an execution of.
    ("page", ""),
    ("record", "engine session verdict"),
    // Guests.
    (
        "guest::engines",
        "guest::machine guest::explorer::sample guest::explorer guest reference graph verdict",
    ),
    (
        "guest::replay",
        "guest::machine guest::explorer::graph guest::explorer guest reference graph verdict",
    ),
    (
        "guest::machine",
        "guest engine engine::axioms engine::heddle heddle loom shuttle stress session reference graph interp il verdict",
    ),
    (
        "guest::explorer::sample",
        "guest::explorer::graph guest::explorer guest reference::graph reference graph sample interp \
         verdict",
    ),
    (
        "guest::explorer::auto",
        "guest::explorer::graph guest::explorer guest reference graph verdict",
    ),
    (
        "guest::explorer::graph",
        "guest::explorer guest reference::graph reference graph interp verdict",
    ),
    ("guest::explorer", "guest reference graph interp verdict"),
    ("guest", "session reference graph interp il verdict"),
    ("lang", "flags interp il"),
    // Rust code.
    ("toy", "engine sync session verdict"),
    ("engine::mutation", "engine engine::heddle heddle loom shuttle stress session verdict"),
    ("engine::history", "engine engine::heddle heddle loom shuttle stress verdict"),
    ("engine::heddle", "engine runtime session verdict"),
    ("engine", "engine::axioms loom shuttle session verdict"),
    ("engine::axioms", "session verdict"),
    ("heddle", "vm options sync runtime session verdict"),
    ("loom", "vm options sync session verdict"),
    ("shuttle", "vm options sync session verdict"),
    ("stress", "vm options sync session verdict"),
    ("native", "vm options interp"),
    // The options of front ends and the core find their primitives beside them, in each world others.
    ("options", "sync flags"),
    ("vm", "sync interp::run interp il"),
    ("sync", "session verdict"),
    ("runtime", "graph sample session verdict"),
    ("session", "verdict"),
    // What programs mean, and what carries them out.
    ("reference::graph", "reference graph interp il verdict"),
    ("reference", "graph interp::run interp il verdict"),
    // What executions are, and how they are found, whatever the program.
    ("graph", "verdict"),
    // Which thread goes on in an execution that is drawn, whatever the program.
    ("sample", "verdict"),
    ("interp::run", "interp::fast interp"),
    ("interp::fast", "interp il"),
    ("interp::compile", "interp il"),
    ("interp", "il"),
    ("flags", "il"),
    ("il", ""),
    ("verdict", ""),
];

/// Where guests are checked, and where Rust code is. `guest::machine` runs the core in the worlds.
const GUESTS: &[&str] = &["guest", "reference", "lang"];
const RUST_CODE: &[&str] = &[
    "engine", "sync", "session", "native", "stress", "heddle", "loom", "shuttle", "runtime",
    "linear",
];
const BRIDGE: &str = "guest::machine";

/// The crate's modules and who names whom.
fn crate_of_sources() -> Crate {
    let sources = sources("src");
    let texts: Vec<(&str, String)> = sources
        .iter()
        .map(|source| (source.path.trim_start_matches("src/"), source.lines.join("\n")))
        .collect();
    Crate::read(texts.iter().map(|(path, text)| (*path, text.as_str())))
}

/// The room of a module: the longest row that it begins with.
fn room(module: &[String]) -> Option<usize> {
    let is_in = |room: &str| room.split("::").zip(module).all(|(name, at)| name == at);
    let depth = |room: &str| room.split("::").count();
    let rooms = ROOMS.iter().enumerate().map(|(row, (room, _))| (row, *room));
    let around = rooms.filter(|(_, room)| depth(room) <= module.len() && is_in(room));
    around.max_by_key(|(_, room)| depth(room)).map(|(row, _)| row)
}

/// What names what it may not: each arrow between two rooms of which the upper one does not allow it.
fn forbidden(arrows: &[Arrow]) -> Vec<String> {
    let is_allowed = |arrow: &&Arrow| {
        let (Some(from), Some(to)) = (room(&arrow.from), room(&arrow.to)) else { return false };
        from == to || ROOMS[from].1.split_whitespace().any(|it| it == ROOMS[to].0)
    };
    let wrong = arrows.iter().filter(|it| !it.is_of_tests && !is_allowed(it));
    let text = |it: &Arrow| {
        format!("{} may not name {} ({})", it.from.join("::"), it.to.join("::"), it.place)
    };
    wrong.map(text).collect()
}

/// The circles between the modules of each room, as `room: modules`.
fn circles_in_rooms(arrows: &[Arrow]) -> Vec<(String, BTreeSet<String>)> {
    let mut rooms: BTreeMap<Vec<String>, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for arrow in arrows.iter().filter(|arrow| !arrow.is_of_tests) {
        let both = arrow.from.iter().zip(&arrow.to);
        let common = both.take_while(|(from, to)| from == to).count();
        // Between a module and what it lies in there is no wall.
        if let (Some(from), Some(to)) = (arrow.from.get(common), arrow.to.get(common)) {
            let room = rooms.entry(arrow.from[..common].to_vec()).or_default();
            room.entry(from.clone()).or_default().insert(to.clone());
        }
    }
    let of_room = |(room, arrows): (Vec<String>, _)| {
        circles(&arrows).into_iter().map(move |circle| (room.join("::"), circle))
    };
    rooms.into_iter().flat_map(of_room).collect()
}

#[test]
fn arrows_go_down_only() {
    for (row, (room, may_name)) in ROOMS.iter().enumerate() {
        for below in may_name.split_whitespace() {
            let is_below = ROOMS[row + 1..].iter().any(|(room, _)| *room == below);
            assert!(is_below, "{room}: {below} is no room below it");
        }
    }
    let read = crate_of_sources();
    for module in read.modules().filter(|module| !module.is_empty()) {
        assert!(room(module).is_some(), "{}: in no room", module.join("::"));
    }
    for (row, (name, _)) in ROOMS.iter().enumerate() {
        assert!(read.modules().any(|it| room(it) == Some(row)), "{name}: nothing is in it");
    }
    let arrows = read.arrows();
    assert!(arrows.len() > 2000, "only {} arrows found: the reader is broken", arrows.len());
    let forbidden = forbidden(&arrows);
    assert!(forbidden.is_empty(), "{}", forbidden.join("\n"));
}

#[test]
fn guests_and_rust_code_do_not_know_each_other() {
    let is_of = |side: &[&str], path: &[String]| side.contains(&path[0].as_str());
    let mut bridges = 0;
    for arrow in crate_of_sources().arrows() {
        let (from, to) = (&arrow.from, &arrow.to);
        let crosses = is_of(GUESTS, from) && is_of(RUST_CODE, to)
            || is_of(RUST_CODE, from) && is_of(GUESTS, to);
        let is_bridge = room(from).is_some_and(|row| ROOMS[row].0 == BRIDGE);
        bridges += usize::from(crosses && is_bridge);
        assert!(!crosses || is_bridge, "{}: {}", from.join("::"), arrow.place);
    }
    assert!(bridges > 10, "only {bridges} arrows over the bridge: the reader is broken");
}

#[test]
fn no_modules_of_a_room_go_round_in_a_circle() {
    let circles = circles_in_rooms(&crate_of_sources().arrows());
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn the_core_names_its_primitives_through_its_world_only() {
    let forbidden = ["std::sync", "std::thread", "std::time", "rand::"];
    for source in sources("src/vm") {
        for (number, line) in source.code() {
            // The texts that `interp` shares with the host functions are plain data.
            if line == "use std::sync::Arc as Shared;" {
                continue;
            }
            for name in forbidden {
                assert!(!line.contains(name), "{}:{number}: {name}: {line}", source.path);
            }
        }
    }
}

/// The fast machine reads and writes plain words itself, where the host lends them. An ordering is data.
const ATOMICS_OF_THE_LANGUAGE: &[(&str, &str)] = &[
    ("src/interp/host.rs", "pub type Word = std::sync::atomic::AtomicU64;"),
    ("src/interp/fast/mod.rs", "use std::sync::atomic::Ordering::Relaxed;"),
    ("src/il/operand.rs", "use std::sync::atomic::Ordering;"),
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
                if ATOMICS_OF_THE_LANGUAGE.contains(&(&source.path, line)) {
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
    for source in sources("src") {
        let programs = ["src/main.rs", "src/cargo_drawloom.rs"];
        if source.path.starts_with("src/cli/") || programs.contains(&&*source.path) {
            continue;
        }
        for (number, line) in source.production_code() {
            // The last words of a process that has no embedder: the default trap hook.
            let is_hook = source.path == "src/vm/trap.rs"
                && (line.contains("eprintln!(\"trap outside of any VM")
                    || line.trim() == "std::process::abort()");
            // The sources that a failing test shows are looked for from the folder that it runs in.
            // And a test may be asked for one schedule, a record, and broken operations.
            let is_search = source.path == "src/check.rs" && line.contains("env::current_dir()")
                || source.path == "src/check/run.rs" && line.contains("env::var_os");
            // Test suites of other tools are bounded from outside.
            let is_suite = source.path == "src/check/suite.rs"
                && (line == "use std::env;" || line.contains("env::var(\"DRAWLOOM_"));
            let is_search = is_search || is_suite;
            for name in forbidden {
                assert!(
                    is_hook || is_search || !line.contains(name),
                    "{}:{number}: {name}: {line}",
                    source.path
                );
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

/// Where the design allows `unsafe`. loom's interface has `unsafe` functions, and threads whose closures need not be `Send`.
const UNSAFE: &[&str] = &[
    "compat/loom/src/cell.rs",
    "compat/loom/src/hint.rs",
    "compat/loom/src/one_thread.rs",
    "compat/loom/src/sync/atomic.rs",
    "src/sync/alloc.rs",
    "src/sync/memory.rs",
    "src/sync/cell.rs",
    "src/sync/claims.rs",
    "src/sync/thread/scope.rs",
    "src/interp/fast/mod.rs",
    "src/loom/arc.rs",
    "src/native/memory.rs",
    "src/runtime/arc/raw.rs",
    "src/runtime/local_state.rs",
    "src/runtime/memory/piece.rs",
    "src/runtime/no_reuse.rs",
    "src/runtime/unchecked.rs",
];

#[test]
fn unsafe_stays_where_the_design_names_it() {
    let others =
        ["models", "compat/loom/src", "compat/shuttle/src"].map(sources).into_iter().flatten();
    for source in sources("src").into_iter().chain(others) {
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
    for folder in [
        "src/vm",
        "src/engine",
        "src/graph",
        "src/guest",
        "src/linear",
        "src/runtime",
        "src/sync",
        "src/session",
        "src/reference",
        "src/cli",
    ] {
        for source in sources(folder) {
            // What forwards to the tool takes the order that its caller names.
            if ["src/sync/atomic.rs", "src/runtime/atomic.rs"].contains(&&*source.path) {
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

/// A program that a test has started must not use what is known to those who run the tests, nor add to it.
#[test]
fn tests_start_the_program_in_one_place() {
    let starts = |source: &Source| {
        source
            .lines
            .iter()
            .any(|line| ["BIN_EXE_drawloom\"", "cargo_bin("].iter().any(|it| line.contains(it)))
    };
    let others = |source: &Source| !source.path.ends_with("tests/architecture.rs");
    let found = sources("tests").into_iter().filter(others).filter(starts).map(|it| it.path);
    assert_eq!(found.collect::<Vec<_>>(), ["tests/common/command.rs"]);
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
