//! A small operational model of RC11 without seq-cst: messages and views, in the manner of the
//! promise-free fragment of the promising semantics (Kang et al., POPL 2017). Plain and slow.
//!
//! A location is a row of messages in coherence order; each thread has a view, the earliest message of
//! each location that it may still read. Reading an acquire load takes over the view that the message
//! carries; a release store lets its message carry the thread's view. A loop that waits for a value is
//! one step that reads a message with that value. Memory is fair: a thread that waits sees the newest
//! message in the end, so an end in which everybody waits in vain for the newest is a stuck one.
#![allow(dead_code)] // each test crate that includes this uses a part of it

use std::collections::HashSet;

/// What a thread does, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    /// Stores a value, releasing or relaxed.
    Store { at: usize, value: u8, releases: bool },
    /// Goes round until a load gives the value.
    Await { at: usize, value: u8, acquires: bool },
    /// Adds 1, relaxed, or acquiring and releasing.
    Add { at: usize, orders: bool },
    /// Takes the monitor.
    Enter,
    /// Gives it up.
    Exit,
    /// With the monitor: while a relaxed load does not give the value, waits to be notified.
    WaitUntil { at: usize, value: u8 },
    /// With the monitor: notifies one, or all.
    Notify { all: bool },
}

/// Locations.
pub(crate) const LOCATIONS: usize = 2;

/// The identity of a message.
type Id = u16;
/// For each location the message that is known.
type View = [Id; LOCATIONS];

#[derive(Clone, PartialEq, Eq, Hash)]
struct Message {
    id: Id,
    value: u8,
    carries: View,
    /// Whether an addition has read it, so that nothing may come between.
    is_taken: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Wait {
    No,
    /// Until notified.
    Notification,
    /// Until the monitor is free, to look again.
    Monitor,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Thread {
    at: usize,
    view: View,
    /// What the last releasing store to each location carried: RC11's release sequences go on with the
    /// thread's own later stores.
    released: [Option<View>; LOCATIONS],
    wait: Wait,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct World {
    rows: [Vec<Message>; LOCATIONS],
    threads: Vec<Thread>,
    owner: Option<usize>,
    /// Those that wait for a notification, longest first.
    waiters: Vec<usize>,
    /// What the last exit carries.
    monitor: View,
    next: Id,
}

/// Whether there is an end in which a thread that has not ended can never go on.
pub(crate) fn has_stuck_end(programs: &[Vec<Op>]) -> bool {
    let initial = |_| vec![Message { id: 0, value: 0, carries: [0; LOCATIONS], is_taken: false }];
    let thread =
        Thread { at: 0, view: [0; LOCATIONS], released: [None; LOCATIONS], wait: Wait::No };
    let first = World {
        rows: [0, 1].map(initial),
        threads: vec![thread; programs.len()],
        owner: None,
        waiters: Vec::new(),
        monitor: [0; LOCATIONS],
        next: 1,
    };
    let mut known = HashSet::from([first.clone().renamed()]);
    let mut open = vec![first];
    while let Some(world) = open.pop() {
        if world.is_stuck(programs) {
            return true;
        }
        for thread in 0..programs.len() {
            for next in world.steps(programs, thread) {
                if known.insert(next.clone().renamed()) {
                    open.push(next);
                }
            }
        }
    }
    false
}

impl World {
    /// The same world with messages named by their places, so that equal worlds are equal data.
    fn renamed(mut self) -> Self {
        let mut names = [const { Vec::new() }; LOCATIONS];
        for (row, names) in self.rows.iter().zip(&mut names) {
            *names = row.iter().map(|message| message.id).collect::<Vec<Id>>();
        }
        let rename = |view: &mut View| {
            for (id, names) in view.iter_mut().zip(&names) {
                *id = names.iter().position(|it| it == id).expect("a message") as Id;
            }
        };
        for message in self.rows.iter_mut().flatten() {
            rename(&mut message.carries);
        }
        for row in &mut self.rows {
            (0..).zip(row).for_each(|(place, message)| message.id = place);
        }
        for thread in &mut self.threads {
            rename(&mut thread.view);
            thread.released.iter_mut().flatten().for_each(rename);
        }
        rename(&mut self.monitor);
        self.next = 0;
        self
    }

    fn place(&self, at: usize, id: Id) -> usize {
        self.rows[at].iter().position(|message| message.id == id).expect("a message")
    }

    fn join(&self, mine: &mut View, other: View) {
        for at in 0..LOCATIONS {
            if self.place(at, other[at]) > self.place(at, mine[at]) {
                mine[at] = other[at];
            }
        }
    }

    /// The messages that a thread may read.
    fn readable(&self, thread: usize, at: usize) -> std::ops::Range<usize> {
        self.place(at, self.threads[thread].view[at])..self.rows[at].len()
    }

    fn read(&mut self, thread: usize, at: usize, place: usize, acquires: bool) {
        let message = self.rows[at][place].clone();
        let mut view = self.threads[thread].view;
        view[at] = message.id;
        if acquires {
            self.join(&mut view, message.carries);
        }
        self.threads[thread].view = view;
    }

    /// Puts a new message in a place; `carried` comes from the message that an addition has read.
    fn write(
        &mut self,
        thread: usize,
        at: usize,
        place: usize,
        value: u8,
        releases: bool,
        carried: Option<View>,
    ) {
        let id = self.next;
        self.next += 1;
        let nothing = [self.rows[0][0].id, self.rows[1][0].id];
        self.rows[at].insert(place, Message { id, value, carries: nothing, is_taken: false });
        let mut view = self.threads[thread].view;
        view[at] = id;
        self.threads[thread].view = view;
        if releases {
            self.threads[thread].released[at] = Some(view);
        }
        let mut carries = self.threads[thread].released[at].unwrap_or(nothing);
        if let Some(carried) = carried {
            self.join(&mut carries, carried);
        }
        self.rows[at][place].carries = carries;
    }

    fn is_stuck(&self, programs: &[Vec<Op>]) -> bool {
        let newest = |at: usize| self.rows[at].last().expect("the first message").value;
        let mut lives = false;
        for (thread, program) in self.threads.iter().zip(programs) {
            let Some(op) = program.get(thread.at) else { continue };
            lives = true;
            let waits = match (thread.wait, *op) {
                (Wait::Notification, _) => true,
                (Wait::Monitor, _) | (Wait::No, Op::Enter) => self.owner.is_some(),
                (Wait::No, Op::Await { at, value, .. }) => newest(at) != value,
                _ => false,
            };
            if !waits {
                return false;
            }
        }
        lives
    }

    fn steps(&self, programs: &[Vec<Op>], me: usize) -> Vec<World> {
        let Some(&op) = programs[me].get(self.threads[me].at) else { return Vec::new() };
        let mut next = Vec::new();
        let mut stays = Vec::new();
        let mut done = |mut world: World| {
            world.threads[me].at += 1;
            next.push(world);
        };
        match (self.threads[me].wait, op) {
            (Wait::Notification, _) => {}
            (Wait::Monitor, _) => {
                if self.owner.is_none() {
                    let mut world = self.entered(me);
                    world.threads[me].wait = Wait::No;
                    stays.push(world);
                }
            }
            (Wait::No, Op::Enter) => {
                if self.owner.is_none() {
                    done(self.entered(me));
                }
            }
            (Wait::No, Op::Exit) => {
                let mut world = self.clone();
                (world.owner, world.monitor) = (None, self.threads[me].view);
                done(world);
            }
            (Wait::No, Op::Notify { all }) => {
                let mut world = self.clone();
                let count = if all { world.waiters.len() } else { world.waiters.len().min(1) };
                for waiter in world.waiters.drain(..count) {
                    world.threads[waiter].wait = Wait::Monitor;
                }
                done(world);
            }
            (Wait::No, Op::Store { at, value, releases }) => {
                for place in self.readable(me, at) {
                    if !self.rows[at][place].is_taken {
                        let mut world = self.clone();
                        world.write(me, at, place + 1, value, releases, None);
                        done(world);
                    }
                }
            }
            (Wait::No, Op::Add { at, orders }) => {
                for place in self.readable(me, at) {
                    let read = &self.rows[at][place];
                    if !read.is_taken {
                        let (value, carried) = (read.value + 1, read.carries);
                        let mut world = self.clone();
                        world.rows[at][place].is_taken = true;
                        world.read(me, at, place, orders);
                        world.write(me, at, place + 1, value, orders, Some(carried));
                        done(world);
                    }
                }
            }
            (Wait::No, Op::Await { at, value, acquires }) => {
                for place in self.readable(me, at) {
                    if self.rows[at][place].value == value {
                        let mut world = self.clone();
                        world.read(me, at, place, acquires);
                        done(world);
                    }
                }
            }
            (Wait::No, Op::WaitUntil { at, value }) => {
                for place in self.readable(me, at) {
                    let mut world = self.clone();
                    world.read(me, at, place, false);
                    if self.rows[at][place].value == value {
                        done(world);
                    } else {
                        let thread = &mut world.threads[me];
                        (thread.wait, world.monitor) = (Wait::Notification, thread.view);
                        world.owner = None;
                        world.waiters.push(me);
                        stays.push(world);
                    }
                }
            }
        }
        next.append(&mut stays);
        next
    }

    fn entered(&self, me: usize) -> World {
        let mut world = self.clone();
        let mut view = world.threads[me].view;
        self.join(&mut view, self.monitor);
        world.threads[me].view = view;
        world.owner = Some(me);
        world
    }
}
