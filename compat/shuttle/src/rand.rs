//! Random numbers of a body, as in the crate rand 0.8.
//!
//! A body must do the same whenever it is scheduled the same. So each thread draws a sequence of its own, from the seed
//! of the execution: see [`Numbers`].

use std::cell::{Cell, RefCell};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use drawloom::heddle::sync::{local, thread};

pub use rand::{Rng, RngCore};

/// The random numbers of an execution.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    /// `None` if the body may not draw any.
    seed: Option<u64>,
    /// Whether it has, in some execution.
    were_drawn: Arc<AtomicBool>,
}

impl Numbers {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Numbers { seed, were_drawn: Arc::default() }
    }

    /// Begins an execution, on the OS thread of all of its threads.
    pub(crate) fn begin(&self) {
        NUMBERS.set(Some(self.clone()));
    }

    /// The seed, if an execution has drawn a number.
    pub(crate) fn drawn_from(&self) -> Option<u64> {
        // ORDER: Relaxed, no edge: it is asked when the search has ended.
        self.seed.filter(|_| self.were_drawn.load(Relaxed))
    }
}

std::thread_local! {
    /// Those of the execution that runs here.
    static NUMBERS: RefCell<Option<Numbers>> = const { RefCell::new(None) };
}

local! {
    /// How many numbers the thread has drawn.
    static DRAWN: Cell<u64> = Cell::new(0);
}

/// The next number of the calling thread.
///
/// # Panics
/// Outside of an execution, and in one that may draw none.
fn next() -> u64 {
    let numbers = NUMBERS.with_borrow(Clone::clone).expect("random numbers are drawn by a body");
    let seed = numbers
        .seed
        .expect("random numbers are not searched: DfsScheduler::new(_, true) has them drawn");
    // ORDER: Relaxed, no edge: as above.
    numbers.were_drawn.store(true, Relaxed);
    let count = DRAWN.with(|drawn| drawn.replace(drawn.get() + 1));
    let mut number = DefaultHasher::new();
    (seed, thread::current().id(), count).hash(&mut number);
    number.finish()
}

/// Generators of random numbers.
pub mod rngs {
    use rand::{CryptoRng, Error, RngCore};

    /// The generator of the calling thread. Its seed is that of the scheduler.
    #[derive(Clone, Debug, Default)]
    pub struct ThreadRng(());

    impl RngCore for ThreadRng {
        fn next_u32(&mut self) -> u32 {
            (self.next_u64() >> 32) as u32
        }

        fn next_u64(&mut self) -> u64 {
            super::next()
        }

        fn fill_bytes(&mut self, bytes: &mut [u8]) {
            for piece in bytes.chunks_mut(8) {
                piece.copy_from_slice(&self.next_u64().to_le_bytes()[..piece.len()]);
            }
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
            self.fill_bytes(bytes);
            Ok(())
        }
    }

    impl CryptoRng for ThreadRng {}
}

/// The generator of the calling thread.
pub fn thread_rng() -> rngs::ThreadRng {
    rngs::ThreadRng::default()
}
