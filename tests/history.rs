//! Real bugs, retold: every engine that must tell wrong from right does, and the page says so.
//!
//! Real threads are left to `drawloom history`: what they find depends on the machine.
#![cfg(feature = "cli")]

use std::collections::BTreeSet;
use std::fs;

use assert_cmd::Command;
use drawloom::engine::history::{BUGS, Bug, Duty, ILLEGAL, SOURCES, Shows, Told};
use drawloom::engine::{Bound, Counterexample, Fault, Gap, Report, Verdict, WorldEngine};

#[path = "common/command.rs"]
mod command;

/// Those that say the same for the same seed.
fn deterministic() -> impl Iterator<Item = WorldEngine> {
    WorldEngine::ALL
        .into_iter()
        .filter(|&engine| engine.is_built() && engine != WorldEngine::Stress)
}

#[test]
fn every_engine_tells_wrong_from_right() {
    for bug in BUGS {
        for engine in deterministic() {
            let told = Told::new(bug, engine, 1).expect("it is built");
            let objection = told.objection();
            assert_eq!(objection, None, "{}: {}", bug.id, engine.name());
            if let Some(found) = told.found() {
                let is_meant = is_what_the_retelling_says(found);
                assert!(is_meant, "{}: {}: {}", bug.id, engine.name(), found.message);
            }
        }
    }
}

/// heddle finds every bug, and searches all of every right version.
#[cfg(feature = "heddle")]
#[test]
fn heddle_finds_all_and_exhausts_what_is_right() {
    for bug in BUGS {
        let told = Told::new(bug, WorldEngine::Heddle, 1).expect("it is built");
        assert!(told.found().is_some_and(|it| it.schedule.is_some()), "{}", bug.id);
        match &told.right.verdict {
            Verdict::Exhausted { .. } => {}
            Verdict::Searched { not_seen, .. } => {
                assert_eq!(*not_seen, [Gap::UncausedWakeups].into(), "{}", bug.id);
            }
            verdict => panic!("{}: {verdict:?}", bug.id),
        }
    }
}

/// So do the strategies that draw executions and are made for that, also what only weak memory shows. Of the others,
/// the random walk does not find T16 in 20,000 executions.
#[cfg(feature = "heddle")]
#[test]
fn strategies_of_heddle_find_all_in_few_executions() {
    use drawloom::engine::Engine as _;
    use drawloom::engine::heddle::{Heddle, Strategy};
    use drawloom::heddle::history::BUGS;

    let seed = 1;
    for strategy in
        [Strategy::Pct { depth: 3, seed }, Strategy::Pos { seed }, Strategy::Surw { seed }]
    {
        let engine = Heddle::default().strategy(strategy).executions_max(500);
        for bug in BUGS {
            let Verdict::Violated(found) = engine.explore(std::sync::Arc::new(bug.wrong)).verdict
            else {
                panic!("{strategy:?} does not find {}", bug.id)
            };
            let is_meant = is_what_the_retelling_says(&found);
            assert!(is_meant && found.schedule.is_some(), "{strategy:?}, {}: {found:?}", bug.id);
            let right = engine.executions_max(50).explore(std::sync::Arc::new(bug.right));
            assert!(matches!(right.verdict, Verdict::Bounded { .. }), "{}: {right:?}", bug.id);
        }
    }
}

/// Whether a wrong version fails by an assertion that stands in the retelling, or in a way that no
/// slip of the retelling has: an `unwrap` of its own would be neither.
fn is_what_the_retelling_says(found: &Counterexample) -> bool {
    let claim = found.message.lines().next().unwrap_or_default();
    let claim = claim.rsplit_once(" failed: ").map_or(claim, |(_, claim)| claim);
    match found.violation {
        Fault::DataRace | Fault::Deadlock => true,
        Fault::Panic => SOURCES.iter().any(|(_, text)| text.contains(&format!("\"{claim}\""))),
        _ => false,
    }
}

/// A bug that depends on the schedule must have one in which nothing goes wrong; else the wrong version
/// is wrong in a simpler way than the one that is told.
#[cfg(feature = "shuttle")]
#[test]
fn what_depends_on_the_schedule_goes_well_under_some() {
    use drawloom::engine::Engine as _;
    use drawloom::engine::shuttle::{Shuttle, Strategy};
    use drawloom::shuttle::history::{BUGS, Shows};

    for bug in BUGS {
        let goes_well = (1..=500).any(|seed| {
            let engine = Shuttle::new(Strategy::Random { seed }, 1);
            !matches!(engine.explore(std::sync::Arc::new(bug.wrong)).verdict, Verdict::Violated(_))
        });
        let may_go_well = bug.shows != Shows::Always;
        assert_eq!(goes_well, may_go_well, "{}", bug.id);
    }
}

/// `drawloom history` with these arguments.
fn history(arguments: &[&str]) -> Command {
    let mut command = Command::from(command::drawloom());
    command.arg("history").args(arguments).env("COLUMNS", "200");
    command
}

fn printed(arguments: &[&str]) -> String {
    let output = history(arguments).assert().success().get_output().stdout.clone();
    String::from_utf8(output).expect("it is text")
}

/// A page without the column of the table that differs from run to run.
#[cfg(all(feature = "heddle", feature = "loom", feature = "shuttle"))]
fn without_stress(page: &str) -> String {
    let header = page.lines().find(|line| line.starts_with("| id | bug | origin |"));
    let cells: Vec<&str> = header.expect("the table is there").split('|').collect();
    let Some(at) = cells.iter().position(|cell| cell.trim() == "stress") else {
        return page.to_owned();
    };
    let line = |line: &str| {
        let mut row: Vec<&str> = line.split('|').collect();
        if row.len() == cells.len() {
            row.remove(at);
        }
        row.join("|") + "\n"
    };
    page.lines().map(line).collect()
}

#[cfg(all(feature = "heddle", feature = "loom", feature = "shuttle"))]
#[test]
fn the_page_is_what_the_command_prints() {
    let names: Vec<&str> = deterministic().map(WorldEngine::name).collect();
    let fresh = printed(&["--format", "markdown", "--engine", &names.join(",")]);
    let page = fs::read_to_string("docs/HISTORY.md").expect("it is there");
    let [fresh, page] = [fresh, page].map(|page| without_stress(&page));
    assert!(
        fresh == page,
        "docs/HISTORY.md is out of date: drawloom history --format markdown > docs/HISTORY.md"
    );
}

#[cfg(feature = "loom")]
#[test]
fn a_trace_shows_the_lines_of_the_source() {
    let story = printed(&["--id", "v35", "--engine", "loom", "--trace"]);
    for expected in
        ["V35: ", "What is missing: ", "starts thread 1", "self.references.fetch_sub(1, AcqRel)"]
    {
        assert!(story.contains(expected), "no '{expected}': {story}");
    }
}

#[cfg(feature = "shuttle")]
#[test]
fn what_an_engine_cannot_see_is_no_failure() {
    let table = printed(&["--id", "T1", "--engine", "shuttle-random", "--format", "json"]);
    let bugs: serde_json::Value = serde_json::from_str(&table).expect("it is JSON");
    let told = &bugs[0]["engines"][0];
    assert_eq!(told["duty"], "cannot");
    assert_eq!(told["found_in"], serde_json::Value::Null);
    assert_eq!(told["right"], "nothing found");
}

#[test]
fn real_threads_find_what_shows_always() {
    let table = printed(&["--id", "V3", "--engine", "stress", "--format", "json"]);
    let bugs: serde_json::Value = serde_json::from_str(&table).expect("it is JSON");
    assert_eq!(bugs[0]["engines"][0]["found_in"], 1);
}

#[test]
fn a_bug_that_is_not_there_is_bad_input() {
    history(&["--id", "V7"]).assert().code(2);
}

#[test]
fn who_asks_for_a_bug_that_does_not_compile_is_told_so() {
    let output = history(&["--id", "v1"]).assert().code(2).get_output().stderr.clone();
    let message = String::from_utf8(output).expect("it is text");
    assert!(
        message.contains("tests/apart/compile_fail/a_look_up_outlives_its_lock.rs"),
        "{message}"
    );
}

#[test]
fn every_row_is_retold_or_does_not_compile() {
    let page = fs::read_to_string("docs/BUGS.md").expect("it is there");
    let rows: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .filter(|id| id.starts_with(['V', 'T']))
        .collect();
    assert!(rows.len() > 40, "the table is found");
    let retold = BUGS.iter().map(|bug| bug.id);
    let told: BTreeSet<&str> = retold.chain(ILLEGAL.iter().map(|illegal| illegal.id)).collect();
    assert_eq!(rows, told);
}

#[test]
fn what_does_not_compile_has_its_test() {
    for illegal in ILLEGAL {
        let path = format!("tests/apart/compile_fail/{}.rs", illegal.test);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(text.contains(illegal.id), "{path} does not name {}", illegal.id);
    }
}

#[test]
fn what_is_asked_of_an_engine_follows_from_what_it_sees() {
    let asked = |shows, engine: WorldEngine| engine.duty(&Bug { shows, ..BUGS[0] });
    for engine in WorldEngine::ALL {
        assert_eq!(asked(Shows::Always, engine), Duty::Must);
    }
    assert_eq!(asked(Shows::InWeakMemory, WorldEngine::Heddle), Duty::Must);
    assert_eq!(asked(Shows::InWeakMemory, WorldEngine::Loom), Duty::Must);
    assert!(matches!(asked(Shows::InWeakMemory, WorldEngine::ShuttlePct), Duty::Cannot(_)));
    assert!(matches!(asked(Shows::InSomeSchedule, WorldEngine::Stress), Duty::May(_)));
}

#[test]
fn a_right_version_of_which_something_was_cut_off_is_not_clean() {
    let told = |engine: WorldEngine, verdict: Verdict| {
        let report = |verdict| Report {
            finished: 0,
            verdict,
            executions: 5,
            reached: BTreeSet::new(),
            seed: None,
            remarks: BTreeSet::new(),
            refuted: None,
            bounds: BTreeSet::new(),
            not_seen: BTreeSet::new(),
        };
        let missed = report(Verdict::Exhausted { executions: 5 });
        let duty = Duty::May("this is about the right version");
        Told { engine, duty, wrong: missed, right: report(verdict) }.objection()
    };
    let bounded = |stopped_by| Verdict::Bounded { executions: 5, stopped_by };
    for stopped_by in [Bound::Steps, Bound::Executions, Bound::Yields, Bound::Unwinding] {
        for engine in [WorldEngine::Heddle, WorldEngine::Loom] {
            assert_ne!(told(engine, bounded(stopped_by)), None, "{}: {stopped_by}", engine.name());
        }
    }
    for stopped_by in [Bound::Rounds, Bound::TimeOuts] {
        assert_eq!(told(WorldEngine::Heddle, bounded(stopped_by)), None);
    }
    assert_ne!(told(WorldEngine::ShuttleRandom, bounded(Bound::Steps)), None, "it does not end");
    assert_eq!(told(WorldEngine::ShuttleRandom, bounded(Bound::Executions)), None);
    let searched = Verdict::Searched { executions: 5, not_seen: [Gap::Reduction].into() };
    assert_eq!(told(WorldEngine::Loom, searched), None);
}
