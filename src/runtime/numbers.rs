//! Numbers of threads and objects that are the same in every execution of a search.
//!
//! Two executions may start threads and make objects in another order. So a thread is known by the thread
//! that started it and the number of threads which that had started before, and an object in the same way.

use std::collections::HashMap;

use super::operation::Object;

/// The numbers that a search has given so far.
#[derive(Debug)]
pub(super) struct Numbers {
    /// By thread, the objects that it makes, in order.
    objects: Vec<Vec<Object>>,
    next_object: Object,
    threads: HashMap<(u32, u32), u32>,
    next_thread: u32,
    statics: HashMap<usize, Object>,
}

impl Numbers {
    pub(super) fn new() -> Self {
        Numbers {
            objects: Vec::new(),
            next_object: 0,
            threads: HashMap::new(),
            next_thread: 1,
            statics: HashMap::new(),
        }
    }

    /// The number of the object that a thread makes after so many others.
    pub(super) fn object(&mut self, thread: u32, nth: usize) -> Object {
        let thread = thread as usize;
        if self.objects.len() <= thread {
            self.objects.resize_with(thread + 1, Vec::new);
        }
        let objects = &mut self.objects[thread];
        if objects.len() == nth {
            objects.push(self.next_object);
            self.next_object += 1;
        }
        objects[nth]
    }

    /// The number of the object that a thread has made after so many others, if it has one.
    pub(super) fn known_object(&self, thread: u32, nth: usize) -> Option<Object> {
        self.objects.get(thread as usize)?.get(nth).copied()
    }

    /// The number of the object that belongs to the static at an address.
    pub(super) fn of_static(&mut self, address: usize) -> Object {
        let next = &mut self.next_object;
        *self.statics.entry(address).or_insert_with(|| {
            *next += 1;
            *next - 1
        })
    }

    /// The number of the thread that a thread starts after so many others.
    pub(super) fn thread(&mut self, parent: u32, nth: u32) -> u32 {
        let next = &mut self.next_thread;
        *self.threads.entry((parent, nth)).or_insert_with(|| {
            *next += 1;
            *next - 1
        })
    }
}
