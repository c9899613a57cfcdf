use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

use crate::engine::{Failure, Options};

/// The command line of an adapter.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) mode: String,
    pub(crate) options: Options,
    module: Option<PathBuf>,
    call: Option<String>,
    argument: Option<i32>,
    rounds: Option<u32>,
    budget_ms: Option<u64>,
    pub(crate) threads: Option<usize>,
    pub(crate) live: Option<usize>,
}

impl Arguments {
    pub(crate) fn parse(mut parser: Parser) -> Result<Self, Failure> {
        let mut arguments = Self::default();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Value(mode) if arguments.mode.is_empty() => arguments.mode = mode.string()?,
                Arg::Long("option") => {
                    let option = parser.value()?.string()?;
                    let Some((key, value)) = option.split_once('=') else {
                        return Err(Failure::error(format!(
                            "--option {option}: write KEY=VALUE"
                        )));
                    };
                    arguments.options.0.insert(key.into(), value.into());
                }
                Arg::Long("module") => arguments.module = Some(parser.value()?.into()),
                Arg::Long("call") => arguments.call = Some(parser.value()?.string()?),
                Arg::Long("arg") => arguments.argument = Some(parser.value()?.parse()?),
                Arg::Long("rounds") => arguments.rounds = Some(parser.value()?.parse()?),
                Arg::Long("budget-ms") => arguments.budget_ms = Some(parser.value()?.parse()?),
                Arg::Long("threads") => arguments.threads = Some(parser.value()?.parse()?),
                Arg::Long("live") => arguments.live = Some(parser.value()?.parse()?),
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(arguments)
    }

    pub(crate) fn module(&self) -> Result<&PathBuf, Failure> {
        self.module
            .as_ref()
            .ok_or_else(|| self.missing("module FILE"))
    }

    /// The function to call and its argument.
    pub(crate) fn call(&self) -> Result<(&str, i32), Failure> {
        self.optional_call()?
            .ok_or_else(|| self.missing("call FUNC --arg N"))
    }

    pub(crate) fn optional_call(&self) -> Result<Option<(&str, i32)>, Failure> {
        match (&self.call, self.argument) {
            (Some(call), Some(argument)) => Ok(Some((call, argument))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(self.missing("arg N")),
            (None, Some(_)) => Err(self.missing("call FUNC")),
        }
    }

    pub(crate) fn rounds(&self) -> Result<u32, Failure> {
        self.rounds
            .filter(|&rounds| rounds > 0)
            .ok_or_else(|| self.missing("rounds N"))
    }

    pub(crate) fn budget(&self) -> Result<std::time::Duration, Failure> {
        self.budget_ms
            .map(std::time::Duration::from_millis)
            .ok_or_else(|| self.missing("budget-ms N"))
    }

    fn missing(&self, what: &str) -> Failure {
        Failure::error(format!("{} needs --{what}", self.mode))
    }
}
