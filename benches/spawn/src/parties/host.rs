//! Threads of the host, with locks and condition variables of `std`.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle, sleep};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use crate::begun::Begun;
use crate::job::{Job, Size};
use crate::meter::{LOOK_MS, Meter, SETTLING_MS};

/// Runs a job.
pub(super) fn run(job: Job, size: Size, meter: &mut Meter) -> Result<()> {
    match job {
        Job::Start => {
            join(start(size.warm_up(), |_| || ())?)?;
            meter.begin()?;
            join(start(size.len(), |_| || ())?)?;
            meter.end()
        }
        Job::Turns => {
            turns(size.warm_up())?;
            meter.begin()?;
            turns(size.len())?;
            meter.end()
        }
        Job::Parked => parked(size, meter),
        Job::Ring => ring(size, meter),
        Job::Sleepers => sleepers(size, meter),
    }
}

fn turns(count: usize) -> Result<()> {
    for _ in 0..count {
        join(start(1, |_| || ())?)?;
    }
    Ok(())
}

fn parked(size: Size, meter: &mut Meter) -> Result<()> {
    let (begun, gate) = (Begun::default(), Arc::new(Gate::default()));
    meter.before()?;
    let threads = start(size.len(), |_| {
        let (begun, gate) = (begun.clone(), Arc::clone(&gate));
        move || {
            begun.count_one();
            gate.enter();
        }
    })?;
    wait_for(&begun, size.count);
    sleep(Duration::from_millis(SETTLING_MS));
    meter.full()?;
    meter.begin()?;
    gate.leave_many(size.count);
    join(threads)?;
    meter.end()
}

fn ring(size: Size, meter: &mut Meter) -> Result<()> {
    let begun = Begun::default();
    let gates: Vec<Arc<Gate>> = (0..size.len()).map(|_| Arc::default()).collect();
    let threads = start(size.len(), |nth| {
        let begun = begun.clone();
        let own = Arc::clone(&gates[nth]);
        let next = Arc::clone(&gates[(nth + 1) % gates.len()]);
        move || {
            begun.count_one();
            for _ in 0..size.rounds() {
                own.enter();
                next.leave_many(1);
            }
        }
    })?;
    wait_for(&begun, size.count);
    sleep(Duration::from_millis(SETTLING_MS));
    meter.begin()?;
    gates[0].leave_many(1);
    join(threads)?;
    meter.end()
}

fn sleepers(size: Size, meter: &mut Meter) -> Result<()> {
    let begun = Begun::default();
    meter.before()?;
    meter.begin()?;
    let threads = start(size.len(), |_| {
        let begun = begun.clone();
        move || {
            begun.count_one();
            sleep(size.sleep());
        }
    })?;
    wait_for(&begun, size.count);
    meter.full()?;
    join(threads)?;
    meter.end()
}

/// Starts so many threads. `body` makes what each of them does, from its number.
fn start<B: FnOnce() + Send + 'static>(
    count: usize,
    body: impl Fn(usize) -> B,
) -> Result<Vec<JoinHandle<()>>> {
    let mut threads = Vec::with_capacity(count);
    for nth in 0..count {
        let thread = Builder::new().spawn(body(nth));
        threads.push(thread.with_context(|| format!("the system refuses thread {nth}"))?);
    }
    Ok(threads)
}

fn join(threads: Vec<JoinHandle<()>>) -> Result<()> {
    threads.into_iter().try_for_each(|it| it.join().map_err(|_| anyhow!("a thread panicked")))
}

fn wait_for(begun: &Begun, count: u32) {
    while !begun.is(count) {
        sleep(Duration::from_millis(LOOK_MS));
    }
}

/// A semaphore, which `std` does not have.
#[derive(Debug, Default)]
struct Gate {
    permits: Mutex<u32>,
    opened: Condvar,
}

impl Gate {
    fn enter(&self) {
        let permits = self.permits.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.opened.wait_while(permits, |permits| *permits == 0);
        *waited.unwrap_or_else(PoisonError::into_inner) -= 1;
    }

    fn leave_many(&self, count: u32) {
        *self.permits.lock().unwrap_or_else(PoisonError::into_inner) += count;
        if count == 1 { self.opened.notify_one() } else { self.opened.notify_all() }
    }
}
