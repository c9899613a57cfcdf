//! The background threads of an engine that compile, and the queue of what they have to do.
//!
//! A thread keeps neither a module nor an engine alive while it compiles: it owns a share of all that it reads, and
//! publishes only if the module still exists. So nobody waits for a thread: when the engine is dropped, the threads end
//! by themselves after the function that they compile, or with the process. What they publish until then is nothing.

use std::cmp::Reverse;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, Weak};
use std::thread;

use bolide_abi::CompileError;
use bolide_module::DefinedFuncIndex;

use super::{Compilers, QueueStatistics, TieringConfig};
use crate::module::ModuleInner;

/// Most threads that are started without being asked for.
const MOST_DEFAULT_THREADS: usize = 4;
/// Stack of a thread; the kernel gives it memory as it is used.
const STACK: usize = 8 << 20;
/// The nice value of a thread that shares its processor with the guest: about a quarter of the time.
const NICE: libc::c_int = 5;

/// What a job compiles, in the order of urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobKind {
    /// What may be called next: callees of a function, or exports if it is `None`; `func` is unused then.
    Ahead,
    /// A hot function.
    Function,
    /// A hot loop, by number, which a guest is waiting in.
    Loop(u32),
}

/// One entry of the queue.
pub(crate) struct Job {
    pub(crate) module: Weak<ModuleInner>,
    /// `None` for the exports.
    pub(crate) func: Option<DefinedFuncIndex>,
    pub(crate) kind: JobKind,
    /// How often it was asked for.
    heat: u32,
    /// The loop whose counter fired, by number.
    pub(crate) hot_loop: Option<u32>,
    /// Position among all jobs that ever were.
    number: u64,
}

impl Job {
    pub(crate) fn new(
        module: Weak<ModuleInner>,
        func: Option<DefinedFuncIndex>,
        kind: JobKind,
    ) -> Job {
        Job {
            module,
            func,
            kind,
            heat: 1,
            hot_loop: None,
            number: 0,
        }
    }

    fn urgency(&self) -> impl Ord + use<> {
        (self.kind.class(), self.heat, Reverse(self.number))
    }

    pub(crate) fn with_hot_loop(self, hot_loop: Option<u32>) -> Job {
        Job { hot_loop, ..self }
    }
}

/// What is shared with the threads.
struct Shared {
    compilers: Arc<Compilers>,
    queue: Mutex<Queue>,
    /// There is a job, or the end.
    changed: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct Queue {
    jobs: Vec<Job>,
    stop: bool,
    /// Threads that wait for a job.
    idle: usize,
    /// Threads that compile.
    busy: usize,
    started: usize,
    /// There is a thread besides for loops alone, so that these need not wait for the end of a compilation.
    loops_started: bool,
    next_number: u64,
    longest: usize,
    rejected: u64,
}

impl JobKind {
    /// How urgent such jobs are, compared to others.
    fn class(self) -> u8 {
        match self {
            JobKind::Ahead => 0,
            JobKind::Function => 1,
            JobKind::Loop(_) => 2,
        }
    }
}

impl Queue {
    /// The most urgent job, the hottest of those, the oldest of those.
    fn take(&mut self, only_loops: bool) -> Option<Job> {
        let (index, _) = self
            .jobs
            .iter()
            .enumerate()
            .filter(|(_, job)| !only_loops || matches!(job.kind, JobKind::Loop(_)))
            .max_by_key(|(_, job)| job.urgency())?;
        Some(self.jobs.swap_remove(index))
    }

    /// Takes the least urgent job out, if it is of a less urgent kind.
    fn evict_for(&mut self, kind: JobKind) -> Option<Job> {
        let jobs = self.jobs.iter().enumerate();
        let (index, least) = jobs.min_by_key(|(_, job)| job.urgency())?;
        (least.kind.class() < kind.class()).then(|| self.jobs.swap_remove(index))
    }
}

pub(crate) struct Pool {
    shared: Arc<Shared>,
    most_threads: Option<NonZeroUsize>,
}

impl Pool {
    pub(crate) fn new(compilers: Arc<Compilers>, config: &TieringConfig) -> Pool {
        Pool {
            shared: Arc::new(Shared {
                compilers,
                queue: Mutex::default(),
                changed: Condvar::new(),
                capacity: config.queue_capacity,
            }),
            most_threads: config.worker_threads,
        }
    }

    fn most_threads(&self) -> usize {
        let default = || (processors() - 1).clamp(1, MOST_DEFAULT_THREADS);
        self.most_threads.map_or_else(default, |n| n.get())
    }

    /// Takes a job. In a full queue it takes the place of a less urgent one, whose module is told. Returns whether
    /// there was room for it.
    pub(crate) fn push(&self, job: Job) -> bool {
        let mut queue = self.shared.lock();
        let mut evicted = None;
        if queue.jobs.len() >= self.shared.capacity {
            queue.rejected += 1;
            evicted = queue.evict_for(job.kind);
            if evicted.is_none() {
                return false;
            }
        }
        let taken = self.push_to(queue, job);
        // Without the lock, because the module may go away with this handle.
        if let Some(Job {
            module, func, kind, ..
        }) = evicted
            && let (Some(module), Some(func)) = (module.upgrade(), func)
        {
            module.forget_request(func, kind);
        }
        taken
    }

    /// Puts a job into the queue, and starts a thread if that is worth it.
    fn push_to<'a>(&'a self, mut queue: MutexGuard<'a, Queue>, mut job: Job) -> bool {
        if queue.idle <= queue.jobs.len() {
            if queue.started < self.most_threads() {
                queue.started += 1;
                drop(queue);
                let started = self.start_thread(false);
                queue = self.shared.lock();
                if !started {
                    queue.started -= 1;
                    if queue.started == 0 {
                        queue.rejected += 1;
                        return false;
                    }
                }
            } else if matches!(job.kind, JobKind::Loop(_)) && !queue.loops_started {
                queue.loops_started = true;
                drop(queue);
                // Without it, the others take the job.
                self.start_thread(true);
                queue = self.shared.lock();
            }
        }
        job.number = queue.next_number;
        queue.next_number += 1;
        queue.jobs.push(job);
        queue.longest = queue.longest.max(queue.jobs.len());
        drop(queue);
        // Not each thread takes each job.
        self.shared.changed.notify_all();
        true
    }

    /// Says that a job which was pushed before is still wanted.
    pub(crate) fn heat_up(
        &self,
        module: &Weak<ModuleInner>,
        func: DefinedFuncIndex,
        kind: JobKind,
    ) {
        let mut queue = self.shared.lock();
        let job = queue.jobs.iter_mut().find(|job| {
            job.func == Some(func) && job.kind == kind && Weak::ptr_eq(&job.module, module)
        });
        if let Some(job) = job {
            job.heat = job.heat.saturating_add(1);
        }
    }

    /// Has a waiting job for a loop of a function compile another loop of it. Returns the loop that is not compiled
    /// then; `None` if no such job waits.
    pub(crate) fn replace_loop(
        &self,
        module: &Weak<ModuleInner>,
        func: DefinedFuncIndex,
        index: u32,
    ) -> Option<u32> {
        let mut queue = self.shared.lock();
        let mut jobs = queue.jobs.iter_mut();
        jobs.find_map(|job| match job.kind {
            JobKind::Loop(before)
                if job.func == Some(func) && Weak::ptr_eq(&job.module, module) =>
            {
                job.kind = JobKind::Loop(index);
                job.hot_loop = Some(index);
                job.heat = job.heat.saturating_add(1);
                Some(before)
            }
            _ => None,
        })
    }

    /// Forgets the jobs of a module that is being dropped.
    pub(crate) fn forget(&self, module: *const ModuleInner) {
        let mut queue = self.shared.lock();
        queue.jobs.retain(|job| job.module.as_ptr() != module);
    }

    pub(crate) fn statistics(&self) -> QueueStatistics {
        let queue = self.shared.lock();
        QueueStatistics {
            threads: queue.started as u64 + u64::from(queue.loops_started),
            waiting: queue.jobs.len() as u64,
            longest: queue.longest as u64,
            rejected: queue.rejected,
        }
    }

    /// Whether there is nothing to do.
    #[cfg(test)]
    pub(crate) fn is_idle(&self) -> bool {
        let queue = self.shared.lock();
        queue.jobs.is_empty() && queue.busy == 0
    }

    /// Returns when there is nothing to do.
    #[cfg(test)]
    pub(crate) fn wait_until_idle(&self) {
        while !self.is_idle() {
            thread::sleep(std::time::Duration::from_millis(1));
        }
    }

    /// The functions that wait, most urgent first. The queue is empty afterwards.
    #[cfg(test)]
    pub(crate) fn waiting_in_order(&self) -> Vec<u32> {
        let mut queue = self.shared.lock();
        std::iter::from_fn(|| queue.take(false)?.func.map(|func| func.0)).collect()
    }

    /// Starts a thread, unless the system refuses.
    fn start_thread(&self, only_loops: bool) -> bool {
        let shared = self.shared.clone();
        let thread = thread::Builder::new()
            .name("bolide compiler".into())
            .stack_size(STACK)
            .spawn(move || shared.work(only_loops));
        // Nobody waits for its end: see `Pool::drop`.
        thread.is_ok()
    }
}

impl Drop for Pool {
    /// Has the threads end, without waiting for it: a long compilation must not hold up the end of a program. This may
    /// be one of the threads, if it drops the last handle of a module, and so of the engine.
    fn drop(&mut self) {
        let jobs = {
            let mut queue = self.shared.lock();
            queue.stop = true;
            std::mem::take(&mut queue.jobs)
        };
        drop(jobs);
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing in between can panic but an allocation.
        self.queue.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// What a thread does from its start to its end.
    fn work(&self, only_loops: bool) {
        if processors() == 1 {
            // SAFETY: changes the nice value of the calling thread (0), and takes no pointers. If the system refuses,
            // the thread keeps its priority.
            unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE) };
        }
        while let Some(job) = self.next(only_loops) {
            // Whatever goes wrong with one function, the thread is there for others. The panic was reported when it
            // happened.
            let _ = catch_unwind(AssertUnwindSafe(|| self.run(job)));
            self.lock().busy -= 1;
        }
    }

    /// The next job, when there is one; `None` at the end.
    fn next(&self, only_loops: bool) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if queue.stop {
                return None;
            }
            if let Some(job) = queue.take(only_loops) {
                queue.busy += 1;
                return Some(job);
            }
            queue.idle += usize::from(!only_loops);
            queue = self.changed.wait(queue).unwrap_or_else(|e| e.into_inner());
            queue.idle -= usize::from(!only_loops);
        }
    }

    fn run(&self, job: Job) {
        let tasks = match job.module.upgrade() {
            Some(module) => module.tasks(&job),
            None => return,
        };
        for task in tasks {
            if self.lock().stop {
                return;
            }
            let result = catch_unwind(AssertUnwindSafe(|| task.compile(&self.compilers)));
            let result = result
                .unwrap_or_else(|_| Err(CompileError::Internal("the compiler panicked".into())));
            let Some(module) = job.module.upgrade() else {
                return;
            };
            module.finish(&task, result);
        }
    }
}

/// Processors that this process may use.
pub(crate) fn processors() -> usize {
    // The answer takes the system a while.
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| thread::available_parallelism().map_or(1, |n| n.get()))
}
