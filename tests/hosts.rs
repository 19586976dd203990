//! What the fast machine makes of hosts other than the core's own.
#![cfg(feature = "cli")]

use std::sync::atomic::AtomicU64;

use drawloom::il::{self, MemoryOrder, RmwOp};
use drawloom::interp::{
    Cell, Code, FunctionInfo, Guest, Host, Outcome, Reply, Request, Shared, Start, Stop, Text,
    ThreadId, TrapKind, Word, compile, run,
};

/// A host with a little memory that answers some host calls with "not now".
struct Small {
    words: Vec<Word>,
    code: Code,
    pauses: u32,
    /// Whether each call pauses once, and whether the next one has.
    pauses_each: bool,
    has_paused: bool,
}

/// Methods that the programs of these tests do not come to.
macro_rules! unused {
    ($($name:ident($($argument:ty),*) -> $result:ty;)*) => {
        $( fn $name(&mut self, $(_: $argument),*) -> Result<$result, Stop> {
            unreachable!(stringify!($name))
        } )*
    };
}

impl Host for Small {
    fn words(&self) -> &[Word] {
        &self.words
    }
    fn call_extern(&mut self, _: u16, window: &mut [u64]) -> Result<(), Stop> {
        if let Some(left) = self.pauses.checked_sub(1) {
            self.pauses = left;
            return Err(Stop::Pause);
        }
        if self.pauses_each && !self.has_paused {
            self.has_paused = true;
            return Err(Stop::Pause);
        }
        self.has_paused = false;
        window[0] *= 2;
        Ok(())
    }
    fn return_segment(&mut self, _: Cell, _: u64) {}
    fn arguments(&self) -> &[String] {
        &[]
    }
    fn functions(&self) -> &[FunctionInfo] {
        &self.code.functions
    }
    fn refill(&mut self) -> Result<u32, Stop> {
        Ok(1)
    }
    fn fail(&mut self, kind: TrapKind, _: String) -> Stop {
        Stop::Trap(kind)
    }
    fn intern(&mut self, _: &str) -> Result<u64, Stop> {
        Ok(0)
    }
    fn take_message(&mut self) -> Option<String> {
        None
    }
    unused! {
        load(Cell) -> u64; store(Cell, u64) -> ();
        atomic_load(Cell, MemoryOrder) -> u64; atomic_store(Cell, u64, MemoryOrder) -> ();
        atomic_rmw(Cell, RmwOp, u64, MemoryOrder) -> u64;
        atomic_cas(Cell, u64, u64, MemoryOrder, MemoryOrder) -> u64;
        fence(MemoryOrder) -> (); allocate(u64) -> u64; free(u64) -> (); take_segment(u64) -> Cell;
        text(u64) -> Text; print(&str) -> (); read_line() -> String;
        start(Start) -> ThreadId; join(ThreadId) -> (); try_join(ThreadId) -> bool;
        join_for(ThreadId, u64) -> bool; is_alive(ThreadId) -> bool;
        error_of(ThreadId) -> Option<Text>; sleep(u64) -> (); yield_now() -> ();
        monitor_enter(u64) -> (); monitor_try_enter(u64) -> bool;
        monitor_enter_for(u64, u64) -> bool; monitor_exit(u64) -> (); monitor_wait(u64) -> ();
        monitor_wait_for(u64, u64) -> bool; monitor_notify(u64, bool) -> ();
        make_shared(Shared) -> u64; use_shared(u64, Request, Option<u64>) -> Reply;
    }
}

fn guest(body: &str) -> (Guest, Small) {
    let text = format!("il 0.3.0\nextern @Host.Twice(i64) -> i64\n{body}");
    let module = il::verify(il::parse(&text).expect("it parses")).expect("it verifies");
    let code = compile(&module, &text).expect("it compiles");
    let words = (0..8).map(|_| AtomicU64::new(0)).collect();
    let guest = Guest::new(&code, ThreadId(0), code.entry, &[], 1 << 10);
    (guest, Small { words, code, pauses: 0, pauses_each: false, has_paused: false })
}

#[test]
fn a_host_call_that_pauses_is_made_anew() {
    let body = "func @main() -> i64 {\nentry:\n  %x = call @Host.Twice(21)\n  ret %x\n}\n";
    let (mut guest, mut host) = guest(body);
    host.pauses = 2;
    assert_eq!(run(&mut guest, &mut host), Outcome::Paused);
    assert_eq!(run(&mut guest, &mut host), Outcome::Paused);
    assert_eq!(run(&mut guest, &mut host), Outcome::Returned(42));
}

#[test]
#[should_panic(expected = "a guest that has ended does not run again")]
fn a_guest_that_trapped_does_not_run_on_behind_its_last_instruction() {
    let (mut guest, mut host) = guest("func @main() -> i64 {\nentry:\n  trap\n}\n");
    assert!(matches!(run(&mut guest, &mut host), Outcome::Trapped(_)));
    let _ = run(&mut guest, &mut host);
}

#[test]
#[should_panic(expected = "a guest that has ended does not run again")]
fn a_guest_that_returned_does_not_run_again() {
    let (mut guest, mut host) = guest("func @main() -> i64 {\nentry:\n  ret 7\n}\n");
    assert_eq!(run(&mut guest, &mut host), Outcome::Returned(7));
    let _ = run(&mut guest, &mut host);
}

#[test]
fn every_slice_of_one_step_leads_on() {
    let body = "func @main() -> i64 {\nentry:\n  br ^loop(0)\nloop(%i: i64):
  %next = iadd.ovf %i, 1\n  %more = scmp_lt %next, 100\n  cbr %more, ^loop(%next), ^done
done:\n  ret %next\n}\n";
    let (mut guest, mut host) = guest(body);
    assert_eq!(run(&mut guest, &mut host), Outcome::Returned(100));
    assert_eq!(guest.steps(), 99);
}

/// Waits deep in calls, with a handler and after a trap that has been caught.
const DEEP: &str = "func @sum(%n: i64) -> i64 {
entry:
  %none = icmp_eq %n, 0
  cbr %none, ^zero, ^more
zero:
  ret 0
more:
  %less = isub.ovf %n, 1
  %rest = call @sum(%less)
  %twice = call @Host.Twice(%n)
  %sum = iadd.ovf %rest, %twice
  ret %sum
}
func @main() -> i64 {
entry:
  eh.push ^first
  trap
first(%error: error, %token: resumetok):
  eh.entry
  eh.push ^second
  resume.label %token, ^adds
adds:
  %sum = call @sum(40)
  %right = icmp_eq %sum, 1640
  cbr %right, ^traps, ^wrong
wrong:
  ret %sum
traps:
  trap
second(%later: error, %other: resumetok):
  eh.entry
  resume.label %other, ^done
done:
  ret 7
}
";

#[test]
fn a_guest_that_rests_at_every_call_comes_to_the_same_in_another_ones_place() {
    for is_fast in [true, false] {
        let (mut one, mut host) = guest(DEEP);
        let mut other = Guest::without_thread(&host.code, 1 << 10);
        host.pauses_each = true;
        if !is_fast {
            host.words.clear();
        }
        let mut rests = 0;
        let end = loop {
            match run(&mut one, &mut host) {
                Outcome::Paused => {}
                end => break end,
            }
            let (place, frames) = (one.place(), one.frames().len());
            let (words, rare) = one.rest();
            assert!(rare.is_some(), "it has a handler");
            // What another thread has left must not matter.
            other.begin(ThreadId(9), host.code.entry, &[]);
            other.wake(ThreadId(0), &words, rare);
            assert_eq!((other.place(), other.frames().len()), (place, frames));
            std::mem::swap(&mut one, &mut other);
            rests += 1;
        };
        assert_eq!((end, rests), (Outcome::Returned(7), 40));
    }
}
