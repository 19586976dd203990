//! Whether both machines and the evaluator do the same with a program.
#![allow(dead_code)] // each crate that includes this uses a part of it

use std::sync::{Arc, LazyLock};

use drawloom::il::{self, Verified};
use drawloom::interp::{TrapKind, compile};
use drawloom::native::{
    Extern, ExternCall, Finished, Limits, Loading, MachineKind, Registry, raise,
};

use super::evaluator::{Bounds, Outcome, Trapped, evaluate, mix};
use super::guest::Printed;

const MEMORY_CELLS: usize = 1500;
const STEPS: u64 = 1200;
/// A loop that doubles a string comes to it.
const STRING_BYTES: usize = 1 << 16;

pub(crate) fn limits() -> Limits {
    Limits {
        threads: 6,
        steps: Some(STEPS),
        // Never the bound: frames have at most 255 words, and each one takes a step.
        stack_words: 256 * (STEPS as usize + 2),
        memory_cells: MEMORY_CELLS,
        string_bytes: STRING_BYTES,
        // Never the bound: each step prints at most one string and the end of its line.
        output_bytes: STEPS * (STRING_BYTES as u64 + 1),
        slice: 50,
    }
}

pub(crate) fn verified(text: &str) -> Verified {
    let module = il::parse(text).unwrap_or_else(|findings| panic!("{findings:?}\n{text}"));
    il::verify(module).unwrap_or_else(|findings| {
        let lines = il::Lines::new(text);
        let places: Vec<_> = findings
            .iter()
            .map(|it| format!("{:?} {}", lines.place(it.span.start as usize), it.message))
            .collect();
        panic!("{places:#?}\n{text}")
    })
}

/// The host's function of generated programs, as the evaluator has it.
static REGISTRY: LazyLock<Arc<Registry>> = LazyLock::new(|| {
    let registry = Registry::new();
    let function = |call: &ExternCall<'_>| {
        mix(call.words()[0], call.words()[1]).unwrap_or_else(|message| {
            raise(TrapKind::DomainError, message);
            0
        })
    };
    let params = [il::Type::I64, il::Type::I64];
    let mix = Extern::new("Test.Mix", &params, il::Type::I64, function);
    registry.register(mix).expect("not strict");
    Arc::new(registry)
});

/// `None` if a function needs more registers than a frame has.
pub(crate) fn run_on(
    machine: MachineKind,
    module: &Verified,
    text: &str,
    limits: Limits,
) -> Option<(Finished, String)> {
    let code = match compile(module, text) {
        Ok(code) => code,
        Err(findings) => {
            let too_large = |it: &il::Diagnostic| it.message.contains("registers at once");
            assert!(findings.iter().all(too_large), "{findings:?}");
            return None;
        }
    };
    let printed = Printed::default();
    let loading = Loading::new(code).registry(Arc::clone(&REGISTRY)).machine(machine);
    let finished = loading.limits(limits).output(printed.clone()).initialise().run();
    Some((finished, printed.text()))
}

fn outcome(finished: Finished, output: String) -> Outcome {
    let result = finished.result.map_err(|trap| Trapped {
        kind: trap.kind,
        message: trap.message,
        backtrace: trap
            .backtrace
            .into_iter()
            .map(|place| (place.function, place.block, place.instruction, place.line))
            .collect(),
        frames_omitted: trap.frames_omitted,
    });
    Outcome { result, output, steps: finished.steps }
}

/// What the program does, or how the machines and the evaluator disagree about it; `None` if a
/// function is too large to run.
pub(crate) fn compare(text: &str) -> Result<Option<Outcome>, String> {
    // The printed form is the one that all get: it must mean the same.
    let text = verified(text).to_string();
    let module = verified(&text);
    let bounds =
        Bounds { steps: STEPS, memory_cells: MEMORY_CELLS as u64, string_bytes: STRING_BYTES };
    let Some(fast) = run_on(MachineKind::Fast, &module, &text, limits()) else { return Ok(None) };
    let safe = run_on(MachineKind::Safe, &module, &text, limits()).expect("it was compiled");
    if fast != safe {
        return Err(format!("fast: {fast:?}\nsafe: {safe:?}\n{text}"));
    }
    let machine = outcome(fast.0, fast.1);
    let mut expected = evaluate(&module, &text, bounds);
    // A main without a result gives 0.
    if module.functions[0].result == il::Type::Void
        && let Ok(result) = &mut expected.result
    {
        *result = 0;
    }
    let (machine, expected) = (comparable(machine), comparable(expected));
    if machine == expected {
        return Ok(Some(expected));
    }
    let lines = |it: &Outcome| it.output.lines().map(str::to_owned).collect::<Vec<_>>();
    let same = lines(&machine).iter().zip(&lines(&expected)).take_while(|(a, b)| a == b).count();
    Err(format!(
        "the same for {same} lines\nmachines: {machine:?}\nevaluator: {expected:?}\n{text}"
    ))
}

/// Where in its function a thread stands that has no steps left is not compared: the evaluator names
/// the instruction that comes next, the machine the next one that was not folded into another. Nor
/// is whether the step that was refused is counted.
fn comparable(mut outcome: Outcome) -> Outcome {
    if let Err(Trapped { kind: TrapKind::StepLimit, backtrace, .. }) = &mut outcome.result {
        let (_, block, instruction, line) = &mut backtrace[0];
        (*block, *instruction, *line) = (String::new(), 0, 0);
        outcome.steps = STEPS;
    }
    outcome
}
