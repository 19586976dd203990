//! Models of a program's end: nothing of it is left when `run` returns.
//!
//! The idea: give the program things whose drop is noticed. Its output belongs to the state that all
//! its threads share, so whoever still holds that state keeps the output alive; and a plain cell that
//! the last host call writes is read right after `run`.

use std::io::{self, Write};

use super::guest::{Guest, host, result, run};
use super::sync::{Arc, AtomicBool, Mutex, Ordering, Plain, sometimes, thread};
use super::{Loading, Model, OnExit, Registry, Size};
use crate::il::Type;
use crate::interp::TrapKind;

/// An output that says when it is dropped.
struct Wreck(Arc<AtomicBool>);

impl Write for Wreck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Wreck {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The child's last act is a host call.
macro_rules! leaves_a_child {
    ($end_of_main:literal) => {
        Guest::il(concat!(
            "
extern @Model.Last() -> void
func @child() -> void {
entry:
  call @Model.Last()
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@child, null)
  ",
            $end_of_main,
            "
  ret 7
}
"
        ))
    };
}

static RETURNS: Guest = leaves_a_child!("");
static TRAPS: Guest = leaves_a_child!("%quotient = sdiv.chk0 1, 0");

/// What main does not wait for starts another thread.
static RETURNS_BEFORE_A_START: Guest = Guest::il(
    "
extern @Model.Last() -> void
func @grandchild() -> void {
entry:
  call @Model.Last()
  ret
}
func @child() -> void {
entry:
  %grandchild = call @Viper.Threads.Thread.Start(@grandchild, null)
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@child, null)
  ret 7
}
",
);

/// Runs it on a thread of its own and looks at what is left, on that thread, when `run` returns: the
/// result, and how many threads there were.
fn nothing_is_left(loading: Loading) -> (Result<i64, TrapKind>, u32) {
    let is_dropped = Arc::new(AtomicBool::new(false));
    let last = Arc::new(Plain::new(false));
    let registry = Arc::new(Registry::new());
    let wreck = Wreck(is_dropped.clone());
    let (written, own) = (last.clone(), registry.clone());
    host(&registry, "Model.Last", &[], Type::Void, move |_| {
        written.with_mut(|last| *last = true);
        0
    });
    let running = thread::spawn(move || {
        let finished = loading.output(wreck).registry(own).initialise().run();
        assert!(is_dropped.load(Ordering::Relaxed), "somebody still holds the program's state");
        assert_eq!(Arc::strong_count(&registry), 1, "somebody still holds its registry");
        let ran = last.with_mut(|last| *last);
        sometimes(if ran { "the child ran" } else { "the child was stopped" });
        (result(&finished), finished.threads)
    });
    running.join().unwrap()
}

/// Main returns while its child runs.
pub(super) const AFTER_RETURN: Model = Model {
    name: "no_guest_outlives_a_run_that_returned",
    statement: "`run` waits for all guest threads, and none of them holds anything afterwards \
                (SEMANTICS.md, The entry function returns first; V5, V6, V35)",
    sometimes: &["the child ran"],
    size: Size::Exhaustible,
    body: || assert_eq!(nothing_is_left(RETURNS.loading()), (Ok(7), 2)),
};

/// Main returns while its child starts another thread.
pub(super) const AFTER_START: Model = Model {
    name: "no_guest_outlives_a_run_that_returned_before_it_was_started",
    statement: "the same for guest threads that others start while `run` waits already \
                (SEMANTICS.md, The entry function returns first; V35)",
    sometimes: &["the child ran"],
    size: Size::Preemptions(2),
    body: || assert_eq!(nothing_is_left(RETURNS_BEFORE_A_START.loading()), (Ok(7), 3)),
};

/// Main traps while its child runs.
pub(super) const AFTER_TRAP: Model = Model {
    name: "no_guest_outlives_a_run_that_trapped",
    statement: "the same when main traps (SEMANTICS.md, An uncaught trap; V35)",
    sometimes: &["the child ran"],
    size: Size::Exhaustible,
    body: || {
        assert_eq!(nothing_is_left(TRAPS.loading()), (Err(TrapKind::DivideByZero), 2));
    },
};

/// Main interrupts its child.
pub(super) const AFTER_INTERRUPT: Model = Model {
    name: "no_guest_outlives_a_run_that_interrupts",
    statement: "the same when main's return interrupts the others (SEMANTICS.md, The entry function \
                returns first; V35)",
    sometimes: &["the child ran"],
    size: Size::Exhaustible,
    body: || {
        let loading = RETURNS.loading().on_exit(OnExit::Interrupt);
        assert_eq!(nothing_is_left(loading), (Ok(7), 2));
    },
};

static COUNTS_HOLDERS: Guest = Guest::il(
    "
extern @Model.Holders() -> i64
func @child() -> void {
entry:
  ret
}
func @main() -> i64 {
entry:
  %before = call @Model.Holders()
  %child = call @Viper.Threads.Thread.Start(@child, null)
  call @Viper.Threads.Thread.Join(%child)
  %after = call @Model.Holders()
  %more = sub %after, %before
  ret %more
}
",
);

/// The program's own registry is held by its VMs.
pub(super) const AFTER_JOIN: Model = Model {
    name: "a_joined_threads_vm_is_gone",
    statement: "a guest thread lets go of what its VM holds before its end is known (V2, V5, V6)",
    sometimes: &[],
    size: Size::Exhaustible,
    body: || {
        let registry = Arc::new(Registry::new());
        // Emptied below, since the registry would hold itself.
        let held = Arc::new(Mutex::new(Some(registry.clone())));
        let counted = held.clone();
        host(&registry, "Model.Holders", &[], Type::I64, move |_| {
            counted.lock().unwrap().as_ref().map_or(0, Arc::strong_count) as u64
        });
        assert_eq!(result(&run(COUNTS_HOLDERS.loading().registry(registry))), Ok(0));
        drop(held.lock().unwrap().take());
    },
};
