//! Models of shared objects: a gate, a barrier, a promise.
//!
//! The idea is that of the models of monitors: what an object orders is a plain cell of the host's, and a wait that
//! nobody ends is the trap `deadlock`, so that a lost wakeup is a wrong result. One object stands for all classes
//! that wait in the same way; what a class means is tested without threads.

use super::guest::{Guest, LIMITS, result, run, with_plain_cell, with_plain_counter};
use super::sync::{Arc, sometimes};
use super::{Finished, Limits, Model, Registry, Size};
use crate::interp::TrapKind;

/// Runs a program that makes one object: a cell besides null.
fn run_with_object(guest: &Guest, registry: Arc<Registry>) -> Finished {
    let limits = Limits { memory_cells: 2, ..LIMITS };
    run(guest.loading().limits(limits).registry(registry))
}

static BUMPS_WITH_A_PERMIT: Guest = Guest::il(
    "
extern @Viper.Threads.Gate.New(i64) -> ptr
extern @Viper.Threads.Gate.Enter(ptr) -> void
extern @Viper.Threads.Gate.Leave(ptr) -> void
extern @Model.Bump() -> i64
func @bump(ptr %gate) -> void {
entry:
  call @Viper.Threads.Gate.Enter(%gate)
  %sum = call @Model.Bump()
  call @Viper.Threads.Gate.Leave(%gate)
  ret
}
func @main() -> i64 {
entry:
  %gate = call @Viper.Threads.Gate.New(1)
  %child = call @Viper.Threads.Thread.Start(@bump, %gate)
  call @bump(%gate)
  call @Viper.Threads.Thread.Join(%child)
  %sum = call @Model.Bump()
  ret %sum
}
",
);

/// Two threads and one permit.
pub(super) const PERMIT: Model = Model {
    name: "a_permit_lets_one_thread_in",
    statement: "who gets a permit comes after those who gave it back (SEMANTICS.md, Shared objects)",
    sometimes: &[],
    size: Size::Preemptions(3),
    body: || {
        let finished = run_with_object(&BUMPS_WITH_A_PERMIT, with_plain_counter());
        assert_eq!(result(&finished), Ok(3));
    },
};

/// Main tries with a time limit, and then once more without. If it left its place in line behind, it would be given
/// the permit without knowing, and would wait for ever the second time. The result is the sum, 3 if main did not get
/// in the first time.
static TRIES_FOR_A_PERMIT: Guest = Guest::il(
    "
extern @Viper.Threads.Gate.New(i64) -> ptr
extern @Viper.Threads.Gate.Enter(ptr) -> void
extern @Viper.Threads.Gate.TryEnterFor(ptr, i64) -> i1
extern @Viper.Threads.Gate.Leave(ptr) -> void
extern @Model.Bump() -> i64
func @bump(ptr %gate) -> void {
entry:
  call @Viper.Threads.Gate.Enter(%gate)
  %sum = call @Model.Bump()
  call @Viper.Threads.Gate.Leave(%gate)
  ret
}
func @main() -> i64 {
entry:
  %gate = call @Viper.Threads.Gate.New(1)
  %first = call @Viper.Threads.Thread.Start(@bump, %gate)
  %is_in = call @Viper.Threads.Gate.TryEnterFor(%gate, 1)
  cbr %is_in, ^inside, ^join
inside:
  %mine = call @Model.Bump()
  call @Viper.Threads.Gate.Leave(%gate)
  br ^join
join:
  call @Viper.Threads.Thread.Join(%first)
  call @bump(%gate)
  %sum = call @Model.Bump()
  ret %sum
}
",
);

/// A wait for a permit that is given up.
pub(super) const TIMED_PERMIT: Model = Model {
    name: "a_timed_wait_for_a_permit_gets_it_or_leaves_the_line",
    statement: "`TryEnterFor` has a permit if it says so, and is out of line if it does not \
                (SEMANTICS.md, Shared objects)",
    sometimes: &["got in", "gave up"],
    size: Size::Preemptions(3),
    body: || {
        let finished = run_with_object(&TRIES_FOR_A_PERMIT, with_plain_counter());
        match result(&finished) {
            Ok(4) => sometimes("got in"),
            Ok(3) => sometimes("gave up"),
            other => panic!("neither in nor out: {other:?}"),
        }
    },
};

/// The result is what main reads behind the barrier, and 10 more if main arrived last.
static WRITES_BEFORE_A_BARRIER: Guest = Guest::il(
    "
extern @Viper.Threads.Barrier.New(i64) -> ptr
extern @Viper.Threads.Barrier.Arrive(ptr) -> i64
extern @Model.Write(i64) -> void
extern @Model.Read() -> i64
func @child(ptr %barrier) -> void {
entry:
  call @Model.Write(1)
  %index = call @Viper.Threads.Barrier.Arrive(%barrier)
  ret
}
func @main() -> i64 {
entry:
  %barrier = call @Viper.Threads.Barrier.New(2)
  %child = call @Viper.Threads.Thread.Start(@child, %barrier)
  %index = call @Viper.Threads.Barrier.Arrive(%barrier)
  %read = call @Model.Read()
  %tens = mul %index, 10
  %result = add %read, %tens
  call @Viper.Threads.Thread.Join(%child)
  ret %result
}
",
);

/// Two threads that wait for each other.
pub(super) const BARRIER: Model = Model {
    name: "what_comes_before_a_barrier_is_seen_behind_it",
    statement: "all arrivals come before everything behind the barrier, and the last one sends the others on \
                (SEMANTICS.md, Shared objects)",
    sometimes: &["waited", "came last"],
    size: Size::Preemptions(3),
    body: || {
        let finished = run_with_object(&WRITES_BEFORE_A_BARRIER, with_plain_cell());
        match result(&finished) {
            Ok(1) => sometimes("waited"),
            Ok(11) => sometimes("came last"),
            other => panic!("not behind it: {other:?}"),
        }
    },
};

static NOBODY_KEEPS: Guest = Guest::il(
    "
extern @Viper.Threads.Promise.New() -> ptr
extern @Viper.Threads.Future.Wait(ptr) -> void
func @child(ptr %promise) -> void {
entry:
  ret
}
func @main() -> i64 {
entry:
  %promise = call @Viper.Threads.Promise.New()
  %child = call @Viper.Threads.Thread.Start(@child, %promise)
  call @Viper.Threads.Future.Wait(%promise)
  ret 0
}
",
);

/// The last thread that could have kept a promise ends.
pub(super) const NOBODY_KEEPS_IT: Model = Model {
    name: "a_wait_at_an_object_that_nobody_changes_is_a_trap",
    statement: "when all other threads have ended, a wait at a shared object ends with `deadlock`, whichever came \
                first (SEMANTICS.md, Deadlock)",
    sometimes: &[],
    size: Size::Preemptions(3),
    body: || {
        let limits = Limits { memory_cells: 2, ..LIMITS };
        let finished = run(NOBODY_KEEPS.loading().limits(limits));
        assert_eq!(result(&finished), Err(TrapKind::Deadlock));
    },
};
