//! What comes of a test.

use serde::Deserialize;

use super::trace;

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    /// It was not run, for the reason that its attribute gives.
    Ignored(Option<String>),
    /// What was wrong, apart from what the test itself has written; may be empty.
    Failed(String),
}

/// How a test ended, and what it has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finished {
    pub(super) outcome: Outcome,
    pub(super) output: String,
}

/// What the harness says about a test, or about benchmarks.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Said {
    passed: bool,
    /// What the module has written about it, one item for each time.
    lines: Vec<String>,
    /// What came out of running it, apart from what the module caught.
    error: Option<String>,
}

impl Said {
    /// Nothing, because of an error.
    pub(super) fn failed(error: String) -> Said {
        Said {
            error: Some(error),
            ..Said::default()
        }
    }

    /// Whether nothing failed.
    pub(super) fn passed(&self) -> bool {
        self.passed
    }

    /// What was wrong with benchmarks.
    pub(super) fn failures(&self) -> String {
        let blocks = self.lines.iter().filter(|line| line.starts_with("---- "));
        let blocks = blocks.map(|block| explain(&unindent(block)));
        blocks
            .chain(self.error.clone())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// What it means for the test `name`.
    pub(super) fn outcome(self, name: &str) -> Outcome {
        if self.passed {
            let ignored = format!("test {name} ... ignored");
            let mut lines = self.lines.iter();
            return match lines.find_map(|line| line.strip_prefix(&ignored)) {
                Some(reason) => Outcome::Ignored(reason.strip_prefix(", ").map(str::to_owned)),
                None => Outcome::Passed,
            };
        }
        if let Some(error) = self.error {
            return Outcome::Failed(trace::tidy(&error));
        }
        let heading = format!("---- {name} output ----\n");
        let mut lines = self.lines.iter();
        let details = lines.find_map(|line| line.strip_prefix(&heading));
        Outcome::Failed(explain(&unindent(details.unwrap_or_default())))
    }
}

/// What a module writes about a failed test, in fewer words: perhaps a note, perhaps the exception.
fn explain(details: &str) -> String {
    const EXCEPTION: &str = "JS exception that was thrown:\n";
    match details.split_once(EXCEPTION) {
        Some((note, exception)) => {
            let exception = trace::tidy(&unindent(exception));
            format!("{note}{}", exception.trim_end())
        }
        None => details.trim_end().to_owned(),
    }
}

/// Without the indentation that the module adds.
fn unindent(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| line.strip_prefix("    ").unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}
