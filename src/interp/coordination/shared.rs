//! Shared objects on the machine: the threads that wait at each of them, in line.
//!
//! # Invariants
//! *served*: no thread in a line could go on. So a thread that comes later with the same request waits behind
//! those that are there already, and the threads in line are served in its order.

use super::place::{Patience, Place, Served, Used, Waiter};
use super::{BlockedOn, Coordination};
use crate::interp::refusal::Refusal;
use crate::interp::{Reply, Request, Response, Shared, ThreadId};

impl Coordination {
    /// Carries out a request with all its parts, or lets the caller wait in line with it. Also returns the threads
    /// to wake: those in line that this lets go on. A request that begins and then waits has let nobody go on.
    pub fn use_shared(
        &mut self,
        me: ThreadId,
        at: u64,
        request: &Request,
        patience: Patience,
    ) -> (Used, Vec<ThreadId>) {
        let mut request = request.clone();
        let mut woken = Vec::new();
        let used = loop {
            let place = self.shared.entry(at).or_default();
            match Shared::apply(&mut place.object, me, &request) {
                Response::Word(word) => break Used::Done(Reply::Word(word)),
                Response::Words(words) => break Used::Done(Reply::Words(words)),
                Response::Nothing => break Used::Done(Reply::Nothing),
                Response::Begins(then) => request = then,
                Response::Refused(refusal) => {
                    self.tidy_place(at);
                    return (Used::Refused(refusal), woken);
                }
                Response::Waits if patience == Patience::None => {
                    if let Some(object) = &mut place.object {
                        object.give_up(me, &request);
                    }
                    break Used::Done(Reply::Nothing);
                }
                Response::Waits => {
                    assert!(woken.is_empty(), "a request that waits has let nobody go on");
                    place.line.push_back(Waiter { thread: me, request });
                    self.crowded.insert(at);
                    let waits = self.block(me, BlockedOn::Shared(at), patience == Patience::Timed);
                    return (waits.map_or_else(Used::Deadlock, |()| Used::Waiting), woken);
                }
            }
            woken.extend(self.serve(at));
        };
        woken.extend(self.serve(at));
        (used, woken)
    }

    /// The answer to a request that has waited; nothing if it waits no more because its time was up.
    ///
    /// # Errors
    /// The object has come not to allow it.
    pub fn take_answer(&mut self, me: ThreadId) -> Result<Reply, Refusal> {
        self.live_mut(me).served.take().unwrap_or(Ok(Reply::Nothing))
    }

    /// Lets the threads in line go on that can, the first ones first. Returns them.
    fn serve(&mut self, at: u64) -> Vec<ThreadId> {
        let mut woken = Vec::new();
        while let Some((thread, served)) = self.serve_one(at) {
            self.live_mut(thread).served = Some(served);
            self.unblock(thread);
            woken.push(thread);
        }
        woken
    }

    fn serve_one(&mut self, at: u64) -> Option<(ThreadId, Served)> {
        let place = self.shared.get_mut(&at)?;
        let mut next = 0;
        while let Some(waiter) = place.line.get_mut(next) {
            let served = match Shared::apply(&mut place.object, waiter.thread, &waiter.request) {
                Response::Waits => {
                    next += 1;
                    continue;
                }
                Response::Begins(then) => {
                    waiter.request = then;
                    next = 0;
                    continue;
                }
                Response::Word(word) => Ok(Reply::Word(word)),
                Response::Words(words) => Ok(Reply::Words(words)),
                Response::Nothing => Ok(Reply::Nothing),
                Response::Refused(refusal) => Err(refusal),
            };
            let thread = waiter.thread;
            place.line.remove(next);
            if place.line.is_empty() {
                self.crowded.remove(&at);
            }
            return Some((thread, served));
        }
        None
    }

    /// Takes a thread out of the line.
    pub(super) fn leave_place(&mut self, me: ThreadId, at: u64) {
        let Some(Place { object, line }) = self.shared.get_mut(&at) else { return };
        if let Some(index) = line.iter().position(|waiter| waiter.thread == me)
            && let (Some(waiter), Some(object)) = (line.remove(index), object)
        {
            object.give_up(me, &waiter.request);
        }
        if line.is_empty() {
            self.crowded.remove(&at);
        }
    }

    /// Forgets a place at which nothing has been made.
    fn tidy_place(&mut self, at: u64) {
        if self.shared.get(&at).is_some_and(|place| place.object.is_none()) {
            self.shared.remove(&at);
        }
    }

    /// What a thread wants that waits at an object.
    pub(super) fn wanted(&self, thread: ThreadId, at: u64) -> Option<(&Shared, &Request)> {
        let place = self.shared.get(&at)?;
        let waiter = place.line.iter().find(|waiter| waiter.thread == thread)?;
        Some((place.object.as_ref()?, &waiter.request))
    }
}
