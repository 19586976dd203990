//! The crates whose loom tests are run, and how each wants to be built.

/// A published crate with loom tests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Suite {
    /// The crate's name.
    pub(crate) name: &'static str,
    /// The version whose tests are run.
    pub(crate) version: &'static str,
    /// The `--cfg` that switches its loom tests on.
    pub(crate) cfg: &'static str,
    /// Arguments for `cargo test`: which targets have the tests, and their features.
    pub(crate) arguments: &'static [&'static str],
    /// Only tests whose names contain one of these; all if there is none.
    pub(crate) only: &'static [&'static str],
    /// Whether its threads may be unwound, or would end the process.
    pub(crate) unwinds: bool,
}

const fn suite(name: &'static str, version: &'static str) -> Suite {
    Suite { name, version, cfg: "loom", arguments: &["--lib"], only: &[], unwinds: true }
}

impl Suite {
    const fn cfg(self, cfg: &'static str) -> Self {
        Suite { cfg, ..self }
    }

    const fn arguments(self, arguments: &'static [&'static str]) -> Self {
        Suite { arguments, ..self }
    }

    const fn only(self, only: &'static [&'static str]) -> Self {
        Suite { only, ..self }
    }

    const fn ends_the_process_when_unwound(self) -> Self {
        Suite { unwinds: false, ..self }
    }

    /// The name and version, as the package's folder is called.
    pub(crate) fn folder(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }
}

/// All of them, in alphabetical order.
pub(crate) const SUITES: &[Suite] = &[
    suite("async-event", "0.2.1").cfg("async_event_loom"),
    suite("async-lock", "3.5.0").arguments(&["--test", "loom", "--features", "loom"]),
    suite("boxcar", "0.2.14").arguments(&[
        "--test",
        "loom",
        "--test",
        "loom_buckets",
        "--features",
        "loom",
    ]),
    suite("bytes", "1.12.1").only(&["fuzz"]),
    suite("concurrent-queue", "2.5.0").arguments(&["--test", "loom", "--features", "loom"]),
    suite("cordyceps", "0.3.5").only(&["loom"]),
    suite("crossbeam-epoch", "0.9.21").cfg("crossbeam_loom").arguments(&[
        "--test",
        "loom",
        "--features",
        "loom",
    ]),
    suite("diatomic-waker", "0.2.3").cfg("diatomic_waker_loom"),
    suite("event-listener", "5.4.2").arguments(&["--test", "loom", "--features", "loom"]),
    suite("haphazard", "0.1.8").arguments(&["--test", "loom"]),
    suite("idr-ebr", "0.3.3").cfg("idr_ebr_loom").arguments(&[
        "--test",
        "loom",
        "--features",
        "loom",
    ]),
    suite("left-right", "0.11.8").arguments(&["--test", "loom"]),
    suite("maitake-sync", "0.2.2"),
    suite("moka", "0.12.16")
        .cfg("moka_loom")
        .arguments(&["--lib", "--features", "sync"])
        .only(&["loom"]),
    suite("multishot", "0.3.2").cfg("multishot_loom"),
    suite("nexosim", "1.0.0").cfg("nexosim_loom").only(&["loom"]),
    suite("oneshot", "0.2.1").cfg("oneshot_loom").arguments(&[
        "--test",
        "sync",
        "--test",
        "future",
        "--test",
        "loom",
        "--test",
        "raw",
        "--features",
        "loom",
    ]),
    suite("parity-db", "0.5.7").arguments(&[
        "--test",
        "loom",
        "--features",
        "loom,instrumentation",
    ]),
    suite("parking", "2.2.1").arguments(&["--test", "loom", "--features", "loom"]),
    suite("s2n-quic-core", "0.91.0").arguments(&["--lib", "--features", "testing"]).only(&["loom"]),
    suite("saa", "5.6.2").arguments(&["--lib", "--features", "loom"]).only(&["models"]),
    suite("scc", "3.8.8").arguments(&["--lib", "--features", "loom"]).only(&["models"]),
    suite("sdd", "4.8.11").arguments(&["--lib", "--features", "loom"]).only(&["models"]),
    suite("sharded-slab", "0.1.7").arguments(&["--lib", "--features", "loom"]),
    suite("st3", "0.4.1").cfg("st3_loom").arguments(&["--test", "integration"]),
    suite("tachyonix", "0.3.1").cfg("tachyonix_loom"),
    suite("thingbuf", "0.1.6"),
    suite("tokio", "1.54.1")
        .arguments(&["--lib", "--features", "full,test-util"])
        .only(&["loom"])
        .ends_the_process_when_unwound(),
    suite("tokio-graceful", "0.2.2").only(&["loom"]),
    suite("tokio-util", "0.7.20").arguments(&["--lib", "--features", "full"]).only(&["loom"]),
];
