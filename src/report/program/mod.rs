//! The reports on a checked guest program.

mod bounds;
mod checked;
mod cut;
mod facts;
mod json;
mod junit;
mod not_seen;
mod text;
mod trace;
mod words;

pub use bounds::bound_in_words;
pub use checked::{Checked, Claim, Conclusion, Program, Refusal, Searched};
pub use facts::words_of_fact;
pub use json::render_json;
pub use junit::render_junit;
pub use not_seen::not_seen;
pub use text::{TextStyle, render_checked, render_counterexample, render_totals};
pub use trace::{TraceStyle, render_trace};
pub use words::step_in_words;
