//! A channel with room for so many messages, for any number of senders and receivers.

use std::collections::VecDeque;

use super::sync::{Condvar, Mutex};

pub struct Channel<T> {
    capacity: usize,
    queue: Mutex<Queue<T>>,
    has_room: Condvar,
    has_message: Condvar,
}

struct Queue<T> {
    messages: VecDeque<T>,
    is_closed: bool,
}

impl<T> Channel<T> {
    pub fn new(capacity: usize) -> Self {
        let queue = Mutex::new(Queue { messages: VecDeque::new(), is_closed: false });
        Channel { capacity, queue, has_room: Condvar::new(), has_message: Condvar::new() }
    }

    /// Waits until there is room.
    pub fn send(&self, message: T) {
        let is_full = |queue: &mut Queue<T>| queue.messages.len() == self.capacity;
        let mut queue = self.has_room.wait_while(self.queue.lock().unwrap(), is_full).unwrap();
        queue.messages.push_back(message);
        self.has_message.notify_one();
    }

    /// Waits until there is a message; nothing, once the channel is closed and empty.
    pub fn receive(&self) -> Option<T> {
        let may_come = |queue: &mut Queue<T>| queue.messages.is_empty() && !queue.is_closed;
        let mut queue = self.has_message.wait_while(self.queue.lock().unwrap(), may_come).unwrap();
        let message = queue.messages.pop_front();
        self.has_room.notify_one();
        message
    }

    /// Tells the receivers that nothing more will come.
    pub fn close(&self) {
        self.queue.lock().unwrap().is_closed = true;
        self.has_message.notify_all();
    }
}
