//! The searches that `auto` lets have their turns, and the search by preemptions.
#![cfg(feature = "cli")]

#[path = "common/guest.rs"]
mod guest;

use std::sync::Arc;

use drawloom::guest::explorer::{Explorer, Search};
use drawloom::guest::{
    Bound, Control, EngineKind, Fact, Findings, GuestEngine, MemoryModel, Options, PreemptionsDone,
    replay,
};
use drawloom::lang::Language;
use drawloom::reference::{Subject, ViolationKind};
use drawloom::report::words_of_fact;
use drawloom::verdict::Verdict;
use guest::checked_code_of;

const PRELUDE: &str = "il 0.3.0
extern @Viper.Core.Diagnostics.Assert(i1, str) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
extern @Viper.Threads.Thread.Join(ptr) -> void
global const str @.wrong = \"wrong\"
global i64 @x = 0
global i64 @count = 0
func @counts() -> void {
entry:
  %count = gaddr @count
  br ^again
again:
  %n = atomic.rmw add i64, %count, 1, relaxed
  br ^again
}
";

fn subject(functions: &str) -> Arc<Subject> {
    Arc::new(Subject::new(checked_code_of(Language::Il, &format!("{PRELUDE}{functions}"))))
}

fn check(subject: &Arc<Subject>, model: MemoryModel, search: Search, options: Options) -> Findings {
    Explorer { model: Some(model), search, options }.check(subject, &Control::default())
}

/// Two threads add one to `x` and neither looks whether the other one has been quicker.
fn lost_update() -> Arc<Subject> {
    subject(
        "func @adds() -> void {
entry:
  %at = gaddr @x
  %old = atomic.load i64, %at, seq_cst
  %new = add %old, 1
  atomic.store i64, %at, %new, seq_cst
  ret
}
func @main() -> void {
entry:
  %t = call @Viper.Threads.Thread.Start(@adds, null)
  %u = call @Viper.Threads.Thread.Start(@adds, null)
  call @Viper.Threads.Thread.Join(%t)
  call @Viper.Threads.Thread.Join(%u)
  %at = gaddr @x
  %sum = atomic.load i64, %at, seq_cst
  %both = icmp_eq %sum, 2
  %wrong = const_str @.wrong
  call @Viper.Core.Diagnostics.Assert(%both, %wrong)
  ret
}
",
    )
}

/// A thread asserts what another one makes untrue while a third one counts for ever.
fn shallow_in_an_endless_program(order: &str) -> Arc<Subject> {
    subject(&format!(
        "func @sets() -> void {{
entry:
  %at = gaddr @x
  atomic.store i64, %at, 1, {order}
  ret
}}
func @main() -> void {{
entry:
  %t = call @Viper.Threads.Thread.Start(@sets, null)
  %u = call @Viper.Threads.Thread.Start(@counts, null)
  %at = gaddr @x
  %seen = atomic.load i64, %at, {order}
  %unset = icmp_eq %seen, 0
  %wrong = const_str @.wrong
  call @Viper.Core.Diagnostics.Assert(%unset, %wrong)
  ret
}}
"
    ))
}

#[test]
fn a_lost_update_takes_one_preemption() {
    let subject = lost_update();
    let findings = check(&subject, MemoryModel::Sc, Search::Preemptions, Options::default());
    assert_eq!(findings.engine, EngineKind::Explorer(Search::Preemptions));
    let Verdict::Violated(found) = findings.verdict() else { panic!("{findings:?}") };
    assert_eq!(found.violation.kind, ViolationKind::Assertion);
    let done = Fact::Preemptions(PreemptionsDone::UpTo(0));
    assert!(findings.tally.facts.contains(&done), "{:?}", findings.tally.facts);
    let schedule = found.schedule.as_ref().expect("the explorer replays");
    let again = replay(&subject, schedule).expect("it shows it again");
    assert_eq!(again.violation.kind, found.violation.kind);
}

#[test]
fn executions_that_were_cut_off_are_not_done_whatever_comes_after_them() {
    // One thread counts for ever if it sees what another has set for a moment only.
    let subject = subject(
        "func @blinks() -> void {
entry:
  %at = gaddr @x
  atomic.store i64, %at, 1, seq_cst
  atomic.store i64, %at, 0, seq_cst
  ret
}
func @main() -> void {
entry:
  %t = call @Viper.Threads.Thread.Start(@blinks, null)
  %at = gaddr @x
  %seen = atomic.load i64, %at, seq_cst
  %is_set = icmp_eq %seen, 1
  cbr %is_set, ^more, ^end
more:
  call @counts()
  br ^end
end:
  ret
}
",
    );
    let done = |effort_max| {
        let options = Options { steps_max: 40, effort_max, ..Options::default() };
        let findings = check(&subject, MemoryModel::Sc, Search::Preemptions, options);
        assert!(findings.tally.bounds.contains(&Bound::Steps), "{:?}", findings.tally);
        let is_spent = findings.tally.bounds.contains(&Bound::Effort);
        assert_eq!(is_spent, effort_max == 100, "{:?}", findings.tally);
        let mut facts = findings.tally.facts.into_iter().map(words_of_fact);
        facts.find(|(name, _)| *name == "preemptions").expect("it says how far it came").1
    };
    // It takes two to see it; the third comes only behind some that were cut off.
    assert_eq!(done(100), "under sc, all executions with at most 1 are done");
    assert_eq!(done(u64::MAX), "under sc, all executions with at most 1 are done");
}

#[test]
fn preemptions_verify_nothing_even_where_all_executions_are_done() {
    let subject = subject("func @main() -> void {\nentry:\n  ret\n}\n");
    let findings = check(&subject, MemoryModel::Sc, Search::Preemptions, Options::default());
    let bounded = Verdict::Bounded { executions: 1, stopped_by: Bound::Preemptions };
    assert_eq!(findings.verdict(), bounded);
}

#[test]
fn preemptions_know_sequential_consistency_only() {
    let findings =
        check(&lost_update(), MemoryModel::Rc11, Search::Preemptions, Options::default());
    assert!(findings.unsupported.is_some());
}

#[test]
fn auto_finds_a_shallow_bug_of_a_program_without_end_under_every_model() {
    for (model, order) in [(MemoryModel::Sc, "seq_cst"), (MemoryModel::Rc11, "relaxed")] {
        let subject = shallow_in_an_endless_program(order);
        let options = Options { steps_max: 300, ..Options::default() };
        let findings = check(&subject, model, Search::Auto, options);
        let Verdict::Violated(found) = findings.verdict() else {
            panic!("{model:?}: {findings:?}")
        };
        assert_eq!(found.violation.kind, ViolationKind::Assertion, "{model:?}");
    }
}

#[test]
fn auto_answers_the_same_each_time() {
    for subject in [lost_update(), shallow_in_an_endless_program("seq_cst")] {
        let options = Options { keeps_going: true, steps_max: 300, ..Options::default() };
        let once = check(&subject, MemoryModel::Sc, Search::Auto, options);
        assert_eq!(check(&subject, MemoryModel::Sc, Search::Auto, options), once);
    }
}

#[test]
fn a_share_of_the_work_is_no_bound_of_a_search_that_comes_to_its_end() {
    let findings = check(&lost_update(), MemoryModel::Sc, Search::Auto, Options::default());
    assert_eq!(findings.engine, EngineKind::Explorer(Search::Traces));
    assert!(!findings.tally.bounds.contains(&Bound::Effort));
    let few = Options { effort_max: 5, keeps_going: true, ..Options::default() };
    for search in [Search::Traces, Search::States, Search::Preemptions] {
        let findings = check(&lost_update(), MemoryModel::Sc, search, few);
        assert!(findings.tally.bounds.contains(&Bound::Effort), "{search:?}");
    }
    let findings = check(&lost_update(), MemoryModel::Sc, Search::Graphs, few);
    assert!(findings.tally.bounds.contains(&Bound::Effort), "graphs");
}
