//! Process-wide state that is fresh in every execution.

use super::raw;
use crate::session;

/// What a `global!` declares: a value per execution, created on first use.
///
/// Unlike a `static`, it needs no constant initial value; natively it still has one.
pub struct Global<T: Send + Sync + 'static> {
    raw: raw::Lazy<T>,
    init: fn() -> T,
}

impl<T: Send + Sync> Global<T> {
    #[doc(hidden)]
    pub const fn new(init: fn() -> T) -> Self {
        Global { raw: raw::lazy(init), init }
    }

    #[doc(hidden)]
    pub fn get(&'static self) -> &'static T {
        if session::is_over() && !raw::OUTLIVES_EXECUTION {
            // If the tool's statics are gone, a destructor gets a value of its own.
            let made = raw::made(&self.raw);
            return made.unwrap_or_else(|| Box::leak(Box::new((self.init)())));
        }
        super::call(|| raw::get(&self.raw))
    }
}

impl<T: Send + Sync> std::fmt::Debug for Global<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Global").finish_non_exhaustive()
    }
}
