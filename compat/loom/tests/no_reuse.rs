//! A model that compares addresses repeats itself, if none is given out twice in an execution. Elsewhere this allocator is
//! installed by `--cfg drawloom_no_reuse`.

use std::collections::BTreeSet;
use std::hint::black_box;

use loom::alloc::NoReuse;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::thread;

#[global_allocator]
static ALLOCATOR: NoReuse = NoReuse;

/// Allocates where it has just freed something, with operations in between, which allocate, too.
fn address_again<const SIZE: usize>(word: &AtomicUsize) -> bool {
    let first = black_box(Box::new([1_u8; SIZE]));
    let address = first.as_ptr().addr();
    drop(first);
    word.fetch_add(1, Relaxed);
    let second = black_box(Box::new([2_u8; SIZE]));
    second.as_ptr().addr() == address
}

#[test]
fn a_model_that_compares_addresses_repeats_itself() {
    loom::model(|| {
        let word = Arc::new(AtomicUsize::new(0));
        let other = word.clone();
        let thread = thread::spawn(move || {
            // An operation more if the memory is the same: as a list does that takes a new node for an old one.
            macro_rules! compare {
                ($($size:literal)*) => {
                    $(if address_again::<$size>(&other) {
                        other.fetch_add(1, Relaxed);
                    })*
                };
            }
            compare!(16 32 48 64 80 96 112 128 144 160 192 224 256 320 384 448 512 640);
        });
        word.fetch_add(1, Relaxed);
        word.fetch_add(1, Relaxed);
        thread.join().unwrap();
        assert_eq!(word.load(Relaxed), 20);
    });
}

#[test]
fn what_is_freed_stays_until_the_execution_ends() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new((BTreeSet::new(), 0)));
    let noted = seen.clone();
    loom::model(move || {
        let mut own = BTreeSet::new();
        for count in 0..100_u64 {
            let block = Box::new([count; 1000]);
            assert!(own.insert(block.as_ptr().addr()), "no address comes twice");
        }
        // It grows where it is freed.
        let grown: Vec<u64> = (0..5000).collect();
        assert!(grown.iter().copied().eq(0..5000));
        let word = Arc::new(AtomicUsize::new(0));
        let others = [word.clone(), word.clone()];
        let threads = others.map(|it| thread::spawn(move || it.fetch_add(1, Relaxed)));
        for thread in threads {
            thread.join().unwrap();
        }
        let mut seen = noted.lock().unwrap();
        seen.0.append(&mut own);
        seen.1 += 100;
    });
    let seen = seen.lock().unwrap();
    assert!(seen.1 > 100 && seen.0.len() < seen.1, "{} of {}", seen.0.len(), seen.1);
}
