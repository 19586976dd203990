//! The explanations, in the order of the tables in the documentation.

use super::{Example, Explanation};
use crate::reference::ViolationKind;
use crate::session::Fault;

/// A program of the repository, as it is there.
macro_rules! example {
    ($path:literal) => {
        Some(Example { path: $path, text: include_str!(concat!("../../../", $path)) })
    };
}

/// All kinds of violations.
pub static EXPLANATIONS: [Explanation; 19] = [
    Explanation {
        guest: Some(ViolationKind::Assertion),
        rust: None,
        story: "The program states with `Core.Diagnostics.Assert` what must hold at this point, and in this execution \
                it does not. The trace shows the order of operations that leads there. Most of the time, another thread \
                has acted between two steps that the author thought of as one.",
        fix: "Look in the trace for the last step at which all was still well, and for the step of another thread \
              right after it. What must not be interrupted belongs into one atomic operation, or under one monitor from \
              its first read to its last write. Locking each step by itself is not enough.",
        guest_example: example!("programs/wrong/split_increment.il"),
        rust_example: None,
    },
    Explanation {
        guest: Some(ViolationKind::Trap),
        rust: None,
        story: "An instruction or a function of the runtime refuses its operands, and no handler (`eh.push`) catches \
                that: a division by zero, an index outside its range, a thread that joins itself. The message \
                begins with the name of the trap; docs/LANGUAGE.md lists them.",
        fix: "The place that is shown has received a value that it cannot use. If only some schedules lead there, the \
              trace shows which thread has changed that value, or has not yet made it.",
        guest_example: example!("programs/wrong/join_self.il"),
        rust_example: None,
    },
    Explanation {
        guest: Some(ViolationKind::DoubleUnlock),
        rust: None,
        story: "A monitor belongs to the thread that has entered it, as often as it has entered it. A thread has left a \
                monitor that it is not in: it has left it once too often, or another thread is in there.",
        fix: "Each path through a function must leave as often as it enters, also the path of an error. A thread \
              cannot leave a monitor for another one: hand over a task or a flag, and notify.",
        guest_example: example!("programs/wrong/foreign_exit.il"),
        rust_example: None,
    },
    Explanation {
        guest: Some(ViolationKind::OutOfAllocation),
        rust: None,
        story: "A pointer leads outside of the allocation, global or stack slot that it was made from. A machine may have \
                other memory there, so that the program reads or changes what belongs to something else and goes on.",
        fix: "Compare the offset with the size of the allocation. If an index comes from shared memory, another \
              thread may have changed it after it was checked: read it once, and check that copy.",
        guest_example: example!("programs/wrong/overrun.il"),
        rust_example: None,
    },
    Explanation {
        guest: Some(ViolationKind::UseAfterFree),
        rust: Some(Fault::UseAfterFree),
        story: "Memory is used after it has been freed; or one thread uses it and another one frees it, and nothing orders \
                the use before the free. The second is a violation even in an execution in which the use came first, \
                because on another day it comes later.",
        fix: "Free memory only after all other threads are known to be done with it: after joining them, or when a \
              reference count that is decremented with release and read with acquire reaches zero. In Rust, an `Arc` \
              does this.",
        guest_example: example!("programs/wrong/use_after_free.il"),
        rust_example: example!("examples/kinds/use_after_free.rs"),
    },
    Explanation {
        guest: Some(ViolationKind::DoubleFree),
        rust: None,
        story: "The same allocation is freed twice, by one thread or by two.",
        fix: "Decide which thread owns the memory, and let only that one free it. If the last user frees it, whoever \
              that is, count the users with one atomic operation that also returns the old count.",
        guest_example: example!("programs/wrong/double_free.il"),
        rust_example: None,
    },
    Explanation {
        guest: Some(ViolationKind::InvalidFree),
        rust: None,
        story: "`Memory.Free` takes the pointer that `Memory.Alloc` returned. This one leads into the middle of an \
                allocation, to a global, or to a stack slot.",
        fix: "Keep the pointer that `Memory.Alloc` returned for as long as the memory is needed, and free that one.",
        guest_example: example!("programs/wrong/free_inside.il"),
        rust_example: None,
    },
    Explanation {
        guest: Some(ViolationKind::DeadStackSlot),
        rust: None,
        story: "A function has given away the address of its own stack slot (`alloca`), and somebody uses it after the \
                function has returned, or when nothing orders the use before that.",
        fix: "What outlives its function belongs on the heap (`Memory.Alloc`) or in a global; or the function must \
              join the threads that know the address before it returns.",
        guest_example: example!("programs/wrong/dead_stack_slot.il"),
        rust_example: None,
    },
    Explanation {
        guest: Some(ViolationKind::AddressFromInteger),
        rust: None,
        story: "The program uses a number as an address. A pointer carries the allocation that it was made from; a word \
                that was computed from an integer, or from null, has none.",
        fix: "Derive each pointer from the pointer of its allocation with `gep`, and keep pointers in memory as `ptr`.",
        guest_example: example!("programs/wrong/forged_address.il"),
        rust_example: None,
    },
    Explanation {
        guest: Some(ViolationKind::UnrelatedPointers),
        rust: None,
        story: "Two pointers into different allocations are compared with less or greater. Which is lower depends on the \
                order in which memory was handed out, and so on the schedule.",
        fix: "Compare such pointers for equality only. To put locks in an order, give each object a number of its own.",
        guest_example: example!("programs/wrong/order_of_allocations.il"),
        rust_example: None,
    },
    Explanation {
        guest: Some(ViolationKind::DataRace),
        rust: Some(Fault::DataRace),
        story: "Two threads access the same data, at least one of them writes, at least one access is not atomic, and \
                nothing orders them: no lock, no join, no release that the other side acquires. The values that are \
                then read are not those of any interleaving, and in Rust or C the program has no meaning at all.",
        fix: "Guard the data with one lock, on both sides; or pass it on with a release store that the other thread reads \
              with acquire; or, if it is a single word, make every access to it atomic.",
        guest_example: example!("programs/wrong/lost_update.bas"),
        rust_example: example!("examples/kinds/data_race.rs"),
    },
    Explanation {
        guest: Some(ViolationKind::Deadlock),
        rust: Some(Fault::Deadlock),
        story: "Threads wait for each other in a circle, and no schedule leads out of it. Each has something that the next \
                one wants: a lock, its own end that is joined, a notification that it would send. The last lines of the \
                trace, after `...`, show who waits for what.",
        fix: "Take locks in the same order everywhere. Hold no lock while you join a thread, or wait for a condition \
              with another lock. In Rust, a thread that waits for a notification which has been sent already looks \
              like this, too: look at the condition in a loop, under the lock, before waiting.",
        guest_example: example!("programs/wrong/abba.tvm"),
        rust_example: example!("examples/kinds/deadlock.rs"),
    },
    Explanation {
        guest: Some(ViolationKind::LostWakeup),
        rust: None,
        story: "A thread waits for a notification, and all threads that could send one have ended or wait themselves. The \
                notification was sent before the wait began, when nobody heard it, or it woke another thread.",
        fix: "Keep the fact itself in a variable, change it under the monitor, and wait in a loop: while the fact does not \
              hold, wait. Then a notification that comes early is not needed. If threads wait for different facts at one \
              monitor, notify all of them.",
        guest_example: example!("programs/wrong/lost_notify.il"),
        rust_example: None,
    },
    Explanation {
        guest: Some(ViolationKind::Livelock),
        rust: Some(Fault::Livelock),
        story: "Threads run on and on without any progress, although each of them gets its turn: they return to a state \
                that they have been in. The trace marks the steps that repeat themselves. In Rust code, it is a loop that \
                looks for a value which no thread is left to write.",
        fix: "Somebody must be able to win. Take locks in one order instead of giving them back and trying again, or \
              let one of the threads wait until the other is done. In a loop that waits for a value, look for the thread \
              that should write it.",
        guest_example: example!("programs/wrong/polite_retreat.il"),
        rust_example: example!("examples/kinds/livelock.rs"),
    },
    Explanation {
        guest: Some(ViolationKind::Leak),
        rust: Some(Fault::Leak),
        story: "Something is left behind when the program ends: a thread that nobody has joined, memory that nobody has \
                freed and to which no global leads, an owner that is never dropped. In guest programs it is looked for with \
                `--leaks`, or if the header expects it.",
        fix: "Join each thread that you start, and free each allocation on every path. In Rust, look for a circle of \
              `Arc`s, and make one of them `Weak`.",
        guest_example: example!("programs/wrong/leak.il"),
        rust_example: example!("examples/kinds/leak.rs"),
    },
    Explanation {
        guest: Some(ViolationKind::BrokenClaim),
        rust: None,
        story: "A litmus test claims something about the end of each execution: `forall` that a condition holds, `~exists` \
                that it never does. This execution ends otherwise. The memory model allows it, so a compiler or a processor \
                may show it.",
        fix: "If the claim is what you need, the accesses are too weak: the trace shows which load takes an older value. \
              Strengthen them (`memory_order_release` with `memory_order_acquire`, or `memory_order_seq_cst` where two \
              locations must agree on one order), or put a fence between them.",
        guest_example: example!("examples/kinds/broken_claim.litmus"),
        rust_example: None,
    },
    Explanation {
        guest: Some(ViolationKind::UnexpectedOutcome),
        rust: None,
        story: "With `--engine all`, an engine has shown an outcome of the machine that the reference does not have. No \
                program is known that shows it.",
        fix: "This is a fault of drawloom or of the tool that it drives, not of the program: please report it, with the \
              program and the command.",
        guest_example: None,
        rust_example: None,
    },
    Explanation {
        guest: None,
        rust: Some(Fault::Panic),
        story: "A panic leaves a thread or the body: most of the time an assertion that does not hold in this execution. The \
                trace shows the order of operations, with their source lines, that leads there.",
        fix: "Look in the trace for a step of another thread between two steps that belong together. Make them one \
              operation (`fetch_add` instead of a load and a store), or keep the lock from the first to the last. If the \
              trace has a load that reads an older value, the orderings are too weak.",
        guest_example: None,
        rust_example: example!("examples/kinds/panic.rs"),
    },
    Explanation {
        guest: None,
        rust: Some(Fault::StackOverflow),
        story: "A thread's stack is nearly full when it performs an operation. A thread of heddle has 1 MiB \
                (`Heddle::stack_bytes`), which is less than a thread of the system has.",
        fix: "Look for a recursion that does not end in this execution. If the depth is right, give threads more stack, or \
              keep large arrays on the heap.",
        guest_example: None,
        rust_example: example!("examples/kinds/stack_overflow.rs"),
    },
];
