//! The thread that runs JavaScript, and how others reach it.

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bolide_js::{Error, InterruptHandle, Runtime};
use signal_hook::consts::SIGINT;
use signal_hook::iterator::Signals;

use crate::args::{CompilationArgs, ReplArgs};
use crate::exit;
use crate::failure::Failure;
use crate::script;
use crate::terminal::Stream;

/// How long a completion may take: scripts may keep the thread busy.
const PATIENCE: Duration = Duration::from_millis(500);

/// 128 + SIGINT, as a shell reports it.
const INTERRUPTED: i32 = 130;

/// What an evaluation came to.
pub(super) enum Outcome {
    /// The value as text.
    Value(String),
    /// An error as text.
    Failed(String),
    Interrupted,
    Exit(u8),
}

pub(super) enum Request {
    Evaluate(String, Sender<Outcome>),
    Complete(String, Sender<(usize, Vec<String>)>),
    Clear(Sender<Result<(), Failure>>),
    /// Run what is left of the event loop.
    Finish(Sender<Outcome>),
}

/// What Ctrl-C stops.
#[derive(Default)]
pub(super) struct Interrupts {
    handle: Mutex<Option<InterruptHandle>>,
    /// How many requests to stop the running evaluation may still come before the process ends; 0 if none runs.
    running: AtomicU32,
}

impl Interrupts {
    /// Ctrl-C was pressed.
    fn interrupt(&self) {
        let left = self.running.load(Ordering::SeqCst);
        if left == 0 {
            return;
        }
        if left == 1 {
            // It did not stop when it was asked to.
            std::process::exit(INTERRUPTED);
        }
        self.running.store(left - 1, Ordering::SeqCst);
        let handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = &*handle {
            handle.interrupt();
        }
    }

    fn watch(&self) -> Running<'_> {
        self.running.store(3, Ordering::SeqCst);
        Running(self)
    }
}

/// An evaluation runs.
struct Running<'a>(&'a Interrupts);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.store(0, Ordering::SeqCst);
    }
}

/// How the thread that reads reaches the one that runs.
pub(super) struct Client {
    requests: Sender<Request>,
    interrupts: Arc<Interrupts>,
}

impl Client {
    pub(super) fn new(requests: Sender<Request>, interrupts: Arc<Interrupts>) -> Client {
        Client {
            requests,
            interrupts,
        }
    }

    fn ask<T>(&self, request: impl FnOnce(Sender<T>) -> Request) -> Receiver<T> {
        let (sender, receiver) = channel();
        // If nobody is there, there is no answer either.
        let _ = self.requests.send(request(sender));
        receiver
    }

    pub(super) fn evaluate(&self, code: &str) -> Result<Outcome, Failure> {
        let answer = self.ask(|answer| Request::Evaluate(code.to_owned(), answer));
        // The thread tells why it has ended.
        answer.recv().map_err(|_| Failure::silent(exit::ERROR))
    }

    /// Candidates for the name at the end of `text`, and where it begins.
    pub(super) fn complete(&self, text: &str) -> (usize, Vec<String>) {
        let answer = self.ask(|answer| Request::Complete(text.to_owned(), answer));
        answer
            .recv_timeout(PATIENCE)
            .unwrap_or((text.len(), Vec::new()))
    }

    pub(super) fn clear(&self) -> Result<(), Failure> {
        let answer = self.ask(Request::Clear);
        answer.recv().unwrap_or(Err(Failure::silent(exit::ERROR)))
    }

    /// Lets timers and background work come to their end, and returns the exit code.
    pub(super) fn finish(&self) -> Result<u8, Failure> {
        let answer = self.ask(Request::Finish);
        match answer.recv() {
            Ok(Outcome::Exit(code)) => Ok(code),
            Ok(Outcome::Failed(text)) => {
                crate::terminal::print(&text)?;
                Ok(exit::OK)
            }
            Ok(_) => Ok(exit::OK),
            Err(_) => Err(Failure::silent(exit::ERROR)),
        }
    }

    /// From now on, Ctrl-C stops evaluations instead of the process.
    pub(super) fn watch_interrupts(&self) -> Result<(), Failure> {
        let interrupts = self.interrupts.clone();
        let started = Signals::new([SIGINT]).and_then(|mut signals| {
            let watch = move || signals.forever().for_each(|_| interrupts.interrupt());
            std::thread::Builder::new()
                .name("interrupts".to_owned())
                .spawn(watch)
        });
        started
            .map(drop)
            .map_err(|error| Failure::new("cannot watch for Ctrl-C").with_cause(error.to_string()))
    }
}

/// What the thread that runs JavaScript has.
pub(super) struct Session<'a> {
    args: &'a ReplArgs,
    interrupts: Arc<Interrupts>,
}

impl<'a> Session<'a> {
    pub(super) fn new(args: &'a ReplArgs) -> Session<'a> {
        Session {
            args,
            interrupts: Arc::default(),
        }
    }

    pub(super) fn interrupts(&self) -> Arc<Interrupts> {
        self.interrupts.clone()
    }

    fn runtime(&self) -> Result<Runtime, Failure> {
        let args = self.args;
        let engine = script::engine(
            args.max_stack,
            args.features.features,
            true,
            &CompilationArgs::default(),
        )?;
        let builder = script::builder(&args.capabilities, args.max_stack, args.max_memory)?;
        let runtime = script::with_current_folder(builder)?
            .engine(&engine)
            .build()
            .map_err(|error| Failure::new(error.to_string()))?;
        let handle = Some(runtime.interrupt_handle());
        *self
            .interrupts
            .handle
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = handle;
        Ok(runtime)
    }

    /// Answers requests until nobody can make any. Between them, the event loop runs.
    pub(super) fn run(&self, requests: Receiver<Request>) -> Result<(), Failure> {
        let mut runtime = self.runtime()?;
        loop {
            let (outcome, due) = self.turn(&mut runtime);
            if let Some(text) = outcome {
                // Without standard output there is nobody to tell.
                let _ = std::io::stdout().lock().write_all(text.as_bytes());
            }
            let request = match due {
                Some(due) => match requests.recv_timeout(due) {
                    Ok(request) => request,
                    Err(RecvTimeoutError::Timeout) => continue,
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                },
                None => match requests.recv() {
                    Ok(request) => request,
                    Err(_) => return Ok(()),
                },
            };
            // Whoever asked may have lost patience.
            match request {
                Request::Evaluate(code, answer) => {
                    let _ = answer.send(self.evaluate(&mut runtime, &code));
                }
                Request::Complete(text, answer) => {
                    let names = runtime.complete(&text);
                    let _ = answer.send(names.unwrap_or((text.len(), Vec::new())));
                }
                Request::Clear(answer) => {
                    let cleared = self.runtime().map(|fresh| runtime = fresh);
                    let _ = answer.send(cleared);
                }
                Request::Finish(answer) => {
                    let result = runtime.run_until_idle().map(|()| String::new());
                    let _ = answer.send(outcome_of(result));
                }
            }
        }
    }

    /// Runs what is ready. Returns an error as text, and how long there is nothing to do.
    fn turn(&self, runtime: &mut Runtime) -> (Option<String>, Option<Duration>) {
        let _running = self.interrupts.watch();
        match runtime.poll() {
            Ok(due) => (None, due),
            Err(Error::Exception(exception)) => {
                let text = script::uncaught(&exception, Stream::Stdout.is_styled());
                (Some(text), Some(Duration::ZERO))
            }
            Err(Error::Exit(code)) => std::process::exit(code & 0xff),
            Err(_) => (None, None),
        }
    }

    fn evaluate(&self, runtime: &mut Runtime, code: &str) -> Outcome {
        let _running = self.interrupts.watch();
        outcome_of(runtime.eval_interactive(code))
    }
}

fn outcome_of(result: bolide_js::Result<String>) -> Outcome {
    match result {
        Ok(text) => Outcome::Value(text),
        Err(Error::Exception(exception)) => {
            Outcome::Failed(script::uncaught(&exception, Stream::Stdout.is_styled()))
        }
        Err(Error::Interrupted) => Outcome::Interrupted,
        // As the operating system does.
        Err(Error::Exit(code)) => Outcome::Exit(code as u8),
        Err(error) => Outcome::Failed(format!("{error}\n")),
    }
}
