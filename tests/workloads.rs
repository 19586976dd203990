//! The benchmarks' guest programs do the work that they claim: each gives what plain Rust gives.
#![cfg(feature = "cli")]

#[path = "../benches/workloads/mod.rs"]
mod workloads;

use drawloom::native::{Limits, Loading};
use workloads::{registry, run, workload};

/// A workload's result on the native machine.
fn result(name: &str, count: i64) -> i64 {
    run(&workload(name).expect("there is one").code(), &registry(), count)
}

#[test]
fn fib_gives_fibonacci_numbers() {
    let (mut this, mut next) = (0_i64, 1);
    for n in 0..18 {
        assert_eq!(result("fib", n), this);
        (this, next) = (next, this + next);
    }
}

#[test]
fn a_unit_of_fib_is_a_call() {
    fn calls(n: i64) -> i64 {
        if n < 2 { 1 } else { calls(n - 1) + calls(n - 2) + 1 }
    }
    let units = workload("fib").expect("there is one").units;
    for n in 0..18 {
        assert_eq!(units(n), calls(n));
    }
}

#[test]
fn count_adds_and_reduces() {
    // The largest count adds enough to be reduced.
    for count in [0, 1, 10, 50_000] {
        let sum = (0..count).fold(0, |sum, i| {
            let added = sum + i;
            if added > 1_000_000_000 { added - 1_000_000_000 } else { added }
        });
        assert_eq!(result("count", count), sum);
    }
}

fn is_prime(n: i64) -> bool {
    (2..=n.isqrt()).all(|d| n % d != 0)
}

#[test]
fn sieve_finds_the_primes_up_to_16384() {
    let primes = (2..=16_384).filter(|&n| is_prime(n)).count() as i64;
    assert_eq!(result("sieve", 1), primes);
    assert_eq!(result("sieve", 2), primes);
}

#[test]
fn a_unit_of_sieve_is_an_access() {
    // Each flag is set and looked at, and cleared once for every prime that it is a multiple of.
    let multiples: i64 = (2..=16_384).filter(|&n| is_prime(n)).map(|p| 16_384 / p - 1).sum();
    let units = workload("sieve").expect("there is one").units;
    assert_eq!(units(3), 3 * (2 * 16_383 + multiples));
}

#[test]
fn matmul_multiplies_matrices() {
    // Eight times an element of the product, whose factors are halves and quarters.
    let element = |row: i64, column: i64| {
        (0..100).map(|k| ((row * 100 + k) % 7) * ((k * 100 + column) % 5)).sum::<i64>()
    };
    assert_eq!(result("matmul", 1), element(99, 99) + element(0, 17));
}

#[test]
fn global_counts() {
    assert_eq!(result("global", 1000), 1000);
}

#[test]
fn extern_adds_on_the_host() {
    assert_eq!(result("extern", 1000), 999 * 1000 / 2);
}

#[test]
fn nbody_moves_the_planets() {
    for steps in [1, 100] {
        assert_eq!(result("nbody", steps), nbody(steps));
    }
}

/// The same steps in Rust, in the same order, so that not a bit differs.
fn nbody(steps: i64) -> i64 {
    let mut position = [
        [0.0, 0.0, 0.0],
        [4.84, -1.16, -0.1],
        [8.34, 4.12, -0.4],
        [12.89, -15.11, -0.22],
        [15.38, -25.92, 0.18],
    ];
    let mut velocity = [
        [0.0, 0.0, 0.0],
        [0.61, 2.81, -0.03],
        [-1.01, 1.82, 0.01],
        [1.08, 0.87, -0.01],
        [0.98, 0.59, -0.03],
    ];
    let mass = [39.478, 0.0377, 0.0113, 0.0017, 0.002];
    let mut distance = [[10.0; 5]; 5];
    for _ in 0..steps {
        for p in 0..5 {
            for q in p + 1..5 {
                let d: [f64; 3] = std::array::from_fn(|axis| position[p][axis] - position[q][axis]);
                let d2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
                distance[p][q] = (distance[p][q] + d2 / distance[p][q]) * 0.5;
                let pull = 0.01 / (d2 * distance[p][q]);
                for axis in 0..3 {
                    velocity[p][axis] -= d[axis] * (mass[q] * pull);
                    velocity[q][axis] += d[axis] * (mass[p] * pull);
                }
            }
        }
        for (position, velocity) in position.iter_mut().zip(&velocity) {
            for axis in 0..3 {
                position[axis] += velocity[axis] * 0.01;
            }
        }
    }
    (position.as_flattened().iter().fold(0.0, |sum, x| sum + x) * 1e9) as i64
}

#[test]
fn the_planets_of_nbody_stay_with_their_sun() {
    // After 30 years the five centres are still within sixty AU, or the numbers mean nothing.
    assert!(result("nbody", 3000).abs() < 5 * 3 * 60 * 1_000_000_000);
}

#[test]
fn hash_is_fnv_1a() {
    for count in [1, 3] {
        let text = (0..1024_u64).map(|i| (i * 31 + 7) & 255);
        let bytes = (0..count).flat_map(|_| text.clone());
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ byte).wrapping_mul(0x0100_0000_01b3)
        });
        assert_eq!(result("hash", count) as u64, hash);
    }
}

#[test]
fn dispatch_runs_its_program() {
    for count in [1, 2, 1000] {
        let sum =
            (1..=count).rev().fold(0, |sum, counter| ((sum * 31 + counter) * 2 + 7) % 65_521 + 3);
        assert_eq!(result("dispatch", count), sum);
    }
}

#[test]
fn trees_counts_every_node() {
    assert_eq!(result("trees", 1), 511);
    assert_eq!(result("trees", 20), 20 * 511);
}

#[test]
fn trees_reuses_what_it_freed() {
    let code = workload("trees").expect("there is one").code();
    // Room for two trees of 511 nodes with two cells each.
    let limits = Limits { memory_cells: 2048, ..Limits::default() };
    let program = Loading::new(code).limits(limits).entry_arguments(vec![20]).initialise();
    assert_eq!(program.run().result, Ok(20 * 511));
}
