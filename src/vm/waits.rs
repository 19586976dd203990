//! The operations of guest threads on the thread table. Each is a transition of the program's
//! [`Coordination`](crate::interp::Coordination), and waits if that says so.
//!
//! A thread that is data does not wait in here: it pauses, and comes back to the operation when it goes on. The
//! transition has been made then.

use std::ops::Range;

use super::threads::{Halt, Locked, Parking, Threads};
use crate::interp::refusal;
use crate::interp::{
    Entered, Exited, Joined, NotOwner, Patience, Reply, Request, Text, ThreadId, Used, Woken,
};

impl<R> Threads<R> {
    pub(super) fn has_ended(&self, thread: ThreadId) -> Result<bool, Halt> {
        self.lock_running()?.state.has_ended(thread).ok_or_else(|| unknown(thread))
    }

    pub(super) fn error_of(&self, thread: ThreadId) -> Result<Option<Text>, Halt> {
        self.lock_running()?.state.error_of(thread).ok_or_else(|| unknown(thread))
    }

    /// Waits for a thread's end. Returns the numbers of threads that have ended: that one, and some behind it.
    pub(super) fn join(&self, me: &mut Parking, thread: ThreadId) -> Result<Range<u32>, Halt> {
        let mut table = self.lock_for(me)?;
        let joined =
            if me.is_back() { Joined::Waiting } else { table.state.join(me.id, thread, false) };
        match joined {
            Joined::Already => {}
            Joined::Waiting => table = me.park(table)?,
            refused => return Err(join_refused(refused, thread)),
        }
        Ok(table.state.ended_from(thread))
    }

    /// Whether the thread ended within the time.
    pub(super) fn join_for(
        &self,
        me: &mut Parking,
        thread: ThreadId,
        ms: u64,
    ) -> Result<bool, Halt> {
        let mut table = self.lock_for(me)?;
        if me.is_back() {
            return me.park_for(table, ms).map(|(_, unblocked)| unblocked);
        }
        match table.state.join(me.id, thread, true) {
            Joined::Already => Ok(true),
            Joined::Waiting => me.park_for(table, ms).map(|(_, unblocked)| unblocked),
            refused => Err(join_refused(refused, thread)),
        }
    }

    pub(super) fn sleep(&self, me: &mut Parking, ms: u64) -> Result<(), Halt> {
        let mut table = self.lock_for(me)?;
        if !me.is_back() {
            table.state.sleep(me.id);
        }
        me.park_for(table, ms).map(drop)
    }

    pub(super) fn enter(&self, me: &mut Parking, object: u64) -> Result<(), Halt> {
        let mut table = self.lock_with_room_for(me, object)?;
        if me.is_back() {
            return me.park(table).map(drop);
        }
        match table.state.enter(me.id, object, false) {
            Entered::Now => Ok(()),
            Entered::Waiting => me.park(table).map(drop),
            Entered::Deadlock(text) => Err(Halt::deadlock(text)),
        }
    }

    pub(super) fn try_enter(&self, me: &Parking, object: u64) -> Result<bool, Halt> {
        Ok(self.lock_with_room_for(me, object)?.state.try_enter(me.id, object))
    }

    /// Whether the monitor was taken within the time.
    pub(super) fn enter_for(&self, me: &mut Parking, object: u64, ms: u64) -> Result<bool, Halt> {
        let mut table = self.lock_with_room_for(me, object)?;
        if me.is_back() {
            return me.park_for(table, ms).map(|(_, unblocked)| unblocked);
        }
        match table.state.enter(me.id, object, true) {
            Entered::Now => Ok(true),
            Entered::Waiting => me.park_for(table, ms).map(|(_, unblocked)| unblocked),
            Entered::Deadlock(text) => Err(Halt::deadlock(text)),
        }
    }

    pub(super) fn exit(&self, me: &Parking, object: u64) -> Result<(), Halt> {
        let mut table = self.lock_running()?;
        let exited = table.state.exit(me.id, object);
        let exited = exited.map_err(|NotOwner| refusal::double_unlock())?;
        if let Exited::To(next) = exited {
            self.wake_outside(table, &[next]);
        }
        Ok(())
    }

    pub(super) fn wait(&self, me: &mut Parking, object: u64) -> Result<(), Halt> {
        let table = self.give_up(me, object, false)?;
        me.park(table).map(drop)
    }

    /// Whether a notification came within the time. The caller owns the monitor again in both cases.
    pub(super) fn wait_for(&self, me: &mut Parking, object: u64, ms: u64) -> Result<bool, Halt> {
        let table = self.give_up(me, object, true)?;
        let (table, _) = me.park_for(table, ms)?;
        Ok(table.state.was_notified(me.id))
    }

    #[track_caller]
    fn give_up(&self, me: &Parking, object: u64, timed: bool) -> Result<Locked<'_, R>, Halt> {
        let mut table = self.lock_for(me)?;
        if me.is_back() {
            return Ok(table);
        }
        let (exited, waits) =
            table.state.wait(me.id, object, timed).map_err(|e| not_owner(e, "Wait"))?;
        if let Exited::To(next) = exited {
            table.wake(next);
        }
        waits.map_err(Halt::deadlock)?;
        Ok(table)
    }

    /// Carries out a request at a shared object, waiting for at most this many milliseconds if there is a limit;
    /// nothing if there is nothing to answer, or the time was up.
    pub(super) fn use_shared(
        &self,
        me: &mut Parking,
        at: u64,
        request: &Request,
        ms: Option<u64>,
    ) -> Result<Reply, Halt> {
        let patience = match ms {
            None => Patience::Endless,
            Some(0) => Patience::None,
            Some(_) => Patience::Timed,
        };
        let mut table = self.lock_for(me)?;
        let (used, woken) = if me.is_back() {
            (Used::Waiting, Woken::new())
        } else {
            table.state.use_shared(me.id, at, request, patience)
        };
        let answer = match used {
            Used::Done(answer) => Ok(answer),
            Used::Refused(refusal) => Err(refusal.into()),
            Used::Deadlock(text) => Err(Halt::deadlock(text)),
            Used::Waiting => {
                let mut table = match ms {
                    None => me.park(table)?,
                    Some(ms) => me.park_for(table, ms)?.0,
                };
                return Ok(table.state.take_answer(me.id)?);
            }
        };
        self.wake_outside(table, &woken);
        answer
    }

    pub(super) fn notify(&self, me: &Parking, object: u64, all: bool) -> Result<(), Halt> {
        let operation = if all { "PauseAll" } else { "Pause" };
        let mut table = self.lock_running()?;
        table.state.notify(me.id, object, all).map_err(|e| not_owner(e, operation))
    }
}

fn unknown(thread: ThreadId) -> Halt {
    refusal::no_such_thread(thread).into()
}

fn join_refused(refused: Joined, thread: ThreadId) -> Halt {
    match refused {
        Joined::Oneself => refusal::joins_itself().into(),
        Joined::Deadlock(text) => Halt::deadlock(text),
        Joined::Unknown | Joined::Already | Joined::Waiting => unknown(thread),
    }
}

fn not_owner(NotOwner: NotOwner, operation: &str) -> Halt {
    refusal::not_owner(operation).into()
}
