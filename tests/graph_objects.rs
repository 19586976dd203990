//! Shared objects in execution graphs, against the search over traces, which has them as operations of states.
#![cfg(feature = "cli")]

#[path = "common/both_searches.rs"]
mod both_searches;
#[path = "common/guest.rs"]
mod guest;
#[path = "common/random_program.rs"]
mod random_program;

use both_searches::{agree, graphs, kinds, replays, subject_of, traces};
use drawloom::guest::MemoryModel;
use drawloom::reference::ViolationKind;
use random_program::random_program_with_objects;

#[test]
fn shared_objects_come_to_what_they_do_in_the_search_over_traces() {
    let (mut executions, mut blocked, mut stuck) = (0, 0, 0);
    for seed in 0..600 {
        let text = random_program_with_objects(seed);
        let subject = subject_of(&text);
        let there = traces(&subject);
        if !there.bounds.is_empty() {
            continue;
        }
        let here = graphs(&subject, MemoryModel::Sc);
        let has_timed_waits = text.contains("call @Viper.Threads.Monitor.WaitFor");
        agree(&here, &there, has_timed_waits, &format!("seed {seed}\n{text}"));
        for model in [MemoryModel::Rc11, MemoryModel::C20] {
            let weak = graphs(&subject, model);
            assert!(
                there.outcomes.keys().all(|it| weak.outcomes.contains_key(it)),
                "seed {seed}\n{text}"
            );
            if !kinds(&there).contains(&ViolationKind::DataRace) {
                replays(&subject, &weak, &text);
            }
        }
        stuck += u64::from(kinds(&here).contains(&ViolationKind::Deadlock));
        executions += here.executions;
        blocked += here.blocked;
    }
    println!("{executions} executions, {blocked} blocked, {stuck} programs stuck");
    assert!(executions > 1_000 && stuck > 20, "{executions} {stuck}");
}
