//! Models of read-modify-writes and fences on guest memory.
//!
//! The idea: two threads do the same, so that each may be the second one, who must find all that the
//! first one did: a lost update is a wrong sum, a lost edge is a message that is not there.

use super::guest::{Guest, result, run};
use super::sync::sometimes;
use super::{Model, Size};

/// Each kind of update has a cell, whose value in the end depends on both threads and not on who
/// came first. Thread `n` marks bit `n` and exchanges its number.
static UPDATES: Guest = Guest::il(
    "
global i64 @one = 1
global i64 @two = 2
global i64 @sub = 10
global i64 @and = 7
global i64 @or = 0
global i64 @xor = 0
global i64 @xchg = 0
global i64 @min = 9
global i64 @max = -9
global i64 @olds = 0
func @update(ptr %mine) -> void {
entry:
  %mark = load i64, %mine
  %sub = gaddr @sub
  %a = atomic.rmw sub i64, %sub, %mark, relaxed
  %and = gaddr @and
  %others = xor %mark, -1
  %b = atomic.rmw and i64, %and, %others, relaxed
  %or = gaddr @or
  %c = atomic.rmw or i64, %or, %mark, relaxed
  %xor = gaddr @xor
  %d = atomic.rmw xor i64, %xor, %mark, relaxed
  %min = gaddr @min
  %e = atomic.rmw min i64, %min, %mark, relaxed
  %max = gaddr @max
  %f = atomic.rmw max i64, %max, %mark, relaxed
  %xchg = gaddr @xchg
  %old = atomic.rmw xchg i64, %xchg, %mark, relaxed
  %olds = gaddr @olds
  %g = atomic.rmw add i64, %olds, %old, relaxed
  ret
}
func @digit(i64 %sum, ptr %cell) -> i64 {
entry:
  %value = load i64, %cell
  %shifted = mul %sum, 10
  %result = add %shifted, %value
  ret %result
}
func @main() -> i64 {
entry:
  %one = gaddr @one
  %child = call @Viper.Threads.Thread.Start(@update, %one)
  %two = gaddr @two
  call @update(%two)
  call @Viper.Threads.Thread.Join(%child)
  %sub = gaddr @sub
  %a = call @digit(0, %sub)
  %and = gaddr @and
  %b = call @digit(%a, %and)
  %or = gaddr @or
  %c = call @digit(%b, %or)
  %xor = gaddr @xor
  %d = call @digit(%c, %xor)
  %min = gaddr @min
  %e = call @digit(%d, %min)
  %max = gaddr @max
  %f = call @digit(%e, %max)
  %xchg = gaddr @xchg
  %last = load i64, %xchg
  %olds = gaddr @olds
  %first = load i64, %olds
  %both = add %first, %last
  %shifted = mul %f, 10
  %result = add %shifted, %both
  ret %result
}
",
);

/// A digit for each kind; of the exchanges, the sum of both numbers, which were each there once.
pub(super) const EVERY_UPDATE: Model = Model {
    name: "no_update_of_any_kind_is_lost",
    statement: "guest read-modify-writes of all kinds are atomic (SEMANTICS.md, Guest memory)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || assert_eq!(result(&run(UPDATES.loading())), Ok(7_433_123)),
};

/// Main and a child do the same, each with its own global and the other's. The result is what they
/// leave in a third one.
macro_rules! both_ways {
    ($($go:literal),*) => {
        Guest::il(concat!(
            "
global i64 @one = 0
global i64 @two = 0
global i64 @turn = 0
global i64 @read = 0
func @go(ptr %mine, ptr %others) -> void {
entry:
",
            $($go,)*
            "}
func @child() -> void {
entry:
  %mine = gaddr @one
  %others = gaddr @two
  call @go(%mine, %others)
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@child, null)
  %mine = gaddr @two
  %others = gaddr @one
  call @go(%mine, %others)
  call @Viper.Threads.Thread.Join(%child)
  %read = gaddr @read
  %result = load i64, %read
  ret %result
}
"
        ))
    };
}

/// Both leave a message, then take their turn by an update; the second one reads the first one's.
/// The result is what was read: 5 in either order.
macro_rules! second_reads {
    ($turn:literal) => {
        both_ways!(
            "  store i64, %mine, 5
  %turn = gaddr @turn
  ",
            $turn,
            "
  %second = icmp_ne %before, 0
  cbr %second, ^read, ^end
read:
  %seen = load i64, %others
  %read = gaddr @read
  store i64, %read, %seen
  ret
end:
  ret
"
        )
    };
}

static TURN_BY_ADDING: Guest = second_reads!("%before = atomic.rmw add i64, %turn, 1, acq_rel");
static TURN_BY_SWAPPING: Guest =
    second_reads!("%before = atomic.cas i64, %turn, 0, 1, release, acquire");

/// Acquire and release in one operation.
pub(super) const SECOND_SEES_FIRST: Model = Model {
    name: "who_comes_second_sees_what_the_first_did",
    statement: "a guest's acq_rel update makes an edge from the one before it and to the one after \
                (SEMANTICS.md, Guest memory)",
    sometimes: &[],
    size: Size::Exhaustible,
    body: || assert_eq!(result(&run(TURN_BY_ADDING.loading())), Ok(5)),
};

/// Who wins the swap releases; who loses it acquires.
pub(super) const LOSER_SEES_WINNER: Model = Model {
    name: "who_loses_a_swap_sees_what_the_winner_did",
    statement: "a guest's compare-and-swap has an ordering for success and one for failure, and \
                each makes its edge (SEMANTICS.md, Guest memory)",
    sometimes: &[],
    size: Size::Exhaustible,
    body: || assert_eq!(result(&run(TURN_BY_SWAPPING.loading())), Ok(5)),
};

/// Each writes its own flag and reads the other's; the result is the sum of what was read.
static STORE_BUFFERING: Guest = both_ways!(
    "  store i64, %mine, 1
  fence seq_cst
  %seen = load i64, %others
  %read = gaddr @read
  %old = atomic.rmw add i64, %read, %seen, relaxed
  ret
"
);

/// The one guarantee that only `seq_cst` gives.
pub(super) const SEQ_CST_FENCES: Model = Model {
    name: "of_two_fenced_writers_one_sees_the_other",
    statement: "guests' seq_cst fences have one order for all threads (SEMANTICS.md, Guest memory)",
    sometimes: &["one saw the other", "both saw each other"],
    size: Size::Exhaustible,
    body: || match result(&run(STORE_BUFFERING.loading())) {
        Ok(1) => sometimes("one saw the other"),
        Ok(2) => sometimes("both saw each other"),
        other => panic!("neither saw the other: {other:?}"),
    },
};
