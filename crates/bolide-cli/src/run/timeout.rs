//! `--timeout`.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::exit;
use crate::failure::Failure;

/// How long a guest that was interrupted may take to stop. It does not notice while it waits in a host function.
const GRACE: Duration = Duration::from_millis(500);

/// Interrupts a guest after some time.
pub(crate) struct Timeout {
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the guest has stopped, and tells whether it has.
    fn wait(&self, mut stopped: MutexGuard<'_, bool>, until: Option<Instant>) -> bool {
        while !*stopped {
            let rest = until.map(|until| until.saturating_duration_since(Instant::now()));
            stopped = match rest {
                Some(Duration::ZERO) => return false,
                Some(rest) => {
                    self.changed
                        .wait_timeout(stopped, rest)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => self
                    .changed
                    .wait(stopped)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
        true
    }
}

impl Timeout {
    /// Starts to count. `interrupt` stops the guest, `name` is the file.
    pub(crate) fn start(
        interrupt: impl Fn() + Send + 'static,
        after: Duration,
        name: &str,
    ) -> Result<Timeout, Failure> {
        let state = Arc::new(State::default());
        let timeout = Timeout {
            state: state.clone(),
        };
        let name = name.to_owned();
        // Later than any clock: never.
        let until = Instant::now().checked_add(after);
        let watch = move || {
            if state.wait(state.lock(), until) {
                return;
            }
            interrupt();
            if !state.wait(state.lock(), Some(Instant::now() + GRACE)) {
                failure(&name, after).print();
                std::process::exit(exit::TIMEOUT.into());
            }
        };
        match std::thread::Builder::new().spawn(watch) {
            Ok(_) => Ok(timeout),
            Err(error) => Err(
                Failure::new("cannot start the thread that watches --timeout")
                    .with_cause(error.to_string())
                    .with_help(
                        "raise the limit of processes (`ulimit -u`), or leave out --timeout",
                    ),
            ),
        }
    }

    /// The guest has stopped.
    pub(crate) fn stop(&self) {
        *self.state.lock() = true;
        self.state.changed.notify_all();
    }
}

/// What is said when the time is over.
pub(crate) fn failure(name: &str, after: Duration) -> Failure {
    Failure::new(format!("{name} was stopped by the timeout of {after:?}"))
        .with_code(exit::TIMEOUT)
        .with_help("give it more time with --timeout if it is not stuck")
}
