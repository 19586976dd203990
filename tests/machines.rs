//! What a program does is the same on both machines, and the fast one takes no native stack for it.

use drawloom::{Loading, MachineKind, il, interp};

const LOOP: &str = "il 0.3.0
func @spin(i64 %n) -> i64 {
entry:
  br ^loop(%n, 1)
loop(%left: i64, %word: i64):
  %mixed = xor %word, %left
  %twice = add %mixed, %mixed
  %still = isub.ovf %left, 1
  %again = scmp_gt %still, 0
  cbr %again, ^loop(%still, %twice), ^done
done:
  ret %twice
}
";

fn spin(times: u64, machine: MachineKind) -> drawloom::Finished {
    let module = il::verify(il::parse(LOOP).expect("it parses")).expect("it verifies");
    let code = interp::compile_from(&module, LOOP, "spin").expect("it compiles");
    let program = Loading::new(code).entry_arguments(vec![times]).machine(machine);
    program.initialise().run()
}

#[test]
fn a_hundred_million_instructions_take_no_native_stack() {
    // 64 KiB would not hold a byte for each.
    let thread = std::thread::Builder::new().stack_size(64 << 10);
    let run = thread.spawn(|| spin(25_000_000, MachineKind::Fast)).expect("a thread");
    let finished = run.join().expect("the stack was large enough");
    assert_eq!(finished.steps, 25_000_000 - 1);
    assert!(finished.result.is_ok());
}

#[test]
fn both_machines_count_the_same_steps() {
    assert_eq!(spin(1_000, MachineKind::Fast), spin(1_000, MachineKind::Safe));
}
