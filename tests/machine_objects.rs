//! The machine on random programs with shared objects and threads: what a run comes to is among what the reference
//! allows.
#![cfg(feature = "cli")]

#[path = "common/both_searches.rs"]
mod both_searches;
#[path = "common/guest.rs"]
mod guest;
#[path = "common/random_program.rs"]
mod random_program;

use both_searches::{kinds, run, subject_of, traces};
use drawloom::guest::Tally;
use drawloom::lang::Language;
use drawloom::reference::ViolationKind;
use guest::THREAD_MODELS;
use random_program::{Numbers, random_program_with_objects};

/// Runs of each program in each thread model.
const RUNS: usize = 4;

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
        for model in THREAD_MODELS.repeat(RUNS) {
            match run(&code, model) {
                None => {
                    assert!(may_be_stuck(&allowed), "seed {seed}, {model:?}: a deadlock\n{text}");
                    stuck += 1;
                }
                Some(outcome) => {
                    let is_allowed = allowed.outcomes.contains_key(&outcome);
                    assert!(is_allowed, "seed {seed}, {model:?}: {outcome:?}\n{text}");
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
