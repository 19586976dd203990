//! Rounds of measurements, in which every party does every job once.
//!
//! In a round the jobs come in random order, and for each of them the parties do: what is compared is close together in
//! time, and nobody always comes first. Only samples of the same round are compared.

use std::collections::BTreeMap;
use std::time::Duration;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

use crate::job::{Job, Sample, Size};
use crate::parties::{Opened, Party};
use crate::shuffle::shuffled;
use crate::spread::Spread;

/// How much of what is measured, and how often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) rounds: u32,
    pub(crate) seed: u64,
    /// For one run of a job, its start included.
    pub(crate) limit: Duration,
    /// Threads that are data.
    pub(crate) count: u32,
    /// Threads of the host.
    pub(crate) host_count: u32,
    pub(crate) ring_count: u32,
    pub(crate) passes: u64,
    pub(crate) sleep_ms: u32,
}

impl Plan {
    /// How much of a job a party does.
    pub(crate) fn size(&self, party: Party, job: Job) -> Size {
        let most = if party.is_heavy() { self.host_count } else { self.count };
        let sleep_ms = self.sleep_ms;
        if job != Job::Ring {
            return Size { count: most, passes: 0, sleep_ms };
        }
        let count = self.ring_count.min(most);
        Size { count, passes: self.passes - self.passes % u64::from(count), sleep_ms }
    }
}

/// What was measured, by round, and what failed.
#[derive(Debug, Default)]
pub(crate) struct Measurements {
    samples: BTreeMap<(Party, Job), Vec<Sample>>,
    failures: BTreeMap<(Party, Job), String>,
}

impl Measurements {
    /// A party's samples of a job, one per round; none if it failed once.
    pub(crate) fn samples(&self, party: Party, job: Job) -> &[Sample] {
        self.samples.get(&(party, job)).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn failures(&self) -> impl Iterator<Item = (Party, Job, &str)> {
        self.failures.iter().map(|((party, job), error)| (*party, *job, error.as_str()))
    }

    pub(crate) fn has_failed(&self, party: Party, job: Job) -> bool {
        self.failures.contains_key(&(party, job))
    }

    /// Some number of every sample.
    pub(crate) fn spread(
        &self,
        party: Party,
        job: Job,
        number: impl Fn(&Sample) -> Option<f64>,
    ) -> Option<Spread> {
        Spread::of(self.samples(party, job).iter().map(number).collect::<Option<_>>()?)
    }

    /// A number of a party's samples over that of the base's samples of the same rounds, each for one of its units.
    pub(crate) fn ratio(
        &self,
        party: Party,
        job: Job,
        units: impl Fn(Party) -> f64,
        number: impl Fn(&Sample) -> Option<f64>,
    ) -> Option<Spread> {
        let pairs = self.samples(party, job).iter().zip(self.samples(Party::BASE, job));
        let ratios = pairs.map(|(theirs, ours)| {
            let (theirs, ours) =
                (number(theirs)? / units(party), number(ours)? / units(Party::BASE));
            (ours > 0.0).then(|| theirs / ours)
        });
        Spread::of(ratios.collect::<Option<_>>()?)
    }
}

/// Measures. `progress` hears of each round before it begins, counted from 1, and of each failure.
///
/// A party that fails at a job does not do that job again.
pub(crate) fn measure(
    parties: &[(Party, Opened)],
    jobs: &[Job],
    plan: &Plan,
    progress: impl Fn(&str),
) -> Measurements {
    let mut chance = Xoshiro256PlusPlus::seed_from_u64(plan.seed);
    let mut measurements = Measurements::default();
    let Measurements { samples, failures } = &mut measurements;
    for round in 1..=plan.rounds {
        progress(&format!("round {round} of {}", plan.rounds));
        for nth in shuffled(jobs.len(), &mut chance) {
            let job = jobs[nth];
            for nth in shuffled(parties.len(), &mut chance) {
                let (party, opened) = &parties[nth];
                let key = (*party, job);
                if !party.can_do(job) || failures.contains_key(&key) {
                    continue;
                }
                match opened.run(job, plan.size(*party, job), plan.limit) {
                    Ok(sample) => samples.entry(key).or_default().push(sample),
                    Err(error) => {
                        progress(&format!("{party} failed at {job}: {error:#}"));
                        samples.remove(&key);
                        failures.insert(key, format!("{error:#}"));
                    }
                }
            }
        }
    }
    measurements
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(seconds: f64) -> Sample {
        Sample { seconds, cpu_seconds: 0.0, bytes: None, begun_seconds: None }
    }

    fn plan() -> Plan {
        Plan {
            rounds: 1,
            seed: 1,
            limit: Duration::from_secs(1),
            count: 1_000_000,
            host_count: 500,
            ring_count: 1000,
            passes: 2700,
            sleep_ms: 1,
        }
    }

    #[test]
    fn a_ratio_is_between_units_of_the_same_round() {
        let mut measurements = Measurements::default();
        let of = |numbers: &[f64]| numbers.iter().copied().map(sample).collect::<Vec<_>>();
        measurements.samples.insert((Party::BASE, Job::Start), of(&[10.0, 20.0, 40.0]));
        measurements.samples.insert((Party::Std, Job::Start), of(&[1.0, 4.0, 2.0]));
        let units = |party| if party == Party::BASE { 1000.0 } else { 100.0 };
        let ratio = measurements.ratio(Party::Std, Job::Start, units, |it| Some(it.seconds));
        // 1.0, 2.0 and 0.5 in the three rounds.
        assert!((ratio.unwrap().median - 1.0).abs() < 1e-12);
        assert!(measurements.ratio(Party::Std, Job::Start, units, |_| None).is_none());
        assert!(measurements.ratio(Party::GoOne, Job::Start, units, |_| Some(1.0)).is_none());
    }

    #[test]
    fn passes_are_a_multiple_of_the_threads() {
        let size = |party| plan().size(party, Job::Ring);
        assert_eq!(size(Party::BASE), Size { count: 1000, passes: 2000, sleep_ms: 1 });
        assert_eq!(size(Party::Std), Size { count: 500, passes: 2500, sleep_ms: 1 });
    }

    #[test]
    fn threads_of_the_host_have_a_count_of_their_own() {
        assert_eq!(plan().size(Party::BASE, Job::Start).count, 1_000_000);
        assert_eq!(plan().size(Party::Std, Job::Start).count, 500);
    }
}
