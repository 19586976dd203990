#[path = "channel.rs"]
mod channel;
#[path = "models.rs"]
mod models;

use drawloom::shuttle::sync;
pub use models::MODELS;
