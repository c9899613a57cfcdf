//! Stopping a runtime from another thread.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use bolide::EngineWeak;

/// Stops what a [`Runtime`](crate::Runtime) runs, from any thread.
///
/// ```
/// use std::time::Duration;
/// use bolide_js::{Error, Runtime};
///
/// let mut runtime = Runtime::builder().interruptible(true).build()?;
/// let handle = runtime.interrupt_handle();
/// std::thread::spawn(move || {
///     std::thread::sleep(Duration::from_millis(20));
///     handle.interrupt();
/// });
/// assert!(matches!(runtime.eval("for (;;);"), Err(Error::Interrupted)));
/// assert_eq!(runtime.eval("1 + 1")?.as_f64(), Some(2.0));
/// # Ok::<(), bolide_js::Error>(())
/// ```
#[derive(Clone)]
pub struct InterruptHandle {
    interrupted: Arc<AtomicBool>,
    engine: EngineWeak,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl InterruptHandle {
    pub(crate) fn new(
        interrupted: Arc<AtomicBool>,
        engine: EngineWeak,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> InterruptHandle {
        InterruptHandle {
            interrupted,
            engine,
            wake: Arc::new(wake),
        }
    }

    /// Makes the running call of the runtime return [`Error::Interrupted`](crate::Error::Interrupted): JavaScript
    /// stops at its next loop or call without running `catch` and `finally`, a wait for timers or background work
    /// ends, and WebAssembly traps if the engine is configured with
    /// [`epoch_interruption`](bolide::Config::epoch_interruption). A host function is not stopped, but what called
    /// it stops when it returns. Does nothing if no call is running.
    ///
    /// WebAssembly in other stores of the engine notices an advance of the epoch; other runtimes go on.
    pub fn interrupt(&self) {
        self.interrupted.store(true, Ordering::SeqCst);
        if let Some(engine) = self.engine.upgrade() {
            engine.increment_epoch();
        }
        (self.wake)();
    }

    pub(crate) fn clear(&self) {
        self.interrupted.store(false, Ordering::SeqCst);
    }

    /// Interrupts after a time, unless the returned value is dropped before.
    pub(crate) fn after(&self, time: Duration) -> std::io::Result<Watch> {
        let (sender, receiver) = channel();
        let handle = self.clone();
        let thread = std::thread::Builder::new().name("bolide-js-timeout".to_owned());
        thread.spawn(move || {
            if receiver.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                handle.interrupt();
            }
        })?;
        Ok(Watch { _sender: sender })
    }
}

impl fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterruptHandle").finish_non_exhaustive()
    }
}

/// Ends its thread when it is dropped.
pub(crate) struct Watch {
    _sender: Sender<()>,
}
