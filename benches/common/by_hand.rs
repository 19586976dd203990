//! What the core offers, written by hand on `std`: as one would write it who has never heard of
//! worlds. The benchmark `core` holds the native world to it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

thread_local! {
    static ACTIVE: Cell<Option<u64>> = const { Cell::new(None) };
    static CONTEXT: Cell<Option<u64>> = const { Cell::new(None) };
}

/// As `ActiveVmGuard`.
pub(crate) struct Guard {
    vm: Option<u64>,
    context: Option<u64>,
}

impl Guard {
    #[inline]
    pub(crate) fn enter(vm: u64, context: u64) -> Self {
        Guard { vm: ACTIVE.replace(Some(vm)), context: CONTEXT.replace(Some(context)) }
    }
}

impl Drop for Guard {
    #[inline]
    fn drop(&mut self) {
        ACTIVE.set(self.vm);
        CONTEXT.set(self.context);
    }
}

/// As `Registry`, with a number for a function.
#[derive(Default)]
pub(crate) struct Registry {
    by_name: Mutex<BTreeMap<String, Arc<u64>>>,
    epoch: AtomicU64,
}

impl Registry {
    pub(crate) fn register(&self, name: &str, entry: u64) {
        let mut by_name = self.by_name.lock().unwrap();
        by_name.insert(key(name), Arc::new(entry));
        // ORDER: Relaxed. The change is inside the lock.
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn look_up(&self, name: &str) -> Option<Arc<u64>> {
        self.by_name.lock().unwrap().get(&key(name)).cloned()
    }
}

fn key(name: &str) -> String {
    let bare = name.get(.."viper.".len()).filter(|prefix| {
        prefix.eq_ignore_ascii_case("viper.") || prefix.eq_ignore_ascii_case("zanna.")
    });
    name[bare.map_or(0, str::len)..].to_ascii_lowercase()
}

static FLAGS: AtomicU32 = AtomicU32::new(0b111);
static GATE: Mutex<(u32, bool)> = Mutex::new((0, false));
static CHANGED: Condvar = Condvar::new();

/// As `flags`: the bare load.
pub(crate) fn flags() -> u32 {
    // ORDER: Relaxed. The word is all there is.
    FLAGS.load(Ordering::Relaxed)
}

/// As `Compilation`, in functions that are called, as those of a library are.
pub(crate) struct Compilation(u32);

impl Compilation {
    #[inline(never)]
    pub(crate) fn begin() -> Self {
        let mut gate = CHANGED.wait_while(GATE.lock().unwrap(), |gate| gate.1).unwrap();
        gate.0 += 1;
        drop(gate);
        Compilation(flags())
    }

    pub(crate) fn flags(&self) -> u32 {
        self.0
    }
}

impl Drop for Compilation {
    #[inline(never)]
    fn drop(&mut self) {
        let mut gate = GATE.lock().unwrap_or_else(PoisonError::into_inner);
        gate.0 -= 1;
        if gate.0 == 0 && gate.1 {
            CHANGED.notify_all();
        }
    }
}
