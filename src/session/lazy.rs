//! State that is fresh in every execution, for worlds whose tool has none of its own.

use std::sync::OnceLock;

use super::global;

/// A value that is made when it is first used: once in each execution, and leaked by it; outside of any
/// execution, once in the process.
pub(crate) struct Lazy<T> {
    init: fn() -> T,
    outside: OnceLock<T>,
}

/// A value that `init` makes.
pub(crate) const fn lazy<T>(init: fn() -> T) -> Lazy<T> {
    Lazy { init, outside: OnceLock::new() }
}

/// The value of this execution.
pub(crate) fn get<T: Send + Sync>(lazy: &'static Lazy<T>) -> &'static T {
    let key = std::ptr::from_ref(lazy).addr();
    global(key, lazy.init).unwrap_or_else(|| lazy.outside.get_or_init(lazy.init))
}

/// The same, for an execution that is over.
#[expect(clippy::unnecessary_wraps, reason = "the signature is that of every world")]
pub(crate) fn made<T: Send + Sync>(lazy: &'static Lazy<T>) -> Option<&'static T> {
    Some(get(lazy))
}
