//! What functions ask of shared objects.

use super::parts::{check_task, ms, not_null};
use crate::interp::refusal::Refusal;
use crate::interp::shared::{
    ConditionUse, Elements, MapUse, MutexUse, Pool, PoolUse, PromiseUse, Sequence, Token, TokenUse,
    Value, ValueKind,
};
use crate::interp::{Host, Reply, Request, Shared, Start, Stop, Text, TrapKind, memory};

/// The function that the workers of a pool begin with.
pub(in crate::interp) const POOL_WORKER: &str = "Drawloom.Pool.Work";

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
    Ok(host.use_shared(object, request, None)?.word().unwrap_or_default())
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
    Ok(host.use_shared(object, request, Some(ms(time)))?.word())
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
    Ok(host.use_shared(object, request.into(), None)?.word())
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
    Ok(host.use_shared(object, request.into(), Some(ms(time)))?.word())
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
    Ok(notified.word().is_some())
}

/// What is in a map: a sequence of keys or of values, in the order of the keys' bytes.
pub(super) fn snapshot<H: Host>(host: &mut H, map: u64, elements: Elements) -> Result<u64, Stop> {
    let function = match elements {
        Elements::Strings => "ConcurrentMap.Keys",
        Elements::Objects => "ConcurrentMap.Values",
    };
    let map = not_null(host, map, function)?;
    let Reply::Words(words) = host.use_shared(map, MapUse::Entries.into(), None)? else {
        unreachable!("closed: a map has entries")
    };
    let mut entries: Vec<(Text, u64)> = Vec::new();
    for entry in words.chunks_exact(2) {
        let word = if elements == Elements::Strings { entry[0] } else { entry[1] };
        entries.push((host.text(entry[0])?, word));
    }
    entries.sort();
    let words = entries.into_iter().map(|(_, word)| word).collect();
    host.make_shared(Sequence::new(elements, words).into())
}

/// Makes a pool and starts its workers. If one cannot be started, those that have been end before the trap.
pub(super) fn make_pool<H: Host>(host: &mut H, size: u64) -> Result<u64, Stop> {
    let size = (size as i64).clamp(1, 1024) as u64;
    let function = host
        .functions()
        .iter()
        .position(|it| it.name == POOL_WORKER)
        .expect("closed: a module that declares Pool.New has workers") as u32;
    host.keep_answers();
    let pool = host.make_shared(Pool::new(size).into())?;
    for started in 0..size {
        let start = Start { function, argument: Some(pool), captures_errors: false };
        let Err(stop) = host.start(start) else { continue };
        let Stop::Trap(kind) = stop else { return Err(stop) };
        let message = host.take_message().unwrap_or_else(|| kind.describe().into());
        ask(host, pool, PoolUse::Abandon(started))?;
        ask(host, pool, PoolUse::End)?;
        return Err(host.fail(kind, format!("Pool.New: {message}")));
    }
    Ok(pool)
}

/// What a pool answers; `None` if it is null, of which Viper says nothing.
pub(super) fn pool<H: Host>(
    host: &mut H,
    pool: u64,
    request: PoolUse,
) -> Result<Option<u64>, Stop> {
    if pool == 0 {
        return Ok(None);
    }
    Ok(host.use_shared(pool, request.into(), None)?.word())
}

/// Hands a task to a pool; whether it takes it.
pub(super) fn submit<H: Host>(host: &mut H, args: &[u64]) -> Result<bool, Stop> {
    if args[0] == 0 || args[1] == 0 {
        return Ok(false);
    }
    check_task(host, args[1])?;
    Ok(pool(host, args[0], PoolUse::Submit(args[1], args[2]))? == Some(1))
}

/// Traps with the message of a task's trap, if there is one.
pub(super) fn rethrow<H: Host>(host: &mut H, message: u64) -> Result<(), Stop> {
    if message == 0 {
        return Ok(());
    }
    let message = host.text(message)?.to_string();
    Err(host.fail(TrapKind::RuntimeError, message))
}

/// Waits within this many milliseconds until a pool has no task any more; whether it has none.
pub(super) fn drain_within<H: Host>(host: &mut H, pool: u64, time: u64) -> Result<bool, Stop> {
    if pool == 0 {
        return Ok(true);
    }
    match host.use_shared(pool, PoolUse::WaitFor.into(), Some(ms(time)))?.word() {
        None => Ok(false),
        Some(message) => rethrow(host, message).map(|()| true),
    }
}

/// Shuts a pool down and waits until its workers have left.
pub(super) fn shut_down<H: Host>(host: &mut H, object: u64, request: PoolUse) -> Result<(), Stop> {
    pool(host, object, request)?;
    let message = pool(host, object, PoolUse::End)?;
    rethrow(host, message.unwrap_or(0))
}

/// Takes a task of a pool, if there will be one: its function and its argument, in two cells.
pub(super) fn take_task<H: Host>(host: &mut H, pool: u64, cells: u64) -> Result<bool, Stop> {
    let pool = not_null(host, pool, "Pool.Take")?;
    let Reply::Words(task) = host.use_shared(pool, PoolUse::Take.into(), None)? else {
        return Ok(false);
    };
    for (at, &word) in (cells..).step_by(8).zip(&*task) {
        memory::store(host, at, word)?;
    }
    Ok(true)
}
