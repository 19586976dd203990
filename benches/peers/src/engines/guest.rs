//! drawloom's native machine, as an embedder uses it.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use cpu_time::ProcessTime;
use drawloom::interp::Code;
use drawloom::native::Registry;

use super::{Engine, Measured, locked_version};
use crate::workloads::{self, Workload};

pub(super) struct Guest {
    version: String,
    registry: Arc<Registry>,
    /// What has been compiled, by name.
    codes: BTreeMap<&'static str, Code>,
}

impl Guest {
    pub(super) fn new() -> Self {
        Guest {
            version: locked_version("drawloom").to_owned(),
            registry: workloads::registry(),
            codes: BTreeMap::new(),
        }
    }
}

impl Engine for Guest {
    fn version(&self) -> &str {
        &self.version
    }

    fn run(&mut self, workload: &Workload, count: i64) -> Result<Measured> {
        let code = self.codes.entry(workload.name).or_insert_with(|| workload.code());
        let start = ProcessTime::now();
        let result = workloads::run(code, &self.registry, count);
        Ok(Measured { result, seconds: start.elapsed().as_secs_f64() })
    }
}
