//! All that a run found, as `results.json` holds it, and what follows from it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bench_protocol::Info;
use serde::Serialize;

use crate::header::Header;
use crate::options::{Effort, Figure};
use crate::outcome::Problem;
use crate::schedule::Cell;
use crate::statistics::{Summary, geometric_mean};
use crate::tables::{Artifact, Language};

/// The whole of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    /// Changes when the meaning of a field does.
    pub(crate) format: u32,
    pub(crate) header: Header,
    pub(crate) effort: Effort,
    /// The first is who the others are compared with.
    pub(crate) peers: Vec<PeerResult>,
    pub(crate) programs: Vec<ProgramResult>,
    pub(crate) comparisons: Vec<Comparison>,
    pub(crate) worst: Vec<Worst>,
    pub(crate) notes: Vec<String>,
    pub(crate) cells: Vec<Cell>,
    /// Where a cell is.
    #[serde(skip)]
    pub(crate) index: HashMap<(Figure, String, String), usize>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct PeerResult {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) artifact: Artifact,
    /// Options that it has in figures of instances only.
    pub(crate) instances: BTreeMap<String, String>,
    pub(crate) color: String,
    pub(crate) info: Option<Info>,
    /// Why it could not be asked.
    pub(crate) problem: Option<Problem>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ProgramResult {
    pub(crate) name: String,
    pub(crate) language: Language,
    pub(crate) tags: BTreeSet<String>,
    /// The argument of `bench_run`.
    pub(crate) n: Option<i32>,
    pub(crate) wasm_bytes: u64,
    pub(crate) functions: u64,
    /// Why it is not part of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<Problem>,
}

/// A measure by which peers are compared over all programs; less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Metric {
    /// What it is called in tables, plots and results.json.
    pub(crate) name: &'static str,
    pub(crate) figure: Figure,
    pub(crate) measure: &'static str,
}

pub(crate) const COLD: Metric = metric("cold", Figure::Cold, "wall_ns");
pub(crate) const LOAD: Metric = metric("load", Figure::Load, "total_ns");
pub(crate) const STEADY: Metric = metric("steady", Figure::Steady, "steady_ns");
pub(crate) const COLD_CPU: Metric = metric("cold, CPU", Figure::Cold, "cpu_ns");
pub(crate) const MEMORY: Metric = metric("peak memory", Figure::Cold, "peak_rss_bytes");
const FIRST_CALL: Metric = metric("first call", Figure::Load, "first_call_ns");
const METRICS: [Metric; 6] = [COLD, LOAD, STEADY, COLD_CPU, FIRST_CALL, MEMORY];
/// Those for which the worst programs are named.
pub(crate) const MAIN_METRICS: [Metric; 3] = [COLD, LOAD, STEADY];

const fn metric(name: &'static str, figure: Figure, measure: &'static str) -> Metric {
    Metric {
        name,
        figure,
        measure,
    }
}

/// A peer against the first one over all programs for which both have a measurement.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Comparison {
    pub(crate) metric: &'static str,
    pub(crate) peer: String,
    /// Geometric mean of the peer's measure by that of the first one: above 1, the first one is better.
    pub(crate) ratio: f64,
    /// Over how many programs.
    pub(crate) programs: usize,
    /// In how many of them the first one is better.
    pub(crate) better: usize,
}

/// A program in which the first peer does badly.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Worst {
    pub(crate) metric: &'static str,
    pub(crate) program: String,
    /// What the first peer needs.
    pub(crate) ours: f64,
    /// What the best other engine needs; native code is none.
    pub(crate) best: f64,
    pub(crate) best_peer: String,
    /// The first by the second.
    pub(crate) factor: f64,
}

/// How many programs are named as the worst ones.
const WORST: usize = 5;

impl Results {
    pub(crate) fn new(
        header: Header,
        effort: Effort,
        peers: Vec<PeerResult>,
        programs: Vec<ProgramResult>,
        cells: Vec<Cell>,
        notes: Vec<String>,
    ) -> Self {
        let key = |cell: &Cell| (cell.figure, cell.subject.clone(), cell.peer.clone());
        let index = cells
            .iter()
            .enumerate()
            .map(|(i, cell)| (key(cell), i))
            .collect();
        let mut results = Self {
            format: 1,
            header,
            effort,
            peers,
            programs,
            comparisons: Vec::new(),
            worst: Vec::new(),
            notes,
            cells,
            index,
        };
        results.comparisons = METRICS
            .iter()
            .flat_map(|&metric| results.compare(metric))
            .collect();
        results.worst = MAIN_METRICS
            .iter()
            .flat_map(|&metric| results.worst(metric))
            .collect();
        results
    }

    pub(crate) fn cell(&self, figure: Figure, subject: &str, peer: &str) -> Option<&Cell> {
        let key = (figure, subject.to_owned(), peer.to_owned());
        self.index.get(&key).map(|&index| &self.cells[index])
    }

    /// Values of all rounds; `None` if there are none, or if the cell has a wrong result.
    fn values(&self, figure: Figure, subject: &str, peer: &str, measure: &str) -> Option<&[f64]> {
        let cell = self.cell(figure, subject, peer)?;
        if cell.problem.as_ref().is_some_and(Problem::fails_the_run) {
            return None;
        }
        cell.measures.get(measure).map(Vec::as_slice)
    }

    pub(crate) fn summary(
        &self,
        figure: Figure,
        subject: &str,
        peer: &str,
        measure: &str,
    ) -> Option<Summary> {
        Summary::of(self.values(figure, subject, peer, measure)?)
    }

    /// Whether a peer computed something wrong in this figure.
    pub(crate) fn has_wrong(&self, figure: Figure, peer: &str) -> bool {
        let mut cells = self
            .cells
            .iter()
            .filter(|cell| cell.figure == figure && cell.peer == peer);
        cells.any(|cell| matches!(cell.problem, Some(Problem::Wrong(_))))
    }

    /// The size of a program's module.
    pub(crate) fn wasm_bytes(&self, program: &str) -> Option<f64> {
        let program = self.programs.iter().find(|row| row.name == program)?;
        Some(program.wasm_bytes as f64)
    }

    /// The names of what a figure was made of, in order.
    pub(crate) fn subjects(&self, figure: Figure) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let cells = self.cells.iter().filter(|cell| cell.figure == figure);
        cells
            .map(|cell| cell.subject.as_str())
            .filter(|subject| seen.insert(*subject))
            .collect()
    }

    /// The peer's measure by that of the first peer, pair by pair: what was measured in the same round, next to each
    /// other. If one was repeated less often than the other, only the pairs count.
    pub(crate) fn ratio(&self, metric: Metric, subject: &str, peer: &str) -> Option<Summary> {
        let values = |peer| self.values(metric.figure, subject, peer, metric.measure);
        let (theirs, ours) = (values(peer)?, values(&self.peers[0].name)?);
        let pairs = theirs.iter().zip(ours).filter(|(_, ours)| **ours > 0.0);
        Summary::of(
            &pairs
                .map(|(theirs, ours)| theirs / ours)
                .collect::<Vec<_>>(),
        )
    }

    fn compare(&self, metric: Metric) -> Vec<Comparison> {
        let subjects = self.subjects(metric.figure);
        let comparison = |peer: &PeerResult| {
            let ratios: Vec<f64> = subjects
                .iter()
                .filter_map(|subject| Some(self.ratio(metric, subject, &peer.name)?.median))
                .filter(|ratio| *ratio > 0.0)
                .collect();
            Some(Comparison {
                metric: metric.name,
                peer: peer.name.clone(),
                ratio: geometric_mean(&ratios)?,
                programs: ratios.len(),
                better: ratios.iter().filter(|ratio| **ratio > 1.0).count(),
            })
        };
        self.peers.iter().skip(1).filter_map(comparison).collect()
    }

    fn worst(&self, metric: Metric) -> Vec<Worst> {
        let time = |subject: &str, peer: &PeerResult| {
            self.summary(metric.figure, subject, &peer.name, metric.measure)
                .map(|summary| summary.median)
        };
        let engines = || {
            self.peers
                .iter()
                .skip(1)
                .filter(|peer| peer.artifact == Artifact::Wasm)
        };
        let of_program = |subject: &&str| {
            let ours = time(subject, &self.peers[0])?;
            let times = engines().filter_map(|peer| Some((time(subject, peer)?, peer)));
            let (best, peer) = times.min_by(|a, b| a.0.total_cmp(&b.0))?;
            Some(Worst {
                metric: metric.name,
                program: (*subject).to_owned(),
                ours,
                best,
                best_peer: peer.name.clone(),
                factor: ours / best,
            })
        };
        let mut all: Vec<Worst> = self
            .subjects(metric.figure)
            .iter()
            .filter_map(of_program)
            .collect();
        all.sort_by(|a, b| b.factor.total_cmp(&a.factor));
        all.truncate(WORST);
        all
    }

    pub(crate) fn comparison(&self, metric: Metric, peer: &str) -> Option<&Comparison> {
        self.comparisons
            .iter()
            .find(|comparison| comparison.metric == metric.name && comparison.peer == peer)
    }

    /// Every problem in words, each with where it happened; what is the same for many subjects is told once.
    pub(crate) fn problems(&self) -> Vec<(String, &Problem)> {
        let peers = self.peers.iter();
        let mut problems: Vec<(String, &Problem)> = peers
            .filter_map(|peer| Some((format!("{}, everything", peer.name), peer.problem.as_ref()?)))
            .collect();
        let programs = self.programs.iter();
        problems.extend(
            programs
                .filter_map(|row| Some((format!("program {}", row.name), row.problem.as_ref()?))),
        );
        let of_peers: BTreeSet<&str> = self
            .peers
            .iter()
            .filter(|peer| peer.problem.is_some())
            .map(|peer| peer.name.as_str())
            .collect();
        let mut places: BTreeMap<(String, String), (Vec<&str>, &Problem)> = BTreeMap::new();
        for cell in self
            .cells
            .iter()
            .filter(|cell| !of_peers.contains(cell.peer.as_str()))
        {
            if let Some(problem) = &cell.problem {
                let key = (
                    format!("{}, {:?}", cell.peer, cell.figure).to_lowercase(),
                    problem.long(),
                );
                places
                    .entry(key)
                    .or_insert((Vec::new(), problem))
                    .0
                    .push(&cell.subject);
            }
        }
        let told = places.into_iter();
        problems.extend(told.map(|((place, _), (subjects, problem))| {
            (format!("{place} of {}", subjects.join(", ")), problem)
        }));
        // What fails the run first.
        problems.sort_by_key(|(_, problem)| match problem {
            Problem::Wrong(_) => 0,
            Problem::Failed(_) => 1,
            Problem::TimedOut(_) => 2,
            Problem::NotRun(_) => 3,
            Problem::Unsupported(_) => 4,
        });
        problems
    }

    /// Whether something was wrong, or did not build or run.
    pub(crate) fn failed(&self) -> bool {
        self.problems()
            .iter()
            .any(|(_, problem)| problem.fails_the_run())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn peer(name: &str, artifact: Artifact) -> PeerResult {
        PeerResult {
            name: name.to_owned(),
            label: name.to_uppercase(),
            artifact,
            instances: BTreeMap::new(),
            color: "#336699".to_owned(),
            info: Some(Info::new(name, "1.2.3")),
            problem: None,
        }
    }

    fn cell(
        figure: Figure,
        measure: &'static str,
        subject: &str,
        peer: &str,
        values: &[f64],
    ) -> Cell {
        Cell {
            figure,
            subject: subject.to_owned(),
            peer: peer.to_owned(),
            problem: None,
            measures: [(measure, values.to_vec())].into(),
            seconds: 0.0,
            curve: Vec::new(),
        }
    }

    /// Three peers, `us`, `them` and `native`, with cells of cold starts.
    pub(crate) fn results(cold: &[(&str, &str, &[f64])], problem: Option<Problem>) -> Results {
        let mut cells: Vec<Cell> = cold
            .iter()
            .map(|(subject, peer, values)| cell(Figure::Cold, "wall_ns", subject, peer, values))
            .collect();
        if let Some(last) = cells.last_mut() {
            last.problem = problem;
        }
        let header = Header {
            date: "2000-01-01T00:00Z".into(),
            commit: "abc".into(),
            cpu: "a processor".into(),
            cores: 2,
            memory_bytes: 1 << 30,
            system: "Linux".into(),
            tools: Vec::new(),
            load_before: "0.00".into(),
            load_after: "1.00".into(),
        };
        let peers = vec![
            peer("us", Artifact::Wasm),
            peer("them", Artifact::Wasm),
            peer("native", Artifact::So),
        ];
        Results::new(
            header,
            Effort::smoke(),
            peers,
            Vec::new(),
            cells,
            Vec::new(),
        )
    }

    #[test]
    fn ratios_are_of_pairs_and_their_mean_is_geometric() {
        let results = results(
            &[
                ("a", "us", &[1.0, 10.0, 2.0]),
                ("a", "them", &[4.0, 40.0]),
                ("b", "us", &[2.0]),
                ("b", "them", &[2.0]),
            ],
            None,
        );
        assert_eq!(results.ratio(COLD, "a", "them").unwrap().median, 4.0);
        let comparison = results.comparison(COLD, "them").unwrap();
        assert!((comparison.ratio - 2.0).abs() < 1e-12);
        assert_eq!((comparison.programs, comparison.better), (2, 1));
        assert!(!results.failed());
    }

    #[test]
    fn the_worst_programs_are_against_the_best_engine_which_native_code_is_not() {
        let results = results(
            &[
                ("a", "us", &[6.0]),
                ("a", "them", &[2.0]),
                ("a", "native", &[1.0]),
                ("b", "us", &[9.0]),
                ("b", "them", &[1.0]),
            ],
            None,
        );
        let worst: Vec<_> = results
            .worst
            .iter()
            .map(|worst| (worst.program.as_str(), worst.factor))
            .collect();
        assert_eq!(worst, [("b", 9.0), ("a", 3.0)]);
        assert_eq!(results.worst[0].best_peer, "them");
    }

    #[test]
    fn a_wrong_result_is_no_measurement_and_fails_the_run() {
        let cells: &[(&str, &str, &[f64])] = &[("a", "us", &[6.0]), ("a", "them", &[2.0])];
        let results = results(cells, Some(Problem::Wrong("13".into())));
        assert!(results.failed());
        assert!(results.ratio(COLD, "a", "them").is_none());
        assert!(results.worst.is_empty());
        assert_eq!(results.problems()[0].0, "them, cold of a");
    }
}
