//! What functions ask of shared objects.

use super::parts::{ms, not_null};
use crate::interp::refusal::Refusal;
use crate::interp::shared::{
    ConditionUse, MutexUse, PromiseUse, Token, TokenUse, Value, ValueKind,
};
use crate::interp::{Host, Request, Shared, Stop, TrapKind};

/// Makes an object; its address.
pub(super) fn make<H: Host>(
    host: &mut H,
    object: Result<impl Into<Shared>, Refusal>,
) -> Result<u64, Stop> {
    match object {
        Ok(object) => host.make_shared(object.into()),
        Err((kind, message)) => Err(host.fail(kind, message)),
    }
}

/// The answer of the object at an address, however long that takes; 0 if there is nothing.
pub(super) fn ask<H: Host>(
    host: &mut H,
    object: u64,
    request: impl Into<Request>,
) -> Result<u64, Stop> {
    let request = request.into();
    let object = not_null(host, object, &request)?;
    host.use_shared(object, request, None).map(Option::unwrap_or_default)
}

/// The same within this many milliseconds, for a function of another name; `None` if the time was up.
pub(super) fn ask_within<H: Host>(
    host: &mut H,
    object: u64,
    function: &str,
    request: impl Into<Request>,
    time: u64,
) -> Result<Option<u64>, Stop> {
    let request = request.into();
    let object = not_null(host, object, format_args!("{}.{function}", request.class_name()))?;
    host.use_shared(object, request, Some(ms(time)))
}

/// An object that never changes.
pub(super) fn boxed<H: Host>(host: &mut H, kind: ValueKind, word: u64) -> Result<u64, Stop> {
    host.make_shared(Value { kind, word }.into())
}

/// An option: an object that has something, or null.
pub(super) fn option<H: Host>(host: &mut H, word: Option<u64>) -> Result<u64, Stop> {
    match word {
        Some(word) => boxed(host, ValueKind::Some, word),
        None => Ok(0),
    }
}

/// The key of a string: its handle. Null is the empty string.
pub(super) fn key<H: Host>(host: &mut H, text: u64) -> Result<u64, Stop> {
    if text == 0 { host.intern("") } else { Ok(text) }
}

/// What a promise answers, of which the message speaks by this name.
pub(super) fn promise<H: Host>(
    host: &mut H,
    object: u64,
    name: &str,
    request: PromiseUse,
) -> Result<Option<u64>, Stop> {
    let object = not_null(host, object, name)?;
    host.use_shared(object, request.into(), None)
}

/// What a future answers within this many milliseconds; nothing if it is null.
pub(super) fn future<H: Host>(
    host: &mut H,
    object: u64,
    request: PromiseUse,
    time: u64,
) -> Result<Option<u64>, Stop> {
    if object == 0 {
        return Ok(None);
    }
    host.use_shared(object, request.into(), Some(ms(time)))
}

/// Makes a token that is linked to another one.
pub(super) fn link<H: Host>(host: &mut H, parent: u64) -> Result<u64, Stop> {
    let parent = not_null(host, parent, "CancelToken.Linked")?;
    let child = host.make_shared(Token::linked(parent).into())?;
    if ask(host, parent, TokenUse::Adopt(child))? == 1 {
        ask(host, child, TokenUse::Cancel)?;
    }
    Ok(child)
}

/// Cancels a token and, one after the other, those that are linked to it.
pub(super) fn cancel<H: Host>(host: &mut H, token: u64) -> Result<(), Stop> {
    let mut open = vec![token];
    while let Some(next) = open.pop() {
        for number in 0..ask(host, next, TokenUse::Cancel)? {
            open.push(ask(host, next, TokenUse::Child(number))?);
        }
    }
    Ok(())
}

/// Whether a token, or one that it is linked to, is cancelled.
pub(super) fn is_cancelled<H: Host>(host: &mut H, token: u64) -> Result<bool, Stop> {
    let mut next = token;
    loop {
        match ask(host, next, TokenUse::IsCancelled)? {
            0 => return Ok(false),
            1 => return Ok(true),
            parent => next = parent,
        }
    }
}

/// Waits at a condition variable, without the mutex, for at most this many milliseconds if there is a limit; whether a
/// notification came.
pub(super) fn wait<H: Host>(
    host: &mut H,
    condition: u64,
    mutex: u64,
    time: Option<u64>,
) -> Result<bool, Stop> {
    let condition = not_null(host, condition, "Condition.Wait")?;
    let mutex = not_null(host, mutex, "Condition.Wait")?;
    if ask(host, mutex, MutexUse::IsMine)? == 0 {
        return Err(host.fail(TrapKind::DoubleUnlock, "Condition.Wait: not owner".into()));
    }
    ask(host, condition, ConditionUse::Enlist)?;
    ask(host, mutex, MutexUse::Unlock)?;
    let notified = host.use_shared(condition, ConditionUse::Await.into(), time.map(ms))?;
    ask(host, mutex, MutexUse::Lock)?;
    Ok(notified.is_some())
}
