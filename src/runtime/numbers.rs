//! Numbers of threads and objects that are the same in every execution of a search.
//!
//! Two executions may start threads and make objects in another order. So a thread is known by the thread
//! that started it and the number of threads which that had started before, and an object in the same way.
//! The workers of a search agree on the numbers: whoever is the first to need one gives it, and the others
//! keep what they have heard.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::operation::Object;

/// The numbers that a worker knows, and a way to those that the search has given.
#[derive(Clone, Debug)]
pub(super) struct Numbers {
    objects: Made,
    threads: Made,
    statics: HashMap<usize, Object>,
    given: Arc<Mutex<Given>>,
}

/// The numbers that a search has given so far.
#[derive(Debug)]
struct Given {
    objects: Made,
    next_object: Object,
    threads: Made,
    next_thread: u32,
    statics: HashMap<usize, Object>,
}

/// By thread, the numbers of what it makes, in order.
#[derive(Clone, Debug, Default)]
struct Made(Vec<Vec<u32>>);

impl Made {
    fn known(&self, thread: u32, nth: usize) -> Option<u32> {
        self.0.get(thread as usize)?.get(nth).copied()
    }

    /// The number of what a thread makes after so many others, whose numbers are known.
    fn number(&mut self, thread: u32, nth: usize, give: impl FnOnce() -> u32) -> u32 {
        if let Some(known) = self.known(thread, nth) {
            return known;
        }
        let (thread, number) = (thread as usize, give());
        if self.0.len() <= thread {
            self.0.resize_with(thread + 1, Vec::new);
        }
        debug_assert_eq!(self.0[thread].len(), nth, "they are made one after the other");
        self.0[thread].push(number);
        number
    }
}

fn next(number: &mut u32) -> u32 {
    *number += 1;
    *number - 1
}

impl Given {
    fn object(&mut self, thread: u32, nth: usize) -> Object {
        let Given { objects, next_object, .. } = self;
        objects.number(thread, nth, || next(next_object))
    }

    fn of_static(&mut self, address: usize) -> Object {
        let Given { statics, next_object, .. } = self;
        *statics.entry(address).or_insert_with(|| next(next_object))
    }

    fn thread(&mut self, parent: u32, nth: usize) -> u32 {
        let Given { threads, next_thread, .. } = self;
        threads.number(parent, nth, || next(next_thread))
    }
}

/// Gives a number; nothing in there is ever half-written.
fn give<N>(given: &Mutex<Given>, number: impl FnOnce(&mut Given) -> N) -> N {
    number(&mut given.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Numbers {
    pub(super) fn new() -> Self {
        let given = Given {
            objects: Made::default(),
            next_object: 0,
            threads: Made::default(),
            // The first thread has the number 0.
            next_thread: 1,
            statics: HashMap::new(),
        };
        Numbers {
            objects: Made::default(),
            threads: Made::default(),
            statics: HashMap::new(),
            given: Arc::new(Mutex::new(given)),
        }
    }

    /// The number of the object that a thread makes after so many others.
    pub(super) fn object(&mut self, thread: u32, nth: usize) -> Object {
        let Numbers { objects, given, .. } = self;
        objects.number(thread, nth, || give(given, |it| it.object(thread, nth)))
    }

    /// The number of the object that a thread has made after so many others, if it has one.
    pub(super) fn known_object(&self, thread: u32, nth: usize) -> Option<Object> {
        self.objects.known(thread, nth)
    }

    /// The number of the object that belongs to the static at an address.
    pub(super) fn of_static(&mut self, address: usize) -> Object {
        let Numbers { statics, given, .. } = self;
        *statics.entry(address).or_insert_with(|| give(given, |it| it.of_static(address)))
    }

    /// The number of the thread that a thread starts after so many others.
    pub(super) fn thread(&mut self, parent: u32, nth: usize) -> u32 {
        let Numbers { threads, given, .. } = self;
        threads.number(parent, nth, || give(given, |it| it.thread(parent, nth)))
    }
}
