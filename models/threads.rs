//! Models of starting and joining guest threads.
//!
//! The idea: a child leaves its result twice, in guest memory and in a plain cell of the host's, so
//! that a join without an edge is seen; and for starts, two parents compete for one place.

use super::guest::{Guest, LIMITS, result, run, with_plain_cell};
use super::sync::{refuse_spawn, sometimes, thread};
use super::{Limits, Model, Size};
use crate::interp::TrapKind;

static JOINS: Guest = Guest::il(
    "
extern @Model.Write(i64) -> void
extern @Model.Read() -> i64
global i64 @result = 0
func @child() -> void {
entry:
  %result = gaddr @result
  store i64, %result, 40
  call @Model.Write(2)
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@child, null)
  call @Viper.Threads.Thread.Join(%child)
  %result = gaddr @result
  %a = load i64, %result
  %b = call @Model.Read()
  %sum = add %a, %b
  ret %sum
}
",
);

/// One parent, one child.
pub(super) const JOIN_EDGE: Model = Model {
    name: "join_sees_what_was_written_before_the_exit",
    statement: "what a guest thread did is visible to whoever joined it (SEMANTICS.md, Join)",
    sometimes: &[],
    size: Size::Exhaustible,
    body: || {
        let finished = run(JOINS.loading().registry(with_plain_cell()));
        assert_eq!((result(&finished), finished.threads), (Ok(42), 2));
    },
};

/// The second joiner gets the first child's handle as its argument.
static JOINED_BY_TWO: Guest = Guest::il(
    "
extern @Model.Write(i64) -> void
extern @Model.Read() -> i64
global i64 @sum = 0
func @child() -> void {
entry:
  call @Model.Write(20)
  ret
}
func @joiner(ptr %child) -> void {
entry:
  call @Viper.Threads.Thread.Join(%child)
  %value = call @Model.Read()
  %sum = gaddr @sum
  store i64, %sum, %value
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@child, null)
  %joiner = call @Viper.Threads.Thread.Start(@joiner, %child)
  call @Viper.Threads.Thread.Join(%child)
  %a = call @Model.Read()
  call @Viper.Threads.Thread.Join(%joiner)
  call @Viper.Threads.Thread.Join(%child)
  %sum = gaddr @sum
  %b = load i64, %sum
  %both = add %a, %b
  ret %both
}
",
);

/// Two joiners of one thread.
pub(super) const TWO_JOINERS: Model = Model {
    name: "any_number_of_joiners_may_join_any_number_of_times",
    statement: "a join is repeatable and has any number of joiners, each with its own edge \
                (SEMANTICS.md, Join; V20)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || {
        let finished = run(JOINED_BY_TWO.loading().registry(with_plain_cell()));
        assert_eq!((result(&finished), finished.threads), (Ok(40), 3));
    },
};

/// Two parents try; they and the child that one of them gets all live until both have tried. The
/// result is who got it: 1 or 10.
static LAST_SLOT: Guest = Guest::il(
    "
global i64 @one = 1
global i64 @ten = 10
global i64 @tried = 0
global i64 @got = 0
func @until_both_have_tried() -> void {
entry:
  %tried_at = gaddr @tried
  call @Viper.Threads.Monitor.Enter(%tried_at)
  br ^test
test:
  %tried = load i64, %tried_at
  %waits = scmp_lt %tried, 2
  cbr %waits, ^wait, ^go
wait:
  call @Viper.Threads.Monitor.Wait(%tried_at)
  br ^test
go:
  call @Viper.Threads.Monitor.Exit(%tried_at)
  ret
}
func @try() -> i64 {
entry:
  eh.push ^refused
  %child = call @Viper.Threads.Thread.Start(@until_both_have_tried, null)
  eh.pop
  ret 1
refused(%error: error, %token: resumetok):
  resume.label %token, ^end
end:
  ret 0
}
func @parent(ptr %mine) -> void {
entry:
  %is_mine = call @try()
  %mark = load i64, %mine
  %marked = mul %is_mine, %mark
  %got = gaddr @got
  %old = atomic.rmw add i64, %got, %marked, relaxed
  %tried_at = gaddr @tried
  call @Viper.Threads.Monitor.Enter(%tried_at)
  %before = load i64, %tried_at
  %after = add %before, 1
  store i64, %tried_at, %after
  call @Viper.Threads.Monitor.PauseAll(%tried_at)
  call @Viper.Threads.Monitor.Exit(%tried_at)
  call @until_both_have_tried()
  ret
}
func @main() -> i64 {
entry:
  %one = gaddr @one
  %ten = gaddr @ten
  %first = call @Viper.Threads.Thread.Start(@parent, %one)
  %second = call @Viper.Threads.Thread.Start(@parent, %ten)
  call @Viper.Threads.Thread.Join(%first)
  call @Viper.Threads.Thread.Join(%second)
  %got = gaddr @got
  %who = load i64, %got
  ret %who
}
",
);

/// Two parents and one place.
pub(super) const LAST_PLACE: Model = Model {
    name: "of_two_parents_one_gets_the_last_place",
    statement: "the thread limit is exact, also when two threads start one at once \
                (SEMANTICS.md, `Thread.Start`, Limits; T4, T18)",
    sometimes: &["the first parent got it", "the second parent got it"],
    // With two preemptions: 47,790 executions, half a minute.
    size: Size::Preemptions(1),
    body: || {
        let limits = Limits { threads: 4, ..LIMITS };
        let finished = run(LAST_SLOT.loading().limits(limits));
        match (result(&finished), finished.threads) {
            (Ok(1), 4) => sometimes("the first parent got it"),
            (Ok(10), 4) => sometimes("the second parent got it"),
            other => panic!("not one of them: {other:?}"),
        }
    },
};

/// Main and a parent each start a child; the result is the two numbers, main's as the tens, 0 for
/// one that was refused.
static TWO_STARTERS: Guest = Guest::il(
    "
global i64 @number = 0
func @child() -> void {
entry:
  ret
}
func @number_of_child() -> i64 {
entry:
  eh.push ^refused
  %child = call @Viper.Threads.Thread.Start(@child, null)
  eh.pop
  %number = call @Viper.Threads.Thread.Id(%child)
  ret %number
refused(%error: error, %token: resumetok):
  %kind = err.get_kind %error
  %expected = icmp_eq %kind, 9
  resume.label %token, ^end(%expected)
end(%was_expected: i1):
  %none = select i64, %was_expected, 0, 9
  ret %none
}
func @parent() -> void {
entry:
  %number = call @number_of_child()
  %number_at = gaddr @number
  store i64, %number_at, %number
  ret
}
func @main() -> i64 {
entry:
  %parent = call @Viper.Threads.Thread.Start(@parent, null)
  %mine = call @number_of_child()
  call @Viper.Threads.Thread.Join(%parent)
  %tens = mul %mine, 10
  %number_at = gaddr @number
  %its = load i64, %number_at
  %both = add %tens, %its
  ret %both
}
",
);

/// Two starters.
pub(super) const NUMBERS: Model = Model {
    name: "two_starters_get_numbers_of_their_own",
    statement: "thread numbers are distinct and consecutive, whoever starts (SEMANTICS.md, Id; T18)",
    sometimes: &["main first", "the parent first"],
    size: Size::Preemptions(2),
    body: || {
        let finished = run(TWO_STARTERS.loading());
        assert_eq!(finished.threads, 4);
        match result(&finished) {
            Ok(23) => sometimes("main first"),
            Ok(32) => sometimes("the parent first"),
            other => panic!("numbers twice or left out: {other:?}"),
        }
    },
};

/// The first spawn is the model's own, the second starts the parent.
pub(super) const REFUSED_START: Model = Model {
    name: "a_refused_start_leaves_nothing_behind",
    statement: "when the system refuses a thread, its starter traps, and neither a number nor a \
                place is used up (SEMANTICS.md, `Thread.Start`; T15, V24)",
    sometimes: &["main was refused", "the parent was refused"],
    size: Size::Preemptions(2),
    body: || {
        refuse_spawn(3);
        // A place that leaked would be missing.
        let limits = Limits { threads: 3, ..LIMITS };
        let finished = run(TWO_STARTERS.loading().limits(limits));
        assert_eq!(finished.threads, 3);
        match result(&finished) {
            Ok(20) => sometimes("the parent was refused"),
            Ok(2) => sometimes("main was refused"),
            other => panic!("one is refused and the other has number 2: {other:?}"),
        }
    },
};

/// A start while a child runs; the result says whether it was refused.
static STARTS_TWICE: Guest = Guest::il(
    "
func @child() -> void {
entry:
  ret
}
func @main() -> i64 {
entry:
  %first = call @Viper.Threads.Thread.Start(@child, null)
  eh.push ^refused
  %second = call @Viper.Threads.Thread.Start(@child, null)
  eh.pop
  ret 1
refused(%error: error, %token: resumetok):
  resume.label %token, ^end
end:
  ret 2
}
",
);

/// The spawns are the model's own, the first child's and the one that is refused. The first child
/// is the only other thread: no start of its own comes between it and main's.
pub(super) const REFUSED_BESIDE_AN_END: Model = Model {
    name: "a_refused_start_and_an_end_take_turns",
    statement: "what a refused start takes back is taken back under the lock: a thread that ends \
                meanwhile ends as ever (SEMANTICS.md, `Thread.Start`; T15)",
    sometimes: &[],
    size: Size::Exhaustible,
    body: || {
        refuse_spawn(3);
        let finished = run(STARTS_TWICE.loading());
        assert_eq!((result(&finished), finished.threads), (Ok(2), 2));
    },
};

/// The first child waits for a number that it has only guessed: that of the start that is refused.
static GUESSES: Guest = Guest::il(
    "
func @guesser() -> void {
entry:
  %guess = gep null, 2305843009213693954
  eh.push ^unknown
  call @Viper.Threads.Thread.Join(%guess)
  eh.pop
  ret
unknown(%error: error, %token: resumetok):
  resume.label %token, ^end
end:
  ret
}
func @main() -> i64 {
entry:
  %guesser = call @Viper.Threads.Thread.Start(@guesser, null)
  eh.push ^refused
  %second = call @Viper.Threads.Thread.Start(@guesser, null)
  eh.pop
  ret 1
refused(%error: error, %token: resumetok):
  resume.label %token, ^join
join:
  call @Viper.Threads.Thread.Join(%guesser)
  ret 2
}
",
);

/// The number is there until the start is refused, and whoever waits for it then has to be woken.
pub(super) const REFUSED_UNDER_A_JOINER: Model = Model {
    name: "a_refused_start_lets_go_who_waits_for_it",
    statement: "a thread that waits for one whose start is refused goes on \
                (SEMANTICS.md, `Thread.Start`)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || {
        refuse_spawn(3);
        let finished = run(GUESSES.loading());
        assert_eq!((result(&finished), finished.threads), (Ok(2), 2));
    },
};

/// Asks without waiting, then with a limit, then waits; the tens say which of them was enough.
static JOINS_BY_DEGREES: Guest = Guest::il(
    "
extern @Model.Write(i64) -> void
extern @Model.Read() -> i64
func @child() -> void {
entry:
  call @Model.Write(1)
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@child, null)
  %at_once = call @Viper.Threads.Thread.TryJoin(%child)
  cbr %at_once, ^joined(10), ^wait
wait:
  %in_time = call @Viper.Threads.Thread.JoinFor(%child, 1)
  cbr %in_time, ^joined(20), ^wait_longer
wait_longer:
  call @Viper.Threads.Thread.Join(%child)
  br ^joined(30)
joined(%tens: i64):
  %value = call @Model.Read()
  %both = add %tens, %value
  ret %both
}
",
);

/// Three ways to learn of an end.
pub(super) const JOIN_BY_DEGREES: Model = Model {
    name: "whoever_learns_of_an_end_sees_what_was_done",
    statement: "`TryJoin` and `JoinFor` that say yes have the edge that `Join` has, and a time-out \
                leaves the thread joinable (SEMANTICS.md, Join)",
    sometimes: &["at once", "in time", "in the end"],
    size: Size::Preemptions(3),
    body: || {
        let finished = run(JOINS_BY_DEGREES.loading().registry(with_plain_cell()));
        match result(&finished) {
            Ok(11) => sometimes("at once"),
            Ok(21) => sometimes("in time"),
            Ok(31) => sometimes("in the end"),
            other => panic!("joined without its result: {other:?}"),
        }
    },
};

/// The error of a thread that may still run, and once it has ended.
static ASKS_FOR_ERROR: Guest = Guest::il(
    "
extern @Model.Write(i64) -> void
extern @Model.Read() -> i64
func @child() -> void {
entry:
  call @Model.Write(5)
  trap.from_err i32 0
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.StartSafe(@child, null)
  %early = call @Viper.Threads.Thread.HasError(%child)
  cbr %early, ^read, ^join
read:
  %value = call @Model.Read()
  ret %value
join:
  call @Viper.Threads.Thread.Join(%child)
  %late = call @Viper.Threads.Thread.HasError(%child)
  %result = select i64, %late, 1, 0
  ret %result
}
",
);

/// A captured trap.
pub(super) const CAPTURED_ERROR: Model = Model {
    name: "a_captured_error_is_there_when_the_thread_has_ended",
    statement: "a trap of a thread that `StartSafe` started stops nobody and is known at its end \
                (SEMANTICS.md, An uncaught trap)",
    sometimes: &["asked after the end", "asked before the end"],
    size: Size::Exhaustible,
    body: || {
        let finished = run(ASKS_FOR_ERROR.loading().registry(with_plain_cell()));
        match result(&finished) {
            Ok(5) => sometimes("asked after the end"),
            Ok(1) => sometimes("asked before the end"),
            other => panic!("the error is lost: {other:?}"),
        }
    },
};

/// Two instances of one program.
pub(super) const INSTANCES: Model = Model {
    name: "instances_of_a_program_share_nothing",
    statement: "globals, numbers and ends are those of one instance (SEMANTICS.md, `ProgramState`; V30)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || {
        let limits = Limits { threads: 1, ..LIMITS };
        let lonely = thread::spawn(move || JOINS.loading().limits(limits).initialise().run());
        let finished = run(JOINS.loading().registry(with_plain_cell()));
        assert_eq!((result(&finished), finished.threads), (Ok(42), 2));
        let finished = lonely.join().unwrap();
        assert_eq!((result(&finished), finished.threads), (Err(TrapKind::ThreadLimit), 1));
    },
};
