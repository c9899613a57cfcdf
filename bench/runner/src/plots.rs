//! The results as pictures, SVG files that are legible on any background.

mod bars;
mod canvas;
mod grid;
mod lines;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::options::Figure;
use crate::plots::bars::{Bar, Bars, Panel};
use crate::plots::grid::{Grid, GridCell};
use crate::plots::lines::{Axis, Lines, Series};
use crate::results::{
    COLD, LOAD, MAIN_METRICS, MEMORY, Metric, PeerResult, ProgramResult, Results, STEADY,
};
use crate::statistics::geometric_mean;
use crate::tables::Artifact;
use crate::units::Unit;

/// Draws one plot to a file.
type Draw<'a> = Box<dyn Fn(&Path) -> Result<()> + 'a>;

/// All that there may be.
const NAMES: [&str; 11] = [
    "means.svg",
    "cold.svg",
    "load.svg",
    "steady.svg",
    "warm-up.svg",
    "memory.svg",
    "calls.svg",
    "instances.svg",
    "live.svg",
    "growth-size.svg",
    "growth-functions.svg",
];

/// Draws what there are results for, and returns the names of the files. Plots of an earlier run that this one does not
/// have are removed.
pub(crate) fn draw(results: &Results, folder: &Path) -> Result<Vec<String>> {
    let mut plots: Vec<(&str, Draw<'_>)> = Vec::new();
    let has = |figure| !results.subjects(figure).is_empty();
    if MAIN_METRICS.iter().any(|metric| has(metric.figure)) {
        plots.push(("means.svg", Box::new(|path| means(results).draw(path))));
    }
    for (name, metric, title) in [
        ("cold.svg", COLD, "Cold: process start to result"),
        ("load.svg", LOAD, "Load: bytes to instance"),
        ("steady.svg", STEADY, "Steady: one iteration once warm"),
    ] {
        if has(metric.figure) {
            plots.push((
                name,
                Box::new(move |path| ratios(results, metric, title).draw(path)),
            ));
        }
    }
    if has(Figure::Steady) {
        plots.push(("warm-up.svg", Box::new(|path| warm_up(results).draw(path))));
    }
    if has(Figure::Cold) || has(Figure::Load) {
        plots.push(("memory.svg", Box::new(|path| memory(results).draw(path))));
    }
    if has(Figure::Calls) {
        plots.push(("calls.svg", Box::new(|path| calls(results).draw(path))));
    }
    if has(Figure::Instances) {
        plots.push((
            "instances.svg",
            Box::new(|path| instances(results).draw(path)),
        ));
    }
    if has(Figure::Live) {
        plots.push(("live.svg", Box::new(|path| live(results).draw(path))));
    }
    for (name, family) in [
        ("growth-size.svg", "size"),
        ("growth-functions.svg", "functions"),
    ] {
        let tagged = |program: &ProgramResult| program.tags.contains(family);
        if has(Figure::Growth) && results.programs.iter().any(tagged) {
            let draw = move |path: &Path| growth(results, family).draw(path);
            plots.push((name, Box::new(draw)));
        }
    }
    for name in NAMES {
        let path = folder.join(name);
        match plots.iter().find(|plot| plot.0 == name) {
            Some((_, plot)) => plot(&path)?,
            None if path.exists() => {
                fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))?;
            }
            None => {}
        }
    }
    Ok(plots.into_iter().map(|(name, _)| name.to_owned()).collect())
}

/// Where a run was made, for the small print.
fn footer(results: &Results) -> String {
    let header = &results.header;
    format!(
        "{}, {} cores; {}, commit {}, {} run",
        header.cpu, header.cores, header.date, header.commit, results.effort.name
    )
}

/// What is shown of a peer that has no number, and whether that is a failure.
fn reason(results: &Results, peer: &PeerResult, figures: &[Figure]) -> (String, bool) {
    let of_cells = || {
        let cells = results.cells.iter().filter(|cell| cell.peer == peer.name);
        cells
            .filter(|cell| figures.contains(&cell.figure))
            .find_map(|cell| cell.problem.as_ref())
    };
    let problem = peer.problem.as_ref().or_else(of_cells);
    problem.map_or_else(
        || ("–".to_owned(), false),
        |problem| (problem.short(), problem.fails_the_run()),
    )
}

/// The same in place of a bar.
fn nothing(results: &Results, peer: &PeerResult, figures: &[Figure]) -> Bar {
    let (text, is_failure) = reason(results, peer, figures);
    Bar::Text(text, is_failure)
}

fn bars<'a>(
    results: &'a Results,
    peers: &'a [PeerResult],
    title: String,
    subtitle: String,
    panels: Vec<Panel>,
) -> Bars {
    Bars {
        title,
        subtitle,
        footer: footer(results),
        rows: peers
            .iter()
            .map(|peer| (peer.label.clone(), peer.color.clone()))
            .collect(),
        panels,
    }
}

fn means(results: &Results) -> Bars {
    let ours = &results.peers[0].label;
    let peers = &results.peers[1..];
    let panel = |metric: &Metric| {
        let all = peers
            .iter()
            .filter_map(|peer| results.comparison(*metric, &peer.name));
        let most = all.map(|mean| mean.programs).max();
        let bar = |peer: &PeerResult| match results.comparison(*metric, &peer.name) {
            Some(mean) if results.has_wrong(metric.figure, &peer.name) => {
                Bar::Marked(mean.ratio, "WRONG RESULTS".to_owned())
            }
            Some(mean) if Some(mean.programs) < most => {
                Bar::Noted(mean.ratio, format!("({})", mean.programs))
            }
            Some(mean) => Bar::Value(mean.ratio),
            None => nothing(results, peer, &[metric.figure]),
        };
        Panel {
            title: metric.name.to_owned(),
            unit: None,
            bars: peers.iter().map(bar).collect(),
        }
    };
    bars(
        results,
        peers,
        format!("Time of each peer, {ours} = 1"),
        format!(
            "Geometric means over all programs, logarithmic. To the right of 1, {ours} is faster. In brackets: over how many programs, if not all."
        ),
        MAIN_METRICS.iter().map(panel).collect(),
    )
}

fn memory(results: &Results) -> Bars {
    let absolute =
        |title: &str, unit, figures: &[Figure], value: &dyn Fn(&PeerResult) -> Option<f64>| Panel {
            title: title.to_owned(),
            unit,
            bars: results
                .peers
                .iter()
                .map(|peer| value(peer).map_or_else(|| nothing(results, peer, figures), Bar::Value))
                .collect(),
        };
    let peak = |peer: &PeerResult| {
        let subjects = results.subjects(Figure::Cold);
        let sizes = subjects.iter().filter_map(|subject| {
            results.summary(Figure::Cold, subject, &peer.name, MEMORY.measure)
        });
        geometric_mean(&sizes.map(|size| size.median).collect::<Vec<_>>())
    };
    let code = |peer: &PeerResult| {
        let subjects = results.subjects(Figure::Load);
        let shares = subjects.iter().filter_map(|subject| {
            let code = results.summary(Figure::Load, subject, &peer.name, "code_bytes")?;
            Some(code.median / results.wasm_bytes(subject)?).filter(|share| *share > 0.0)
        });
        geometric_mean(&shares.collect::<Vec<_>>())
    };
    bars(
        results,
        &results.peers,
        "Memory".to_owned(),
        "Geometric means over all programs, logarithmic. Code: after one call; engines that do not tell have none."
            .to_owned(),
        vec![
            absolute("peak resident memory, cold", Some(Unit::Bytes), &[Figure::Cold], &peak),
            absolute("code bytes by wasm bytes", Some(Unit::Count), &[Figure::Load], &code),
        ],
    )
}

/// Bars of one measure, in a panel for each subject and measure.
fn measures(
    results: &Results,
    figure: Figure,
    panels: &[(&str, &str, &str)],
    unit: Unit,
) -> Vec<Panel> {
    let panel = |&(title, subject, measure): &(&str, &str, &str)| Panel {
        title: title.to_owned(),
        unit: Some(unit),
        bars: results
            .peers
            .iter()
            .map(
                |peer| match results.summary(figure, subject, &peer.name, measure) {
                    Some(summary) => Bar::Value(summary.median),
                    None => nothing(results, peer, &[figure]),
                },
            )
            .collect(),
    };
    panels.iter().map(panel).collect()
}

fn calls(results: &Results) -> Bars {
    let panels = [
        ("host to guest", "one call", "host_to_guest_ns"),
        ("guest to host", "one call", "guest_to_host_ns"),
        ("through a table", "one call", "indirect_ns"),
    ];
    bars(
        results,
        &results.peers,
        "Time for one call".to_owned(),
        "With the loop around it; logarithmic. Shorter is better.".to_owned(),
        measures(results, Figure::Calls, &panels, Unit::Nanoseconds),
    )
}

fn instances(results: &Results) -> Bars {
    let panels = [
        ("one thread", "1 thread", "per_second"),
        ("two threads", "2 threads", "per_second"),
    ];
    bars(
        results,
        &results.peers,
        "Instances in a second".to_owned(),
        "Made and dropped, of a small module that is loaded; logarithmic. Longer is better."
            .to_owned(),
        measures(results, Figure::Instances, &panels, Unit::Count),
    )
}

/// All programs and peers, with the means below.
fn ratios(results: &Results, metric: Metric, title: &str) -> Grid {
    let ours = &results.peers[0].label;
    let peers = &results.peers[1..];
    let cell = |subject: &str, peer: &PeerResult| match results.ratio(metric, subject, &peer.name) {
        Some(ratio) => GridCell::Ratio(ratio.median),
        None => {
            let cell = results.cell(metric.figure, subject, &peer.name);
            match cell.and_then(|cell| cell.problem.as_ref()) {
                Some(problem) if problem.fails_the_run() => GridCell::Alarm(problem.short()),
                Some(problem) => GridCell::Text(problem.short()),
                None => GridCell::Text("–".to_owned()),
            }
        }
    };
    let mut rows: Vec<(String, Vec<GridCell>)> = results
        .subjects(metric.figure)
        .into_iter()
        .map(|subject| {
            (
                subject.to_owned(),
                peers.iter().map(|peer| cell(subject, peer)).collect(),
            )
        })
        .collect();
    let mean = |peer: &PeerResult| match results.comparison(metric, &peer.name) {
        Some(mean) => GridCell::Ratio(mean.ratio),
        None => GridCell::Text("–".to_owned()),
    };
    rows.push((
        "geometric mean".to_owned(),
        peers.iter().map(mean).collect(),
    ));
    Grid {
        title: title.to_owned(),
        subtitle: format!(
            "Time of each peer by that of {ours}. Blue, above 1: {ours} is faster; orange, below 1: slower."
        ),
        footer: footer(results),
        columns: peers.iter().map(|peer| peer.label.clone()).collect(),
        rows,
    }
}

/// The peer's medians of a measure at some places, each that of a subject, from the smallest to the largest.
fn series(
    results: &Results,
    peer: &PeerResult,
    (figure, measure): (Figure, &str),
    subjects: &[(f64, &str)],
) -> Series {
    let value = |subject: &str| results.summary(figure, subject, &peer.name, measure);
    let points: Vec<(f64, f64)> = subjects
        .iter()
        .filter_map(|(x, subject)| Some((*x, value(subject)?.median)))
        .collect();
    let first_missing = || {
        let (_, subject) = subjects.iter().find(|row| value(row.1).is_none())?;
        let problem = results
            .cell(figure, subject, &peer.name)?
            .problem
            .as_ref()?;
        Some((problem.short(), problem.fails_the_run()))
    };
    let missing = match points.is_empty() {
        true => Some(reason(results, peer, &[figure])),
        false => first_missing(),
    };
    line(peer, points, missing)
}

fn line(peer: &PeerResult, points: Vec<(f64, f64)>, missing: Option<(String, bool)>) -> Series {
    Series {
        label: peer.label.clone(),
        color: peer.color.clone(),
        points,
        missing,
    }
}

/// For each peer the geometric mean over all programs of the time of iteration n by the steady time of the first peer.
fn warm_up(results: &Results) -> Lines {
    let subjects = results.subjects(Figure::Steady);
    let ours = &results.peers[0];
    let numbers: Vec<u64> = std::iter::successors(Some(1u64), |n| Some((n * 8).div_ceil(5)))
        .take_while(|n| *n <= 1_000)
        .collect();
    // A curve that has ended goes on as it was.
    let at = |curve: &[(u64, f64)], n: u64| {
        let later = curve.iter().find(|(iteration, _)| *iteration >= n);
        later.or(curve.last()).map(|(_, time)| *time)
    };
    let of_peer = |peer: &PeerResult| {
        let curves: Vec<(&[(u64, f64)], f64)> = subjects
            .iter()
            .filter_map(|subject| {
                results.summary(Figure::Steady, subject, &peer.name, STEADY.measure)?;
                let unit = results
                    .summary(Figure::Steady, subject, &ours.name, STEADY.measure)?
                    .median;
                Some((
                    results
                        .cell(Figure::Steady, subject, &peer.name)?
                        .curve
                        .as_slice(),
                    unit,
                ))
            })
            .collect();
        let point = |&n: &u64| {
            let times = curves
                .iter()
                .filter_map(|(curve, unit)| Some(at(curve, n)? / unit));
            Some((n as f64, geometric_mean(&times.collect::<Vec<_>>())?))
        };
        let points: Vec<(f64, f64)> = numbers.iter().filter_map(point).collect();
        let missing = points.is_empty();
        let missing = missing.then(|| reason(results, peer, &[Figure::Steady]));
        line(peer, points, missing)
    };
    Lines {
        title: "Warm-up".to_owned(),
        subtitle: format!(
            "Time of the nth iteration in one instance, by the steady time of {}: geometric mean over all programs",
            ours.label
        ),
        footer: footer(results),
        x: Axis {
            title: "iteration".to_owned(),
            unit: Some(Unit::Count),
        },
        y: Axis {
            title: format!("time, steady {} = 1", ours.label),
            unit: None,
        },
        series: results.peers.iter().map(of_peer).collect(),
    }
}

fn live(results: &Results) -> Lines {
    let subjects: Vec<(f64, &str)> = results
        .subjects(Figure::Live)
        .into_iter()
        .filter_map(|subject| Some((subject.split(' ').next()?.parse().ok()?, subject)))
        .collect();
    let of_peer = |peer: &PeerResult| series(results, peer, (Figure::Live, "rss_bytes"), &subjects);
    Lines {
        title: "Memory of live instances".to_owned(),
        subtitle: "Resident memory of the process; each instance was called once, and has one page of memory of its own."
            .to_owned(),
        footer: footer(results),
        x: Axis { title: "instances alive".to_owned(), unit: Some(Unit::Count) },
        y: Axis { title: "resident memory".to_owned(), unit: Some(Unit::Bytes) },
        series: results.peers.iter().filter(|peer| peer.artifact == Artifact::Wasm).map(of_peer).collect(),
    }
}

fn growth(results: &Results, family: &str) -> Lines {
    let by_size = family == "size";
    let members = results.programs.iter();
    let mut members: Vec<(f64, &str)> = members
        .filter(|program| program.tags.contains(family))
        .map(|program| {
            let x = match by_size {
                true => program.wasm_bytes,
                false => program.functions,
            };
            (x as f64, program.name.as_str())
        })
        .collect();
    members.sort_by(|a, b| a.0.total_cmp(&b.0));
    let of_peer =
        |peer: &PeerResult| series(results, peer, (Figure::Growth, COLD.measure), &members);
    let (title, x, unit) = match by_size {
        true => (
            "Cold start by size of the module",
            "bytes of WebAssembly",
            Unit::Bytes,
        ),
        false => ("Cold start by count of functions", "functions", Unit::Count),
    };
    Lines {
        title: title.to_owned(),
        subtitle: "Wall time from process start to the result of one call, synthetic modules."
            .to_owned(),
        footer: footer(results),
        x: Axis {
            title: x.to_owned(),
            unit: Some(unit),
        },
        y: Axis {
            title: "wall time".to_owned(),
            unit: Some(Unit::Nanoseconds),
        },
        series: results
            .peers
            .iter()
            .filter(|peer| peer.artifact == Artifact::Wasm)
            .map(of_peer)
            .collect(),
    }
}
