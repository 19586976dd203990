//! Several programs of one run, of which some are checked at once.
//!
//! Each is checked by a thread of its own, on one core, so that what is found in it does not depend on how many are
//! checked at once. What is told comes in the order of the programs.

use std::panic::resume_unwind;
use std::sync::RwLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;

/// The stack of a thread that checks a program: that of the first thread of a process, on most systems.
const STACK_BYTES: usize = 8 << 20;

/// Which threads work, and what ends their work.
pub(super) struct Several<'s> {
    /// How many programs there are.
    pub(super) count: usize,
    /// How many of them are checked at once, at most.
    pub(super) at_once: usize,
    /// Whether none is begun any more, but for the first one.
    pub(super) is_over: &'s (dyn Fn() -> bool + Sync),
}

impl Several<'_> {
    /// Calls `check` with the number of each program, from 0, and `tell` with each number and what has come of it, in
    /// the order of the numbers. `None` came of a program that was not begun.
    pub(super) fn each<T: Send>(
        &self,
        check: impl Fn(usize) -> T + Sync,
        mut tell: impl FnMut(usize, &T),
    ) -> Vec<Option<T>> {
        let next = AtomicUsize::new(0);
        let work = |done: Sender<(usize, T)>| {
            loop {
                // ORDER: Relaxed, no edge: each number is taken once, and nothing else depends on it.
                let at = next.fetch_add(1, Ordering::Relaxed);
                // The first one is begun in any case: it says at once that it was stopped.
                let is_begun = at == 0 || at < self.count && !(self.is_over)();
                if !is_begun || done.send((at, check(at))).is_err() {
                    return;
                }
            }
        };
        let mut all: Vec<Option<T>> = (0..self.count).map(|_| None).collect();
        let mut told = 0;
        thread::scope(|scope| {
            let (done, results) = mpsc::channel();
            let mut threads = Vec::new();
            for _ in 0..self.at_once.min(self.count) {
                let (done, work) = (done.clone(), &work);
                let thread = thread::Builder::new().stack_size(STACK_BYTES);
                // With fewer threads than were asked for, everything takes longer, and nothing else.
                threads.extend(thread.spawn_scoped(scope, move || work(done)).ok());
            }
            if threads.is_empty() {
                work(done);
            } else {
                drop(done);
            }
            for (at, result) in results {
                all[at] = Some(result);
                while let Some(Some(result)) = all.get(told) {
                    tell(told, result);
                    told += 1;
                }
            }
            for thread in threads {
                thread.join().unwrap_or_else(|panic| resume_unwind(panic));
            }
        });
        // Those behind one that was not begun.
        for (at, result) in all.iter().enumerate().skip(told) {
            if let Some(result) = result {
                tell(at, result);
            }
        }
        all
    }
}

/// The memory of the process, which programs that are checked at once share.
#[derive(Default)]
pub(super) struct Shared(RwLock<()>);

impl Shared {
    /// Checks a program beside others, and once more alone if the memory was not enough for all.
    pub(super) fn check<T>(&self, check: impl Fn() -> T, has_room: impl Fn(&T) -> bool) -> T {
        let beside = self.0.read();
        let result = check();
        drop(beside);
        if has_room(&result) {
            return result;
        }
        // What the first attempt has kept would take room from the second.
        drop(result);
        let _alone = self.0.write();
        check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn what_ends_out_of_order_is_told_in_order() {
        let several = Several { count: 40, at_once: 4, is_over: &|| false };
        // The first one ends when the fifth has begun: another one has ended by then.
        let meeting = Barrier::new(2);
        let check = |at: usize| {
            if at == 0 || at == 4 {
                meeting.wait();
            }
            at * at
        };
        let mut told = Vec::new();
        let all = several.each(check, |at, &square| told.push((at, square)));
        assert_eq!(told, (0..40).map(|at| (at, at * at)).collect::<Vec<_>>());
        assert_eq!(all.len(), 40);
    }

    #[test]
    fn nothing_is_begun_once_it_is_over_and_what_was_is_told() {
        let is_over = AtomicBool::new(false);
        let several =
            Several { count: 9, at_once: 1, is_over: &|| is_over.load(Ordering::Relaxed) };
        let check = |at: usize| is_over.store(at == 2, Ordering::Relaxed);
        let mut told = Vec::new();
        let all = several.each(check, |at, ()| told.push(at));
        assert_eq!(told, [0, 1, 2]);
        assert_eq!(all.iter().filter(|it| it.is_none()).count(), 6);
        let over = Several { is_over: &|| true, at_once: 4, ..several };
        assert_eq!(over.each(|at| at, |_, _| {}).iter().flatten().count(), 1, "the first one");
    }

    #[test]
    fn what_had_no_room_is_checked_again_alone() {
        let shared = Shared::default();
        let running = AtomicUsize::new(0);
        let several = Several { count: 20, at_once: 4, is_over: &|| false };
        let check = || {
            let beside = running.fetch_add(1, Ordering::SeqCst);
            thread::yield_now();
            beside.max(running.fetch_sub(1, Ordering::SeqCst) - 1)
        };
        let all = several.each(|_| shared.check(check, |&beside| beside == 0), |_, _| {});
        assert!(all.iter().all(|beside| *beside == Some(0)), "{all:?}");
    }
}
