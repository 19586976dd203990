//! Memory that the code allocates and frees itself, and values that must be dropped.
//!
//! More is seen than in loom: an atomic, a lock or a cell that is used after its memory was freed, and a second free.

pub use drawloom::heddle::NoReuse;
pub use drawloom::heddle::sync::alloc::{Layout, alloc, alloc_zeroed, dealloc};

use drawloom::heddle::sync::Arc;

#[cfg(drawloom_no_reuse)]
#[global_allocator]
static ALLOCATOR: NoReuse = NoReuse;

/// A value that is a leak if it is never dropped.
#[derive(Debug)]
pub struct Track<T> {
    value: T,
    /// What the search sees of it: a value with one owner.
    _owner: Arc<()>,
}

impl<T> Track<T> {
    /// A value that must be dropped before the execution ends.
    #[track_caller]
    pub fn new(value: T) -> Track<T> {
        Track { value, _owner: Arc::new(()) }
    }

    /// The value.
    pub fn get_ref(&self) -> &T {
        &self.value
    }

    /// The value.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.value
    }

    /// The value, which need not be dropped any more.
    pub fn into_inner(self) -> T {
        self.value
    }
}
