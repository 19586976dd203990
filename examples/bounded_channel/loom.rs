#[path = "channel.rs"]
mod channel;
#[path = "models.rs"]
mod models;

use drawloom::loom::sync;
pub use models::MODELS;
