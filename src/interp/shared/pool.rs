//! Pools of workers (`Threads.Pool`).
//!
//! Workers are threads of the guest that the runtime starts at a function in IL (`interp/compile/support.rs`). Each
//! takes a task, carries it out and says that it has, until the pool is shut down and there is no task left.
//!
//! | a worker | asks | the pool |
//! |---|---|---|
//! | has nothing to do | `Take` | waits for a task; or the worker leaves |
//! | carries out a task | | counts it as active |
//! | has done so | `Finish`, or `Fail` with the trap's message | forgets the task |

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::class::{Class, Response, Way};
use crate::interp::{ThreadId, TrapKind};

/// The number of tasks that may be pending, as Viper's page has it.
const PENDING_MAX: usize = 65_536;

/// A function and its argument.
type Task = [u64; 2];

/// A pool.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pool {
    size: u64,
    /// The oldest comes first.
    pending: VecDeque<Task>,
    /// What workers carry out.
    active: BTreeMap<ThreadId, Task>,
    /// The message of the newest trap of a task that nobody has been told, as a string; null if there is none.
    error: u64,
    is_shut: bool,
    /// The number of workers that have been told to end.
    left: u64,
}

/// What can be done with a pool.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PoolUse {
    /// Adds a task, a function with an argument; whether it did.
    Submit(u64, u64),
    /// Takes the oldest task, waiting for one; nothing if the pool is shut down.
    Take,
    /// The task of this thread is over.
    Finish,
    /// The same: it trapped with this message.
    Fail(u64),
    /// Waits until there is no task any more. The message of the newest trap, or null.
    Wait,
    /// The same, by its name with a time limit.
    WaitFor,
    /// Lets nobody add any more.
    Shutdown,
    /// The same, and removes the tasks that are pending.
    ShutdownNow,
    /// Gives the pool up because only this many workers could be started.
    Abandon(u64),
    /// Waits until all workers have left. The message of the newest trap, or null.
    End,
    /// The number of workers.
    Size,
    /// The number of tasks that no worker has taken.
    Pending,
    /// The number of tasks that workers carry out.
    Active,
    /// Whether it is shut down.
    IsShutdown,
}

impl Pool {
    /// A pool that will have this many workers.
    pub fn new(size: u64) -> Self {
        Pool {
            size,
            pending: VecDeque::new(),
            active: BTreeMap::new(),
            error: 0,
            is_shut: false,
            left: 0,
        }
    }

    fn is_drained(&self) -> bool {
        self.pending.is_empty() && self.active.is_empty()
    }

    /// Why a worker that carries out a task of this pool may not ask for something.
    fn refusal_to_workers(&self, me: ThreadId, way: &PoolUse) -> Option<String> {
        let what = match way {
            PoolUse::Wait | PoolUse::WaitFor => "wait",
            PoolUse::Shutdown | PoolUse::ShutdownNow => "shutdown",
            _ => return None,
        };
        let message = || format!("Pool.{}: cannot {what} from pool worker", way.function());
        self.active.contains_key(&me).then(message)
    }

    fn take(&mut self, me: ThreadId) -> Response<PoolUse> {
        match self.pending.pop_front() {
            Some(task) => {
                self.active.insert(me, task);
                Response::Words(Arc::from(task))
            }
            None => {
                self.left += 1;
                Response::Nothing
            }
        }
    }

    fn take_error(&mut self) -> Response<PoolUse> {
        Response::Word(std::mem::take(&mut self.error))
    }
}

impl Class for Pool {
    type Use = PoolUse;
    const NAME: &'static str = "Pool";
    const NOUN: &'static str = "pool";
    const HAS_OWNERS: bool = true;

    fn is_possible(&self, me: ThreadId, way: &PoolUse) -> bool {
        match way {
            PoolUse::Take => !self.pending.is_empty() || self.is_shut,
            PoolUse::Wait | PoolUse::WaitFor => {
                self.is_drained() || self.refusal_to_workers(me, way).is_some()
            }
            PoolUse::End => self.left >= self.size,
            _ => true,
        }
    }

    fn perform(&mut self, me: ThreadId, way: &PoolUse) -> Response<PoolUse> {
        if let Some(message) = self.refusal_to_workers(me, way) {
            return Response::Refused((TrapKind::InvalidOperation, message));
        }
        match *way {
            PoolUse::Submit(function, argument) => {
                let is_accepted = !self.is_shut && self.pending.len() < PENDING_MAX;
                if is_accepted {
                    self.pending.push_back([function, argument]);
                }
                return Response::Word(u64::from(is_accepted));
            }
            PoolUse::Take => return self.take(me),
            PoolUse::Finish => drop(self.active.remove(&me)),
            PoolUse::Fail(message) => {
                self.active.remove(&me);
                self.error = message;
            }
            PoolUse::Wait | PoolUse::WaitFor | PoolUse::End => return self.take_error(),
            PoolUse::Shutdown => self.is_shut = true,
            PoolUse::ShutdownNow => {
                self.is_shut = true;
                self.pending.clear();
            }
            PoolUse::Abandon(size) => {
                self.is_shut = true;
                self.size = size;
            }
            PoolUse::Size => return Response::Word(self.size),
            PoolUse::Pending => return Response::Word(self.pending.len() as u64),
            PoolUse::Active => return Response::Word(self.active.len() as u64),
            PoolUse::IsShutdown => return Response::Word(u64::from(self.is_shut)),
        }
        Response::Word(0)
    }

    /// The worker that carries out the last task.
    fn awaited(&self, _: ThreadId, way: &PoolUse) -> Option<ThreadId> {
        let is_last = self.pending.is_empty() && self.active.len() == 1;
        let waits = matches!(way, PoolUse::Wait | PoolUse::WaitFor | PoolUse::End);
        self.active.keys().next().copied().filter(|_| waits && is_last)
    }

    fn may_await(&self, thread: ThreadId) -> bool {
        self.active.contains_key(&thread)
    }

    fn rename(&mut self, to: &dyn Fn(ThreadId) -> ThreadId) {
        self.active = self.active.iter().map(|(&thread, &task)| (to(thread), task)).collect();
    }
}

impl Way for PoolUse {
    fn function(&self) -> &'static str {
        match self {
            PoolUse::Submit(..) => "Submit",
            PoolUse::Take => "Take",
            PoolUse::Finish => "Finish",
            PoolUse::Fail(_) => "Fail",
            PoolUse::Wait => "Wait",
            PoolUse::WaitFor => "WaitFor",
            PoolUse::Shutdown => "Shutdown",
            PoolUse::ShutdownNow => "ShutdownNow",
            PoolUse::Abandon(_) => "Abandon",
            PoolUse::End => "Shutdown (end)",
            PoolUse::Size => "get_Size",
            PoolUse::Pending => "get_Pending",
            PoolUse::Active => "get_Active",
            PoolUse::IsShutdown => "get_IsShutdown",
        }
    }

    fn arguments(&self) -> Vec<u64> {
        match *self {
            PoolUse::Submit(function, argument) => vec![function, argument],
            _ => Vec::new(),
        }
    }

    fn is_told(&self) -> bool {
        use PoolUse::{Active, IsShutdown, Pending, Size, Submit};
        matches!(self, Submit(..) | Size | Pending | Active | IsShutdown)
    }
}
