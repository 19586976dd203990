//! Channels from several senders to one receiver.
//!
//! Built on [`Mutex`] and [`Condvar`], which a trace shows at the places of the
//! channel's operations. So a channel orders more than `std` promises: its operations come one after the other,
//! a clone of a sender included. A send into a rendezvous channel returns when its value has been received.

use std::{
    cell::Cell,
    collections::VecDeque,
    fmt,
    marker::PhantomData,
    panic::Location,
    sync::{Arc, PoisonError},
    time::Duration,
};

use super::{Condvar, Mutex, MutexGuard, fail_try, mutex::named};
use crate::session::{self, Event, OpKind};

pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

/// What both ends share. The receiver drops the values, so it does not matter who drops this.
struct Channel<T> {
    state: Mutex<State<T>>,
    is_filled: Condvar,
    is_emptied: Condvar,
    /// `None` if there is room for everything, and 0 if a sender waits for the receiver.
    room: Option<usize>,
}

struct State<T> {
    values: VecDeque<T>,
    /// How many values have been put in and taken out.
    sent: u64,
    taken: u64,
    senders: usize,
    has_receiver: bool,
    /// How many receives wait.
    waiting: usize,
}

impl<T> Channel<T> {
    #[track_caller]
    fn new(room: Option<usize>) -> Arc<Self> {
        let state = State {
            values: VecDeque::new(),
            sent: 0,
            taken: 0,
            senders: 1,
            has_receiver: true,
            waiting: 0,
        };
        Arc::new(Channel {
            state: named("channel", Mutex::new(state)),
            is_filled: Condvar::new(),
            is_emptied: Condvar::new(),
            room,
        })
    }

    #[track_caller]
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    fn send(&self, value: T) -> Result<(), SendError<T>> {
        let mut state = self.state();
        if let Some(room) = self.room {
            let is_full =
                |state: &mut State<T>| state.has_receiver && state.values.len() >= room.max(1);
            state =
                self.is_emptied.wait_while(state, is_full).unwrap_or_else(PoisonError::into_inner);
        }
        if !state.has_receiver {
            return Err(SendError(value));
        }
        self.put(&mut state, value);
        if self.room == Some(0) {
            let number = state.sent;
            let is_there = |state: &mut State<T>| state.has_receiver && state.taken < number;
            state =
                self.is_emptied.wait_while(state, is_there).unwrap_or_else(PoisonError::into_inner);
            if state.taken < number
                && let Some(value) = state.values.pop_front()
            {
                return Err(SendError(value));
            }
        }
        Ok(())
    }

    #[track_caller]
    fn put(&self, state: &mut State<T>, value: T) {
        state.values.push_back(value);
        state.sent += 1;
        self.is_filled.notify_one();
    }

    #[track_caller]
    fn take(&self, state: &mut State<T>) -> Option<T> {
        let value = state.values.pop_front()?;
        state.taken += 1;
        match self.room {
            None => {}
            // A sender that has been served, and one that waits for room.
            Some(0) => self.is_emptied.notify_all(),
            Some(_) => self.is_emptied.notify_one(),
        }
        Some(value)
    }

    #[track_caller]
    fn add_sender(&self) {
        if !session::is_over() {
            self.state().senders += 1;
        }
    }

    #[track_caller]
    fn remove_sender(&self) {
        if session::is_over() {
            return;
        }
        let mut state = self.state();
        state.senders -= 1;
        if state.senders == 0 {
            self.is_filled.notify_all();
        }
    }
}

/// A channel with room for everything.
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let channel = Channel::new(None);
    (Sender(channel.clone()), Receiver { channel, on_one_thread: PhantomData })
}

/// A channel with room for `bound` values. If that is 0, a sender waits for the receiver.
#[track_caller]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    let channel = Channel::new(Some(bound));
    (SyncSender(channel.clone()), Receiver { channel, on_one_thread: PhantomData })
}

/// The end of a channel with room for everything, into which values go.
pub struct Sender<T>(Arc<Channel<T>>);

/// The end of a channel with limited room, into which values go.
pub struct SyncSender<T>(Arc<Channel<T>>);

/// The end of a channel out of which values come.
pub struct Receiver<T> {
    channel: Arc<Channel<T>>,
    /// It may be sent to another thread, but not shared.
    on_one_thread: PhantomData<Cell<()>>,
}

impl<T> Sender<T> {
    /// Sends a value; never waits.
    ///
    /// # Errors
    /// The value, if there is no receiver any more.
    #[track_caller]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.0.send(value)
    }
}

impl<T> SyncSender<T> {
    /// Sends a value, as soon as there is room for it.
    ///
    /// # Errors
    /// The value, if there is no receiver any more.
    #[track_caller]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.0.send(value)
    }

    /// Sends a value, if there is room for it, or a receiver that waits for it.
    ///
    /// # Errors
    /// The value, if there is no room, or no receiver any more.
    #[track_caller]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        let mut state = self.0.state();
        if !state.has_receiver {
            return Err(TrySendError::Disconnected(value));
        }
        let room = self.0.room.unwrap_or(usize::MAX);
        let room = if room == 0 { state.waiting } else { room };
        if state.values.len() >= room {
            return Err(TrySendError::Full(value));
        }
        self.0.put(&mut state, value);
        Ok(())
    }
}

impl<T> Receiver<T> {
    /// Receives a value, as soon as there is one.
    ///
    /// # Errors
    /// There is none, and no sender any more.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        let mut state = self.channel.state();
        state.waiting += 1;
        let mut state = self
            .channel
            .is_filled
            .wait_while(state, |state| state.values.is_empty() && state.senders > 0)
            .unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        self.channel.take(&mut state).ok_or(RecvError)
    }

    /// Receives a value, if there is one.
    ///
    /// # Errors
    /// There is none yet, or none and no sender any more.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        let event = Event::new(OpKind::TryReceive, Location::caller());
        let is_broken = session::fails_broken(event);
        let mut state = self.channel.state();
        // Only looking, so that a checker can tell that nothing changes.
        if is_broken && !state.values.is_empty() {
            drop(state);
            return fail_try().ok_or(TryRecvError::Empty);
        }
        if state.values.is_empty() {
            let is_left = state.senders > 0;
            return Err(if is_left { TryRecvError::Empty } else { TryRecvError::Disconnected });
        }
        self.channel.take(&mut state).ok_or(TryRecvError::Empty)
    }

    /// Receives a value, but does not wait for it much longer than `time_max`. What
    /// [`Condvar::wait_timeout_while`] does not see, this does not see.
    ///
    /// # Errors
    /// The time was up, or there is no value and no sender any more.
    #[track_caller]
    pub fn recv_timeout(&self, time_max: Duration) -> Result<T, RecvTimeoutError> {
        let mut state = self.channel.state();
        state.waiting += 1;
        let (mut state, _) = self
            .channel
            .is_filled
            .wait_timeout_while(state, time_max, |state| {
                state.values.is_empty() && state.senders > 0
            })
            .unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        match self.channel.take(&mut state) {
            Some(value) => Ok(value),
            None if state.senders == 0 => Err(RecvTimeoutError::Disconnected),
            None => Err(RecvTimeoutError::Timeout),
        }
    }

    /// Receives values until there is no sender any more.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self)
    }

    /// Receives values for as long as there are some.
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter(self)
    }
}

/// Receives values until there is no sender any more.
#[derive(Debug)]
pub struct Iter<'channel, T>(&'channel Receiver<T>);

/// Receives values for as long as there are some.
#[derive(Debug)]
pub struct TryIter<'channel, T>(&'channel Receiver<T>);

/// Receives values until there is no sender any more.
#[derive(Debug)]
pub struct IntoIter<T>(Receiver<T>);

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.0.recv().ok()
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.0.try_recv().ok()
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.0.recv().ok()
    }
}

impl<'channel, T> IntoIterator for &'channel Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'channel, T>;

    fn into_iter(self) -> Iter<'channel, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self)
    }
}

impl<T> Clone for Sender<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        self.0.add_sender();
        Sender(self.0.clone())
    }
}

impl<T> Clone for SyncSender<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        self.0.add_sender();
        SyncSender(self.0.clone())
    }
}

impl<T> Drop for Sender<T> {
    #[track_caller]
    fn drop(&mut self) {
        self.0.remove_sender();
    }
}

impl<T> Drop for SyncSender<T> {
    #[track_caller]
    fn drop(&mut self) {
        self.0.remove_sender();
    }
}

impl<T> Drop for Receiver<T> {
    #[track_caller]
    fn drop(&mut self) {
        if session::is_over() {
            return;
        }
        let mut state = self.channel.state();
        state.has_receiver = false;
        // A sender that waits for a rendezvous takes its value back.
        let values = match self.channel.room {
            Some(0) => VecDeque::new(),
            _ => std::mem::take(&mut state.values),
        };
        self.channel.is_emptied.notify_all();
        drop(state);
        drop(values);
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncSender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
