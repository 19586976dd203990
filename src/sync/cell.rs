//! [`UnsafeCell`], and the cell under it, under every lock and every plain cell: the data, and which accesses
//! are in progress.
//!
//! A missing lock must be *seen*. So the data is guarded not by the lock that is supposed to guard it,
//! but by claims: each access states whether it reads or writes, and an access that overlaps a
//! conflicting one is a violation that names both places. Under loom, a causality check also reports
//! accesses that merely have no edge between them.
//!
//! # Invariants
//! - *one claim*: at any time there is at most one exclusive claim and no shared one beside it, or
//!   any number of shared ones. `Claims::conflict` keeps it; claims are counted under a lock.
//! - *ends count*: what does not need a lock, an access by a pointer, lasts to its end. Whoever enters later must know of
//!   the end, not only of the beginning; so the end is an access, too. That of a closure comes after all that the thread
//!   has done in it; that of a [`ConstPtr`] or [`MutPtr`] belongs to the thread's latest operation.
#![allow(unsafe_code)]

use std::{
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    panic::Location,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::panicking,
};

use super::{create, memory, point, raw};
use crate::session::{
    self, Decision, Event, Fault, ObjectId, ObjectKind, OpKind, Site, Suspects, ThreadId,
};

/// Data that is reached through claims.
pub(super) struct Cell<T: ?Sized> {
    watch: Watch,
    data: std::cell::UnsafeCell<T>,
}

/// What is known of the accesses to data.
struct Watch {
    object: ObjectId,
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

#[derive(Default)]
struct Claims {
    writer: Option<Site>,
    readers: Vec<Site>,
    written: Option<Site>,
    read: Option<Site>,
    /// The thread that has dropped the data, in a place that cannot be known.
    dropped_by: Option<ThreadId>,
}

impl Claims {
    /// The claim that conflicts with this access.
    fn conflict(&self, op: OpKind) -> Option<(&'static str, Site)> {
        let writer = self.writer.map(|site| ("written", site));
        let reader = || self.readers.first().map(|&site| ("read", site));
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
        self.watch.enter(OpKind::Write, location);
        Exclusive { cell: self, on_thread: PhantomData }
    }

    /// Claims the data for reading.
    pub(super) fn read(&self, location: &'static Location<'static>) -> Shared<'_, T> {
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
    fn new(object: ObjectId) -> Self {
        Watch { object, claims: Mutex::default(), tracker: create(raw::Tracker::new) }
    }

    fn claims(&self) -> MutexGuard<'_, Claims> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn linger(&self) {
        if let Some(tracker) = &self.tracker
            && (raw::OUTLIVES_EXECUTION || !session::is_over())
        {
            super::call(|| tracker.linger());
        }
    }

    /// Asks the tool whether the access has an edge from the latest ones.
    fn check(&self, op: OpKind, location: &'static Location<'static>) {
        self.ask(op, location, |it| if op == OpKind::Read { it.read() } else { it.write() });
    }

    /// Tells the tool that the access ends with the latest operation of the thread.
    fn end(&self, op: OpKind, location: &'static Location<'static>) {
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
    fn enter(&self, op: OpKind, location: &'static Location<'static>) -> Site {
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
            claims.readers.push(site);
            claims.read = Some(site);
        } else {
            claims.writer = Some(site);
            claims.written = Some(site);
        }
        site
    }

    fn leave(&self, op: OpKind, site: Site) {
        let mut claims = self.claims();
        if op != OpKind::Read {
            claims.writer = None;
        } else if let Some(index) = claims.readers.iter().position(|it| *it == site) {
            claims.readers.swap_remove(index);
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

/// A cell that gives out raw pointers to its contents, for code that guards them itself. Each access states
/// whether it reads or writes, and lasts as long as its closure; accesses that conflict are a data race, as for a
/// [`Plain`](super::Plain) cell. In the native world this costs nothing.
///
/// Like `std`'s, it is not `Sync`: a type that guards it says so itself. Does not see: a use of a pointer after the
/// closure that got it has returned.
pub struct UnsafeCell<T: ?Sized> {
    watch: Life,
    data: std::cell::UnsafeCell<T>,
}

/// What is known of a cell's accesses, for as long as the cell lives. It is shared with its accesses, since one by a
/// [`ConstPtr`] or [`MutPtr`] may outlive the cell.
struct Life(Arc<Watch>);

impl Drop for Life {
    fn drop(&mut self) {
        self.0.claims().dropped_by = Some(session::site(Location::caller()).thread);
    }
}

/// An access by a pointer, until dropped.
struct Access {
    watch: Arc<Watch>,
    event: Event,
    site: Site,
    /// Whether it lasts as long as a [`ConstPtr`] or [`MutPtr`]. A guard of somebody's lock has that in a field, which is
    /// dropped right after `drop` has unlocked, and does nothing in between.
    is_owned: bool,
}

impl Access {
    /// The pointer at which the access is made is about to be used.
    ///
    /// # Panics
    /// The cell is gone.
    fn touch(&self, pointer: *const u8, location: &'static Location<'static>) {
        memory::touch(pointer, location);
        let Access { watch, site, .. } = self;
        let Some(thread) = watch.claims().dropped_by else { return };
        if panicking() || session::is_over() {
            return;
        }
        let (here, object) = (session::site(location), watch.object);
        let message =
            format!("{here} uses {object}, which {thread} has dropped, by the pointer of {site}");
        session::violate(Fault::UseAfterFree, message, location);
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        self.watch.leave(self.event.op, self.site);
        if panicking() {
            return;
        }
        let Event { op, location, .. } = self.event;
        if self.is_owned {
            self.watch.end(op, location);
        } else {
            self.watch.check(op, location);
        }
    }
}

impl<T> UnsafeCell<T> {
    /// A cell with contents.
    #[track_caller]
    pub fn new(value: T) -> Self {
        let watch = Watch::new(session::new_object(ObjectKind::Plain));
        UnsafeCell { watch: Life(Arc::new(watch)), data: std::cell::UnsafeCell::new(value) }
    }

    /// Returns the contents.
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Reads by a pointer.
    ///
    /// # Panics
    /// If the read races with a write.
    #[track_caller]
    pub fn with<F, R>(&self, read: F) -> R
    where
        F: FnOnce(*const T) -> R,
    {
        self.access(OpKind::Read, Location::caller(), |pointer| read(pointer))
    }

    /// Writes by a pointer.
    ///
    /// # Panics
    /// If the write races with another access.
    #[track_caller]
    pub fn with_mut<F, R>(&self, write: F) -> R
    where
        F: FnOnce(*mut T) -> R,
    {
        self.access(OpKind::Write, Location::caller(), write)
    }

    fn access<R>(
        &self,
        op: OpKind,
        location: &'static Location<'static>,
        by: impl FnOnce(*mut T) -> R,
    ) -> R {
        let (decision, access) = self.begin(op, location, false);
        let event = access.event;
        let result = by(self.data.get());
        drop(access);
        finish(decision, event);
        result
    }

    /// A pointer for reading, for the loom face: the read lasts as long as the pointer.
    ///
    /// # Panics
    /// If the read races with a write.
    #[doc(hidden)]
    #[track_caller]
    pub fn const_ptr(&self) -> ConstPtr<T> {
        let (decision, access) = self.begin(OpKind::Read, Location::caller(), true);
        finish(decision, access.event);
        ConstPtr { pointer: self.data.get(), access }
    }

    /// A pointer for writing, for the loom face: the write lasts as long as the pointer.
    ///
    /// # Panics
    /// If the write races with another access.
    #[doc(hidden)]
    #[track_caller]
    pub fn mut_ptr(&self) -> MutPtr<T> {
        let (decision, access) = self.begin(OpKind::Write, Location::caller(), true);
        finish(decision, access.event);
        MutPtr { pointer: self.data.get(), access }
    }

    fn begin(
        &self,
        op: OpKind,
        location: &'static Location<'static>,
        is_owned: bool,
    ) -> (Decision, Access) {
        let event = Event::new(op, location).on(self.watch.0.object);
        let decision = point(event);
        memory::touch(std::ptr::from_ref(self).cast(), location);
        let watch = self.watch.0.clone();
        let site = watch.enter(op, location);
        if op == OpKind::Write {
            raw::note_change();
        }
        let access = Access { watch, event, site, is_owned };
        if decision != Decision::Bypass {
            access.watch.linger();
        }
        (decision, access)
    }

    /// Gives access to the contents, which nobody else can reach now.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }
}

fn finish(decision: Decision, event: Event) {
    if decision != Decision::Bypass {
        session::finish(event);
    }
}

/// A pointer to the contents of an [`UnsafeCell`]. The cell is being read for as long as the pointer is there, even if it
/// is not used.
pub struct ConstPtr<T: ?Sized> {
    pointer: *const T,
    access: Access,
}

/// A pointer to the contents of an [`UnsafeCell`]. The cell is being written for as long as the pointer is there, even if
/// it is not used.
pub struct MutPtr<T: ?Sized> {
    pointer: *mut T,
    access: Access,
}

impl<T: ?Sized> ConstPtr<T> {
    /// The contents.
    ///
    /// # Safety
    /// As for a raw pointer: the cell is still there, and nobody writes it while the reference is used.
    ///
    /// # Panics
    /// If the cell has been dropped, or its memory freed.
    #[track_caller]
    pub unsafe fn deref(&self) -> &T {
        self.access.touch(self.pointer.cast(), Location::caller());
        // SAFETY: as the caller has promised.
        unsafe { &*self.pointer }
    }

    /// Reads by the raw pointer, which must not leave the closure.
    ///
    /// # Panics
    /// If the cell has been dropped, or its memory freed.
    #[track_caller]
    pub fn with<F, R>(&self, read: F) -> R
    where
        F: FnOnce(*const T) -> R,
    {
        self.access.touch(self.pointer.cast(), Location::caller());
        read(self.pointer)
    }
}

impl<T: ?Sized> MutPtr<T> {
    /// The contents.
    ///
    /// # Safety
    /// As for a raw pointer: the cell is still there, and there is no other reference while this one is used.
    ///
    /// # Panics
    /// If the cell has been dropped, or its memory freed.
    #[expect(clippy::mut_from_ref, reason = "it stands for a raw pointer")]
    #[track_caller]
    pub unsafe fn deref(&self) -> &mut T {
        self.access.touch(self.pointer.cast(), Location::caller());
        // SAFETY: as the caller has promised.
        unsafe { &mut *self.pointer }
    }

    /// Writes by the raw pointer, which must not leave the closure.
    ///
    /// # Panics
    /// If the cell has been dropped, or its memory freed.
    #[track_caller]
    pub fn with<F, R>(&self, write: F) -> R
    where
        F: FnOnce(*mut T) -> R,
    {
        self.access.touch(self.pointer.cast(), Location::caller());
        write(self.pointer)
    }
}

impl<T: ?Sized> fmt::Debug for ConstPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pointer.fmt(f)
    }
}

impl<T: ?Sized> fmt::Debug for MutPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pointer.fmt(f)
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> Self {
        UnsafeCell::new(T::default())
    }
}

impl<T> From<T> for UnsafeCell<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        UnsafeCell::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.watch.0.object)
    }
}
