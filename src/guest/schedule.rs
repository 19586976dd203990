//! Schedules of guest programs as text: versioned, and bound to the program by its fingerprint.

use std::fmt;
use std::str::FromStr;

use super::{Bound, EngineKind, MemoryModel, Setting, WorldEngine};
use crate::il::beginning;
use crate::interp::ThreadId;
use crate::reference::{Course, Turn};

/// A schedule, by which an execution can be repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The fingerprint of the program's text, its arguments and its input.
    pub program: u128,
    /// The memory model under which the reads were chosen.
    pub model: MemoryModel,
    /// The choices, in the terms of the engine that made them.
    pub choices: Choices,
}

/// The choices of an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choices {
    /// Choices of the reference: the turn of each step.
    Reference(Vec<Choice>),
    /// Of shuttle, for the machine in its world.
    Shuttle(crate::verdict::ShuttleSchedule),
    /// Of our own engine for Rust code, for the machine in its world.
    #[cfg(feature = "heddle")]
    Heddle(crate::verdict::HeddleSchedule),
}

impl Choices {
    /// Whether the engine that replays these choices takes a setting. Which of shuttle's engines made
    /// them is not recorded; it makes no difference here.
    pub fn takes(&self, setting: Setting) -> bool {
        let by = match self {
            Choices::Reference(_) => EngineKind::Replay,
            Choices::Shuttle(_) => EngineKind::World(WorldEngine::ShuttleRandom),
            #[cfg(feature = "heddle")]
            Choices::Heddle(_) => EngineKind::World(WorldEngine::Heddle),
        };
        by.takes(setting)
    }
}

/// One step of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The thread that makes it, and the course that it takes.
    pub turn: Turn,
    /// The write that it reads or, if it only writes, overwrites; `None` under sequential consistency
    /// and for the latest write.
    pub reads: Option<ReadsFrom>,
}

/// A write, as the reading step names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadsFrom {
    /// The initial value.
    Initial,
    /// The operation that a thread made as its n-th, from 0.
    Step {
        /// The thread that wrote.
        thread: ThreadId,
        /// The position among the thread's steps.
        position: u32,
    },
}

/// Why a text is not a schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// It is something else, or has another version.
    #[error("line 1: a schedule begins with '{HEADER}'")]
    Header,
    /// A line is missing.
    #[error("there is no line '{0} ...'")]
    Missing(&'static str),
    /// A line has an invalid value.
    #[error("line {line}: '{text}' is not {wanted}")]
    Value {
        /// The line number, from 1.
        line: usize,
        /// The text that was found.
        text: String,
        /// What was expected.
        wanted: &'static str,
    },
}

/// Marks a step whose operation takes its other course.
const OTHER: char = '!';

const HEADER: &str = "drawloom schedule 1";
/// The beginning of the header in every version.
const NAME: &str = "drawloom schedule ";

impl Schedule {
    /// Whether a file that begins with these bytes was written as a schedule, of any version.
    pub fn is_begun_by(bytes: &[u8]) -> bool {
        let version = bytes.strip_prefix(NAME.as_bytes());
        version.and_then(<[u8]>::first).is_some_and(u8::is_ascii_digit)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        writeln!(f, "program {:032x}", self.program)?;
        writeln!(f, "memory {}", self.model.name())?;
        match &self.choices {
            Choices::Reference(choices) => {
                write!(f, "steps")?;
                for Choice { turn, reads } in choices {
                    write!(f, " {}", turn.thread.0)?;
                    if turn.course == Course::Other {
                        write!(f, "{OTHER}")?;
                    }
                    match reads {
                        None => {}
                        Some(ReadsFrom::Initial) => write!(f, "<i")?,
                        Some(ReadsFrom::Step { thread, position }) => {
                            write!(f, "<{}.{position}", thread.0)?;
                        }
                    }
                }
                writeln!(f)
            }
            Choices::Shuttle(schedule) => writeln!(f, "{schedule}"),
            #[cfg(feature = "heddle")]
            Choices::Heddle(schedule) => writeln!(f, "{schedule}"),
        }
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let text = &text[beginning(text)..];
        let mut lines = text.lines().zip(1..);
        if lines.next().map(|(line, _)| line.trim_end()) != Some(HEADER) {
            return Err(ScheduleError::Header);
        }
        let mut next = |key: &'static str| {
            let (text, line) = lines.next().ok_or(ScheduleError::Missing(key))?;
            let rest = text.strip_prefix(key).ok_or(ScheduleError::Missing(key))?;
            Ok((rest.trim(), line))
        };
        let wrong =
            |text: &str, line, wanted| ScheduleError::Value { line, text: text.to_owned(), wanted };
        let (program, line) = next("program")?;
        let program = u128::from_str_radix(program, 16)
            .map_err(|_| wrong(program, line, "a program's fingerprint"))?;
        let (model, line) = next("memory")?;
        let model = model.parse().map_err(|_| wrong(model, line, "a memory model"))?;
        let rest = text.lines().nth(3).unwrap_or_default();
        let choices = if rest.starts_with("shuttle") {
            let schedule = rest.parse().map_err(|_| wrong(rest, 4, "a schedule of shuttle"))?;
            Choices::Shuttle(schedule)
        } else if rest.starts_with("heddle") {
            #[cfg(feature = "heddle")]
            {
                let schedule = rest.parse().map_err(|_| wrong(rest, 4, "a schedule of heddle"))?;
                Choices::Heddle(schedule)
            }
            #[cfg(not(feature = "heddle"))]
            return Err(wrong(rest, 4, "a schedule that this build can replay"));
        } else {
            let (steps, line) = next("steps")?;
            let choices = steps
                .split_ascii_whitespace()
                .map(|word| choice(word).ok_or_else(|| wrong(word, line, "a step")));
            Choices::Reference(choices.collect::<Result<_, _>>()?)
        };
        if let Some((line, text)) =
            (1..).zip(text.lines()).skip(4).find(|(_, it)| !it.trim().is_empty())
        {
            return Err(wrong(text, line, "part of a schedule, which has four lines"));
        }
        Ok(Schedule { program, model, choices })
    }
}

fn choice(word: &str) -> Option<Choice> {
    let number = |text: &str| text.parse().ok();
    let thread = |text: &str| number(text).filter(|&id| id < 64).map(ThreadId);
    let turn = |text: &str| match text.strip_suffix(OTHER) {
        Some(text) => Some(Turn { thread: thread(text)?, course: Course::Other }),
        None => thread(text).map(Turn::from),
    };
    let Some((who, from)) = word.split_once('<') else {
        return Some(Choice { turn: turn(word)?, reads: None });
    };
    let reads = if from == "i" {
        ReadsFrom::Initial
    } else {
        let (writer, position) = from.split_once('.')?;
        ReadsFrom::Step { thread: thread(writer)?, position: number(position)? }
    };
    Some(Choice { turn: turn(who)?, reads: Some(reads) })
}

/// Why a schedule cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// It belongs to another program.
    #[error("a schedule of another program, or of this one with other text, arguments or input")]
    OtherProgram {
        /// The fingerprint in the schedule.
        made_for: u128,
        /// The fingerprint of the program, its arguments and its input.
        program: u128,
    },
    /// A step cannot be made.
    #[error("step {step} of the schedule: thread {thread} cannot go on there")]
    NotEnabled {
        /// The number of the step, from 1.
        step: usize,
        /// The thread that should make it.
        thread: u32,
    },
    /// A read cannot read the write that the schedule names.
    #[error("step {step} of the schedule: thread {thread} cannot {operation} from there")]
    Impossible {
        /// The number of the step, from 1.
        step: usize,
        /// The thread that should make it.
        thread: u32,
        /// Its next operation.
        operation: &'static str,
    },
    /// The engine that made it is not part of this build, or reports an error of its own.
    #[error("{0}")]
    Engine(String),
    /// It was followed until it was stopped, or until a thread exceeded a limit of the explorer.
    #[error("not gone along to its end: {0}")]
    CutOff(Bound),
    /// It was followed to its end, and showed no violation.
    #[error("the schedule shows no violation")]
    NoViolation,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> Schedule {
        let step = |thread, reads| Choice { turn: ThreadId(thread).into(), reads };
        let from = ReadsFrom::Step { thread: ThreadId(1), position: 3 };
        let mut choices =
            vec![step(0, None), step(1, Some(ReadsFrom::Initial)), step(2, Some(from))];
        choices.push(Choice {
            turn: Turn { course: Course::Other, ..ThreadId(3).into() },
            reads: None,
        });
        Schedule {
            program: crate::reference::fingerprint("il 0.3.0", &[], &[]),
            model: MemoryModel::Rc11,
            choices: Choices::Reference(choices),
        }
    }

    #[test]
    fn a_schedule_survives_being_written() {
        let written = schedule().to_string();
        assert!(written.ends_with("steps 0 1<i 2<1.3 3!\n"), "{written}");
        assert_eq!(written.parse(), Ok(schedule()));
    }

    #[test]
    fn a_wrong_schedule_is_refused_with_its_place() {
        for (text, error) in [
            ("", "line 1: a schedule begins with 'drawloom schedule 1'"),
            ("drawloom schedule 2\n", "line 1: a schedule begins with 'drawloom schedule 1'"),
            ("drawloom schedule 1\n", "there is no line 'program ...'"),
            ("drawloom schedule 1\nprogram x\n", "line 2: 'x' is not a program's fingerprint"),
            ("drawloom schedule 1\nprogram 1\nmemory tso\n", "line 3: 'tso' is not a memory model"),
            ("drawloom schedule 1\nprogram 1\nmemory sc\n", "there is no line 'steps ...'"),
            (
                "drawloom schedule 1\nprogram 1\nmemory sc\nsteps 0 99\n",
                "line 4: '99' is not a step",
            ),
            ("drawloom schedule 1\nprogram 1\nmemory sc\nsteps 0<\n", "line 4: '0<' is not a step"),
        ] {
            let found = text.parse::<Schedule>().expect_err("it is wrong");
            assert_eq!(found.to_string(), error);
        }
    }
}
