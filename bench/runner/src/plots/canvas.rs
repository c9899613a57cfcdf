//! What all plots draw with: a white sheet, shapes in pixels, logarithmic scales.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(super) const INK: RGBColor = RGBColor(34, 34, 34);
pub(super) const GRAY: RGBColor = RGBColor(110, 110, 110);
pub(super) const FAINT: RGBColor = RGBColor(225, 225, 225);
pub(super) const ALARM: RGBColor = RGBColor(176, 0, 32);

/// Where a text is, as seen from its place.
#[derive(Clone, Copy)]
pub(super) enum Align {
    Left,
    Center,
    Right,
}

/// A text's place: middle of its height.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) size: f64,
    pub(super) color: RGBColor,
    pub(super) align: Align,
    pub(super) bold: bool,
}

impl Style {
    pub(super) fn new(size: f64, color: RGBColor, align: Align) -> Self {
        Self {
            size,
            color,
            align,
            bold: false,
        }
    }

    pub(super) fn bold(mut self) -> Self {
        self.bold = true;
        self
    }
}

/// One SVG file.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

/// Space above what a plot shows, for its title.
pub(super) const TOP: f64 = 70.0;
/// Space below, for the small print.
pub(super) const BOTTOM: f64 = 30.0;

impl<'a> Canvas<'a> {
    /// A sheet with title, subtitle and footer.
    pub(super) fn new(
        path: &'a Path,
        width: f64,
        height: f64,
        title: &str,
        subtitle: &str,
        footer: &str,
    ) -> Result<Self> {
        let area =
            SVGBackend::new(path, (width.ceil() as u32, height.ceil() as u32)).into_drawing_area();
        area.fill(&WHITE).map_err(failure)?;
        let canvas = Self { area };
        canvas.text(title, 16.0, 22.0, Style::new(19.0, INK, Align::Left).bold())?;
        canvas.text(subtitle, 16.0, 47.0, Style::new(13.0, GRAY, Align::Left))?;
        canvas.text(
            footer,
            16.0,
            height - 14.0,
            Style::new(11.0, GRAY, Align::Left),
        )?;
        Ok(canvas)
    }

    pub(super) fn text(&self, text: &str, x: f64, y: f64, style: Style) -> Result<()> {
        self.write(text, x, y, style, FontTransform::None)
    }

    /// From bottom to top.
    pub(super) fn text_upward(&self, text: &str, x: f64, y: f64, style: Style) -> Result<()> {
        self.write(text, x, y, style, FontTransform::Rotate270)
    }

    fn write(
        &self,
        text: &str,
        x: f64,
        y: f64,
        style: Style,
        transform: FontTransform,
    ) -> Result<()> {
        let horizontal = match style.align {
            Align::Left => HPos::Left,
            Align::Center => HPos::Center,
            Align::Right => HPos::Right,
        };
        let weight = if style.bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        };
        // The backend writes a fraction of the size that it is asked for.
        let font = FontDesc::new(FontFamily::SansSerif, style.size * FONT_SCALE, weight)
            .transform(transform);
        let style = font
            .color(&style.color)
            .pos(Pos::new(horizontal, VPos::Center));
        let text = Text::new(text.to_owned(), pixels((x, y)), style);
        self.area.draw(&text).map_err(failure)
    }

    pub(super) fn rectangle(
        &self,
        from: (f64, f64),
        to: (f64, f64),
        color: RGBColor,
    ) -> Result<()> {
        let shape = Rectangle::new([pixels(from), pixels(to)], color.filled());
        self.area.draw(&shape).map_err(failure)
    }

    pub(super) fn line(&self, points: &[(f64, f64)], color: RGBColor, width: u32) -> Result<()> {
        let points: Vec<_> = points.iter().copied().map(pixels).collect();
        let shape = PathElement::new(points, color.stroke_width(width));
        self.area.draw(&shape).map_err(failure)
    }

    pub(super) fn dot(&self, place: (f64, f64), color: RGBColor) -> Result<()> {
        self.area
            .draw(&Circle::new(pixels(place), 3, color.filled()))
            .map_err(failure)
    }

    /// Writes the file.
    pub(super) fn finish(self) -> Result<()> {
        self.area.present().map_err(failure)
    }
}

/// By how much larger a font must be asked for.
const FONT_SCALE: f64 = 1.24;

fn failure(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("draw a plot: {error}")
}

fn pixels((x, y): (f64, f64)) -> (i32, i32) {
    (x.round() as i32, y.round() as i32)
}

/// `#rrggbb`; gray if it is something else.
pub(super) fn color(text: &str) -> RGBColor {
    let number = text.strip_prefix('#').filter(|digits| digits.len() == 6);
    match number.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
        Some(number) => {
            let [_, red, green, blue] = number.to_be_bytes();
            RGBColor(red, green, blue)
        }
        None => GRAY,
    }
}

/// The color as if most of it were transparent.
pub(super) fn pale(color: RGBColor) -> RGBColor {
    let mix = |channel: u8| channel / 5 * 2 + 153;
    RGBColor(mix(color.0), mix(color.1), mix(color.2))
}

/// About how wide a text is.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * 0.58
}

/// A logarithmic scale from values to pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Log {
    /// A scale that has all values, between the pixels `from` and `to`; values that are not positive are left out.
    pub(super) fn new(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let (mut low, mut high) = (f64::INFINITY, 0.0f64);
        for value in values.filter(|value| value.is_finite() && *value > 0.0) {
            low = low.min(value);
            high = high.max(value);
        }
        if high == 0.0 {
            (low, high) = (1.0, 10.0);
        }
        // At least a factor of four, so that what is nearly equal looks so.
        let middle = (low * high).sqrt();
        let (low, high) = (low.min(middle / 2.0), high.max(middle * 2.0));
        Self {
            low: low / 1.15,
            high: high * 1.15,
            from,
            to,
        }
    }

    /// The pixel of a value; values outside are at the end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        let share = (value / self.low).ln() / (self.high / self.low).ln();
        self.from + share * (self.to - self.from)
    }

    pub(super) fn low(&self) -> f64 {
        self.low
    }

    /// Round values within, few enough to be told apart when each needs `space` pixels.
    pub(super) fn ticks(&self, space: f64) -> Vec<f64> {
        let decades = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
        let within = |value: &f64| (self.low..=self.high).contains(value);
        let fits = |ticks: &[f64]| {
            ticks
                .windows(2)
                .all(|pair| (self.at(pair[1]) - self.at(pair[0])).abs() >= space)
        };
        let of = |steps: &[f64], every: i32| -> Vec<f64> {
            let decades = decades
                .clone()
                .filter(|decade| decade.rem_euclid(every) == 0);
            decades
                .flat_map(|decade| steps.iter().map(move |step| step * 10f64.powi(decade)))
                .filter(within)
                .collect()
        };
        let choices = [
            of(&[1.0, 2.0, 5.0], 1),
            of(&[1.0, 3.0], 1),
            of(&[1.0], 1),
            of(&[1.0], 2),
            of(&[1.0], 3),
        ];
        let few = choices.iter().find(|ticks| fits(ticks));
        few.unwrap_or(&choices[choices.len() - 1]).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_logarithmic_and_has_all_values() {
        let scale = Log::new([1.0, 100.0].into_iter(), 0.0, 100.0);
        let (a, b, c) = (scale.at(1.0), scale.at(10.0), scale.at(100.0));
        assert!(((b - a) - (c - b)).abs() < 1e-9);
        assert!(a > 0.0 && c < 100.0);
        assert_eq!(scale.at(1e9), 100.0);
    }

    #[test]
    fn ticks_are_round_and_keep_their_distance() {
        let scale = Log::new([0.5, 2000.0].into_iter(), 0.0, 200.0);
        let ticks = scale.ticks(40.0);
        assert_eq!(ticks, [1.0, 10.0, 100.0, 1000.0]);
        let scale = Log::new([1.0, 1.1].into_iter(), 0.0, 200.0);
        assert_eq!(scale.ticks(40.0), [0.5, 1.0, 2.0]);
        assert!(!Log::new(std::iter::empty(), 0.0, 1.0).ticks(0.1).is_empty());
    }

    #[test]
    fn colors_are_hexadecimal() {
        assert_eq!(color("#0a0b0c"), RGBColor(10, 11, 12));
        assert_eq!(color("red"), GRAY);
    }
}
