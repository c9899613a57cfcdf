//! Shows how far a run is, and how long it will still take.

use std::cell::Cell;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a line is printed where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(20);

pub(crate) struct Progress {
    bar: ProgressBar,
    terminal: bool,
    last_line: Cell<Option<Instant>>,
}

impl Progress {
    /// A bar on standard error, or lines if that is no terminal.
    pub(crate) fn new() -> Self {
        let style = ProgressStyle::with_template("[{bar:30}] {percent:>3}% {msg}");
        let bar = ProgressBar::new(1);
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("=> "));
        }
        Self {
            bar,
            terminal: std::io::stderr().is_terminal(),
            last_line: Cell::new(None),
        }
    }

    /// Says what is done next.
    pub(crate) fn begin(&self, what: String, passed: Duration, left: Duration) {
        let message = format!("{} left · {what}", minutes(left));
        if self.terminal {
            let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            self.bar.set_length(milliseconds(passed + left).max(1));
            self.bar.set_position(milliseconds(passed));
            self.bar.set_message(message);
        } else if self
            .last_line
            .get()
            .is_none_or(|last| last.elapsed() > LINE_EVERY)
        {
            self.last_line.set(Some(Instant::now()));
            eprintln!("bench/run: {} passed, {message}", minutes(passed));
        }
    }

    /// Prints a line that stays.
    pub(crate) fn say(&self, line: &str) {
        let line = format!("bench/run: {line}");
        if self.terminal {
            self.bar.println(line);
        } else {
            eprintln!("{line}");
        }
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// As `12:34`.
fn minutes(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_minutes_and_seconds() {
        assert_eq!(minutes(Duration::from_millis(59_700)), "1:00");
        assert_eq!(minutes(Duration::from_secs(3605)), "60:05");
    }
}
