//! What a guest thread costs: start and join, against `std::thread` in the same pattern.
//!
//! `cargo bench --bench threads`. Compare the two lines of a group; the times themselves belong
//! to the machine.

use std::hint::black_box;
use std::thread;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use drawloom::interp::{Code, compile};
use drawloom::{Limits, Loading, il};

/// `main` starts and joins `count` threads, one after the other or all before the first join.
fn guest(count: usize, fan_out: bool) -> Code {
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
    let module = il::verify(il::parse(&text).expect("it parses")).expect("it verifies");
    compile(&module, &text).expect("it compiles")
}

fn run(code: &Code) {
    let limits = Limits { memory_cells: 1 << 15, ..Limits::default() };
    let finished =
        Loading::new(code.clone()).limits(limits).output(std::io::sink()).initialise().run();
    assert_eq!(finished.result, Ok(0));
}

fn serial(c: &mut Criterion) {
    const COUNT: usize = 100;
    let mut group = c.benchmark_group("start+join, serial");
    group.throughput(Throughput::Elements(COUNT as u64));
    let code = guest(COUNT, false);
    group.bench_function("guest", |b| b.iter(|| run(black_box(&code))));
    group.bench_function("std", |b| {
        b.iter(|| (0..COUNT).for_each(|_| thread::spawn(|| ()).join().expect("no panic")));
    });
    group.finish();
}

fn fan_out(c: &mut Criterion) {
    let mut group = c.benchmark_group("start+join, fan-out");
    group.sample_size(20);
    for count in [100_usize, 9_600] {
        group.throughput(Throughput::Elements(count as u64));
        let code = guest(count, true);
        group
            .bench_function(BenchmarkId::new("guest", count), |b| b.iter(|| run(black_box(&code))));
        group.bench_function(BenchmarkId::new("std", count), |b| {
            b.iter(|| {
                let handles: Vec<_> = (0..count).map(|_| thread::spawn(|| ())).collect();
                for handle in handles {
                    handle.join().expect("no panic");
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, serial, fan_out);
criterion_main!(benches);
