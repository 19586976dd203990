//! A model as crates write it for loom 0.5.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

#[test]
fn a_model_of_loom_0_5_runs() {
    let mut builder = loom::model::Builder::new();
    builder.max_threads = loom::MAX_THREADS;
    builder.check(|| {
        let flag = Arc::new(AtomicUsize::new(0));
        let other = flag.clone();
        let thread = thread::spawn(move || other.compare_and_swap(0, 1, Ordering::AcqRel));
        let seen = flag.load(Ordering::Acquire);
        assert_eq!(thread.join().unwrap(), 0);
        assert!(seen < 2);
    });
    assert_eq!(loom::MAX_THREADS, 4);
}
