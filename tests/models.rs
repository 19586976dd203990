//! Every model, in every world.
#![cfg(feature = "cli")]
#![cfg_attr(
    not(all(feature = "loom", feature = "shuttle")),
    allow(dead_code, reason = "each world uses a part of what they share")
)]

use std::{collections::BTreeSet, sync::Arc};

use drawloom::engine::{Bound, Engine, Report, Verdict, stress::Stress};
use drawloom::report::render_events;

/// Explores one model and holds it to its claim; returns the labels that were reached.
fn check(model: &str, engine: &dyn Engine, body: fn()) -> BTreeSet<&'static str> {
    let Report { verdict, executions, reached, .. } = engine.explore(Arc::new(body));
    let outcome = match verdict {
        Verdict::Exhausted { .. } | Verdict::Searched { .. } => "all of the engine's".to_owned(),
        Verdict::Bounded { stopped_by: Bound::Steps, .. } => {
            panic!("{model}: {}: execution {executions} does not end", engine.name())
        }
        // A model's size is a promise.
        Verdict::Bounded { stopped_by: Bound::Executions, .. } if engine.name() == "loom" => {
            panic!("{model}: loom: {executions} executions are not enough")
        }
        Verdict::Bounded { stopped_by, .. } => format!("bounded by {stopped_by}"),
        Verdict::Unsupported { reason } => panic!("{model}: {}: {reason}", engine.name()),
        Verdict::Violated(counterexample) => {
            panic!(
                "{model}: {}: execution {}: {}\n{}",
                engine.name(),
                counterexample.execution,
                counterexample.message,
                render_events(&counterexample.trace, |_| None),
            );
        }
    };
    println!("{model}: {}: {} executions, {outcome}", engine.name(), grouped(executions));
    reached
}

/// A search that did not come to all the places it must come to has shown nothing.
fn check_reached(model: &str, sometimes: &[&str], reached: &BTreeSet<&str>) {
    for label in sometimes {
        assert!(reached.contains(label), "{model}: '{label}' was never reached");
    }
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// One test per model and world: a model is named here and found in `MODELS` by that name.
macro_rules! models {
    ($($name:ident)*) => {
        const NAMED: &[&str] = &[$(stringify!($name)),*];

        #[cfg(feature = "loom")]
        mod loom {
            use drawloom::{engine::loom::Loom, loom::models::{MODELS, Size}};
            $(
                #[test]
                fn $name() {
                    let model = MODELS.iter().find(|model| model.name == stringify!($name)).unwrap();
                    let preemptions_max = match model.size {
                        Size::Exhaustible => None,
                        Size::Preemptions(max) => Some(max),
                    };
                    let engine = match preemptions_max {
                        None => Loom::default(),
                        Some(max) => Loom::default().preemptions_max(max),
                    };
                    let reached = super::check(model.name, &engine, model.body);
                    super::check_reached(model.name, model.sometimes, &reached);
                }
            )*
        }

        #[cfg(feature = "shuttle")]
        mod shuttle {
            use drawloom::{engine::shuttle::{Shuttle, Strategy}, shuttle::models::MODELS};
            $(
                #[test]
                fn $name() {
                    let model = MODELS.iter().find(|model| model.name == stringify!($name)).unwrap();
                    // Each strategy has its bias; together they must come everywhere.
                    let mut reached = super::BTreeSet::new();
                    for (strategy, executions) in [
                        (Strategy::Random { seed: 1 }, 200),
                        (Strategy::Pct { depth: 3, seed: 1 }, 200),
                        (Strategy::Urw { seed: 1 }, 100),
                    ] {
                        let engine = Shuttle::new(strategy, executions);
                        reached.extend(super::check(model.name, &engine, model.body));
                    }
                    super::check_reached(model.name, model.sometimes, &reached);
                }
            )*
        }

        mod stress {
            use drawloom::stress::models::MODELS;
            $(
                #[test]
                fn $name() {
                    let model = MODELS.iter().find(|model| model.name == stringify!($name)).unwrap();
                    let engine = super::Stress::default().seed(1).executions_max(100);
                    // Real threads need not reach every label.
                    super::check(model.name, &engine, model.body);
                }
            )*
        }
    };
}

models! {
    guards_restore_what_they_found
    active_vm_is_the_calling_threads
    a_raised_trap_reaches_its_own_vm
    a_trap_without_a_vm_goes_to_the_hook
    a_trap_after_the_run_goes_to_the_hook
    a_trap_does_not_wait_for_the_next_program
    a_call_in_flight_keeps_its_function
    a_function_taken_away_is_not_called_again
    a_function_taken_away_from_a_programs_own_registry_is_not_called_again
    a_function_that_a_joined_thread_took_away_is_not_called_again
    overwriting_gives_the_old_or_the_new_function
    registering_publishes_what_the_function_uses
    a_guest_thread_inherits_its_parents_registry
    in_strict_mode_one_of_two_signatures_wins
    no_snapshot_of_the_flags_is_torn
    a_compilation_sees_one_setting
    reconfigure_waits_for_compilations_and_they_for_it
    two_reconfigurations_take_turns
    no_flag_that_is_set_is_lost
    join_sees_what_was_written_before_the_exit
    any_number_of_joiners_may_join_any_number_of_times
    of_two_parents_one_gets_the_last_place
    two_starters_get_numbers_of_their_own
    a_refused_start_leaves_nothing_behind
    a_refused_start_and_an_end_take_turns
    a_refused_start_lets_go_who_waits_for_it
    whoever_learns_of_an_end_sees_what_was_done
    a_captured_error_is_there_when_the_thread_has_ended
    instances_of_a_program_share_nothing
    no_atomic_increment_is_lost
    a_plain_increment_may_be_lost_and_no_more
    no_word_is_torn
    release_and_acquire_pass_a_message
    fences_pass_a_message
    of_two_compare_and_swaps_one_wins
    no_cell_is_given_out_twice
    freed_cells_are_zero_for_the_next_owner
    initial_values_are_there_before_any_thread
    no_update_of_any_kind_is_lost
    who_comes_second_sees_what_the_first_did
    who_loses_a_swap_sees_what_the_winner_did
    of_two_fenced_writers_one_sees_the_other
    a_line_of_input_goes_to_one_thread
    equal_texts_share_a_handle
    a_monitor_lets_one_thread_in
    a_timed_entry_gets_in_or_leaves_the_line
    those_who_wait_go_on_in_line
    no_wakeup_is_lost_in_the_loop_idiom
    a_timed_wait_comes_back_with_the_monitor
    a_deadlock_of_guests_is_a_trap
    a_monitor_that_its_owner_ended_with_hangs_nobody
    a_wait_that_nobody_can_end_is_a_trap
    an_uncaught_trap_reaches_who_enters_or_joins
    an_uncaught_trap_reaches_who_waits
    an_uncaught_trap_reaches_who_runs
    an_uncaught_trap_reaches_who_sleeps
    of_two_uncaught_traps_the_first_counts
    interrupt_on_exit_ends_the_others_and_keeps_the_result
    waiting_on_exit_for_a_waiter_is_a_deadlock
    a_program_can_be_interrupted_at_any_moment
    an_interrupt_reaches_who_runs
    the_step_limit_is_one_budget
    every_threads_steps_are_counted
    no_guest_outlives_a_run_that_returned
    no_guest_outlives_a_run_that_returned_before_it_was_started
    no_guest_outlives_a_run_that_trapped
    no_guest_outlives_a_run_that_interrupts
    a_joined_threads_vm_is_gone
    lines_come_out_whole
    a_line_that_does_not_fit_is_not_printed
    a_joined_threads_last_line_is_out
    tinyvm_exit_prints_its_four_legal_orders
    tinyvm_spawn_prints_legal_orders_only
}

#[test]
fn every_model_is_named_here() {
    let models: Vec<_> = drawloom::stress::models::MODELS.iter().map(|model| model.name).collect();
    assert_eq!(models, NAMED);
}

/// What an engine says against a claim that does not hold.
fn objection(engine: &dyn Engine, body: fn()) -> Option<String> {
    match engine.explore(Arc::new(body)).verdict {
        Verdict::Violated(counterexample) => Some(counterexample.message),
        _ => None,
    }
}

#[cfg(feature = "loom")]
#[test]
fn loom_finds_what_is_wrong() {
    use drawloom::{engine::loom::Loom, loom::models::WRONG};
    for model in WRONG {
        let objection = objection(&Loom::default(), model.body);
        assert!(objection.is_some(), "loom finds nothing against {}", model.name);
    }
}

#[cfg(feature = "shuttle")]
#[test]
fn shuttle_finds_what_needs_no_weak_memory() {
    use drawloom::{
        engine::shuttle::{Shuttle, Strategy},
        shuttle::models::WRONG,
    };
    for model in WRONG {
        let engine = Shuttle::new(Strategy::Random { seed: 1 }, 200);
        let is_found = objection(&engine, model.body).is_some();
        assert_eq!(is_found, model.name == "no_plain_increment_is_lost", "{}", model.name);
    }
}
