//! Guest threads: how they start, who joins them, and what they may rely on meanwhile.

use super::parts::{Allocation, Signal};
use super::sync::Ordering::{AcqRel, Relaxed};
use super::sync::{Arc, AtomicBool, AtomicU32, refuse_spawn, thread};
use super::{Bug, Shows};

/// A handle that may be detached, and how often it has been.
#[derive(Default)]
struct Handle {
    is_detached: AtomicBool,
    detachments: AtomicU32,
}

impl Handle {
    fn detach(&self) {
        // Relaxed: counts.
        let earlier = self.detachments.fetch_add(1, Relaxed);
        assert_eq!(earlier, 0, "detached twice");
    }
}

/// The creator detaches the thread, and so does the thread when it ends.
fn both_detach(detach: fn(&Handle)) {
    let handle = Arc::new(Handle::default());
    let shared = handle.clone();
    let child = thread::spawn(move || detach(&shared));
    detach(&handle);
    child.join().unwrap();
}

pub(super) const V18: Bug = Bug {
    id: "V18",
    origin: "Viper, detach",
    title: "creator and child both detach",
    story: "Both looked whether the handle was detached, and then detached it. A child that was fast \
            enough did so between its creator's look and its creator's note.",
    missing: "one step for the question and the note: a swap",
    shows: Shows::InSomeSchedule,
    wrong: || {
        both_detach(|handle| {
            // Relaxed: this goes wrong under any ordering.
            if !handle.is_detached.load(Relaxed) {
                handle.detach();
                handle.is_detached.store(true, Relaxed);
            }
        });
    },
    right: || {
        both_detach(|handle| {
            // Relaxed: of two swaps one is the first, whatever the ordering.
            if !handle.is_detached.swap(true, Relaxed) {
                handle.detach();
            }
        });
    },
};

/// A thread that can be joined.
#[derive(Default)]
struct Joinable {
    end: Signal,
    is_joined: AtomicBool,
}

/// What a joiner gets.
#[derive(PartialEq, Eq, Debug)]
enum Joined {
    Ended,
    Trapped,
}

/// Two threads join a third.
fn two_join(join: fn(&Joinable) -> Joined) {
    let joinable = Arc::new(Joinable::default());
    let shared = joinable.clone();
    let ends = thread::spawn(move || shared.end.set());
    let shared = joinable.clone();
    let joiner = thread::spawn(move || join(&shared));
    let outcomes = [join(&joinable), joiner.join().unwrap()];
    assert_eq!(outcomes, [Joined::Ended, Joined::Ended], "timing decides who traps");
    ends.join().unwrap();
}

pub(super) const V20: Bug = Bug {
    id: "V20",
    origin: "Viper, join",
    title: "whether a second joiner traps depends on timing",
    story: "Joining a thread that had been joined was a trap, but the note was made after the wait. \
            Two joiners that waited together both got through; one that came later trapped.",
    missing: "a rule without a race: any number of joiners, and none traps",
    shows: Shows::InSomeSchedule,
    wrong: || {
        two_join(|thread| {
            // Relaxed: this goes wrong under any ordering.
            if thread.is_joined.load(Relaxed) {
                return Joined::Trapped;
            }
            thread.end.wait();
            thread.is_joined.store(true, Relaxed);
            Joined::Ended
        });
    },
    right: || {
        two_join(|thread| {
            thread.end.wait();
            Joined::Ended
        });
    },
};

/// A module with a count of those who use it.
struct Module {
    users: AtomicU32,
    code: Allocation,
}

impl Module {
    fn leave(&self) {
        // AcqRel: the last one frees what the others have used.
        if self.users.fetch_sub(1, AcqRel) == 1 {
            self.code.free();
        }
    }
}

pub(super) const V21: Bug = Bug {
    id: "V21",
    origin: "Viper, thread entry",
    title: "a guest thread runs on a module that its caller has freed",
    story: "A guest thread borrowed the module of the call that had started it. Nothing made that \
            call wait, and when it returned first the module was gone under the guest. (That it also \
            left a stale active VM behind when it unwound is V23's story.)",
    missing: "a share for the guest, counted before it starts",
    shows: Shows::InSomeSchedule,
    wrong: || {
        let module = Arc::new(Allocation::new(1));
        let borrowed = module.clone();
        let guest = thread::spawn(move || borrowed.get());
        module.get();
        module.free();
        guest.join().unwrap();
    },
    right: || {
        let module = Arc::new(Module { users: AtomicU32::new(2), code: Allocation::new(1) });
        let shared = module.clone();
        let guest = thread::spawn(move || {
            shared.code.get();
            shared.leave();
        });
        module.code.get();
        module.leave();
        guest.join().unwrap();
    },
};

/// Starts two threads with a payload each, of which the system refuses the first.
fn first_start_is_refused(after_refusal: fn(&AtomicU32)) {
    let payloads = Arc::new(AtomicU32::new(0));
    refuse_spawn(1);
    let handles = [(), ()].map(|()| {
        // Relaxed: counts; the joins order.
        payloads.fetch_add(1, Relaxed);
        let shared = payloads.clone();
        let started = thread::Builder::new().spawn(move || {
            shared.fetch_sub(1, Relaxed);
        });
        if started.is_err() {
            after_refusal(&payloads);
        }
        started.ok()
    });
    for handle in handles.into_iter().flatten() {
        handle.join().unwrap();
    }
    assert_eq!(payloads.load(Relaxed), 0, "a payload is leaked");
}

pub(super) const V24: Bug = Bug {
    id: "V24",
    origin: "Viper, refused start",
    title: "a refused start leaks what the thread was to get",
    story: "The payload was made, and handed to a thread that the system refused to start. The \
            caller got a null handle, and nobody had the payload any more.",
    missing: "the way back: who fails to hand something over still has it",
    shows: Shows::Always,
    wrong: || first_start_is_refused(|_| {}),
    right: || {
        first_start_is_refused(|payloads| {
            // Relaxed: counts.
            payloads.fetch_sub(1, Relaxed);
        });
    },
};
