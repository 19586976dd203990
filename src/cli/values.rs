//! Values of options as people write them.

use std::time::Duration;

use drawloom::guest::MemoryModel;
use drawloom::lang::Language;

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

/// `sc`, `rc11`, `c20`.
pub(super) fn memory_model(name: &str) -> Result<MemoryModel, String> {
    let known = MemoryModel::ALL.into_iter().find(|model| model.name() == name);
    let names = MemoryModel::ALL.map(MemoryModel::name).join(", ");
    known.ok_or_else(|| format!("not a memory model: {names}"))
}

/// `il`, `tvm`, `litmus`.
pub(super) fn language(name: &str) -> Result<Language, String> {
    let known = Language::ALL.iter().copied().find(|language| language.ending() == name);
    known.ok_or_else(|| format!("not a language: write {}", Language::endings().replace('.', "")))
}

/// What a random search may spend.
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
    fn a_budget_is_a_time_or_a_number() {
        assert_eq!(budget("10s"), Ok(Budget::Time(Duration::from_secs(10))));
        assert_eq!(budget("100000"), Ok(Budget::Executions(100_000)));
        for wrong in ["", "0", "0s", "soon", "-1", "1e5"] {
            assert!(budget(wrong).is_err(), "{wrong}");
        }
    }
}
