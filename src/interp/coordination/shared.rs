//! Shared objects on the machine: the threads that wait at each of them, in line.
//!
//! # Invariants
//! *served*: no thread in a line could go on. So a thread that comes later with the same request waits behind
//! those that are there already, and the threads in line are served in its order.

use super::place::{Patience, Place, Served, Used};
use super::roll::{Address, BlockedOn};
use super::{Coordination, Woken};
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
    ) -> (Used, Woken) {
        let mut request = request.clone();
        let mut woken = Woken::new();
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
                    if place.object.as_ref().is_some_and(Shared::has_owners) {
                        self.crowded.insert(at);
                    }
                    place.line.push(me, request);
                    let on = BlockedOn::Shared(Address(at));
                    let waits = self.block(me, on, patience == Patience::Timed);
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
        self.live_mut(me).take_served().unwrap_or(Ok(Reply::Nothing))
    }

    /// Lets the threads in line go on that can, the first ones first. Returns them.
    fn serve(&mut self, at: u64) -> Woken {
        let mut woken = Woken::new();
        while let Some((thread, served)) = self.serve_one(at) {
            self.unblock(thread);
            self.live_mut(thread).serve(served);
            woken.push(thread);
        }
        woken
    }

    fn serve_one(&mut self, at: u64) -> Option<(ThreadId, Served)> {
        let place = self.shared.get_mut(&at)?;
        let served = place.serve_one()?;
        if place.line.is_empty() {
            self.crowded.remove(&at);
        }
        Some(served)
    }

    /// Takes a thread out of the line.
    pub(super) fn leave_place(&mut self, me: ThreadId, at: u64) {
        let Some(Place { object, line }) = self.shared.get_mut(&at) else { return };
        if let (Some(request), Some(object)) = (line.remove(me), object) {
            object.give_up(me, &request);
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
        Some((place.object.as_ref()?, place.line.wanted(thread)?))
    }
}
