//! `TinyVM`'s tables of variables and locks: a count, an array, and a mutex that is not always taken.

use super::parts::BareLock;
use super::sync::Ordering::{Acquire, Relaxed, Release};
use super::sync::{Arc, AtomicBool, AtomicUsize, Mutex, Plain, thread};
use super::{Bug, Shows};

/// One variable slot; the count says whether it is in use.
struct Variables {
    count: AtomicUsize,
    has_name: AtomicBool,
}

/// One thread adds a variable while another one scans the table without its lock.
fn add_against_scan(add: fn(&Variables)) {
    let variables =
        Arc::new(Variables { count: AtomicUsize::new(0), has_name: AtomicBool::new(false) });
    let shared = variables.clone();
    let adds = thread::spawn(move || add(&shared));
    // Acquire: sees what was written before the count.
    if variables.count.load(Acquire) > 0 {
        // Relaxed: the count orders it.
        assert!(variables.has_name.load(Relaxed), "the scan compares an unset name");
    }
    adds.join().unwrap();
}

pub(super) const T2: Bug = Bug {
    id: "T2",
    origin: "TinyVM, variable table",
    title: "a scan compares a name that is not set yet",
    story: "A new variable first raised the count and then wrote its name, against a scan that took \
            no lock. The scan followed the count to a slot without a name, and crashed.",
    missing: "the order, and its edge: name first, then the count, by release and acquire",
    shows: Shows::InSomeSchedule,
    wrong: || {
        add_against_scan(|variables| {
            variables.count.store(1, Release);
            variables.has_name.store(true, Relaxed);
        });
    },
    right: || {
        add_against_scan(|variables| {
            variables.has_name.store(true, Relaxed);
            variables.count.store(1, Release);
        });
    },
};

/// The locks that there are, of one name.
type LockTable = Mutex<Vec<Arc<BareLock>>>;

/// Two threads look a lock up by the same name, and enter.
fn two_look_up(find_or_insert: fn(&LockTable) -> Arc<BareLock>) {
    let table = Arc::new(LockTable::default());
    let inside = Arc::new(Plain::new(0));
    let enters = move |table: &LockTable, inside: &Plain<u32>| {
        let lock = find_or_insert(table);
        lock.lock();
        inside.with_mut(|entries| *entries += 1);
        lock.unlock();
    };
    let (shared_table, shared) = (table.clone(), inside.clone());
    let other = thread::spawn(move || enters(&shared_table, &shared));
    enters(&table, &inside);
    other.join().unwrap();
    assert_eq!(table.lock().unwrap().len(), 1, "two locks of one name");
}

fn insert(table: &mut Vec<Arc<BareLock>>) -> Arc<BareLock> {
    table.push(Arc::default());
    table[table.len() - 1].clone()
}

pub(super) const T3: Bug = Bug {
    id: "T3",
    origin: "TinyVM, lock table",
    title: "one name gets two locks, and excludes nobody",
    story: "A lock that was not found was inserted under the table's mutex, but the search came \
            before it and was not repeated. Two threads that both found nothing inserted one each.",
    missing: "a second look inside the critical section",
    shows: Shows::InSomeSchedule,
    wrong: || {
        two_look_up(|table| {
            let found = table.lock().unwrap().first().cloned();
            found.unwrap_or_else(|| insert(&mut table.lock().unwrap()))
        });
    },
    right: || {
        two_look_up(|table| {
            let mut table = table.lock().unwrap();
            let found = table.first().cloned();
            found.unwrap_or_else(|| insert(&mut table))
        });
    },
};

/// A table with room for one.
const CAPACITY: usize = 1;

/// Two threads add to a table with room for one.
fn two_add(add: fn(&Mutex<Vec<u32>>, u32)) {
    let table = Arc::new(Mutex::new(Vec::new()));
    let shared = table.clone();
    let other = thread::spawn(move || add(&shared, 1));
    add(&table, 2);
    other.join().unwrap();
    assert!(table.lock().unwrap().len() <= CAPACITY, "the table overflows");
}

pub(super) const T4: Bug = Bug {
    id: "T4",
    origin: "TinyVM, capacity of tables",
    title: "two threads take the last slot, and the table overflows",
    story: "The capacity was checked before the table's mutex was taken. What the check had seen was \
            no longer so when the slot was written.",
    missing: "the check inside the critical section whose write it allows",
    shows: Shows::InSomeSchedule,
    wrong: || {
        two_add(|table, value| {
            let has_room = table.lock().unwrap().len() < CAPACITY;
            if has_room {
                table.lock().unwrap().push(value);
            }
        });
    },
    right: || {
        two_add(|table, value| {
            let mut table = table.lock().unwrap();
            if table.len() < CAPACITY {
                table.push(value);
            }
        });
    },
};

/// A slot of the lock table: its lock is nothing but a flag, which initialisation clears.
struct LockSlot {
    is_published: AtomicBool,
    is_held: AtomicBool,
    inside: Plain<u32>,
}

impl LockSlot {
    fn new() -> Self {
        let no = || AtomicBool::new(false);
        LockSlot { is_published: no(), is_held: no(), inside: Plain::new(0) }
    }

    /// Clears whatever an earlier user has left.
    fn initialise(&self) {
        // Relaxed: publishing orders it.
        self.is_held.store(false, Relaxed);
    }

    fn publish(&self) {
        // Release: who finds the slot sees it initialised.
        self.is_published.store(true, Release);
    }

    fn is_published(&self) -> bool {
        // Acquire: see publish.
        self.is_published.load(Acquire)
    }

    /// Goes in if nobody is; waiting would add nothing to the story.
    fn try_enter(&self) {
        // Acquire and Release: the lock's own edges.
        if self.is_held.compare_exchange(false, true, Acquire, Relaxed).is_ok() {
            self.inside.with_mut(|entries| *entries += 1);
            self.is_held.store(false, Release);
        }
    }
}

/// One thread makes the slot and uses it; another one uses it as soon as it finds it.
fn make_against_use(make: fn(&LockSlot)) {
    let slot = Arc::new(LockSlot::new());
    let shared = slot.clone();
    let user = thread::spawn(move || {
        if shared.is_published() {
            shared.try_enter();
        }
    });
    make(&slot);
    slot.try_enter();
    user.join().unwrap();
}

pub(super) const T5: Bug = Bug {
    id: "T5",
    origin: "TinyVM, lock table",
    title: "a lock is initialised after somebody has taken it",
    story: "The slot's name was written before its mutex was initialised. Another thread found the \
            slot and locked it; initialisation then freed the lock, and its maker went in too.",
    missing: "the edge initialise->find: a slot is published when it is complete",
    shows: Shows::InSomeSchedule,
    wrong: || {
        make_against_use(|slot| {
            slot.publish();
            slot.initialise();
        });
    },
    right: || {
        make_against_use(|slot| {
            slot.initialise();
            slot.publish();
        });
    },
};

/// A table that is full, behind a lock that must be given back by hand.
#[derive(Default)]
struct FullTable {
    lock: BareLock,
}

/// Two threads are told that the table is full.
fn two_are_refused(refuse: fn(&FullTable)) {
    let table = Arc::new(FullTable::default());
    let shared = table.clone();
    let insert = move |table: &FullTable| {
        table.lock.lock();
        refuse(table);
    };
    let other = thread::spawn(move || insert(&shared));
    insert(&table);
    other.join().unwrap();
}

pub(super) const T7: Bug = Bug {
    id: "T7",
    origin: "TinyVM, full table",
    title: "who is told that the table is full keeps its lock",
    story: "The path on which the table was full returned without giving the mutex back. The next \
            caller hung, even if it was the same thread.",
    missing: "a release on every way out; a guard has one",
    shows: Shows::Always,
    wrong: || two_are_refused(|_| {}),
    right: || two_are_refused(|table| table.lock.unlock()),
};

/// A table with room for one lock, and what the locks of two names guard.
struct RoomForOne {
    lock: BareLock,
    inside: [Plain<u32>; 2],
}

/// There is no lock of that name, and no room for one.
struct NoRoom;

/// Enters by each name; `lock` is given the lock if there is one.
fn enter_by_each_name(
    table: &RoomForOne,
    lock: fn(Option<&BareLock>) -> Result<(), NoRoom>,
) -> Result<(), NoRoom> {
    for (found, inside) in [Some(&table.lock), None].into_iter().zip(&table.inside) {
        lock(found)?;
        inside.with_mut(|entries| *entries += 1);
        if let Some(lock) = found {
            lock.unlock();
        }
    }
    Ok(())
}

/// Two threads lock by both names, and go on for as long as they may.
fn two_lock_without_room(lock: fn(Option<&BareLock>) -> Result<(), NoRoom>) {
    let inside = [0, 0].map(Plain::new);
    let table = Arc::new(RoomForOne { lock: BareLock::default(), inside });
    let shared = table.clone();
    let other = thread::spawn(move || enter_by_each_name(&shared, lock).is_ok());
    let goes_on = enter_by_each_name(&table, lock).is_ok();
    assert_eq!(goes_on, other.join().unwrap(), "one is told, and the other is not");
    assert_eq!(
        table.inside[0].with(|entries| *entries),
        2,
        "the lock that there is excludes nobody"
    );
}

pub(super) const T12: Bug = Bug {
    id: "T12",
    origin: "TinyVM, full lock table",
    title: "a lock for which there is no room locks nothing",
    story: "When the lock table was full, `lock` did nothing and said nothing. The program went on \
            as if it were alone.",
    missing: "an error: a lock that was not taken must stop its thread",
    shows: Shows::InSomeSchedule,
    wrong: || {
        two_lock_without_room(|lock| {
            if let Some(lock) = lock {
                lock.lock();
            }
            Ok(())
        });
    },
    right: || {
        two_lock_without_room(|lock| {
            lock.ok_or(NoRoom)?.lock();
            Ok(())
        });
    },
};
