//! Random programs, run by both machines and by a naive evaluator of the same IL: what the verifier
//! accepts runs without a panic, and all agree on result, output, trap, the place of the trap, and
//! steps.
#![cfg(feature = "cli")]

use drawloom::il;
use drawloom::interp::{TrapKind, compile};
use drawloom::native::{Finished, Limits, Loading, MachineKind};
use proptest::prelude::*;
use proptest::test_runner::Config;

#[path = "common/agreement.rs"]
mod agreement;
#[path = "common/entropy.rs"]
mod entropy;
#[path = "common/evaluator.rs"]
mod evaluator;
#[path = "common/generator.rs"]
mod generator;
#[path = "common/generator_loops.rs"]
mod generator_loops;
#[path = "common/guest.rs"]
mod guest;

use agreement::{limits, run_on, verified};
use evaluator::Outcome;
use guest::Printed;

fn compare_program(text: &str) -> Result<Option<Outcome>, TestCaseError> {
    agreement::compare(text).map_err(TestCaseError::fail)
}

fn compare(numbers: &[u32]) -> Result<Option<Outcome>, TestCaseError> {
    compare_program(&generator::program(numbers, false))
}

/// The same without handlers: functions that have one are compiled with much less ado. `None` also
/// if what is left does not verify.
fn compare_without_handlers(numbers: &[u32]) -> Result<Option<Outcome>, TestCaseError> {
    let text = generator::program(numbers, false);
    let kept = text.lines().filter(|line| !line.contains("eh.push") && !line.contains("eh.pop"));
    let text = kept.collect::<Vec<_>>().join("\n");
    match il::parse(&text).map(il::verify) {
        Ok(Ok(_)) => compare_program(&text),
        _ => Ok(None),
    }
}

fn compare_loops(numbers: &[u32]) -> Result<Option<Outcome>, TestCaseError> {
    compare_program(&generator_loops::program(numbers))
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() }
}

fn numbers() -> impl Strategy<Value = Vec<u32>> {
    proptest::collection::vec(any::<u32>(), 0..900)
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn the_machines_and_the_evaluator_agree(numbers in numbers()) {
        compare(&numbers)?;
        compare_without_handlers(&numbers)?;
        compare_loops(&numbers)?;
    }
}

proptest! {
    #![proptest_config(config(30_000))]

    #[test]
    #[ignore = "the same for longer: about two minutes in the dev profile"]
    fn the_machines_and_the_evaluator_agree_for_long(numbers in numbers()) {
        compare(&numbers)?;
        compare_without_handlers(&numbers)?;
        compare_loops(&numbers)?;
    }
}

/// Numbers that look random and are the same every time.
fn fixed_numbers(seed: u32) -> Vec<u32> {
    let mut state = u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as u32
    };
    let count = 100 + next() as usize % 900;
    (0..count).map(|_| next()).collect()
}

/// An agreement about nothing would be cheap: the generator must come to what is hard.
#[test]
fn the_generator_reaches_what_is_hard() {
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for seed in 0..400 {
        let Some(outcome) = compare(&fixed_numbers(seed)).unwrap_or_else(|error| panic!("{error}"))
        else {
            continue;
        };
        let ending = match &outcome.result {
            Ok(_) => "returned".to_owned(),
            Err(trap) => trap.kind.to_string(),
        };
        *seen.entry(ending).or_default() += 1;
        if outcome.result.is_err_and(|trap| trap.backtrace.len() > 1) {
            *seen.entry("deep".into()).or_default() += 1;
        }
    }
    let endings = ["returned", "deep", "step-limit", "overflow", "bounds", "out-of-memory"];
    for ending in endings {
        let count = seen.get(ending).copied().unwrap_or(0);
        assert!(count >= 5, "'{ending}' was seen {count} times only, of {seen:?}");
    }
}

#[test]
fn programs_without_handlers_agree_too() {
    let compared = (0..400).filter(|&seed| {
        let outcome = compare_without_handlers(&fixed_numbers(seed));
        outcome.unwrap_or_else(|error| panic!("{error}")).is_some()
    });
    let count = compared.count();
    assert!(count >= 100, "{count} programs verified without their handlers");
}

#[test]
fn loops_and_arrays_reach_what_is_hard() {
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for seed in 0..600 {
        let outcome = compare_loops(&fixed_numbers(seed)).unwrap_or_else(|error| panic!("{error}"));
        let Some(outcome) = outcome else { continue };
        let ending = match &outcome.result {
            Ok(_) => "returned".to_owned(),
            Err(trap) => trap.kind.to_string(),
        };
        *seen.entry(ending).or_default() += 1;
        if outcome.steps > 20 {
            *seen.entry("long".into()).or_default() += 1;
        }
    }
    let endings = ["returned", "long", "step-limit", "overflow", "bounds", "misaligned"];
    for ending in endings.into_iter().chain(["divide-by-zero", "domain-error"]) {
        let count = seen.get(ending).copied().unwrap_or(0);
        assert!(count >= 5, "'{ending}' was seen {count} times only, of {seen:?}");
    }
}

#[test]
fn a_loop_that_doubles_a_string_comes_to_its_bound() {
    let text = include_str!("cases/strings_double.il");
    let outcome = compare_program(text).unwrap_or_else(|error| panic!("{error}")).expect("small");
    assert_eq!(outcome.result.map_err(|trap| trap.kind), Err(TrapKind::OutOfMemory));
}

/// Cuts, doubles and exchanges pieces of lines and bytes.
fn mutate(text: &str, numbers: &[u32]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for change in numbers.chunks_exact(3) {
        let at = change[0] as usize % lines.len();
        let other = change[1] as usize % lines.len();
        match change[2] % 6 {
            0 => _ = lines.remove(at),
            1 => lines.insert(at, lines[other].clone()),
            2 => lines.swap(at, other),
            3 => {
                let mut words: Vec<&str> = lines[at].split(' ').collect();
                let replacement = lines[other].clone();
                let mut others = replacement.split(' ');
                let place = change[2] as usize / 6 % words.len();
                words[place] = others.nth(place).unwrap_or("null");
                lines[at] = words.join(" ");
            }
            4 => lines[at] = lines[at].replacen("%v1", "%v2", 1),
            _ => lines[at] = lines[at].replacen("i64", "i32", 1),
        }
        if lines.is_empty() {
            break;
        }
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn what_a_mutated_program_still_verifies_as_runs_without_a_panic(
        numbers in numbers(),
        changes in proptest::collection::vec(any::<u32>(), 3..12),
    ) {
        let text = mutate(&generator::program(&numbers, false), &changes);
        let Ok(Ok(module)) = il::parse(&text).map(il::verify) else { return Ok(()) };
        let Ok(code) = compile(&module, &text) else { return Ok(()) };
        let printed = Printed::default();
        let limits = Limits { stack_words: 4096, ..limits() };
        let finished = Loading::new(code).limits(limits).output(printed.clone()).initialise().run();
        let _ = finished.result;
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn programs_with_threads_and_monitors_end_without_a_panic(numbers in numbers()) {
        ends(&numbers)?;
    }
}

proptest! {
    #![proptest_config(config(5_000))]

    #[test]
    #[ignore = "the same for longer: about half a minute in the dev profile"]
    fn programs_with_threads_and_monitors_end_for_long(numbers in numbers()) {
        ends(&numbers)?;
    }
}

#[test]
fn the_generator_starts_threads() {
    let mut with_threads = 0;
    for seed in 0..150 {
        let finished = ends(&fixed_numbers(seed)).unwrap_or_else(|it| panic!("{it}"));
        with_threads += u32::from(finished.is_some_and(|finished| finished.threads > 1));
    }
    assert!(with_threads >= 15, "{with_threads} programs had more than one thread");
}

/// Runs a program with threads; that it ends at all is what is checked.
fn ends(numbers: &[u32]) -> Result<Option<Finished>, TestCaseError> {
    let text = generator::program(numbers, true);
    let module = verified(&text);
    let limits = Limits { stack_words: 2048, output_bytes: 4096, ..limits() };
    if let Some((finished, output)) = run_on(MachineKind::default(), &module, &text, limits) {
        prop_assert!(output.len() <= 4096);
        prop_assert!(finished.threads >= 1);
        return Ok(Some(finished));
    }
    Ok(None)
}
