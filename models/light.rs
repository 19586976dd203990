//! Models of virtual threads: guests that are data, and two workers that run them.
//!
//! The idea: what a guest does before it comes to rest is in a plain cell, and what it does after that, perhaps on the
//! other worker, is there too, so that a guest that two workers run at once is a race. A guest that nobody wakes leaves
//! the workers waiting, which is a deadlock of the host, and every engine sees it.

use std::num::NonZeroUsize;

use super::guest::{Guest, LIMITS, host, result, run, with_plain_cell, with_plain_counter};
use super::sync::{Arc, Condvar, Mutex, sometimes};
use super::{Limits, Loading, Model, OnExit, Registry, Size, ThreadModel, active, blocking};
use crate::il::Type;
use crate::interp::TrapKind;

fn on_two_workers(guest: &Guest) -> Loading {
    guest.loading().threads(ThreadModel::Virtual(NonZeroUsize::MIN.saturating_add(1)))
}

static WRITES_AND_IS_JOINED: Guest = Guest::il(
    "
extern @Model.Write(i64) -> void
extern @Model.Read() -> i64
func @writes() -> void {
entry:
  call @Model.Write(42)
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@writes, null)
  call @Viper.Threads.Thread.Join(%child)
  %value = call @Model.Read()
  ret %value
}
",
);

/// A guest comes to rest while the one that it waits for ends.
pub(super) const PARK_AGAINST_WAKE: Model = Model {
    name: "a_virtual_thread_at_rest_is_woken",
    statement: "a virtual thread that waits goes on once it can, and comes after what has let it (THREADS.md)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || {
        let finished = run(on_two_workers(&WRITES_AND_IS_JOINED).registry(with_plain_cell()));
        assert_eq!((result(&finished), finished.threads), (Ok(42), 2));
    },
};

static GIVES_WAY: Guest = Guest::il(
    "
extern @Model.Bump() -> i64
func @main() -> i64 {
entry:
  %first = call @Model.Bump()
  call @Viper.Threads.Thread.Yield()
  br ^next(0)
next(%i: i64):
  %after = iadd.ovf %i, 1
  %more = scmp_lt %after, 4
  cbr %more, ^next(%after), ^done
done:
  %second = call @Model.Bump()
  ret %second
}
",
);

/// A guest gives way and uses up slices, so that either worker may take it.
pub(super) const ONE_WORKER: Model = Model {
    name: "one_worker_runs_a_virtual_thread",
    statement: "a virtual thread runs on one worker at a time, and goes on where it was (THREADS.md)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || {
        let loading = on_two_workers(&GIVES_WAY).limits(Limits { slice: 1, ..LIMITS });
        let finished = run(loading.registry(with_plain_counter()));
        assert_eq!(result(&finished), Ok(2));
    },
};

static STOPS_A_SLEEPER: Guest = Guest::il(
    "
func @sleeps() -> void {
entry:
  call @Viper.Threads.Thread.Sleep(1000)
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@sleeps, null)
  ret 7
}
",
);

/// A stop meets a guest that comes to rest.
pub(super) const STOP_AGAINST_PARK: Model = Model {
    name: "a_virtual_thread_that_comes_to_rest_is_stopped",
    statement: "a stop reaches a virtual thread that waits, or is about to (THREADS.md)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || {
        let loading = on_two_workers(&STOPS_A_SLEEPER).on_exit(OnExit::Interrupt);
        assert_eq!(result(&run(loading)), Ok(7));
    },
};

/// `Model.Await` blocks until `Model.Give` has been called.
fn with_give_and_await() -> Arc<Registry> {
    let given = Arc::new((Mutex::new(false), Condvar::new()));
    let kept = given.clone();
    let registry = Arc::new(Registry::new());
    let awaited = given.clone();
    host(&registry, "Model.Give", &[], Type::Void, move |_| {
        *given.0.lock().unwrap() = true;
        given.1.notify_one();
        0
    });
    host(&registry, "Model.Await", &[], Type::Void, move |_| {
        blocking(|| {
            let given = awaited.0.lock().unwrap();
            drop(awaited.1.wait_while(given, |given| !*given).unwrap());
        });
        0
    });
    host(&registry, "Model.Block", &[], Type::Void, |_| blocking(|| 0));
    host(&registry, "Model.Keep", &[], Type::Void, move |_| {
        let given = kept.0.lock().unwrap();
        drop(kept.1.wait_while(given, |given| !*given).unwrap());
        0
    });
    registry
}

/// The second call goes on only when another guest has run; after the first one a stand-in may be idle.
static CALLS: Guest = Guest::il(
    "
extern @Model.Block() -> void
extern @Model.Give() -> void
extern @Model.Await() -> void
func @gives() -> void {
entry:
  call @Model.Give()
  ret
}
func @main() -> i64 {
entry:
  call @Model.Block()
  %child = call @Viper.Threads.Thread.Start(@gives, null)
  call @Model.Await()
  call @Viper.Threads.Thread.Join(%child)
  ret 3
}
",
);

/// A worker stands in for one that is in a call that blocks.
pub(super) const STAND_IN: Model = Model {
    name: "a_call_that_blocks_keeps_no_virtual_thread_waiting",
    statement: "while a host function blocks, another worker runs the others (THREADS.md)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || {
        let one = ThreadModel::Virtual(NonZeroUsize::MIN);
        assert_eq!(
            result(&run(CALLS.loading().registry(with_give_and_await()).threads(one))),
            Ok(3)
        );
    },
};

/// The one that calls first waits for the other.
static TAKEN_TOGETHER: Guest = Guest::il(
    "
extern @Model.Give() -> void
extern @Model.Await() -> void
func @awaits() -> void {
entry:
  call @Model.Await()
  ret
}
func @gives() -> void {
entry:
  call @Model.Give()
  ret
}
func @main() -> i64 {
entry:
  %first = call @Viper.Threads.Thread.Start(@awaits, null)
  %second = call @Viper.Threads.Thread.Start(@gives, null)
  call @Viper.Threads.Thread.Join(%first)
  call @Viper.Threads.Thread.Join(%second)
  ret 3
}
",
);

/// A worker gives back a guest that it has taken together with one whose call blocks.
pub(super) const GIVEN_BACK: Model = Model {
    name: "a_call_that_blocks_keeps_no_guest_that_its_worker_has_taken",
    statement: "a worker gives back the guests that it has taken before one of them calls the embedder (THREADS.md)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || {
        let one = ThreadModel::Virtual(NonZeroUsize::MIN);
        let loading = TAKEN_TOGETHER.loading().registry(with_give_and_await());
        assert_eq!(result(&run(loading.threads(one))), Ok(3));
    },
};

/// The first of the two gives back the second one while main's worker returns from a call.
static TWO_CALL: Guest = Guest::il(
    "
extern @Model.Block() -> void
func @calls() -> void {
entry:
  call @Model.Block()
  ret
}
func @main() -> i64 {
entry:
  %first = call @Viper.Threads.Thread.Start(@calls, null)
  %second = call @Viper.Threads.Thread.Start(@calls, null)
  call @Model.Block()
  ret 3
}
",
);

/// What a worker gives back goes to the others while they come and go.
pub(super) const GIVES_BACK: Model = Model {
    name: "guests_are_given_back_while_a_worker_returns",
    statement: "a worker gives back guests with the table locked (THREADS.md)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || {
        let one = ThreadModel::Virtual(NonZeroUsize::MIN);
        let loading = TWO_CALL.loading().registry(with_give_and_await());
        assert_eq!(result(&run(loading.threads(one))), Ok(3));
    },
};

/// Main keeps its worker until the other one has run.
static KEEPS_ITS_WORKER: Guest = Guest::il(
    "
extern @Model.Give() -> void
extern @Model.Keep() -> void
func @gives() -> void {
entry:
  call @Model.Give()
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@gives, null)
  call @Model.Keep()
  ret 3
}
",
);

/// A worker that waits is called when a guest starts.
pub(super) const START_CALLS: Model = Model {
    name: "a_start_calls_a_worker_that_waits",
    statement: "a guest that can go on does not wait for the worker that has made it ready (THREADS.md)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || {
        let loading = on_two_workers(&KEEPS_ITS_WORKER).registry(with_give_and_await());
        assert_eq!(result(&run(loading)), Ok(3));
    },
};

static TRAPS_BESIDE_LOOP: Guest = Guest::il(
    "
extern @Model.Ran() -> void
func @loops() -> void {
entry:
  br ^next(0)
next(%i: i64):
  %after = iadd.ovf %i, 1
  %more = scmp_lt %after, 2
  cbr %more, ^next(%after), ^done
done:
  call @Model.Ran()
  ret
}
func @main() -> i64 {
entry:
  %looping = call @Viper.Threads.Thread.Start(@loops, null)
  %quotient = sdiv.chk0 1, 0
  ret 0
}
",
);

/// A stop meets a guest that runs on the other worker.
pub(super) const STOPS_LOOP: Model = Model {
    name: "an_uncaught_trap_reaches_a_virtual_thread_that_runs",
    statement: "a virtual thread that does not wait is stopped at the end of its slice (THREADS.md)",
    sometimes: &["it ran to its end", "it was stopped"],
    size: Size::Preemptions(2),
    body: || {
        let ran = Arc::new(Mutex::new(false));
        let registry = Arc::new(Registry::new());
        let runs = ran.clone();
        host(&registry, "Model.Ran", &[], Type::Void, move |_| {
            *runs.lock().unwrap() = true;
            0
        });
        let loading = on_two_workers(&TRAPS_BESIDE_LOOP).registry(registry);
        let finished = run(loading.limits(Limits { slice: 1, ..LIMITS }));
        assert_eq!(result(&finished), Err(TrapKind::DivideByZero));
        let has_run = *ran.lock().unwrap();
        sometimes(if has_run { "it ran to its end" } else { "it was stopped" });
    },
};

static SAYS_WHERE_IT_IS: Guest = Guest::il(
    "
extern @Model.Here() -> void
func @says() -> void {
entry:
  call @Model.Here()
  ret
}
func @main() -> i64 {
entry:
  call @Model.Here()
  %child = call @Viper.Threads.Thread.Start(@says, null)
  call @Viper.Threads.Thread.Join(%child)
  call @Model.Here()
  ret 0
}
",
);

/// A worker passes from one guest to the next.
pub(super) const ITS_OWN_VM: Model = Model {
    name: "a_virtual_thread_has_its_own_vm_active",
    statement: "a host function finds the VM of the virtual thread that called it, whatever its worker has run before \
                (THREADS.md)",
    sometimes: &[],
    size: Size::Preemptions(2),
    body: || {
        let (registry, seen) = (Arc::new(Registry::new()), Arc::new(Mutex::new(Vec::new())));
        let here = seen.clone();
        host(&registry, "Model.Here", &[], Type::Void, move |_| {
            here.lock().unwrap().push(active().expect("a VM is active during a call"));
            0
        });
        let loading = on_two_workers(&SAYS_WHERE_IT_IS).registry(registry);
        assert_eq!(result(&run(loading)), Ok(0));
        assert_eq!(active(), None);
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        let [first, childs, last] = seen[..] else { panic!("three calls: {seen:?}") };
        assert!(first == last && childs != first, "{seen:?}");
    },
};
