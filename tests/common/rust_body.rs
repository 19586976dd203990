//! Small programs as bodies of Rust code: the same data that `small_program` prints as IL.
//!
//! The atomics and cells of a body are in a `std` `Arc`, so that its owners are no part of the search.
#![allow(dead_code, unused_macros)] // each test crate that includes this uses a part of it

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use drawloom::il::MemoryOrder;

use super::small_program::{Access, SmallProgram};

pub(crate) fn ordering(order: MemoryOrder) -> Ordering {
    match order {
        MemoryOrder::Relaxed => Ordering::Relaxed,
        MemoryOrder::Acquire => Ordering::Acquire,
        MemoryOrder::Release => Ordering::Release,
        MemoryOrder::AcqRel => Ordering::AcqRel,
        MemoryOrder::SeqCst => Ordering::SeqCst,
    }
}

/// The words that one execution has read, and a place for all that a search finds.
pub(crate) type Words = Vec<u64>;

/// How often each outcome.
pub(crate) type Found = std::collections::BTreeMap<Words, u64>;

/// Whether all accesses to a location are plain. A program must not mix them.
pub(crate) fn is_plain(program: &SmallProgram, location: usize) -> bool {
    program.threads.iter().flatten().any(|access| match *access {
        Access::Load { at, order } | Access::Store { at, order, .. } => {
            at == location && order.is_none()
        }
        _ => false,
    })
}

/// Makes `run`, which runs a program once in a world and adds its outcome.
macro_rules! run_small_program {
    ($run:ident in $world:ident) => {
        fn $run(program: &SmallProgram, found: &std::sync::Mutex<rust_body::Found>) {
            use drawloom::$world::sync::{AtomicU64, Ordering, Plain, fence, thread};
            use rust_body::ordering;

            enum Location {
                Atomic(AtomicU64),
                Plain(Plain<u64>),
            }
            impl Location {
                fn atomic(&self) -> &AtomicU64 {
                    match self {
                        Location::Atomic(atomic) => atomic,
                        Location::Plain(_) => panic!("the program mixes accesses"),
                    }
                }

                fn load(&self, order: Ordering) -> u64 {
                    match self {
                        Location::Atomic(atomic) => atomic.load(order),
                        Location::Plain(plain) => plain.with(|it| *it),
                    }
                }
            }
            fn perform(access: Access, locations: &[Location]) -> Option<u64> {
                match access {
                    Access::Load { at, order } => {
                        return Some(locations[at].load(order.map_or(Ordering::Relaxed, ordering)));
                    }
                    Access::Store { at, word, order } => match (&locations[at], order) {
                        (Location::Plain(plain), None) => plain.with_mut(|it| *it = word),
                        (it, order) => it.atomic().store(word, ordering(order.expect("atomic"))),
                    },
                    Access::Exchange { at, word, order } => {
                        return Some(locations[at].atomic().swap(word, ordering(order)));
                    }
                    Access::Add { at, word, order } => {
                        return Some(locations[at].atomic().fetch_add(word, ordering(order)));
                    }
                    Access::Cas { at, expected, desired, success, failure } => {
                        let (success, failure) = (ordering(success), ordering(failure));
                        let result = locations[at]
                            .atomic()
                            .compare_exchange(expected, desired, success, failure);
                        return Some(result.unwrap_or_else(|found| found));
                    }
                    Access::Fence { order } => fence(ordering(order)),
                }
                None
            }

            let location = |at: usize| match rust_body::is_plain(program, at) {
                true => Location::Plain(Plain::new(0)),
                false => Location::Atomic(AtomicU64::new(0)),
            };
            let locations: Vec<Location> = (0..program.locations).map(location).collect();
            let locations = std::sync::Arc::new(locations);
            let spawn = |accesses: &Vec<Access>| {
                let (accesses, locations) = (accesses.clone(), locations.clone());
                thread::spawn(move || -> Vec<u64> {
                    accesses.into_iter().filter_map(|it| perform(it, &locations)).collect()
                })
            };
            let threads: Vec<_> = program.threads.iter().map(spawn).collect();
            let mut words = Vec::new();
            for thread in threads {
                words.extend(thread.join().expect("it ends well"));
            }
            words.extend(locations.iter().map(|it| it.load(Ordering::Relaxed)));
            *found.lock().expect("no panic").entry(words).or_default() += 1;
        }
    };
}
pub(crate) use run_small_program;

/// The outcomes so far.
pub(crate) fn taken(found: &Mutex<Found>) -> Found {
    std::mem::take(&mut found.lock().expect("no panic"))
}
