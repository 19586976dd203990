//! Guest threads, in each thread model: orders of output that are legal, counts that are exact.
#![cfg(feature = "cli")]

use std::collections::BTreeSet;

use drawloom::interp::TrapKind;
use drawloom::lang::Language;
use drawloom::native::{Limits, Loading};

#[path = "common/guest.rs"]
mod guest;
#[path = "common/legal_orders.rs"]
mod legal_orders;

use guest::{Printed, THREAD_MODELS, code_of, run_in_each_model, run_with, small_limits};
use legal_orders::{Sample, is_legal};

/// Runs a `TinyVM` program in each thread model, `runs` times; how many different orders were seen.
fn orders_of(text: &str, sample: &Sample, runs: usize) -> usize {
    let code = code_of(Language::TinyVm, text);
    let mut seen = BTreeSet::new();
    for run in 0..THREAD_MODELS.len() * runs {
        let printed = Printed::default();
        let loading = Loading::new(code.clone()).limits(small_limits()).output(printed.clone());
        let program = loading.threads(THREAD_MODELS[run % THREAD_MODELS.len()]).initialise();
        let finished = program.run();
        assert_eq!(finished.result, Ok(0));
        let lines: Vec<String> = printed.text().lines().map(str::to_owned).collect();
        assert!(is_legal(&lines, sample), "{lines:#?}");
        seen.insert(lines);
    }
    seen.len()
}

#[test]
fn the_article_s_sample_prints_a_legal_order_every_time() {
    let text = "set x 5\nthread 5\nprint x\nsleep 1\nexit\nset y 10\nprint y\nsleep 0\nexit\n";
    let seen = orders_of(text, &Sample::article(), 1000);
    println!("{seen} different orders in 3,000 runs");
}

#[test]
fn the_smallest_programs_print_legal_orders_too() {
    orders_of("exit\n", &Sample::exit(), 300);
    orders_of("thread 2\nexit\nexit\n", &Sample::spawn_and_exit(), 300);
}

/// Four threads that add 1 to a cell so many times each, in the way that `add` says.
fn four_adders(add: &str, rounds: u32) -> String {
    format!(
        "global i64 @counter = 0
func @worker() -> void {{
entry:
  %at = gaddr @counter
  br ^loop({rounds})
loop(%left: i64):
  %more = scmp_gt %left, 0
  cbr %more, ^add, ^done
add:
{add}  %next = isub.ovf %left, 1
  br ^loop(%next)
done:
  ret
}}
func @main() -> i64 {{
entry:
  %a = call @Viper.Threads.Thread.Start(@worker, null)
  %b = call @Viper.Threads.Thread.Start(@worker, null)
  %c = call @Viper.Threads.Thread.Start(@worker, null)
  %d = call @Viper.Threads.Thread.Start(@worker, null)
  call @Viper.Threads.Thread.Join(%a)
  call @Viper.Threads.Thread.Join(%b)
  call @Viper.Threads.Thread.Join(%c)
  call @Viper.Threads.Thread.Join(%d)
  %at = gaddr @counter
  %sum = load i64, %at
  ret %sum
}}
"
    )
}

fn without_step_limit() -> Limits {
    Limits { steps: None, ..small_limits() }
}

#[test]
fn no_update_of_a_safe_counter_is_lost() {
    let add = "  call @Viper.Threads.SafeI64.Add(%at, 1)\n";
    let (finished, _) = run_with(without_step_limit(), &four_adders(add, 50_000));
    assert_eq!(finished.result, Ok(200_000));
    assert_eq!(finished.threads, 5);
}

#[test]
fn no_update_under_a_monitor_is_lost() {
    let add = "  call @Viper.Threads.Monitor.Enter(%at)\n  %old = load i64, %at\n  \
               %new = iadd.ovf %old, 1\n  store i64, %at, %new\n  \
               call @Viper.Threads.Monitor.Exit(%at)\n";
    let (finished, _) = run_with(without_step_limit(), &four_adders(add, 2_000));
    assert_eq!(finished.result, Ok(8_000));
}

#[test]
fn updates_of_a_plain_cell_may_be_lost_and_nothing_else() {
    let add = "  %old = load i64, %at\n  %new = iadd.ovf %old, 1\n  store i64, %at, %new\n";
    for (finished, _) in run_in_each_model(without_step_limit(), &four_adders(add, 50_000)) {
        let sum = finished.result.expect("it is memory-safe");
        assert!((2..=200_000).contains(&sum), "{sum}");
    }
}

#[test]
fn a_step_limit_stops_all_threads() {
    let limits = Limits { steps: Some(20_000), ..small_limits() };
    let add = "  call @Viper.Threads.SafeI64.Add(%at, 1)\n";
    for (finished, _) in run_in_each_model(limits, &four_adders(add, 50_000)) {
        let trap = finished.result.expect_err("200,000 rounds are more than 20,000 steps");
        assert_eq!(trap.kind, TrapKind::StepLimit);
    }
}

#[test]
fn a_chain_of_threads_that_start_each_other_meets_the_step_limit() {
    let body = "func @link(ptr %argument) -> void {
entry:
  %next = call @Viper.Threads.Thread.Start(@link, null)
  ret
}
func @main() -> i64 {
entry:
  %first = call @Viper.Threads.Thread.Start(@link, null)
  ret 0
}
";
    let limits = Limits { steps: Some(500), ..small_limits() };
    for (finished, _) in run_in_each_model(limits, body) {
        let trap = finished.result.expect_err("the chain has no end");
        assert!(matches!(trap.kind, TrapKind::StepLimit | TrapKind::ThreadLimit), "{trap}");
        assert!(finished.threads <= 501);
    }
}
