//! What [`lazy_static!`](crate::lazy_static!) makes.

use std::ops::Deref;

#[expect(unused_imports, unreachable_pub, reason = "loom has more there")]
#[path = "../../loom/src/lazy_static.rs"]
mod made;

pub use crate::lazy_static;
pub use made::{__Initial, Lazy};

/// A lazy static.
pub trait LazyStatic: Deref {}

impl<T: Deref> LazyStatic for T {}

/// Makes the value of a lazy static, if it has not been made.
pub fn initialize<T: LazyStatic>(lazy: &T) {
    let _ = &**lazy;
}
