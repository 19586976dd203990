//! What drawloom has to say: findings about sources, traps, and what checking a program came to,
//! as text, JSON and `JUnit` XML.
//!
//! Nothing in here prints; `cli` does.

mod bounds;
mod checked;
mod cut;
mod diagnostic;
mod events;
mod history;
mod json;
mod junit;
mod matrix;
mod not_seen;
mod text;
mod trace;
mod trap;
mod weights;

pub use checked::{Checked, Claim, Conclusion, Program, Refusal, Searched};
pub use diagnostic::render_diagnostics;
pub use events::render_events;
pub use history::{
    Retold, render_counterexample_of, render_history, render_history_json, render_history_markdown,
    render_illegal_markdown, render_story,
};
pub use json::render_json;
pub use junit::render_junit;
pub use matrix::{Matrix, Totals};
pub use not_seen::not_seen;
pub use text::{TextStyle, grouped, render_checked, render_counterexample, render_totals};
pub use trace::{TraceStyle, render_trace};
pub use trap::render_trap;
pub use weights::Weights;
