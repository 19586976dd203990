//! tokio's tasks. Main is a task too, so that the workers are all threads that run anything.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::begun::Begun;
use crate::job::{Job, Size};
use crate::meter::{LOOK_MS, Meter, SETTLING_MS};

/// Runs a job on the runtime for one thread, or on that for several with so many workers.
pub(super) fn run(workers: Option<usize>, job: Job, size: Size, meter: &mut Meter) -> Result<()> {
    let mut builder = match workers {
        None => Builder::new_current_thread(),
        Some(workers) => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(workers);
            builder
        }
    };
    let runtime = builder.enable_time().build()?;
    let main = runtime.spawn(async move {
        let mut meter = Meter::default();
        work(job, size, &mut meter).await.map(|()| meter)
    });
    *meter = runtime.block_on(main).context("main panicked")??;
    Ok(())
}

async fn work(job: Job, size: Size, meter: &mut Meter) -> Result<()> {
    match job {
        Job::Start => {
            join(start(size.warm_up(), |_| async {})).await?;
            meter.begin()?;
            join(start(size.len(), |_| async {})).await?;
            meter.end()
        }
        Job::Turns => {
            turns(size.warm_up()).await?;
            meter.begin()?;
            turns(size.len()).await?;
            meter.end()
        }
        Job::Parked => parked(size, meter).await,
        Job::Ring => ring(size, meter).await,
        Job::Sleepers => sleepers(size, meter).await,
    }
}

async fn turns(count: usize) -> Result<()> {
    for _ in 0..count {
        tokio::spawn(async {}).await?;
    }
    Ok(())
}

async fn parked(size: Size, meter: &mut Meter) -> Result<()> {
    let (begun, gate) = (Begun::default(), Arc::new(Semaphore::new(0)));
    meter.before()?;
    let tasks = start(size.len(), |_| {
        let (begun, gate) = (begun.clone(), Arc::clone(&gate));
        async move {
            begun.count_one();
            enter(&gate).await;
        }
    });
    wait_for(&begun, size.count).await;
    sleep(Duration::from_millis(SETTLING_MS)).await;
    meter.full()?;
    meter.begin()?;
    gate.add_permits(size.len());
    join(tasks).await?;
    meter.end()
}

async fn ring(size: Size, meter: &mut Meter) -> Result<()> {
    let begun = Begun::default();
    let gates: Vec<Arc<Semaphore>> = (0..size.len()).map(|_| Arc::new(Semaphore::new(0))).collect();
    let tasks = start(size.len(), |nth| {
        let begun = begun.clone();
        let own = Arc::clone(&gates[nth]);
        let next = Arc::clone(&gates[(nth + 1) % gates.len()]);
        async move {
            begun.count_one();
            for _ in 0..size.rounds() {
                enter(&own).await;
                next.add_permits(1);
            }
        }
    });
    wait_for(&begun, size.count).await;
    sleep(Duration::from_millis(SETTLING_MS)).await;
    meter.begin()?;
    gates[0].add_permits(1);
    join(tasks).await?;
    meter.end()
}

async fn sleepers(size: Size, meter: &mut Meter) -> Result<()> {
    let begun = Begun::default();
    meter.before()?;
    meter.begin()?;
    let tasks = start(size.len(), |_| {
        let begun = begun.clone();
        async move {
            begun.count_one();
            sleep(size.sleep()).await;
        }
    });
    wait_for(&begun, size.count).await;
    meter.full()?;
    join(tasks).await?;
    meter.end()
}

/// Starts so many tasks. `body` makes what each of them does, from its number.
fn start<B: Future<Output = ()> + Send + 'static>(
    count: usize,
    body: impl Fn(usize) -> B,
) -> Vec<JoinHandle<()>> {
    let mut tasks = Vec::with_capacity(count);
    tasks.extend((0..count).map(|nth| tokio::spawn(body(nth))));
    tasks
}

async fn join(tasks: Vec<JoinHandle<()>>) -> Result<()> {
    for task in tasks {
        task.await?;
    }
    Ok(())
}

/// Takes a permit for good.
async fn enter(gate: &Semaphore) {
    gate.acquire().await.expect("nobody closes it").forget();
}

async fn wait_for(begun: &Begun, count: u32) {
    while !begun.is(count) {
        sleep(Duration::from_millis(LOOK_MS)).await;
    }
}
