//! Executions with few preemptions. Many bugs need few, and a search of every execution comes to them late.

use super::Heddle;

/// A search looks at executions with few preemptions after this many others: a small body is searched without them.
pub(super) const LOOKS_AFTER: u64 = 20_000;

/// The limits on preemptions within which a search looks, one after the other.
const LIMITS: [usize; 3] = [0, 1, 2];
/// The most executions within each of them.
const EXECUTIONS_MAX: u64 = 2_000;
/// Only a search looks at them whose limit on executions is more than this many times theirs.
const SHARE: u64 = 100;

impl Heddle {
    /// The searches that look at executions with few preemptions; none if the limit on executions is no more than a hundred
    /// times theirs.
    pub(crate) fn with_few_preemptions(&self) -> impl Iterator<Item = Heddle> + use<> {
        let all = LIMITS.len() as u64 * EXECUTIONS_MAX;
        let is_worth_it = self.few_preemptions_early
            && self.preemptions_max.is_none()
            && self.executions_max > SHARE * all;
        let engine = *self;
        let searches = LIMITS.into_iter().map(move |preemptions| {
            let few = engine.preemptions_max(preemptions).executions_max(EXECUTIONS_MAX);
            Heddle { jobs: 1, ends_when_too_long: false, few_preemptions_early: false, ..few }
        });
        searches.filter(move |_| is_worth_it)
    }
}
