//! Horizontal bars on logarithmic scales, some panels beside each other.

use std::path::Path;

use anyhow::Result;

use crate::plots::canvas::{
    ALARM, Align, BOTTOM, Canvas, FAINT, GRAY, INK, Log, Style, TOP, color, width,
};
use crate::units::{Unit, ratio, ratio_tick};

pub(super) struct Bars {
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) footer: String,
    /// Label and color of each row.
    pub(super) rows: Vec<(String, String)>,
    pub(super) panels: Vec<Panel>,
}

pub(super) struct Panel {
    pub(super) title: String,
    /// `None`: ratios, whose bars begin at 1.
    pub(super) unit: Option<Unit>,
    /// One for each row.
    pub(super) bars: Vec<Bar>,
}

pub(super) enum Bar {
    Value(f64),
    /// A value with a remark behind it.
    Noted(f64, String),
    /// A value with a warning behind it.
    Marked(f64, String),
    /// No value, but why, and whether that is a failure.
    Text(String, bool),
}

impl Bar {
    fn value(&self) -> Option<f64> {
        match self {
            Self::Value(value) | Self::Noted(value, _) | Self::Marked(value, _) => Some(*value),
            Self::Text(..) => None,
        }
    }

    /// What is written beside it.
    fn label(&self, value: f64, unit: Option<Unit>) -> String {
        let number = unit.map_or_else(|| ratio(value), |unit| unit.show(value));
        match self {
            Self::Noted(_, note) => format!("{number} {note}"),
            _ => number,
        }
    }
}

const ROW: f64 = 27.0;
/// The longest bar.
const BAR: f64 = 210.0;
/// Space in a panel for numbers behind the longest bar, on the right and on the left.
const NUMBERS: f64 = 76.0;
/// Space for a warning behind a number.
const WARNING: f64 = 110.0;
const GAP: f64 = 24.0;
const TEXT: f64 = 13.0;

impl Bars {
    pub(super) fn draw(&self, path: &Path) -> Result<()> {
        let labels = self
            .rows
            .iter()
            .map(|(label, _)| width(label, TEXT))
            .fold(60.0, f64::max)
            + 30.0;
        let panels = self.panels.len() as f64;
        let panel_width = self.panel_width();
        let content = labels + panels * (panel_width + GAP);
        let width = content.max(width(&self.subtitle, 13.0) + 32.0).max(640.0);
        let height = TOP + 26.0 + ROW * self.rows.len() as f64 + 26.0 + BOTTOM;
        let canvas = Canvas::new(
            path,
            width,
            height,
            &self.title,
            &self.subtitle,
            &self.footer,
        )?;
        let top = TOP + 26.0;
        for (i, (label, _)) in self.rows.iter().enumerate() {
            let y = top + ROW * (i as f64 + 0.5);
            canvas.text(label, labels - 10.0, y, Style::new(TEXT, INK, Align::Right))?;
        }
        for (i, panel) in self.panels.iter().enumerate() {
            self.panel(&canvas, panel, labels + (panel_width + GAP) * i as f64, top)?;
        }
        canvas.finish()
    }

    /// Whether there are bars from 1 to the left, whose numbers are on the left.
    fn has_left(&self) -> bool {
        let ratios = self.panels.iter().filter(|panel| panel.unit.is_none());
        ratios
            .flat_map(|panel| &panel.bars)
            .any(|bar| bar.value().is_some_and(|value| value < 1.0))
    }

    /// Room for bars, numbers and warnings, the same in all panels.
    fn panel_width(&self) -> f64 {
        let mut bars = self.panels.iter().flat_map(|panel| &panel.bars);
        let warnings = if bars.any(|bar| matches!(bar, Bar::Marked(..))) {
            WARNING
        } else {
            0.0
        };
        let left = if self.has_left() { NUMBERS } else { 0.0 };
        left + BAR + NUMBERS + warnings
    }

    fn panel(&self, canvas: &Canvas<'_>, panel: &Panel, left: f64, top: f64) -> Result<()> {
        let bottom = top + ROW * self.rows.len() as f64;
        let title = Style::new(14.0, INK, Align::Left).bold();
        canvas.text(&panel.title, left, top - 14.0, title)?;
        let base = panel.unit.is_none().then_some(1.0);
        let values = panel.bars.iter().filter_map(Bar::value).chain(base);
        let room = if self.has_left() { NUMBERS } else { 0.0 };
        // The shortest bar has a length, too.
        let least = panel
            .bars
            .iter()
            .filter_map(Bar::value)
            .fold(f64::INFINITY, f64::min);
        let low = base.is_none().then_some(least / 2.0);
        let scale = Log::new(values.chain(low), left + room, left + room + BAR);
        for tick in scale.ticks(46.0) {
            let x = scale.at(tick);
            let text = panel
                .unit
                .map_or_else(|| ratio_tick(tick), |unit| unit.show_tick(tick));
            canvas.line(&[(x, top), (x, bottom)], FAINT, 1)?;
            canvas.text(
                &text,
                x,
                bottom + 12.0,
                Style::new(11.0, GRAY, Align::Center),
            )?;
        }
        let start = scale.at(base.unwrap_or(scale.low()));
        for (i, bar) in panel.bars.iter().enumerate() {
            let y = top + ROW * (i as f64 + 0.5);
            let number = Style::new(12.0, INK, Align::Left);
            match (bar, bar.value()) {
                (Bar::Text(text, is_failure), _) => {
                    let ink = if *is_failure { ALARM } else { GRAY };
                    canvas.text(text, start + 6.0, y, Style::new(12.0, ink, Align::Left))?;
                }
                (_, None) => {}
                (_, Some(value)) => {
                    let end = scale.at(value);
                    let half = ROW * 0.33;
                    let from = (start.min(end), y - half);
                    canvas.rectangle(from, (start.max(end), y + half), color(&self.rows[i].1))?;
                    let text = bar.label(value, panel.unit);
                    match end < start {
                        true => canvas.text(
                            &text,
                            end - 5.0,
                            y,
                            Style {
                                align: Align::Right,
                                ..number
                            },
                        )?,
                        false => canvas.text(&text, end + 5.0, y, number)?,
                    }
                    if let Bar::Marked(_, warning) = bar {
                        let x = start.max(end)
                            + 5.0
                            + if end < start {
                                0.0
                            } else {
                                width(&text, 12.0) + 4.0
                            };
                        canvas.text(warning, x, y, Style::new(10.0, ALARM, Align::Left).bold())?;
                    }
                }
            }
        }
        canvas.line(&[(start, top - 2.0), (start, bottom + 2.0)], INK, 1)
    }
}
