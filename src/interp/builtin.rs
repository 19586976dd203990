//! The runtime's functions: those externs that every program finds without registering anything.
//!
//! A row of the table names the function, gives its signature and says, once, what it does in
//! terms of a [`Host`]. An extern that is registered under the same name takes its place.

use super::address::{function_index, thread_handle, thread_of_handle};
use super::memory;
use super::{Host, Start, Stop, ThreadId, TrapKind};
use crate::il::{MemoryOrder, RmwOp, Signature, Type};

/// Declares [`Builtin`] from its table.
macro_rules! builtins {
    ($( $(#[doc = $doc:literal])* $name:ident $text:literal [$($alias:literal),*] ($($param:ident),*) -> $result:ident
        |$host:ident, $args:ident| $body:expr; )*) => {
        /// A function of the runtime.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Builtin {
            $( $(#[doc = $doc])* $name, )*
        }

        impl Builtin {
            /// All of them, in the order of the table.
            pub const ALL: &[Builtin] = &[ $( Builtin::$name, )* ];

            /// The name without its `Viper.` or `Zanna.`.
            pub fn name(self) -> &'static str {
                match self { $( Builtin::$name => $text, )* }
            }

            /// What it does, line by line, each with a leading space.
            pub fn meaning(self) -> &'static [&'static str] {
                match self { $( Builtin::$name => &[ $($doc),* ], )* }
            }

            /// Other names for the same, without prefix.
            pub fn aliases(self) -> &'static [&'static str] {
                match self { $( Builtin::$name => &[ $($alias),* ], )* }
            }

            /// Parameters and result.
            pub fn signature(self) -> Signature {
                match self {
                    $( Builtin::$name => Signature { params: vec![$(Type::$param),*], result: Type::$result }, )*
                }
            }

            /// Carries it out. The arguments are the first of `words`. Gives the result's word, if
            /// there is a result.
            pub fn perform<H: Host>(self, host: &mut H, words: &[u64]) -> Result<u64, Stop> {
                Ok(match self {
                    $( Builtin::$name => {
                        let ($host, $args) = (host, words);
                        let _ = &$args;
                        $body.into_word()
                    } )*
                })
            }
        }
    };
}

builtins! {
    /// Prints an integer.
    PrintI64 "Terminal.PrintI64" ["Console.PrintI64", "rt_print_i64"] (I64) -> Void
        |host, args| host.print(&(args[0] as i64).to_string())?;
    /// Prints a float, as short as reads back to the same.
    PrintF64 "Terminal.PrintF64" ["Console.PrintF64", "rt_print_f64"] (F64) -> Void
        |host, args| host.print(&float_text(f64::from_bits(args[0])))?;
    /// Prints a string.
    PrintStr "Terminal.PrintStr" ["Terminal.Print", "Console.PrintStr", "rt_print_str"] (Str) -> Void
        |host, args| { let text = host.text(args[0])?; host.print(&text)? };
    /// Prints a string and ends the line.
    Say "Terminal.Say" [] (Str) -> Void
        |host, args| { let text = host.text(args[0])?; host.print(&format!("{text}\n"))? };
    /// Prints an integer and ends the line.
    SayInt "Terminal.SayInt" [] (I64) -> Void
        |host, args| host.print(&format!("{}\n", args[0] as i64))?;
    /// Prints a float and ends the line.
    SayNum "Terminal.SayNum" [] (F64) -> Void
        |host, args| host.print(&format!("{}\n", float_text(f64::from_bits(args[0]))))?;
    /// Reads a line, without its end; traps `eof` after the last one.
    ReadLine "Terminal.ReadLine" ["Console.ReadLine", "rt_input_line"] () -> Str
        |host, _args| { let line = host.read_line()?; host.intern(&line)? };

    /// Takes zeroed bytes from the heap, in whole cells of 8; at least one.
    Alloc "Memory.Alloc" ["rt_alloc"] (I64) -> Ptr |host, args| {
        let Ok(bytes) = u64::try_from(args[0] as i64) else {
            let message = format!("Memory.Alloc: negative size {}", args[0] as i64);
            return Err(host.fail(TrapKind::DomainError, message));
        };
        host.allocate(bytes.div_ceil(8).max(1))?
    };
    /// Gives back what `Alloc` gave, null aside; it may be handed out again. Traps `invalid-free`.
    Free "Memory.Free" ["rt_free"] (Ptr) -> Void |host, args| host.free(args[0])?;
    /// Traps `assertion` with the message unless the condition holds.
    Assert "Core.Diagnostics.Assert" ["Diagnostics.Assert"] (I1, Str) -> Void |host, args| {
        if args[0] == 0 {
            let message = host.text(args[1])?;
            return Err(host.fail(TrapKind::Assertion, message.to_string()));
        }
    };
    /// The number of arguments after `--`.
    ArgumentCount "Environment.GetArgumentCount" ["System.Environment.GetArgumentCount"] () -> I64
        |host, _args| host.arguments().len() as u64;
    /// An argument, counted from 0; traps `bounds`.
    Argument "Environment.GetArgument" ["System.Environment.GetArgument"] (I64) -> Str |host, args| {
        let arguments = host.arguments();
        match usize::try_from(args[0] as i64).ok().and_then(|i| arguments.get(i).cloned()) {
            Some(argument) => host.intern(&argument)?,
            None => {
                let message = format!("GetArgument: no argument {} of {}", args[0] as i64, arguments.len());
                return Err(host.fail(TrapKind::Bounds, message));
            }
        }
    };

    /// One string after the other.
    Concat "String.Concat" ["rt_concat"] (Str, Str) -> Str |host, args| {
        let (one, other) = (host.text(args[0])?, host.text(args[1])?);
        host.may_make(one.len() + other.len())?;
        host.intern(&format!("{one}{other}"))?
    };
    /// The length in bytes of UTF-8.
    Len "String.Len" ["String.Length", "String.get_Length", "rt_len"] (Str) -> I64
        |host, args| host.text(args[0])?.len() as u64;
    /// An integer as decimal text.
    ToStringInt "Core.Convert.ToStringInt" ["Core.Convert.ToString_Int", "Convert.ToStringInt"] (I64) -> Str
        |host, args| host.intern(&(args[0] as i64).to_string())?;
    /// Decimal text as an integer, spaces around it ignored; traps `invalid-cast`.
    ToInt64 "Core.Convert.ToInt64" ["Core.Convert.ToInt", "Convert.ToInt64", "rt_to_int"] (Str) -> I64
        |host, args| {
            let text = host.text(args[0])?;
            match text.trim().parse::<i64>() {
                Ok(value) => value as u64,
                Err(_) => {
                    let message = format!("ToInt64: '{text}' is not an integer");
                    return Err(host.fail(TrapKind::InvalidCast, message));
                }
            }
        };

    /// Starts a thread at a `void()` or a `void(ptr)`, which gets the second argument; gives its
    /// handle. The program stops when a trap ends it.
    Start "Threads.Thread.Start" [] (Ptr, Ptr) -> Ptr
        |host, args| start(host, args, false)?;
    /// As `Start`; an uncaught trap is kept for `HasError` and `Error` instead.
    StartSafe "Threads.Thread.StartSafe" [] (Ptr, Ptr) -> Ptr
        |host, args| start(host, args, true)?;
    /// Waits until a thread has ended. Any number of threads may, any number of times.
    Join "Threads.Thread.Join" ["Threads.Thread.SafeJoin"] (Ptr) -> Void
        |host, args| { let thread = thread_at(host, args[0], "Join")?; host.join(thread)? };
    /// Whether a thread has ended.
    TryJoin "Threads.Thread.TryJoin" [] (Ptr) -> I1
        |host, args| { let thread = thread_at(host, args[0], "TryJoin")?; host.try_join(thread)? };
    /// Waits until a thread has ended, for at most so many milliseconds; whether it has.
    JoinFor "Threads.Thread.JoinFor" [] (Ptr, I64) -> I1
        |host, args| { let thread = thread_at(host, args[0], "JoinFor")?; host.join_for(thread, ms(args[1]))? };
    /// A thread's number, from 1 in the order of starts.
    Id "Threads.Thread.Id" ["Threads.Thread.get_Id", "Threads.Thread.SafeGetId"] (Ptr) -> I64
        |host, args| u64::from(thread_at(host, args[0], "Id")?.0);
    /// Whether a thread has not ended yet.
    IsAlive "Threads.Thread.IsAlive" ["Threads.Thread.get_IsAlive", "Threads.Thread.SafeIsAlive"] (Ptr) -> I1
        |host, args| { let thread = thread_at(host, args[0], "IsAlive")?; host.is_alive(thread)? };
    /// Whether a trap ended a thread that `StartSafe` started.
    HasError "Threads.Thread.HasError" ["Threads.Thread.get_HasError"] (Ptr) -> I1
        |host, args| { let thread = thread_at(host, args[0], "HasError")?; host.error_of(thread)?.is_some() };
    /// The trap that ended a thread that `StartSafe` started; empty when none did.
    Error "Threads.Thread.Error" ["Threads.Thread.get_Error"] (Ptr) -> Str |host, args| {
        let thread = thread_at(host, args[0], "Error")?;
        let text = host.error_of(thread)?.unwrap_or_default();
        host.intern(&text)?
    };
    /// Does nothing for so many milliseconds; a negative time is none, here and elsewhere.
    Sleep "Threads.Thread.Sleep" [] (I64) -> Void |host, args| host.sleep(ms(args[0]))?;
    /// Lets other threads run.
    Yield "Threads.Thread.Yield" [] () -> Void |host, _args| host.yield_now()?;

    /// Whether a weak compare-exchange fails here without a cause: only where that is searched for,
    /// with `--spurious`.
    MayFail "Drawloom.MayFail" [] () -> I1 |host, _args| host.may_fail()?;

    /// A shared counter.
    SafeNew "Threads.SafeI64.New" [] (I64) -> Ptr
        |host, args| host.new_cell(args[0])?;
    /// A counter's value.
    SafeGet "Threads.SafeI64.Get" [] (Ptr) -> I64
        |host, args| memory::atomic_load(host, args[0], MemoryOrder::SeqCst)?;
    /// Sets a counter.
    SafeSet "Threads.SafeI64.Set" [] (Ptr, I64) -> Void
        |host, args| memory::atomic_store(host, args[0], args[1], MemoryOrder::SeqCst)?;
    /// Adds to a counter, wrapping; the new value.
    SafeAdd "Threads.SafeI64.Add" [] (Ptr, I64) -> I64 |host, args| {
        let old = memory::atomic_rmw(host, args[0], RmwOp::Add, args[1], MemoryOrder::SeqCst)?;
        old.wrapping_add(args[1])
    };
    /// Sets a counter to the third argument if it equals the second; the old value.
    SafeCas "Threads.SafeI64.CompareExchange" [] (Ptr, I64, I64) -> I64
        |host, args| memory::atomic_cas(host, args[0], args[1], args[2], MemoryOrder::SeqCst, MemoryOrder::SeqCst)?;

    /// Takes a monitor, waiting in line; counts when this thread has it already.
    Enter "Threads.Monitor.Enter" [] (Ptr) -> Void
        |host, args| { let object = monitor(host, args[0], "Enter")?; host.monitor_enter(object)? };
    /// Gives a monitor up once; traps unless this thread has it.
    Exit "Threads.Monitor.Exit" [] (Ptr) -> Void
        |host, args| { let object = monitor(host, args[0], "Exit")?; host.monitor_exit(object)? };
    /// Takes a monitor if that needs no waiting; whether it did.
    TryEnter "Threads.Monitor.TryEnter" [] (Ptr) -> I1
        |host, args| { let object = monitor(host, args[0], "TryEnter")?; host.monitor_try_enter(object)? };
    /// Takes a monitor within so many milliseconds; whether it did.
    TryEnterFor "Threads.Monitor.TryEnterFor" [] (Ptr, I64) -> I1
        |host, args| { let object = monitor(host, args[0], "TryEnterFor")?; host.monitor_enter_for(object, ms(args[1]))? };
    /// Gives a monitor up, waits for a `Pause`, and takes it back.
    Wait "Threads.Monitor.Wait" [] (Ptr) -> Void
        |host, args| { let object = monitor(host, args[0], "Wait")?; host.monitor_wait(object)? };
    /// As `Wait` for at most so many milliseconds; whether a `Pause` came.
    WaitFor "Threads.Monitor.WaitFor" [] (Ptr, I64) -> I1
        |host, args| { let object = monitor(host, args[0], "WaitFor")?; host.monitor_wait_for(object, ms(args[1]))? };
    /// Notifies the thread that has waited longest; traps unless this thread has the monitor.
    Pause "Threads.Monitor.Pause" ["Threads.Monitor.Notify"] (Ptr) -> Void
        |host, args| { let object = monitor(host, args[0], "Pause")?; host.monitor_notify(object, false)? };
    /// Notifies all waiting threads; traps unless this thread has the monitor.
    PauseAll "Threads.Monitor.PauseAll" ["Threads.Monitor.NotifyAll"] (Ptr) -> Void
        |host, args| { let object = monitor(host, args[0], "PauseAll")?; host.monitor_notify(object, true)? };
}

impl Builtin {
    /// The function with this name, whatever its case, under either of the project's prefixes.
    pub fn find(name: &str) -> Option<Builtin> {
        let bare = without_prefix(name);
        Builtin::ALL.iter().copied().find(|builtin| {
            builtin.name().eq_ignore_ascii_case(bare)
                || builtin.aliases().iter().any(|alias| alias.eq_ignore_ascii_case(bare))
        })
    }
}

/// An extern's name without `Viper.` or `Zanna.`, the two names of one project.
pub fn without_prefix(name: &str) -> &str {
    ["viper.", "zanna."]
        .into_iter()
        .find_map(|prefix| {
            let head = name.get(..prefix.len())?;
            head.eq_ignore_ascii_case(prefix).then(|| &name[prefix.len()..])
        })
        .unwrap_or(name)
}

/// What a row may evaluate to.
trait IntoWord {
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
fn ms(word: u64) -> u64 {
    u64::try_from(word as i64).unwrap_or(0)
}

/// As short as reads back to the same: decimal, or with an exponent where that is shorter by far.
fn float_text(value: f64) -> String {
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

fn monitor<H: Host>(host: &mut H, object: u64, operation: &str) -> Result<u64, Stop> {
    if object == 0 {
        let message = format!("Monitor.{operation}: null object");
        return Err(host.fail(TrapKind::NullPointer, message));
    }
    Ok(object)
}

fn thread_at<H: Host>(host: &mut H, handle: u64, operation: &str) -> Result<ThreadId, Stop> {
    if let Some(thread) = thread_of_handle(handle) {
        return Ok(thread);
    }
    Err(if handle == 0 {
        host.fail(TrapKind::NullPointer, format!("Thread.{operation}: null thread"))
    } else {
        host.fail(TrapKind::InvalidCast, format!("Thread.{operation}: not a thread"))
    })
}

/// The first three of `Thread.Start`'s five errors, in their order; the host has the other two.
fn start<H: Host>(host: &mut H, args: &[u64], safe: bool) -> Result<u64, Stop> {
    let (entry, argument) = (args[0], args[1]);
    if entry == 0 {
        return Err(host.fail(TrapKind::NullPointer, "Thread.Start: null entry".into()));
    }
    let known = function_index(entry)
        .and_then(|function| Some((function, host.functions().get(function as usize)?)));
    let Some((function, info)) = known else {
        return Err(host.fail(TrapKind::InvalidCast, "Thread.Start: invalid entry".into()));
    };
    if !info.is_thread_entry() {
        let message = format!(
            "Thread.Start: invalid entry signature: @{} is {}, not () -> void or (ptr) -> void",
            info.name, info.signature
        );
        return Err(host.fail(TrapKind::InvalidOperation, message));
    }
    let argument = (!info.signature.params.is_empty()).then_some(argument);
    Ok(thread_handle(host.start(Start { function, argument, captures_errors: safe })?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_under_both_prefixes_in_any_case() {
        for name in ["Viper.Terminal.PrintI64", "zanna.TERMINAL.printi64", "rt_print_i64"] {
            assert_eq!(Builtin::find(name), Some(Builtin::PrintI64), "{name}");
        }
        assert_eq!(Builtin::find("Viper.Terminal.PrintI65"), None);
        assert_eq!(Builtin::find("Vipér"), None);
    }

    #[test]
    fn no_two_functions_share_a_name() {
        let mut names: Vec<String> = Builtin::ALL
            .iter()
            .flat_map(|b| std::iter::once(b.name()).chain(b.aliases().iter().copied()))
            .map(str::to_ascii_lowercase)
            .collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }

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
