//! Numbers as people read them.

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Nanoseconds,
    Bytes,
    Count,
}

impl Unit {
    /// With three digits that count, and the unit.
    pub(crate) fn show(self, value: f64) -> String {
        let steps: &[(f64, &str)] = match self {
            Self::Nanoseconds => &[(1e9, " s"), (1e6, " ms"), (1e3, " µs"), (1.0, " ns")],
            Self::Bytes => &[(1e9, " GB"), (1e6, " MB"), (1e3, " KB"), (1.0, " B")],
            Self::Count => &[(1e9, " G"), (1e6, " M"), (1e4, " k"), (1.0, "")],
        };
        let smallest = steps[steps.len() - 1];
        let (size, name) = *steps
            .iter()
            .find(|(size, _)| value >= *size * 0.9995)
            .unwrap_or(&smallest);
        // The one step that is not 1,000.
        let size = if name == " k" { 1e3 } else { size };
        let scaled = value / size;
        let is_whole = self != Self::Nanoseconds && size == 1.0 && scaled.fract() == 0.0;
        match is_whole {
            true => format!("{scaled:.0}{name}"),
            false => format!("{}{name}", digits(scaled)),
        }
    }

    /// For a power of ten on an axis.
    pub(crate) fn show_tick(self, value: f64) -> String {
        short_tick(&self.show(value))
    }
}

/// The same for an axis of ratios.
pub(crate) fn ratio_tick(value: f64) -> String {
    short_tick(&ratio(value))
}

/// Without zeros behind the point.
fn short_tick(text: &str) -> String {
    let (number, unit) = text.split_at(text.find(' ').unwrap_or(text.len()));
    match number.contains('.') {
        true => format!(
            "{}{unit}",
            number.trim_end_matches('0').trim_end_matches('.')
        ),
        false => text.to_owned(),
    }
}

/// A ratio with three digits that count.
pub(crate) fn ratio(value: f64) -> String {
    digits(value)
}

fn digits(value: f64) -> String {
    match value.abs() {
        v if v >= 99.95 => format!("{value:.0}"),
        v if v >= 9.995 => format!("{value:.1}"),
        v if v >= 0.1 || v == 0.0 => format!("{value:.2}"),
        v if v >= 0.01 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_a_unit() {
        for (unit, value, expected) in [
            (Unit::Nanoseconds, 2.345, "2.35 ns"),
            (Unit::Nanoseconds, 999.9, "1.00 µs"),
            (Unit::Nanoseconds, 12_345.0, "12.3 µs"),
            (Unit::Nanoseconds, 6e10, "60.0 s"),
            (Unit::Bytes, 64_000.0, "64.0 KB"),
            (Unit::Bytes, 0.0, "0 B"),
            (Unit::Count, 9_990.0, "9990"),
            (Unit::Count, 12_345.0, "12.3 k"),
            (Unit::Count, 2.5, "2.50"),
        ] {
            assert_eq!(unit.show(value), expected);
        }
        assert_eq!(ratio(123.4), "123");
        assert_eq!(ratio(0.0123), "0.012");
    }

    #[test]
    fn ticks_are_short() {
        assert_eq!(Unit::Nanoseconds.show_tick(1e7), "10 ms");
        assert_eq!(Unit::Count.show_tick(0.1), "0.1");
        assert_eq!(Unit::Count.show_tick(10.0), "10");
        assert_eq!(Unit::Count.show_tick(100_000.0), "100 k");
        assert_eq!(Unit::Bytes.show_tick(1e8), "100 MB");
    }
}
