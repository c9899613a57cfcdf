//! The results as Markdown.

use std::fmt::Write;

use crate::options::Figure;
use crate::results::{COLD, COLD_CPU, LOAD, MAIN_METRICS, MEMORY, Metric, Results, STEADY};
use crate::units::{Unit, ratio};

/// The whole report.
pub(crate) fn markdown(results: &Results) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_all(&mut text, results);
    text
}

fn write_all(out: &mut String, results: &Results) -> std::fmt::Result {
    let ours = &results.peers[0].label;
    writeln!(out, "# {ours} side by side\n")?;
    header(out, results)?;
    problems(out, results)?;
    peers(out, results)?;
    means(out, results)?;
    worst(out, results)?;
    let of_programs: [(&str, Metric, Unit, &str); 5] = [
        (
            "Cold: process start to result",
            COLD,
            Unit::Nanoseconds,
            "Wall time of the whole process.",
        ),
        (
            "Cold: CPU time",
            COLD_CPU,
            Unit::Nanoseconds,
            "User and system time of the process, all threads.",
        ),
        (
            "Load: bytes to instance",
            LOAD,
            Unit::Nanoseconds,
            "In a process that has started; a module is loaded some times, the median counts.",
        ),
        (
            "Steady: one iteration once warm",
            STEADY,
            Unit::Nanoseconds,
            "Median of the second half of the time of one process.",
        ),
        (
            "Peak memory",
            MEMORY,
            Unit::Bytes,
            "Resident memory of a cold run at its largest.",
        ),
    ];
    for (title, metric, unit, explanation) in of_programs {
        per_subject(
            out,
            results,
            title,
            explanation,
            metric.figure,
            metric.measure,
            unit,
        )?;
    }
    per_subject(
        out,
        results,
        "Warm-up: iterations",
        "How many iterations came before the first that was within a tenth of steady, and stayed so.",
        Figure::Steady,
        "warm_up_iterations",
        Unit::Count,
    )?;
    code(out, results)?;
    for (title, measure) in [
        ("Calls: host to guest", "host_to_guest_ns"),
        ("Calls: guest to host", "guest_to_host_ns"),
        ("Calls: through a table", "indirect_ns"),
    ] {
        per_subject(
            out,
            results,
            title,
            "Time for one call.",
            Figure::Calls,
            measure,
            Unit::Nanoseconds,
        )?;
    }
    per_subject(
        out,
        results,
        "Instances per second",
        "Made and dropped, of a small module that is loaded.",
        Figure::Instances,
        "per_second",
        Unit::Count,
    )?;
    per_subject(
        out,
        results,
        "Memory of live instances",
        "Resident memory of the process; each instance was called once, and has one page of memory of its own.",
        Figure::Live,
        "rss_bytes",
        Unit::Bytes,
    )?;
    per_subject(
        out,
        results,
        "Growth: cold start of large modules",
        "Wall time from process start to the result of one call; synthetic modules.",
        Figure::Growth,
        "wall_ns",
        Unit::Nanoseconds,
    )
}

fn header(out: &mut String, results: &Results) -> std::fmt::Result {
    let header = &results.header;
    writeln!(
        out,
        "- {}, {} cores, {} of memory, {}",
        header.cpu,
        header.cores,
        Unit::Bytes.show(header.memory_bytes as f64),
        header.system
    )?;
    writeln!(
        out,
        "- {}, commit {}, a {} run, {} rounds, interleaved",
        header.date, header.commit, results.effort.name, results.effort.rounds
    )?;
    writeln!(
        out,
        "- load average before {}, after {} (the run itself is part of it)",
        header.load_before, header.load_after
    )?;
    for tool in &header.tools {
        writeln!(out, "- {tool}")?;
    }
    for note in &results.notes {
        writeln!(out, "- {note}")?;
    }
    writeln!(out)
}

fn problems(out: &mut String, results: &Results) -> std::fmt::Result {
    let problems = results.problems();
    if problems.is_empty() {
        return writeln!(
            out,
            "Every peer computed every result, and all of them are right.\n"
        );
    }
    writeln!(out, "## What could not be measured\n")?;
    if results.failed() {
        writeln!(
            out,
            "**This run failed**: there are wrong results, or peers that do not build or run.\n"
        )?;
    }
    for (place, problem) in problems {
        let line = problem.long().replace(['\n', '|'], " ");
        let strong = if problem.fails_the_run() { "**" } else { "" };
        writeln!(out, "- {strong}{place}{strong}: {line}")?;
    }
    writeln!(out)
}

fn peers(out: &mut String, results: &Results) -> std::fmt::Result {
    writeln!(
        out,
        "## Peers\n\n| peer | engine | version | options |\n|---|---|---|---|"
    )?;
    for peer in &results.peers {
        match (&peer.info, &peer.problem) {
            (Some(info), _) => {
                let options = info
                    .options
                    .iter()
                    .map(|(key, value)| format!("{key}: {value}"));
                let instances = peer
                    .instances
                    .iter()
                    .map(|(key, value)| format!("{key} for instances: {value}"));
                let options: Vec<String> = options.chain(instances).collect();
                writeln!(
                    out,
                    "| {} | {} | {} | {} |",
                    peer.name,
                    info.engine,
                    info.version,
                    options.join("; ")
                )?;
            }
            (None, problem) => {
                let word = problem
                    .as_ref()
                    .map_or_else(|| "unknown".to_owned(), |problem| problem.short());
                writeln!(out, "| {} | **{word}** | | |", peer.name)?;
            }
        }
    }
    writeln!(out)
}

fn means(out: &mut String, results: &Results) -> std::fmt::Result {
    let ours = &results.peers[0].label;
    let metrics = [COLD, COLD_CPU, LOAD, STEADY, MEMORY];
    writeln!(out, "## Over all programs\n")?;
    writeln!(
        out,
        "Geometric mean of the peer's time (or memory) by that of {ours}: above 1, {ours} is better. In brackets, in how many programs {ours} \
         is better, of how many that both could do.\n"
    )?;
    let names: Vec<&str> = metrics.iter().map(|metric| metric.name).collect();
    writeln!(
        out,
        "| peer | {} |\n|---|{}",
        names.join(" | "),
        "---:|".repeat(metrics.len())
    )?;
    for peer in results.peers.iter().skip(1) {
        write!(out, "| {} |", peer.name)?;
        for metric in metrics {
            match results.comparison(metric, &peer.name) {
                Some(mean) => write!(
                    out,
                    " **{}** ({}/{}) |",
                    ratio(mean.ratio),
                    mean.better,
                    mean.programs
                )?,
                None => write!(
                    out,
                    " {} |",
                    peer.problem
                        .as_ref()
                        .map_or("–".to_owned(), |problem| problem.short())
                )?,
            }
        }
        writeln!(out)?;
    }
    writeln!(out)
}

fn worst(out: &mut String, results: &Results) -> std::fmt::Result {
    let ours = &results.peers[0].label;
    if results.worst.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Where {ours} is worst\n")?;
    writeln!(
        out,
        "| figure | program | {ours} | best engine | its time | {ours} by best |\n|---|---|---:|---|---:|---:|"
    )?;
    for metric in MAIN_METRICS {
        for worst in results
            .worst
            .iter()
            .filter(|worst| worst.metric == metric.name)
        {
            let time = |ns| Unit::Nanoseconds.show(ns);
            writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} |",
                worst.metric,
                worst.program,
                time(worst.ours),
                worst.best_peer,
                time(worst.best),
                ratio(worst.factor)
            )?;
        }
    }
    writeln!(out)
}

/// One row for each subject, one column for each peer: the median, and the half distance of the quartiles.
fn per_subject(
    out: &mut String,
    results: &Results,
    title: &str,
    explanation: &str,
    figure: Figure,
    measure: &str,
    unit: Unit,
) -> std::fmt::Result {
    let subjects = results.subjects(figure);
    if subjects.is_empty() {
        return Ok(());
    }
    start(out, results, title, explanation)?;
    for subject in subjects {
        write!(out, "| {subject} |")?;
        for peer in &results.peers {
            let cell = results.cell(figure, subject, &peer.name);
            let problem = cell.and_then(|cell| cell.problem.as_ref());
            let text = match results.summary(figure, subject, &peer.name, measure) {
                Some(summary) if summary.count > 1 && summary.spread() >= 0.005 => {
                    format!(
                        "{} ±{:.0}%",
                        unit.show(summary.median),
                        summary.spread() * 100.0
                    )
                }
                Some(summary) => unit.show(summary.median),
                None => match problem {
                    Some(problem) if problem.fails_the_run() => format!("**{}**", problem.short()),
                    Some(problem) => problem.short(),
                    None => "–".to_owned(),
                },
            };
            write!(out, " {text} |")?;
        }
        writeln!(out)?;
    }
    writeln!(out)
}

fn start(out: &mut String, results: &Results, title: &str, explanation: &str) -> std::fmt::Result {
    let names: Vec<&str> = results
        .peers
        .iter()
        .map(|peer| peer.name.as_str())
        .collect();
    writeln!(out, "## {title}\n\n{explanation}\n")?;
    writeln!(
        out,
        "| | {} |\n|---|{}",
        names.join(" | "),
        "---:|".repeat(names.len())
    )
}

/// Code bytes by wasm bytes, which needs both.
fn code(out: &mut String, results: &Results) -> std::fmt::Result {
    let subjects = results.subjects(Figure::Load);
    if subjects.is_empty() {
        return Ok(());
    }
    start(
        out,
        results,
        "Code bytes by bytes of WebAssembly",
        "Code that the engine holds after one call (for interpreters, their own code); engines that do not tell have none.",
    )?;
    for subject in subjects {
        let Some(bytes) = results.wasm_bytes(subject) else {
            continue;
        };
        write!(out, "| {subject} |")?;
        for peer in &results.peers {
            match results.summary(Figure::Load, subject, &peer.name, "code_bytes") {
                Some(summary) => write!(out, " {} |", ratio(summary.median / bytes))?,
                None => write!(out, " – |")?,
            }
        }
        writeln!(out)?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Problem;
    use crate::results::tests::results;

    #[test]
    fn the_report_has_means_medians_and_the_worst_programs() {
        let results = results(
            &[
                ("fib", "us", &[2e6, 2e6]),
                ("fib", "them", &[6e6, 8e6]),
                ("fft", "us", &[3e6]),
                ("fft", "them", &[1.5e6]),
            ],
            None,
        );
        let text = markdown(&results);
        assert!(text.contains("| them | **1.32** (1/2) | – |"), "{text}");
        assert!(
            text.contains("| fib | 2.00 ms | 7.00 ms ±7% | – |"),
            "{text}"
        );
        assert!(
            text.contains("| cold | fft | 3.00 ms | them | 1.50 ms | 2.00 |"),
            "{text}"
        );
        assert!(text.contains("all of them are right"), "{text}");
    }

    #[test]
    fn a_wrong_result_is_where_its_number_would_be_and_at_the_top() {
        let cells: &[(&str, &str, &[f64])] = &[("fib", "us", &[2e6]), ("fib", "them", &[1.0])];
        let text = markdown(&results(
            cells,
            Some(Problem::Wrong("it returned 13".into())),
        ));
        assert!(
            text.contains("| fib | 2.00 ms | **WRONG RESULT** | – |"),
            "{text}"
        );
        assert!(
            text.contains("- **them, cold of fib**: WRONG RESULT: it returned 13"),
            "{text}"
        );
        assert!(text.contains("**This run failed**"), "{text}");
    }
}
