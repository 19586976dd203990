//! What a guest thread costs: start and join, against `std::thread` in the same pattern.
//!
//! `cargo bench --bench threads` shows criterion's times, which belong to the machine, and then a
//! table of ratios, guest over `std`, measured in turns: that is what docs/PERFORMANCE.md has.
//! `cargo bench --bench threads -- ratios` shows the table alone.

use std::hint::black_box;
use std::thread;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};

#[path = "common/guest.rs"]
mod guest;
#[path = "common/paired.rs"]
mod paired;

use guest::{guest, run};

fn std_serial(count: usize) {
    (0..count).for_each(|_| thread::spawn(|| ()).join().expect("no panic"));
}

fn std_fan_out(count: usize) {
    let handles: Vec<_> = (0..count).map(|_| thread::spawn(|| ())).collect();
    for handle in handles {
        handle.join().expect("no panic");
    }
}

fn serial(c: &mut Criterion) {
    const COUNT: usize = 100;
    let mut group = c.benchmark_group("start+join, serial");
    group.throughput(Throughput::Elements(COUNT as u64));
    let code = guest(COUNT, false);
    group.bench_function("guest", |b| b.iter(|| run(black_box(&code))));
    group.bench_function("std", |b| b.iter(|| std_serial(COUNT)));
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
        group.bench_function(BenchmarkId::new("std", count), |b| b.iter(|| std_fan_out(count)));
    }
    group.finish();
}

/// Guest over `std`, in turns.
fn print_ratios() {
    const ROUNDS: usize = 101;
    println!("\n| start+join | guest / std | middle half | guest | std |\n|---|---|---|---|---|");
    let serial = guest(100, false);
    let compared = paired::compare(ROUNDS, || run(&serial), || std_serial(100));
    println!("| serial, 100 | {compared} |");
    for count in [10, 100, 1_000] {
        let code = guest(count, true);
        let compared = paired::compare(ROUNDS, || run(&code), || std_fan_out(count));
        println!("| fan-out, {count} | {compared} |");
    }
}

criterion_group!(benches, serial, fan_out);

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments != ["ratios"] {
        benches();
        Criterion::default().configure_from_args().final_summary();
    }
    if arguments.is_empty() || arguments == ["ratios"] {
        print_ratios();
    }
}
