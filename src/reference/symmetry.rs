//! Treats states as equal if they differ only in which of some interchangeable threads did what.
//!
//! *Kin* are threads for which the compiler has shown that they do the same, and that the thread that started
//! them only waits for all of them together (see `interp/compile/kin.rs`). If two of them that have not been
//! joined yet swap places, with the monitors that they own and wait on, the program continues in the same
//! way: the thread that joins them may be held up by another of them, and cannot go on before all have ended.
//! all have ended.

use std::collections::BTreeMap;
use std::hash::Hash;

use super::state::{Monitor, Slot};
use super::thread::Kin;
use super::{State, fingerprint_with};
use crate::interp::{Shared, ThreadId};

impl State {
    /// As [`fingerprint`](State::fingerprint), but equal for states that differ only by swapping kin.
    pub fn fingerprint_of_kin(&self) -> u128 {
        let mut kin: BTreeMap<Kin, Vec<(u128, usize)>> = BTreeMap::new();
        for (at, slot) in self.threads.iter().enumerate() {
            if let Some(of) = kin_of(slot) {
                kin.entry(of).or_default().push((self.part_of(at), at));
            }
        }
        kin.retain(|_, members| members.len() > 1);
        if kin.is_empty() {
            return self.fingerprint();
        }
        // The new place of each thread, and the thread that comes to each place.
        let mut goes_to: Vec<usize> = (0..self.threads.len()).collect();
        let mut comes_from = goes_to.clone();
        for members in kin.values_mut() {
            let mut places: Vec<usize> = members.iter().map(|it| it.1).collect();
            places.sort_unstable();
            members.sort_unstable();
            for (&place, &(_, thread)) in places.iter().zip(&*members) {
                goes_to[thread] = place;
                comes_from[place] = thread;
            }
        }
        let renamed = |thread: ThreadId| ThreadId(goes_to[thread.0 as usize] as u32);
        // Whatever is part of a state is part of this.
        let State { threads, memory, ended, freed, monitors, shared, output, lines_read, exit } =
            self;
        fingerprint_with(|hasher| {
            for from in comes_from {
                threads[from].hash(hasher);
            }
            (memory, ended, freed).hash(hasher);
            for (object, Monitor { owner, waiters }) in monitors {
                (object, owner.map(renamed), waiters.len()).hash(hasher);
                for &waiter in waiters {
                    renamed(waiter).hash(hasher);
                }
            }
            for (cell, object) in shared {
                let mut object = Shared::clone(object);
                object.rename(&renamed);
                (cell, object).hash(hasher);
            }
            (output, lines_read, exit).hash(hasher);
        })
    }

    /// The state of a thread, with what it owns and waits for, but without its number.
    fn part_of(&self, at: usize) -> u128 {
        let me = ThreadId(at as u32);
        fingerprint_with(|hasher| {
            self.threads[at].hash(hasher);
            for (object, Monitor { owner, waiters }) in &self.monitors {
                let position = waiters.iter().position(|&it| it == me);
                if *owner == Some(me) || position.is_some() {
                    (object, *owner == Some(me), position).hash(hasher);
                }
            }
            let marked = |thread: ThreadId| ThreadId(u32::from(thread != me));
            for object in self.shared.values() {
                let mut object = Shared::clone(object);
                object.rename(&marked);
                object.hash(hasher);
            }
        })
    }
}

/// The kin of a thread that has not been joined.
fn kin_of(slot: &Slot) -> Option<Kin> {
    match slot {
        Slot::Live(thread) => thread.kin(),
        Slot::Ended { is_joined: false, kin, .. } => *kin,
        Slot::Ended { .. } | Slot::Stopped(_) => None,
    }
}
