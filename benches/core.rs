//! What the core's parts cost, and what independent programs cost each other.
//!
//! | `cargo bench --bench core` | shows |
//! |---|---|
//! | | criterion's times of everything, then both tables |
//! | `-- NAME` | the times of what has that in its name |
//! | `-- scaling` | independent VMs on a rayon pool, from one thread to all cores: work per second on `k` threads over `k` times that on one, of the same round |
//! | `-- instructions` | the native world against `std` by hand, in instructions as valgrind counts them; fails if a part takes over 2 % more, and two instructions |

use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use drawloom::interp::Code;
use drawloom::lang::{Language, compile_under};
use drawloom::native::{ActiveVmGuard, Compilation, Extern, Loading, Program, Registry, flags};
use drawloom::{il::Type, native::global_registry};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

#[path = "common/by_hand.rs"]
mod by_hand;
#[path = "common/guest.rs"]
mod guest;
#[path = "common/paired.rs"]
mod paired;

/// Registered beside the name that is looked up.
const OTHER_NAMES: usize = 100;
const NAME: &str = "Viper.Bench.Looked.Up";

fn program() -> Program {
    Loading::new(guest::computation(1)).initialise()
}

fn registry() -> Registry {
    let registry = Registry::new();
    for name in names() {
        registry.register(Extern::new(name, &[], Type::I64, |_| 1)).expect("not strict");
    }
    registry
}

fn registry_by_hand() -> by_hand::Registry {
    let registry = by_hand::Registry::default();
    (1..).zip(names()).for_each(|(entry, name)| registry.register(&name, entry));
    registry
}

fn names() -> impl Iterator<Item = String> {
    (0..OTHER_NAMES).map(|n| format!("Bench.Other.Name{n}")).chain([NAME.to_owned()])
}

fn register_add() {
    let add =
        |call: &drawloom::native::ExternCall<'_>| call.words()[0].wrapping_add(call.words()[1]);
    let add = Extern::new("Bench.Add", &[Type::I64, Type::I64], Type::I64, add);
    global_registry().register(add).expect("not strict");
}

fn guards(c: &mut Criterion) {
    let mut group = c.benchmark_group("guard, enter+leave");
    let program = program();
    group.bench_function("core", |b| b.iter(|| drop(ActiveVmGuard::enter(program.main_vm()))));
    group.bench_function("by hand", |b| b.iter(|| drop(by_hand::Guard::enter(1, 2))));
    group.finish();
}

fn options(c: &mut Criterion) {
    let mut group = c.benchmark_group("options");
    group.bench_function("snapshot", |b| b.iter(|| black_box(flags())));
    group.bench_function("bare load", |b| b.iter(|| black_box(by_hand::flags())));
    group.bench_function("compilation, begin+end", |b| b.iter(Compilation::begin));
    group.bench_function("compilation by hand", |b| b.iter(by_hand::Compilation::begin));
    group.finish();
}

/// Compilations of one BASIC file on a pool, each under its own snapshot of the options.
fn front_end(c: &mut Criterion) {
    const FILES: u64 = 64;
    const TEXT: &str = include_str!("../programs/correct/language.bas");
    let mut group = c.benchmark_group("compilations of a BASIC file");
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        group.throughput(Throughput::Elements(FILES));
        group.bench_function(BenchmarkId::new("threads", threads), |b| {
            let compile = |_| {
                let compilation = Compilation::begin();
                let module = compile_under(Language::Basic, TEXT, compilation.flags());
                drop(black_box(module.expect("nothing is wrong with it")));
            };
            b.iter(|| pool.install(|| (0..FILES).into_par_iter().for_each(compile)));
        });
    }
    group.finish();
}

fn look_ups(c: &mut Criterion) {
    let mut group = c.benchmark_group("registry look-up");
    let (registry, hand) = (Arc::new(registry()), registry_by_hand());
    group.bench_function("cold", |b| b.iter(|| registry.look_up(black_box(NAME))));
    group.bench_function("cold, by hand", |b| b.iter(|| hand.look_up(black_box(NAME))));
    let busy = Arc::clone(&registry);
    meanwhile(
        move |n| {
            let function = Extern::new(format!("Bench.New{}", n % 64), &[], Type::I64, |_| 1);
            busy.register(function).expect("not strict");
        },
        || {
            group.bench_function("contended", |b| b.iter(|| registry.look_up(black_box(NAME))));
        },
    );
    group.finish();
}

fn calls(c: &mut Criterion) {
    const COUNT: u64 = 10_000;
    let mut group = c.benchmark_group("calls of a host function by a guest");
    group.throughput(Throughput::Elements(COUNT));
    register_add();
    let code = guest::calls(COUNT);
    group.bench_function("cached", |b| b.iter(|| guest::run(black_box(&code))));
    meanwhile(
        |n| {
            let function = Extern::new(format!("Bench.New{}", n % 64), &[], Type::I64, |_| 1);
            global_registry().register(function).expect("not strict");
        },
        || {
            group.bench_function("contended", |b| b.iter(|| guest::run(black_box(&code))));
        },
    );
    group.finish();
}

/// Does `work` while another thread does `noise` again and again.
fn meanwhile(noise: impl Fn(usize) + Sync, work: impl FnOnce()) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut round = 0;
            // ORDER: Relaxed. Only says that it is enough.
            while !is_over.load(Ordering::Relaxed) {
                noise(round);
                round += 1;
            }
        });
        work();
        // ORDER: Relaxed. As above.
        is_over.store(true, Ordering::Relaxed);
    });
}

fn tiny_tasks(c: &mut Criterion) {
    const COUNT: usize = 100;
    let mut group = c.benchmark_group("tiny tasks");
    group.throughput(Throughput::Elements(COUNT as u64));
    let code = guest::guest(COUNT, true);
    group.bench_function("guest threads", |b| b.iter(|| guest::run(black_box(&code))));
    let done = AtomicUsize::new(0);
    let task = || {
        // ORDER: Relaxed. Only there so that a task does something.
        done.fetch_add(1, Ordering::Relaxed);
    };
    group.bench_function("std::thread::scope", |b| {
        b.iter(|| thread::scope(|scope| (0..COUNT).for_each(|_| drop(scope.spawn(task)))));
    });
    group.bench_function("rayon::scope", |b| {
        b.iter(|| rayon::scope(|scope| (0..COUNT).for_each(|_| scope.spawn(|_| task()))));
    });
    group.finish();
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool")
}

/// Runs so many instances of a program on a pool; the nanoseconds that all of them together were on
/// a processor.
fn run_on(pool: &rayon::ThreadPool, code: &Code, instances: usize) -> u64 {
    let one = |_| {
        let begin = on_processor();
        guest::run(code);
        on_processor() - begin
    };
    pool.install(|| (0..instances).into_par_iter().map(one).sum())
}

/// For how many nanoseconds the calling thread has been on a processor; 0 where no system says so.
fn on_processor() -> u64 {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    statistics.split(' ').next().and_then(|time| time.parse().ok()).unwrap_or(0)
}

fn independent(c: &mut Criterion) {
    const INSTANCES: usize = 16;
    let mut group = c.benchmark_group("independent VMs on rayon");
    group.throughput(Throughput::Elements(INSTANCES as u64));
    let code = guest::computation(50_000);
    for threads in 1..=cores() {
        let pool = pool(threads);
        group.bench_function(BenchmarkId::new("computation", threads), |b| {
            b.iter(|| run_on(&pool, black_box(&code), INSTANCES));
        });
    }
    group.finish();
}

/// Work per second on `k` threads over `k` times that on one: by the clock, which needs a machine with
/// nothing else to do, and by the time on a processor, which shows what the programs cost each other.
fn print_scaling() {
    const ROUNDS: usize = 101;
    const EACH: usize = 8;
    register_add();
    println!("\n| independent VMs | threads | scaling | middle half | best | on processors |");
    println!("|---|---|---|---|---|---|");
    let programs = [("computation", guest::computation(200_000)), ("calls", guest::calls(50_000))];
    for (name, code) in &programs {
        let one = pool(1);
        for threads in 2..=cores() {
            let many = pool(threads);
            let (mut alone, mut together) = (Vec::new(), Vec::new());
            let compared = paired::compare(
                ROUNDS,
                || alone.push(run_on(&one, code, EACH)),
                || together.push(run_on(&many, code, EACH * threads)),
            );
            let [low, middle, high, best] = compared.quantiles([0.25, 0.5, 0.75, 1.0]);
            let busy = (median(alone) * threads as u64) as f64 / median(together) as f64;
            println!(
                "| {name} | {threads} | {middle:.3} | {low:.3} to {high:.3} | {best:.3} | {busy:.3} |"
            );
        }
    }
}

fn median(mut times: Vec<u64>) -> u64 {
    times.sort_unstable();
    times[times.len() / 2]
}

/// What `instructions` compares: a part of the core, and the same by hand.
const PAIRS: [[&str; 2]; 4] = [
    ["guard", "guard by hand"],
    ["look-up", "look-up by hand"],
    ["snapshot", "bare load"],
    ["compilation", "compilation by hand"],
];

/// Does one thing so many times, for valgrind to look at.
fn repeat(name: &str, count: usize) {
    fn times<T>(count: usize, mut one: impl FnMut() -> T) {
        (0..count).for_each(|_| drop(black_box(one())));
    }
    match name {
        "guard" => {
            let program = program();
            times(count, || ActiveVmGuard::enter(black_box(program.main_vm())));
        }
        "guard by hand" => {
            // The ids are two loads away, as they are in a VM.
            let vm = black_box(Box::new((1, Box::new(2))));
            times(count, || by_hand::Guard::enter(black_box(&vm).0, *vm.1));
        }
        "look-up" => {
            let registry = registry();
            times(count, || registry.look_up(black_box(NAME)));
        }
        "look-up by hand" => {
            let registry = registry_by_hand();
            times(count, || registry.look_up(black_box(NAME)));
        }
        "snapshot" => times(count, flags),
        "bare load" => times(count, by_hand::flags),
        "compilation" => times(count, || Compilation::begin().flags()),
        "compilation by hand" => times(count, || by_hand::Compilation::begin().flags()),
        name => panic!("nothing is called {name}"),
    }
}

/// How many instructions doing it once takes: what 2,000 times take more than 1,000 times.
fn instructions(name: &str) -> Option<f64> {
    let of = |count: &str| {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
        let output = valgrind.arg(std::env::current_exe().ok()?).args(["repeat", name, count]);
        let report = String::from_utf8(output.output().ok()?.stderr).ok()?;
        let line = report.lines().find(|line| line.contains("Collected"))?;
        line.rsplit(' ').next()?.parse::<f64>().ok()
    };
    Some((of("2000")? - of("1000")?) / 1000.0)
}

fn print_instructions() -> ExitCode {
    println!("\n| part | native world | by hand on std |\n|---|---|---|");
    let mut is_worse = false;
    for [core, hand] in PAIRS {
        let (Some(ours), Some(theirs)) = (instructions(core), instructions(hand)) else {
            println!("valgrind, which counts the instructions, did not run");
            return ExitCode::SUCCESS;
        };
        // Two instructions are what a static of another crate, or a call, may take.
        is_worse |= ours > theirs * 1.02 + 2.0;
        println!("| {core} | {ours:.1} | {theirs:.1} |");
    }
    if is_worse { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

criterion_group!(benches, guards, options, front_end, look_ups, calls, tiny_tasks, independent);

fn main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["repeat", name, count] => repeat(name, count.parse().expect("a count")),
        ["scaling"] => print_scaling(),
        ["instructions"] => return print_instructions(),
        arguments => {
            benches();
            Criterion::default().configure_from_args().final_summary();
            if arguments.is_empty() {
                print_scaling();
                return print_instructions();
            }
        }
    }
    ExitCode::SUCCESS
}
