//! The clock and the resident memory of this process.

use std::fs;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::job::Sample;

/// How long to wait after all threads have counted, until they rest.
pub(crate) const SETTLING_MS: u64 = 50;
/// How long main sleeps between two looks whether all threads have begun.
pub(crate) const LOOK_MS: u64 = 1;

/// What a job has measured so far.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    before: Option<i64>,
    full: Option<i64>,
    began: Option<(Instant, u64)>,
    begun_seconds: Option<f64>,
    ended: Option<(f64, u64)>,
}

impl Meter {
    /// Reads the memory before the first thread.
    ///
    /// # Errors
    /// This system has no `/proc`; so in the other methods.
    pub(crate) fn before(&mut self) -> Result<()> {
        self.before = Some(resident_bytes()?);
        Ok(())
    }

    /// Reads the memory with all threads there, and the clock if it runs.
    pub(crate) fn full(&mut self) -> Result<()> {
        self.begun_seconds = self.began.map(|(began, _)| began.elapsed().as_secs_f64());
        self.full = Some(resident_bytes()?);
        Ok(())
    }

    /// Starts the clock.
    pub(crate) fn begin(&mut self) -> Result<()> {
        let ticks = cpu_ticks()?;
        self.began = Some((Instant::now(), ticks));
        Ok(())
    }

    /// Stops the clock.
    pub(crate) fn end(&mut self) -> Result<()> {
        let (began, _) = self.began.context("the clock was not started")?;
        let seconds = began.elapsed().as_secs_f64();
        self.ended = Some((seconds, cpu_ticks()?));
        Ok(())
    }

    /// What was measured.
    ///
    /// # Errors
    /// The clock was not started, or not stopped.
    pub(crate) fn sample(&self) -> Result<Sample> {
        let (_, ticks_before) = self.began.context("the clock was not started")?;
        let (seconds, ticks) = self.ended.context("the clock was not stopped")?;
        Ok(Sample {
            seconds,
            cpu_seconds: (ticks - ticks_before) as f64 / TICKS_PER_SECOND,
            bytes: self.before.zip(self.full).map(|(before, full)| full - before),
            begun_seconds: self.begun_seconds,
        })
    }
}

/// In what Linux counts CPU time for programs.
const TICKS_PER_SECOND: f64 = 100.0;

/// `VmRSS` has the number of `/proc/self/statm` in kilobytes, so nobody has to know the size of a page.
fn resident_bytes() -> Result<i64> {
    let text = fs::read_to_string("/proc/self/status").context("this needs Linux's /proc")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kilobytes: i64 = kilobytes.context("/proc/self/status has no VmRSS")?.parse()?;
    Ok(kilobytes * 1024)
}

/// User and system time of all threads of this process, those that have ended included.
fn cpu_ticks() -> Result<u64> {
    let text = fs::read_to_string("/proc/self/stat").context("this needs Linux's /proc")?;
    // The second field is the program's name in brackets, with any characters.
    let (_, rest) = text.rsplit_once(')').context("/proc/self/stat has no name")?;
    let mut times = rest.split_whitespace().skip(11).map(str::parse::<u64>);
    let mut next = || times.next().context("/proc/self/stat is too short");
    Ok(next()?? + next()??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_written_to_is_resident() {
        let mut meter = Meter::default();
        meter.before().unwrap();
        let room = vec![1_u8; 64 << 20];
        meter.full().unwrap();
        meter.begin().unwrap();
        meter.end().unwrap();
        let bytes = meter.sample().unwrap().bytes.unwrap();
        assert!(bytes > 60 << 20, "{bytes} for {}", room.len());
    }

    #[test]
    fn a_clock_that_was_not_started_gives_no_sample() {
        assert!(Meter::default().sample().is_err());
        assert!(Meter::default().end().is_err());
    }
}
