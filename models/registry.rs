//! Models of the registries of host functions: the global one and a program's own.
//!
//! The idea: a host thread registers, overwrites or takes away while a guest calls, and the function
//! itself says when it is called although it must not be any more.

use super::guest::{Guest, host, result, start};
use super::sync::{Arc, AtomicBool, Mutex, Ordering, Plain, sometimes, thread};
use super::{Extern, Model, Registry, Size, global_registry};
use crate::il::Type;
use crate::interp::TrapKind;

static CALLS_ONCE: Guest = Guest::il(
    "
extern @Model.F() -> i64
func @main() -> i64 {
entry:
  %a = call @Model.F()
  ret %a
}
",
);

/// The result is two digits, one per call.
static CALLS_TWICE: Guest = Guest::il(
    "
extern @Model.F() -> i64
func @main() -> i64 {
entry:
  %a = call @Model.F()
  %tens = mul %a, 10
  %b = call @Model.F()
  %sum = add %tens, %b
  ret %sum
}
",
);

/// Calls with a cold cache, asks whether the function is gone, and calls again if it is.
static CALLS_AGAIN_WHEN_GONE: Guest = Guest::il(
    "
extern @Model.F() -> i64
extern @Model.IsGone() -> i1
func @main() -> i64 {
entry:
  eh.push ^missing
  %a = call @Model.F()
  eh.pop
  br ^ask
missing(%error: error, %token: resumetok):
  resume.label %token, ^ask
ask:
  %gone = call @Model.IsGone()
  cbr %gone, ^again, ^end
again:
  %b = call @Model.F()
  ret %b
end:
  ret 0
}
",
);

static CALLS_IN_CHILD: Guest = Guest::il(
    "
extern @Model.F() -> i64
global i64 @result = 0
func @child() -> void {
entry:
  %result = gaddr @result
  %a = call @Model.F()
  store i64, %result, %a
  ret
}
func @main() -> i64 {
entry:
  %child = call @Viper.Threads.Thread.Start(@child, null)
  call @Viper.Threads.Thread.Join(%child)
  %result = gaddr @result
  %a = load i64, %result
  ret %a
}
",
);

/// Says when it is dropped.
struct Canary(Arc<AtomicBool>);

impl Drop for Canary {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The function lives in the registry and in the calls that have it, and nowhere else.
pub(super) const CALL_IN_FLIGHT: Model = Model {
    name: "a_call_in_flight_keeps_its_function",
    statement: "a look-up hands out an owned entry: taking a name away does not take the function \
                away from a call in flight (SEMANTICS.md, Extern registry; V1, V36)",
    sometimes: &["taken away in flight", "taken away before", "taken away after"],
    size: Size::Exhaustible,
    body: || {
        let dropped = Arc::new(AtomicBool::new(false));
        let removed = Arc::new(AtomicBool::new(false));
        let canary = Canary(dropped.clone());
        let seen = removed.clone();
        host(global_registry(), "Model.F", &[], Type::I64, move |_| {
            // Relaxed: the questions are asked to let the other thread in, not to learn much.
            let before = seen.load(Ordering::Relaxed);
            let after = seen.load(Ordering::Relaxed);
            assert!(!canary.0.load(Ordering::Relaxed), "a function is dropped while it runs");
            if after && !before {
                sometimes("taken away in flight");
            }
            1
        });
        let program = start(CALLS_ONCE.loading());
        drop(global_registry().unregister("Model.F"));
        removed.store(true, Ordering::Relaxed);
        match result(&program.join().unwrap()) {
            Ok(_) => sometimes("taken away after"),
            Err(kind) => {
                assert_eq!(kind, TrapKind::InvalidOperation);
                sometimes("taken away before");
            }
        }
        assert!(dropped.load(Ordering::Relaxed), "a cache outlives its VM");
    },
};

/// The edge is a lock of the embedder's.
pub(super) const GONE_FROM_GLOBAL: Model = Model {
    name: "a_function_taken_away_is_not_called_again",
    statement: "once an unregister happens before a call, the call does not reach the old \
                function, with a warm cache either (SEMANTICS.md, Extern registry; V1)",
    sometimes: GONE_LABELS,
    size: Size::Exhaustible,
    body: || taken_away(&Arc::new(Registry::new()), |_| global_registry()),
};

/// The same for the registry that a program has of its own.
pub(super) const GONE_FROM_OWN: Model = Model {
    name: "a_function_taken_away_from_a_programs_own_registry_is_not_called_again",
    statement: "the same for a program's own registry (SEMANTICS.md, Extern registry; V1)",
    sometimes: GONE_LABELS,
    size: Size::Exhaustible,
    body: || taken_away(&Arc::new(Registry::new()), |own| own),
};

const GONE_LABELS: &[&str] = &["gone, and known to be", "not known to be gone"];

fn taken_away(own: &Arc<Registry>, place: fn(&Registry) -> &Registry) {
    let gone = Arc::new(Mutex::new(false));
    let asked = gone.clone();
    host(place(own), "Model.F", &[], Type::I64, |_| 1);
    host(own, "Model.IsGone", &[], Type::I1, move |_| u64::from(*asked.lock().unwrap()));
    let program = start(CALLS_AGAIN_WHEN_GONE.loading().registry(own.clone()));
    drop(place(own).unregister("Model.F"));
    *gone.lock().unwrap() = true;
    match result(&program.join().unwrap()) {
        Ok(0) => sometimes("not known to be gone"),
        Err(TrapKind::InvalidOperation) => sometimes("gone, and known to be"),
        other => panic!("the old function was called: {other:?}"),
    }
}

/// The edge is a join, inside a call.
pub(super) const GONE_AFTER_JOIN: Model = Model {
    name: "a_function_that_a_joined_thread_took_away_is_not_called_again",
    statement: "the same when the edge is a join (SEMANTICS.md, Extern registry; V1)",
    sometimes: &["found meanwhile", "gone meanwhile"],
    size: Size::Exhaustible,
    body: || {
        let own = Arc::new(Registry::new());
        host(global_registry(), "Model.F", &[], Type::I64, |_| 1);
        host(&own, "Model.IsGone", &[], Type::I1, |_| {
            let thread = thread::spawn(|| drop(global_registry().unregister("Model.F")));
            thread.join().unwrap();
            1
        });
        let program = start(CALLS_AGAIN_WHEN_GONE.loading().registry(own));
        // Who looks up meanwhile gets a share, and disturbs nobody.
        let found = global_registry().look_up("Model.F").is_some();
        sometimes(if found { "found meanwhile" } else { "gone meanwhile" });
        assert_eq!(result(&program.join().unwrap()), Err(TrapKind::InvalidOperation));
    },
};

/// Two calls around one change.
pub(super) const OVERWRITE: Model = Model {
    name: "overwriting_gives_the_old_or_the_new_function",
    statement: "a call during an overwrite reaches the old function or the new one, never none, \
                and never the old one after the new one (SEMANTICS.md, Extern registry; V1)",
    sometimes: &["both old", "old, then new", "both new"],
    size: Size::Exhaustible,
    body: || {
        host(global_registry(), "Model.F", &[], Type::I64, |_| 1);
        let program = start(CALLS_TWICE.loading());
        let replaced =
            global_registry().register(Extern::new("Model.F", &[], Type::I64, |_| 2)).unwrap();
        assert!(replaced.is_some());
        drop(replaced);
        match result(&program.join().unwrap()) {
            Ok(11) => sometimes("both old"),
            Ok(12) => sometimes("old, then new"),
            Ok(22) => sometimes("both new"),
            other => panic!("neither old nor new: {other:?}"),
        }
    },
};

/// What the function uses is plain data.
pub(super) const REGISTERING_PUBLISHES: Model = Model {
    name: "registering_publishes_what_the_function_uses",
    statement: "who finds a function finds what was done before it was registered (V9)",
    sometimes: &["found", "not registered yet"],
    size: Size::Exhaustible,
    body: || {
        let cell = Arc::new(Plain::new(0_u64));
        let program = start(CALLS_ONCE.loading());
        cell.with_mut(|value| *value = 7);
        host(global_registry(), "Model.F", &[], Type::I64, move |_| cell.with(|value| *value));
        match result(&program.join().unwrap()) {
            Ok(7) => sometimes("found"),
            Err(TrapKind::InvalidOperation) => sometimes("not registered yet"),
            other => panic!("found before it was whole: {other:?}"),
        }
    },
};

/// The embedder lets go of the registry as soon as the program has it.
pub(super) const INHERITED: Model = Model {
    name: "a_guest_thread_inherits_its_parents_registry",
    statement: "a child resolves in its parent's own registry first, and keeps it alive \
                (SEMANTICS.md, `Thread.Start`; V2)",
    sometimes: &[],
    size: Size::Exhaustible,
    body: || {
        let own = Arc::new(Registry::new());
        host(&own, "Model.F", &[], Type::I64, |_| 7);
        host(global_registry(), "Model.F", &[], Type::I64, |_| 9);
        let program = start(CALLS_IN_CHILD.loading().registry(own.clone()));
        drop(own);
        assert_eq!(result(&program.join().unwrap()), Ok(7));
    },
};

/// Two signatures for one name.
pub(super) const STRICT: Model = Model {
    name: "in_strict_mode_one_of_two_signatures_wins",
    statement: "of two conflicting registrations one is refused, whichever comes first, and the \
                other stays (SEMANTICS.md, Extern registry, strict mode)",
    sometimes: &["the integer won", "the float won"],
    size: Size::Exhaustible,
    body: || {
        let registry = global_registry();
        registry.set_strict(true);
        let register = |result| registry.register(Extern::new("Model.F", &[], result, |_| 0));
        let other = thread::spawn(move || {
            // It is strict already; who says so again, meanwhile, disturbs nobody.
            registry.set_strict(true);
            register(Type::F64).is_ok()
        });
        let won = registry.register(Extern::new("model.f", &[], Type::I64, |_| 0));
        assert_ne!(won.is_ok(), other.join().unwrap(), "one wins");
        let stays = registry.look_up("MODEL.F").expect("one is registered").signature().result;
        sometimes(if stays == Type::I64 { "the integer won" } else { "the float won" });
        assert_eq!(stays == Type::I64, won.is_ok());
        if let Err(conflict) = won {
            assert_eq!((conflict.registered.result, conflict.refused.result), (stays, Type::I64));
        }
    },
};
