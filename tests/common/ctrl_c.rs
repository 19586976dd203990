//! Pressing Ctrl-C as soon as a process would not simply be ended by it.

use std::process::{Child, Command, Output};

/// Waits until the process catches Ctrl-C, presses it, and waits for the end.
pub(crate) fn interrupted(child: Child) -> Output {
    let id = child.id().to_string();
    while !catches_ctrl_c(&id) {
        std::thread::yield_now();
    }
    let killed = Command::new("kill").args(["-INT", &id]).status().expect("kill runs");
    assert!(killed.success());
    child.wait_with_output().expect("it ends")
}

/// As the system has it: a mask of the signals that the process has handlers for.
fn catches_ctrl_c(id: &str) -> bool {
    const SIGINT: u64 = 2;
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("a mask");
    let caught = u64::from_str_radix(caught.trim(), 16).expect("it is hexadecimal");
    caught >> (SIGINT - 1) & 1 == 1
}
