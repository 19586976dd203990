//! Numbers and string escapes.

/// Why a word is not the number it seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberFault {
    /// A character that is not a digit in the number's base, or a misplaced separator.
    Malformed,
    /// An integer beyond 64 bits, or a float beyond the largest finite one.
    OutOfRange,
}

/// A number as written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

/// Reads a word as a number; `None` if it does not look like one.
///
/// Integers are decimal, hexadecimal (`0x`), binary (`0b`) or octal (`0`), with an optional sign
/// and `_` between digits. Hexadecimal and binary ones may use all 64 bits: `0xffff_ffff_ffff_ffff`
/// is -1. Floats have a fraction or an exponent, or are `NaN`, `Inf` or `-Inf`.
pub(super) fn number(word: &str) -> Option<Result<Number, NumberFault>> {
    let (negative, digits) = match word.as_bytes().first()? {
        b'-' => (true, &word[1..]),
        b'+' => (false, &word[1..]),
        _ => (false, word),
    };
    match digits {
        "NaN" => return Some(Ok(Number::Float(f64::NAN))),
        "Inf" if negative => return Some(Ok(Number::Float(f64::NEG_INFINITY))),
        "Inf" => return Some(Ok(Number::Float(f64::INFINITY))),
        _ => {}
    }
    let mut bytes = digits.bytes();
    let looks_numeric = match bytes.next()? {
        b'.' => bytes.next().is_some_and(|byte| byte.is_ascii_digit()),
        first => first.is_ascii_digit(),
    };
    looks_numeric.then(|| read(negative, digits))
}

fn read(negative: bool, digits: &str) -> Result<Number, NumberFault> {
    if let Some(digits) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return integer(negative, &plain(digits)?, 16);
    }
    if let Some(digits) = digits.strip_prefix("0b").or_else(|| digits.strip_prefix("0B")) {
        return integer(negative, &plain(digits)?, 2);
    }
    let digits = plain(digits)?;
    if digits.contains(['.', 'e', 'E']) {
        return float(negative, &digits);
    }
    match digits.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => integer(negative, octal, 8),
        _ => integer(negative, &digits, 10),
    }
}

/// The digits without their separators, each of which must be between two digits.
fn plain(digits: &str) -> Result<String, NumberFault> {
    let is_digit = |at: Option<usize>| {
        at.and_then(|at| digits.as_bytes().get(at)).is_some_and(u8::is_ascii_hexdigit)
    };
    let well_placed = |at: usize| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
    if digits.match_indices('_').all(|(at, _)| well_placed(at)) {
        Ok(digits.replace('_', ""))
    } else {
        Err(NumberFault::Malformed)
    }
}

fn integer(negative: bool, digits: &str, base: u32) -> Result<Number, NumberFault> {
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(base)) {
        return Err(NumberFault::Malformed);
    }
    let magnitude = u64::from_str_radix(digits, base).map_err(|_| NumberFault::OutOfRange)?;
    let uses_all_bits = matches!(base, 2 | 16);
    let value = match (negative, i64::try_from(magnitude)) {
        (false, Ok(value)) => value,
        (true, Ok(value)) => -value,
        (true, Err(_)) if magnitude == i64::MIN.unsigned_abs() => i64::MIN,
        (false, Err(_)) if uses_all_bits => magnitude as i64,
        _ => return Err(NumberFault::OutOfRange),
    };
    Ok(Number::Int(value))
}

fn float(negative: bool, digits: &str) -> Result<Number, NumberFault> {
    let known =
        |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    if !digits.bytes().all(known) {
        return Err(NumberFault::Malformed);
    }
    let value: f64 = digits.parse().map_err(|_| NumberFault::Malformed)?;
    if value.is_infinite() {
        return Err(NumberFault::OutOfRange);
    }
    Ok(Number::Float(if negative { -value } else { value }))
}

/// Why an escape in a string is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EscapeFault {
    /// No known character after the backslash, which is at this byte of the string.
    Unknown(usize),
    /// `\x` without two hexadecimal digits, at this byte of the string.
    ShortHex(usize),
    /// The bytes are not UTF-8.
    NotUtf8,
}

/// The string that the text between two quotes means.
pub(super) fn unescape(inside: &str) -> Result<String, EscapeFault> {
    let mut bytes = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(backslash) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..backslash]);
        let at = inside.len() - rest.len() + backslash;
        let mut length = 2;
        match rest.as_bytes().get(backslash + 1) {
            Some(b'"') => bytes.push(b'"'),
            Some(b'\\') => bytes.push(b'\\'),
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'r') => bytes.push(b'\r'),
            Some(b'0') => bytes.push(0),
            Some(b'x') => {
                let digits = rest.get(backslash + 2..backslash + 4);
                let digits = digits.filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()));
                let byte = digits.and_then(|pair| u8::from_str_radix(pair, 16).ok());
                bytes.push(byte.ok_or(EscapeFault::ShortHex(at))?);
                length = 4;
            }
            _ => return Err(EscapeFault::Unknown(at)),
        }
        rest = &rest[backslash + length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).map_err(|_| EscapeFault::NotUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_every_base_are_read() {
        let cases = [
            ("0", 0),
            ("-42", -42),
            ("+1_000", 1000),
            ("0x1F", 31),
            ("0xffff_ffff_ffff_ffff", -1),
            ("-0x8000000000000000", i64::MIN),
            ("0b1010", 10),
            ("017", 15),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ];
        for (word, value) in cases {
            assert_eq!(number(word), Some(Ok(Number::Int(value))), "{word}");
        }
    }

    #[test]
    fn malformed_numbers_are_told_from_those_out_of_range() {
        for word in ["08", "0x", "0b2", "1__0", "1_", "12ab", "1.2.3", "1e", "0x_1", "1_.5"] {
            assert_eq!(number(word), Some(Err(NumberFault::Malformed)), "{word}");
        }
        for word in
            ["9223372036854775808", "0x1_0000_0000_0000_0000", "-0xffffffffffffffff", "1e999"]
        {
            assert_eq!(number(word), Some(Err(NumberFault::OutOfRange)), "{word}");
        }
        for word in ["x", "-", ".", "nan", "inf", "-x1", "...", "_1"] {
            assert_eq!(number(word), None, "{word}");
        }
    }

    #[test]
    fn floats_are_read_exactly() {
        let cases =
            [("1.5", 1.5), ("-0.0", -0.0), (".5", 0.5), ("1e3", 1000.0), ("2.5E-3", 0.0025)];
        for (word, value) in cases {
            let Some(Ok(Number::Float(read))) = number(word) else { panic!("{word}") };
            assert_eq!(read.to_bits(), f64::to_bits(value), "{word}");
        }
        assert_eq!(number("-Inf"), Some(Ok(Number::Float(f64::NEG_INFINITY))));
        assert!(matches!(number("NaN"), Some(Ok(Number::Float(f))) if f.is_nan()));
    }

    #[test]
    fn escapes_must_give_utf8() {
        assert_eq!(unescape(r#"a\n\t\"\\\x41\0"#), Ok("a\n\t\"\\A\0".to_owned()));
        assert_eq!(unescape(r"\xc3\xa9"), Ok("é".to_owned()));
        assert_eq!(unescape(r"\xff"), Err(EscapeFault::NotUtf8));
        assert_eq!(unescape(r"ab\q"), Err(EscapeFault::Unknown(2)));
        assert_eq!(unescape(r"\é"), Err(EscapeFault::Unknown(0)));
        assert_eq!(unescape(r"\x4"), Err(EscapeFault::ShortHex(0)));
        assert_eq!(unescape(r"\x+1"), Err(EscapeFault::ShortHex(0)));
    }
}
