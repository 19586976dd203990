//! What a guest thread costs: start and join, against `std::thread` in the same pattern, and as data.
//!
//! `cargo bench --bench threads` shows criterion's times, which belong to the machine, and then
//! tables of ratios, measured in turns.
//! `cargo bench --bench threads -- ratios` shows the tables alone.

use std::collections::VecDeque;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::thread;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use crossbeam_deque::{Steal, Worker};

#[path = "common/guest.rs"]
mod guest;
#[path = "common/paired.rs"]
mod paired;

use drawloom::native::ThreadModel;
use guest::{guest, run, run_as};

/// How often two things are compared.
const ROUNDS: usize = 101;

/// A million guests, and memory for their handles.
const MILLION: usize = 1_000_000;
const CELLS: usize = 1 << 21;

const ONE_WORKER: ThreadModel = ThreadModel::Virtual(NonZeroUsize::MIN);
const TWO_WORKERS: ThreadModel = ThreadModel::Virtual(NonZeroUsize::MIN.saturating_add(1));

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

fn light(c: &mut Criterion) {
    let mut group = c.benchmark_group("start+join of a million, as data");
    group.sample_size(10).throughput(Throughput::Elements(MILLION as u64));
    for (pattern, fan_out) in [("fan-out", true), ("serial", false)] {
        let code = guest(MILLION, fan_out);
        for (name, threads) in [
            ("green", ThreadModel::Green),
            ("one worker", ONE_WORKER),
            ("two workers", TWO_WORKERS),
        ] {
            let run = || run_as(black_box(&code), threads, CELLS);
            group.bench_function(BenchmarkId::new(name, pattern), |b| b.iter(run));
        }
    }
    group.finish();
}

/// The queue of guests that could run, against queues from which workers steal, all on one thread: a guest goes in and
/// comes out. The lock of the first is not counted, since starts, ends and waits take it anyway.
fn print_queues() {
    const GUESTS: usize = 100_000;
    /// As large as what is queued of a guest.
    type Turn = [u64; 6];
    let ours = || {
        let mut queue = VecDeque::<Turn>::new();
        for guest in 0..GUESTS {
            queue.push_back(black_box([guest as u64; 6]));
            if guest % 32 == 31 {
                for turn in queue.drain(..) {
                    black_box(turn);
                }
            }
        }
    };
    let owned = || {
        let queue = Worker::<Turn>::new_fifo();
        for guest in 0..GUESTS {
            queue.push(black_box([guest as u64; 6]));
            if guest % 32 == 31 {
                while let Some(turn) = queue.pop() {
                    black_box(turn);
                }
            }
        }
    };
    let stolen = || {
        let queue = Worker::<Turn>::new_fifo();
        let stealer = queue.stealer();
        for guest in 0..GUESTS {
            queue.push(black_box([guest as u64; 6]));
            if guest % 32 == 31 {
                while let Steal::Success(turn) = stealer.steal() {
                    black_box(turn);
                }
            }
        }
    };
    println!(
        "\n| a queue of 100,000 guests | ours / crossbeam-deque | middle half | ours | theirs |\n|---|---|---|---|---|"
    );
    println!("| popped by the owner | {} |", paired::compare(ROUNDS, ours, owned));
    println!("| stolen | {} |", paired::compare(ROUNDS, ours, stolen));
}

/// Guest over `std`, in turns.
fn print_ratios() {
    println!("\n| start+join | guest / std | middle half | guest | std |\n|---|---|---|---|---|");
    let serial = guest(100, false);
    let compared = paired::compare(ROUNDS, || run(&serial), || std_serial(100));
    println!("| serial, 100 | {compared} |");
    for count in [10, 100, 1_000] {
        let code = guest(count, true);
        let compared = paired::compare(ROUNDS, || run(&code), || std_fan_out(count));
        println!("| fan-out, {count} | {compared} |");
    }
    println!(
        "\n| start+join | as data / native | middle half | as data | native |\n|---|---|---|---|---|"
    );
    for (name, threads) in [("green", ThreadModel::Green), ("two workers", TWO_WORKERS)] {
        for (pattern, fan_out) in [("serial", false), ("fan-out", true)] {
            let code = guest(1_000, fan_out);
            let compared = paired::compare(ROUNDS, || run_as(&code, threads, CELLS), || run(&code));
            println!("| {name}, {pattern}, 1000 | {compared} |");
        }
    }
}

criterion_group!(benches, serial, fan_out, light);

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments != ["ratios"] {
        benches();
        Criterion::default().configure_from_args().final_summary();
    }
    if arguments.is_empty() || arguments == ["ratios"] {
        print_queues();
        print_ratios();
    }
}
