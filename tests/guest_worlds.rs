//! Guest programs under loom, shuttle and on real threads: what each engine finds, and what it says
//! about what it cannot find.
#![cfg(feature = "cli")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

#[cfg(any(feature = "loom", feature = "shuttle"))]
use drawloom::guest::Reason;
use drawloom::guest::comparison::Comparison;
use drawloom::guest::explorer::Explorer;
use drawloom::guest::machine::{GuestStress, engines};
use drawloom::guest::{
    Bound, Control, EngineKind, Findings, GuestCounterexample, GuestEngine, Options, ReplayError,
    Tally, WorldEngine, replay_within,
};
use drawloom::lang::Language;
use drawloom::reference::{Outcome, Subject, ViolationKind, fingerprint};
use drawloom::report::{Searched, step_in_words};
use drawloom::verdict::Verdict;

#[path = "common/guest.rs"]
mod guest;

fn subject(body: &str) -> Subject {
    let text = guest::with_externs(body);
    let mut subject = Subject::new(guest::checked_code_of(Language::Il, &text));
    subject.fingerprint = fingerprint(&text, &[], &[]);
    subject
}

/// Where an execution comes to an end, no clock ends it before.
fn options(executions_max: u64) -> Options {
    let watchdog = Duration::from_hours(24);
    Options { executions_max, seed: 1, watchdog, ..Options::default() }
}

fn check(engine: &dyn GuestEngine, program: &str) -> Findings {
    engine.check(&Arc::new(subject(program)), &Control::default())
}

fn engine(name: &str, options: Options) -> Option<Box<dyn GuestEngine>> {
    engines(options).into_iter().find(|engine| engine.name() == name)
}

/// All engines but PCT, which is for programs with threads.
fn engines_for_one_thread(options: Options) -> Vec<Box<dyn GuestEngine>> {
    engines(options).into_iter().filter(|engine| engine.name() != "shuttle-pct").collect()
}

fn finished(output: &str) -> Outcome {
    Outcome::Finished { exit: 0, output: output.into() }
}

fn outcomes(findings: &Findings) -> BTreeSet<Outcome> {
    findings.tally.outcomes.keys().cloned().collect()
}

fn shown(findings: &Findings) -> &GuestCounterexample {
    match findings.verdict() {
        Verdict::Violated(counterexample) => counterexample,
        verdict => panic!("{}: {verdict:?}", findings.engine),
    }
}

/// A program whose main function starts `worker` on a thread, calls it too, joins, and goes on
/// with `rest`.
fn twice(worker: &str, rest: &str) -> String {
    format!(
        "global i64 @x = 0
global i64 @y = 0
global const str @.lost = \"an update was lost\"

func @worker() -> void {{
entry:
  %x = gaddr @x
  %y = gaddr @y
{worker}
  ret
}}

func @main() -> void {{
entry:
  %thread = call @Viper.Threads.Thread.Start(@worker, null)
  call @worker()
  call @Viper.Threads.Thread.Join(%thread)
  %x = gaddr @x
{rest}
  ret
}}
"
    )
}

const PRINT: &str = "  %sum = load i64, %x\n  call @Viper.Terminal.SayInt(%sum)";

/// Both add 1 under a monitor.
fn counter() -> String {
    let worker = "  call @Viper.Threads.Monitor.Enter(%x)
  %old = load i64, %x
  %new = iadd.ovf %old, 1
  store i64, %x, %new
  call @Viper.Threads.Monitor.Exit(%x)";
    twice(worker, PRINT)
}

const ADD_WITHOUT_MONITOR: &str =
    "  %old = load i64, %x\n  %new = iadd.ovf %old, 1\n  store i64, %x, %new";

/// Both add 1, and it is asserted that no update is lost.
fn lost_update() -> String {
    let rest = "  %sum = load i64, %x
  %is_right = icmp_eq %sum, 2
  %lost = const_str @.lost
  call @Viper.Core.Diagnostics.Assert(%is_right, %lost)";
    twice(ADD_WITHOUT_MONITOR, rest)
}

#[test]
fn a_locked_counter_has_one_outcome_under_every_engine() {
    let mut searched = Vec::new();
    for name in
        ["heddle", "loom", "shuttle-dfs", "shuttle-random", "shuttle-pct", "shuttle-urw", "stress"]
    {
        let executions_max = if matches!(name, "heddle" | "loom") { 100_000 } else { 300 };
        let Some(engine) = engine(name, options(executions_max)) else { continue };
        let findings = check(&*engine, &counter());
        assert_eq!(outcomes(&findings), [finished("2\n")].into(), "{name}");
        match findings.verdict() {
            Verdict::Searched { .. } => searched.push(name),
            verdict => {
                let stopped_by = Bound::Executions;
                assert_eq!(verdict, Verdict::Bounded { executions: 300, stopped_by }, "{name}");
                let is_by_chance = findings.tally.bounds.contains(&Bound::Chance);
                assert_eq!(is_by_chance, name != "shuttle-dfs", "{name}");
            }
        }
    }
    let is_built = |name: &&str| match *name {
        "heddle" => cfg!(feature = "heddle"),
        _ => cfg!(feature = "loom"),
    };
    let expected: Vec<&str> = ["heddle", "loom"].into_iter().filter(is_built).collect();
    assert_eq!(searched, expected);
}

#[test]
fn every_engine_finds_a_lost_update() {
    for engine in engines(options(10_000)) {
        let findings = check(&*engine, &lost_update());
        let shown = shown(&findings);
        let name = engine.name();
        assert_eq!(shown.violation.kind, ViolationKind::Assertion, "{name}");
        assert_eq!(shown.violation.message, "an update was lost", "{name}");
        assert_eq!(shown.execution, findings.tally.executions, "{name}: it is the last one");
        let accesses = |thread: u32| {
            let mine = shown.trace.iter().filter(|step| step.thread.0 == thread);
            mine.filter(|step| step_in_words(step, &shown.subject).contains(" @x")).count()
        };
        assert_eq!((accesses(0), accesses(1)), (3, 2), "{name}: {:#?}", shown.trace);
        let has_schedule = name == "heddle" || name.starts_with("shuttle");
        assert_eq!(shown.schedule.is_some(), has_schedule, "{name}");
    }
}

#[test]
fn a_search_that_keeps_going_shows_both_ends_of_a_lost_update() {
    let stopped = Outcome::Stopped {
        kind: ViolationKind::Assertion,
        reason: "assertion: an update was lost".into(),
    };
    for name in ["heddle", "loom", "shuttle-random"] {
        let keeps_going = Options { keeps_going: true, ..options(10_000) };
        let Some(engine) = engine(name, keeps_going) else { continue };
        let findings = check(&*engine, &lost_update());
        assert_eq!(outcomes(&findings), [finished(""), stopped.clone()].into(), "{name}");
        assert_eq!(findings.tally.violations.len(), 1, "{name}: the same one is kept once");
        assert!(findings.tally.executions > findings.tally.violations[0].execution, "{name}");
    }
}

#[test]
fn what_two_threads_print_comes_in_any_order_and_in_whole_lines() {
    let worker = "  call @Viper.Terminal.SayInt(1)\n  call @Viper.Terminal.SayInt(2)";
    let allowed = ["1\n1\n2\n2\n", "1\n2\n1\n2\n"].map(finished).into();
    for engine in engines(options(2_000)) {
        let found = outcomes(&check(&*engine, &twice(worker, "")));
        assert!(!found.is_empty() && found.is_subset(&allowed), "{}: {found:?}", engine.name());
        if matches!(engine.name(), "heddle" | "loom" | "shuttle-random") {
            assert_eq!(found, allowed, "{}", engine.name());
        }
    }
}

/// Both take two monitors, in opposite orders.
const ABBA: &str = "global i64 @x = 0
global i64 @y = 0

func @take(ptr %first, ptr %second) -> void {
entry:
  call @Viper.Threads.Monitor.Enter(%first)
  call @Viper.Threads.Monitor.Enter(%second)
  call @Viper.Threads.Monitor.Exit(%second)
  call @Viper.Threads.Monitor.Exit(%first)
  ret
}

func @worker() -> void {
entry:
  %x = gaddr @x
  %y = gaddr @y
  call @take(%y, %x)
  ret
}

func @main() -> void {
entry:
  %thread = call @Viper.Threads.Thread.Start(@worker, null)
  %x = gaddr @x
  %y = gaddr @y
  call @take(%x, %y)
  call @Viper.Threads.Thread.Join(%thread)
  ret
}
";

#[test]
fn every_engine_reports_a_deadlock_of_guests() {
    for engine in engines(options(10_000)) {
        let name = engine.name();
        // Depth first, it takes longer than a test may.
        if name == "shuttle-dfs" {
            continue;
        }
        let findings = check(&*engine, ABBA);
        let violation = &shown(&findings).violation;
        assert_eq!(violation.kind, ViolationKind::Deadlock, "{name}");
        let message = &violation.message;
        assert!(message.contains("waits for monitor @x, which"), "{name}: {message}");
        let deadlock =
            Outcome::Stopped { kind: ViolationKind::Deadlock, reason: "deadlock".into() };
        assert!(findings.tally.outcomes.contains_key(&deadlock), "{name}");
    }
}

#[test]
fn what_the_machine_shows_is_what_the_reference_allows() {
    let prints = twice("  call @Viper.Terminal.SayInt(1)\n  call @Viper.Terminal.SayInt(2)", "");
    for (program, outcomes) in [(counter().as_str(), 1), (&prints, 2), (ABBA, 2)] {
        let keeps_going = Options { keeps_going: true, ..options(300) };
        let whole = Options { executions_max: u64::MAX, ..keeps_going };
        let reference = check(&Explorer { options: whole, ..Explorer::default() }, program);
        assert_eq!(reference.tally.outcomes.len(), outcomes);
        let shown: Vec<Findings> =
            engines(keeps_going).iter().map(|engine| check(&**engine, program)).collect();
        let comparison = Comparison::new(&reference, true, &shown);
        assert_eq!((comparison.undecided, comparison.differences()), (None, &[][..]));
        assert_eq!(comparison.coverage.len(), shown.len());
        assert!(comparison.coverage.iter().all(|it| it.all == outcomes && it.seen > 0));
    }
}

#[test]
fn stores_and_loads_that_pass_each_other_are_seen_by_engines_with_weak_memory_only() {
    let program = "global i64 @x = 0
global i64 @y = 0
global i64 @seen = 0

func @worker() -> void {
entry:
  %x = gaddr @x
  %y = gaddr @y
  %seen = gaddr @seen
  atomic.store i64, %y, 1, relaxed
  %first = atomic.load i64, %x, relaxed
  store i64, %seen, %first
  ret
}

func @main() -> void {
entry:
  %thread = call @Viper.Threads.Thread.Start(@worker, null)
  %x = gaddr @x
  %y = gaddr @y
  atomic.store i64, %x, 1, relaxed
  %second = atomic.load i64, %y, relaxed
  call @Viper.Threads.Thread.Join(%thread)
  %seen = gaddr @seen
  %first = load i64, %seen
  %sum = iadd.ovf %first, %second
  call @Viper.Terminal.SayInt(%sum)
  ret
}
";
    let weak = finished("0\n");
    for engine in engines(options(2_000)) {
        let findings = check(&*engine, program);
        let name = engine.name();
        let is_weak = matches!(name, "heddle" | "loom");
        // Real threads may show it, too, on a computer that does it.
        if name != "stress" {
            assert_eq!(findings.tally.outcomes.contains_key(&weak), is_weak, "{name}");
        }
        assert_eq!(findings.tally.bounds.contains(&Bound::Orderings), !is_weak, "{name}");
    }
}

/// The machine's own orderings are weak: a counter of steps, a hint that the program is to stop.
#[cfg(feature = "shuttle")]
#[test]
fn depth_first_exhausts_a_program_whose_orderings_are_all_seq_cst() {
    let program = |ordering: &str| {
        format!(
            "global i64 @x = 0

func @main() -> void {{
entry:
  %x = gaddr @x
  %old = atomic.rmw add i64, %x, 1, {ordering}
  ret
}}
"
        )
    };
    let dfs = engine("shuttle-dfs", options(u64::MAX)).expect("it is there");
    let findings = check(&*dfs, &program("seq_cst"));
    assert!(matches!(findings.verdict(), Verdict::Exhausted { .. }), "{:?}", findings.verdict());
    let findings = check(&*dfs, &program("relaxed"));
    let stopped_by = Bound::Orderings;
    let executions = findings.tally.executions;
    assert_eq!(findings.verdict(), Verdict::Bounded { executions, stopped_by });
}

#[test]
fn a_program_that_allocates_gets_more_cells_until_they_are_too_many() {
    let program = |bytes: u32| {
        format!(
            "func @main() -> void {{
entry:
  %first = call @Viper.Memory.Alloc({bytes})
  store i64, %first, 1
  ret
}}
"
        )
    };
    for engine in engines_for_one_thread(options(3)) {
        let enough = check(&*engine, &program(8_000));
        assert_eq!(outcomes(&enough), [finished("")].into(), "{}", engine.name());
        let too_many = check(&*engine, &program(800_000));
        let reason = too_many.unsupported.expect("it is unsupported").to_string();
        assert!(reason.contains("cells of guest memory"), "{}: {reason}", engine.name());
    }
}

#[test]
fn a_program_without_end_is_cut_off_and_not_verified() {
    let program = "func @main() -> void {\nentry:\n  br loop\nloop:\n  br loop\n}\n";
    for engine in engines_for_one_thread(options(2)) {
        let findings = check(&*engine, program);
        assert!(
            findings.tally.bounds.contains(&Bound::MachineSteps),
            "{}: {findings:?}",
            engine.name()
        );
        assert_eq!(findings.tally.outcomes.len(), 0, "{}", engine.name());
    }
}

#[test]
fn an_interrupt_ends_a_search_with_what_it_has() {
    let program = Arc::new(subject(&counter()));
    for engine in engines(Options { seed: 1, ..Options::default() }) {
        // heddle and loom may be through with it before.
        if matches!(engine.name(), "heddle" | "loom") {
            continue;
        }
        let control = Control::default();
        let findings = thread::scope(|scope| {
            let search = scope.spawn(|| engine.check(&program, &control));
            while control.progress().0 == 0 {
                thread::sleep(Duration::from_millis(1));
            }
            control.interrupt();
            search.join().expect("it ends")
        });
        let executions = findings.tally.executions;
        let expected = Verdict::Bounded { executions, stopped_by: Bound::Interrupted };
        assert_eq!(findings.verdict(), expected, "{}", engine.name());
        assert_eq!(control.progress().0, executions, "{}", engine.name());
        assert!(executions > 0);
    }
}

#[test]
fn input_and_arguments_are_those_of_the_subject() {
    let program = "extern @Viper.Terminal.ReadLine() -> str
extern @Viper.Environment.GetArgument(i64) -> str

func @main() -> void {
entry:
  %line = call @Viper.Terminal.ReadLine()
  call @Viper.Terminal.Say(%line)
  %argument = call @Viper.Environment.GetArgument(0)
  call @Viper.Terminal.Say(%argument)
  ret
}
";
    let mut subject = subject(program);
    subject.input = vec!["a line".into()];
    subject.arguments = vec!["an argument".into()];
    let subject = Arc::new(subject);
    for engine in engines_for_one_thread(options(2)) {
        let findings = engine.check(&subject, &Control::default());
        assert_eq!(outcomes(&findings), [finished("a line\nan argument\n")].into());
    }
}

#[test]
fn real_threads_that_spin_for_ever_end_the_search() {
    let spin = "  br loop\nloop:\n  %seen = load i64, %x\n  %is_zero = icmp_eq %seen, 0
  cbr %is_zero, loop, done\ndone:";
    let mut engine = GuestStress::new(options(1_000_000));
    engine.guest_steps_max = 10_000;
    let findings = check(&engine, &twice(spin, ""));
    let expected = Verdict::Bounded { executions: 0, stopped_by: Bound::MachineSteps };
    assert_eq!(findings.verdict(), expected);
}

#[test]
fn real_threads_that_do_not_end_are_left_to_the_watchdog_and_are_no_finding() {
    let worker = "  call @Viper.Threads.Thread.Sleep(9223372036854775807)";
    let mut engine = GuestStress::new(options(1_000));
    engine.watchdog = Duration::from_millis(50);
    let findings = check(&engine, &twice(worker, ""));
    let stopped_by = Bound::Watchdog;
    assert_eq!(findings.verdict(), Verdict::Bounded { executions: 0, stopped_by });
}

#[test]
fn a_draw_that_the_watchdog_ended_is_not_finished_whatever_came_before() {
    let headline = |bounds: &[Bound]| {
        let mut tally = Tally::default();
        tally.execution(finished(""));
        tally.bounds.extend(bounds);
        let findings =
            Findings::new(EngineKind::World(WorldEngine::Stress), None, tally, &Control::default());
        Searched { findings, time: Duration::ZERO, is_known: false, seed: 0, repeat: None }
            .headline()
    };
    assert_eq!(headline(&[Bound::Chance]), "nothing found");
    let cut_off = headline(&[Bound::Chance, Bound::Watchdog]);
    assert!(cut_off.starts_with("not finished: "), "{cut_off}");
}

#[test]
fn a_replay_that_is_interrupted_is_cut_off() {
    let subject = Arc::new(subject(&lost_update()));
    for name in ["heddle", "shuttle-random"] {
        let Some(engine) = engine(name, options(10_000)) else { continue };
        let findings = engine.check(&subject, &Control::default());
        let schedule = shown(&findings).schedule.as_ref().expect("it has one");
        let control = Control::default();
        control.interrupt();
        let cut_off = replay_within(&subject, schedule, usize::MAX, &control);
        let error = cut_off.expect_err("it did not come to its end");
        assert_eq!(error, ReplayError::CutOff(Bound::Interrupted), "{name}");
    }
}

#[cfg(feature = "heddle")]
mod heddle {
    use drawloom::guest::explorer::Explorer;
    use drawloom::guest::machine::GuestHeddle;
    use drawloom::guest::{MemoryModel, Schedule, replay};

    use super::*;

    /// Two threads write and read two cells with these orderings, and print what they have read.
    fn crossing(store: &str, load: &str) -> String {
        format!(
            "global i64 @x = 0
global i64 @y = 0
global i64 @seen = 0

func @worker() -> void {{
entry:
  %x = gaddr @x
  %y = gaddr @y
  %seen = gaddr @seen
  atomic.store i64, %y, 1, {store}
  %first = atomic.load i64, %x, {load}
  store i64, %seen, %first
  ret
}}

func @main() -> void {{
entry:
  %thread = call @Viper.Threads.Thread.Start(@worker, null)
  %x = gaddr @x
  %y = gaddr @y
  atomic.store i64, %x, 1, {store}
  %second = atomic.load i64, %y, {load}
  call @Viper.Threads.Thread.Join(%thread)
  %seen = gaddr @seen
  %first = load i64, %seen
  call @Viper.Terminal.SayInt(%first)
  call @Viper.Terminal.SayInt(%second)
  ret
}}
"
        )
    }

    #[test]
    fn its_outcomes_are_those_of_the_reference_under_the_same_memory_model() {
        let adds = twice(ADD_WITHOUT_MONITOR, PRINT);
        let prints =
            twice("  call @Viper.Terminal.SayInt(1)\n  call @Viper.Terminal.SayInt(2)", "");
        let programs = [
            (counter(), 1),
            (adds, 2),
            (prints, 2),
            (ABBA.to_owned(), 2),
            (crossing("relaxed", "relaxed"), 4),
            (crossing("release", "acquire"), 4),
            (crossing("seq_cst", "seq_cst"), 3),
        ];
        for (program, count) in programs {
            let options = Options { keeps_going: true, ..options(u64::MAX) };
            let memory = MemoryModel::Rc11;
            let reference = Explorer { options, model: Some(memory), ..Explorer::default() };
            let reference = outcomes(&check(&reference, &program));
            assert_eq!(reference.len(), count, "{program}");
            let findings = check(&GuestHeddle::new(options), &program);
            assert_eq!(outcomes(&findings), reference, "{program}");
            let is_all = !matches!(
                findings.verdict(),
                Verdict::Bounded { .. } | Verdict::Unsupported { .. }
            );
            assert!(is_all, "{program}: {:?}", findings.verdict());
        }
    }

    /// A deadlock that needs one preemption, of a program whose executions nobody can wait for.
    #[test]
    fn executions_with_few_preemptions_are_looked_at_first() {
        let text = include_str!("../programs/wrong/abba.tvm");
        let subject = Arc::new(Subject::new(guest::checked_code_of(Language::TinyVm, text)));
        let findings = GuestHeddle::new(options(600_100)).check(&subject, &Control::default());
        assert_eq!(shown(&findings).violation.kind, ViolationKind::Deadlock);
        // All that needs few preemptions is cut off here, which says nothing about the rest: the search goes on until it is told.
        let engine = GuestHeddle { steps_max: 200, ..GuestHeddle::new(options(u64::MAX)) };
        let control = Control::default();
        let other = control.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(1));
            other.time_is_up();
        });
        let bounds = engine.check(&subject, &control).tally.bounds;
        assert!(
            bounds.contains(&Bound::Time) && !bounds.contains(&Bound::Preemptions),
            "{bounds:?}"
        );
    }

    #[test]
    fn a_search_names_all_of_its_bounds() {
        let text = include_str!("../programs/wrong/abba.tvm");
        let subject = Arc::new(Subject::new(guest::checked_code_of(Language::TinyVm, text)));
        let engine = GuestHeddle { steps_max: 100, ..GuestHeddle::new(options(3)) };
        let bounds = engine.check(&subject, &Control::default()).tally.bounds;
        assert_eq!(Vec::from_iter(bounds), [Bound::Executions, Bound::MachineSteps]);
    }

    #[test]
    fn a_schedule_shows_its_violation_again() {
        let subject = Arc::new(subject(&lost_update()));
        for keeps_going in [false, true] {
            let engine = GuestHeddle::new(Options { keeps_going, ..options(100_000) });
            let findings = engine.check(&subject, &Control::default());
            let found = shown(&findings);
            let text = found.schedule.as_ref().expect("it has one").to_string();
            let schedule: Schedule = text.parse().expect("it is one");
            let again = replay(&subject, &schedule).expect("it shows it again");
            assert_eq!(again.violation, found.violation);
            assert_eq!(again.trace, found.trace);
        }
    }

    #[test]
    fn a_schedule_of_another_program_is_refused() {
        let engine = GuestHeddle::new(options(100_000));
        let findings = check(&engine, &lost_update());
        let schedule = shown(&findings).schedule.as_ref().expect("it has one");
        let other = Arc::new(subject(&counter()));
        let refused = replay(&other, schedule).expect_err("it is another program");
        assert!(refused.to_string().starts_with("a schedule of another program"), "{refused}");
        // Nor does it fit if somebody has written the other program's number into it.
        let forged = Schedule { program: other.fingerprint, ..schedule.clone() };
        let refused = replay(&other, &forged).expect_err("it does not fit");
        assert!(refused.to_string().contains("the schedule does not fit"), "{refused}");
    }

    #[test]
    fn more_threads_than_loom_has_room_for_are_searched() {
        let start = |n: u32| {
            format!(
                "  %t{n} = call @Viper.Threads.Thread.Start(@worker, null)
  call @Viper.Threads.Thread.Join(%t{n})\n"
            )
        };
        let starts = (0..8).map(start).collect::<Vec<_>>().concat();
        let program = format!(
            "func @worker() -> void {{\nentry:\n  ret\n}}\n
func @main() -> void {{\nentry:\n{starts}  ret\n}}\n"
        );
        let findings = check(&GuestHeddle::new(options(100_000)), &program);
        assert_eq!(outcomes(&findings), [finished("")].into());
    }
}

#[cfg(feature = "loom")]
mod loom {
    use drawloom::guest::machine::GuestLoom;

    use super::*;

    /// Main starts so many threads and joins them.
    fn with_threads(count: usize) -> String {
        let lines = |line: fn(usize) -> String| (0..count).map(line).collect::<String>();
        let starts =
            lines(|n| format!("  %t{n} = call @Viper.Threads.Thread.Start(@worker, null)\n"));
        let joins = lines(|n| format!("  call @Viper.Threads.Thread.Join(%t{n})\n"));
        format!(
            "func @worker() -> void {{\nentry:\n  ret\n}}\n
func @main() -> void {{\nentry:\n{starts}{joins}  ret\n}}\n"
        )
    }

    #[test]
    fn loom_says_that_six_threads_are_too_many() {
        let engine = GuestLoom::new(options(100));
        let findings = check(&engine, &with_threads(5));
        assert_eq!(findings.unsupported, Some(Reason::GuestThreads));
        let findings = check(&engine, &with_threads(3));
        assert_eq!(findings.unsupported, None, "four are not");
    }

    #[test]
    fn a_bound_on_preemptions_is_told() {
        let engine = GuestLoom { preemptions_max: Some(1), ..GuestLoom::new(options(100_000)) };
        let findings = check(&engine, &counter());
        let stopped_by = Bound::Preemptions;
        let executions = findings.tally.executions;
        assert_eq!(findings.verdict(), Verdict::Bounded { executions, stopped_by });
    }
}

#[cfg(feature = "shuttle")]
mod shuttle {
    use drawloom::guest::machine::{GuestShuttle, Policy};
    use drawloom::guest::{Schedule, replay};

    use super::*;

    #[test]
    fn a_schedule_shows_its_violation_again() {
        let subject = Arc::new(subject(&lost_update()));
        for policy in Policy::ALL {
            for keeps_going in [false, true] {
                let options = Options { keeps_going, ..options(2_000) };
                let engine = GuestShuttle::new(policy, options);
                let findings = engine.check(&subject, &Control::default());
                let found = shown(&findings);
                let text = found.schedule.as_ref().expect("it has one").to_string();
                let schedule: Schedule = text.parse().expect("it is one");
                let again = replay(&subject, &schedule).expect("it shows it again");
                assert_eq!(again.violation, found.violation, "{policy:?}");
                assert_eq!(again.trace, found.trace, "{policy:?}");
            }
        }
    }

    #[test]
    fn a_schedule_of_another_program_is_refused() {
        let engine = GuestShuttle::new(Policy::Random, options(1_000));
        let findings = check(&engine, &lost_update());
        let schedule = shown(&findings).schedule.as_ref().expect("it has one");
        let other = Arc::new(subject(&counter()));
        let refused = replay(&other, schedule).expect_err("it is another program");
        let refused = refused.to_string();
        assert!(refused.starts_with("a schedule of another program"), "{refused}");
        // Nor does it fit if somebody has written the other program's number into it.
        let forged = Schedule { program: other.fingerprint, ..schedule.clone() };
        assert!(replay(&other, &forged).is_err());
    }

    #[test]
    fn pct_says_that_one_thread_is_not_enough() {
        let program = "func @main() -> void {\nentry:\n  ret\n}\n";
        let engine = GuestShuttle::new(Policy::Pct { depth: 3 }, options(10));
        assert_eq!(check(&engine, program).unsupported, Some(Reason::NothingToChoose));
    }

    #[test]
    fn the_same_seed_finds_the_same() {
        for policy in Policy::ALL {
            let engine = GuestShuttle::new(policy, options(50));
            assert_eq!(check(&engine, &counter()), check(&engine, &counter()), "{policy:?}");
        }
    }
}

/// The engines of the machine that need not have a bound of their own: nothing but their control ends what
/// has no end. loom counts a thread's operations in 16 bits. heddle keeps the graph of an execution, in which an
/// operation takes the longer the more there are, so its limit stays.
fn engines_without_bounds() -> Vec<Box<dyn GuestEngine>> {
    let mut engines: Vec<Box<dyn GuestEngine>> = Vec::new();
    let options = options(u64::MAX);
    #[cfg(feature = "shuttle")]
    {
        use drawloom::guest::machine::{GuestShuttle, Policy};
        for policy in Policy::ALL {
            let shuttle = GuestShuttle::new(policy, options);
            engines.push(Box::new(GuestShuttle { points_max: usize::MAX, ..shuttle }));
        }
    }
    let stress = GuestStress::new(options);
    engines.push(Box::new(GuestStress { guest_steps_max: u64::MAX, ..stress }));
    engines
}

/// Two threads do this for ever.
fn for_ever(what: &str) -> String {
    format!(
        "global i64 @cell = 0

func @loops() -> void {{
entry:
  %cell = gaddr @cell
  br again
again:
  {what}
  br again
}}

func @main() -> void {{
entry:
  %thread = call @Viper.Threads.Thread.Start(@loops, null)
  call @loops()
  ret
}}
"
    )
}

#[test]
fn what_ends_a_search_ends_it_inside_one_execution() {
    for what in [
        "",
        "%old = atomic.rmw add i64, %cell, 1, seq_cst",
        "call @Viper.Terminal.SayInt(1)",
        "call @Viper.Threads.Monitor.Enter(%cell)\n  call @Viper.Threads.Monitor.Exit(%cell)",
        "call @Viper.Threads.Thread.Sleep(1000000)",
    ] {
        let subject = Arc::new(subject(&for_ever(what)));
        for engine in engines_without_bounds() {
            let name = engine.name();
            let control = Control::default();
            let findings = thread::scope(|scope| {
                scope.spawn(|| {
                    // No question of time: whenever it comes, it has to be heard.
                    thread::sleep(Duration::from_millis(50));
                    control.time_is_up();
                });
                engine.check(&subject, &control)
            });
            assert_eq!(findings.unsupported, None, "{name}: {what}");
            let is_time = matches!(
                findings.verdict(),
                Verdict::Bounded { executions: 0, stopped_by: Bound::Time }
            );
            assert!(is_time, "{name}: {what}: {:?}", findings.verdict());
        }
    }
}

/// loom, too: what is printed is counted, so that this comes at the same point every time.
#[test]
fn what_is_printed_without_end_ends_a_search_inside_one_execution() {
    let memory_max = 3_000;
    let program = for_ever("call @Viper.Terminal.SayInt(1)");
    for engine in engines(Options { memory_max, ..options(u64::MAX) }) {
        // Its limit on operations comes first, in each of very many executions.
        if engine.name() == "heddle" {
            continue;
        }
        let findings = check(&*engine, &program);
        let stopped_by = Bound::Memory;
        let verdict = Verdict::Bounded { executions: 0, stopped_by };
        let bounds = &findings.tally.bounds;
        assert!(bounds.contains(&stopped_by), "{}: {bounds:?}", engine.name());
        assert_eq!(findings.verdict(), verdict, "{}", engine.name());
    }
}

/// A search that goes through schedules knows the beginning of an execution. A program that is told to end
/// there does what the search does not expect.
#[test]
fn what_ends_a_search_ends_it_whenever_it_comes() {
    let program = Arc::new(subject(&counter()));
    for engine in engines(options(u64::MAX)) {
        for executions in [1, 2, 5, 20, 50] {
            let control = Control::default();
            let findings = thread::scope(|scope| {
                scope.spawn(|| {
                    while control.progress().0 < executions {
                        thread::yield_now();
                    }
                    control.interrupt();
                });
                engine.check(&program, &control)
            });
            let stopped_by = Bound::Interrupted;
            let executions = findings.tally.executions;
            let is_stopped = findings.verdict() == Verdict::Bounded { executions, stopped_by };
            // heddle and loom come to their end, if nobody interrupts them for a second.
            let is_through =
                matches!(findings.verdict(), Verdict::Exhausted { .. } | Verdict::Searched { .. });
            assert!(is_stopped || is_through, "{}: {:?}", engine.name(), findings.verdict());
        }
    }
}
