//! Time.
//!
//! Under the checkers time is a number that only sleeps and timed-out waits raise, so that a body repeats itself. A
//! checker that knows what happens before what (heddle) counts for each thread the sleeps and time-outs that happen
//! before the question, its own and those of others, one after the other; the others count all that have happened in
//! the execution so far. So [`Instant::now`] never goes back along happens-before, and two equal executions read the
//! same times. On real threads (stress) it is the machine's time.
//!
//! Does not see: time that passes in any other way. Two questions with no sleep or time-out between them get the same
//! answer. Under heddle, a time that a thread has been told of by a relaxed access may lie ahead of its own.

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};

use super::raw;

pub use std::time::Duration;

/// A moment in the time of an execution, with the methods of `std`'s.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Duration);

/// The moment at which an execution begins. There are earlier ones: code may subtract from the first moment.
const BEGIN: Duration = Duration::from_secs(1 << 32);

const OUT_OF_RANGE: &str = "the moment can be represented";

impl Instant {
    /// The present moment.
    pub fn now() -> Self {
        Instant(BEGIN.saturating_add(raw::elapsed()))
    }

    /// How much time has passed since then.
    pub fn elapsed(&self) -> Duration {
        Instant::now().duration_since(*self)
    }

    /// How much later this is than an earlier moment; nothing, if that is not earlier.
    pub fn duration_since(&self, earlier: Instant) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The same.
    pub fn saturating_duration_since(&self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }

    /// How much later this is than an earlier moment, if that is not later.
    pub fn checked_duration_since(&self, earlier: Instant) -> Option<Duration> {
        self.0.checked_sub(earlier.0)
    }

    /// A later moment, if it can be represented.
    pub fn checked_add(&self, time: Duration) -> Option<Instant> {
        self.0.checked_add(time).map(Instant)
    }

    /// An earlier moment, if it can be represented.
    pub fn checked_sub(&self, time: Duration) -> Option<Instant> {
        self.0.checked_sub(time).map(Instant)
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    fn add(self, time: Duration) -> Instant {
        self.checked_add(time).expect(OUT_OF_RANGE)
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, time: Duration) {
        *self = *self + time;
    }
}

impl Sub<Duration> for Instant {
    type Output = Instant;

    fn sub(self, time: Duration) -> Instant {
        self.checked_sub(time).expect(OUT_OF_RANGE)
    }
}

impl SubAssign<Duration> for Instant {
    fn sub_assign(&mut self, time: Duration) {
        *self = *self - time;
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.checked_sub(BEGIN) {
            Some(time) => write!(f, "{time:?} after the beginning"),
            None => write!(f, "{:?} before the beginning", BEGIN.saturating_sub(self.0)),
        }
    }
}
