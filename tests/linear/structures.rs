//! Structures on the primitives of a world, right and wrong ones, with their specifications.

use std::collections::{BTreeMap, VecDeque};

use super::channel::Channel;
use super::sync::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};
use super::sync::{Arc, AtomicU32, Condvar, Mutex, thread};
use crate::operations::{Answer, Copied, Count, Message, Naming, Pair, Put};
use drawloom::il::Type;
use drawloom::linear::Structure;

type Counter = Structure<AtomicU32, Count, u32, u32>;

/// `Add` returns the number before it.
pub(crate) fn counter() -> Counter {
    Structure {
        new: || AtomicU32::new(0),
        perform: |counter, operation| match operation {
            Count::Add(number) => counter.fetch_add(*number, Relaxed),
            Count::Get => counter.load(Relaxed),
        },
        state: 0,
        apply: |count, operation| match operation {
            Count::Add(number) => std::mem::replace(count, *count + number),
            Count::Get => *count,
        },
    }
}

/// Wrong: adds with a load and a store.
pub(crate) fn split_counter() -> Counter {
    Structure {
        perform: |counter, operation| match operation {
            Count::Add(number) => {
                let before = counter.load(SeqCst);
                counter.store(before + number, SeqCst);
                before
            }
            Count::Get => counter.load(SeqCst),
        },
        ..counter()
    }
}

/// A counter with a thread of its own, which ends with it.
pub(crate) struct Attended {
    count: AtomicU32,
    is_over: Arc<(Mutex<bool>, Condvar)>,
    attendant: Option<thread::JoinHandle<()>>,
}

impl Attended {
    fn new() -> Self {
        let is_over = Arc::new((Mutex::new(false), Condvar::new()));
        let seen = is_over.clone();
        let attendant = thread::spawn(move || {
            let (is_over, changed) = &*seen;
            drop(changed.wait_while(is_over.lock().unwrap(), |is_over| !*is_over).unwrap());
        });
        Attended { count: AtomicU32::new(0), is_over, attendant: Some(attendant) }
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        let (is_over, changed) = &*self.is_over;
        if let Ok(mut is_over) = is_over.lock() {
            *is_over = true;
        }
        changed.notify_one();
        if let Some(attendant) = self.attendant.take() {
            let _ = attendant.join();
        }
    }
}

/// Wrong as the one before.
pub(crate) fn attended_split_counter() -> Structure<Attended, Count, u32, u32> {
    Structure {
        new: Attended::new,
        perform: |counter, operation| (split_counter().perform)(&counter.count, operation),
        state: 0,
        apply: counter().apply,
    }
}

type Queue = Structure<Mutex<VecDeque<u32>>, Put, Option<u32>, VecDeque<u32>>;

pub(crate) fn queue() -> Queue {
    Structure {
        new: || Mutex::new(VecDeque::new()),
        perform: |queue, operation| apply_to_queue(&mut queue.lock().unwrap(), operation),
        state: VecDeque::new(),
        apply: apply_to_queue,
    }
}

fn apply_to_queue(queue: &mut VecDeque<u32>, operation: &Put) -> Option<u32> {
    match operation {
        Put::Push(number) => {
            queue.push_back(*number);
            None
        }
        Put::Pop => queue.pop_front(),
    }
}

/// Wrong: looks at the first number and removes it under two locks, one after the other.
pub(crate) fn check_then_act_queue() -> Queue {
    Structure {
        perform: |queue, operation| match operation {
            Put::Push(_) => apply_to_queue(&mut queue.lock().unwrap(), operation),
            Put::Pop => {
                let first = queue.lock().unwrap().front().copied()?;
                queue.lock().unwrap().pop_front();
                Some(first)
            }
        },
        ..queue()
    }
}

/// Treiber's stack. A node is an index, and is never used again, so that nothing must be freed.
pub(crate) struct Stack {
    /// The number of nodes that have been handed out.
    used: AtomicU32,
    /// The index of the first node, and one; 0 if there is none.
    head: AtomicU32,
    /// The number in each node, and the next node as in `head`.
    nodes: Vec<(AtomicU32, AtomicU32)>,
    publishes: Ordering,
}

impl Stack {
    fn new(publishes: Ordering) -> Self {
        let nodes = (0..8).map(|_| (AtomicU32::new(0), AtomicU32::new(0))).collect();
        Stack { used: AtomicU32::new(0), head: AtomicU32::new(0), nodes, publishes }
    }

    fn push(&self, number: u32) {
        let node = self.used.fetch_add(1, Relaxed);
        let (value, next) = &self.nodes[node as usize];
        value.store(number, Relaxed);
        let mut head = self.head.load(Relaxed);
        loop {
            next.store(head, Relaxed);
            match self.head.compare_exchange(head, node + 1, self.publishes, Relaxed) {
                Ok(_) => return,
                Err(other) => head = other,
            }
        }
    }

    fn pop(&self) -> Option<u32> {
        let mut head = self.head.load(Acquire);
        while head != 0 {
            let (value, next) = &self.nodes[head as usize - 1];
            let next = next.load(Relaxed);
            match self.head.compare_exchange(head, next, AcqRel, Acquire) {
                Ok(_) => return Some(value.load(Relaxed)),
                Err(other) => head = other,
            }
        }
        None
    }
}

pub(crate) fn stack() -> Structure<Stack, Put, Option<u32>, Vec<u32>> {
    Structure {
        new: || Stack::new(Release),
        perform: |stack, operation| match operation {
            Put::Push(number) => {
                stack.push(*number);
                None
            }
            Put::Pop => stack.pop(),
        },
        state: Vec::new(),
        apply: |stack, operation| match operation {
            Put::Push(number) => {
                stack.push(*number);
                None
            }
            Put::Pop => stack.pop(),
        },
    }
}

/// Wrong under weak memory: who pops may see a node before its number.
pub(crate) fn unpublished_stack() -> Structure<Stack, Put, Option<u32>, Vec<u32>> {
    Structure { new: || Stack::new(Relaxed), ..stack() }
}

type Words = Structure<[AtomicU32; 2], Pair, (u32, u32), [u32; 2]>;

/// Two words that are written and read one at a time, with this ordering. Wrong where it is not `SeqCst`.
fn words(perform: fn(&[AtomicU32; 2], &Pair) -> (u32, u32)) -> Words {
    Structure {
        new: || [AtomicU32::new(0), AtomicU32::new(0)],
        perform,
        state: [0, 0],
        apply: |words, operation| match *operation {
            Pair::Set(word, number) => {
                words[word] = number;
                (0, 0)
            }
            Pair::Get(word) => (words[word], 0),
            Pair::Snapshot => (words[0], words[1]),
        },
    }
}

fn perform_on_words(
    words: &[AtomicU32; 2],
    operation: &Pair,
    set: Ordering,
    get: Ordering,
) -> (u32, u32) {
    match *operation {
        Pair::Set(word, number) => {
            words[word].store(number, set);
            (0, 0)
        }
        Pair::Get(word) => (words[word].load(get), 0),
        // Wrong: a word may change between the two loads.
        Pair::Snapshot => (words[0].load(get), words[1].load(get)),
    }
}

pub(crate) fn seq_cst_words() -> Words {
    words(|words, operation| perform_on_words(words, operation, SeqCst, SeqCst))
}

/// Wrong under weak memory: a store may be late for another thread's load.
pub(crate) fn acquire_release_words() -> Words {
    words(|words, operation| perform_on_words(words, operation, Release, Acquire))
}

/// Wrong: each user sets and gets its own copy.
pub(crate) fn copies() -> Structure<[AtomicU32; 2], Copied, u32, u32> {
    Structure {
        new: || [AtomicU32::new(0), AtomicU32::new(0)],
        perform: |copies, operation| match *operation {
            Copied::Set(user, number) => {
                copies[user].store(number, SeqCst);
                0
            }
            Copied::Get(user) => copies[user].load(SeqCst),
        },
        state: 0,
        apply: |word, operation| match *operation {
            Copied::Set(_, number) => {
                *word = number;
                0
            }
            Copied::Get(_) => *word,
        },
    }
}

/// Messages, and whether the channel is closed.
type Open = (VecDeque<u32>, bool);

/// The bounded channel of the examples, with room for one message.
pub(crate) fn channel() -> Structure<Channel<u32>, Message, Answer, Open> {
    Structure {
        new: || Channel::new(1),
        perform: |channel, operation| match operation {
            Message::Send(number) => {
                channel.send(*number);
                Answer::Done
            }
            Message::Receive => Answer::Received(channel.receive()),
            Message::Close => {
                channel.close();
                Answer::Done
            }
        },
        state: Open::default(),
        apply: |(messages, is_closed), operation| match operation {
            Message::Send(_) if messages.len() == 1 => Answer::Waits,
            Message::Send(number) => {
                messages.push_back(*number);
                Answer::Done
            }
            Message::Receive if messages.is_empty() && !*is_closed => Answer::Waits,
            Message::Receive => Answer::Received(messages.pop_front()),
            Message::Close => {
                *is_closed = true;
                Answer::Done
            }
        },
    }
}

/// Wrong: it has room for two messages.
pub(crate) fn roomy_channel() -> Structure<Channel<u32>, Message, Answer, Open> {
    Structure { new: || Channel::new(2), ..channel() }
}

/// Our own registry. Operations return the name under which a function was registered: names ignore case, so
/// it tells which one it is.
pub(crate) fn registry()
-> Structure<super::Registry, Naming, Option<String>, BTreeMap<String, &'static str>> {
    Structure {
        new: super::Registry::new,
        perform: |registry, operation| {
            let function = match operation {
                Naming::Register(name) => {
                    let function = super::Extern::new(*name, &[], Type::Void, |_| 0);
                    registry.register(function).expect("it is not strict")
                }
                Naming::Unregister(name) => registry.unregister(name),
                Naming::LookUp(name) => registry.look_up(name),
            };
            function.map(|it| it.name().to_owned())
        },
        state: BTreeMap::new(),
        apply: |names, operation| {
            let found = match operation {
                Naming::Register(name) => names.insert(name.to_lowercase(), name),
                Naming::Unregister(name) => names.remove(&name.to_lowercase()),
                Naming::LookUp(name) => names.get(&name.to_lowercase()).copied(),
            };
            found.map(str::to_owned)
        },
    }
}
