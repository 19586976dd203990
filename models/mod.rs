//! Models: closed test bodies for the core's invariants, compiled into every checked world.
//!
//! A model names its primitives through `super::sync` and the core through `super`, so that the
//! same body runs under loom, under shuttle and on real threads. It is small: two or three
//! threads, two or three steps each.
//!
//! Final values alone prove no edge. Where one is claimed, a plain cell ([`Plain`](sync::Plain))
//! lies beside what is published, and loom objects to an access that the edge does not order.

mod flags;
mod guards;
mod guest;
mod input;
mod lifetime;
mod light;
mod memory;
mod monitors;
mod output;
mod registry;
mod shared;
mod stopping;
mod threads;
mod traps;
mod updates;

use super::{
    ActiveVmGuard, AnotherVmActive, Compilation, ContextGuard, ContextId, Extern, ExternCall,
    Finished, Limits, Loading, OnExit, Registry, ThreadModel, active, blocking, context, flags,
    global_registry, raise, reconfigure, set_flag, set_trap_hook, sync,
};
use crate::flags::{Flag, Flags};

/// How far a search under loom can be expected to go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// Small enough to be searched without a bound.
    Exhaustible,
    /// Searched up to this number of preemptions.
    Preemptions(usize),
}

/// A closed body with a claim.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// The name, in snake case.
    pub name: &'static str,
    /// What always holds, and where that is written.
    pub statement: &'static str,
    /// The labels that must have been reached by some execution, so that an empty search fails.
    pub sometimes: &'static [&'static str],
    /// How far loom goes.
    pub size: Size,
    /// What is run once per execution.
    pub body: fn(),
}

/// Claims that hold.
pub const MODELS: &[Model] = &[
    guards::GUARDS_RESTORE,
    guards::ACTIVE_PER_THREAD,
    traps::OWN_TRAP,
    traps::HOOK_WITHOUT_VM,
    traps::AFTER_THE_RUN,
    traps::NO_STALE_TRAP,
    registry::CALL_IN_FLIGHT,
    registry::GONE_FROM_GLOBAL,
    registry::GONE_FROM_OWN,
    registry::GONE_AFTER_JOIN,
    registry::OVERWRITE,
    registry::REGISTERING_PUBLISHES,
    registry::INHERITED,
    registry::STRICT,
    flags::WHOLE_SNAPSHOT,
    flags::ONE_SETTING,
    flags::DRAINED,
    flags::TWO_RECONFIGURERS,
    flags::NO_LOST_FLAG,
    flags::ONE_FILE_ONE_SETTING,
    threads::JOIN_EDGE,
    threads::TWO_JOINERS,
    threads::LAST_PLACE,
    threads::NUMBERS,
    threads::REFUSED_START,
    threads::REFUSED_BESIDE_AN_END,
    threads::REFUSED_UNDER_A_JOINER,
    threads::JOIN_BY_DEGREES,
    threads::CAPTURED_ERROR,
    threads::INSTANCES,
    memory::ATOMIC_COUNT,
    memory::PLAIN_COUNT,
    memory::NO_TEARING,
    memory::MESSAGE_PASSING,
    memory::FENCES,
    memory::ATOMIC_CAS,
    memory::ALLOCATION,
    memory::FREED_CELLS,
    memory::INITIAL_VALUES,
    updates::EVERY_UPDATE,
    updates::SECOND_SEES_FIRST,
    updates::LOSER_SEES_WINNER,
    updates::SEQ_CST_FENCES,
    light::PARK_AGAINST_WAKE,
    light::ONE_WORKER,
    light::STOP_AGAINST_PARK,
    light::STAND_IN,
    light::GIVEN_BACK,
    light::GIVES_BACK,
    light::START_CALLS,
    light::STOPS_LOOP,
    light::ITS_OWN_VM,
    input::EACH_LINE_ONCE,
    input::EQUAL_TEXTS,
    monitors::EXCLUSION,
    monitors::TIMED_ENTRY,
    monitors::IN_LINE,
    monitors::NO_LOST_WAKEUP,
    monitors::TIMED_WAIT,
    monitors::DEADLOCK,
    monitors::ENDED_OWNER,
    monitors::NOBODY_LEFT,
    shared::PERMIT,
    shared::TIMED_PERMIT,
    shared::BARRIER,
    shared::NOBODY_KEEPS_IT,
    stopping::STOPS_ENTER_AND_JOIN,
    stopping::STOPS_WAIT,
    stopping::STOPS_LOOP,
    stopping::STOPS_SLEEP,
    stopping::FIRST_TRAP,
    stopping::INTERRUPT_ON_EXIT,
    stopping::JOIN_ON_EXIT,
    stopping::INTERRUPTER,
    stopping::INTERRUPTS_LOOP,
    stopping::STEP_LIMIT,
    stopping::STEPS_DONE,
    lifetime::AFTER_RETURN,
    lifetime::AFTER_START,
    lifetime::AFTER_TRAP,
    lifetime::AFTER_INTERRUPT,
    lifetime::AFTER_JOIN,
    output::WHOLE_LINES,
    output::OUTPUT_LIMIT,
    output::LAST_LINE,
    output::TINYVM_EXIT,
    output::TINYVM_SPAWN,
];

/// Claims that do not hold: a search that finds nothing against them is worth nothing.
pub const WRONG: &[Model] = &[memory::RELAXED_MESSAGE, memory::NO_PLAIN_LOSS];
