//! drawloom's reports, for people, editors and continuous integration.
//!
//! | folder | what |
//! |---|---|
//! | `program` | the result of checking a guest program |
//! | `source` | findings about sources, and traps |
//! | `core` | the matrix of mutants, and the retold bugs |
//! | `events` | an execution of Rust code |
//! | `layout`, `cut` | where lines end, and how a text is cut to one line |
//! | `mark`, `lines`, `result_table` | the sign of a result; results in lines, and in tables |
//! | `schema` | the schemas of reports as JSON |
//! | `rounds` | parts of a list that come again and again |
//! | `workflow`, `sarif_log` | commands of GitHub Actions; logs in SARIF |
//! | `explain` | what each kind of violation means, and how to fix it |
//!
//! Nothing in here prints; `cli` does that.

#[cfg(feature = "mutants")]
mod core;
#[cfg(feature = "report")]
mod cut;
mod events;
#[cfg(feature = "report")]
mod explain;
#[cfg(feature = "report")]
mod layout;
#[cfg(any(feature = "mutants", feature = "report"))]
mod lines;
#[cfg(any(feature = "mutants", feature = "report"))]
mod mark;
mod numbers;
#[cfg(feature = "report")]
mod program;
#[cfg(feature = "report")]
mod result_table;
mod rounds;
#[cfg(feature = "report")]
mod sarif_log;
#[cfg(any(feature = "mutants", feature = "report"))]
mod schema;
#[cfg(feature = "report")]
mod source;
#[cfg(feature = "report")]
mod workflow;

#[cfg(feature = "mutants")]
pub use core::*;
pub use events::{event_words, render_event, render_events};
#[cfg(feature = "report")]
pub use explain::{EXPLANATIONS, Example, Explanation};
#[cfg(feature = "report")]
pub use layout::TextStyle;
#[cfg(any(feature = "mutants", feature = "report"))]
pub use lines::Line;
#[cfg(feature = "report")]
pub use lines::render_lines;
#[cfg(any(feature = "mutants", feature = "report"))]
pub use mark::Mark;
#[cfg(any(feature = "mutants", feature = "report"))]
pub use numbers::counted;
pub use numbers::grouped;
#[cfg(feature = "report")]
pub use program::*;
#[cfg(feature = "report")]
pub use result_table::ResultTable;
#[cfg(feature = "report")]
pub use source::*;
