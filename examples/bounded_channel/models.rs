//! What is claimed of the channel, as closed bodies: two or three threads, two or three steps.

use super::channel::Channel;
use super::sync::{Arc, AtomicBool, Ordering::Relaxed, thread};

pub const MODELS: &[(&str, fn())] = &[
    ("messages_come_in_order", in_order),
    ("who_sends_too_much_waits", full),
    ("closing_wakes_every_receiver", closed),
];

/// More messages than there is room for.
fn in_order() {
    let channel = Arc::new(Channel::new(1));
    let receiver = channel.clone();
    let receives = thread::spawn(move || [receiver.receive(), receiver.receive()]);
    channel.send(1);
    channel.send(2);
    assert_eq!(receives.join().unwrap(), [Some(1), Some(2)]);
}

/// Nothing has been received when the second message is on its way.
fn full() {
    let channel = Arc::new(Channel::new(1));
    let has_sent = Arc::new(AtomicBool::new(false));
    let (sender, sent) = (channel.clone(), has_sent.clone());
    let sends = thread::spawn(move || {
        sender.send(1);
        sender.send(2);
        // Relaxed: it publishes nothing; that it can be seen too early is the bug.
        sent.store(true, Relaxed);
    });
    assert!(!has_sent.load(Relaxed), "two messages where there is room for one");
    channel.receive();
    channel.receive();
    sends.join().unwrap();
}

fn closed() {
    let channel = Arc::new(Channel::<u32>::new(1));
    let receivers = [channel.clone(), channel.clone()];
    let receivers = receivers.map(|channel| thread::spawn(move || channel.receive()));
    channel.close();
    assert_eq!(receivers.map(|receiver| receiver.join().unwrap()), [None, None]);
}
