//! An execution as a picture: a lane for each thread, as SVG, and a page around it to step through.
//!
//! Knows neither guest programs nor Rust code: both are told as a [`Story`].
//!
//! | file | what |
//! |---|---|
//! | `story` | what is shown, as data |
//! | `layout` | where each part of the lanes is |
//! | `lanes` | the lanes as SVG, with `lanes.css` |
//! | `document` | the page as HTML, with `page.css` and `page.js` |
//! | `data` | what the script must know, as JSON |

mod data;
mod document;
mod lanes;
mod layout;
mod story;

pub use document::{PAGE_MARK, render_page};
pub use lanes::{PICTURE_MARK, render_picture};
pub use story::{Call, Lane, Link, LinkKind, Lock, Moment, Source, Spot, Step, Story, ThreadNow};
