//! The strategies by which heddle draws executions.

use drawloom::engine::heddle::Strategy;

/// All of them, in the order of `drawloom::verdict::Strategy::ALL`.
pub(crate) fn strategies(seed: u64) -> [Strategy; 5] {
    [
        Strategy::Random { seed },
        Strategy::Pct { depth: 3, seed },
        Strategy::Urw { seed },
        Strategy::Pos { seed },
        Strategy::Surw { seed },
    ]
}
