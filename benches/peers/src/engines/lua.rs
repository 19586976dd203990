//! Lua 5.4, linked into this program.

use anyhow::Result;

use super::{Engine, Measured, locked_version, text};
use crate::lua;
use crate::workloads::Workload;

pub(super) struct Lua54 {
    version: String,
}

impl Lua54 {
    pub(super) fn new() -> Result<Self> {
        let (mlua, sources) = (locked_version("mlua"), locked_version("lua-src"));
        Ok(Lua54 { version: format!("{} (lua-src {sources}, mlua {mlua})", lua::version()?) })
    }
}

impl Engine for Lua54 {
    fn version(&self) -> &str {
        &self.version
    }

    fn run(&mut self, workload: &Workload, count: i64) -> Result<Measured> {
        let (result, time) = lua::measure(&text(workload, "lua")?, count)?;
        Ok(Measured { result, seconds: time.as_secs_f64() })
    }
}
