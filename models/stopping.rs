//! Models of how a program is stopped before its threads are done.
//!
//! The idea: threads that wait in every way there is, and one event that must reach them all. A
//! thread that it does not reach is a deadlock of the host, which every engine sees.

use super::guest::{Guest, LIMITS, host, result, run};
use super::sync::{Arc, AtomicU64, Ordering, sometimes, thread};
use super::{Limits, Model, OnExit, Registry, Size};
use crate::il::Type;
use crate::interp::TrapKind;

/// Main joins the one that traps; another waits for main's monitor.
static TRAPS_BESIDE_ENTER: Guest = Guest::il(
    "
global i64 @monitor = 0
func @enters() -> void {
entry:
  %monitor = gaddr @monitor
  call @Viper.Threads.Monitor.Enter(%monitor)
  call @Viper.Threads.Monitor.Exit(%monitor)
  ret
}
func @traps() -> void {
entry:
  %quotient = sdiv.chk0 1, 0
  ret
}
func @main() -> i64 {
entry:
  %monitor = gaddr @monitor
  call @Viper.Threads.Monitor.Enter(%monitor)
  %entering = call @Viper.Threads.Thread.Start(@enters, null)
  %trapping = call @Viper.Threads.Thread.Start(@traps, null)
  call @Viper.Threads.Thread.Join(%trapping)
  ret 0
}
",
);

/// Main joins one that waits for a notification that nobody sends.
static TRAPS_BESIDE_WAIT: Guest = Guest::il(
    "
global i64 @monitor = 0
func @waits() -> void {
entry:
  %monitor = gaddr @monitor
  call @Viper.Threads.Monitor.Enter(%monitor)
  call @Viper.Threads.Monitor.Wait(%monitor)
  ret
}
func @traps() -> void {
entry:
  %quotient = sdiv.chk0 1, 0
  ret
}
func @main() -> i64 {
entry:
  %waiting = call @Viper.Threads.Thread.Start(@waits, null)
  %trapping = call @Viper.Threads.Thread.Start(@traps, null)
  call @Viper.Threads.Thread.Join(%waiting)
  ret 0
}
",
);

fn division_by_zero_in_thread_2(guest: &Guest) {
    let finished = run(guest.loading());
    let trap = finished.result.expect_err("thread 2 traps");
    assert_eq!((trap.kind, trap.thread), (TrapKind::DivideByZero, 2));
}

/// One in Enter, one in Join.
pub(super) const STOPS_ENTER_AND_JOIN: Model = Model {
    name: "an_uncaught_trap_reaches_who_enters_or_joins",
    statement: "a trap that nobody catches interrupts and joins the other threads, and is the \
                program's result, with its thread (SEMANTICS.md, An uncaught trap)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || division_by_zero_in_thread_2(&TRAPS_BESIDE_ENTER),
};

/// One in Wait, one in Join.
pub(super) const STOPS_WAIT: Model = Model {
    name: "an_uncaught_trap_reaches_who_waits",
    statement: "the same for a wait for a notification (SEMANTICS.md, An uncaught trap; V27)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || division_by_zero_in_thread_2(&TRAPS_BESIDE_WAIT),
};

/// The child runs for as long as it is let; every turn of the loop is a slice.
static TRAPS_BESIDE_LOOP: Guest = Guest::il(
    "
func @loops() -> void {
entry:
  br ^next
next:
  call @Viper.Threads.Thread.Yield()
  br ^next
}
func @main() -> i64 {
entry:
  %looping = call @Viper.Threads.Thread.Start(@loops, null)
  %quotient = sdiv.chk0 1, 0
  ret 0
}
",
);

static TRAPS_BESIDE_SLEEP: Guest = Guest::il(
    "
func @sleeps() -> void {
entry:
  br ^next
next:
  call @Viper.Threads.Thread.Sleep(1)
  br ^next
}
func @main() -> i64 {
entry:
  %sleeping = call @Viper.Threads.Thread.Start(@sleeps, null)
  %quotient = sdiv.chk0 1, 0
  ret 0
}
",
);

fn division_by_zero_in_main(guest: &Guest) {
    let finished = run(guest.loading().limits(Limits { slice: 1, ..LIMITS }));
    let trap = finished.result.expect_err("main traps");
    assert_eq!((trap.kind, trap.thread, finished.threads), (TrapKind::DivideByZero, 0, 2));
}

/// One that runs.
pub(super) const STOPS_LOOP: Model = Model {
    name: "an_uncaught_trap_reaches_who_runs",
    statement: "a thread that never waits is stopped at the end of its slice (SEMANTICS.md, An uncaught \
                trap, safepoints)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || division_by_zero_in_main(&TRAPS_BESIDE_LOOP),
};

/// One that sleeps.
pub(super) const STOPS_SLEEP: Model = Model {
    name: "an_uncaught_trap_reaches_who_sleeps",
    statement: "a thread that sleeps is woken to stop (SEMANTICS.md, An uncaught trap)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || division_by_zero_in_main(&TRAPS_BESIDE_SLEEP),
};

/// Both trap; the result is the first one's.
static BOTH_TRAP: Guest = Guest::il(
    "
func @child() -> void {
entry:
  trap.from_err i32 1
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@child, null)
  %quotient = sdiv.chk0 1, 0
  ret 0
}
",
);

/// Two uncaught traps.
pub(super) const FIRST_TRAP: Model = Model {
    name: "of_two_uncaught_traps_the_first_counts",
    statement: "the program ends with one of the traps, whole: its kind belongs to its thread \
                (SEMANTICS.md, An uncaught trap)",
    sometimes: &["the child's", "main's"],
    size: Size::Exhaustible,
    body: || {
        let trap = run(BOTH_TRAP.loading()).result.expect_err("both trap");
        match (trap.kind, trap.thread) {
            (TrapKind::DivideByZero, 0) => sometimes("main's"),
            (_, 1) if trap.kind != TrapKind::DivideByZero => sometimes("the child's"),
            other => panic!("a mixture: {other:?}"),
        }
    },
};

/// The child waits for a notification if it comes so far.
static LEAVES_A_WAITER: Guest = Guest::il(
    "
global i64 @monitor = 0
func @waits() -> void {
entry:
  %monitor = gaddr @monitor
  call @Viper.Threads.Monitor.Enter(%monitor)
  call @Viper.Threads.Monitor.Wait(%monitor)
  ret
}
func @main() -> i64 {
entry:
  %waiting = call @Viper.Threads.Thread.Start(@waits, null)
  ret 7
}
",
);

/// Main returns first.
pub(super) const INTERRUPT_ON_EXIT: Model = Model {
    name: "interrupt_on_exit_ends_the_others_and_keeps_the_result",
    statement: "with `OnExit::Interrupt` the return of main ends the other threads, and its result \
                stands (SEMANTICS.md, The entry function returns first)",
    sometimes: &[],
    size: Size::Exhaustible,
    body: || {
        let finished = run(LEAVES_A_WAITER.loading().on_exit(OnExit::Interrupt));
        assert_eq!((result(&finished), finished.threads), (Ok(7), 2));
    },
};

/// The same program, waiting: nobody will notify the child.
pub(super) const JOIN_ON_EXIT: Model = Model {
    name: "waiting_on_exit_for_a_waiter_is_a_deadlock",
    statement: "main's wait for the others at its end is a wait like any other: a deadlock is told \
                (SEMANTICS.md, The entry function returns first)",
    sometimes: &[],
    size: Size::Exhaustible,
    body: || assert_eq!(result(&run(LEAVES_A_WAITER.loading())), Err(TrapKind::Deadlock)),
};

static STARTS_AND_JOINS: Guest = Guest::il(
    "
func @child() -> void {
entry:
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@child, null)
  call @Viper.Threads.Thread.Join(%child)
  ret 7
}
",
);

/// The interrupter comes from the host.
pub(super) const INTERRUPTER: Model = Model {
    name: "a_program_can_be_interrupted_at_any_moment",
    statement: "an interrupt before, during or after a run ends it with `interrupt` or does \
                nothing; it never hangs and never hits another program (SEMANTICS.md, Traps; V30)",
    sometimes: &["interrupted", "too late"],
    size: Size::Preemptions(2),
    body: || {
        let program = STARTS_AND_JOINS.loading().initialise();
        let interrupter = program.interrupter();
        let running = thread::spawn(move || program.run());
        let stopper = interrupter.clone();
        let stopping = thread::spawn(move || stopper.interrupt());
        match result(&running.join().unwrap()) {
            Ok(7) => sometimes("too late"),
            Err(TrapKind::Interrupt) => sometimes("interrupted"),
            other => panic!("neither: {other:?}"),
        }
        stopping.join().unwrap();
        interrupter.interrupt();
    },
};

static LOOPS: Guest = Guest::il(
    "
func @main() -> i64 {
entry:
  br ^next
next:
  call @Viper.Threads.Thread.Yield()
  br ^next
}
",
);

/// The interrupter is the only one that says that the program stops.
pub(super) const INTERRUPTS_LOOP: Model = Model {
    name: "an_interrupt_reaches_who_runs",
    statement: "a thread that never waits finds an interrupt at the end of its slice \
                (SEMANTICS.md, safepoints)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || {
        let program = LOOPS.loading().limits(Limits { slice: 1, ..LIMITS }).initialise();
        let interrupter = program.interrupter();
        let running = thread::spawn(move || program.run());
        interrupter.interrupt();
        assert_eq!(result(&running.join().unwrap()), Err(TrapKind::Interrupt));
    },
};

/// Two threads call the host in endless loops; the second one is started while the first one runs.
static RUNS_FOR_EVER: Guest = Guest::il(
    "
extern @Model.Count() -> void
func @loops() -> void {
entry:
  br ^next
next:
  call @Model.Count()
  br ^next
}
func @main() -> i64 {
entry:
  %first = call @Viper.Threads.Thread.Start(@loops, null)
  %second = call @Viper.Threads.Thread.Start(@loops, null)
  ret 0
}
",
);

/// Two threads and three steps.
pub(super) const STEP_LIMIT: Model = Model {
    name: "the_step_limit_is_one_budget",
    statement: "all threads together make no more steps than the limit, and then the program ends \
                (SEMANTICS.md, Limits)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || {
        const STEPS: u64 = 3;
        let calls = Arc::new(AtomicU64::new(0));
        let counted = calls.clone();
        let registry = Arc::new(Registry::new());
        host(&registry, "Model.Count", &[], Type::Void, move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            0
        });
        let limits = Limits { steps: Some(STEPS), slice: 1, ..LIMITS };
        let finished = run(RUNS_FOR_EVER.loading().limits(limits).registry(registry));
        assert_eq!(result(&finished), Err(TrapKind::StepLimit));
        // A thread's first turn costs nothing, but its start is a step.
        let calls = calls.load(Ordering::Relaxed);
        assert!(calls <= STEPS, "{calls} calls for {STEPS} steps");
    },
};

/// A call and two starts; nobody waits.
static THREE_STEPS: Guest = Guest::il(
    "
func @step() -> void {
entry:
  ret
}
func @child() -> void {
entry:
  %grandchild = call @Viper.Threads.Thread.Start(@step, null)
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@child, null)
  call @step()
  ret 0
}
",
);

/// Main gives its account of the call while its child starts another thread.
pub(super) const STEPS_DONE: Model = Model {
    name: "every_threads_steps_are_counted",
    statement: "what a program has done is what all its threads have done (SEMANTICS.md, Limits)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || {
        let finished = run(THREE_STEPS.loading());
        assert_eq!((result(&finished), finished.steps), (Ok(0), 3));
    },
};
