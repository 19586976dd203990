//! loom, honestly: what it leaves out is not passed off as searched.
#![cfg(feature = "cli")]
#![cfg(feature = "loom")]

use std::sync::Arc as StdArc;

use drawloom::engine::{Bound, Engine, Fault, Gap, Remark, Report, Verdict, loom::Loom};
use drawloom::loom::sync;
use sync::{
    Arc, AtomicBool, Condvar, Mutex,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    Plain, thread,
};

#[path = "common/command.rs"]
mod command;
#[path = "cases/ring.rs"]
mod ring;

/// What `drawloom check` says about a file, and its exit code.
fn checked(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = command::drawloom();
    let output = command.arg("check").args(arguments).output().expect("it runs");
    (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
}

fn explore(body: fn()) -> Report {
    Loom::default().explore(StdArc::new(body))
}

/// loom's issue 392. There are two outcomes, and loom looks at one.
fn load_and_store_beside_load() {
    let flag = Arc::new(AtomicBool::new(false));
    let other = flag.clone();
    let child = thread::spawn(move || {
        other.load(Relaxed);
        other.store(true, Relaxed);
    });
    assert!(!flag.load(Relaxed), "loom has learned of the other outcome");
    child.join().unwrap();
}

/// If one of these fails because loom finds what is wrong, then loom has been mended: what is said about
/// it is to be mended, too.
#[test]
fn a_search_that_is_through_after_one_execution_of_several_threads_says_so() {
    for body in [load_and_store_beside_load, ring::items_come_in_order] {
        let report = explore(body);
        let Verdict::Searched { executions: 1, not_seen } = &report.verdict else {
            panic!("{report:?}")
        };
        assert!(not_seen.contains(&Gap::Reduction));
        assert_eq!(report.remarks, [Remark::OneExecution { threads: 2 }].into());
    }
}

#[test]
fn one_execution_of_one_thread_is_nothing_to_remark() {
    let report = explore(|| AtomicBool::new(false).store(true, Relaxed));
    assert!(matches!(report.verdict, Verdict::Searched { executions: 1, .. }), "{report:?}");
    assert!(report.remarks.is_empty());
}

#[test]
fn what_loom_finds_nothing_wrong_with_is_not_verified() {
    for (file, about) in [
        // The bug needs an execution that loom leaves out.
        ("tests/cases/steal_after_cas_wrong.il", "the expectation is open"),
        ("tests/cases/steal_after_cas_right.il", "nothing unexpected"),
    ] {
        let (code, said) = checked(&[file, "--engine", "loom"]);
        let headline = said.lines().next().unwrap_or_default();
        let begin = format!("? {file}: not verified: nothing found; not seen: ");
        assert!(headline.starts_with(&begin) && headline.ends_with(about), "{said}");
        assert_eq!(code, Some(3), "{said}");
    }
}

#[test]
fn what_is_not_verified_is_so_in_every_format() {
    let file = "tests/cases/steal_after_cas_right.il";
    let (code, json) = checked(&[file, "--engine", "loom", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    let search = &json["searches"][0];
    assert_eq!((code, &json["conclusion"]), (Some(3), &"unfinished".into()));
    assert_eq!(search["verdict"], "searched");
    assert!(search["gaps"].as_array().is_some_and(|gaps| gaps.contains(&"reduction".into())));
    let (_, junit) = checked(&[file, "--engine", "loom", "--format", "junit"]);
    assert!(junit.contains("<error ") && junit.contains("not verified: nothing found"), "{junit}");
}

/// loom takes seq-cst accesses as acquire and release (its issue 180).
#[test]
fn what_only_loom_shows_is_its_false_alarm_and_the_search_goes_on() {
    let report = explore(|| {
        let flags = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
        let other = flags.clone();
        let child = thread::spawn(move || {
            other.0.store(true, SeqCst);
            other.1.load(SeqCst)
        });
        flags.1.store(true, SeqCst);
        let one = flags.0.load(SeqCst);
        let other = child.join().unwrap();
        assert!(one || other, "neither has seen the other");
        sync::sometimes(if one && other { "both" } else { "one" });
    });
    assert_refuted(report, "neither has seen the other");
}

/// A panic with this message is loom's own, and the search has gone on to its end.
fn assert_refuted(report: Report, message: &str) {
    assert!(matches!(report.verdict, Verdict::Searched { .. }), "{report:?}");
    let refuted = report.refuted.expect("loom shows it");
    assert_eq!(refuted.first.violation, Fault::Panic);
    assert!(refuted.first.message.contains(message));
    assert!(refuted.first.execution < report.executions, "it goes on");
    let executions = refuted.executions;
    assert_eq!(report.remarks, [Remark::FalseAlarms { executions }].into());
}

/// The same where the ordering does not forbid it: it is the program's.
#[test]
fn what_the_axioms_allow_is_a_violation() {
    let report = explore(|| {
        let flags = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
        let other = flags.clone();
        let child = thread::spawn(move || {
            other.0.store(true, Release);
            other.1.load(Acquire)
        });
        flags.1.store(true, Release);
        let one = flags.0.load(Acquire);
        assert!(one || child.join().unwrap(), "neither has seen the other");
    });
    assert!(matches!(report.verdict, Verdict::Violated(_)), "{report:?}");
    assert!(report.refuted.is_none() && report.remarks.is_empty(), "{report:?}");
}

/// loom's issues 254, 282 and 389: nothing may come between the halves of an update.
#[test]
fn a_broken_modification_order_is_looms() {
    let report = explore(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let other = flag.clone();
        let child = thread::spawn(move || other.store(true, Relaxed));
        let old = flag.swap(false, Relaxed);
        child.join().unwrap();
        assert!(old || flag.load(Relaxed), "the store is lost");
    });
    assert!(matches!(report.verdict, Verdict::Searched { .. }), "{report:?}");
    assert!(report.refuted.is_some(), "{report:?}");
}

/// The same, seen by a thread that is not the first one.
#[test]
fn the_search_goes_on_after_a_false_alarm_of_any_thread() {
    fn swapper(flag: &Arc<AtomicBool>) -> thread::JoinHandle<()> {
        let (storer, swapper) = (flag.clone(), flag.clone());
        let storer = thread::spawn(move || storer.store(true, Relaxed));
        thread::spawn(move || {
            let old = swapper.swap(false, Relaxed);
            storer.join().unwrap();
            assert!(old || swapper.load(Relaxed), "the store is lost");
        })
    }
    let bodies: [fn(); 3] = [
        || swapper(&Arc::new(AtomicBool::new(false))).join().unwrap(),
        // It is looked after, and the first thread goes on.
        || {
            let flag = Arc::new(AtomicBool::new(false));
            let is_well = swapper(&flag).join().is_ok();
            flag.store(is_well, Relaxed);
        },
        // Nobody asks what became of it.
        || {
            let flag = Arc::new(AtomicBool::new(false));
            let other = swapper(&flag);
            flag.load(Relaxed);
            let _ = other.join();
        },
    ];
    for body in bodies {
        assert_refuted(explore(body), "the store is lost");
    }
}

/// What comes after the false alarms is found.
#[test]
fn a_violation_behind_a_false_alarm_of_a_child_is_found() {
    let report = explore(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let (storer, swapper) = (flag.clone(), flag.clone());
        let storer = thread::spawn(move || storer.store(true, Relaxed));
        let swapper = thread::spawn(move || {
            let old = swapper.swap(false, Relaxed);
            storer.join().unwrap();
            assert!(old || swapper.load(Relaxed), "the store is lost");
            assert!(old, "the swap came first");
        });
        let _ = swapper.join();
    });
    let Verdict::Violated(found) = &report.verdict else { panic!("{report:?}") };
    assert!(found.message.contains("the swap came first"), "{report:?}");
    let refuted = report.refuted.expect("loom shows it");
    assert!(refuted.first.execution < found.execution, "{refuted:?}");
}

/// A thread that waits for one that has panicked waits for ever: loom sees that, and cannot go on.
#[test]
fn a_false_alarm_that_leaves_others_waiting_ends_the_search_and_confirms_nothing() {
    let report = explore(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let (storer, swapper, opens) = (flag.clone(), flag.clone(), gate.clone());
        let storer = thread::spawn(move || storer.store(true, Relaxed));
        let swapper = thread::spawn(move || {
            let old = swapper.swap(false, Relaxed);
            storer.join().unwrap();
            assert!(old || swapper.load(Relaxed), "the store is lost");
            *opens.0.lock().unwrap() = true;
            opens.1.notify_one();
        });
        let is_closed = |is_open: &mut bool| !*is_open;
        drop(gate.1.wait_while(gate.0.lock().unwrap(), is_closed).unwrap());
        swapper.join().unwrap();
    });
    let stopped_by = Bound::FalseAlarm;
    let executions = report.executions;
    assert_eq!(report.verdict, Verdict::Bounded { executions, stopped_by }, "{report:?}");
    let refuted = report.refuted.expect("loom shows it");
    assert_eq!((refuted.executions, refuted.first.execution), (1, executions));
}

/// The data race is seen by loom itself, which is in no state to go on then.
#[test]
fn a_race_that_only_loom_has_ends_the_search_and_is_no_violation() {
    let report = explore(|| {
        let shared = Arc::new((AtomicBool::new(false), AtomicBool::new(false), Plain::new(0)));
        let other = shared.clone();
        let child = thread::spawn(move || {
            other.0.store(true, SeqCst);
            if !other.1.load(SeqCst) {
                other.2.with_mut(|value| *value += 1);
            }
        });
        shared.1.store(true, SeqCst);
        if !shared.0.load(SeqCst) {
            shared.2.with_mut(|value| *value += 1);
        }
        child.join().unwrap();
    });
    let stopped_by = Bound::FalseAlarm;
    let executions = report.executions;
    assert_eq!(report.verdict, Verdict::Bounded { executions, stopped_by });
    let refuted = report.refuted.expect("loom shows it");
    assert_eq!(refuted.first.violation, Fault::DataRace);
}

#[test]
fn a_stack_that_runs_over_is_a_violation() {
    fn deep(depth: u64) -> u64 {
        let filler = std::hint::black_box([depth; 64]);
        if depth == 0 { filler[0] } else { deep(depth - 1) + filler[1] }
    }
    let report = explore(|| {
        thread::spawn(|| deep(1_000_000)).join().unwrap();
    });
    let Verdict::Violated(found) = &report.verdict else { panic!("{report:?}") };
    assert_eq!(found.violation, Fault::StackOverflow, "{report:?}");
    // Whatever it leaves behind does not reach the next search on this thread.
    let report = explore(|| AtomicBool::new(false).store(true, Relaxed));
    assert!(matches!(report.verdict, Verdict::Searched { .. }), "{report:?}");
}

#[test]
fn what_only_loom_shows_of_a_guest_is_no_violation() {
    let (code, said) = checked(&["tests/cases/store_buffering_seq_cst.il", "--engine", "loom"]);
    let headline = said.lines().next().unwrap_or_default();
    assert!(headline.contains("not verified: nothing found"), "{said}");
    assert!(said.contains("of loom: no RC11 execution has these reads"), "{said}");
    assert_eq!(code, Some(3), "{said}");
}

/// The guest of loom's issues 254, 282 and 389.
#[test]
fn a_modification_order_that_loom_breaks_for_a_guest_is_no_violation() {
    let (code, said) = checked(&["tests/cases/swap_beside_store.il", "--engine", "loom"]);
    let headline = said.lines().next().unwrap_or_default();
    assert!(headline.contains("not verified: nothing found"), "{said}");
    assert!(said.contains("of loom: no RC11 execution has these reads"), "{said}");
    assert_eq!(code, Some(3), "{said}");
}

/// Our axioms give up where a guest's execution is too large for them. They do not call it confirmed.
#[test]
fn what_the_axioms_cannot_decide_of_a_guest_is_said_to_be_not_confirmed() {
    let file = "tests/cases/store_buffering_among_noise.il";
    let options = [file, "--engine", "loom", "--expect", "ignore", "--format", "json"];
    let (code, json) = checked(&options);
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    let search = &json["searches"][0];
    assert_eq!((code, &search["verdict"]), (Some(1), &"violated".into()), "{json}");
    let remark = "not confirmed by the axioms of weak memory: the execution is too large for that";
    let remarks = search["remarks"].as_array().expect("there are some");
    let is_told = |it: &serde_json::Value| it.as_str().is_some_and(|it| it.contains(remark));
    assert!(remarks.iter().any(is_told), "{json}");
}
