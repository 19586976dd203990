//! What several test files use.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The message with which a check fails.
pub(crate) fn failure(check: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(check)).expect_err("it fails");
    payload.downcast_ref::<String>().expect("a message").clone()
}
