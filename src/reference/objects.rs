//! Small numbers for the parts of the shared world, so that data about them can be kept in tables.
//!
//! A number never changes: executions of one program refer to the same objects again and again.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Deref;

use super::{Access, Object, Subject, ThreadSet, address_of};
use crate::interp::allocation::{Address, Pointer, Region, pointer};

/// The numbers of objects.
///
/// # Invariants
/// *apart*: different objects have different numbers, all below [`count`](Objects::count).
#[derive(Clone, Debug)]
pub(crate) struct Objects {
    globals: usize,
    /// Objects other than globals, monitors at globals, and single objects.
    others: HashMap<Object, usize, BuildHasherDefault<Mixed>>,
}

/// An access, with the object's number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Touch {
    pub(crate) object: usize,
    pub(crate) writes: bool,
}

/// What an operation accesses: at most two objects.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Touched {
    touches: [Touch; 2],
    count: usize,
}

impl Deref for Touched {
    type Target = [Touch];

    fn deref(&self) -> &[Touch] {
        &self.touches[..self.count]
    }
}

/// The number of the output.
pub(crate) const OUTPUT: usize = 0;
/// The single objects: output, input, and the set of thread numbers.
const SINGLES: usize = 3;

impl Objects {
    /// Contains only the objects of this program whose numbers are fixed in advance.
    pub(crate) fn new(subject: &Subject) -> Self {
        Objects { globals: subject.code.globals.len(), others: HashMap::default() }
    }

    /// One more than the greatest number so far.
    pub(crate) fn count(&self) -> usize {
        self.beforehand() + self.others.len()
    }

    fn beforehand(&self) -> usize {
        SINGLES + ThreadSet::THREADS_MAX + 3 * self.globals
    }

    /// The numbers of the accessed objects.
    pub(crate) fn touched(&mut self, accesses: &[Option<Access>; 2]) -> Touched {
        let mut touched = Touched::default();
        for access in accesses {
            if let Some(Access { object, writes }) = *access {
                let object = self.number(object);
                touched.touches[touched.count] = Touch { object, writes };
                touched.count += 1;
            }
        }
        touched
    }

    /// The object's number.
    fn number(&mut self, object: Object) -> usize {
        let first_global = SINGLES + ThreadSet::THREADS_MAX;
        let global = |at: u64| match pointer(at) {
            Pointer::At(Address { allocation, offset: 0 })
                if allocation.region == Region::Globals =>
            {
                Some(allocation.number as usize).filter(|&global| global < self.globals)
            }
            _ => None,
        };
        let known = match object {
            Object::Output => Some(OUTPUT),
            Object::Input => Some(1),
            Object::Threads => Some(2),
            Object::Thread(thread) if (thread.0 as usize) < ThreadSet::THREADS_MAX => {
                Some(SINGLES + thread.0 as usize)
            }
            Object::Thread(_) | Object::Life(_) | Object::Freed(_) | Object::Shared(_) => None,
            Object::Cell(cell) => global(address_of(cell).word()).map(|it| first_global + it),
            Object::Monitor(at) => global(at).map(|it| first_global + self.globals + it),
            Object::Waiters(at) => global(at).map(|it| first_global + 2 * self.globals + it),
        };
        known.unwrap_or_else(|| {
            let next = self.count();
            *self.others.entry(object).or_insert(next)
        })
    }
}

/// A fast hash: no adversary chooses cells to make the table slow.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = mix(self.0, word);
    }

    fn write_isize(&mut self, word: isize) {
        self.write_u64(word as u64);
    }
}

/// A word in which every bit depends on every bit of both: the two halves of a product, folded.
pub(crate) fn mix(one: u64, other: u64) -> u64 {
    let product =
        u128::from(one ^ 0x2D35_8DCC_AA6C_78A5) * u128::from(other ^ 0x8BB8_4B93_962E_ACC9);
    (product >> 64) as u64 ^ product as u64
}
