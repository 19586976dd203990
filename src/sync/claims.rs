//! The cell under every lock and every plain cell: the data, and which accesses are in progress.
//!
//! A missing lock must be *seen*. So the data is guarded not by the lock that is supposed to guard it,
//! but by claims: each access states whether it reads or writes, and an access that overlaps a
//! conflicting one is a violation that names both places. Under loom, a causality check also reports
//! accesses that merely have no edge between them.
//!
//! # Invariants
//! - *one claim*: at any time there is at most one exclusive claim and no shared one beside it, or
//!   any number of shared ones. `Claims::conflict` keeps it; claims are counted under a lock.
#![allow(unsafe_code)]

use std::{
    marker::PhantomData,
    ops::{Deref, DerefMut},
    panic::Location,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{create, memory, raw};
use crate::session::{self, Fault, ObjectId, OpKind, Site, Suspects, ThreadId};

/// Data that is reached through claims.
pub(super) struct Cell<T: ?Sized> {
    watch: Watch,
    data: std::cell::UnsafeCell<T>,
}

/// What is known of the accesses to data.
pub(super) struct Watch {
    pub(super) object: ObjectId,
    claims: Mutex<Claims>,
    /// `None` if it was created after the end of its execution.
    tracker: Option<raw::Tracker>,
}

// SAFETY: a tracker is a part of its execution, whose threads all run on one OS thread if its tool's cell cannot be
// shared. The claims are behind a lock.
unsafe impl Sync for Watch {}

// SAFETY: *one claim*: threads reach the data through claims, and a `&mut T` only exists while no
// other claim does. Readers share `&T`, which is what `T: Sync` allows: `Plain::with` asks for it, and
// a `RwLock<T>` is only shared between threads if `T` may be. A mutex asks for less than that, and
// only ever claims exclusively, which is what `T: Send` allows.
unsafe impl<T: Send + ?Sized> Sync for Cell<T> {}

/// Nothing of it is on the heap: see [`cell`](super::cell).
#[derive(Default)]
pub(super) struct Claims {
    writer: Option<Site>,
    readers: Readers,
    written: Option<Site>,
    read: Option<Site>,
    /// Where an [`UnsafeCell`](super::cell::UnsafeCell) was when it was used last, and the thread that has dropped it there.
    pub(super) place: usize,
    pub(super) dropped_by: Option<ThreadId>,
}

/// Those who read, of whom some are known by name.
#[derive(Default)]
struct Readers {
    named: [Option<Site>; 4],
    others: u32,
}

impl Readers {
    fn first(&self) -> Option<Site> {
        self.named.iter().flatten().next().copied()
    }

    fn add(&mut self, site: Site) {
        match self.named.iter_mut().find(|it| it.is_none()) {
            Some(place) => *place = Some(site),
            None => self.others += 1,
        }
    }

    fn remove(&mut self, site: Site) {
        match self.named.iter_mut().find(|it| **it == Some(site)) {
            // One of those without a name takes the place, under this name.
            Some(_) if self.others > 0 => self.others -= 1,
            Some(place) => *place = None,
            None => self.others = self.others.saturating_sub(1),
        }
    }
}

impl Claims {
    /// The claim that conflicts with this access.
    fn conflict(&self, op: OpKind) -> Option<(&'static str, Site)> {
        let writer = self.writer.map(|site| ("written", site));
        let reader = || self.readers.first().map(|site| ("read", site));
        if op == OpKind::Read { writer } else { writer.or_else(reader) }
    }
}

/// An exclusive claim, until dropped.
pub(super) struct Exclusive<'cell, T: ?Sized> {
    cell: &'cell Cell<T>,
    on_thread: OnThread<'cell, T>,
}

/// A shared claim, until dropped.
pub(super) struct Shared<'cell, T: ?Sized> {
    cell: &'cell Cell<T>,
    site: Site,
    on_thread: OnThread<'cell, T>,
}

/// A claim stays on its thread, as a guard of `std` does, and is shared where `T` may be: it gives out `&T`.
type OnThread<'cell, T> = PhantomData<(MutexGuard<'static, ()>, &'cell T)>;

impl<T> Cell<T> {
    pub(super) fn new(object: ObjectId, data: T) -> Self {
        Cell { watch: Watch::new(object), data: std::cell::UnsafeCell::new(data) }
    }

    pub(super) fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> Cell<T> {
    pub(super) fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }

    /// Claims the data for writing.
    pub(super) fn write(&self, location: &'static Location<'static>) -> Exclusive<'_, T> {
        memory::touch(std::ptr::from_ref(self).cast(), location);
        self.watch.enter(OpKind::Write, location);
        Exclusive { cell: self, on_thread: PhantomData }
    }

    /// Claims the data for reading.
    pub(super) fn read(&self, location: &'static Location<'static>) -> Shared<'_, T> {
        memory::touch(std::ptr::from_ref(self).cast(), location);
        let site = self.watch.enter(OpKind::Read, location);
        Shared { cell: self, site, on_thread: PhantomData }
    }

    /// Gives the tool a chance to run another thread while a claim is held.
    pub(super) fn linger(&self) {
        self.watch.linger();
    }

    /// Asks the tool once more, at the end of a claim that no lock has protected all the time. A thread
    /// that enters afterwards has an edge from the beginning of the claim, but not from its end.
    pub(super) fn check_again(&self, op: OpKind, location: &'static Location<'static>) {
        self.watch.check(op, location);
    }
}

impl Watch {
    pub(super) fn new(object: ObjectId) -> Self {
        Watch { object, claims: Mutex::default(), tracker: create(raw::Tracker::new) }
    }

    pub(super) fn claims(&self) -> MutexGuard<'_, Claims> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn linger(&self) {
        if let Some(tracker) = &self.tracker
            && (raw::OUTLIVES_EXECUTION || !session::is_over())
        {
            super::call(|| tracker.linger());
        }
    }

    /// Asks the tool whether the access has an edge from the latest ones.
    pub(super) fn check(&self, op: OpKind, location: &'static Location<'static>) {
        self.ask(op, location, |it| if op == OpKind::Read { it.read() } else { it.write() });
    }

    /// Tells the tool that the access ends with the latest operation of the thread.
    pub(super) fn end(&self, op: OpKind, location: &'static Location<'static>) {
        self.ask(op, location, |it| it.end(op != OpKind::Read));
    }

    fn ask(
        &self,
        op: OpKind,
        location: &'static Location<'static>,
        question: impl FnOnce(&raw::Tracker),
    ) {
        let Some(tracker) = &self.tracker else { return };
        if !raw::CHECKS_CAUSALITY || session::is_over() {
            return;
        }
        let (written, read) = {
            let claims = self.claims();
            (claims.written, claims.read)
        };
        session::suspect(Some(Suspects { object: self.object, op, location, written, read }));
        session::inside(|| question(tracker));
        session::suspect(None);
    }

    /// Begins an access, which `leave` ends.
    pub(super) fn enter(&self, op: OpKind, location: &'static Location<'static>) -> Site {
        self.check(op, location);
        let site = session::site(location);
        let mut claims = self.claims();
        if let Some((access, other)) = claims.conflict(op) {
            drop(claims);
            let object = self.object;
            session::violate(
                Fault::DataRace,
                format!(
                    "overlapping access: {op:?} of {object} by {site} while it is {access} by {other}"
                ),
                location,
            );
        }
        if op == OpKind::Read {
            claims.readers.add(site);
            claims.read = Some(site);
        } else {
            claims.writer = Some(site);
            claims.written = Some(site);
        }
        site
    }

    /// As [`enter`](Self::enter), of a cell that is there.
    pub(super) fn enter_at(
        &self,
        place: usize,
        op: OpKind,
        location: &'static Location<'static>,
    ) -> Site {
        let site = self.enter(op, location);
        let mut claims = self.claims();
        (claims.place, claims.dropped_by) = (place, None);
        site
    }

    pub(super) fn leave(&self, op: OpKind, site: Site) {
        let mut claims = self.claims();
        if op == OpKind::Read {
            claims.readers.remove(site);
        } else {
            claims.writer = None;
        }
    }
}

impl<T: ?Sized> Deref for Exclusive<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: *one claim*: this claim is exclusive, and `&self` keeps `deref_mut` away.
        unsafe { &*self.cell.data.get() }
    }
}

impl<T: ?Sized> DerefMut for Exclusive<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        raw::note_change();
        // SAFETY: *one claim*: this claim is exclusive, and `&mut self` makes this reference the
        // only one that came from it.
        unsafe { &mut *self.cell.data.get() }
    }
}

impl<T: ?Sized> Deref for Shared<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: *one claim*: no exclusive claim exists beside this shared one.
        unsafe { &*self.cell.data.get() }
    }
}

impl<T: ?Sized> Drop for Exclusive<'_, T> {
    fn drop(&mut self) {
        self.cell.watch.claims().writer = None;
    }
}

impl<T: ?Sized> Drop for Shared<'_, T> {
    fn drop(&mut self) {
        self.cell.watch.leave(OpKind::Read, self.site);
    }
}
