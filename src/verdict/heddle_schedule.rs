//! Schedules of the heddle world as text.

use std::fmt;
use std::str::FromStr;

use super::MemoryModel;

/// One decision of an execution: the thread that goes on, and the way in which its operation comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Turn {
    /// How many threads have started before it.
    pub(crate) thread: u32,
    pub(crate) way: u32,
}

/// An object whose owners an execution sees: the thread that makes it, and how many objects that has made
/// before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Owned {
    pub(crate) thread: u32,
    pub(crate) nth: u32,
    pub(crate) sharing: Sharing,
}

/// An execution that can be repeated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Path {
    pub(crate) owned: Vec<Owned>,
    pub(crate) turns: Vec<Turn>,
}

/// How much of a value's owners is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Sharing {
    /// Nothing.
    #[default]
    Unseen,
    /// Who is the last.
    Last,
    /// The number.
    Count,
}

/// An execution as text, versioned: `heddle 1`, the memory model, and the decisions in their order. Each is
/// the number of the thread that goes on, in the order of starts, `.k` if its operation comes out in another
/// than the first way, and `xn` if the same is decided n times in a row. Before them, `last:t.n` and
/// `count:t.n` name shared values of which the execution sees who is the last owner, or how many there are:
/// the thread that makes it, and how many objects that has made before.
///
/// It is bound to the text of the body: any other operation there gives its numbers another meaning.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct HeddleSchedule {
    memory: MemoryModel,
    path: Path,
}

impl HeddleSchedule {
    pub(crate) fn new(memory: MemoryModel, path: Path) -> Self {
        HeddleSchedule { memory, path }
    }

    /// The memory model that it was made for.
    pub fn memory(&self) -> MemoryModel {
        self.memory
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

const HEADER: &str = "heddle 1";
const LAST: &str = "last:";
const COUNT: &str = "count:";
/// No execution has more decisions than this.
const TURNS_MAX: usize = 10_000_000;

impl fmt::Display for HeddleSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{HEADER} {}", self.memory.name())?;
        for &Owned { thread, nth, sharing } in &self.path.owned {
            let seen = if sharing == Sharing::Count { COUNT } else { LAST };
            write!(f, " {seen}{thread}.{nth}")?;
        }
        for turns in self.path.turns.chunk_by(|one, other| one == other) {
            let Turn { thread, way } = turns[0];
            write!(f, " {thread}")?;
            if way > 0 {
                write!(f, ".{way}")?;
            }
            if turns.len() > 1 {
                write!(f, "x{}", turns.len())?;
            }
        }
        Ok(())
    }
}

/// Why a text is not a schedule.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeddleScheduleError {
    /// It does not begin with the version that we write and a memory model.
    #[error("a schedule begins with '{HEADER}' and a memory model")]
    Header,
    /// A decision has another form.
    #[error("'{0}' is not a decision of a schedule")]
    Turn(String),
    /// It has more decisions than any execution.
    #[error("a schedule has at most {TURNS_MAX} decisions")]
    TooLong,
}

impl FromStr for HeddleSchedule {
    type Err = HeddleScheduleError;

    fn from_str(text: &str) -> Result<Self, HeddleScheduleError> {
        let rest = text.trim().strip_prefix(HEADER).ok_or(HeddleScheduleError::Header)?;
        let mut words = rest.split_ascii_whitespace();
        let memory = words.next().and_then(|name| name.parse().ok());
        let memory = memory.ok_or(HeddleScheduleError::Header)?;
        let (mut owned, mut turns) = (Vec::new(), Vec::new());
        for word in words {
            if let Some(seen) = owned_of(word) {
                owned.push(seen);
                continue;
            }
            let (turn, count) =
                turn_of(word).ok_or_else(|| HeddleScheduleError::Turn(word.into()))?;
            if turns.len() + count > TURNS_MAX {
                return Err(HeddleScheduleError::TooLong);
            }
            turns.extend(std::iter::repeat_n(turn, count));
        }
        Ok(HeddleSchedule { memory, path: Path { owned, turns } })
    }
}

/// An object whose owners are seen.
fn owned_of(word: &str) -> Option<Owned> {
    let last = || Some((word.strip_prefix(LAST)?, Sharing::Last));
    let count = || Some((word.strip_prefix(COUNT)?, Sharing::Count));
    let (name, sharing) = last().or_else(count)?;
    let (thread, nth) = name.split_once('.')?;
    Some(Owned { thread: thread.parse().ok()?, nth: nth.parse().ok()?, sharing })
}

/// A decision, and how often it is made.
fn turn_of(word: &str) -> Option<(Turn, usize)> {
    let (turn, count) = word.split_once('x').unwrap_or((word, "1"));
    let (thread, way) = turn.split_once('.').unwrap_or((turn, "0"));
    let turn = Turn { thread: thread.parse().ok()?, way: way.parse().ok()? };
    Some((turn, count.parse().ok().filter(|&it| it > 0 && it <= TURNS_MAX)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_read_as_it_is_written() {
        let turn = |thread, way| Turn { thread, way };
        let turns = vec![turn(0, 0), turn(0, 0), turn(12, 3), turn(0, 0)];
        let owned = vec![
            Owned { thread: 0, nth: 7, sharing: Sharing::Last },
            Owned { thread: 1, nth: 0, sharing: Sharing::Count },
        ];
        let schedule = HeddleSchedule::new(MemoryModel::C20, Path { owned, turns });
        assert_eq!(schedule.to_string(), "heddle 1 c20 last:0.7 count:1.0 0x2 12.3 0");
        assert_eq!(schedule.to_string().parse(), Ok(schedule));
    }

    #[test]
    fn anything_else_is_refused() {
        use HeddleScheduleError::{Header, TooLong, Turn};
        let read = |text: &str| text.parse::<HeddleSchedule>().unwrap_err();
        for text in ["", "heddle 2 c20 0", "heddle 1", "heddle 1 tso 0", "shuttle 1 0 0"] {
            assert_eq!(read(text), Header, "{text}");
        }
        for word in [
            "a",
            "last:0",
            "count:1.x",
            "0.",
            "0x",
            "0x0",
            "-1",
            "0.1.2",
            "0x99999999999999999999",
            "0x2x2",
        ] {
            assert_eq!(read(&format!("heddle 1 sc 0 {word}")), Turn(word.into()));
        }
        assert_eq!(read("heddle 1 sc 0x9999999 0x9999999"), TooLong);
    }
}
