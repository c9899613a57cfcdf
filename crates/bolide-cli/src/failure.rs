//! Errors as users see them: what went wrong, where, why, and what to do about it.

use std::fmt::Write as _;
use std::io::Write as _;

use crate::exit;
use crate::terminal::{Stream, Style};

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    what: String,
    details: Vec<String>,
    causes: Vec<String>,
    help: Vec<String>,
}

impl Failure {
    /// A failure with the exit code for errors.
    pub(crate) fn new(what: impl Into<String>) -> Failure {
        Failure {
            code: exit::ERROR,
            what: what.into(),
            details: Vec::new(),
            causes: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Nothing to tell but the exit code.
    pub(crate) fn silent(code: u8) -> Failure {
        Failure::new("").with_code(code)
    }

    /// With another exit code.
    pub(crate) fn with_code(mut self, code: u8) -> Failure {
        self.code = code;
        self
    }

    /// With lines that are printed as they are.
    pub(crate) fn with_details(mut self, details: impl Into<String>) -> Failure {
        self.details.push(details.into());
        self
    }

    /// With what led to it.
    pub(crate) fn with_cause(mut self, cause: impl Into<String>) -> Failure {
        self.causes.push(cause.into());
        self
    }

    /// With something to do about it.
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Failure {
        self.help.push(help.into());
        self
    }

    /// An error of a library with its causes, `what` being what was attempted.
    pub(crate) fn from_error(what: impl Into<String>, error: &bolide::Error) -> Failure {
        let backtrace = error.downcast_ref::<bolide::WasmBacktrace>();
        // A backtrace is an item of the chain, but printed in another way.
        let backtrace = backtrace.map(ToString::to_string);
        let mut failure = Failure::new(what);
        for cause in error.chain() {
            let cause = cause.to_string();
            if Some(&cause) != backtrace.as_ref() {
                failure = failure.with_cause(cause);
            }
        }
        failure
    }

    /// As an error of bolide-pack, for what it calls.
    pub(crate) fn into_error(self) -> bolide_pack::Error {
        let mut error = bolide_pack::Error::new(self.what);
        for cause in self.causes {
            error = error.with_cause(cause);
        }
        for help in self.help {
            error = error.with_help(help);
        }
        error
    }

    fn to_text(&self, styled: bool) -> String {
        let red = Style::Error.apply("error:", styled);
        let mut text = format!("{red} {}\n", self.what);
        for cause in &self.causes {
            let cause = cause.trim_end().replace('\n', "\n         ");
            let _ = writeln!(text, "  {} {cause}", Style::Strong.apply("cause:", styled));
        }
        for details in &self.details {
            let _ = writeln!(text, "{}", details.trim_end());
        }
        for help in &self.help {
            let help = help.replace('\n', "\n        ");
            let _ = writeln!(text, "  {} {help}", Style::Help.apply("help:", styled));
        }
        text
    }

    /// Tells the user, and returns the exit code.
    pub(crate) fn report(self) -> u8 {
        if !self.what.is_empty() {
            self.print();
        }
        self.code
    }

    /// Tells the user.
    pub(crate) fn print(&self) {
        let text = self.to_text(Stream::Stderr.is_styled());
        // Without standard error there is only the exit code.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}
