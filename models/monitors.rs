//! Models of monitors.
//!
//! The idea: what a monitor guards is a plain cell of the host's, so that two threads inside at
//! once are seen; and a program that waits for ever ends with the trap `deadlock`, so that a lost
//! wakeup is a wrong result.

use super::guest::{Guest, result, run, with_plain_counter};
use super::sync::sometimes;
use super::{Model, Size};
use crate::interp::TrapKind;

static BUMPS_INSIDE: Guest = Guest::il(
    "
extern @Model.Bump() -> i64
global i64 @monitor = 0
func @bump() -> void {
entry:
  %monitor = gaddr @monitor
  call @Viper.Threads.Monitor.Enter(%monitor)
  %sum = call @Model.Bump()
  call @Viper.Threads.Monitor.Exit(%monitor)
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@bump, null)
  call @bump()
  call @Viper.Threads.Thread.Join(%child)
  %sum = call @Model.Bump()
  ret %sum
}
",
);

/// Two threads and one monitor.
pub(super) const EXCLUSION: Model = Model {
    name: "a_monitor_lets_one_thread_in",
    statement: "critical sections exclude and order each other (SEMANTICS.md, TinyVM lock; T3, T8)",
    sometimes: &[],
    size: Size::Preemptions(3),
    body: || {
        let finished = run(BUMPS_INSIDE.loading().registry(with_plain_counter()));
        assert_eq!(result(&finished), Ok(3));
    },
};

/// Main tries with a time limit. If it left its place in line behind, it would be given the monitor
/// without knowing, and the second child would wait for ever. The result is the sum, 3 if main never
/// got in.
static TRIES_TO_BUMP: Guest = Guest::il(
    "
extern @Model.Bump() -> i64
global i64 @monitor = 0
func @bump() -> void {
entry:
  %monitor = gaddr @monitor
  call @Viper.Threads.Monitor.Enter(%monitor)
  %sum = call @Model.Bump()
  call @Viper.Threads.Monitor.Exit(%monitor)
  ret
}
func @main() -> i64 {
entry:
  %first = call @Viper.Threads.Thread.Start(@bump, null)
  %monitor = gaddr @monitor
  %is_in = call @Viper.Threads.Monitor.TryEnterFor(%monitor, 1)
  cbr %is_in, ^inside, ^join
inside:
  %mine = call @Model.Bump()
  call @Viper.Threads.Monitor.Exit(%monitor)
  br ^join
join:
  call @Viper.Threads.Thread.Join(%first)
  %second = call @Viper.Threads.Thread.Start(@bump, null)
  call @Viper.Threads.Thread.Join(%second)
  %sum = call @Model.Bump()
  ret %sum
}
",
);

/// A wait that is given up.
pub(super) const TIMED_ENTRY: Model = Model {
    name: "a_timed_entry_gets_in_or_leaves_the_line",
    statement: "`TryEnterFor` has the monitor if it says so, and is out of line if it does not \
                (SEMANTICS.md, Monitors.TryEnterFor)",
    sometimes: &["got in", "gave up"],
    size: Size::Preemptions(3),
    body: || {
        let finished = run(TRIES_TO_BUMP.loading().registry(with_plain_counter()));
        match result(&finished) {
            Ok(4) => sometimes("got in"),
            Ok(3) => sometimes("gave up"),
            other => panic!("neither in nor out: {other:?}"),
        }
    },
};

/// `@turn` is called by two threads. Each takes a ticket, waits for the go, and then bumps: the
/// bump must equal the ticket if both were waiting when the go came.
static WAIT_IN_LINE: Guest = Guest::il(
    "
extern @Model.Bump() -> i64
global i64 @monitor = 0
global i64 @tickets = 0
global i64 @go = 0
global i64 @wrong = 0
func @turn() -> void {
entry:
  %monitor = gaddr @monitor
  call @Viper.Threads.Monitor.Enter(%monitor)
  %tickets = gaddr @tickets
  %before = load i64, %tickets
  %ticket = add %before, 1
  store i64, %tickets, %ticket
  %go = gaddr @go
  br ^test
test:
  %is_go = load i64, %go
  %waits = icmp_eq %is_go, 0
  cbr %waits, ^wait, ^bump
wait:
  call @Viper.Threads.Monitor.Wait(%monitor)
  br ^test
bump:
  %turn = call @Model.Bump()
  %is_other = icmp_ne %turn, %ticket
  cbr %is_other, ^note, ^end
note:
  %wrong = gaddr @wrong
  store i64, %wrong, 1
  br ^end
end:
  call @Viper.Threads.Monitor.Exit(%monitor)
  ret
}
func @main() -> i64 {
entry:
  %first = call @Viper.Threads.Thread.Start(@turn, null)
  %second = call @Viper.Threads.Thread.Start(@turn, null)
  %monitor = gaddr @monitor
  call @Viper.Threads.Monitor.Enter(%monitor)
  %tickets = gaddr @tickets
  %waiting = load i64, %tickets
  %go = gaddr @go
  store i64, %go, 1
  call @Viper.Threads.Monitor.PauseAll(%monitor)
  call @Viper.Threads.Monitor.Exit(%monitor)
  call @Viper.Threads.Thread.Join(%first)
  call @Viper.Threads.Thread.Join(%second)
  %tens = mul %waiting, 10
  %wrong = gaddr @wrong
  %is_wrong = load i64, %wrong
  %result = add %tens, %is_wrong
  ret %result
}
",
);

/// Who waits first goes on first.
pub(super) const IN_LINE: Model = Model {
    name: "those_who_wait_go_on_in_line",
    statement: "monitors are first in, first out: to be woken, and to get the monitor back \
                (SEMANTICS.md, Monitors; *in line*)",
    sometimes: &["both waited"],
    size: Size::Preemptions(2),
    body: || {
        let finished = run(WAIT_IN_LINE.loading().registry(with_plain_counter()));
        match result(&finished) {
            Ok(20) => sometimes("both waited"),
            // Who comes after the go does not wait in line with the others.
            Ok(0 | 1 | 10 | 11) => {}
            other => panic!("out of line: {other:?}"),
        }
    },
};

/// Message passing by monitor. `$wait` is the wait in the loop.
macro_rules! waits_until_ready {
    ($wait:literal) => {
        Guest::il(concat!(
            "
extern @Model.Bump() -> i64
global i64 @monitor = 0
global i64 @ready = 0
func @sender() -> void {
entry:
  %sum = call @Model.Bump()
  %monitor = gaddr @monitor
  call @Viper.Threads.Monitor.Enter(%monitor)
  %ready = gaddr @ready
  store i64, %ready, 1
  call @Viper.Threads.Monitor.Pause(%monitor)
  call @Viper.Threads.Monitor.Exit(%monitor)
  ret
}
func @main() -> i64 {
entry:
  %sender = call @Viper.Threads.Thread.Start(@sender, null)
  %monitor = gaddr @monitor
  call @Viper.Threads.Monitor.Enter(%monitor)
  %ready = gaddr @ready
  br ^test(0)
test(%waits: i64):
  %is_ready = load i64, %ready
  %is_late = icmp_eq %is_ready, 1
  cbr %is_late, ^go, ^wait
wait:
  ",
            $wait,
            "
  %more = add %waits, 10
  br ^test(%more)
go:
  %sum = call @Model.Bump()
  call @Viper.Threads.Monitor.Exit(%monitor)
  %result = add %waits, %sum
  ret %result
}
"
        ))
    };
}

static WAITS: Guest = waits_until_ready!("call @Viper.Threads.Monitor.Wait(%monitor)");
static WAITS_FOR: Guest =
    waits_until_ready!("%in_time = call @Viper.Threads.Monitor.WaitFor(%monitor, 1)");

/// The while-loop idiom.
pub(super) const NO_LOST_WAKEUP: Model = Model {
    name: "no_wakeup_is_lost_in_the_loop_idiom",
    statement: "giving up the monitor and waiting are one step, so a `Pause` under the monitor \
                wakes whoever looked before it (SEMANTICS.md, Monitors)",
    sometimes: &["waited", "did not need to wait"],
    size: Size::Preemptions(3),
    body: || {
        let finished = run(WAITS.loading().registry(with_plain_counter()));
        match result(&finished) {
            Ok(12) => sometimes("waited"),
            Ok(2) => sometimes("did not need to wait"),
            other => panic!("lost: {other:?}"),
        }
    },
};

/// The same with a time limit, which makes the loop go round.
pub(super) const TIMED_WAIT: Model = Model {
    name: "a_timed_wait_comes_back_with_the_monitor",
    statement: "after `WaitFor` the caller has the monitor, notified or not (SEMANTICS.md, \
                Monitor)",
    sometimes: &["waited", "did not need to wait"],
    size: Size::Preemptions(2),
    body: || {
        let finished = run(WAITS_FOR.loading().registry(with_plain_counter()));
        match result(&finished) {
            Ok(2) => sometimes("did not need to wait"),
            Ok(sum) if sum % 10 == 2 => sometimes("waited"),
            other => panic!("without the monitor: {other:?}"),
        }
    },
};

static ABBA: Guest = Guest::il(
    "
global i64 @a = 0
global i64 @b = 0
func @both(ptr %first, ptr %second) -> void {
entry:
  call @Viper.Threads.Monitor.Enter(%first)
  call @Viper.Threads.Monitor.Enter(%second)
  call @Viper.Threads.Monitor.Exit(%second)
  call @Viper.Threads.Monitor.Exit(%first)
  ret
}
func @child() -> void {
entry:
  %a = gaddr @a
  %b = gaddr @b
  call @both(%b, %a)
  ret
}
func @main() -> i64 {
entry:
  %a = gaddr @a
  %b = gaddr @b
  %child = call @Viper.Threads.Thread.Start(@child, null)
  call @both(%a, %b)
  call @Viper.Threads.Thread.Join(%child)
  ret 0
}
",
);

/// Two monitors in two orders.
pub(super) const DEADLOCK: Model = Model {
    name: "a_deadlock_of_guests_is_a_trap",
    statement: "two monitors in two orders either go well or end the program with `deadlock`; the \
                host never hangs (T11)",
    sometimes: &["went well", "deadlock"],
    size: Size::Preemptions(3),
    body: || match result(&run(ABBA.loading())) {
        Ok(0) => sometimes("went well"),
        Err(TrapKind::Deadlock) => sometimes("deadlock"),
        other => panic!("neither: {other:?}"),
    },
};

static ENDS_INSIDE: Guest = Guest::il(
    "
global i64 @monitor = 0
func @child() -> void {
entry:
  %monitor = gaddr @monitor
  call @Viper.Threads.Monitor.Enter(%monitor)
  ret
}
func @main() -> i64 {
entry:
  %monitor = gaddr @monitor
  %child = call @Viper.Threads.Thread.Start(@child, null)
  call @Viper.Threads.Monitor.Enter(%monitor)
  call @Viper.Threads.Monitor.Exit(%monitor)
  ret 0
}
",
);

/// A thread ends with a monitor.
pub(super) const ENDED_OWNER: Model = Model {
    name: "a_monitor_that_its_owner_ended_with_hangs_nobody",
    statement: "who wants a monitor whose owner has ended gets the trap `deadlock`, whether it \
                came before or after the end (T10, V27)",
    sometimes: &["main came first", "the child came first"],
    size: Size::Preemptions(3),
    body: || match result(&run(ENDS_INSIDE.loading())) {
        Ok(0) => sometimes("main came first"),
        Err(TrapKind::Deadlock) => sometimes("the child came first"),
        other => panic!("neither: {other:?}"),
    },
};

static NOBODY_NOTIFIES: Guest = Guest::il(
    "
global i64 @monitor = 0
func @child() -> void {
entry:
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@child, null)
  %monitor = gaddr @monitor
  call @Viper.Threads.Monitor.Enter(%monitor)
  call @Viper.Threads.Monitor.Wait(%monitor)
  ret 0
}
",
);

/// The last thread that could have notified ends.
pub(super) const NOBODY_LEFT: Model = Model {
    name: "a_wait_that_nobody_can_end_is_a_trap",
    statement: "when all other threads have ended, a wait for a notification ends with \
                `deadlock`, whichever came first (V27)",
    sometimes: &[],
    size: Size::Preemptions(3),
    body: || assert_eq!(result(&run(NOBODY_NOTIFIES.loading())), Err(TrapKind::Deadlock)),
};
