//! What is done with memory: allocations, their bounds and their lives.
//!
//! Every search and sampler, and a checked run, must find the same. Random programs are held against an
//! interpreter that keeps beside each pointer where it comes from.
#![cfg(feature = "cli")]

mod common {
    pub(crate) mod guest;
    pub(crate) mod shadow;
}

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use common::guest::{Printed, checked_code_of, code_of, small_limits};
use common::shadow::{Program, concurrent, sequential};
use drawloom::guest::explorer::{Explorer, Fuzz, Search};
use drawloom::guest::{Control, Findings, GuestEngine, MemoryModel, Options, replay};
use drawloom::interp::Trap;
use drawloom::lang::Language;
use drawloom::reference::{Subject, ViolationKind};
use drawloom::report::step_in_words;
use drawloom::{interp, native::Loading};
use proptest::prelude::*;

fn subject(text: &str) -> Arc<Subject> {
    Arc::new(Subject::new(checked_code_of(Language::Il, text)))
}

fn explore(subject: &Arc<Subject>, search: Search, model: MemoryModel) -> Findings {
    let options = Options { keeps_going: true, ..Options::default() };
    Explorer { model: Some(model), search, options }.check(subject, &Control::default())
}

fn kinds(findings: &Findings) -> BTreeSet<ViolationKind> {
    assert!(findings.unsupported.is_none(), "{findings:?}");
    findings.tally.violations.iter().map(|it| it.violation.kind).collect()
}

/// All complete searches.
const SEARCHES: [(Search, MemoryModel); 5] = [
    (Search::Traces, MemoryModel::Sc),
    (Search::States, MemoryModel::Sc),
    (Search::Graphs, MemoryModel::Sc),
    (Search::Graphs, MemoryModel::Rc11),
    (Search::Graphs, MemoryModel::C20),
];

/// One run on real threads with checks.
fn checked_run(text: &str) -> Result<i64, Trap> {
    let code = checked_code_of(Language::Il, text);
    Loading::new(code).limits(small_limits()).output(Printed::default()).initialise().run().result
}

fn program(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("programs").join(name);
    fs::read_to_string(path).expect("the program is there")
}

/// Programs whose mistake is in every execution, and what it is.
const ALWAYS: [(&str, ViolationKind); 13] = [
    ("overrun", ViolationKind::OutOfAllocation),
    ("underrun", ViolationKind::OutOfAllocation),
    ("overrun_global", ViolationKind::OutOfAllocation),
    ("overrun_of_another", ViolationKind::OutOfAllocation),
    ("overrun_into_neighbour", ViolationKind::OutOfAllocation),
    ("far_outside", ViolationKind::OutOfAllocation),
    ("pointer_difference", ViolationKind::OutOfAllocation),
    ("forged_address", ViolationKind::AddressFromInteger),
    ("forged_small_address", ViolationKind::AddressFromInteger),
    ("forged_through_memory", ViolationKind::AddressFromInteger),
    ("order_of_allocations", ViolationKind::UnrelatedPointers),
    ("free_inside", ViolationKind::InvalidFree),
    ("returned_stack_slot", ViolationKind::DeadStackSlot),
];

/// Programs whose mistake needs a schedule.
const SOMETIMES: [(&str, ViolationKind); 3] = [
    ("use_after_free", ViolationKind::UseAfterFree),
    ("double_free", ViolationKind::DoubleFree),
    ("dead_stack_slot", ViolationKind::DeadStackSlot),
];

#[test]
fn every_search_finds_every_wrong_use_of_memory_and_its_schedule_replays() {
    for (name, kind) in ALWAYS.into_iter().chain(SOMETIMES) {
        let subject = subject(&program(&format!("wrong/{name}.il")));
        for (search, model) in SEARCHES {
            let findings = explore(&subject, search, model);
            assert_eq!(kinds(&findings), [kind].into(), "{name}: {search:?} {model:?}");
            for found in &findings.tally.violations {
                let schedule = found.schedule.as_ref().expect("the explorer can replay");
                let again = replay(&subject, schedule).expect("it shows something");
                assert_eq!(again.violation.kind, kind, "{name}: {search:?} {model:?}");
            }
        }
    }
}

#[test]
fn chance_finds_every_wrong_use_of_memory() {
    for (name, kind) in ALWAYS.into_iter().chain(SOMETIMES) {
        let subject = subject(&program(&format!("wrong/{name}.il")));
        for model in [MemoryModel::Sc, MemoryModel::Rc11] {
            let options = Options { executions_max: 200, ..Options::default() };
            let fuzz = Fuzz { model: Some(model), options, ..Fuzz::default() };
            let findings = fuzz.check(&subject, &Control::default());
            assert_eq!(kinds(&findings), [kind].into(), "{name}: {model:?}");
        }
    }
}

#[test]
fn a_checked_run_traps_where_the_searches_find_the_mistake_in_every_execution() {
    for (name, kind) in ALWAYS {
        let trap = checked_run(&program(&format!("wrong/{name}.il"))).expect_err(name);
        assert_eq!(drawloom::reference::Violation::of_trap(&trap).kind, kind, "{name}: {trap}");
    }
}

#[test]
fn a_free_that_a_relaxed_count_orders_is_found_under_weak_models_alone() {
    let subject = subject(&program("wrong/use_after_free_relaxed.il"));
    for (search, model) in SEARCHES {
        let found = kinds(&explore(&subject, search, model));
        let is_weak = model != MemoryModel::Sc;
        assert_eq!(found.contains(&ViolationKind::UseAfterFree), is_weak, "{search:?} {model:?}");
    }
}

#[test]
fn a_loop_that_calls_a_function_with_stack_memory_comes_back_to_the_same_state() {
    let text = "il 0.3.0\nglobal i64 @stop = 0\nfunc @f() -> void {\nentry:\n  %s = alloca 8
  store i64, %s, 1\n  ret\n}\nfunc @main() -> i64 {\nentry:\n  br ^loop\nloop:\n  call @f()
  %g = gaddr @stop\n  %w = atomic.load i64, %g, seq_cst\n  %more = icmp_eq %w, 0
  cbr %more, ^loop, ^end\nend:\n  ret 0\n}\n";
    let findings = explore(&subject(text), Search::States, MemoryModel::Sc);
    assert_eq!(kinds(&findings), [ViolationKind::Livelock].into());
    assert!(findings.tally.states.is_some_and(|states| states < 10), "{:?}", findings.tally.states);
}

#[test]
fn memory_that_no_global_leads_to_is_a_leak_and_other_memory_is_none() {
    let text = |publishes: &str| {
        format!(
            "il 0.3.0\nextern @Viper.Memory.Alloc(i64) -> ptr\nglobal ptr @g = null
func @main() -> i64 {{\nentry:\n  %a = call @Viper.Memory.Alloc(8)
  %b = call @Viper.Memory.Alloc(8)\n  store ptr, %a, %b\n  %g = gaddr @g{publishes}\n  ret 0\n}}\n"
        )
    };
    let leaks = |text: &str, search, model| {
        let options = Options { finds_leaks: true, keeps_going: true, ..Options::default() };
        let explorer = Explorer { model: Some(model), search, options };
        let findings = explorer.check(&subject(text), &Control::default());
        findings.tally.violations.iter().map(|it| it.violation.to_string()).collect::<Vec<_>>()
    };
    for (search, model) in SEARCHES {
        let lost = leaks(&text(""), search, model);
        assert_eq!(lost, ["leak: nobody can free heap 0 of thread 0, heap 1 of thread 0"]);
        assert!(leaks(&text("\n  store ptr, %g, %a"), search, model).is_empty());
        let half = leaks(&text("\n  store ptr, %g, %b"), search, model);
        assert_eq!(half, ["leak: nobody can free heap 0 of thread 0"]);
    }
}

#[test]
fn pointers_are_called_by_their_allocation_and_offset() {
    let text = "il 0.3.0\nextern @Viper.Memory.Alloc(i64) -> ptr\nglobal ptr @g = null
func @main() -> i64 {\nentry:\n  %a = call @Viper.Memory.Alloc(24)\n  %q = gep %a, 16
  %g = gaddr @g\n  store ptr, %g, %q\n  store i64, %q, 5\n  %past = gep %q, 8
  store i64, %past, 5\n  ret 0\n}\n";
    let findings = explore(&subject(text), Search::Traces, MemoryModel::Sc);
    let shown = &findings.tally.violations[0];
    let words = |step| step_in_words(step, &shown.subject);
    let texts: Vec<String> = shown.trace.iter().map(words).collect();
    assert_eq!(
        texts[..2],
        ["store @g := heap 0 of thread 0 + 16", "store heap 0 of thread 0 + 16 := 5"]
    );
    let message = &findings.tally.violations[0].violation.message;
    assert_eq!(message, "heap 0 of thread 0 + 24 is outside of its 24 bytes");
}

#[test]
fn freed_memory_is_handed_out_again_zeroed_by_the_machine() {
    let text = "il 0.3.0\nextern @Viper.Memory.Alloc(i64) -> ptr
extern @Viper.Memory.Free(ptr) -> void\nfunc @main() -> i64 {\nentry:
  %a = call @Viper.Memory.Alloc(16)\n  store i64, %a, 5\n  call @Viper.Memory.Free(%a)
  %b = call @Viper.Memory.Alloc(16)\n  %is_same = icmp_eq %a, %b\n  %same = zext1 %is_same
  %w = load i64, %b\n  %r = iadd.ovf %same, %w\n  ret %r\n}\n";
    for code in [code_of(Language::Il, text), checked_code_of(Language::Il, text)] {
        let finished = Loading::new(code).limits(small_limits()).initialise().run();
        assert_eq!(finished.result, Ok(1));
    }
}

#[test]
fn freed_memory_that_is_used_again_makes_an_old_pointer_equal_to_a_new_one() {
    let subject = subject(&program("wrong/stack_pop_aba.il"));
    for (search, model) in SEARCHES {
        let findings = explore(&subject, search, model);
        if (search, model) == (Search::Graphs, MemoryModel::Sc) {
            continue; // There memory is not used again.
        }
        assert_eq!(kinds(&findings), [ViolationKind::Assertion].into(), "{search:?} {model:?}");
        let schedule = findings.tally.violations[0].schedule.as_ref().expect("it can replay");
        let schedule = schedule.to_string().parse().expect("it was written by us");
        let again = replay(&subject, &schedule).expect("it shows something");
        assert_eq!(again.violation.kind, ViolationKind::Assertion, "{search:?} {model:?}");
    }
}

#[test]
fn an_allocation_gets_freed_memory_or_fresh_memory() {
    let text = "il 0.3.0\nextern @Viper.Memory.Alloc(i64) -> ptr
extern @Viper.Memory.Free(ptr) -> void\nfunc @main() -> i64 {\nentry:
  %a = call @Viper.Memory.Alloc(16)\n  store i64, %a, 5\n  call @Viper.Memory.Free(%a)
  %b = call @Viper.Memory.Alloc(16)\n  %is_same = icmp_eq %a, %b\n  %same = zext1 %is_same
  %w = load i64, %b\n  %r = iadd.ovf %same, %w\n  ret %r\n}\n";
    for (search, model) in SEARCHES {
        if (search, model) == (Search::Graphs, MemoryModel::Sc) {
            continue; // There memory is not used again.
        }
        let findings = explore(&subject(text), search, model);
        let ends: Vec<String> = findings.tally.outcomes.keys().map(ToString::to_string).collect();
        assert_eq!(ends, ["{}", "{} exit 1"], "{search:?} {model:?}");
    }
}

#[test]
fn the_machine_without_checks_refuses_to_free_what_it_has_not_given_out() {
    for name in ["free_inside", "free_of_stack"] {
        let code = code_of(Language::Il, &program(&format!("wrong/{name}.il")));
        let trap = Loading::new(code).limits(small_limits()).initialise().run().result;
        assert_eq!(trap.expect_err(name).kind, interp::TrapKind::InvalidFree);
    }
}

#[test]
#[should_panic(expected = "a subject needs checked code")]
fn a_subject_is_not_made_of_code_that_is_not_checked() {
    let _ = Subject::new(code_of(Language::Il, &program("wrong/overrun.il")));
}

#[test]
fn a_weak_compare_exchange_of_a_pointer_makes_a_program_one_for_rc11() {
    let model = |success: &str, failure: &str| {
        let text = format!(
            "il 0.3.0\nglobal ptr @g = null\nfunc @main() -> i64 {{\nentry:\n  %g = gaddr @g
  %old = atomic.cas ptr, %g, null, %g, {success}, {failure}\n  ret 0\n}}\n"
        );
        subject(&text).default_model()
    };
    assert_eq!(model("seq_cst", "seq_cst"), MemoryModel::Sc);
    assert_eq!(model("acq_rel", "acquire"), MemoryModel::Rc11);
    assert_eq!(model("seq_cst", "relaxed"), MemoryModel::Rc11);
}

#[test]
fn a_stack_slot_whose_generations_have_come_round_is_alive() {
    // Its address is stored, so that its end is an operation; the 65th has the name of the first.
    let text = "il 0.3.0\nglobal ptr @g = null\nfunc @f() -> void {\nentry:\n  %s = alloca 8
  %g = gaddr @g\n  store ptr, %g, %s\n  store i64, %s, 1\n  ret\n}\nfunc @main() -> i64 {
entry:\n  br loop(0)\nloop(%n: i64):\n  call @f()\n  %next = iadd.ovf %n, 1
  %more = scmp_lt %next, 66\n  cbr %more, loop(%next), end\nend:\n  ret 0\n}\n";
    for (search, model) in SEARCHES {
        let findings = explore(&subject(text), search, model);
        assert_eq!(kinds(&findings), [].into(), "{search:?} {model:?}");
        assert_eq!(findings.tally.executions, 1, "{search:?} {model:?}");
    }
}

#[test]
fn from_below_null_no_offset_leads_back() {
    let text = "il 0.3.0\nfunc @main() -> i64 {\nentry:\n  %below = gep null, -16
  %back = gep %below, 16\n  store i64, %back, 7\n  ret 0\n}\n";
    for (search, model) in SEARCHES {
        let found = kinds(&explore(&subject(text), search, model));
        assert_eq!(found, [ViolationKind::AddressFromInteger].into(), "{search:?} {model:?}");
    }
}

/// What each search and sampler finds agrees with the shadow.
fn agrees(program: &Program) -> Result<(), TestCaseError> {
    let text = program.to_il();
    let found = program.shadow();
    let subject = subject(&text);
    if found.depends_on_reuse {
        return Ok(());
    }
    for (search, model) in SEARCHES {
        let kinds = kinds(&explore(&subject, search, model));
        if search == Search::Graphs {
            // There an execution goes on after a use of what has been freed.
            prop_assert!(kinds.is_superset(&found.kinds), "{model:?} {kinds:?} {found:?}\n{text}");
            prop_assert_eq!(kinds.is_empty(), found.kinds.is_empty(), "{:?}\n{}", model, text);
        } else {
            prop_assert_eq!(&kinds, &found.kinds, "{:?}\n{}", search, text);
        }
    }
    let options = Options { executions_max: 50, keeps_going: true, ..Options::default() };
    let fuzz = Fuzz { model: Some(MemoryModel::Sc), options, ..Fuzz::default() };
    let sampled = kinds(&fuzz.check(&subject, &Control::default()));
    prop_assert!(sampled.is_subset(&found.kinds), "{sampled:?} {found:?}\n{text}");
    match checked_run(&text) {
        Ok(_) => prop_assert!(found.can_go_well, "{found:?}\n{text}"),
        Err(trap) => {
            let kind = drawloom::reference::Violation::of_trap(&trap).kind;
            prop_assert!(found.kinds.contains(&kind), "{trap} {found:?}\n{text}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn one_thread_does_with_memory_what_the_shadow_says(program in sequential()) {
        agrees(&program)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn two_threads_do_with_memory_what_the_shadow_says(program in concurrent()) {
        agrees(&program)?;
    }
}
