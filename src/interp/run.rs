//! Runs a guest: on the fast machine if its host allows direct plain loads and stores, otherwise on the
//! safe one.
//!
//! The machines carry out instructions until one of them stops. This module decides what comes next: the
//! thread ends, a handler of the guest gets the trap, or the next slice of steps begins.

use super::guest::{Guest, Outcome};
use super::host::Host;
use super::machine::Registers;
use super::safe::SafeMachine;
use super::{Exit, Stop, fast};

/// Runs a guest until its entry function returns, a trap is not caught, or the host pauses.
///
/// # Panics
/// If the guest has ended: it has returned, trapped, or was left by a panic of its host.
pub fn run<H: Host>(guest: &mut Guest, host: &mut H) -> Outcome {
    assert!(!guest.has_ended, "a guest that has ended does not run again");
    guest.has_ended = true;
    let outcome = run_on(guest, host);
    guest.has_ended = outcome != Outcome::Paused;
    outcome
}

fn run_on<H: Host>(guest: &mut Guest, host: &mut H) -> Outcome {
    let mut machine = SafeMachine { guest, host };
    loop {
        let stop = if machine.host.words().is_empty() {
            machine.until_stop()
        } else {
            fast::until_stop(machine.guest, machine.host)
        };
        match stop {
            Exit::Returned => {
                // On the safe machine it stays at its last instruction for good.
                machine.guest.pc -= 1;
                machine.return_memory();
                return Outcome::Returned(machine.guest.stack[1]);
            }
            Exit::Stop(Stop::Pause) => {
                machine.guest.pc -= 1;
                return Outcome::Paused;
            }
            Exit::Stop(Stop::Trap(kind)) => {
                if let Some(trap) = machine.raise(kind, machine.guest.pc - 1) {
                    return Outcome::Trapped(trap);
                }
                // A handler may come before the instruction that trapped, so a caught trap ends a step.
                if machine.step_done().is_err()
                    && let Some(outcome) = next_slice(&mut machine)
                {
                    return outcome;
                }
            }
            Exit::SliceEnd => {
                if let Some(outcome) = next_slice(&mut machine) {
                    return outcome;
                }
            }
        }
    }
}

/// Begins the next slice of steps, unless the guest does not go on.
fn next_slice<H: Host>(machine: &mut SafeMachine<'_, H>) -> Option<Outcome> {
    let is_first = machine.guest.granted == 0;
    if let Some(trap) = machine.refill() {
        return Some(Outcome::Trapped(trap));
    }
    (!is_first && machine.host.gives_way()).then_some(Outcome::Paused)
}
