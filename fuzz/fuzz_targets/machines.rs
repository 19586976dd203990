//! Bytes decide about a random program; what the fast machine, the safe machine and the evaluator do
//! with it has to be the same. The generators and the comparison are those of
//! `tests/machine_differential.rs`; libFuzzer looks for bytes that reach new code in the compiler and
//! the machines.
#![no_main]

#[path = "../../tests/common/agreement.rs"]
mod agreement;
#[path = "../../tests/common/entropy.rs"]
mod entropy;
#[path = "../../tests/common/evaluator.rs"]
mod evaluator;
#[path = "../../tests/common/generator.rs"]
mod generator;
#[path = "../../tests/common/generator_loops.rs"]
mod generator_loops;
#[path = "../../tests/common/guest.rs"]
mod guest;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, rest)) = bytes.split_first() else { return };
    // No decision of the generators needs more than 16 bits.
    let decisions = rest.chunks_exact(2).map(|it| u32::from(u16::from_le_bytes([it[0], it[1]])));
    let decisions: Vec<u32> = decisions.collect();
    let text = if first % 2 == 0 {
        generator_loops::program(&decisions)
    } else {
        generator::program(&decisions, false)
    };
    if let Err(disagreement) = agreement::compare(&text) {
        panic!("{disagreement}");
    }
});
