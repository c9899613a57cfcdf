//! `--stats`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

use bolide::{CompilationStatistics, Engine, EngineStatistics, TierStatistics};
use serde::Serialize;

use crate::args::StatsFormat;
use crate::terminal::{count, plural, size};

/// Where time and memory went.
#[derive(Serialize)]
pub(crate) struct Stats {
    /// From the start of bolide to that of the program.
    start_seconds: f64,
    /// Of the program, compilation included.
    run_seconds: f64,
    modules: u64,
    module_bytes: u64,
    compiled_functions: u64,
    code_bytes: u64,
    compile_seconds: f64,
    tiers: Tiers,
    queue: Queue,
    /// Of JavaScript.
    #[serde(skip_serializing_if = "Option::is_none")]
    heap_bytes: Option<u64>,
    /// The largest resident memory of the process.
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_memory_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fuel: Option<u64>,
}

/// Compilation by tier.
#[derive(Serialize)]
struct Tiers {
    baseline: Tier,
    optimizing: Tier,
    /// For loops that were running in baseline code.
    osr: Tier,
    /// How often such a loop went over.
    osr_entries: u64,
    /// Functions that the baseline compiler left to the optimizing one.
    fallbacks: u64,
    /// Functions and loops that the optimizing compiler could not handle.
    failures: u64,
}

#[derive(Serialize)]
struct Tier {
    functions: u64,
    code_bytes: u64,
    seconds: f64,
}

/// What waited for compilation in the background.
#[derive(Serialize)]
struct Queue {
    threads: u64,
    waiting: u64,
    longest: u64,
    rejected: u64,
}

impl Tier {
    fn new(statistics: &TierStatistics) -> Tier {
        Tier {
            functions: statistics.functions,
            code_bytes: statistics.code_bytes,
            seconds: statistics.compilation.as_secs_f64(),
        }
    }

    fn to_text(&self, noun: &str) -> String {
        format!(
            "{}, {} of machine code, in {}",
            plural(self.functions, noun),
            size(self.code_bytes),
            duration(self.seconds)
        )
    }
}

impl Tiers {
    fn new(statistics: &CompilationStatistics) -> Tiers {
        Tiers {
            baseline: Tier::new(&statistics.baseline),
            optimizing: Tier::new(&statistics.optimizing),
            osr: Tier::new(&statistics.osr),
            osr_entries: statistics.osr_entries,
            fallbacks: statistics.fallbacks,
            failures: statistics.failures,
        }
    }
}

impl Stats {
    /// At the end of a program. Bolide was started at `started`, the program at `entered`.
    pub(crate) fn new(started: Instant, entered: Instant, engine: &Engine) -> Stats {
        let EngineStatistics {
            modules,
            module_bytes,
            functions,
            code_bytes,
            compilation,
            tiers,
            queue,
            ..
        } = engine.statistics();
        Stats {
            start_seconds: (entered - started).as_secs_f64(),
            run_seconds: entered.elapsed().as_secs_f64(),
            modules,
            module_bytes,
            compiled_functions: functions,
            code_bytes,
            compile_seconds: compilation.as_secs_f64(),
            tiers: Tiers::new(&tiers),
            queue: Queue {
                threads: queue.threads,
                waiting: queue.waiting,
                longest: queue.longest,
                rejected: queue.rejected,
            },
            heap_bytes: None,
            peak_memory_bytes: peak_memory(),
            fuel: None,
        }
    }

    pub(crate) fn with_heap(mut self, bytes: u64) -> Stats {
        self.heap_bytes = Some(bytes);
        self
    }

    pub(crate) fn with_fuel(mut self, consumed: Option<u64>) -> Stats {
        self.fuel = consumed;
        self
    }

    /// Writes to standard error.
    pub(crate) fn print(&self, format: StatsFormat) {
        let text = match format {
            StatsFormat::Text => self.to_text(),
            StatsFormat::Json => {
                let json = serde_json::to_string(self).expect("plain data can be written");
                json + "\n"
            }
        };
        // Without standard error there is nobody to tell.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    fn to_text(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: String| {
            let _ = writeln!(text, "{name:<10} {value}");
        };
        line("start", duration(self.start_seconds));
        line("run", duration(self.run_seconds));
        let modules = plural(self.modules, "module");
        line("loaded", format!("{modules}, {}", size(self.module_bytes)));
        line(
            "compiled",
            format!(
                "{}, {} of machine code, in {}",
                plural(self.compiled_functions, "function"),
                size(self.code_bytes),
                duration(self.compile_seconds)
            ),
        );
        // With one compiler there is nothing to tell apart.
        if self.tiers.baseline.functions > 0 || self.tiers.fallbacks > 0 {
            self.tiers_to_text(&mut line);
        }
        let heap = self.heap_bytes;
        let heap = heap.map(|bytes| format!("{} in the JavaScript heap", size(bytes)));
        let peak = self.peak_memory_bytes;
        let peak = peak.map(|bytes| format!("{} resident at most", size(bytes)));
        let memory: Vec<String> = heap.into_iter().chain(peak).collect();
        if !memory.is_empty() {
            line("memory", memory.join(", "));
        }
        if let Some(fuel) = self.fuel {
            line("fuel", count(fuel));
        }
        text
    }
}

impl Stats {
    fn tiers_to_text(&self, line: &mut impl FnMut(&str, String)) {
        let tiers = &self.tiers;
        line("baseline", tiers.baseline.to_text("function"));
        line("optimized", tiers.optimizing.to_text("function"));
        let entered = format!(
            "{}, entered {}",
            tiers.osr.to_text("loop"),
            plural(tiers.osr_entries, "time")
        );
        line("loops", entered);
        let queue = &self.queue;
        line(
            "queue",
            format!(
                "{}, {} at most, {} turned away, {} left",
                plural(queue.threads, "thread"),
                plural(queue.longest, "function"),
                count(queue.rejected),
                count(queue.waiting)
            ),
        );
        if tiers.fallbacks > 0 {
            let functions = plural(tiers.fallbacks, "function");
            line(
                "fallbacks",
                format!("{functions} that the baseline compiler left to the optimizing one"),
            );
        }
        if tiers.failures > 0 {
            let functions = plural(tiers.failures, "function");
            line(
                "failures",
                format!("{functions} that the optimizing compiler could not handle"),
            );
        }
    }
}

fn duration(seconds: f64) -> String {
    format!("{:.1?}", Duration::from_secs_f64(seconds))
}

/// As the kernel counts it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
