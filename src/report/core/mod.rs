//! The matrix of mutants, the weights of the models, and the retold bugs.

#[cfg(feature = "selfcheck")]
mod history;
mod matrix;
mod weights;

#[cfg(feature = "selfcheck")]
pub use history::{
    Retold, render_counterexample_of, render_history, render_history_json, render_history_markdown,
    render_illegal_markdown, render_story,
};
pub use matrix::{Matrix, Totals};
pub use weights::Weights;
