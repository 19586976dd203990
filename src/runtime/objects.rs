//! The objects of an execution: who has made them, and how much of their owners the search sees.

use crate::graph::EventId;
use crate::verdict::Sharing;

use super::execution::{End, Execution};
use super::operation::Object;

/// How many operations there are between two looks at the clock.
const OPERATIONS_APART: u32 = 64;

impl Execution {
    /// A new object of the running thread.
    pub(super) fn new_object(&mut self, initial: u64) -> Object {
        let running = self.running;
        let thread = self.thread();
        let (nth, position) = (thread.objects, thread.position as u32);
        thread.objects += 1;
        let object = self.numbers.object(running, nth);
        self.values.set_initial(object, initial);
        *self.values.shares_mut(object) = 1;
        if !self.owned.is_empty() {
            let (rank, nth) = (self.rank(running), nth as u32);
            let known = self.owned.iter().find(|it| (it.thread, it.nth) == (rank, nth));
            if let Some(known) = known {
                let sharing = known.sharing;
                self.see(object, sharing);
            }
        }
        let index = object as usize;
        let made = EventId { thread: running, position };
        if self.made.len() <= index {
            self.made.resize(index + 1, made);
        }
        self.made[index] = made;
        object
    }

    /// The object of the static at an address. Every thread knows of it.
    pub(super) fn static_object(&mut self, address: usize) -> Object {
        let object = self.numbers.of_static(address);
        self.values.set_initial(object, 0);
        object
    }

    /// How much of an object's owners the search sees.
    pub(super) fn sharing(&self, object: Object) -> Sharing {
        self.sharing.get(object as usize).copied().unwrap_or_default()
    }

    /// Ends the execution, and lets the search begin again, if it does not see this much of an object's
    /// owners.
    pub(super) fn must_see(&mut self, object: Object, wanted: Sharing) {
        if self.sharing(object) >= wanted {
            return;
        }
        self.see(object, wanted);
        self.sees_too_little();
    }

    pub(super) fn see(&mut self, object: Object, sharing: Sharing) {
        let index = object as usize;
        if self.sharing.len() <= index {
            self.sharing.resize(index + 1, Sharing::Unseen);
        }
        self.sharing[index] = self.sharing[index].max(sharing);
    }

    /// Ends the execution, and lets the search begin again, if threads do not write that they return.
    pub(super) fn must_see_returns(&mut self) {
        if !self.sees_returns {
            self.sees_returns = true;
            self.sees_too_little();
        }
    }

    /// Ends the execution, and lets the search begin again.
    fn sees_too_little(&mut self) {
        self.ending.get_or_insert(End::SeesTooLittle);
        self.begin_again();
    }

    /// Asks, now and then, whether the search must end.
    fn ask_watch(&mut self) {
        self.asked = self.asked.wrapping_add(1);
        if self.asked.is_multiple_of(OPERATIONS_APART)
            && let Some(bound) = self.watch.as_ref().and_then(|watch| watch())
        {
            self.ending.get_or_insert(End::Spent(bound));
        }
    }

    /// The running thread may change data that is no event.
    pub(super) fn note_change(&mut self) {
        let thread = self.thread();
        thread.changed = thread.position;
    }

    /// The running thread does something that others can see. If that is in a destructor, it matters who
    /// is the last owner.
    pub(super) fn note_effect(&mut self) {
        self.ask_watch();
        for index in 0..self.dropping.len() {
            self.must_see(self.dropping[index], Sharing::Last);
        }
    }
}
