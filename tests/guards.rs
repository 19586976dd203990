//! Guards of the active VM and of the runtime context, against a stack of what each one saved.
#![cfg(feature = "cli")]

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};

use drawloom::lang::Language;
use drawloom::native::{
    ActiveVmGuard, AnotherVmActive, ContextGuard, ContextId, Loading, Program, Vm, VmId, active,
    context,
};
use proptest::prelude::*;
use proptest::test_runner::Config;

#[path = "common/guest.rs"]
mod guest;

use guest::{code_of, small_limits};

fn program() -> Program {
    let code = code_of(Language::Il, "il 0.3.0\nfunc @main() -> i64 {\nentry:\n  ret 0\n}\n");
    Loading::new(code).limits(small_limits()).initialise()
}

/// What a test does next; VMs and contexts are numbered 0 to 2.
#[derive(Clone, Debug)]
enum Step {
    Enter(usize),
    TryEnter(usize),
    Bind(usize),
    /// Leaves the innermost guard.
    Pop,
    /// Leaves this many guards at once, by a panic.
    Unwind(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..3_usize).prop_map(Step::Enter),
        3 => (0..3_usize).prop_map(Step::TryEnter),
        3 => (0..3_usize).prop_map(Step::Bind),
        4 => Just(Step::Pop),
        2 => (1..4_usize).prop_map(Step::Unwind),
    ]
}

type State = (Option<VmId>, Option<ContextId>);

fn state() -> State {
    (active(), context())
}

/// What ends a scope.
enum Left {
    End,
    Pop,
    /// How many more guards a panic has to go through.
    Unwinding(usize),
}

/// A panic of the test's own.
struct Unwind(usize);

struct Nesting<'s> {
    vms: &'s [&'s Vm],
    contexts: &'s [ContextId],
    steps: std::slice::Iter<'s, Step>,
}

impl Nesting<'_> {
    /// Takes steps inside the newest guard until that is left. `expected` is the state that the
    /// oracle's stack has on top.
    fn scope(&mut self, expected: State, depth: usize) -> Left {
        loop {
            assert_eq!(state(), expected, "at depth {depth}");
            let Some(step) = self.steps.next().cloned() else { return Left::End };
            let left = match step {
                Step::Pop if depth == 0 => continue,
                Step::Pop => return Left::Pop,
                Step::Unwind(count) if depth > 0 => panic_any(Unwind(count.min(depth))),
                Step::Unwind(_) => continue,
                Step::Bind(at) => {
                    let id = self.contexts[at];
                    self.inside(depth, (expected.0, Some(id)), || Some(ContextGuard::bind(id)))
                }
                Step::Enter(at) | Step::TryEnter(at) => {
                    let vm = self.vms[at];
                    let inner = (Some(vm.id()), Some(vm.context()));
                    let is_other = expected.0.is_some_and(|active| active != vm.id());
                    let error =
                        AnotherVmActive { active: expected.0.unwrap_or(vm.id()), wanted: vm.id() };
                    if matches!(step, Step::TryEnter(_)) {
                        match ActiveVmGuard::try_enter(vm) {
                            Err(refused) => {
                                assert!(is_other);
                                assert_eq!(refused, error);
                                continue;
                            }
                            Ok(guard) => {
                                assert!(!is_other, "a different VM nests only with 'enter'");
                                self.inside(depth, inner, || Some(guard))
                            }
                        }
                    } else if is_other && cfg!(debug_assertions) {
                        let refused = catch_unwind(AssertUnwindSafe(|| ActiveVmGuard::enter(vm)));
                        let message = refused.expect_err("a different VM is active");
                        assert_eq!(message.downcast_ref::<String>(), Some(&error.to_string()));
                        continue;
                    } else {
                        self.inside(depth, inner, || Some(ActiveVmGuard::enter(vm)))
                    }
                }
            };
            match left {
                Left::End => return Left::End,
                Left::Pop | Left::Unwinding(0) => {}
                Left::Unwinding(more) => panic_any(Unwind(more)),
            }
        }
    }

    /// A scope under a guard; catches a panic that goes no further.
    fn inside<G>(&mut self, depth: usize, inner: State, guard: impl FnOnce() -> Option<G>) -> Left {
        let result = catch_unwind(AssertUnwindSafe(|| {
            let _guard = guard();
            self.scope(inner, depth + 1)
        }));
        match result {
            Ok(left) => left,
            Err(payload) => match payload.downcast::<Unwind>() {
                Ok(unwind) => Left::Unwinding(unwind.0 - 1),
                Err(payload) => std::panic::resume_unwind(payload),
            },
        }
    }
}

proptest! {
    #![proptest_config(Config { cases: 400, failure_persistence: None, ..Config::default() })]

    #[test]
    fn guards_restore_what_they_found(steps in proptest::collection::vec(step(), 0..40)) {
        // The panics are the test's own; their messages would hide a real one.
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let result = catch_unwind(|| {
            let programs = [program(), program()];
            // One VM has two chances, so that nesting the same one is common.
            let vms = [programs[0].main_vm(), programs[0].main_vm(), programs[1].main_vm()];
            let contexts: Vec<ContextId> = vms.iter().map(|vm| vm.context()).collect();
            assert_ne!(contexts[0], contexts[2]);
            let mut nesting = Nesting { vms: &vms, contexts: &contexts, steps: steps.iter() };
            let _ = nesting.scope((None, None), 0);
            assert_eq!(state(), (None, None), "all guards are gone");
        });
        std::panic::set_hook(hook);
        if let Err(payload) = result {
            let text = payload.downcast_ref::<String>().cloned().unwrap_or_default();
            prop_assert!(false, "{}", text);
        }
    }
}

#[test]
fn the_refusal_names_both_vms() {
    let (one, other) = (program(), program());
    let (one, other) = (one.main_vm(), other.main_vm());
    let _guard = ActiveVmGuard::enter(one);
    let refused = ActiveVmGuard::try_enter(other).expect_err("another VM is active");
    let text = refused.to_string();
    assert!(
        text.contains(&one.id().to_string()) && text.contains(&other.id().to_string()),
        "{text}"
    );
    assert_eq!(active(), Some(one.id()), "with nothing changed");
    assert_eq!(context(), Some(one.context()));
}

#[test]
fn the_active_vm_is_a_thread_s_own() {
    let program = program();
    let vm = program.main_vm();
    let _guard = ActiveVmGuard::enter(vm);
    std::thread::spawn(|| assert_eq!(state(), (None, None)))
        .join()
        .expect("nothing is active there");
}

#[test]
fn a_run_leaves_the_thread_as_it_found_it_also_after_a_trap() {
    let context_program = program();
    let _bound = ContextGuard::bind(context_program.context());
    let before = state();
    assert_eq!(program().run().result, Ok(0));
    assert_eq!(state(), before);
    let code = code_of(Language::Il, "il 0.3.0\nfunc @main() -> i64 {\nentry:\n  trap\n}\n");
    let trapped = Loading::new(code).limits(small_limits()).initialise().run();
    assert!(trapped.result.is_err());
    assert_eq!(state(), before);
}
