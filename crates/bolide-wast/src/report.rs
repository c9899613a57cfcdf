//! What came of a script.

use std::fmt;
use std::sync::Arc;

/// What came of the directives of a script.
///
/// Displays as one line for each directive that did not pass and a last line with the counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How many assertions (`assert_…`) held.
    pub passed: usize,
    /// How many other directives (`module`, `register`, `invoke`, …) went well.
    pub commands: usize,
    /// The directives that failed, in order.
    pub failed: Vec<Failure>,
    /// The directives that could not be run because they need a part of WebAssembly that the engine
    /// validates but cannot execute, in order.
    pub skipped: Vec<Failure>,
}

/// A directive that did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The script.
    pub file: Arc<str>,
    /// Line of the directive, from 1.
    pub line: usize,
    /// Column of the directive in bytes, from 1.
    pub col: usize,
    /// The directive's keyword.
    pub directive: &'static str,
    /// What happened instead of what should have.
    pub message: String,
}

impl Failure {
    /// Whether the directive is an assertion.
    pub fn is_assertion(&self) -> bool {
        is_assertion(self.directive)
    }
}

pub(crate) fn is_assertion(directive: &str) -> bool {
    directive.starts_with("assert_")
}

impl Report {
    /// Whether no directive failed.
    pub fn is_success(&self) -> bool {
        self.failed.is_empty()
    }

    /// Adds what came of other directives.
    pub(crate) fn merge(&mut self, other: Report) {
        self.passed += other.passed;
        self.commands += other.commands;
        self.failed.extend(other.failed);
        self.skipped.extend(other.skipped);
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}: {}",
            self.file, self.line, self.col, self.directive, self.message
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for failure in &self.failed {
            writeln!(f, "FAILED {failure}")?;
        }
        for skip in &self.skipped {
            writeln!(f, "SKIPPED {skip}")?;
        }
        let assertions = |list: &[Failure]| list.iter().filter(|f| f.is_assertion()).count();
        let (failed, skipped) = (assertions(&self.failed), assertions(&self.skipped));
        write!(f, "{} assertions passed, {failed} failed", self.passed)?;
        if skipped > 0 {
            write!(f, ", {skipped} skipped")?;
        }
        let broken = self.failed.len() - failed;
        if broken > 0 {
            write!(f, "; {broken} other directives failed")?;
        }
        Ok(())
    }
}
