//! What is claimed of the channel, as closed bodies: two or three threads, two or three steps.

use super::channel::Channel;
use super::sync::{Arc, thread};

pub const MODELS: &[(&str, fn())] =
    &[("messages_come_in_order", in_order), ("closing_wakes_every_receiver", closed)];

/// More messages than there is room for.
fn in_order() {
    let channel = Arc::new(Channel::new(1));
    let receiver = channel.clone();
    let receives = thread::spawn(move || [receiver.receive(), receiver.receive()]);
    channel.send(1);
    channel.send(2);
    assert_eq!(receives.join().unwrap(), [Some(1), Some(2)]);
}

fn closed() {
    let channel = Arc::new(Channel::<u32>::new(1));
    let receivers = [channel.clone(), channel.clone()];
    let receivers = receivers.map(|channel| thread::spawn(move || channel.receive()));
    channel.close();
    assert_eq!(receivers.map(|receiver| receiver.join().unwrap()), [None, None]);
}
