//! Small straight-line programs over a few shared locations: as data, as IL, and by chance.
//!
//! What each thread has read stands in globals of its own; the main thread joins all and prints
//! them, then the final word of each location, a line each.
#![allow(dead_code)] // each test crate that includes this uses a part of it

use std::fmt::Write;

use drawloom::il::MemoryOrder;

use super::entropy::Entropy;

/// One access or fence. `None` is a plain access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Load { at: usize, order: Option<MemoryOrder> },
    Store { at: usize, word: u64, order: Option<MemoryOrder> },
    Exchange { at: usize, word: u64, order: MemoryOrder },
    Add { at: usize, word: u64, order: MemoryOrder },
    Cas { at: usize, expected: u64, desired: u64, success: MemoryOrder, failure: MemoryOrder },
    Fence { order: MemoryOrder },
}

/// What each thread does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SmallProgram {
    pub(crate) locations: usize,
    pub(crate) threads: Vec<Vec<Access>>,
}

const LOAD_ORDERS: [MemoryOrder; 3] =
    [MemoryOrder::Relaxed, MemoryOrder::Acquire, MemoryOrder::SeqCst];
const STORE_ORDERS: [MemoryOrder; 3] =
    [MemoryOrder::Relaxed, MemoryOrder::Release, MemoryOrder::SeqCst];
const ORDERS: [MemoryOrder; 5] = [
    MemoryOrder::Relaxed,
    MemoryOrder::Acquire,
    MemoryOrder::Release,
    MemoryOrder::AcqRel,
    MemoryOrder::SeqCst,
];

impl Access {
    pub(crate) fn reads(&self) -> bool {
        !matches!(self, Access::Store { .. } | Access::Fence { .. })
    }

    fn by_chance(entropy: &mut Entropy<'_>, locations: usize, word: u64) -> Self {
        let at = entropy.below(locations);
        let plain = entropy.once_in(8);
        let or_plain = |order: MemoryOrder| (!plain).then_some(order);
        match entropy.below(12) {
            0..=3 => Access::Load { at, order: or_plain(*entropy.pick(&LOAD_ORDERS)) },
            4..=7 => Access::Store { at, word, order: or_plain(*entropy.pick(&STORE_ORDERS)) },
            8 => Access::Exchange { at, word, order: *entropy.pick(&ORDERS) },
            9 => Access::Add { at, word: 10, order: *entropy.pick(&ORDERS) },
            10 => Access::Cas {
                at,
                expected: entropy.below(3) as u64,
                desired: word,
                success: *entropy.pick(&ORDERS),
                failure: *entropy.pick(&LOAD_ORDERS),
            },
            _ => Access::Fence { order: *entropy.pick(&ORDERS[1..]) },
        }
    }

    fn print(&self, text: &mut String, register: &str) {
        let name = |at: usize| format!("%x{at}");
        let line = match *self {
            Access::Load { at, order: None } => format!("{register} = load i64, {}", name(at)),
            Access::Load { at, order: Some(order) } => {
                format!("{register} = atomic.load i64, {}, {}", name(at), order.name())
            }
            Access::Store { at, word, order: None } => format!("store i64, {}, {word}", name(at)),
            Access::Store { at, word, order: Some(order) } => {
                format!("atomic.store i64, {}, {word}, {}", name(at), order.name())
            }
            Access::Exchange { at, word, order } => {
                format!("{register} = atomic.rmw xchg i64, {}, {word}, {}", name(at), order.name())
            }
            Access::Add { at, word, order } => {
                format!("{register} = atomic.rmw add i64, {}, {word}, {}", name(at), order.name())
            }
            Access::Cas { at, expected, desired, success, failure } => format!(
                "{register} = atomic.cas i64, {}, {expected}, {desired}, {}, {}",
                name(at),
                success.name(),
                failure.name()
            ),
            Access::Fence { order } => format!("fence {}", order.name()),
        };
        writeln!(text, "  {line}").expect("a string takes all");
    }
}

impl SmallProgram {
    /// Two or three threads with up to three accesses each, over up to three locations.
    pub(crate) fn by_chance(numbers: &[u32]) -> Self {
        let mut entropy = Entropy::new(numbers);
        let locations = 1 + entropy.below(3);
        let count = 2 + entropy.below(2);
        let mut word = 0;
        let mut thread = |entropy: &mut Entropy<'_>| {
            let accesses = 1 + entropy.below(3);
            let mut access = |entropy: &mut Entropy<'_>| {
                word += 1;
                Access::by_chance(entropy, locations, word)
            };
            (0..accesses).map(|_| access(entropy)).collect::<Vec<Access>>()
        };
        let threads = (0..count).map(|_| thread(&mut entropy)).collect();
        SmallProgram { locations, threads }
    }

    /// The program as IL.
    pub(crate) fn to_il(&self) -> String {
        let mut text = String::from(
            "il 0.3.0\n\
             extern @Viper.Terminal.SayInt(i64) -> void\n\
             extern @Viper.Threads.Thread.Join(ptr) -> void\n\
             extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr\n",
        );
        let mut line = |line: String| {
            text.push_str(&line);
            text.push('\n');
        };
        for at in 0..self.locations {
            line(format!("global i64 @x{at} = 0"));
        }
        let results: Vec<(usize, usize)> = self.results();
        for (thread, index) in &results {
            line(format!("global i64 @r{thread}_{index} = 0"));
        }
        for (thread, accesses) in self.threads.iter().enumerate() {
            let mut body = format!("func @t{thread}() -> void {{\nentry:\n");
            for at in 0..self.locations {
                writeln!(body, "  %x{at} = gaddr @x{at}").expect("a string takes all");
            }
            for (index, access) in accesses.iter().enumerate() {
                access.print(&mut body, &format!("%v{index}"));
            }
            for (_, index) in results.iter().filter(|(it, _)| *it == thread) {
                writeln!(body, "  %a{index} = gaddr @r{thread}_{index}").expect("as above");
                writeln!(body, "  store i64, %a{index}, %v{index}").expect("as above");
            }
            line(format!("{body}  ret\n}}"));
        }
        line("func @main() -> i64 {\nentry:".into());
        for thread in 0..self.threads.len() {
            line(format!("  %h{thread} = call @Viper.Threads.Thread.Start(@t{thread}, null)"));
        }
        for thread in 0..self.threads.len() {
            line(format!("  call @Viper.Threads.Thread.Join(%h{thread})"));
        }
        let finals = (0..self.locations).map(|at| format!("x{at}"));
        let results = results.iter().map(|(thread, index)| format!("r{thread}_{index}"));
        for name in results.chain(finals) {
            line(format!("  %a_{name} = gaddr @{name}\n  %v_{name} = load i64, %a_{name}"));
            line(format!("  call @Viper.Terminal.SayInt(%v_{name})"));
        }
        line("  ret 0\n}".into());
        text
    }

    /// Thread and index of each access that reads.
    pub(crate) fn results(&self) -> Vec<(usize, usize)> {
        let mut results = Vec::new();
        for (thread, accesses) in self.threads.iter().enumerate() {
            let reads = accesses.iter().enumerate().filter(|(_, access)| access.reads());
            results.extend(reads.map(|(index, _)| (thread, index)));
        }
        results
    }
}
