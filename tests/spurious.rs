//! Waits that end, and weak compare-exchanges that fail, without a cause: what they break, and what they
//! do not hide.
#![cfg(feature = "cli")]

mod common {
    pub(crate) mod guest;
}

use std::sync::Arc;

use common::guest::checked_code_of;
use drawloom::guest::explorer::{Explorer, Fuzz, Search, Strategy};
use drawloom::guest::{Control, Findings, Gap, GuestEngine, MemoryModel, Options, replay};
use drawloom::lang::Language;
use drawloom::reference::{Subject, ViolationKind};
use drawloom::report::not_seen;
use drawloom::verdict::Verdict;

/// `main` waits for the flag: it looks once or again and again, and another thread sets it and says so,
/// or does not say so.
fn waiting(looks_again: bool, notifies: bool) -> String {
    let after = if looks_again { "look" } else { "go" };
    let notify = if notifies { "  call @Viper.Threads.Monitor.Pause(%f)\n" } else { "" };
    format!(
        "il 0.3.0
extern @Viper.Core.Diagnostics.Assert(i1, str) -> void
extern @Viper.Threads.Monitor.Enter(ptr) -> void
extern @Viper.Threads.Monitor.Exit(ptr) -> void
extern @Viper.Threads.Monitor.Pause(ptr) -> void
extern @Viper.Threads.Monitor.Wait(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
global i64 @flag = 0
global const str @.early = \"it went on too early\"
func @set(ptr %p) -> void {{
entry:
  %f = gaddr @flag
  call @Viper.Threads.Monitor.Enter(%f)
  store i64, %f, 1
{notify}  call @Viper.Threads.Monitor.Exit(%f)
  ret
}}
func @main() -> i64 {{
entry:
  %f = gaddr @flag
  %t = call @Viper.Threads.Thread.Start(@set, null)
  call @Viper.Threads.Monitor.Enter(%f)
  br look
look:
  %v = load i64, %f
  %is = icmp_eq %v, 1
  cbr %is, go, wait
wait:
  call @Viper.Threads.Monitor.Wait(%f)
  br {after}
go:
  %w = load i64, %f
  %set = icmp_eq %w, 1
  %early = const_str @.early
  call @Viper.Core.Diagnostics.Assert(%set, %early)
  call @Viper.Threads.Monitor.Exit(%f)
  ret 0
}}
"
    )
}

fn subject(text: &str, is_spurious: bool) -> Arc<Subject> {
    let mut subject = Subject::new(checked_code_of(Language::Il, text));
    subject.is_spurious = is_spurious;
    Arc::new(subject)
}

const SEARCHES: [(Search, MemoryModel); 6] = [
    (Search::Auto, MemoryModel::Sc),
    (Search::States, MemoryModel::Sc),
    (Search::Preemptions, MemoryModel::Sc),
    (Search::Graphs, MemoryModel::Sc),
    (Search::Graphs, MemoryModel::Rc11),
    (Search::Graphs, MemoryModel::C20),
];

fn checked(subject: &Arc<Subject>, (search, model): (Search, MemoryModel)) -> Findings {
    let explorer = Explorer { model: Some(model), search, options: Options::default() };
    explorer.check(subject, &Control::default())
}

fn fuzzed(subject: &Arc<Subject>, model: MemoryModel) -> Findings {
    let options = Options { executions_max: 500, ..Options::default() };
    let strategy = Strategy::Random;
    let fuzz = Fuzz { strategy, model: Some(model), counts_states: false, options };
    fuzz.check(subject, &Control::default())
}

fn kinds(findings: &Findings) -> Vec<ViolationKind> {
    findings.tally.violations.iter().map(|it| it.violation.kind).collect()
}

#[test]
fn a_wait_that_is_not_looked_at_again_breaks_if_it_ends_without_a_cause() {
    let text = waiting(false, true);
    for search in SEARCHES {
        let findings = checked(&subject(&text, false), search);
        assert_eq!(kinds(&findings), [], "{search:?}");
        let subject = subject(&text, true);
        let findings = checked(&subject, search);
        assert_eq!(kinds(&findings), [ViolationKind::Assertion], "{search:?}");
        let schedule = findings.tally.violations[0].schedule.as_ref().expect("a schedule");
        let again = replay(&subject, schedule).expect("it replays");
        assert_eq!(again.violation.kind, ViolationKind::Assertion, "{search:?}");
    }
    for model in [MemoryModel::Sc, MemoryModel::Rc11] {
        assert_eq!(kinds(&fuzzed(&subject(&text, false), model)), [], "{model}");
        let found = kinds(&fuzzed(&subject(&text, true), model));
        assert_eq!(found, [ViolationKind::Assertion], "{model}");
    }
}

#[test]
fn a_wait_that_is_looked_at_again_holds() {
    let subject = subject(&waiting(true, true), true);
    for search in SEARCHES {
        assert_eq!(kinds(&checked(&subject, search)), [], "{search:?}");
    }
    let findings = checked(&subject, (Search::Auto, MemoryModel::Sc));
    assert!(matches!(findings.verdict(), Verdict::Exhausted { .. }), "{findings:?}");
}

#[test]
fn a_wakeup_that_may_come_by_itself_hides_no_lost_one() {
    let text = waiting(true, false);
    for is_spurious in [false, true] {
        let subject = subject(&text, is_spurious);
        for search in SEARCHES {
            let found = kinds(&checked(&subject, search));
            assert_eq!(found, [ViolationKind::LostWakeup], "{search:?}, {is_spurious}");
        }
        for model in [MemoryModel::Sc, MemoryModel::Rc11] {
            let found = kinds(&fuzzed(&subject, model));
            assert_eq!(found, [ViolationKind::LostWakeup], "{model}, {is_spurious}");
        }
    }
}

#[test]
fn the_search_over_traces_refuses_waits_that_end_without_a_cause() {
    let subject = subject(&waiting(true, true), true);
    let findings = checked(&subject, (Search::Traces, MemoryModel::Sc));
    assert!(matches!(findings.verdict(), Verdict::Unsupported { .. }), "{findings:?}");
}

#[test]
fn what_was_not_asked_for_is_named_if_the_program_waits() {
    for (is_spurious, is_named) in [(false, true), (true, false)] {
        let subject = subject(&waiting(true, true), is_spurious);
        for findings in
            [checked(&subject, (Search::Auto, MemoryModel::Sc)), fuzzed(&subject, MemoryModel::Sc)]
        {
            assert_eq!(findings.not_asked.contains(&Gap::UncausedWakeups), is_named);
            assert_eq!(not_seen(&findings).contains("--spurious"), is_named);
        }
    }
    let silent = "il 0.3.0\nfunc @main() -> i64 {\nentry:\n  ret 0\n}\n";
    let findings = checked(&subject(silent, false), (Search::Auto, MemoryModel::Sc));
    assert!(findings.not_asked.is_empty());
}

/// One thread that takes a lock with a weak compare-exchange: at the first go, or until it has it.
fn weak(body: &str) -> String {
    format!(
        "C weak\n\n{{ x = 0; }}\n\nP0 (atomic_int* x) {{\n  int e = 0;\n  int r0 = 0;\n  {body}\n}}\n\n\
         locations [x;]\nexists (0:r0=1)\n"
    )
}

fn litmus(text: &str, is_spurious: bool) -> Arc<Subject> {
    let mut subject = Subject::new(checked_code_of(Language::Litmus, text));
    subject.is_spurious = is_spurious;
    Arc::new(subject)
}

const WEAK: &str =
    "atomic_compare_exchange_weak_explicit(x, &e, 1, memory_order_acquire, memory_order_relaxed)";

fn ends(findings: &Findings) -> Vec<String> {
    findings.tally.outcomes.keys().map(ToString::to_string).collect()
}

#[test]
fn a_weak_compare_exchange_fails_without_a_cause_where_that_is_asked_for() {
    let text = weak(&format!("r0 = {WEAK};"));
    let [stores, fails] = ["{0:r0=1; [x]=1;}", "{0:r0=0; [x]=0;}"];
    for search in SEARCHES.into_iter().chain([(Search::Traces, MemoryModel::Sc)]) {
        assert_eq!(ends(&checked(&litmus(&text, false), search)), [stores], "{search:?}");
        assert_eq!(ends(&checked(&litmus(&text, true), search)), [fails, stores], "{search:?}");
    }
    for model in [MemoryModel::Sc, MemoryModel::Rc11] {
        assert_eq!(ends(&fuzzed(&litmus(&text, false), model)), [stores], "{model}");
        assert_eq!(ends(&fuzzed(&litmus(&text, true), model)), [fails, stores], "{model}");
    }
    let strong = text.replace("weak_explicit", "strong_explicit");
    let findings = checked(&litmus(&strong, true), (Search::Auto, MemoryModel::Rc11));
    assert_eq!(ends(&findings), [stores]);
}

#[test]
fn a_loop_around_a_weak_compare_exchange_ends() {
    let subject = litmus(&weak(&format!("while (!{WEAK}) {{ e = 0; }}\n  r0 = 1;")), true);
    for search in SEARCHES {
        let findings = checked(&subject, search);
        assert_eq!((kinds(&findings), ends(&findings).len()), (vec![], 1), "{search:?}");
    }
    for model in [MemoryModel::Sc, MemoryModel::Rc11] {
        let findings = fuzzed(&subject, model);
        assert_eq!((kinds(&findings), ends(&findings).len()), (vec![], 1), "{model}");
    }
}

#[test]
fn a_livelock_behind_a_failure_without_a_cause_is_seen() {
    let text = weak(&format!("r0 = {WEAK};\n  while (r0 == 0) {{ r0 = atomic_load(x); }}"));
    for search in SEARCHES.into_iter().filter(|it| it.0 != Search::Preemptions) {
        assert_eq!(kinds(&checked(&litmus(&text, false), search)), [], "{search:?}");
        let subject = litmus(&text, true);
        let findings = checked(&subject, search);
        assert_eq!(kinds(&findings), [ViolationKind::Livelock], "{search:?}");
        let schedule = findings.tally.violations[0].schedule.as_ref().expect("a schedule");
        let again = replay(&subject, schedule).expect("it replays");
        assert_eq!(again.violation.kind, ViolationKind::Livelock, "{search:?}");
    }
}

#[test]
fn a_weak_compare_exchange_that_was_not_let_fail_is_named() {
    let text = weak(&format!("r0 = {WEAK};"));
    for (is_spurious, is_named) in [(false, true), (true, false)] {
        let findings = fuzzed(&litmus(&text, is_spurious), MemoryModel::Rc11);
        assert_eq!(findings.not_asked.contains(&Gap::WeakFailures), is_named);
        assert_eq!(not_seen(&findings).contains("compare-exchanges that fail"), is_named);
    }
}

/// A failure that a new write takes away comes back once: where it was before, there would be two.
#[test]
fn an_execution_with_failures_is_searched_once() {
    let text = format!(
        "C two\n\n{{ x = 0; y = 0; }}\n\nP0 (atomic_int* x, atomic_int* y) {{\n  int e = 0;\n  \
         int r0 = atomic_load(y);\n  int r1 = {WEAK};\n}}\n\n\
         P1 (atomic_int* x, atomic_int* y) {{\n  int e = 0;\n  int r0 = {WEAK};\n  \
         atomic_store(y, 1);\n}}\n\nexists (0:r1=1)\n"
    );
    let subject = litmus(&text, true);
    let executions = |search| checked(&subject, (search, MemoryModel::Sc)).tally.executions;
    assert_eq!(executions(Search::Graphs), executions(Search::Traces));
    assert!(executions(Search::Traces) > 8, "the threads meet: {}", executions(Search::Traces));
}
