//! Runs tests in Bolide's own JavaScript host.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::Duration;

use bolide_js::{JsObject, Runtime, RuntimeBuilder, Value};

use super::bindgen::Glue;
use super::module::Test;
use super::outcome::{Finished, Outcome, Said};
use super::trace;
use crate::error::{Error, Result};

/// Runs inside, beside the harness.
const MAIN: &str = include_str!("js/native.mjs");

/// A runtime with the module.
pub(super) struct Native<'a> {
    glue: &'a Glue,
    /// Gives what a runtime is made from.
    builder: &'a mut dyn FnMut() -> Result<RuntimeBuilder>,
    timeout: Option<Duration>,
    console: Console,
    running: Option<(Runtime, JsObject)>,
}

impl<'a> Native<'a> {
    /// With `captures`, what tests write is kept for the case that they fail; it is printed at once otherwise.
    pub(super) fn new(
        glue: &'a Glue,
        builder: &'a mut dyn FnMut() -> Result<RuntimeBuilder>,
        timeout: Option<Duration>,
        captures: bool,
    ) -> Native<'a> {
        Native {
            glue,
            builder,
            timeout,
            console: Console::new(captures),
            running: None,
        }
    }

    /// The runtime and the harness in it.
    fn running(&mut self) -> Result<&mut (Runtime, JsObject)> {
        if self.running.is_none() {
            let mut builder = (self.builder)()?
                .own_folder(self.glue.folder())
                .stdout(self.console.clone())
                .stderr(self.console.clone());
            if let Some(timeout) = self.timeout {
                builder = builder.timeout(timeout);
            }
            let main = self.glue.folder().join("native.mjs");
            let harness = builder.build().and_then(|mut runtime| {
                runtime.eval_module(MAIN, &main.to_string_lossy())?;
                let harness = runtime.eval_object("__bolide_tests")?;
                Ok((runtime, harness))
            });
            self.running = Some(harness.map_err(|error| {
                let mut failure = Error::new("cannot load the tests").with_cause(text(&error));
                let written = self.console.take();
                if !written.is_empty() {
                    failure = failure.with_cause(written);
                }
                failure
            })?);
        }
        Ok(self.running.as_mut().expect("it was made"))
    }

    /// Loads the module.
    pub(super) fn load(&mut self) -> Result<()> {
        self.running().map(drop)
    }

    /// Runs a test, even if it is ignored if `include_ignored`.
    pub(super) fn run(&mut self, test: &Test, include_ignored: bool) -> Result<Finished> {
        self.console.test.replace(test.name.clone());
        let args = [
            Value::from(test.export.as_str()),
            Value::from(include_ignored),
        ];
        let (runtime, harness) = self.running()?;
        let outcome = match runtime.call_method(harness, "run", &args) {
            Ok(value) => said(value)?.outcome(&test.name),
            Err(error) => {
                let passed = runtime.call_method(harness, "passed", &[]);
                let why = self.recover(&error);
                match passed {
                    Ok(Value::Bool(true)) => Outcome::Passed,
                    _ => Outcome::Failed(why),
                }
            }
        };
        Ok(Finished {
            outcome,
            output: self.console.take(),
        })
    }

    /// Runs benchmarks, which print their results themselves. Gives what the next run is to be compared with, and takes
    /// what the last one gave.
    pub(super) fn bench(
        &mut self,
        benchmarks: &[Test],
        before: Option<Vec<u8>>,
    ) -> Result<Benched> {
        let names = benchmarks.iter().map(|test| test.export.as_str().into());
        let names = Value::Json(serde_json::Value::Array(names.collect()));
        let before = before.map_or(Value::Undefined, Value::Bytes);
        let (runtime, harness) = self.running()?;
        let result = runtime.call_method(harness, "bench", &[names, before]);
        let said = match result {
            Ok(value) => said(value)?,
            Err(error) => Said::failed(self.recover(&error)),
        };
        let mut baseline = None;
        if said.passed()
            && let (runtime, harness) = self.running()?
            && let Ok(Value::Bytes(bytes)) = runtime.call_method(harness, "baseline", &[])
        {
            baseline = Some(bytes);
        }
        Ok(Benched { said, baseline })
    }

    /// Runs the entry point of a program. The error is why it failed.
    pub(super) fn main(&mut self) -> Result<Result<(), String>> {
        let (runtime, harness) = self.running()?;
        Ok(match runtime.call_method(harness, "main", &[]) {
            Ok(Value::Number(0.0)) => Ok(()),
            Ok(code) => Err(format!("`main` returned {code}")),
            Err(error) => Err(self.recover(&error)),
        })
    }

    /// Makes ready for the next test after one that went beyond itself.
    fn recover(&mut self, error: &bolide_js::Error) -> String {
        let why = match error {
            bolide_js::Error::Exit(code) => format!("the test called process.exit({code})"),
            bolide_js::Error::Interrupted => {
                let seconds = self.timeout.unwrap_or_default().as_secs_f64();
                format!("the test was stopped after {seconds} s")
            }
            // What the host calls a script is a test here.
            bolide_js::Error::Host(text) => text.replacen("the script", "the test", 1),
            error => text(error),
        };
        // Whatever the test has left to be done, callbacks of timers, say, goes with the runtime.
        self.running = None;
        why
    }
}

/// What came of benchmarks.
pub(super) struct Benched {
    pub(super) said: Said,
    pub(super) baseline: Option<Vec<u8>>,
}

/// What the harness returned.
fn said(value: Value) -> Result<Said> {
    let Value::Json(json) = value else {
        let what = format!("the harness of the tests is broken: it returned {value}");
        return Err(Error::new(what));
    };
    serde_json::from_value(json).map_err(|error| {
        Error::new("the harness of the tests is broken").with_cause(error.to_string())
    })
}

/// An error with its stack.
fn text(error: &bolide_js::Error) -> String {
    match error {
        bolide_js::Error::Exception(exception) => trace::tidy(&exception.report),
        error => error.to_string(),
    }
}

/// Standard output and standard error of tests.
#[derive(Clone)]
struct Console {
    captures: bool,
    /// The test that is running; empty for benchmarks, which run together.
    test: Rc<RefCell<String>>,
    text: Rc<RefCell<Vec<u8>>>,
}

impl Console {
    fn new(captures: bool) -> Console {
        Console {
            captures,
            test: Rc::default(),
            text: Rc::default(),
        }
    }

    /// What was captured since the last time.
    fn take(&self) -> String {
        let bytes = self.text.take();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.captures {
            self.text.borrow_mut().extend_from_slice(bytes);
            return Ok(bytes.len());
        }
        let mut stdout = io::stdout().lock();
        match std::str::from_utf8(bytes) {
            // One call of a console's method is one write.
            Ok(text) => {
                let test = self.test.borrow();
                let name = match test.is_empty() {
                    true => trace::announced(text).unwrap_or_default(),
                    false => &test,
                };
                let text = trace::tidy_output(text, name);
                stdout.write_all(text.as_bytes())?;
            }
            Err(_) => stdout.write_all(bytes)?,
        }
        stdout.flush()?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
