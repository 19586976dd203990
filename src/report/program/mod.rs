//! The reports on a checked guest program.

mod alert;
mod bounds;
mod checked;
mod draws;
mod facts;
mod github;
mod json;
mod junit;
mod mark;
mod moment;
mod not_seen;
mod older;
mod overview;
mod run;
mod sarif;
mod statistics;
mod story;
mod text;
mod trace;
mod words;

pub use bounds::bound_in_words;
pub use checked::{Checked, Claim, Conclusion, Program, Refusal, Searched};
pub use draws::story_of_draws;
pub use facts::words_of_fact;
pub use github::render_github;
pub use json::render_json;
pub use junit::render_junit;
pub use not_seen::not_seen;
pub use overview::overview_of;
pub use run::{render_in_run, render_summary, render_totals};
pub use sarif::render_sarif;
pub use story::{shown_first, shown_from, story_of};
pub use text::{render_checked, render_counterexample, render_findings};
pub use trace::{TraceStyle, render_trace};
pub use words::step_in_words;
