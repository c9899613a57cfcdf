//! Lines on two logarithmic scales, with their names at their ends.

use std::path::Path;

use anyhow::Result;

use crate::plots::canvas::{
    ALARM, Align, BOTTOM, Canvas, FAINT, GRAY, INK, Log, Style, TOP, color, pale, width,
};
use crate::units::{Unit, ratio_tick};

pub(super) struct Lines {
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) footer: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) series: Vec<Series>,
}

pub(super) struct Axis {
    pub(super) title: String,
    /// `None`: ratios.
    pub(super) unit: Option<Unit>,
}

pub(super) struct Series {
    pub(super) label: String,
    pub(super) color: String,
    pub(super) points: Vec<(f64, f64)>,
    /// Why points are missing, at the end or all of them, and whether that is a failure.
    pub(super) missing: Option<(String, bool)>,
}

impl Series {
    /// What is written beside the end of the line.
    fn name(&self) -> String {
        match (&self.missing, self.points.is_empty()) {
            (Some((why, _)), true) => format!("{}: {why}", self.label),
            (Some((why, _)), false) => format!("{}, then {why}", self.label),
            (None, true) => format!("{}: –", self.label),
            (None, false) => self.label.clone(),
        }
    }
}

const WIDTH: f64 = 980.0;
const HEIGHT: f64 = 480.0;
const LABEL: f64 = 12.0;
/// The least distance of two names.
const LABEL_STEP: f64 = 17.0;

impl Axis {
    fn tick(&self, value: f64) -> String {
        self.unit
            .map_or_else(|| ratio_tick(value), |unit| unit.show_tick(value))
    }
}

impl Lines {
    pub(super) fn draw(&self, path: &Path) -> Result<()> {
        let names = self
            .series
            .iter()
            .map(|series| width(&series.name(), LABEL))
            .fold(80.0, f64::max)
            + 62.0;
        let sheet = WIDTH.max(width(&self.subtitle, 13.0) + 32.0);
        let height = TOP + HEIGHT + 46.0 + BOTTOM;
        let canvas = Canvas::new(
            path,
            sheet,
            height,
            &self.title,
            &self.subtitle,
            &self.footer,
        )?;
        let (left, right) = (92.0, sheet - names);
        let (top, bottom) = (TOP, TOP + HEIGHT);
        let points = || self.series.iter().flat_map(|series| &series.points);
        let x = Log::new(points().map(|point| point.0), left, right);
        let y = Log::new(points().map(|point| point.1), bottom, top);
        for tick in x.ticks(58.0) {
            let at = x.at(tick);
            canvas.line(&[(at, top), (at, bottom)], FAINT, 1)?;
            canvas.text(
                &self.x.tick(tick),
                at,
                bottom + 13.0,
                Style::new(12.0, GRAY, Align::Center),
            )?;
        }
        for tick in y.ticks(24.0) {
            let at = y.at(tick);
            canvas.line(&[(left, at), (right, at)], FAINT, 1)?;
            canvas.text(
                &self.y.tick(tick),
                left - 8.0,
                at,
                Style::new(12.0, GRAY, Align::Right),
            )?;
        }
        canvas.line(&[(left, top), (left, bottom), (right, bottom)], GRAY, 1)?;
        let axis = Style::new(13.0, INK, Align::Center);
        canvas.text(&self.x.title, (left + right) / 2.0, bottom + 34.0, axis)?;
        canvas.text_upward(&self.y.title, 20.0, (top + bottom) / 2.0, axis)?;
        self.names(&canvas, &x, &y, right, (top, bottom))?;
        // The first series is drawn last, over the others.
        for (i, series) in self.series.iter().enumerate().rev() {
            let places: Vec<_> = series
                .points
                .iter()
                .map(|(a, b)| (x.at(*a), y.at(*b)))
                .collect();
            canvas.line(&places, color(&series.color), if i == 0 { 4 } else { 2 })?;
            for place in places {
                canvas.dot(place, color(&series.color))?;
            }
        }
        canvas.finish()
    }

    /// Writes the names beside the ends of the lines, apart from each other.
    fn names(
        &self,
        canvas: &Canvas<'_>,
        x: &Log,
        y: &Log,
        right: f64,
        range: (f64, f64),
    ) -> Result<()> {
        let ends = self
            .series
            .iter()
            .map(|series| series.points.last().copied());
        let mut names: Vec<(&Series, Option<(f64, f64)>)> = self
            .series
            .iter()
            .zip(ends)
            .map(|(series, end)| (series, end.map(|(a, b)| (x.at(a), y.at(b)))))
            .collect();
        // Lines without points are named below all others.
        names.sort_by(|a, b| height_of(a.1).total_cmp(&height_of(b.1)));
        let wanted: Vec<f64> = names
            .iter()
            .map(|name| height_of(name.1).min(range.1))
            .collect();
        for ((series, end), at) in names
            .into_iter()
            .zip(apart(&wanted, range.0, range.1 + 40.0))
        {
            let is_failure = series.missing.as_ref().is_some_and(|missing| missing.1);
            let ink = if is_failure { ALARM } else { INK };
            canvas.rectangle(
                (right + 26.0, at - 4.0),
                (right + 34.0, at + 4.0),
                color(&series.color),
            )?;
            if let Some(end) = end {
                // Pale, lest a line that has ended seem to go on.
                canvas.line(
                    &[end, (right + 8.0, at), (right + 24.0, at)],
                    pale(color(&series.color)),
                    1,
                )?;
            }
            let style = Style::new(LABEL, ink, Align::Left);
            canvas.text(&series.name(), right + 40.0, at, style)?;
        }
        Ok(())
    }
}

fn height_of(end: Option<(f64, f64)>) -> f64 {
    end.map_or(f64::INFINITY, |(_, y)| y)
}

/// Moves sorted heights as little as is simple, so that neighbours have the least distance and all are in the range.
fn apart(wanted: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut places: Vec<f64> = Vec::with_capacity(wanted.len());
    for &height in wanted {
        let least = places.last().map_or(top, |last| last + LABEL_STEP);
        places.push(height.max(least));
    }
    let mut most = bottom;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - LABEL_STEP;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_distance_within_the_range() {
        let places = apart(&[0.0, 1.0, 2.0, 100.0, 100.0, 100.0], 0.0, 110.0);
        assert_eq!(places, [0.0, 17.0, 34.0, 76.0, 93.0, 110.0]);
    }
}
