#[path = "channel.rs"]
mod channel;
#[path = "models.rs"]
mod models;

use drawloom::stress::sync;
pub use models::MODELS;
