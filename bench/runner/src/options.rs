//! The command line, and what it means in numbers.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use serde::Serialize;

/// Measures Bolide side by side with its peers, and writes results.json, table.md and plots.
///
/// Exit code 0 if all was measured, 1 if a result was wrong or a peer did not build or run, 2 if there are no results.
#[derive(Debug, Parser)]
#[command(name = "bench/run", version)]
pub(crate) struct Options {
    /// Less work and fewer repetitions: under five minutes, and less precise
    #[arg(long)]
    pub(crate) quick: bool,

    /// Two programs, Bolide and one interpreter, no optimized builds: shows that all works, and says nothing of speed
    #[arg(long, conflicts_with_all = ["quick", "only", "peer"])]
    pub(crate) smoke: bool,

    /// Only this program; may be repeated
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) only: Vec<String>,

    /// Only this peer beside Bolide; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) peer: Vec<String>,

    /// This peer, too, which is only measured if it is asked for; may be repeated
    #[arg(long, value_name = "NAME", conflicts_with = "smoke")]
    pub(crate) also: Vec<String>,

    /// Only these figures
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FIGURE")]
    pub(crate) figures: Vec<Figure>,

    /// The folder for results, which are replaced (default: bench/results)
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// How often each measurement is repeated
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) rounds: Option<u32>,

    /// After how many minutes of measuring repetitions are left out; what was not measured once may take half as long again
    #[arg(long, value_name = "MINUTES")]
    pub(crate) minutes: Option<f64>,

    /// Takes the programs as they were built
    #[arg(long)]
    pub(crate) no_build: bool,

    /// The table of peers
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) peers: Option<PathBuf>,

    /// The repository
    #[arg(long, value_name = "DIR", default_value = ".", hide = true)]
    pub(crate) root: PathBuf,
}

/// A kind of measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Figure {
    /// From the start of a process to the result: wall time, CPU time, peak memory
    Cold,
    /// From bytes to an instance; code bytes
    Load,
    /// Time of an iteration once warm, and how long that takes
    Steady,
    /// Calls from host to guest, from guest to host, and through a table
    Calls,
    /// Instances made in a second, on one thread and on two
    Instances,
    /// Memory of 1, 100, 1,000 and 10,000 live instances
    Live,
    /// Cold time against the size of modules and their count of functions
    Growth,
}

/// How much is measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Effort {
    pub(crate) name: &'static str,
    pub(crate) figures: Vec<Figure>,
    pub(crate) rounds: u32,
    /// Rounds of `steady`, which repeats within a process.
    pub(crate) steady_rounds: u32,
    pub(crate) growth_rounds: u32,
    /// How often one process loads a small module; larger ones less often.
    pub(crate) load_repetitions: u32,
    pub(crate) steady_ms: u64,
    pub(crate) calls_ms: u64,
    pub(crate) instances_ms: u64,
    /// How long one process may take.
    pub(crate) process_limit: Duration,
    /// How long all measurements may take.
    pub(crate) total_limit: Duration,
    pub(crate) live: Vec<u32>,
    /// Larger modules from packages and from the generator are left out.
    pub(crate) max_bytes: Option<u64>,
    /// Whether programs get the smaller argument.
    pub(crate) quick_calls: bool,
}

impl Effort {
    /// What the options ask for.
    pub(crate) fn of(options: &Options) -> Self {
        let mut effort = if options.smoke {
            Self::smoke()
        } else if options.quick {
            Self::quick()
        } else {
            Self::full()
        };
        if !options.figures.is_empty() {
            effort.figures = options.figures.clone();
            effort.figures.sort_unstable();
            effort.figures.dedup();
        }
        if let Some(rounds) = options.rounds {
            effort.rounds = rounds;
            effort.steady_rounds = rounds;
            effort.growth_rounds = rounds;
        }
        if let Some(minutes) = options.minutes {
            effort.total_limit = Duration::from_secs_f64(minutes.clamp(0.0, 1e6) * 60.0);
        }
        effort
    }

    fn full() -> Self {
        Self {
            name: "full",
            figures: Figure::value_variants().to_vec(),
            rounds: 5,
            steady_rounds: 3,
            growth_rounds: 2,
            load_repetitions: 5,
            steady_ms: 600,
            calls_ms: 1500,
            instances_ms: 1000,
            process_limit: Duration::from_secs(60),
            total_limit: Duration::from_secs(42 * 60),
            live: vec![1, 100, 1_000, 10_000],
            max_bytes: None,
            quick_calls: false,
        }
    }

    fn quick() -> Self {
        Self {
            name: "quick",
            rounds: 3,
            steady_rounds: 1,
            growth_rounds: 1,
            load_repetitions: 2,
            steady_ms: 60,
            calls_ms: 300,
            instances_ms: 200,
            process_limit: Duration::from_secs(10),
            total_limit: Duration::from_secs(4 * 60 + 15),
            live: vec![1, 100, 1_000],
            max_bytes: Some(3_000_000),
            quick_calls: true,
            ..Self::full()
        }
    }

    pub(crate) fn smoke() -> Self {
        Self {
            name: "smoke",
            rounds: 1,
            steady_ms: 20,
            calls_ms: 30,
            instances_ms: 20,
            process_limit: Duration::from_secs(60),
            live: vec![1, 20],
            ..Self::quick()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Options::command().debug_assert();
    }

    #[test]
    fn figures_are_a_list_without_repetition() {
        let options = Options::parse_from(["run", "--figures", "load,cold", "--figures", "load"]);
        assert_eq!(Effort::of(&options).figures, [Figure::Cold, Figure::Load]);
        let options = Options::parse_from(["run", "--quick", "--rounds", "7"]);
        assert_eq!(Effort::of(&options).rounds, 7);
    }
}
