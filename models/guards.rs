//! Models of the guards that make a VM active and bind its context.
//!
//! The idea: run the same sequence of guards on two threads at once, and compare the two slots
//! after each step with what a stack would say.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::guest::{Guest, host, result};
use super::sync::{Arc, Mutex, sometimes, thread};
use super::{
    ActiveVmGuard, AnotherVmActive, ContextGuard, ContextId, Model, Registry, Size, active, context,
};
use crate::il::Type;
use crate::interp::TrapKind;

static DIVIDES_BY_ZERO: Guest = Guest::il(
    "
func @main() -> i64 {
entry:
  %quotient = sdiv.chk0 1, 0
  ret %quotient
}
",
);

static CHECKS_IN_TWO_THREADS: Guest = Guest::il(
    "
extern @Model.Check() -> void
func @child() -> void {
entry:
  call @Model.Check()
  ret
}
func @main() -> i64 {
entry:
  call @Model.Check()
  %child = call @Viper.Threads.Thread.Start(@child, null)
  call @Model.Check()
  call @Viper.Threads.Thread.Join(%child)
  call @Model.Check()
  ret 0
}
",
);

/// Searched without a bound.
pub(super) const GUARDS_RESTORE: Model = Model {
    name: "guards_restore_what_they_found",
    statement: "a guard gives back the VM and the context that it found: nested, after a trap, \
                and when a panic unwinds it (SEMANTICS.md, `ActiveVmGuard`; V3, V21, V23)",
    // Nothing in it depends on the schedule; that is the claim.
    sometimes: &[],
    size: Size::Exhaustible,
    body: || {
        let threads = [thread::spawn(guards), thread::spawn(guards)];
        let contexts: BTreeSet<_> =
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(contexts.len(), 4, "each program has a number of its own");
    },
};

/// One thread's sequence, with two programs of its own; returns their contexts.
fn guards() -> [ContextId; 2] {
    let mine = DIVIDES_BY_ZERO.loading().initialise();
    let other = DIVIDES_BY_ZERO.loading().initialise();
    let (vm, other_vm) = (mine.main_vm(), other.main_vm());
    let contexts = [mine.context(), other.context()];
    let (host, own) = (Some(other.context()), Some(mine.context()));
    assert_eq!((active(), context()), (None, None));
    // A thread of the host that works for a program inherits its context, without a VM.
    let inherited = ContextGuard::bind(other.context());
    {
        let _outer = ActiveVmGuard::enter(vm);
        assert_eq!((active(), context()), (Some(vm.id()), own));
        {
            let _inner = ActiveVmGuard::enter(vm);
            assert_eq!((active(), context()), (Some(vm.id()), own));
        }
        assert_eq!((active(), context()), (Some(vm.id()), own), "after the same VM");
        let refused = ActiveVmGuard::try_enter(other_vm).map(drop);
        let why = AnotherVmActive { active: vm.id(), wanted: other_vm.id() };
        assert_eq!(refused, Err(why));
        assert_eq!((active(), context()), (Some(vm.id()), own), "after a refusal");
    }
    assert_eq!((active(), context()), (None, host), "after the guard");
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _guard = ActiveVmGuard::enter(vm);
        resume_unwind(Box::new(()));
    }));
    assert!(unwound.is_err());
    assert_eq!((active(), context()), (None, host), "after unwinding");
    // The inner run makes its own VM active, and traps.
    assert_eq!(result(&mine.run()), Err(TrapKind::DivideByZero));
    assert_eq!((active(), context()), (None, host), "after a trap");
    drop(inherited);
    assert_eq!((active(), context()), (None, None));
    contexts
}

/// The host function looks at the slots from inside a run.
pub(super) const ACTIVE_PER_THREAD: Model = Model {
    name: "active_vm_is_the_calling_threads",
    statement: "a host function finds the VM of the guest thread that called it, and the context \
                of that one's program (SEMANTICS.md, `ActiveVmGuard`; V4)",
    sometimes: &["the child checked between the parent's checks", "the child checked last"],
    size: Size::Preemptions(2),
    body: || {
        let threads = [(), ()].map(|()| thread::spawn(checks_of_two_guest_threads));
        for thread in threads {
            thread.join().unwrap();
        }
    },
};

fn checks_of_two_guest_threads() {
    let registry = Arc::new(Registry::new());
    let program = CHECKS_IN_TWO_THREADS.loading().registry(registry.clone()).initialise();
    let own = program.context();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let calls = seen.clone();
    host(&registry, "Model.Check", &[], Type::Void, move |_| {
        assert_eq!(context(), Some(own), "a host function runs in its program's context");
        calls.lock().unwrap().push(active().expect("a VM is active during a call"));
        0
    });
    assert_eq!(result(&program.run()), Ok(0));
    assert_eq!((active(), context()), (None, None));
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    let [main, .., last] = seen[..] else { panic!("four checks") };
    let childs: Vec<usize> = (0..seen.len()).filter(|&nth| seen[nth] != main).collect();
    assert_eq!((seen.len(), childs.len(), last), (4, 1, main), "one check is the child's");
    sometimes(match childs[0] {
        1 => "the child checked between the parent's checks",
        _ => "the child checked last",
    });
}
