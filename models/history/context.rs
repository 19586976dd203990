//! Runtime contexts: who is bound to one, and who may clean it up.

use std::cell::Cell;

use super::parts::Allocation;
use super::sync::Ordering::{AcqRel, Relaxed};
use super::sync::{Arc, AtomicU32, Mutex, local, thread};
use super::{Bug, Shows};

local! {
    static VM: Cell<Option<u32>> = Cell::new(None);
    static CONTEXT: Cell<Option<u32>> = Cell::new(None);
}

/// What a guard found when it was entered.
struct Found {
    vm: Option<u32>,
    context: Option<u32>,
}

fn context_of(vm: u32) -> u32 {
    10 * vm
}

/// A thread that has inherited a context, but no VM, enters a guard and leaves it.
fn nested_guard(leave: fn(&Found)) {
    let inherits = thread::spawn(move || {
        let inherited = Some(context_of(7));
        CONTEXT.set(inherited);
        let found =
            Found { vm: VM.replace(Some(1)), context: CONTEXT.replace(Some(context_of(1))) };
        leave(&found);
        assert_eq!(CONTEXT.get(), inherited, "the inherited context is lost");
    });
    inherits.join().unwrap();
}

pub(super) const V3: Bug = Bug {
    id: "V3",
    origin: "Viper, guard drop",
    title: "a nested guard takes an inherited context away",
    story: "Leaving a guard set the thread's context to that of the VM that was active before, or \
            to none, and not to the context that it had found. A thread that had inherited a \
            context without a VM lost it.",
    missing: "both saved values are restored, each from what was found",
    shows: Shows::Always,
    wrong: || {
        nested_guard(|found| {
            VM.set(found.vm);
            CONTEXT.set(found.vm.map(context_of));
        });
    },
    right: || {
        nested_guard(|found| {
            VM.set(found.vm);
            CONTEXT.set(found.context);
        });
    },
};

/// A context's state, and who is bound to it.
#[derive(Default)]
struct Binding {
    bound: u32,
    state: Option<u32>,
}

/// Two threads bind themselves, use the state and leave.
fn two_are_bound(unbind: fn(&mut Binding)) {
    let context = Arc::new(Mutex::new(Binding::default()));
    let shared = context.clone();
    let uses = move |context: &Mutex<Binding>| {
        {
            let mut context = context.lock().unwrap();
            context.bound += 1;
            context.state.get_or_insert(1);
        }
        assert!(context.lock().unwrap().state.is_some(), "the state is gone under a bound thread");
        unbind(&mut context.lock().unwrap());
    };
    let other = thread::spawn(move || uses(&shared));
    uses(&context);
    other.join().unwrap();
}

pub(super) const V4: Bug = Bug {
    id: "V4",
    origin: "Viper, context unbind",
    title: "the first thread to leave a context resets it for the others",
    story: "Unbinding reset the shared context, whoever else was bound. Of two threads, the one that \
            stayed had no state any more.",
    missing: "a count of the threads that are bound; the last one resets",
    shows: Shows::InSomeSchedule,
    wrong: || two_are_bound(|context| context.state = None),
    right: || {
        two_are_bound(|context| {
            context.bound -= 1;
            if context.bound == 0 {
                context.state = None;
            }
        });
    },
};

/// A context that the last thread to leave frees.
struct Counted {
    bound: AtomicU32,
    state: Allocation,
}

impl Counted {
    fn bind(&self) {
        // Relaxed: whoever binds a thread is bound already.
        self.bound.fetch_add(1, Relaxed);
    }

    fn unbind(&self) {
        // AcqRel: the last one frees what the others have used.
        if self.bound.fetch_sub(1, AcqRel) == 1 {
            self.state.free();
        }
    }
}

/// A bound parent starts a child and leaves.
fn parent_leaves(before_the_start: fn(&Counted), in_the_child: fn(&Counted)) {
    let context = Arc::new(Counted { bound: AtomicU32::new(1), state: Allocation::new(1) });
    let shared = context.clone();
    before_the_start(&context);
    let child = thread::spawn(move || {
        in_the_child(&shared);
        shared.state.get();
        shared.unbind();
    });
    context.unbind();
    child.join().unwrap();
}

pub(super) const V5: Bug = Bug {
    id: "V5",
    origin: "Viper, context bind",
    title: "a child binds itself, and its parent has cleaned up by then",
    story: "The child counted itself as bound in its first step. The parent could leave between the \
            start and that step, was the last one then, and cleaned up.",
    missing: "the edge start->child: the parent counts the child before it starts it",
    shows: Shows::InSomeSchedule,
    wrong: || parent_leaves(|_| {}, Counted::bind),
    right: || parent_leaves(Counted::bind, |_| {}),
};

/// A context that somebody cleans up when nobody is bound.
struct Cleanable {
    bound: u32,
    is_destroyed: bool,
}

/// One thread binds itself, if it still can, and another one cleans up.
fn bind_against_clean_up(clean_up: fn(&Mutex<Cleanable>)) {
    let context = Arc::new(Mutex::new(Cleanable { bound: 0, is_destroyed: false }));
    let shared = context.clone();
    let user = thread::spawn(move || {
        {
            let mut context = shared.lock().unwrap();
            if context.is_destroyed {
                return;
            }
            context.bound += 1;
        }
        let mut context = shared.lock().unwrap();
        assert!(!context.is_destroyed, "destroyed while a thread is bound");
        context.bound -= 1;
    });
    clean_up(&context);
    user.join().unwrap();
}

pub(super) const V6: Bug = Bug {
    id: "V6",
    origin: "Viper, context clean-up",
    title: "a thread binds itself between the check and the destruction",
    story: "Clean-up looked whether the count was zero, and then destroyed. Nothing kept a thread \
            from binding itself between the two.",
    missing: "one critical section for the check and what it allows",
    shows: Shows::InSomeSchedule,
    wrong: || {
        bind_against_clean_up(|context| {
            let is_unused = context.lock().unwrap().bound == 0;
            if is_unused {
                context.lock().unwrap().is_destroyed = true;
            }
        });
    },
    right: || {
        bind_against_clean_up(|context| {
            let mut context = context.lock().unwrap();
            if context.bound == 0 {
                context.is_destroyed = true;
            }
        });
    },
};

/// A program's state: the last reference to go cleans up.
struct Referenced {
    references: AtomicU32,
    bound: AtomicU32,
}

impl Referenced {
    fn unbind(&self) {
        // Relaxed: giving up the reference, afterwards, orders it.
        self.bound.fetch_sub(1, Relaxed);
    }

    fn give_up_reference(&self) {
        // AcqRel: the last one cleans up after the others.
        if self.references.fetch_sub(1, AcqRel) == 1 {
            assert_eq!(self.bound.load(Relaxed), 0, "clean-up finds a bound thread");
        }
    }
}

/// Two threads, both bound, with a reference each, end; one of them as it should.
fn two_end(end: fn(&Referenced)) {
    let state = Arc::new(Referenced { references: AtomicU32::new(2), bound: AtomicU32::new(2) });
    let shared = state.clone();
    let other = thread::spawn(move || unbound_first(&shared));
    end(&state);
    other.join().unwrap();
}

fn unbound_first(state: &Referenced) {
    state.unbind();
    state.give_up_reference();
}

pub(super) const V35: Bug = Bug {
    id: "V35",
    origin: "Viper, exit of a thread",
    title: "a thread gives up the state to which it is still bound",
    story: "An ending thread gave up its reference first and unbound itself then. Between the two, \
            another thread could give up the last reference; its clean-up found a bound thread and \
            aborted the process. Six stress runs of six showed it.",
    missing: "the order: unbound first, so that the last reference knows of no bound thread",
    shows: Shows::InSomeSchedule,
    wrong: || {
        two_end(|state| {
            state.give_up_reference();
            state.unbind();
        });
    },
    right: || two_end(unbound_first),
};
