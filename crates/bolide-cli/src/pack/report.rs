//! Progress, in the way in which cargo shows it.

use std::fmt::Display;
use std::io::Write;

use bolide_pack::Report;

use crate::terminal::{Stream, Style};

/// Tells the user on standard error.
pub(super) struct Progress {
    quiet: bool,
    verbose: bool,
}

impl Progress {
    /// With `quiet`, only what needs the user's attention is told; with `verbose` above 0, everything.
    pub(super) fn new(quiet: bool, verbose: u8) -> Progress {
        let verbose = verbose > 0;
        Progress { quiet, verbose }
    }

    fn print(&self, style: Style, word: &str, what: &dyn Display) {
        let word = style.apply(word, Stream::Stderr.is_styled());
        // Without standard error there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "{word} {what}");
    }
}

impl Report for Progress {
    fn step(&mut self, verb: &str, what: &dyn Display) {
        if !self.quiet {
            self.print(Style::Step, &format!("{verb:>12}"), what);
        }
    }

    fn warn(&mut self, what: &dyn Display) {
        self.print(Style::Warning, "warning:", what);
    }

    fn note(&mut self, what: &dyn Display) {
        if self.verbose {
            self.print(Style::Strong, "note:", what);
        }
    }
}
