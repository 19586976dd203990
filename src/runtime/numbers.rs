//! Numbers of threads and objects that are the same in every execution of a search.
//!
//! Two executions may start threads and make objects in another order. So a thread is known by the thread
//! that started it and the number of threads which that had started before, and an object in the same way.

use std::collections::HashMap;

use super::operation::Object;

/// The numbers that a search has given so far.
#[derive(Debug)]
pub(super) struct Numbers {
    objects: Given,
    threads: Given,
    statics: HashMap<usize, Object>,
}

/// The numbers of all things of one sort.
#[derive(Debug)]
struct Given {
    /// By thread, the things that it makes, in order.
    made: Vec<Vec<u32>>,
    next: u32,
}

impl Given {
    /// The number that nothing has had so far.
    fn fresh(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    /// The number of what a thread makes after so many others.
    fn number(&mut self, thread: u32, nth: usize) -> u32 {
        if let Some(known) = self.known(thread, nth) {
            return known;
        }
        let (thread, number) = (thread as usize, self.fresh());
        if self.made.len() <= thread {
            self.made.resize_with(thread + 1, Vec::new);
        }
        debug_assert_eq!(self.made[thread].len(), nth, "they are made one after the other");
        self.made[thread].push(number);
        number
    }

    fn known(&self, thread: u32, nth: usize) -> Option<u32> {
        self.made.get(thread as usize)?.get(nth).copied()
    }
}

impl Numbers {
    pub(super) fn new() -> Self {
        let none = |next| Given { made: Vec::new(), next };
        // The first thread has the number 0.
        Numbers { objects: none(0), threads: none(1), statics: HashMap::new() }
    }

    /// The number of the object that a thread makes after so many others.
    pub(super) fn object(&mut self, thread: u32, nth: usize) -> Object {
        self.objects.number(thread, nth)
    }

    /// The number of the object that a thread has made after so many others, if it has one.
    pub(super) fn known_object(&self, thread: u32, nth: usize) -> Option<Object> {
        self.objects.known(thread, nth)
    }

    /// The number of the object that belongs to the static at an address.
    pub(super) fn of_static(&mut self, address: usize) -> Object {
        *self.statics.entry(address).or_insert_with(|| self.objects.fresh())
    }

    /// The number of the thread that a thread starts after so many others.
    pub(super) fn thread(&mut self, parent: u32, nth: usize) -> u32 {
        self.threads.number(parent, nth)
    }
}
