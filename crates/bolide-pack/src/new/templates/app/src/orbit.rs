//! Stars that circle a point.

use std::f64::consts::TAU;

/// The golden angle, in radians: neighbours that are this far apart never line up.
const GOLDEN_ANGLE: f64 = 2.399_963;

/// How much of the way to its goal the centre goes in a second, as a rate.
const PULL: f64 = 4.0;

/// A star, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Star {
    pub x: f64,
    pub y: f64,
    pub radius: f64,
}

/// A number of stars around a centre that follows a goal.
#[derive(Clone, Debug)]
pub struct Orbit {
    count: u32,
    center: (f64, f64),
    goal: (f64, f64),
    seconds: f64,
}

impl Orbit {
    pub fn new(count: u32, center: (f64, f64)) -> Orbit {
        Orbit {
            count,
            center,
            goal: center,
            seconds: 0.0,
        }
    }

    pub fn set_count(&mut self, count: u32) {
        self.count = count;
    }

    /// Lets the centre move to `goal`.
    pub fn follow(&mut self, goal: (f64, f64)) {
        self.goal = goal;
    }

    /// Lets `seconds` pass.
    pub fn advance(&mut self, seconds: f64) {
        self.seconds += seconds;
        let part = 1.0 - (-PULL * seconds).exp();
        self.center.0 += (self.goal.0 - self.center.0) * part;
        self.center.1 += (self.goal.1 - self.center.1) * part;
    }

    /// The stars as they are now; the outermost is `size` away from the centre.
    pub fn stars(&self, size: f64) -> impl Iterator<Item = Star> + '_ {
        (0..self.count).map(move |i| {
            let part = f64::from(i + 1) / f64::from(self.count);
            let distance = size * part.sqrt();
            let angle = f64::from(i) * GOLDEN_ANGLE + self.seconds * TAU / (8.0 + 24.0 * part);
            Star {
                x: self.center.0 + distance * angle.cos(),
                y: self.center.1 + distance * angle.sin(),
                radius: 1.5 + 2.5 * (1.0 - part),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::*;

    use super::*;

    #[wasm_bindgen_test]
    fn stars_stay_within_their_circle() {
        let mut orbit = Orbit::new(100, (10.0, 20.0));
        orbit.advance(1.5);
        let distances: Vec<f64> = orbit
            .stars(50.0)
            .map(|star| (star.x - 10.0).hypot(star.y - 20.0))
            .collect();
        assert_eq!(distances.len(), 100);
        assert!(
            distances.iter().all(|distance| *distance < 50.001),
            "{distances:?}"
        );
    }

    #[wasm_bindgen_test]
    fn the_centre_reaches_its_goal() {
        let mut orbit = Orbit::new(1, (0.0, 0.0));
        orbit.follow((100.0, -50.0));
        orbit.advance(10.0);
        let star = orbit.stars(0.0).next().unwrap();
        assert!(
            (star.x - 100.0).abs() < 0.01 && (star.y + 50.0).abs() < 0.01,
            "{star:?}"
        );
    }
}
