//! Things that are made once: who makes them, and when others may look.

use super::sync::Ordering::{Acquire, Relaxed, Release};
use super::sync::{Arc, AtomicU32, Condvar, Mutex, Plain, thread};
use super::{Bug, Shows};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    New,
    Running,
    Done,
}

/// A value whose initialiser traps the first time.
struct Once {
    progress: Mutex<Progress>,
    changed: Condvar,
    attempts: AtomicU32,
}

impl Once {
    /// Initialises, or waits for who does; whether the value is there.
    fn get(&self, after_a_trap: fn(&Once)) -> bool {
        let progress = self.progress.lock().unwrap();
        let is_running = |progress: &mut Progress| *progress == Progress::Running;
        let mut progress = self.changed.wait_while(progress, is_running).unwrap();
        if *progress == Progress::Done {
            return true;
        }
        *progress = Progress::Running;
        drop(progress);
        // Relaxed: counts; the progress orders.
        let traps = self.attempts.fetch_add(1, Relaxed) == 0;
        if traps {
            after_a_trap(self);
        } else {
            self.set(Progress::Done);
        }
        !traps
    }

    fn set(&self, progress: Progress) {
        *self.progress.lock().unwrap() = progress;
        self.changed.notify_all();
    }
}

/// Two threads want the value; the one that comes first gets the trap.
fn two_initialise(after_a_trap: fn(&Once)) {
    let once = Arc::new(Once {
        progress: Mutex::new(Progress::New),
        changed: Condvar::new(),
        attempts: AtomicU32::new(0),
    });
    let shared = once.clone();
    let other = thread::spawn(move || shared.get(after_a_trap));
    let found = [once.get(after_a_trap), other.join().unwrap()];
    assert!(found[0] != found[1], "one trap, and one value");
}

pub(super) const V8: Bug = Bug {
    id: "V8",
    origin: "Viper, one-time initialisation",
    title: "a trap in the initialiser leaves everybody waiting",
    story: "The initialiser marked the value as being made, and trapped. Nobody took the mark away, \
            and all who came later waited for a maker that was gone.",
    missing: "the way back: a failed attempt gives up the mark and wakes who waits",
    shows: Shows::Always,
    wrong: || two_initialise(|_| {}),
    right: || two_initialise(|once| once.set(Progress::New)),
};

const NOT_THERE: u32 = 0;
const CLAIMED: u32 = 1;
const THERE: u32 = 2;

struct Slot {
    state: AtomicU32,
    value: Plain<u32>,
}

/// Two threads publish the same value; whoever comes second reads it, if it is there.
fn two_publish(get: fn(&Slot) -> Option<u32>) {
    let slot = Arc::new(Slot { state: AtomicU32::new(NOT_THERE), value: Plain::new(0) });
    let shared = slot.clone();
    let other = thread::spawn(move || get(&shared));
    for found in [get(&slot), other.join().unwrap()] {
        assert!(found.is_none_or(|value| value == 42), "an unset value is read");
    }
}

pub(super) const V9: Bug = Bug {
    id: "V9",
    origin: "Viper, publication",
    title: "a value is announced before it is there",
    story: "The one flag that decided who may write the value was also what told readers that it \
            was written. Between the compare-and-swap and the write, a reader found nothing.",
    missing: "a second state: claimed is not published; and a release when it is",
    shows: Shows::InSomeSchedule,
    wrong: || {
        two_publish(|slot| {
            let is_first = slot.state.compare_exchange(NOT_THERE, THERE, Release, Acquire).is_ok();
            if is_first {
                slot.value.with_mut(|value| *value = 42);
            }
            Some(slot.value.with(|value| *value))
        });
    },
    right: || {
        two_publish(|slot| {
            // Relaxed: to have claimed the slot publishes nothing.
            let claim = slot.state.compare_exchange(NOT_THERE, CLAIMED, Relaxed, Acquire);
            if claim.is_ok() {
                slot.value.with_mut(|value| *value = 42);
                slot.state.store(THERE, Release);
            }
            (claim != Err(CLAIMED)).then(|| slot.value.with(|value| *value))
        });
    },
};

/// Two maps of a program, which are filled one after the other.
#[derive(Default)]
struct Program {
    functions: Mutex<Vec<u32>>,
    strings: Mutex<Vec<u32>>,
}

impl Program {
    fn initialise(&self) {
        self.functions.lock().unwrap().push(1);
        self.strings.lock().unwrap().push(2);
    }

    fn start_child(program: &Arc<Program>) -> thread::JoinHandle<()> {
        let program = program.clone();
        thread::spawn(move || {
            let functions = program.functions.lock().unwrap().len();
            let strings = program.strings.lock().unwrap().len();
            assert_eq!((functions, strings), (1, 1), "the child sees half-filled maps");
        })
    }
}

pub(super) const V15: Bug = Bug {
    id: "V15",
    origin: "Viper, program state",
    title: "a child is built from a program that is not complete",
    story: "Threads could be started from a program whose tables were still being filled. Each \
            table had its lock, so nothing raced; the child merely did not find what it needed.",
    missing: "the edge start->child after the last write of the initialisation, not the first",
    shows: Shows::InSomeSchedule,
    wrong: || {
        let program = Arc::new(Program::default());
        let child = Program::start_child(&program);
        program.initialise();
        child.join().unwrap();
    },
    right: || {
        let program = Arc::new(Program::default());
        program.initialise();
        Program::start_child(&program).join().unwrap();
    },
};
