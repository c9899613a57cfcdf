//! A table of ratios with colors.

use std::path::Path;

use anyhow::Result;
use plotters::style::{RGBColor, WHITE};

use crate::plots::canvas::{ALARM, Align, BOTTOM, Canvas, GRAY, INK, Style, TOP, width};
use crate::units::ratio;

pub(super) struct Grid {
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) footer: String,
    pub(super) columns: Vec<String>,
    /// Label and cells; the last row is set apart.
    pub(super) rows: Vec<(String, Vec<GridCell>)>,
}

pub(super) enum GridCell {
    Ratio(f64),
    Text(String),
    /// What makes the run a failure.
    Alarm(String),
}

const ROW: f64 = 23.0;
const COLUMN: f64 = 106.0;
const TEXT: f64 = 13.0;
/// By how much wider a bold text is, which the last label is.
const BOLD: f64 = 1.12;

impl Grid {
    pub(super) fn draw(&self, path: &Path) -> Result<()> {
        let labels = self
            .rows
            .iter()
            .map(|(label, _)| width(label, TEXT) * BOLD)
            .fold(90.0, f64::max)
            + 30.0;
        let content = labels + COLUMN * self.columns.len() as f64 + 16.0;
        let width = content.max(width(&self.subtitle, 13.0) + 32.0).max(640.0);
        let top = TOP + 40.0;
        let height = top + ROW * self.rows.len() as f64 + 8.0 + BOTTOM + 6.0;
        let canvas = Canvas::new(
            path,
            width,
            height,
            &self.title,
            &self.subtitle,
            &self.footer,
        )?;
        for (i, column) in self.columns.iter().enumerate() {
            let x = labels + COLUMN * (i as f64 + 0.5);
            // Two lines, so that columns can be narrow.
            let style = Style::new(12.0, INK, Align::Center).bold();
            match column.split_once(' ') {
                Some((first, second)) => {
                    canvas.text(first, x, top - 28.0, style)?;
                    canvas.text(second, x, top - 12.0, style)?;
                }
                None => canvas.text(column, x, top - 12.0, style)?,
            }
        }
        for (i, (label, cells)) in self.rows.iter().enumerate() {
            let is_last = i + 1 == self.rows.len();
            let y = top + ROW * i as f64 + if is_last { 8.0 } else { 0.0 };
            let mut style = Style::new(TEXT, INK, Align::Right);
            style.bold = is_last;
            canvas.text(label, labels - 10.0, y + ROW / 2.0, style)?;
            for (j, cell) in cells.iter().enumerate() {
                draw_cell(&canvas, cell, labels + COLUMN * j as f64, y, is_last)?;
            }
        }
        canvas.finish()
    }
}

fn draw_cell(canvas: &Canvas<'_>, cell: &GridCell, x: f64, y: f64, bold: bool) -> Result<()> {
    let (text, background, ink) = match cell {
        GridCell::Ratio(value) => (ratio(*value), shade(*value), INK),
        GridCell::Text(text) => (text.clone(), RGBColor(244, 244, 244), GRAY),
        GridCell::Alarm(text) => (text.clone(), ALARM, WHITE),
    };
    canvas.rectangle(
        (x + 1.0, y + 1.0),
        (x + COLUMN - 1.0, y + ROW - 1.0),
        background,
    )?;
    let is_alarm = matches!(cell, GridCell::Alarm(_));
    let mut style = Style::new(if is_alarm { 11.0 } else { 12.0 }, ink, Align::Center);
    style.bold = bold || is_alarm;
    canvas.text(&text, x + COLUMN / 2.0, y + ROW / 2.0, style)
}

/// Blue above 1, orange below, white at 1; full at a factor of eight.
fn shade(ratio: f64) -> RGBColor {
    let strength = (ratio.log2() / 3.0).clamp(-1.0, 1.0);
    let full = if strength > 0.0 {
        [116.0, 169.0, 222.0]
    } else {
        [244.0, 165.0, 90.0]
    };
    let [red, green, blue] =
        full.map(|full: f64| (255.0 + (full - 255.0) * strength.abs()).round() as u8);
    RGBColor(red, green, blue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_go_from_orange_to_blue() {
        assert_eq!(shade(1.0), RGBColor(255, 255, 255));
        assert_eq!(shade(100.0), RGBColor(116, 169, 222));
        assert_eq!(shade(0.01), RGBColor(244, 165, 90));
    }
}
