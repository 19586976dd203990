//! The checks of one call.

use std::path::Path;

use crate::scheduler::{
    DfsScheduler, PctScheduler, RandomScheduler, ReplayScheduler, Scheduler, UrwRandomScheduler,
};
use crate::{Config, Runner, runner};

#[track_caller]
fn check<F>(scheduler: impl Scheduler, body: F)
where
    F: Fn() + Send + Sync + 'static,
{
    Runner::new(scheduler, Config::default()).run(body);
}

/// Runs executions that are drawn by a random walk.
///
/// # Panics
/// With the violation, if an execution shows one.
#[track_caller]
pub fn check_random<F>(body: F, iterations: usize)
where
    F: Fn() + Send + Sync + 'static,
{
    check(RandomScheduler::new(iterations), body);
}

/// As [`check_random`], with this seed.
///
/// # Panics
/// With the violation, if an execution shows one.
#[track_caller]
pub fn check_random_with_seed<F>(body: F, seed: u64, iterations: usize)
where
    F: Fn() + Send + Sync + 'static,
{
    check(RandomScheduler::new_from_seed(seed, iterations), body);
}

/// Runs executions that are drawn by a uniform random walk.
///
/// # Panics
/// With the violation, if an execution shows one.
#[track_caller]
pub fn check_urw<F>(body: F, iterations: usize)
where
    F: Fn() + Send + Sync + 'static,
{
    check(UrwRandomScheduler::new(iterations), body);
}

/// Runs executions that are drawn by probabilistic concurrency testing, for bugs of this depth.
///
/// # Panics
/// With the violation, if an execution shows one.
#[track_caller]
pub fn check_pct<F>(body: F, iterations: usize, depth: usize)
where
    F: Fn() + Send + Sync + 'static,
{
    check(PctScheduler::new(depth, iterations), body);
}

/// Runs every execution of the memory model, each once, or as many as the limit allows.
///
/// # Panics
/// With the violation, if an execution shows one; also if the body draws a random number.
#[track_caller]
pub fn check_dfs<F>(body: F, max_iterations: Option<usize>)
where
    F: Fn() + Send + Sync + 'static,
{
    check(DfsScheduler::new(max_iterations, false), body);
}

/// Checks that the body does the same whenever it is scheduled the same.
///
/// Executions are run one after the other, as [`check_dfs`] does, up to this number, and each must begin as the one
/// before it from which it departs. Then the first one is repeated whole. Does not see chance that changes no operation
/// of those executions.
///
/// # Panics
/// If the body does something else; also with the violation, if an execution shows one.
#[track_caller]
pub fn check_uncontrolled_nondeterminism<F>(body: F, max_iterations: usize)
where
    F: Fn() + Send + Sync + 'static,
{
    runner::check_repeatable(max_iterations, body);
}

/// Runs the one execution with this schedule, as a failure shows it: a text that begins with `heddle`.
///
/// # Panics
/// With the violation, if the execution shows one; if the text is not such a schedule; and if the body has no such
/// execution.
#[track_caller]
pub fn replay<F>(body: F, encoded_schedule: &str)
where
    F: Fn() + Send + Sync + 'static,
{
    check(ReplayScheduler::new_from_encoded(encoded_schedule), body);
}

/// As [`replay`], with the schedule in this file.
///
/// # Panics
/// As [`replay`]; also if the file cannot be read.
#[track_caller]
pub fn replay_from_file<F, P>(body: F, path: P)
where
    F: Fn() + Send + Sync + 'static,
    P: AsRef<Path>,
{
    let path = path.as_ref();
    match ReplayScheduler::new_from_file(path) {
        Ok(scheduler) => check(scheduler, body),
        Err(error) => panic!("cannot read the schedule in {}: {error}", path.display()),
    }
}
