//! Models of traps that host functions raise.
//!
//! The idea: let two programs trap at the same time, each in its own words, and see who gets which.

use std::io::{self, Write};

use super::guest::{Guest, host, result, run, start};
use super::sync::{Arc, AtomicU64, Mutex, Ordering, sometimes, thread};
use super::{Model, Registry, Size, raise, set_trap_hook};
use crate::il::Type;
use crate::interp::TrapKind;

/// Returns the kind of the trap that its handler catches, and that trap's message is dropped.
static CATCHES: Guest = Guest::il(
    "
extern @Model.Fail() -> void
func @main() -> i64 {
entry:
  eh.push ^handler
  call @Model.Fail()
  eh.pop
  ret -1
handler(%error: error, %token: resumetok):
  eh.entry
  %kind = err.get_kind %error
  resume.label %token, ^caught
caught:
  %found = trap.kind
  ret %found
}
",
);

static FAILS: Guest = Guest::il(
    "
extern @Model.Fail() -> void
func @main() -> i64 {
entry:
  call @Model.Fail()
  ret -1
}
",
);

fn failing(guest: &Guest, kind: TrapKind, message: &'static str) -> super::Loading {
    failing_in_steps(guest, kind, message, &Arc::new(AtomicU64::new(0)))
}

/// The host function counts before and after it traps, so that another thread's can come between.
fn failing_in_steps(
    guest: &Guest,
    kind: TrapKind,
    message: &'static str,
    steps: &Arc<AtomicU64>,
) -> super::Loading {
    let registry = Arc::new(Registry::new());
    let steps = steps.clone();
    host(&registry, "Model.Fail", &[], Type::Void, move |_| {
        steps.fetch_add(1, Ordering::Relaxed);
        raise(kind, message);
        steps.fetch_add(1, Ordering::Relaxed);
        0
    });
    guest.loading().registry(registry)
}

/// Two programs and their two kinds of trap.
pub(super) const OWN_TRAP: Model = Model {
    name: "a_raised_trap_reaches_its_own_vm",
    statement: "a trap goes to the VM whose host function raised it, to its handlers first and \
                else to `run`, whoever traps at the same time (SEMANTICS.md, Traps; V11)",
    sometimes: &[],
    size: Size::Exhaustible,
    body: || {
        let steps = Arc::new(AtomicU64::new(0));
        let (eof, domain) = (TrapKind::Eof, TrapKind::DomainError);
        let catching = start(failing_in_steps(&CATCHES, eof, "of the catching one", &steps));
        let failing = start(failing_in_steps(&FAILS, domain, "of the failing one", &steps));
        let caught = catching.join().unwrap();
        assert_eq!(caught.result, Ok(TrapKind::Eof as i64));
        let trap = failing.join().unwrap().result.expect_err("nobody catches it");
        assert_eq!((trap.kind, &*trap.message), (TrapKind::DomainError, "of the failing one"));
        assert_eq!(trap.backtrace[0].function, "main");
    },
};

/// A host thread without a VM traps beside a VM that does.
pub(super) const HOOK_WITHOUT_VM: Model = Model {
    name: "a_trap_without_a_vm_goes_to_the_hook",
    statement: "where no VM runs on the thread, and only there, a trap goes to the hook that is \
                set at that moment (SEMANTICS.md, Traps)",
    sometimes: &["the old hook got it", "the new hook got it"],
    size: Size::Exhaustible,
    body: || {
        let got = Arc::new(Mutex::new(Vec::new()));
        let hook = |name: &'static str| {
            let got = got.clone();
            let hook = move |trap: &crate::interp::Trap| {
                got.lock().unwrap().push((name, trap.kind));
            };
            Some(Arc::new(Box::new(hook) as Box<dyn Fn(&crate::interp::Trap) + Send + Sync>))
        };
        assert!(set_trap_hook(hook("the old hook got it")).is_none());
        let without_vm = thread::spawn(|| raise(TrapKind::Bounds, "outside of any VM"));
        let program = start(failing(&FAILS, TrapKind::DomainError, "inside"));
        drop(set_trap_hook(hook("the new hook got it")));
        without_vm.join().unwrap();
        assert_eq!(result(&program.join().unwrap()), Err(TrapKind::DomainError));
        drop(set_trap_hook(None));
        let [(name, TrapKind::Bounds)] = got.lock().unwrap()[..] else { panic!("one trap") };
        sometimes(name);
    },
};

static PRINTS: Guest = Guest::il(
    r#"
global const str @.line = "line\n"
func @main() -> i64 {
entry:
  %line = const_str @.line
  call @Viper.Terminal.PrintStr(%line)
  ret 7
}
"#,
);

/// An output that traps.
struct Trapping;

impl Write for Trapping {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        raise(TrapKind::Overflow, "in the output");
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Two programs whose output traps, and what the threads do that ran them.
pub(super) const AFTER_THE_RUN: Model = Model {
    name: "a_trap_after_the_run_goes_to_the_hook",
    statement: "what traps while a VM runs is its trap, in the output too; what traps later on the \
                same thread is not (SEMANTICS.md, Traps)",
    sometimes: &[],
    size: Size::Exhaustible,
    body: || {
        let got = Arc::new(Mutex::new(Vec::new()));
        let seen = got.clone();
        let hook = move |trap: &crate::interp::Trap| seen.lock().unwrap().push(trap.kind);
        set_trap_hook(Some(Arc::new(
            Box::new(hook) as Box<dyn Fn(&crate::interp::Trap) + Send + Sync>
        )));
        let threads = [(), ()].map(|()| {
            thread::spawn(|| {
                let finished = PRINTS.loading().output(Trapping).initialise().run();
                raise(TrapKind::Eof, "after the run");
                result(&finished)
            })
        });
        for thread in threads {
            assert_eq!(thread.join().unwrap(), Err(TrapKind::Overflow));
        }
        drop(set_trap_hook(None));
        assert_eq!(*got.lock().unwrap(), [TrapKind::Eof; 2]);
    },
};

/// What is raised and then not waited for must not be found by the next call.
pub(super) const NO_STALE_TRAP: Model = Model {
    name: "a_trap_does_not_wait_for_the_next_program",
    statement: "a run that ends takes its traps with it: the next program on the same thread does \
                not meet them (V23)",
    sometimes: &[],
    size: Size::Exhaustible,
    body: || {
        let thread = thread::spawn(|| {
            for (kind, message) in [(TrapKind::Eof, "first"), (TrapKind::Bounds, "second")] {
                let finished = failing(&FAILS, kind, message).initialise().run();
                assert_eq!(result(&finished), Err(kind));
            }
        });
        assert_eq!(run(failing(&CATCHES, TrapKind::Eof, "other")).result, Ok(6));
        thread.join().unwrap();
    },
};
