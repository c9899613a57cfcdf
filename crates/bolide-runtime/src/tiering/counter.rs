//! The counters of a module's functions: what they start from, what is subtracted, and what can be read off them.
//!
//! A counter starts from [`START`] and has fired when it is negative. Weights of loops are multiples of 256, those
//! of calls one more than such a multiple: the low byte tells how often the function was entered since the counter
//! was set, which is how a long loop is told from many short ones.

use std::sync::atomic::{AtomicI32, Ordering};

use bolide_abi::Counters;

use super::TieringConfig;

/// What the low byte does not count.
const STEP: i32 = 256;
/// So large that thresholds of a few thousand are nearly exact.
const BUDGET: i32 = 1 << 30;
/// One step less, so that a threshold of 1 fires at once.
const START: i32 = BUDGET - STEP;
/// What is left of a counter that fires early.
const EARLY: i32 = BUDGET / 16;

/// One counter for each defined function; none if nothing is counted.
#[derive(Debug, Default)]
pub(crate) struct CounterArray {
    counters: Box<[AtomicI32]>,
    entry_weight: i32,
    loop_weight: i32,
}

/// What must be subtracted for the counter to fire at about the `threshold`-th time.
fn weight(threshold: u32) -> i32 {
    let most = (BUDGET / STEP) as u32;
    let steps = most / threshold.clamp(1, most);
    steps as i32 * STEP
}

impl CounterArray {
    pub(crate) fn new(functions: usize, config: &TieringConfig) -> CounterArray {
        CounterArray {
            counters: (0..functions).map(|_| AtomicI32::new(START)).collect(),
            entry_weight: weight(config.call_threshold) + 1,
            loop_weight: weight(config.loop_threshold),
        }
    }

    /// What compilers need to know; `None` if nothing is counted.
    pub(crate) fn for_compilers(&self) -> Option<Counters> {
        let first = self.counters.first()?;
        Some(Counters {
            base: first.as_ptr() as u64,
            entry_weight: self.entry_weight,
            loop_weight: self.loop_weight,
        })
    }

    /// Starts a function's counter again. Returns how often the function was entered, modulo 256, since that was
    /// done last. Other threads may count at the same time and make this inexact.
    pub(crate) fn restart(&self, func: usize) -> Option<u8> {
        let counter = self.counters.get(func)?;
        let value = counter.load(Ordering::Relaxed);
        counter.store(START, Ordering::Relaxed);
        Some(value.wrapping_neg() as u8)
    }

    /// Makes a function's counter fire after a part of its threshold.
    pub(crate) fn fire_early(&self, func: usize) {
        if let Some(counter) = self.counters.get(func) {
            counter.store(EARLY, Ordering::Relaxed);
        }
    }

    /// Makes a function's counter fire the next time something is counted.
    pub(crate) fn fire_soon(&self, func: usize) {
        if let Some(counter) = self.counters.get(func) {
            counter.store(0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_fire_at_their_thresholds_and_know_entries() {
        for threshold in [1, 2, 10, 1_500, 20_000, 100_000] {
            let mut config = TieringConfig::new();
            config.call_threshold(threshold).loop_threshold(threshold);
            let counters = CounterArray::new(1, &config);
            for weight in [counters.entry_weight, counters.loop_weight] {
                let fired = i64::from(START) / i64::from(weight) + 1;
                let threshold = i64::from(threshold);
                let difference = (fired - threshold).abs();
                assert!(difference <= 1 + threshold / 20, "{fired} for {threshold}");
            }
        }
        let counters = CounterArray::new(2, &TieringConfig::new());
        let subtract = |weight: i32, times: i32| {
            counters.counters[1].fetch_sub(weight * times, Ordering::Relaxed);
        };
        subtract(counters.entry_weight, 3);
        subtract(counters.loop_weight, 17_000);
        assert_eq!(counters.restart(1), Some(3));
        subtract(counters.loop_weight, 20_000);
        assert_eq!(counters.restart(1), Some(0));
        counters.fire_early(1);
        subtract(counters.loop_weight, 1_000);
        assert!(counters.counters[1].load(Ordering::Relaxed) >= 0);
        subtract(counters.loop_weight, 500);
        assert!(counters.counters[1].load(Ordering::Relaxed) < 0);
        assert_eq!(counters.restart(1), Some(0));
        counters.fire_soon(1);
        subtract(counters.entry_weight, 1);
        assert!(counters.counters[1].load(Ordering::Relaxed) < 0);
        assert_eq!(counters.restart(1), Some(1));
        assert_eq!(counters.restart(2), None);
    }

    #[test]
    fn thresholds_out_of_range_are_the_nearest() {
        assert_eq!(weight(0), weight(1));
        assert!(weight(1) > START);
        assert_eq!(weight(u32::MAX), STEP);
    }
}
