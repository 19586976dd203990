//! Findings about sources, and traps, with the source lines that they concern.

pub(super) mod diagnostic;
pub(super) mod trap;

pub use diagnostic::render_diagnostics;
pub use trap::render_trap;
