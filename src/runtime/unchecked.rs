//! What the compiler cannot check: the switch out of a coroutine, and the end of a static's life.
//!
//! Everything else in the runtime is safe code. Its state is never borrowed across a switch.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::ptr;

use corosensei::stack::{DefaultStack, Stack as _};
use corosensei::{Coroutine as Switched, CoroutineResult, Yielder};

/// A stack that can be used again.
pub(super) struct Stack {
    inner: DefaultStack,
    bytes: usize,
}

thread_local! {
    /// Stacks that nobody uses at present: the system takes long to make one.
    static SPARE: RefCell<Vec<Stack>> = const { RefCell::new(Vec::new()) };
}

/// How many stacks an OS thread keeps.
const SPARE_MAX: usize = 64;

impl Stack {
    /// A stack of at least this many bytes, of which only those that are used take memory. Behind its
    /// end lies a page that nobody may touch: an overflow ends the process.
    pub(super) fn new(bytes: usize) -> std::io::Result<Self> {
        let is_large = |stack: &Stack| stack.bytes == bytes;
        let spare = SPARE.with_borrow_mut(|spare| {
            let at = spare.iter().rposition(is_large)?;
            Some(spare.swap_remove(at))
        });
        spare.map_or_else(|| Ok(Stack { inner: DefaultStack::new(bytes)?, bytes }), Ok)
    }

    /// Keeps a stack for another coroutine.
    fn keep(self) {
        SPARE.with_borrow_mut(|spare| {
            if spare.len() < SPARE_MAX {
                spare.push(self);
            }
        });
    }
}

type Inner = Switched<(), (), (), DefaultStack>;

/// A function that can be left in the middle, and entered again there. It stays on its OS thread.
pub(super) struct Coroutine {
    inner: Inner,
    bytes: usize,
    /// The lowest address of its stack, which grows down, and where the stack begins.
    ends: Ends,
    yielder: *const Yielder<(), ()>,
}

thread_local! {
    /// The way out of the coroutine that runs on this OS thread; null if none does.
    ///
    /// # Invariant
    /// *running*: while code of a coroutine runs, this is null or points to that coroutine's yielder.
    static YIELDER: Cell<*const Yielder<(), ()>> = const { Cell::new(ptr::null()) };
    /// Where the stack lies on which it runs; zeros if none does.
    static ENDS: Cell<Ends> = const { Cell::new(Ends { limit: 0, base: 0 }) };
}

/// The lowest address of a stack, and where it begins.
#[derive(Clone, Copy)]
struct Ends {
    limit: usize,
    base: usize,
}

impl Coroutine {
    /// A coroutine that has not begun. The body must not unwind.
    pub(super) fn new(stack: Stack, body: impl FnOnce() + 'static) -> Self {
        let (limit, base) = (stack.inner.limit().get(), stack.inner.base().get());
        let (bytes, ends) = (stack.bytes, Ends { limit, base });
        let inner = Inner::with_stack(stack.inner, move |yielder: &Yielder<(), ()>, ()| {
            YIELDER.set(yielder);
            body();
        });
        Coroutine { inner, bytes, ends, yielder: ptr::null() }
    }

    /// Runs it until it suspends itself or ends; whether it has ended.
    pub(super) fn resume(&mut self) -> bool {
        // A search may run in a body of another search.
        let outer = (YIELDER.replace(self.yielder), ENDS.replace(self.ends));
        let result = self.inner.resume(());
        ENDS.set(outer.1);
        self.yielder = YIELDER.replace(outer.0);
        matches!(result, CoroutineResult::Return(()))
    }

    /// Keeps its stack for another coroutine. It must have ended.
    pub(super) fn give_back_stack(self) {
        Stack { inner: self.inner.into_stack(), bytes: self.bytes }.keep();
    }
}

/// Leaves the running coroutine, until it is resumed.
pub(super) fn suspend() {
    let yielder = YIELDER.get();
    assert!(!yielder.is_null(), "a coroutine runs");
    // SAFETY: *running*: it is the yielder of the coroutine that runs this code. corosensei keeps that in
    // a frame of the coroutine's own stack, below this one, so it lives as long as this code runs.
    unsafe { (*yielder).suspend(()) };
}

/// How many bytes are left of the stack of the running coroutine; `None` if none runs.
pub(super) fn stack_bytes_left() -> Option<usize> {
    let here = 0_u8;
    let Ends { limit, .. } = ENDS.get();
    (limit > 0).then(|| ptr::from_ref(&here).addr().saturating_sub(limit))
}

/// Where the stack of the running coroutine begins: its highest address. `None` if none runs.
pub(super) fn stack_base() -> Option<usize> {
    let Ends { base, .. } = ENDS.get();
    (base > 0).then_some(base)
}

/// A value that is made once in an execution, and lives as long as the execution.
pub(super) struct Static<T: 'static>(*mut T);

impl<T> Static<T> {
    pub(super) fn new(value: T) -> Self {
        Static(Box::into_raw(Box::new(value)))
    }

    /// The value. The reference must not be used after the end of the execution, which is when this
    /// `Static` is dropped; see *statics* in [`crate::heddle`].
    pub(super) fn get(&self) -> &'static T {
        // SAFETY: made by `new`, and not dropped yet.
        unsafe { &*self.0 }
    }
}

impl<T> Drop for Static<T> {
    fn drop(&mut self) {
        // SAFETY: made by `new`, and dropped once. The threads of the execution have ended.
        drop(unsafe { Box::from_raw(self.0) });
    }
}
