//! Guest threads that are data, and the workers that run them in turns.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::active::{ActiveVmGuard, VmId};
use super::blocking::{Worker, become_worker};
use super::host::ThreadHost;
use super::model::{OnExit, ThreadModel};
use super::schedule::{MainEnd, Payload};
use super::state::ProgramState;
use super::sync::Arc;
use super::task::Task;
use super::threads::Parking;
use super::trap::Run;
use super::vm::{host_panicked, resume, run_thread};
use super::workers::{Batch, Fate};
use crate::interp::{Ended, Guest, ThreadId, Trap};

/// Runs the guests of a program until all have ended. The calling thread is one of the workers.
pub(super) fn run(mut host: ThreadHost, mut guest: Guest) {
    let program = host.program.clone();
    host.batch = Batch::of_main(Task::rest(&mut guest, &mut host.own));
    for _ in 1..program.threads.model.workers().unwrap_or(1) {
        let program_of_worker = program.clone();
        program.threads.start_worker(|| worker(program_of_worker));
    }
    work(host, guest);
}

/// What a thread of the host does that is only a worker.
fn worker(program: Arc<ProgramState>) {
    let guest = Guest::without_thread(&program.code, program.limits.stack_words);
    let cache = program.new_cache();
    let host = ThreadHost::new(program, Parking::of_worker(), cache, run_thread);
    work(host, guest);
}

fn work(mut host: ThreadHost, mut guest: Guest) {
    let program = host.program.clone();
    let has_stand_ins = matches!(program.threads.model, ThreadModel::Virtual(_));
    let me = || Worker { program: program.clone(), stand_in: worker };
    let outer = become_worker(has_stand_ins.then(me));
    let mut fate = run_batch(&mut host, &mut guest);
    while program.threads.next(&mut host.batch, fate) {
        fate = run_batch(&mut host, &mut guest);
    }
    become_worker(outer);
    host.count_steps();
}

/// Runs guests until what has become of one must be known, or there are no more.
fn run_batch(host: &mut ThreadHost, guest: &mut Guest) -> Fate<Task> {
    let stopped = catch_unwind(AssertUnwindSafe(|| run_returning(host, guest)));
    let id = host.own.parking.id;
    match stopped {
        Ok(ControlFlow::Continue(())) => Fate::Nothing,
        Ok(ControlFlow::Break(None)) => {
            host.settle(guest);
            let wait = host.own.parking.wait();
            Fate::Paused(id, Task::rest(guest, &mut host.own), wait)
        }
        Ok(ControlFlow::Break(Some(outcome))) => end(&host.program, id, Ok(outcome)),
        Err(payload) => end(&host.program, id, Err(payload)),
    }
}

/// Runs guests as long as they return and are not the main thread. Breaks off with what another one does: `None` if it
/// pauses.
fn run_returning(host: &mut ThreadHost, guest: &mut Guest) -> ControlFlow<Option<Outcome>> {
    let mut active = ActiveVmGuard::enter_ids(host.own.vm, host.program.context);
    let _run = Run::begin();
    while let Some(turn) = host.batch.next() {
        let id = turn.id;
        host.own.parking = Parking::at_rest(id, turn.wait);
        host.own.vm = VmId::of(host.program.context, id);
        active.pass_to(host.own.vm);
        turn.guest.wake(id, guest, &mut host.own);
        host.note_duties();
        match resume(guest, host) {
            Some(Ok(_)) if id != ThreadId(0) => host.batch.add_returned(id),
            outcome => return ControlFlow::Break(outcome),
        }
    }
    ControlFlow::Continue(())
}

type Outcome = Result<u64, Box<Trap>>;

/// How a guest ends, as its outcome says, or because a host function has panicked.
fn end(program: &ProgramState, id: ThreadId, outcome: Result<Outcome, Payload>) -> Fate<Task> {
    let is_main = id == ThreadId(0);
    let mut main_end = MainEnd::default();
    let ended = match outcome {
        Ok(Ok(word)) => {
            main_end.word = Some(word);
            if is_main && program.on_exit == OnExit::Interrupt {
                program.threads.stop_quietly();
            }
            Ended::Returned
        }
        Ok(Err(trap)) => Ended::Trapped(trap),
        Err(payload) if is_main => {
            main_end.panic = Some(payload);
            program.threads.stop_quietly();
            Ended::Returned
        }
        Err(_) => host_panicked(id),
    };
    Fate::Ended(id, ended, main_end)
}
