//! Guest programs that benchmarks run.
#![allow(dead_code)] // each benchmark that includes this uses a part of it

use drawloom::il;
use drawloom::interp::{Code, compile};
use drawloom::native::{Limits, Loading, ThreadModel};

/// `main` starts and joins `count` threads, one after the other or all before the first join.
pub(crate) fn guest(count: usize, fan_out: bool) -> Code {
    let text = if fan_out {
        format!(
            "il 0.3.0
extern @Viper.Memory.Alloc(i64) -> ptr
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
extern @Viper.Threads.Thread.Join(ptr) -> void
func @worker() -> void {{
entry:
  ret
}}
func @main() -> i64 {{
entry:
  %handles = call @Viper.Memory.Alloc({bytes})
  br start(0)
start(%i: i64):
  %h = call @Viper.Threads.Thread.Start(@worker, null)
  %p = gep %handles, %i
  store ptr, %p, %h
  %next = iadd.ovf %i, 8
  %more = scmp_lt %next, {bytes}
  cbr %more, start(%next), join(0)
join(%j: i64):
  %q = gep %handles, %j
  %k = load ptr, %q
  call @Viper.Threads.Thread.Join(%k)
  %after = iadd.ovf %j, 8
  %again = scmp_lt %after, {bytes}
  cbr %again, join(%after), done
done:
  ret 0
}}
",
            bytes = count * 8
        )
    } else {
        format!(
            "il 0.3.0
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
extern @Viper.Threads.Thread.Join(ptr) -> void
func @worker() -> void {{
entry:
  ret
}}
func @main() -> i64 {{
entry:
  br loop(0)
loop(%i: i64):
  %h = call @Viper.Threads.Thread.Start(@worker, null)
  call @Viper.Threads.Thread.Join(%h)
  %next = iadd.ovf %i, 1
  %more = scmp_lt %next, {count}
  cbr %more, loop(%next), done
done:
  ret 0
}}
"
        )
    };
    code_of(&text)
}

/// The code of an IL program that has nothing wrong with it.
pub(crate) fn code_of(text: &str) -> Code {
    let module = il::verify(il::parse(text).expect("it parses")).expect("it verifies");
    compile(&module, text).expect("it compiles")
}

/// One instance of a program, from its set-up to its end.
pub(crate) fn run(code: &Code) {
    run_as(code, ThreadModel::Native, 1 << 14);
}

/// As [`run`], with threads of this kind and this much memory.
pub(crate) fn run_as(code: &Code, threads: ThreadModel, memory_cells: usize) {
    let limits = Limits { memory_cells, threads: threads.threads_max() + 1, ..Limits::default() };
    let loading = Loading::new(code.clone()).limits(limits).threads(threads);
    assert_eq!(loading.output(std::io::sink()).initialise().run().result, Ok(0));
}

/// So many rounds of a loop with arithmetic and a branch: nothing that another program could notice.
pub(crate) fn computation(rounds: u64) -> Code {
    code_of(&format!(
        "il 0.3.0
func @main() -> i64 {{
entry:
  br loop(0, 1)
loop(%i: i64, %x: i64):
  %a = mul %x, 6364136223846793005
  %b = add %a, 1442695040888963407
  %next = iadd.ovf %i, 1
  %more = scmp_lt %next, {rounds}
  cbr %more, loop(%next, %b), done
done:
  ret 0
}}
"
    ))
}

/// So many calls of `Bench.Add`, a function of the host that has to be registered.
pub(crate) fn calls(count: u64) -> Code {
    code_of(&format!(
        "il 0.3.0
extern @Bench.Add(i64, i64) -> i64
func @main() -> i64 {{
entry:
  br loop(0, 0)
loop(%i: i64, %sum: i64):
  %new = call @Bench.Add(%sum, 1)
  %next = iadd.ovf %i, 1
  %more = scmp_lt %next, {count}
  cbr %more, loop(%next, %new), done
done:
  ret 0
}}
"
    ))
}
