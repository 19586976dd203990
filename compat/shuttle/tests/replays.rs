//! A failure says how to run its execution again.

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use shuttle::rand::{Rng, thread_rng};
use shuttle::scheduler::{DfsScheduler, RandomScheduler};
use shuttle::sync::{Arc, Mutex};
use shuttle::{Config, FailurePersistence, Runner, thread};

use common::{failure, lost_update};

/// An empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn a_schedule_is_kept_and_replayed() {
    let folder = folder("kept");
    let mut config = Config::default();
    config.failure_persistence = FailurePersistence::File(Some(folder.clone()));
    let run = || _ = Runner::new(RandomScheduler::new(100), config.clone()).run(lost_update);
    let message = failure(run);
    assert_eq!(failure(run), message);
    let paths = ["schedule000.txt", "schedule001.txt"].map(|name| folder.join(name));
    let schedules = paths.each_ref().map(|path| fs::read_to_string(path).unwrap());
    assert_eq!(schedules[0], schedules[1]);
    assert_eq!(failure(|| shuttle::replay(lost_update, &schedules[0])), message);
    assert_eq!(failure(|| shuttle::replay_from_file(lost_update, &paths[0])), message);
}

#[test]
fn a_schedule_of_another_body_is_refused() {
    let message = failure(|| shuttle::replay(lost_update, "heddle 1 c20 7x3"));
    assert!(message.starts_with("heddle cannot check this: "), "{message}");
    let of_shuttle = "91010ff8888c93b4faa0b19e0100802802";
    let message = failure(|| shuttle::replay(lost_update, of_shuttle));
    assert!(message.starts_with("this is not a schedule of drawloom: "), "{message}");
}

/// Runs one of the bodies below as a test in a process of its own; its error output.
fn output(test: &str, variables: &[(String, String)]) -> String {
    let program = std::env::current_exe().expect("a test knows its program");
    let mut command = Command::new(program);
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    command.env_remove("SHUTTLE_RANDOM_SEED").env_remove("DRAWLOOM_SCHEDULE");
    let output = command.envs(variables.iter().cloned()).output().expect("it can be started");
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

/// What stands between these.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before}: {text}"));
    rest.split_once(after).unwrap_or_else(|| panic!("no {after}: {text}")).0
}

#[test]
#[ignore = "a body for the tests below, which it fails"]
fn body_that_fails() {
    shuttle::check_dfs(lost_update, None);
}

#[test]
fn the_line_of_a_failure_runs_its_execution_again() {
    let text = output("body_that_fails", &[]);
    assert!(text.contains("count.store(count.load(Relaxed) + 1, Relaxed)"), "{text}");
    let schedule = between(&text, "DRAWLOOM_SCHEDULE=\"", "\" cargo test body_that_fails");
    let again = output("body_that_fails", &[("DRAWLOOM_SCHEDULE".into(), schedule.into())]);
    assert!(again.contains("panic in execution 1\n"), "{again}");
    assert!(again.contains(schedule), "{again}");
}

/// Fails for some random numbers, and in some executions.
fn draws() {
    let lock = Arc::new(Mutex::new(0));
    let other = lock.clone();
    let thread = thread::spawn(move || *other.lock().unwrap() += thread_rng().gen_range(0..20));
    let found = *lock.lock().unwrap();
    thread.join().unwrap();
    assert_ne!(found, 7, "it is seven");
}

#[test]
#[ignore = "a body for the test below, which it fails"]
fn body_that_draws() {
    shuttle::check_random(draws, 10_000);
}

#[test]
fn a_body_that_draws_numbers_is_run_again_with_the_same_ones() {
    let text = output("body_that_draws", &[]);
    let schedule = between(&text, "DRAWLOOM_SCHEDULE=\"", "\" cargo test body_that_draws");
    let seed = between(&text, "set SHUTTLE_RANDOM_SEED=", " besides");
    let variables = [("DRAWLOOM_SCHEDULE", schedule), ("SHUTTLE_RANDOM_SEED", seed)];
    let again = output("body_that_draws", &variables.map(|(name, it)| (name.into(), it.into())));
    assert!(again.contains("it is seven") && again.contains("panic in execution 1\n"), "{again}");
}

#[test]
fn a_schedule_that_shows_nothing_passes() {
    let found = |it: &str| failure(|| shuttle::replay(|| drop(Mutex::new(0).lock()), it));
    assert!(found("heddle 1 c20 3").contains("cannot check this"));
    shuttle::replay(|| drop(Mutex::new(0).lock()), "heddle 1 c20 0x2");
    let dfs = DfsScheduler::new(Some(1), false);
    assert_eq!(Runner::new(dfs, Config::default()).run(|| drop(Mutex::new(0).lock())), 1);
}
