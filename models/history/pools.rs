//! Pools and channels: what is handed from one thread to another.

use super::parts::Allocation;
use super::sync::{Arc, Condvar, Mutex, thread};
use super::{Bug, Shows};

/// A pool with one task that runs.
struct Pool {
    tasks: Mutex<Tasks>,
    changed: Condvar,
}

#[derive(Default)]
struct Tasks {
    pending: u32,
    active: u32,
}

impl Pool {
    fn submit(&self, wake: fn(&Condvar)) {
        self.tasks.lock().unwrap().pending += 1;
        wake(&self.changed);
    }

    /// Carries out the next task.
    fn work(&self) {
        let tasks = self.tasks.lock().unwrap();
        let mut tasks = self.changed.wait_while(tasks, |tasks| tasks.pending == 0).unwrap();
        tasks.pending -= 1;
    }

    fn finish(&self) {
        self.tasks.lock().unwrap().active -= 1;
        self.changed.notify_all();
    }

    fn wait(&self) {
        let is_busy = |tasks: &mut Tasks| tasks.pending + tasks.active > 0;
        drop(self.changed.wait_while(self.tasks.lock().unwrap(), is_busy).unwrap());
    }
}

/// A task submits another one and waits for it, while one thread waits for the pool and one worker is idle.
fn submit_beside_a_waiter(wake: fn(&Condvar)) {
    let pool = Arc::new(Pool {
        tasks: Mutex::new(Tasks { pending: 0, active: 1 }),
        changed: Condvar::new(),
    });
    let (of_worker, of_waiter) = (pool.clone(), pool.clone());
    let worker = thread::spawn(move || of_worker.work());
    let waiter = thread::spawn(move || of_waiter.wait());
    pool.submit(wake);
    worker.join().unwrap();
    pool.finish();
    waiter.join().unwrap();
}

pub(super) const V37: Bug = Bug {
    id: "V37",
    origin: "Viper, thread pool",
    title: "who waits for the pool gets the notification that was meant for a worker",
    story: "Workers and those who waited for the pool waited on one monitor, for different things. A new task \
            notified one of them, the one that had waited longest. If that was no worker, it looked, and waited \
            on; the idle worker slept, and a task that waited for the new one waited for ever.",
    missing: "a notification of all who wait for different things, or a place to wait for each thing",
    shows: Shows::InSomeSchedule,
    wrong: || submit_beside_a_waiter(Condvar::notify_one),
    right: || submit_beside_a_waiter(Condvar::notify_all),
};

/// A pool's only worker, and what it works with.
struct Working {
    worker: Mutex<Option<thread::JoinHandle<()>>>,
    has_ended: Mutex<bool>,
    ended: Condvar,
    memory: Allocation,
}

impl Working {
    /// Joins the worker, if nobody else does.
    fn shut_down(&self) {
        let Some(worker) = self.worker.lock().unwrap().take() else { return };
        worker.join().unwrap();
        *self.has_ended.lock().unwrap() = true;
        self.ended.notify_all();
    }

    fn wait_for_the_end(&self) {
        drop(self.ended.wait_while(self.has_ended.lock().unwrap(), |it| !*it).unwrap());
    }
}

/// Two threads shut a pool down; one of them frees what the worker uses.
fn shut_down_twice(shut_down: fn(&Working)) {
    let pool = Arc::new(Working {
        worker: Mutex::new(None),
        has_ended: Mutex::new(false),
        ended: Condvar::new(),
        memory: Allocation::new(1),
    });
    let (of_worker, of_other) = (pool.clone(), pool.clone());
    let worker = thread::spawn(move || {
        of_worker.memory.get();
    });
    *pool.worker.lock().unwrap() = Some(worker);
    let other = thread::spawn(move || of_other.shut_down());
    shut_down(&pool);
    pool.memory.free();
    other.join().unwrap();
}

pub(super) const V38: Bug = Bug {
    id: "V38",
    origin: "Viper, thread pool",
    title: "the second thread that shuts a pool down does not wait for its workers",
    story: "The first caller took the workers' handles and joined them. A second one found no handles, and \
            returned while workers still ran; what they used could then be freed.",
    missing: "the edge exit->shutdown for every caller: who does not join waits for the one who does",
    shows: Shows::InSomeSchedule,
    wrong: || shut_down_twice(Working::shut_down),
    right: || {
        shut_down_twice(|pool| {
            pool.shut_down();
            pool.wait_for_the_end();
        });
    },
};

/// A channel without a place: an item is there only while a receiver waits.
#[derive(Default)]
struct Handover {
    is_waiting: bool,
    /// The receiver waits no more because of the time.
    is_late: bool,
    item: Option<u32>,
}

/// A receiver with a time limit, a sender that hands an item over if somebody waits, and a thread that is the clock.
fn receive_in_time(take: fn(&mut Handover) -> Option<u32>) {
    let channel = Arc::new((Mutex::new(Handover::default()), Condvar::new()));
    let (of_receiver, of_clock) = (channel.clone(), channel.clone());
    let receiver = thread::spawn(move || {
        let (handover, changed) = &*of_receiver;
        let mut handover = handover.lock().unwrap();
        handover.is_waiting = true;
        let waits = |it: &mut Handover| !it.is_late && it.item.is_none();
        let mut handover = changed.wait_while(handover, waits).unwrap();
        handover.is_waiting = false;
        take(&mut handover)
    });
    let clock = thread::spawn(move || {
        let (handover, changed) = &*of_clock;
        let mut handover = handover.lock().unwrap();
        handover.is_late = handover.item.is_none();
        changed.notify_all();
    });
    let (handover, changed) = &*channel;
    let is_sent = {
        let mut handover = handover.lock().unwrap();
        if handover.is_waiting {
            handover.item = Some(7);
        }
        handover.is_waiting
    };
    changed.notify_all();
    clock.join().unwrap();
    let received = receiver.join().unwrap();
    assert_eq!(received.is_some(), is_sent, "what was handed over has not arrived");
}

pub(super) const V39: Bug = Bug {
    id: "V39",
    origin: "Viper, channel and queue",
    title: "an item that arrives as the time is up is lost",
    story: "A receiver whose wait ended by its time limit reported that there was nothing, without looking. A \
            sender could have handed an item over between the end of the time and the moment at which the \
            receiver had the lock again.",
    missing: "a second look under the lock: the end of a time says nothing about the state",
    shows: Shows::InSomeSchedule,
    wrong: || {
        receive_in_time(|handover| if handover.is_late { None } else { handover.item.take() });
    },
    right: || receive_in_time(|handover| handover.item.take()),
};
