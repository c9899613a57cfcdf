//! Does the tasks of a run in interleaved rounds: every peer does a task before anyone does it again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::adapter::Adapter;
use crate::options::Figure;
use crate::outcome::Problem;
use crate::plan::{Sample, Source, Task};
use crate::progress::Progress;
use crate::tables::{Artifact, Peer};

/// What is known about one task of one peer.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Cell {
    pub(crate) figure: Figure,
    pub(crate) subject: String,
    pub(crate) peer: String,
    /// Why there are no measurements, or no more of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<Problem>,
    /// By name, one value for each round: nanoseconds (`_ns`), bytes (`_bytes`), or a count.
    pub(crate) measures: BTreeMap<&'static str, Vec<f64>>,
    /// How long all its processes took, those that failed included.
    pub(crate) seconds: f64,
    /// For `steady`, of the first round: iteration, and its time in nanoseconds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) curve: Vec<(u64, f64)>,
}

impl Cell {
    fn new(task: &Task, peer: &Peer) -> Self {
        Self {
            figure: task.figure,
            subject: task.subject.clone(),
            peer: peer.name.clone(),
            problem: None,
            measures: BTreeMap::new(),
            seconds: 0.0,
            curve: Vec::new(),
        }
    }

    fn add(&mut self, sample: Sample) {
        for (name, value) in sample.measures {
            self.measures.entry(name).or_default().push(value);
        }
        if self.curve.is_empty() {
            self.curve = sample.curve;
        }
    }
}

/// A peer that may be asked, or why not.
#[derive(Clone, Debug)]
pub(crate) struct Contender {
    pub(crate) peer: Peer,
    pub(crate) adapter: Result<Adapter, Problem>,
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) process: Duration,
    pub(crate) total: Duration,
}

impl Limits {
    /// When even the first round ends. On a machine that is slow or busy, to have everything once is worth more than to
    /// be done in time.
    fn first_round(&self) -> Duration {
        self.total.mul_f64(1.5)
    }
}

/// A run under way.
pub(crate) struct Schedule<'a> {
    tasks: &'a [Task],
    contenders: &'a [Contender],
    limits: Limits,
    /// Of task t and contender c at t * contenders + c.
    cells: Vec<Cell>,
    /// How long the last process of a cell took.
    took: Vec<Option<Duration>>,
    /// From which round on a cell is left out, to be done in time.
    ends: Vec<u32>,
    start: Instant,
}

impl<'a> Schedule<'a> {
    pub(crate) fn new(tasks: &'a [Task], contenders: &'a [Contender], limits: Limits) -> Self {
        let pairs = || {
            tasks
                .iter()
                .flat_map(|task| contenders.iter().map(move |contender| (task, contender)))
        };
        let cell = |(task, contender): (&Task, &Contender)| {
            let mut cell = Cell::new(task, &contender.peer);
            cell.problem = match &contender.adapter {
                Err(problem) => Some(problem.clone()),
                Ok(_) => task.work.not_for(contender.peer.artifact),
            };
            cell
        };
        Self {
            tasks,
            contenders,
            limits,
            cells: pairs().map(cell).collect(),
            took: vec![None; tasks.len() * contenders.len()],
            ends: pairs().map(|(task, _)| task.rounds).collect(),
            start: Instant::now(),
        }
    }

    /// Does everything. `module` finds what a peer with this artifact is to load.
    pub(crate) fn run(
        mut self,
        progress: &Progress,
        module: &dyn Fn(&Source, Artifact) -> Result<PathBuf, Problem>,
    ) -> (Vec<Cell>, Vec<String>) {
        self.start = Instant::now();
        let rounds = self.tasks.iter().map(|task| task.rounds).max().unwrap_or(0);
        for round in 0..rounds {
            if round > 0 {
                self.shorten(round);
            }
            for t in 0..self.tasks.len() {
                for c in 0..self.contenders.len() {
                    self.step(round, t, c, progress, module);
                }
            }
        }
        let notes = self.notes();
        (self.cells, notes)
    }

    fn step(
        &mut self,
        round: u32,
        t: usize,
        c: usize,
        progress: &Progress,
        module: &dyn Fn(&Source, Artifact) -> Result<PathBuf, Problem>,
    ) {
        let index = t * self.contenders.len() + c;
        let (task, contender) = (&self.tasks[t], &self.contenders[c]);
        if round >= self.ends[index] || self.cells[index].problem.is_some() {
            return;
        }
        let Ok(adapter) = &contender.adapter else {
            return;
        };
        let limit = match round {
            0 => self.limits.first_round(),
            _ => self.limits.total,
        };
        if self.start.elapsed() > limit {
            if round == 0 {
                let minutes = limit.as_secs_f64() / 60.0;
                let why = format!("the time limit of {minutes:.0} minutes was reached");
                self.cells[index].problem = Some(Problem::NotRun(why));
            }
            self.ends[index] = round;
            return;
        }
        progress.begin(
            format!("{:?} {} {}", task.figure, task.subject, contender.peer.name).to_lowercase(),
            self.start.elapsed(),
            self.remaining(round, index),
        );
        let start = Instant::now();
        let adapter = match task.figure {
            Figure::Instances | Figure::Live => &adapter.with(&contender.peer.instances),
            _ => adapter,
        };
        let sample = module(&task.module, contender.peer.artifact)
            .and_then(|module| task.work.measure(adapter, &module, self.limits.process));
        let took = start.elapsed();
        self.took[index] = Some(took);
        self.cells[index].seconds += took.as_secs_f64();
        match sample {
            Ok(sample) => self.cells[index].add(sample),
            Err(problem) => {
                if problem.fails_the_run() {
                    let what = format!("{:?} of {}", task.figure, task.subject).to_lowercase();
                    progress.say(&format!(
                        "{} with {}: {}",
                        what,
                        contender.peer.name,
                        problem.long()
                    ));
                }
                self.cells[index].problem = Some(problem);
                self.skip_larger(t, c);
            }
        }
    }

    /// Who is out of time is not asked for more of the same.
    fn skip_larger(&mut self, t: usize, c: usize) {
        let family = self.tasks[t].family;
        let index = t * self.contenders.len() + c;
        if family.is_none() || !matches!(self.cells[index].problem, Some(Problem::TimedOut(_))) {
            return;
        }
        for larger in t + 1..self.tasks.len() {
            let cell = &mut self.cells[larger * self.contenders.len() + c];
            if self.tasks[larger].family == family && cell.problem.is_none() {
                let why = format!("{} took longer than the limit", self.tasks[t].subject);
                cell.problem = Some(Problem::NotRun(why));
            }
        }
    }

    fn estimate(&self, index: usize) -> Duration {
        self.took[index].unwrap_or(self.tasks[index / self.contenders.len()].guess)
    }

    /// What is left to do from cell `from` of `round` on.
    fn remaining(&self, round: u32, from: usize) -> Duration {
        let rounds_left = |index: usize| {
            let next = if index >= from { round } else { round + 1 };
            match self.cells[index].problem {
                None => self.ends[index].saturating_sub(next),
                Some(_) => 0,
            }
        };
        (0..self.cells.len())
            .map(|index| self.estimate(index) * rounds_left(index))
            .sum()
    }

    /// Leaves out the last rounds of the slowest cells until all can be done in time.
    fn shorten(&mut self, round: u32) {
        let left = self.limits.total.saturating_sub(self.start.elapsed());
        let mut remaining = self.remaining(round, 0);
        while remaining > left {
            let candidates = (0..self.cells.len())
                .filter(|&index| self.cells[index].problem.is_none() && self.ends[index] > round);
            // The cell with the most time still to spend; ties do not matter.
            let Some(costliest) =
                candidates.max_by_key(|&index| self.estimate(index) * (self.ends[index] - round))
            else {
                return;
            };
            self.ends[costliest] -= 1;
            remaining = remaining.saturating_sub(self.estimate(costliest));
        }
    }

    /// What a reader must know about how often things were done.
    fn notes(&self) -> Vec<String> {
        let shortened = (0..self.cells.len())
            .filter(|&index| self.ends[index] < self.tasks[index / self.contenders.len()].rounds)
            .count();
        let mut notes = Vec::new();
        if shortened > 0 {
            notes.push(format!(
                "{shortened} of {} cells were repeated less often than planned, the slowest first, to be done in {:.0} minutes.",
                self.cells.len(),
                self.limits.total.as_secs_f64() / 60.0
            ));
        }
        notes
    }
}
