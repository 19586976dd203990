//! The machine on random programs with shared objects and threads: what a run comes to is among what the reference
//! allows.
#![cfg(feature = "cli")]

#[path = "common/both_searches.rs"]
mod both_searches;
#[path = "common/guest.rs"]
mod guest;
#[path = "common/random_program.rs"]
mod random_program;

use both_searches::{kinds, subject_of, traces};
use drawloom::guest::Tally;
use drawloom::interp::{Code, TrapKind};
use drawloom::lang::Language;
use drawloom::native::Loading;
use drawloom::reference::{Outcome, ViolationKind};
use random_program::{Numbers, random_program_with_objects};

/// Runs of each program.
const RUNS: u32 = 12;

/// The same program with other times in its waits: those that are no time among them.
fn with_times(text: &str, numbers: &mut Numbers) -> String {
    let mut parts = text.split(", 5)");
    let mut timed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let time = ["0", "-1", "1"][numbers.below(3) as usize];
        timed.extend([", ", time, ")", part]);
    }
    timed
}

/// What the machine comes to in one run; `None` for a deadlock.
fn run(code: &Code) -> Option<Outcome> {
    let printed = guest::Printed::default();
    let loading = Loading::new(code.clone()).limits(guest::small_limits());
    match loading.output(printed.clone()).initialise().run().result {
        Ok(exit) => Some(Outcome::Finished { exit, output: printed.text().into() }),
        Err(trap) if trap.kind == TrapKind::Deadlock => None,
        Err(trap) => Some(Outcome::of_trap(&trap)),
    }
}

/// Whether some execution of the reference is stuck.
fn may_be_stuck(tally: &Tally) -> bool {
    let stuck = [ViolationKind::Deadlock, ViolationKind::LostWakeup];
    kinds(tally).iter().any(|kind| stuck.contains(kind))
}

#[test]
fn a_run_comes_to_what_the_reference_allows() {
    let mut numbers = Numbers(15);
    let (mut programs, mut timed, mut stuck, mut several) = (0, 0, 0, 0);
    for seed in 0..800 {
        let text = with_times(&random_program_with_objects(seed), &mut numbers);
        let allowed = traces(&subject_of(&text));
        // Only without races is the machine's memory sequentially consistent.
        if !allowed.bounds.is_empty() || kinds(&allowed).contains(&ViolationKind::DataRace) {
            continue;
        }
        let code = guest::code_of(Language::Il, &text);
        for _ in 0..RUNS {
            match run(&code) {
                None => {
                    assert!(may_be_stuck(&allowed), "seed {seed}: a deadlock\n{text}");
                    stuck += 1;
                }
                Some(outcome) => {
                    let is_allowed = allowed.outcomes.contains_key(&outcome);
                    assert!(is_allowed, "seed {seed}: {outcome:?}\n{text}");
                }
            }
        }
        programs += 1;
        timed += u32::from(["0", "-1", "1"].iter().any(|it| text.contains(&format!(", {it})"))));
        several += u32::from(allowed.outcomes.len() > 1);
    }
    println!(
        "{programs} programs, {timed} with times, {several} with several outcomes, {stuck} runs stuck"
    );
    assert!(
        programs > 100 && timed > 20 && several > 25 && stuck > 20,
        "{programs} {timed} {several} {stuck}"
    );
}
