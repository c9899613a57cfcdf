//! Writing to a terminal, or to whatever standard output is instead.

use std::borrow::Cow;
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::sync::OnceLock;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::args::ColorChoice;
use crate::exit;
use crate::failure::Failure;
use crate::input;

static COLORS: OnceLock<ColorChoice> = OnceLock::new();

/// Sets when to use colours, once.
pub(crate) fn set_colors(choice: ColorChoice) {
    let _ = COLORS.set(choice);
}

/// What the user has said about colours, in the words of other programs.
pub(crate) fn chosen_colors() -> Option<&'static str> {
    match COLORS.get().copied().unwrap_or_default() {
        ColorChoice::Always => Some("always"),
        ColorChoice::Never => Some("never"),
        ColorChoice::Auto => None,
    }
}

/// Where text goes.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    /// Whether text that goes there may have colours.
    pub(crate) fn is_styled(self) -> bool {
        match COLORS.get().copied().unwrap_or_default() {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                // As no-color.org says: whatever the value, unless it is empty.
                let unwanted = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                let terminal = match self {
                    Stream::Stdout => std::io::stdout().is_terminal(),
                    Stream::Stderr => std::io::stderr().is_terminal(),
                };
                terminal && !dumb && !unwanted("NO_COLOR")
            }
        }
    }
}

/// What a piece of text is, from which follows how it looks.
#[derive(Clone, Copy)]
pub(crate) enum Style {
    Error,
    Help,
    Strong,
    Heading,
    Quiet,
    Good,
    Step,
    Warning,
}

impl Style {
    /// Text in this style.
    pub(crate) fn apply(self, text: &str, styled: bool) -> Cow<'_, str> {
        if !styled || text.is_empty() {
            return Cow::Borrowed(text);
        }
        let code = match self {
            Style::Error => "1;31",
            Style::Help | Style::Heading => "1;36",
            Style::Strong => "1",
            Style::Quiet => "2",
            Style::Good => "32",
            Style::Step => "1;32",
            Style::Warning => "1;33",
        };
        Cow::Owned(format!("\x1b[{code}m{text}\x1b[0m"))
    }
}

/// Columns that standard output has, if it has any limit.
pub(crate) fn width() -> Option<usize> {
    // Set by users and tests; shells do not export it.
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    columns.filter(|&c| c > 0).or_else(|| {
        let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
        Some(usize::from(size.ws_col)).filter(|&c| c > 0)
    })
}

/// Writes to standard output.
///
/// # Errors
///
/// A silent failure when the reader has gone away, otherwise what is wrong.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    print_bytes(text.as_bytes())
}

/// As [`print`], for bytes.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    let result = stdout.write_all(bytes).and_then(|()| stdout.flush());
    result.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::silent(exit::BROKEN_PIPE),
        _ => Failure::new(format!("cannot write to standard output: {error}")),
    })
}

/// Writes what `--output` is about to a file (`-`: to standard output).
///
/// # Errors
///
/// As [`print`], or what is wrong with the file.
pub(crate) fn write(output: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if output == Path::new("-") {
        return print_bytes(bytes);
    }
    std::fs::write(output, bytes).map_err(|error| {
        Failure::new(format!("cannot write {}", input::display(output)))
            .with_cause(error.to_string())
            .with_help("--output says where to write")
    })
}

/// Text that fits in `width` columns, with `…` for what does not, and without what would confuse a terminal.
pub(crate) fn fit(text: &str, width: usize) -> String {
    let text = printable(text);
    if text.width() <= width {
        return text;
    }
    let mut fitted = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        fitted.push(c);
    }
    fitted.push('…');
    fitted
}

/// Text without control characters: names in a module may be anything.
pub(crate) fn printable(text: &str) -> String {
    let confusing =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.contains(confusing) {
        return text.to_owned();
    }
    let escape = |c: char| match confusing(c) {
        true => c.escape_unicode().to_string(),
        false => c.to_string(),
    };
    text.chars().map(escape).collect()
}

/// A number of bytes for humans, such as `1.5 KiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A number with separators of thousands.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 function`, `2 functions`.
pub(crate) fn plural(number: u64, noun: &str) -> String {
    let plural = match noun.strip_suffix('y') {
        _ if number == 1 => noun.to_owned(),
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    };
    format!("{} {plural}", count(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (bytes, expected) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (1024 * 1024 - 1, "1.0 MiB"),
            (5 << 40, "5.0 TiB"),
            (u64::MAX, "16777216.0 TiB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn text_fits() {
        for (text, width, expected) in [
            ("short", 5, "short"),
            ("longer", 5, "long…"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("a\x1b[31mb", 20, "a\\u{1b}[31mb"),
            ("", 0, ""),
        ] {
            assert_eq!(fit(text, width), expected, "{text}");
        }
    }
}
