//! The reports on a checked guest program.

mod alert;
mod bounds;
mod checked;
mod cut;
mod facts;
mod github;
mod json;
mod junit;
mod layout;
mod mark;
mod not_seen;
mod run;
mod sarif;
mod statistics;
mod text;
mod trace;
mod words;

pub use bounds::bound_in_words;
pub use checked::{Checked, Claim, Conclusion, Program, Refusal, Searched};
pub use facts::words_of_fact;
pub use github::render_github;
pub use json::render_json;
pub use junit::render_junit;
pub use layout::TextStyle;
pub use not_seen::not_seen;
pub use run::{render_in_run, render_summary, render_totals};
pub use sarif::render_sarif;
pub use text::{render_checked, render_counterexample, render_findings};
pub use trace::{TraceStyle, render_trace};
pub use words::step_in_words;
