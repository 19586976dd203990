//! A workload's Lua text in a Lua state. The text returns a function from a count to a result, and
//! finds the host's function as `host.add`.
//!
//! Which Lua that is, the including package chooses: this one links Lua 5.4, `luajit/` includes this
//! file and links LuaJIT, because one build of mlua has one Lua.

use std::time::Duration;

use cpu_time::ProcessTime;
use mlua::{Function, Lua, Result};

/// Calls the function of a text once, in a fresh state; its result, and the CPU time of the call.
pub(crate) fn measure(text: &str, count: i64) -> Result<(i64, Duration)> {
    let lua = state()?;
    let run: Function = lua.load(text).eval()?;
    let start = ProcessTime::now();
    let result = run.call(count)?;
    Ok((result, start.elapsed()))
}

/// What the Lua calls itself.
pub(crate) fn version() -> Result<String> {
    state()?.load("return jit and jit.version or _VERSION").eval()
}

/// A state with the host's function, and without a compiler to machine code.
fn state() -> Result<Lua> {
    let lua = Lua::new();
    let host = lua.create_table()?;
    host.set("add", lua.create_function(|_, (a, b): (i64, i64)| Ok(a.wrapping_add(b)))?)?;
    lua.globals().set("host", host)?;
    lua.load("if jit then jit.off() end").exec()?;
    Ok(lua)
}
