//! Tables of text that fit into a terminal.

use unicode_width::UnicodeWidthStr;

use crate::terminal::{Style, fit, printable};

/// Space between columns, and before the first.
const GAP: usize = 2;
/// A column that is too wide for the terminal keeps at least this width.
const NARROWEST: usize = 12;

/// How a column is written.
#[derive(Clone, Copy)]
pub(super) enum Column {
    /// Numbers: aligned to the right.
    Right,
    /// Words: aligned to the left.
    Left,
    /// Text of any length, which is shortened to fit.
    Flexible,
}

/// Rows of cells under a heading.
pub(super) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(columns: &[Column]) -> Table {
        Table {
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows
            .push(cells.iter().map(|cell| printable(cell)).collect());
    }

    /// The rows, in at most `width` columns of the terminal where possible. The first column that is not a number
    /// stands out.
    pub(super) fn render(&self, width: Option<usize>, styled: bool) -> String {
        let widths = self.widths(width);
        let strong = self
            .columns
            .iter()
            .position(|c| !matches!(c, Column::Right));
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (i, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                let cell = fit(cell, width);
                let pad = " ".repeat(width.saturating_sub(cell.width()));
                let style = if Some(i) == strong {
                    Style::Strong
                } else {
                    Style::Quiet
                };
                let cell = match Some(i) == strong || matches!(self.columns[i], Column::Right) {
                    true => style.apply(&cell, styled).into_owned(),
                    false => cell,
                };
                line.push_str(&" ".repeat(GAP));
                match self.columns[i] {
                    Column::Right => line.push_str(&(pad + &cell)),
                    Column::Left | Column::Flexible => line.push_str(&(cell + &pad)),
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn widths(&self, limit: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = (0..self.columns.len())
            .map(|i| {
                self.rows
                    .iter()
                    .map(|row| row[i].width())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let Some(limit) = limit else {
            return widths;
        };
        let gaps = GAP * widths.len();
        // The widest gives way first.
        loop {
            let total: usize = widths.iter().sum::<usize>() + gaps;
            let flexible =
                (0..widths.len()).filter(|&i| matches!(self.columns[i], Column::Flexible));
            let widest = flexible.max_by_key(|&i| widths[i]);
            match widest {
                Some(i) if total > limit && widths[i] > NARROWEST => widths[i] -= 1,
                _ => return widths,
            }
        }
    }
}
