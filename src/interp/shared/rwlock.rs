//! Reader-writer locks that prefer writers (`Threads.RwLock`).
//!
//! | a thread wants to | and goes on if | by other threads held up? |
//! |---|---|---|
//! | read | nobody writes and no writer waits, or it writes itself | by a writer that waits, even if it reads already |
//! | write | nobody else reads or writes | |
//!
//! A writer that must wait announces itself first, which holds new readers up; so to write can be two requests.
//! A thread that reads cannot come to write.

use std::collections::{BTreeMap, BTreeSet};

use super::class::{Class, Response, Way};
use crate::interp::{ThreadId, TrapKind};

/// A reader-writer lock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RwLock {
    /// The threads that read, and how often each has entered.
    readers: BTreeMap<ThreadId, u64>,
    /// The thread that writes, and how often it has entered.
    writer: Option<(ThreadId, u64)>,
    /// The threads that wait to write.
    announced: BTreeSet<ThreadId>,
}

/// What can be done with a reader-writer lock.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RwLockUse {
    /// Enters as a reader.
    ReadEnter,
    /// The same if it need not wait; whether it did.
    TryReadEnter,
    /// Leaves as a reader.
    ReadExit,
    /// Enters as a writer, or announces it.
    WriteEnter,
    /// Enters as a writer that has announced it.
    Write,
    /// Enters as a writer if it need not wait; whether it did.
    TryWriteEnter,
    /// Leaves as a writer.
    WriteExit,
    /// How often readers have entered.
    Readers,
    /// Whether a thread writes.
    IsWriteLocked,
}

impl RwLock {
    fn writes(&self, me: ThreadId) -> bool {
        self.writer.is_some_and(|(writer, _)| writer == me)
    }

    fn may_read(&self, me: ThreadId) -> bool {
        self.writes(me) || self.writer.is_none() && self.announced.is_empty()
    }

    /// Whether nobody reads or writes.
    fn is_free(&self) -> bool {
        self.readers.is_empty() && self.writer.is_none()
    }

    fn may_write(&self, me: ThreadId) -> bool {
        self.writes(me) || self.is_free() && self.announced.is_empty()
    }

    fn read(&mut self, me: ThreadId) {
        *self.readers.entry(me).or_default() += 1;
    }

    fn write(&mut self, me: ThreadId) {
        self.announced.remove(&me);
        self.writer.get_or_insert((me, 0)).1 += 1;
    }

    fn read_exit(&mut self, me: ThreadId) -> Result<(), &'static str> {
        let times = self.readers.get_mut(&me).ok_or("ReadExit: exit without matching enter")?;
        *times -= 1;
        if *times == 0 {
            self.readers.remove(&me);
        }
        Ok(())
    }

    fn write_exit(&mut self, me: ThreadId) -> Result<(), &'static str> {
        match &mut self.writer {
            None => return Err("WriteExit: exit without matching enter"),
            Some((writer, _)) if *writer != me => return Err("WriteExit: not owner"),
            Some((_, times)) if *times > 1 => *times -= 1,
            Some(_) => self.writer = None,
        }
        Ok(())
    }
}

impl Class for RwLock {
    type Use = RwLockUse;
    const NAME: &'static str = "RwLock";
    const NOUN: &'static str = "reader-writer lock";
    const HAS_OWNERS: bool = true;

    fn is_possible(&self, me: ThreadId, way: &RwLockUse) -> bool {
        match way {
            RwLockUse::ReadEnter => self.may_read(me),
            RwLockUse::Write => self.is_free(),
            _ => true,
        }
    }

    fn perform(&mut self, me: ThreadId, way: &RwLockUse) -> Response<RwLockUse> {
        let left = match way {
            RwLockUse::ReadEnter => {
                self.read(me);
                Ok(())
            }
            RwLockUse::TryReadEnter => {
                let may = self.may_read(me);
                if may {
                    self.read(me);
                }
                return Response::Word(u64::from(may));
            }
            RwLockUse::WriteEnter if !self.writes(me) && self.readers.contains_key(&me) => {
                let message = "RwLock.WriteEnter: cannot upgrade read lock".into();
                return Response::Refused((TrapKind::InvalidOperation, message));
            }
            RwLockUse::WriteEnter if !self.may_write(me) => {
                self.announced.insert(me);
                return Response::Begins(RwLockUse::Write);
            }
            RwLockUse::WriteEnter | RwLockUse::Write => {
                self.write(me);
                Ok(())
            }
            RwLockUse::TryWriteEnter => {
                let may = self.may_write(me);
                if may {
                    self.write(me);
                }
                return Response::Word(u64::from(may));
            }
            RwLockUse::ReadExit => self.read_exit(me),
            RwLockUse::WriteExit => self.write_exit(me),
            RwLockUse::Readers => return Response::Word(self.readers.values().sum()),
            RwLockUse::IsWriteLocked => return Response::Word(u64::from(self.writer.is_some())),
        };
        match left {
            Ok(()) => Response::Word(0),
            Err(what) => Response::Refused((TrapKind::DoubleUnlock, format!("RwLock.{what}"))),
        }
    }

    /// The writer; of several readers none in particular.
    fn awaited(&self, me: ThreadId, way: &RwLockUse) -> Option<ThreadId> {
        let writer = self.writer.map(|(writer, _)| writer);
        match way {
            RwLockUse::ReadEnter => {
                writer.or_else(|| only_other(self.announced.iter().copied(), me))
            }
            RwLockUse::Write => writer.or_else(|| only_other(self.readers.keys().copied(), me)),
            _ => None,
        }
    }

    fn may_await(&self, thread: ThreadId) -> bool {
        self.writer.is_some_and(|(writer, _)| writer == thread)
            || self.readers.contains_key(&thread)
            || self.announced.contains(&thread)
    }

    fn rename(&mut self, to: &dyn Fn(ThreadId) -> ThreadId) {
        self.readers = self.readers.iter().map(|(&thread, &times)| (to(thread), times)).collect();
        self.writer = self.writer.map(|(writer, times)| (to(writer), times));
        self.announced = self.announced.iter().map(|&thread| to(thread)).collect();
    }
}

/// The only one of these threads besides `me`.
fn only_other(threads: impl Iterator<Item = ThreadId>, me: ThreadId) -> Option<ThreadId> {
    let mut others = threads.filter(|&thread| thread != me);
    others.next().filter(|_| others.next().is_none())
}

impl Way for RwLockUse {
    fn function(&self) -> &'static str {
        match self {
            RwLockUse::ReadEnter => "ReadEnter",
            RwLockUse::TryReadEnter => "TryReadEnter",
            RwLockUse::ReadExit => "ReadExit",
            RwLockUse::WriteEnter => "WriteEnter",
            RwLockUse::Write => "WriteEnter (write)",
            RwLockUse::TryWriteEnter => "TryWriteEnter",
            RwLockUse::WriteExit => "WriteExit",
            RwLockUse::Readers => "get_Readers",
            RwLockUse::IsWriteLocked => "get_IsWriteLocked",
        }
    }

    fn is_told(&self) -> bool {
        use RwLockUse::{IsWriteLocked, Readers, TryReadEnter, TryWriteEnter};
        matches!(self, TryReadEnter | TryWriteEnter | Readers | IsWriteLocked)
    }

    fn is_lock(&self) -> bool {
        matches!(self, RwLockUse::ReadEnter | RwLockUse::Write)
    }
}
