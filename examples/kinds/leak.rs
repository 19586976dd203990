// A value is left in a slot for another thread. If that looks too early, nobody takes the value, and its memory is
// never freed.

use std::ptr;

use drawloom::heddle::sync::Ordering::{AcqRel, Release};
use drawloom::heddle::sync::alloc::Owned;
use drawloom::heddle::sync::{Arc, AtomicPtr, thread};

fn main() {
    drawloom::model(|| {
        let slot = Arc::new(AtomicPtr::new(ptr::null_mut()));
        let taker = slot.clone();
        let takes = thread::spawn(move || {
            let found: *mut u32 = taker.swap(ptr::null_mut(), AcqRel);
            if !found.is_null() {
                // SAFETY: it comes from `into_raw`, and the swap gave it to this thread alone.
                drop(unsafe { Owned::from_raw(found) });
            }
        });
        slot.store(Owned::into_raw(Owned::new(7)), Release);
        takes.join().unwrap();
    });
}
