//! What a check needs of a world: threads, signals, and an order of moments that can be justified there.
//!
//! | world | moments | signals |
//! |---|---|---|
//! | heddle | what a thread knows by happens-before | release stores and acquire loads |
//! | loom | none: loom does not tell what a thread knows | the same |
//! | shuttle, stress | tickets of one counter, in real time | a point at which others may run |

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::AcqRel;

/// How operations of different threads are ordered by moments.
pub trait Order: 'static {
    /// The moment of an invocation.
    type Begin;
    /// The moments of an invocation and a response.
    type Span: Send + 'static;
    /// Whether the order is that of real time. If so, signals need not carry it.
    const IS_REAL_TIME: bool;
    /// The present moment, at an invocation.
    fn begin() -> Self::Begin;
    /// The present moment, at the response.
    fn end(begin: Self::Begin) -> Self::Span;
    /// Whether one operation is known to come before another one, of another thread.
    fn is_before(earlier: &Self::Span, later: &Self::Span) -> bool;
}

/// Real time, as tickets. It exists where memory is sequentially consistent, and on real threads.
pub enum RealTime {}

/// The tickets are process-wide: only their order counts.
static TICKETS: AtomicU64 = AtomicU64::new(0);

fn ticket() -> u64 {
    // ORDER: AcqRel, edge response->invocation. If a response has an earlier ticket than an invocation, all
    // that the one operation did happens before all that the other one does.
    TICKETS.fetch_add(1, AcqRel)
}

impl Order for RealTime {
    type Begin = u64;
    type Span = (u64, u64);
    const IS_REAL_TIME: bool = true;

    fn begin() -> u64 {
        ticket()
    }

    fn end(begin: u64) -> (u64, u64) {
        (begin, ticket())
    }

    fn is_before(earlier: &(u64, u64), later: &(u64, u64)) -> bool {
        earlier.1 < later.0
    }
}

/// Happens-before.
///
/// An operation comes before another one if all of its events happen before the other one is invoked. An
/// execution graph represents all interleavings of its events, and among them is one in which the earlier
/// operation returns right after its last event. So a client can observe this order: a signal given there and
/// received before the other invocation changes nothing else in the graph.
#[cfg(feature = "heddle")]
pub enum HappensBefore {}

/// What a thread knows at a moment.
#[cfg(feature = "heddle")]
pub struct Known(Option<crate::runtime::Moment>);

#[cfg(feature = "heddle")]
impl Order for HappensBefore {
    type Begin = Known;
    type Span = (Known, Known);
    const IS_REAL_TIME: bool = false;

    fn begin() -> Known {
        Known(crate::runtime::now())
    }

    fn end(begin: Known) -> (Known, Known) {
        (begin, Known(crate::runtime::now()))
    }

    fn is_before((begin, end): &(Known, Known), (invoked, _): &(Known, Known)) -> bool {
        let (Some(begin), Some(end), Some(invoked)) = (&begin.0, &end.0, &invoked.0) else {
            return false;
        };
        invoked.knows_all_between(begin, end)
    }
}

/// Nothing but what signals tell.
#[cfg(feature = "loom")]
pub enum SignalsAlone {}

#[cfg(feature = "loom")]
impl Order for SignalsAlone {
    type Begin = ();
    type Span = ();
    const IS_REAL_TIME: bool = false;

    fn begin() {}

    fn end((): ()) {}

    fn is_before((): &(), (): &()) -> bool {
        false
    }
}

/// The primitives of the world that an engine searches.
pub trait Primitives {
    /// How operations are ordered there.
    type Order: Order;
    /// A word through which a thread tells how many of its operations have ended.
    type Signal: Send + Sync + 'static;
    /// The right to wait for a thread's result.
    type Handle<T: Send + 'static>;

    /// A signal that has not been given.
    fn signal() -> Self::Signal;
    /// Tells how many operations have ended.
    #[track_caller]
    fn tell(signal: &Self::Signal, operations: u32);
    /// How many operations have ended, as far as the calling thread has been told.
    #[track_caller]
    fn look(signal: &Self::Signal) -> u32;
    /// Starts a thread.
    #[track_caller]
    fn spawn<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> Self::Handle<T>;
    /// Waits for a thread's result.
    #[track_caller]
    fn join<T: Send + 'static>(handle: Self::Handle<T>) -> T;
}

macro_rules! primitives {
    ($engine:path, $world:ident, $order:ident, $tell:ident, $look:ident) => {
        impl Primitives for $engine {
            type Order = $order;
            type Signal = crate::$world::sync::AtomicU32;
            type Handle<T: Send + 'static> = crate::$world::sync::thread::JoinHandle<T>;

            fn signal() -> Self::Signal {
                crate::$world::sync::AtomicU32::new(0)
            }

            #[track_caller]
            fn tell(signal: &Self::Signal, operations: u32) {
                // ORDER: as the macro's caller says, edge signal->look.
                signal.store(operations, crate::$world::sync::Ordering::$tell);
            }

            #[track_caller]
            fn look(signal: &Self::Signal) -> u32 {
                // ORDER: as the macro's caller says, edge signal->look. Pairs with `tell`.
                signal.load(crate::$world::sync::Ordering::$look)
            }

            #[track_caller]
            fn spawn<T: Send + 'static>(
                body: impl FnOnce() -> T + Send + 'static,
            ) -> Self::Handle<T> {
                crate::$world::sync::thread::spawn(body)
            }

            #[track_caller]
            fn join<T: Send + 'static>(handle: Self::Handle<T>) -> T {
                handle.join().expect("a panic of the thread has ended the execution")
            }
        }
    };
}

#[cfg(feature = "heddle")]
primitives!(crate::engine::heddle::Heddle, heddle, HappensBefore, Release, Acquire);
#[cfg(feature = "loom")]
primitives!(crate::engine::loom::Loom, loom, SignalsAlone, Release, Acquire);
// shuttle's search claims more for bodies without weak orderings.
#[cfg(feature = "shuttle")]
primitives!(crate::engine::shuttle::Shuttle, shuttle, RealTime, SeqCst, SeqCst);
primitives!(crate::engine::stress::Stress, stress, RealTime, SeqCst, SeqCst);
