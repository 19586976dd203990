//! A run and its numbers, as Markdown and as JSON.

use std::fmt::Write;

use serde::Serialize;

use crate::engines::EngineId;
use crate::machine::Machine;
use crate::rounds::{Measurements, Task};
use crate::spread::Spread;
use crate::statistics::{mean, ratio};

/// In what the work is not the same everywhere.
const CAVEATS: &str = "\
Integers that overflow trap in drawloom, wrap around in Lua and WebAssembly, are floats in LuaJIT and
grow in Python. Bounds are checked everywhere. The host's function of `extern` is a Rust closure,
called through each engine's Rust interface; in Python it is `operator.add`, which is written in C.
Trees are freed by the guest in drawloom and WebAssembly, by a collector in the others.
";

/// All that a report is made from.
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) rounds: u32,
    pub(crate) seed: u64,
    /// Those that ran, with their versions.
    pub(crate) engines: Vec<(EngineId, String)>,
    /// Those that did not, and why.
    pub(crate) skipped: Vec<(EngineId, String)>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) measurements: Measurements,
}

/// A group of workloads that has a mean of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// What the machine's instructions were chosen by.
    Chosen,
    HeldOut,
}

impl Group {
    pub(crate) const ALL: [Group; 2] = [Group::Chosen, Group::HeldOut];

    /// The name of its mean.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Group::Chosen => "geometric mean",
            Group::HeldOut => "held-out",
        }
    }

    fn holds(self, task: &Task) -> bool {
        task.workload.is_held_out == (self == Group::HeldOut)
    }
}

impl Report {
    /// The engines that ran and are not what the others are compared with.
    pub(crate) fn compared(&self, base: EngineId) -> impl Iterator<Item = EngineId> {
        self.engines.iter().map(|(id, _)| *id).filter(move |id| *id != base)
    }

    /// An engine's mean over a group, and over how many workloads.
    pub(crate) fn mean(&self, pair: (EngineId, EngineId), group: Group) -> Option<(Spread, usize)> {
        mean(&self.measurements, pair, self.in_group(group))
    }

    fn in_group(&self, group: Group) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(move |task| group.holds(task))
    }

    /// The whole report, for people.
    pub(crate) fn markdown(&self) -> String {
        let mut out = self.heading();
        for base in [EngineId::Lua, EngineId::Wasmi] {
            if self.engines.iter().any(|(id, _)| *id == base) {
                out += &self.table(base);
            }
        }
        out + "\n" + CAVEATS
    }

    fn heading(&self) -> String {
        let Machine { cpu, cores, system, rustc, commit } = &self.machine;
        let mut out = format!(
            "machine   {cpu}, {cores} cores, {system}\nrustc     {rustc}\ncommit    {commit}\n\
             rounds    {}, in random order, seed {}\n",
            self.rounds, self.seed
        );
        for (id, version) in &self.engines {
            writeln!(out, "engine    {id}: {version}").expect("strings take everything");
        }
        for (id, reason) in &self.skipped {
            writeln!(out, "skipped   {id}: {reason}").expect("strings take everything");
        }
        out
    }

    /// One row per workload: CPU times over those of one engine in the same round.
    fn table(&self, base: EngineId) -> String {
        let mut out = format!(
            "\nCPU time, {base} = 1: median of the ratios of same rounds (their middle half)\n\n"
        );
        let mut row = |first: &str, cells: Vec<String>| {
            writeln!(out, "| {first} | {} |", cells.join(" | ")).expect("strings take everything");
        };
        let columns: Vec<EngineId> = self.compared(base).collect();
        let base_column = [format!("{base}, ms")];
        row("", columns.iter().map(EngineId::to_string).chain(base_column).collect());
        row("---", vec!["---:".into(); columns.len() + 1]);
        for task in &self.tasks {
            let cell = |&id: &EngineId| {
                ratio(&self.measurements, (id, base), task).map_or("-".into(), shown)
            };
            let seconds = self.measurements.seconds(base, task.workload.name);
            let time = seconds.and_then(|seconds| Spread::of(seconds.to_vec()));
            let time = time.map_or("-".into(), |time| format!("{:.0}", time.median * 1e3));
            row(task.workload.name, columns.iter().map(cell).chain([time]).collect());
        }
        for group in Group::ALL {
            let all = self.in_group(group).count();
            let cell = |&id: &EngineId| match self.mean((id, base), group) {
                None => "-".into(),
                Some((spread, counted)) if counted == all => format!("**{}**", shown(spread)),
                Some((spread, counted)) => format!("{}, {counted} of {all}", shown(spread)),
            };
            row(group.title(), columns.iter().map(cell).chain([String::new()]).collect());
        }
        out
    }

    /// The times themselves, and where they come from.
    pub(crate) fn json(&self) -> String {
        #[derive(Serialize)]
        struct Row<'r> {
            workload: &'r str,
            is_held_out: bool,
            unit: &'r str,
            units: i64,
            engine: &'r str,
            seconds: &'r [f64],
        }
        #[derive(Serialize)]
        struct Document<'r> {
            machine: &'r Machine,
            rounds: u32,
            seed: u64,
            engines: Vec<(&'r str, &'r str)>,
            skipped: Vec<(&'r str, &'r str)>,
            times: Vec<Row<'r>>,
        }
        let named = |list: &'_ [(EngineId, String)]| -> Vec<(&'static str, String)> {
            list.iter().map(|(id, text)| (id.name(), text.clone())).collect()
        };
        let (engines, skipped) = (named(&self.engines), named(&self.skipped));
        let times = self.tasks.iter().flat_map(|Task { workload, count }| {
            self.engines.iter().filter_map(move |(id, _)| {
                Some(Row {
                    workload: workload.name,
                    is_held_out: workload.is_held_out,
                    unit: workload.unit,
                    units: (workload.units)(*count),
                    engine: id.name(),
                    seconds: self.measurements.seconds(*id, workload.name)?,
                })
            })
        });
        let document = Document {
            machine: &self.machine,
            rounds: self.rounds,
            seed: self.seed,
            engines: engines.iter().map(|(id, text)| (*id, text.as_str())).collect(),
            skipped: skipped.iter().map(|(id, text)| (*id, text.as_str())).collect(),
            times: times.collect(),
        };
        serde_json::to_string_pretty(&document).expect("names and numbers have a JSON form") + "\n"
    }
}

fn shown(spread: Spread) -> String {
    let Spread { median, low, high } = spread;
    format!("{median:.2} ({low:.2}-{high:.2})")
}
