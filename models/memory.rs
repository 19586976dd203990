//! Models of what guest threads do to shared globals.
//!
//! The idea: litmus tests, written as guest programs. Two of them are wrong on purpose, so that we
//! know that the search would find it.

use super::guest::{Guest, LIMITS, result, run};
use super::sync::sometimes;
use super::{Limits, Model, Size};

static COUNTS_ATOMICALLY: Guest = Guest::il(
    "
global i64 @count = 0
func @add() -> void {
entry:
  %count = gaddr @count
  %old = atomic.rmw add i64, %count, 1, relaxed
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@add, null)
  call @add()
  call @Viper.Threads.Thread.Join(%child)
  %count = gaddr @count
  %sum = load i64, %count
  ret %sum
}
",
);

/// Relaxed is enough: the join orders the rest.
pub(super) const ATOMIC_COUNT: Model = Model {
    name: "no_atomic_increment_is_lost",
    statement: "guest read-modify-writes are atomic (SEMANTICS.md, Guest memory)",
    sometimes: &[],
    size: Size::Exhaustible,
    body: || assert_eq!(result(&run(COUNTS_ATOMICALLY.loading())), Ok(2)),
};

static COUNTS_PLAINLY: Guest = Guest::il(
    "
global i64 @count = 0
func @add() -> void {
entry:
  %count = gaddr @count
  %old = load i64, %count
  %new = add %old, 1
  store i64, %count, %new
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@add, null)
  call @add()
  call @Viper.Threads.Thread.Join(%child)
  %count = gaddr @count
  %sum = load i64, %count
  ret %sum
}
",
);

/// The race is the guest's; its consequences are bounded.
pub(super) const PLAIN_COUNT: Model = Model {
    name: "a_plain_increment_may_be_lost_and_no_more",
    statement: "a race of plain accesses is defined: it may lose an increment (V16), and does \
                nothing worse (SEMANTICS.md, Guest memory)",
    sometimes: &["one was lost", "none was lost"],
    size: Size::Exhaustible,
    body: || match result(&run(COUNTS_PLAINLY.loading())) {
        Ok(1) => sometimes("one was lost"),
        Ok(2) => sometimes("none was lost"),
        other => panic!("worse than lost: {other:?}"),
    },
};

/// Two writers of words that differ in every byte.
static WRITES_ALL_BITS: Guest = Guest::il(
    "
global i64 @word = 0
func @child() -> void {
entry:
  %word = gaddr @word
  store i64, %word, -1
  ret
}
func @main() -> i64 {
entry:
  %word = gaddr @word
  %child = call @Viper.Threads.Thread.Start(@child, null)
  store i64, %word, 0x5555555555555555
  %seen = load i64, %word
  call @Viper.Threads.Thread.Join(%child)
  ret %seen
}
",
);

/// *whole cells*, in the words of the core.
pub(super) const NO_TEARING: Model = Model {
    name: "no_word_is_torn",
    statement: "a plain load sees a word that somebody stored, whole (SEMANTICS.md, Guest memory)",
    sometimes: &["its own", "the other's"],
    size: Size::Exhaustible,
    body: || match result(&run(WRITES_ALL_BITS.loading())) {
        Ok(0x5555_5555_5555_5555) => sometimes("its own"),
        Ok(-1) => sometimes("the other's"),
        other => panic!("torn, or out of thin air: {other:?}"),
    },
};

/// The result is 2 when the flag was down, else whether the message was there.
macro_rules! message_passing {
    ($store:literal, $load:literal) => {
        Guest::il(concat!(
            "
global i64 @message = 0
global i64 @flag = 0
func @sender() -> void {
entry:
  %message = gaddr @message
  store i64, %message, 1
  %flag = gaddr @flag
  atomic.store i64, %flag, 1, ",
            $store,
            "
  ret
}
func @main() -> i64 {
entry:
  %sender = call @Viper.Threads.Thread.Start(@sender, null)
  %flag = gaddr @flag
  %is_up = atomic.load i64, %flag, ",
            $load,
            "
  %was_up = icmp_eq %is_up, 1
  cbr %was_up, ^read, ^down
read:
  %message = gaddr @message
  %seen = load i64, %message
  ret %seen
down:
  ret 2
}
"
        ))
    };
}

static RELEASE_ACQUIRE: Guest = message_passing!("release", "acquire");
static RELAXED: Guest = message_passing!("relaxed", "relaxed");

fn pass_message(guest: &Guest) {
    match result(&run(guest.loading())) {
        Ok(1) => sometimes("sent"),
        Ok(2) => sometimes("not sent yet"),
        other => panic!("the flag without the message: {other:?}"),
    }
}

/// The guest's orderings reach the world's.
pub(super) const MESSAGE_PASSING: Model = Model {
    name: "release_and_acquire_pass_a_message",
    statement: "a guest's release store and acquire load make an edge (SEMANTICS.md, Guest memory)",
    sometimes: &["sent", "not sent yet"],
    size: Size::Exhaustible,
    body: || pass_message(&RELEASE_ACQUIRE),
};

/// Wrong: two guest threads that agree on nothing.
pub(super) const RELAXED_MESSAGE: Model = Model {
    name: "relaxed_accesses_pass_a_message",
    statement: "they do not: only weak memory shows it",
    sometimes: &[],
    size: Size::Exhaustible,
    body: || pass_message(&RELAXED),
};

/// Wrong: what [`PLAIN_COUNT`] says may happen.
pub(super) const NO_PLAIN_LOSS: Model = Model {
    name: "no_plain_increment_is_lost",
    statement: "one may be: any interleaving search shows it",
    sometimes: &[],
    size: Size::Exhaustible,
    body: || assert_eq!(result(&run(COUNTS_PLAINLY.loading())), Ok(2)),
};

static FENCED: Guest = Guest::il(
    "
global i64 @message = 0
global i64 @flag = 0
func @sender() -> void {
entry:
  %message = gaddr @message
  store i64, %message, 1
  fence release
  %flag = gaddr @flag
  store i64, %flag, 1
  ret
}
func @main() -> i64 {
entry:
  %sender = call @Viper.Threads.Thread.Start(@sender, null)
  %flag = gaddr @flag
  %is_up = load i64, %flag
  fence acquire
  %was_up = icmp_eq %is_up, 1
  cbr %was_up, ^read, ^down
read:
  %message = gaddr @message
  %seen = load i64, %message
  ret %seen
down:
  ret 2
}
",
);

/// Two fences, and otherwise plain accesses.
pub(super) const FENCES: Model = Model {
    name: "fences_pass_a_message",
    statement: "a guest's release fence before a store and acquire fence after a load make an \
                edge (SEMANTICS.md, Guest memory)",
    sometimes: &["sent", "not sent yet"],
    size: Size::Exhaustible,
    body: || pass_message(&FENCED),
};

/// Both want to be first; the result counts those who were.
static COMPARE_AND_SWAP: Guest = Guest::il(
    "
global i64 @taken = 0
global i64 @winners = 0
func @take() -> void {
entry:
  %taken = gaddr @taken
  %old = atomic.cas i64, %taken, 0, 1, relaxed, relaxed
  %won = icmp_eq %old, 0
  cbr %won, ^first, ^second
first:
  %winners = gaddr @winners
  %before = load i64, %winners
  %after = add %before, 1
  store i64, %winners, %after
  ret
second:
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@take, null)
  call @take()
  call @Viper.Threads.Thread.Join(%child)
  %winners = gaddr @winners
  %count = load i64, %winners
  ret %count
}
",
);

/// Two threads, one prize.
pub(super) const ATOMIC_CAS: Model = Model {
    name: "of_two_compare_and_swaps_one_wins",
    statement: "a guest compare-and-swap is atomic (SEMANTICS.md, Guest memory)",
    sometimes: &[],
    size: Size::Exhaustible,
    body: || assert_eq!(result(&run(COMPARE_AND_SWAP.loading())), Ok(1)),
};

/// Each takes a cell from the heap and one from the stack, and writes its mark to both. The sum of
/// what they find there afterwards shows if any two were the same.
static ALLOCATES: Guest = Guest::il(
    "
extern @Viper.Memory.Alloc(i64) -> ptr
global i64 @sum = 0
func @mark(ptr %mark_at) -> void {
entry:
  %mark = load i64, %mark_at
  %heap = call @Viper.Memory.Alloc(8)
  %stack = alloca 8
  %fresh = load i64, %heap
  store i64, %heap, %mark
  store i64, %stack, %mark
  %a = load i64, %heap
  %b = load i64, %stack
  %both = add %a, %b
  %found = add %both, %fresh
  %sum = gaddr @sum
  %old = atomic.rmw add i64, %sum, %found, relaxed
  ret
}
global i64 @one = 1
global i64 @ten = 10
global i64 @hundred = 100
func @main() -> i64 {
entry:
  %one = gaddr @one
  %before = call @Viper.Threads.Thread.Start(@mark, %one)
  call @Viper.Threads.Thread.Join(%before)
  %ten = gaddr @ten
  %first = call @Viper.Threads.Thread.Start(@mark, %ten)
  %hundred = gaddr @hundred
  %second = call @Viper.Threads.Thread.Start(@mark, %hundred)
  call @Viper.Threads.Thread.Join(%first)
  call @Viper.Threads.Thread.Join(%second)
  %sum = gaddr @sum
  %total = load i64, %sum
  ret %total
}
",
);

/// Heap and stack cells of two threads, after one that has given its stack memory back.
pub(super) const ALLOCATION: Model = Model {
    name: "no_cell_is_given_out_twice",
    statement: "two threads that take memory at once get different cells, and fresh ones from the \
                heap (SEMANTICS.md, Guest memory; *fresh*)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || {
        // Room for two segments of stack memory, 64 cells each, so that one is used again.
        let limits = Limits { memory_cells: 140, ..LIMITS };
        assert_eq!(result(&run(ALLOCATES.loading().limits(limits))), Ok(222));
    },
};

/// Two threads, one of which gives back what it has written to. The result is what the other finds in
/// fresh memory and in its own, and 100 more if it was given the same cells.
static FREES: Guest = Guest::il(
    "
extern @Viper.Memory.Alloc(i64) -> ptr
extern @Viper.Memory.Free(ptr) -> void
global ptr @taken = null
global i64 @sum = 0
func @take() -> void {
entry:
  %mine = call @Viper.Memory.Alloc(16)
  %taken = gaddr @taken
  store ptr, %taken, %mine
  %second = gep %mine, 8
  %fresh = load i64, %second
  store i64, %second, 7
  %own = load i64, %second
  %found = add %fresh, %own
  %sum = gaddr @sum
  store i64, %sum, %found
  ret
}
func @main() -> i64 {
entry:
  %given = call @Viper.Memory.Alloc(16)
  %second = gep %given, 8
  store i64, %second, 1000
  %child = call @Viper.Threads.Thread.Start(@take, null)
  call @Viper.Memory.Free(%given)
  call @Viper.Threads.Thread.Join(%child)
  %sum = gaddr @sum
  %found = load i64, %sum
  %at = gaddr @taken
  %taken = load ptr, %at
  %is_same = icmp_eq %taken, %given
  cbr %is_same, ^same, ^other
same:
  %more = add %found, 100
  ret %more
other:
  ret %found
}
",
);

/// Edge free->allocate: the old words and the zeroes over them are the next owner's past.
pub(super) const FREED_CELLS: Model = Model {
    name: "freed_cells_are_zero_for_the_next_owner",
    statement: "who is given cells that another thread has freed finds zeroes in them, and then \
                what it wrote itself (SEMANTICS.md, Guest memory; *fresh*)",
    sometimes: &["the same cells", "other cells"],
    size: Size::Exhaustible,
    body: || {
        let limits = Limits { memory_cells: 7, ..LIMITS };
        match result(&run(FREES.loading().limits(limits))) {
            Ok(107) => sometimes("the same cells"),
            Ok(7) => sometimes("other cells"),
            other => panic!("not zeroes, or not its own: {other:?}"),
        }
    },
};

static READS_GLOBALS: Guest = Guest::il(
    "
global i64 @given = 41
global i64 @stored = 0
global i64 @sum = 0
func @child() -> void {
entry:
  %given = gaddr @given
  %a = load i64, %given
  %stored = gaddr @stored
  %b = load i64, %stored
  %both = add %a, %b
  %sum = gaddr @sum
  %old = atomic.rmw add i64, %sum, %both, relaxed
  ret
}
func @main() -> i64 {
entry:
  %stored = gaddr @stored
  store i64, %stored, 1
  %first = call @Viper.Threads.Thread.Start(@child, null)
  %second = call @Viper.Threads.Thread.Start(@child, null)
  call @Viper.Threads.Thread.Join(%first)
  call @Viper.Threads.Thread.Join(%second)
  %sum = gaddr @sum
  %total = load i64, %sum
  ret %total
}
",
);

/// The program is made on one host thread and run on another.
pub(super) const INITIAL_VALUES: Model = Model {
    name: "initial_values_are_there_before_any_thread",
    statement: "every thread sees the globals' initial values, and what its parent stored before \
                it started it (SEMANTICS.md, `ProgramState`; V15, T19)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || assert_eq!(result(&run(READS_GLOBALS.loading())), Ok(84)),
};
