//! Watches a search: shows its progress, and stops it when its time or its memory is used up.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use drawloom::guest::Control;
use drawloom::report::grouped;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::interrupt::Interrupt;
use super::line::{Part, Weight, in_line, part};

/// How often the line on the terminal changes.
const TICK: Duration = Duration::from_millis(100);
/// How often the memory of the process is measured. What a search allocates between two measurements can
/// exceed its budget.
const LOOK: Duration = Duration::from_millis(2);

/// The lines on the terminal, one for each search that is running.
static LINES: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Prints while the lines on the terminal are out of the way.
pub(super) fn beside_lines<T>(print: impl FnOnce() -> T) -> T {
    LINES.suspend(print)
}

/// What a search may spend.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    pub(super) time: Option<Duration>,
    /// The number of executions after which the search ends, if it is known.
    pub(super) executions: Option<u64>,
    /// Bytes of memory for the whole process.
    pub(super) memory: usize,
}

/// What is searched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label<'l> {
    /// Which of several it is: `3/8`. Empty if it is the only one.
    pub(super) place: &'l str,
    /// The program's name.
    pub(super) program: &'l str,
    /// The engine; empty if the command says which.
    pub(super) engine: &'l str,
}

impl<'l> Label<'l> {
    /// The one program of a command.
    pub(super) fn of(program: &'l str) -> Self {
        Label { place: "", program, engine: "" }
    }

    fn parts(self) -> Vec<Part> {
        let at = self.program.rfind('/').map_or(0, |at| at + 1);
        let (folders, name) = self.program.split_at(at);
        let all = [
            part(Weight::Place, "", self.place),
            part(Weight::Folders, " ", folders),
            part(Weight::Program, " ", name),
            part(Weight::Engine, " ", self.engine),
        ];
        all.into_iter().filter(|it| !it.text.is_empty()).collect()
    }
}

/// Runs a search under watch. Returns its result and how long it took. `label` names the search on a
/// terminal.
pub(super) fn watched<T>(
    label: Label<'_>,
    interrupt: &Interrupt,
    budget: Budget,
    search: impl FnOnce(&Control) -> T,
) -> (T, Duration) {
    let control = Arc::new(Control::default());
    let pressed = Arc::clone(&control);
    let stoppable = interrupt.stops(move || pressed.interrupt());
    let memory_max = memory_max(budget.memory);
    let is_used_up = move || memory_of_process() > memory_max;
    control.watch_memory(is_used_up);
    let start = Instant::now();
    let result = thread::scope(|scope| {
        let (done, is_done) = mpsc::channel::<()>();
        let control = &control;
        scope.spawn(move || observe(label, control, start, budget, is_used_up, &is_done));
        let result = search(control);
        drop(done);
        result
    });
    let time = start.elapsed();
    drop(stoppable);
    (result, time)
}

/// Watches until the search is done.
fn observe(
    label: Label<'_>,
    control: &Control,
    start: Instant,
    budget: Budget,
    is_used_up: impl Fn() -> bool,
    is_done: &mpsc::Receiver<()>,
) {
    // The progress bar shows nothing unless stderr is a terminal.
    let bar = LINES.add(ProgressBar::new_spinner());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
        bar.set_style(style);
    }
    let mut shown = start;
    loop {
        let time = budget.time;
        let left = time.map(|max| max.saturating_sub(start.elapsed()));
        match is_done.recv_timeout(left.unwrap_or(LOOK).min(LOOK)) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
        }
        if time.is_some_and(|max| start.elapsed() >= max) {
            control.time_is_up();
        }
        if is_used_up() {
            control.memory_is_up();
        }
        if shown.elapsed() >= TICK {
            shown = Instant::now();
            bar.tick();
            let (done, elapsed) = (control.progress(), start.elapsed());
            bar.set_message(message(label, done, elapsed, budget, room()));
        }
    }
    bar.finish_and_clear();
    LINES.remove(&bar);
}

/// The resident bytes of the process; 0 where the system does not say.
fn memory_of_process() -> usize {
    memory_stats::memory_stats().map_or(0, |it| it.physical_mem)
}

/// The memory of the process at which the search must stop: its budget, or, if earlier searches have
/// left that much with the allocator already, a little more than what is in use now.
fn memory_max(budget: usize) -> usize {
    budget.max(memory_of_process().saturating_add(budget / 16))
}

/// What is searched, how far the search is, how fast, and how much is left if that is known, in a line of this width.
/// If there is no room for all of it, whole parts are left out.
fn message(
    label: Label<'_>,
    (executions, states): (u64, u64),
    elapsed: Duration,
    budget: Budget,
    width: usize,
) -> String {
    let seconds = elapsed.as_secs_f64();
    let known = budget.executions.filter(|&all| all >= executions);
    let mut parts = label.parts();
    let (of_executions, of_states) = if states > executions {
        (Weight::OtherCount, Weight::Count)
    } else {
        (Weight::Count, Weight::OtherCount)
    };
    if executions > 0 || known.is_some() {
        parts.push(part(of_executions, "  ", grouped(executions)));
        let of_all = Weight::OfAll.min(of_executions);
        parts.extend(known.map(|all| part(of_all, " ", format!("of {}", grouped(all)))));
        parts.push(part(of_executions, " ", "executions"));
    }
    if states > 0 {
        parts.push(part(of_states, "  ", format!("{} states", grouped(states))));
    }
    let (count, things) =
        if states > executions { (states, "states") } else { (executions, "executions") };
    let rate = count as f64 / seconds.max(1e-9);
    if count > 0 {
        parts.push(part(Weight::Rate, "  ", format!("{} {things}/s", grouped(rate as u64))));
    }
    parts.push(part(Weight::Time, "  ", format!("{seconds:.0} s")));
    let by_count =
        known.map(|all| (all - executions) as f64 / (executions as f64 / seconds.max(1e-9)));
    let by_time = budget.time.map(|all| all.saturating_sub(elapsed).as_secs_f64());
    let left = by_count.filter(|left| left.is_finite()).into_iter().chain(by_time).reduce(f64::min);
    parts.extend(left.map(|left| part(Weight::Left, ", ", format!("at most {left:.0} s left"))));
    in_line(parts, width)
}

/// The room in the line on the terminal, behind the spinner.
fn room() -> usize {
    let width = terminal_size::terminal_size_of(std::io::stderr()).map_or(80, |(width, _)| width.0);
    usize::from(width).saturating_sub(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawloom::guest::Bound;

    const UNLIMITED: Budget = Budget { time: None, executions: None, memory: usize::MAX };

    #[test]
    fn time_that_is_up_stops_the_search() {
        let interrupt = Interrupt::default();
        let until_stopped = |control: &Control| {
            while !control.is_stopped() {
                thread::yield_now();
            }
            control.bound()
        };
        let budget = Budget { time: Some(Duration::from_millis(5)), ..UNLIMITED };
        let (bound, _) = watched(Label::of("a"), &interrupt, budget, until_stopped);
        assert_eq!(bound, Some(Bound::Time));
    }

    #[test]
    fn a_search_that_begins_after_ctrl_c_is_stopped_at_once() {
        let interrupt = Interrupt::default();
        interrupt.press();
        let (bound, _) = watched(Label::of("a"), &interrupt, UNLIMITED, Control::bound);
        assert_eq!(bound, Some(Bound::Interrupted));
    }

    #[test]
    fn the_line_on_the_terminal_says_how_far_and_how_fast() {
        let label = Label::of("a.il");
        let line = |budget| message(label, (2000, 0), Duration::from_secs(2), budget, 99);
        assert_eq!(line(UNLIMITED), "a.il  2,000 executions  1,000 executions/s  2 s");
        let budget = Budget { executions: Some(9000), ..UNLIMITED };
        assert_eq!(
            line(budget),
            "a.il  2,000 of 9,000 executions  1,000 executions/s  2 s, at most 7 s left"
        );
        let budget = Budget { time: Some(Duration::from_secs(5)), ..budget };
        assert!(line(budget).ends_with("2 s, at most 3 s left"));
        let too_few = Budget { executions: Some(1999), ..UNLIMITED };
        assert_eq!(line(too_few), line(UNLIMITED), "what has turned out wrong is not said");
        let begun = message(label, (0, 0), Duration::ZERO, budget, 99);
        assert!(begun.ends_with("0 s, at most 5 s left"), "{begun}");
    }

    #[test]
    fn a_narrow_line_has_fewer_parts_and_all_of_each() {
        let label =
            Label { place: "12/87", program: "programs/wrong/lost_update.il", engine: "explorer" };
        let line =
            |done, budget, width| message(label, done, Duration::from_secs(10), budget, width);
        let of = |width| line((1_234_567, 0), UNLIMITED, width);
        let whole = "12/87 programs/wrong/lost_update.il explorer  1,234,567 executions  \
                     123,456 executions/s  10 s";
        assert_eq!(of(99), whole);
        assert_eq!(of(64), "12/87 programs/wrong/lost_update.il  1,234,567 executions  10 s");
        assert_eq!(of(50), "12/87 lost_update.il  1,234,567 executions  10 s");
        assert_eq!(of(40), "lost_update.il  1,234,567 executions");
        assert_eq!(of(20), "1,234,567 executions");
        let budget = Budget { executions: Some(99_999_999), ..UNLIMITED };
        let of = |width| line((12_345_678, 123_456_789), budget, width);
        assert_eq!(of(40), "lost_update.il  123,456,789 states  10 s");
        let known: Vec<String> = of(999).split_whitespace().map(str::to_owned).collect();
        for width in 20..120 {
            let shown = of(width);
            assert!(shown.chars().count() <= width, "{width}: {shown}");
            let words = shown.split_whitespace().map(|word| word.trim_end_matches(','));
            for word in words.filter(|word| !word.contains(".il")) {
                assert!(known.iter().any(|it| it.trim_end_matches(',') == word), "{shown}");
            }
        }
    }
}
