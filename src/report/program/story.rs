//! A counterexample as a story, from which a page is made: its steps, what leads from one to another, and the
//! state after each.

use super::checked::{Checked, Searched};
use super::draws::draws_of;
use super::moment::Moments;
use super::older::Older;
use super::trace::thread_name;
use super::words::step_in_words;
use crate::guest::{Act, After, Done, GuestCounterexample, MemoryModel, Step};
use crate::interp::{Place, ThreadId};
use crate::page::{self, Lane, Link, LinkKind, Source, Spot, Story};
use crate::reference::{Operation, View, ViolationKind};
use crate::report::numbers::grouped;

/// The number of lines of a program up to which all of it is shown.
const LINES_MAX: usize = 400;
/// The number of steps that are shown. A page with more of them is slow to draw.
const STEPS_MAX: usize = 2_000;
/// The lines before and after each that is named, of a longer program.
const AROUND: u32 = 12;

/// The counterexample that a page of this program shows, and the search that has found it: the first one that there
/// is, or else the first execution that somebody asked for.
pub fn shown_first(checked: &Checked) -> Option<(&Searched, &GuestCounterexample)> {
    let searches = || checked.searches.iter();
    let violations =
        searches().flat_map(|it| it.findings.tally.violations.iter().map(move |shown| (it, shown)));
    let witnesses =
        searches().flat_map(|it| it.findings.witnesses.iter().map(move |shown| (it, shown)));
    violations.chain(witnesses).next()
}

/// The position of the first step that a page shows: of a long trace it shows the end.
pub fn shown_from(shown: &GuestCounterexample) -> usize {
    shown.trace.len().saturating_sub(STEPS_MAX)
}

/// The story of a counterexample. `views` are the states of the reference, before the first step that is shown and after
/// each; empty if they are not known.
pub fn story_of(
    checked: &Checked,
    searched: &Searched,
    shown: &GuestCounterexample,
    views: &[View],
) -> Story {
    let from = shown_from(shown);
    let mut next = 0..;
    let is_shown = |(at, step): (usize, &Step)| at >= from && !step.is_minor;
    let steps = shown.trace.iter().enumerate();
    let positions = steps.map(|it| if is_shown(it) { next.next() } else { None }).collect();
    Telling { checked, searched, shown, views, from, positions }.story()
}

struct Telling<'c> {
    checked: &'c Checked,
    searched: &'c Searched,
    shown: &'c GuestCounterexample,
    views: &'c [View],
    /// The position of the first step that is shown.
    from: usize,
    /// For each step of the trace, its position among those that are shown. Minor steps are not.
    positions: Vec<Option<usize>>,
}

impl Telling<'_> {
    fn story(&self) -> Story {
        let violation = &self.shown.violation;
        let lanes = self.lanes();
        let moments = Moments {
            subject: &self.shown.subject,
            own_file: self.checked.program.own_file,
            threads: lanes.len(),
        };
        let moment = |at: usize| match self.view(at).or(self.views.last()) {
            Some(view) => moments.of(view),
            None => page::Moment::default(),
        };
        let steps = self.steps(&moment);
        let again_from = self
            .shown
            .circle_from
            .and_then(|from| self.positions[from..].iter().find_map(|position| *position));
        Story {
            title: self.checked.program.name.clone(),
            headline: if violation.kind.is_witness() {
                "an execution that ends as asked".into()
            } else {
                format!("violated: {}", violation.kind.name())
            },
            message: violation.message.clone(),
            is_wrong: !violation.kind.is_witness(),
            facts: self.facts(),
            again: self.again(),
            lanes,
            steps,
            links: self.links(),
            before: moment(self.from),
            again_from,
            sources: vec![self.source()],
            notes: self.notes(),
            draws: draws_of(self.searched),
        }
    }

    /// The state before the step at this position.
    fn view(&self, at: usize) -> Option<&View> {
        self.views.get(at.checked_sub(self.from)?)
    }

    fn lanes(&self) -> Vec<Lane> {
        let of_steps = self.shown.trace.iter().map(|step| step.thread.0 + 1).max().unwrap_or(1);
        let of_views = self.views.last().map_or(0, |view| view.threads.len() as u32);
        let functions = &self.shown.subject.code.functions;
        let named = |function: u32| format!("@{}", functions[function as usize].name);
        let mut lanes: Vec<Lane> = (0..of_steps.max(of_views))
            .map(|thread| Lane { name: thread_name(ThreadId(thread)), role: String::new() })
            .collect();
        lanes[0].role = named(self.shown.subject.code.entry);
        for step in &self.shown.trace {
            if let Act::Operation(Done {
                operation: Operation::Start(start),
                answer: Some(thread),
                ..
            }) = &step.act
                && let Some(lane) = lanes.get_mut(*thread as usize)
            {
                lane.role = named(start.function);
            }
        }
        lanes
    }

    fn steps(&self, moment: &dyn Fn(usize) -> page::Moment) -> Vec<page::Step> {
        let named = self.named();
        let mut older = Older::new(&self.shown.trace, self.searched.findings.model);
        let mut steps: Vec<page::Step> = Vec::new();
        let mut before = None;
        for (at, step) in self.shown.trace.iter().enumerate() {
            let why = older.why(at, &self.shown.subject);
            if self.positions[at].is_none() {
                continue;
            }
            steps.push(page::Step {
                number: at + 1,
                lane: step.thread.0 as usize,
                words: step_in_words(step, &self.shown.subject),
                spot: step.place.as_ref().and_then(|place| self.spot(place)),
                // A thread that a trap has stopped has nothing left to do.
                is_pending: step.is_pending && !is_trap(step),
                is_named: named.contains(&at),
                preempts: before.and_then(|before| self.preempted(before, at)).map(thread_name),
                why,
                after: moment(at + 1),
            });
            before = Some(step.thread);
        }
        steps
    }

    fn spot(&self, place: &Place) -> Option<Spot> {
        let is_own = place.file == self.checked.program.own_file && place.line > 0;
        is_own.then_some(Spot { source: 0, line: place.line })
    }

    /// The thread that made the step before this one, if it is another one and could have gone on.
    fn preempted(&self, before: ThreadId, at: usize) -> Option<ThreadId> {
        let step = &self.shown.trace[at];
        let is_switch = before != step.thread && !step.is_pending;
        let could_go_on = self.view(at).is_some_and(|view| view.is_enabled(before));
        (is_switch && could_go_on).then_some(before)
    }

    /// The steps that the violation names: of each thread the last one at that place.
    fn named(&self) -> Vec<usize> {
        let last = |(thread, place): &(ThreadId, Place)| {
            let is_it = |step: &Step| step.thread == *thread && step.place.as_ref() == Some(place);
            self.shown.trace.iter().rposition(is_it)
        };
        self.shown.violation.places.iter().filter_map(last).collect()
    }

    /// What leads from one step to another, between steps that are shown.
    fn links(&self) -> Vec<Link> {
        let trace = &self.shown.trace;
        let mut links = Vec::new();
        let mut link = |from: Option<usize>, to: Option<usize>, kind, words: &str| {
            let position = |at: Option<usize>| self.positions[at?];
            if let (Some(from), Some(to)) = (position(from), position(to)) {
                links.push(Link { from, to, kind, words: words.into() });
            }
        };
        let next_of = |thread: ThreadId, after: usize| {
            let is_next = |step: &Step| step.thread == thread;
            trace[after..].iter().position(is_next).map(|offset| after + offset)
        };
        for (at, step) in trace.iter().enumerate() {
            let Act::Operation(done) = &step.act else { continue };
            if let Some(waited) = done.waits_for.filter(|_| step.is_pending) {
                let target = trace.iter().rposition(|it| it.thread == waited);
                link(
                    Some(at),
                    target,
                    LinkKind::Wait,
                    &format!("waits for {}", thread_name(waited)),
                );
            }
            if step.is_pending {
                continue;
            }
            if let (Operation::Start(_), Some(thread)) = (&done.operation, done.answer) {
                link(Some(at), next_of(ThreadId(thread as u32), at), LinkKind::Order, "starts");
            }
            if let Some(ended) = done.sees_end_of() {
                let end = trace[..at].iter().rposition(|it| it.thread == ended);
                link(end, Some(at), LinkKind::Order, "has ended");
            }
            for &woken in &done.woken {
                link(Some(at), next_of(woken, at), LinkKind::Order, "wakes");
            }
            if let Some(source) = self.read_from_another(step, done) {
                let kind = self.kind_of_read(source, at);
                let is_lock = done.operation.wants_monitor();
                link(
                    Some(source),
                    Some(at),
                    kind,
                    if is_lock { "gives it back" } else { "is read" },
                );
            }
        }
        if let ([one, other], ViolationKind::DataRace) =
            (&self.named()[..], self.shown.violation.kind)
        {
            let (first, second) = (one.min(other), one.max(other));
            link(Some(*first), Some(*second), LinkKind::Race, "nothing orders the two");
        }
        links
    }

    /// What a step that another one reads from is to it.
    fn kind_of_read(&self, source: usize, at: usize) -> LinkKind {
        let trace = &self.shown.trace;
        let before = trace[..at].iter().rfind(|it| it.thread == trace[at].thread);
        if !trace[source].happens_before(&trace[at]) {
            LinkKind::Reads
        } else if before.is_some_and(|before| trace[source].happens_before(before)) {
            LinkKind::Known
        } else {
            LinkKind::Order
        }
    }

    /// The step of another thread that wrote what this one reads, or that gave back the monitor that it gets.
    fn read_from_another(&self, step: &Step, done: &Done) -> Option<usize> {
        let is_edge = done.operation.cell_alive().is_some() || done.operation.wants_monitor();
        let After { step: source, .. } = done.after.filter(|after| after.is_read && is_edge)?;
        source.filter(|&source| self.shown.trace[source].thread != step.thread)
    }

    fn source(&self) -> Source {
        let program = &self.checked.program;
        let lines: Vec<u32> = self
            .shown
            .trace
            .iter()
            .filter_map(|step| Some(self.spot(step.place.as_ref()?)?.line))
            .collect();
        let is_short = program.text.lines().count() <= LINES_MAX;
        let around = if is_short { u32::MAX } else { AROUND };
        let wanted = if lines.is_empty() { vec![1] } else { lines };
        Source::around(program.name.clone(), &program.text, &wanted, around)
    }

    fn facts(&self) -> Vec<(String, String)> {
        let findings = &self.searched.findings;
        let model = findings.model.map_or("the engine's own".into(), |it| it.to_string());
        let mut facts = vec![
            ("engine", findings.engine.to_string()),
            ("memory model", model),
            ("steps", grouped(self.shown.trace.len() as u64)),
            ("switches between threads", grouped(self.shown.switches() as u64)),
        ];
        if findings.tally.executions > 1 {
            facts.push(("executions searched", grouped(findings.tally.executions)));
            facts.push(("shown by execution", grouped(self.shown.execution)));
        }
        facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn again(&self) -> Vec<(String, String)> {
        let command = self.searched.repeat.clone();
        let schedule = self.shown.schedule.as_ref().map(|it| it.to_string().trim_end().to_owned());
        let command = command.map(|it| ("again with".to_owned(), it));
        let schedule = schedule.map(|it| ("as a schedule for drawloom replay".to_owned(), it));
        command.into_iter().chain(schedule).collect()
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.from > 0 {
            let steps = grouped(self.from as u64);
            notes.push(format!("Not shown: the first {steps} steps. drawloom replay lists all."));
        }
        let minor = self.shown.trace[self.from..].iter().filter(|it| it.is_minor).count();
        if minor > 0 {
            let loads = if minor == 1 { "1 load".into() } else { format!("{minor} loads") };
            notes.push(format!("Not shown: {loads} of cells that no thread changes meanwhile."));
        }
        if self.views.is_empty() {
            notes.push("The engine runs the machine, which keeps no state of its steps.".into());
        } else if self.searched.findings.model.is_some_and(|it| it != MemoryModel::Sc) {
            notes.push("Memory shows the newest value of each variable; a thread may still read an older one.".into());
        }
        notes
    }
}

fn is_trap(step: &Step) -> bool {
    matches!(step.operation(), Some(Operation::Trapped(_)))
}
