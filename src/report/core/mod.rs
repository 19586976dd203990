//! The matrix of mutants, the weights of the models, the retold bugs, and the searches of the core's own models.

#[cfg(all(feature = "report", feature = "selfcheck"))]
mod history;
mod matrix;
#[cfg(feature = "report")]
mod sarif;
#[cfg(all(feature = "report", feature = "selfcheck"))]
mod selfcheck;
#[cfg(feature = "report")]
mod sources;
#[cfg(feature = "report")]
mod survivors;
mod weights;

#[cfg(all(feature = "report", feature = "selfcheck"))]
pub use history::{
    Retold, render_counterexample_of, render_history, render_history_json, render_history_markdown,
    render_illegal_markdown, render_story,
};
pub use matrix::{Matrix, MatrixData, Totals};
#[cfg(feature = "report")]
pub use sarif::render_survivors_sarif;
#[cfg(all(feature = "report", feature = "selfcheck"))]
pub use selfcheck::{SearchDone, Selfchecked, render_selfcheck, render_selfcheck_json};
#[cfg(feature = "report")]
pub use sources::mutated_of;
#[cfg(feature = "report")]
pub use survivors::{render_survivors, render_survivors_github};
pub use weights::Weights;
