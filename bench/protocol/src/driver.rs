use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::arguments::Arguments;
use crate::engine::{Engine, Failure, Imports};
use crate::messages::{Calls, Cold, Differs, Instances, Load, Refusal, Steady};
use crate::rss::{peak_rss_bytes, rss_bytes};

/// More calls than these say nothing new, and would only make long messages.
const MAX_ITERATIONS: usize = 100_000;

/// How long one batch of calls takes at least, so that reading the clock costs nothing.
const BATCH: Duration = Duration::from_millis(5);

/// What `bench_run` of [`crate::SMALL_WAT`] returns for 1.
const SMALL_RESULT: i64 = 8;

/// The `main` of an adapter: reads the command line, does what the mode says, prints the answer.
pub fn main<E: Engine>() -> ExitCode {
    let (json, code) = match run::<E>(lexopt::Parser::from_env()) {
        Ok(json) => (json, ExitCode::SUCCESS),
        Err(Failure(refusal)) => {
            let code = match refusal {
                Refusal::Unsupported(_) => ExitCode::SUCCESS,
                Refusal::Error(_) | Refusal::Wrong(_) => ExitCode::FAILURE,
            };
            (
                serde_json::to_string(&refusal).expect("texts are JSON"),
                code,
            )
        }
    };
    println!("{json}");
    code
}

fn run<E: Engine>(parser: lexopt::Parser) -> Result<String, Failure> {
    let mut arguments = Arguments::parse(parser)?;
    let engine = E::new(&mut arguments.options)?;
    if let Some(key) = arguments.options.0.keys().next() {
        return Err(Failure::error(format!(
            "this adapter has no option '{key}'"
        )));
    }
    match arguments.mode.as_str() {
        "info" => json(&engine.info()),
        "cold" => json(&cold(&engine, &arguments)?),
        "load" => json(&load(&engine, &arguments)?),
        "steady" => json(&steady(&engine, &arguments)?),
        "calls" => json(&calls(&engine, &arguments)?),
        "instances" => json(&instances(&engine, &arguments)?),
        other => Err(Failure::error(format!(
            "no mode '{other}': use info, cold, load, steady, calls or instances"
        ))),
    }
}

fn json(message: &impl Serialize) -> Result<String, Failure> {
    Ok(serde_json::to_string(message)?)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::error(format!("{}: {error}", path.display())))
}

/// An instance that is ready to be called.
fn instantiate<E: Engine>(
    engine: &E,
    module: &E::Module,
    imports: Imports,
) -> Result<E::Instance, Failure> {
    let mut instance = without_initialize(engine, module, imports)?;
    engine
        .call_initialize(&mut instance)
        .map_err(|failure| failure.context("_initialize"))?;
    Ok(instance)
}

/// An instance as the module's start function leaves it.
fn without_initialize<E: Engine>(
    engine: &E,
    module: &E::Module,
    imports: Imports,
) -> Result<E::Instance, Failure> {
    engine
        .instantiate(module, imports)
        .map_err(|failure| failure.context("instantiate"))
}

fn function<E: Engine>(
    engine: &E,
    instance: &mut E::Instance,
    name: &str,
) -> Result<E::Func, Failure> {
    engine
        .function(instance, name)?
        .ok_or_else(|| Failure::error(format!("the module exports no function '{name}'")))
}

fn load_module<E: Engine>(engine: &E, arguments: &Arguments) -> Result<E::Module, Failure> {
    let path = arguments.module()?;
    let bytes = read(path)?;
    engine
        .load(&bytes, path)
        .map_err(|failure| failure.context("load"))
}

fn cold<E: Engine>(engine: &E, arguments: &Arguments) -> Result<Cold, Failure> {
    let (name, argument) = arguments.call()?;
    let module = load_module(engine, arguments)?;
    let mut instance = instantiate(engine, &module, Imports::ByType)?;
    let function = function(engine, &mut instance, name)?;
    let result = engine.call(&mut instance, &function, argument)?;
    Ok(Cold {
        result,
        peak_rss_bytes: peak_rss_bytes()?,
    })
}

fn load<E: Engine>(engine: &E, arguments: &Arguments) -> Result<Load, Failure> {
    let path = arguments.module()?;
    let bytes = read(path)?;
    let call = arguments.optional_call()?;
    let mut answer = Load {
        rss_before_bytes: rss_bytes()?,
        ..Load::default()
    };
    for round in 0..arguments.rounds()? {
        let start = Instant::now();
        let module = engine
            .load(&bytes, path)
            .map_err(|failure| failure.context("load"))?;
        let loaded = Instant::now();
        let mut instance = match call {
            Some(_) => instantiate(engine, &module, Imports::ByType)?,
            None => without_initialize(engine, &module, Imports::ByType)?,
        };
        let instantiated = Instant::now();
        answer.load_ns.push(nanoseconds(loaded - start));
        answer
            .instantiate_ns
            .push(nanoseconds(instantiated - loaded));
        if let Some((name, argument)) = call {
            let function = function(engine, &mut instance, name)?;
            let start = Instant::now();
            let result = engine.call(&mut instance, &function, argument)?;
            answer.first_call_ns.push(nanoseconds(start.elapsed()));
            if *answer.result.get_or_insert(result) != result {
                return Err(Failure::wrong(format!(
                    "{name}({argument}) returned {result} in round {round}"
                )));
            }
        }
        if round == 0 {
            answer.rss_bytes = rss_bytes()?;
            answer.code_bytes = engine.code_bytes(&module);
        }
    }
    Ok(answer)
}

fn steady<E: Engine>(engine: &E, arguments: &Arguments) -> Result<Steady, Failure> {
    let (name, argument) = arguments.call()?;
    let budget = arguments.budget()?;
    let module = load_module(engine, arguments)?;
    let mut instance = instantiate(engine, &module, Imports::ByType)?;
    let function = function(engine, &mut instance, name)?;
    let mut iterations_ns = Vec::with_capacity(MAX_ITERATIONS);
    let mut expected = None;
    let mut differs = None;
    let mut start = Instant::now();
    // What is compiled in the first call takes as long as it does: what comes after it is what is asked for.
    let mut deadline = None;
    while iterations_ns.len() < MAX_ITERATIONS
        && (iterations_ns.len() < 2 || deadline.is_none_or(|deadline| start < deadline))
    {
        let result = engine.call(&mut instance, &function, argument)?;
        let end = Instant::now();
        let iteration = iterations_ns.len() as u64;
        iterations_ns.push(nanoseconds(end - start));
        if *expected.get_or_insert(result) != result && differs.is_none() {
            differs = Some(Differs { iteration, result });
        }
        deadline.get_or_insert(end + budget);
        start = end;
    }
    Ok(Steady {
        result: expected.ok_or_else(|| Failure::error("nothing was called"))?,
        differs,
        iterations_ns,
    })
}

fn calls<E: Engine>(engine: &E, arguments: &Arguments) -> Result<Calls, Failure> {
    let budget = arguments.budget()? / 3;
    let module = load_module(engine, arguments)?;
    let mut instance = instantiate(engine, &module, Imports::AddOne)?;
    let identity = function(engine, &mut instance, "bench_identity")?;
    let host_to_guest_ns = time_per_call(budget, |n| {
        let mut calls = 0;
        for i in 0..n {
            calls += i32::from(engine.call(&mut instance, &identity, i)? == i64::from(i));
        }
        Ok(i64::from(calls))
    })?;
    let mut in_guest = |name: &str| {
        let function = function(engine, &mut instance, name)?;
        time_per_call(budget, |n| engine.call(&mut instance, &function, n))
    };
    Ok(Calls {
        host_to_guest_ns,
        guest_to_host_ns: in_guest("bench_to_host")?,
        indirect_ns: in_guest("bench_indirect")?,
    })
}

/// `calls(n)` makes n calls and returns how many were right. Batches grow until one is long enough to be timed; the
/// answer is the median of those that fit in the budget.
fn time_per_call(
    budget: Duration,
    mut calls: impl FnMut(i32) -> Result<i64, Failure>,
) -> Result<f64, Failure> {
    let mut timed = |n: i32| {
        let start = Instant::now();
        let right = calls(n)?;
        let time = start.elapsed();
        if right != i64::from(n) {
            return Err(Failure::wrong(format!("{n} calls gave {right}")));
        }
        Ok(time)
    };
    let begin = Instant::now();
    let mut n = 64;
    while timed(n)? < BATCH && n < i32::MAX / 2 {
        n *= 2;
    }
    // The first half of the budget is for engines that make the loop faster while it runs.
    while begin.elapsed() < budget / 2 {
        timed(n)?;
    }
    let mut batches = vec![timed(n)?];
    while begin.elapsed() < budget {
        batches.push(timed(n)?);
    }
    batches.sort_unstable();
    Ok(batches[batches.len() / 2].as_nanos() as f64 / f64::from(n))
}

fn instances<E: Engine>(engine: &E, arguments: &Arguments) -> Result<Instances, Failure> {
    let module = load_module(engine, arguments)?;
    match (arguments.threads, arguments.live) {
        (Some(threads), None) if threads > 0 => {
            let per_second = instances_per_second(engine, &module, threads, arguments.budget()?)?;
            Ok(Instances {
                per_second: Some(per_second),
                ..Instances::default()
            })
        }
        (None, Some(live)) if live > 0 => {
            let rss_before_bytes = Some(rss_bytes()?);
            let mut alive = Vec::with_capacity(live);
            for _ in 0..live {
                let mut instance =
                    instantiate(engine, &module, Imports::ByType).map_err(|failure| {
                        failure.context(format!("after {} instances", alive.len()))
                    })?;
                call_once(engine, &mut instance)?;
                alive.push(instance);
            }
            let rss_bytes = Some(rss_bytes()?);
            Ok(Instances {
                per_second: None,
                rss_bytes,
                rss_before_bytes,
            })
        }
        _ => Err(Failure::error(
            "instances needs either --threads N or --live N",
        )),
    }
}

fn call_once<E: Engine>(engine: &E, instance: &mut E::Instance) -> Result<(), Failure> {
    let function = function(engine, instance, "bench_run")?;
    match engine.call(instance, &function, 1)? {
        SMALL_RESULT => Ok(()),
        other => Err(Failure::wrong(format!(
            "bench_run(1) returned {other}, not {SMALL_RESULT}"
        ))),
    }
}

fn instances_per_second<E: Engine>(
    engine: &E,
    module: &E::Module,
    threads: usize,
    budget: Duration,
) -> Result<f64, Failure> {
    call_once(engine, &mut instantiate(engine, module, Imports::ByType)?)?;
    let barrier = Barrier::new(threads + 1);
    let stop = AtomicBool::new(false);
    let work = || -> Result<u64, Failure> {
        barrier.wait();
        let mut made = 0;
        while !stop.load(Ordering::Relaxed) {
            drop(instantiate(engine, module, Imports::ByType)?);
            made += 1;
        }
        Ok(made)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        barrier.wait();
        let start = Instant::now();
        thread::sleep(budget);
        stop.store(true, Ordering::Relaxed);
        let mut made = 0;
        for worker in workers {
            made += worker
                .join()
                .map_err(|_| Failure::error("a thread panicked"))??;
        }
        Ok(made as f64 / start.elapsed().as_secs_f64())
    })
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
