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
    fn take_message(&mut self) -> Option<String> {
        None
    }
    unused! {
        load(Cell) -> u64; store(Cell, u64) -> ();
        atomic_load(Cell, MemoryOrder) -> u64; atomic_store(Cell, u64, MemoryOrder) -> ();
        atomic_rmw(Cell, RmwOp, u64, MemoryOrder) -> u64;
        atomic_cas(Cell, u64, u64, MemoryOrder, MemoryOrder) -> u64;
        fence(MemoryOrder) -> (); allocate(u64) -> u64; free(u64) -> (); take_segment(u64) -> Cell;
        text(u64) -> Text; intern(&str) -> u64; print(&str) -> (); read_line() -> String;
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
    (guest, Small { words, code, pauses: 0 })
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
