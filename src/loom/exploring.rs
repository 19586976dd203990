//! Whether loom explores: not while a thread unwinds.

use std::cell::Cell;
use std::thread::panicking;

use crate::session;
use crate::verdict::Bound;

thread_local! {
    static NOT_EXPLORING: Cell<bool> = const { Cell::new(false) };
}

/// Forgets what the last search on this thread may have left behind.
pub(crate) fn reset() {
    NOT_EXPLORING.set(false);
}

/// While a thread unwinds, loom must not switch to another: all of them share one OS thread and
/// so its count of panics. loom stays on a thread that can run if it does not explore.
pub(super) fn call<R>(call: impl FnOnce() -> R) -> R {
    if !panicking() || NOT_EXPLORING.get() {
        return call();
    }
    session::note_bound(Bound::Unwinding);
    NOT_EXPLORING.set(true);
    ::loom::stop_exploring();
    let result = call();
    ::loom::explore();
    NOT_EXPLORING.set(false);
    result
}
