//! Operations that commute with whatever other threads can do before them.

use crate::interp::{Builtin, Op, ThreadId};
use crate::reference::{Operation, State, Subject, ThreadSet};

/// What the program's text says about which operations can ever meet.
///
/// | operation | is eager, because |
/// |---|---|
/// | fence | under sequential consistency it does nothing |
/// | join, once it can | a thread's end is permanent |
/// | exit | other threads can only try to enter, and cannot do so before it; unless the program has *try* operations |
/// | wait, notify | only the owner of the monitor does that; unless the *time* of some thread may be up in the meantime |
/// | end | a thread that waits for it cannot go on before it; unless the program *asks* for ended threads |
/// | start | no other thread takes a number, if only the *main* function starts threads |
#[expect(clippy::struct_excessive_bools, reason = "each is a row of the table")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Eager {
    tries: bool,
    waits_timed: bool,
    asks: bool,
    only_main_starts: bool,
}

impl Eager {
    pub(super) fn of(subject: &Subject) -> Self {
        let code = &subject.code;
        let starts = |op: &Op| match *op {
            Op::CallExtern { x, .. } => matches!(
                code.externs[usize::from(x)].builtin,
                Some(Builtin::Start | Builtin::StartSafe | Builtin::PoolNew)
            ),
            _ => false,
        };
        let in_main = |pc: usize| code.site(pc as u32).function == code.entry;
        let calls_main = |op: &Op, pc: usize| match *op {
            Op::Call { to, .. } => {
                (pc as u32 + 1).wrapping_add_signed(to) == code.functions[code.entry as usize].entry
            }
            Op::CallIndirect { .. } => true,
            _ => false,
        };
        Eager {
            tries: code.calls(&[Builtin::TryEnter, Builtin::TryEnterFor]),
            waits_timed: subject.is_spurious || code.calls(&[Builtin::WaitFor]),
            asks: code.calls(&[
                Builtin::TryJoin,
                Builtin::JoinFor,
                Builtin::IsAlive,
                Builtin::HasError,
                Builtin::Error,
            ]),
            only_main_starts: !code.functions[code.entry as usize].is_thread_entry()
                && code
                    .ops
                    .iter()
                    .enumerate()
                    .all(|(pc, op)| (!starts(op) || in_main(pc)) && !calls_main(op, pc)),
        }
    }

    /// A thread that can go first without losing a violation.
    pub(super) fn thread(self, state: &State, enabled: ThreadSet) -> Option<ThreadId> {
        enabled
            .iter()
            .find(|&thread| state.live(thread).is_some_and(|live| self.is_eager(live.next())))
    }

    fn is_eager(self, operation: &Operation) -> bool {
        match operation {
            Operation::Fence { .. } | Operation::Join { .. } => true,
            Operation::Exit { .. } => !self.tries,
            Operation::Wait { .. } => !self.tries && !self.waits_timed,
            Operation::Notify { .. } => !self.waits_timed,
            Operation::End(_) => !self.asks,
            Operation::Start(_) => self.only_main_starts,
            _ => false,
        }
    }
}
