//! What the functions of the runtime have in common: their arguments, and what is wrong with them.

use std::fmt::Display;

use crate::interp::address::{function_index, thread_handle, thread_of_handle};
use crate::interp::{FunctionInfo, Host, Start, Stop, ThreadId, TrapKind};

/// What a row may evaluate to.
pub(super) trait IntoWord {
    fn into_word(self) -> u64;
}

impl IntoWord for u64 {
    fn into_word(self) -> u64 {
        self
    }
}

impl IntoWord for bool {
    fn into_word(self) -> u64 {
        u64::from(self)
    }
}

impl IntoWord for () {
    fn into_word(self) -> u64 {
        0
    }
}

/// Guest milliseconds; a negative time is no time.
pub(super) fn ms(word: u64) -> u64 {
    u64::try_from(word as i64).unwrap_or(0)
}

/// As short as reads back to the same: decimal, or with an exponent where that is shorter by far.
pub(super) fn float_text(value: f64) -> String {
    let size = value.abs();
    if value.is_nan() {
        "NaN".into()
    } else if size.is_infinite() {
        if value > 0.0 { "Inf".into() } else { "-Inf".into() }
    } else if size != 0.0 && !(1e-5..1e17).contains(&size) {
        format!("{value:e}")
    } else {
        format!("{value}")
    }
}

/// Traps with the third argument, a message, and the detail, unless the claim holds for the first two.
pub(super) fn claim<H: Host>(
    host: &mut H,
    words: &[u64],
    otherwise: &str,
    holds: impl Fn([i64; 2]) -> bool,
    detail: impl Fn([i64; 2]) -> String,
) -> Result<(), Stop> {
    let both = [words[0] as i64, words[1] as i64];
    if holds(both) {
        return Ok(());
    }
    let message = host.text(words[2])?;
    let message = if message.is_empty() { otherwise } else { &*message };
    let detail = detail(both);
    let separator = if detail.is_empty() { "" } else { ": " };
    Err(host.fail(TrapKind::Assertion, format!("{message}{separator}{detail}")))
}

/// An object that a function, of this name, gets. It must not be null.
pub(super) fn not_null<H: Host>(
    host: &mut H,
    object: u64,
    function: impl Display,
) -> Result<u64, Stop> {
    if object == 0 {
        return Err(host.fail(TrapKind::NullPointer, format!("{function}: null object")));
    }
    Ok(object)
}

#[inline]
pub(super) fn thread_at<H: Host>(
    host: &mut H,
    handle: u64,
    operation: &str,
) -> Result<ThreadId, Stop> {
    if let Some(thread) = thread_of_handle(handle) {
        return Ok(thread);
    }
    Err(if handle == 0 {
        host.fail(TrapKind::NullPointer, format!("Thread.{operation}: null thread"))
    } else {
        host.fail(TrapKind::InvalidCast, format!("Thread.{operation}: not a thread"))
    })
}

/// The function at an address, which a thread begins with or a worker calls.
fn entry<'h, H: Host>(
    host: &'h mut H,
    entry: u64,
    operation: &str,
) -> Result<(u32, &'h FunctionInfo), Stop> {
    let known = function_index(entry).filter(|&it| (it as usize) < host.functions().len());
    match known {
        Some(function) => Ok((function, &host.functions()[function as usize])),
        None => Err(host.fail(TrapKind::InvalidCast, format!("{operation}: invalid entry"))),
    }
}

fn invalid_signature<H: Host>(host: &mut H, operation: &str, function: u32, wanted: &str) -> Stop {
    let info = &host.functions()[function as usize];
    let message = format!(
        "{operation}: invalid entry signature: @{} is {}, not {wanted}",
        info.name, info.signature
    );
    host.fail(TrapKind::InvalidOperation, message)
}

/// A task of a pool is a function that takes an object.
pub(super) fn check_task<H: Host>(host: &mut H, task: u64) -> Result<(), Stop> {
    let (function, info) = entry(host, task, "Pool.Submit")?;
    if !info.is_thread_entry() || info.signature.params.is_empty() {
        return Err(invalid_signature(host, "Pool.Submit", function, "(ptr) -> void"));
    }
    Ok(())
}

/// The first three of `Thread.Start`'s five errors, in their order; the host has the other two.
pub(super) fn start<H: Host>(host: &mut H, args: &[u64], safe: bool) -> Result<u64, Stop> {
    const NAME: &str = "Thread.Start";
    let argument = args[1];
    if args[0] == 0 {
        return Err(host.fail(TrapKind::NullPointer, format!("{NAME}: null entry")));
    }
    let (function, info) = entry(host, args[0], NAME)?;
    if !info.is_thread_entry() {
        return Err(invalid_signature(host, NAME, function, "() -> void or (ptr) -> void"));
    }
    let argument = (!info.signature.params.is_empty()).then_some(argument);
    Ok(thread_handle(host.start(Start { function, argument, captures_errors: safe })?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_short_and_read_back() {
        for (value, text) in [
            (6.0, "6"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (1e300, "1e300"),
            (1e-9, "1e-9"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Inf"),
            (0.0, "0"),
        ] {
            assert_eq!(float_text(value), text);
        }
    }
}
