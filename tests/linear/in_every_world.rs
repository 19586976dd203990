//! A check that is written once, as `worlds!` compiles it; section 7 of the guide shows it.

use std::collections::VecDeque;

use super::channel::Channel;
use super::check_linear;
use drawloom::linear::{Scenario, Structure};

#[derive(Clone, Debug)]
enum Message {
    Send(u32),
    Receive,
}

#[derive(Clone, Debug, PartialEq)]
enum Answer {
    Done,
    Received(Option<u32>),
    Waits,
}

#[test]
fn a_channel_is_a_queue_with_room_for_one() {
    let channel = Structure {
        new: || Channel::new(1),
        perform: |channel: &Channel<u32>, message: &Message| match message {
            Message::Send(number) => {
                channel.send(*number);
                Answer::Done
            }
            Message::Receive => Answer::Received(channel.receive()),
        },
        state: VecDeque::new(),
        apply: |queue: &mut VecDeque<u32>, message: &Message| match message {
            Message::Send(_) if queue.len() == 1 => Answer::Waits,
            Message::Send(number) => {
                queue.push_back(*number);
                Answer::Done
            }
            Message::Receive if queue.is_empty() => Answer::Waits,
            Message::Receive => Answer::Received(queue.pop_front()),
        },
    };
    let sends = [Message::Send(1), Message::Send(2)];
    let scenario = Scenario::new([sends, [Message::Receive, Message::Receive]]);
    check_linear(&channel, [scenario]);
}
