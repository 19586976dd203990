//! An execution as a picture: a lane for each thread, as SVG, and a page around it to step through.
//!
//! Knows neither guest programs nor Rust code: both are told as a [`Story`]. An [`Overview`] has several.
//!
//! | file | what |
//! |---|---|
//! | `story` | what is shown, as data |
//! | `layout` | where each part of the lanes is |
//! | `lanes` | the lanes as SVG, with `lanes.css` |
//! | `frame` | what all pages have in common, with `page.css` |
//! | `document` | the page of an execution, with `page.js` |
//! | `overview` | the page of several programs, with `overview.css` and `overview.js` |
//! | `data` | what the script must know, as JSON |

mod data;
mod document;
mod frame;
mod lanes;
mod layout;
mod overview;
mod story;

pub use document::render_page;
pub use frame::PAGE_MARK;
pub use lanes::{PICTURE_MARK, render_picture};
pub use overview::{Entry, Overview, Standing, render_overview};
pub use story::{Call, Lane, Link, LinkKind, Lock, Moment, Source, Spot, Step, Story, ThreadNow};
