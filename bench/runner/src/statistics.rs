//! Medians with spread, and geometric means.

use serde::Serialize;

/// What stands for a list of measurements.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Summary {
    pub(crate) median: f64,
    /// The first quartile.
    pub(crate) low: f64,
    /// The third quartile.
    pub(crate) high: f64,
    /// How many measurements there were.
    pub(crate) count: usize,
}

impl Summary {
    /// `None` of an empty list.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        (!sorted.is_empty()).then(|| Self {
            median: quantile(&sorted, 0.5),
            low: quantile(&sorted, 0.25),
            high: quantile(&sorted, 0.75),
            count: sorted.len(),
        })
    }

    /// Half of the distance between the quartiles, as a share of the median.
    pub(crate) fn spread(&self) -> f64 {
        (self.high - self.low) / 2.0 / self.median
    }
}

/// The median of values in any order; `None` of an empty list.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    Summary::of(values).map(|summary| summary.median)
}

/// Interpolates between neighbours of a sorted list that is not empty.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = sorted[place.floor() as usize];
    let above = sorted[place.ceil() as usize];
    below + (above - below) * place.fract()
}

/// The geometric mean of positive values; `None` of an empty list.
pub(crate) fn geometric_mean(values: &[f64]) -> Option<f64> {
    let sum: f64 = values.iter().map(|value| value.ln()).sum();
    (!values.is_empty()).then(|| (sum / values.len() as f64).exp())
}

/// What one list of iterations says about warm-up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Warm {
    /// Median time of the iterations of the second half of the time.
    pub(crate) steady_ns: f64,
    /// How many iterations came before the first that was as fast, and stayed so.
    pub(crate) warm_up_iterations: usize,
    /// How long those took.
    pub(crate) warm_up_ns: f64,
}

/// How much slower than steady an iteration may be that belongs to it.
const WARM: f64 = 1.1;

/// How many iterations in a row must be warm in their median.
const WINDOW: usize = 5;

/// `None` if there were no iterations.
pub(crate) fn warm(iterations_ns: &[u64]) -> Option<Warm> {
    let times: Vec<f64> = iterations_ns.iter().map(|&ns| ns as f64).collect();
    let total: f64 = times.iter().sum();
    let mut passed = 0.0;
    let second_half = times
        .iter()
        .position(|time| {
            let begins = passed;
            passed += time;
            begins >= total / 2.0
        })
        .unwrap_or(times.len().saturating_sub(1));
    let steady_ns = median(times.get(second_half..)?)?;
    let is_warm = |&i: &usize| {
        let window = &times[i..times.len().min(i + WINDOW)];
        times[i] <= steady_ns * WARM && median(window).is_some_and(|m| m <= steady_ns * WARM)
    };
    let warm_up_iterations = (0..times.len()).find(is_warm).unwrap_or(times.len());
    Some(Warm {
        steady_ns,
        warm_up_iterations,
        warm_up_ns: times[..warm_up_iterations].iter().sum(),
    })
}

/// Times at iterations 1, 2, 3, 5, 8, 13, … of a list, each the median of those since the point before: what a curve
/// of warm-up needs of 100,000 iterations.
pub(crate) fn curve(iterations_ns: &[u64]) -> Vec<(u64, f64)> {
    let mut points = Vec::new();
    let (mut from, mut to) = (0, 1);
    while from < iterations_ns.len() {
        let end = to.min(iterations_ns.len());
        let times: Vec<f64> = iterations_ns[from..end]
            .iter()
            .map(|&ns| ns as f64)
            .collect();
        if let Some(time) = median(&times) {
            points.push((end as u64, time));
        }
        from = end;
        to = (to * 8).div_ceil(5);
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_has_median_and_quartiles() {
        let summary = Summary::of(&[5.0, 1.0, 3.0, 2.0, 4.0]).unwrap();
        assert_eq!((summary.low, summary.median, summary.high), (2.0, 3.0, 4.0));
        assert_eq!(summary.count, 5);
        assert_eq!(Summary::of(&[1.0, 2.0]).unwrap().median, 1.5);
        assert_eq!(Summary::of(&[]), None);
    }

    #[test]
    fn the_geometric_mean_of_a_ratio_and_its_inverse_is_one() {
        let mean = geometric_mean(&[4.0, 0.25]).unwrap();
        assert!((mean - 1.0).abs() < 1e-12);
        assert_eq!(geometric_mean(&[]), None);
    }

    #[test]
    fn warm_up_ends_where_iterations_are_fast_and_stay_so() {
        let mut times = vec![900, 100, 800, 400];
        times.extend([100; 30]);
        let warm = warm(&times).unwrap();
        assert_eq!(warm.steady_ns, 100.0);
        // The second one was fast by chance: those after it are not.
        assert_eq!(warm.warm_up_iterations, 1);
        let mut times = vec![900, 100, 800, 400, 400, 400];
        times.extend([100; 60]);
        assert_eq!(super::warm(&times).unwrap().warm_up_iterations, 6);
        assert_eq!(super::warm(&times).unwrap().warm_up_ns, 3000.0);
    }

    #[test]
    fn one_iteration_is_steady() {
        assert_eq!(
            warm(&[7]).unwrap(),
            Warm {
                steady_ns: 7.0,
                warm_up_iterations: 0,
                warm_up_ns: 0.0
            }
        );
        assert_eq!(warm(&[]), None);
    }

    #[test]
    fn a_curve_ends_with_the_last_iteration() {
        let points = curve(&[9, 8, 7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(points[..3], [(1, 9.0), (2, 8.0), (4, 6.5)]);
        assert_eq!(points.last().unwrap().0, 9);
        assert!(curve(&[1; 100_000]).len() < 40);
    }
}
