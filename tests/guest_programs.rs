//! Every program in `programs/correct` and `programs/wrong`, checked as its header says: by the
//! explorer, whose counterexamples replay, and by chance.
#![cfg(feature = "cli")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use drawloom::guest::explorer::{Explorer, Fuzz, Search, Strategy};
use drawloom::guest::{
    Control, Expectation, Expected, Findings, GuestEngine, Judgement, MemoryModel, Options, replay,
};
use drawloom::interp::compile_checked;
use drawloom::lang::{self, Language};
use drawloom::reference::{Subject, ViolationKind};
use drawloom::{il, reference};

struct Program {
    path: PathBuf,
    subject: Arc<Subject>,
    expectation: Expectation,
    model: MemoryModel,
}

impl Program {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).expect("a program is a text");
        let language = Language::of_path(&path).expect("its name says what it is");
        let verified = lang::compile(language, &text).and_then(il::verify).expect("it verifies");
        let expectation = Expectation::read(&text).expect("its header can be read");
        let expectation = expectation.expect("it says what to expect");
        let mut subject = Subject::new(compile_checked(&verified, &text).expect("it compiles"));
        subject.arguments.clone_from(&expectation.arguments);
        subject.fingerprint = reference::fingerprint(&text, &subject.arguments, &[]);
        let model = expectation.model.unwrap_or_else(|| subject.default_model());
        Program { path, subject: Arc::new(subject), expectation, model }
    }

    fn options(&self, keeps_going: bool) -> Options {
        let leak = Expected::Kind(ViolationKind::Leak);
        let finds_leaks = self.expectation.violations.contains(&leak);
        Options { keeps_going, finds_leaks, ..Options::default() }
    }

    fn explore(&self, keeps_going: bool) -> Findings {
        let search = match self.model {
            MemoryModel::Sc if self.expectation.executions.is_some() => Search::Traces,
            _ => Search::Auto,
        };
        let options = self.options(keeps_going);
        Explorer { model: Some(self.model), search, options }
            .check(&self.subject, &Control::default())
    }
}

fn programs(folder: &str) -> Vec<Program> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs").join(folder);
    let entries = fs::read_dir(&folder).expect("the folder can be read");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it has entries").path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.into_iter().map(Program::read).collect()
}

#[test]
fn the_explorer_finds_what_the_headers_say_and_nothing_else() {
    for folder in ["correct", "wrong"] {
        for program in programs(folder) {
            let findings = program.explore(true);
            let judgement = program.expectation.judge(&findings);
            assert_eq!(judgement, Judgement::Met, "{}", program.path.display());
        }
    }
}

#[test]
fn every_counterexample_replays() {
    for program in programs("wrong") {
        let findings = program.explore(true);
        assert!(!findings.tally.violations.is_empty(), "{}", program.path.display());
        for counterexample in &findings.tally.violations {
            let schedule = counterexample.schedule.as_ref().expect("the explorer can replay");
            // As text, as a file would have it.
            let schedule = schedule.to_string().parse().expect("it was written by us");
            let again = replay(&program.subject, &schedule).unwrap_or_else(|error| {
                panic!("{}: {error}: {counterexample:?}", program.path.display())
            });
            let (found, meant) = (&again.violation, &counterexample.violation);
            assert!(
                found.is_like(meant) || found.kind == ViolationKind::Livelock,
                "{}: {found} instead of {meant}",
                program.path.display()
            );
        }
    }
}

#[test]
fn chance_finds_every_wrong_program_in_ten_thousand_executions() {
    for program in programs("wrong") {
        // A livelock has no end that chance could come to.
        if program.expectation.violations.contains(&Expected::Kind(ViolationKind::Livelock)) {
            continue;
        }
        let strategies = [Strategy::Random, Strategy::Pos, Strategy::Pct { depth: 3 }];
        let is_found = strategies.into_iter().any(|strategy| {
            let options = Options { executions_max: 10_000, ..program.options(false) };
            let fuzz = Fuzz { strategy, model: Some(program.model), options, ..Fuzz::default() };
            let findings = fuzz.check(&program.subject, &Control::default());
            findings.tally.violations.iter().any(|found| {
                let schedule = found.schedule.as_ref().expect("the samplers can replay");
                replay(&program.subject, schedule).is_ok()
            })
        });
        assert!(is_found, "{}", program.path.display());
    }
}

#[test]
fn a_schedule_has_no_more_preemptions_than_the_bug_needs() {
    // Both transfers have to take their first monitor before either takes its second one.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/wrong/abba.il");
    let findings = Program::read(path).explore(false);
    let found = findings.tally.violations.first().expect("it is wrong");
    let made: Vec<u32> =
        found.trace.iter().filter(|it| !it.is_pending).map(|it| it.thread.0).collect();
    assert_eq!(made, [0, 0, 1, 2]);
}
