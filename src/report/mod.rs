//! What drawloom has to say, as text: findings about sources, and traps.
//!
//! Nothing in here prints; `cli` does.

mod diagnostic;
mod trap;

pub use diagnostic::render_diagnostics;
pub use trap::render_trap;
