//! What the runtime's functions on strings compute. Positions and lengths count characters, from 1.

use crate::interp::{Host, Stop, TrapKind};

/// The width of a zone of `PRINT`.
const ZONE: usize = 14;

/// The handle of a text that is not longer than those which it was made of.
fn shorter<H: Host>(host: &mut H, text: &str) -> Result<u64, Stop> {
    host.may_make(text.len())?;
    host.intern(text)
}

/// A number of characters; traps `domain-error` if it is negative.
fn count<H: Host>(host: &mut H, word: u64, function: &str) -> Result<usize, Stop> {
    let count = word as i64;
    usize::try_from(count).map_err(|_| {
        host.fail(TrapKind::DomainError, format!("{function}: negative length {count}"))
    })
}

/// A position; traps `domain-error` below 1. Gives how many characters come before it.
fn before<H: Host>(host: &mut H, word: u64, function: &str) -> Result<usize, Stop> {
    let position = word as i64;
    match usize::try_from(position) {
        Ok(position) if position > 0 => Ok(position - 1),
        _ => {
            let message = format!("{function}: position {position} is less than 1");
            Err(host.fail(TrapKind::DomainError, message))
        }
    }
}

pub(super) fn left<H: Host>(host: &mut H, args: &[u64]) -> Result<u64, Stop> {
    let (text, count) = (host.text(args[0])?, count(host, args[1], "String.Left")?);
    shorter(host, &text.chars().take(count).collect::<String>())
}

pub(super) fn right<H: Host>(host: &mut H, args: &[u64]) -> Result<u64, Stop> {
    let (text, count) = (host.text(args[0])?, count(host, args[1], "String.Right")?);
    let before = text.chars().count().saturating_sub(count);
    shorter(host, &text.chars().skip(before).collect::<String>())
}

pub(super) fn mid<H: Host>(host: &mut H, args: &[u64]) -> Result<u64, Stop> {
    let (text, before) = (host.text(args[0])?, before(host, args[1], "String.Mid")?);
    shorter(host, &text.chars().skip(before).collect::<String>())
}

pub(super) fn mid_len<H: Host>(host: &mut H, args: &[u64]) -> Result<u64, Stop> {
    let (text, before) = (host.text(args[0])?, before(host, args[1], "String.MidLen")?);
    let count = count(host, args[2], "String.MidLen")?;
    shorter(host, &text.chars().skip(before).take(count).collect::<String>())
}

/// The position of the first `needle` at or after a position, which is at most the one after the end; 0 if
/// there is none. An empty needle is everywhere.
pub(super) fn index_of<H: Host>(
    host: &mut H,
    text: u64,
    from: u64,
    needle: u64,
) -> Result<u64, Stop> {
    let (text, needle) = (host.text(text)?, host.text(needle)?);
    let before = before(host, from, "String.IndexOfFrom")?;
    let start = text.char_indices().nth(before).map_or(text.len(), |(start, _)| start);
    let found = text[start..].find(&*needle);
    Ok(found.map_or(0, |at| text[..start + at].chars().count() as u64 + 1))
}

/// A text that is computed from another one.
pub(super) fn mapped<H: Host>(
    host: &mut H,
    handle: u64,
    map: impl FnOnce(&str) -> String,
) -> Result<u64, Stop> {
    let text = host.text(handle)?;
    host.may_make(text.len())?;
    host.intern(&map(&text))
}

pub(super) fn chr<H: Host>(host: &mut H, code: u64) -> Result<u64, Stop> {
    match u8::try_from(code as i64) {
        Ok(code) => host.intern(&char::from(code).to_string()),
        Err(_) => {
            let message = format!("String.Chr: {} is not between 0 and 255", code as i64);
            Err(host.fail(TrapKind::DomainError, message))
        }
    }
}

/// -1, 0 or 1.
pub(super) fn compare<H: Host>(host: &mut H, args: &[u64]) -> Result<u64, Stop> {
    let (one, other) = (host.text(args[0])?, host.text(args[1])?);
    Ok(one.cmp(&other) as i64 as u64)
}

/// The number at the beginning of a text, after blanks; 0 if there is none.
pub(super) fn leading_number(text: &str) -> f64 {
    let text = text.trim_start();
    let ends = (1..=text.len()).rev().filter(|&end| text.is_char_boundary(end));
    let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    let longest = text.find(|c| !is_of_number(c)).unwrap_or(text.len());
    // A number has few characters; what is longer is not looked at as a whole.
    let ends = ends.skip_while(|&end| end > longest.min(400));
    let numbers = ends.filter_map(|end| text[..end].parse::<f64>().ok());
    numbers.into_iter().next().unwrap_or(0.0)
}

/// The text with blanks up to the next zone, at least one.
pub(super) fn to_zone(text: &str) -> String {
    let column =
        text.chars().count() - text.rfind('\n').map_or(0, |at| text[..=at].chars().count());
    format!("{text}{}", " ".repeat(ZONE - column % ZONE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_at_the_beginning_counts() {
        for (text, value) in [
            ("42", 42.0),
            ("  -1.5e2x", -150.0),
            ("3e", 3.0),
            ("", 0.0),
            ("x1", 0.0),
            ("+.5", 0.5),
            ("1-2", 1.0),
            ("é", 0.0),
        ] {
            assert_eq!(leading_number(text).to_bits(), f64::to_bits(value), "{text}");
        }
    }

    #[test]
    fn a_zone_has_fourteen_columns() {
        assert_eq!(to_zone("A"), format!("A{}", " ".repeat(13)));
        assert_eq!(to_zone(&"A".repeat(14)).len(), 28);
        assert_eq!(to_zone("x\nA").len(), 2 + 14);
    }
}
