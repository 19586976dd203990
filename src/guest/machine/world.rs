//! The differences between the worlds: which machine runs the program, and on which of its threads.

use std::io::{self, Cursor, Write};
use std::string::FromUtf8Error;
use std::sync::{Arc, Mutex};

use crate::engine::WorldSchedule;
use crate::engine::axioms::Judgement;
use crate::interp::Trap;
use crate::reference::{Subject, ThreadSet};
use crate::session::{self, Session, locked};

/// A world, as a table of functions.
pub(super) struct World {
    /// The number of threads of an execution before the guest's main one.
    pub(super) threads_before: u32,
    /// Runs the work on a thread with enough stack for the interpreter.
    pub(super) aside: fn(Box<dyn FnOnce() + Send>),
    /// Runs a program to its end.
    pub(super) run: fn(&Stage, Screen) -> Result<i64, Trap>,
    /// What has been decided so far in the execution under way, if it can be replayed.
    pub(super) schedule: fn() -> Option<WorldSchedule>,
    /// Whether there is an execution like the one under way: loom shows some that there are not.
    pub(super) judge: fn(&Session) -> Judgement,
}

/// The data for every run of a program.
pub(super) struct Stage {
    pub(super) subject: Arc<Subject>,
    /// Cells beyond the globals.
    pub(super) heap_cells: usize,
    /// The limit on the guest's steps. Only for real threads: a budget that threads share would be one
    /// more thing for the explorers to interleave, and they have bounds of their own.
    pub(super) steps_max: Option<u64>,
}

/// Records what a program prints. Its lock is not visible to the explorers.
#[derive(Clone, Default)]
pub(super) struct Screen(Arc<Mutex<Vec<u8>>>);

impl Screen {
    /// Takes what was printed.
    pub(super) fn take(&self) -> String {
        let bytes = std::mem::take(&mut *locked(&self.0));
        let lossy = |error: FromUtf8Error| String::from_utf8_lossy(error.as_bytes()).into_owned();
        String::from_utf8(bytes).unwrap_or_else(lossy)
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // If that is too much, the program is told to end at its next safepoint.
        session::may_make(bytes.len());
        locked(&self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The number of steps between two checks of a thread whether the program is stopping. A check is an
/// additional scheduling point, but a spinning thread must notice soon that another thread has trapped.
const SLICE: u32 = 100;

impl Stage {
    fn input(&self) -> Cursor<Vec<u8>> {
        let lines = self.subject.input.iter().map(|line| format!("{line}\n"));
        Cursor::new(lines.collect::<String>().into_bytes())
    }
}

/// The machine has the same limits as the reference wherever a program could tell them apart. Real
/// threads may sleep for long, and must be interrupted from outside; the explorers have no time.
macro_rules! run_in {
    ($world:ident, interrupts: $interrupts:literal) => {
        |stage, screen| {
            use crate::$world::{Limits, Loading};
            let code = &stage.subject.code;
            let limits = Limits {
                threads: ThreadSet::THREADS_MAX as u32,
                steps: stage.steps_max,
                stack_words: stage.subject.limits.stack_words,
                string_bytes: stage.subject.limits.string_bytes as usize,
                output_bytes: stage.subject.limits.output_bytes,
                memory_cells: 1 + code.globals.len() + stage.heap_cells,
                slice: SLICE,
            };
            let program = Loading::new(code.clone())
                .limits(limits)
                .arguments(stage.subject.arguments.clone())
                .input(stage.input())
                .output(screen);
            let program = program.initialise();
            if $interrupts {
                let interrupter = program.interrupter();
                session::on_stop(Some(Box::new(move || interrupter.interrupt())));
            }
            let finished = program.run();
            session::on_stop(None);
            finished.result
        }
    };
}

#[cfg(feature = "heddle")]
pub(super) const HEDDLE: World = World {
    threads_before: 0,
    aside: |work| work(),
    run: run_in!(heddle, interrupts: false),
    schedule: || crate::engine::heddle::schedule_so_far().map(WorldSchedule::Heddle),
    judge: |_| Judgement::Allowed,
};

/// loom's first thread has a small stack, so the guest's main thread is loom's second thread.
#[cfg(feature = "loom")]
pub(super) const LOOM: World = World {
    threads_before: 1,
    aside: |work| {
        // If this fails, the execution is over, and its session has the reason.
        let _ = crate::loom::sync::thread::spawn(work).join();
    },
    run: run_in!(loom, interrupts: false),
    schedule: || None,
    judge: crate::engine::loom::judgement,
};

#[cfg(feature = "shuttle")]
pub(super) const SHUTTLE: World = World {
    threads_before: 0,
    aside: |work| work(),
    run: run_in!(shuttle, interrupts: false),
    schedule: || crate::engine::shuttle::schedule_so_far().map(WorldSchedule::Shuttle),
    judge: |_| Judgement::Allowed,
};

pub(super) const STRESS: World = World {
    threads_before: 0,
    aside: |work| work(),
    run: run_in!(stress, interrupts: true),
    schedule: || None,
    judge: |_| Judgement::Allowed,
};
