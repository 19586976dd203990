//! Values of options, as people write them.

use std::ffi::OsStr;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command};
use drawloom::guest::{MemoryModel, Search, Strategy};
use drawloom::lang::Language;

/// A value with its name and a line that explains it.
#[derive(Clone)]
pub(super) struct Row<T> {
    name: &'static str,
    summary: String,
    value: T,
}

impl<T> Row<T> {
    pub(super) fn new(name: &'static str, summary: impl Into<String>, value: T) -> Self {
        Row { name, summary: summary.into(), value }
    }
}

/// A value from a list. `--help` shows the list; a word that is not in it is refused with a suggestion.
#[derive(Clone)]
pub(super) struct Listed<T> {
    rows: Vec<Row<T>>,
    /// Values that are more than a name, such as `pct:2`.
    unlisted: fn(&str) -> Option<T>,
}

impl<T> FromIterator<Row<T>> for Listed<T> {
    fn from_iter<I: IntoIterator<Item = Row<T>>>(rows: I) -> Self {
        Listed { rows: rows.into_iter().collect(), unlisted: |_| None }
    }
}

impl<T> Listed<T> {
    fn values(&self) -> impl Iterator<Item = PossibleValue> {
        self.rows.iter().map(|row| PossibleValue::new(row.name).help(row.summary.clone()))
    }
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Listed<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        word: &OsStr,
    ) -> Result<T, clap::Error> {
        if let Some(value) = word.to_str().and_then(self.unlisted) {
            return Ok(value);
        }
        let names = PossibleValuesParser::new(self.values());
        let name = names.parse_ref(command, argument, word)?;
        let row = self.rows.iter().find(|row| row.name == name);
        Ok(row.expect("clap lets through what is in the list").value.clone())
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.values()))
    }
}

/// The values of `--memory`.
pub(super) fn memory_model() -> Listed<MemoryModel> {
    MemoryModel::ALL
        .map(|model| Row::new(model.name(), model.to_string(), model))
        .into_iter()
        .collect()
}

/// The values of `--strategy`; `pct:2` is one, too.
pub(super) fn strategy() -> Listed<Strategy> {
    let row = |strategy: Strategy| Row::new(strategy.name(), strategy.summary(), strategy);
    let rows = Strategy::ALL.map(row).into_iter().collect();
    Listed { unlisted: |word| word.parse().ok(), ..rows }
}

/// The values of `--search`.
pub(super) fn search() -> Listed<Search> {
    Search::ALL
        .map(|search| Row::new(search.name(), search.summary(), search))
        .into_iter()
        .collect()
}

/// A number that has no upper end but that of its type.
pub(super) fn at_least<T>(
    least: T,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: FromStr + PartialOrd + Display + Clone + Send + Sync + 'static,
{
    move |text| match text.parse::<T>() {
        Ok(number) if number >= least => Ok(number),
        Ok(_) => Err(format!("it must be at least {least}")),
        Err(_) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err("it is too large".into())
        }
        Err(_) => Err(format!("it must be a whole number of at least {least}")),
    }
}

/// `10s`, `2m`, `500ms`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if duration.is_zero() { Err("no time at all".into()) } else { Ok(duration) }
}

/// A number of bytes: `1000000`, `512M`, `2G`.
pub(super) fn bytes(text: &str) -> Result<usize, String> {
    let (digits, shift) = match text.char_indices().last() {
        Some((at, 'K' | 'k')) => (&text[..at], 10),
        Some((at, 'M' | 'm')) => (&text[..at], 20),
        Some((at, 'G' | 'g')) => (&text[..at], 30),
        _ => (text, 0),
    };
    let number: usize = digits.parse().map_err(|_| "not a number of bytes: 1000000, 512M, 2G")?;
    let bytes = number.checked_mul(1 << shift).filter(|&bytes| bytes > 0);
    bytes.ok_or_else(|| "not an amount of memory that there is".into())
}

/// `il`, `tvm`, `litmus`, `bas`.
pub(super) fn language(name: &str) -> Result<Language, String> {
    let known = Language::ALL.iter().copied().find(|language| language.ending() == name);
    known.ok_or_else(|| format!("not a language: write {}", Language::endings().replace('.', "")))
}

/// The budget of a random search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Budget {
    Time(Duration),
    Executions(u64),
}

/// `10s` or `100000`.
pub(super) fn budget(text: &str) -> Result<Budget, String> {
    match text.parse() {
        Ok(0) => Err("no execution at all".into()),
        Ok(executions) => Ok(Budget::Executions(executions)),
        Err(_) => match duration(text) {
            Ok(time) => Ok(Budget::Time(time)),
            Err(_) => Err("neither a time, as 10s, nor a number of executions".into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_suffixes() {
        assert_eq!(bytes("12"), Ok(12));
        assert_eq!(bytes("3k"), Ok(3 << 10));
        assert_eq!(bytes("2G"), Ok(2 << 30));
        for wrong in ["", "G", "0", "-1", "1.5G", "99999999999999999999", "99999999999999G", "é"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_number_may_have_a_least_value() {
        let of_width = at_least::<u16>(20);
        assert_eq!(of_width("20"), Ok(20));
        assert_eq!(of_width("19"), Err("it must be at least 20".to_owned()));
        assert_eq!(of_width("65536"), Err("it is too large".to_owned()));
        for wrong in ["-1", "1.5", "x", ""] {
            let said = of_width(wrong);
            assert_eq!(said, Err("it must be a whole number of at least 20".to_owned()), "{wrong}");
        }
    }

    #[test]
    fn a_budget_is_a_time_or_a_number() {
        assert_eq!(budget("10s"), Ok(Budget::Time(Duration::from_secs(10))));
        assert_eq!(budget("100000"), Ok(Budget::Executions(100_000)));
        for wrong in ["", "0", "0s", "soon", "-1", "1e5"] {
            assert!(budget(wrong).is_err(), "{wrong}");
        }
    }
}
