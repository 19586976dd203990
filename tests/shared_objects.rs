//! The functions of shared objects, one thread at a time: on the machine and in the reference they come to the same.
#![cfg(feature = "cli")]

#[path = "common/guest.rs"]
mod guest;

use std::fmt::Write as _;
use std::sync::Arc;

use drawloom::guest::explorer::{Explorer, Search};
use drawloom::guest::{Control, GuestEngine, MemoryModel, Options};
use drawloom::interp::Builtin;
use drawloom::lang::Language;
use drawloom::native::Loading;
use drawloom::reference::{Outcome, Subject};

/// What main prints, or the trap that ends it, on the machine and in the reference.
fn outcome(body: &str) -> String {
    let text = program(body);
    let printed = guest::Printed::default();
    let finished = Loading::new(guest::code_of(Language::Il, &text))
        .limits(guest::small_limits())
        .output(printed.clone())
        .initialise()
        .run();
    let machine = match &finished.result {
        Ok(exit) => Outcome::Finished { exit: *exit, output: printed.text().into() },
        Err(trap) => Outcome::of_trap(trap),
    };
    let subject = Arc::new(Subject::new(guest::checked_code_of(Language::Il, &text)));
    for (model, search) in [
        (MemoryModel::Sc, Search::Traces),
        (MemoryModel::Sc, Search::States),
        (MemoryModel::Sc, Search::Graphs),
        (MemoryModel::Rc11, Search::Graphs),
        (MemoryModel::C20, Search::Graphs),
    ] {
        let options = Options { keeps_going: true, ..Options::default() };
        let explorer = Explorer { model: Some(model), search, options };
        let tally = explorer.check(&subject, &Control::default()).tally;
        let outcomes: Vec<&Outcome> = tally.outcomes.keys().collect();
        assert_eq!(outcomes, [&machine], "{model:?} {search:?}\n{text}");
    }
    match finished.result {
        Ok(_) => printed.text().trim_end().replace('\n', " "),
        Err(trap) => format!("{}: {}", trap.kind, trap.message),
    }
}

/// A program whose main does this. Calls name functions without `@Viper.`; the declarations are made from them.
fn program(body: &str) -> String {
    let mut names: Vec<&str> = body
        .split("call !")
        .skip(1)
        .map(|call| call.split('(').next().expect("a call has arguments"))
        .collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| *name != "Core.Diagnostics.AssertFail");
    let mut externs = String::new();
    for name in &names {
        let builtin = Builtin::find(name).unwrap_or_else(|| panic!("no function {name}"));
        let _ = writeln!(externs, "extern {}{}", at(name), builtin.signature());
    }
    let mut calls = body.to_owned();
    for name in names.into_iter().chain(["Core.Diagnostics.AssertFail"]) {
        calls = calls.replace(&format!("call !{name}("), &format!("call {}(", at(name)));
    }
    format!(
        "il 0.3.0\n{externs}global const str @.a = \"a\"\nglobal const str @.b = \"b\"
extern @Viper.Core.Diagnostics.AssertFail(str) -> void\nglobal const str @.fails = \"it fails\"
func @fail(ptr %argument) -> void {{\nentry:\n  %text = const_str @.fails
  call @Viper.Core.Diagnostics.AssertFail(%text)\n  ret\n}}
func @main() -> i64 {{\nentry:\n  %a = const_str @.a\n  %b = const_str @.b\n{calls}  ret 0\n}}\n"
    )
}

fn at(name: &str) -> String {
    if name.starts_with("Drawloom.") { format!("@{name}") } else { format!("@Viper.{name}") }
}

#[test]
fn a_gate_counts_permits() {
    let printed = outcome(
        "  %gate = call !Threads.Gate.New(2)
  call !Threads.Gate.Enter(%gate)
  %in = call !Threads.Gate.TryEnter(%gate)
  %in_word = zext1 %in
  call !Terminal.SayInt(%in_word)
  %out = call !Threads.Gate.TryEnterFor(%gate, -5)
  %out_word = zext1 %out
  call !Terminal.SayInt(%out_word)
  call !Threads.Gate.LeaveMany(%gate, 4)
  call !Threads.Gate.Leave(%gate)
  %permits = call !Threads.Gate.get_Permits(%gate)
  call !Terminal.SayInt(%permits)\n",
    );
    assert_eq!(printed, "1 0 5");
}

#[test]
fn what_is_not_allowed_traps_in_the_words_of_the_page() {
    for (body, trap) in [
        (
            "  %o = call !Threads.Gate.New(-1)\n",
            "domain-error: Gate.New: permits cannot be negative",
        ),
        (
            "  %o = call !Threads.Barrier.New(0)\n",
            "domain-error: Barrier.New: parties must be >= 1",
        ),
        ("  call !Threads.Gate.Enter(null)\n", "null-pointer: Gate.Enter: null object"),
        (
            "  %o = call !Threads.Gate.TryEnterFor(null, 1)\n",
            "null-pointer: Gate.TryEnterFor: null object",
        ),
        (
            "  %o = call !Threads.RwLock.New()\n  call !Threads.Gate.Enter(%o)\n",
            "invalid-cast: Gate.Enter: not a gate",
        ),
        (
            "  %o = call !Threads.RwLock.New()\n  call !Threads.RwLock.ReadExit(%o)\n",
            "double-unlock: RwLock.ReadExit: exit without matching enter",
        ),
        (
            "  %o = call !Threads.ConcurrentQueue.New()\n  call !Threads.ConcurrentQueue.Close(%o)
  call !Threads.ConcurrentQueue.Push(%o, null)\n",
            "invalid-operation: ConcurrentQueue.Enqueue: queue is closed",
        ),
        (
            "  %o = call !Threads.Promise.New()\n  call !Threads.Promise.SetError(%o, %b)
  %v = call !Threads.Future.Get(%o)\n",
            "runtime-error: b",
        ),
        ("  %v = call !Threads.Future.Get(null)\n", "null-pointer: Future: null object"),
        (
            "  %o = call !Threads.CancelToken.New()\n  call !Threads.CancelToken.Cancel(%o)
  call !Threads.CancelToken.ThrowIfCancelled(%o)\n",
            "runtime-error: OperationCancelledException: cancellation was requested",
        ),
        (
            "  %o = call !Core.Box.I64(1)\n  %v = call !Core.Box.ToStr(%o)\n",
            "invalid-cast: Box.ToStr: str expected, i64 found",
        ),
        ("  call !Core.Diagnostics.AssertEq(1, 2, %a)\n", "assertion: a: expected 1, got 2"),
        ("  call !Core.Diagnostics.AssertFail(%a)\n", "assertion: a"),
        ("  %v = call !Threads.SafeI64.Get(null)\n", "null-pointer: SafeI64.Get: null object"),
        (
            "  %o = call !Threads.Pool.New(1)\n  %is = call !Threads.Pool.Submit(%o, %o, null)\n",
            "invalid-cast: Pool.Submit: invalid entry",
        ),
        (
            "  %o = call !Threads.Pool.New(1)\n  %is = call !Threads.Pool.Submit(%o, @main, null)\n",
            "invalid-operation: Pool.Submit: invalid entry signature: @main is () -> i64, not (ptr) -> void",
        ),
        (
            "  %o = call !Threads.RwLock.New()\n  call !Threads.Pool.Wait(%o)\n",
            "invalid-cast: Pool.Wait: not a pool",
        ),
        (
            "  %o = call !Threads.Pool.New(1)\n  %is = call !Threads.Pool.Submit(%o, @fail, null)
  call !Threads.Pool.Shutdown(%o)\n",
            "runtime-error: it fails",
        ),
        (
            "  %s = call !Threads.ConcurrentMap.Keys(null)\n",
            "null-pointer: ConcurrentMap.Keys: null object",
        ),
        (
            "  %s = call !Collections.Seq.New()\n  %v = call !Collections.Seq.Get(%s, 0)\n",
            "bounds: Seq.Get: index out of bounds",
        ),
        (
            "  %m = call !Drawloom.Condition.New()\n  call !Drawloom.Condition.Wait(%m, %m)\n",
            "invalid-cast: Mutex.IsMine: not a mutex",
        ),
        (
            "  %o = call !Drawloom.Mutex.New()\n  %c = call !Drawloom.Condition.New()
  call !Drawloom.Condition.Wait(%c, %o)\n",
            "double-unlock: Condition.Wait: not owner",
        ),
    ] {
        assert_eq!(outcome(body), trap, "{body}");
    }
}

#[test]
fn options_tell_null_from_nothing() {
    let printed = outcome(
        "  %queue = call !Threads.ConcurrentQueue.New()
  call !Threads.ConcurrentQueue.Enqueue(%queue, null)
  %one = call !Threads.ConcurrentQueue.TryPop(%queue)
  %none = call !Threads.ConcurrentQueue.TryPop(%queue)
  %is = call !Option.IsSome(%one)
  %is_word = zext1 %is
  call !Terminal.SayInt(%is_word)
  %item = call !Option.Unwrap(%one)
  %is_null = call !Core.Object.RefEquals(%item, null)
  %is_null_word = zext1 %is_null
  call !Terminal.SayInt(%is_null_word)
  %is_none = call !Option.get_IsNone(%none)
  %is_none_word = zext1 %is_none
  call !Terminal.SayInt(%is_none_word)\n",
    );
    assert_eq!(printed, "1 1 1");
}

#[test]
fn a_linked_token_is_cancelled_with_the_other_and_stays_so() {
    let printed = outcome(
        "  %parent = call !Threads.CancelToken.New()
  %child = call !Threads.CancelToken.Linked(%parent)
  %before = call !Threads.CancelToken.Check(%child)
  %before_word = zext1 %before
  call !Terminal.SayInt(%before_word)
  call !Threads.CancelToken.Cancel(%parent)
  call !Threads.CancelToken.Reset(%child)
  %held = call !Threads.CancelToken.get_IsCancelled(%child)
  %held_word = zext1 %held
  call !Terminal.SayInt(%held_word)
  call !Threads.CancelToken.Cancel(%parent)
  call !Threads.CancelToken.Reset(%parent)
  %kept = call !Threads.CancelToken.get_IsCancelled(%child)
  %kept_word = zext1 %kept
  call !Terminal.SayInt(%kept_word)
  call !Threads.CancelToken.Reset(%child)
  %after = call !Threads.CancelToken.get_IsCancelled(%child)
  %after_word = zext1 %after
  call !Terminal.SayInt(%after_word)\n",
    );
    assert_eq!(printed, "0 1 1 0");
}

#[test]
fn a_map_finds_equal_strings() {
    let printed = outcome(
        "  %map = call !Threads.ConcurrentMap.New()
  %one = call !Core.Box.I64(1)
  call !Threads.ConcurrentMap.Set(%map, %a, %one)
  %twice = call !String.Concat(%a, %a)
  call !Threads.ConcurrentMap.Set(%map, %twice, %map)
  %again = call !String.Concat(%a, %a)
  %has = call !Threads.ConcurrentMap.Has(%map, %again)
  %has_word = zext1 %has
  call !Terminal.SayInt(%has_word)
  %is_new = call !Threads.ConcurrentMap.SetIfMissing(%map, %a, null)
  %is_new_word = zext1 %is_new
  call !Terminal.SayInt(%is_new_word)
  %got = call !Threads.ConcurrentMap.GetOr(%map, %b, %one)
  %word = call !Core.Box.ToI64(%got)
  call !Terminal.SayInt(%word)
  %count = call !Threads.ConcurrentMap.get_Count(%map)
  call !Terminal.SayInt(%count)\n",
    );
    assert_eq!(printed, "1 0 1 2");
}

#[test]
fn a_wait_alone_with_a_limit_comes_to_an_end() {
    let printed = outcome(
        "  %channel = call !Threads.Channel.New(0)
  %sent = call !Threads.Channel.SendFor(%channel, null, 1)
  %sent_word = zext1 %sent
  call !Terminal.SayInt(%sent_word)
  %got = call !Threads.Channel.RecvFor(%channel, 1)
  %tried = call !Threads.Channel.TrySend(%channel, null)
  %tried_word = zext1 %tried
  call !Terminal.SayInt(%tried_word)
  %mutex = call !Drawloom.Mutex.New()
  %condition = call !Drawloom.Condition.New()
  call !Drawloom.Mutex.Lock(%mutex)
  %notified = call !Drawloom.Condition.WaitFor(%condition, %mutex, 1)
  %notified_word = zext1 %notified
  call !Terminal.SayInt(%notified_word)
  call !Drawloom.Mutex.Unlock(%mutex)
  %future = call !Threads.Promise.New()
  %done = call !Threads.Future.WaitFor(%future, 1)
  %done_word = zext1 %done
  call !Terminal.SayInt(%done_word)\n",
    );
    assert_eq!(printed, "0 0 0 0");
}

#[test]
fn any_object_can_be_entered() {
    for new in ["Collections.List.New", "Collections.Seq.New", "Threads.RwLock.New"] {
        let printed = outcome(&format!(
            "  %object = call !{new}()
  call !Threads.Monitor.Enter(%object)
  %in = call !Threads.Monitor.TryEnterFor(%object, 10)
  %in_word = zext1 %in
  call !Terminal.SayInt(%in_word)
  call !Threads.Monitor.NotifyAll(%object)
  call !Threads.Monitor.Exit(%object)
  call !Threads.Monitor.Exit(%object)\n"
        ));
        assert_eq!(printed, "1");
    }
}

#[test]
fn a_pool_without_a_task_is_drained() {
    let printed = outcome(
        "  %pool = call !Threads.Pool.New(-3)
  %size = call !Threads.Pool.get_Size(%pool)
  call !Terminal.SayInt(%size)
  call !Threads.Pool.Wait(%pool)
  %done = call !Threads.Pool.WaitFor(%pool, 0)
  %done_word = zext1 %done
  call !Terminal.SayInt(%done_word)
  %taken = call !Threads.Pool.Submit(%pool, null, null)
  %taken_word = zext1 %taken
  call !Terminal.SayInt(%taken_word)
  call !Threads.Pool.Shutdown(%pool)
  call !Threads.Pool.ShutdownNow(%pool)
  %over = call !Threads.Pool.get_IsShutdown(%pool)
  %over_word = zext1 %over
  call !Terminal.SayInt(%over_word)\n",
    );
    assert_eq!(printed, "1 1 0 1");
}

#[test]
fn of_a_pool_that_is_null_nothing_is_said() {
    let printed = outcome(
        "  call !Threads.Pool.Wait(null)
  call !Threads.Pool.Shutdown(null)
  %done = call !Threads.Pool.WaitFor(null, 5)
  %done_word = zext1 %done
  call !Terminal.SayInt(%done_word)
  %taken = call !Threads.Pool.Submit(null, @fail, null)
  %taken_word = zext1 %taken
  call !Terminal.SayInt(%taken_word)
  %size = call !Threads.Pool.get_Size(null)
  call !Terminal.SayInt(%size)
  %over = call !Threads.Pool.get_IsShutdown(null)
  %over_word = zext1 %over
  call !Terminal.SayInt(%over_word)\n",
    );
    assert_eq!(printed, "1 0 0 1");
}

#[test]
fn a_pool_whose_workers_cannot_all_be_started_leaves_none() {
    let text = program(
        "  eh.push ^handler
  %pool = call !Threads.Pool.New(1024)
  ret 1
handler(%error: error, %token: resumetok):
  eh.entry
  %message = err.get_msg %error
  call !Terminal.Say(%message)
  resume.label %token, ^end
end:\n",
    );
    let printed = guest::Printed::default();
    let loading = Loading::new(guest::code_of(Language::Il, &text)).limits(guest::small_limits());
    let finished = loading.output(printed.clone()).initialise().run();
    assert_eq!(finished.result, Ok(0), "no worker waits for ever");
    assert_eq!(finished.threads, guest::small_limits().threads);
    assert!(printed.text().starts_with("Pool.New: "), "{}", printed.text());
}

#[test]
fn keys_and_values_of_a_map_are_in_one_order() {
    let printed = outcome(
        "  %map = call !Threads.ConcurrentMap.New()
  %two = call !Core.Box.I64(2)
  call !Threads.ConcurrentMap.Set(%map, %b, %two)
  %one = call !Core.Box.I64(1)
  call !Threads.ConcurrentMap.Set(%map, %a, %one)
  %keys = call !Threads.ConcurrentMap.Keys(%map)
  %values = call !Threads.ConcurrentMap.Values(%map)
  call !Threads.ConcurrentMap.Clear(%map)
  %count = call !Collections.Seq.get_Count(%keys)
  call !Terminal.SayInt(%count)
  %first = call !Collections.Seq.GetStr(%keys, 0)
  call !Terminal.Say(%first)
  %value = call !Collections.Seq.Get(%values, 0)
  %word = call !Core.Box.ToI64(%value)
  call !Terminal.SayInt(%word)
  %none = call !Threads.ConcurrentMap.Keys(%map)
  %is_empty = call !Collections.Seq.get_IsEmpty(%none)
  %is_empty_word = zext1 %is_empty
  call !Terminal.SayInt(%is_empty_word)\n",
    );
    assert_eq!(printed, "2 a 1 1");
}
