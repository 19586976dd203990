//! The searches over the reference, against an enumeration that knows no reduction.
#![cfg(feature = "cli")]

#[path = "common/random_program.rs"]
mod random_program;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use drawloom::guest::explorer::{Explorer, Search};
use drawloom::guest::{
    Bound, Choices, Control, Findings, GuestEngine, MemoryModel, Options, Schedule, replay,
};
use drawloom::interp::{Code, ThreadId, compile_checked};
use drawloom::reference::{Access, Outcome, State, Subject, ThreadSet, Turn, ViolationKind};
use drawloom::{il, lang};
use random_program::{random_program, random_program_with_courses, random_program_with_objects};

fn code(text: &str) -> Code {
    let verified = il::parse(text).and_then(il::verify);
    let verified = verified.unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
    compile_checked(&verified, text).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"))
}

fn subject(text: &str) -> Arc<Subject> {
    Arc::new(Subject::new(code(text)))
}

fn tinyvm(text: &str) -> Arc<Subject> {
    let module = lang::compile(lang::Language::TinyVm, text).expect("it is a program");
    let verified = il::verify(module).expect("it verifies");
    Arc::new(Subject::new(compile_checked(&verified, text).expect("it compiles")))
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
/// does not depend on: its turn, its thread's number there, and how many dependent ones come before it.
type Step = (u32, Turn, u32);

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
            if walk.state.enabled().is_empty() {
                all.end(subject, &walk.state);
            }
            for turn in walk.state.turns() {
                let next = walk.step(subject, turn);
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
    fn step(&self, subject: &Subject, turn: Turn) -> Walk {
        let mut next = self.clone();
        let thread = turn.thread;
        let accesses = next.state.accesses(thread);
        let happened = next.state.step(subject, turn);
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
        next.steps.insert((level, turn, number));
        next
    }
}

/// How many random programs are compared. Ten thousand take ten minutes.
const PROGRAMS: u64 = 300;

#[test]
fn the_searches_find_what_going_every_way_finds() {
    compare_with_every_way(random_program, PROGRAMS, false);
}

#[test]
fn the_searches_find_what_going_every_way_finds_if_operations_come_out_in_two_ways() {
    compare_with_every_way(random_program_with_courses, PROGRAMS / 2, true);
}

#[test]
fn the_searches_find_what_going_every_way_finds_at_shared_objects() {
    compare_with_every_way(random_program_with_objects, PROGRAMS, false);
}

fn compare_with_every_way(random_program: fn(u64) -> String, programs: u64, is_spurious: bool) {
    let (mut compared, mut violated, mut redundant) = (0, 0, 0);
    for seed in 0..programs {
        let text = random_program(seed);
        let mut subject = Subject::new(code(&text));
        subject.is_spurious = is_spurious;
        let subject = Arc::new(subject);
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
        let kinds = |tally: &drawloom::guest::Tally| -> BTreeSet<ViolationKind> {
            tally.violations.iter().map(|it| it.violation.kind).collect()
        };
        assert_eq!(kinds(&traces), all.kinds, "seed {seed}, traces\n{text}");
        assert_eq!(kinds(&states), all.kinds, "seed {seed}, states\n{text}");
        let nearest = check(&subject, Search::Preemptions).tally;
        assert_eq!(kinds(&nearest), all.kinds, "seed {seed}, preemptions\n{text}");
        assert_eq!(nearest.final_states, all.final_states, "seed {seed}, preemptions\n{text}");
        assert_eq!(
            nearest.bounds,
            BTreeSet::from([Bound::Preemptions]),
            "it verifies nothing: seed {seed}\n{text}"
        );
        violated += u64::from(!all.kinds.is_empty());
        let violations = traces.violations.iter().chain(&states.violations);
        for counterexample in violations.chain(&nearest.violations) {
            let schedule = counterexample.schedule.as_ref().expect("the explorer replays");
            let again = replay(&subject, schedule)
                .unwrap_or_else(|error| panic!("seed {seed}: {error}\n{counterexample:?}\n{text}"));
            assert_eq!(again.violation.kind, counterexample.violation.kind, "seed {seed}\n{text}");
        }
    }
    println!("{compared} programs, {violated} with violations, {redundant} redundant explorations");
    assert!(compared * 10 > programs * 9 && violated * 6 > programs, "{compared} {violated}");
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

/// What `main` and its threads need in the programs below.
const PRELUDE: &str = "il 0.3.0
extern @Viper.Core.Diagnostics.Assert(i1, str) -> void
extern @Viper.Terminal.SayInt(i64) -> void
extern @Viper.Terminal.ReadLine() -> str
extern @Viper.Threads.Monitor.Enter(ptr) -> void
extern @Viper.Threads.Monitor.Exit(ptr) -> void
extern @Viper.Threads.Monitor.TryEnter(ptr) -> i1
extern @Viper.Threads.Thread.TryJoin(ptr) -> i1
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Id(ptr) -> i64
global const str @.wrong = \"wrong\"
global i64 @m = 0
global i64 @x = 0
global i64 @y = 0
func @add() -> void {
entry:
  %at = gaddr @x
  %old = atomic.rmw add i64, %at, 1, seq_cst
  ret
}
";

fn program(functions: &str) -> Arc<Subject> {
    subject(&format!("{PRELUDE}{functions}"))
}

fn kinds(findings: &Findings) -> Vec<ViolationKind> {
    findings.tally.violations.iter().map(|it| it.violation.kind).collect()
}

fn outcomes(subject: &Arc<Subject>, search: Search) -> Vec<Outcome> {
    check(subject, search).tally.outcomes.into_keys().collect()
}

#[test]
fn a_counterexample_without_preemptions_is_preferred_to_a_shorter_one_with() {
    let stores: String =
        [1, 0, 0, 0, 0, 1].map(|it| format!("  atomic.store i64, %at, {it}, seq_cst\n")).concat();
    let subject = program(&format!(
        "func @writer() -> void {{
entry:
  %at = gaddr @x
{stores}  ret
}}
func @reader() -> void {{
entry:
  %at = gaddr @x
  %x = atomic.load i64, %at, seq_cst
  %is_right = icmp_eq %x, 0
  %wrong = const_str @.wrong
  call @Viper.Core.Diagnostics.Assert(%is_right, %wrong)
  ret
}}
func @main() -> void {{
entry:
  %writer = call @Viper.Threads.Thread.Start(@writer, null)
  %reader = call @Viper.Threads.Thread.Start(@reader, null)
  call @Viper.Threads.Thread.Join(%writer)
  call @Viper.Threads.Thread.Join(%reader)
  ret
}}
"
    ));
    let findings = check(&subject, Search::States);
    let [counterexample] = &findings.tally.violations[..] else { panic!("{findings:?}") };
    let Some(Schedule { choices: Choices::Reference(choices), .. }) = &counterexample.schedule
    else {
        panic!("the explorer has a schedule")
    };
    let (mut state, _) = State::new(&subject);
    let (mut last, mut preemptions) = (None, 0);
    for choice in choices {
        preemptions +=
            u32::from(last.is_some_and(|it| it != choice.turn.thread && state.is_enabled(it)));
        state.step(&subject, choice.turn);
        last = Some(choice.turn.thread);
    }
    assert_eq!(preemptions, 0, "{choices:?}");
}

#[test]
fn who_waits_for_ever_could_have_gone_first() {
    let subject = program(
        "func @keep() -> void {
entry:
  %m = gaddr @m
  call @Viper.Threads.Monitor.Enter(%m)
  ret
}
func @say() -> void {
entry:
  %m = gaddr @m
  call @Viper.Threads.Monitor.Enter(%m)
  call @Viper.Terminal.SayInt(1)
  call @Viper.Threads.Monitor.Exit(%m)
  ret
}
func @main() -> i64 {
entry:
  %keeper = call @Viper.Threads.Thread.Start(@keep, null)
  %speaker = call @Viper.Threads.Thread.Start(@say, null)
  call @Viper.Threads.Thread.Join(%keeper)
  call @Viper.Threads.Thread.Join(%speaker)
  ret 0
}
",
    );
    let traces = outcomes(&subject, Search::Traces);
    assert_eq!(traces.len(), 2, "the speaker speaks, or the keeper keeps it from that: {traces:?}");
    assert_eq!(outcomes(&subject, Search::States), traces);
}

#[test]
fn a_try_can_find_a_monitor_taken_in_which_nothing_is_done() {
    let subject = program(
        "func @pass() -> void {
entry:
  %m = gaddr @m
  call @Viper.Threads.Monitor.Enter(%m)
  call @Viper.Threads.Monitor.Exit(%m)
  ret
}
func @main() -> i64 {
entry:
  %other = call @Viper.Threads.Thread.Start(@pass, null)
  %m = gaddr @m
  %entered = call @Viper.Threads.Monitor.TryEnter(%m)
  cbr %entered, ^leave, ^end
leave:
  call @Viper.Threads.Monitor.Exit(%m)
  ret 1
end:
  ret 0
}
",
    );
    let traces = outcomes(&subject, Search::Traces);
    assert_eq!(traces.len(), 2);
    assert_eq!(outcomes(&subject, Search::States), traces);
}

#[test]
fn a_thread_that_has_done_all_need_not_have_ended() {
    let subject = program(
        "func @main() -> i64 {
entry:
  %other = call @Viper.Threads.Thread.Start(@add, null)
  %at = gaddr @x
  %x = atomic.load i64, %at, seq_cst
  %has_ended = call @Viper.Threads.Thread.TryJoin(%other)
  %ended = zext1 %has_ended
  %twice = iadd.ovf %x, %x
  %both = iadd.ovf %twice, %ended
  ret %both
}
",
    );
    let traces = outcomes(&subject, Search::Traces);
    assert_eq!(traces.len(), 4, "the sum seen or not, the end seen or not: {traces:?}");
    assert_eq!(outcomes(&subject, Search::States), traces);
}

#[test]
fn threads_of_another_activation_are_not_exchanged() {
    let subject = program(
        "func @pair(i64 %depth) -> void {
entry:
  %one = call @Viper.Threads.Thread.Start(@add, null)
  call @deeper(%depth)
  %other = call @Viper.Threads.Thread.Start(@add, null)
  call @Viper.Threads.Thread.Join(%one)
  call @Viper.Threads.Thread.Join(%other)
  %at = gaddr @x
  %x = atomic.load i64, %at, seq_cst
  call @Viper.Terminal.SayInt(%x)
  ret
}
func @deeper(i64 %depth) -> void {
entry:
  %is_last = icmp_eq %depth, 0
  cbr %is_last, ^end, ^again
again:
  call @pair(0)
  br ^end
end:
  ret
}
func @main() -> void {
entry:
  call @pair(1)
  ret
}
",
    );
    let traces = outcomes(&subject, Search::Traces);
    assert_eq!(traces.len(), 2);
    assert_eq!(outcomes(&subject, Search::States), traces);
}

#[test]
fn a_trap_between_starts_does_not_make_kin_of_those_before_and_after_it() {
    let subject = program(
        "func @main() -> void {
entry:
  eh.push ^caught
  br ^pair
pair:
  %one = call @Viper.Threads.Thread.Start(@add, null)
  %count_at = gaddr @y
  %count = load i64, %count_at
  %next = iadd.ovf %count, 1
  store i64, %count_at, %next
  %quotient = sdiv.chk0 1, %count
  %other = call @Viper.Threads.Thread.Start(@add, null)
  call @Viper.Threads.Thread.Join(%one)
  call @Viper.Threads.Thread.Join(%other)
  %at = gaddr @x
  %x = atomic.load i64, %at, seq_cst
  call @Viper.Terminal.SayInt(%x)
  ret
caught(%error: error, %token: resumetok):
  eh.entry
  eh.push ^caught
  resume.label %token, ^pair
}
",
    );
    let traces = outcomes(&subject, Search::Traces);
    assert_eq!(traces.len(), 2);
    assert_eq!(outcomes(&subject, Search::States), traces);
}

#[test]
fn a_main_that_threads_run_too_starts_threads_in_every_order() {
    let subject = program(
        "func @main() -> void {
entry:
  %at = gaddr @y
  %before = atomic.rmw add i64, %at, 1, seq_cst
  %is_early = scmp_lt %before, 2
  cbr %is_early, ^start, ^end
start:
  %again = call @Viper.Threads.Thread.Start(@main, null)
  %other = call @Viper.Threads.Thread.Start(@add, null)
  %id = call @Viper.Threads.Thread.Id(%other)
  call @Viper.Terminal.SayInt(%id)
  br ^end
end:
  ret
}
",
    );
    assert_eq!(outcomes(&subject, Search::States), outcomes(&subject, Search::Traces));
}

#[test]
fn a_program_with_too_many_threads_is_cut_off_and_not_stuck() {
    let subject = program(
        "func @nothing() -> void {
entry:
  ret
}
func @main() -> void {
entry:
  br ^start(0)
start(%count: i64):
  %thread = call @Viper.Threads.Thread.Start(@nothing, null)
  %next = iadd.ovf %count, 1
  %is_enough = icmp_eq %next, 70
  cbr %is_enough, ^end, ^start(%next)
end:
  ret
}
",
    );
    let options = Options { executions_max: 3, ..Options::default() };
    let explorer = Explorer { model: Some(MemoryModel::Sc), search: Search::Traces, options };
    let findings = explorer.check(&subject, &Control::default());
    assert_eq!(kinds(&findings), []);
    assert!(findings.tally.bounds.contains(&Bound::Threads), "{:?}", findings.tally.bounds);
}

#[test]
fn an_input_that_is_over_stays_over() {
    let subject = program(
        "func @main() -> void {
entry:
  eh.push ^caught
  br ^read
read:
  %line = call @Viper.Terminal.ReadLine()
  br ^read
caught(%error: error, %token: resumetok):
  eh.entry
  eh.push ^caught
  resume.label %token, ^read
}
",
    );
    let options = Options { memory_max: 1 << 20, ..Options::default() };
    let explorer = Explorer { model: Some(MemoryModel::Sc), search: Search::States, options };
    let findings = explorer.check(&subject, &Control::default());
    assert_eq!(kinds(&findings), [ViolationKind::Livelock], "{:?}", findings.tally.bounds);
}

#[test]
fn who_waits_for_what_a_trap_has_stopped_is_no_livelock() {
    let subject = program(
        "func @stops() -> void {
entry:
  %wrong = const_str @.wrong
  call @Viper.Core.Diagnostics.Assert(false, %wrong)
  ret
}
func @main() -> void {
entry:
  %thread = call @Viper.Threads.Thread.Start(@stops, null)
  br ^look
look:
  %at = gaddr @x
  %x = atomic.load i64, %at, seq_cst
  %is_up = icmp_eq %x, 1
  cbr %is_up, ^end, ^look
end:
  ret
}
",
    );
    let findings = check(&subject, Search::States);
    assert_eq!(kinds(&findings), [ViolationKind::Assertion]);
}

#[test]
fn a_circle_of_operations_that_go_first_does_not_hide_what_others_do() {
    let subject = program(
        "func @fences() -> void {
entry:
  br ^again
again:
  fence seq_cst
  br ^again
}
func @stops() -> void {
entry:
  %wrong = const_str @.wrong
  call @Viper.Core.Diagnostics.Assert(false, %wrong)
  ret
}
func @main() -> void {
entry:
  %endless = call @Viper.Threads.Thread.Start(@fences, null)
  %thread = call @Viper.Threads.Thread.Start(@stops, null)
  call @Viper.Threads.Thread.Join(%endless)
  ret
}
",
    );
    let found = kinds(&check(&subject, Search::States));
    assert!(found.contains(&ViolationKind::Assertion), "{found:?}");
}

#[test]
fn an_execution_that_was_cut_off_shows_no_leak() {
    let text = format!(
        "{PRELUDE}func @endless() -> void {{
entry:
  br ^again
again:
  br ^again
}}
func @main() -> void {{
entry:
  %endless = call @Viper.Threads.Thread.Start(@endless, null)
  %other = call @Viper.Threads.Thread.Start(@add, null)
  call @Viper.Threads.Thread.Join(%endless)
  call @Viper.Threads.Thread.Join(%other)
  ret
}}
"
    );
    let mut subject = Subject::new(code(&text));
    subject.limits.local_steps = 10_000;
    let subject = Arc::new(subject);
    for search in [Search::Traces, Search::States] {
        let options = Options { finds_leaks: true, ..Options::default() };
        let explorer = Explorer { model: Some(MemoryModel::Sc), search, options };
        let findings = explorer.check(&subject, &Control::default());
        assert_eq!(kinds(&findings), [], "{search:?}");
        assert!(findings.tally.bounds.contains(&Bound::LocalSteps));
    }
}
