//! A body in which it matters who is the last owner of a value.

use drawloom::heddle::sync::{Arc, AtomicU32, Ordering::Relaxed, thread};

struct Noisy(Arc<AtomicU32>);

impl Drop for Noisy {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// Each of four owners may be the one whose drop others can see. A search begins again when it learns of that.
pub(crate) fn last_owner() {
    let gone = Arc::new(AtomicU32::new(0));
    let shared = Arc::new(Noisy(gone.clone()));
    let owners = (0..3).map(|_| {
        let shared = shared.clone();
        thread::spawn(move || drop(shared))
    });
    let owners: Vec<_> = owners.collect();
    drop(shared);
    for owner in owners {
        owner.join().unwrap();
    }
    assert_eq!(gone.load(Relaxed), 1);
}
