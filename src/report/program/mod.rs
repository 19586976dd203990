//! The reports on a checked guest program.

mod bounds;
mod checked;
mod cut;
mod facts;
mod json;
mod junit;
mod moment;
mod not_seen;
mod older;
mod overview;
mod story;
mod text;
mod trace;
mod words;

pub use checked::{Checked, Claim, Conclusion, Program, Refusal, Searched};
pub use facts::words_of_fact;
pub use json::render_json;
pub use junit::render_junit;
pub use not_seen::not_seen;
pub use overview::overview_of;
pub use story::{shown_first, shown_from, story_of};
pub use text::{TextStyle, render_checked, render_counterexample, render_totals};
pub use trace::{TraceStyle, render_trace};
pub use words::step_in_words;
