//! Hints to the processor.

/// Tells the processor that the thread spins. To the checkers this is a
/// [`yield_now`](super::thread::yield_now): another thread must move before the loop finds something new.
#[track_caller]
pub fn spin_loop() {
    super::thread::yield_now();
}
