//! Engines that run in a process of their own: what is installed on the machine, and what cannot be
//! linked into this program.
//!
//! Such a program gets a text and a count, and prints the result and the CPU seconds of the work
//! alone, which it takes itself: starting the process is not counted.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Engine, Measured, folder, text_path};
use crate::workloads::Workload;

pub(super) struct Child {
    program: PathBuf,
    /// What comes before the text and the count.
    arguments: Vec<OsString>,
    /// Which of a workload's texts it takes.
    ending: &'static str,
    /// Workloads that its language cannot do.
    cannot_run: &'static [&'static str],
    version: String,
}

impl Child {
    /// LuaJIT, which the package `luajit/` links.
    pub(super) fn luajit() -> Result<Self> {
        let program = build("luajit", "make and a C compiler")?;
        let version = output(&mut Command::new(&program))?;
        // All its numbers are floats, and a 64-bit product does not fit.
        let cannot_run = &["hash"];
        Ok(Child { program, arguments: vec![], ending: "lua", cannot_run, version })
    }

    /// wasm3, which the package `wasm3/` links.
    pub(super) fn wasm3() -> Result<Self> {
        let program = build("wasm3", "libclang and a C compiler")?;
        let version = output(&mut Command::new(&program))?;
        Ok(Child { program, arguments: vec![], ending: "wat", cannot_run: &[], version })
    }

    /// The Python on the path.
    pub(super) fn python() -> Result<Self> {
        let program = PathBuf::from("python3");
        let version = output(Command::new(&program).arg("--version"))?;
        // No compiled copies beside the texts.
        let arguments = vec!["-B".into(), folder().join("workloads/run.py").into()];
        Ok(Child { program, arguments, ending: "py", cannot_run: &[], version })
    }
}

impl Engine for Child {
    fn version(&self) -> &str {
        &self.version
    }

    fn can_run(&self, workload: &Workload) -> bool {
        !self.cannot_run.contains(&workload.name)
    }

    fn run(&mut self, workload: &Workload, count: i64) -> Result<Measured> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(text_path(workload, self.ending)).arg(count.to_string());
        let printed = output(&mut command)?;
        let (result, seconds) = printed.split_once(' ').context("one word instead of two")?;
        Ok(Measured { result: result.parse()?, seconds: seconds.parse()? })
    }
}

/// Builds a package below this one, with the cargo that built this; where its program is. `needs` is
/// what the machine must have for that.
fn build(name: &str, needs: &str) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = folder().join("target");
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--quiet", "--manifest-path"]);
    command.arg(folder().join(name).join("Cargo.toml")).arg("--target-dir").arg(&target);
    output(&mut command).with_context(|| format!("does not build here, which needs {needs}"))?;
    let program = format!("drawloom-peer-{name}{}", std::env::consts::EXE_SUFFIX);
    Ok(target.join("release").join(program))
}

/// What a command prints, without spaces around it.
fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot run {name}"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        // Cargo says first what went wrong, Python last.
        let first_error = errors.lines().find(|line| line.starts_with("error"));
        let last = || errors.trim_end().lines().next_back();
        bail!("{name}: {}", first_error.or_else(last).unwrap_or("it says nothing"));
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
