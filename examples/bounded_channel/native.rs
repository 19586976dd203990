#[path = "channel.rs"]
mod channel;

pub use channel::Channel;
use drawloom::native::sync;
