//! An execution as a picture: a lane for each thread, as SVG, and a page around it to step through.
//!
//! Knows neither guest programs nor Rust code: both are told as a [`Story`]. An [`Overview`] has several. Beside them,
//! the sources of a run of mutants are told as [`Mutated`].
//!
//! | file | what |
//! |---|---|
//! | `story` | what is shown, as data |
//! | `layout` | where each part of the lanes is |
//! | `lanes` | the lanes as SVG, with `lanes.css` |
//! | `frame` | what all pages have in common, with `page.css` |
//! | `document` | the page of an execution, with `page.js` |
//! | `draws` | a chart and a table of executions that were drawn |
//! | `overview` | the page of several programs, with `overview.css` and `overview.js` |
//! | `mutated` | the page of sources whose operations were broken, with `mutated.css` and `overview.js` |
//! | `data` | what the script must know, as JSON |

mod data;
mod document;
mod draws;
mod frame;
mod lanes;
mod layout;
mod mutated;
mod overview;
mod story;

pub use document::render_page;
pub use draws::{Draws, OutcomeDrawn};
pub use frame::PAGE_MARK;
pub use lanes::{PICTURE_MARK, render_picture};
pub use mutated::{Fate, MutantTold, Mutated, MutatedFile, render_mutated};
pub use overview::{Entry, Overview, Standing, render_overview};
pub use story::{Call, Lane, Link, LinkKind, Lock, Moment, Source, Spot, Step, Story, ThreadNow};
