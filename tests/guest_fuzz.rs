//! Executions drawn by chance: that they find what is there, again, and claim nothing more.
#![cfg(feature = "cli")]

#[path = "common/random_program.rs"]
mod random_program;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use drawloom::guest::explorer::{Explorer, Fuzz, Search, Strategy};
use drawloom::guest::{
    Bound, Control, Findings, GuestEngine, InParts, MemoryModel, Options, Part, Parts, Share,
    Tally, merge, replay,
};
use drawloom::interp::compile_checked;
use drawloom::reference::{Subject, ViolationKind};
use drawloom::report::words_of_fact;
use drawloom::verdict::Verdict;
use drawloom::{il, lang};
use random_program::random_program;

fn subject(text: &str) -> Arc<Subject> {
    let verified = il::parse(text).and_then(il::verify);
    let verified = verified.unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
    let code =
        compile_checked(&verified, text).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
    Arc::new(Subject::new(code))
}

fn tinyvm(text: &str) -> Arc<Subject> {
    let module = lang::compile(lang::Language::TinyVm, text).expect("it is a program");
    let verified = il::verify(module).expect("it verifies");
    Arc::new(Subject::new(compile_checked(&verified, text).expect("it compiles")))
}

/// At most so many executions, from seed 1.
fn at_most(executions_max: u64) -> Options {
    Options { executions_max, seed: 1, ..Options::default() }
}

fn fuzz(subject: &Arc<Subject>, strategy: Strategy, options: Options) -> Findings {
    let fuzz = Fuzz { strategy, model: Some(MemoryModel::Sc), options, ..Fuzz::default() };
    fuzz.check(subject, &Control::default())
}

fn traces(subject: &Arc<Subject>) -> Tally {
    let options = Options { keeps_going: true, ..Options::default() };
    let explorer = Explorer { model: Some(MemoryModel::Sc), search: Search::Traces, options };
    explorer.check(subject, &Control::default()).tally
}

fn kinds(tally: &Tally) -> BTreeSet<ViolationKind> {
    tally.violations.iter().map(|it| it.violation.kind).collect()
}

/// The facts of this name.
fn fact(tally: &Tally, name: &str) -> String {
    let mut facts = tally.facts.iter().map(|&fact| words_of_fact(fact));
    let fact = facts.find(|(it, _)| *it == name);
    fact.unwrap_or_else(|| panic!("no fact is called '{name}': {:?}", tally.facts)).1
}

const ABBA: &str = include_str!("../programs/wrong/abba.il");
const LOST_UPDATE: &str = include_str!("../programs/wrong/lost_update.il");
const COUNTER: &str = include_str!("../programs/correct/counter_monitor.il");
const BUFFER: &str = include_str!("../programs/correct/buffer_2x2.il");

/// Three threads that start in one order and must come in the other for the trap.
const BACKWARDS: &str = "il 0.3.0
extern @Viper.Core.Diagnostics.Assert(i1, str) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
extern @Viper.Threads.Thread.Join(ptr) -> void
global const str @.backwards = \"they came backwards\"
global i64 @came = 0
func @first() -> void {
entry:
  %came = gaddr @came
  %old = atomic.cas i64, %came, 2, 3, seq_cst, seq_cst
  ret
}
func @second() -> void {
entry:
  %came = gaddr @came
  %old = atomic.cas i64, %came, 1, 2, seq_cst, seq_cst
  ret
}
func @third() -> void {
entry:
  %came = gaddr @came
  %old = atomic.cas i64, %came, 0, 1, seq_cst, seq_cst
  ret
}
func @main() -> i64 {
entry:
  %a = call @Viper.Threads.Thread.Start(@first, null)
  %b = call @Viper.Threads.Thread.Start(@second, null)
  %c = call @Viper.Threads.Thread.Start(@third, null)
  call @Viper.Threads.Thread.Join(%a)
  call @Viper.Threads.Thread.Join(%b)
  call @Viper.Threads.Thread.Join(%c)
  %came = gaddr @came
  %all = atomic.load i64, %came, seq_cst
  %is_right = icmp_ne %all, 3
  %message = const_str @.backwards
  call @Viper.Core.Diagnostics.Assert(%is_right, %message)
  ret 0
}
";

#[test]
fn every_strategy_finds_an_order_of_two_and_of_three() {
    for (text, kind) in [
        (LOST_UPDATE, ViolationKind::DataRace),
        (ABBA, ViolationKind::Deadlock),
        (BACKWARDS, ViolationKind::Assertion),
    ] {
        let subject = subject(text);
        for strategy in Strategy::ALL {
            let findings = fuzz(&subject, strategy, at_most(2_000));
            let Verdict::Violated(found) = findings.verdict() else {
                panic!("{strategy} does not find the {kind}: {findings:?}")
            };
            assert_eq!(found.violation.kind, kind, "{strategy}");
            assert_eq!(fact(&findings.tally, "found in execution"), found.execution.to_string());
            assert!(fact(&findings.tally, "bug depth").starts_with("about "), "{findings:?}");
        }
    }
}

#[test]
fn a_lost_update_is_lost_even_where_the_race_is_not_stopped_at() {
    let options = Options { keeps_going: true, ..at_most(2_000) };
    for strategy in Strategy::ALL {
        let tally = fuzz(&subject(LOST_UPDATE), strategy, options).tally;
        let expected = [ViolationKind::Assertion, ViolationKind::DataRace];
        assert_eq!(kinds(&tally), expected.into(), "{strategy}");
        assert_eq!(tally.executions, 2_000);
    }
}

#[test]
fn a_seed_gives_the_same_findings_on_any_number_of_cores() {
    for text in [LOST_UPDATE, ABBA, BACKWARDS, BUFFER] {
        let subject = subject(text);
        for strategy in Strategy::ALL {
            for keeps_going in [false, true] {
                let options = Options { keeps_going, ..at_most(2_500) };
                let one = fuzz(&subject, strategy, options);
                assert_eq!(one, fuzz(&subject, strategy, options), "{strategy}, again");
                let two = fuzz(&subject, strategy, Options { jobs: 2, ..options });
                assert_eq!(one, two, "{strategy}, {keeps_going}, two cores");
            }
        }
    }
}

#[test]
fn another_seed_draws_other_executions() {
    let found_in = |seed| {
        let options = Options { seed, ..at_most(2_000) };
        fuzz(&subject(BACKWARDS), Strategy::Random, options).tally.violations[0].execution
    };
    let executions: BTreeSet<u64> = (0..10).map(found_in).collect();
    assert!(executions.len() > 3, "ten seeds find it in executions {executions:?}");
}

#[test]
fn nothing_found_is_bounded_by_chance_and_never_everything() {
    for strategy in Strategy::ALL {
        let findings = fuzz(&subject(COUNTER), strategy, at_most(1_000));
        assert!(findings.tally.violations.is_empty(), "{strategy}: {findings:?}");
        let bounds = BTreeSet::from([Bound::Chance, Bound::Executions]);
        assert_eq!(findings.tally.bounds, bounds, "{strategy}");
        let verdict = findings.verdict();
        assert!(matches!(verdict, Verdict::Bounded { executions: 1_000, .. }), "{verdict:?}");
    }
}

#[test]
fn what_stops_a_search_stands_in_its_findings() {
    let control = Control::default();
    control.interrupt();
    let fuzz = Fuzz { options: Options::default(), ..Fuzz::default() };
    let findings = fuzz.check(&subject(COUNTER), &control);
    assert!(findings.tally.bounds.contains(&Bound::Interrupted), "{findings:?}");
    let options = Options { steps_max: 3, ..at_most(10) };
    let findings = self::fuzz(&subject(COUNTER), Strategy::Random, options);
    assert!(findings.tally.bounds.contains(&Bound::Steps), "{findings:?}");
    assert_eq!((findings.tally.executions, findings.tally.blocked), (0, 10));
}

#[test]
fn enough_executions_draw_every_trace_and_none_that_is_not_there() {
    const ALMOST_UNIFORM: &[Strategy] = &[Strategy::Random, Strategy::Pos, Strategy::Urw];
    for (subject, strategies, executions) in [
        (subject(COUNTER), &Strategy::ALL[..], 3_000),
        (subject(BACKWARDS), ALMOST_UNIFORM, 3_000),
        (tinyvm("exit\n"), ALMOST_UNIFORM, 3_000),
        (subject(BUFFER), &[Strategy::Random], 15_000),
    ] {
        let all = traces(&subject);
        for &strategy in strategies {
            let options = Options { keeps_going: true, ..at_most(executions) };
            let drawn = fuzz(&subject, strategy, options).tally;
            assert_eq!(fact(&drawn, "distinct traces"), all.executions.to_string(), "{strategy}");
            assert_eq!(drawn.final_states, all.final_states, "{strategy}");
            assert!(drawn.outcomes.keys().eq(all.outcomes.keys()), "{strategy}");
            assert_eq!(drawn.outcomes.values().sum::<u64>(), executions, "{strategy}");
        }
    }
}

#[test]
fn states_are_counted_when_asked_for() {
    let options = at_most(3_000);
    let fuzz =
        Fuzz { counts_states: true, model: Some(MemoryModel::Sc), options, ..Fuzz::default() };
    let tally = fuzz.check(&subject(COUNTER), &Control::default()).tally;
    let one_job = tally.states.expect("they were asked for");
    let two_jobs = Fuzz { options: Options { jobs: 2, ..options }, ..fuzz };
    assert_eq!(two_jobs.check(&subject(COUNTER), &Control::default()).tally.states, Some(one_job));
    assert!(one_job > tally.final_states.len() as u64, "{one_job}");
}

/// How many random programs are compared.
const PROGRAMS: u64 = 120;

#[test]
fn chance_finds_what_a_whole_search_finds_and_nothing_else() {
    let (mut races, mut replayed) = (0, 0);
    for seed in 0..PROGRAMS {
        let text = random_program(seed);
        let subject = subject(&text);
        let all = traces(&subject);
        // Where there are many traces, some are too unlikely.
        if all.executions > 200 || !all.bounds.is_empty() {
            continue;
        }
        let options = Options { keeps_going: true, seed, ..at_most(3_000) };
        for strategy in [Strategy::Random, Strategy::Surw] {
            let drawn = fuzz(&subject, strategy, options).tally;
            assert_eq!(kinds(&drawn), kinds(&all), "seed {seed}, {strategy}\n{text}");
            assert_eq!(places(&drawn), places(&all), "seed {seed}, {strategy}\n{text}");
            races += places(&drawn).len();
            for counterexample in &drawn.violations {
                let schedule = counterexample.schedule.as_ref().expect("it replays");
                let again = replay(&subject, schedule).unwrap_or_else(|error| {
                    panic!("seed {seed}: {error}\n{counterexample:?}\n{text}")
                });
                assert_eq!(again.violation.kind, counterexample.violation.kind, "{seed}\n{text}");
                replayed += 1;
            }
        }
    }
    assert!(races > 20 && replayed > 60, "{races} races, {replayed} replayed: too few to tell");
}

/// Where the two accesses of each race stand.
fn places(tally: &Tally) -> BTreeSet<Vec<String>> {
    let races = tally.violations.iter().map(|it| &it.violation);
    let places = races.filter(|it| it.kind == ViolationKind::DataRace).map(|race| {
        let mut places: Vec<_> = race.places.iter().map(|(_, place)| place.to_string()).collect();
        places.sort();
        places
    });
    places.collect()
}

const STORE_BUFFERING: &str = include_str!("../programs/wrong/store_buffering.il");
const MESSAGE_PASSING: &str = include_str!("../programs/wrong/message_passing.il");
const FENCED: &str = include_str!("../programs/correct/store_buffering_fences.il");

fn fuzz_weakly(subject: &Arc<Subject>, strategy: Strategy, options: Options) -> Findings {
    let fuzz = Fuzz { strategy, model: Some(MemoryModel::Rc11), options, ..Fuzz::default() };
    fuzz.check(subject, &Control::default())
}

#[test]
fn what_only_weak_memory_shows_is_drawn_under_weak_memory_only() {
    let subject = subject(STORE_BUFFERING);
    for strategy in Strategy::ALL {
        let findings = fuzz_weakly(&subject, strategy, at_most(500));
        let Verdict::Violated(found) = findings.verdict() else {
            panic!("{strategy} does not find it: {findings:?}")
        };
        let schedule = found.schedule.as_ref().expect("it replays");
        let again = replay(&subject, schedule).unwrap_or_else(|error| panic!("{error}: {found:?}"));
        assert_eq!(again.violation.kind, found.violation.kind);
        let strong = fuzz(&subject, strategy, at_most(500));
        assert!(matches!(strong.verdict(), Verdict::Bounded { .. }), "{strategy}: {strong:?}");
    }
}

#[test]
fn enough_executions_draw_every_graph_and_none_that_is_not_there() {
    for text in [STORE_BUFFERING, MESSAGE_PASSING, FENCED, BACKWARDS] {
        let subject = subject(text);
        let options = Options { keeps_going: true, ..Options::default() };
        let (model, search) = (Some(MemoryModel::Rc11), Search::Graphs);
        let all = Explorer { model, search, options }.check(&subject, &Control::default()).tally;
        let drawn = fuzz_weakly(&subject, Strategy::Random, Options { seed: 1, ..at_most(4_000) });
        let options = Options { keeps_going: true, ..at_most(4_000) };
        let collected = fuzz_weakly(&subject, Strategy::Random, options).tally;
        assert_eq!(fact(&collected, "distinct traces"), all.executions.to_string(), "{text}");
        assert_eq!(collected.final_states, all.final_states, "{text}");
        assert_eq!(kinds(&collected), kinds(&all), "{text}");
        assert!(collected.outcomes.keys().eq(all.outcomes.keys()), "{text}");
        let two = Options { jobs: 2, ..at_most(4_000) };
        assert_eq!(drawn, fuzz_weakly(&subject, Strategy::Random, two), "{text}");
    }
}

/// The parts that one process has run.
#[derive(Default)]
struct Made(Mutex<BTreeMap<u64, Part>>);

impl Parts for Made {
    fn is_done(&self, part: u64) -> bool {
        self.0.lock().unwrap().get(&part).is_some_and(|part| part.is_whole)
    }

    fn done(&self, part: Part) {
        self.0.lock().unwrap().insert(part.number, part);
    }
}

/// Wherever a search in parts is stopped, a part that was cut off is none that is whole: it is drawn again, and the
/// parts are then those of a search that nobody has stopped.
#[test]
fn a_part_that_was_cut_off_is_drawn_again() {
    const EXECUTIONS: u64 = 600;
    let subject = subject(LOST_UPDATE);
    let options = Options { keeps_going: true, ..at_most(EXECUTIONS) };
    let fuzz = Fuzz { strategy: Strategy::Random, options, ..Fuzz::default() };
    let share = Share { shard: 1, shards: 1 };
    let whole = Made::default();
    fuzz.search_share(&subject, share, &Control::default(), &whole);
    let whole = merge(&whole.0.into_inner().unwrap(), true);
    assert_eq!(whole.tally.executions + whole.tally.blocked, EXECUTIONS);
    let (mut stopped, mut looks_before) = (0, 0);
    loop {
        let (made, control, looks) = (Made::default(), Control::default(), AtomicU64::new(0));
        control.watch_memory(move || looks.fetch_add(1, Relaxed) == looks_before);
        fuzz.search_share(&subject, share, &control, &made);
        let is_over = control.bound().is_none();
        stopped += u64::from(!is_over);
        fuzz.search_share(&subject, share, &Control::default(), &made);
        let merged = merge(&made.0.into_inner().unwrap(), true);
        assert_eq!(merged, whole, "stopped at look {looks_before}");
        if is_over {
            break;
        }
        looks_before += 1;
    }
    assert!(stopped > 10, "it was stopped in many places: {stopped}");
}
