//! Orderings that an operation cannot have, as in `std`: there are no release loads. They are violations of the body.
#![cfg(feature = "heddle")]

use std::sync::Arc as Shared;

use drawloom::engine::heddle::Heddle;
use drawloom::engine::{Counterexample, Engine, Fault, Verdict};
use drawloom::heddle::sync::{
    Arc, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
    thread,
};

fn shown(run: impl Fn() + Send + Sync + 'static) -> Counterexample {
    match Heddle::default().explore(Shared::new(run)).verdict {
        Verdict::Violated(shown) => shown,
        verdict => panic!("{verdict:?}"),
    }
}

#[test]
fn a_release_load_is_a_violation_at_its_place() {
    let line = line!() + 5;
    let shown = shown(|| {
        let word = Arc::new(AtomicU32::new(0));
        let other = word.clone();
        let thread = thread::spawn(move || {
            other.load(Release);
        });
        thread.join().unwrap();
    });
    assert_eq!(shown.violation, Fault::Panic);
    assert_eq!(shown.message, "there is no such thing as a release load");
    let place = shown.location.expect("it has a place");
    assert!(place.contains(&format!("tests/orderings.rs:{line}:")), "{place}");
}

/// A second panic would end the process.
#[test]
fn one_in_a_destructor_does_not_hide_the_panic() {
    struct Stores(AtomicU32);
    impl Drop for Stores {
        fn drop(&mut self) {
            self.0.store(1, Acquire);
        }
    }
    let shown = shown(|| {
        let stores = Stores(AtomicU32::new(0));
        assert_eq!(stores.0.load(Relaxed), 1, "the first violation");
    });
    assert!(shown.message.contains("the first violation"), "{}", shown.message);
}
