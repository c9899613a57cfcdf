//! Which measurements there are, and how one is made.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use bench_protocol::messages::{Calls, Cold, Instances, Load, Steady};

use crate::adapter::Adapter;
use crate::options::{Effort, Figure};
use crate::outcome::Problem;
use crate::statistics::{curve, median, warm};
use crate::tables::{Artifact, Call, Language, Program};

/// One thing that every peer is to do.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) figure: Figure,
    /// The program's name, or what else is measured: `one call`, `2 threads`, `100 instances`.
    pub(crate) subject: String,
    pub(crate) rounds: u32,
    pub(crate) module: Source,
    pub(crate) work: Work,
    /// A first guess, until it has been measured.
    pub(crate) guess: Duration,
    /// Tasks of one family ask for more and more: who is out of time with one of them is not asked for the next.
    pub(crate) family: Option<&'static str>,
}

/// Where a task's module is from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// Index of the program.
    Program(usize),
    /// A module of the protocol, for peers that load WebAssembly.
    File(PathBuf),
}

/// What an adapter is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    Cold(Call),
    Load {
        call: Option<Call>,
        repetitions: u32,
    },
    Steady {
        call: Call,
        budget_ms: u64,
    },
    Calls {
        budget_ms: u64,
    },
    PerSecond {
        threads: u32,
        budget_ms: u64,
    },
    Live {
        count: u32,
    },
}

/// A program with what its module tells.
#[derive(Clone, Debug)]
pub(crate) struct BuiltProgram {
    pub(crate) program: Program,
    pub(crate) wasm_bytes: u64,
    pub(crate) functions: u64,
}

impl BuiltProgram {
    fn call(&self, effort: &Effort) -> Option<Call> {
        match effort.quick_calls {
            true => self.program.quick,
            false => self.program.full,
        }
    }
}

/// Whether a program is part of a run: quick runs leave out what has no quick call, or is large.
pub(crate) fn is_in(effort: &Effort, program: &Program, wasm_bytes: u64) -> bool {
    let small = effort.max_bytes.is_none_or(|max| wasm_bytes <= max);
    match program.language {
        Language::C | Language::Rust => !effort.quick_calls || program.quick.is_some(),
        Language::Npm | Language::Synthetic => small,
    }
}

/// The tasks of a run, in the order in which each round does them.
pub(crate) fn tasks(
    effort: &Effort,
    programs: &[BuiltProgram],
    calls_module: PathBuf,
    small_module: PathBuf,
) -> Vec<Task> {
    let figures = effort.figures.iter();
    figures
        .flat_map(|&figure| match figure {
            Figure::Cold | Figure::Load | Figure::Steady => {
                let programs = programs.iter().enumerate();
                programs
                    .filter_map(|(i, program)| of_program(effort, figure, i, program))
                    .collect()
            }
            Figure::Calls => vec![of_module(
                effort,
                figure,
                "one call".to_owned(),
                &calls_module,
                Work::Calls {
                    budget_ms: effort.calls_ms,
                },
            )],
            Figure::Instances => [1, 2]
                .map(|threads| {
                    let subject =
                        format!("{threads} thread{}", if threads == 1 { "" } else { "s" });
                    let work = Work::PerSecond {
                        threads,
                        budget_ms: effort.instances_ms,
                    };
                    of_module(effort, figure, subject, &small_module, work)
                })
                .into(),
            Figure::Live => {
                let counts = effort.live.iter();
                let task = |&count: &u32| {
                    let mut task = of_module(
                        effort,
                        figure,
                        format!("{count} instances"),
                        &small_module,
                        Work::Live { count },
                    );
                    task.rounds = task.rounds.min(2);
                    task.family = Some("live");
                    task
                };
                counts.map(task).collect()
            }
            Figure::Growth => growth(effort, programs),
        })
        .collect()
}

fn of_program(effort: &Effort, figure: Figure, index: usize, built: &BuiltProgram) -> Option<Task> {
    if built.program.language == Language::Synthetic {
        return None;
    }
    let call = built.call(effort);
    let loading = Duration::from_micros(50_000 + built.wasm_bytes / 2);
    let (work, rounds, guess) = match figure {
        Figure::Cold => (
            Work::Cold(call?),
            effort.rounds,
            loading + Duration::from_millis(400),
        ),
        Figure::Load => {
            let repetitions = match built.wasm_bytes {
                0..100_000 => effort.load_repetitions,
                100_000..2_000_000 => effort.load_repetitions.div_ceil(2),
                _ => 1,
            };
            let rounds = if built.wasm_bytes > 5_000_000 {
                effort.rounds.min(3)
            } else {
                effort.rounds
            };
            // The work of the call is not what is asked for: the smaller argument will do.
            let call = built.program.quick.or(call);
            (
                Work::Load { call, repetitions },
                rounds,
                loading * repetitions,
            )
        }
        _ => {
            let budget_ms = effort.steady_ms;
            let guess = loading + Duration::from_millis(budget_ms + 400);
            (
                Work::Steady {
                    call: call?,
                    budget_ms,
                },
                effort.steady_rounds,
                guess,
            )
        }
    };
    Some(Task {
        figure,
        subject: built.program.name.clone(),
        rounds,
        module: Source::Program(index),
        work,
        guess,
        family: None,
    })
}

fn of_module(
    effort: &Effort,
    figure: Figure,
    subject: String,
    module: &std::path::Path,
    work: Work,
) -> Task {
    let budget = match work {
        Work::Calls { budget_ms } | Work::PerSecond { budget_ms, .. } => budget_ms,
        _ => 400,
    };
    Task {
        figure,
        subject,
        rounds: effort.rounds,
        module: Source::File(module.to_owned()),
        work,
        guess: Duration::from_millis(budget + 100),
        family: None,
    }
}

/// The families of synthetic modules, by the tag that their programs have.
pub(crate) const FAMILIES: [&str; 2] = ["size", "functions"];

/// Cold starts of synthetic modules, each family from the smallest to the largest.
fn growth(effort: &Effort, programs: &[BuiltProgram]) -> Vec<Task> {
    let mut tasks = Vec::new();
    for family in FAMILIES {
        let mut members: Vec<_> = programs
            .iter()
            .enumerate()
            .filter(|(_, built)| built.program.language == Language::Synthetic)
            .filter(|(_, built)| built.program.tags.contains(family))
            .collect();
        members.sort_by_key(|(_, built)| (built.wasm_bytes, built.functions));
        for (index, built) in members {
            let Some(call) = built.call(effort).or(built.program.full) else {
                continue;
            };
            tasks.push(Task {
                figure: Figure::Growth,
                subject: built.program.name.clone(),
                rounds: effort.growth_rounds,
                module: Source::Program(index),
                work: Work::Cold(call),
                guess: Duration::from_micros(100_000 + built.wasm_bytes),
                family: Some(family),
            });
        }
    }
    tasks
}

/// What one process measured, by name.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    pub(crate) measures: Vec<(&'static str, f64)>,
    /// For `steady`: times at some iterations.
    pub(crate) curve: Vec<(u64, f64)>,
}

impl Work {
    /// Why a peer with this artifact cannot be asked, if so.
    pub(crate) fn not_for(&self, artifact: Artifact) -> Option<Problem> {
        let is_program = matches!(
            self,
            Self::Cold(_) | Self::Load { .. } | Self::Steady { .. }
        );
        (artifact == Artifact::So && !is_program)
            .then(|| Problem::Unsupported("machine code has no instances".to_owned()))
    }

    /// Asks an adapter, and checks what it answers.
    pub(crate) fn measure(
        &self,
        adapter: &Adapter,
        module: &std::path::Path,
        limit: Duration,
    ) -> Result<Sample, Problem> {
        let command = self.command(module);
        let measures = match self {
            Self::Cold(call) => {
                let (answer, process) = adapter.ask::<Cold>(&command, limit)?;
                check(*call, answer.result)?;
                vec![
                    ("wall_ns", process.wall.as_nanos() as f64),
                    ("cpu_ns", process.cpu.as_nanos() as f64),
                    ("peak_rss_bytes", answer.peak_rss_bytes as f64),
                ]
            }
            Self::Load { call, .. } => of_load(&adapter.ask::<Load>(&command, limit)?.0, *call)?,
            Self::Steady { call, .. } => {
                let (answer, _) = adapter.ask::<Steady>(&command, limit)?;
                return of_steady(&answer, *call);
            }
            Self::Calls { .. } => {
                let (answer, _) = adapter.ask::<Calls>(&command, limit)?;
                vec![
                    ("host_to_guest_ns", answer.host_to_guest_ns),
                    ("guest_to_host_ns", answer.guest_to_host_ns),
                    ("indirect_ns", answer.indirect_ns),
                ]
            }
            Self::PerSecond { .. } => {
                let (answer, _) = adapter.ask::<Instances>(&command, limit)?;
                vec![("per_second", present(answer.per_second, "per_second")?)]
            }
            Self::Live { .. } => {
                let (answer, _) = adapter.ask::<Instances>(&command, limit)?;
                let rss = present(answer.rss_bytes, "rss_bytes")? as f64;
                let before = present(answer.rss_before_bytes, "rss_before_bytes")? as f64;
                vec![("rss_bytes", rss), ("rss_before_bytes", before)]
            }
        };
        Ok(Sample {
            measures,
            curve: Vec::new(),
        })
    }

    /// The command line, from the mode on.
    fn command(&self, module: &std::path::Path) -> Vec<OsString> {
        let mut command: Vec<OsString> = Vec::new();
        let mode = match self {
            Self::Cold(_) => "cold",
            Self::Load { .. } => "load",
            Self::Steady { .. } => "steady",
            Self::Calls { .. } => "calls",
            Self::PerSecond { .. } | Self::Live { .. } => "instances",
        };
        command.extend([mode.into(), "--module".into(), module.into()]);
        let mut option =
            |name: &str, value: String| command.extend([name.into(), OsString::from(value)]);
        let call = match self {
            Self::Cold(call) | Self::Steady { call, .. } => Some(call),
            Self::Load { call, .. } => call.as_ref(),
            _ => None,
        };
        if let Some(call) = call {
            option("--call", "bench_run".to_owned());
            option("--arg", call.n.to_string());
        }
        match self {
            Self::Cold(_) => {}
            Self::Load { repetitions, .. } => option("--rounds", repetitions.to_string()),
            Self::Steady { budget_ms, .. } | Self::Calls { budget_ms } => {
                option("--budget-ms", budget_ms.to_string());
            }
            Self::PerSecond { threads, budget_ms } => {
                option("--threads", threads.to_string());
                option("--budget-ms", budget_ms.to_string());
            }
            Self::Live { count } => option("--live", count.to_string()),
        }
        command
    }
}

fn check(call: Call, result: i64) -> Result<(), Problem> {
    if result == call.expected {
        return Ok(());
    }
    Err(Problem::Wrong(format!(
        "bench_run({}) returned {result}, not {}",
        call.n, call.expected
    )))
}

fn present<T>(value: Option<T>, name: &str) -> Result<T, Problem> {
    value.ok_or_else(|| Problem::Failed(format!("the adapter's answer has no {name}")))
}

fn of_load(answer: &Load, call: Option<Call>) -> Result<Vec<(&'static str, f64)>, Problem> {
    if let Some(call) = call {
        check(call, present(answer.result, "result")?)?;
    }
    let numbers = |list: &[u64]| list.iter().map(|&ns| ns as f64).collect::<Vec<_>>();
    let load = numbers(&answer.load_ns);
    let instantiate = numbers(&answer.instantiate_ns);
    let total: Vec<f64> = load
        .iter()
        .zip(&instantiate)
        .map(|(load, instantiate)| load + instantiate)
        .collect();
    let mut measures = vec![
        ("total_ns", present(median(&total), "load_ns")?),
        ("load_ns", present(median(&load), "load_ns")?),
        (
            "instantiate_ns",
            present(median(&instantiate), "instantiate_ns")?,
        ),
        ("first_ns", present(total.first().copied(), "load_ns")?),
        ("rss_bytes", answer.rss_bytes as f64),
        ("rss_before_bytes", answer.rss_before_bytes as f64),
    ];
    if let Some(first_call) = median(&numbers(&answer.first_call_ns)) {
        measures.push(("first_call_ns", first_call));
    }
    if let Some(code) = answer.code_bytes {
        measures.push(("code_bytes", code as f64));
    }
    Ok(measures)
}

fn of_steady(answer: &Steady, call: Call) -> Result<Sample, Problem> {
    check(call, answer.result)?;
    if let Some(differs) = &answer.differs {
        return Err(Problem::Wrong(format!(
            "iteration {} of bench_run({}) returned {}, not {}",
            differs.iteration, call.n, differs.result, call.expected
        )));
    }
    let warm = present(warm(&answer.iterations_ns), "iterations_ns")?;
    Ok(Sample {
        measures: vec![
            ("steady_ns", warm.steady_ns),
            ("warm_up_iterations", warm.warm_up_iterations as f64),
            ("warm_up_ns", warm.warm_up_ns),
            ("iterations", answer.iterations_ns.len() as f64),
        ],
        curve: curve(&answer.iterations_ns),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Call = Call { n: 3, expected: 14 };

    fn words(work: &Work) -> String {
        let command = work.command(std::path::Path::new("m.wasm"));
        command
            .iter()
            .map(|word| word.to_str().unwrap())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn command_lines_are_those_of_the_protocol() {
        for (work, expected) in [
            (
                Work::Cold(CALL),
                "cold --module m.wasm --call bench_run --arg 3",
            ),
            (
                Work::Load {
                    call: None,
                    repetitions: 2,
                },
                "load --module m.wasm --rounds 2",
            ),
            (
                Work::Steady {
                    call: CALL,
                    budget_ms: 9,
                },
                "steady --module m.wasm --call bench_run --arg 3 --budget-ms 9",
            ),
            (
                Work::Calls { budget_ms: 5 },
                "calls --module m.wasm --budget-ms 5",
            ),
            (
                Work::PerSecond {
                    threads: 2,
                    budget_ms: 5,
                },
                "instances --module m.wasm --threads 2 --budget-ms 5",
            ),
            (
                Work::Live { count: 7 },
                "instances --module m.wasm --live 7",
            ),
        ] {
            assert_eq!(words(&work), expected);
        }
    }

    #[test]
    fn a_result_that_changes_later_is_wrong() {
        let answer =
            r#"{"result":"14","differs":{"iteration":4,"result":"15"},"iterations_ns":[1,1]}"#;
        let answer: Steady = serde_json::from_str(answer).unwrap();
        let problem = of_steady(&answer, CALL).unwrap_err();
        assert_eq!(
            problem,
            Problem::Wrong("iteration 4 of bench_run(3) returned 15, not 14".into())
        );
    }

    #[test]
    fn a_load_without_the_result_of_its_call_has_failed() {
        let answer = Load {
            load_ns: vec![1],
            instantiate_ns: vec![1],
            ..Load::default()
        };
        assert!(matches!(
            of_load(&answer, Some(CALL)),
            Err(Problem::Failed(_))
        ));
        let measures = of_load(&answer, None).unwrap();
        assert_eq!(measures[0], ("total_ns", 2.0));
    }
}
