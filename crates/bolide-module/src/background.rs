//! Validation of bodies on other threads while more bytes arrive.

use std::collections::VecDeque;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::validate::{Allocations, BodyChecker, Outcome, TASK_SIZE};

/// Runs of bodies on their way through the rayon pool.
///
/// Whoever waits takes part in the work, so this cannot deadlock when the caller itself runs in
/// the pool.
pub(crate) struct Background {
    shared: Arc<Shared>,
    /// How many bodies were handed over.
    submitted: usize,
}

/// Bodies with a copy of their bytes, because the caller's buffer moves when it grows.
struct Batch {
    checker: BodyChecker,
    first: u32,
    bytes: Vec<u8>,
    bodies: Vec<Range<u32>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    finished: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Batch>,
    running: usize,
    /// Outcome by number of the first body. A panic is passed on to whoever waits.
    outcomes: Vec<(u32, thread::Result<Outcome>)>,
    /// Lowest first body of a batch that failed.
    failed: Option<u32>,
}

impl Batch {
    fn run(&self, allocations: &mut Allocations) -> Outcome {
        let Some(base) = self.bodies.first().map(|range| range.start) else {
            return Outcome::default();
        };
        let bodies = self.bodies.iter().map(|range| {
            let body = (range.start - base) as usize..(range.end - base) as usize;
            (&self.bytes[body], range.start)
        });
        self.checker.check_all(self.first, bodies, allocations)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Validates the next batch. `false` if none is waiting.
    fn run_one(&self) -> bool {
        let mut state = self.lock();
        let Some(batch) = state.waiting.pop_front() else {
            return false;
        };
        // An error in earlier code is the one that will be reported.
        if state.failed.is_some_and(|failed| failed < batch.first) {
            return true;
        }
        state.running += 1;
        drop(state);
        let mut allocations = Allocations::default();
        let outcome = catch_unwind(AssertUnwindSafe(|| batch.run(&mut allocations)));
        let mut state = self.lock();
        if !matches!(&outcome, Ok(Outcome { error: None, .. })) {
            state.failed = Some(state.failed.map_or(batch.first, |f| f.min(batch.first)));
        }
        state.outcomes.push((batch.first, outcome));
        state.running -= 1;
        self.finished.notify_all();
        true
    }
}

impl Background {
    pub(crate) fn new() -> Background {
        Background {
            shared: Arc::default(),
            submitted: 0,
        }
    }

    /// Takes notice of the last of `bodies`, which are all so far, and hands enough of them over.
    /// `module` holds all bytes so far; `last` says that no more bodies come.
    pub(crate) fn add(
        &mut self,
        checker: &BodyChecker,
        module: &[u8],
        bodies: &[Range<u32>],
        last: bool,
    ) {
        let pending = &bodies[self.submitted..];
        let (Some(start), Some(end)) = (pending.first(), pending.last()) else {
            return;
        };
        let range = start.start as usize..end.end as usize;
        if range.len() < TASK_SIZE && !last {
            return;
        }
        let batch = Batch {
            checker: checker.clone(),
            first: self.submitted as u32,
            bytes: module[range].to_vec(),
            bodies: pending.to_vec(),
        };
        self.submitted = bodies.len();
        let waiting = {
            let mut state = self.shared.lock();
            state.waiting.push_back(batch);
            state.waiting.len()
        };
        // Input that arrives faster than it is validated must not pile up.
        if waiting > 4 * rayon::current_num_threads() {
            self.shared.run_one();
        } else {
            let shared = self.shared.clone();
            rayon::spawn(move || {
                shared.run_one();
            });
        }
    }

    /// Whether an error is known.
    pub(crate) fn has_failed(&self) -> bool {
        self.shared.lock().failed.is_some()
    }

    /// Waits for what was handed over and returns what came out.
    ///
    /// # Panics
    ///
    /// If validating a body panicked.
    pub(crate) fn join(self) -> Outcome {
        while self.shared.run_one() {}
        let mut state = self.shared.lock();
        while state.running > 0 {
            state = (self.shared.finished.wait(state)).unwrap_or_else(PoisonError::into_inner);
        }
        let mut outcomes = std::mem::take(&mut state.outcomes);
        drop(state);
        outcomes.sort_unstable_by_key(|(first, _)| *first);
        outcomes
            .into_iter()
            .map(|(_, outcome)| outcome.unwrap_or_else(|panic| resume_unwind(panic)))
            .fold(Outcome::default(), Outcome::then)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.shared.lock().waiting.clear();
    }
}
