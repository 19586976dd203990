//! Configures shuttle to print nothing and to leave the process as it is.

use shuttle::{Config, FailurePersistence, MaxSteps, Runner, scheduler::DfsScheduler};

/// The stack size in bytes. shuttle's own choice, 60 KiB, is too little for unoptimised code.
const STACK_SIZE: usize = 1 << 19;

pub(super) fn quiet_config() -> Config {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.silence_warnings = true;
    config.stack_size = STACK_SIZE;
    // The engine's recorder counts the steps.
    config.max_steps = MaxSteps::None;
    config
}

/// Makes shuttle install its panic hook, which it does once per process, so that it can be removed.
pub(super) fn install_panic_hook() {
    Runner::new(DfsScheduler::new(Some(1), false), quiet_config()).run(|| ());
}
