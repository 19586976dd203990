//! Thread-local storage of coroutines.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use super::with_state;

/// A thread-local value of any type.
type Value = Rc<dyn Any>;

/// The thread-local values of all threads of an execution, by thread and key, in the order in which they
/// were made; `None` if the thread ends and has dropped its value.
#[derive(Default)]
pub(super) struct Locals(Vec<(u32, usize, Option<Value>)>);

thread_local! {
    /// The values of code that no execution runs.
    static OUTSIDE: RefCell<Locals> = const { RefCell::new(Locals(Vec::new())) };
}

impl Locals {
    fn get(&self, thread: u32, key: usize) -> Option<Result<Value, Dropped>> {
        let mut own = self.0.iter().filter(|local| (local.0, local.1) == (thread, key));
        own.next().map(|local| local.2.clone().ok_or(Dropped))
    }

    /// Takes the latest value of a thread.
    fn take_latest(&mut self, thread: u32) -> Option<Value> {
        let mut own = self.0.iter_mut().rev().filter(|local| local.0 == thread);
        own.find_map(|local| local.2.take())
    }
}

/// The value has been dropped, or is being dropped.
pub struct Dropped;

/// A value that each thread has for itself, made when it is first used.
pub struct LocalKey<T: 'static> {
    init: fn() -> T,
}

impl<T> LocalKey<T> {
    /// A key whose values `init` makes.
    #[doc(hidden)]
    pub const fn new(init: fn() -> T) -> Self {
        LocalKey { init }
    }

    /// Gives access to the calling thread's value, if it has not been dropped.
    pub fn try_with<R>(&'static self, access: impl FnOnce(&T) -> R) -> Result<R, Dropped> {
        let key = std::ptr::from_ref(self).addr();
        let known = in_place(|locals, thread| locals.get(thread, key));
        let value = match known {
            Some(value) => value?,
            None => {
                let value: Value = Rc::new((self.init)());
                let made = Some(value.clone());
                in_place(|locals, thread| locals.0.push((thread, key, made.clone())));
                value
            }
        };
        Ok(access(value.downcast_ref().expect("a key has one type")))
    }
}

/// Calls `f` with the values and the number of the running thread.
fn in_place<R>(mut f: impl FnMut(&mut Locals, u32) -> R) -> R {
    let inside = with_state(|state| f(&mut state.locals, state.execution.running));
    inside.unwrap_or_else(|| OUTSIDE.with_borrow_mut(|locals| f(locals, 0)))
}

impl<T> std::fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}

/// Drops the values of the running thread, the latest first. Their destructors may make new ones.
pub(super) fn drop_all() {
    let latest = || with_state(|state| state.locals.take_latest(state.execution.running)).flatten();
    while let Some(value) = latest() {
        drop(value);
    }
}
