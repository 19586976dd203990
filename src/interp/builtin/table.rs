//! The rows of the runtime's functions; more than 600 lines because it is one table.

use super::ask::{
    ask, ask_within, boxed, cancel, drain_within, future, is_cancelled, key, link, make, make_pool,
    option, pool, promise, rethrow, shut_down, snapshot, submit, take_task, wait,
};
use super::parts::{IntoWord, claim, float_text, ms, not_null, start, thread_at};
use super::text;
use crate::il::{MemoryOrder, RmwOp, Signature, Type};
use crate::interp::shared::{
    Barrier, BarrierUse, Channel, ChannelUse, Condition, ConditionUse, Elements, Gate, GateUse,
    Map, MapUse, Mutex, MutexUse, Parker, ParkerUse, PoolUse, Promise, PromiseUse, Queue, QueueUse,
    RwLock, RwLockUse, Sequence, SequenceUse, Token, TokenUse, ValueKind, ValueUse,
};
use crate::interp::{Host, Stop, TrapKind, memory};

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
    /// Traps `assertion` with the message unless the two are equal; the first is what was expected.
    AssertEq "Core.Diagnostics.AssertEq" [] (I64, I64, Str) -> Void
        |host, args| claim(host, args, "AssertEq failed", |it| it[0] == it[1], |it| format!("expected {}, got {}", it[0], it[1]))?;
    /// Traps `assertion` with the message if the two are equal.
    AssertNeq "Core.Diagnostics.AssertNeq" [] (I64, I64, Str) -> Void
        |host, args| claim(host, args, "AssertNeq failed", |it| it[0] != it[1], |it| format!("values should not be equal (both are {})", it[0]))?;
    /// Traps `assertion` with the message unless the first is greater.
    AssertGt "Core.Diagnostics.AssertGt" [] (I64, I64, Str) -> Void
        |host, args| claim(host, args, "AssertGt failed", |it| it[0] > it[1], |it| format!("expected {} > {}", it[0], it[1]))?;
    /// Traps `assertion` with the message unless the first is less.
    AssertLt "Core.Diagnostics.AssertLt" [] (I64, I64, Str) -> Void
        |host, args| claim(host, args, "AssertLt failed", |it| it[0] < it[1], |it| format!("expected {} < {}", it[0], it[1]))?;
    /// Traps `assertion` with the message unless the first is greater or the same.
    AssertGte "Core.Diagnostics.AssertGte" [] (I64, I64, Str) -> Void
        |host, args| claim(host, args, "AssertGte failed", |it| it[0] >= it[1], |it| format!("expected {} >= {}", it[0], it[1]))?;
    /// Traps `assertion` with the message unless the first is less or the same.
    AssertLte "Core.Diagnostics.AssertLte" [] (I64, I64, Str) -> Void
        |host, args| claim(host, args, "AssertLte failed", |it| it[0] <= it[1], |it| format!("expected {} <= {}", it[0], it[1]))?;
    /// Traps `assertion` with the message unless the strings are equal; the first is what was expected.
    AssertEqStr "Core.Diagnostics.AssertEqStr" [] (Str, Str, Str) -> Void |host, args| {
        let (expected, got) = (host.text(args[0])?, host.text(args[1])?);
        let detail = |_: [i64; 2]| format!("expected {expected:?}, got {got:?}");
        claim(host, &[0, 0, args[2]], "AssertEqStr failed", |_| expected == got, detail)?;
    };
    /// Traps `assertion` with the message unless the object is null.
    AssertNull "Core.Diagnostics.AssertNull" [] (Ptr, Str) -> Void
        |host, args| claim(host, &[args[0], 0, args[1]], "AssertNull failed", |it| it[0] == 0, |_| "expected null, got non-null object".into())?;
    /// Traps `assertion` with the message if the object is null.
    AssertNotNull "Core.Diagnostics.AssertNotNull" [] (Ptr, Str) -> Void
        |host, args| claim(host, &[args[0], 0, args[1]], "AssertNotNull failed", |it| it[0] != 0, |_| "expected non-null, got null".into())?;
    /// Traps `assertion` with the message.
    AssertFail "Core.Diagnostics.AssertFail" [] (Str) -> Void
        |host, args| claim(host, &[0, 0, args[0]], "AssertFail called", |_| false, |_| String::new())?;
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

    /// The first characters, at most the given number; a negative number traps `domain-error`, here and below.
    Left "String.Left" [] (Str, I64) -> Str |host, args| text::left(host, args)?;
    /// The last characters, at most the given number.
    Right "String.Right" [] (Str, I64) -> Str |host, args| text::right(host, args)?;
    /// The characters from a position, counted from 1; a position below 1 traps `domain-error`.
    Mid "String.Mid" [] (Str, I64) -> Str |host, args| text::mid(host, args)?;
    /// The characters from a position, at most the given number.
    MidLen "String.MidLen" [] (Str, I64, I64) -> Str |host, args| text::mid_len(host, args)?;
    /// The position of the second string in the first, from 1; 0 if it is not there.
    IndexOf "String.IndexOf" [] (Str, Str) -> I64 |host, args| text::index_of(host, args[0], 1, args[1])?;
    /// As `IndexOf`, at or after a position, which is at most the one after the end.
    IndexOfFrom "String.IndexOfFrom" [] (Str, I64, Str) -> I64
        |host, args| text::index_of(host, args[0], args[1], args[2])?;
    /// With capital letters.
    ToUpper "String.ToUpper" [] (Str) -> Str |host, args| text::mapped(host, args[0], str::to_uppercase)?;
    /// With small letters.
    ToLower "String.ToLower" [] (Str) -> Str |host, args| text::mapped(host, args[0], str::to_lowercase)?;
    /// Without blanks around it.
    Trim "String.Trim" [] (Str) -> Str |host, args| text::mapped(host, args[0], |it| it.trim().to_owned())?;
    /// Without blanks before it.
    TrimStart "String.TrimStart" [] (Str) -> Str
        |host, args| text::mapped(host, args[0], |it| it.trim_start().to_owned())?;
    /// Without blanks after it.
    TrimEnd "String.TrimEnd" [] (Str) -> Str
        |host, args| text::mapped(host, args[0], |it| it.trim_end().to_owned())?;
    /// The character with a number; traps `domain-error` unless it is between 0 and 255.
    Chr "String.Chr" [] (I64) -> Str |host, args| text::chr(host, args[0])?;
    /// The number of the first character; 0 if there is none.
    Asc "String.Asc" [] (Str) -> I64
        |host, args| host.text(args[0])?.chars().next().map_or(0, |it| u64::from(u32::from(it)));
    /// -1, 0 or 1: whether the first string is before, equal to or after the second, by their bytes.
    Compare "String.Compare" ["String.Cmp"] (Str, Str) -> I64 |host, args| text::compare(host, args)?;
    /// Whether two strings are equal.
    Equals "String.Equals" [] (Str, Str) -> I1 |host, args| text::compare(host, args)? == 0;
    /// A float as text, as `PrintF64` prints it.
    ToStringDouble "Core.Convert.ToStringDouble" ["Core.Convert.ToString_Double", "Convert.ToStringDouble"] (F64) -> Str
        |host, args| host.intern(&float_text(f64::from_bits(args[0])))?;
    /// The number at the beginning of a text, as BASIC's `VAL`; 0 if there is none.
    Val "Drawloom.Val" [] (Str) -> F64
        |host, args| text::leading_number(&host.text(args[0])?).to_bits();
    /// The text with blanks up to the next zone of 14 columns, as BASIC's `PRINT` has them.
    ToZone "Drawloom.ToZone" [] (Str) -> Str |host, args| text::mapped(host, args[0], text::to_zone)?;
    /// One number to the power of another.
    Pow "Math.Pow" [] (F64, F64) -> F64
        |_host, args| f64::from_bits(args[0]).powf(f64::from_bits(args[1])).to_bits();
    /// The square root; NaN of a negative number.
    Sqrt "Math.Sqrt" [] (F64) -> F64 |_host, args| f64::from_bits(args[0]).sqrt().to_bits();
    /// Rounded down.
    Floor "Math.Floor" [] (F64) -> F64 |_host, args| f64::from_bits(args[0]).floor().to_bits();
    /// Rounded up.
    Ceil "Math.Ceil" [] (F64) -> F64 |_host, args| f64::from_bits(args[0]).ceil().to_bits();

    /// Starts a thread at a `void()` or a `void(ptr)`, which gets the second argument; gives its
    /// handle. The program stops when a trap ends it.
    Start "Threads.Thread.Start" ["Threads.Thread.StartOwned"] (Ptr, Ptr) -> Ptr
        |host, args| start(host, args, false)?;
    /// As `Start`; an uncaught trap is kept for `HasError` and `Error` instead.
    StartSafe "Threads.Thread.StartSafe" ["Threads.Thread.StartSafeOwned"] (Ptr, Ptr) -> Ptr
        |host, args| start(host, args, true)?;
    /// Waits until a thread has ended. Any number of threads may, any number of times.
    Join "Threads.Thread.Join" ["Threads.Thread.SafeJoin"] (Ptr) -> Void
        |host, args| { let thread = thread_at(host, args[0], "Join")?; host.join(thread)? };
    /// Whether a thread has ended.
    TryJoin "Threads.Thread.TryJoin" [] (Ptr) -> I1
        |host, args| { let thread = thread_at(host, args[0], "TryJoin")?; host.try_join(thread)? };
    /// Waits until a thread has ended, for at most the given number of milliseconds; whether it has.
    JoinFor "Threads.Thread.JoinFor" [] (Ptr, I64) -> I1
        |host, args| { let thread = thread_at(host, args[0], "JoinFor")?; host.join_for(thread, ms(args[1]))? };
    /// A thread's number, from 1 in the order of starts.
    Id "Threads.Thread.Id" ["Threads.Thread.get_Id", "Threads.Thread.SafeGetId"] (Ptr) -> I64
        |host, args| u64::from(thread_at(host, args[0], "get_Id")?.0);
    /// Whether a thread has not ended yet.
    IsAlive "Threads.Thread.IsAlive" ["Threads.Thread.get_IsAlive", "Threads.Thread.SafeIsAlive"] (Ptr) -> I1
        |host, args| { let thread = thread_at(host, args[0], "get_IsAlive")?; host.is_alive(thread)? };
    /// Whether a trap ended a thread that `StartSafe` started.
    HasError "Threads.Thread.HasError" ["Threads.Thread.get_HasError"] (Ptr) -> I1
        |host, args| { let thread = thread_at(host, args[0], "HasError")?; host.error_of(thread)?.is_some() };
    /// The trap that ended a thread that `StartSafe` started; empty when none did.
    Error "Threads.Thread.Error" ["Threads.Thread.get_Error"] (Ptr) -> Str |host, args| {
        let thread = thread_at(host, args[0], "Error")?;
        let text = host.error_of(thread)?.unwrap_or_default();
        host.intern(&text)?
    };
    /// Does nothing for the given number of milliseconds; a negative time is none, here and elsewhere.
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
        |host, args| { let at = not_null(host, args[0], "SafeI64.Get")?; memory::atomic_load(host, at, MemoryOrder::SeqCst)? };
    /// Sets a counter.
    SafeSet "Threads.SafeI64.Set" [] (Ptr, I64) -> Void
        |host, args| { let at = not_null(host, args[0], "SafeI64.Set")?; memory::atomic_store(host, at, args[1], MemoryOrder::SeqCst)? };
    /// Adds to a counter, wrapping; the new value.
    SafeAdd "Threads.SafeI64.Add" [] (Ptr, I64) -> I64 |host, args| {
        let at = not_null(host, args[0], "SafeI64.Add")?;
        let old = memory::atomic_rmw(host, at, RmwOp::Add, args[1], MemoryOrder::SeqCst)?;
        old.wrapping_add(args[1])
    };
    /// Sets a counter to the third argument if it equals the second; the old value.
    SafeCas "Threads.SafeI64.CompareExchange" [] (Ptr, I64, I64) -> I64 |host, args| {
        let at = not_null(host, args[0], "SafeI64.CompareExchange")?;
        memory::atomic_cas(host, at, args[1], args[2], MemoryOrder::SeqCst, MemoryOrder::SeqCst)?
    };

    /// Takes a monitor, waiting in line; counts when this thread has it already.
    Enter "Threads.Monitor.Enter" [] (Ptr) -> Void
        |host, args| { let object = not_null(host, args[0], "Monitor.Enter")?; host.monitor_enter(object)? };
    /// Gives a monitor up once; traps unless this thread has it.
    Exit "Threads.Monitor.Exit" [] (Ptr) -> Void
        |host, args| { let object = not_null(host, args[0], "Monitor.Exit")?; host.monitor_exit(object)? };
    /// Takes a monitor if that needs no waiting; whether it did.
    TryEnter "Threads.Monitor.TryEnter" [] (Ptr) -> I1
        |host, args| { let object = not_null(host, args[0], "Monitor.TryEnter")?; host.monitor_try_enter(object)? };
    /// Takes a monitor within the given number of milliseconds; whether it did.
    TryEnterFor "Threads.Monitor.TryEnterFor" [] (Ptr, I64) -> I1
        |host, args| { let object = not_null(host, args[0], "Monitor.TryEnterFor")?; host.monitor_enter_for(object, ms(args[1]))? };
    /// Gives a monitor up, waits for a `Pause`, and takes it back.
    Wait "Threads.Monitor.Wait" [] (Ptr) -> Void
        |host, args| { let object = not_null(host, args[0], "Monitor.Wait")?; host.monitor_wait(object)? };
    /// As `Wait` for at most the given number of milliseconds; whether a `Pause` came.
    WaitFor "Threads.Monitor.WaitFor" [] (Ptr, I64) -> I1
        |host, args| { let object = not_null(host, args[0], "Monitor.WaitFor")?; host.monitor_wait_for(object, ms(args[1]))? };
    /// Notifies the thread that has waited longest; traps unless this thread has the monitor.
    Pause "Threads.Monitor.Pause" ["Threads.Monitor.Notify"] (Ptr) -> Void
        |host, args| { let object = not_null(host, args[0], "Monitor.Pause")?; host.monitor_notify(object, false)? };
    /// Notifies all waiting threads; traps unless this thread has the monitor.
    PauseAll "Threads.Monitor.PauseAll" ["Threads.Monitor.NotifyAll"] (Ptr) -> Void
        |host, args| { let object = not_null(host, args[0], "Monitor.PauseAll")?; host.monitor_notify(object, true)? };

    /// A gate with the given number of permits.
    GateNew "Threads.Gate.New" [] (I64) -> Ptr
        |host, args| { let gate = Gate::new(args[0] as i64); make(host, gate)? };
    /// Takes a permit, waiting in line for one.
    GateEnter "Threads.Gate.Enter" [] (Ptr) -> Void
        |host, args| ask(host, args[0], GateUse::Enter)?;
    /// Takes a permit if that needs no waiting; whether it did.
    GateTryEnter "Threads.Gate.TryEnter" [] (Ptr) -> I1
        |host, args| ask_within(host, args[0], "TryEnter", GateUse::Enter, 0)?.is_some();
    /// Takes a permit within the given number of milliseconds; whether it did.
    GateTryEnterFor "Threads.Gate.TryEnterFor" [] (Ptr, I64) -> I1
        |host, args| ask_within(host, args[0], "TryEnterFor", GateUse::Enter, args[1])?.is_some();
    /// Gives a permit back, or one more.
    GateLeave "Threads.Gate.Leave" [] (Ptr) -> Void
        |host, args| ask(host, args[0], GateUse::Leave(1))?;
    /// Gives back the given number of permits.
    GateLeaveMany "Threads.Gate.LeaveMany" [] (Ptr, I64) -> Void
        |host, args| ask(host, args[0], GateUse::Leave(args[1] as i64))?;
    /// The number of permits that nobody has.
    GatePermits "Threads.Gate.Permits" ["Threads.Gate.get_Permits"] (Ptr) -> I64
        |host, args| ask(host, args[0], GateUse::Permits)?;

    /// A barrier for the given number of threads.
    BarrierNew "Threads.Barrier.New" [] (I64) -> Ptr
        |host, args| { let barrier = Barrier::new(args[0] as i64); make(host, barrier)? };
    /// Arrives and waits until all have; how many were there before.
    BarrierArrive "Threads.Barrier.Arrive" [] (Ptr) -> I64
        |host, args| ask(host, args[0], BarrierUse::Arrive)?;
    /// Traps `invalid-operation` if threads wait; otherwise nothing is left to reset.
    BarrierReset "Threads.Barrier.Reset" [] (Ptr) -> Void
        |host, args| ask(host, args[0], BarrierUse::Reset)?;
    /// How many threads a barrier is for.
    BarrierParties "Threads.Barrier.Parties" ["Threads.Barrier.get_Parties"] (Ptr) -> I64
        |host, args| ask(host, args[0], BarrierUse::Parties)?;
    /// How many threads have arrived and wait.
    BarrierWaiting "Threads.Barrier.Waiting" ["Threads.Barrier.get_Waiting"] (Ptr) -> I64
        |host, args| ask(host, args[0], BarrierUse::Waiting)?;

    /// A lock for readers or one writer.
    RwLockNew "Threads.RwLock.New" [] () -> Ptr
        |host, _args| make(host, Ok(RwLock::default()))?;
    /// Enters as a reader, waiting for writers, also for those that only wait.
    ReadEnter "Threads.RwLock.ReadEnter" [] (Ptr) -> Void
        |host, args| ask(host, args[0], RwLockUse::ReadEnter)?;
    /// Enters as a reader if that needs no waiting; whether it did.
    TryReadEnter "Threads.RwLock.TryReadEnter" [] (Ptr) -> I1
        |host, args| ask(host, args[0], RwLockUse::TryReadEnter)?;
    /// Leaves as a reader; traps unless this thread is one.
    ReadExit "Threads.RwLock.ReadExit" [] (Ptr) -> Void
        |host, args| ask(host, args[0], RwLockUse::ReadExit)?;
    /// Enters as a writer, waiting for readers and writers; again if this thread writes already.
    WriteEnter "Threads.RwLock.WriteEnter" [] (Ptr) -> Void
        |host, args| ask(host, args[0], RwLockUse::WriteEnter)?;
    /// Enters as a writer if that needs no waiting; whether it did.
    TryWriteEnter "Threads.RwLock.TryWriteEnter" [] (Ptr) -> I1
        |host, args| ask(host, args[0], RwLockUse::TryWriteEnter)?;
    /// Leaves as a writer once; traps unless this thread is the writer.
    WriteExit "Threads.RwLock.WriteExit" [] (Ptr) -> Void
        |host, args| ask(host, args[0], RwLockUse::WriteExit)?;
    /// How often readers have entered and not left.
    Readers "Threads.RwLock.Readers" ["Threads.RwLock.get_Readers"] (Ptr) -> I64
        |host, args| ask(host, args[0], RwLockUse::Readers)?;
    /// Whether a thread writes.
    IsWriteLocked "Threads.RwLock.IsWriteLocked" ["Threads.RwLock.get_IsWriteLocked"] (Ptr) -> I1
        |host, args| ask(host, args[0], RwLockUse::IsWriteLocked)?;

    /// A queue without a bound.
    QueueNew "Threads.ConcurrentQueue.New" [] () -> Ptr
        |host, _args| make(host, Ok(Queue::default()))?;
    /// Adds an item; traps `invalid-operation` once the queue is closed.
    QueuePush "Threads.ConcurrentQueue.Enqueue" ["Threads.ConcurrentQueue.Push"] (Ptr, Ptr) -> Void
        |host, args| ask(host, args[0], QueueUse::Push(args[1]))?;
    /// Takes the oldest item, waiting for one; null once the queue is closed and empty.
    QueuePop "Threads.ConcurrentQueue.Dequeue" ["Threads.ConcurrentQueue.Pop"] (Ptr) -> Ptr
        |host, args| ask(host, args[0], QueueUse::Pop)?;
    /// Takes the oldest item, or null if there is none.
    QueueTryPop "Threads.ConcurrentQueue.TryDequeue" [] (Ptr) -> Ptr
        |host, args| ask_within(host, args[0], "TryDequeue", QueueUse::Pop, 0)?.unwrap_or(0);
    /// The same as an option, which tells a null item from none.
    QueueTryPopOption "Threads.ConcurrentQueue.TryDequeueOption" ["Threads.ConcurrentQueue.TryPop"] (Ptr) -> Ptr
        |host, args| { let item = ask_within(host, args[0], "TryDequeueOption", QueueUse::Pop, 0)?; option(host, item)? };
    /// Takes the oldest item within the given number of milliseconds, or null.
    QueuePopFor "Threads.ConcurrentQueue.DequeueTimeout" ["Threads.ConcurrentQueue.PopFor"] (Ptr, I64) -> Ptr
        |host, args| ask_within(host, args[0], "DequeueTimeout", QueueUse::Pop, args[1])?.unwrap_or(0);
    /// The oldest item, which stays, or null.
    QueuePeek "Threads.ConcurrentQueue.Peek" [] (Ptr) -> Ptr
        |host, args| ask(host, args[0], QueueUse::Peek)?;
    /// Removes all items.
    QueueClear "Threads.ConcurrentQueue.Clear" [] (Ptr) -> Void
        |host, args| ask(host, args[0], QueueUse::Clear)?;
    /// Lets nobody add, and nobody wait, any more.
    QueueClose "Threads.ConcurrentQueue.Close" [] (Ptr) -> Void
        |host, args| ask(host, args[0], QueueUse::Close)?;
    /// The number of items.
    QueueCount "Threads.ConcurrentQueue.Count" ["Threads.ConcurrentQueue.get_Count"] (Ptr) -> I64
        |host, args| ask(host, args[0], QueueUse::Count)?;
    /// Whether there is no item.
    QueueIsEmpty "Threads.ConcurrentQueue.IsEmpty" ["Threads.ConcurrentQueue.get_IsEmpty"] (Ptr) -> I1
        |host, args| ask(host, args[0], QueueUse::IsEmpty)?;
    /// Whether the queue is closed.
    QueueIsClosed "Threads.ConcurrentQueue.IsClosed" ["Threads.ConcurrentQueue.get_IsClosed"] (Ptr) -> I1
        |host, args| ask(host, args[0], QueueUse::IsClosed)?;

    /// A map from strings to objects.
    MapNew "Threads.ConcurrentMap.New" [] () -> Ptr
        |host, _args| make(host, Ok(Map::default()))?;
    /// Gives a key a value.
    MapSet "Threads.ConcurrentMap.Set" [] (Ptr, Str, Ptr) -> Void
        |host, args| { let key = key(host, args[1])?; ask(host, args[0], MapUse::Set(key, args[2]))? };
    /// The value of a key, or null.
    MapGet "Threads.ConcurrentMap.Get" [] (Ptr, Str) -> Ptr
        |host, args| { let key = key(host, args[1])?; ask(host, args[0], MapUse::Get(key))? };
    /// The value of a key, or the third argument.
    MapGetOr "Threads.ConcurrentMap.GetOr" [] (Ptr, Str, Ptr) -> Ptr |host, args| {
        let key = key(host, args[1])?;
        ask_within(host, args[0], "GetOr", MapUse::Get(key), 0)?.unwrap_or(args[2])
    };
    /// Whether there is a key.
    MapHas "Threads.ConcurrentMap.Has" [] (Ptr, Str) -> I1
        |host, args| { let key = key(host, args[1])?; ask(host, args[0], MapUse::Has(key))? };
    /// Gives a key a value unless it has one; whether it had none.
    MapSetIfMissing "Threads.ConcurrentMap.SetIfMissing" [] (Ptr, Str, Ptr) -> I1
        |host, args| { let key = key(host, args[1])?; ask(host, args[0], MapUse::SetIfMissing(key, args[2]))? };
    /// Removes a key; whether it was there.
    MapRemove "Threads.ConcurrentMap.Remove" [] (Ptr, Str) -> I1
        |host, args| { let key = key(host, args[1])?; ask(host, args[0], MapUse::Remove(key))? };
    /// Removes all keys.
    MapClear "Threads.ConcurrentMap.Clear" [] (Ptr) -> Void
        |host, args| ask(host, args[0], MapUse::Clear)?;
    /// The keys that a map has now, as a sequence of strings, in the order of their bytes.
    MapKeys "Threads.ConcurrentMap.Keys" [] (Ptr) -> Ptr
        |host, args| snapshot(host, args[0], Elements::Strings)?;
    /// The values that a map has now, as a sequence, in the order of their keys.
    MapValues "Threads.ConcurrentMap.Values" [] (Ptr) -> Ptr
        |host, args| snapshot(host, args[0], Elements::Objects)?;
    /// The number of keys.
    MapCount "Threads.ConcurrentMap.Count" ["Threads.ConcurrentMap.get_Count"] (Ptr) -> I64
        |host, args| ask(host, args[0], MapUse::Count)?;
    /// Whether there is no key.
    MapIsEmpty "Threads.ConcurrentMap.IsEmpty" ["Threads.ConcurrentMap.get_IsEmpty"] (Ptr) -> I1
        |host, args| ask(host, args[0], MapUse::IsEmpty)?;

    /// A channel of this capacity, at least 0 and at most a million.
    ChannelNew "Threads.Channel.New" [] (I64) -> Ptr
        |host, args| make(host, Ok(Channel::new(args[0] as i64)))?;
    /// Sends an item, waiting for room, or for a receiver if the capacity is 0; traps `invalid-operation` once the
    /// channel is closed.
    ChannelSend "Threads.Channel.Send" [] (Ptr, Ptr) -> Void
        |host, args| ask(host, args[0], ChannelUse::Send(args[1]))?;
    /// Sends an item if that needs no waiting; whether it did.
    ChannelTrySend "Threads.Channel.TrySend" [] (Ptr, Ptr) -> I1
        |host, args| ask(host, args[0], ChannelUse::TrySend(args[1]))?;
    /// Sends an item within the given number of milliseconds; whether it did.
    ChannelSendFor "Threads.Channel.SendFor" [] (Ptr, Ptr, I64) -> I1 |host, args| {
        let (item, time) = (args[1], args[2]);
        let request = if ms(time) == 0 { ChannelUse::TrySend(item) } else { ChannelUse::SendFor(item) };
        ask_within(host, args[0], "SendFor", request, time)? == Some(1)
    };
    /// Receives the oldest item, waiting for one; null once the channel is closed and empty.
    ChannelRecv "Threads.Channel.Recv" [] (Ptr) -> Ptr
        |host, args| ask(host, args[0], ChannelUse::Recv)?;
    /// Receives the oldest item as an option, or none if there is none.
    ChannelTryRecv "Threads.Channel.TryRecv" [] (Ptr) -> Ptr
        |host, args| { let item = ask_within(host, args[0], "TryRecv", ChannelUse::TryRecv, 0)?; option(host, item)? };
    /// Receives the oldest item within the given number of milliseconds, or null.
    ChannelRecvFor "Threads.Channel.RecvFor" [] (Ptr, I64) -> Ptr |host, args| {
        let request = if ms(args[1]) == 0 { ChannelUse::TryRecv } else { ChannelUse::Recv };
        ask_within(host, args[0], "RecvFor", request, args[1])?.unwrap_or(0)
    };
    /// Lets nobody send any more.
    ChannelClose "Threads.Channel.Close" [] (Ptr) -> Void
        |host, args| ask(host, args[0], ChannelUse::Close)?;
    /// The number of items.
    ChannelCount "Threads.Channel.Count" ["Threads.Channel.get_Count"] (Ptr) -> I64
        |host, args| ask(host, args[0], ChannelUse::Count)?;
    /// How many items there can be.
    ChannelCapacity "Threads.Channel.Capacity" ["Threads.Channel.get_Capacity"] (Ptr) -> I64
        |host, args| ask(host, args[0], ChannelUse::Capacity)?;
    /// Whether the channel is closed.
    ChannelIsClosed "Threads.Channel.IsClosed" ["Threads.Channel.get_IsClosed"] (Ptr) -> I1
        |host, args| ask(host, args[0], ChannelUse::IsClosed)?;
    /// Whether there is no item.
    ChannelIsEmpty "Threads.Channel.IsEmpty" ["Threads.Channel.get_IsEmpty"] (Ptr) -> I1
        |host, args| ask(host, args[0], ChannelUse::IsEmpty)?;
    /// Whether a sender would wait.
    ChannelIsFull "Threads.Channel.IsFull" ["Threads.Channel.get_IsFull"] (Ptr) -> I1
        |host, args| ask(host, args[0], ChannelUse::IsFull)?;

    /// A promise.
    PromiseNew "Threads.Promise.New" [] () -> Ptr
        |host, _args| make(host, Ok(Promise::default()))?;
    /// The future of a promise, which is the same object.
    PromiseGetFuture "Threads.Promise.GetFuture" [] (Ptr) -> Ptr
        |host, args| { promise(host, args[0], "Promise", PromiseUse::IsDone)?; args[0] };
    /// Keeps a promise; traps `invalid-operation` if it is kept or broken already.
    PromiseSet "Threads.Promise.Set" ["Threads.Promise.SetOwned"] (Ptr, Ptr) -> Void
        |host, args| { promise(host, args[0], "Promise", PromiseUse::Set(args[1]))?; };
    /// Breaks a promise with an error; traps `invalid-operation` if it is kept or broken already.
    PromiseSetError "Threads.Promise.SetError" [] (Ptr, Str) -> Void |host, args| {
        let text = if args[1] == 0 { host.intern("Unknown error")? } else { args[1] };
        promise(host, args[0], "Promise", PromiseUse::SetError(text))?;
    };
    /// Whether a promise is kept or broken.
    PromiseIsDone "Threads.Promise.IsDone" ["Threads.Promise.get_IsDone"] (Ptr) -> I1
        |host, args| promise(host, args[0], "Promise", PromiseUse::IsDone)?.unwrap_or(0);
    /// The value of a promise, waiting for it; traps `runtime-error` with its error if it is broken.
    FutureGet "Threads.Future.Get" [] (Ptr) -> Ptr |host, args| {
        match promise(host, args[0], "Future", PromiseUse::Get)? {
            Some(value) => value,
            None => {
                let error = promise(host, args[0], "Future", PromiseUse::Error)?.unwrap_or(0);
                let message = host.text(error)?.to_string();
                return Err(host.fail(TrapKind::RuntimeError, message));
            }
        }
    };
    /// The value of a promise, or null if it has none yet.
    FutureTryGet "Threads.Future.TryGet" [] (Ptr) -> Ptr
        |host, args| future(host, args[0], PromiseUse::Get, 0)?.unwrap_or(0);
    /// The same as an option, which tells null from nothing.
    FutureTryGetOption "Threads.Future.TryGetOption" [] (Ptr) -> Ptr
        |host, args| { let value = future(host, args[0], PromiseUse::Get, 0)?; option(host, value)? };
    /// The value of a promise within the given number of milliseconds, or null.
    FutureGetFor "Threads.Future.GetFor" [] (Ptr, I64) -> Ptr
        |host, args| future(host, args[0], PromiseUse::Get, args[1])?.unwrap_or(0);
    /// Waits until a promise is kept or broken.
    FutureWait "Threads.Future.Wait" [] (Ptr) -> Void
        |host, args| { promise(host, args[0], "Future", PromiseUse::Wait)?; };
    /// The same within the given number of milliseconds; whether it was.
    FutureWaitFor "Threads.Future.WaitFor" [] (Ptr, I64) -> I1
        |host, args| future(host, args[0], PromiseUse::Wait, args[1])?.is_some();
    /// Whether a promise is kept or broken.
    FutureIsDone "Threads.Future.IsDone" ["Threads.Future.get_IsDone"] (Ptr) -> I1
        |host, args| future(host, args[0], PromiseUse::IsDone, 0)?.unwrap_or(0);
    /// Whether a promise is broken.
    FutureIsError "Threads.Future.IsError" ["Threads.Future.get_IsError"] (Ptr) -> I1
        |host, args| future(host, args[0], PromiseUse::Error, 0)?.is_some();
    /// The error of a promise, or an empty string.
    FutureError "Threads.Future.Error" ["Threads.Future.get_Error"] (Ptr) -> Str |host, args| {
        match future(host, args[0], PromiseUse::Error, 0)? { Some(error) => error, None => host.intern("")? }
    };

    /// A token that nobody has cancelled.
    TokenNew "Threads.CancelToken.New" [] () -> Ptr
        |host, _args| make(host, Ok(Token::default()))?;
    /// A token that is cancelled with this one.
    TokenLinked "Threads.CancelToken.Linked" [] (Ptr) -> Ptr
        |host, args| link(host, args[0])?;
    /// Cancels a token, and those that are linked to it.
    TokenCancel "Threads.CancelToken.Cancel" [] (Ptr) -> Void
        |host, args| cancel(host, args[0])?;
    /// Makes a token as if it had not been cancelled; those that are linked to it stay as they are.
    TokenReset "Threads.CancelToken.Reset" [] (Ptr) -> Void
        |host, args| ask(host, args[0], TokenUse::Reset)?;
    /// Whether a token, or one that it is linked to, is cancelled.
    TokenIsCancelled "Threads.CancelToken.IsCancelled" ["Threads.CancelToken.get_IsCancelled", "Threads.CancelToken.Check"] (Ptr) -> I1
        |host, args| is_cancelled(host, args[0])?;
    /// Traps `runtime-error` if a token is cancelled.
    TokenThrow "Threads.CancelToken.ThrowIfCancelled" [] (Ptr) -> Void |host, args| {
        if is_cancelled(host, args[0])? {
            let message = "OperationCancelledException: cancellation was requested".into();
            return Err(host.fail(TrapKind::RuntimeError, message));
        }
    };

    /// A pool with the given number of workers, at least 1 and at most 1024, which are threads of the program.
    PoolNew "Threads.Pool.New" [] (I64) -> Ptr
        |host, args| make_pool(host, args[0])?;
    /// Hands a task to a pool: a `void(ptr)` and its argument; whether the pool takes it. It does not if it is
    /// null or shut down, if the task is null, or if 65,536 tasks are pending.
    PoolSubmit "Threads.Pool.Submit" ["Threads.Pool.SubmitOwned"] (Ptr, Ptr, Ptr) -> I1
        |host, args| submit(host, args)?;
    /// Waits until no task is pending or active; traps `runtime-error` with the message of the newest trap of a task.
    PoolWait "Threads.Pool.Wait" [] (Ptr) -> Void
        |host, args| { let message = pool(host, args[0], PoolUse::Wait)?; rethrow(host, message.unwrap_or(0))? };
    /// The same within the given number of milliseconds; whether no task is left.
    PoolWaitFor "Threads.Pool.WaitFor" [] (Ptr, I64) -> I1
        |host, args| drain_within(host, args[0], args[1])?;
    /// Lets nobody submit, and waits until all tasks are done and all workers have left; traps as `Wait` does.
    PoolShutdown "Threads.Pool.Shutdown" [] (Ptr) -> Void
        |host, args| shut_down(host, args[0], PoolUse::Shutdown)?;
    /// The same, but removes the tasks that are pending.
    PoolShutdownNow "Threads.Pool.ShutdownNow" [] (Ptr) -> Void
        |host, args| shut_down(host, args[0], PoolUse::ShutdownNow)?;
    /// The number of workers.
    PoolSize "Threads.Pool.Size" ["Threads.Pool.get_Size"] (Ptr) -> I64
        |host, args| pool(host, args[0], PoolUse::Size)?.unwrap_or(0);
    /// The number of tasks that no worker has taken.
    PoolPending "Threads.Pool.Pending" ["Threads.Pool.get_Pending"] (Ptr) -> I64
        |host, args| pool(host, args[0], PoolUse::Pending)?.unwrap_or(0);
    /// The number of tasks that workers carry out.
    PoolActive "Threads.Pool.Active" ["Threads.Pool.get_Active"] (Ptr) -> I64
        |host, args| pool(host, args[0], PoolUse::Active)?.unwrap_or(0);
    /// Whether a pool is shut down.
    PoolIsShutdown "Threads.Pool.IsShutdown" ["Threads.Pool.get_IsShutdown"] (Ptr) -> I1
        |host, args| pool(host, args[0], PoolUse::IsShutdown)?.unwrap_or(1);
    /// For workers: takes a task, waiting for one, and writes its function and its argument to two cells; whether
    /// there was one. There is none any more when the pool is shut down.
    PoolTake "Drawloom.Pool.Take" [] (Ptr, Ptr) -> I1
        |host, args| take_task(host, args[0], args[1])?;
    /// For workers: their task is done.
    PoolFinish "Drawloom.Pool.Finish" [] (Ptr) -> Void
        |host, args| ask(host, args[0], PoolUse::Finish)?;
    /// For workers: their task has trapped, with this message.
    PoolFail "Drawloom.Pool.Fail" [] (Ptr, Str) -> Void
        |host, args| ask(host, args[0], PoolUse::Fail(args[1]))?;

    /// An integer as an object.
    BoxI64 "Core.Box.I64" [] (I64) -> Ptr |host, args| boxed(host, ValueKind::I64, args[0])?;
    /// A float as an object.
    BoxF64 "Core.Box.F64" [] (F64) -> Ptr |host, args| boxed(host, ValueKind::F64, args[0])?;
    /// A truth value as an object.
    BoxI1 "Core.Box.I1" [] (I1) -> Ptr |host, args| boxed(host, ValueKind::I1, args[0])?;
    /// A string as an object.
    BoxStr "Core.Box.Str" [] (Str) -> Ptr |host, args| boxed(host, ValueKind::Str, args[0])?;
    /// The integer in an object; traps `invalid-cast` if there is something else.
    ToI64 "Core.Box.ToI64" [] (Ptr) -> I64 |host, args| ask(host, args[0], ValueUse::As(ValueKind::I64))?;
    /// The float in an object; traps `invalid-cast`.
    ToF64 "Core.Box.ToF64" [] (Ptr) -> F64 |host, args| ask(host, args[0], ValueUse::As(ValueKind::F64))?;
    /// The truth value in an object; traps `invalid-cast`.
    ToI1 "Core.Box.ToI1" [] (Ptr) -> I1 |host, args| ask(host, args[0], ValueUse::As(ValueKind::I1))?;
    /// The string in an object; traps `invalid-cast`.
    ToStr "Core.Box.ToStr" [] (Ptr) -> Str |host, args| ask(host, args[0], ValueUse::As(ValueKind::Str))?;
    /// Whether an option has something.
    OptionIsSome "Option.IsSome" ["Option.get_IsSome"] (Ptr) -> I1 |_host, args| args[0] != 0;
    /// Whether an option has nothing.
    OptionIsNone "Option.IsNone" ["Option.get_IsNone"] (Ptr) -> I1 |_host, args| args[0] == 0;
    /// What an option has; traps `null-pointer` if that is nothing.
    OptionUnwrap "Option.Unwrap" [] (Ptr) -> Ptr |host, args| ask(host, args[0], ValueUse::As(ValueKind::Some))?;
    /// An object to enter: an empty list, which has no functions.
    ListNew "Collections.List.New" [] () -> Ptr |host, _args| boxed(host, ValueKind::Empty, 0)?;
    /// An empty sequence, which stays so.
    SeqNew "Collections.Seq.New" [] () -> Ptr
        |host, _args| make(host, Ok(Sequence::new(Elements::Objects, [].into())))?;
    /// The object at a position, from 0; traps `bounds`, and `invalid-cast` if there are strings.
    SeqGet "Collections.Seq.Get" [] (Ptr, I64) -> Ptr
        |host, args| ask(host, args[0], SequenceUse::Get(Elements::Objects, args[1] as i64))?;
    /// The string at a position, from 0; traps `bounds`, and `invalid-cast` if there are objects.
    SeqGetStr "Collections.Seq.GetStr" [] (Ptr, I64) -> Str
        |host, args| ask(host, args[0], SequenceUse::Get(Elements::Strings, args[1] as i64))?;
    /// The number of elements.
    SeqCount "Collections.Seq.Count" ["Collections.Seq.get_Count"] (Ptr) -> I64
        |host, args| ask(host, args[0], SequenceUse::Count)?;
    /// Whether there is no element.
    SeqIsEmpty "Collections.Seq.IsEmpty" ["Collections.Seq.get_IsEmpty"] (Ptr) -> I1
        |host, args| ask(host, args[0], SequenceUse::Count)? == 0;
    /// Whether two are the same object.
    RefEquals "Core.Object.RefEquals" [] (Ptr, Ptr) -> I1 |_host, args| args[0] == args[1];

    /// A lock that cannot be entered again.
    MutexNew "Drawloom.Mutex.New" [] () -> Ptr |host, _args| make(host, Ok(Mutex::default()))?;
    /// Takes a lock, waiting for its owner, even if that is this thread.
    MutexLock "Drawloom.Mutex.Lock" [] (Ptr) -> Void |host, args| ask(host, args[0], MutexUse::Lock)?;
    /// Takes a lock if that needs no waiting; whether it did.
    MutexTryLock "Drawloom.Mutex.TryLock" [] (Ptr) -> I1
        |host, args| ask_within(host, args[0], "TryLock", MutexUse::Lock, 0)?.is_some();
    /// Gives a lock up; traps unless this thread has it.
    MutexUnlock "Drawloom.Mutex.Unlock" [] (Ptr) -> Void |host, args| ask(host, args[0], MutexUse::Unlock)?;
    /// A condition variable.
    ConditionNew "Drawloom.Condition.New" [] () -> Ptr |host, _args| make(host, Ok(Condition::default()))?;
    /// Unlocks a mutex, waits for a notification, and locks the mutex again.
    ConditionWait "Drawloom.Condition.Wait" [] (Ptr, Ptr) -> Void
        |host, args| { wait(host, args[0], args[1], None)?; };
    /// As `Wait` for at most the given number of milliseconds; whether a notification came.
    ConditionWaitFor "Drawloom.Condition.WaitFor" [] (Ptr, Ptr, I64) -> I1
        |host, args| wait(host, args[0], args[1], Some(args[2]))?;
    /// Notifies the thread that has waited longest, whoever has the mutex.
    ConditionNotifyOne "Drawloom.Condition.NotifyOne" [] (Ptr) -> Void
        |host, args| ask(host, args[0], ConditionUse::NotifyOne)?;
    /// Notifies all waiting threads, whoever has the mutex.
    ConditionNotifyAll "Drawloom.Condition.NotifyAll" [] (Ptr) -> Void
        |host, args| ask(host, args[0], ConditionUse::NotifyAll)?;
    /// A place for one token, by which a thread is woken.
    ParkerNew "Drawloom.Parker.New" [] () -> Ptr |host, _args| make(host, Ok(Parker::default()))?;
    /// Takes the token, waiting for it.
    Park "Drawloom.Parker.Park" [] (Ptr) -> Void |host, args| ask(host, args[0], ParkerUse::Park)?;
    /// Takes the token within the given number of milliseconds; whether it did.
    ParkFor "Drawloom.Parker.ParkFor" [] (Ptr, I64) -> I1
        |host, args| ask_within(host, args[0], "ParkFor", ParkerUse::Park, args[1])?.is_some();
    /// Leaves a token, unless there is one.
    Unpark "Drawloom.Parker.Unpark" [] (Ptr) -> Void |host, args| ask(host, args[0], ParkerUse::Unpark)?;
}

/// The functions that take memory from the heap: a cell each, and `Alloc` what it is asked for.
pub const ALLOCATING: &[Builtin] = &[
    Builtin::Alloc,
    Builtin::SafeNew,
    Builtin::GateNew,
    Builtin::BarrierNew,
    Builtin::RwLockNew,
    Builtin::QueueNew,
    Builtin::QueueTryPopOption,
    Builtin::MapNew,
    Builtin::MapKeys,
    Builtin::MapValues,
    Builtin::ChannelNew,
    Builtin::ChannelTryRecv,
    Builtin::PromiseNew,
    Builtin::FutureTryGetOption,
    Builtin::TokenNew,
    Builtin::TokenLinked,
    Builtin::PoolNew,
    Builtin::BoxI64,
    Builtin::BoxF64,
    Builtin::BoxI1,
    Builtin::BoxStr,
    Builtin::ListNew,
    Builtin::SeqNew,
    Builtin::MutexNew,
    Builtin::ConditionNew,
    Builtin::ParkerNew,
];
