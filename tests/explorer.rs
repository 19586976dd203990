//! The searches over the reference, against an enumeration that knows no reduction.

#[path = "common/random_program.rs"]
mod random_program;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use drawloom::engine::guest::explorer::{Explorer, Search, replay};
use drawloom::engine::guest::{Control, Findings, GuestEngine, MemoryModel, Options};
use drawloom::interp::{Code, ThreadId, compile};
use drawloom::reference::{Access, Outcome, State, Subject, ThreadSet, ViolationKind};
use drawloom::{il, lang};
use random_program::random_program;

fn code(text: &str) -> Code {
    let verified = il::parse(text).and_then(il::verify);
    let verified = verified.unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
    compile(&verified, text).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"))
}

fn subject(text: &str) -> Arc<Subject> {
    Arc::new(Subject::new(code(text)))
}

fn tinyvm(text: &str) -> Arc<Subject> {
    let module = lang::compile(lang::Language::TinyVm, text).expect("it is a program");
    let verified = il::verify(module).expect("it verifies");
    Arc::new(Subject::new(compile(&verified, text).expect("it compiles")))
}

fn check(subject: &Arc<Subject>, search: Search) -> Findings {
    let options = Options { keeps_going: true, ..Options::default() };
    let explorer = Explorer { model: Some(MemoryModel::Sc), search, options };
    explorer.check(subject, &Control::default())
}

/// What there is to find out about a program, found out by going every way.
#[derive(Default)]
struct Enumeration {
    /// One per Mazurkiewicz trace that came to its end.
    traces: BTreeMap<Outcome, u64>,
    states: HashSet<u128>,
    final_states: HashSet<u128>,
    kinds: BTreeSet<ViolationKind>,
}

/// One operation in a trace, in a form that does not depend on where it stands among those that it
/// does not depend on: its thread, its number there, and how many dependent ones come before it.
type Step = (u32, ThreadId, u32);

#[derive(Clone)]
struct Walk {
    state: State,
    steps: BTreeSet<Step>,
    done: Vec<(u32, ThreadId, [Option<Access>; 2], ThreadSet)>,
}

impl Enumeration {
    /// Goes every way; two ways that are equal but for the order of independent operations are gone
    /// once.
    fn of(subject: &Arc<Subject>) -> Option<Self> {
        const WALKS_MAX: usize = 60_000;
        let mut all = Enumeration::default();
        let (state, _) = State::new(subject);
        let mut open = vec![Walk { state, steps: BTreeSet::new(), done: vec![] }];
        let mut known = HashSet::new();
        while let Some(walk) = open.pop() {
            if known.len() > WALKS_MAX {
                return None;
            }
            all.states.insert(walk.state.fingerprint());
            if walk.state.race(subject).is_some() {
                all.kinds.insert(ViolationKind::DataRace);
            }
            let enabled = walk.state.enabled();
            if enabled.is_empty() {
                all.end(subject, &walk.state);
            }
            for thread in enabled.iter() {
                let next = walk.step(subject, thread);
                if known.insert(next.steps.clone()) {
                    open.push(next);
                }
            }
        }
        Some(all)
    }

    fn end(&mut self, subject: &Subject, state: &State) {
        self.final_states.insert(state.fingerprint());
        let mut violations = state.traps();
        let outcome = match state.outcome(subject) {
            Some(Ok(outcome)) => Some(outcome),
            Some(Err(stuck)) => {
                violations.push(stuck);
                None
            }
            None => None,
        };
        self.kinds.extend(violations.iter().map(|it| it.kind));
        let outcome = outcome.or_else(|| violations.iter().map(Outcome::of_violation).min());
        *self.traces.entry(outcome.expect("nothing is cut off")).or_default() += 1;
    }
}

impl Walk {
    fn step(&self, subject: &Subject, thread: ThreadId) -> Walk {
        let mut next = self.clone();
        let accesses = next.state.accesses(thread);
        let happened = next.state.step(subject, thread);
        let depends = |other: &(u32, ThreadId, [Option<Access>; 2], ThreadSet)| {
            let (_, by, theirs, enables) = other;
            let conflict = accesses.iter().flatten().any(|one| {
                theirs
                    .iter()
                    .flatten()
                    .any(|two| one.object == two.object && (one.writes || two.writes))
            });
            *by == thread || conflict || enables.contains(thread)
        };
        let level = self.done.iter().filter(|it| depends(it)).map(|it| it.0 + 1).max().unwrap_or(0);
        let number = self.done.iter().filter(|it| it.1 == thread).count() as u32;
        next.done.push((level, thread, accesses, happened.enables));
        next.steps.insert((level, thread, number));
        next
    }
}

/// How many random programs are compared. Ten thousand take ten minutes.
const PROGRAMS: u64 = 300;

#[test]
fn the_searches_find_what_going_every_way_finds() {
    let (mut compared, mut violated, mut redundant) = (0, 0, 0);
    for seed in 0..PROGRAMS {
        let text = random_program(seed);
        let subject = subject(&text);
        let Some(all) = Enumeration::of(&subject) else { continue };
        compared += 1;
        let traces = check(&subject, Search::Traces).tally;
        assert_eq!(traces.outcomes, all.traces, "seed {seed}, traces\n{text}");
        assert_eq!(traces.final_states, all.final_states, "seed {seed}, traces\n{text}");
        redundant += traces.blocked;
        let states = check(&subject, Search::States).tally;
        let outcomes = |all: &BTreeMap<Outcome, u64>| all.keys().cloned().collect::<Vec<_>>();
        assert_eq!(
            outcomes(&states.outcomes),
            outcomes(&all.traces),
            "seed {seed}, states\n{text}"
        );
        let visited = states.states.expect("it counts them") as usize;
        assert!(visited <= all.states.len(), "seed {seed}, states\n{text}");
        let kinds = |tally: &drawloom::engine::guest::Tally| -> BTreeSet<ViolationKind> {
            tally.violations.iter().map(|it| it.violation.kind).collect()
        };
        assert_eq!(kinds(&traces), all.kinds, "seed {seed}, traces\n{text}");
        assert_eq!(kinds(&states), all.kinds, "seed {seed}, states\n{text}");
        violated += u64::from(!all.kinds.is_empty());
        for counterexample in traces.violations.iter().chain(&states.violations) {
            let schedule = counterexample.schedule.as_ref().expect("the explorer replays");
            let again = replay(&subject, schedule)
                .unwrap_or_else(|error| panic!("seed {seed}: {error}\n{counterexample:?}\n{text}"));
            assert_eq!(again.violation.kind, counterexample.violation.kind, "seed {seed}\n{text}");
        }
    }
    println!("{compared} programs, {violated} with violations, {redundant} redundant explorations");
    assert!(compared * 10 > PROGRAMS * 9 && violated * 5 > PROGRAMS, "{compared} {violated}");
    assert_eq!(redundant, 0);
}

#[test]
fn the_article_has_as_many_outputs_as_were_counted() {
    let article = include_str!("../programs/correct/article.tvm");
    for (text, outputs) in [(article, 574), ("exit\n", 4), ("thread 2\nexit\nexit\n", 125)] {
        for search in [Search::Traces, Search::States] {
            let findings = check(&tinyvm(text), search);
            assert!(findings.tally.violations.is_empty());
            assert_eq!(findings.tally.outcomes.len(), outputs, "{search:?} {text}");
        }
    }
}
