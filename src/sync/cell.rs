//! [`UnsafeCell`], which gives out pointers, and sees accesses by them that race.
//!
//! # Invariants
//! - *ends count*: what does not need a lock, an access by a pointer, lasts to its end. Whoever enters later must know of
//!   the end, not only of the beginning; so the end is an access, too. That of a closure comes after all that the thread
//!   has done in it; that of a [`ConstPtr`] or [`MutPtr`] belongs to the thread's latest operation.
#![allow(unsafe_code)]

use std::{fmt, panic::Location, sync::Arc, thread::panicking};

use super::{claims::Watch, memory, point, raw};
use crate::session::{self, Decision, Event, Fault, ObjectId, ObjectKind, OpKind, Site};

/// A cell that gives out raw pointers to its contents, for code that guards them itself. Each access states
/// whether it reads or writes, and lasts as long as its closure; accesses that conflict are a data race, as for a
/// [`Plain`](super::Plain) cell. In the native world this costs nothing.
///
/// Like `std`'s, it is not `Sync`: a type that guards it says so itself. Does not see: a use of a pointer after the
/// closure that got it has returned.
pub struct UnsafeCell<T: ?Sized> {
    life: Life,
    data: std::cell::UnsafeCell<T>,
}

/// The accesses to an [`UnsafeCell`]. Its execution keeps them: an access by a [`ConstPtr`] or [`MutPtr`] may outlive the
/// cell, and the cell must have nothing that its end frees. Code that is written for `std`'s cell, which has no destructor,
/// assigns to memory in which there is none, so that anything may be where a cell is dropped.
///
/// # Invariants
/// - *sealed*: if the seal is that of the execution under way, or of none, the pointer is that of a `Watch` which is
///   there for as long as this execution, or for ever.
#[derive(Clone, Copy)]
struct Known {
    watch: *const Watch,
    seal: u64,
}

// SAFETY: it is a name; what it names is shared by threads.
unsafe impl Send for Known {}

impl Known {
    fn new(watch: Watch) -> Self {
        let kept = Arc::new(watch);
        let watch = Arc::as_ptr(&kept);
        Known { watch, seal: seal(watch, session::keep(kept)) }
    }

    /// `None` if another execution has them, or there never were any.
    fn watch(self) -> Option<Arc<Watch>> {
        let Known { watch, seal: own } = self;
        if own != seal(watch, session::serial()) && own != seal(watch, 0) {
            return None;
        }
        // SAFETY: *sealed*: the pointer is that of an `Arc` of which there is another owner.
        unsafe {
            Arc::increment_strong_count(watch);
            Some(Arc::from_raw(watch))
        }
    }
}

/// A number that bytes do not have by chance.
fn seal(watch: *const Watch, execution: u64) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mixed =
        (watch.addr() as u64).wrapping_add(ODD) ^ execution.wrapping_mul(ODD).rotate_left(32);
    let mixed = mixed.wrapping_mul(ODD);
    mixed ^ mixed >> 29
}

/// Notices the end of a cell.
struct Life(Known);

impl Life {
    fn end(&self, is_where: impl FnOnce(usize) -> bool) {
        let Some(watch) = self.0.watch() else { return };
        let mut claims = watch.claims();
        if is_where(claims.place) {
            claims.dropped_by = Some(session::site(Location::caller()).thread);
        }
    }
}

impl Drop for Life {
    /// A cell that has moved leaves its bytes behind. They are not where it has been used last, and if they are, there is no
    /// pointer to where it is now. Not inlined, so that nothing is concluded from bytes that nobody has written.
    #[inline(never)]
    fn drop(&mut self) {
        let here = std::ptr::from_ref(self).addr();
        self.end(|place| place == here);
    }
}

/// An access by a pointer, until dropped.
struct Access {
    /// `None` if the cell was made in another execution.
    watch: Option<Arc<Watch>>,
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
        let Access { watch: Some(watch), site, .. } = self else { return };
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
        let Access { watch: Some(watch), event, site, is_owned } = self else { return };
        let Event { op, location, .. } = *event;
        watch.leave(op, *site);
        if panicking() {
            return;
        }
        if *is_owned {
            watch.end(op, location);
        } else {
            watch.check(op, location);
        }
    }
}

impl<T> UnsafeCell<T> {
    /// A cell with contents.
    #[track_caller]
    pub fn new(value: T) -> Self {
        let watch = Watch::new(session::new_object(ObjectKind::Plain));
        UnsafeCell { life: Life(Known::new(watch)), data: std::cell::UnsafeCell::new(value) }
    }

    /// Returns the contents.
    pub fn into_inner(self) -> T {
        self.life.end(|_| true);
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
        let watch = self.life.0.watch();
        let event = Event::new(op, location).on(object_of(watch.as_deref()));
        let decision = point(event);
        memory::touch(std::ptr::from_ref(self).cast(), location);
        let site = match &watch {
            Some(watch) => watch.enter_at(std::ptr::from_ref(&self.life).addr(), op, location),
            None => session::site(location),
        };
        if op == OpKind::Write {
            raw::note_change();
        }
        if decision != Decision::Bypass
            && let Some(watch) = &watch
        {
            watch.linger();
        }
        (decision, Access { watch, event, site, is_owned })
    }

    /// Gives access to the contents, which nobody else can reach now.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }
}

/// The object that a cell is; one that the execution does not know if the cell is another one's.
fn object_of(watch: Option<&Watch>) -> ObjectId {
    watch.map_or(ObjectId::new(ObjectKind::Plain, 0), |watch| watch.object)
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
        object_of(self.life.0.watch().as_deref()).fmt(f)
    }
}
