//! How the attempt to measure something ended.

use bench_protocol::messages::Refusal;
use serde::Serialize;

/// Why there is no measurement.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Problem {
    /// The result was not the expected one; what it was.
    Wrong(String),
    /// The peer, the adapter or the program did not build or did not run; why.
    Failed(String),
    /// It was killed after so many seconds.
    TimedOut(f64),
    /// The peer cannot do this, and does not claim to; why.
    Unsupported(String),
    /// It was not tried; why.
    NotRun(String),
}

impl Problem {
    /// Whether the whole run is a failure because of this.
    pub(crate) fn fails_the_run(&self) -> bool {
        matches!(self, Self::Wrong(_) | Self::Failed(_))
    }

    /// A word or two, for cells of tables and plots.
    pub(crate) fn short(&self) -> String {
        match self {
            Self::Wrong(_) => "WRONG RESULT".to_owned(),
            Self::Failed(_) => "FAILED".to_owned(),
            Self::TimedOut(seconds) => format!("> {seconds:.0} s"),
            Self::Unsupported(_) => "n/a".to_owned(),
            Self::NotRun(_) => "not run".to_owned(),
        }
    }

    /// All that is known, in one line.
    pub(crate) fn long(&self) -> String {
        match self {
            Self::Wrong(what) => format!("WRONG RESULT: {what}"),
            Self::Failed(why) => format!("FAILED: {why}"),
            Self::TimedOut(seconds) => format!("killed after {seconds:.0} s"),
            Self::Unsupported(why) => format!("not supported: {why}"),
            Self::NotRun(why) => format!("not run: {why}"),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Error(message) => Self::Failed(message),
            Refusal::Unsupported(why) => Self::Unsupported(why),
            Refusal::Wrong(what) => Self::Wrong(what),
        }
    }
}
