//! Asks an adapter for one message.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use bench_protocol::messages::Refusal;
use serde::de::DeserializeOwned;

use crate::outcome::Problem;
use crate::process::{self, Finished};

/// The command line of an adapter up to its mode.
#[derive(Clone, Debug)]
pub(crate) struct Adapter {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
}

impl Adapter {
    /// The same with more options.
    pub(crate) fn with(&self, options: &BTreeMap<String, String>) -> Self {
        let mut adapter = self.clone();
        for (key, value) in options {
            let option = [
                OsString::from("--option"),
                OsString::from(format!("{key}={value}")),
            ];
            adapter.arguments.extend(option);
        }
        adapter
    }

    /// Runs one mode, and returns its message with what is known of the process.
    pub(crate) fn ask<T: DeserializeOwned>(
        &self,
        mode: &[OsString],
        limit: Duration,
    ) -> Result<(T, Finished), Problem> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).args(mode);
        let finished = process::run(&mut command, limit)
            .map_err(|error| Problem::Failed(format!("{error:#}")))?;
        if finished.timed_out {
            return Err(Problem::TimedOut(limit.as_secs_f64()));
        }
        let answer = finished.stdout.trim();
        if let Ok(refusal) = serde_json::from_str::<Refusal>(answer) {
            return Err(refusal.into());
        }
        if let Some(ending) = finished.ending() {
            return Err(Problem::Failed(format!(
                "{ending}; {}",
                last_words(&finished)
            )));
        }
        match serde_json::from_str(answer) {
            Ok(message) => Ok((message, finished)),
            Err(error) => Err(Problem::Failed(format!(
                "the adapter's answer is not what '{}' demands: {error}; {}",
                mode.first()
                    .map(|mode| mode.to_string_lossy())
                    .unwrap_or_default(),
                last_words(&finished)
            ))),
        }
    }
}

/// The end of what a process said, in one line.
fn last_words(finished: &Finished) -> String {
    let said = [&finished.stderr, &finished.stdout]
        .into_iter()
        .find(|text| !text.trim().is_empty());
    let Some(said) = said else {
        return "it printed nothing".to_owned();
    };
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let skip = line.chars().count().saturating_sub(300);
    format!(
        "it printed: {}",
        line.chars().skip(skip).collect::<String>()
    )
}
