//! Measures Bolide side by side with its peers: see `bench/README.md`.
#![forbid(unsafe_code)]

mod adapter;
mod header;
mod options;
mod outcome;
mod plan;
mod plots;
mod prepare;
mod process;
mod progress;
mod results;
mod schedule;
mod statistics;
mod table;
mod tables;
mod units;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use bench_protocol::Info;
use clap::Parser;

use crate::header::Header;
use crate::options::{Effort, Options};
use crate::outcome::Problem;
use crate::plan::{BuiltProgram, Source};
use crate::progress::Progress;
use crate::results::{PeerResult, ProgramResult, Results};
use crate::schedule::{Contender, Limits, Schedule};
use crate::tables::{Artifact, Language, Peer, Places, Program, choose};

/// What the smoke test runs: two programs in C and an interpreter, all of which build quickly.
const SMOKE_PEER: &str = "wasmi";
const SMOKE_PROGRAMS: [&str; 2] = ["fib", "sieve"];

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("bench/run: error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Does all that the options ask for; false if something was wrong, or did not build or run.
fn run(options: &Options) -> Result<bool> {
    process::end_with_children()?;
    let places = Places::of(&options.root)?;
    let effort = Effort::of(options);
    let Chosen {
        peers,
        programs,
        left_out,
    } = chosen(options, &places)?;
    let progress = Progress::new();
    let contenders = contenders(options, &places, &peers, &progress)?;
    if !options.no_build {
        progress.say("building programs");
        prepare::programs(&places, &programs)?;
    }
    let (built, missing) = built(&places, &effort, programs);
    let (calls, small) = prepare::modules(&places)?;
    let mut header = Header::new(&places);
    let tasks = plan::tasks(&effort, &built, calls, small);
    let limits = Limits {
        process: effort.process_limit,
        total: effort.total_limit,
    };
    let (contenders, infos) = ask_for_info(contenders, limits);
    let schedule = Schedule::new(&tasks, &contenders, limits);
    let module = |source: &Source, artifact: Artifact| match source {
        Source::File(path) => Ok(path.clone()),
        Source::Program(index) => {
            let program = &built[*index].program;
            if artifact == Artifact::So && !program.is_native_too() {
                return Err(Problem::Unsupported(
                    "there is no source to compile to machine code".to_owned(),
                ));
            }
            prepare::artifact(&places, program, artifact).map_err(Problem::Failed)
        }
    };
    let (cells, mut notes) = schedule.run(&progress, &module);
    progress.finish();
    header.finish();
    notes.extend(left_out);
    if options.smoke {
        notes.push(
            "This was a smoke test of builds without optimization: its times say nothing."
                .to_owned(),
        );
    }
    let programs = built.iter().map(|built| program_result(&effort, built));
    let programs = programs.chain(missing).collect();
    let peers = contenders
        .iter()
        .zip(infos)
        .map(|(contender, info)| peer_result(contender, info))
        .collect();
    let results = Results::new(header, effort, peers, programs, cells, notes);
    let default = places.bench().join(if options.smoke {
        "results/smoke"
    } else {
        "results"
    });
    write(&results, options.out.as_ref().unwrap_or(&default))?;
    for (place, problem) in results.problems() {
        progress.say(&format!("{place}: {}", problem.long()));
    }
    Ok(!results.failed())
}

/// The peers and the programs of the run.
struct Chosen {
    peers: Vec<Peer>,
    programs: Vec<Program>,
    /// Which peers nobody asked for, and why they are not measured unasked.
    left_out: Vec<String>,
}

fn chosen(options: &Options, places: &Places) -> Result<Chosen> {
    let table = options
        .peers
        .clone()
        .unwrap_or_else(|| places.bench().join("peers.toml"));
    let all_peers = tables::peers(&table)?;
    let all_programs = tables::programs(&places.bench().join("programs/programs.toml"))?;
    let (mut peer, mut only) = (options.peer.clone(), options.only.clone());
    if options.smoke {
        peer = vec![SMOKE_PEER.to_owned()];
        only = SMOKE_PROGRAMS.map(str::to_owned).into();
    }
    if !peer.is_empty() {
        // The one that the others are compared with is always there.
        peer.push(all_peers[0].name.clone());
    }
    let left_out = all_peers.iter().filter_map(|row| {
        let why = row.opt_in.as_ref().filter(|_| peer.is_empty())?;
        let is_left_out = !options.also.contains(&row.name);
        is_left_out.then(|| format!("{0} is only measured with --also {0}: {why}.", row.name))
    });
    let left_out = left_out.collect();
    if peer.is_empty() {
        let default = all_peers.iter().filter(|row| row.opt_in.is_none());
        peer.extend(default.map(|row| row.name.clone()));
    }
    peer.extend(options.also.iter().cloned());
    let peers = choose(&all_peers, &peer, "peer", |peer| &peer.name)?;
    let programs = choose(&all_programs, &only, "program", |program| &program.name)?;
    Ok(Chosen {
        peers,
        programs,
        left_out,
    })
}

fn contenders(
    options: &Options,
    places: &Places,
    peers: &[Peer],
    progress: &Progress,
) -> Result<Vec<Contender>> {
    let profile = if options.smoke { "dev" } else { "release" };
    let adapters = prepare::adapters(places, peers, profile, &|what| progress.say(&what))?;
    let contenders = peers.iter().zip(adapters).map(|(peer, adapter)| Contender {
        peer: peer.clone(),
        adapter: adapter.map_err(Problem::Failed),
    });
    Ok(contenders.collect())
}

/// Programs that are part of the run, with what their modules tell; and those that could not be built.
fn built(
    places: &Places,
    effort: &Effort,
    programs: Vec<Program>,
) -> (Vec<BuiltProgram>, Vec<ProgramResult>) {
    let mut built = Vec::new();
    let mut missing = Vec::new();
    for program in programs {
        let path = places.artifact(&program, Artifact::Wasm);
        let read = || {
            let bytes = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
            let functions = prepare::function_count(&bytes)?;
            anyhow::Ok((bytes.len() as u64, functions))
        };
        match read() {
            Ok((wasm_bytes, functions)) if plan::is_in(effort, &program, wasm_bytes) => {
                built.push(BuiltProgram {
                    program,
                    wasm_bytes,
                    functions,
                });
            }
            Ok(_) => {}
            Err(error) => {
                let built = BuiltProgram {
                    program,
                    wasm_bytes: 0,
                    functions: 0,
                };
                let mut result = program_result(effort, &built);
                result.problem = Some(Problem::Failed(format!("it was not built: {error:#}")));
                missing.push(result);
            }
        }
    }
    (built, missing)
}

/// Asks every adapter who it is; one that does not tell is not asked for more.
fn ask_for_info(contenders: Vec<Contender>, limits: Limits) -> (Vec<Contender>, Vec<Option<Info>>) {
    let ask = |contender: Contender| {
        let info = contender.adapter.clone().and_then(|adapter| {
            Ok((
                adapter.ask::<Info>(&["info".into()], limits.process)?.0,
                adapter,
            ))
        });
        match info {
            Ok((info, adapter)) => (
                Contender {
                    adapter: Ok(adapter),
                    ..contender
                },
                Some(info),
            ),
            Err(problem) => (
                Contender {
                    adapter: Err(problem),
                    ..contender
                },
                None,
            ),
        }
    };
    contenders.into_iter().map(ask).unzip()
}

fn peer_result(contender: &Contender, info: Option<Info>) -> PeerResult {
    PeerResult {
        name: contender.peer.name.clone(),
        label: contender.peer.label.clone(),
        artifact: contender.peer.artifact,
        instances: contender.peer.instances.clone(),
        color: contender.peer.color.clone(),
        info,
        problem: contender.adapter.as_ref().err().cloned(),
    }
}

fn program_result(effort: &Effort, built: &BuiltProgram) -> ProgramResult {
    let program = &built.program;
    let call = if effort.quick_calls && program.language != Language::Synthetic {
        program.quick
    } else {
        program.full
    };
    ProgramResult {
        name: program.name.clone(),
        language: program.language,
        tags: program.tags.clone(),
        n: call.map(|call| call.n),
        wasm_bytes: built.wasm_bytes,
        functions: built.functions,
        problem: None,
    }
}

/// Writes results.json, table.md and the plots to a folder.
fn write(results: &Results, folder: &Path) -> Result<()> {
    let file = |name: &str, text: String| {
        let path: PathBuf = folder.join(name);
        fs::write(&path, text).with_context(|| format!("write {}", path.display()))
    };
    fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    file(
        "results.json",
        serde_json::to_string_pretty(results)? + "\n",
    )?;
    file("table.md", table::markdown(results))?;
    let plots = plots::draw(results, folder)?;
    eprintln!(
        "bench/run: results.json, table.md, {} are in {}",
        plots.join(", "),
        folder.display()
    );
    Ok(())
}
