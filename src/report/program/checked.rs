//! The result of checking one program: the facts that every report format shows.
//!
//! `cli` fills these in; [`text`](super::text), [`json`](super::json), [`sarif`](super::sarif) and the others write
//! them. The conclusion in one word is decided here, once for all formats.

use std::time::Duration;

use super::bounds::bound_in_words;
use crate::guest::{EngineKind, Findings, Judgement};
use crate::il::Diagnostic;
use crate::verdict::{Bound, Verdict};

/// A program as its author wrote it.
#[derive(Clone, Debug)]
pub struct Program {
    /// The name that messages use.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The `.loc` file number of `text` itself.
    pub own_file: u32,
}

/// One search of a program.
#[derive(Clone, Debug)]
pub struct Searched {
    /// The findings.
    pub findings: Findings,
    /// How long it took.
    pub time: Duration,
    /// Whether that was in an earlier run, whose result was kept.
    pub is_known: bool,
    /// The seed of all random choices.
    pub seed: u64,
    /// The command that shows the first violation, or else the witness, again.
    pub repeat: Option<String>,
}

/// A claim that a program makes about all its executions together, as litmus tests do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Whether it holds, in a few words.
    pub answer: String,
    /// The claim and its answer, in separate lines.
    pub text: String,
    /// What the answer is based on, if no execution can show it.
    pub note: Option<&'static str>,
    /// Whether the claim holds. A question always holds: it has no wrong answer.
    pub holds: bool,
}

/// Why a program was not checked.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The reason in one line.
    pub message: String,
    /// The mistakes in its text.
    pub findings: Vec<Diagnostic>,
}

/// A program, and the searches for its violations.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The program.
    pub program: Program,
    /// One search for each engine, the deciding one first; empty if the program was refused.
    pub searches: Vec<Searched>,
    /// The deciding search compared with the program's header; `None` without a header.
    pub judgement: Option<Judgement>,
    /// The program's own claim.
    pub claim: Option<Claim>,
    /// Outcomes of the machine that the reference does not have: findings about drawloom or the tool.
    pub disagreements: Vec<String>,
    /// Whether other engines have shown outcomes that the reference may or may not have.
    pub is_undecided: bool,
    /// Whether other engines have shown outcomes that they are known to show although no machine has them.
    pub shows_known: bool,
    /// Other facts about the comparison of the engines.
    pub remarks: Vec<String>,
    /// Why it was not checked.
    pub refusal: Option<Refusal>,
    /// What has ended the run before the search of the program had ended.
    pub not_run: Option<&'static str>,
}

/// Nothing was found, and nothing was cut off.
const VERIFIED: &str = "verified";

/// The conclusion of a check, in one word; the worst comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conclusion {
    /// Nothing was found, or exactly what the header expects.
    Fine,
    /// Nothing was found, or nothing unexpected, but only part of what was asked for was searched.
    Unfinished,
    /// A violation that no header expects, or an expectation that is not met.
    Wrong,
    /// The program cannot be checked.
    Refused,
}

impl Conclusion {
    /// The name that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Conclusion::Fine => "fine",
            Conclusion::Unfinished => "unfinished",
            Conclusion::Wrong => "wrong",
            Conclusion::Refused => "refused",
        }
    }
}

impl Checked {
    /// A program that has not been searched yet.
    pub fn new(program: Program) -> Self {
        Checked {
            program,
            searches: Vec::new(),
            judgement: None,
            claim: None,
            disagreements: Vec::new(),
            is_undecided: false,
            shows_known: false,
            remarks: Vec::new(),
            refusal: None,
            not_run: None,
        }
    }

    /// A program that was left out, because this has ended the run.
    pub fn not_run(program: Program, why: &'static str) -> Self {
        Checked { not_run: Some(why), ..Checked::new(program) }
    }

    /// A program that cannot be searched.
    pub fn refused(program: Program, refusal: Refusal) -> Self {
        Checked { refusal: Some(refusal), ..Checked::new(program) }
    }

    /// The conclusion.
    pub fn conclusion(&self) -> Conclusion {
        if self.refusal.is_some() {
            return Conclusion::Refused;
        }
        // Some engines are known to show too much. What they show is not a violation if all executions
        // of the reference were searched and none shows one.
        let is_verified = matches!(
            self.searches.first().map(|deciding| deciding.findings.verdict()),
            Some(Verdict::Exhausted { .. })
        );
        let is_violated = |search: &Searched| {
            let is_known = is_verified && search.findings.sees_more.is_some();
            !search.findings.tally.violations.is_empty() && !is_known
        };
        let is_wrong = match &self.judgement {
            Some(judgement) => matches!(judgement, Judgement::Missed(_)),
            None => self.searches.iter().any(is_violated),
        };
        let is_refuted = self.claim.as_ref().is_some_and(|claim| !claim.holds);
        if is_wrong || is_refuted || !self.disagreements.is_empty() {
            return Conclusion::Wrong;
        }
        let Some(deciding) = self.searches.first() else { return Conclusion::Unfinished };
        let is_fine = match &self.judgement {
            Some(Judgement::Met) => true,
            Some(Judgement::Open(lines)) => lines.is_empty() && deciding.is_enough(),
            _ => deciding.is_enough(),
        };
        if is_fine { Conclusion::Fine } else { Conclusion::Unfinished }
    }

    /// How long the searches took together.
    pub fn time(&self) -> Duration {
        self.searches.iter().filter(|it| !it.is_known).map(|searched| searched.time).sum()
    }

    /// The searches whose violations are shown: once the deciding engine has found one, those of others are noise.
    pub(super) fn shown_searches(&self) -> impl Iterator<Item = &Searched> {
        let is_found = |it: &Searched| !it.findings.tally.violations.is_empty();
        let count = if self.searches.first().is_some_and(is_found) { 1 } else { usize::MAX };
        self.searches.iter().take(count)
    }

    /// The headline: the program's name and what was found.
    pub fn headline(&self) -> String {
        format!("{}: {}", self.program.name, self.verdict())
    }

    /// What was found, in one line: the headline without the program's name.
    pub fn verdict(&self) -> String {
        if let Some(refusal) = &self.refusal {
            return format!("not checked: {}", refusal.message);
        }
        if let Some(why) = self.not_run {
            return format!("not run: {why}");
        }
        let found: Vec<String> = self.searches.iter().map(Searched::headline).collect();
        let found = match &found[..] {
            [] => "not searched".to_owned(),
            [one] => one.clone(),
            [first, ..] => {
                let others = self.searches[1..].iter().map(|it| &it.findings);
                let others = others.filter(|findings| findings.unsupported.is_none()).count();
                match self.disagreements.len() {
                    0 if self.is_undecided => {
                        format!("{first}; how {others} other engines compare is undecided")
                    }
                    0 if self.shows_known => {
                        format!("{first}; what else {others} other engines show is known of them")
                    }
                    0 => format!("{first}; no outcome of {others} other engines is another one"),
                    1 => format!("{first}; an outcome of another engine is not the reference's"),
                    count => format!("{first}; {count} outcomes of others are not the reference's"),
                }
            }
        };
        let compared = match &self.judgement {
            None => "",
            Some(Judgement::Met) => ", as expected",
            Some(Judgement::Missed(_)) => ", not as expected",
            Some(Judgement::Open(lines)) if lines.is_empty() => ", nothing unexpected",
            Some(Judgement::Open(_)) => ", the expectation is open",
        };
        match &self.claim {
            Some(claim) if found == VERIFIED => format!("{}{compared}", claim.answer),
            Some(claim) => format!("{}; {found}{compared}", claim.answer),
            None => format!("{found}{compared}"),
        }
    }
}

impl Searched {
    /// Whether the search did all that was asked for. A user who asks for random executions does not ask
    /// for all of them.
    fn is_enough(&self) -> bool {
        let bounds = &self.findings.tally.bounds;
        let is_by_chance = bounds.contains(&Bound::Chance);
        // If every execution was given up, the search has shown nothing.
        let has_drawn = self.findings.tally.executions > 0;
        let stops = [Bound::Interrupted, Bound::Memory, Bound::Watchdog, Bound::Parts];
        let is_stopped = stops.iter().any(|it| bounds.contains(it));
        let is_drawn = is_by_chance && has_drawn && !is_stopped;
        let is_searched = bounds.is_empty() && self.findings.tally.gaps.is_empty();
        let is_whole = is_searched || is_drawn;
        is_whole && self.findings.unsupported.is_none()
    }

    /// `verified`, `violated: data race`, `not finished: ...`.
    pub fn headline(&self) -> String {
        let tally = &self.findings.tally;
        let bounds: Vec<String> = tally.bounds.iter().copied().map(bound_in_words).collect();
        match self.findings.verdict() {
            Verdict::Exhausted { .. } if self.findings.engine == EngineKind::Replay => {
                "shown: witness".into()
            }
            Verdict::Exhausted { .. } => VERIFIED.into(),
            Verdict::Searched { not_seen, .. } => {
                let gaps: Vec<String> = not_seen.iter().map(ToString::to_string).collect();
                format!("not verified: nothing found; not seen: {}", gaps.join("; "))
            }
            Verdict::Bounded { .. } if self.is_enough() => "nothing found".into(),
            Verdict::Bounded { .. } => format!("not finished: {}", bounds.join("; ")),
            Verdict::Violated(_) => {
                let mut kinds: Vec<&str> = Vec::new();
                for counterexample in &tally.violations {
                    let kind = counterexample.violation.kind.name();
                    if !kinds.contains(&kind) {
                        kinds.push(kind);
                    }
                }
                format!("violated: {}", kinds.join(", "))
            }
            Verdict::Unsupported { reason } => format!("not searched: {reason}"),
        }
    }

    /// The number of states, if these say how much was searched: if the search merges executions into them.
    pub(super) fn states(&self) -> Option<u64> {
        let tally = &self.findings.tally;
        tally.states.filter(|&states| states > tally.executions)
    }

    /// Executions per second; 0 if the time was too short to measure.
    pub fn rate(&self) -> f64 {
        let seconds = self.time.as_secs_f64();
        if seconds > 0.0 { self.findings.tally.executions as f64 / seconds } else { 0.0 }
    }
}
