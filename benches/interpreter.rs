//! What the native machine does in a second: the ten workloads of `benches/workloads/`, in units of
//! work.
//!
//! `cargo bench --bench interpreter [-- NAME]`. `benches/peers/` compares with other interpreters,
//! `benches/callgrind.sh` counts instructions. The counts here are about a tenth of
//! those there.

#[path = "workloads/mod.rs"]
mod workloads;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use workloads::{WORKLOADS, registry, run};

fn interpreter(c: &mut Criterion) {
    let registry = registry();
    for is_held_out in [false, true] {
        let mut group = c.benchmark_group(if is_held_out { "held-out" } else { "interpreter" });
        group.sample_size(20);
        for workload in WORKLOADS.iter().filter(|workload| workload.is_held_out == is_held_out) {
            let (code, count) = (workload.code(), workload.short_count());
            group.throughput(Throughput::Elements((workload.units)(count) as u64));
            group.bench_function(workload.name, |b| {
                b.iter(|| run(black_box(&code), &registry, black_box(count)));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, interpreter);
criterion_main!(benches);
