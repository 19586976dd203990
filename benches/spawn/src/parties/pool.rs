//! rayon's tasks, which nothing but a task may wait for: they start and end, and cannot rest.

use anyhow::{Result, bail};
use rayon::{ThreadPoolBuilder, scope};

use crate::job::{Job, Size};
use crate::meter::Meter;

/// Runs a job on a pool of so many threads. Main runs in the pool too.
pub(super) fn run(threads: usize, job: Job, size: Size, meter: &mut Meter) -> Result<()> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
    pool.install(|| {
        let work = match job {
            Job::Start => start,
            Job::Turns => turns,
            Job::Parked | Job::Ring | Job::Sleepers => bail!("a task of rayon cannot rest"),
        };
        work(size.warm_up());
        meter.begin()?;
        work(size.len());
        meter.end()
    })
}

fn start(count: usize) {
    scope(|scope| (0..count).for_each(|_| scope.spawn(|_| ())));
}

fn turns(count: usize) {
    (0..count).for_each(|_| scope(|scope| scope.spawn(|_| ())));
}
