//! A thread that can never go on is found, under every memory model; and what is verified ends.
#![cfg(feature = "cli")]

mod common {
    pub(crate) mod entropy;
    pub(crate) mod guest;
    pub(crate) mod view_machine;
    pub(crate) mod waiting_program;
}

use std::sync::Arc;

use common::guest::{checked_code_of, code_of};
use common::view_machine::has_stuck_end;
use common::waiting_program::{by_chance, il};
use drawloom::guest::explorer::{Explorer, Fuzz, Search, Strategy, graph};
use drawloom::guest::{
    Bound, Control, Findings, GuestCounterexample, GuestEngine, MemoryModel, Options, replay,
};
use drawloom::interp::Code;
use drawloom::lang::Language;
use drawloom::native::{Limits, Loading};
use drawloom::reference::{Subject, ViolationKind};
use drawloom::verdict::Verdict;
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

fn subject(language: Language, text: &str) -> Arc<Subject> {
    Arc::new(Subject::new(checked_code_of(language, text)))
}

/// Nobody sets the flag.
const ALONE: &str = "il 0.3.0
global i64 @flag = 0
func @main() -> i64 {
entry:
  %flag = gaddr @flag
  br ^spin
spin:
  %g = atomic.load i64, %flag, acquire
  %done = icmp_eq %g, 1
  cbr %done, ^end, ^spin
end:
  ret 0
}
";

/// The other thread sets the wrong flag.
const WRONG_FLAG: &str = "il 0.3.0
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
global i64 @ready = 0
global i64 @redy = 0
func @producer(ptr %p) -> void {
entry:
  %f = gaddr @redy
  atomic.store i64, %f, 1, release
  ret
}
func @main() -> i64 {
entry:
  %t = call @Viper.Threads.Thread.Start(@producer, null)
  %f = gaddr @ready
  br look
look:
  %v = atomic.load i64, %f, acquire
  %z = icmp_eq %v, 0
  cbr %z, look, done
done:
  call @Viper.Threads.Thread.Join(%t)
  ret 0
}
";

/// Each takes the lock by an exchange, and neither gives it back: both read the other's write.
const EXCHANGES: &str = "il 0.3.0
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
global i64 @lock = 1
func @take(ptr %p) -> void {
entry:
  %l = gaddr @lock
  br look
look:
  %v = atomic.rmw xchg i64, %l, 1, acquire
  %z = icmp_eq %v, 1
  cbr %z, look, done
done:
  ret
}
func @main() -> i64 {
entry:
  %a = call @Viper.Threads.Thread.Start(@take, null)
  %b = call @Viper.Threads.Thread.Start(@take, null)
  call @Viper.Threads.Thread.Join(%a)
  call @Viper.Threads.Thread.Join(%b)
  ret 0
}
";

const LITMUS: &str = "C HANG
{ x=0; }
P0 (atomic_int* x) { int r0 = 0; while (r0 == 0) { r0 = atomic_load_explicit(x, memory_order_acquire); } }
P1 (atomic_int* x) { atomic_store_explicit(x, 0, memory_order_release); }
exists (0:r0=1)
";

/// The old flag may be seen for ever by a thread that does not look again: it does.
const STALE: &str = "il 0.3.0
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
global i64 @flag = 0
func @producer(ptr %p) -> void {
entry:
  %f = gaddr @flag
  atomic.store i64, %f, 1, relaxed
  ret
}
func @main() -> i64 {
entry:
  %t = call @Viper.Threads.Thread.Start(@producer, null)
  %f = gaddr @flag
  br look
look:
  %v = atomic.load i64, %f, relaxed
  %z = icmp_eq %v, 0
  cbr %z, look, done
done:
  call @Viper.Threads.Thread.Join(%t)
  ret 0
}
";

/// Readers that announce themselves and go back keep the writer from getting on.
const DOWNGRADE: &str = include_str!("cases/downgrade_livelock_rc11_wrong.il");
const DOWNGRADE_RIGHT: &str = include_str!("cases/downgrade_livelock_rc11_right.il");

fn searched(text: &str, language: Language, model: MemoryModel, search: Search) -> Findings {
    let explorer = Explorer { model: Some(model), search, options: Options::default() };
    explorer.check(&subject(language, text), &Control::default())
}

fn only(findings: &Findings) -> &GuestCounterexample {
    assert_eq!(findings.tally.violations.len(), 1, "{:?}", findings.tally);
    &findings.tally.violations[0]
}

#[test]
fn a_loop_that_nobody_ends_is_a_livelock_under_every_model_and_replays() {
    let programs = [
        (ALONE, Language::Il),
        (WRONG_FLAG, Language::Il),
        (LITMUS, Language::Litmus),
        (EXCHANGES, Language::Il),
    ];
    for (text, language) in programs {
        for model in MemoryModel::ALL {
            for search in [Search::Auto, Search::Graphs] {
                let findings = searched(text, language, model, search);
                let found = only(&findings);
                assert_eq!(found.violation.kind, ViolationKind::Livelock, "{model}\n{text}");
                let schedule = found.schedule.as_ref().expect("a schedule");
                let again = replay(&subject(language, text), schedule).expect("it replays");
                assert_eq!(again.violation.kind, found.violation.kind, "{model}\n{text}");
                // Of rounds that exchange with each other, a schedule need not end with all.
                let is_told = |place| found.violation.places.contains(place);
                assert!(again.violation.places.iter().all(is_told), "{model}\n{text}");
                assert!(!again.violation.places.is_empty(), "{model}\n{text}");
            }
        }
    }
}

#[test]
fn a_loop_that_somebody_ends_in_the_end_is_verified() {
    for model in MemoryModel::ALL {
        for search in [Search::Auto, Search::Graphs] {
            let findings = searched(STALE, Language::Il, model, search);
            assert!(
                matches!(findings.verdict(), Verdict::Exhausted { executions } if executions > 0),
                "{model}: {findings:?}"
            );
        }
    }
}

#[test]
fn a_circle_that_writes_is_a_livelock_under_weak_memory_and_replays() {
    for model in MemoryModel::ALL {
        let findings = searched(DOWNGRADE, Language::Il, model, Search::Graphs);
        let found = only(&findings);
        assert_eq!(found.violation.kind, ViolationKind::Livelock, "{model}");
        let schedule = found.schedule.as_ref().expect("a schedule");
        let again = replay(&subject(Language::Il, DOWNGRADE), schedule).expect("it replays");
        assert_eq!(again, GuestCounterexample { execution: 1, ..found.clone() }, "{model}");
    }
    for model in MemoryModel::ALL {
        let findings = searched(DOWNGRADE_RIGHT, Language::Il, model, Search::Auto);
        assert!(matches!(findings.verdict(), Verdict::Exhausted { .. }), "{findings:?}");
    }
}

#[test]
fn a_loop_that_writes_and_is_none_for_ever_is_a_bound() {
    // A lock that is taken, looked through, and given back, until the other has done its part.
    let text = "il 0.3.0
extern @Viper.Threads.Monitor.Enter(ptr) -> void
extern @Viper.Threads.Monitor.Exit(ptr) -> void
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
global i64 @x = 0
func @set(ptr %p) -> void {
entry:
  %x = gaddr @x
  call @Viper.Threads.Monitor.Enter(%x)
  store i64, %x, 1
  call @Viper.Threads.Monitor.Exit(%x)
  ret
}
func @main() -> i64 {
entry:
  %x = gaddr @x
  %t = call @Viper.Threads.Thread.Start(@set, null)
  br look
look:
  call @Viper.Threads.Monitor.Enter(%x)
  %v = load i64, %x
  call @Viper.Threads.Monitor.Exit(%x)
  %z = icmp_eq %v, 0
  cbr %z, look, done
done:
  call @Viper.Threads.Thread.Join(%t)
  ret 0
}
";
    let findings = searched(text, Language::Il, MemoryModel::Rc11, Search::Graphs);
    assert_eq!(findings.tally.violations, []);
    assert!(matches!(findings.verdict(), Verdict::Bounded { stopped_by: Bound::Loop, .. }));
    // Under sequential consistency every state is looked at.
    let findings = searched(text, Language::Il, MemoryModel::Sc, Search::States);
    assert!(matches!(findings.verdict(), Verdict::Exhausted { .. }), "{findings:?}");
}

/// Main counts up and down until another thread has given the lock back, which it does after many steps
/// of its own.
const FREED_LATE: &str = "il 0.3.0
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
global i64 @lock = 1
global i64 @count = 0
global i64 @has_begun = 0
func @frees(ptr %p) -> void {
entry:
  %b = gaddr @has_begun
  atomic.store i64, %b, 1, seq_cst
  br think(0)
think(%n: i64):
  %next = iadd.ovf %n, 1
  %more = scmp_lt %next, 1000
  cbr %more, think(%next), free
free:
  %l = gaddr @lock
  atomic.store i64, %l, 0, seq_cst
  ret
}
func @main() -> i64 {
entry:
  %t = call @Viper.Threads.Thread.Start(@frees, null)
  %l = gaddr @lock
  %c = gaddr @count
  br look
look:
  %up = atomic.rmw add i64, %c, 1, seq_cst
  %down = atomic.rmw sub i64, %c, 1, seq_cst
  %v = atomic.load i64, %l, seq_cst
  %z = icmp_eq %v, 1
  cbr %z, look, done
done:
  call @Viper.Threads.Thread.Join(%t)
  ret 0
}
";

#[test]
fn who_waits_for_a_thread_that_was_cut_off_is_in_no_livelock() {
    let searches = [
        (Search::Auto, MemoryModel::Sc),
        (Search::States, MemoryModel::Sc),
        (Search::Graphs, MemoryModel::Sc),
        (Search::Graphs, MemoryModel::Rc11),
        (Search::Graphs, MemoryModel::C20),
    ];
    for (search, model) in searches {
        for (local_steps, is_whole) in [(100, false), (10_000, true)] {
            let mut subject = Subject::new(checked_code_of(Language::Il, FREED_LATE));
            subject.limits.local_steps = local_steps;
            let explorer = Explorer { model: Some(model), search, options: Options::default() };
            let findings = explorer.check(&Arc::new(subject), &Control::default());
            assert_eq!(findings.tally.violations, [], "{search:?} {model}");
            let is_cut_off = findings.tally.bounds.contains(&Bound::LocalSteps);
            assert_eq!(is_cut_off, !is_whole, "{search:?} {model}: {:?}", findings.tally.bounds);
        }
    }
}

/// Main goes round one of two circles, whichever way a race comes out.
const TWO_CIRCLES: &str = "il 0.3.0
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
global i64 @x = 0
global i64 @count = 0
func @sets(ptr %p) -> void {
entry:
  %x = gaddr @x
  atomic.store i64, %x, 1, seq_cst
  ret
}
func @main() -> i64 {
entry:
  %t = call @Viper.Threads.Thread.Start(@sets, null)
  %x = gaddr @x
  %c = gaddr @count
  %v = atomic.load i64, %x, seq_cst
  %z = icmp_eq %v, 0
  cbr %z, early, late
early:
  %e = atomic.rmw add i64, %c, 1, seq_cst
  %f = atomic.rmw sub i64, %c, 1, seq_cst
  br early
late:
  %l = atomic.rmw add i64, %c, 1, seq_cst
  %m = atomic.rmw sub i64, %c, 1, seq_cst
  br late
}
";

/// Each part of a search comes to a circle of its own; the one that can be reached from the beginning
/// is shown, whoever asks first.
#[test]
fn the_livelock_that_is_shown_is_the_same_on_one_core_and_on_four() {
    for model in MemoryModel::ALL {
        let shown = |jobs, keeps_going| {
            let options = Options { jobs, keeps_going, ..Options::default() };
            let explorer = Explorer { model: Some(model), search: Search::Graphs, options };
            let findings = explorer.check(&subject(Language::Il, TWO_CIRCLES), &Control::default());
            let found = only(&findings);
            (found.violation.clone(), found.trace.clone(), found.circle_from)
        };
        let alone = shown(1, false);
        assert_eq!(alone.0.kind, ViolationKind::Livelock, "{model}");
        for jobs in [1, 4] {
            assert_eq!(shown(jobs, false), alone, "{model}: {jobs} cores");
            assert_eq!(shown(jobs, true), alone, "{model}: {jobs} cores, to the end");
        }
    }
}

#[test]
fn samplers_see_threads_that_never_go_on() {
    for (text, model) in [
        (ALONE, MemoryModel::Sc),
        (ALONE, MemoryModel::Rc11),
        (WRONG_FLAG, MemoryModel::Sc),
        (WRONG_FLAG, MemoryModel::C20),
    ] {
        let options = Options { executions_max: 64, steps_max: 200, ..Options::default() };
        let strategy = Strategy::Random;
        let fuzz = Fuzz { strategy, model: Some(model), counts_states: false, options };
        let subject = subject(Language::Il, text);
        let findings = fuzz.check(&subject, &Control::default());
        let found = only(&findings);
        assert_eq!(found.violation.kind, ViolationKind::Livelock, "{model}\n{text}");
        let schedule = found.schedule.as_ref().expect("a schedule");
        let again = replay(&subject, schedule).expect("it replays");
        assert_eq!(again.violation.kind, ViolationKind::Livelock, "{model}\n{text}");
    }
}

#[test]
fn samplers_let_a_loop_go_on_when_it_would_see_something_new() {
    let options = Options { executions_max: 64, steps_max: 200, ..Options::default() };
    let model = Some(MemoryModel::Rc11);
    let fuzz = Fuzz { strategy: Strategy::Random, model, counts_states: false, options };
    let findings = fuzz.check(&subject(Language::Il, STALE), &Control::default());
    assert_eq!(findings.tally.violations, []);
    assert_eq!((findings.tally.executions, findings.tally.blocked), (64, 0));
}

/// Numbers for the program with this number.
fn numbers(seed: u64) -> Vec<u32> {
    let mut chance = SplitMix64::seed_from_u64(seed);
    (0..64).map(|_| (chance.next_u64() >> 32) as u32).collect()
}

fn is_about_liveness(kind: ViolationKind) -> bool {
    matches!(kind, ViolationKind::Livelock | ViolationKind::Deadlock | ViolationKind::LostWakeup)
}

/// Two thousand random programs: those in which the small model of `view_machine` comes to a stuck end,
/// and no others, have a violation of liveness; natively, 50 runs of each of the others end.
#[test]
fn a_program_is_called_live_exactly_if_no_end_is_stuck() {
    let (mut live, mut stuck) = (0, 0);
    for seed in 0..2_000 {
        let threads = by_chance(&numbers(seed));
        let text = il(&threads);
        let subject = subject(Language::Il, &text);
        let control = Control::default();
        let tally = graph::search(&subject, MemoryModel::Rc11, &Options::default(), &control);
        let kinds: Vec<ViolationKind> =
            tally.violations.iter().map(|it| it.violation.kind).collect();
        assert!(kinds.iter().all(|&kind| is_about_liveness(kind)), "{seed}: {kinds:?}\n{text}");
        assert!(tally.bounds.is_empty(), "{seed}: {:?}\n{text}", tally.bounds);
        assert_eq!(!kinds.is_empty(), has_stuck_end(&threads), "{seed}: {kinds:?}\n{text}");
        if kinds.is_empty() {
            live += 1;
            assert!(tally.executions > 0, "{seed}: {text}");
            let code = code_of(Language::Il, &text);
            for _ in 0..50 {
                assert_ends(&code, seed);
            }
        } else {
            stuck += 1;
        }
    }
    // An empty search cannot pass.
    assert!(live > 400 && stuck > 400, "{live} live, {stuck} stuck");
}

/// That a native run ends well. A loop that does not end runs out of steps; threads that wait for each
/// other trap.
fn assert_ends(code: &Code, seed: u64) {
    let limits = Limits { steps: Some(1 << 32), ..Limits::default() };
    let finished = Loading::new(code.clone()).limits(limits).initialise().run();
    assert_eq!(finished.result, Ok(0), "program {seed}");
}
