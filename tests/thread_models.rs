//! Green and virtual threads: what holds for threads of the host holds for them, and what it must not be for them.
#![cfg(feature = "cli")]

use std::num::NonZeroUsize;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use drawloom::il::Type;
use drawloom::interp::TrapKind;
use drawloom::lang::Language;
use drawloom::native::{
    Extern, Finished, Limits, Loading, OnExit, Registry, ThreadModel, active, blocking,
};

#[path = "common/guest.rs"]
mod guest;

use guest::{Printed, code_of};

const LIGHT: [ThreadModel; 4] = [
    ThreadModel::Green,
    ThreadModel::Virtual(NonZeroUsize::MIN),
    ThreadModel::Virtual(NonZeroUsize::MIN.saturating_add(1)),
    ThreadModel::Virtual(NonZeroUsize::MIN.saturating_add(3)),
];

/// The IL after the header and the externs of `common/guest.rs` and these.
fn loading(body: &str) -> Loading {
    let text = guest::with_externs(&format!("{EXTERNS}{body}"));
    Loading::new(code_of(Language::Il, &text)).limits(guest::small_limits())
}

const EXTERNS: &str = "extern @Viper.Threads.Monitor.Wait(ptr) -> void
extern @Viper.Threads.Monitor.WaitFor(ptr, i64) -> i1
extern @Viper.Threads.Monitor.PauseAll(ptr) -> void
extern @Viper.Threads.Thread.JoinFor(ptr, i64) -> i1
extern @Viper.Threads.Thread.StartSafe(ptr, ptr) -> ptr
extern @Viper.Threads.Thread.HasError(ptr) -> i1
extern @Viper.Threads.Thread.Yield() -> void
extern @Test.Call(i64) -> i64
";

fn run(model: ThreadModel, body: &str) -> (Finished, String) {
    let printed = Printed::default();
    // A guest that spins makes many steps while the host does not run the worker of another one.
    let limits = Limits { steps: Some(1 << 32), ..guest::small_limits() };
    let loading = loading(body).limits(limits).threads(model).output(printed.clone());
    (loading.initialise().run(), printed.text())
}

fn code(model: ThreadModel, body: &str) -> i64 {
    let (finished, printed) = run(model, body);
    finished.result.unwrap_or_else(|trap| panic!("{model:?}: {trap} after {printed}"))
}

const SETS_A_FLAG: &str = "global i64 @flag = 0
func @sets() -> void {
entry:
  %at = gaddr @flag
  store i64, %at, 1
  ret
}
";

/// A guest that spins on a cell which another one, started after it, sets.
#[test]
fn a_guest_that_spins_does_not_keep_the_others_from_running() {
    let body = "func @spins() -> void {
entry:
  %at = gaddr @flag
  br ^look
look:
  %flag = load i64, %at
  %set = icmp_ne %flag, 0
  cbr %set, ^done, ^look
done:
  ret
}
func @main() -> i64 {
entry:
  %a = call @Viper.Threads.Thread.Start(@spins, null)
  %b = call @Viper.Threads.Thread.Start(@spins, null)
  %c = call @Viper.Threads.Thread.Start(@sets, null)
  call @Viper.Threads.Thread.Join(%a)
  call @Viper.Threads.Thread.Join(%b)
  call @Viper.Threads.Thread.Join(%c)
  ret 7
}
";
    for model in LIGHT {
        assert_eq!(code(model, &[SETS_A_FLAG, body].concat()), 7, "{model:?}");
    }
}

#[test]
fn a_deadlock_is_a_trap_with_its_circle() {
    let body = "global i64 @a = 0
func @joins(%t: ptr) -> void {
entry:
  call @Viper.Threads.Thread.Join(%t)
  ret
}
func @waits() -> void {
entry:
  %a = gaddr @a
  call @Viper.Threads.Monitor.Enter(%a)
  call @Viper.Threads.Monitor.Wait(%a)
  ret
}
func @main() -> i64 {
entry:
  %w = call @Viper.Threads.Thread.Start(@waits, null)
  %j = call @Viper.Threads.Thread.Start(@joins, %w)
  call @Viper.Threads.Thread.Join(%j)
  ret 0
}
";
    for model in LIGHT {
        let trap = run(model, body).0.result.expect_err("it is stuck");
        assert_eq!(trap.kind, TrapKind::Deadlock, "{model:?}");
        for part in ["thread 0 waits for thread 2", "thread 2 waits for thread 1", "@a"] {
            assert!(trap.message.contains(part), "{model:?}: {}", trap.message);
        }
    }
}

#[test]
fn waits_with_a_limit_end_and_sleepers_wake_in_the_order_of_their_times() {
    let body = "global i64 @a = 0
func @sleeps() -> void {
entry:
  call @Viper.Threads.Thread.Sleep(60)
  call @Viper.Terminal.SayInt(60)
  ret
}
func @naps() -> void {
entry:
  call @Viper.Threads.Thread.Sleep(5)
  call @Viper.Terminal.SayInt(5)
  ret
}
func @main() -> i64 {
entry:
  %a = gaddr @a
  %s = call @Viper.Threads.Thread.Start(@sleeps, null)
  %n = call @Viper.Threads.Thread.Start(@naps, null)
  %ended = call @Viper.Threads.Thread.JoinFor(%s, 1)
  call @Viper.Threads.Monitor.Enter(%a)
  %told = call @Viper.Threads.Monitor.WaitFor(%a, 1)
  call @Viper.Threads.Monitor.Exit(%a)
  call @Viper.Threads.Thread.Join(%s)
  call @Viper.Threads.Thread.Join(%n)
  %x = zext1 %ended
  %y = zext1 %told
  %sum = iadd.ovf %x, %y
  ret %sum
}
";
    for model in LIGHT {
        let (finished, printed) = run(model, body);
        assert_eq!((finished.result, &*printed), (Ok(0), "5\n60\n"), "{model:?}");
    }
}

/// Main starts so many that wait at a monitor, and then wakes them all.
#[test]
fn many_guests_wait_and_all_go_on() {
    let body = "global i64 @monitor = 0
global i64 @is_open = 0
global i64 @through = 0
func @waits() -> void {
entry:
  %monitor = gaddr @monitor
  %open = gaddr @is_open
  call @Viper.Threads.Monitor.Enter(%monitor)
  br ^look
look:
  %is_open = load i64, %open
  %goes_on = icmp_ne %is_open, 0
  cbr %goes_on, ^through, ^wait
wait:
  call @Viper.Threads.Monitor.Wait(%monitor)
  br ^look
through:
  %at = gaddr @through
  %count = load i64, %at
  %more = iadd.ovf %count, 1
  store i64, %at, %more
  call @Viper.Threads.Monitor.Exit(%monitor)
  ret
}
func @main() -> i64 {
entry:
  %monitor = gaddr @monitor
  br ^starts(20000)
starts(%left: i64):
  %some = scmp_gt %left, 0
  cbr %some, ^start, ^opens
start:
  %t = call @Viper.Threads.Thread.Start(@waits, null)
  %next = isub.ovf %left, 1
  br ^starts(%next)
opens:
  call @Viper.Threads.Monitor.Enter(%monitor)
  %open = gaddr @is_open
  store i64, %open, 1
  call @Viper.Threads.Monitor.PauseAll(%monitor)
  call @Viper.Threads.Monitor.Exit(%monitor)
  br ^counts
counts:
  call @Viper.Threads.Monitor.Enter(%monitor)
  %at = gaddr @through
  %count = load i64, %at
  call @Viper.Threads.Monitor.Exit(%monitor)
  call @Viper.Threads.Thread.Yield()
  %all = icmp_eq %count, 20000
  cbr %all, ^done, ^counts
done:
  ret %count
}
";
    for model in LIGHT {
        let limits = Limits { threads: model.threads_max(), slice: 1000, ..Limits::default() };
        let finished = loading(body).limits(limits).threads(model).initialise().run();
        assert_eq!(finished.result, Ok(20_000), "{model:?}");
        assert_eq!(finished.threads, 20_001);
    }
}

#[test]
fn the_limit_on_threads_is_kept_and_an_exit_may_interrupt() {
    let forever = "func @sleeps() -> void {
entry:
  call @Viper.Threads.Thread.Sleep(1000000)
  ret
}
func @spins() -> void {
entry:
  br ^again
again:
  br ^again
}
func @main() -> i64 {
entry:
  %a = call @Viper.Threads.Thread.Start(@sleeps, null)
  %b = call @Viper.Threads.Thread.Start(@spins, null)
  ret 9
}
";
    for model in LIGHT {
        let limits = Limits { threads: 2, ..guest::small_limits() };
        let few = loading(forever).limits(limits).threads(model).initialise().run();
        assert_eq!(few.result.expect_err("two are too many").kind, TrapKind::ThreadLimit);
        let leaves = loading(forever).limits(Limits::default()).on_exit(OnExit::Interrupt);
        assert_eq!(leaves.threads(model).initialise().run().result, Ok(9), "{model:?}");
        let stuck = loading(forever).limits(Limits::default()).threads(model).initialise();
        let interrupter = stuck.interrupter();
        let running = thread::spawn(move || stuck.run());
        interrupter.interrupt();
        let finished = running.join().expect("it does not panic");
        assert_eq!(finished.result.expect_err("it would not end").kind, TrapKind::Interrupt);
        let steps = loading(forever).threads(model).initialise().run();
        assert_eq!(steps.result.expect_err("it spins").kind, TrapKind::StepLimit, "{model:?}");
    }
}

#[test]
fn a_trap_that_is_captured_stays_with_its_thread() {
    let body = "func @traps() -> void {
entry:
  %quotient = sdiv.chk0 1, 0
  ret
}
func @main() -> i64 {
entry:
  %t = call @Viper.Threads.Thread.StartSafe(@traps, null)
  call @Viper.Threads.Thread.Join(%t)
  %failed = call @Viper.Threads.Thread.HasError(%t)
  %is = zext1 %failed
  ret %is
}
";
    for model in LIGHT {
        assert_eq!(code(model, body), 1, "{model:?}");
    }
}

fn with_call(call: impl Fn(i64) -> i64 + Send + Sync + 'static) -> Arc<Registry> {
    let registry = Arc::new(Registry::new());
    let function =
        Extern::new("Test.Call", &[Type::I64], Type::I64, move |it| call(it.int(0)) as u64);
    registry.register(function).expect("not strict");
    registry
}

/// Each calls a host function with its number, three times, with a switch after each call.
const CALLERS: &str = "func @calls(%n: i64) -> void {
entry:
  %first = call @Test.Call(%n)
  call @Viper.Threads.Thread.Yield()
  %second = call @Test.Call(%n)
  call @Viper.Threads.Thread.Yield()
  %third = call @Test.Call(%n)
  %same = icmp_eq %first, %second
  call @Viper.Core.Diagnostics.Assert(%same, null)
  %still = icmp_eq %second, %third
  call @Viper.Core.Diagnostics.Assert(%still, null)
  ret
}
func @main() -> i64 {
entry:
  %a = call @Viper.Threads.Thread.Start(@calls, null)
  %b = call @Viper.Threads.Thread.Start(@calls, null)
  %c = call @Viper.Threads.Thread.Start(@calls, null)
  call @calls(0)
  call @Viper.Threads.Thread.Join(%a)
  call @Viper.Threads.Thread.Join(%b)
  call @Viper.Threads.Thread.Join(%c)
  ret 0
}
";

#[test]
fn a_guest_s_vm_is_active_on_whatever_worker_runs_it() {
    for model in LIGHT {
        let registry = with_call(|_| {
            let vm = active().expect("one is active");
            vm.to_string().trim_start_matches("VM ").replace('.', "").parse().expect("a number")
        });
        let body = CALLERS.replace("@calls(%n: i64)", "@calls(%n: ptr)");
        let body =
            body.replace("@Test.Call(%n)", "@Test.Call(0)").replace("@calls(0)", "@calls(null)");
        let finished = loading(&body).registry(registry).threads(model).initialise().run();
        assert_eq!(finished.result, Ok(0), "{model:?}");
        assert_eq!(active(), None);
    }
}

/// A call of `Test.Call` with 1 sends what another one receives.
fn receives_what_is_sent() -> Arc<Registry> {
    let (send, receive) = mpsc::channel();
    let receive = std::sync::Mutex::new(receive);
    with_call(move |it| match it {
        1 => send.send(5).map_or(0, |()| 1),
        _ => blocking(|| {
            let received = receive.lock().expect("not poisoned");
            received.recv_timeout(Duration::from_mins(1)).unwrap_or(-1)
        }),
    })
}

/// Two calls that wait for each other can both be under way only if neither keeps the other's worker.
#[test]
fn a_call_that_blocks_keeps_no_other_guest_from_running() {
    let body = "func @sends() -> void {
entry:
  %x = call @Test.Call(1)
  ret
}
func @main() -> i64 {
entry:
  %a = call @Viper.Threads.Thread.Start(@sends, null)
  %got = call @Test.Call(0)
  call @Viper.Threads.Thread.Join(%a)
  ret %got
}
";
    let model = ThreadModel::Virtual(NonZeroUsize::MIN);
    let begin = Instant::now();
    let loading = loading(body).registry(receives_what_is_sent());
    let finished = loading.threads(model).initialise().run();
    assert_eq!(finished.result, Ok(5), "after {:?}", begin.elapsed());
    assert_eq!(blocking(|| 3), 3, "outside of any program it is only called");
}

/// Its worker is replaced also if another one has nothing to do at that time, which may not last.
#[test]
fn a_call_that_blocks_is_replaced_while_another_worker_is_idle() {
    let body = "func @blocks() -> void {
entry:
  %x = call @Test.Call(0)
  ret
}
func @keeps_its_worker() -> void {
entry:
  %x = call @Test.Call(1)
  ret
}
func @ends_both() -> void {
entry:
  %x = call @Test.Call(2)
  ret
}
func @main() -> i64 {
entry:
  %a = call @Viper.Threads.Thread.Start(@blocks, null)
  call @Viper.Threads.Thread.Sleep(20)
  %b = call @Viper.Threads.Thread.Start(@keeps_its_worker, null)
  call @Viper.Threads.Thread.Sleep(20)
  %c = call @Viper.Threads.Thread.Start(@ends_both, null)
  call @Viper.Threads.Thread.Join(%a)
  call @Viper.Threads.Thread.Join(%b)
  call @Viper.Threads.Thread.Join(%c)
  ret 0
}
";
    let over = Arc::new((std::sync::Mutex::new(false), std::sync::Condvar::new()));
    let registry = with_call(move |it| {
        let (is_over, changed) = &*over;
        let wait = || {
            let is_over = is_over.lock().expect("not poisoned");
            let wait = changed.wait_timeout_while(is_over, Duration::from_mins(1), |it| !*it);
            assert!(!wait.expect("not poisoned").1.timed_out());
        };
        match it {
            0 => blocking(wait),
            1 => wait(),
            _ => {
                *is_over.lock().expect("not poisoned") = true;
                changed.notify_all();
            }
        }
        0
    });
    let finished = loading(body).registry(registry).threads(LIGHT[2]).initialise().run();
    assert_eq!(finished.result, Ok(0));
}

/// A sink that waits, with its first line, for a message.
struct Waiting(Option<mpsc::Receiver<i64>>);

impl std::io::Write for Waiting {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Some(receive) = self.0.take() {
            let received = blocking(|| receive.recv_timeout(Duration::from_mins(1)));
            received.map_err(std::io::Error::other)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Main starts `@waits`, the function given, and one that sends, and joins both.
fn beside_one_that_sends(waits: &str) -> String {
    let others = "func @sends() -> void {
entry:
  %x = call @Test.Call(1)
  ret
}
func @main() -> i64 {
entry:
  %a = call @Viper.Threads.Thread.Start(@waits, null)
  %b = call @Viper.Threads.Thread.Start(@sends, null)
  call @Viper.Threads.Thread.Join(%a)
  call @Viper.Threads.Thread.Join(%b)
  ret 0
}
";
    [waits, others].concat()
}

#[test]
fn output_that_blocks_keeps_no_guest_that_its_worker_has_taken() {
    let body = beside_one_that_sends(
        "func @waits() -> void {
entry:
  call @Viper.Terminal.SayInt(1)
  ret
}
",
    );
    for model in &LIGHT[1..] {
        let (send, receive) = mpsc::channel();
        let registry = with_call(move |it| send.send(it).map_or(1, |()| 0));
        let loading = loading(&body).registry(registry).output(Waiting(Some(receive)));
        assert_eq!(loading.threads(*model).initialise().run().result, Ok(0), "{model:?}");
    }
}

/// `Pool.New` starts threads and may then wait: nothing of that happens twice.
#[test]
fn a_pool_that_cannot_start_all_its_workers_ends_those_that_it_has_started() {
    let body = "extern @Viper.Threads.Pool.New(i64) -> ptr
func @main() -> i64 {
entry:
  eh.push ^caught
  %pool = call @Viper.Threads.Pool.New(4)
  ret 1
caught(%error: error, %token: resumetok):
  eh.entry
  resume.label %token, ^after
after:
  call @Viper.Threads.Thread.Sleep(5)
  ret 7
}
";
    let limits = Limits { threads: 3, ..guest::small_limits() };
    let run = |model| loading(body).limits(limits).threads(model).initialise().run();
    let native = run(ThreadModel::Native);
    assert_eq!((native.result, native.threads), (Ok(7), 3));
    for model in LIGHT {
        let finished = run(model);
        assert_eq!((finished.result, finished.threads), (Ok(7), 3), "{model:?}");
    }
}

/// The stack of one that is deep is kept in another way than that of others.
#[test]
fn a_guest_goes_on_where_it_was_however_deep_that_is() {
    let body = "global i64 @sum = 0
func @adds(i64 %left) -> i64 {
entry:
  call @Viper.Threads.Thread.Yield()
  %some = scmp_gt %left, 0
  cbr %some, ^more, ^none
more:
  %less = isub.ovf %left, 1
  %sum = call @adds(%less)
  call @Viper.Threads.Thread.Yield()
  %all = iadd.ovf %sum, %left
  ret %all
none:
  ret 0
}
func @other() -> void {
entry:
  %sum = call @adds(30)
  %right = icmp_eq %sum, 465
  call @Viper.Core.Diagnostics.Assert(%right, null)
  ret
}
func @main() -> i64 {
entry:
  %other = call @Viper.Threads.Thread.Start(@other, null)
  eh.push ^caught
  %sum = call @adds(1000)
  %at = gaddr @sum
  store i64, %at, %sum
  trap
caught(%error: error, %token: resumetok):
  eh.entry
  resume.label %token, ^after
after:
  call @Viper.Threads.Thread.Join(%other)
  %there = gaddr @sum
  %result = load i64, %there
  ret %result
}
";
    for model in LIGHT {
        assert_eq!(code(model, body), 500_500, "{model:?}");
    }
}

/// What a guest has paused in goes on as what it was.
#[test]
fn a_function_that_is_replaced_while_a_guest_waits_in_it_is_not_called_instead() {
    let body = "func @sleeps() -> void {
entry:
  call @Viper.Threads.Thread.Sleep(30)
  ret
}
func @main() -> i64 {
entry:
  %a = call @Viper.Threads.Thread.Start(@sleeps, null)
  call @Viper.Threads.Thread.Yield()
  %replaced = call @Test.Call(0)
  call @Viper.Threads.Thread.Join(%a)
  ret %replaced
}
";
    for model in &LIGHT[..2] {
        let place: Arc<std::sync::OnceLock<Arc<Registry>>> = Arc::default();
        let there = place.clone();
        let registry = with_call(move |_| {
            let sleep = Extern::new("Viper.Threads.Thread.Sleep", &[Type::I64], Type::Void, |_| {
                panic!("it was called")
            });
            there.get().expect("set below").register(sleep).expect("not strict");
            7
        });
        place.set(registry.clone()).expect("once");
        let finished = loading(body).registry(registry).threads(*model).initialise().run();
        assert_eq!(finished.result, Ok(7), "{model:?}");
    }
}

#[test]
fn a_guest_that_only_traps_and_catches_lets_others_run() {
    let body = "func @main() -> i64 {
entry:
  %c = call @Viper.Threads.Thread.Start(@sets, null)
  br ^again
again:
  eh.push ^caught
  trap
caught(%error: error, %token: resumetok):
  eh.entry
  resume.label %token, ^look
look:
  %at = gaddr @flag
  %flag = load i64, %at
  %set = icmp_ne %flag, 0
  cbr %set, ^done, ^again
done:
  ret 7
}
";
    for model in LIGHT {
        assert_eq!(code(model, &[SETS_A_FLAG, body].concat()), 7, "{model:?}");
    }
}

/// A worker that takes two guests together must not keep the second one while the first one's call blocks.
#[test]
fn a_call_that_blocks_keeps_no_guest_that_its_worker_has_taken() {
    let body = beside_one_that_sends(
        "func @waits() -> void {
entry:
  %got = call @Test.Call(0)
  %right = icmp_eq %got, 5
  call @Viper.Core.Diagnostics.Assert(%right, null)
  ret
}
",
    );
    for model in &LIGHT[1..] {
        let loading = loading(&body).registry(receives_what_is_sent());
        let finished = loading.threads(*model).initialise().run();
        assert_eq!(finished.result, Ok(0), "{model:?}");
    }
}

/// Each guest calls a host function with its argument; main joins all of them.
fn callers(blocking: usize, others: usize) -> String {
    format!(
        "func @blocks() -> void {{
entry:
  %x = call @Test.Call(0)
  ret
}}
func @goes_on() -> void {{
entry:
  %x = call @Test.Call(1)
  ret
}}
func @start(%i: i64) -> ptr {{
entry:
  %first = scmp_lt %i, {blocking}
  cbr %first, ^blocks, ^other
blocks:
  %a = call @Viper.Threads.Thread.Start(@blocks, null)
  ret %a
other:
  %b = call @Viper.Threads.Thread.Start(@goes_on, null)
  ret %b
}}
func @both(%i: i64) -> void {{
entry:
  %done = icmp_eq %i, {all}
  cbr %done, ^end, ^more
more:
  %thread = call @start(%i)
  %next = iadd.ovf %i, 1
  call @both(%next)
  call @Viper.Threads.Thread.Join(%thread)
  ret
end:
  ret
}}
func @main() -> i64 {{
entry:
  call @both(0)
  ret 0
}}
",
        all = blocking + others
    )
}

#[test]
fn a_thousand_guests_go_on_while_calls_of_ten_others_block() {
    let done = Arc::new((std::sync::Mutex::new(0), std::sync::Condvar::new()));
    let registry = with_call(move |it| {
        let (count, changed) = &*done;
        if it == 1 {
            *count.lock().expect("not poisoned") += 1;
            changed.notify_all();
            return 0;
        }
        blocking(|| {
            let count = count.lock().expect("not poisoned");
            let wait = changed.wait_timeout_while(count, Duration::from_mins(1), |it| *it < 1_000);
            assert!(!wait.expect("not poisoned").1.timed_out());
            0
        })
    });
    let limits = Limits { threads: 2_000, ..guest::small_limits() };
    let loading = loading(&callers(10, 1_000)).limits(limits).registry(registry);
    let finished = loading.threads(LIGHT[2]).initialise().run();
    assert_eq!((finished.result, finished.threads), (Ok(0), 1_011));
}

#[test]
fn no_more_than_512_calls_that_block_have_a_thread_in_their_place() {
    let hosts = Arc::new(std::sync::Mutex::new(std::collections::HashSet::new()));
    let seen = hosts.clone();
    let registry = with_call(move |_| {
        seen.lock().expect("not poisoned").insert(thread::current().id());
        blocking(|| thread::sleep(Duration::from_millis(20)));
        0
    });
    let limits = Limits { threads: 2_000, ..guest::small_limits() };
    let loading = loading(&callers(1_000, 0)).limits(limits).registry(registry);
    let finished = loading.threads(LIGHT[1]).initialise().run();
    assert_eq!(finished.result, Ok(0));
    let hosts = hosts.lock().expect("not poisoned").len();
    assert!((2..=513).contains(&hosts), "{hosts}");
}

/// A sink that panics.
struct Panicking;

impl std::io::Write for Panicking {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        panic!("of the sink");
    }

    fn flush(&mut self) -> std::io::Result<()> {
        panic!("it is not asked again");
    }
}

#[test]
fn a_panic_of_the_output_is_the_trap_of_the_thread_that_prints() {
    let body = "func @prints() -> void {
entry:
  call @Viper.Terminal.SayInt(1)
  ret
}
func @main() -> i64 {
entry:
  %t = call @Viper.Threads.Thread.Start(@prints, null)
  call @Viper.Threads.Thread.Join(%t)
  call @Viper.Threads.Thread.Sleep(1000000)
  ret 0
}
";
    for model in LIGHT.into_iter().chain([ThreadModel::Native]) {
        let finished = loading(body).threads(model).output(Panicking).initialise().run();
        let trap = finished.result.expect_err("it did not end well");
        assert_eq!((trap.kind, trap.thread), (TrapKind::RuntimeError, 1), "{model:?}");
    }
}

/// A source that tells that it is read, and has a line when it gets an answer.
struct Answered(mpsc::Sender<()>, mpsc::Receiver<()>);

impl std::io::Read for Answered {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        self.0.send(()).map_err(std::io::Error::other)?;
        self.1.recv_timeout(Duration::from_mins(1)).map_err(std::io::Error::other)?;
        to[..2].copy_from_slice(b"a\n");
        Ok(2)
    }
}

#[test]
fn a_program_that_is_stopped_reads_no_further_line() {
    let body = "extern @Viper.Terminal.ReadLine() -> str
func @reads() -> void {
entry:
  %line = call @Viper.Terminal.ReadLine()
  ret
}
func @main() -> i64 {
entry:
  %a = call @Viper.Threads.Thread.Start(@reads, null)
  %b = call @Viper.Threads.Thread.Start(@reads, null)
  ret 5
}
";
    for model in [ThreadModel::Native, LIGHT[1], LIGHT[2]] {
        let (asked, asks) = mpsc::channel();
        let (answer, answers) = mpsc::channel();
        let input = std::io::BufReader::new(Answered(asked, answers));
        let program = loading(body).threads(model).input(input).initialise();
        let interrupter = program.interrupter();
        let running = thread::spawn(move || program.run());
        asks.recv_timeout(Duration::from_mins(1)).expect("the first one reads");
        interrupter.interrupt();
        // There would be a line for the second one, too.
        answer.send(()).expect("the first one reads");
        let _ = answer.send(());
        let finished = running.join().expect("it does not panic");
        assert_eq!(finished.result.expect_err("it is stopped").kind, TrapKind::Interrupt);
        assert!(asks.try_recv().is_err(), "{model:?}: a second line was read");
    }
}

#[test]
fn a_panic_of_a_host_function_is_the_program_s_trap_or_leaves_run() {
    let child = "func @child() -> void {
entry:
  %x = call @Test.Call(0)
  ret
}
func @main() -> i64 {
entry:
  %t = call @Viper.Threads.Thread.Start(@child, null)
  call @Viper.Threads.Thread.Join(%t)
  call @Viper.Threads.Thread.Sleep(1000000)
  ret 0
}
";
    let main = "func @child() -> void {
entry:
  call @Viper.Threads.Thread.Sleep(1000000)
  ret
}
func @main() -> i64 {
entry:
  %t = call @Viper.Threads.Thread.Start(@child, null)
  %x = call @Test.Call(0)
  ret 0
}
";
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let results = LIGHT.map(|model| {
        let registry = with_call(|_| panic!("of the host function"));
        let stays = loading(child).registry(registry.clone()).threads(model).initialise();
        let leaves = loading(main).registry(registry).threads(model).initialise();
        let stays = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| stays.run()));
        let leaves = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| leaves.run()));
        (model, stays, leaves.is_err())
    });
    std::panic::set_hook(hook);
    for (model, stays, leaves) in results {
        let trap = stays.expect("it stays").result.expect_err("it did not end well");
        assert_eq!((trap.kind, trap.thread), (TrapKind::RuntimeError, 1), "{model:?}");
        assert!(leaves && active().is_none(), "{model:?}");
    }
}
