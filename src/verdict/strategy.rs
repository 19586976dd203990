//! The ways to draw executions at random. `src/sample` implements them, for guest programs and for Rust code.

use std::fmt;
use std::str::FromStr;

/// A way to draw executions. `n` is the number of threads, `k` the number of operations in an execution.
///
/// | strategy | draws | promises |
/// |---|---|---|
/// | random walk | each step: one of the threads that can run, equally likely | every schedule; each choice costs a factor of up to `n` |
/// | PCT | priorities, and `depth - 1` moments at which the highest becomes the lowest | a bug of that depth with probability at least 1 / (n k^(depth - 1)) |
/// | URW | each step: a thread in proportion to its remaining work | all interleavings equally likely, if the estimates are right and no thread blocks |
/// | POS | a priority per operation, drawn anew when a conflicting operation comes first | every trace; the bound is exponentially better than the random walk's |
/// | SURW | as URW for the operations on one object; the others at random | all orders of that object's operations equally likely, as with URW |
///
/// Sources: PCT is Burckhardt, Kothari, Musuvathi and Nagarakatte, *A randomized scheduler with
/// probabilistic guarantees of finding bugs* (ASPLOS 2010). POS is Yuan, Yang and Gu, *Partial order aware
/// concurrency sampling* (CAV 2018). URW and SURW are Zhao, Wolff, Mathur and Roychoudhury, *Selectively
/// uniform concurrency testing* (ASPLOS 2025). Each implementation says where it differs from its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// The random walk.
    Random,
    /// Probabilistic concurrency testing.
    Pct {
        /// The number of ordering constraints that the bugs it looks for need; at least 1.
        depth: u32,
    },
    /// The uniform random walk.
    Urw,
    /// Partial order sampling.
    Pos,
    /// The selectively uniform random walk.
    Surw,
}

impl Strategy {
    /// One of each strategy; PCT for bugs of depth 3.
    pub const ALL: [Strategy; 5] = [
        Strategy::Random,
        Strategy::Pct { depth: 3 },
        Strategy::Urw,
        Strategy::Pos,
        Strategy::Surw,
    ];

    /// The name that `--strategy` uses, without the depth.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Random => "random",
            Strategy::Pct { .. } => "pct",
            Strategy::Urw => "urw",
            Strategy::Pos => "pos",
            Strategy::Surw => "surw",
        }
    }

    /// Whether it must know in advance about how many operations there are.
    #[cfg(any(feature = "guests", feature = "heddle"))]
    pub(crate) fn needs_estimate(self) -> bool {
        match self {
            Strategy::Random | Strategy::Pos => false,
            Strategy::Pct { .. } | Strategy::Urw | Strategy::Surw => true,
        }
    }

    /// What it draws, in one line.
    pub fn summary(self) -> &'static str {
        match self {
            Strategy::Random => "Each step: any thread that can run, equally likely",
            Strategy::Pct { .. } => {
                "Thread priorities that change at a few points; pct:2 is for bugs of depth 2"
            }
            Strategy::Urw => "Each step: a thread in proportion to its remaining work",
            Strategy::Pos => "A priority per operation, drawn anew after a conflict",
            Strategy::Surw => "As urw, for the operations on one object",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        if let Strategy::Pct { depth } = self { write!(f, ":{depth}") } else { Ok(()) }
    }
}

/// No strategy has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no strategy: random, pct, pct:DEPTH, urw, pos or surw")]
pub struct NoStrategy(pub String);

impl FromStr for Strategy {
    type Err = NoStrategy;

    fn from_str(text: &str) -> Result<Self, NoStrategy> {
        let no = || NoStrategy(text.to_owned());
        match text.split_once(':') {
            None => Strategy::ALL.into_iter().find(|it| it.name() == text).ok_or_else(no),
            Some(("pct", depth)) => {
                let depth = depth.parse().ok().filter(|depth| (1..=64).contains(depth));
                Ok(Strategy::Pct { depth: depth.ok_or_else(no)? })
            }
            Some(_) => Err(no()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strategy_is_read_as_it_is_written() {
        for strategy in Strategy::ALL {
            assert_eq!(strategy.to_string().parse(), Ok(strategy));
        }
        assert_eq!("pct".parse(), Ok(Strategy::Pct { depth: 3 }));
        for wrong in ["", "pct:0", "pct:", "pos:2", "dfs"] {
            assert_eq!(wrong.parse::<Strategy>(), Err(NoStrategy(wrong.into())));
        }
    }
}
