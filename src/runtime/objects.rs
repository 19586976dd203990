//! The objects of an execution: who has made them, and how much of their owners the search sees.

use crate::graph::EventId;
use crate::verdict::Sharing;

use super::execution::{End, Execution};
use super::operation::Object;

/// How many operations there are between two looks at the clock.
const OPERATIONS_APART: u32 = 64;

/// The same for those of destructors, which should not be left half done, but may also have no end.
const DESTRUCTORS_APART: u32 = 1 << 14;

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

    /// The owners of an object must be counted. If they are not yet, they are from now on, and there are `word` of them.
    pub(super) fn must_count(&mut self, object: Object, word: impl FnOnce() -> u64) {
        if self.sharing(object) < Sharing::Count {
            self.values.set_initial(object, word());
            self.see(object, Sharing::Count);
            self.sees_too_little = true;
        }
    }

    pub(super) fn see(&mut self, object: Object, sharing: Sharing) {
        let index = object as usize;
        if self.sharing.len() <= index {
            self.sharing.resize(index + 1, Sharing::Unseen);
        }
        self.sharing[index] = self.sharing[index].max(sharing);
    }

    /// Threads must write that they return.
    pub(super) fn must_see_returns(&mut self) {
        self.sees_too_little |= !self.sees_returns;
        self.sees_returns = true;
    }

    /// Whether the execution has seen too little: then the search begins again, and sees more.
    pub(super) fn must_see_more(&mut self) -> bool {
        if !self.sees_too_little || matches!(self.ending, Some(End::Spent(_))) {
            return false;
        }
        for object in std::mem::take(&mut self.overlooked) {
            self.see(object, Sharing::Last);
        }
        self.begin_again();
        true
    }

    /// Asks, after so many operations, whether the search must end.
    fn ask_watch(&mut self, operations_apart: u32) {
        self.asked = self.asked.wrapping_add(1);
        if self.asked.is_multiple_of(operations_apart)
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
    ///
    /// The execution does not end there, however little it sees: to unwind out of a destructor would leave it half done,
    /// and the destructors of fields may rely on the whole of it.
    pub(super) fn note_effect(&mut self) {
        if self.dropping.is_empty() {
            return self.ask_watch(OPERATIONS_APART);
        }
        let (mut overlooked, mut is_in_destructor) = (std::mem::take(&mut self.overlooked), false);
        for &(_, object) in self.dropping.iter().filter(|it| it.0 == self.running) {
            is_in_destructor = true;
            if self.sharing(object) < Sharing::Last && !overlooked.contains(&object) {
                overlooked.push(object);
                self.sees_too_little = true;
            }
        }
        self.overlooked = overlooked;
        self.ask_watch(if is_in_destructor { DESTRUCTORS_APART } else { OPERATIONS_APART });
    }

    /// The running thread drops a value, whose last owner it is.
    pub(super) fn begin_drop(&mut self, object: Object) {
        self.dropping.push((self.running, object));
    }

    /// It has dropped the latest of those.
    pub(super) fn end_drop(&mut self) {
        let latest = self.dropping.iter().rposition(|it| it.0 == self.running);
        latest.map(|it| self.dropping.remove(it));
    }
}
